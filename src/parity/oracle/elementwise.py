"""Elementwise operations of the pure-Python oracle, by kind of loop.

A function takes the elements, then the character of the loop's inputs. What is absent here (transcendental functions,
complex products and quotients, whose rounding is the CPU's affair) has no answer.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

from parity.documents.elements import COMPONENT, ELEMENTS
from parity.oracle import exact
from parity.oracle.exact import UnanswerableError, wrapped

Function = Callable[..., Any]


def function_of(op: str, char: str) -> Function | None:
    """The function for an operation and the character of its loop's inputs; None where there is none."""
    kind = ELEMENTS[char].kind
    table = {"b": _BOOL, "i": _INTEGER, "u": _INTEGER, "f": _FLOAT, "c": _COMPLEX}[kind]
    return table.get(op) or (_ORDER.get(op) if kind != "c" else None) or _ANY.get(op)


def _plain(function: Function) -> Function:
    """A function that does not depend on the loop."""
    return lambda *values: function(*values[:-1])


def _wrapping(function: Function) -> Function:
    """An integer function whose result is taken modulo 2^bits."""
    return lambda *values: wrapped(function(*values[:-1]), values[-1])


def _logical_xor(x: Any, y: Any) -> bool:
    return bool(x) != bool(y)


def _copysign(x: float, y: float) -> float:
    return math.copysign(x, y)


def _sign(x: float) -> float:
    return x if math.isnan(x) else float((x > 0) - (x < 0))


def _floor_quotient(x: int, y: int) -> int:
    return x // y if y else 0


def _floor_remainder(x: int, y: int) -> int:
    return x % y if y else 0


def _integer_fmod(x: int, y: int) -> int:
    """With the sign of x, as C's %; 0 where y is 0."""
    return (abs(x) % abs(y)) * (-1 if x < 0 else 1) if y else 0


def _integer_divmod(x: int, y: int, char: str) -> tuple[int, int]:
    return wrapped(_floor_quotient(x, y), char), wrapped(_floor_remainder(x, y), char)


def _integer_power(x: int, y: int, char: str) -> int:
    if y < 0:
        raise UnanswerableError  # NumPy raises
    return wrapped(pow(x, y, 1 << (8 * ELEMENTS[char].size)), char)


def _reciprocal(x: int) -> int:
    if x == 0:
        raise UnanswerableError  # a conversion of infinity to an integer, which C leaves undefined
    return x if x in (1, -1) else 0


def _left_shift(x: int, y: int, char: str) -> int:
    bits = 8 * ELEMENTS[char].size
    return wrapped(x << y, char) if 0 <= y < bits else 0


def _right_shift(x: int, y: int, char: str) -> int:
    bits = 8 * ELEMENTS[char].size
    return x >> y if 0 <= y < bits else -1 if x < 0 else 0


def _extremum(better: Function, *, skip_nan: bool) -> Function:
    """maximum, minimum (a NaN wins) or fmax, fmin (a NaN loses). Which of two zeros wins is the CPU's affair."""

    def function(x: float, y: float, _char: str) -> float:
        if math.isnan(x) or math.isnan(y):
            if skip_nan:
                return y if math.isnan(x) else x
            return x if math.isnan(x) else y
        if x == 0 == y and math.copysign(1, x) != math.copysign(1, y):
            raise UnanswerableError
        return x if better(x, y) else y

    return function


def _by_component(function: Function) -> Function:
    """A complex function that treats real and imaginary part alike."""

    def both(*values: Any) -> complex:
        part = COMPONENT[values[-1]]
        return complex(
            function(*(value.real for value in values[:-1]), part),
            function(*(value.imag for value in values[:-1]), part),
        )

    return both


def _any_part(function: Callable[[float], bool]) -> Function:
    return lambda value, _char: function(value.real) or function(value.imag)


_ANY: dict[str, Function] = {
    "equal": _plain(operator.eq),
    "not_equal": _plain(operator.ne),
    "logical_and": _plain(lambda x, y: bool(x) and bool(y)),
    "logical_or": _plain(lambda x, y: bool(x) or bool(y)),
    "logical_xor": _plain(_logical_xor),
    "logical_not": _plain(operator.not_),
}

