"""Plain reductions: an array of a native dtype, one axis or all, and nothing else, take a short way.

One look-up by dtype, one new array, one compiled entry. What is not plain enough is answered by None, and worked out
in `parity_kernels.reductions.reduce`, which gives the same bits: the fold is the same one.
"""

from typing import Any

from numpy import empty

from parity_kernels.axes import Array, walk
from parity_kernels.dtypes import DTYPES, DType, character
from parity_kernels.folds import BLOCK
from parity_kernels.plans import Plan, plan_for

Quick = tuple[Any, int, DType, int, bool]
"""The walk, the fold's address, the dtype of the result, its item size, and whether the sum is a tree."""

QUICK: dict[str, dict[DType, Quick]] = {name: {} for name in ("add", "multiply", "maximum", "minimum")}
"""Ufunc → dtypes whose plain arrays it has reduced already, with all that it takes to do so again."""


def quickly(quick: Quick, a: Array, axis: Any) -> Any:
    """The reduction of a plain array, or None if it is not as plain as it must be."""
    entry, fold, dtype, itemsize, tree = quick
    if axis is None:
        result = empty((), dtype)
        return None if entry(fold, a, result, -1, 0, BLOCK, itemsize, tree) else result[()]
    shape = a.shape
    ndim = len(shape)
    if type(axis) is not int or not -ndim <= axis < ndim or (ndim > 2 and not a.flags.c_contiguous):
        return None
    if axis < 0:
        axis += ndim
    result = empty(shape[:axis] + shape[axis + 1 :], dtype)
    if entry(fold, a, result, 1 << axis, 0, BLOCK, itemsize, tree):
        return None
    return result if ndim > 1 else result[()]


def remember(ufunc: str, plan: Plan, dtype: DType) -> None:
    """Let plain arrays of this dtype take the short way, if nothing has to be cast before or after."""
    if dtype.isnative and plan.acc == plan.result and DTYPES[plan.read] == dtype and ufunc in QUICK:
        result = DTYPES[plan.result]
        QUICK[ufunc][dtype] = (walk(), plan.address, result, result.itemsize, plan.tree)


def plain_sum(a: Array, axis: Any) -> Any:
    """Sum of an array of native float32, float64 or complex numbers, or None if it is not as plain as it must be."""
    quick = QUICK["add"].get(a.dtype)
    if quick is None:
        char = character(a.dtype) or ""
        plan = plan_for("add", char, char)
        if plan is None:
            return None
        remember("add", plan, a.dtype)
        quick = QUICK["add"].get(a.dtype)
    return None if quick is None else quickly(quick, a, axis)
