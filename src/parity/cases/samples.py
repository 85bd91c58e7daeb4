"""Finite numbers by the use that they are put to: sums, products, powers, shifts, intervals."""

from random import Random

from parity.cases.mixtures import general
from parity.cases.values import (
    LENGTH,
    SMALL_LENGTH,
    FloatPatterns,
    Patterns,
    distinct,
    fitting,
    float_pattern,
    integer_limits,
    kind_of,
    pairs,
    repeat,
    shuffled,
)
from parity.documents.elements import COMPONENT, ELEMENTS, FLOAT_FORMATS


def _spread(char: str, random: Random, low: int, high: int, count: int = LENGTH) -> Patterns:
    """Finite numbers, distinct, exponents from low to high; integers of moderate size; no zeros."""
    kind = kind_of(char)
    if kind == "b":
        return repeat(count, lambda: random.getrandbits(1))
    if kind in "iu":
        least, greatest = integer_limits(char)
        if ELEMENTS[char].size == 1:
            return shuffled(list(range(max(least, -100), min(greatest, 150) + 1)), random)
        scale = min(greatest // 2, 1 << 20)
        shift = scale // 2 if least < 0 else 0
        return distinct([], count, lambda: random.getrandbits(32) % scale - shift, random)
    parts = FloatPatterns(COMPONENT.get(char, char))
    draw = lambda: parts.draw(random, low, high)  # noqa: E731 - one line, used twice
    if kind == "f":
        return distinct([], count, draw, random)
    return pairs(distinct([], count, draw, random), distinct([], count, draw, random))


def tame(char: str, random: Random) -> Patterns:
    """Both signs, between 2^-5 and 2^5: sums and means stay finite and well above their rounding."""
    return _spread(char, random, -5, 4)


def moderate(char: str, random: Random) -> Patterns:
    """Exponents within a quarter of the range: products of two neither overflow nor become subnormal."""
    reach = FLOAT_FORMATS[COMPONENT.get(char, char)].e_max // 4 - 2 if kind_of(char) in "fc" else 0
    return _spread(char, random, -reach, reach)


def gentle(char: str, random: Random) -> Patterns:
    """Moduli about 1: powers of one by another stay near 1, too."""
    return _spread(char, random, -3, 0)


def positive(char: str, random: Random) -> Patterns:
    """`tame` without negative numbers: differences and quotients of sums show the order of operands."""
    if kind_of(char) != "f":
        return tame(char, random)
    sign = FloatPatterns(char).sign
    return [pattern & ~sign for pattern in tame(char, random)]


def tenths(char: str, random: Random) -> Patterns:
    """One value, 0.1, over and over.

    A sum in sequence rounds in the same direction each time and leaves the bound of a sum in pairs; among different
    elements the errors cancel, and it does not.
    """
    del random
    tenth = float_pattern(COMPONENT.get(char, char), 0.1) if kind_of(char) in "fc" else 1
    return [tenth] * (2 * SMALL_LENGTH if kind_of(char) == "c" else SMALL_LENGTH)


def wide(char: str, random: Random) -> Patterns:
    """Large numbers that cancel among small ones: x, then y, then -x a few places on. Condition numbers are high."""
    found = _spread(char, random, -5, 4)
    if kind_of(char) != "f":
        return found
    parts = FloatPatterns(char)
    reach = 8 if char == "e" else parts.format.precision // 2
    for start in range(0, LENGTH - 40, 41):
        large = parts.draw(random, reach - 2, reach)
        found[start + random.getrandbits(8) % 17], found[start + 20 + random.getrandbits(8) % 17] = (
            large,
            large ^ parts.sign,
        )
    return found


def factors(char: str, random: Random) -> Patterns:
    """Factors of long products: odd integers (even ones would leave only zeros), floats and moduli within 1 +- 2^-6."""
    kind = kind_of(char)
    if kind == "b":
        return [1] * SMALL_LENGTH
    if kind in "iu":
        bits = 8 * ELEMENTS[char].size
        return repeat(LENGTH, lambda: random.getrandbits(bits) | 1)
    component = COMPONENT.get(char, char)
    sign = FloatPatterns(component).sign

    def near_one() -> int:
        return float_pattern(component, 1.0 + (random.getrandbits(12) - 2048) / 131072) | sign * random.getrandbits(1)

    if kind == "f":
        return repeat(LENGTH, near_one)
    quarter_turns = [(near_one(), float_pattern(component, random.getrandbits(8) / 4096)) for _ in range(LENGTH)]
    return [part for pair in quarter_turns for part in (pair if random.getrandbits(1) else pair[::-1])]


def _same_sign(char: str, random: Random, low: int, high: int) -> Patterns:
    parts = FloatPatterns(char)
    return [parts.draw(random, low, high) & ~parts.sign for _ in range(SMALL_LENGTH)]


def huge(char: str, random: Random) -> Patterns:
    """Positive numbers of which any two have an infinite product, and any eight an infinite sum."""
    if kind_of(char) != "f":
        return general(char, random, SMALL_LENGTH)
    return _same_sign(char, random, FLOAT_FORMATS[char].e_max - 1, FLOAT_FORMATS[char].e_max)


def minute(char: str, random: Random) -> Patterns:
    """Positive numbers of which any two have a product of zero: underflow."""
    if kind_of(char) != "f":
        return general(char, random, SMALL_LENGTH)
    return _same_sign(char, random, FLOAT_FORMATS[char].e_min, FLOAT_FORMATS[char].e_min)


def offset(char: str, random: Random) -> Patterns:
    """A large mean and a small spread: a variance in one pass loses all digits here."""
    if kind_of(char) != "f":
        return _spread(char, random, -1, 0)
    large = {"e": 256, "f": 8192, "d": 1 << 30}[char]
    return repeat(LENGTH, lambda: float_pattern(char, large + random.getrandbits(6) / 4))


def small(char: str, random: Random) -> Patterns:
    """0 to 3, as values of the type; complex with an imaginary part of zero: powers and shifts of them are exact."""
    if kind_of(char) == "b":
        return repeat(SMALL_LENGTH, lambda: random.getrandbits(1))
    if kind_of(char) in "iu":
        return repeat(SMALL_LENGTH, lambda: random.getrandbits(2))
    component = COMPONENT.get(char, char)
    found = repeat(SMALL_LENGTH, lambda: float_pattern(component, float(random.getrandbits(2))))
    return found if kind_of(char) == "f" else pairs(found, [0] * SMALL_LENGTH)


def dyadic(char: str, random: Random) -> Patterns:
    """Powers of two between 1/4 and 4, of either sign, on the real or imaginary axis: quotients are exact."""
    if kind_of(char) not in "fc":
        return nonzero(char, random)
    component = COMPONENT.get(char, char)
    parts = FloatPatterns(component)

    def draw() -> int:
        return parts.of(0.25 * (1 << random.getrandbits(8) % 5)) | parts.sign * random.getrandbits(1)

    if kind_of(char) == "f":
        return repeat(SMALL_LENGTH, draw)
    pairs = [(draw(), 0) if random.getrandbits(1) else (0, draw()) for _ in range(SMALL_LENGTH)]
    return [part for pair in pairs for part in pair]


def powers(char: str, random: Random) -> Patterns:
    """1, 2 and 4: a chain of powers of them is exact, however pow is computed."""
    if kind_of(char) != "f":
        return small(char, random)
    parts = FloatPatterns(char)
    return repeat(SMALL_LENGTH, lambda: parts.of(float(1 << random.getrandbits(8) % 3)))


def within(char: str, low: float, high: float, random: Random) -> Patterns:
    """An interval: half uniform, half uniform in exponent towards zero. Complex: its imaginary part is within +-8."""
    component = COMPONENT.get(char, char)
    if kind_of(component) != "f":
        return general(char, random)
    largest = {"e": 65504.0, "f": 3.4e38, "d": 1e308}[component]
    low, high = max(low, -largest), min(high, largest)
    zeros = low <= 0 <= high

    def draw() -> int:
        share = random.getrandbits(30) / (1 << 30)
        if zeros and random.getrandbits(1):
            side = high if low == 0 or random.getrandbits(1) else low
            return float_pattern(component, side * share / (1 << random.getrandbits(8) % 12))
        return float_pattern(component, low + (high - low) * share)

    found = distinct([], LENGTH, draw, random)
    if char == component:
        return found
    return pairs(
        found, repeat(LENGTH, lambda: float_pattern(component, (random.getrandbits(20) - (1 << 19)) / (1 << 16)))
    )


# -- integers for operations with a domain ---------------------------------------------------------


def counts(char: str, random: Random) -> Patterns:
    """Shift counts: mostly below the width, and the width, its neighbours, the limits and negative ones."""
    if kind_of(char) not in "iu":
        return general(char, random, SMALL_LENGTH)
    bits = 8 * ELEMENTS[char].size
    odd = fitting(char, [0, bits - 1, bits, bits + 1, 2 * bits, -1, -bits, *integer_limits(char)])

    def draw() -> int:
        choice = random.getrandbits(8)
        return odd[choice % len(odd)] if choice < 64 else random.getrandbits(16) % bits

    return repeat(LENGTH - 22, draw)


def exponents(char: str, random: Random) -> Patterns:
    """Exponents of integers: 0 to 70, mostly small; negative ones raise, and have cases of their own."""
    if kind_of(char) not in "iu":
        return gentle(char, random)
    return repeat(LENGTH - 22, lambda: random.getrandbits(8) % (71 if random.getrandbits(2) == 0 else 8))


def nonzero(char: str, random: Random) -> Patterns:
    """`general` without zeros, whose integer reciprocal C leaves undefined."""
    found = general(char, random)
    return [pattern for pattern in found if pattern] if kind_of(char) in "iu" else found
