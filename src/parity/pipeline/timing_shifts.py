"""What the statistics of benchmarks say of two baselines of one machine, for the verdicts of an optimization round."""

from collections.abc import Sequence
from math import exp, isfinite

import numpy as np
from numpy.typing import NDArray

from parity.bench import samples, statistics
from parity.bench.timings import Timing
from parity.documents.baseline import Baseline, Interval, WorkloadResult
from parity.documents.optimization import Change
from parity.optimize.timing_changes import Changes, Shift


def shifts(before: Baseline, after: Baseline) -> dict[str, Shift]:
    """The tests of each workload that both sides have timed in enough processes.

    What is compared is ln(provider's time / NumPy's time), one value for each process, so that a change of clock or of
    neighbours, which meets both arms, cancels. p-values are adjusted over the workloads (Benjamini & Hochberg).
    """
    one = {result.name: result.processes.log_ratio for result in before.workloads}
    two = {result.name: result.processes.log_ratio for result in after.workloads}
    found, slower, faster = {}, [], []
    for name, ratios in one.items():
        if not ratios or not two.get(name):
            continue
        x, y = [-value for value in ratios], [-value for value in two[name]]
        shift = statistics.rank_shift(x, y)
        if isfinite(shift.low) and isfinite(shift.high):
            found[name] = Interval(value=exp(shift.value), low=exp(shift.low), high=exp(shift.high))
            slower.append(shift.p_greater)
            faster.append(statistics.rank_shift(y, x).p_greater)
    adjusted = zip(statistics.benjamini_hochberg(slower), statistics.benjamini_hochberg(faster), strict=True)
    return {name: Shift(ratio, *chances) for (name, ratio), chances in zip(found.items(), adjusted, strict=True)}


def figure_changes(before: Baseline, before_file: bytes, after: Baseline, after_file: bytes) -> dict[str, Changes]:
    """Changes of p50, p95 and p99 of single calls, and of the median batch, from the samples of both sides."""
    one, two = samples.decode(before_file, "before"), samples.decode(after_file, "after")
    later = {result.name: result for result in after.workloads}
    return {
        result.name: _changes(result, one.timings[result.name], later[result.name], two.timings[result.name])
        for result in before.workloads
        if result.name in later and one.timings.get(result.name) and two.timings.get(result.name)
    }


def _changes(one: WorkloadResult, was: Sequence[Timing], two: WorkloadResult, now: Sequence[Timing]) -> Changes:
    if one.mode != two.mode:
        return Changes()
    x, y = (
        _pooled(was, one.calls if one.mode == "batched" else 1),
        _pooled(now, two.calls if two.mode == "batched" else 1),
    )
    if one.mode == "batched":
        return Changes(batch=_change(one.batch_ns, two.batch_ns, x, y, 0.5))
    return Changes(
        p50=_change(one.p50_ns, two.p50_ns, x, y, 0.5),
        p95=_change(one.p95_ns, two.p95_ns, x, y, 0.95),
        p99=_change(one.p99_ns, two.p99_ns, x, y, 0.99),
    )


def _pooled(timings: Sequence[Timing], calls: int) -> NDArray[np.float64]:
    """All durations of the provider in nanoseconds a call."""
    return np.concatenate([timing.provider_ns.ravel() for timing in timings]).astype(np.float64) / calls


def _change(
    before: Interval | None, after: Interval | None, x: NDArray[np.float64], y: NDArray[np.float64], share: float
) -> Change | None:
    """The change of a figure that both sides have; without its interval where the samples do not reach for one."""
    if before is None or after is None:
        return None
    found = statistics.percentile_change(x, y, share)
    if found is None:
        return Change(value=after.value / before.value - 1, low=None, high=None)
    return Change(value=found.value, low=found.low, high=found.high)
