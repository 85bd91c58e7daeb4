"""Pools in which places matter: pairs of special values, ties, one odd element among others."""

from random import Random

from parity.cases.mixtures import general
from parity.cases.samples import tame
from parity.cases.values import (
    LENGTH,
    SMALL_LENGTH,
    FloatPatterns,
    Patterns,
    complex_specials,
    fitting,
    float_pattern,
    integer_limits,
    integer_specials,
    kind_of,
    repeat,
)
from parity.documents.elements import COMPONENT, ELEMENTS

NEEDLE = 128
"""Index of the odd one in the pools that hold one: an argument that starts at NEEDLE - k has it as element k."""


def cross(specials: list[int], char: str, *, right: bool) -> Patterns:
    """One side of all pairs. Bool and complex have lists of their own."""
    items: list[tuple[int, ...]] = [(0,), (1,)] if char == "?" else [(value,) for value in specials]
    if kind_of(char) == "c":
        items = list(complex_specials(char))
    count = len(items)
    chosen = [items[index % count] if right else items[index // count] for index in range(count * count)]
    return [part for item in chosen for part in item]


def specials_of(char: str) -> list[int]:
    """The special values of a real type."""
    kind = kind_of(char)
    return FloatPatterns(char).specials() if kind == "f" else integer_specials(char) if kind in "iu" else []


def special_pairs(char: str) -> int:
    """How many pairs of special values a type has: the length of `left` and `right`."""
    count = 2 if char == "?" else len(complex_specials(char)) if kind_of(char) == "c" else len(specials_of(char))
    return count * count


def left(char: str, _random: Random) -> Patterns:
    """First operands of all pairs of special values."""
    return cross(specials_of(char), char, right=False)


def right(char: str, _random: Random) -> Patterns:
    """Second operands of all pairs of special values."""
    return cross(specials_of(char), char, right=True)


def left_of_other_sign(char: str, random: Random) -> Patterns:
    """First operands of all pairs with special values of the integer type of this width and the other sign."""
    if kind_of(char) not in "iu":
        return left(char, random)
    times = len(specials_of(char.swapcase()))
    return [value for value in specials_of(char) for _ in range(times)]


def right_of_other_sign(char: str, random: Random) -> Patterns:
    """Second operands to go with it."""
    if kind_of(char) not in "iu":
        return right(char, random)
    return specials_of(char) * len(specials_of(char.swapcase()))


def without_opposite_zeros(char: str, *, right: bool) -> Patterns:
    """One side of all pairs, with two positive zeros in the place of zeros of opposite signs."""
    found, other = (cross(specials_of(char), char, right=side) for side in (right, not right))
    if kind_of(char) == "f":
        sign = FloatPatterns(char).sign
        found = [0 if {mine, theirs} == {0, sign} else mine for mine, theirs in zip(found, other, strict=True)]
    return found


def left_one_zero(char: str, _random: Random) -> Patterns:
    """`left` without zeros of opposite signs: NumPy's vectors and its remainder loop give fmax of them another sign."""
    return without_opposite_zeros(char, right=False)


def right_one_zero(char: str, _random: Random) -> Patterns:
    """`right` to go with it."""
    return without_opposite_zeros(char, right=True)


def right_counts(char: str, _random: Random) -> Patterns:
    """Shift counts that meet every special value of `left`."""
    bits = 8 * ELEMENTS[char].size
    values = fitting(char, [0, 1, bits - 1, bits, bits + 1, -1, *integer_limits(char), 2, bits // 2, 2 * bits, 5, 3])
    return cross((values * 2)[: len(specials_of(char))], char, right=True)


def right_exponents(char: str, _random: Random) -> Patterns:
    """Exponents without negative ones that meet every special value of `left`."""
    bits = 8 * ELEMENTS[char].size
    values = fitting(char, [0, 1, 2, 3, bits - 1, bits, bits + 1, integer_limits(char)[1], 5, 16, 31, 62, 7])
    return cross((values * 2)[: len(specials_of(char))], char, right=True)


def classes(char: str, random: Random) -> Patterns:
    """A few values over and over: zeros, ones, limits, NaN. Two operands are often equal, and often false."""
    kind = kind_of(char)
    if kind == "b":
        return repeat(LENGTH, lambda: random.getrandbits(1))
    if kind in "iu":
        low, high = integer_limits(char)
        values = [0, 1, high, low or 2]
        return repeat(LENGTH, lambda: values[random.getrandbits(2)])
    parts = FloatPatterns(COMPONENT.get(char, char))
    zero, one, nan, infinity = 0, parts.of(1.0), parts.nan, parts.infinity
    if kind == "f":
        values = [zero, parts.sign, one, nan, infinity, parts.sign | infinity, parts.of(-1.5), 1]
        return repeat(LENGTH, lambda: values[random.getrandbits(3)])
    pairs = [
        (zero, zero),
        (parts.sign, zero),
        (zero, one),
        (one, zero),
        (one, one),
        (nan, zero),
        (one, nan),
        (one, infinity),
    ]
    return [part for _ in range(LENGTH) for part in pairs[random.getrandbits(3)]]


def units(char: str, random: Random) -> Patterns:
    """Integers from -3 to 3 without zero, for a reciprocal that is not always zero."""
    if kind_of(char) not in "iu":
        return general(char, random)
    return repeat(
        LENGTH, lambda: (1 + random.getrandbits(8) % 3) * (1 if char.isupper() or random.getrandbits(1) else -1)
    )


def ties(char: str, random: Random) -> Patterns:
    """Seven values, so that the extreme ones come often; no zeros, whose signs would matter."""
    kind = kind_of(char)
    if kind == "b":
        return repeat(SMALL_LENGTH, lambda: random.getrandbits(1))
    if kind in "iu":
        return repeat(SMALL_LENGTH, lambda: 1 + random.getrandbits(8) % 7)
    component = COMPONENT.get(char, char)

    def draw() -> int:
        return float_pattern(component, random.getrandbits(8) % 7 + 0.5)

    return repeat(SMALL_LENGTH * (1 if kind == "f" else 2), draw)


def with_needle(char: str, random: Random, first: int, second: int) -> Patterns:
    """`tame` with odd ones at NEEDLE and twelve places on; of complex numbers in the real, then the imaginary part."""
    found = tame(char, random)
    width = 2 if kind_of(char) == "c" else 1
    if kind_of(char) in "fc":
        found[NEEDLE * width], found[(NEEDLE + 12) * width + width - 1] = first, second
    return found[: SMALL_LENGTH * width]


def nan(char: str, random: Random) -> Patterns:
    """A NaN at NEEDLE, and one of the other sign."""
    parts = FloatPatterns(COMPONENT.get(char, char if kind_of(char) == "f" else "d"))
    return with_needle(char, random, parts.nan, parts.sign | parts.nan)


def infinity(char: str, random: Random) -> Patterns:
    """Plus infinity at NEEDLE and minus infinity twelve places on: their sum is NaN."""
    parts = FloatPatterns(COMPONENT.get(char, char if kind_of(char) == "f" else "d"))
    return with_needle(char, random, parts.infinity, parts.sign | parts.infinity)


def sparse(char: str, random: Random) -> Patterns:
    """Zeros (of both signs), but one number at NEEDLE and, past twice that, one in 25."""
    width = 2 if kind_of(char) == "c" else 1
    some = (general(char, random, LENGTH) * 5)[: LENGTH * width]
    zeros = [0, FloatPatterns(COMPONENT.get(char, char)).sign] if kind_of(char) in "fc" else [0, 0]
    found = []
    for index in range(len(some) // width):
        chosen = index == NEEDLE or (index > 2 * NEEDLE and random.getrandbits(16) % 25 == 0)
        parts = some[index * width : (index + 1) * width] if chosen else [zeros[random.getrandbits(1)]] * width
        found += [1] if char == "?" and chosen else parts
    if kind_of(char) == "c":  # an imaginary part alone must count
        found[NEEDLE * 2], found[NEEDLE * 2 + 1] = 0, FloatPatterns(COMPONENT[char]).of(1.0)
    elif kind_of(char) != "b":
        found[NEEDLE] = 1
    return found


def dense(char: str, random: Random) -> Patterns:
    """No zero but one at NEEDLE and, past twice that, one in 25; NaN is not zero."""
    width = 2 if kind_of(char) == "c" else 1
    some = (general(char, random, LENGTH) * 5)[: LENGTH * width]
    one = [1] * width
    sign = FloatPatterns(COMPONENT.get(char, char)).sign if kind_of(char) in "fc" else 0
    found: Patterns = []
    for index in range(len(some) // width):
        parts = some[index * width : (index + 1) * width]
        if index == NEEDLE or (index > 2 * NEEDLE and random.getrandbits(16) % 25 == 0):
            found += [0] * width
        else:
            found += parts if any(part & ~sign for part in parts) else one
    return found
