"""Workloads of one operation whose durations are drawn, not measured: a round of seconds, and the same on every machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from parity.bench.samples import encode
from parity.bench.summary import control, result
from parity.bench.timings import Pace, Timing
from parity.cases.workloads import expand, pools_of
from parity.documents.baseline import Baseline, Fingerprint, Protocol, SamplesFile
from parity.documents.model import sha256
from parity.documents.optimization import Round
from parity.documents.report import ProviderIdentity
from parity.documents.workload import Workload, WorkloadSet
from parity.documents.workload_toml import read_workloads
from parity.pipeline.progress import Progress

from ..bench.measured_baseline import COPY, MACHINE, timing  # noqa: TID252 - tests are no package with a name

PROCESSES = 9

SET = """
schema = "parity.workloads/1"
name = "drawn"
description = "For tests."

[budget]
p50 = 0.05
reason = "drawn durations scatter by a few per cent"

[[family]]
ops = ["sum"]
loops = ["l->l"]
shapes = [[20, 30]]
axes = [0, 1]
"""

COMMAND = ("parity", "optimize", "start", "r")


def a_round(**changes: object) -> Round:
    fields: dict[str, object] = {
        "name": "r", "lever": "mine.py", "why": "to be faster", "provider": "mine.py", "set": "drawn", "suite": "smoke",
        "seed": "20261120", "processes": PROCESSES, "seconds": 0.1, "started": "2026-11-21T08:00:00Z",
        "command": COMMAND,
    }  # fmt: skip
    return Round.model_validate(fields | changes)


def timings(seed: int, typical: float, ratio: float = 1.5) -> list[Timing]:
    random = np.random.default_rng(seed)
    return [timing(random, quadruples=40, typical=typical, ratio=ratio) for _ in range(PROCESSES)]


def baseline_of(
    workloads: tuple[Workload, ...],
    typical: Mapping[str, float],
    *,
    seed: int = 1,
    machine: Fingerprint = MACHINE,
    control_ratio: float = 1.0,
    withheld: Mapping[str, str] | None = None,
    spec: str = "mine.py",
) -> tuple[Baseline, bytes]:
    """typical: nanoseconds of a call of the provider, by workload; NumPy takes 30 µs."""
    reasons = withheld or {}
    drawn = {
        name: timings(seed + place, nanoseconds, 30_000 / nanoseconds)
        for place, (name, nanoseconds) in enumerate(sorted(typical.items()))
        if name not in reasons
    }
    checks = {"check": timings(seed + 99, 20_000, control_ratio)}
    samples = encode(drawn, checks)
    document = Baseline(
        set="drawn",
        complete=True,
        fingerprint=machine,
        provider=ProviderIdentity(spec=spec, name="mine", version=None),
        sources_sha256=None,
        parity="0.1",
        git_head=None,
        git_dirty=None,
        command=COMMAND,
        started="2026-11-21T08:00:00Z",
        protocol=Protocol(processes=PROCESSES, seconds=0.1, epoch_ns=1_000_000, seed="7", harness_ns=61.0, threads=1),
        control=control(checks),
        copy_bandwidth=COPY,
        workloads=tuple(
            result(
                workload,
                "diverged" if workload.name in reasons else "exact",
                Pace("per_call", 5, 3),
                drawn.get(workload.name, ()),
                COPY,
                reasons.get(workload.name),
            )
            for workload in workloads
        ),
        samples_file=SamplesFile(name="drawn.samples.npz", sha256=sha256(samples), size=len(samples)),
    )
    return document, samples


def workload_set(folder: Path) -> WorkloadSet:
    path = folder / "drawn.toml"
    path.write_text(SET)
    return read_workloads(path)


@dataclass
class DrawnBench:
    """A bench for `parity.pipeline.optimize`: the next call of `measure` draws around `typical` nanoseconds."""

    set: WorkloadSet
    typical: float = 20_000
    seed_of_draws: int = 1
    machine: Fingerprint = MACHINE
    control_ratio: float = 1.0
    withheld: dict[str, str] = field(default_factory=dict)
    spec: str = "mine.py"

    @property
    def workloads(self) -> tuple[Workload, ...]:
        return expand(self.set)

    @property
    def pools(self) -> dict[str, bytes]:
        return dict(pools_of(self.workloads, self.set.seed))

    @property
    def seed(self) -> str:
        return self.set.seed

    def measure(self) -> tuple[Baseline, bytes]:
        typical = {workload.name: self.typical for workload in self.workloads}
        return baseline_of(
            self.workloads,
            typical,
            seed=self.seed_of_draws,
            machine=self.machine,
            control_ratio=self.control_ratio,
            withheld=self.withheld,
            spec=self.spec,
        )


def always(bench: DrawnBench) -> Callable[[Round, str, Progress], DrawnBench]:
    return lambda _round, spec, _progress: replace(bench, spec=spec)
