"""Broadcasting: from arrays to one inner loop, with no index calculation per element.

Compiled entries read shapes and strides from the arrays' own C structs, drop dimensions of length 1, order the others
by the output's strides, merge what is contiguous in all operands, give the two innermost dimensions to the inner loop
and count through the rest. What only happens once per call and per shape (the shape of the result, the memory order
of a new output) is plain Python, with a cache.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from numba import types

from parity_kernels.compiling import compiled_entry, jitable
from parity_kernels.memory import (
    DATA,
    DIMENSIONS,
    NDIM,
    STRIDES,
    address_of,
    array_object,
    byte_at,
    call_loop,
    int32_at,
    set_word,
    word,
    words,
)

DONE, RAISED, MISMATCH = 0, 1, 2
"""What an entry answers: done · the loop set its status word · the shapes do not fit."""

MISFIT = -(2**63)  # no stride
OPERANDS = 8  # room for the strides of one dimension; nin + nout + mask is 5 at most


@jitable
def _step(operand: int, dimension: int, ndim: int, length: int) -> Any:
    """Stride of an operand in a dimension of the output; 0 if it is broadcast there, MISFIT if the lengths differ."""
    own = dimension - ndim + int32_at(operand + NDIM)
    if own < 0:
        return 0
    own_length = word(word(operand + DIMENSIONS, 0), own)
    if own_length == length:
        return word(word(operand + STRIDES, 0), own)
    return 0 if own_length == 1 else MISFIT


@jitable
def _gather(operands: int, count: int, out: int, data: int, shape: int, steps: int) -> int:
    """Fill ``data``, ``shape`` and ``steps`` (dimension by dimension); dimensions of length 1 are dropped.

    Returns the number of dimensions left, -1 if there are no elements, -2 if the operands do not fit the output.
    """
    target = word(operands, out)
    ndim = int32_at(target + NDIM)
    lengths = word(target + DIMENSIONS, 0)
    kept, elements = 0, 1
    for k in range(count):
        set_word(data, k, word(word(operands, k) + DATA, 0))
        if int32_at(word(operands, k) + NDIM) > ndim:
            return -2
    for dimension in range(ndim):
        length = word(lengths, dimension)
        elements *= length
        for k in range(count):
            step = _step(word(operands, k), dimension, ndim, length)
            if step == MISFIT:
                return -2
            set_word(steps, kept * OPERANDS + k, step)
        if length != 1:
            set_word(shape, kept, length)
            kept += 1
    return kept if elements else -1


@jitable
def _sort(ndim: int, count: int, out: int, data: int, shape: int, steps: int) -> None:
    """Walk the output forwards, and its widest strides outermost (a stable insertion sort)."""
    for d in range(ndim):
        if word(steps, d * OPERANDS + out) < 0:
            for k in range(count):
                step = word(steps, d * OPERANDS + k)
                set_word(data, k, word(data, k) + step * (word(shape, d) - 1))
                set_word(steps, d * OPERANDS + k, -step)
    for first in range(1, ndim):
        d = first
        while d > 0 and word(steps, (d - 1) * OPERANDS + out) < word(steps, d * OPERANDS + out):
            _swap(shape, d - 1, d)
            for k in range(count):
                _swap(steps, (d - 1) * OPERANDS + k, d * OPERANDS + k)
            d -= 1


@jitable
def _swap(numbers: int, i: int, j: int) -> None:
    held = word(numbers, i)
    set_word(numbers, i, word(numbers, j))
    set_word(numbers, j, held)


@jitable
def _merge(ndim: int, count: int, shape: int, steps: int) -> int:
    """Merge neighbouring dimensions that are one walk through memory for every operand; returns how many are left."""
    kept = 0
    for d in range(1, ndim):
        length = word(shape, d)
        fits = True
        for k in range(count):
            if word(steps, kept * OPERANDS + k) != word(steps, d * OPERANDS + k) * length:
                fits = False
        if not fits:
            kept += 1
        set_word(shape, kept, length * word(shape, kept) if fits else length)
        for k in range(count):
            set_word(steps, kept * OPERANDS + k, word(steps, d * OPERANDS + k))
    return kept + 1


@jitable
def _advance(outer: int, counters: int, count: int, data: int, shape: int, steps: int) -> bool:
    """Move to the next place in the outer dimensions; False after the last."""
    d = outer - 1
    while d >= 0:
        reached = word(counters, d) + 1
        if reached < word(shape, d):
            set_word(counters, d, reached)
            for k in range(count):
                set_word(data, k, word(data, k) + word(steps, d * OPERANDS + k))
            return True
        set_word(counters, d, 0)
        for k in range(count):
            set_word(data, k, word(data, k) - word(steps, d * OPERANDS + k) * (reached - 1))
        d -= 1
    return False


@jitable
def drive(loop: int, operands: int, count: int, out: int) -> Any:
    """Run ``loop`` over all elements of the arrays whose addresses are in ``operands``, the one at ``out`` in full.

    Returns DONE, RAISED or MISMATCH.
    """
    shape, steps, counters = words(64), words(512), words(64)  # NPY_MAXDIMS is 64
    data, counts, inner = words(8), words(2), words(16)
    ndim = _gather(operands, count, out, data, shape, steps)
    if ndim < 0:
        return DONE if ndim == -1 else MISMATCH
    if ndim > 1:
        _sort(ndim, count, out, data, shape, steps)
        ndim = _merge(ndim, count, shape, steps)
    elif ndim == 1 and word(steps, out) < 0:
        _sort(ndim, count, out, data, shape, steps)
    set_word(data, count, 0)
    columns, rows = ndim - 1, ndim - 2
    set_word(counts, 0, word(shape, columns) if ndim > 0 else 1)
    set_word(counts, 1, word(shape, rows) if ndim > 1 else 1)
    for k in range(count):
        set_word(inner, k, word(steps, columns * OPERANDS + k) if ndim > 0 else 0)
        set_word(inner, count + k, word(steps, rows * OPERANDS + k) if ndim > 1 else 0)
    if ndim <= 2:
        call_loop(loop, data, counts, inner)
        return word(data, count)
    for d in range(rows):
        set_word(counters, d, 0)
    while True:
        call_loop(loop, data, counts, inner)
        if word(data, count):
            return RAISED
        if not _advance(rows, counters, count, data, shape, steps):
            return DONE


@jitable
def _drive_masked(loop: int, operands: int, count: int, out: int) -> Any:
    """As `drive`, where the operand after the ``count`` others is the mask: the loop runs on stretches of True."""
    shape, steps, counters = words(64), words(512), words(64)  # NPY_MAXDIMS is 64
    data, place, counts, inner = words(8), words(8), words(2), words(16)
    every = count + 1
    ndim = _gather(operands, every, out, data, shape, steps)
    if ndim < 0:
        return DONE if ndim == -1 else MISMATCH
    if ndim == 0:
        ndim = 1
        set_word(shape, 0, 1)
    _sort(ndim, every, out, data, shape, steps)
    ndim = _merge(ndim, every, shape, steps)
    outer = ndim - 1
    columns = word(shape, outer)
    set_word(place, count, 0)
    set_word(counts, 1, 1)
    for k in range(count):
        set_word(inner, k, word(steps, outer * OPERANDS + k))
        set_word(inner, count + k, 0)
    mask_step = word(steps, outer * OPERANDS + count)
    for d in range(outer):
        set_word(counters, d, 0)
    while True:
        mask = word(data, count)
        start = 0
        while start < columns:
            if not byte_at(mask + start * mask_step):
                start += 1
                continue
            end = start + 1
            while end < columns and byte_at(mask + end * mask_step):
                end += 1
            for k in range(count):
                set_word(place, k, word(data, k) + start * word(inner, k))
            set_word(counts, 0, end - start)
            call_loop(loop, place, counts, inner)
            if word(place, count):
                return RAISED
            start = end + 1
        if not _advance(outer, counters, every, data, shape, steps):
            return DONE


def _one_in_one_out(loop: int, x: Any, out: Any) -> Any:
    operands = words(8)
    set_word(operands, 0, address_of(x))
    set_word(operands, 1, address_of(out))
    return drive(loop, operands, 2, 1)


def _two_in_one_out(loop: int, x: Any, y: Any, out: Any) -> Any:
    operands = words(8)
    set_word(operands, 0, address_of(x))
    set_word(operands, 1, address_of(y))
    set_word(operands, 2, address_of(out))
    return drive(loop, operands, 3, 2)


def _two_in_two_out(loop: int, x: Any, y: Any, out: Any, second: Any) -> Any:
    operands = words(8)
    set_word(operands, 0, address_of(x))
    set_word(operands, 1, address_of(y))
    set_word(operands, 2, address_of(out))
    set_word(operands, 3, address_of(second))
    return drive(loop, operands, 4, 2)


def _masked_one_in_one_out(loop: int, x: Any, out: Any, mask: Any) -> Any:
    operands = words(8)
    set_word(operands, 0, address_of(x))
    set_word(operands, 1, address_of(out))
    set_word(operands, 2, address_of(mask))
    return _drive_masked(loop, operands, 2, 1)


def _masked_two_in_one_out(loop: int, x: Any, y: Any, out: Any, mask: Any) -> Any:
    operands = words(8)
    set_word(operands, 0, address_of(x))
    set_word(operands, 1, address_of(y))
    set_word(operands, 2, address_of(out))
    set_word(operands, 3, address_of(mask))
    return _drive_masked(loop, operands, 3, 2)


def _masked_two_in_two_out(loop: int, x: Any, y: Any, out: Any, second: Any, mask: Any) -> Any:
    operands = words(8)
    set_word(operands, 0, address_of(x))
    set_word(operands, 1, address_of(y))
    set_word(operands, 2, address_of(out))
    set_word(operands, 3, address_of(second))
    set_word(operands, 4, address_of(mask))
    return _drive_masked(loop, operands, 4, 2)


_ENTRIES: dict[str, tuple[Callable[..., int], int]] = {
    "drive-1-1": (_one_in_one_out, 2),
    "drive-2-1": (_two_in_one_out, 3),
    "drive-2-2": (_two_in_two_out, 4),
    "drive-masked-1-1": (_masked_one_in_one_out, 3),
    "drive-masked-2-1": (_masked_two_in_one_out, 4),
    "drive-masked-2-2": (_masked_two_in_two_out, 5),
}
ENTRY_NAMES = tuple(_ENTRIES)


@cache
def entry(name: str) -> Callable[..., int]:
    """The compiled entry of a name in `ENTRY_NAMES`: ``(loop, *arrays)``, with the mask last.

    The arrays must be aligned to bytes only, native, and of the element types of the loop; outputs of one shape come
    after the inputs, which may be broadcast to it. Nothing of this is checked but the shapes.
    """
    function, arrays = _ENTRIES[name]
    signature = types.int64(types.int64, *[array_object] * arrays)
    return compiled_entry(function, signature, name)


def drive_name(nin: int, nout: int, *, masked: bool = False) -> str:
    """Name of the entry for an arity."""
    return f"drive-{'masked-' if masked else ''}{nin}-{nout}"


@lru_cache(maxsize=4096)
def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape of operands. Raises ValueError if there is none."""
    ndim = max(map(len, shapes))
    padded = [(1,) * (ndim - len(shape)) + shape for shape in shapes]
    result = []
    for lengths in zip(*padded, strict=True):
        distinct = {length for length in lengths if length != 1}
        if len(distinct) > 1:
            listed = " ".join(str(shape).replace(" ", "") for shape in shapes)
            message = f"operands could not be broadcast together with shapes {listed} "
            raise ValueError(message)
        result.append(distinct.pop() if distinct else 1)
    return tuple(result)


