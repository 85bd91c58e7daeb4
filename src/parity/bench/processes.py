"""The processes of a run: one that judges every answer, then fresh ones, each of which times every workload.

A process does one thing at a time. When it dies or hangs, that is what the workload did that it was at: its times are
withheld, and a new process goes on with the next one.
"""

import math
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np

from parity.bench import protocol, serving
from parity.bench.interpreter import EndedError, Interpreter
from parity.bench.serving import Copy, Examine, Examined, Harness, Measure, Task, Withheld
from parity.bench.timings import Pace, Timing
from parity.calling import Returned
from parity.documents.baseline import CopyBandwidth
from parity.documents.report import ProviderIdentity
from parity.documents.verdict import Verdict
from parity.documents.workload import Workload

REQUEST_SECONDS = 60.0
"""Time limit of a request beside what it asks for: operands, compilation, warming, judging."""

P99_CALLS = 368
"""Calls of a process that give its p99 an interval."""

SLOWEST_CONTROL_NS = 20_000_000
"""A call of a control takes less: one that takes longer has too few quadruples to show anything."""

NOTHING = Returned((), (), (), (), (), ())
"""In place of NumPy's answer where the provider's is the end of its process, whatever was expected."""

Load = Callable[[], Any]
"""Imports the provider: gives an object with ``namespace`` and ``identity``. It runs in the processes only."""


class Settings(NamedTuple):
    """How to time. processes: of a round. seconds: for a workload in a process, both arms together.

    threads: that each library may use. seed: of the orders.
    """

    processes: int
    seconds: float
    threads: int
    seed: str


class Judged(NamedTuple):
    """One answer, judged. pace: how to time it; answer: digest of its bits; None if it is withheld.

    expected: digest of NumPy's answer. compile_s: seconds of compilation until a call was warm. provider_ns, numpy_ns:
    of a warm call, about. withheld: why it is not timed.
    """

    workload: Workload
    verdict: Verdict
    expected: str | None = None
    pace: Pace | None = None
    answer: str | None = None
    compile_s: float | None = None
    provider_ns: float | None = None
    numpy_ns: float | None = None
    withheld: str | None = None


class Judgement(NamedTuple):
    """Every workload's by its name, and who answered. threads: what its thread pools were pinned to, by library."""

    identity: ProviderIdentity
    threads: dict[str, int]
    judged: dict[str, Judged]


class ProcessTimings(NamedTuple):
    """What one process timed, by the workload's name.

    controls: the provider against itself. withheld: why there are no times; verdicts: of answers that were good when
    they were judged, and were not where they were timed. harness_ns: what timing an empty call costs.
    """

    timings: dict[str, Timing]
    controls: dict[str, Timing]
    withheld: dict[str, str]
    verdicts: dict[str, Verdict]
    harness_ns: float
    copy_bandwidth: tuple[CopyBandwidth, ...]
    threads: dict[str, int]


class ScalingTimings(NamedTuple):
    """What pairs of processes say of one thread and of all cores, by the workload's name.

    log_ratios: for each pair that timed it in both processes, ln of the provider's median time with one thread over
    that with all. withheld, verdicts: as in `ProcessTimings`; a reason says so if it was found with all cores.
    """

    log_ratios: dict[str, tuple[float, ...]]
    withheld: dict[str, str]
    verdicts: dict[str, Verdict]


def judge_all(
    workloads: Sequence[Workload],
    load: Load,
    judge: serving.Judge,
    pools: Mapping[str, bytes],
    settings: Settings,
    advance: Callable[[], object],
) -> Judgement:
    """Judge the provider's answers against NumPy's, in one process, and decide how to time the good ones.

    Parameters
    ----------
    workloads : sequence of Workload
        Their order is that in which they are called.
    load, judge : callable
        Picklable; judge takes a case, NumPy's outcome, the provider's, and pools as arrays.
    pools : mapping of str to bytes
        Little-endian, by name.
    settings : Settings
        Of the run.
    advance : callable
        Called after each workload.

    Raises
    ------
    ProviderError
        If the provider cannot be imported.
    """
    with Interpreter(Task(load, judge, pools, settings.threads)) as process:
        known = process.identified()
        judged = {}
        for workload in workloads:
            judged[workload.name] = _judged(workload, process, judge, settings)
            advance()
    return Judgement(known.identity, known.threads, judged)


def _judged(workload: Workload, process: Interpreter, judge: serving.Judge, settings: Settings) -> Judged:
    try:
        found: Examined = process.ask(Examine(workload.case), REQUEST_SECONDS)
    except EndedError as ended:
        verdict = judge(workload.case, NOTHING, ended.outcome, {})
        return Judged(workload, verdict, withheld=serving.told(verdict))
    if found.provider_ns is None or found.numpy_ns is None:
        return Judged(workload, found.verdict, found.expected, withheld=found.withheld)
    pace = _pace(workload, found.provider_ns, found.numpy_ns, settings.seconds)
    times = found.provider_ns, found.numpy_ns
    return Judged(workload, found.verdict, found.expected, pace, found.answer, found.compile_s, *times)


def _pace(workload: Workload, provider_ns: float, numpy_ns: float, seconds: float) -> Pace:
    """Where slow calls are judged, each process times enough for a p99, if that takes a quarter more time at most."""
    reaches = P99_CALLS * (provider_ns + numpy_ns) <= 1.25 * seconds * 1e9
    singles = P99_CALLS if workload.budget.p99 is not None and reaches else 0
    return protocol.pace_for(provider_ns, numpy_ns, seconds, singles)


