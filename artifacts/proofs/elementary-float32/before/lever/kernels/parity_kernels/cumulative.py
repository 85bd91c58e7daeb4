"""Reductions and accumulations that run an elementwise loop step by step (`parity_kernels.chains`)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from parity_kernels.axes import Array, converted, kept_axes
from parity_kernels.chains import RUNNING, chain, running
from parity_kernels.dtypes import DTYPES, NAMES, DType

_NATURAL_ONLY = "Integers to negative integer powers are not allowed."

_WIDE_HALVES = ("subtract", "divide")
"""What NumPy's inner loop reduces in float32 where elements are float16 (sums and products are folds, in any order)."""


_quick: dict[str, dict[DType, tuple[Callable[..., int], DType]]] = {"add": {}, "multiply": {}}
"""Ufunc → dtypes that it has accumulated already, with what runs along contiguous lines, and in which dtype."""


def _in_loop(ufunc: Any, loop: str) -> int:
    return int(ufunc.loop(f"{loop[:2]}->{loop[2]}").address)


def chain_reduced(ufunc: Any, loop: str, x: Array, axes: tuple[int, ...], initial: Any, where: Array | None) -> Array:
    """Reduce the axes by the elementwise loop ``loop`` ("ddd"); the result has the kept axes."""
    if loop == "eee" and ufunc.__name__ in _WIDE_HALVES and where is None and _is_fastest(x, axes):
        return converted(chain_reduced(ufunc, "fff", x, axes, initial, where), DTYPES["e"])
    kept = kept_axes(x.ndim, axes)
    shape = tuple(x.shape[axis] for axis in kept)
    width = _product(shape)
    x = converted(x, DTYPES[loop[1]])
    total = np.empty(width, DTYPES[loop[2]])
    rows = _rows(x, axes, kept, width)
    mask = None if where is None else _rows(where, axes, kept, width)
    if initial is None:
        if rows.shape[0]:
            np.copyto(total, rows[0], casting="unsafe")
        rows = rows[1:]
    else:
        total[...] = initial
    if width and rows.shape[0]:
        masked = mask is not None
        if chain("chain-reduce")(_in_loop(ufunc, loop), total, rows, mask if masked else rows, masked):
            raise ValueError(_NATURAL_ONLY)
    return total.reshape(shape)


def _is_fastest(x: Array, axes: tuple[int, ...]) -> bool:
    """Whether the axis of the smallest stride is reduced, so that it is NumPy's inner loop."""
    strides = {axis: abs(x.strides[axis]) for axis in range(x.ndim) if x.shape[axis] > 1}
    return not strides or min(strides, key=lambda axis: (strides[axis], -axis)) in axes


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product


def _rows(x: Array, axes: tuple[int, ...], kept: list[int], width: int) -> Array:
    """The array with the reduced axes as rows and the kept ones as columns; a view where that is possible."""
    lengths = _product(tuple(x.shape[axis] for axis in axes))
    return x.transpose(*axes, *kept).reshape(lengths, width)


def remember(ufunc: Any, loop: str, dtype: DType) -> None:
    """Let plain arrays of this dtype, which the ufunc accumulates by ``loop`` ("ddd"), take the short way."""
    if ufunc.__name__ in _quick and dtype.isnative:
        name = f"running-{ufunc.__name__}-{NAMES['l' if loop[0] == 'L' else loop[0]]}"
        run = running(name) if name in RUNNING else _stepwise(_in_loop(ufunc, loop))
        _quick[ufunc.__name__][dtype] = (run, DTYPES[loop[1]])


def _stepwise(loop: int) -> Callable[..., int]:
    """As `parity_kernels.chains.running`, by one call of a loop for each step."""

    def run(result: Array, x: Array, lines: int, n: int) -> int:
        shape = (n, 1) if result.ndim == 1 else (lines, n)
        target, source = result.reshape(shape), x.reshape(shape)
        if result.ndim > 1:
            target, source = target.T, source.T
        target[:1] = source[:1]
        return chain("chain-accumulate")(loop, target, source)

    return run


def accumulated_quickly(ufunc: str, a: Array, axis: Any) -> Any:
    """What `accumulated` gives for a plain array in C order of a remembered dtype, its last axis or all of it.

    None if it is not as plain as it must be.
    """
    quick = _quick[ufunc].get(a.dtype)
    size = a.size
    if quick is None or not size or not a.flags.c_contiguous:
        return None
    run, dtype = quick
    if axis is None:
        n = size
        result = np.empty(n, dtype)
    elif type(axis) is int and a.ndim and axis in (-1, a.ndim - 1):
        shape = a.shape
        n = shape[-1]
        result = np.empty(shape, dtype)
    else:
        return None
    run(result, converted(a, dtype), size // n, n)
    return result


def accumulated(ufunc: Any, loop: str, x: Array, axis: int) -> Array:
    """Accumulate along the axis by the elementwise loop ``loop``; the result is in C order."""
    x = converted(x, DTYPES[loop[1]])
    result = np.empty(x.shape, DTYPES[loop[2]])
    if not x.size:
        return result
    source, target = x.swapaxes(0, axis), result.swapaxes(0, axis)
    np.copyto(target[:1], source[:1], casting="unsafe")
    address, run = _in_loop(ufunc, loop), chain("chain-accumulate")
    n = x.shape[axis]
    if x.ndim == 1:
        pieces = [(target.reshape(n, 1), source.reshape(n, 1))]
    elif x.flags.c_contiguous and axis == x.ndim - 1:
        pieces = [(result.reshape(-1, n).T, x.reshape(-1, n).T)]
    elif x.flags.c_contiguous and axis == 0:
        pieces = [(result.reshape(n, -1), x.reshape(n, -1))]
    else:
        outer = source.shape[1:-1]
        pieces = [(target[(slice(None), *k)], source[(slice(None), *k)]) for k in np.ndindex(*outer)]
    for out, rows in pieces:
        if run(address, out, rows):
            raise ValueError(_NATURAL_ONLY)
    return result
