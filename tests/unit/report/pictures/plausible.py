"""A baseline such as a machine with caches gives it, made from a formula and a seed: nothing of it was measured."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.documents.baseline import (
    FIGURES,
    Baseline,
    Cache,
    Control,
    CopyBandwidth,
    Fingerprint,
    Interval,
    Processes,
    Protocol,
    WorkloadResult,
)
from parity.documents.gate import Gate, GateRow, Judgement, Machine, Missing, Side
from parity.documents.report import ProviderIdentity
from parity.documents.workload import Budget

ELEMENTWISE = ("add", "multiply", "divide", "maximum", "power", "exp", "sin", "less")
REDUCTIONS = ("sum", "mean", "max", "argmax", "cumsum", "var")
OPS = ELEMENTWISE + REDUCTIONS
SIZES = (1, 1_000, 30_000, 1_000_000, 10_000_000)
CACHES = (("data", 1, 48 << 10), ("instruction", 1, 32 << 10), ("unified", 2, 1 << 20), ("unified", 3, 32 << 20))


def around(value: float, share: float) -> Interval:
    """An interval that reaches so large a share to both sides."""
    return Interval(value=value, low=value / (1 + share), high=value * (1 + share))


def bandwidth(size: float) -> float:
    """GB/s of a copy of so many bytes: overhead below, then L1, L2, L3 and memory."""
    level = next((speed for limit, speed in ((48e3, 90.0), (1e6, 55.0), (32e6, 25.0)) if size < limit), 11.0)
    return 1 / (1 / level + 60 / size)


def workload(op: str, size: int, layout: str = "contiguous", loop: str = "", **changes: Any) -> WorkloadResult:
    """One workload, its speed by operation, layout and size; changes: fields as they shall be instead."""
    random = np.random.default_rng([*op.encode(), *layout.encode(), size])
    loop = loop or ("d->d" if op in {*REDUCTIONS, "exp", "sin"} else "dd->d")
    moved = size * 8 * (len(loop) - 2)
    cost = {"power": 12.0, "exp": 3.0, "sin": 4.0, "argmax": 2.0, "divide": 1.5}.get(op, 1.0)
    cost *= {"strided": 2.5, "column": 1.6, "row": 0.9}.get(layout, 1.0)
    time = 180 + cost * moved / bandwidth(moved)
    ratio = float(np.exp(random.normal(0.2, 0.5)))
    single = time >= 10_000
    samples = max(9, min(20_000, int(9e7 / time))) if single else 900
    fields: dict[str, Any] = {
        "name": f"{op}-{loop.replace('->', '-')}-{layout}-{size:.0e}".replace("e+0", "e"),
        "op": op,
        "loop": loop,
        "shape": ((size,),) * loop.index("-"),
        "layout": layout,
        "digest": "0" * 32,
        "bytes": moved,
        "budget": Budget(p50=0.02 if size > 1 else 0.05, p99=0.5, reason="as measured on identical code"),
        "verdict": "exact",
        "mode": "per_call" if single else "batched",
        "calls": 1 if single else 1000,
        "samples": samples,
        "p50_ns": around(time, 0.004) if single and samples >= 6 else None,
        "p95_ns": around(time * 1.08, 0.01) if single and samples >= 72 else None,
        "p99_ns": around(time * 1.3, 0.05) if single and samples >= 368 else None,
        "batch_ns": None if single else around(time, 0.004),
        "numpy_ns": around(time * ratio, 0.004),
        "numpy_ratio": around(ratio, float(random.uniform(0.002, 0.03))),
        "gb_per_s": moved / time,
        "copy_share": moved / time / bandwidth(moved),
        "compile_s": 0.8,
        "first_call_s": 0.9,
        "processes": Processes(log_ratio=tuple(random.normal(math.log(ratio), 0.01, 9).tolist())),
        "epochs": 3600,
        "disturbed": 12,
    }
    return WorkloadResult(**(fields | changes))


def workloads() -> tuple[WorkloadResult, ...]:
    """Every operation by size, each at other layouts at one size, and one that was withheld."""
    by_size = [workload(op, size) for op in OPS for size in SIZES if size < 10_000_000 or op in {"add", "sum", "exp"}]
    layouts = [workload(op, 30_000, layout) for op in ELEMENTWISE for layout in ("row", "column", "scalar", "strided")]
    axes = [
        workload(op, size, axis) for op in REDUCTIONS for axis in ("axis0", "axis1") for size in (30_000, 1_000_000)
    ]
    return (*by_size, *layouts, *axes, withheld(workload("exp", 30_000, loop="f->f")))


def withheld(result: WorkloadResult) -> WorkloadResult:
    """The same workload without times, because its answer is wrong."""
    none = {name: WorkloadResult.model_fields[name].default for name in FIGURES}
    return result.model_copy(update=none | {"withheld": "the answer diverges", "verdict": "diverged"})


def baseline(results: Sequence[WorkloadResult] | None = None, **changes: Any) -> Baseline:
    """A measured baseline of these workloads, else of all that are here."""
    fingerprint = Fingerprint(
        id="1" * 32,
        cpu_model="A plausible processor, 2.9 GHz",
        cpu_features=("avx2", "fma"),
        cores=2,
        caches=tuple(Cache(level=level, kind=kind, size=size, shared_by=1) for kind, level, size in CACHES),
        governor=None,
        memory_gib=16,
        os="Linux 6.1 x86_64",
        libc="glibc 2.36",
        python="CPython 3.11.7",
        numpy="2.4.6",
        dispatch=("X86_V3",),
        numba="0.61.0",
        llvmlite="0.44.0",
        threads={"numba": 1},
    )
    fields: dict[str, Any] = {
        "set": "sentinel",
        "complete": True,
        "fingerprint": fingerprint,
        "provider": ProviderIdentity(spec="numba", name="parity_kernels", version="0.1.0"),
        "sources_sha256": None,
        "parity": "0.1.0",
        "git_head": None,
        "git_dirty": None,
        "command": ("parity", "bench", "run"),
        "started": "2026-01-01T00:00:00Z",
        "protocol": Protocol(processes=9, seconds=0.1, epoch_ns=1_000_000, seed="1", harness_ns=80.0, threads=1),
        "control": Control(verdict="same", ratio=around(1.001, 0.004), workloads={"add": around(1.001, 0.004)}),
        "copy_bandwidth": tuple(CopyBandwidth(bytes=4**k, gb_per_s=bandwidth(4**k)) for k in range(6, 14)),
        "workloads": tuple(workloads() if results is None else results),
        "samples_file": None,
    }
    return Baseline(**(fields | changes))


def calls(results: Sequence[WorkloadResult]) -> dict[str, tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
    """Durations of single calls, with a tail, for every workload that has such: the provider's and NumPy's."""
    found = {}
    for result in results:
        if result.mode == "per_call" and result.p50_ns is not None and result.numpy_ns is not None:
            random = np.random.default_rng(list(result.name.encode()))
            spread = np.exp(np.abs(random.normal(0, 0.03, (2, result.samples))) + random.exponential(0.02, (2, 1)))
            spread *= np.where(random.random((2, result.samples)) < 0.015, random.exponential(1.5, spread.shape) + 1, 1)
            medians = np.array([[result.p50_ns.value], [result.numpy_ns.value]])
            provider, numpy = (medians * spread / 1.02).astype(np.uint64)
            found[result.name] = (provider, numpy)
    return found


def side(**changes: Any) -> Side:
    """One of the two baselines of a gate."""
    measured = baseline([])
    fields: dict[str, Any] = {
        name: getattr(measured, name)
        for name in ("set", "origin", "provider", "sources_sha256", "parity", "git_head", "git_dirty", "started")
    }
    return Side(**(fields | {"control": "same", "processes": 9} | changes))


def gate(results: Sequence[WorkloadResult], **changes: Any) -> Gate:
    """A gate over these workloads, of which every 20th regressed, every 15th is inconclusive, and one is missing."""
    rows = []
    for place, result in enumerate(results):
        verdict = "regressed" if place % 20 == 7 else "inconclusive" if place % 15 == 4 else "pass"
        change = float(np.random.default_rng(place).normal(0, 0.004)) + {"regressed": 0.08, "inconclusive": 0.018}.get(
            verdict, 0
        )
        slow = Judgement(verdict="pass", reason="within the budget", ratio=around(1.1, 0.1), budget=0.5, p=0.9)
        rows.append(
            GateRow.model_validate(
                {
                    "name": result.name,
                    "op": result.op,
                    "verdict": verdict,
                    "reason": "as measured",
                    "ratio": around(math.exp(change), 0.006),
                    "budget": result.budget.p50 if result.budget else None,
                    "p": 0.01,
                    "p99": slow if result.p99_ns else None,
                    "processes": (9, 9),
                }
            )
        )
    fingerprint = baseline([]).fingerprint
    machine = {name: getattr(fingerprint, name) for name in ("id", "cpu_model", "cores", "os", "python", "numpy")}
    fields: dict[str, Any] = {
        "verdict": "regressed",
        "machine": Machine(**machine),
        "before": side(),
        "after": side(),
        "workloads": tuple(rows),
        "missing": (Missing(name="sin-f-f-contiguous-3e4", reason="the current run does not have it"),),
    }
    return Gate(**(fields | changes))