def choose_controls(judgement: Judgement) -> tuple[str, ...]:
    """Up to three workloads on which a run shows that it finds no difference where there is none.

    The fastest of those timed in batches; the one in the middle; the slowest that takes less than 20 ms a call.
    """
    paced = [
        (judged.provider_ns, name, judged.pace)
        for name, judged in judgement.judged.items()
        if judged.pace is not None and judged.provider_ns is not None and judged.provider_ns < SLOWEST_CONTROL_NS
    ]
    ordered = sorted(paced)
    batched = [each for each in ordered if each[2].mode == "batched"]
    chosen = [*batched[:1], *ordered[len(ordered) // 2 :][:1], *ordered[-1:]]
    return tuple(dict.fromkeys(name for _, name, _ in chosen))


def time_process(
    number: int,
    workloads: Sequence[Workload],
    judgement: Judgement,
    controls: Collection[str],
    load: Load,
    judge: serving.Judge,
    pools: Mapping[str, bytes],
    settings: Settings,
    advance: Callable[[], object],
) -> ProcessTimings:
    """Time workloads in one fresh process, in an order of its own, with the controls anywhere among them.

    Parameters
    ----------
    number : int
        Of the process in the run; with the seed it makes all orders.
    workloads : sequence of Workload
        Judged ones; what is withheld there is not timed.
    judgement : Judgement
        Of this run.
    controls : collection of str
        Names of judged workloads for which the provider is timed against itself; they need not be among ``workloads``.
    load, judge, pools, settings
        As for `judge_all`.
    advance : callable
        Called after each workload; not for controls.

    Raises
    ------
    ProviderError
        If the provider can no longer be imported.
    """
    timed = [(workload.name, False) for workload in workloads if judgement.judged[workload.name].pace is not None]
    timed += [(name, True) for name in controls if judgement.judged[name].pace is not None]
    Random(f"{settings.seed}/{number}").shuffle(timed)
    found = ProcessTimings({}, {}, {}, {}, math.nan, (), {})
    with Interpreter(Task(load, judge, pools, settings.threads)) as process:
        found = found._replace(
            threads=process.identified().threads,
            harness_ns=process.ask(Harness(), REQUEST_SECONDS),
            copy_bandwidth=process.ask(Copy(), REQUEST_SECONDS),
        )
        for name, control in timed:
            answer = _measured(process, number, judgement.judged[name], judge, settings, control=control)
            if isinstance(answer, Timing):
                (found.controls if control else found.timings)[name] = answer
            elif not control:
                found.withheld[name] = answer.reason
                if answer.verdict is not None:
                    found.verdicts[name] = answer.verdict
            if not control:
                advance()
    return found


def _measured(
    process: Interpreter, number: int, judged: Judged, judge: serving.Judge, settings: Settings, *, control: bool
) -> Timing | Withheld:
    assert judged.pace is not None
    assert judged.answer is not None
    assert judged.provider_ns is not None
    assert judged.numpy_ns is not None
    name, pace = judged.workload.name, judged.pace
    seed = f"{settings.seed}/{number}/{name}/{control}"
    quadruples_s = 2 * pace.quadruples * pace.calls * (judged.provider_ns + judged.numpy_ns) / 1e9
    asked = max(settings.seconds, quadruples_s)
    request = Measure(judged.workload.case, pace, judged.answer, settings.seconds, seed, control)
    try:
        answer: Timing | Withheld = process.ask(request, REQUEST_SECONDS + 4 * asked)
    except EndedError as ended:
        verdict = judge(judged.workload.case, NOTHING, ended.outcome, {})
        return Withheld(f"later, {serving.told(verdict)}", verdict)
    return answer


def time_scaling(
    workloads: Sequence[Workload],
    judgement: Judgement,
    load: Load,
    judge: serving.Judge,
    pools: Mapping[str, bytes],
    settings: Settings,
    advance: Callable[[], object],
) -> ScalingTimings:
    """Compare one thread with as many as there are cores, in pairs of processes: one, all; all, one; and so on.

    ``settings.processes`` is the number of pairs; other parameters are as for `time_process`, and ``advance`` is called
    for each workload in each process. What a process withheld is not tried again: a call that hangs would hang each of
    them.
    """
    found: dict[str, list[float]] = {workload.name: [] for workload in workloads}
    withheld: dict[str, str] = {}
    verdicts: dict[str, Verdict] = {}
    for number in range(settings.processes):
        medians: dict[bool, dict[str, float]] = {False: {}, True: {}}
        for place, with_all in enumerate((False, True) if number % 2 == 0 else (True, False)):
            threads = all_cores() if with_all else 1
            left = [workload for workload in workloads if workload.name not in withheld]
            if not left:
                break
            timed = time_process(
                2 * number + place,
                left,
                judgement,
                (),
                load,
                judge,
                pools,
                settings._replace(threads=threads, seed=f"{settings.seed}/scaling"),
                advance,
            )
            medians[with_all] = {name: float(np.median(timing.provider_ns)) for name, timing in timed.timings.items()}
            where = f"with all cores ({threads}): " if with_all else ""
            withheld |= {name: where + reason for name, reason in timed.withheld.items()}
            verdicts |= timed.verdicts
        for name in medians[False].keys() & medians[True].keys():
            found[name].append(math.log(max(medians[False][name], 1.0) / max(medians[True][name], 1.0)))
    return ScalingTimings({name: tuple(ratios) for name, ratios in found.items()}, withheld, verdicts)


def all_cores() -> int:
    """Logical processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
