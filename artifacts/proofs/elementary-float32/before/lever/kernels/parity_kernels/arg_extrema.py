"""Where the first maximum or minimum is, along an axis or in a flattened array.

The first of equal values wins, and the first NaN wins over everything (NumPy's argmax and argmin); zeros of both signs
are equal. Rows are those of `parity_kernels.arg_rows`; *columns*, of which many are reduced at once, carry an index
beside each best value.
"""

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy import empty, ndarray

from parity_kernels.arg_rows import (
    BLOCK,
    BLOCK_WORDS,
    complex_row,
    later_greater,
    later_greater_complex,
    later_greater_real,
    later_less,
    later_less_complex,
    later_less_real,
    real_row,
    short_row,
)
from parity_kernels.axes import Array, converted, normalized_axis, walk, with_reduced_axes
from parity_kernels.compiling import compiled_loop, jitable
from parity_kernels.dtypes import DTYPES, DType, character
from parity_kernels.lanes import peek, scratch
from parity_kernels.memory import ITEMSIZE, load, store, word

Scalar = Callable[..., Any]

INDEX = DTYPES["l"]
_NO_VALUE: Any = np._NoValue  # noqa: SLF001 - NumPy's own default


def _fold(char: str, order: str, wins: Scalar) -> Scalar:
    """As the folds of `parity_kernels.folds`, with int64 indices as output; it is never continued.

    In place of the rows in a block stands the integer that no other exceeds.
    """
    size = ITEMSIZE[char]
    tile = BLOCK // size
    short = max(16, 32 // size)  # 100,000 rows of 8 float32: 1.4 ms as short ones, 2.4 ms otherwise
    carried = short_row(char, wins)
    row = complex_row(char, wins) if char in "FD" else real_row(char, order, wins)

    @jitable
    def columns(x: int, n: int, step: int, inner: int, width: int, out: int) -> None:
        values = scratch(BLOCK_WORDS)
        for j in range(width):
            store(values, j, char, load(x + j * inner, 0, char))
            store(out, j, "l", 0)
        for i in range(1, n):
            at = x + i * step
            if inner == size:
                for j in range(width):
                    value, best = load(at, j, char), peek(values, j, char)
                    won = wins(value, best)
                    store(values, j, char, value if won else best)
                    store(out, j, "l", i if won else peek(out, j, "l"))
            else:
                for j in range(width):
                    value = load(at + j * inner, 0, char)
                    if wins(value, peek(values, j, char)):
                        store(values, j, char, value)
                        store(out, j, "l", i)

    def fold(args: int, _going: int, steps: int) -> None:
        x, out = word(args, 0), word(args, 1)
        n, inner = word(steps, 1), word(steps, 2)
        step, x_inner, final = word(steps, 4), word(steps, 5), word(steps, 7)
        for i in range(word(steps, 0)):
            at, place = x + i * word(steps, 3), out + i * word(steps, 6)
            if inner == 1 and n < short:
                store(place, 0, "l", carried(at, n, step))
            elif inner == 1:
                store(place, 0, "l", row(at, n, step, final))
            else:
                for first in range(0, inner, tile):
                    columns(at + first * x_inner, n, step, x_inner, min(tile, inner - first), place + 8 * first)

    return fold


def _wins(char: str, order: str) -> Scalar:
    if char in "FD":
        return later_greater_complex if order == ">" else later_less_complex
    if char in "fd":
        return later_greater_real if order == ">" else later_less_real
    return later_greater if order == ">" else later_less


ARG_FOLDS: dict[str, tuple[str, str]] = {
    f"arg{name}-{char}": (char, order) for name, order in (("max", ">"), ("min", "<")) for char in "bBhHiIlLfdFD"
}
"""Kernel name → (element character, order)."""


@cache
def arg_address(name: str) -> int:
    """Address of a fold, compiled on first use."""
    char, order = ARG_FOLDS[name]
    return compiled_loop(_fold(char, order, _wins(char, order)), f"fold-{name}")


def _last_in_order(name: str, dtype: DType) -> int:
    """The bool or integer of a dtype that no other one exceeds, as int64; 0 for other kinds, which have none."""
    if dtype.kind == "b":
        return int(name == "argmax")
    if dtype.kind not in "iu":
        return 0
    limits = np.iinfo(dtype)
    last = limits.max if name == "argmax" else limits.min
    return int(np.array(last, dtype).astype(np.int64))


Quick = tuple[Any, int, int]
"""The walk, the fold's address, and the integer that no other one exceeds."""

_quick: dict[str, dict[DType, Quick]] = {"argmax": {}, "argmin": {}}
_QUICK_MAX, _QUICK_MIN = _quick["argmax"], _quick["argmin"]


def _quickly(quick: Quick, a: Array, axis: Any) -> Any:
    """The index for a plain array of a native dtype, or None if it is not as plain as it must be."""
    entry, fold, final = quick
    shape = a.shape
    ndim = len(shape)
    if axis is None:
        if ndim > 1 and not a.flags.c_contiguous:
            return None
        result = empty((), INDEX)
        return None if entry(fold, a, result, -1, 0, final, 8, 0) else result[()]
    if type(axis) is not int or not -ndim <= axis < ndim:
        return None
    if axis < 0:
        axis += ndim
    result = empty(shape[:axis] + shape[axis + 1 :], INDEX)
    if entry(fold, a, result, 1 << axis, 0, final, 8, 0):
        return None
    return result if ndim > 1 else result[()]


def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = _NO_VALUE) -> Any:
    """Index of the first maximum along an axis, or in the flattened array; int64.

    Raises ValueError if there are no elements, AxisError and TypeError as NumPy.
    """
    if type(a) is ndarray and out is None and keepdims is _NO_VALUE:
        quick = _QUICK_MAX.get(a.dtype)
        if quick is not None:
            result = _quickly(quick, a, axis)
            if result is not None:
                return result
    return _arg("argmax", a, axis, out, keepdims)


