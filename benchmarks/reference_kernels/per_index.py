"""A provider for benchmarks alone: `sum` along an axis, as one writes it first, with every source index computed.

For each element of the input the flat index is taken apart by division and remainder, one axis after another, and its
places in input and output are put together again by strides. That is general, and most of its time goes into integer
division: the contiguous kernel of `parity_kernels` visits the same elements by adding strides.

It adds in the very order of `parity_kernels.folds` for columns (blocks of 16, the blocks in a binary tree), so that no
bit of a result may differ. What it does not do (rows and narrow columns of floats, other element types, other
arguments) is handed to `parity_kernels.sum`, so that these answers are the same on both sides of a round, too.

    parity optimize start axis-reduction --lever provider --provider benchmarks/reference_kernels/per_index.py \
        --workloads axis_reduction --seconds 0.4 --profile --why "visit elements by strides, not by computed indices"
    parity optimize finish axis-reduction --provider numba --profile
"""

import math
from typing import Any

import numpy as np
from numba import njit

import parity_kernels
from parity_kernels.column_folds import NARROW
from parity_kernels.folds import BLOCK


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _integers(flat: Any, shape: Any, strides: Any, out_strides: Any, out: Any) -> None:
    """Add in the order of the input; integers wrap around, so that any order gives the same."""
    for index in range(flat.size):
        rest, source, target = index, 0, 0
        for axis in range(len(shape) - 1, -1, -1):
            position = rest % shape[axis]
            rest //= shape[axis]
            source += position * strides[axis]
            target += position * out_strides[axis]
        out[target] += flat[source]


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _floats(flat: Any, shape: Any, strides: Any, out_strides: Any, reduced: int, sums: Any, out: Any) -> None:
    """Add blocks of BLOCK elements one after another, and the blocks as a binary counter counts them."""
    n = shape[reduced]
    for index in range(flat.size):
        rest, source, target, row = index, 0, 0, 0
        for axis in range(len(shape) - 1, -1, -1):
            position = rest % shape[axis]
            rest //= shape[axis]
            source += position * strides[axis]
            target += position * out_strides[axis]
            if axis == reduced:
                row = position
        out[target] = flat[source] if row % BLOCK == 0 else out[target] + flat[source]
        if row % BLOCK != BLOCK - 1 and row != n - 1:
            continue
        total, level, blocks = out[target], 0, row // BLOCK
        while (blocks >> level) & 1:
            total = sums[level, target] + total
            level += 1
        sums[level, target] = total
        if row == n - 1:
            left, higher = (blocks + 1) >> (level + 1), level + 1
            while left:
                if left & 1:
                    total = sums[higher, target] + total
                left, higher = left >> 1, higher + 1
            out[target] = 0.0 + total


def sum(  # noqa: A001 - NumPy's name
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **keywords: Any
) -> Any:
    """Sum of a C-contiguous array of int64 or float64 along one axis, index by index; else `parity_kernels.sum`."""
    plain = isinstance(a, np.ndarray) and type(axis) is int and dtype is None and out is None and not keywords
    if (
        not plain
        or a.ndim < 2
        or not a.size
        or not (a.flags.c_contiguous and a.flags.aligned)
        or a.dtype not in ("i8", "f8")
    ):
        return parity_kernels.sum(a, axis, dtype, out, **keywords)
    reduced = axis + a.ndim if axis < 0 else axis
    if not 0 <= reduced < a.ndim or (a.dtype == "f8" and math.prod(a.shape[reduced + 1 :]) * a.itemsize < NARROW):
        return parity_kernels.sum(a, axis)
    result = np.zeros(a.shape[:reduced] + a.shape[reduced + 1 :], a.dtype)
    strides, out_strides = (np.array(item.strides) // a.itemsize for item in (a, result))
    shape, out_strides = np.array(a.shape), np.insert(out_strides, reduced, 0)
    if a.dtype == "i8":
        _integers(a.reshape(-1), shape, strides, out_strides, result.reshape(-1))
    else:
        levels = (a.shape[reduced] // BLOCK + 1).bit_length() + 1
        sums = np.empty((levels, result.size))
        _floats(a.reshape(-1), shape, strides, out_strides, reduced, sums, result.reshape(-1))
    return result
