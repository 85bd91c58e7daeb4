"""Statistics against scipy, against counting by hand, and against what they promise under simulation."""

from itertools import combinations, product
from math import exp, inf, isclose

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from parity.bench.statistics import (
    LARGEST_RANKED,
    TAIL,
    benjamini_hochberg,
    median_interval,
    order_interval,
    order_ranks,
    percentile_change,
    quantile,
    rank_shift,
    ratio_interval,
    widest_median_interval,
)

Floats = NDArray[np.float64]

numbers = st.floats(-1e6, 1e6)
coarse = st.integers(-5, 5).map(float)
"""Few values, so that ties are frequent."""
durations = st.floats(1, 1e9)


def samples(elements: st.SearchStrategy[float], least: int = 1, most: int = 12) -> st.SearchStrategy[list[float]]:
    return st.lists(elements, min_size=least, max_size=most)


distinct = st.lists(st.integers(-30, 30).map(float), min_size=1, max_size=9, unique=True)


# -- order statistics ------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "needed"), [(0.5, 6), (0.95, 72), (0.99, 368)])
def test_p50_takes_6_samples_and_p95_72_and_p99_368(share: float, needed: int) -> None:
    assert order_interval(np.arange(1.0, needed), share) is None
    assert order_interval(np.arange(1.0, needed + 1), share) is not None


@pytest.mark.parametrize("n", [6, 7, 9, 36, 72, 100, 367, 368, 1000, 10_000, 100_000])
@pytest.mark.parametrize("share", [0.001, 0.25, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("tail", [TAIL, TAIL / 2, TAIL / 3])
def test_ranks_are_the_closest_whose_binomial_tails_are_small_enough(n: int, share: float, tail: float) -> None:
    k = np.arange(n + 1)
    low = int(np.count_nonzero(stats.binom.cdf(k, n, share) <= tail))
    high = n + 1 - int(np.count_nonzero(stats.binom.sf(k - 1, n, share) <= tail))
    assert order_ranks(n, share, tail) == ((low, high) if low >= 1 and high <= n else None)


def test_ranks_of_a_million_samples_are_those_of_the_normal_approximation() -> None:
    ranks = order_ranks(1_000_000, 0.99)
    assert ranks is not None
    assert ranks[0] == pytest.approx(990_000 - 1.96 * 99.5, abs=2)
    assert ranks[1] == pytest.approx(990_000 + 1.96 * 99.5, abs=2)


@pytest.mark.parametrize(("n", "share"), [(9, 0.5), (72, 0.95), (400, 0.95), (368, 0.99)])
@pytest.mark.parametrize("steps", [False, True], ids=["continuous", "with ties"])
def test_intervals_hold_the_quantile_in_95_percent_of_cases(n: int, share: float, steps: bool) -> None:
    random = np.random.default_rng(20261121)
    draws = np.sort(random.exponential(size=(4000, n)), axis=1)
    truth = float(stats.expon.ppf(share))
    if steps:
        draws, truth = np.ceil(draws * 4), float(np.ceil(truth * 4))
    ranks = order_ranks(n, share)
    assert ranks is not None
    low, high = draws[:, ranks[0] - 1], draws[:, ranks[1] - 1]
    assert np.mean(low > truth) < TAIL + 0.008
    assert np.mean(high < truth) < TAIL + 0.008


@given(samples(durations, 6, 80), st.sampled_from([0.25, 0.5, 0.75, 0.95]))
def test_an_interval_is_made_of_samples_and_holds_the_quantile(values: list[float], share: float) -> None:
    found = order_interval(values, share)
    assume(found is not None)
    assert found is not None
    assert {found.low, found.value, found.high} <= set(values)
    assert found.low <= found.value <= found.high
    assert found.value == np.quantile(values, share, method="inverted_cdf")


@given(samples(durations, 6, 40))
def test_an_interval_does_not_depend_on_the_order_of_samples(values: list[float]) -> None:
    assert order_interval(values, 0.5) == order_interval(values[::-1], 0.5)


def test_the_rank_of_a_quantile_is_that_of_the_share_as_written() -> None:
    assert 0.07 * 100 > 7
    assert quantile(np.arange(1.0, 101), 0.07) == 7
    assert quantile(np.arange(1.0, 101), 0.99) == 99
    assert quantile([5.0], 0.99) == 5


def test_equal_samples_have_an_interval_of_no_width() -> None:
    found = order_interval([7.0] * 400, 0.99)
    assert found is not None
    assert (found.low, found.value, found.high) == (7, 7, 7)


def test_an_interval_of_one_sample_or_of_none_is_not_given() -> None:
    assert order_interval([3.0], 0.5) is None
    assert order_interval([], 0.5) is None


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), inf])
def test_a_sample_that_is_no_duration_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match=r"not above 0|not finite"):
        order_interval([1.0, bad], 0.5)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        order_ranks(10, share)


