"""Baselines from what their processes say, for the tests of what holds two of them against each other."""

from collections.abc import Sequence
from math import exp
from pathlib import Path
from statistics import median
from typing import Any, Literal

from parity.documents.baseline import (
    Baseline,
    Control,
    Fingerprint,
    Interval,
    Processes,
    Protocol,
    SamplesFile,
    WorkloadResult,
)
from parity.documents.model import pretty, sha256
from parity.documents.report import ProviderIdentity
from parity.documents.workload import Budget

from .measured_baseline import MACHINE

QUIET = (-0.004, 0.001, 0.003, -0.002, 0.0, 0.002, -0.001, 0.004, -0.003)
"""ln of the provider's time over NumPy's in nine processes, around a ratio of 1."""


def slower(by: float, values: Sequence[float] = QUIET) -> tuple[float, ...]:
    """The same processes, in each of which the provider takes longer: 0.05 is about 5 %."""
    return tuple(value + by for value in values)


def timed(name: str, values: Sequence[float] = QUIET, **changes: Any) -> WorkloadResult:
    """A workload whose processes have these values; budget: p50's, tail: p99's, slow: ln of p99 in each process."""
    budget = Budget(p50=changes.pop("budget", 0.02), p99=changes.pop("tail", None), reason="drawn")
    ratio = exp(-median(values)) if values else 1.0
    fields: dict[str, Any] = {
        "name": name,
        "op": name.partition("-")[0],
        "loop": "dd->d",
        "shape": ((1000,), (1000,)),
        "layout": "contiguous",
        "digest": sha256(name.encode())[:32],
        "bytes": 24_000,
        "budget": budget,
        "verdict": "exact",
        "samples": 20_000,
        "numpy_ratio": around(ratio) if values else None,
        "p50_ns": around(15_000 / ratio) if values else None,
        "processes": Processes(log_ratio=tuple(-value for value in values), p99_log=changes.pop("slow", ())),
    }
    return WorkloadResult.model_validate(fields | changes)


def withheld(name: str) -> WorkloadResult:
    """A workload whose answer is wrong."""
    return timed(name, (), withheld="the answer is wrong at [3]", verdict="diverged", samples=0)


def around(value: float) -> Interval:
    """An interval of 1 % on either side."""
    return Interval(value=value, low=value * 0.99, high=value * 1.01)


def run(
    *workloads: WorkloadResult,
    control: Literal["same", "different"] | None = "same",
    machine: Fingerprint = MACHINE,
    **changes: Any,
) -> Baseline:
    """A measured baseline of these workloads."""
    fields: dict[str, Any] = {
        "set": "drawn",
        "complete": True,
        "fingerprint": machine,
        "provider": ProviderIdentity(spec="numba", name="parity_kernels", version="0.1"),
        "sources_sha256": None,
        "parity": "0.1",
        "git_head": "b" * 40,
        "git_dirty": False,
        "command": ("parity", "bench", "run"),
        "started": "2026-11-21T08:00:00Z",
        "protocol": Protocol(processes=9, seconds=0.1, epoch_ns=1_000_000, seed="7", harness_ns=61.0, threads=1),
        "control": Control(verdict=control, ratio=around(1.0), workloads={}) if control else None,
        "copy_bandwidth": (),
        "workloads": workloads,
        "samples_file": SamplesFile(name="drawn.samples.npz", sha256="a" * 64, size=1),
    }
    return Baseline.model_validate(fields | changes)


def written(path: Path, baseline: Baseline) -> Path:
    """The file of a baseline."""
    path.write_bytes(pretty(baseline.full()))
    return path
