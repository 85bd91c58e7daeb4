"""Where the first maximum or minimum is: folds that carry an index beside the value.

The first of equal values wins, and the first NaN wins over everything (NumPy's argmax and argmin).
"""

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from parity_kernels.axes import Array, converted, normalized_axis, walk, with_reduced_axes
from parity_kernels.compiling import compiled_loop, jitable
from parity_kernels.dtypes import DTYPES, character
from parity_kernels.lanes import peek, scratch
from parity_kernels.memory import ITEMSIZE, load, store, word

Scalar = Callable[..., Any]

VALUES = 8192  # bytes of values beside the indices of a tile
VALUE_WORDS = VALUES // 8
_NO_VALUE: Any = np._NoValue  # noqa: SLF001 - NumPy's own default


@jitable
def later_greater(value: Any, best: Any) -> Any:
    """Whether a later value replaces the best."""
    return value > best


@jitable
def later_less(value: Any, best: Any) -> Any:
    """Whether a later value replaces the best."""
    return value < best


@jitable
def later_greater_real(value: Any, best: Any) -> Any:
    """As `later_greater`; the first NaN wins."""
    return (value > best) | ((value != value) & (best == best))  # noqa: PLR0124 - the test for NaN


@jitable
def later_less_real(value: Any, best: Any) -> Any:
    """As `later_less`; the first NaN wins."""
    return (value < best) | ((value != value) & (best == best))  # noqa: PLR0124


@jitable
def _is_nan(value: Any) -> Any:
    return (value.real != value.real) | (value.imag != value.imag)


@jitable
def later_greater_complex(value: Any, best: Any) -> Any:
    """In lexicographic order; the first NaN in either part wins."""
    if _is_nan(best):
        return False
    ahead = (value.real > best.real) | ((value.real == best.real) & (value.imag > best.imag))
    return ahead | _is_nan(value)


@jitable
def later_less_complex(value: Any, best: Any) -> Any:
    """In lexicographic order; the first NaN in either part wins."""
    if _is_nan(best):
        return False
    ahead = (value.real < best.real) | ((value.real == best.real) & (value.imag < best.imag))
    return ahead | _is_nan(value)


def _fold(char: str, wins: Scalar) -> Scalar:
    """As the folds of `parity_kernels.folds`, with int64 indices as output; it is never continued."""
    size = ITEMSIZE[char]
    tile = VALUES // size

    @jitable
    def row(x: int, n: int, step: int) -> int:
        best, place = load(x, 0, char), 0
        for i in range(1, n):
            value = load(x + i * step, 0, char)
            if wins(value, best):
                best, place = value, i
        return place

    @jitable
    def columns(x: int, n: int, step: int, inner: int, width: int, out: int) -> None:
        values = scratch(VALUE_WORDS)
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
        step, x_inner = word(steps, 4), word(steps, 5)
        for i in range(word(steps, 0)):
            at, place = x + i * word(steps, 3), out + i * word(steps, 6)
            if inner == 1:
                store(place, 0, "l", row(at, n, step))
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
    return compiled_loop(_fold(char, _wins(char, order)), f"fold-{name}")


def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = _NO_VALUE) -> Any:
    """Index of the first maximum along an axis, or in the flattened array; int64.

    Raises ValueError if there are no elements, AxisError and TypeError as NumPy.
    """
    return _arg("argmax", a, axis, out, keepdims)


def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = _NO_VALUE) -> Any:
    """Index of the first minimum along an axis, or in the flattened array; int64."""
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
    result = np.empty(kept, DTYPES["l"])
    if flat.size:
        read = {"?": "B", "e": "f"}.get(char, char)
        ready = flat.view("u1") if char == "?" else converted(flat, DTYPES[read])
        fold = arg_address(f"{name}-{read}")
        if walk()(fold, ready, result, 1 << index, 0, 0, 8, 0):
            ready = ready.copy("C")  # unaligned, or its kept axes are not in C order
            walk()(fold, ready, result, 1 << index, 0, 0, 8, 0)
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
