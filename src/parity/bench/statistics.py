"""Exact small-sample statistics without assumptions about distributions: order statistics, signs and ranks.

Every interval has a coverage of at least 95 %, at most 2.5 % beyond either end. Sample quantiles are those of the
inverted distribution function, the order statistic x_(ceil(n p)): a value that was observed, never one in between.
"""

from fractions import Fraction
from functools import lru_cache
from math import ceil, exp, inf, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parity.documents.baseline import Interval

TAIL = 0.025
"""What an interval of 95 % may miss on either side."""
LARGEST_RANKED = 128
"""Values on a side up to which rank tests are computed: 0.2 ms for 9, 5 ms for 36, 1 s for these."""

Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """An estimate of any sign, and its interval."""

    value: float
    low: float
    high: float


class Change(NamedTuple):
    """A relative change, after / before - 1, and its interval: -0.9 is 90 % less."""

    value: float
    low: float
    high: float


class Shift(NamedTuple):
    """By how much one sample lies above another, its interval, and the p-value of 'it does not'.

    low and high are infinite where the samples are too small for an interval.
    """

    value: float
    low: float
    high: float
    p_greater: float


def order_interval(samples: ArrayLike, share: float) -> Interval | None:
    """The `share`-quantile of positive samples and its distribution-free interval, in the unit of the samples.

    The interval is [x_(l), x_(u)] with the ranks of `order_ranks`; it holds for independent draws from any
    distribution. Calls of one process are not quite independent: this is the scatter of the calls that were timed, and
    what decides a gate are values of processes. None where there are too few samples: fewer than 6 for 0.5, 72 for
    0.95, 368 for 0.99. Raises ValueError for samples that are not finite and above 0.
    """
    values = _values(samples)
    if values.size and values.min() <= 0:
        raise ValueError("a sample is not above 0")
    found = _order_statistics(values, share, TAIL)
    return None if found is None else Interval(value=found.value, low=found.low, high=found.high)


def quantile(samples: ArrayLike, share: float) -> float:
    """The order statistic x_(ceil(n share)) of at least one sample."""
    values = _values(samples)
    if not values.size:
        raise ValueError("no samples, so no quantile")
    rank = _quantile_rank(values.size, share)
    return float(np.partition(values, rank - 1)[rank - 1])


@lru_cache(maxsize=4096)
def order_ranks(n: int, share: float, tail: float = TAIL) -> tuple[int, int] | None:
    """Ranks l < u, counted from 1, such that [x_(l), x_(u)] of n samples holds the `share`-quantile.

    x_(l) lies above the quantile q if at most l - 1 samples are <= q, and their number is Bin(n, F(q)) with F(q) >=
    share; so l is the greatest rank with P(Bin(n, share) <= l - 1) <= tail, and u the least with P(Bin(n, share) >= u)
    <= tail (David & Nagaraja, Order Statistics, 3rd ed., section 7.1; Conover, Practical Nonparametric Statistics, 3rd
    ed., section 3.2). Steps of a distribution only make it hold more often. It takes share^n <= tail and (1 - share)^n
    <= tail, else None.
    """
    if not 0 < share < 1:
        raise ValueError(f"a share of {share} is not between 0 and 1")
    first, masses = _binomial(n, share)
    below = np.cumsum(masses)
    above = np.cumsum(masses[::-1])
    low = first + int(np.searchsorted(below, tail, side="right"))
    beyond = n + 1 - first - masses.size + int(np.searchsorted(above, tail, side="right"))
    high = n + 1 - beyond
    return (low, high) if low >= 1 and high <= n else None


def median_interval(values: ArrayLike, tail: float = TAIL) -> Estimate | None:
    """The median of values of any sign, the mean of the two middle ones of an even number, with its sign-test interval.

    The interval is [x_(l), x_(n + 1 - l)], l of `order_ranks` at one half: the medians which a two-sided sign test of
    level 2 tail does not reject. None below 6 values (for the usual tail). Raises ValueError for values not finite.
    """
    found = _values(values)
    ranks = order_ranks(found.size, 0.5, tail)
    return None if ranks is None else _median_between(found, ranks)


def ratio_interval(log_ratios: ArrayLike) -> Interval | None:
    """The ratio whose logarithms these are, one of each process: exp of `median_interval`. None below 6 values."""
    found = median_interval(log_ratios)
    return None if found is None else Interval(value=exp(found.value), low=exp(found.low), high=exp(found.high))


def widest_median_interval(values: ArrayLike, tail: float) -> Estimate:
    """As `median_interval`, but from the least to the greatest value where there are too few for the tail.

    That whole range misses the median in 0.5^n of cases on either side. Raises ValueError without values.
    """
    found = _values(values)
    if not found.size:
        raise ValueError("no values, so no median")
    return _median_between(found, order_ranks(found.size, 0.5, tail) or (1, found.size))


def percentile_change(before_ns: ArrayLike, after_ns: ArrayLike, share: float) -> Change | None:
    """The relative change of a quantile from one pooled sample of durations to another, with a conservative interval.

    Each side's order-statistic interval has tails of 1.25 %, so that the quotients of their ends miss the true one in
    at most 2.5 % on either side (Bonferroni). None unless both sides have 7 samples for 0.5, 86 for 0.95, 437 for 0.99.
    A duration of 0 counts as 1 ns, the clock's unit.
    """
    before = _order_statistics(np.maximum(_values(before_ns), 1), share, TAIL / 2)
    after = _order_statistics(np.maximum(_values(after_ns), 1), share, TAIL / 2)
    if before is None or after is None:
        return None
    return Change(after.value / before.value - 1, after.low / before.high - 1, after.high / before.low - 1)


