"""Operations of IEEE 754 by exact integer arithmetic, rounded once, half to even, to binary16, binary32 or binary64.

Values of all three formats are carried as Python floats, which hold each of them exactly: signed zeros, infinities
and the sign of a NaN too. No operation of the machine's floating-point unit computes a result. `char` names the format.
"""

import math
from collections.abc import Sequence
from functools import cache

from parity.documents.elements import ELEMENTS, FLOAT_FORMATS


class UnanswerableError(Exception):
    """The answer is not certain without NumPy's own order of operations, or is none of IEEE 754's."""


def scaled(value: float) -> tuple[int, int]:
    """A finite float as `integer * 2^exponent`."""
    numerator, denominator = value.as_integer_ratio()
    return numerator, 1 - denominator.bit_length()


def rounded(significand: int, exponent: int, char: str, *, more: bool = False) -> float:
    """The value of a format nearest to `significand * 2^exponent`, half to even; IEEE 754-2019, 4.3.1.

    more: the exact value is beyond the significand, by less than one unit of it; it must then have at least two bits
    more than the format's precision. A significand of zero gives +0.
    """
    precision, e_min, e_max = FLOAT_FORMATS[char]
    size, sign = abs(significand), -1.0 if significand < 0 else 1.0
    quantum = max(size.bit_length() - 1 + exponent, e_min) - (precision - 1)
    drop = quantum - exponent
    if drop > 0:
        half, low = 1 << (drop - 1), size & ((1 << drop) - 1)
        size >>= drop
        size += low > half or (low == half and (more or size & 1 == 1))
        exponent = quantum
    if size and size.bit_length() + exponent > e_max + 1:
        return math.copysign(math.inf, sign)
    return math.copysign(math.ldexp(size, exponent), sign)


def from_integer(value: int, char: str) -> float:
    """An integer converted to a format."""
    return rounded(value, 0, char)


def add(x: float, y: float, char: str) -> float:
    """Add."""
    if not (math.isfinite(x) and math.isfinite(y)):
        if math.isnan(x) or math.isnan(y) or (math.isinf(x) and math.isinf(y) and x != y):
            return math.nan
        return x if math.isinf(x) else y
    if x == 0 == y:
        return x if math.copysign(1, x) == math.copysign(1, y) else 0.0
    (m, k), (n, j) = scaled(x), scaled(y)
    least = min(k, j)
    return rounded((m << (k - least)) + (n << (j - least)), least, char)


def subtract(x: float, y: float, char: str) -> float:
    """Subtract."""
    return add(x, -y, char)


def multiply(x: float, y: float, char: str) -> float:
    """Multiply."""
    sign = math.copysign(1, x) * math.copysign(1, y)
    if not (math.isfinite(x) and math.isfinite(y)):
        return math.nan if math.isnan(x) or math.isnan(y) or x == 0 or y == 0 else math.copysign(math.inf, sign)
    (m, k), (n, j) = scaled(x), scaled(y)
    return math.copysign(rounded(m * n, k + j, char), sign)


def divide(x: float, y: float, char: str) -> float:
    """Divide."""
    sign = math.copysign(1, x) * math.copysign(1, y)
    if math.isnan(x) or math.isnan(y) or (math.isinf(x) and math.isinf(y)) or x == 0 == y:
        return math.nan
    if math.isinf(x) or y == 0:
        return math.copysign(math.inf, sign)
    if math.isinf(y) or x == 0:
        return math.copysign(0.0, sign)
    (m, k), (n, j) = scaled(abs(x)), scaled(abs(y))
    shift = max(0, FLOAT_FORMATS[char].precision + 3 + n.bit_length() - m.bit_length())
    quotient, rest = divmod(m << shift, n)
    return math.copysign(rounded(quotient, k - j - shift, char, more=rest != 0), sign)


