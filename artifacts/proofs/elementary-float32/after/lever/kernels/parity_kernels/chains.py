"""Any binary loop as a reduction or an accumulation: one call of the elementwise loop for each step along the axis.

The folds of `parity_kernels.folds` exist for what is reduced often. Everything else (subtract, power, fmax, comparisons
of booleans, ...) runs the elementwise loop itself, from left to right, on all kept elements at once. A loop may not
read what it has written in the same call, so a step along the axis is a call of its own even for a single element.

Running sums and products of contiguous lines have kernels of their own, which take the scalar of the elementwise loop
and keep the value so far in a register: 1e6 int64 take 0.4 ms, and 6.3 ms by calls.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from numba import types

from parity_kernels.compiling import compiled_entry
from parity_kernels.dtypes import NAMES
from parity_kernels.memory import (
    COMPUTED,
    DATA,
    DIMENSIONS,
    ITEMSIZE,
    STRIDES,
    address_of,
    array_object,
    byte_at,
    call_loop,
    load,
    set_word,
    store,
    word,
    words,
)
from parity_kernels.table import rows


def _reduce(loop: int, total: Any, x: Any, mask: Any, masked: int) -> int:
    """total[j] = loop(total[j], x[i, j]) for all i in turn, where ``mask[i, j]``; 1 if the loop raised."""
    total_at, x_at, mask_at = address_of(total), address_of(x), address_of(mask)
    n, width = word(word(x_at + DIMENSIONS, 0), 0), word(word(x_at + DIMENSIONS, 0), 1)
    x_step, x_inner = word(word(x_at + STRIDES, 0), 0), word(word(x_at + STRIDES, 0), 1)
    mask_step, mask_inner = word(word(mask_at + STRIDES, 0), 0), word(word(mask_at + STRIDES, 0), 1)
    inner = word(word(total_at + STRIDES, 0), 0)
    args, counts, steps = words(4), words(2), words(6)
    set_word(args, 3, 0)
    set_word(counts, 0, 1 if masked else width)
    set_word(counts, 1, 1)
    set_word(steps, 0, inner)
    set_word(steps, 1, x_inner)
    set_word(steps, 2, inner)
    for k in range(3, 6):
        set_word(steps, k, 0)
    for i in range(n):
        for j in range(width if masked else 1):
            if masked and not byte_at(word(mask_at + DATA, 0) + i * mask_step + j * mask_inner):
                continue
            place = word(total_at + DATA, 0) + j * inner
            set_word(args, 0, place)
            set_word(args, 1, word(x_at + DATA, 0) + i * x_step + j * x_inner)
            set_word(args, 2, place)
            call_loop(loop, args, counts, steps)
            if word(args, 3):
                return 1
    return 0


def _accumulate(loop: int, out: Any, x: Any) -> int:
    """out[i, j] = loop(out[i - 1, j], x[i, j]) for i from 1, given out[0]; 1 if the loop raised."""
    out_at, x_at = address_of(out), address_of(x)
    n, width = word(word(x_at + DIMENSIONS, 0), 0), word(word(x_at + DIMENSIONS, 0), 1)
    x_step, x_inner = word(word(x_at + STRIDES, 0), 0), word(word(x_at + STRIDES, 0), 1)
    out_step, out_inner = word(word(out_at + STRIDES, 0), 0), word(word(out_at + STRIDES, 0), 1)
    args, counts, steps = words(4), words(2), words(6)
    # Where the axis itself lies closest in memory, one line after the other keeps to the cache.
    lines = width if abs(out_step) < abs(out_inner) else 1
    set_word(args, 3, 0)
    set_word(counts, 0, 1 if lines > 1 else width)
    set_word(counts, 1, 1)
    set_word(steps, 0, out_inner)
    set_word(steps, 1, x_inner)
    set_word(steps, 2, out_inner)
    for k in range(3, 6):
        set_word(steps, k, 0)
    for j in range(lines):
        place = word(out_at + DATA, 0) + j * out_inner
        at = word(x_at + DATA, 0) + j * x_inner
        for _ in range(1, n):
            at += x_step
            set_word(args, 0, place)
            set_word(args, 1, at)
            place += out_step
            set_word(args, 2, place)
            call_loop(loop, args, counts, steps)
            if word(args, 3):
                return 1
    return 0


CHAINS = ("chain-reduce", "chain-accumulate")


@cache
def chain(name: str) -> Callable[..., int]:
    """A compiled chain: ``chain-reduce`` (loop, total, x, mask, masked), ``chain-accumulate`` (loop, out, x)."""
    if name == "chain-reduce":
        signature = types.int64(types.int64, array_object, array_object, array_object, types.int64)
        return compiled_entry(_reduce, signature, name)
    return compiled_entry(_accumulate, types.int64(types.int64, array_object, array_object), name)


def _running(scalar: Callable[..., Any], char: str) -> Callable[..., int]:
    """out[i, j] = scalar(out[i, j - 1], x[i, j]) for contiguous lines of n elements, given x[i, 0]."""
    size, convert = ITEMSIZE[char], COMPUTED[char]

    def run(out: Any, x: Any, lines: int, n: int) -> int:
        target, source = word(address_of(out) + DATA, 0), word(address_of(x) + DATA, 0)
        for i in range(lines):
            to, at = target + i * n * size, source + i * n * size
            value = load(at, 0, char)
            store(to, 0, char, value)
            for j in range(1, n):
                value = convert(scalar(value, load(at, j, char)))
                store(to, j, char, value)
        return 0

    return run


RUNNING: dict[str, tuple[str, str]] = {
    f"running-{ufunc}-{NAMES[char]}": (ufunc, char)
    for ufunc, chars in (("add", "lfdFD"), ("multiply", "lfd"))
    for char in chars
}
"""Kernel name → (ufunc, element character). Complex products are not among them: of several NaN another would win."""


@cache
def running(name: str) -> Callable[..., int]:
    """A compiled running sum or product: (out, x, number of lines, elements in a line), all in one piece."""
    ufunc, char = RUNNING[name]
    scalar = rows()[ufunc].kernels[f"{char}{char}->{char}"].scalar
    signature = types.int64(array_object, array_object, types.int64, types.int64)
    return compiled_entry(_running(scalar, char), signature, name)
