"""Reductions of the pure-Python oracle: of the elements that enter one result, and of the axes of an array."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from parity.documents.elements import COMPONENT, ELEMENTS
from parity.oracle import exact
from parity.oracle.exact import UnanswerableError
from parity.oracle.logical_arrays import LogicalArray, c_strides, positions

Fold = Callable[[Sequence[Any], str, str], Any]
"""From the elements that enter one result, the input's character and the result's character to that result."""

METHODS = {
    "add.reduce": "sum",
    "multiply.reduce": "prod",
    "maximum.reduce": "max",
    "minimum.reduce": "min",
    "add.accumulate": "cumsum",
    "multiply.accumulate": "cumprod",
}
"""Methods that do what a reduction does, along axis 0 unless told otherwise."""

CUMULATIVE = ("cumsum", "cumprod")
_POSITION = ("argmin", "argmax")


def reduced(name: str, array: LogicalArray, loop: str, attributes: Mapping[str, Any]) -> LogicalArray:
    """A reduction over the axes of `attributes` (`axis`, `keepdims`). Raises UnanswerableError."""
    source, _, result = loop.partition("->")
    if set(attributes) - ({"axis"} if name in CUMULATIVE else {"axis", "keepdims"}):
        raise UnanswerableError
    axes = _axes(attributes.get("axis"), len(array.shape))
    if name in CUMULATIVE:
        return _accumulated(name, array, result, attributes.get("axis"))
    if name in _POSITION and isinstance(attributes.get("axis"), list):
        raise UnanswerableError
    fold = _FOLDS[name]
    strides = c_strides(array.shape)
    kept = [axis for axis in range(len(array.shape)) if axis not in axes]
    inside = positions([array.shape[axis] for axis in axes], [strides[axis] for axis in axes], 0)
    values = [
        fold([array.values[at + step] for step in inside], source, result)
        for at in positions([array.shape[axis] for axis in kept], [strides[axis] for axis in kept], 0)
    ]
    if 0 in array.shape and name not in _OF_NOTHING:
        raise UnanswerableError
    if attributes.get("keepdims"):
        shape = tuple(1 if axis in axes else length for axis, length in enumerate(array.shape))
    else:
        shape = tuple(array.shape[axis] for axis in kept)
    return LogicalArray(result, shape, values)


def _axes(axis: Any, ndim: int) -> list[int]:
    """The reduced axes in ascending order. Raises UnanswerableError where NumPy raises."""
    if axis is None:
        return list(range(ndim))
    if isinstance(axis, bool) or ndim == 0:
        raise UnanswerableError
    axes = axis if isinstance(axis, list) else [axis]
    if not all(isinstance(item, int) and -ndim <= item < ndim for item in axes):
        raise UnanswerableError
    found = sorted(item % ndim for item in axes)
    if len(set(found)) < len(found):
        raise UnanswerableError
    return found


def _accumulated(name: str, array: LogicalArray, result: str, axis: Any) -> LogicalArray:
    """cumsum, cumprod: one element after the other, each step rounded, so their order is certain."""
    if isinstance(axis, list) or (name == "cumprod" and result in COMPONENT):
        raise UnanswerableError
    shape = (math.prod(array.shape),) if axis is None else array.shape
    along = 0 if axis is None else axis % len(shape)
    strides = c_strides(shape)
    step = _step(name, result)
    values = list(array.values)
    others = [number for number in range(len(shape)) if number != along]
    for at in positions([shape[number] for number in others], [strides[number] for number in others], 0):
        for index in range(1, shape[along]):
            here = at + index * strides[along]
            values[here] = step(values[here - strides[along]], values[here])
    return LogicalArray(result, shape, values)


def _step(name: str, result: str) -> Callable[[Any, Any], Any]:
    if ELEMENTS[result].kind in "iu":
        return lambda x, y: exact.wrapped(x + y if name == "cumsum" else x * y, result)
    if result in COMPONENT:
        part = COMPONENT[result]
        return lambda x, y: complex(exact.add(x.real, y.real, part), exact.add(x.imag, y.imag, part))
    operation = exact.add if name == "cumsum" else exact.multiply
    return lambda x, y: operation(x, y, result)


def _sum(values: Sequence[Any], _source: str, result: str) -> Any:
    if ELEMENTS[result].kind in "iu":
        return exact.wrapped(sum(values), result)
    if result in COMPONENT:
        part = COMPONENT[result]
        return complex(
            exact.any_order_sum([value.real for value in values], part),
            exact.any_order_sum([value.imag for value in values], part),
        )
    return exact.any_order_sum(values, result)


def _prod(values: Sequence[Any], _source: str, result: str) -> Any:
    if ELEMENTS[result].kind in "iu":
        product = 1
        for value in values:
            product = exact.wrapped(product * value, result)
        return product
    if result in COMPONENT:
        raise UnanswerableError
    return exact.any_order_product(values, result)


def _mean(values: Sequence[Any], source: str, result: str) -> Any:
    """NumPy's: the sum in the result's type (binary16: in binary32), over the count, each rounded."""
    if not values or result in COMPONENT or len(values) >= 1 << 24:
        raise UnanswerableError
    if ELEMENTS[source].kind in "biu":
        values = [exact.from_integer(value, result) for value in values]
    if result == "e":
        return exact.narrowed(exact.divide(exact.any_order_sum(values, "f"), float(len(values)), "f"), "e")
    return exact.divide(exact.any_order_sum(values, result), float(len(values)), result)


def _extremum(choose: Callable[[Sequence[Any]], Any]) -> Fold:
    def fold(values: Sequence[Any], source: str, _result: str) -> Any:
        if not values or source in COMPONENT:
            raise UnanswerableError
        if any(math.isnan(value) for value in values):
            return math.nan
        best = choose(values)
        if best == 0 and ELEMENTS[source].kind == "f" and len({math.copysign(1, x) for x in values if x == 0}) > 1:
            raise UnanswerableError  # which of two zeros wins is the CPU's affair
        return best

    return fold


def _position(choose: Callable[[Sequence[Any]], Any]) -> Fold:
    """The first of equals; a NaN before all."""

    def fold(values: Sequence[Any], source: str, _result: str) -> int:
        if not values or source in COMPONENT:
            raise UnanswerableError
        nans = [index for index, value in enumerate(values) if math.isnan(value)]
        return nans[0] if nans else list(values).index(choose(values))

    return fold


_FOLDS: dict[str, Fold] = {
    "sum": _sum,
    "prod": _prod,
    "mean": _mean,
    "min": _extremum(min),
    "max": _extremum(max),
    "any": lambda values, _source, _result: any(values),
    "all": lambda values, _source, _result: all(values),
    "argmin": _position(min),
    "argmax": _position(max),
}

ANSWERED = (*_FOLDS, *CUMULATIVE)

_OF_NOTHING = ("sum", "prod", "any", "all")
"""Reductions that have a result for no elements."""