def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = _NO_VALUE) -> Any:
    """Index of the first minimum along an axis, or in the flattened array; int64."""
    if type(a) is ndarray and out is None and keepdims is _NO_VALUE:
        quick = _QUICK_MIN.get(a.dtype)
        if quick is not None:
            result = _quickly(quick, a, axis)
            if result is not None:
                return result
    return _arg("argmin", a, axis, out, keepdims)


def _arg(name: str, a: Any, axis: Any, out: Any, keepdims: Any) -> Any:
    x = np.asarray(a)
    keep = keepdims is not _NO_VALUE and bool(operator.index(keepdims))
    char = character(x.dtype)
    if char is None:
        message = f"{name}: no kernel for {x.dtype}"
        raise TypeError(message)
    ndim, axes = x.ndim, tuple(range(x.ndim))
    if axis is None:
        flat = x.reshape(-1)
    else:
        only = normalized_axis(axis, ndim)
        flat, axes = (x, (only,)) if ndim else (x.reshape(1), ())
    index = 0 if axis is None or not ndim else axes[0]
    kept = tuple(length for k, length in enumerate(flat.shape) if k != index)
    if flat.shape[index] == 0:
        message = f"attempt to get {name} of an empty sequence"
        raise ValueError(message)
    result = np.empty(kept, INDEX)
    if flat.size:
        read = {"?": "B", "e": "f"}.get(char, char)
        ready = flat.view("u1") if char == "?" else converted(flat, DTYPES[read])
        fold, final = arg_address(f"{name}-{read}"), _last_in_order(name, x.dtype)
        if char != "e" and x.dtype.isnative:
            _quick[name][x.dtype] = (walk(), fold, final)
        if walk()(fold, ready, result, 1 << index, 0, final, 8, 0):
            ready = ready.copy("C")  # unaligned, or its kept axes are not in C order
            walk()(fold, ready, result, 1 << index, 0, final, 8, 0)
    shaped = with_reduced_axes(result, ndim, axes) if keep else result
    return _delivered(name, shaped, out, keep=keep)


def _delivered(name: str, result: Array, out: Any, *, keep: bool) -> Any:
    if out is None:
        return result[()] if not keep else result
    if not isinstance(out, np.ndarray):
        message = "return arrays must be of ArrayType"
        raise TypeError(message)
    if out.shape != result.shape:
        message = f"output array does not match result of np.{name}."
        raise ValueError(message)
    if not np.can_cast(out.dtype, result.dtype, "safe"):
        message = f"Cannot cast array data from {out.dtype!r} to {result.dtype!r} according to the rule 'safe'"
        raise TypeError(message)
    np.copyto(out, result, casting="unsafe")
    return out
