"""Elements as bit patterns: the values at which implementations differ, and draws from the ranges between them.

A pattern is an unsigned integer of the element's width; a complex number is two patterns of its component. All is
integer arithmetic and `struct`, so that the same seed gives the same bits on every platform.
"""

import struct
from collections.abc import Callable
from random import Random
from typing import TypeVar

from parity.documents.elements import COMPONENT, ELEMENTS, FLOAT_FORMATS, FloatFormat

Item = TypeVar("Item")
Patterns = list[int]
LENGTH = 1031
"""Elements of a large pool: a prime past 1000, so that no power of two divides the way around its end."""
SMALL_LENGTH = 331
_STRUCT = {"e": ("<e", "<H"), "f": ("<f", "<I"), "d": ("<d", "<Q")}


def float_pattern(char: str, value: float) -> int:
    """The pattern of a Python float, rounded to nearest even. Raises OverflowError beyond the finite ones."""
    as_float, as_integer = _STRUCT[char]
    pattern: int = struct.unpack(as_integer, struct.pack(as_float, value))[0]
    return pattern


class FloatPatterns:
    """The patterns of one binary format by their parts."""

    def __init__(self, char: str) -> None:
        self.char = char
        self.format: FloatFormat = FLOAT_FORMATS[char]
        self.fraction_bits = self.format.precision - 1
        self.sign = 1 << (8 * ELEMENTS[char].size - 1)
        self.infinity = (2 * self.format.e_max + 1) << self.fraction_bits
        self.largest = self.infinity - 1
        self.tiny = 1 << self.fraction_bits
        self.nan = self.infinity | 1 << (self.fraction_bits - 1)

    def of(self, value: float) -> int:
        """The pattern of a number."""
        return float_pattern(self.char, value)

    def draw(self, random: Random, low: int, high: int) -> int:
        """A finite number of either sign, uniform in exponent from low to high, limited to the format's."""
        low, high = max(low, self.format.e_min), min(high, self.format.e_max)
        exponent = low + random.getrandbits(32) % (high - low + 1)
        return (
            self.sign * random.getrandbits(1)
            | (exponent + self.format.e_max) << self.fraction_bits
            | random.getrandbits(self.fraction_bits)
        )

    def subnormal(self, random: Random) -> int:
        """A subnormal number of either sign, uniform in the length of its fraction."""
        length = 1 + random.getrandbits(16) % self.fraction_bits
        return self.sign * random.getrandbits(1) | random.getrandbits(length) | 1 << (length - 1)

    def specials(self) -> list[int]:
        """Values at which the classes of IEEE 754 and the rules of rounding change."""
        halfway = self.of(float(1 << (self.format.precision - 2))) | 1  # an odd number of halves, the largest kind
        return [
            0,
            self.sign,
            1,
            self.sign | (self.tiny - 1),
            self.tiny,
            self.of(0.5),
            self.of(-0.5),
            self.of(1.0),
            self.of(-1.0),
            self.of(1.5),
            self.of(2.5),
            self.of(-3.0),
            self.of(1.0) + 1,
            halfway,
            self.largest,
            self.sign | self.largest,
            self.infinity,
            self.sign | self.infinity,
            self.nan,
            self.sign | self.nan | 5,
        ]


def integer_limits(char: str) -> tuple[int, int]:
    """The least and the greatest value of an integer type."""
    element = ELEMENTS[char]
    bits = 8 * element.size
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if element.kind == "i" else (0, (1 << bits) - 1)


def fitting(char: str, values: list[int]) -> list[int]:
    """Those of the values that the type holds, each once, in their order."""
    low, high = integer_limits(char)
    return [value for value in dict.fromkeys(values) if low <= value <= high]


def integer_specials(char: str) -> list[int]:
    """Limits and their neighbours, and the small numbers around which signs and shifts change."""
    low, high = integer_limits(char)
    half = (high + 1) // 2
    return fitting(char, [0, 1, -1, 2, -2, 3, 7, -7, low, low + 1, high - 1, high, half])


def complex_specials(char: str) -> list[tuple[int, int]]:
    """Zeros, units, infinities and NaN in either part."""
    parts = FloatPatterns(COMPONENT[char])
    zero, minus_zero, one, two = 0, parts.sign, parts.of(1.0), parts.of(-2.0)
    infinity, minus_infinity, nan = parts.infinity, parts.sign | parts.infinity, parts.nan
    return [
        (zero, zero), (minus_zero, minus_zero), (one, zero), (zero, one), (two, minus_zero), (parts.of(1.5), two),
        (infinity, zero), (minus_infinity, one), (one, minus_infinity), (infinity, infinity), (nan, zero), (zero, nan),
        (infinity, nan),
    ]  # fmt: skip


def shuffled(items: list[Item], random: Random) -> list[Item]:
    """The items in an order that depends on `getrandbits` alone, which Python promises to keep."""
    keys = [random.getrandbits(64) for _ in items]
    return [item for _, item in sorted(zip(keys, items, strict=True), key=lambda pair: pair[0])]


def repeat(count: int, draw: Callable[[], int]) -> Patterns:
    """Independent draws."""
    return [draw() for _ in range(count)]


def distinct(start: list[int], count: int, draw: Callable[[], int], random: Random) -> Patterns:
    """`start` and drawn patterns, `count` in all, none twice, shuffled."""
    found = dict.fromkeys(start)
    while len(found) < count:
        found[draw()] = None
    return shuffled(list(found), random)


def pairs(parts: Patterns, imaginary: Patterns) -> Patterns:
    """Components of complex numbers, alternating."""
    return [part for pair in zip(parts, imaginary, strict=True) for part in pair]


def kind_of(char: str) -> str:
    """The kind of an element type."""
    return ELEMENTS[char].kind
