"""A flame graph of one side of an optimization round: of the slowest workload that was chosen."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from parity.documents.baseline import Baseline, WorkloadResult
from parity.documents.optimization import Profile
from parity.optimize import profiling
from parity.optimize.flame_graph import below, flame_graph
from parity.optimize.profiling import NotPossible
from parity.pipeline import profiled
from parity.pipeline.progress import Progress

if TYPE_CHECKING:
    from parity.pipeline.optimize import Bench

FILE = "profile.svg"


def profile(bench: "Bench", baseline: Baseline, spec: str, progress: Progress) -> tuple[Profile, Mapping[str, bytes]]:
    """The profile, and its picture by name; no picture where no tool may sample, and then the reason."""
    name = _slowest(baseline)
    if name is None:
        return Profile(status="not_possible", reason="no workload was timed"), {}
    progress.stage(f"profile {name}")
    case = next(workload.case for workload in bench.workloads if workload.name == name)
    target = profiled.words(spec, bench.seed, case.call.plain(), profiling.SECONDS)
    sampled = profiling.sample(target)
    if isinstance(sampled, NotPossible):
        return _not_possible(name, sampled.reason, progress)
    stacks = below(sampled.stacks, profiled.FRAME) if sampled.python else sampled.stacks
    if not stacks:
        return _not_possible(name, f"{sampled.tool}: no sample fell into a call", progress)
    picture = flame_graph(stacks, f"{name}, provider {spec}: one process that calls it again and again").encode()
    described = Profile(status="recorded", tool=sampled.tool, file=FILE, samples=sum(stacks.values()), workload=name)
    return described, {FILE: picture}


def _not_possible(name: str, reason: str, progress: Progress) -> tuple[Profile, Mapping[str, bytes]]:
    progress.note(f"no profile: {reason}")
    return Profile(status="not_possible", workload=name, reason=reason), {}


def _slowest(baseline: Baseline) -> str | None:
    timed = [(_nanoseconds(result), result.name) for result in baseline.workloads if _nanoseconds(result)]
    return max(timed)[1] if timed else None


def _nanoseconds(result: WorkloadResult) -> float:
    figure = result.p50_ns or result.batch_ns
    return figure.value if figure else 0.0
