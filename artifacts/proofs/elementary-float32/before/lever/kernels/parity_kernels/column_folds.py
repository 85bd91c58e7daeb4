"""Column folds: rows of accumulators in memory, into which whole rows of the input are folded.

A column function is ``columns(address, n, step, inner, width, out, going, block)``: n rows, ``step`` bytes apart, of
``width`` elements, ``inner`` bytes apart, into the accumulators at ``out``; with ``going`` these hold values already.
`parity_kernels.folds` states the depth of the sums; ``block`` is the number of rows in one of their blocks.
"""

from typing import Any

from parity_kernels.combinations import Scalar, element_loader, itself
from parity_kernels.compiling import jitable
from parity_kernels.lanes import peek, scratch
from parity_kernels.memory import COMPUTED, ITEMSIZE, store

TILE = 8192  # bytes of accumulators in a tile: a sixth of a first-level cache, input rows stream past them
NARROW = 1024  # bytes: a shorter row of accumulators is widened to at least this many, by folding several rows as one
TREE = 65536  # bytes for all rows of partial sums of a tile
WIDE_WORDS, TREE_WORDS = 2 * NARROW // 8, TREE // 8  # both buffers in int64


def running_rows(char: str, acc: str, element: Scalar, combine: Scalar, octet: Scalar) -> Scalar:
    """Fold n rows of ``width`` elements into the accumulators at ``out``, one after another, eight at a time."""
    size, acc_size = ITEMSIZE[char], ITEMSIZE[acc]

    @jitable
    def rows(x: int, n: int, step: int, inner: int, width: int, out: int, going: int, _block: int) -> None:
        if inner != size:
            for j in range(width):
                place = out + j * acc_size
                value = peek(place, 0, acc) if going else element(x + j * inner, 0)
                for i in range(0 if going else 1, n):
                    value = combine(value, element(x + j * inner + i * step, 0))
                store(place, 0, acc, value)
            return
        if not going:
            for j in range(width):
                store(out, j, acc, element(x, j))
            x, n = x + step, n - 1
        while n >= 8:
            for j in range(width):
                store(out, j, acc, octet(peek(out, j, acc), x, step, j))
            x, n = x + 8 * step, n - 8
        while n > 0:
            for j in range(width):
                store(out, j, acc, combine(peek(out, j, acc), element(x, j)))
            x, n = x + step, n - 1

    return rows


def running_octet(element: Scalar, combine: Scalar) -> Scalar:
    """The accumulator combined with element j of eight rows in turn."""

    @jitable
    def octet(value: Any, x: int, step: int, j: int) -> Any:
        value = combine(combine(value, element(x, j)), element(x + step, j))
        value = combine(combine(value, element(x + 2 * step, j)), element(x + 3 * step, j))
        value = combine(combine(value, element(x + 4 * step, j)), element(x + 5 * step, j))
        return combine(combine(value, element(x + 6 * step, j)), element(x + 7 * step, j))

    return octet


def extreme_octet(char: str, element: Scalar, combine: Scalar, pick: Scalar) -> Scalar:
    """As `_octet` for maxima and minima of floats, with one test for NaN for two rows instead of one for each."""
    nan = COMPUTED[char](float("nan"))

    @jitable
    def octet(value: Any, x: int, step: int, j: int) -> Any:
        a, b = element(x, j), element(x + step, j)
        c, d = element(x + 2 * step, j), element(x + 3 * step, j)
        e, f = element(x + 4 * step, j), element(x + 5 * step, j)
        g, h = element(x + 6 * step, j), element(x + 7 * step, j)
        unordered = (a != a) | (b != b) | ((c != c) | (d != d))  # noqa: PLR0124 - the test for NaN
        unordered |= (e != e) | (f != f) | ((g != g) | (h != h))  # noqa: PLR0124
        best = pick(pick(pick(a, b), pick(c, d)), pick(pick(e, f), pick(g, h)))
        return combine(value, nan if unordered else best)

    return octet


