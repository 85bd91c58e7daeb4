"""Folds: the loops that combine the elements along one axis, for every position of that axis.

A fold runs over three dimensions (outer, reduced, inner), ``fold(args, going, steps)``: ``args`` holds the addresses of
input and output, ``steps`` holds (outer, reduced, inner, the input's three strides, the output's outer stride, rows in
a block). The output's inner stride is its item size. With ``going`` the output already holds a value to combine with
(an `initial`, or the part of the reduction done so far). Two cases:

- inner == 1, the *row*: the elements of one result follow one another. Sums take NumPy's pairwise order, products go
  from left to right, and everything else may be vectorized by LLVM or by `lanes`.
- inner > 1, the *column*: rows of accumulators, as long as fit into the first-level cache, take eight input rows at a
  time. Sums of floats take a new row of accumulators every 16 input rows and add these up in a binary tree.

Depth of the additions of n floats, that is the number of roundings on the longest path (design.md, section 5):

- row: n - 1 for n < 8; a leaf of n <= 128 adds up to 16 elements in each of 8 lanes, then 3 levels, then up to 7 left
  over, of which at most 24 on one path; halving until a leaf is reached adds ceil(log2(n / 128)). h = 24 + that.
- column: n - 1 for n <= 16; 15 + ceil(log2(ceil(n / 16))) above: a binary counter of blocks, added up from the
  smallest, is as deep as a tree. Narrow columns are first folded k rows at a time: + 2 for the halving's remainder.
  15 + ceil(log2(n / 16)) + 1 + 2 <= 24 + ceil(log2(n / 128)), so the claim of the row holds for both.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from parity_kernels.compiling import compiled_loop, jitable
from parity_kernels.lanes import octet_sum, peek, scratch, vector_extreme
from parity_kernels.memory import COMPUTED, ITEMSIZE, load, set_word, store, word, words

Scalar = Callable[..., Any]

TILE = 8192  # bytes of accumulators in a tile: a sixth of a first-level cache, input rows stream past them
NARROW = 1024  # bytes: a shorter row of accumulators is widened to at least this many, by folding several rows as one
TREE = 65536  # bytes for all rows of partial sums of a tile
BLOCK = 16  # rows of floats that one row of accumulators takes; the later passes of a reduction over axes take 2
WIDE_WORDS, TREE_WORDS = 2 * NARROW // 8, TREE // 8  # both buffers in int64

INTEGERS = "bBhHiIlL"


# -- scalar combinations: (accumulator, element in the accumulator's type) -------------------------


@jitable
def plus(left: Any, right: Any) -> Any:
    return left + right


@jitable
def times(left: Any, right: Any) -> Any:
    return left * right


@jitable
def both(left: Any, right: Any) -> Any:
    return left & right


@jitable
def either(left: Any, right: Any) -> Any:
    return left | right


@jitable
def differ(left: Any, right: Any) -> Any:
    return left ^ right


@jitable
def greater(left: Any, right: Any) -> Any:
    return left if left > right else right


@jitable
def less(left: Any, right: Any) -> Any:
    return left if left < right else right


# NumPy takes the second of two equal operands in vectors (zeros of both signs), and a NaN stays.
@jitable
def greater_real(left: Any, right: Any) -> Any:
    return left if left > right or left != left else right  # noqa: PLR0124 - the test for NaN


@jitable
def less_real(left: Any, right: Any) -> Any:
    return left if left < right or left != left else right  # noqa: PLR0124 - the test for NaN


@jitable
def greater_complex(left: Any, right: Any) -> Any:
    """NumPy's order: lexicographic, the first NaN in either part wins."""
    if left.real != left.real or left.imag != left.imag:  # noqa: PLR0124
        return left
    ahead = left.real > right.real and right.imag == right.imag  # noqa: PLR0124
    return left if ahead or (left.real == right.real and left.imag >= right.imag) else right


@jitable
def less_complex(left: Any, right: Any) -> Any:
    """NumPy's order: lexicographic, the first NaN in either part wins."""
    if left.real != left.real or left.imag != left.imag:  # noqa: PLR0124
        return left
    ahead = left.real < right.real and right.imag == right.imag  # noqa: PLR0124
    return left if ahead or (left.real == right.real and left.imag <= right.imag) else right


