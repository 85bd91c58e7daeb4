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

from parity_kernels.column_folds import extreme_octet, running_octet, running_rows, tiled_columns, tree_rows
from parity_kernels.combinations import (
    Scalar,
    both,
    differ,
    either,
    element_loader,
    greater,
    greater_complex,
    greater_real,
    itself,
    less,
    less_complex,
    less_real,
    narrowed,
    nonzero_bits_of,
    nonzero_integer,
    plus,
    times,
)
from parity_kernels.compiling import compiled_loop
from parity_kernels.dtypes import INTEGERS
from parity_kernels.memory import store, word
from parity_kernels.row_folds import deciding_row, extreme_row, pairwise_sum, running_row, sum_row

BLOCK = 16  # rows of floats that one row of accumulators takes; the later passes of a reduction over axes take 2


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


def _associative(char: str, acc: str, combine: Scalar, prepare: Scalar = itself, *, ordered: bool = False) -> Scalar:
    """A fold of integers, or (``ordered``) one from left to right."""
    element, combine = element_loader(char, acc, prepare), narrowed(combine, acc)
    rows = running_rows(char, acc, element, combine, running_octet(element, combine))
    return _fold(
        running_row(char, acc, element, combine), tiled_columns(char, acc, rows, combine, ordered=ordered), acc
    )


def _deciding(char: str, combine: Scalar, prepare: Scalar, decided: int) -> Scalar:
    element, combine = element_loader(char, "B", prepare), narrowed(combine, "B")
    rows = running_rows(char, "B", element, combine, running_octet(element, combine))
    row = deciding_row(char, "B", element, combine, decided)
    return _fold(row, tiled_columns(char, "B", rows, combine, ordered=False), "B")


def _sum(char: str) -> Scalar:
    if char in INTEGERS:
        return _associative(char, "l", plus)
    row = sum_row(char, pairwise_sum(char))
    return _fold(row, tiled_columns(char, char, tree_rows(char, row), plus, ordered=False), char)


def _extreme(char: str, order: str) -> Scalar:
    if char in INTEGERS:
        return _associative(char, char, greater if order == ">" else less)
    if char in "FD":
        return _associative(char, char, greater_complex if order == ">" else less_complex, ordered=True)
    combine = greater_real if order == ">" else less_real
    element = element_loader(char, char, itself)
    rows = running_rows(
        char, char, element, combine, extreme_octet(char, element, combine, greater if order == ">" else less)
    )
    row = extreme_row(char, element, combine, order)
    return _fold(row, tiled_columns(char, char, rows, combine, ordered=False), char)


FOLDS: dict[str, Callable[[], Scalar]] = {
    **{f"sum-{c}": lambda c=c: _sum(c) for c in "bBhHiIlfdFD"},  # type: ignore[misc]
    **{f"prod-{c}": lambda c=c: _associative(c, "l", times) for c in "bBhHiIl"},  # type: ignore[misc]
    **{f"prod-{c}": lambda c=c: _associative(c, c, times, ordered=True) for c in "fdFD"},  # type: ignore[misc]
    **{f"max-{c}": lambda c=c: _extreme(c, ">") for c in "bBhHiIlLfdFD"},  # type: ignore[misc]
    **{f"min-{c}": lambda c=c: _extreme(c, "<") for c in "bBhHiIlLfdFD"},  # type: ignore[misc]
    **{f"any-{c}": lambda c=c: _deciding(c, either, nonzero_integer, 1) for c in "BHIL"},  # type: ignore[misc]
    **{f"all-{c}": lambda c=c: _deciding(c, both, nonzero_integer, 0) for c in "BHIL"},  # type: ignore[misc]
    **{f"any-real-{c}": lambda c=c: _deciding(c, either, nonzero_bits_of(c), 1) for c in "HIL"},  # type: ignore[misc]
    **{f"all-real-{c}": lambda c=c: _deciding(c, both, nonzero_bits_of(c), 0) for c in "HIL"},  # type: ignore[misc]
    **{f"and-{c}": lambda c=c: _associative(c, c, both) for c in "BHIL"},  # type: ignore[misc]
    **{f"or-{c}": lambda c=c: _associative(c, c, either) for c in "BHIL"},  # type: ignore[misc]
    **{f"xor-{c}": lambda c=c: _associative(c, c, differ) for c in "BHIL"},  # type: ignore[misc]
}
"""Kernel name → its source; the last letter is the element character that is read from memory."""


@cache
def fold_address(name: str) -> int:
    """Address of a fold, compiled on first use."""
    return compiled_loop(FOLDS[name](), f"fold-{name}")
