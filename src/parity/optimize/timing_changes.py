"""Timings before and after: from the figures of both sides to a verdict on each workload."""

from collections.abc import Mapping
from typing import NamedTuple

from parity.documents.baseline import Baseline, Interval, WorkloadResult
from parity.documents.optimization import Change, Figure, TimingVerdict, WorkloadChange
from parity.errors import InconclusiveError

LEVEL = 0.05
"""Adjusted chance at which a change counts as one."""


class Shift(NamedTuple):
    """What the rank tests say of one workload, both sides in units of NumPy's time in the same process.

    ratio: time after over time before, with its interval of 95 %. p_slower, p_faster: one-sided, exact, adjusted over
    all workloads of the round.
    """

    ratio: Interval
    p_slower: float
    p_faster: float


class Changes(NamedTuple):
    """Changes of the figures of one workload, None where one side lacks the figure."""

    p50: Change | None = None
    p95: Change | None = None
    p99: Change | None = None
    batch: Change | None = None


def check_comparable(before: Baseline, after: Baseline) -> None:
    """Raise InconclusiveError if the sides were measured on different machines, or with different settings."""
    if before.fingerprint.id == after.fingerprint.id:
        return
    one, two = before.fingerprint.full(), after.fingerprint.full()
    names = ", ".join(name for name in one if name != "id" and one[name] != two[name])
    raise InconclusiveError(
        f"the machine is another than at the start: {names}",
        where="before/baseline.json, field fingerprint",
        expected=f"fingerprint {before.fingerprint.id}",
        hint="finish the round where it was started, or start it again here",
    )


def workload_changes(
    before: Baseline, after: Baseline, shifts: Mapping[str, Shift], changes: Mapping[str, Changes]
) -> tuple[WorkloadChange, ...]:
    """A row for each workload of either side, in the order of the first; budgets are those of the start.

    shifts: by workload; one that is absent could not be tested. changes: of the figures, by workload. If either side's
    control saw a difference where there is none, no workload has a verdict.
    """
    one = {result.name: result for result in before.workloads}
    two = {result.name: result for result in after.workloads}
    vetoed = next(
        (
            side
            for side, it in (("before", before), ("after", after))
            if it.control and it.control.verdict == "different"
        ),
        None,
    )
    return tuple(
        _row(one.get(name), two.get(name), shifts.get(name), changes.get(name, Changes()), vetoed)
        for name in dict.fromkeys([*one, *two])
    )


def _row(
    one: WorkloadResult | None, two: WorkloadResult | None, shift: Shift | None, changes: Changes, vetoed: str | None
) -> WorkloadChange:
    known = two or one
    assert known is not None
    verdict, reason = _verdict(one, two, shift, vetoed)
    return WorkloadChange(
        name=known.name,
        op=known.op,
        mode=known.mode,
        p50_ns=_figure(one, two, "p50_ns", changes.p50),
        p95_ns=_figure(one, two, "p95_ns", changes.p95),
        p99_ns=_figure(one, two, "p99_ns", changes.p99),
        batch_ns=_figure(one, two, "batch_ns", changes.batch),
        ratio=shift.ratio if shift else None,
        p_slower=shift.p_slower if shift else None,
        p_faster=shift.p_faster if shift else None,
        budget=_budget(one or known),
        verdict=verdict,
        reason=reason,
    )


def _figure(one: WorkloadResult | None, two: WorkloadResult | None, name: str, change: Change | None) -> Figure:
    before, after = (None if side is None else getattr(side, name) for side in (one, two))
    return Figure(before=before, after=after, change=change)


def _budget(result: WorkloadResult) -> float:
    return result.budget.p50 if result.budget is not None else 0.0


def _verdict(
    one: WorkloadResult | None, two: WorkloadResult | None, shift: Shift | None, vetoed: str | None
) -> tuple[TimingVerdict, str | None]:
    if one is None or two is None:
        return "withheld", f"it was measured only {'after' if one is None else 'before'} the change"
    withheld = [f"{side}: {it.withheld}" for side, it in (("before", one), ("after", two)) if it.withheld]
    if withheld:
        return "withheld", "; ".join(withheld)
    if one.digest != two.digest:
        return "inconclusive", "the call or its inputs are not those of the start"
    if vetoed:
        return "inconclusive", f"the control of the side {vetoed} shows a difference where there is none"
    if shift is None:
        return "inconclusive", "too few processes for a test"
    return _judged(shift, _budget(one))


def _judged(shift: Shift, budget: float) -> tuple[TimingVerdict, str | None]:
    """A change counts if the rank test sees it and it is beyond the budget, in which two runs of one code may lie."""
    if shift.p_slower <= LEVEL and shift.ratio.value > 1 + budget:
        return "slower", None
    if shift.p_faster <= LEVEL and shift.ratio.value < 1 / (1 + budget):
        return "faster", None
    if 1 / (1 + budget) < shift.ratio.low and shift.ratio.high < 1 + budget:
        return "unchanged", None
    return "inconclusive", f"the interval reaches beyond the budget of {budget:.0%}"