@jitable
def itself(value: Any) -> Any:
    return value


@jitable
def nonzero_integer(value: Any) -> Any:
    return value != 0


@jitable
def nonzero_bits(value: Any) -> Any:
    """Whether a float, seen as an unsigned integer, is neither zero: the sign is shifted out."""
    return value + value != 0


# -- frames ------------------------------------------------------------------------------------------


def _fold(row: Scalar, columns: Scalar, acc: str) -> Scalar:
    """The three-dimensional loop around a row and a column function."""

    def fold(args: int, going: int, steps: int) -> None:
        x, out = word(args, 0), word(args, 1)
        outer, n, inner = word(steps, 0), word(steps, 1), word(steps, 2)
        x_outer, x_step, x_inner = word(steps, 3), word(steps, 4), word(steps, 5)
        out_outer, block = word(steps, 6), word(steps, 7)
        if inner == 1:
            for i in range(outer):
                place = out + i * out_outer
                store(place, 0, acc, row(x + i * x_outer, n, x_step, place, going))
        else:
            for i in range(outer):
                columns(x + i * x_outer, n, x_step, x_inner, inner, out + i * out_outer, going, block)

    return fold


def _element(char: str, acc: str, prepare: Scalar) -> Scalar:
    """Load element ``index`` at an address and widen it to the accumulator's type."""
    convert = COMPUTED[acc]

    @jitable
    def element(address: int, index: int) -> Any:
        return convert(prepare(load(address, index, char)))

    return element


def _narrowed(combine: Scalar, acc: str) -> Scalar:
    """Numba computes small integers in 64 bits; back in their own width the vectors hold more of them."""
    convert = COMPUTED[acc]

    @jitable
    def narrowed(left: Any, right: Any) -> Any:
        return convert(combine(left, right))

    return narrowed


# -- rows ----------------------------------------------------------------------------------------------


def _row(char: str, acc: str, element: Scalar, combine: Scalar) -> Scalar:
    """From left to right, unless LLVM knows the operation to be associative."""
    size = ITEMSIZE[char]

    @jitable
    def row(x: int, n: int, step: int, place: int, going: int) -> Any:
        value = peek(place, 0, acc) if going else element(x, 0)
        first = 0 if going else 1
        if step == size:
            for i in range(first, n):
                value = combine(value, element(x, i))
        else:
            for i in range(first, n):
                value = combine(value, element(x + i * step, 0))
        return value

    return row


def _deciding_row(char: str, acc: str, element: Scalar, combine: Scalar, decided: int) -> Scalar:
    """For any and all: stops at the end of the block of elements in which one decides."""
    size = ITEMSIZE[char]

    @jitable
    def row(x: int, n: int, step: int, place: int, going: int) -> Any:
        value = peek(place, 0, acc) if going else element(x, 0)
        first = 0 if going else 1
        while first < n and value != decided:
            last = min(n, first + 1024)
            if step == size:
                for i in range(first, last):
                    value = combine(value, element(x, i))
            else:
                for i in range(first, last):
                    value = combine(value, element(x + i * step, 0))
            first = last
        return value

    return row


def _extreme_row(char: str, element: Scalar, combine: Scalar, order: str) -> Scalar:
    """Maximum or minimum of floats: whole vectors, then what is left over."""
    size = ITEMSIZE[char]
    lanes = 64 // size

    @jitable
    def row(x: int, n: int, step: int, place: int, going: int) -> Any:
        value = peek(place, 0, char) if going else element(x, 0)
        first = 0 if going else 1
        if step == size:
            vectors = (n - first) // lanes
            if vectors > 0:
                value = combine(value, vector_extreme(x + first * size, vectors, value, char, order))
                first += vectors * lanes
            for i in range(first, n):
                value = combine(value, element(x, i))
        else:
            for i in range(first, n):
                value = combine(value, element(x + i * step, 0))
        return value

    return row


