"""Complex arithmetic, in NumPy's formulas; transcendental functions by the C library, complex64 through complex128.

Order is lexicographic, and a NaN in an imaginary part makes the real parts not comparable.
"""

import math
from typing import Any

import numpy as np

from parity_kernels.compiling import jitable
from parity_kernels.scalars import instructions
from parity_kernels.scalars.instructions import fabs, fma, narrowed, one


@jitable
def add(z: Any, w: Any) -> Any:
    """Part by part."""
    return complex(z.real + w.real, z.imag + w.imag)


@jitable
def subtract(z: Any, w: Any) -> Any:
    """Part by part."""
    return complex(z.real - w.real, z.imag - w.imag)


@jitable
def multiply(z: Any, w: Any) -> Any:
    """With fused products, as NumPy's vector loop on processors with FMA: bit for bit the same there."""
    return complex(fma(z.real, w.real, -(z.imag * w.imag)), fma(z.real, w.imag, z.imag * w.real))


@jitable
def product(z: Any, w: Any) -> Any:
    """Each product rounded, as in NumPy's loop for operands that run backwards, and in its power."""
    return complex(z.real * w.real - z.imag * w.imag, z.real * w.imag + z.imag * w.real)


@jitable
def divide(z: Any, w: Any) -> Any:
    """Smith's algorithm (CACM 5, 1962), scaled by a reciprocal as in NumPy."""
    if fabs(w.real) >= fabs(w.imag):
        if w.real == 0 and w.imag == 0:
            return complex(z.real / fabs(w.real), z.imag / fabs(w.real))
        ratio = w.imag / w.real
        scale = one(ratio) / (w.real + w.imag * ratio)
        return complex((z.real + z.imag * ratio) * scale, (z.imag - z.real * ratio) * scale)
    ratio = w.real / w.imag
    scale = one(ratio) / (w.imag + w.real * ratio)
    return complex((z.real * ratio + z.imag) * scale, (z.imag * ratio - z.real) * scale)


@jitable
def reciprocal(z: Any) -> Any:
    """Smith's algorithm."""
    if fabs(z.imag) <= fabs(z.real):
        ratio = z.imag / z.real
        scale = z.real + z.imag * ratio
        return complex(one(ratio) / scale, -ratio / scale)
    ratio = z.real / z.imag
    scale = z.real * ratio + z.imag
    return complex(ratio / scale, -one(ratio) / scale)


@jitable
def square(z: Any) -> Any:
    """As `multiply` by itself."""
    return complex(fma(z.real, z.real, -(z.imag * z.imag)), fma(z.real, z.imag, z.imag * z.real))


@jitable
def plain_square(z: Any) -> Any:
    """As `product` with itself."""
    return product(z, z)


@jitable
def negative(z: Any) -> Any:
    """Both signs flipped."""
    return complex(-z.real, -z.imag)


@jitable
def absolute(z: Any) -> Any:
    """The larger part times √(1 + ratio²), as NumPy's vector loop: no overflow on the way, and infinity beats NaN."""
    real, imag = fabs(z.real), fabs(z.imag)
    large, small = (real, imag) if real > imag else (imag, real)
    if real == math.inf:
        return real
    if imag == math.inf:
        return imag
    if large == 0 and small == 0:
        return large
    ratio = small / large
    return large * instructions.sqrt(fma(ratio, ratio, one(ratio)))


@jitable
def hypotenuse(z: Any) -> Any:
    """The C library's hypot, for float32 in float64: NumPy's absolute of operands that run backwards."""
    unit = one(z.real)
    return narrowed(instructions.hypot(np.float64(z.real), np.float64(z.imag)), unit)


@jitable
def sign(z: Any) -> Any:
    """z/|z|, the axis on which an infinity lies, +0 for zeros, NaN for NaN and for two infinities."""
    size = hypotenuse(z)
    if size == math.inf:
        real_infinite, imag_infinite = fabs(z.real) == math.inf, fabs(z.imag) == math.inf
        if real_infinite and imag_infinite:
            return complex(size - size, size - size)
        unit = one(size)
        zero = unit - unit
        if real_infinite:
            return complex(instructions.copysign(unit, z.real), zero)
        return complex(zero, instructions.copysign(unit, z.imag))
    if size == 0:
        return complex(size, size)
    return complex(z.real / size, z.imag / size)


@jitable
def power(z: Any, w: Any) -> Any:
    """NumPy's npy_cpow: 0 and small integer exponents by products; else the C library."""
    shortcut, value = _power_by_products(z, w)
    return value if shortcut else instructions.cpow(z, w)


@jitable
def single_power(z: Any, w: Any) -> Any:
    """`power` of complex64, with the C library's function of that precision.

    Double precision would be more accurate, but overflow on the way, zeros and their signs decide what class of number
    comes out, and they are NumPy's only in NumPy's precision.
    """
    shortcut, value = _power_by_products(z, w)
    return value if shortcut else instructions.cpowf(z, w)


