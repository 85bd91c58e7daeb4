"""From durations to results: what the processes timed, as the figures of a baseline.

Figures are rounded once, at the end, by `rounded`; who computes them again from the samples gets the same bytes. A
duration of 0 counts as 1 ns, the clock's unit.
"""

from collections.abc import Mapping, Sequence
from math import exp, log, log1p
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from parity.bench.protocol import PER_CALL_NS
from parity.bench.statistics import (
    TAIL,
    Estimate,
    order_interval,
    order_ranks,
    quantile,
    ratio_interval,
    widest_median_interval,
)
from parity.bench.timings import Durations, Pace, Timing
from parity.documents.baseline import Control, CopyBandwidth, Interval, Processes, Scaling, WorkloadResult
from parity.documents.verdict import VerdictName
from parity.documents.workload import Workload

LEAST_PROCESSES = 6
"""Below them a sign test gives no interval of 95 %."""
DIGITS = 6
"""Significant digits of a figure: a millionth, where the best of these measurements resolves a thousandth."""
CONTROL_MARGIN = 0.01
"""By how much the control's ratio has to be off 1, beside its significance: half of a budget of 2 %. The gate tests
against half of a budget, so a bias below that makes no regression."""

Nanoseconds = NDArray[np.float64]


def result(
    workload: Workload,
    verdict: VerdictName,
    pace: Pace | None,
    timings: Sequence[Timing],
    copy: Sequence[CopyBandwidth],
    withheld: str | None,
) -> WorkloadResult:
    """What a baseline says about a workload, from what each of its processes timed, in their order.

    timings: at least 6, all at `pace`; ignored if the times are withheld. Percentiles are of the calls (or batches) of
    all processes together; the ratio is of the processes' own medians. Times are withheld, too, where a compilation
    ran while the clock did. Raises ValueError for fewer processes, and for times that are not of the pace.
    """
    late = sum(timing.compiled_late for timing in timings)
    if withheld is None and late:
        withheld = f"compilations while the clock ran: {late}; there are no warm times"
    if withheld is not None:
        figures: dict[str, Any] = {"withheld": withheld}
    else:
        pace, timings = _labelled(_checked(workload.name, pace, timings), timings)
        figures = _figures(pace, timings) | _bandwidths(workload.bytes, _samples(pace, timings), copy)
    return WorkloadResult(
        name=workload.name,
        op=workload.op,
        loop=workload.loop,
        shape=workload.shapes,
        layout=workload.layout,
        digest=workload.digest,
        bytes=workload.bytes,
        budget=workload.budget,
        verdict=verdict,
        mode="per_call" if pace is None else pace.mode,
        calls=1 if pace is None else _calls(pace),
        **figures,
    )


def log_ratio(timing: Timing) -> float:
    """A process's value: the median over its quadruples of ln(NumPy's time / the provider's).

    Of an arm's two epochs the shorter one counts, and not the time for which it waited for a processor: a call of 0.3
    ms is interrupted more often than one of 10 us, so waiting is no noise that meets both arms alike. Who recorded no
    waits gets what was computed then, the quotient of the sums.
    """
    of_two = np.sum if timing.waits is None else np.min
    provider, numpy = (of_two(arm.sum(axis=2), axis=1) for arm in _running(timing))
    return float(np.median(np.log(numpy / provider)))


def p99_log(timing: Timing) -> float | None:
    """The logarithm of the provider's p99 over NumPy's p50 in a process that timed single calls; None if too few.

    As in `log_ratio` without waits for a processor: they decide who is slow where others compute, too.
    """
    if order_ranks(timing.provider_ns.size, 0.99) is None:
        return None
    slow, typical = _running(timing)
    return log(quantile(slow, 0.99) / quantile(typical, 0.5))


def control(timings: Mapping[str, Sequence[Timing]]) -> Control:
    """The verdict on the protocol from workloads whose two arms were the same callable; both stand in each Timing.

    The ratio is that of the arm in `provider_ns` over the one in `numpy_ns`. Raises ValueError as `control_of`.
    """
    return control_of({name: [-log_ratio(timing) for timing in found] for name, found in timings.items()})


