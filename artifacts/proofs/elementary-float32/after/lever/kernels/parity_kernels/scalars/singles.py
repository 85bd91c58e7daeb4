"""exp, log, sin and cos of float32 in float64 arithmetic that vectorizes, with the bits that `elementary` gives.

Each reduces its operand, sums a Taylor series and is rounded once. The series are long enough that no usual operand
rounds otherwise than the C library's float64 result does: `benchmarks/singles.py` compares all of them. `usual` says
for which operands that holds, by bits alone, because comparing a NaN raises a flag; no special case is among them.
"""

import math
from typing import Any

import numpy as np

from parity_kernels.compiling import jitable
from parity_kernels.scalars.instructions import bits, float_of_bits, fma

_TO_INTEGER = 1.5 * 2.0**52
"""Added to a float64, leaves the nearest integer in its low bits; taken away again, that integer."""
_INTEGER_BITS = int(np.float64(_TO_INTEGER).view(np.int64))

_LOG2_E = 1 / math.log(2)
_LN2 = float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")
"""The natural logarithm of 2 in two parts; the first leaves room for eleven bits of a factor."""
_EXP = tuple(1 / math.factorial(n) for n in range(12, -1, -1))

_LOG = tuple(2 / n for n in range(19, 1, -2))
"""Of log((1 + s)/(1 - s)) = 2s + 2s³/3 + 2s⁵/5 + ..., from the highest on."""
_ROOT_BITS = int(np.float64(math.sqrt(0.5)).view(np.int64))

_QUARTERS = 2 / math.pi
_QUARTER = float.fromhex("0x1.921fb544p+0"), float.fromhex("0x1.0b4611a6p-34"), float.fromhex("0x1.3198a2e037073p-69")
"""Half of pi in three parts, of which two leave room for twenty bits of a factor (Cody and Waite, 1980)."""
_SIN = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(7, 0, -1))
_COS = tuple((-1) ** n / math.factorial(2 * n) for n in range(8, 0, -1))

_MAGNITUDE = np.int32(0x7FFFFFFF)
_EXP_BOUND = np.int32(np.float32(87).view(np.int32))  # beyond, results are subnormal or overflow
_ANGLE_BOUND = np.int32(np.float32(2**20).view(np.int32))
_INFINITY = np.int32(0x7F800000)


@jitable
def _series(x: Any, coefficients: Any) -> Any:
    """The polynomial with these coefficients, highest first (Horner)."""
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = fma(total, x, coefficient)
    return total


@jitable
def exp_usual(x: Any) -> Any:
    """Whether E to the x is a normal float32."""
    return bits(x) & _MAGNITUDE < _EXP_BOUND


@jitable
def exp(x: Any) -> Any:
    """E to the x = 2^k e^r, with r between -ln(2)/2 and ln(2)/2."""
    y = np.float64(x)
    shifted = fma(y, _LOG2_E, _TO_INTEGER)
    k = shifted - _TO_INTEGER
    r = fma(k, -_LN2[1], fma(k, -_LN2[0], y))
    return _series(r, _EXP) * float_of_bits((bits(shifted) + np.int64(1023)) << np.int64(52))


@jitable
def log_usual(x: Any) -> Any:
    """Whether x is finite and above 0."""
    pattern = bits(x)
    return (pattern > np.int32(0)) & (pattern < _INFINITY)


@jitable
def log(x: Any) -> Any:
    """log(2^k m) = k ln 2 + log m, with m between the root of a half and the root of 2."""
    pattern = bits(np.float64(x))
    exponent = (pattern - np.int64(_ROOT_BITS)) >> np.int64(52)
    f = float_of_bits(pattern - (exponent << np.int64(52))) - 1.0
    k = float_of_bits(exponent + np.int64(_INTEGER_BITS)) - _TO_INTEGER
    s = f / (2.0 + f)
    z = s * s
    return fma(k, _LN2[0], fma(s, 2.0, fma(s, z * _series(z, _LOG), k * _LN2[1])))


@jitable
def angle_usual(x: Any) -> Any:
    """Whether an angle is reduced exactly by three parts of half of pi."""
    return bits(x) & _MAGNITUDE < _ANGLE_BOUND


@jitable
def _wave(x: Any, quarters: Any) -> Any:
    """The sine of an angle and so many right ones: of what is left after whole ones, the sine or the cosine."""
    y = np.float64(x)
    shifted = fma(y, _QUARTERS, _TO_INTEGER)
    k = shifted - _TO_INTEGER
    quadrant = bits(shifted) + quarters
    r = fma(k, -_QUARTER[2], fma(k, -_QUARTER[1], fma(k, -_QUARTER[0], y)))
    z = r * r
    sine, cosine = r * fma(z, _series(z, _SIN), 1.0), fma(z, _series(z, _COS), 1.0)
    value = cosine if quadrant & np.int64(1) else sine
    return float_of_bits(bits(value) ^ ((quadrant & np.int64(2)) << np.int64(62)))


@jitable
def sin(x: Any) -> Any:
    """Of an angle in radians."""
    return _wave(x, np.int64(0))


@jitable
def cos(x: Any) -> Any:
    """Of an angle in radians."""
    return _wave(x, np.int64(1))
