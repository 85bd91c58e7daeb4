"""Whether one percentile of one workload is slower than its budget allows.

What is compared are processes: ln of the provider's time in units of NumPy's, one value for each fresh process. A clock
that changes or a neighbour on the machine slows both arms of a process alike, and cancels. The shift from the values of
the baseline to the current ones is the Hodges-Lehmann estimate with its exact rank interval of 95 %; its p-value is
that of the one-sided Wilcoxon-Mann-Whitney test of 'slower by no more than half of the budget', adjusted by Benjamini
and Hochberg over all tests of a gate.

regressed: the estimate is above the budget and the adjusted p is at most 5 %; after later rounds of measuring,
the estimate and the unadjusted p of their processes alone must say so, too. pass: the interval ends below the budget.
Else inconclusive.

Why half of the budget and not zero: runs differ by more than their processes do, and a test against zero takes that for
a small but significant slow-down. A test against the whole budget finds too little. `benchmarks/gate_simulation.py` has
the figures.
"""

from collections.abc import Sequence
from math import exp, isfinite, log1p
from typing import NamedTuple

from parity.bench.statistics import LARGEST_RANKED, Shift, rank_shift
from parity.bench.summary import rounded
from parity.documents.baseline import Interval
from parity.documents.gate import Judgement, RowVerdict, change_in_words, share_in_words

LEVEL = 0.05
"""The share of false regressions among those found that is accepted (Benjamini and Hochberg's q)."""
MARGIN = 0.5
"""The share of a budget that a slow-down must significantly exceed; see the module's text."""


class SlowdownTest(NamedTuple):
    """What the processes say. shift: now minus baseline, logarithmic. p: one-sided, unadjusted.

    later: the shift of the processes of later rounds alone, None if they say nothing on this percentile. confirmed:
    whether those, too, exceed the budget; None if the workload was not measured again.
    """

    budget: float
    shift: Shift
    p: float
    later: Shift | None = None
    confirmed: bool | None = None

    def suspicious(self, adjusted: float) -> bool:
        """Whether all processes together say that the budget is exceeded."""
        return self.shift.value > log1p(self.budget) and adjusted <= LEVEL


def slowdown_test(
    before: Sequence[float], after: Sequence[float], budget: float, later: Sequence[float] | None
) -> SlowdownTest | None:
    """The test of two samples of logarithms, greater is slower. None if there are too few or too many for an interval.

    later: those of `after` that later rounds added, None if there was one round only.
    """
    if not 0 < min(len(before), len(after)) <= max(len(before), len(after)) <= LARGEST_RANKED:
        return None
    shift, p = _shifted(before, after, budget)
    if not isfinite(shift.low):
        return None
    if later is None:
        return SlowdownTest(budget, shift, p)
    if not later:
        return SlowdownTest(budget, shift, p, confirmed=False)
    again, p_again = _shifted(before, later, budget)
    return SlowdownTest(budget, shift, p, again, again.value > log1p(budget) and p_again <= LEVEL)


def judged(test: SlowdownTest, adjusted: float) -> Judgement:
    """The verdict, by the adjusted p-value."""
    verdict: RowVerdict = "inconclusive"
    if test.suspicious(adjusted):
        verdict = "inconclusive" if test.confirmed is False else "regressed"
    elif test.shift.high < log1p(test.budget):
        verdict = "pass"
    return Judgement(
        verdict=verdict,
        reason=_reason(test, adjusted, verdict),
        ratio=ratio(test.shift),
        budget=test.budget,
        p=rounded(adjusted),
    )


def ratio(shift: Shift) -> Interval:
    """A finite shift as a ratio of times, now over then."""
    return Interval(value=rounded(exp(shift.value)), low=rounded(exp(shift.low)), high=rounded(exp(shift.high)))


def _shifted(before: Sequence[float], after: Sequence[float], budget: float) -> tuple[Shift, float]:
    """The shift, and the p-value of 'slower by no more than MARGIN of the budget'."""
    allowed = MARGIN * log1p(budget)
    return rank_shift(before, after), rank_shift(before, [value - allowed for value in after]).p_greater


def _reason(test: SlowdownTest, adjusted: float, verdict: RowVerdict) -> str:
    value, low, high = (change_in_words(exp(part)) for part in test.shift[:3])
    found = f"{value} ({low} to {high}), the budget is {share_in_words(test.budget)}"
    if verdict == "pass":
        return found
    if verdict == "regressed":
        return f"{found}; further processes confirm it" if test.confirmed else found
    if test.suspicious(adjusted):
        later = f"further processes do not confirm it: {change_in_words(exp(test.later.value))}" if test.later else ""
        return f"{found}; {later or 'further processes could not confirm it'}"
    if test.shift.value > log1p(test.budget):
        return f"{found}; the processes scatter too much to be sure"
    return f"{found}, which the interval reaches"
