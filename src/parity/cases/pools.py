"""Pools: named runs of elements from which all arguments are taken.

A pool's name is `<char>.<recipe>`. It depends on the seed and its name alone, so a selection of cases never changes
the elements of another. Patterns do not come twice in `general` and `second` (as far as the type has enough), and an
8-bit pool is one permutation of all 256 values: no two lanes within 250 hold the same element.
"""

import struct
from collections.abc import Callable, Iterable
from functools import cache
from random import Random

from parity.cases.values import (
    FloatPatterns,
    complex_specials,
    fitting,
    float_pattern,
    integer_limits,
    integer_specials,
    shuffled,
)
from parity.documents.elements import COMPONENT, ELEMENTS, FLOAT_FORMATS

LENGTH = 1031
"""Elements of a large pool: a prime past 1000, so that no power of two divides the way around its end."""
SMALL_LENGTH = 331
NEEDLE = 128
"""Index of the odd one in the pools that hold one: an argument that starts at NEEDLE - k has it as element k."""

Patterns = list[int]
Recipe = Callable[[str, Random], Patterns]


def build_pools(seed: str, names: Iterable[str] | None = None) -> dict[str, bytes]:
    """The pools of these names, None: of all that have one, as little-endian bytes."""
    return {name: build_pool(seed, name) for name in (pool_names() if names is None else names)}


@cache
def build_pool(seed: str, name: str) -> bytes:
    """The little-endian bytes of one pool."""
    char, _, recipe = name.partition(".")
    random = Random(f"{seed}/{name}")
    if recipe.startswith("within."):
        low, high = recipe.removeprefix("within.").split("..")
        return _packed(char, _within(char, float(low), float(high), random))
    return _packed(char, RECIPES[recipe](char, random))


def pool_names() -> tuple[str, ...]:
    """Every recipe for every element type, without the intervals, which the catalogue's rows name."""
    return tuple(f"{char}.{recipe}" for recipe in RECIPES for char in ELEMENTS)


def within(low: float, high: float) -> str:
    """The recipe that samples an interval."""
    return f"within.{low:g}..{high:g}"