def control_of(log_ratios: Mapping[str, Sequence[float]]) -> Control:
    """The verdict on the protocol, from the log-ratios of the processes for each control workload.

    `different` if for any workload the sign-test interval excludes 1 and the ratio is off by more than CONTROL_MARGIN.
    The intervals hold for all workloads together (Bonferroni: tails of 2.5 % over their number); with 9 processes and
    3 workloads they go from the least to the greatest value, so all nine have to agree. Below 7 that falls short of
    the level, and the margin has to do. Simulated with 400,000 runs of 9 processes and 3 workloads, normal values of
    standard deviation sd between processes: a harness without bias is vetoed in less than 0.001 % of runs at sd 0.3 %,
    0.14 % at 1 %, 0.9 % at 2 %; a bias in one workload is found at sd 0.3 % if it is 1.25 % (98 %) or 1.5 % (100 %), at
    sd 1 % if it is 2 % (81 %) or 3 % (99 %).
    Raises ValueError without workloads, or if one has less than 6 processes.
    """
    if not log_ratios:
        raise ValueError("no workload served as control")
    for name, values in log_ratios.items():
        _enough(name, len(values))
    found = {name: widest_median_interval(values, TAIL / len(log_ratios)) for name, values in log_ratios.items()}
    most = max(found, key=lambda name: (_differs(found[name]), abs(found[name].value)))
    ratios = {
        name: Interval(value=rounded(exp(seen.value)), low=rounded(exp(seen.low)), high=rounded(exp(seen.high)))
        for name, seen in found.items()
    }
    verdict: Literal["same", "different"] = "different" if _differs(found[most]) else "same"
    return Control(verdict=verdict, ratio=ratios[most], workloads=ratios)


def scaling(name: str, threads: int, log_ratios: Sequence[float]) -> Scaling:
    """A workload's speed-up with `threads`, from ln(time with one / time with all) of each pair of processes.

    Raises ValueError for fewer than 6 pairs.
    """
    _enough(name, len(log_ratios))
    return Scaling(name=name, threads=threads, speedup=_ratio(log_ratios))


def rounded(figure: float) -> float:
    """The figure with DIGITS significant digits; what was in order stays so."""
    return float(f"{figure:.{DIGITS - 1}e}")


def bandwidth_of_copy(size: int, copy: Sequence[CopyBandwidth]) -> float | None:
    """GB/s of a copy that moves `size` bytes: between the measured sizes linear in log(bytes), beyond them the last.

    None if no copy was measured, or nothing is moved.
    """
    if not copy or not size:
        return None
    ladder = sorted(copy, key=lambda step: step.bytes)
    return float(np.interp(log(size), [log(step.bytes) for step in ladder], [step.gb_per_s for step in ladder]))


def _checked(name: str, pace: Pace | None, timings: Sequence[Timing]) -> Pace:
    _enough(name, len(timings))
    if pace is None:
        raise ValueError(f"{name}: times, but no pace at which they were taken")
    for timing in timings:
        wanted = (len(timing.provider_first), 2, pace.calls if pace.mode == "per_call" else 1)
        for arm in (timing.provider_ns, timing.numpy_ns):
            if arm.shape != wanted or not arm.size:
                raise ValueError(f"{name}: durations of shape {arm.shape}; quadruples and pace say {wanted}")
    return pace


def _labelled(pace: Pace, timings: Sequence[Timing]) -> tuple[Pace, Sequence[Timing]]:
    """Single calls as batches, where they turned out to be too fast for percentiles of calls."""
    if pace.mode == "batched":
        return pace, timings
    if quantile(_samples(pace, timings), 0.5) >= PER_CALL_NS:
        return pace, timings
    sums = [
        timing._replace(
            provider_ns=timing.provider_ns.sum(axis=2, keepdims=True),
            numpy_ns=timing.numpy_ns.sum(axis=2, keepdims=True),
        )
        for timing in timings
    ]
    return pace._replace(mode="batched"), sums


def _enough(name: str, processes: int) -> None:
    if processes < LEAST_PROCESSES:
        raise ValueError(f"{name}: {processes} processes; an interval takes {LEAST_PROCESSES}")


def _calls(pace: Pace) -> int:
    """How many calls a sample holds."""
    return pace.calls if pace.mode == "batched" else 1


