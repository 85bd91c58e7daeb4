"""Plans: which compiled fold reduces which element type for which ufunc, and the reductions that are made of folds.

A plan reads an array in one dtype, accumulates in a second, and rounds to the loop's own in the end: float16 is
accumulated in float32, integers narrower than 64 bits in 64 bits (they wrap around just the same).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from parity_kernels.axes import SPLIT, Array, converted, result_like, walk
from parity_kernels.dtypes import DTYPES, INTEGERS, character
from parity_kernels.folds import BLOCK, fold_address

TREE_BLOCK = 2  # rows in a block of a later pass: its depth is the logarithm of its length, no more

IDENTITIES: dict[str, Any] = {
    "add": 0,
    "multiply": 1,
    "logical_and": True,
    "logical_or": False,
    "logical_xor": False,
    "bitwise_and": -1,
    "bitwise_or": 0,
    "bitwise_xor": 0,
}
"""What a reduction over no element gives; every other ufunc has none."""

REORDERABLE = (*IDENTITIES, "maximum", "minimum", "fmax", "fmin")
"""Ufuncs that NumPy reduces over several axes at once."""

_SUMS = {"add": "sum", "multiply": "prod"}
_EXTREMES = {"maximum": "max", "minimum": "min", "fmax": "max", "fmin": "min"}
_DECISIONS = {"logical_or": "any", "logical_and": "all"}
_BITS = {"bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor"}
_WIDTHS = {1: "B", 2: "H", 4: "I", 8: "L"}


@dataclass(frozen=True)
class Plan:
    """A fold by kernel name, with the element characters that it reads, accumulates and finally gives."""

    ufunc: str
    kernel: str
    read: str
    acc: str
    result: str

    @property
    def tree(self) -> bool:
        """Whether the order of additions is claimed, so that axes that do not merge need passes of their own."""
        return self.kernel.startswith("sum") and self.acc in "fdFD"

    @cached_property
    def address(self) -> int:
        """Address of the compiled fold."""
        return fold_address(self.kernel)

    @property
    def neutral(self) -> Any:
        """What changes no accumulator: for sums of floats the negative zero, which keeps the sign of another zero."""
        return -0.0 if self.tree else IDENTITIES.get(self.ufunc)


@lru_cache(maxsize=1024)
def plan_for(ufunc: str, loop: str, element: str) -> Plan | None:
    """The plan for a ufunc whose loop works on ``loop`` and an input of type ``element``; None if no fold does that."""
    if ufunc in _SUMS and loop == "?":
        return plan_for("logical_or" if ufunc == "add" else "logical_and", loop, element)
    if ufunc in _SUMS:
        widening = loop in "lL" and element in "?" + INTEGERS
        read = element if widening else "f" if loop == "e" else loop
        code = {"?": "B", "L": "l"}.get(read, read)
        acc = {"l": "l", "L": "L"}.get(loop, "l" if loop in INTEGERS else read)
        return Plan(ufunc, f"{_SUMS[ufunc]}-{code}", read, acc, loop)
    if ufunc in _EXTREMES and (ufunc in ("maximum", "minimum") or loop in "?" + INTEGERS):
        read = "f" if loop == "e" else loop
        return Plan(ufunc, f"{_EXTREMES[ufunc]}-{'B' if loop == '?' else read}", read, read, loop)
    if ufunc in _DECISIONS:
        read = "?" if element in "FD" else element
        width = _WIDTHS[DTYPES[read].itemsize]
        return Plan(ufunc, f"{_DECISIONS[ufunc]}-{'real-' if read in 'efd' else ''}{width}", read, "?", "?")
    if ufunc in _BITS:
        return Plan(ufunc, f"{_BITS[ufunc]}-{_WIDTHS[DTYPES[loop].itemsize]}", loop, loop, loop)
    return None


def reduced(plan: Plan, x: Array, axes: tuple[int, ...], initial: Any, where: Array | None) -> Array:
    """Reduce the axes; the result has the kept ones. ``initial`` is None or a value of the result's type.

    The caller has made sure that there are elements to reduce, or an ``initial`` (an identity is one, too).
    """
    # A value rounds to the loop's type first, as where NumPy casts its input: float64 to float16, say.
    if plan.read != character(x.dtype) and plan.result in "efFdD" and character(x.dtype) != plan.result:
        x = converted(x, DTYPES[plan.result])
    x = converted(x, DTYPES[plan.read])
    if where is not None:
        x = _masked(x, where, initial if plan.neutral is None else plan.neutral)
    result = result_like(x, axes, DTYPES[plan.acc])
    if initial is not None:
        result[...] = initial
    if x.size:
        _fold(plan, x, axes, result, going=initial is not None, block=BLOCK)
    return converted(result, DTYPES[plan.result])


def _masked(x: Array, where: Array, neutral: Any) -> Array:
    """The array with a neutral element where the mask is False."""
    filled = np.empty_like(x)
    filled[...] = converted(np.asarray(neutral), x.dtype)  # -1 has all bits set also where it is unsigned
    np.copyto(filled, x, where=where)
    return filled


def _fold(plan: Plan, x: Array, axes: tuple[int, ...], result: Array, *, going: bool, block: int) -> None:
    bits = 0
    for axis in axes:
        bits |= 1 << axis
    size = result.itemsize
    answer = walk()(plan.address, x, result, bits, going, block, size, plan.tree)
    if answer == SPLIT:
        # One pass for the axes closest in memory, which keeps the long runs; the next one folds its results as a tree.
        first = _nearest(x, axes)
        part = result_like(x, first, x.dtype)
        _fold(plan, x, first, part, going=False, block=block)
        left = tuple(axis - sum(before < axis for before in first) for axis in axes if axis not in first)
        _fold(plan, part, left, result, going=going, block=TREE_BLOCK)
    elif answer:
        ready, place = x.copy("C"), np.empty(result.shape, result.dtype)
        if going:
            np.copyto(place, result)
        walk()(plan.address, ready, place, bits, going, block, size, False)
        np.copyto(result, place)


def _nearest(x: Array, axes: tuple[int, ...]) -> tuple[int, ...]:
    """Of the axes those that lie in one piece with the one of smallest stride."""
    rising = sorted((abs(x.strides[axis]) or 1 << 62, -axis) for axis in axes if x.shape[axis] > 1)
    chosen = [-rising[0][1]]
    for _, negated in rising[1:]:
        if x.strides[-negated] != x.strides[chosen[-1]] * x.shape[chosen[-1]]:
            break
        chosen.append(-negated)
    # The walk found all of them together to be no single piece: a kept axis lies between, in an overlapping view.
    if len(chosen) == len(rising):
        chosen = chosen[:1]
    chosen += [axis for axis in axes if x.shape[axis] == 1]
    return tuple(sorted(chosen))
