"""Axes: which ones a reduction takes, and the walk over an array that leaves a fold nothing but contiguous work.

The walk reads shapes and strides from the C structs of the arrays. It drops dimensions of length 1, sorts by stride
(a negative one is not turned around: NumPy does not either, and the order of additions is part of a result), merges
what lies in one piece, and hands (outer, reduced, inner) to the fold; dimensions beyond these three are counted like an
odometer.
"""

import operator
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numpy.exceptions import AxisError

from parity_kernels.compiling import compiled_entry, jitable
from parity_kernels.memory import (
    DATA,
    DIMENSIONS,
    FLAGS,
    NDIM,
    STRIDES,
    address_of,
    array_object,
    call_loop,
    int32_at,
    set_word,
    word,
    words,
)

Array = np.ndarray[Any, Any]

ALIGNED = 0x0100  # NPY_ARRAY_ALIGNED

DONE, SPLIT, EMPTY, UNALIGNED, SCATTERED = range(5)
"""What the walk answers: done · the reduced axes do not merge into one · there is no element ·
elements are not aligned · the output's inner dimension is not contiguous."""


def normalized_axis(axis: Any, ndim: int) -> int:
    """An axis as 0 <= axis < ndim; a 0-d array has the axis 0 too. Raises TypeError and AxisError as NumPy."""
    if isinstance(axis, bool):
        message = "an integer is required for the axis"
        raise TypeError(message)
    index = operator.index(axis)
    bound = ndim or 1
    if not -bound <= index < bound:
        raise AxisError(index, ndim)
    return index % bound


def normalized_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """All reduced axes in ascending order; none for a 0-d array."""
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, tuple):
        single = normalized_axis(axis, ndim)
        return (single,) if ndim else ()
    if axis and not ndim:
        raise AxisError(operator.index(axis[0]), ndim)
    axes = {normalized_axis(single, ndim) for single in axis}
    if len(axes) != len(axis):
        message = "duplicate value in 'axis'"
        raise ValueError(message)
    return tuple(sorted(axes))


def kept_axes(ndim: int, axes: tuple[int, ...]) -> list[int]:
    """The axes that are not reduced."""
    return [axis for axis in range(ndim) if axis not in axes]


def result_like(x: Array, axes: tuple[int, ...], dtype: Any) -> Array:
    """An uninitialized array for the axes that are kept, in memory in the order of the input's strides."""
    kept = kept_axes(x.ndim, axes)
    if x.flags.c_contiguous:
        return np.empty([x.shape[axis] for axis in kept], dtype)
    strides = [abs(x.strides[axis]) or 1 << 62 for axis in kept]
    order = sorted(range(len(kept)), key=lambda k: -strides[k])
    place = [order.index(k) for k in range(len(kept))]
    return np.empty([x.shape[kept[k]] for k in order], dtype).transpose(place)


def with_reduced_axes(result: Array, ndim: int, axes: tuple[int, ...]) -> Array:
    """The result with a dimension of length 1 for each reduced axis (keepdims)."""
    if result.ndim == ndim:
        return result
    index = tuple(None if axis in axes else slice(None) for axis in range(ndim))
    return result[index]


