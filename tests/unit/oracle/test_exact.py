"""Exact arithmetic against the machine's own, bit for bit."""

import itertools
import math
import operator
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.documents.elements import FLOAT_FORMATS
from parity.oracle import exact

TYPES: dict[str, Any] = {"e": np.float16, "f": np.float32, "d": np.float64}
WIDTH: dict[str, Literal[16, 32, 64]] = {"e": 16, "f": 32, "d": 64}
CHARS = pytest.mark.parametrize("char", TYPES)


def floats(char: str) -> st.SearchStrategy[float]:
    """Values of a format: by size, and by bit pattern, which reaches subnormals and the largest ones often."""
    width = WIDTH[char]
    letter = {16: "H", 32: "I", 64: "Q"}[width]
    patterns = st.integers(0, 2**width - 1).map(
        lambda bits: struct.unpack(f"<{char}", struct.pack(f"<{letter}", bits))[0]
    )
    return st.floats(width=width) | patterns


def alike(one: float, two: float) -> bool:
    """Bit-identical, NaN payload and sign aside."""
    return (math.isnan(one) and math.isnan(two)) or struct.pack("<d", one) == struct.pack("<d", two)


@CHARS
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "fmod"])
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_binary_operations_are_the_machines(name: str, char: str, data: st.DataObject) -> None:
    x, y = data.draw(floats(char)), data.draw(floats(char))
    with np.errstate(all="ignore"):
        expected = float(getattr(np, name)(TYPES[char](x), TYPES[char](y)))
    assert alike(getattr(exact, name)(x, y, char), expected)


@CHARS
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_roots_and_integers_nearby_are_the_machines(char: str, data: st.DataObject) -> None:
    x = data.draw(floats(char))
    with np.errstate(all="ignore"):
        assert alike(exact.square_root(x, char), float(np.sqrt(TYPES[char](x))))
    for name in ("floor", "ceil", "trunc", "rint"):
        assert alike(getattr(exact, name)(x, char), float(getattr(np, name)(TYPES[char](x)))), name


@CHARS
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_floor_divide_and_remainder_are_numpys(char: str, data: st.DataObject) -> None:
    x, y = data.draw(floats(char)), data.draw(floats(char))
    with np.errstate(all="ignore"):
        quotient, rest = np.divmod(TYPES[char](x), TYPES[char](y))
    found = exact.divided(x, y, char)
    assert alike(found[0], float(quotient))
    assert alike(found[1], float(rest))


@CHARS
@settings(deadline=None, max_examples=200)
@given(significand=st.integers(-(2**120), 2**120), exponent=st.integers(-1200, 1000))
def test_rounding_takes_the_nearest_value_and_the_even_one_of_two(char: str, significand: int, exponent: int) -> None:
    found = exact.rounded(significand, exponent, char)
    precision, _, e_max = FLOAT_FORMATS[char]
    value = Fraction(significand) * Fraction(2) ** exponent
    limit = Fraction(2) ** (e_max + 1) - Fraction(2) ** (e_max - precision)
    assert math.isinf(found) == (abs(value) >= limit)
    if math.isinf(found):
        assert (found < 0) == (significand < 0)
        return
    error = abs(Fraction(found) - value)
    with np.errstate(all="ignore"):
        neighbours = [np.nextafter(TYPES[char](found), TYPES[char](side)) for side in (math.inf, -math.inf)]
    for neighbour in neighbours:
        if np.isfinite(neighbour):
            other = abs(Fraction(float(neighbour)) - value)
            bits = int.from_bytes(TYPES[char](found).tobytes(), "little")
            assert error < other or (error == other and bits % 2 == 0)


@CHARS
def test_halves_of_the_least_subnormal_round_to_even(char: str) -> None:
    precision, e_min, _ = FLOAT_FORMATS[char]
    least = e_min - precision + 1
    tiny = math.ldexp(1.0, least)
    found = [exact.rounded(numerator, least - 2, char) / tiny for numerator in range(9)]
    assert found == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert math.copysign(1, exact.rounded(-1, least - 2, char)) == -1


@pytest.mark.parametrize("char", ["b", "B", "h", "H", "i", "I", "l", "L"])
@given(value=st.integers(-(2**130), 2**130))
def test_integers_wrap_as_twos_complement(char: str, value: int) -> None:
    low, high = exact.span(char)
    found = exact.wrapped(value, char)
    assert low <= found <= high
    assert (found - value) % (high - low + 1) == 0


@pytest.mark.parametrize(
    ("fold", "step"),
    [(exact.any_order_sum, operator.add), (exact.any_order_product, operator.mul)],
    ids=["sum", "prod"],
)
@settings(deadline=None, max_examples=300)
@given(values=st.lists(st.floats() | st.integers(-9, 9).map(lambda value: value / 4), min_size=2, max_size=5))
def test_what_has_an_answer_has_it_in_every_order(
    fold: Callable[..., float], step: Callable[[float, float], float], values: list[float]
) -> None:
    try:
        found = fold(values, "d")
    except exact.UnanswerableError:
        return
    for order in itertools.permutations(values):
        result = order[0]
        for value in order[1:]:
            result = step(result, value)
        assert alike(result, found), order


def test_a_sum_whose_order_matters_has_no_answer() -> None:
    with pytest.raises(exact.UnanswerableError):
        exact.any_order_sum([1e16, 1.0, -1e16], "d")
    assert exact.any_order_sum([2.0**52, 0.5, -(2.0**52)][:2], "d") == 2.0**52
    assert exact.any_order_sum([1.5, math.inf, -2.0], "d") == math.inf
    with pytest.raises(exact.UnanswerableError):
        exact.any_order_sum([math.inf, -1e308, -1e308, -1e308], "d")
