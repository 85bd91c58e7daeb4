"""Reductions, cumulative operations, and the methods that fold: axes, identities, order of summation, ties."""

from typing import Any

import numpy as np

from .breaking import Broken, Kernel, Mutant, after, instead, keyword, of, on_error, raising, without

INTEGERS = "bBhHiIlL"
SMALL = "bBhHiI"


def _axes(a: Any, keywords: dict[str, Any]) -> tuple[int, ...]:
    axis = keywords.get("axis")
    listed = range(np.ndim(a)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(number % max(np.ndim(a), 1) for number in listed)


def _reduced_length(a: Any, keywords: dict[str, Any]) -> int:
    return int(np.prod([np.shape(a)[axis] for axis in _axes(a, keywords)], dtype=int)) if np.ndim(a) else 1


def _first_of_tuple(axis: Any) -> Any:
    return axis[0] if isinstance(axis, tuple) and axis else axis


def _one_further(axis: Any) -> Any:
    return axis - 1 if type(axis) is int and axis < 0 else axis


def _negative_as_first(axis: Any) -> Any:
    return 0 if type(axis) is int and axis < 0 else axis


def _without_last_block(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    """Of one long axis, what is past the last whole block of 128."""
    if np.ndim(a) == 1 and a.size > 128 and "where" not in keywords and "out" not in keywords:
        return kernel(a[: a.size // 128 * 128], **keywords)
    return kernel(a, **keywords)


def _without_last_row(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    if np.ndim(a) == 2 and len(a) > 4 and keywords.get("axis") == 0 and "where" not in keywords:
        return kernel(a[:-1], **keywords)
    return kernel(a, **keywords)


def _in_sequence(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    """One addition after another, each rounded to the element's type."""
    if np.ndim(a) == 1 and a.dtype.char in "efdFD" and a.size and not keywords.keys() - {"axis"}:
        return np.cumsum(a)[-1]
    return kernel(a, **keywords)


def _one_pass(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    """Mean of squares less the square of the mean, which cancel."""
    if getattr(a, "dtype", np.dtype("?")).char in "fd" and not keywords.keys() - {"axis", "keepdims"}:
        return np.maximum(
            np.mean(np.square(a), **keywords) - np.square(np.mean(a, **keywords)), a.dtype.type(0)
        ).astype(a.dtype)[()]  # fmt: skip
    return kernel(a, **keywords)


def _mean_in_half(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    if np.ndim(a) == 1 and a.dtype.char == "e" and a.size and not keywords.keys() - {"axis"}:
        with np.errstate(all="ignore"):
            return np.float16(np.cumsum(a)[-1] / np.float16(a.size))
    return kernel(a, **keywords)


def _initial_twice(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    if "initial" not in keywords or "out" in keywords:
        return kernel(a, **keywords)
    result = kernel(a, **keywords)
    return np.add(result, keywords["initial"], dtype=result.dtype)


def _of_nothing(value: Any) -> Broken:
    """A reduction over no element gives something else than its identity."""

    def call(kernel: Kernel, a: Any, **keywords: Any) -> Any:
        result = kernel(a, **keywords)
        if np.size(a) == 0 and np.size(result) and "initial" not in keywords:
            fresh = np.array(result)
            fresh[...] = value
            return fresh if isinstance(result, np.ndarray) else fresh[()]
        return result

    return call


def _kept_at_the_end(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    """The axes of length 1 are put last."""
    if not keywords.get("keepdims") or "out" in keywords:
        return kernel(a, **keywords)
    result = kernel(a, **keywords | {"keepdims": False})
    return np.reshape(result, np.shape(result) + (1,) * len(_axes(a, keywords)))


def _last_tie(find: Any) -> Broken:
    def call(kernel: Kernel, a: Any, **keywords: Any) -> Any:
        axis = keywords.get("axis")
        if "out" in keywords or np.size(a) == 0 or np.ndim(a) == 0 or (axis is None and keywords.get("keepdims")):
            return kernel(a, **keywords)
        kernel(a, **keywords)  # may refuse
        flat = np.ravel(a) if axis is None else a
        length = flat.shape[0 if axis is None else axis]
        found = find(np.flip(flat, 0 if axis is None else axis), **keywords)
        return np.subtract(length - 1, found)

    return call


def _nan_as_least(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    if getattr(a, "dtype", np.dtype("?")).kind == "f":
        return kernel(np.where(np.isnan(a), -np.inf, a).astype(a.dtype), **keywords)
    return kernel(a, **keywords)


def _in_fortran_order(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    return kernel(np.ravel(a, "F") if keywords.get("axis") is None and np.ndim(a) > 1 else a, **keywords)


def _own_dtype(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    chosen = {"dtype": a.dtype} if getattr(a, "dtype", np.dtype("d")).char in SMALL and "out" not in keywords else {}
    return kernel(a, **chosen | keywords)


def _starting_late(result: np.ndarray, *_inputs: Any) -> None:
    if result.ndim == 1 and result.size > 1:
        result[1:] = result[:-1].copy()


def _restarting(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    """Each block of 128 begins anew."""
    result = kernel(a, **keywords)
    if isinstance(result, np.ndarray) and result.ndim == 1 and result.size > 128 and "out" not in keywords:
        result[128:] = kernel(a[128:], **keywords)
    return result


def _as_int32(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    result = kernel(a, **keywords)
    return result if "out" in keywords else result.astype(np.int32)


def _python_number(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    result = kernel(a, **keywords)
    return result.item() if isinstance(result, np.generic) else result


def _zero_d(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    result = kernel(a, **keywords)
    return np.asarray(result) if isinstance(result, np.generic) else result


def _divided_by_all(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    """The elements that where= leaves out still count in the divisor."""
    if "where" not in keywords or "out" in keywords or a.dtype.char not in "fd":
        return kernel(a, **keywords)
    length = _reduced_length(a, keywords)
    with np.errstate(all="ignore"):
        return np.divide(np.sum(a, **keywords), a.dtype.type(max(length, 1)))


def _zero_result(*_inputs: Any, **_keywords: Any) -> Any:
    return np.float64(0.0)


def _unrepeated_axis(kernel: Kernel, a: Any, **keywords: Any) -> Any:
    axis = keywords.get("axis")
    if isinstance(axis, tuple):
        ndim = max(np.ndim(a), 1)
        keywords["axis"] = tuple(dict.fromkeys(number % ndim if -ndim <= number < ndim else number for number in axis))
    return kernel(a, **keywords)


MUTANTS = (
    Mutant("sum", "leaves out what is past the last block of 128", "value", _without_last_block),
    Mutant("sum", "leaves out the last row over axis 0", "value", _without_last_row),
    Mutant("sum", "adds float32 in sequence", "value", of("f", _in_sequence)),
    Mutant("sum", "adds float16 in float16", "value", of("e", _in_sequence)),
    Mutant("mean", "of float16 is computed in float16", "value", of("e", _mean_in_half)),
    Mutant("mean", "divides by what where= left out, too", "value", _divided_by_all),
    Mutant("mean", "of nothing is zero", "nan", _of_nothing(0)),
    Mutant("mean", "of integers is float32", "dtype", of(
        INTEGERS, lambda kernel, a, **keywords: kernel(a, **{"dtype": np.float32} | keywords)
    )),
    Mutant("var", "divides by n - 1", "value", lambda kernel, a, **keywords: kernel(a, **{"ddof": 1} | keywords)),
    Mutant("var", "ignores ddof", "value", without("ddof")),
    Mutant("var", "is computed in one pass", "value", _one_pass),
    Mutant("std", "is not rooted", "value", instead(np.var)),
    Mutant("std", "is computed in one pass", "value", lambda kernel, a, **keywords: np.sqrt(
        _one_pass(np.var, a, **keywords), **{name: value for name, value in keywords.items() if name == "out"}
    )),
    Mutant("sum", "has the dtype of its input", "dtype", _own_dtype),
    Mutant("cumsum", "has the dtype of its input", "dtype", _own_dtype),
    Mutant("prod", "ignores dtype=", "dtype", without("dtype")),
    Mutant("argmin", "is int32", "dtype", _as_int32),
    Mutant("sum", "is a Python number", "kind", _python_number),
    Mutant("any", "is a Python number", "kind", _python_number),
    Mutant("max", "is a 0-d array", "kind", _zero_d),
    Mutant("sum", "puts the axes that it keeps last", "shape", _kept_at_the_end),
    Mutant("argmax", "ignores keepdims", "shape", without("keepdims")),
    Mutant("max", "takes the first axis of a tuple alone", "shape", keyword("axis", _first_of_tuple)),
    Mutant("all", "takes the first axis of a tuple alone", "shape", keyword("axis", _first_of_tuple)),
    Mutant("min", "counts negative axes one too far", "shape", keyword("axis", _one_further)),
    Mutant("prod", "takes a negative axis for the first", "shape", keyword("axis", _negative_as_first)),
    Mutant("argmax", "flattens in Fortran order", "value", _in_fortran_order),
    Mutant("cumsum", "flattens in Fortran order", "value", _in_fortran_order),
    Mutant("cumprod", "is late by one element", "value", after(_starting_late)),
    Mutant("cumsum", "begins anew after 128 elements", "value", _restarting),
    Mutant("argmin", "takes the last tie", "value", _last_tie(np.argmin)),
    Mutant("argmax", "ignores NaN", "value", _nan_as_least),
    Mutant("max", "drops NaN", "nan", _nan_as_least),
    Mutant("sum", "of nothing is one", "value", _of_nothing(1)),
    Mutant("prod", "of nothing is zero", "value", _of_nothing(0)),
    Mutant("any", "of nothing is true", "value", _of_nothing(True)),
    Mutant("all", "of nothing is false", "value", _of_nothing(False)),
    Mutant("logical_and.reduce", "of nothing is false", "value", _of_nothing(False)),
    Mutant("multiply.reduce", "of nothing is zero", "value", _of_nothing(0)),
    Mutant("bitwise_and.reduce", "of nothing is zero", "value", _of_nothing(0)),
    Mutant("sum", "ignores initial", "value", without("initial")),
    Mutant("sum", "adds initial twice", "value", _initial_twice),
    Mutant("max", "ignores initial", "value", without("initial")),
    Mutant("sum", "takes where= for its opposite", "value", keyword("where", np.logical_not)),
    Mutant("any", "ignores where=", "value", without("where")),
    Mutant("max", "of nothing is zero", "outcome", on_error(ValueError, _zero_result)),
    Mutant("argmin", "of nothing is an IndexError", "exception", on_error(ValueError, raising(IndexError))),
    Mutant("sum", "has ValueError for an axis that is not there", "exception", on_error(
        np.exceptions.AxisError, raising(ValueError)
    )),
    Mutant("max", "accepts an axis twice", "outcome", _unrepeated_axis),
    Mutant("maximum.reduce", "of nothing is zero", "outcome", on_error(ValueError, _zero_result)),
    Mutant("add.reduce", "ignores keepdims", "shape", without("keepdims")),
    Mutant("add.reduce", "takes all axes", "shape", keyword("axis", lambda _axis: None)),
    Mutant("logical_or.reduce", "ignores initial", "value", without("initial")),
    Mutant("add.accumulate", "ignores its axis", "value", without("axis")),
    Mutant("multiply.accumulate", "is late by one element", "value", after(_starting_late)),
    Mutant("subtract.reduce", "folds from the right", "value", lambda kernel, a, **keywords: kernel(
        np.flip(a, keywords.get("axis", 0)) if type(keywords.get("axis", 0)) is int and np.ndim(a) else a, **keywords
    )),
)  # fmt: skip