def test_the_quantile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no samples"):
        quantile([], 0.5)


# -- medians ---------------------------------------------------------------------------------------


def test_the_interval_of_nine_processes_is_from_the_second_to_the_second_last() -> None:
    values = [-0.03, 0.01, 0.02, 0.0, 0.05, -0.01, 0.04, 0.03, -0.02]
    assert median_interval(values) == (0.01, -0.02, 0.04)
    assert median_interval(values[:6]) == (0.005, -0.03, 0.05)
    assert median_interval(values[:5]) is None


@given(samples(numbers, 6))
def test_the_interval_of_a_median_is_what_the_sign_test_does_not_reject(values: list[float]) -> None:
    found = median_interval(values)
    assert found is not None
    assert found.value == np.median(values)
    for median in values:
        below, above = sum(x < median for x in values), sum(x > median for x in values)
        rejected = stats.binom.cdf(len(values) - max(below, above), len(values), 0.5) <= TAIL
        if not found.low <= median <= found.high:
            assert rejected


@given(samples(numbers, 6))
def test_the_interval_of_a_median_turns_round_with_the_values(values: list[float]) -> None:
    found, turned = median_interval(values), median_interval([-value for value in values])
    assert found is not None
    assert turned == (-found.value, -found.high, -found.low)


def test_a_ratio_is_the_exponential_of_the_median_of_logarithms() -> None:
    logs = np.log([2.0, 4.0, 2.5, 1.5, 3.0, 2.0, 2.0])
    found = ratio_interval(logs)
    assert found is not None
    assert found.value == pytest.approx(2)
    assert [found.low, found.high] == pytest.approx([1.5, 4])
    assert ratio_interval(logs[:5]) is None


def test_the_widest_interval_is_the_whole_range_where_the_level_is_out_of_reach() -> None:
    values = [3.0, 1.0, 2.0]
    assert widest_median_interval(values, TAIL) == (2, 1, 3)
    assert widest_median_interval(range(9), TAIL) == (4, 1, 7)
    assert widest_median_interval(range(9), TAIL / 3) == (4, 0, 8)
    with pytest.raises(ValueError, match="no values"):
        widest_median_interval([], TAIL)


# -- changes of percentiles ------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "needed"), [(0.5, 7), (0.95, 86), (0.99, 437)])
def test_a_change_takes_7_or_86_or_437_samples_on_both_sides(share: float, needed: int) -> None:
    enough, few = np.arange(1.0, needed + 1), np.arange(1.0, needed)
    assert percentile_change(enough, enough, share) is not None
    assert percentile_change(few, enough, share) is None
    assert percentile_change(enough, few, share) is None


def test_a_tenth_of_the_time_is_a_change_of_minus_90_percent() -> None:
    before = np.random.default_rng(1).lognormal(13, 0.1, 5000)
    for share in (0.5, 0.95, 0.99):
        change = percentile_change(before, before / 10, share)
        assert change is not None
        assert change.value == pytest.approx(-0.9)
        assert -0.93 < change.low < -0.9 < change.high < -0.85


def test_a_change_goes_from_the_least_after_over_the_greatest_before_to_the_reverse() -> None:
    before, after = [80.0, 90.0, 95.0, 100.0, 105.0, 110.0, 125.0], [30.0, 40.0, 45.0, 50.0, 55.0, 60.0, 80.0]
    assert percentile_change(before, after, 0.5) == (50 / 100 - 1, 30 / 125 - 1, 80 / 80 - 1)