def _pairwise(char: str) -> Scalar:
    """Sum of n elements in the order of NumPy's ``pairwise_sum`` (loops_utils.h.src), without recursion.

    A leaf has at most 128 reals; above, the first part takes half of the elements, rounded down to whole octets.
    """
    size = ITEMSIZE[char]
    parts = 2 if char in "FD" else 1
    octet, leaf = 8 // parts, 128 // parts

    @jitable
    def octets_apart(x: int, n: int, step: int) -> Any:
        a, b = load(x, 0, char), load(x + step, 0, char)
        c, d = load(x + 2 * step, 0, char), load(x + 3 * step, 0, char)
        if parts == 2:
            for i in range(4, n & -4, 4):
                at = x + i * step
                a, b = a + load(at, 0, char), b + load(at + step, 0, char)
                c, d = c + load(at + 2 * step, 0, char), d + load(at + 3 * step, 0, char)
            return (a + b) + (c + d)
        at = x + 4 * step
        e, f, g, h = load(at, 0, char), load(at + step, 0, char), load(at + 2 * step, 0, char), load(at + 3 * step, 0, char)
        for i in range(8, n & -8, 8):
            at = x + i * step
            a, b = a + load(at, 0, char), b + load(at + step, 0, char)
            c, d = c + load(at + 2 * step, 0, char), d + load(at + 3 * step, 0, char)
            at += 4 * step
            e, f = e + load(at, 0, char), f + load(at + step, 0, char)
            g, h = g + load(at + 2 * step, 0, char), h + load(at + 3 * step, 0, char)
        return ((a + b) + (c + d)) + ((e + f) + (g + h))

    @jitable
    def leaf_sum(x: int, n: int, step: int) -> Any:
        if n < octet:
            value = load(x, 0, char)
            for i in range(1, n):
                value = value + load(x + i * step, 0, char)
            return value
        whole = n & -octet
        value = octet_sum(x, whole // octet, char) if step == size else octets_apart(x, n, step)
        for i in range(whole, n):
            value = value + load(x + i * step, 0, char)
        return value

    @jitable
    def pairwise(x: int, n: int, step: int) -> Any:
        # One entry for each halving that is under way: the length of its second part; the sum of its first part
        # and a bit in `second` once that is known.
        lengths, firsts = words(64), scratch(128)
        depth, second = 0, 0
        while True:
            while n > leaf:
                half = (n // 2) & -octet
                set_word(lengths, depth, n - half)
                depth += 1
                n = half
            value = leaf_sum(x, n, step)
            x += n * step
            while depth > 0 and (second >> (depth - 1)) & 1:
                depth -= 1
                second &= ~(1 << depth)
                value = peek(firsts, depth, char) + value
            if depth == 0:
                return value
            store(firsts, depth - 1, char, value)
            second |= 1 << (depth - 1)
            n = word(lengths, depth - 1)

    return pairwise


def _sum_row(char: str, pairwise: Scalar) -> Scalar:
    zero = COMPUTED[char](0)

    @jitable
    def row(x: int, n: int, step: int, place: int, going: int) -> Any:
        # The identity 0.0 comes first, as in NumPy: the sum of negative zeros is positive.
        return (peek(place, 0, char) if going else zero) + pairwise(x, n, step)

    return row


# -- columns ---------------------------------------------------------------------------------------------


def _column_rows(char: str, acc: str, element: Scalar, combine: Scalar, octet: Scalar) -> Scalar:
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


def _octet(element: Scalar, combine: Scalar) -> Scalar:
    """The accumulator combined with element j of eight rows in turn."""

    @jitable
    def octet(value: Any, x: int, step: int, j: int) -> Any:
        value = combine(combine(value, element(x, j)), element(x + step, j))
        value = combine(combine(value, element(x + 2 * step, j)), element(x + 3 * step, j))
        value = combine(combine(value, element(x + 4 * step, j)), element(x + 5 * step, j))
        return combine(combine(value, element(x + 6 * step, j)), element(x + 7 * step, j))

    return octet


def _extreme_octet(char: str, element: Scalar, combine: Scalar, pick: Scalar) -> Scalar:
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


def _tree_rows(char: str, row: Scalar) -> Scalar:
    """Sum n rows of floats: blocks of rows one after another, the blocks' sums in a binary tree."""
    part = "f" if char in "fF" else "d"
    size, part_size = ITEMSIZE[char], ITEMSIZE[part]
    parts = size // part_size
    element = _element(part, part, itself)
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


def _columns(char: str, acc: str, rows: Scalar, combine: Scalar, *, ordered: bool) -> Scalar:
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


# -- the table ---------------------------------------------------------------------------------------------


def _associative(char: str, acc: str, combine: Scalar, prepare: Scalar = itself, *, ordered: bool = False) -> Scalar:
    """A fold of integers, or (``ordered``) one from left to right."""
    element, combine = _element(char, acc, prepare), _narrowed(combine, acc)
    rows = _column_rows(char, acc, element, combine, _octet(element, combine))
    return _fold(_row(char, acc, element, combine), _columns(char, acc, rows, combine, ordered=ordered), acc)


def _deciding(char: str, combine: Scalar, prepare: Scalar, decided: int) -> Scalar:
    element, combine = _element(char, "B", prepare), _narrowed(combine, "B")
    rows = _column_rows(char, "B", element, combine, _octet(element, combine))
    row = _deciding_row(char, "B", element, combine, decided)
    return _fold(row, _columns(char, "B", rows, combine, ordered=False), "B")


def _sum(char: str) -> Scalar:
    if char in INTEGERS:
        return _associative(char, "l", plus)
    row = _sum_row(char, _pairwise(char))
    return _fold(row, _columns(char, char, _tree_rows(char, row), plus, ordered=False), char)


def _extreme(char: str, order: str) -> Scalar:
    if char in INTEGERS:
        return _associative(char, char, greater if order == ">" else less)
    if char in "FD":
        return _associative(char, char, greater_complex if order == ">" else less_complex, ordered=True)
    combine = greater_real if order == ">" else less_real
    element = _element(char, char, itself)
    rows = _column_rows(
        char, char, element, combine, _extreme_octet(char, element, combine, greater if order == ">" else less)
    )
    row = _extreme_row(char, element, combine, order)
    return _fold(row, _columns(char, char, rows, combine, ordered=False), char)


FOLDS: dict[str, Callable[[], Scalar]] = {
    **{f"sum-{c}": lambda c=c: _sum(c) for c in "bBhHiIlfdFD"},  # type: ignore[misc]
    **{f"prod-{c}": lambda c=c: _associative(c, "l", times) for c in "bBhHiIl"},  # type: ignore[misc]
    **{f"prod-{c}": lambda c=c: _associative(c, c, times, ordered=True) for c in "fdFD"},  # type: ignore[misc]
    **{f"max-{c}": lambda c=c: _extreme(c, ">") for c in "bBhHiIlLfdFD"},  # type: ignore[misc]
    **{f"min-{c}": lambda c=c: _extreme(c, "<") for c in "bBhHiIlLfdFD"},  # type: ignore[misc]
    **{f"any-{c}": lambda c=c: _deciding(c, either, nonzero_integer, 1) for c in "BHIL"},  # type: ignore[misc]
    **{f"all-{c}": lambda c=c: _deciding(c, both, nonzero_integer, 0) for c in "BHIL"},  # type: ignore[misc]
    **{f"any-real-{c}": lambda c=c: _deciding(c, either, nonzero_bits, 1) for c in "HIL"},  # type: ignore[misc]
    **{f"all-real-{c}": lambda c=c: _deciding(c, both, nonzero_bits, 0) for c in "HIL"},  # type: ignore[misc]
    **{f"and-{c}": lambda c=c: _associative(c, c, both) for c in "BHIL"},  # type: ignore[misc]
    **{f"or-{c}": lambda c=c: _associative(c, c, either) for c in "BHIL"},  # type: ignore[misc]
    **{f"xor-{c}": lambda c=c: _associative(c, c, differ) for c in "BHIL"},  # type: ignore[misc]
}
"""Kernel name → its source; the last letter is the element character that is read from memory."""


@cache
def fold_address(name: str) -> int:
    """Address of a fold, compiled on first use."""
    return compiled_loop(FOLDS[name](), f"fold-{name}")