def rank_shift(before: ArrayLike, after: ArrayLike) -> Shift:
    """How far `after` lies above `before`: two independent samples of any sizes up to LARGEST_RANKED.

    value: the median of all differences after - before (Hodges & Lehmann, Annals of Mathematical Statistics 34, 1963).
    low, high: the shifts which the two-sided Mann-Whitney test does not reject: the k-th difference from either end,
    P(U <= k - 1) <= 2.5 % (Lehmann, Nonparametrics, section 2.6; Hollander, Wolfe & Chicken, Nonparametric Statistical
    Methods, 3rd ed., section 4.3); ties only make it hold more often. Infinite where no k does, as for 3 values against
    3. p_greater: the share of all divisions of the pooled values into such samples for which the rank sum of `after` is
    as great or greater, with mid-ranks for ties: exact, one-sided, 1 if all are equal. Raises ValueError for an empty
    side, values that are not finite, and too many.
    """
    x, y = _values(before), _values(after)
    if not 0 < min(x.size, y.size) <= max(x.size, y.size) <= LARGEST_RANKED:
        raise ValueError(f"{x.size} and {y.size} values; a rank test takes 1 to {LARGEST_RANKED} on each side")
    differences = np.sort(np.subtract.outer(y, x), axis=None)
    beyond = _least_pairs(x.size, y.size)
    low, high = (differences[beyond - 1], differences[-beyond]) if beyond else (-inf, inf)
    return Shift(float(np.median(differences)), float(low), float(high), _p_greater(x, y))


def benjamini_hochberg(p_values: ArrayLike) -> tuple[float, ...]:
    """p-values adjusted for the share of false discoveries, in the order given.

    adjusted_(i) = min over j >= i of p_(j) m / j, at most 1 (Benjamini & Hochberg, Journal of the Royal Statistical
    Society B 57, 1995; as adjusted values, Yekutieli & Benjamini 1999). Rejecting what is <= q keeps the expected share
    of false ones below q for independent and for positively dependent tests. Raises ValueError outside of [0, 1].
    """
    values = _values(p_values)
    if values.size and not 0 <= values.min() <= values.max() <= 1:
        raise ValueError("a p-value is not between 0 and 1")
    order = np.argsort(values, kind="stable")
    scaled = values[order] * values.size / np.arange(1, values.size + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return tuple(adjusted.tolist())


def _values(samples: ArrayLike) -> Floats:
    values = np.asarray(samples, dtype=np.float64).ravel()
    if not np.isfinite(values).all():
        raise ValueError("a value is not finite")
    return values


def _quantile_rank(n: int, share: float) -> int:
    """ceil(n share), for the share as it is written: 0.07 of 100 is 7, though 0.07 * 100 in binary is above."""
    return ceil(n * Fraction(str(share)))


def _order_statistics(values: Floats, share: float, tail: float) -> Estimate | None:
    ranks = order_ranks(values.size, share, tail)
    if ranks is None:
        return None
    wanted = [rank - 1 for rank in (_quantile_rank(values.size, share), *ranks)]
    return Estimate(*np.partition(values, wanted)[wanted].tolist())


def _median_between(values: Floats, ranks: tuple[int, int]) -> Estimate:
    ordered = np.sort(values)
    return Estimate(float(np.median(ordered)), float(ordered[ranks[0] - 1]), float(ordered[ranks[1] - 1]))


def _binomial(n: int, share: float) -> tuple[int, Floats]:
    """The first k of a window of Bin(n, share), and the probabilities in it; those outside come to less than 1e-20.

    From the mean outwards by P(k + 1) / P(k) = (n - k) / (k + 1) * share / (1 - share), so no factorial is needed.
    """
    reach = 12 * sqrt(n * share * (1 - share)) + 40
    first, last = max(0, int(n * share - reach)), min(n, ceil(n * share + reach))
    k = np.arange(first, last, dtype=np.float64)
    logs = np.concatenate([[0.0], np.cumsum(np.log((n - k) / (k + 1)) + log(share / (1 - share)))])
    masses = np.exp(logs - logs.max())
    return first, masses / masses.sum()


@lru_cache(maxsize=1024)
def _least_pairs(m: int, n: int) -> int:
    """The greatest k with P(U <= k - 1) <= TAIL for samples of m and n untied values; 0 if there is none."""
    ways = _rank_sums(tuple(range(1, m + n + 1)), min(m, n))
    return int(np.searchsorted(np.cumsum(ways) / ways.sum(), TAIL, side="right")) - _least_sum(min(m, n))


def _least_sum(size: int) -> int:
    return size * (size + 1) // 2


def _p_greater(x: Floats, y: Floats) -> float:
    """P(rank sum of y >= the observed one) over all divisions; the smaller sample's sum is counted."""
    _, places, counts = np.unique(np.concatenate([x, y]), return_inverse=True, return_counts=True)
    doubled = (2 * np.cumsum(counts) - counts + 1)[places]
    unit = 2 if counts.max() == 1 else 1
    ranks = doubled // unit
    ways = _rank_sums(tuple(np.sort(ranks).tolist()), min(x.size, y.size))
    of_x, of_y = int(ranks[: x.size].sum()), int(ranks[x.size :].sum())
    as_great = ways[of_y:] if y.size <= x.size else ways[: of_x + 1]
    return float(min(1.0, as_great.sum() / ways.sum()))


@lru_cache(maxsize=256)
def _rank_sums(ranks: tuple[int, ...], size: int) -> Floats:
    """At index s, in how many ways `size` of the ranks add up to s; exact below 2^53, to some 1e-14 above.

    By adding one rank after the other: with it, or without.
    """
    ways: Floats = np.zeros((size + 1, sum(ranks[len(ranks) - size :]) + 1))
    ways[0, 0] = 1
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank]
    found: Floats = ways[size].copy()  # a view would keep the whole table in the cache
    return found