def _figures(pace: Pace, timings: Sequence[Timing]) -> dict[str, Any]:
    samples, single = _samples(pace, timings), pace.mode == "per_call"
    log_ratios = [log_ratio(timing) for timing in timings]
    compilations = [timing.compile_s for timing in timings if timing.compile_s is not None]
    return {
        "samples": samples.size,
        "p50_ns": _interval(samples, 0.5) if single else None,
        "p95_ns": _interval(samples, 0.95) if single else None,
        "p99_ns": _interval(samples, 0.99) if single else None,
        "batch_ns": None if single else _interval(samples, 0.5),
        "numpy_ns": _interval(_pooled(pace, [timing.numpy_ns for timing in timings]), 0.5),
        "numpy_ratio": _ratio(log_ratios),
        "compile_s": rounded(max(compilations)) if compilations else None,
        "first_call_s": rounded(max(float(np.median([timing.first_call_s for timing in timings])), 1e-9)),
        "processes": Processes(
            log_ratio=tuple(map(rounded, log_ratios)), p99_log=_slow_calls(timings) if single else ()
        ),
        "epochs": sum(timing.flags.size for timing in timings),
        "disturbed": sum(int(np.count_nonzero(timing.flags)) for timing in timings),
    }


def _slow_calls(timings: Sequence[Timing]) -> tuple[float, ...]:
    """p99_log of every process, or nothing."""
    found = [p99_log(timing) for timing in timings]
    known = tuple(rounded(value) for value in found if value is not None)
    return known if len(known) == len(found) else ()


def _bandwidths(size: int, samples: Nanoseconds, copy: Sequence[CopyBandwidth]) -> dict[str, Any]:
    """Bytes over nanoseconds are GB (10^9 bytes) over seconds."""
    if not size:
        return {}
    reached, best = size / quantile(samples, 0.5), bandwidth_of_copy(size, copy)
    return {"gb_per_s": rounded(reached), "copy_share": None if best is None else rounded(reached / best)}


def _samples(pace: Pace, timings: Sequence[Timing]) -> Nanoseconds:
    return _pooled(pace, [timing.provider_ns for timing in timings])


def _pooled(pace: Pace, arms: Sequence[Durations]) -> Nanoseconds:
    """Nanoseconds of a call, for each call or batch of all processes."""
    return _positive(np.concatenate([arm.ravel() for arm in arms])) / _calls(pace)


def _running(timing: Timing) -> tuple[Nanoseconds, Nanoseconds]:
    """The durations of the provider and of NumPy without the waits that are known, each taken from one duration.

    An epoch's wait belongs to its longest duration, where that is longer; else it was not while the clock ran.
    """
    provider, numpy = _positive(timing.provider_ns), _positive(timing.numpy_ns)
    if timing.waits is not None:
        outer, inner = timing.waits[:, [0, 3]], timing.waits[:, [1, 2]]
        first = timing.provider_first[:, np.newaxis]
        _shorten(provider, np.where(first, outer, inner))
        _shorten(numpy, np.where(first, inner, outer))
    return provider, numpy


def _shorten(durations: Nanoseconds, waits: Durations) -> None:
    longest = durations.argmax(axis=2, keepdims=True)
    before = np.take_along_axis(durations, longest, axis=2)
    after = before - waits[:, :, np.newaxis]
    np.put_along_axis(durations, longest, np.where(after > 0, after, before), axis=2)


def _positive(durations: Durations) -> Nanoseconds:
    return np.maximum(durations, 1).astype(np.float64)


def _differs(seen: Estimate) -> bool:
    return (seen.low > 0 or seen.high < 0) and abs(seen.value) > log1p(CONTROL_MARGIN)


def _interval(samples: Nanoseconds, share: float) -> Interval | None:
    found = order_interval(samples, share)
    return None if found is None else _rounded_interval(found)


def _ratio(log_ratios: Sequence[float]) -> Interval:
    """Of at least 6 processes."""
    found = ratio_interval(log_ratios)
    assert found is not None
    return _rounded_interval(found)


def _rounded_interval(found: Interval) -> Interval:
    return Interval(value=rounded(found.value), low=rounded(found.low), high=rounded(found.high))