def converted(x: Array, dtype: Any) -> Array:
    """The array itself if it has that dtype, native and aligned, else a copy; values that do not fit are cut off."""
    if x.dtype == dtype and x.dtype.isnative and x.flags.aligned:
        return x
    with np.errstate(all="ignore"):
        if x.dtype.kind != "c" or np.dtype(dtype).kind == "c":
            return x.astype(dtype, copy=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's ComplexWarning: the imaginary part is dropped
            return x.astype(dtype, copy=True)


@jitable
def _gathered(x: int, out: int, axes: int, dims: int) -> int:
    """Write (length, stride, output's stride, reduced) of each dimension, ascending by stride; return their number."""
    ndim = int32_at(x + NDIM)
    shape, strides = word(x + DIMENSIONS, 0), word(x + STRIDES, 0)
    out_strides = word(out + STRIDES, 0)
    count, kept = 0, int32_at(out + NDIM)
    for backward in range(ndim):
        axis = ndim - 1 - backward
        length, stride, out_stride = word(shape, axis), word(strides, axis), 0
        reduced = (axes >> axis) & 1
        if not reduced:
            kept -= 1
            out_stride = word(out_strides, kept)
        if length == 0:
            return -1
        if length == 1:
            continue
        # Insertion sort; a broadcast dimension counts as the farthest, so that it never becomes the inner one.
        place = count
        while place > 0:
            before = abs(word(dims, 4 * place - 3))
            if stride == 0 or (before != 0 and before <= abs(stride)):
                break
            for k in range(4):
                set_word(dims, 4 * place + k, word(dims, 4 * place - 4 + k))
            place -= 1
        set_word(dims, 4 * place, length)
        set_word(dims, 4 * place + 1, stride)
        set_word(dims, 4 * place + 2, out_stride)
        set_word(dims, 4 * place + 3, reduced)
        count += 1
    return _merged(dims, count)


@jitable
def _merged(dims: int, count: int) -> int:
    """Merge neighbours of one kind that lie in one piece; return how many dimensions are left."""
    last = 0
    for k in range(1, count):
        length, stride = word(dims, 4 * last), word(dims, 4 * last + 1)
        together = word(dims, 4 * k + 3) == word(dims, 4 * last + 3) and word(dims, 4 * k + 1) == length * stride
        if together and word(dims, 4 * k + 2) == length * word(dims, 4 * last + 2):
            set_word(dims, 4 * last, length * word(dims, 4 * k))
        else:
            last += 1
            for j in range(4):
                set_word(dims, 4 * last + j, word(dims, 4 * k + j))
    return min(count, last + 1)


@jitable
def _taken(dims: int, count: int, reduced: int) -> int:
    """Index of the first dimension of a kind that is left, marked as taken; -1 if there is none."""
    for k in range(count):
        if word(dims, 4 * k + 3) == reduced:
            set_word(dims, 4 * k + 3, reduced + 2)
            return k
    return -1


def _walk(
    fold: int, x_object: Any, out_object: Any, axes: int, going: int, block: int, itemsize: int, tree: int
) -> int:
    """Fold ``x`` over the axes of the bit set ``axes`` into ``out``, whose dimensions are the kept axes in order."""
    x, out = address_of(x_object), address_of(out_object)
    if not int32_at(x + FLAGS) & ALIGNED:
        return UNALIGNED
    dims, args, steps = words(256), words(2), words(8)
    count = _gathered(x, out, axes, dims)
    if count < 0:
        return EMPTY
    inner = -1
    reduced = -1
    if count > 0 and word(dims, 3) == 0:
        inner = _taken(dims, count, 0)
        if word(dims, 2) != itemsize:
            return SCATTERED
    reduced = _taken(dims, count, 1)
    outer = _taken(dims, count, 0)
    set_word(steps, 0, word(dims, 4 * outer) if outer >= 0 else 1)
    set_word(steps, 1, word(dims, 4 * reduced) if reduced >= 0 else 1)
    set_word(steps, 2, word(dims, 4 * inner) if inner >= 0 else 1)
    set_word(steps, 3, word(dims, 4 * outer + 1) if outer >= 0 else 0)
    set_word(steps, 4, word(dims, 4 * reduced + 1) if reduced >= 0 else 0)
    set_word(steps, 5, word(dims, 4 * inner + 1) if inner >= 0 else 0)
    set_word(steps, 6, word(dims, 4 * outer + 2) if outer >= 0 else 0)
    set_word(steps, 7, block)
    # What is left, each with a counter in the place of its taken mark's neighbour below.
    counters = words(64)
    left = 0
    for k in range(count):
        if word(dims, 4 * k + 3) < 2:
            if tree and word(dims, 4 * k + 3) == 1:
                return SPLIT
            for j in range(4):
                set_word(dims, 4 * left + j, word(dims, 4 * k + j))
            set_word(counters, left, 0)
            left += 1
    at, place = word(x + DATA, 0), word(out + DATA, 0)
    again = 0  # how many reduced counters are above zero: then the output holds a value already
    while True:
        set_word(args, 0, at)
        set_word(args, 1, place)
        call_loop(fold, args, 1 if going or again > 0 else 0, steps)
        k = 0
        while k < left:
            index = word(counters, k)
            is_reduced = word(dims, 4 * k + 3)
            if index + 1 < word(dims, 4 * k):
                at += word(dims, 4 * k + 1)
                place += word(dims, 4 * k + 2)
                set_word(counters, k, index + 1)
                if index == 0:
                    again += is_reduced
                break
            at -= index * word(dims, 4 * k + 1)
            place -= index * word(dims, 4 * k + 2)
            set_word(counters, k, 0)
            again -= is_reduced
            k += 1
        if k == left:
            return DONE


@cache
def walk() -> Callable[..., int]:
    """The compiled walk: (fold, input, output, axes as bits, going, block, output's item size, tree) → an answer."""
    whole = types.int64
    signature = whole(whole, array_object, array_object, whole, whole, whole, whole, whole)
    return compiled_entry(_walk, signature, "reduction-walk")