def test_the_interval_of_a_change_holds_the_true_one_in_95_percent_of_cases() -> None:
    random, missed, runs = np.random.default_rng(2), 0, 400
    for _ in range(runs):
        change = percentile_change(random.exponential(1e6, 500), random.exponential(1.5e6, 300), 0.95)
        assert change is not None
        missed += not change.low <= 0.5 <= change.high
    assert missed / runs <= 0.05


@given(samples(durations, 7, 30))
def test_no_change_lies_in_the_interval_of_a_sample_against_itself(values: list[float]) -> None:
    change = percentile_change(values, values, 0.5)
    assert change is not None
    assert change.value == 0
    assert change.low <= 0 <= change.high


def test_a_duration_of_0_ns_counts_as_1() -> None:
    assert percentile_change(np.zeros(9, np.uint64), np.full(9, 2, np.uint64), 0.5) == (1, 1, 1)


# -- ranks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 3), (2, 9), (9, 2), (4, 4), (9, 9), (9, 18), (40, 40)])
def test_p_without_ties_is_scipys_exact_one(m: int, n: int) -> None:
    random = np.random.default_rng(m * 100 + n)
    for shift in (-0.5, 0.0, 0.7):
        x, y = random.normal(size=m), random.normal(size=n) + shift
        wanted = stats.mannwhitneyu(y, x, alternative="greater", method="exact").pvalue
        assert rank_shift(x, y).p_greater == pytest.approx(wanted, rel=1e-10)


@given(samples(coarse, 1, 5), samples(coarse, 1, 5))
def test_p_with_ties_is_the_share_of_all_divisions_with_as_great_a_rank_sum(x: list[float], y: list[float]) -> None:
    ranks = stats.rankdata(x + y)
    observed = ranks[len(x) :].sum()
    sums = [sum(chosen) for chosen in combinations(ranks, len(y))]
    assert rank_shift(x, y).p_greater == pytest.approx(np.mean([found >= observed for found in sums]), rel=1e-12)


def test_p_with_ties_for_40_against_40_is_close_to_the_normal_approximation() -> None:
    random = np.random.default_rng(3)
    x, y = random.integers(0, 12, 40), random.integers(1, 13, 40)
    wanted = stats.mannwhitneyu(y, x, alternative="greater", method="asymptotic").pvalue
    assert rank_shift(x, y).p_greater == pytest.approx(wanted, rel=0.05)


@pytest.mark.parametrize(("m", "n", "k"), [(4, 4, 1), (5, 5, 3), (6, 6, 6), (8, 10, 18), (9, 9, 18), (10, 10, 24)])
def test_the_interval_goes_from_the_tabulated_difference_to_the_same_from_the_end(m: int, n: int, k: int) -> None:
    """k - 1 is the critical value of the two-sided Mann-Whitney test of 5 % in every table."""
    random = np.random.default_rng(4)
    x, y = random.normal(size=m), random.normal(size=n)
    differences = sorted(b - a for a, b in product(x, y))
    found = rank_shift(x, y)
    assert (found.low, found.high) == (differences[k - 1], differences[-k])
    assert found.value == pytest.approx(np.median(differences))


@given(distinct, distinct, st.integers(-60, 60))
def test_the_interval_is_just_what_the_test_of_the_shifted_samples_does_not_reject(
    x: list[float], y: list[float], shift: int
) -> None:
    """Tried halfway between whole numbers, where the shifted samples have no ties."""
    found, tried = rank_shift(x, y), shift + 0.5
    moved = [value - tried for value in y]
    p = min(rank_shift(x, moved).p_greater, rank_shift(moved, x).p_greater)
    assert (found.low <= tried <= found.high) == (p > TAIL)


