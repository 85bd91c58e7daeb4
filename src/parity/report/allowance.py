"""How far the elements of a reduction may be from the oracle's, where the script is given nothing better.

The judge measures against the exact result. A script stands alone, so it takes the same bound around the oracle's
result instead: gamma_h of design section 5.4 with the depth that the row claims, and one rounding. What this does not
prove: a provider may be outside of it although it is within the bound of the exact result, where the oracle itself errs
by as much. The judge's own intervals, where a caller has them, take its place.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from parity import calling
from parity.calling import Arguments, Returned, Value
from parity.documents.case import Case
from parity.ops.row import Tolerance

_UNIT_ROUNDOFF = {2: 2.0**-11, 4: 2.0**-24, 8: 2.0**-53}
_TINIEST = {2: 2.0**-24, 4: 2.0**-149, 8: 2.0**-1074}
_CUMULATIVE = {"cumsum": np.cumsum, "cumprod": np.cumsum}


class Interval(NamedTuple):
    """Bounds for each element in C order; real and imaginary part of a complex one follow each other."""

    low: tuple[float, ...]
    high: tuple[float, ...]


def around_oracle(case: Case, pools: Mapping[str, np.ndarray], expected: Returned, row: Tolerance) -> Interval:
    """Return the bound of a depth rule around the first result of the oracle."""
    value = expected.values[0]
    result = calling.array_of(value)
    size = result.real.dtype.itemsize
    with np.errstate(all="ignore"):
        bound = np.broadcast_to(_bound(case, pools, result, row, _UNIT_ROUNDOFF[size]), result.shape)
        bound = bound + np.maximum(np.abs(result) * 2 * _UNIT_ROUNDOFF[size], _TINIEST[size])
        centre = _parts(value)
        width = np.repeat(bound.reshape(-1), centre.size // max(result.size, 1))
        return Interval(tuple((centre - width).tolist()), tuple((centre + width).tolist()))


def short_of(interval: Interval, expected: Value, index: tuple[int, ...], actual_bits: str) -> Interval:
    """Return the interval cut so that a value which the judge has refused lies outside of it.

    The judge's bound is about the exact result, this one about the oracle's: near its end the two may disagree, and a
    script that was written for a divergence would call it none. Of a complex value the part that is further off is cut.
    """
    centre = _parts(expected)
    count = centre.size // max(math.prod(expected.shape), 1)
    words = actual_bits.split(",")
    if len(words) != count:
        return interval
    size = np.dtype(expected.dtype).itemsize // count
    actual = [float(np.frombuffer(bytes.fromhex(word)[::-1], f"<f{size}")[0]) for word in words]
    start = count * (int(np.ravel_multi_index(index, expected.shape)) if expected.shape else 0)
    part = max(range(count), key=lambda number: abs(actual[number] - centre[start + number]))
    value, place = actual[part], start + part
    low, high = list(interval.low), list(interval.high)
    if value > centre[place]:
        high[place] = min(high[place], math.nextafter(value, -math.inf))
    if value < centre[place]:
        low[place] = max(low[place], math.nextafter(value, math.inf))
    return Interval(tuple(low), tuple(high))


def _parts(value: Value) -> np.ndarray:
    flat = calling.array_of(value).reshape(-1)
    return (flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat).astype(np.float64)


def _bound(case: Case, pools: Mapping[str, np.ndarray], result: np.ndarray, row: Tolerance, roundoff: float) -> Any:
    """The bound of each element: of |x| summed over the terms that enter it."""
    terms, magnitude = _terms(case, pools)
    pairwise = np.where(terms > 128, 24 + np.ceil(np.log2(np.maximum(terms, 1) / 128)), np.clip(terms - 1, 1, 24))
    depth = pairwise if row.limit == "pairwise" else np.maximum(terms - 1, 1)
    mean = magnitude / np.maximum(terms, 1)
    if row.rule == "sum":
        return _gamma(depth, roundoff) * magnitude
    if row.rule == "mean":
        return _gamma(depth + 1, roundoff) * mean
    size = np.abs(result.astype(np.complex128 if result.dtype.kind == "c" else np.float64))
    if row.rule == "prod":
        # sqrt(5) u a product of complex numbers (Brent, Percival, Zimmermann, Math. Comp. 76 (2007)).
        return _gamma(np.maximum(terms - 1, 1), roundoff * (math.sqrt(5) if result.dtype.kind == "c" else 1)) * size
    variance = size if row.rule == "var" else size**2
    of_variance = _gamma(depth + 3, roundoff) * variance + (_gamma(depth + 1, roundoff) * mean) ** 2
    if row.rule == "var":
        return of_variance
    return np.minimum(np.sqrt(of_variance), np.where(size > 0, of_variance / np.where(size > 0, size, 1), np.inf))


def _gamma(depth: Any, roundoff: float) -> Any:
    product = depth * roundoff
    return np.where(product < 1, product / np.where(product < 1, 1 - product, 1), np.inf)


def _terms(case: Case, pools: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """How many terms enter each element, and the sum of their absolute values: NumPy reduces ones and |x| alike."""
    arguments = Arguments(case.call.plain(), pools)
    name, _, method = case.call.op.partition(".")
    x = np.abs(np.asarray(arguments.args[0]).astype(np.complex128))
    kept = {key: arguments.kwargs[key] for key in ("axis", "keepdims", "where") if key in arguments.kwargs}
    positional = list(arguments.args[1:2])  # the axis, where it is not a keyword
    if name in _CUMULATIVE:
        return np.cumsum(np.ones_like(x), *positional, **kept), np.cumsum(x, *positional, **kept)
    if method:
        kept.setdefault("axis", positional[0] if positional else 0)  # the default axis of ufunc methods
        positional = []
    if method == "accumulate":
        return np.add.accumulate(np.ones_like(x), **kept), np.add.accumulate(x, **kept)
    if positional:
        kept["axis"] = positional[0]
    initial = arguments.kwargs.get("initial")
    more = 0 if initial is None else 1
    magnitude = np.sum(x, **kept) + (abs(complex(np.asarray(initial))) if more else 0)
    return np.sum(np.ones_like(x), **kept) + more, magnitude
