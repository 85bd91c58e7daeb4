"""E and the distance between representations, and the limits that are set on E."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.compare import distance
from parity.documents.elements import FLOAT_FORMATS

from .by_hand import Hand

FLOATS = {"e": "u2", "f": "u4", "d": "u8"}
Pair = tuple[str, tuple[int, int], bool, bool]
"""A format, two magnitudes by their bits, and whether each is negative."""


def bits(char: str) -> st.SearchStrategy[int]:
    width = 8 * np.dtype(char).itemsize
    return st.integers(0, 2**width - 1)


def finite_pairs() -> st.SearchStrategy[Pair]:
    """Two finite numbers of a format, near to each other or not, by their bits."""

    def of(char: str) -> st.SearchStrategy[Pair]:
        top = int(np.array(np.inf, char).view(FLOATS[char]))
        magnitude = st.integers(0, top - 1)
        near = st.tuples(magnitude, st.integers(-2000, 2000)).map(lambda p: (p[0], min(max(p[0] + p[1], 0), top - 1)))
        return st.tuples(st.just(char), st.one_of(near, st.tuples(magnitude, magnitude)), st.booleans(), st.booleans())

    return st.sampled_from("efd").flatmap(of)


def number(char: str, magnitude: int, *, negative: bool) -> np.ndarray:
    value = np.array(magnitude, FLOATS[char]).view(char)
    return -value if negative else value


def exact_ulps(expected: np.ndarray, actual: np.ndarray, char: str) -> Fraction:
    """E of design 5.3 in rationals."""
    form = FLOAT_FORMATS[char]
    r, y = Fraction(float(expected)), Fraction(float(actual))
    exponent = form.e_min
    if r:
        exponent = len(bin(abs(r.numerator))) - len(bin(r.denominator))
        exponent -= Fraction(2) ** exponent > abs(r)
        exponent = max(exponent, form.e_min)
    return abs(y - r) / Fraction(2) ** (exponent - form.precision + 1)


@given(finite_pairs())
def test_e_is_that_of_rational_arithmetic(pair: Pair) -> None:
    char, (one, two), *signs = pair
    expected, actual = (number(char, m, negative=s) for m, s in zip((one, two), signs, strict=True))
    with np.errstate(over="ignore"):
        wide = [np.array([value], np.float64) for value in (expected, actual)]
        found = distance.in_ulp(wide[0], wide[1], FLOAT_FORMATS[char])[0]
    right = exact_ulps(expected, actual, char)
    if right < 2**20:
        assert Fraction(float(found)) == right
    elif np.isfinite(found):
        assert abs(Fraction(float(found)) / right - 1) < Fraction(1, 2**51)
    else:
        assert right >= 2**1023


@given(st.sampled_from("efd").flatmap(lambda char: st.tuples(st.just(char), bits(char), bits(char), bits(char))))
def test_the_distance_of_representations_is_symmetric_and_a_metric(quad: tuple[str, int, int, int]) -> None:
    char, *patterns = quad
    one, two, three = (np.array([pattern], FLOATS[char]) for pattern in patterns)
    there, back = distance.representations(one, two), distance.representations(two, one)
    assert there.dtype == np.uint64
    assert there == back
    assert distance.representations(one, one) == 0
    assert int(there[0]) <= int(distance.representations(one, three)[0]) + int(distance.representations(three, two)[0])


@given(st.sampled_from("efd"), st.integers(0, 1000), st.integers(0, 1000))
def test_steps_across_zero_are_counted(char: str, below: int, above: int) -> None:
    one = np.array([above], FLOATS[char])
    two = (-np.array([below], FLOATS[char]).view(char)).view(FLOATS[char])
    assert distance.representations(one, two)[0] == below + above


@pytest.mark.parametrize(
    ("op", "char", "start", "limit"),
    [
        pytest.param("exp", "f", 1.5, 4, id="inside a binade"),
        pytest.param("exp", "f", 2.0, 4, id="upward from a power of two"),
        pytest.param("exp", "f", 2.0**-149 * 100, 4, id="among subnormal numbers"),
        pytest.param("exp", "f", 2.0**-126, 4, id="from the smallest normal number"),
        pytest.param("exp", "d", 5e-324, 2, id="from the smallest subnormal number of float64"),
        pytest.param("sin", "e", 1.0, 1, id="in float16"),
        pytest.param("power", "d", 3.0, 2, id="in float64"),
    ],
)
def test_off_by_the_limit_is_within_and_by_one_more_is_not(
    hand: Hand, op: str, char: str, start: float, limit: int
) -> None:
    loop = f"{char * 2 if op == 'power' else char}->{char}"
    first = int(np.array(start, char).view(FLOATS[char]))
    for steps, verdict in ((0, "exact"), (1, "within_tolerance"), (limit, "within_tolerance"), (limit + 1, "diverged")):
        actual = np.array(first + steps, FLOATS[char]).view(char)
        found = hand.judged_arrays(op, loop, [start], [actual])
        assert (found.verdict, found.ulp) == (verdict, float(steps))
        assert found.distance == (str(steps) if steps else None)


def test_below_a_power_of_two_a_step_is_half_an_ulp_of_it(hand: Hand) -> None:
    """2 - 8 steps of half an ulp is 4 ulp of 2 away, and 2 lies as far above as 8 ulp of that number."""
    below = (np.array([2.0], "f").view("u4") - np.uint32(8)).view("f")
    assert hand.judged_arrays("exp", "f->f", [2.0], below).ulp == 4.0
    found = hand.judged_arrays("exp", "f->f", below, [2.0])
    assert (found.verdict, found.ulp) == ("diverged", 8.0)


def test_largest_finite_number_against_one_step_below_is_a_distance(hand: Hand) -> None:
    largest = np.finfo("f").max
    found = hand.judged_arrays("exp", "f->f", [largest], [np.nextafter(largest, np.float32(0))])
    assert (found.verdict, found.ulp) == ("within_tolerance", 1.0)


def test_an_error_beyond_float64_is_told_as_its_largest_number(hand: Hand) -> None:
    found = hand.judged_arrays("exp", "d->d", [0.0], [1e300])
    assert (found.verdict, found.ulp) == ("diverged", float(np.finfo("d").max))


def test_an_ulp_is_one_of_the_loop_although_out_is_wider(hand: Hand) -> None:
    from parity.compare.judge import judge

    wide = hand.value([1.0], "f8")
    off = hand.value([1.0 + 2.0**-22], "f8")
    found = judge(hand.case("exp", "f->f"), hand.returned(wide), hand.returned(off), {})
    assert (found.verdict, found.ulp) == ("within_tolerance", 2.0)


@pytest.mark.parametrize(
    ("real_steps", "imaginary_steps", "verdict"),
    [(4, 0, "within_tolerance"), (5, 0, "diverged"), (3, 2, "within_tolerance"), (3, 3, "diverged")],
)
def test_a_complex_error_is_the_modulus_in_ulp_of_the_larger_component(
    hand: Hand, real_steps: int, imaginary_steps: int, verdict: str
) -> None:
    """The imaginary part is 2^-20 of the real one: a step of the real part's ulp is 2^20 of its own."""
    unit = 2.0**-52
    expected = complex(1.5, 1.5 * 2.0**-20)
    actual = complex(1.5 + real_steps * unit, expected.imag + imaginary_steps * unit)
    found = hand.judged_arrays("exp", "D->D", [0.5j, expected], [0.5j, actual])
    assert found.verdict == verdict
    assert found.ulp_normwise == pytest.approx(np.hypot(real_steps, imaginary_steps))
    assert found.ulp == max(real_steps, imaginary_steps * 2.0**20)
    assert found.differing == 1
