"""The call of a workload: operands by layout, on elements that no slow path of the hardware or of a library meets.

No NaN, infinity or subnormal number goes in and none comes out, and integers are divided by small ones that are not
zero. Where an operation decides element by element (comparisons, maximum, masks), both outcomes come often. Those that
only ask which elements are zero (any, all, and reductions by logical_and and logical_or) have the suites' elements,
that are all alike but one in 25.
"""

import struct
from functools import cache
from math import prod

from parity.cases.pools import build_pool, within
from parity.cases.reductions import pool_of
from parity.cases.subject import Draft, Subject
from parity.documents.case import ArrayArgument, Attribute
from parity.documents.elements import ELEMENTS
from parity.documents.workload import Axis, Layout
from parity.ops.catalogue import row_of
from parity.ops.row import Operation

Shape = tuple[int, ...]

TWO_AXES: tuple[Layout, ...] = ("row", "column", "transposed")
"""Layouts that need two axes."""

_SECOND, _MASK, _OUT = 97, 13, 5
"""Where in their pools the second operand, the mask and `out` begin, so that no two run in step."""

_INTERVALS: dict[str, tuple[tuple[float, float], ...]] = {
    "exp": ((0.0625, 8.0),),
    "log": ((0.0625, 64.0),),
    "sqrt": ((0.0625, 64.0),),
    "sin": ((0.0625, 16.0),),
    "cos": ((0.0625, 16.0),),
    "power": ((0.25, 4.0), (0.25, 4.0)),
}
"""Arguments of functions whose catalogue interval reaches overflow or subnormal numbers in some type.

They are positive: half of an interval with zero in it lies next to zero (`parity.cases.samples.within`), which is
subnormal in float16.
"""

_DIVISIONS = ("floor_divide", "remainder", "fmod", "divmod")
_SHIFTS = ("left_shift", "right_shift")
_FEW_VALUED = ("equal", "not_equal", "logical_and", "logical_or", "logical_xor", "logical_not")
"""Few values, zero among them: a quarter of the pairs is equal, a quarter of the elements false."""

_ORDERED = ("less", "less_equal", "greater", "greater_equal", "maximum", "minimum", "fmax", "fmin")
"""Their scalar operand is a median, so that either side is often the greater one."""


def call_of(op: str, loop: str, layout: Layout, shape: Shape, axis: Axis | None, seed: str) -> Draft:
    """The call of one workload.

    shape: of the result of an elementwise operation, of the operand of a reduction. seed: of the elements.
    """
    row, method = row_of(op), op.partition(".")[2]
    if row.kind == "ufunc" and not method:
        return _elementwise(row, loop, layout, shape, seed)
    return _reduction(op, loop, layout, shape, axis)


def _elementwise(row: Operation, loop: str, layout: Layout, shape: Shape, seed: str) -> Draft:
    inputs, _, outputs = loop.partition("->")
    args = [
        _laid_out(operand_pool(row, char, position), layout, shape, position) for position, char in enumerate(inputs)
    ]
    if layout == "scalar" and row.name in _ORDERED:
        args[1] = args[1].model_copy(update={"at": _median(args[1].pool, seed)})
    kwargs: dict[str, Attribute] = {}
    if layout == "where":
        outs = [ArrayArgument(pool=f"{char}.tame", at=_OUT, shape=shape) for char in outputs]
        kwargs = {"where": _mask(shape), "out": outs if len(outs) > 1 else outs[0]}
    return Draft(layout, row.name, loop, tuple(args), kwargs)


def _laid_out(pool: str, layout: Layout, shape: Shape, position: int) -> ArrayArgument:
    """An operand. What is special about `row`, `column` and `scalar` is the second one, of `transposed` the first."""
    at = _SECOND * position
    if position and layout == "scalar":
        return ArrayArgument(pool=pool, at=at, scalar=True)
    if position and layout == "row":
        return ArrayArgument(pool=pool, at=at, shape=shape[-1:])
    if position and layout == "column":
        return ArrayArgument(pool=pool, at=at, shape=(*shape[:-1], 1))
    if layout == "strided":
        return ArrayArgument(pool=pool, at=at, shape=shape, strides=_strides(shape, 2))
    if not position and layout == "transposed":
        return ArrayArgument(pool=pool, at=at, shape=shape, strides=_strides(shape[::-1], 1)[::-1])
    return ArrayArgument(pool=pool, at=at, shape=shape)


