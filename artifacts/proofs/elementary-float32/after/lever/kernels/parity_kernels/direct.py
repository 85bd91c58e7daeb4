"""The short way of a call: plain arrays of native dtypes, no options, a new output; from objects to result compiled.

A ufunc has a table of the loops that need no cast, which grows as `ufunc.Ufunc.general` meets them. An entry looks the
dtypes up by address (NumPy's built-in dtypes are singletons), makes the output in the memory order of the inputs,
runs the loop, and answers None for whatever is not that simple.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types

from parity_kernels.broadcasting import OPERANDS, drive
from parity_kernels.compiling import compiled_entry, jitable
from parity_kernels.dtypes import DType
from parity_kernels.memory import (
    DATA,
    DESCR,
    DIMENSIONS,
    FLAGS,
    NDIM,
    OBJECT_TYPE,
    STRIDES,
    address_of,
    array_object,
    call_loop,
    int32_at,
    set_word,
    word,
    words,
)
from parity_kernels.objects import (
    ARRAY_TYPE,
    NEW_FROM_DESCR,
    RETURN,
    c_api,
    given_away,
    incref,
    new_array,
    reference,
    release_gil,
    take_gil,
    unwrapped,
)

Array = np.ndarray[Any, Any]

# Words of a table: a head, then rows of (descr of each input, descr of the output, loop, item sizes of all three).
_TYPE, _NEW, _RETURN, _NONE, _ROWS = range(5)
_HEAD, _WIDTH, _CAPACITY = 8, 8, 24
_SECOND, _OUT, _LOOP, _SIZES = 1, 2, 3, 4  # in a row
_C_CONTIGUOUS, _F_CONTIGUOUS = 1, 2  # NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_F_CONTIGUOUS
_GIL_KEPT = 20_000  # elements below which other threads need not wait long enough to matter


class Table:
    """The loops that a ufunc runs directly."""

    __slots__ = ("_kept", "_words", "address")

    def __init__(self) -> None:
        self._words = np.zeros(_HEAD + _WIDTH * _CAPACITY, np.int64)
        self._words[:_ROWS] = ARRAY_TYPE, c_api(NEW_FROM_DESCR), c_api(RETURN), id(None)
        self._kept: dict[tuple[DType, ...], DType] = {}
        self.address = int(self._words.ctypes.data)

    def add(self, inputs: tuple[DType, ...], out: DType, loop: int) -> None:
        """Take up a loop, unless it is there or the table is full. Dtypes, compared by address, are kept alive."""
        if inputs in self._kept or len(self._kept) == _CAPACITY:
            return
        row = self._words[_HEAD + _WIDTH * len(self._kept) :]
        for k, dtype in enumerate(inputs):
            row[k], row[_SIZES + k] = id(dtype), dtype.itemsize
        row[_OUT], row[_SIZES + 2], row[_LOOP] = id(out), out.itemsize, loop
        self._kept[inputs] = out
        self._words[_ROWS] = len(self._kept)


@jitable
def _row(table: int, nin: int, first: int, second: int) -> Any:
    """Address of the row for two dtypes, or 0."""
    place = table + 8 * _HEAD
    for _ in range(word(table, _ROWS)):
        if word(place, 0) == first and (nin == 1 or word(place, _SECOND) == second):
            return place
        place += 8 * _WIDTH
    return 0


@jitable
def _broadcast(nin: int, x: int, y: int, shape: int) -> Any:
    """Fill the common shape; returns the number of dimensions, or -1 if there is no such shape."""
    ndim = int32_at(x + NDIM)
    own = int32_at(y + NDIM)
    ndim = max(ndim, own)
    for d in range(ndim):
        length = 1
        for k in range(nin):
            operand = x if k == 0 else y
            place = d - ndim + int32_at(operand + NDIM)
            if place >= 0:
                own = word(word(operand + DIMENSIONS, 0), place)
                if own != 1:
                    if length not in (1, own):
                        return -1
                    length = own
        set_word(shape, d, length)
    return ndim


@jitable
def _moves_inwards(nin: int, axis: int, other: int, steps: int) -> int:
    """1 if ``axis`` belongs inside of ``other``, 0 if not, -1 if no operand has a say; see `memory_order`."""
    say = -1
    for k in range(nin):
        one, two = abs(word(steps, axis * OPERANDS + k)), abs(word(steps, other * OPERANDS + k))
        if one and two:
            say = int(two > one and say != 0)
    return say


@jitable
def _strides(nin: int, ndim: int, x: int, y: int, shape: int, itemsize: int, strides: int) -> None:
    """Strides of an output that lies in memory as its inputs do: `broadcasting.memory_order`, compiled."""
    steps, order = words(512), words(64)
    for d in range(ndim):
        for k in range(nin):
            operand = x if k == 0 else y
            place = d - ndim + int32_at(operand + NDIM)
            step = 0
            if place >= 0 and word(word(operand + DIMENSIONS, 0), place) != 1:
                step = word(word(operand + STRIDES, 0), place)
            set_word(steps, d * OPERANDS + k, step)
        set_word(order, d, ndim - 1 - d)
    for start in range(1, ndim):
        axis, place = word(order, start), start
        other = start - 1
        while other >= 0:
            say = _moves_inwards(nin, axis, word(order, other), steps)
            if say == 0:
                break
            if say == 1:
                place = other
            other -= 1
        for moved in range(start, place, -1):
            set_word(order, moved, word(order, moved - 1))
        set_word(order, place, axis)
    step = itemsize
    for d in range(ndim):
        axis = word(order, d)
        set_word(strides, axis, step)
        step *= word(shape, axis)


@jitable
def _common_order(x: int, y: int) -> int:
    """_C_CONTIGUOUS or _F_CONTIGUOUS if two arrays of one shape both lie like that in memory, else 0."""
    ndim = int32_at(x + NDIM)
    order = int32_at(x + FLAGS) & int32_at(y + FLAGS) & (_C_CONTIGUOUS | _F_CONTIGUOUS)
    if int32_at(y + NDIM) != ndim:
        return 0
    first, second = word(x + DIMENSIONS, 0), word(y + DIMENSIONS, 0)
    for d in range(ndim):
        if word(first, d) != word(second, d):
            return 0
    return _C_CONTIGUOUS if order & _C_CONTIGUOUS else order


@jitable
def _made(table: int, descr: int, ndim: int, shape: int, strides: int, fortran: int) -> Any:
    """A new array of a dtype, or 0 with an exception set."""
    incref(descr)
    return new_array(word(table, _NEW), word(table, _TYPE), descr, ndim, shape, strides, fortran)


@jitable
def _none(table: int) -> Any:
    incref(word(table, _NONE))
    return word(table, _NONE)


@jitable
def _contiguous(table: int, row: int, nin: int, x: int, y: int, fortran: int) -> Any:
    """Contiguous inputs of one shape and memory order: one run of the loop."""
    ndim, shape = int32_at(x + NDIM), word(x + DIMENSIONS, 0)
    out = _made(table, word(row, _OUT), ndim, shape, 0, fortran)
    if out == 0:
        return 0
    elements = 1
    for d in range(ndim):
        elements *= word(shape, d)
    args, counts, steps = words(4), words(2), words(6)
    set_word(args, 0, word(x + DATA, 0))
    set_word(args, 1, word(y + DATA, 0))
    set_word(args, nin, word(out + DATA, 0))
    set_word(args, nin + 1, 0)
    set_word(counts, 0, elements)
    set_word(counts, 1, 1)
    for k in range(6):
        set_word(steps, k, 0)
    set_word(steps, 0, word(row, _SIZES))
    set_word(steps, 1, word(row, _SIZES + 1))
    set_word(steps, nin, word(row, _SIZES + 2))
    if elements < _GIL_KEPT:
        call_loop(word(row, _LOOP), args, counts, steps)
    else:
        state = release_gil()
        call_loop(word(row, _LOOP), args, counts, steps)
        take_gil(state)
    return unwrapped(word(table, _RETURN), out)


@jitable
def _called(table: int, nin: int, x: int, y: int) -> Any:
    """Address of the result, with a reference to give away: of None if the call is not a simple one; 0 for an error."""
    array_type = word(table, _TYPE)
    if word(x, OBJECT_TYPE) != array_type or word(y, OBJECT_TYPE) != array_type:
        return _none(table)
    row = _row(table, nin, word(x + DESCR, 0), word(y + DESCR, 0))
    if row == 0:
        return _none(table)
    order = _common_order(x, y)
    if order:
        return _contiguous(table, row, nin, x, y, order & _F_CONTIGUOUS)
    shape, strides, operands = words(64), words(64), words(8)
    ndim = _broadcast(nin, x, y, shape)
    if ndim < 0:
        return _none(table)
    if int32_at(x + FLAGS) & int32_at(y + FLAGS) & _C_CONTIGUOUS:
        out = _made(table, word(row, _OUT), ndim, shape, 0, 0)
    else:
        _strides(nin, ndim, x, y, shape, word(row, _SIZES + 2), strides)
        out = _made(table, word(row, _OUT), ndim, shape, strides, 0)
    if out == 0:
        return 0
    set_word(operands, 0, x)
    set_word(operands, 1, y)
    set_word(operands, nin, out)
    elements = 1
    for d in range(ndim):
        elements *= word(shape, d)
    if elements < _GIL_KEPT:
        drive(word(row, _LOOP), operands, nin + 1, nin)
    else:
        state = release_gil()
        drive(word(row, _LOOP), operands, nin + 1, nin)
        take_gil(state)
    return unwrapped(word(table, _RETURN), out)


def _unary(table: int, x: Any) -> Any:
    operand = address_of(x)
    return given_away(_called(table, 1, operand, operand))


def _binary(table: int, x: Any, y: Any) -> Any:
    return given_away(_called(table, 2, address_of(x), address_of(y)))


ENTRY_NAMES = ("call-1", "call-2")


@cache
def entry(name: str) -> Callable[..., Any]:
    """The compiled entry of a name in `ENTRY_NAMES`: ``(address of the table, *inputs)`` → the result or None."""
    nin = int(name.removeprefix("call-"))
    signature = reference(types.int64, *[array_object] * nin)
    return compiled_entry(_unary if nin == 1 else _binary, signature, name, nogil=False)
