"""exp, log, sin, cos and power, each rounded as few times as the format allows.

float64 is the C library's. float32 is computed in float64 and rounded once. float16 arrives as float32 and leaves
through float32, so the float64 result is first rounded to odd: the second rounding then sees what the first discarded.
"""

import math
from typing import Any

import numpy as np

from parity_kernels.compiling import jitable
from parity_kernels.scalars.instructions import bits, float_of_bits


@jitable
def rounded_to_odd(y: Any) -> Any:
    """float64 as float32, truncated, with the last bit set if anything was cut off (Boldo and Melquiond, 2008)."""
    nearest = np.float32(y)
    pattern = bits(nearest)
    if np.float64(nearest) == y or y != y or pattern & np.int32(1):  # noqa: PLR0124
        return nearest
    away = abs(np.float64(nearest)) > abs(y)
    return float_of_bits(np.int32(pattern - np.int32(1))) if away else float_of_bits(np.int32(pattern + np.int32(1)))


@jitable
def exp(x: Any) -> Any:
    """E to the x."""
    return math.exp(np.float64(x))


@jitable
def log(x: Any) -> Any:
    """Minus infinity at zero and NaN below it, where Python's own would raise."""
    return math.log(np.float64(x))


@jitable
def sin(x: Any) -> Any:
    """Of an angle in radians, reduced exactly."""
    return math.sin(np.float64(x))


@jitable
def cos(x: Any) -> Any:
    """Of an angle in radians, reduced exactly."""
    return math.cos(np.float64(x))


@jitable
def power(x: Any, y: Any) -> Any:
    """X to the y, with the special cases of C99 F.9.4.4."""
    return math.pow(np.float64(x), np.float64(y))


@jitable
def exp_half(x: Any) -> Any:
    """`exp` of float16."""
    return rounded_to_odd(exp(x))


@jitable
def log_half(x: Any) -> Any:
    """`log` of float16."""
    return rounded_to_odd(log(x))


@jitable
def sin_half(x: Any) -> Any:
    """`sin` of float16."""
    return rounded_to_odd(sin(x))


@jitable
def cos_half(x: Any) -> Any:
    """`cos` of float16."""
    return rounded_to_odd(cos(x))


@jitable
def power_half(x: Any, y: Any) -> Any:
    """`power` of float16."""
    return rounded_to_odd(power(x, y))