def _packed(char: str, patterns: Patterns) -> bytes:
    element = ELEMENTS[char]
    size = ELEMENTS[COMPONENT.get(char, char)].size
    mask = (1 << 8 * size) - 1
    letter = {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
    data = struct.pack(f"<{len(patterns)}{letter}", *[pattern & mask for pattern in patterns])
    assert len(data) % element.size == 0
    return data


def _repeat(count: int, draw: Callable[[], int]) -> Patterns:
    return [draw() for _ in range(count)]


def _distinct(start: list[int], count: int, draw: Callable[[], int], random: Random) -> Patterns:
    """`start` and drawn patterns, `count` in all, none twice, shuffled."""
    found = dict.fromkeys(start)
    while len(found) < count:
        found[draw()] = None
    return shuffled(list(found), random)


def _pairs(parts: Patterns, imaginary: Patterns) -> Patterns:
    """Components of complex numbers, alternating."""
    return [part for pair in zip(parts, imaginary, strict=True) for part in pair]


def _kind(char: str) -> str:
    return ELEMENTS[char].kind


def _is_bool(char: str) -> bool:
    return char == "?"


# -- the two large mixtures ------------------------------------------------------------------------


def _general(char: str, random: Random, count: int = LENGTH) -> Patterns:
    """Everything: uniform in exponent, dense near 0 and 1, integers and halves, subnormals, limits, special values."""
    kind = _kind(char)
    if kind == "b":
        return _repeat(count, lambda: random.getrandbits(1))
    if kind in "iu":
        return _general_integers(char, random, count)
    if kind == "f":
        return _general_floats(char, random, count)
    return _general_complex(char, random, count)


def _general_integers(char: str, random: Random, count: int) -> Patterns:
    low, high = integer_limits(char)
    bits = 8 * ELEMENTS[char].size
    if bits == 8:
        return shuffled(list(range(low, high + 1)), random)
    powers = [sign * (1 << bit) + step for bit in range(bits) for step in (-1, 0, 1) for sign in (1, -1)]
    start = fitting(char, [*range(-16, 40), *integer_specials(char), *shuffled(powers, random)[: count // 3]])

    def draw() -> int:
        value = random.getrandbits(1 + random.getrandbits(16) % bits)
        return value if low == 0 else max(low, min(high, value - (value << 1 if random.getrandbits(1) else 0)))

    return _distinct(start, count, draw, random)


def _general_floats(char: str, random: Random, count: int) -> Patterns:
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
        *_repeat(24, lambda: parts.subnormal(random)),
    ]
    draws: tuple[Callable[[], int], ...] = (
        lambda: parts.draw(random, -8, 8),
        lambda: parts.draw(random, -3, 2),
        lambda: parts.draw(random, -24, 0),
        lambda: parts.draw(random, parts.format.e_min, parts.format.e_max),
    )
    return _distinct(start, count, lambda: draws[random.getrandbits(2)](), random)


def _general_complex(char: str, random: Random, count: int) -> Patterns:
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


def _second(char: str, random: Random) -> Patterns:
    """The same mixture in another length, so that two operands meet in ever new pairs."""
    return _general(char, random, LENGTH - 22)[: 251 if ELEMENTS[char].size == 1 and char != "?" else None]


# -- finite numbers --------------------------------------------------------------------------------


def _spread(char: str, random: Random, low: int, high: int, count: int = LENGTH) -> Patterns:
    """Finite numbers, distinct, exponents from low to high; integers of moderate size; no zeros."""
    kind = _kind(char)
    if kind == "b":
        return _repeat(count, lambda: random.getrandbits(1))
    if kind in "iu":
        least, greatest = integer_limits(char)
        if ELEMENTS[char].size == 1:
            return shuffled(list(range(max(least, -100), min(greatest, 150) + 1)), random)
        scale = min(greatest // 2, 1 << 20)
        shift = scale // 2 if least < 0 else 0
        return _distinct([], count, lambda: random.getrandbits(32) % scale - shift, random)
    parts = FloatPatterns(COMPONENT.get(char, char))
    draw = lambda: parts.draw(random, low, high)  # noqa: E731 - one line, used twice
    if kind == "f":
        return _distinct([], count, draw, random)
    return _pairs(_distinct([], count, draw, random), _distinct([], count, draw, random))


def _tame(char: str, random: Random) -> Patterns:
    """Both signs, between 2^-5 and 2^5: sums and means stay finite and well above their rounding."""
    return _spread(char, random, -5, 4)


def _moderate(char: str, random: Random) -> Patterns:
    """Exponents within a quarter of the range: products of two neither overflow nor become subnormal."""
    reach = FLOAT_FORMATS[COMPONENT.get(char, char)].e_max // 4 - 2 if _kind(char) in "fc" else 0
    return _spread(char, random, -reach, reach)


def _gentle(char: str, random: Random) -> Patterns:
    """Moduli about 1: powers of one by another stay near 1, too."""
    return _spread(char, random, -3, 0)


def _positive(char: str, random: Random) -> Patterns:
    """`tame` without negative numbers: differences and quotients of sums show the order of operands."""
    if _kind(char) != "f":
        return _tame(char, random)
    sign = FloatPatterns(char).sign
    return [pattern & ~sign for pattern in _tame(char, random)]


def _wide(char: str, random: Random) -> Patterns:
    """Large numbers that cancel among small ones: x, then y, then -x a few places on. Condition numbers are high."""
    found = _spread(char, random, -5, 4)
    if _kind(char) != "f":
        return found
    parts = FloatPatterns(char)
    reach = 8 if char == "e" else parts.format.precision // 2
    for start in range(0, LENGTH - 40, 41):
        large = parts.draw(random, reach - 2, reach)
        found[start + random.getrandbits(8) % 17], found[start + 20 + random.getrandbits(8) % 17] = large, large ^ parts.sign
    return found


def _factors(char: str, random: Random) -> Patterns:
    """Factors of long products: odd integers (even ones would leave only zeros), floats and moduli within 1 +- 2^-6."""
    kind = _kind(char)
    if kind == "b":
        return [1] * SMALL_LENGTH
    if kind in "iu":
        bits = 8 * ELEMENTS[char].size
        return _repeat(LENGTH, lambda: random.getrandbits(bits) | 1)
    component = COMPONENT.get(char, char)
    sign = FloatPatterns(component).sign

    def near_one() -> int:
        return float_pattern(component, 1.0 + (random.getrandbits(12) - 2048) / 131072) | sign * random.getrandbits(1)

    if kind == "f":
        return _repeat(LENGTH, near_one)
    quarter_turns = [(near_one(), float_pattern(component, random.getrandbits(8) / 4096)) for _ in range(LENGTH)]
    return [part for pair in quarter_turns for part in (pair if random.getrandbits(1) else pair[::-1])]


def _same_sign(char: str, random: Random, low: int, high: int) -> Patterns:
    parts = FloatPatterns(char)
    return [parts.draw(random, low, high) & ~parts.sign for _ in range(SMALL_LENGTH)]


def _huge(char: str, random: Random) -> Patterns:
    """Positive numbers of which any two have an infinite product, and any eight an infinite sum."""
    if _kind(char) != "f":
        return _general(char, random, SMALL_LENGTH)
    return _same_sign(char, random, FLOAT_FORMATS[char].e_max - 1, FLOAT_FORMATS[char].e_max)


def _minute(char: str, random: Random) -> Patterns:
    """Positive numbers of which any two have a product of zero: underflow."""
    if _kind(char) != "f":
        return _general(char, random, SMALL_LENGTH)
    return _same_sign(char, random, FLOAT_FORMATS[char].e_min, FLOAT_FORMATS[char].e_min + 1)


def _offset(char: str, random: Random) -> Patterns:
    """A large mean and a small spread: a variance in one pass loses all digits here."""
    if _kind(char) != "f":
        return _spread(char, random, -1, 0)
    large = {"e": 256, "f": 8192, "d": 1 << 30}[char]
    return _repeat(LENGTH, lambda: float_pattern(char, large + random.getrandbits(6) / 4))


def _small(char: str, random: Random) -> Patterns:
    """0 to 3, as values of the type; complex with an imaginary part of zero: powers and shifts of them are exact."""
    if _kind(char) == "b":
        return _repeat(SMALL_LENGTH, lambda: random.getrandbits(1))
    if _kind(char) in "iu":
        return _repeat(SMALL_LENGTH, lambda: random.getrandbits(2))
    component = COMPONENT.get(char, char)
    found = _repeat(SMALL_LENGTH, lambda: float_pattern(component, float(random.getrandbits(2))))
    return found if _kind(char) == "f" else _pairs(found, [0] * SMALL_LENGTH)


def _dyadic(char: str, random: Random) -> Patterns:
    """Powers of two between 1/4 and 4, of either sign, on the real or imaginary axis: quotients are exact."""
    if _kind(char) not in "fc":
        return _nonzero(char, random)
    component = COMPONENT.get(char, char)
    parts = FloatPatterns(component)

    def draw() -> int:
        return parts.of(0.25 * (1 << random.getrandbits(8) % 5)) | parts.sign * random.getrandbits(1)

    if _kind(char) == "f":
        return _repeat(SMALL_LENGTH, draw)
    pairs = [(draw(), 0) if random.getrandbits(1) else (0, draw()) for _ in range(SMALL_LENGTH)]
    return [part for pair in pairs for part in pair]


def _within(char: str, low: float, high: float, random: Random) -> Patterns:
    """An interval: half uniform, half uniform in exponent towards the end nearer to zero; complex: the real part so, and
    the imaginary part within +-8."""
    component = COMPONENT.get(char, char)
    if _kind(component) != "f":
        return _general(char, random)
    largest = {"e": 65504.0, "f": 3.4e38, "d": 1e308}[component]
    low, high = max(low, -largest), min(high, largest)
    zeros = low <= 0 <= high

    def draw() -> int:
        share = random.getrandbits(30) / (1 << 30)
        if zeros and random.getrandbits(1):
            side = high if low == 0 or random.getrandbits(1) else low
            return float_pattern(component, side * share / (1 << random.getrandbits(8) % 12))
        return float_pattern(component, low + (high - low) * share)

    found = _distinct([], LENGTH, draw, random)
    if char == component:
        return found
    return _pairs(found, _repeat(LENGTH, lambda: float_pattern(component, (random.getrandbits(20) - (1 << 19)) / (1 << 16))))


# -- integers for operations with a domain ---------------------------------------------------------


def _counts(char: str, random: Random) -> Patterns:
    """Shift counts: mostly below the width, and the width, its neighbours, the limits and negative ones."""
    if _kind(char) not in "iu":
        return _general(char, random, SMALL_LENGTH)
    bits = 8 * ELEMENTS[char].size
    odd = fitting(char, [0, bits - 1, bits, bits + 1, 2 * bits, -1, -bits, *integer_limits(char)])

    def draw() -> int:
        choice = random.getrandbits(8)
        return odd[choice % len(odd)] if choice < 64 else random.getrandbits(16) % bits

    return _repeat(LENGTH - 22, draw)


def _exponents(char: str, random: Random) -> Patterns:
    """Exponents of integers: 0 to 70, mostly small; negative ones raise, and have cases of their own."""
    if _kind(char) not in "iu":
        return _gentle(char, random)
    return _repeat(LENGTH - 22, lambda: random.getrandbits(8) % (71 if random.getrandbits(2) == 0 else 8))


def _nonzero(char: str, random: Random) -> Patterns:
    """`general` without zeros, whose integer reciprocal C leaves undefined."""
    return [pattern for pattern in _general(char, random) if pattern]


# -- pools with structure --------------------------------------------------------------------------


def _cross(specials: list[int], char: str, right: bool) -> Patterns:
    """One side of all pairs. Bool and complex have lists of their own."""
    items: list[tuple[int, ...]] = [(0,), (1,)] if _is_bool(char) else [(value,) for value in specials]
    if _kind(char) == "c":
        items = list(complex_specials(char))
    count = len(items)
    chosen = [items[index % count] if right else items[index // count] for index in range(count * count)]
    return [part for item in chosen for part in item]


def _specials_of(char: str) -> list[int]:
    kind = _kind(char)
    return FloatPatterns(char).specials() if kind == "f" else integer_specials(char) if kind in "iu" else []


def special_pairs(char: str) -> int:
    """How many pairs of special values a type has: the length of `left` and `right`."""
    count = 2 if _is_bool(char) else len(complex_specials(char)) if _kind(char) == "c" else len(_specials_of(char))
    return count * count


def _left(char: str, _random: Random) -> Patterns:
    """First operands of all pairs of special values."""
    return _cross(_specials_of(char), char, right=False)


def _right(char: str, _random: Random) -> Patterns:
    """Second operands of all pairs of special values."""
    return _cross(_specials_of(char), char, right=True)


def _right_counts(char: str, _random: Random) -> Patterns:
    """Shift counts that meet every special value of `left`."""
    bits = 8 * ELEMENTS[char].size
    values = fitting(char, [0, 1, bits - 1, bits, bits + 1, -1, *integer_limits(char), 2, bits // 2, 2 * bits, 5, 3])
    return _cross((values * 2)[: len(_specials_of(char))], char, right=True)


def _right_exponents(char: str, _random: Random) -> Patterns:
    """Exponents without negative ones that meet every special value of `left`."""
    bits = 8 * ELEMENTS[char].size
    values = fitting(char, [0, 1, 2, 3, bits - 1, bits, bits + 1, integer_limits(char)[1], 5, 16, 31, 62, 7])
    return _cross((values * 2)[: len(_specials_of(char))], char, right=True)


def _ties(char: str, random: Random) -> Patterns:
    """Seven values, so that the extreme ones come often, and never first or last alone; no zeros, whose signs would matter."""
    kind = _kind(char)
    if kind == "b":
        return _repeat(SMALL_LENGTH, lambda: random.getrandbits(1))
    if kind in "iu":
        return _repeat(SMALL_LENGTH, lambda: 1 + random.getrandbits(8) % 7)
    component = COMPONENT.get(char, char)

    def draw() -> int:
        return float_pattern(component, random.getrandbits(8) % 7 + 0.5)

    return _repeat(SMALL_LENGTH * (1 if kind == "f" else 2), draw)


def _with_needle(char: str, random: Random, first: int, second: int) -> Patterns:
    """`tame` with an odd one at NEEDLE and another twelve places on; of complex numbers in the real, then in the
    imaginary part."""
    found = _tame(char, random)
    width = 2 if _kind(char) == "c" else 1
    if _kind(char) in "fc":
        found[NEEDLE * width], found[(NEEDLE + 12) * width + width - 1] = first, second
    return found[: SMALL_LENGTH * width]


def _nan(char: str, random: Random) -> Patterns:
    """A NaN at NEEDLE, and one of the other sign."""
    parts = FloatPatterns(COMPONENT.get(char, char if _kind(char) == "f" else "d"))
    return _with_needle(char, random, parts.nan, parts.sign | parts.nan)


def _infinity(char: str, random: Random) -> Patterns:
    """Plus infinity at NEEDLE and minus infinity twelve places on: their sum is NaN."""
    parts = FloatPatterns(COMPONENT.get(char, char if _kind(char) == "f" else "d"))
    return _with_needle(char, random, parts.infinity, parts.sign | parts.infinity)


def _sparse(char: str, random: Random) -> Patterns:
    """Zeros (of both signs), but one number at NEEDLE and, past twice that, one in 25."""
    width = 2 if _kind(char) == "c" else 1
    some = (_general(char, random, LENGTH) * 5)[: LENGTH * width]
    zeros = [0, FloatPatterns(COMPONENT.get(char, char)).sign] if _kind(char) in "fc" else [0, 0]
    found = []
    for index in range(len(some) // width):
        chosen = index == NEEDLE or (index > 2 * NEEDLE and random.getrandbits(16) % 25 == 0)
        parts = some[index * width : (index + 1) * width] if chosen else [zeros[random.getrandbits(1)]] * width
        found += [1] if _is_bool(char) and chosen else parts
    if _kind(char) == "c":  # an imaginary part alone must count
        found[NEEDLE * 2], found[NEEDLE * 2 + 1] = 0, FloatPatterns(COMPONENT[char]).of(1.0)
    elif not found[NEEDLE]:
        found[NEEDLE] = 1
    return found


def _dense(char: str, random: Random) -> Patterns:
    """No zero but one at NEEDLE and, past twice that, one in 25; NaN is not zero."""
    width = 2 if _kind(char) == "c" else 1
    some = (_general(char, random, LENGTH) * 5)[: LENGTH * width]
    one = [1] * width
    found: Patterns = []
    for index in range(len(some) // width):
        parts = some[index * width : (index + 1) * width]
        if index == NEEDLE or (index > 2 * NEEDLE and random.getrandbits(16) % 25 == 0):
            found += [0] * width
        else:
            found += parts if any(parts) else one
    return found


RECIPES: dict[str, Recipe] = {
    "general": _general,
    "second": _second,
    "tame": _tame,
    "moderate": _moderate,
    "gentle": _gentle,
    "positive": _positive,
    "wide": _wide,
    "factors": _factors,
    "huge": _huge,
    "minute": _minute,
    "offset": _offset,
    "small": _small,
    "dyadic": _dyadic,
    "counts": _counts,
    "exponents": _exponents,
    "nonzero": _nonzero,
    "left": _left,
    "right": _right,
    "right_counts": _right_counts,
    "right_exponents": _right_exponents,
    "ties": _ties,
    "nan": _nan,
    "infinity": _infinity,
    "sparse": _sparse,
    "dense": _dense,
}