def tree_rows(char: str, row: Scalar) -> Scalar:
    """Sum n rows of floats: blocks of rows one after another, the blocks' sums in a binary tree."""
    part = "f" if char in "fF" else "d"
    size, part_size = ITEMSIZE[char], ITEMSIZE[part]
    parts = size // part_size
    element = element_loader(part, part, itself)
    zero = COMPUTED[part](0)

    @jitable
    def block_sum(x: int, n: int, step: int, width: int, out: int) -> None:
        if n >= 8:
            for j in range(width):
                value = ((element(x, j) + element(x + step, j)) + element(x + 2 * step, j)) + element(x + 3 * step, j)
                at = x + 4 * step
                value = ((value + element(at, j)) + element(at + step, j)) + element(at + 2 * step, j)
                store(out, j, part, value + element(at + 3 * step, j))
            x, n = x + 8 * step, n - 8
        else:
            for j in range(width):
                store(out, j, part, element(x, j))
            x, n = x + step, n - 1
        if n == 8:
            for j in range(width):
                value = ((peek(out, j, part) + element(x, j)) + element(x + step, j)) + element(x + 2 * step, j)
                at = x + 3 * step
                value = ((value + element(at, j)) + element(at + step, j)) + element(at + 2 * step, j)
                store(out, j, part, (value + element(at + 3 * step, j)) + element(at + 4 * step, j))
            return
        while n > 0:
            for j in range(width):
                store(out, j, part, peek(out, j, part) + element(x, j))
            x, n = x + step, n - 1

    @jitable
    def tree(x: int, n: int, step: int, width: int, out: int, going: int, block: int) -> None:
        levels = 1
        while ((n + block - 1) // block) >> levels:
            levels += 1
        sums = scratch(TREE_WORDS)
        piece = TREE // (levels * part_size) & -16
        for start in range(0, width, piece):
            count = min(piece, width - start)
            at, left, blocks = x + start * part_size, n, 0
            while left > 0:
                level = 0
                while (blocks >> level) & 1:
                    level += 1
                total = sums + level * piece * part_size
                taken = min(left, block)
                block_sum(at, taken, step, count, total)
                for lower in range(level):
                    earlier = sums + lower * piece * part_size
                    for j in range(count):
                        store(total, j, part, peek(earlier, j, part) + peek(total, j, part))
                at, left, blocks = at + taken * step, left - taken, blocks + 1
            level = 0
            while not (blocks >> level) & 1:
                level += 1
            total = sums + level * piece * part_size
            for higher in range(level + 1, levels):
                if (blocks >> higher) & 1:
                    earlier = sums + higher * piece * part_size
                    for j in range(count):
                        store(total, j, part, peek(earlier, j, part) + peek(total, j, part))
            place = out + start * part_size
            for j in range(count):
                store(place, j, part, (peek(place, j, part) if going else zero) + peek(total, j, part))

    @jitable
    def rows(x: int, n: int, step: int, inner: int, width: int, out: int, going: int, block: int) -> None:
        if inner == size:
            tree(x, n, step, width * parts, out, going, block)
        else:
            for j in range(width):
                place = out + j * size
                store(place, 0, char, row(x + j * inner, n, step, place, going))

    return rows


def tiled_columns(char: str, acc: str, rows: Scalar, combine: Scalar, *, ordered: bool) -> Scalar:
    """Tile the inner dimension; where it is narrow and contiguous fold k rows as one, unless the order is fixed."""
    size, acc_size = ITEMSIZE[char], ITEMSIZE[acc]
    tile = TILE // acc_size

    @jitable
    def columns(x: int, n: int, step: int, inner: int, width: int, out: int, going: int, block: int) -> None:
        k = 1
        if not ordered and inner == size and step == width * size:
            while k * width * acc_size < NARROW and 16 * k <= n:
                k *= 2
        if k == 1:
            for first in range(0, width, tile):
                count = min(tile, width - first)
                rows(x + first * inner, n, step, inner, count, out + first * acc_size, going, block)
            return
        wide = scratch(WIDE_WORDS)
        groups = n // k
        rows(x, groups, k * step, inner, k * width, wide, 0, block)
        half = k // 2
        while half > 0:
            for j in range(half * width):
                store(wide, j, acc, combine(peek(wide, j, acc), peek(wide, j + half * width, acc)))
            half //= 2
        if groups * k < n:
            rest = scratch(WIDE_WORDS)
            rows(x + groups * k * step, n - groups * k, step, inner, width, rest, 0, block)
            for j in range(width):
                store(wide, j, acc, combine(peek(wide, j, acc), peek(rest, j, acc)))
        for j in range(width):
            value = peek(wide, j, acc)
            store(out, j, acc, combine(peek(out, j, acc), value) if going else value)

    return columns
