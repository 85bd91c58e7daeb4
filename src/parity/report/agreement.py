"""How a reproducer compares, without parity: each function's text is carried into the script that needs it.

So these functions may use NumPy, the standard library, one another, and `Value` and `value_of` of `parity.calling`
(carried too), and nothing else. They follow the order of design section 5 for one case that is known to be bad; what
they leave out is said in the script: floating-point flags, warnings, the referee.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import math
import sys
import warnings
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from parity.calling import Value, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Rule = Callable[[list[float], list[float], int, int], bool]


def load(spec: str) -> Any:
    """Import the provider: an entry point, a .py file, or a module."""
    registered = tuple(importlib.metadata.entry_points(group="parity.providers", name=spec))
    if registered:
        return registered[0].load()
    if not spec.endswith(".py"):
        sys.path.insert(0, "")  # a module that lies in the current directory, under -I too
        return importlib.import_module(spec)
    found = importlib.util.spec_from_file_location("provider_under_test", spec)
    if found is None or found.loader is None:
        raise ImportError("it is no Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


def block(hexadecimal: str) -> np.ndarray:
    """Return memory with these bytes, aligned as NumPy aligns its own."""
    memory = np.zeros(len(hexadecimal) // 2, np.uint8)
    memory[:] = np.frombuffer(bytes.fromhex(hexadecimal), np.uint8)
    return memory


def array(memory: np.ndarray, dtype: str, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> np.ndarray:
    """Return an array that lies in memory; strides and offset are in bytes."""
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, memory.data, offset, strides)


def answer(function: Callable[..., Any], arguments: Sequence[Any], keywords: dict[str, Any]) -> tuple[Any, Any]:
    """Make the call: its result and None, or None and what it raised."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return function(*arguments, **keywords), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error


def exception_differs(error: BaseException | None, types: Sequence[str]) -> list[str]:
    """Say how an exception is not the expected one: of the same name, or of its closest public class."""
    if error is None:
        return [f"expected {types[0]}, but it returned"]
    names = [base.__name__ for base in type(error).__mro__]
    if names[0] == types[0] or types[-1] in names:
        return []
    return [f"expected {types[0]}, actual {names[0]}: {str(error)[:300]}"]


def results_differ(expected: Sequence[Value], result: Any, rules: Sequence[Rule]) -> list[str]:
    """Say how the results of a call are not the expected ones."""
    results = result if isinstance(result, tuple) else (result,)
    if len(results) != len(expected):
        return [f"expected {len(expected)} results, actual {len(results)}"]
    lines = []
    for number, (want, item, rule) in enumerate(zip(expected, results, rules, strict=True)):
        which = f"result {number}: " if len(expected) > 1 else ""
        lines += [which + line for line in value_differs(want, value_of(item), rule)]
    return lines


def memory_differs(name: str, want: np.ndarray, out: np.ndarray, place: tuple[Any, ...], rule: Rule) -> list[str]:
    """Say how the memory of `out` is not as the oracle left it: its elements by the rule, the gaps by their bits.

    place: dtype, shape, strides and offset of `out` in its memory.
    """
    expected, actual = array(want, *place), array(out, *place)
    lines = value_differs(value_of(expected), value_of(actual), rule)
    if not lines:
        gaps = want.copy()
        array(gaps, *place)[...] = actual
        if gaps.tobytes() != out.tobytes():
            lines = ["bytes between its elements were overwritten"]
    return [f"{name}: {line}" for line in lines]


