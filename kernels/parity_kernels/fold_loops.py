"""Folds and running folds of any binary ufunc, by its elementwise loop.

Only what `folds` has no loop for comes here: subtract, power, fmax and the like. The loop is called for one index of
the reduced axis at a time, on the whole accumulator, which is its first operand and its output: never for two indices
in one call, because an elementwise loop takes it that nothing it stores is loaded again.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types

from parity_kernels.compiling import compiled_entry
from parity_kernels.memory import DATA, address_of, array_object, call_loop, set_word, word, words

Array = np.ndarray[Any, Any]

ENTRY_NAMES = ("fold-any", "fold-any-running")

_NATURAL_ONLY = "Integers to negative integer powers are not allowed."


def _fold(loop: int, x_object: Any, out_object: Any, outer: int, n: int, inner: int, size: int, first: int) -> int:
    """Combine x[:, first:n, :] into out[:, :] in turn; answers the status of the loop."""
    x, out = word(address_of(x_object) + DATA, 0), word(address_of(out_object) + DATA, 0)
    args, counts, steps = words(4), words(2), words(6)
    set_word(args, 0, out)
    set_word(args, 2, out)
    set_word(args, 3, 0)
    set_word(counts, 0, inner)
    set_word(counts, 1, outer)
    for k in range(3):
        set_word(steps, k, size)
        set_word(steps, 3 + k, inner * size)
    set_word(steps, 4, n * inner * size)
    if inner == 1:  # one row of `outer` elements, in place of as many rows of one
        set_word(counts, 0, outer)
        set_word(counts, 1, 1)
        set_word(steps, 1, n * size)
    for k in range(first, n):
        set_word(args, 1, x + k * inner * size)
        call_loop(loop, args, counts, steps)
    return word(args, 3)


def _running(loop: int, x_object: Any, out_object: Any, outer: int, n: int, inner: int, size: int) -> int:
    """out[:, k, :] from out[:, k - 1, :] and x[:, k, :], for k from 1; answers the status of the loop."""
    x, out = word(address_of(x_object) + DATA, 0), word(address_of(out_object) + DATA, 0)
    args, counts, steps = words(4), words(2), words(6)
    set_word(args, 3, 0)
    set_word(counts, 0, inner)
    set_word(counts, 1, outer)
    for k in range(3):
        set_word(steps, k, size)
        set_word(steps, 3 + k, n * inner * size)
    if inner == 1:
        set_word(counts, 0, outer)
        set_word(counts, 1, 1)
        for k in range(3):
            set_word(steps, k, n * size)
    for k in range(1, n):
        set_word(args, 0, out + (k - 1) * inner * size)
        set_word(args, 1, x + k * inner * size)
        set_word(args, 2, out + k * inner * size)
        call_loop(loop, args, counts, steps)
    return word(args, 3)


@cache
def entry(name: str) -> Callable[..., int]:
    """The compiled entry of a name in `ENTRY_NAMES`."""
    whole = types.int64
    shape = (whole,) * (5 if name == "fold-any" else 4)
    signature = whole(whole, array_object, array_object, *shape)
    return compiled_entry(_fold if name == "fold-any" else _running, signature, name)


def fold(loop: int, x: Array, out: Array, axis: int, first: int) -> None:
    """Fold C-contiguous ``x`` along ``axis`` into C-contiguous ``out``, which holds what came before index ``first``.

    Both have the dtype of the loop's operands. Raises ValueError for a negative integer exponent.
    """
    outer, n, inner = extents(x.shape, axis)
    if entry("fold-any")(loop, x, out, outer, n, inner, x.itemsize, first):
        raise ValueError(_NATURAL_ONLY)


def running(loop: int, x: Array, out: Array, axis: int) -> None:
    """Running fold of C-contiguous ``x`` along ``axis`` into C-contiguous ``out``, whose first elements are in place."""
    outer, n, inner = extents(x.shape, axis)
    if entry("fold-any-running")(loop, x, out, outer, n, inner, x.itemsize):
        raise ValueError(_NATURAL_ONLY)


def extents(shape: tuple[int, ...], axis: int) -> tuple[int, int, int]:
    """Elements outside of an axis, along it, and inside of it."""
    outer = inner = 1
    for length in shape[:axis]:
        outer *= length
    for length in shape[axis + 1 :]:
        inner *= length
    return outer, shape[axis], inner