_ORDER: dict[str, Function] = {
    "less": _plain(operator.lt),
    "less_equal": _plain(operator.le),
    "greater": _plain(operator.gt),
    "greater_equal": _plain(operator.ge),
}

_EXTREMA: dict[str, Function] = {
    "maximum": _plain(max),
    "fmax": _plain(max),
    "minimum": _plain(min),
    "fmin": _plain(min),
}

_FINITE: dict[str, Function] = {
    "isnan": lambda _x, _char: False,
    "isinf": lambda _x, _char: False,
    "isfinite": lambda _x, _char: True,
}

_BITWISE: dict[str, Function] = {
    "bitwise_and": _plain(operator.and_),
    "bitwise_or": _plain(operator.or_),
    "bitwise_xor": _plain(operator.xor),
}

_IDENTITY: dict[str, Function] = {name: _plain(lambda x: x) for name in ("floor", "ceil", "trunc")}

_BOOL: dict[str, Function] = {
    "add": _plain(operator.or_),
    "multiply": _plain(operator.and_),
    "absolute": _plain(lambda x: x),
    "invert": _plain(operator.not_),
    **_EXTREMA,
    **_FINITE,
    **_BITWISE,
    **_IDENTITY,
}

_INTEGER: dict[str, Function] = {
    "add": _wrapping(operator.add),
    "subtract": _wrapping(operator.sub),
    "multiply": _wrapping(operator.mul),
    "floor_divide": _wrapping(_floor_quotient),
    "remainder": _wrapping(_floor_remainder),
    "fmod": _wrapping(_integer_fmod),
    "divmod": _integer_divmod,
    "power": _integer_power,
    "negative": _wrapping(operator.neg),
    "positive": _plain(lambda x: x),
    "absolute": _wrapping(abs),
    "sign": _plain(lambda x: (x > 0) - (x < 0)),
    "reciprocal": _plain(_reciprocal),
    "square": _wrapping(lambda x: x * x),
    "invert": _wrapping(operator.invert),
    "left_shift": _left_shift,
    "right_shift": _right_shift,
    **_EXTREMA,
    **_FINITE,
    **_BITWISE,
    **_IDENTITY,
}

_FLOAT: dict[str, Function] = {
    "add": exact.add,
    "subtract": exact.subtract,
    "multiply": exact.multiply,
    "divide": exact.divide,
    "floor_divide": lambda x, y, char: exact.divided(x, y, char)[0],
    "remainder": lambda x, y, char: exact.divided(x, y, char)[1],
    "fmod": exact.fmod,
    "divmod": exact.divided,
    "negative": _plain(operator.neg),
    "positive": _plain(lambda x: x),
    "absolute": _plain(math.fabs),
    "fabs": _plain(math.fabs),
    "sign": _plain(_sign),
    "reciprocal": lambda x, char: exact.divide(1.0, x, char),
    "square": lambda x, char: exact.multiply(x, x, char),
    "sqrt": exact.square_root,
    "floor": exact.floor,
    "ceil": exact.ceil,
    "trunc": exact.trunc,
    "rint": exact.rint,
    "maximum": _extremum(operator.gt, skip_nan=False),
    "minimum": _extremum(operator.lt, skip_nan=False),
    "fmax": _extremum(operator.gt, skip_nan=True),
    "fmin": _extremum(operator.lt, skip_nan=True),
    "isnan": _plain(math.isnan),
    "isinf": _plain(math.isinf),
    "isfinite": _plain(math.isfinite),
    "signbit": _plain(lambda x: math.copysign(1, x) < 0),
    "copysign": _plain(_copysign),
}

_COMPLEX: dict[str, Function] = {
    "add": _by_component(exact.add),
    "subtract": _by_component(exact.subtract),
    "negative": _by_component(_plain(operator.neg)),
    "positive": _plain(lambda x: x),
    "rint": _by_component(exact.rint),
    "isnan": _any_part(math.isnan),
    "isinf": _any_part(math.isinf),
    "isfinite": lambda value, _char: math.isfinite(value.real) and math.isfinite(value.imag),
}
