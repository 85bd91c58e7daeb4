"""Two baselines side by side, without a verdict: what became slower or faster, and by how much.

On one machine the times themselves are compared, too; on two of them, or with different software, a nanosecond here is
none there, and only the ratios to NumPy in the same process are left.
"""

from math import exp, isfinite, log

from parity.bench.sides import differing, machine, notes_on, side
from parity.bench.slowdown import ratio
from parity.bench.statistics import LARGEST_RANKED, rank_shift
from parity.bench.summary import rounded
from parity.documents.baseline import Baseline, Interval, WorkloadResult
from parity.documents.gate import ComparedWorkload, Comparison, Quantiles
from parity.errors import InconclusiveError

ACROSS = "the baselines are of different machines or software: only ratios to NumPy are compared, no times"


class NotComparableError(InconclusiveError):
    """Two baselines of different fingerprints: exit code 3, because nothing was compared."""

    code = "not_comparable"


def compare(before: Baseline, after: Baseline, *, across: bool = False) -> Comparison:
    """The changes from `before` to `after` of the workloads that both have.

    across: compare the ratios to NumPy though the fingerprints differ. Raises NotComparableError for different
    fingerprints without it.
    """
    differences = differing(before, after)
    if differences and not across:
        raise NotComparableError(
            "the fingerprints of the two baselines differ",
            where="; ".join(differences),
            expected="two baselines of one machine with the same software",
            hint="--across compares the ratios to NumPy alone",
        )
    current = {workload.name: workload for workload in after.workloads}
    known = {workload.name for workload in before.workloads}
    both = [(workload, current[workload.name]) for workload in before.workloads if workload.name in current]
    rows = tuple(_compared(workload, now, times=not differences) for workload, now in both)
    changes = [log(row.change.value) for row in rows if row.change is not None]
    return Comparison(
        across=bool(differences),
        notes=((ACROSS,) if differences else ()) + notes_on(before, after),
        differences=differences,
        machine=machine(before.fingerprint),
        other_machine=machine(after.fingerprint) if differences else None,
        before=side(before),
        after=side(after),
        overall=rounded(exp(sum(changes) / len(changes))) if changes else None,
        workloads=rows,
        only_before=tuple(workload.name for workload in before.workloads if workload.name not in current),
        only_after=tuple(name for name in current if name not in known),
    )


def _compared(workload: WorkloadResult, now: WorkloadResult, *, times: bool) -> ComparedWorkload:
    row = ComparedWorkload(name=workload.name, op=workload.op)
    if workload.digest != now.digest:
        return row.model_copy(update={"reason": "it is another call: the digests of its inputs differ"})
    found: dict[str, object] = {
        "before": workload.numpy_ratio,
        "after": now.numpy_ratio,
        "change": _change(workload, now),
    }
    if times:
        found |= {
            "p50": _quantiles(workload.p50_ns, now.p50_ns),
            "p95": _quantiles(workload.p95_ns, now.p95_ns),
            "p99": _quantiles(workload.p99_ns, now.p99_ns),
            "batch": _quantiles(workload.batch_ns, now.batch_ns),
        }
    compared = any(found[name] is not None for name in found if name not in {"before", "after"})
    return row.model_copy(update=found | {"reason": None if compared else _why_not(workload, now)})


def _change(workload: WorkloadResult, now: WorkloadResult) -> Interval | None:
    """The provider's time in units of NumPy's, now over then: the same estimate and interval as the gate's."""
    before, after = workload.processes.log_ratio, now.processes.log_ratio
    if not 0 < min(len(before), len(after)) <= max(len(before), len(after)) <= LARGEST_RANKED:
        return None
    shift = rank_shift([-value for value in before], [-value for value in after])
    return ratio(shift) if isfinite(shift.low) else None


def _quantiles(before: Interval | None, after: Interval | None) -> Quantiles | None:
    """A percentile on both sides, and its change from the ends of the two intervals.

    For two independent runs this interval is the wider one (two of equal width each miss by less than a hundredth), but
    it knows the scatter of calls only, not that of processes, which the change of the ratio has.
    """
    if before is None or after is None:
        return None
    change = Interval(
        value=rounded(after.value / before.value),
        low=rounded(after.low / before.high),
        high=rounded(after.high / before.low),
    )
    return Quantiles(before=before, after=after, change=change)


def _why_not(workload: WorkloadResult, now: WorkloadResult) -> str:
    for name, of in (("baseline", workload), ("current run", now)):
        if of.withheld is not None:
            return f"the {name} has no times: {of.withheld}"
    return "there are not figures enough on both sides"