def square_root(x: float, char: str) -> float:
    """The root, correctly rounded; of -0 it is -0."""
    if math.isnan(x) or x < 0:
        return math.nan
    if x == 0 or math.isinf(x):
        return x
    m, k = scaled(x)
    shift = 2 * (FLOAT_FORMATS[char].precision + 3) + (k & 1)
    root = math.isqrt(m << shift)
    return rounded(root, (k - shift) // 2, char, more=root * root != m << shift)


def fmod(x: float, y: float, _char: str) -> float:
    """The remainder x - n y with n = x / y rounded toward zero: exact in every format; ISO C99, 7.12.10.1."""
    if math.isnan(x) or math.isnan(y) or math.isinf(x) or y == 0:
        return math.nan
    if math.isinf(y) or x == 0:
        return x
    (m, k), (n, j) = scaled(abs(x)), scaled(abs(y))
    least = min(k, j)
    return math.copysign(math.ldexp((m << (k - least)) % (n << (j - least)), least), x)


def floor(x: float, _char: str) -> float:
    """The greatest integer not above x."""
    return math.copysign(math.floor(x), x) if math.isfinite(x) else x


def ceil(x: float, _char: str) -> float:
    """The least integer not below x."""
    return math.copysign(math.ceil(x), x) if math.isfinite(x) else x


def trunc(x: float, _char: str) -> float:
    """The integer next to x toward zero."""
    return math.copysign(math.trunc(x), x) if math.isfinite(x) else x


def rint(x: float, _char: str) -> float:
    """The nearest integer, half to even."""
    return math.copysign(round(x), x) if math.isfinite(x) else x


def divided(x: float, y: float, char: str) -> tuple[float, float]:
    """NumPy's floor_divide and remainder of floats (its npy_divmod), which rounds at every step.

    In binary16 the steps are in binary32, and the two results are rounded to binary16 at the end.
    """
    if char == "e":
        quotient, rest = divided(x, y, "f")
        return narrowed(quotient, "e"), narrowed(rest, "e")
    rest = fmod(x, y, char)
    if y == 0:
        return divide(x, y, char), rest
    quotient = divide(subtract(x, rest, char), y, char)
    if rest:
        if (y < 0) != (rest < 0):
            rest, quotient = add(rest, y, char), subtract(quotient, 1.0, char)
    else:
        rest = math.copysign(0.0, y)
    if not quotient:
        return math.copysign(0.0, divide(x, y, char)), rest
    down = floor(quotient, char)
    return (add(down, 1.0, char) if subtract(quotient, down, char) > 0.5 else down), rest


def narrowed(x: float, char: str) -> float:
    """A value converted to a narrower format."""
    return math.copysign(rounded(*scaled(x), char), x) if math.isfinite(x) else x


@cache
def span(char: str) -> tuple[int, int]:
    """Least and greatest value of an integer type."""
    element = ELEMENTS[char]
    bits = 8 * element.size
    return (0, (1 << bits) - 1) if element.kind == "u" else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def wrapped(value: int, char: str) -> int:
    """An integer modulo 2^bits, as two's complement has it."""
    low, high = span(char)
    return (value - low) % (high - low + 1) + low


def any_order_sum(values: Sequence[float], char: str) -> float:
    """The sum, where it does not depend on the order of the additions; UnanswerableError where it may.

    With all values multiples of one power of two, and the sum of their sizes below 2^precision times it, every partial
    sum is such a multiple too and is exact. Two values have one addition.
    """
    finite = [value for value in values if math.isfinite(value)]
    infinities = {value for value in values if math.isinf(value)}
    if any(math.isnan(value) for value in values) or len(infinities) == 2:
        return math.nan
    if not infinities and len(values) == 2 and any(values):
        return add(values[0], values[1], char)
    if values and not any(values) and all(math.copysign(1, value) < 0 for value in values):
        raise UnanswerableError  # whether the additions start from +0 differs between versions of NumPy
    parts = [scaled(value) for value in finite if value]
    least = min((k for _, k in parts), default=0)
    sizes = sum(abs(m) << (k - least) for m, k in parts)
    precision, _, e_max = FLOAT_FORMATS[char]
    if sizes.bit_length() > precision or (sizes and sizes.bit_length() + least > e_max + 1):
        raise UnanswerableError
    return infinities.pop() if infinities else rounded(sum(m << (k - least) for m, k in parts), least, char)


def any_order_product(values: Sequence[float], char: str) -> float:
    """The product, where it does not depend on the order; UnanswerableError where it may.

    That is so where the odd parts multiply to less than 2^precision, and the exponents cannot leave the range of normal
    numbers in any order.
    """
    if any(math.isnan(value) for value in values):
        return math.nan
    if not all(math.isfinite(value) for value in values):
        raise UnanswerableError
    if len(values) == 2:
        return multiply(values[0], values[1], char)
    sign = -1 if sum(math.copysign(1, value) < 0 for value in values) % 2 else 1
    odd, up, down = 1, 0, 0
    for value in filter(None, values):
        m, k = scaled(abs(value))
        strip = (m & -m).bit_length() - 1
        odd *= m >> strip
        up, down = up + max(0, k + strip), down + min(0, k + strip)
        if odd.bit_length() > FLOAT_FORMATS[char].precision:
            raise UnanswerableError
    _, e_min, e_max = FLOAT_FORMATS[char]
    if odd.bit_length() + up > e_max or down < e_min:
        raise UnanswerableError
    return math.copysign(0.0 if 0.0 in values else rounded(odd, up + down, char), sign)
