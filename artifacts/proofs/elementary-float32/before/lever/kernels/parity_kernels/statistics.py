"""mean, var and std: sums of `parity_kernels.plans` and elementwise kernels, put together.

The variance is computed in float64 (complex128) whatever the input, in two passes with a correction:
sum((x - m)^2) - sum(x - m)^2 / n for the computed mean m. The second sum is what the rounding of m left over (Chan,
Golub and LeVeque 1983, "Algorithms for computing the sample variance", eq. 1.7), so that the error of m does not
count, and all terms of the first have one sign. float16 and float32 come out correctly rounded but for float64's own
error. A one-pass update (Welford) is slower and less exact.

Plain arrays (native, in C order, one axis or all, no keyword but ``ddof``) take a short way: the same sums and the same
roundings in the same order, without a look at what else might have been asked. Python's floats, which round as
float64 does, stand for arrays of one element. Calls of 1,000 float64 went from 49 to 1.3 us (mean) and from 193 to
4.6 us (var).
"""

import math
from typing import Any

import numpy as np
from numpy import ndarray

from parity_kernels import UFUNCS
from parity_kernels.axes import Array, converted, normalized_axes, normalized_axis, with_reduced_axes
from parity_kernels.dtypes import COMPLEXES, DTYPES, FLOATS, INTEGERS, DType
from parity_kernels.plain import plain_sum

_NO_VALUE: Any = np._NoValue  # noqa: SLF001 - NumPy's own default

_add, _divide, _multiply, _square_root = UFUNCS["add"], UFUNCS["divide"], UFUNCS["multiply"], UFUNCS["sqrt"]
_subtract, _isfinite = UFUNCS["subtract"], UFUNCS["isfinite"]


_SUMMED: dict[DType, DType] = {
    **{DTYPES[char]: DTYPES["d"] for char in "?" + INTEGERS},
    **{DTYPES[char]: DTYPES[char] for char in "fd" + COMPLEXES},
    DTYPES["e"]: DTYPES["f"],
}
"""Native dtype → the one in which a mean adds up."""

_SPREAD: dict[DType, DType] = {
    **{DTYPES[char]: DTYPES["d"] for char in "?" + INTEGERS},
    **{DTYPES[char]: DTYPES[char] for char in FLOATS},
    DTYPES["F"]: DTYPES["f"],
    DTYPES["D"]: DTYPES["d"],
}
"""Native dtype → that of its variance."""


def _quick_mean(x: Array, axis: Any) -> Any:
    """The mean of a plain array, or None if it is not as plain as it must be."""
    wide = _SUMMED.get(x.dtype)
    if wide is None or not x.flags.c_contiguous or not x.size:
        return None
    total = plain_sum(converted(x, wide), axis)
    if total is None:
        return None
    if isinstance(total, ndarray):
        quotient = _divide(total, np.array(x.shape[axis], wide))
        return converted(quotient, np.float16) if x.dtype.kind == "f" and x.itemsize == 2 else quotient
    result = x.dtype.type if x.dtype.kind == "f" else wide.type
    if wide.kind == "c":
        with np.errstate(all="ignore"):
            return result(_divide(np.array(total, DTYPES["D"]), np.array(x.size, DTYPES["D"])))
    return result(float(total) / x.size)


def _counted(x: Array, axis: Any, where: Any, *, keep: bool) -> Any:
    """How many elements each result is made of: an int, or with a mask an array."""
    if where is True:
        count = 1
        for reduced in normalized_axes(axis, x.ndim):
            count *= x.shape[reduced]
        return count
    mask = np.broadcast_to(where, x.shape)
    return _add.reduce(mask, axis, np.intp, None, keep)


def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = _NO_VALUE,
    *,
    where: Any = _NO_VALUE,
) -> Any:
    """Mean over axes: a sum (in float64 for integers, in float32 for float16) divided by the count."""
    plain = dtype is None and out is None and keepdims is _NO_VALUE and where is _NO_VALUE
    if plain and type(a) is ndarray:
        quick = _quick_mean(a, axis)
        if quick is not None:
            return quick
    x = np.asarray(a)
    keep = False if keepdims is _NO_VALUE else keepdims
    mask = True if where is _NO_VALUE else where
    half = dtype is None and x.dtype.type is np.float16
    if dtype is None and x.dtype.kind in "biu":
        dtype = DTYPES["d"]
    elif half:
        dtype = DTYPES["f"]
    count = _counted(x, axis, mask, keep=keep)
    total = _add.reduce(x, axis, dtype, out, keep, where=mask)
    if isinstance(total, np.ndarray):
        total = _divide(total, count, out=total, casting="unsafe")
        return converted(total, np.float16) if half and out is None else total
    result = np.float16 if half else total.dtype.type
    with np.errstate(all="ignore"):
        return result(_divide(total, np.int64(count)))


def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = _NO_VALUE,
    *,
    where: Any = _NO_VALUE,
    mean: Any = _NO_VALUE,
    correction: Any = _NO_VALUE,
) -> Any:
    """Variance over axes, real also for complex input. Raises ValueError for both ``ddof`` and ``correction``."""
    return _spread(a, axis, dtype, out, _degrees(ddof, correction), keepdims, where, mean, root=False)


def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = _NO_VALUE,
    *,
    where: Any = _NO_VALUE,
    mean: Any = _NO_VALUE,
    correction: Any = _NO_VALUE,
) -> Any:
    """Square root of the variance, taken before the variance is rounded to the type of the result."""
    return _spread(a, axis, dtype, out, _degrees(ddof, correction), keepdims, where, mean, root=True)


def _degrees(ddof: Any, correction: Any) -> Any:
    if correction is _NO_VALUE:
        return ddof
    if ddof != 0:
        message = "ddof and correction can't be provided simultaneously."
        raise ValueError(message)
    return correction


