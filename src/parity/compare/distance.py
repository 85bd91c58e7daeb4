"""Distances between floating-point numbers: in ulp of the expected one, and in representations between them."""

import numpy as np

from parity.compare.finding import Floats, Unsigned
from parity.documents.elements import FloatFormat


def ulp_exponent(value: Floats, form: FloatFormat) -> Unsigned:
    """log2 of the ulp of each value: max(floor(log2 |value|), e_min) - (p - 1); zero counts as subnormal."""
    exponent = np.frexp(value)[1].astype(np.int64) - 1
    exponent = np.where(value == 0, form.e_min, exponent)
    return np.maximum(exponent, form.e_min) - (form.precision - 1)


def in_ulp(expected: Floats, actual: Floats, form: FloatFormat) -> Floats:
    """E = |actual - expected| / ulp(expected), for finite numbers of a format, given as float64 (which holds them all).

    Whether E exceeds a limit is decided exactly. In float64 the subtraction is exact within a factor of two (Sterbenz'
    lemma); outside of it E is at least 2^51, or `expected` is subnormal: then either both numbers are below 2^53 of the
    smallest subnormals, and their difference is exact, or E is above 2^52. The narrower formats have room besides.
    Scaling by a power of two goes first, so that the subtraction cannot overflow; it is exact but for an `actual` that
    is negligible beside `expected`, or so large that E is infinite.
    """
    exponent = ulp_exponent(expected, form)
    return np.asarray(np.abs(np.ldexp(actual, -exponent) - np.ldexp(expected, -exponent)))


def in_ulp_normwise(expected: Floats, actual: Floats, form: FloatFormat) -> Floats:
    """|actual - expected| of complex numbers in the ulp of the larger component of the expected one.

    Both have shape (n, 2): real and imaginary part. The modulus is rounded to float64 once, after scaling.
    """
    exponent = ulp_exponent(np.abs(expected).max(axis=1), form)[:, None]
    parts = np.ldexp(actual, -exponent) - np.ldexp(expected, -exponent)
    return np.asarray(np.hypot(parts[:, 0], parts[:, 1]))


def representations(expected: Unsigned, actual: Unsigned) -> Unsigned:
    """Steps from one number to the next between two bit patterns (unsigned integers of the format's width), as uint64.

    Magnitudes are below 2^63, so their sum, the distance across zero, fits into 64 bits; both zeros are one place.
    """
    width = 8 * expected.dtype.itemsize
    sign = np.uint64(1) << np.uint64(width - 1)
    first, second = expected.astype(np.uint64), actual.astype(np.uint64)
    one, two = first & ~sign, second & ~sign
    apart = (first & sign) != (second & sign)
    return np.where(apart, one + two, np.maximum(one, two) - np.minimum(one, two))


def integers(expected: Unsigned, actual: Unsigned) -> Unsigned:
    """|actual - expected| of two integer or boolean arrays, as uint64: the true difference, which always fits."""
    wide = np.uint64 if expected.dtype.kind == "u" else np.int64
    first, second = expected.astype(wide), actual.astype(wide)
    # Subtraction modulo 2^64 of the smaller from the larger is the difference, also for int64's two extremes.
    larger, smaller = np.maximum(first, second), np.minimum(first, second)
    return np.asarray(larger.view(np.uint64) - smaller.view(np.uint64))
