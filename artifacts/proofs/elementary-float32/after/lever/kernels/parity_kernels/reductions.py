"""NumPy's reductions by name, signature and semantics; and what the ufunc methods reduce and accumulate do.

A plain call takes the short way of `parity_kernels.plain`, or of `cumulative`. Everything else, and every error, is
worked out in `reduce` and `accumulate`.
"""

import operator
from types import GeneratorType
from typing import Any

import numpy as np
from numpy import ndarray

from parity_kernels import UFUNCS, cumulative
from parity_kernels.arg_extrema import ARG_FOLDS, arg_address, argmax, argmin
from parity_kernels.axes import Array, normalized_axes, normalized_axis, walk, with_reduced_axes
from parity_kernels.casting import resolve
from parity_kernels.chains import CHAINS, RUNNING, chain, running
from parity_kernels.cumulative import accumulated, accumulated_quickly, chain_reduced
from parity_kernels.dtypes import DTYPES, character
from parity_kernels.folds import FOLDS, fold_address
from parity_kernels.plain import QUICK, quickly, remember
from parity_kernels.plans import IDENTITIES, REORDERABLE, plan_for, reduced
from parity_kernels.statistics import mean, std, var

__all__ = [
    "accumulate", "all", "amax", "amin", "any", "argmax", "argmin", "compile_kernel", "cumprod", "cumsum",
    "kernel_names", "max", "mean", "min", "prod", "reduce", "std", "sum", "var",
]  # fmt: skip

_NO_VALUE: Any = np._NoValue  # noqa: SLF001 - NumPy's own default

_QUICK_SUM, _QUICK_MAX, _QUICK_MIN = QUICK["add"], QUICK["maximum"], QUICK["minimum"]


def sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = _NO_VALUE,
    initial: Any = _NO_VALUE,
    where: Any = _NO_VALUE,
) -> Any:
    """Sum over axes. Integers wrap around in 64 bits; floats add up pairwise (`parity_kernels.folds` has the depth)."""
    plain = dtype is None and out is None and keepdims is _NO_VALUE and initial is _NO_VALUE and where is _NO_VALUE
    if plain and type(a) is ndarray:
        quick = _QUICK_SUM.get(a.dtype)
        if quick is not None:
            result = quickly(quick, a, axis)
            if result is not None:
                return result
    if isinstance(a, GeneratorType):
        message = (
            "Calling np.sum(generator) is deprecated."
            "Use np.sum(np.fromiter(generator)) or the python sum builtin instead."
        )
        raise TypeError(message)
    return _named("add", a, axis, dtype, out, keepdims, initial, where)


def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = _NO_VALUE,
    initial: Any = _NO_VALUE,
    where: Any = _NO_VALUE,
) -> Any:
    """Product over axes, from left to right in memory order."""
    return _named("multiply", a, axis, dtype, out, keepdims, initial, where)


def max(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = _NO_VALUE,
    initial: Any = _NO_VALUE,
    where: Any = _NO_VALUE,
) -> Any:
    """Maximum over axes; NaN if there is one."""
    plain = out is None and keepdims is _NO_VALUE and initial is _NO_VALUE and where is _NO_VALUE
    if plain and type(a) is ndarray:
        quick = _QUICK_MAX.get(a.dtype)
        if quick is not None:
            result = quickly(quick, a, axis)
            if result is not None:
                return result
    return _named("maximum", a, axis, None, out, keepdims, initial, where)


def min(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = _NO_VALUE,
    initial: Any = _NO_VALUE,
    where: Any = _NO_VALUE,
) -> Any:
    """Minimum over axes; NaN if there is one."""
    plain = out is None and keepdims is _NO_VALUE and initial is _NO_VALUE and where is _NO_VALUE
    if plain and type(a) is ndarray:
        quick = _QUICK_MIN.get(a.dtype)
        if quick is not None:
            result = quickly(quick, a, axis)
            if result is not None:
                return result
    return _named("minimum", a, axis, None, out, keepdims, initial, where)


amax, amin = max, min


def any(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _NO_VALUE, *, where: Any = _NO_VALUE) -> Any:
    """Whether any element is true; NaN is."""
    return _named("logical_or", a, axis, np.bool_, out, keepdims, _NO_VALUE, where)


def all(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _NO_VALUE, *, where: Any = _NO_VALUE) -> Any:
    """Whether all elements are true; NaN is."""
    return _named("logical_and", a, axis, np.bool_, out, keepdims, _NO_VALUE, where)


