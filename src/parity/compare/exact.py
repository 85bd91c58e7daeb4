"""Floating-point numbers as exact integers in a common unit, and what is exactly true of them."""

from fractions import Fraction
from math import isqrt
from typing import NamedTuple

import numpy as np

from parity.compare.finding import Floats
from parity.documents.elements import FloatFormat


class Scaled(NamedTuple):
    """Finite numbers as integers times 2^unit."""

    integers: list[int]
    unit: int


def decomposed(values: Floats) -> tuple[list[int], list[int]]:
    """Finite float64 numbers as odd integers (or zero) and exponents of two."""
    mantissas, exponents = np.frexp(values)
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    lowest = integers & -integers  # the lowest bit that is set, a power of two below 2^53: exact as float64
    trailing = np.where(integers == 0, 0, np.frexp(lowest.astype(np.float64))[1] - 1)
    odd = np.right_shift(integers, trailing)
    return odd.tolist(), (exponents.astype(np.int64) - 53 + trailing).tolist()


def scaled(values: Floats) -> Scaled:
    """Finite float64 numbers in a common unit, exactly."""
    integers, exponents = decomposed(values)
    unit = min((exponent for integer, exponent in zip(integers, exponents, strict=True) if integer), default=0)
    lifted = (
        integer << exponent - unit if integer else 0 for integer, exponent in zip(integers, exponents, strict=True)
    )
    return Scaled(list(lifted), unit)


def shifted(integer: int, exponent: int) -> Fraction:
    """The number integer * 2^exponent."""
    return Fraction(integer << exponent) if exponent >= 0 else Fraction(integer, 1 << -exponent)


def floor_log2(value: Fraction) -> int:
    """floor(log2 |value|) of a number that is not zero."""
    numerator, denominator = abs(value.numerator), value.denominator
    guess = numerator.bit_length() - denominator.bit_length()
    return guess if shifted(1, guess) <= abs(value) else guess - 1


def ulp(value: Fraction, form: FloatFormat) -> Fraction:
    """The ulp of a number in a format: 2^(max(floor(log2 |value|), e_min) - (p - 1))."""
    exponent = form.e_min if value == 0 else max(floor_log2(value), form.e_min)
    return shifted(1, exponent - form.precision + 1)


def smallest(form: FloatFormat) -> Fraction:
    """The smallest subnormal number of a format."""
    return shifted(1, form.e_min - form.precision + 1)


def overflow_threshold(form: FloatFormat) -> Fraction:
    """From here on a number rounds to infinity: 2^(e_max + 1) less half an ulp of the largest finite number."""
    return shifted(2 ** (form.precision + 1) - 1, form.e_max - form.precision)


def root(value: Fraction) -> Fraction:
    """The square root of a number >= 0, from below, with a relative error under 2^-200."""
    if value == 0:
        return Fraction(0)
    lift = max(0, 402 + value.denominator.bit_length() - value.numerator.bit_length())
    lift += lift % 2
    return shifted(isqrt((value.numerator << lift) // value.denominator), -lift // 2)


def as_float(value: Fraction) -> float:
    """The nearest float64; the largest one for what is beyond, and zero for what is below."""
    try:
        return float(value)
    except OverflowError:
        return float(np.finfo(np.float64).max)