@pytest.mark.parametrize("form", ["normal", "exponential", "with ties"])
def test_the_interval_of_a_shift_holds_the_true_one_in_95_percent_of_cases(form: str) -> None:
    random, missed, runs = np.random.default_rng(5), 0, 1500
    for _ in range(runs):
        draws: Floats = random.normal(size=18) if form == "normal" else random.exponential(size=18)
        if form == "with ties":
            draws = np.round(draws * 2)
        found = rank_shift(draws[:9], draws[9:] + 3)
        missed += not found.low <= 3 <= found.high
    assert missed / runs <= 0.05 + 0.012


@given(samples(numbers), samples(numbers))
def test_a_shift_turns_round_with_its_samples(x: list[float], y: list[float]) -> None:
    forth, back = rank_shift(x, y), rank_shift(y, x)
    assert (back.value, back.low, back.high) == (-forth.value, -forth.high, -forth.low)
    assert forth.low <= forth.value <= forth.high
    assert forth.p_greater + back.p_greater >= 1 - 1e-9


@given(samples(coarse), samples(coarse), st.integers(-100, 100).map(float))
def test_a_shift_moves_with_the_values(x: list[float], y: list[float], by: float) -> None:
    here, moved = rank_shift(x, y), rank_shift(x, [value + by for value in y])
    assert (moved.value, moved.low, moved.high) == (here.value + by, here.low + by, here.high + by)


@given(samples(coarse))
def test_a_sample_against_itself_has_no_shift_and_no_significance(values: list[float]) -> None:
    found = rank_shift(values, values)
    assert found.value == 0
    assert found.low <= 0 <= found.high
    assert found.p_greater >= 0.5


def test_equal_values_have_a_shift_of_no_width_and_a_p_of_1() -> None:
    assert rank_shift([2.0] * 9, [2.0] * 9) == (0, 0, 0, 1)


def test_samples_too_small_for_an_interval_have_an_infinite_one() -> None:
    found = rank_shift([1.0, 2.0, 3.0], [11.0, 12.0, 13.0])
    assert (found.value, found.low, found.high) == (10, -inf, inf)
    assert found.p_greater == 1 / 20


@pytest.mark.parametrize(
    ("x", "y"), [([], [1.0]), ([1.0], []), ([1.0], [float("nan")]), ([1.0], [0.0] * (LARGEST_RANKED + 1))]
)
def test_what_cannot_be_ranked_is_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match=r"a rank test takes|not finite"):
        rank_shift(x, y)


# -- false discoveries -----------------------------------------------------------------------------


@given(samples(st.floats(0, 1), 1, 30))
def test_adjusted_p_values_are_scipys(values: list[float]) -> None:
    adjusted = benjamini_hochberg(values)
    wanted = stats.false_discovery_control(values)
    assert all(isclose(a, b, rel_tol=1e-12, abs_tol=1e-300) for a, b in zip(adjusted, wanted, strict=True))


@given(samples(st.floats(0, 1), 1, 30))
def test_adjusting_keeps_the_order_and_lowers_nothing(values: list[float]) -> None:
    adjusted = benjamini_hochberg(values)
    assert all(value * (1 - 1e-15) <= found <= 1 for value, found in zip(values, adjusted, strict=True))
    pairs = sorted(zip(values, adjusted, strict=True))
    assert [found for _, found in pairs] == sorted(found for _, found in pairs)


def test_the_example_of_benjamini_and_hochberg_rejects_four() -> None:
    """Section 3.1 of their paper: 15 comparisons, of which Bonferroni's method rejects three at 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    assert [value <= 0.05 for value in benjamini_hochberg(p)] == [True] * 4 + [False] * 11


def test_adjusting_nothing_gives_nothing() -> None:
    assert benjamini_hochberg([]) == ()


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match=r"not between 0 and 1|not finite"):
        benjamini_hochberg([0.5, bad])


def test_a_slow_down_of_5_percent_is_seen_by_nine_processes_against_nine() -> None:
    random, seen, runs = np.random.default_rng(6), 0, 300
    for _ in range(runs):
        shift = rank_shift(random.normal(0, 0.01, 9), random.normal(np.log(1.05), 0.01, 9))
        seen += shift.p_greater <= 0.001 and exp(shift.value) > 1.02
    assert seen / runs >= 0.95
