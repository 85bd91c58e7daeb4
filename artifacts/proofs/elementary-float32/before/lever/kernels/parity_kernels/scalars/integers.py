"""Integer arithmetic as NumPy's: wraparound, division that never traps, shifts by any count.

A function is compiled for each width; Numba computes narrow integers in 64 bits, and the loop truncates the result.
Mixing an uint64 with a signed number would make Numba compute in float64, so literals are kept apart from operands
except in comparisons, which Numba does exactly.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from parity_kernels.compiling import jitable
from parity_kernels.scalars.instructions import quotient, rest, shifted_left, shifted_right, sign_fill, width


@jitable
def add(x: Any, y: Any) -> Any:
    """X + y, modulo the width of the type; of floats, rounded once."""
    return x + y


@jitable
def subtract(x: Any, y: Any) -> Any:
    """X - y, as `add`."""
    return x - y


@jitable
def multiply(x: Any, y: Any) -> Any:
    """X * y, as `add`."""
    return x * y


@jitable
def floor_divide(x: Any, y: Any) -> Any:
    """Signed. x // 0 is 0, and INT_MIN // -1 is INT_MIN."""
    if y == 0:
        return 0
    if y == -1:
        return -x
    towards_zero = quotient(x, y)
    if (x < 0) != (y < 0) and towards_zero * y != x:
        return towards_zero - 1
    return np.int64(towards_zero)


@jitable
def remainder(x: Any, y: Any) -> Any:
    """Signed, with the sign of the divisor. x % 0 is 0."""
    if y == 0 or y == -1:  # noqa: PLR1714 - compiled code has no tuple membership
        return 0
    left = rest(x, y)
    if left != 0 and (left < 0) != (y < 0):
        return left + y
    return np.int64(left)


@jitable
def divmod_(x: Any, y: Any) -> Any:
    """Quotient and remainder, signed."""
    return floor_divide(x, y), remainder(x, y)


@jitable
def fmod(x: Any, y: Any) -> Any:
    """Signed, with the sign of the dividend. fmod(x, 0) is 0."""
    if y == 0 or y == -1:  # noqa: PLR1714
        return 0
    return np.int64(rest(x, y))


@jitable
def unsigned_floor_divide(x: Any, y: Any) -> Any:
    """X // 0 is 0."""
    if y == 0:
        return y
    return quotient(x, y)


@jitable
def unsigned_remainder(x: Any, y: Any) -> Any:
    """X % 0 is 0."""
    if y == 0:
        return y
    return rest(x, y)


@jitable
def unsigned_divmod(x: Any, y: Any) -> Any:
    """Quotient and remainder."""
    return unsigned_floor_divide(x, y), unsigned_remainder(x, y)


@jitable
def power(x: Any, y: Any) -> Any:
    """By squaring, modulo 2^64, of which the output keeps its low bits; right for signed and unsigned alike."""
    base, exponent = np.int64(x), np.uint64(y)
    one, product = np.uint64(1), np.int64(1)
    while exponent != 0:
        if exponent & one:
            product *= base
        base *= base
        exponent >>= one
    return product


@jitable
def negative(x: Any) -> Any:
    """Modulo the width of the type: the smallest integer is its own."""
    return -x


@jitable
def identity(x: Any) -> Any:
    """positive, and floor, ceil, trunc of integers and booleans, and absolute of what has no sign."""
    return x


@jitable
def absolute(x: Any) -> Any:
    """Of the smallest integer: itself."""
    return -x if x < 0 else x


@jitable
def sign(x: Any) -> Any:
    """-1, 0 or 1."""
    return np.int8(x > 0) - np.int8(x < 0)


@jitable
def reciprocal(x: Any) -> Any:
    """The integer part of 1/x. NumPy converts the infinity of 1/0 to 0 where the integer is narrow or unsigned."""
    return x if x == 1 or x == -1 else x - x  # noqa: PLR1714


@jitable
def reciprocal_int32(x: Any) -> Any:
    """As NumPy's conversion of infinity gives it, 1/0 is the smallest integer."""
    return -(2**31) if x == 0 else reciprocal(x)


@jitable
def reciprocal_int64(x: Any) -> Any:
    """As `reciprocal_int32`."""
    return -(2**63) if x == 0 else reciprocal(x)


@jitable
def square(x: Any) -> Any:
    """Modulo the width of the type."""
    return x * x


@jitable
def maximum(x: Any, y: Any) -> Any:
    """The larger."""
    return max(y, x)


@jitable
def minimum(x: Any, y: Any) -> Any:
    """The smaller."""
    return min(y, x)


@jitable
def bitwise_and(x: Any, y: Any) -> Any:
    """Bits in both; of booleans, both."""
    return x & y


@jitable
def bitwise_or(x: Any, y: Any) -> Any:
    """Bits in either; of booleans, either."""
    return x | y


@jitable
def bitwise_xor(x: Any, y: Any) -> Any:
    """Bits in one only."""
    return x ^ y


@jitable
def invert(x: Any) -> Any:
    """All bits flipped."""
    return ~x


@jitable
def yes(_x: Any) -> Any:
    """Isfinite of what has no infinities."""
    return True


@jitable
def no(_x: Any) -> Any:
    """Isnan and isinf of what has neither."""
    return False


@jitable
def left_shift(x: Any, y: Any) -> Any:
    """0 from the width of the type on, and for negative counts."""
    return shifted_left(x, y) if 0 <= y < width(x) else x - x


@jitable
def right_shift(x: Any, y: Any) -> Any:
    """0 from the width of the type on and for negative counts, -1 if x is negative."""
    return shifted_right(x, y) if 0 <= y < width(x) else sign_fill(x)


@jitable
def signed_less(x: Any, y: Any) -> Any:
    """int64 against uint64, exactly."""
    return x < 0 or np.uint64(x) < y


@jitable
def signed_less_equal(x: Any, y: Any) -> Any:
    """As `signed_less`."""
    return x < 0 or np.uint64(x) <= y


@jitable
def signed_equal(x: Any, y: Any) -> Any:
    """As `signed_less`."""
    return x >= 0 and np.uint64(x) == y


@jitable
def signed_not_equal(x: Any, y: Any) -> Any:
    """As `signed_less`."""
    return x < 0 or np.uint64(x) != y


@jitable
def signed_greater(x: Any, y: Any) -> Any:
    """As `signed_less`."""
    return x >= 0 and np.uint64(x) > y


@jitable
def signed_greater_equal(x: Any, y: Any) -> Any:
    """As `signed_less`."""
    return x >= 0 and np.uint64(x) >= y


def mirrored(comparison: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison of int64 with uint64 for operands in the other order."""

    @jitable
    def swapped(x: Any, y: Any) -> Any:
        return comparison(y, x)

    swapped.__name__ = f"{comparison.__name__}_mirrored"
    return swapped