def value_differs(expected: Value, actual: Value, rule: Rule) -> list[str]:
    """Say how one result is not the expected one: its type and shape, or its first elements at fault."""
    for name in ("kind", "dtype", "shape"):
        want, got = getattr(expected, name), getattr(actual, name)
        if want != got:
            return [f"{name}: expected {want}, actual {got}"]
    if expected.data == actual.data:
        return []
    if expected.dtype[0] not in "<>|" or expected.dtype == "|O":
        return [f"expected {expected.data!r}, actual {actual.data!r}"]
    dtype = np.dtype(expected.dtype).newbyteorder("<")
    wants, gots = np.frombuffer(expected.data, dtype), np.frombuffer(actual.data, dtype)
    rows = [np.frombuffer(value.data, np.uint8).reshape(-1, dtype.itemsize) for value in (expected, actual)]
    at_fault = [
        position
        for position in np.flatnonzero((rows[0] != rows[1]).any(axis=1)).tolist()
        if dtype.kind not in "fc" or not elements_agree(wants[position], gots[position], position, rule)
    ]
    lines = [f"{len(at_fault)} of {wants.size} elements differ"] if at_fault else []
    for position in at_fault[:5]:
        index = [int(number) for number in np.unravel_index(position, expected.shape)]
        lines.append(f"  {index} expected {pattern(wants[position])} = {wants[position]}")
        lines.append(f"  {' ' * len(str(index))} actual   {pattern(gots[position])} = {gots[position]}")
    return lines


def pattern(element: Any) -> str:
    """Return the bits in hexadecimal, most significant digit first; a comma between real and imaginary part."""
    parts = [element.real, element.imag] if element.dtype.kind == "c" else [element]
    return ",".join(part.tobytes()[::-1].hex() for part in parts)


def elements_agree(want: Any, got: Any, position: int, rule: Rule) -> bool:
    """Compare places of NaN, infinities and signs of zero, part by part; then by the rule."""
    parts = [[float(item.real), float(item.imag)] if item.dtype.kind == "c" else [float(item)] for item in (want, got)]
    for x, y in zip(*parts, strict=True):
        if math.isnan(x) != math.isnan(y) or math.isinf(x) != math.isinf(y) or (math.isinf(x) and x != y):
            return False
        if x == y == 0 and math.copysign(1, x) != math.copysign(1, y):
            return False
    return rule(parts[0], parts[1], position, want.real.dtype.itemsize)


def exactly(want: list[float], got: list[float], _position: int, _size: int) -> bool:
    """Agree on exact bits; sign and payload of NaN do not count."""
    return all(x == y or math.isnan(x) for x, y in zip(want, got, strict=True))


def exactly_with_nan_sign(want: list[float], got: list[float], _position: int, _size: int) -> bool:
    """Agree on exact bits; the payload of NaN does not count, its sign does."""
    pairs = list(zip(want, got, strict=True))
    return all(x == y or (math.isnan(x) and math.copysign(1, x) == math.copysign(1, y)) for x, y in pairs)


def unit(x: Fraction, size: int) -> Fraction:
    """Return the unit in the last place of x in the binary format of this size in bytes."""
    precision, e_min = {2: (11, -14), 4: (24, -126), 8: (53, -1022)}[size]
    exponent = math.frexp(float(x))[1] - 1 if x else e_min
    return Fraction(2) ** (max(exponent, e_min) - precision + 1)


def within_ulp(want: list[float], got: list[float], _position: int, size: int, *, limit: float) -> bool:
    """Agree within so many units in the last place of the oracle's result, in each part."""
    pairs = [(Fraction(x), Fraction(y)) for x, y in zip(want, got, strict=True) if math.isfinite(x)]
    return all(abs(y - x) <= Fraction(limit) * unit(x, size) for x, y in pairs)


def within_ulp_normwise(want: list[float], got: list[float], _position: int, size: int, *, limit: float) -> bool:
    """Agree in the modulus of the difference, within so many units in the last place of the larger part."""
    pairs = [(Fraction(x), Fraction(y)) for x, y in zip(want, got, strict=True) if math.isfinite(x)]
    largest = max((abs(x) for x, _ in pairs), default=Fraction(0))
    return sum((y - x) ** 2 for x, y in pairs) <= (Fraction(limit) * unit(largest, size)) ** 2


def between(
    _want: list[float], got: list[float], position: int, _size: int, *, low: Sequence[float], high: Sequence[float]
) -> bool:
    """Agree where each part lies within the bounds that were computed for it, given one after the other."""
    start = position * len(got)
    return all(low[start + part] <= y <= high[start + part] for part, y in enumerate(got) if math.isfinite(y))
