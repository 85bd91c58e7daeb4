"""Exact sums and products over the first terms of a line, for as many lengths as are wanted, in one pass."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

import numpy as np

from parity.compare.bounds import Moments, Product
from parity.compare.exact import decomposed, scaled, shifted
from parity.compare.finding import Floats

PRODUCT_BITS = 512
"""Products are carried to so many bits: exact when they are short, else with a relative error below n 2^-510."""

FAR = 8192
"""Powers of two beyond 2^FAR and below 2^-FAR stand for all further ones: no format reaches them."""


def sums(column: Floats, counts: Sequence[int], *, squares: bool) -> dict[int, Moments]:
    """Moments of the first terms of a real line, by number of terms; those that hold a NaN or an infinity are left out.

    squares: also of the squares, which are dear.
    """
    counts = _finite_counts([column], counts)
    terms = scaled(column[: max(counts, default=0)])
    totals = list(accumulate(terms.integers))
    magnitudes = list(accumulate(abs(integer) for integer in terms.integers))
    powers = list(accumulate(integer * integer for integer in terms.integers)) if squares else []
    return {
        count: Moments(
            count,
            shifted(totals[count - 1], terms.unit),
            shifted(magnitudes[count - 1], terms.unit),
            shifted(powers[count - 1], 2 * terms.unit) if squares else Fraction(0),
        )
        for count in counts
    }


def products(columns: Sequence[Floats], counts: Sequence[int]) -> dict[int, Product]:
    """Products of the first terms, by number of terms; columns: one of real terms, or real and imaginary parts."""
    counts = _finite_counts(columns, counts)
    length = max(counts, default=0)
    wanted = set(counts)
    digits = [decomposed(column[:length]) for column in columns]
    with np.errstate(divide="ignore"):
        growth = np.cumsum(np.maximum(np.log2(np.abs(columns[0][:length])), 0)).tolist()
    found = {}
    product, exponent = [1] + [0] * (len(columns) - 1), 0
    for number, terms in enumerate(zip(*(zip(*column, strict=True) for column in digits), strict=True), start=1):
        least = min((power for integer, power in terms if integer), default=0)
        factor = [integer << (power - least) if integer else 0 for integer, power in terms]
        product, exponent = _cut(_times(product, factor), exponent + least)
        if number in wanted:
            found[number] = Product(number, tuple(_far(part, exponent) for part in product), growth[number - 1])
    return found


def _finite_counts(columns: Sequence[Floats], counts: Sequence[int]) -> list[int]:
    broken = np.flatnonzero(~np.logical_and.reduce([np.isfinite(column) for column in columns]))
    end = int(broken[0]) if len(broken) else len(columns[0])
    return [count for count in counts if 0 < count <= end]


def _times(one: list[int], other: list[int]) -> list[int]:
    if len(one) == 1:
        return [one[0] * other[0]]
    return [one[0] * other[0] - one[1] * other[1], one[0] * other[1] + one[1] * other[0]]


def _cut(product: list[int], exponent: int) -> tuple[list[int], int]:
    excess = max(part.bit_length() for part in product) - PRODUCT_BITS
    if excess <= 0:
        return product, exponent
    return [part >> excess for part in product], exponent + excess


def _far(integer: int, exponent: int) -> Fraction:
    size = integer.bit_length() + exponent
    return shifted(integer, exponent - max(0, size - FAR) + max(0, -FAR - size))