@cache
def _median(pool: str, seed: str) -> int:
    """The index in a pool of its median, complex numbers in the order of their real parts."""
    letter = {"l": "q", "L": "Q", "F": "ff", "D": "dd"}.get(pool[0], pool[0])
    elements = list(struct.iter_unpack(f"<{letter}", build_pool(seed, pool)))
    return sorted(range(len(elements)), key=elements.__getitem__)[len(elements) // 2]


def _strides(shape: Shape, step: int) -> tuple[int, ...]:
    """Strides in elements, C order, of an array of which every `step`-th element of memory is one."""
    return tuple(step * prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _mask(shape: Shape) -> ArrayArgument:
    return ArrayArgument(pool="?.general", at=_MASK, shape=shape)


def _reduction(op: str, loop: str, layout: Layout, shape: Shape, axis: Axis | None) -> Draft:
    row = row_of(op)
    argument = _laid_out(reduced_pool(row, loop), layout, shape, 0)
    kwargs: dict[str, Attribute] = {}
    if axis is not None:
        kwargs["axis"] = None if axis == "none" else list(axis) if isinstance(axis, tuple) else axis
    if layout == "where":
        kwargs["where"] = _mask(shape)
    return Draft(_reduced_layout(layout, axis), op, loop, (argument,), kwargs)


def _reduced_layout(layout: Layout, axis: Axis | None) -> str:
    """`axis1`, `axisnone`, `axis0+2`, `transposed-axis1`; without an axis the layout alone."""
    if axis is None:
        return layout
    text = f"axis{'+'.join(map(str, axis)) if isinstance(axis, tuple) else axis}"
    return text if layout == "contiguous" else f"{layout}-{text}"


def result_shape(op: str, shape: Shape, axis: Axis | None) -> Shape:
    """The shape of the result."""
    row, method = row_of(op), op.partition(".")[2]
    if method == "accumulate" or (row.kind == "ufunc" and not method):
        return shape
    if row.kind == "cumulative":
        return (prod(shape),) if axis in (None, "none") else shape
    if axis is None and method == "reduce":
        return shape[1:]  # the methods of ufuncs reduce the first axis unless told
    if axis is None or axis == "none":
        return ()
    gone = axis if isinstance(axis, tuple) else (axis,)
    return tuple(length for place, length in enumerate(shape) if place not in gone)


def operand_pool(row: Operation, char: str, position: int) -> str:
    """The elements of an operand of an elementwise operation."""
    kind = ELEMENTS[char].kind
    if row.name in _INTERVALS and kind in "fc":
        # A complex power has its slow paths in the logarithm of small and of large moduli.
        return f"{char}.gentle" if kind == "c" and row.name == "power" else _sampled(row, char, position)
    if row.name in _FEW_VALUED:
        return f"{char}.small"
    if kind in "iu":
        if (position and row.name in _SHIFTS) or (position and row.name == "power"):
            return f"{char}.small"
        if row.name in ("power", "reciprocal") or (position and row.name in _DIVISIONS):
            return f"{char}.units"
    return f"{char}.tame"


def _sampled(row: Operation, char: str, position: int) -> str:
    return f"{char}.{within(*_INTERVALS[row.name][position])}"


def reduced_pool(row: Operation, loop: str) -> str:
    """The elements of the operand of a reduction."""
    char = loop[0]
    if row.name in ("var", "std") and char == "e":
        return "e.small"  # 0 to 3: squares of smaller deviations are subnormal, of larger ones their sum overflows
    if row.kind != "ufunc":
        return pool_of(Subject(row, loop, 0, 0))
    recipe = {"multiply": "factors", "logical_and": "dense", "logical_or": "sparse"}.get(row.name, "tame")
    return f"{char}.{recipe}"