def _named(ufunc: str, a: Any, axis: Any, dtype: Any, out: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    if out is Ellipsis:
        message = "out=... is only allowed as a keyword argument."
        raise TypeError(message)
    keepdims = False if keepdims is _NO_VALUE else keepdims
    return reduce(UFUNCS[ufunc], a, axis, dtype, out, keepdims, initial, True if where is _NO_VALUE else where)


def reduce(ufunc: Any, array: Any, axis: Any, dtype: Any, out: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    """``ufunc.reduce``: identities, masks, promotion and errors as NumPy has them."""
    _check_binary(ufunc, "reduce")
    x = np.asarray(array)
    axes = normalized_axes(axis, x.ndim)
    keep = bool(operator.index(keepdims))
    target, loop = _loop(ufunc, x, dtype, out, "reduce")
    name = ufunc.__name__
    given, masked = initial is not _NO_VALUE and initial is not None, where is not True
    if len(axes) > 1 and name not in REORDERABLE:
        message = f"reduction operation '{name}' is not reorderable, so at most one axis may be specified"
        raise ValueError(message)
    if masked and not given and name not in IDENTITIES:
        message = (
            f"reduction operation '{name}' does not have an identity, so to use a where mask one has to specify "
            "'initial'"
        )
        raise ValueError(message)
    shape = tuple(1 if k in axes else length for k, length in enumerate(x.shape))
    if not keep:
        shape = tuple(length for k, length in enumerate(x.shape) if k not in axes)
    _check_output(name, target, shape, keep=keep)
    mask = _mask(where, x.shape) if masked else None
    start = _start(name, loop[-1], initial, given=given)
    if start is None and 0 in [x.shape[k] for k in axes]:
        message = f"zero-size array to reduction operation {name} which has no identity"
        raise ValueError(message)
    plan = plan_for(name, loop[0], character(x.dtype) or loop[1])
    if plan is None:
        result = chain_reduced(ufunc, loop, x, axes, start, mask)
    else:
        if dtype is None and out is None:
            remember(name, plan, x.dtype)
        # A maximum goes on from its first element; a sum from its identity only if NumPy was told another one.
        result = reduced(plan, x, axes, start if given or mask is not None or not x.size else None, mask)
    return _delivered(result, x.ndim, axes, target, keep=keep)


def _check_binary(ufunc: Any, method: str) -> None:
    if ufunc.nin != 2:
        message = f"{method} only supported for binary functions"
        raise ValueError(message)
    if ufunc.nout != 1:
        message = f"{method} only supported for functions returning a single value"
        raise ValueError(message)


def _loop(ufunc: Any, x: Array, dtype: Any, out: Any, method: str) -> tuple[Array | None, str]:
    """The given output, and the loop ("ddd") in which the reduction works."""
    if out is not None and not isinstance(out, np.ndarray):
        message = "return arrays must be of ArrayType"
        raise TypeError(message)
    target: Array | None = out
    fixed = None if dtype is None else np.dtype(dtype)
    if fixed is not None and not fixed.isnative:
        message = (
            "The `dtype` and `signature` arguments to ufuncs only select the general DType and not details such as "
            "the byte order or time unit."
        )
        raise TypeError(message)
    name = ufunc.__name__
    if fixed is None and target is None and name in ("add", "multiply") and x.dtype.kind in "biu":
        fixed = DTYPES["L" if x.dtype.kind == "u" else "l"]
    if fixed is None and name.startswith("logical"):
        fixed = DTYPES["?"]
    first = x.dtype if target is None else target.dtype
    found = resolve(ufunc, ufunc.row, [first, x.dtype], [fixed, None, fixed]).replace("->", "")
    if name.startswith("logical") and character(x.dtype) is None:
        resolve(ufunc, ufunc.row, [x.dtype, x.dtype], [None] * 3)  # raises
    if found[0] != found[2] or (method == "accumulate" and found[0] != found[1]):
        listed = ", ".join(repr(DTYPES[char]) for char in found)
        message = f"the resolved dtypes are not compatible with {name}.{method}. Resolved ({listed})"
        raise TypeError(message)
    return target, found


def _check_output(name: str, out: Array | None, shape: tuple[int, ...], *, keep: bool) -> None:
    if out is None:
        return
    if out.ndim != len(shape):
        message = (
            f"output parameter for reduction operation {name} has the wrong number of dimensions: "
            f"Found {out.ndim} but expected {len(shape)}{' (must match the operand when keepdims=True)' * keep}"
        )
        raise ValueError(message)
    if out.shape != shape:
        message = f"operands could not be broadcast together with remapped shapes {out.shape} {shape}"
        raise ValueError(message)
    if not out.flags.writeable:
        message = "output array is read-only"
        raise ValueError(message)


def _mask(where: Any, shape: tuple[int, ...]) -> Array:
    """The mask for all elements; it may not be larger than the input."""
    mask = where if isinstance(where, (np.ndarray, np.generic)) else np.asarray(where, np.bool_)
    if mask.dtype != np.bool_:
        message = f"Cannot cast array data from {mask.dtype!r} to dtype('bool') according to the rule 'safe'"
        raise TypeError(message)
    return np.broadcast_to(mask, shape)


def _start(name: str, loop: str, initial: Any, *, given: bool) -> Any:
    """What a reduction starts with, in the loop's type: the initial value, the identity, or None."""
    if not given and (initial is None or name not in IDENTITIES):
        return None
    start = np.empty((), DTYPES[loop])
    value = initial if given else IDENTITIES[name]
    if not given and loop == "?":
        value = bool(value)
    elif not given and value == -1:
        start[()] = -1 if DTYPES[loop].kind == "i" else np.iinfo(DTYPES[loop]).max
        return start[()]
    start[()] = value
    return start[()]


def _delivered(result: Array, ndim: int, axes: tuple[int, ...], out: Array | None, *, keep: bool) -> Any:
    if keep:
        result = with_reduced_axes(result, ndim, axes)
    if out is None:
        return result[()] if not result.ndim else result
    with np.errstate(all="ignore"):
        np.copyto(out, result, casting="unsafe")
    return out


def accumulate(ufunc: Any, array: Any, axis: Any, dtype: Any, out: Any) -> Any:
    """``ufunc.accumulate``: from left to right, each step rounded to the loop's type."""
    _check_binary(ufunc, "accumulate")
    x = np.asarray(array)
    if isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    if axis is None and x.ndim == 1:
        axis = 0
    if axis is None or isinstance(axis, tuple):
        message = "accumulate does not allow multiple axes"
        raise ValueError(message)
    if not x.ndim:
        message = "cannot accumulate on a scalar"
        raise TypeError(message)
    only = normalized_axis(axis, x.ndim)
    target, loop = _loop(ufunc, x, dtype, out, "accumulate")
    if target is not None and target.shape != x.shape:
        message = f"operands could not be broadcast together with remapped shapes {target.shape} {x.shape}"
        raise ValueError(message)
    if dtype is None and out is None:
        cumulative.remember(ufunc, loop, x.dtype)
    result = accumulated(ufunc, loop, x, only)
    return _delivered(result, x.ndim, (), target, keep=False)


def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Sums of all beginnings along an axis, or of the flattened array; each step is rounded."""
    return _cumulative("add", a, axis, dtype, out)


def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Products of all beginnings along an axis, or of the flattened array; each step is rounded."""
    return _cumulative("multiply", a, axis, dtype, out)


def _cumulative(ufunc: str, a: Any, axis: Any, dtype: Any, out: Any) -> Any:
    if type(a) is ndarray and dtype is None and out is None:
        result = accumulated_quickly(ufunc, a, axis)
        if result is not None:
            return result
    x = np.asarray(a)
    if axis is None:
        x, axis = x.reshape(-1), 0
    else:
        axis = normalized_axis(axis, x.ndim)
        x = x.reshape(1) if not x.ndim else x
    if isinstance(out, np.ndarray) and out.shape != x.shape:
        message = "provided out is the wrong size for the accumulation."
        raise ValueError(message)
    return accumulate(UFUNCS[ufunc], x, axis, dtype, out)


def kernel_names() -> list[str]:
    """Names of everything that reductions compile."""
    return ["walk", *CHAINS, *RUNNING, *FOLDS, *ARG_FOLDS]


def compile_kernel(name: str) -> None:
    """Compile one of `kernel_names`. Raises KeyError for another name."""
    if name == "walk":
        walk()
    elif name in CHAINS:
        chain(name)
    elif name in RUNNING:
        running(name)
    elif name in ARG_FOLDS:
        arg_address(name)
    else:
        fold_address(name)
