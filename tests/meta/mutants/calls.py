"""What a call says beyond its inputs: dtypes and promotion, out, where, casting, methods, and what must be refused."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .breaking import Broken, Kernel, Mutant, given, instead, keyword, of, on_error, plain, raising, where, without

_UFUNC_ERROR = TypeError  # UFuncTypeError and its kin derive from it


def _converted(char: str) -> Broken:
    def call(kernel: Kernel, *inputs: Any) -> Any:
        result = np.asarray(kernel(*inputs)).astype(char)
        return result[()] if result.ndim == 0 else result

    return plain(call)


def _strong_numbers(*inputs: Any) -> list[Any]:
    return [np.asarray(x)[()] if type(x) in (int, float, complex) else x for x in inputs]


def _mixed_uint64(*inputs: Any) -> bool:
    return sorted(getattr(getattr(x, "dtype", None), "char", "") for x in inputs) == ["L", "l"]


def _zero_d(kernel: Kernel, *inputs: Any) -> Any:
    result = kernel(*inputs)
    return np.asarray(result) if isinstance(result, np.generic) else result


def _python_number(kernel: Kernel, *inputs: Any) -> Any:
    result = kernel(*inputs)
    return result.item() if isinstance(result, np.generic) else result


def _one_axis_more(kernel: Kernel, *inputs: Any) -> Any:
    result = kernel(*inputs)
    return result if isinstance(result, np.ndarray) else np.asarray(result).reshape(1)


def _out_of(keywords: dict[str, Any]) -> np.ndarray | None:
    out = keywords.get("out")
    return out[0] if isinstance(out, tuple) else out


def _unwritten(kernel: Kernel, *inputs: Any, **keywords: Any) -> Any:
    out = _out_of(keywords)
    if out is None:
        return kernel(*inputs, **keywords)
    before = out.copy()
    result = kernel(*inputs, **keywords)
    np.copyto(out, before)
    return result


def _unreturned(kernel: Kernel, *inputs: Any, **keywords: Any) -> Any:
    result = kernel(*inputs, **keywords)
    return result.copy() if _out_of(keywords) is not None else result


def _gaps_written(kernel: Kernel, *inputs: Any, **keywords: Any) -> Any:
    """Between the elements of a strided out, what was there becomes zero."""
    result = kernel(*inputs, **keywords)
    out = _out_of(keywords)
    if out is not None and out.ndim == 1 and out.size > 1 and out.strides[0] >= 2 * out.itemsize:
        np.lib.stride_tricks.as_strided(out[:-1], strides=out.strides)  # the same elements, less the last
        gap = np.ndarray((out.size - 1,), out.dtype, _memory(out, out.itemsize), 0, out.strides)
        gap[...] = 0
    return result


class _Memory:
    """Bytes from an element on, writeable."""

    def __init__(self, x: np.ndarray, skip: int, size: int) -> None:
        address = x.__array_interface__["data"][0] + skip
        self.__array_interface__ = {"shape": (size,), "typestr": "|u1", "data": (address, False), "version": 3}
        self.keeps_alive = x


def _memory(x: np.ndarray, skip: int) -> np.ndarray:
    return np.asarray(_Memory(x, skip, (x.size - 1) * x.strides[0]))


def _zero_where_masked(kernel: Kernel, *inputs: Any, **keywords: Any) -> Any:
    result = kernel(*inputs, **keywords)
    if "where" in keywords and isinstance(result, np.ndarray):
        np.copyto(result, 0, where=np.logical_not(keywords["where"]))
    return result


def _first_row_of_mask(mask: Any) -> Any:
    return mask[:1] if isinstance(mask, np.ndarray) and mask.ndim > 1 and len(mask) > 1 else mask


def _wrapped_number(*inputs: Any, **keywords: Any) -> Any:
    """A Python integer that does not fit is cut to the width of the other operand."""
    width = next(x.dtype for x in inputs if hasattr(x, "dtype"))
    bits = 8 * width.itemsize
    cut = [np.array(x % 2**bits, f"u{width.itemsize}").view(width)[()] if type(x) is int else x for x in inputs]
    return np.add(*cut, **keywords)


def _read_only(answer: Callable[..., Any]) -> Callable[..., Any]:
    def written(*inputs: Any, **keywords: Any) -> Any:
        out = _out_of(keywords)
        if out is None or out.flags.writeable:
            raise ValueError("another error")
        return answer(*inputs)

    return written


def _cut_to_the_shorter(*inputs: Any, **_keywords: Any) -> Any:
    size = min(np.size(x) for x in inputs)
    return np.multiply(*(np.ravel(x)[:size] for x in inputs))


def _element_by_element(kernel: Kernel, *inputs: Any, **keywords: Any) -> Any:
    """Operands that overlap the out are read after they were written to."""
    out = _out_of(keywords)
    if out is None or out.ndim != 1 or out.size < 2 or not any(np.may_share_memory(x, out) for x in inputs):
        return kernel(*inputs, **keywords)
    operands = [np.broadcast_to(x, out.shape) for x in inputs]
    for position in range(out.size):
        out[position] = kernel(*(x[position] for x in operands))
    return out


def _inputs_negated(kernel: Kernel, *inputs: Any, **keywords: Any) -> Any:
    """Works in place on its input, and leaves it so."""
    result = kernel(*inputs, **keywords)
    x = inputs[0] if inputs else None
    if isinstance(x, np.ndarray) and x.flags.writeable and _out_of(keywords) is None and x.dtype == result.dtype:
        np.copyto(x, result)
    return result


def _transposed(kernel: Kernel, *inputs: Any, **keywords: Any) -> Any:
    result = kernel(*inputs, **keywords)
    return result if _out_of(keywords) is not None else np.swapaxes(result, 0, -1) if result.ndim > 1 else result


def _as_booleans(*inputs: Any, **keywords: Any) -> Any:
    return np.logical_xor(*inputs, **keywords)


def _through_integers(*inputs: Any, **keywords: Any) -> Any:
    return np.bitwise_and(*(np.asarray(x).astype(np.int64) for x in inputs), **keywords)


MUTANTS = (
    Mutant("add", "of int8 is int16", "dtype", of("b", _converted("h"))),
    Mutant("add", "of booleans is int64", "dtype", of("?", _converted("l"))),
    Mutant("divide", "of float32 is float64", "dtype", of("f", _converted("d"))),
    Mutant("divide", "of int32 is float32", "dtype", of("i", _converted("f"))),
    Mutant("greater", "is uint8", "dtype", _converted("B")),
    Mutant("multiply", "takes Python numbers for strong", "dtype", given(_strong_numbers)),
    Mutant("add", "of uint64 and int64 is int64", "dtype", where(_mixed_uint64, plain(
        lambda kernel, x, y: kernel(x.astype(np.int64), y.astype(np.int64))
    ))),
    Mutant("absolute", "of complex128 is complex128", "dtype", of("D", _converted("D"))),
    Mutant("exp", "of int8 is float64", "dtype", of("b", _converted("d"))),
    Mutant("subtract", "ignores dtype=", "dtype", without("dtype")),
    Mutant("add", "of scalars is a 0-d array", "kind", plain(_zero_d)),
    Mutant("multiply", "of scalars is a Python number", "kind", plain(_python_number)),
    Mutant("negative", "of a scalar has one axis", "shape", plain(_one_axis_more)),
    Mutant("subtract", "does not write its out", "value", _unwritten),
    Mutant("maximum", "returns a copy of its out", "out", _unreturned),
    Mutant("multiply", "writes between the elements of its out", "out", _gaps_written),
    Mutant("add", "writes zeros where it is masked", "out", _zero_where_masked),
    Mutant("sqrt", "ignores where=", "out", without("where")),
    Mutant("equal", "takes where= for its opposite", "out", keyword("where", np.logical_not)),
    Mutant("add", "repeats the first row of its mask", "value", keyword("where", _first_row_of_mask)),
    Mutant("add", "reads operands that it has overwritten", "out", _element_by_element),
    Mutant("square", "works in place on its input", "input", _inputs_negated),
    Mutant("multiply", "cuts shapes that do not broadcast", "outcome", on_error(ValueError, _cut_to_the_shorter)),
    Mutant("subtract", "has IndexError for shapes that do not broadcast", "exception", on_error(
        ValueError, raising(IndexError)
    )),
    Mutant("multiply", "casts whatever it is asked to", "outcome", keyword("casting", lambda _rule: "unsafe")),
    Mutant("add", "casts to any out", "outcome", on_error(
        _UFUNC_ERROR, lambda *inputs, **keywords: np.add(*inputs, **keywords | {"casting": "unsafe"})
    )),
    Mutant("add", "wraps Python integers that do not fit", "outcome", on_error(OverflowError, _wrapped_number)),
    Mutant("negative", "accepts booleans", "outcome", on_error(_UFUNC_ERROR, np.logical_not)),
    Mutant("subtract", "accepts booleans", "outcome", on_error(_UFUNC_ERROR, _as_booleans)),
    Mutant("bitwise_and", "accepts floats", "outcome", on_error(_UFUNC_ERROR, _through_integers)),
    Mutant("floor", "has ValueError for complex numbers", "exception", on_error(_UFUNC_ERROR, raising(ValueError))),
    Mutant("power", "answers for negative integers in the exponent", "outcome", on_error(
        ValueError, lambda x, y: np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)), np.result_type(x, y))[()]
    )),
    Mutant("add", "writes to an out that is read-only", "outcome", on_error(ValueError, _read_only(np.add))),
    Mutant("greater.outer", "is transposed", "shape", _transposed),
    Mutant("multiply.outer", "is transposed", "shape", _transposed),
    Mutant("less.outer", "swaps its operands", "shape", given(lambda x, y: (y, x))),
    Mutant("divmod", "has a tuple of one result", "count", plain(lambda kernel, *inputs: kernel(*inputs)[:1])),
    Mutant("logical_or", "gives its operands", "dtype", plain(lambda _kernel, x, y: np.where(x, x, y))),
    Mutant("fmax", "is not there for float16", "outcome", of("e", instead(raising(NotImplementedError)))),
)  # fmt: skip
