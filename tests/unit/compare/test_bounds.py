"""Bounds against their formulas in rationals, and against sums that really round at every step."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import ceil, log2, prod, ulp
from typing import Any, Literal, SupportsFloat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from parity.compare import bounds, exact, prefixes
from parity.documents.elements import FLOAT_FORMATS, FloatFormat
from parity.ops.row import Depth

E, F, D = (FLOAT_FORMATS[char] for char in "efd")
WIDTHS: dict[str, Literal[16, 32, 64]] = {"e": 16, "f": 32, "d": 64}


def claim(form: FloatFormat = F, result: FloatFormat | None = None, depth: Depth = "pairwise") -> bounds.Claim:
    return bounds.Claim(form, result or form, depth, form)


def moments(terms: Iterable[SupportsFloat]) -> bounds.Moments:
    exactly = [Fraction(float(term)) for term in terms]
    zero = Fraction(0)
    return bounds.Moments(
        len(exactly), sum(exactly, zero), sum(map(abs, exactly), zero), sum((term * term for term in exactly), zero)
    )


def numbers(char: str, magnitude: float = 1e3) -> st.SearchStrategy[float]:
    return st.floats(-magnitude, magnitude, width=WIDTHS[char])


finite_doubles = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite_doubles, min_size=1, max_size=40))
def test_scaled_integers_are_the_numbers(values: list[float]) -> None:
    found = exact.scaled(np.array(values))
    assert [exact.shifted(integer, found.unit) for integer in found.integers] == [Fraction(v) for v in values]


@given(finite_doubles.filter(bool))
def test_floor_log2_and_ulp(value: float) -> None:
    power = exact.floor_log2(Fraction(value))
    assert Fraction(2) ** power <= abs(Fraction(value)) < Fraction(2) ** (power + 1)
    assert exact.ulp(Fraction(value), D) == Fraction(ulp(value))


@given(st.fractions(min_value=0), st.integers(-2000, 2000))
def test_root_is_below_by_less_than_200_bits(value: Fraction, power: int) -> None:
    square = value * Fraction(2) ** power
    found = exact.root(square)
    assert found**2 <= square <= (found * (1 + Fraction(1, 2**199))) ** 2


@pytest.mark.parametrize(("form", "dtype"), [(E, "e"), (F, "f"), (D, "d")])
def test_thresholds_are_those_of_the_formats(form: FloatFormat, dtype: str) -> None:
    info = np.finfo(dtype)
    assert exact.smallest(form) == Fraction(float(info.smallest_subnormal))
    largest = Fraction(float(info.max))
    assert exact.overflow_threshold(form) == largest + exact.ulp(largest, form) / 2


@pytest.mark.parametrize("n", [2, 3, 25, 128, 129, 256, 257, 1000, 8192, 20_000, 10**6])
def test_the_claimed_depth_is_that_of_the_design(n: int) -> None:
    pairwise = 24 + ceil(log2(Fraction(n, 128))) if n > 128 else max(1, min(n - 1, 24))
    assert bounds.depth_of(n, "pairwise") == pairwise
    assert bounds.depth_of(n, "sequential") == n - 1


@given(st.integers(1, 5000), st.sampled_from([E, F, D]))
def test_gamma_covers_the_growth_of_k_roundings(k: int, form: FloatFormat) -> None:
    u = Fraction(1, 2**form.precision)
    found = bounds.gamma(k, form)
    assert (1 + u) ** k - 1 <= found if k <= 300 else k * u <= found
    if 2 * k * u <= 1:
        assert found == k * u / (1 - k * u)


def test_gamma_of_a_million_float16_steps_is_a_number() -> None:
    assert bounds.gamma(10**7, E) > 1


@given(st.lists(numbers("f"), min_size=3, max_size=40))
def test_the_bound_of_a_sum_is_gamma_times_the_magnitudes_and_half_an_ulp(terms: list[float]) -> None:
    sums = moments(terms)
    found = bounds.sum_bound(sums, claim())
    h = min(sums.n - 1, 24)
    gamma = Fraction(h, 2**24 - h)
    assert found.exact == sums.total
    least = gamma * sums.magnitude + exact.ulp(sums.total, F) / 2
    assert least <= found.above == found.below <= least + exact.ulp(abs(sums.total) + least, F) / 2


def every_order(terms: NDArray[Any], add: Callable[[Any, Any], Any]) -> Iterator[Any]:
    """Results of adding in random binary trees."""
    generator = np.random.default_rng(len(terms))
    for _ in range(5):
        parts = list(terms)
        while len(parts) > 1:
            one, two = (parts.pop(generator.integers(len(parts))) for _ in range(2))
            parts.append(add(one, two))
        yield parts[0]


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
@given(st.lists(numbers("f"), min_size=1, max_size=24), st.sampled_from("ef"))
def test_sums_in_any_order_are_within(terms: list[float], char: str) -> None:
    cast = np.array(terms, char)
    found = bounds.sum_bound(moments(cast), claim(FLOAT_FORMATS[char], depth="sequential"))
    for order in every_order(cast, np.add):
        if np.isfinite(order):
            assert found.share(float(order)) <= 1
        else:
            assert (1 if order > 0 else -1) in found.overflow


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
@given(st.lists(st.floats(2**-10, 2**10, width=32) | st.floats(-8, 8, width=32), min_size=1, max_size=12))
def test_products_in_any_order_are_within(terms: list[float]) -> None:
    cast = np.array(terms, "f")
    product = prefixes.products([cast.astype("d")], [len(cast)])[len(cast)]
    assert product.parts[0] == prod(Fraction(float(term)) for term in cast)
    found = bounds.prod_bound(product, claim(depth="sequential"))
    smallest_partial = np.prod([min(1.0, abs(float(term))) for term in cast])
    for order in every_order(cast, np.multiply):
        if not np.isfinite(order):
            assert (1 if order > 0 else -1) in found.overflow
        elif smallest_partial > 2.0**-120:  # below, a partial product may lose digits that later ones enlarge
            assert found.share(float(order)) <= 1


@given(st.lists(st.complex_numbers(max_magnitude=30, min_magnitude=0.1), min_size=1, max_size=12))
def test_complex_products_are_within_a_disc(terms: list[complex]) -> None:
    cast = np.array(terms, "F")
    columns = [part.astype("d") for part in (cast.real, cast.imag)]
    product = prefixes.products(columns, [len(cast)])[len(cast)]
    found = bounds.complex_prod_bound(product, claim(depth="sequential"))
    wide = np.prod(cast.astype("D"))
    assert found.exact == pytest.approx((wide.real, wide.imag), rel=1e-12, abs=1e-12 * abs(wide))
    for order in every_order(cast, np.multiply):
        assert found.share(float(order.real), float(order.imag)) <= 1


@given(st.lists(numbers("f"), min_size=2, max_size=24), st.integers(0, 1))
def test_variances_by_two_passes_are_within(terms: list[float], ddof: int) -> None:
    cast = np.array(terms, "f")
    columns = [moments(cast)]
    exact_variance = sum((Fraction(float(t)) - columns[0].total / len(cast)) ** 2 for t in cast) / (len(cast) - ddof)
    deep = claim(depth="sequential")
    found = bounds.var_bound(columns, Fraction(ddof), deep)
    root = bounds.std_bound(columns, Fraction(ddof), deep)
    assert found is not None
    assert root is not None
    assert found.exact == exact_variance
    for mean in every_order(cast, np.add):
        deviations = cast - mean / np.float32(len(cast))
        for squares in every_order(deviations * deviations, np.add):
            variance = squares / np.float32(len(cast) - ddof)
            assert found.share(float(variance)) <= 1
            assert root.share(float(np.sqrt(variance))) <= 1


def test_the_variance_of_numbers_far_from_zero_by_the_textbook_formula_is_beyond() -> None:
    """facts.md: 13.2 instead of 0.083 for uniform float32 numbers about 1e4."""
    x = (np.random.default_rng(1).random(1000) + 1e4).astype("f")
    textbook = np.mean(x * x, dtype="f") - np.mean(x, dtype="f") ** 2
    found = bounds.var_bound([moments(x)], Fraction(0), claim())
    assert found is not None
    assert found.share(float(np.var(x))) <= 1 < found.share(float(textbook))


@pytest.mark.parametrize(
    ("terms", "form", "overflow"),
    [
        pytest.param([3e38, 3e38, -3e38], F, {1}, id="the positive part overflows"),
        pytest.param([3e38, 3e38, -3e38, -3e38], F, {1, -1}, id="both parts overflow"),
        pytest.param([3e38, -3e38], F, set(), id="neither part overflows"),
        pytest.param([-6e4, -6e4], E, {-1}, id="in float16"),
    ],
)
def test_only_a_part_that_overflows_excuses_an_infinity(
    terms: list[float], form: FloatFormat, overflow: set[int]
) -> None:
    assert bounds.sum_bound(moments(terms), claim(form)).overflow == overflow


def test_one_term_comes_out_as_it_is_and_two_are_added_correctly_rounded() -> None:
    assert bounds.sum_bound(moments([0.1]), claim(D)).above == 0
    two = bounds.sum_bound(moments([0.1, 0.2]), claim(D))
    assert two.share(0.1 + 0.2) <= 1 < two.share(float(np.nextafter(0.1 + 0.2, 1)))


def test_a_mean_of_float16_claims_float32_and_one_rounding() -> None:
    terms = np.array([1000, 1001, 1002, 1004], "e")
    found = bounds.mean_bound(moments(terms), claim(F, E))
    assert found.share(1002.0) <= 1  # 1001.75 rounds to 1002, by half an ulp of float16 at most
    assert found.share(1001.0) > 1


@given(st.lists(finite_doubles, min_size=1, max_size=30), st.data())
def test_prefix_sums_are_exact_and_stop_before_what_is_not_finite(values: list[float], data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(values)))
    column = np.array([*values[:end], np.nan, *values[end:]])
    found = prefixes.sums(column, list(range(len(column) + 1)), squares=True)
    assert set(found) == set(range(1, end + 1))
    for count, sums in found.items():
        assert sums == moments(values[:count])


def test_products_beyond_every_format_stay_small() -> None:
    column = np.full(20_000, 1e300)
    found = prefixes.products([column], [20_000])[20_000]
    assert exact.floor_log2(found.parts[0]) == prefixes.FAR - 1
    tiny = prefixes.products([1 / column], [20_000])[20_000]
    assert exact.floor_log2(tiny.parts[0]) <= -prefixes.FAR
    assert prefixes.products([np.array([2.0, 0.0, 3.0])], [3])[3].parts == (Fraction(0),)