@lru_cache(maxsize=4096)
def memory_order(ndim: int, *operands: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[int, ...]:
    """Axes from outermost to innermost in which a new output lies, to follow its inputs: ``order='K'``.

    ``operands`` are (shape, strides). This is the rule of NumPy's nditer (npyiter_find_best_axis_ordering): an
    insertion sort by absolute stride that leaves C order where inputs are broadcast, equal or contradict each other.
    """
    steps = [
        [0] * (ndim - len(shape)) + [0 if length == 1 else abs(stride) for length, stride in zip(*pair, strict=True)]
        for pair in operands
        for shape in (pair[0],)
    ]
    order = list(reversed(range(ndim)))  # innermost first
    for start in range(1, ndim):
        axis, place = order[start], start
        for other in range(start - 1, -1, -1):
            verdict = _moves_inwards(axis, order[other], steps)
            if verdict is False:
                break
            if verdict:
                place = other
        order.insert(place, order.pop(start))
    return tuple(reversed(order))


def _moves_inwards(axis: int, other: int, steps: Sequence[Sequence[int]]) -> bool | None:
    """Whether ``axis`` belongs inside of ``other``; None if no operand has a say."""
    say = [step[other] > step[axis] for step in steps if step[axis] and step[other]]
    return all(say) if say else None
