"""Arithmetic of float16 (in float32), float32 and float64. Literals would widen float32, so there are none but 0."""

import math
from typing import Any

from parity_kernels.compiling import jitable
from parity_kernels.scalars import instructions


@jitable
def divide(x: Any, y: Any) -> Any:
    """X / y, rounded once; of a zero divisor, infinity or NaN."""
    return x / y


@jitable
def fmod(x: Any, y: Any) -> Any:
    """What the division towards zero leaves: exact, with the sign of x."""
    return instructions.fmod(x, y)


@jitable
def remainder(x: Any, y: Any) -> Any:
    """With the sign of the divisor, zeros included; a zero divisor gives NaN (NumPy's npy_remainder)."""
    left = instructions.fmod(x, y)
    if y == 0:
        return left
    if left != 0:
        return left + y if (y < 0) != (left < 0) else left
    return instructions.copysign(left, y)


@jitable
def floor_divide(x: Any, y: Any) -> Any:
    """The quotient that goes with `remainder` (NumPy's npy_divmod): exact, where ⌊x/y⌋ would round first."""
    if y == 0:
        return x / y
    left = instructions.fmod(x, y)
    quotient = (x - left) / y
    if left != 0 and (y < 0) != (left < 0):
        quotient -= instructions.one(x)
    if quotient == 0:
        return instructions.copysign(quotient, x / y)
    # Rounding may have left the quotient just below an integer: the nearest one is meant.
    floored = instructions.floor(quotient)
    excess = quotient - floored
    return floored + instructions.one(x) if excess + excess > instructions.one(x) else floored


@jitable
def divmod_(x: Any, y: Any) -> Any:
    """Quotient and remainder."""
    return floor_divide(x, y), remainder(x, y)


@jitable
def negative(x: Any) -> Any:
    """The sign bit flipped, of NaN too."""
    return -x


@jitable
def absolute(x: Any) -> Any:
    """The sign bit cleared, of NaN too."""
    return instructions.fabs(x)


@jitable
def sign(x: Any) -> Any:
    """±1, +0 for either zero, NaN for NaN."""
    if x == 0:
        return instructions.fabs(x)
    return x if x != x else instructions.copysign(instructions.one(x), x)  # noqa: PLR0124 - NaN differs from itself


@jitable
def reciprocal(x: Any) -> Any:
    """1 / x, rounded once."""
    return instructions.one(x) / x


@jitable
def square(x: Any) -> Any:
    """X * x, rounded once."""
    return x * x


@jitable
def sqrt(x: Any) -> Any:
    """Correctly rounded."""
    return instructions.sqrt(x)


@jitable
def floor(x: Any) -> Any:
    """Towards minus infinity, keeping the sign of zero."""
    return instructions.floor(x)


@jitable
def ceil(x: Any) -> Any:
    """Towards infinity, keeping the sign of zero."""
    return instructions.ceil(x)


@jitable
def trunc(x: Any) -> Any:
    """Towards zero, keeping the sign."""
    return instructions.trunc(x)


@jitable
def rint(x: Any) -> Any:
    """To the nearest integer, halves to even."""
    return instructions.rint(x)


@jitable
def maximum(x: Any, y: Any) -> Any:
    """NaN if either is. Of two zeros the second, which is what the vector instruction that NumPy uses gives."""
    return x if x > y or x != x else y  # noqa: PLR0124


@jitable
def minimum(x: Any, y: Any) -> Any:
    """NaN if either is; of two zeros the second."""
    return x if x < y or x != x else y  # noqa: PLR0124


@jitable
def fmax(x: Any, y: Any) -> Any:
    """NaN only if both are. Of two zeros NumPy takes the second in full vectors, and either in what is left over."""
    return x if x > y or y != y else y  # noqa: PLR0124


@jitable
def fmin(x: Any, y: Any) -> Any:
    """As `fmax`."""
    return x if x < y or y != y else y  # noqa: PLR0124


@jitable
def maximum_half(x: Any, y: Any) -> Any:
    """NumPy computes float16 without that instruction: of two zeros the first."""
    return x if x >= y or x != x else y  # noqa: PLR0124


@jitable
def minimum_half(x: Any, y: Any) -> Any:
    """As `maximum_half`."""
    return x if x <= y or x != x else y  # noqa: PLR0124


@jitable
def fmax_half(x: Any, y: Any) -> Any:
    """As `maximum_half`."""
    return x if x >= y or y != y else y  # noqa: PLR0124


@jitable
def fmin_half(x: Any, y: Any) -> Any:
    """As `maximum_half`."""
    return x if x <= y or y != y else y  # noqa: PLR0124


@jitable
def copysign(x: Any, y: Any) -> Any:
    """The bits of x with the sign bit of y, of NaN too."""
    return instructions.copysign(x, y)


@jitable
def signbit(x: Any) -> Any:
    """The sign bit, of zeros and NaN too."""
    return instructions.bits(x) < 0


@jitable
def isnan(x: Any) -> Any:
    """NaN alone differs from itself."""
    return x != x  # noqa: PLR0124


@jitable
def isinf(x: Any) -> Any:
    """Either infinity."""
    return instructions.fabs(x) == math.inf


@jitable
def isfinite(x: Any) -> Any:
    """Neither infinity nor NaN."""
    return instructions.fabs(x) < math.inf
