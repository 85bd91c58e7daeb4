"""The two large mixtures of values: everything that an element type holds."""

from random import Random

from parity.cases.values import (
    LENGTH,
    FloatPatterns,
    Patterns,
    complex_specials,
    distinct,
    fitting,
    integer_limits,
    integer_specials,
    kind_of,
    repeat,
    shuffled,
)
from parity.documents.elements import COMPONENT, ELEMENTS


def general(char: str, random: Random, count: int = LENGTH) -> Patterns:
    """Everything: uniform in exponent, dense near 0 and 1, integers and halves, subnormals, limits, special values."""
    kind = kind_of(char)
    if kind == "b":
        return repeat(count, lambda: random.getrandbits(1))
    if kind in "iu":
        return _integers(char, random, count)
    if kind == "f":
        return _floats(char, random, count)
    return _complex(char, random, count)


def _integers(char: str, random: Random, count: int) -> Patterns:
    low, high = integer_limits(char)
    bits = 8 * ELEMENTS[char].size
    if bits == 8:
        return shuffled(list(range(low, high + 1)), random)
    powers = [sign * (1 << bit) + step for bit in range(bits) for step in (-1, 0, 1) for sign in (1, -1)]
    start = fitting(char, [*range(-16, 40), *integer_specials(char), *shuffled(powers, random)[: count // 3]])

    def draw() -> int:
        value = random.getrandbits(1 + random.getrandbits(16) % bits)
        return value if low == 0 else max(low, min(high, value - (value << 1 if random.getrandbits(1) else 0)))

    return distinct(start, count, draw, random)


def _floats(char: str, random: Random, count: int) -> Patterns:
    parts = FloatPatterns(char)
    precision = parts.format.precision
    one = parts.of(1.0)
    start = [
        *parts.specials(),
        *(sign | one + step for step in range(-12, 13) for sign in (0, parts.sign)),
        *(parts.of(step / 2) for step in range(-44, 45)),
        *(parts.of(float((1 << (precision - 3)) + step) + 0.5) for step in range(8)),
        *(parts.of(float((1 << (precision - 1)) + step)) for step in range(-3, 4)),
        *(sign | parts.largest - step for step in range(1, 5) for sign in (0, parts.sign)),
        *repeat(24, lambda: parts.subnormal(random)),
    ]
    draws = (
        lambda: parts.draw(random, -8, 8),
        lambda: parts.draw(random, -3, 2),
        lambda: parts.draw(random, -24, 0),
        lambda: parts.draw(random, parts.format.e_min, parts.format.e_max),
    )

    def draw() -> int:
        return draws[random.getrandbits(2)]()

    return distinct(start, count, draw, random)


def _complex(char: str, random: Random, count: int) -> Patterns:
    component = COMPONENT[char]
    parts = FloatPatterns(component)
    axis = [0, parts.sign, parts.of(1.0), 1, parts.tiny]
    pairs = dict.fromkeys(complex_specials(char))
    while len(pairs) < count:
        choice = random.getrandbits(3)
        if choice == 0:
            pair = (parts.draw(random, -600, 600), parts.draw(random, -600, 600))
        elif choice == 1:
            pair = (axis[random.getrandbits(8) % len(axis)], parts.draw(random, -4, 4))
            pair = pair if random.getrandbits(1) else (pair[1], pair[0])
        elif choice == 2:
            pair = tuple(parts.of((random.getrandbits(5) - 16) / 2) for _ in range(2))  # type: ignore[assignment]
        else:
            pair = (parts.draw(random, -6, 5), parts.draw(random, -6, 5))
        pairs[pair] = None
    return [part for pair in shuffled(list(pairs), random) for part in pair]


def second(char: str, random: Random) -> Patterns:
    """The same mixture in another length, so that two operands meet in ever new pairs."""
    return general(char, random, LENGTH - 22)[: 251 if ELEMENTS[char].size == 1 and char != "?" else None]


def second_nonzero(char: str, random: Random) -> Patterns:
    """`second` with ones in the place of zeros, for fmax and fmin: of zeros of opposite signs they may give either."""
    found = second(char, random)
    if kind_of(char) not in "iuf":
        return found
    sign, one = (FloatPatterns(char).sign, FloatPatterns(char).of(1.0)) if kind_of(char) == "f" else (0, 1)
    return [pattern if pattern & ~sign else one for pattern in found]