@jitable
def _power_by_products(z: Any, w: Any) -> Any:
    """(True, z**w) where NumPy multiplies, in the operands' precision; else (False, anything)."""
    unit = one(z.real)
    zero = unit - unit
    if w.real == 0 and w.imag == 0:
        return True, complex(unit, zero)
    if z.real == 0 and z.imag == 0:
        return True, complex(zero, zero) if w.real > 0 else complex(zero / zero, zero / zero)
    if w.imag == 0 and w.real > -100 and w.real < 100:
        exponent = int(w.real)
        if exponent == w.real:
            return True, _integer_power(z, exponent)
    return False, z


@jitable
def _integer_power(z: Any, exponent: Any) -> Any:
    if exponent == 1:
        return z
    if exponent == 2:
        return product(z, z)
    if exponent == 3:
        return product(z, product(z, z))
    unit = one(z.real)
    result = complex(unit, unit - unit)
    left = abs(exponent)
    while True:
        if left & 1:
            result = product(result, z)
        left >>= 1
        if left == 0:
            break
        z = product(z, z)
    return divide(complex(unit, unit - unit), result) if exponent < 0 else result


@jitable
def rint(z: Any) -> Any:
    """Part by part."""
    return complex(instructions.rint(z.real), instructions.rint(z.imag))


@jitable
def sqrt(z: Any) -> Any:
    """The root with a real part that is not negative."""
    return instructions.csqrt(z)


@jitable
def single_sqrt(z: Any) -> Any:
    """`sqrt` of complex64, in that precision: which tiny parts become zero is part of NumPy's answer."""
    return instructions.csqrtf(z)


@jitable
def exp(z: Any) -> Any:
    """E to the z."""
    return instructions.cexp(np.complex128(z))


@jitable
def log(z: Any) -> Any:
    """The branch with an imaginary part within pi."""
    return instructions.clog(np.complex128(z))


@jitable
def sin(z: Any) -> Any:
    """The C library."""
    return instructions.csin(np.complex128(z))


@jitable
def cos(z: Any) -> Any:
    """The C library."""
    return instructions.ccos(np.complex128(z))


@jitable
def isnan(z: Any) -> Any:
    """Either part is."""
    return (z.real != z.real) | (z.imag != z.imag)


@jitable
def isinf(z: Any) -> Any:
    """Either part is."""
    return (fabs(z.real) == math.inf) | (fabs(z.imag) == math.inf)


@jitable
def isfinite(z: Any) -> Any:
    """Both parts are."""
    return (fabs(z.real) < math.inf) & (fabs(z.imag) < math.inf)


@jitable
def equal(z: Any, w: Any) -> Any:
    """Both parts are."""
    return (z.real == w.real) & (z.imag == w.imag)


@jitable
def not_equal(z: Any, w: Any) -> Any:
    """Either part differs."""
    return (z.real != w.real) | (z.imag != w.imag)


@jitable
def _imaginary_parts_are_numbers(z: Any, w: Any) -> Any:
    return (z.imag == z.imag) & (w.imag == w.imag)


@jitable
def less(z: Any, w: Any) -> Any:
    """Lexicographic."""
    first = (z.real < w.real) & _imaginary_parts_are_numbers(z, w)
    return first | ((z.real == w.real) & (z.imag < w.imag))


@jitable
def less_equal(z: Any, w: Any) -> Any:
    """Lexicographic."""
    first = (z.real < w.real) & _imaginary_parts_are_numbers(z, w)
    return first | ((z.real == w.real) & (z.imag <= w.imag))


@jitable
def greater(z: Any, w: Any) -> Any:
    """Lexicographic."""
    return less(w, z)


@jitable
def greater_equal(z: Any, w: Any) -> Any:
    """Lexicographic."""
    return less_equal(w, z)


@jitable
def maximum(z: Any, w: Any) -> Any:
    """Lexicographic; the first NaN if there is one, and the first of equals."""
    return z if isnan(z) or greater_equal(z, w) else w


@jitable
def minimum(z: Any, w: Any) -> Any:
    """As `maximum`."""
    return z if isnan(z) or less_equal(z, w) else w


@jitable
def fmax(z: Any, w: Any) -> Any:
    """As `maximum`, but a number rather than NaN."""
    return z if isnan(w) or greater_equal(z, w) else w


@jitable
def fmin(z: Any, w: Any) -> Any:
    """As `fmax`."""
    return z if isnan(w) or less_equal(z, w) else w


@jitable
def _nonzero(z: Any) -> Any:
    return (z.real != 0) | (z.imag != 0)


@jitable
def logical_and(z: Any, w: Any) -> Any:
    """Both are not zero."""
    return _nonzero(z) & _nonzero(w)


@jitable
def logical_or(z: Any, w: Any) -> Any:
    """One of them is not zero."""
    return _nonzero(z) | _nonzero(w)


@jitable
def logical_xor(z: Any, w: Any) -> Any:
    """Exactly one of them is not zero."""
    return _nonzero(z) ^ _nonzero(w)


@jitable
def logical_not(z: Any) -> Any:
    """Both parts are zero."""
    return (z.real == 0) & (z.imag == 0)
