"""mean, var and std: sums of `parity_kernels.plans` and elementwise kernels, put together.

The variance is computed in float64 (complex128) whatever the input, in two passes with a correction:
sum((x - m)^2) - sum(x - m)^2 / n for the computed mean m. The second sum is what the rounding of m left over (Chan,
Golub and LeVeque 1983, "Algorithms for computing the sample variance", eq. 1.7), so that the error of m does not
count, and all terms of the first have one sign. float16 and float32 come out correctly rounded but for float64's own
error. A one-pass update (Welford) is slower and less exact.
"""

from typing import Any

import numpy as np

from parity_kernels import UFUNCS
from parity_kernels.axes import Array, converted, normalized_axes
from parity_kernels.dtypes import DTYPES, DType

_NO_VALUE: Any = np._NoValue  # noqa: SLF001 - NumPy's own default

_add, _divide, _multiply, _square_root = UFUNCS["add"], UFUNCS["divide"], UFUNCS["multiply"], UFUNCS["sqrt"]
_subtract, _isfinite = UFUNCS["subtract"], UFUNCS["isfinite"]


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


def _spread(
    a: Any, axis: Any, dtype: Any, out: Any, ddof: Any, keepdims: Any, where: Any, mean: Any, *, root: bool
) -> Any:
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