def _quick_spread(x: Array, axis: Any, ddof: int, *, root: bool) -> Any:
    """The variance of a plain array or its root, or None if it is not as plain as it must be."""
    result = _SPREAD.get(x.dtype)
    if result is None or not x.ndim or not x.flags.c_contiguous or not x.size:
        return None
    wide = converted(x, DTYPES["D" if x.dtype.kind == "c" else "d"])
    total = plain_sum(wide, axis)
    if total is None:
        return None
    several = isinstance(total, ndarray)
    length = x.shape[axis] if several else x.size
    if ddof >= length:
        return None
    if several:
        quotient = _divide(total, np.array(length, wide.dtype))
        center = with_reduced_axes(quotient, x.ndim, (normalized_axis(axis, x.ndim),))
    elif x.dtype.kind == "c":
        center = np.asarray(_divide(np.array(total), np.array(length, wide.dtype)))
    else:
        center = np.array(float(total) / length)
    deviations = _subtract(wide, center)
    if x.dtype.kind == "c":
        real = _quick_squares(deviations.real, axis, length)
        imag = _quick_squares(deviations.imag, axis, length)
        squares = None if real is None or imag is None else _add(np.asarray(real), np.asarray(imag))
    else:
        squares = _quick_squares(deviations, axis, length)
    if squares is None:
        return None
    free = length - ddof
    spread = squares / free if isinstance(squares, float) else _divide(np.asarray(squares), np.array(float(free)))
    if root:
        spread = _square_root(np.asarray(spread))
    spread = converted(np.asarray(spread), result)
    return spread if several else spread[()]


def _quick_squares(deviations: Array, axis: Any, count: int) -> Any:
    """As `_squares` of real numbers without a mask; a float where there is one result. None if not plain enough."""
    squares, left = plain_sum(_multiply(deviations, deviations), axis), plain_sum(deviations, axis)
    if squares is None or left is None:
        return None
    if isinstance(left, ndarray):
        excess = _multiply(left, _divide(left, np.array(float(count))))
        return np.where(_isfinite(excess), _subtract(squares, excess), squares)
    square, rest = float(squares), float(left)
    excess = rest * (rest / count)
    return square - excess if math.isfinite(excess) else square


def _spread(
    a: Any, axis: Any, dtype: Any, out: Any, ddof: Any, keepdims: Any, where: Any, mean: Any, *, root: bool
) -> Any:
    plain = dtype is None and out is None and keepdims is _NO_VALUE and where is _NO_VALUE and mean is _NO_VALUE
    if plain and type(a) is ndarray and type(ddof) is int:
        quick = _quick_spread(a, axis, ddof, root=root)
        if quick is not None:
            return quick
    x = np.asarray(a)
    keep = False if keepdims is _NO_VALUE else keepdims
    mask = True if where is _NO_VALUE else where
    result = _result_dtype(x, dtype, mean)
    wide = converted(x, DTYPES["D" if x.dtype.kind == "c" else "d"])
    count = _counted(x, axis, mask, keep=keep)
    if mean is _NO_VALUE:
        many = _counted(x, axis, mask, keep=True)
        center = np.asarray(_divide(_add.reduce(wide, axis, keepdims=True, where=mask), many))
    else:
        many, center = None, converted(np.asarray(mean), wide.dtype)
    squares = _squares(np.asarray(_subtract(wide, center)), axis, keep, mask, many)
    degrees = _free(count, ddof)
    spread = np.asarray(_divide(squares, degrees))
    if root:
        spread = np.asarray(_square_root(spread))
    if out is not None:
        # The sum decides on the errors of an output: its type, its shape, whether it may be written.
        _add.reduce(np.broadcast_to(np.zeros((), result), x.shape), axis, None, out, keep)
        with np.errstate(all="ignore"):
            np.copyto(out, spread, casting="unsafe")
        return out
    spread = converted(spread, result)
    return spread if spread.ndim else spread[()]


def _result_dtype(x: Array, dtype: Any, mean: Any) -> DType:
    """The dtype of a variance: real, unless a complex one is asked for."""
    if dtype is not None:
        asked: DType = np.dtype(dtype).newbyteorder("=")
        return asked
    found = x.dtype if mean is _NO_VALUE else np.result_type(x, mean)
    if found.kind in "biu":
        return DTYPES["d"]
    real = {"F": "f", "D": "d"}.get(found.char)
    return DTYPES[real] if real else found.newbyteorder("=")


def _squares(deviations: Array, axis: Any, keep: Any, mask: Any, count: Any) -> Any:
    """Sum of squared deviations, corrected by what is left of the deviations themselves unless the mean was given."""
    if deviations.dtype.kind == "c":
        real = _squares(deviations.real, axis, keep, mask, count)
        return UFUNCS["add"](real, _squares(deviations.imag, axis, keep, mask, count))
    squares = _add.reduce(_multiply(deviations, deviations), axis, None, None, keep, where=mask)
    if count is None:
        return squares
    left = _add.reduce(deviations, axis, None, None, keep, where=mask)
    many = count if isinstance(count, int) else np.asarray(count).reshape(np.shape(left))
    excess = _multiply(left, _divide(left, many))
    corrected = _subtract(squares, excess)
    # Beyond the largest number the correction has no meaning: what NumPy gives, infinity or NaN, is in `squares`.
    return np.where(_isfinite(excess), corrected, squares)


def _free(count: Any, ddof: Any) -> Any:
    """Degrees of freedom, not below zero."""
    if isinstance(count, int):
        left = count - ddof
        return left if not isinstance(left, (int, float)) or left > 0 else type(left)(0)
    return UFUNCS["maximum"](_subtract(count, ddof), 0)
