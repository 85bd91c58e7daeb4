"""A small baseline with its samples, as a run of nine processes would leave it; durations are drawn, not measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from parity.bench.fingerprint import identified
from parity.bench.samples import encode
from parity.bench.summary import control, result
from parity.bench.timings import Pace, Timing
from parity.documents.baseline import Baseline, Cache, CopyBandwidth, Fingerprint, Protocol, SamplesFile
from parity.documents.case import Call, Case
from parity.documents.model import pretty, sha256
from parity.documents.report import ProviderIdentity
from parity.documents.workload import Budget, Workload

PROCESSES = 9
COPY = (CopyBandwidth(bytes=1 << 14, gb_per_s=80.5), CopyBandwidth(bytes=1 << 27, gb_per_s=12.25))
SINGLE, BATCHED, WITHHELD = "add-dd-d-contiguous-1e6", "add-dd-d-contiguous-1", "sin-d-d-contiguous-1e6"

MACHINE = identified(
    Fingerprint(
        id="0" * 32,
        cpu_model="A Processor 9",
        cpu_features=("avx2", "sse2"),
        cores=2,
        caches=(Cache(level=1, kind="data", size=49152, shared_by=1),),
        governor=None,
        memory_gib=24,
        os="Linux 6.1 x86_64",
        libc="glibc 2.36",
        python="CPython 3.11.7",
        numpy="2.4.6",
        dispatch=("X86_V3",),
        numba="0.68.1",
        llvmlite="0.50.0",
        threads={"numba": 1},
    )
)


def timing(
    random: np.random.Generator,
    *,
    quadruples: int = 20,
    calls: int = 5,
    typical: float = 20_000,
    ratio: float = 1.5,
    compile_s: float | None = 0.25,
) -> Timing:
    """One process; `typical` nanoseconds for a duration of the provider, NumPy takes `ratio` times as long."""

    def durations(scale: float) -> np.ndarray:
        drawn = scale * (1 + random.gamma(1.2, 0.02, (quadruples, 2, calls)))
        return np.round(drawn).astype(np.uint64)

    return Timing(
        durations(typical),
        durations(typical * ratio),
        random.random(quadruples) < 0.5,
        (random.random((quadruples, 4)) < 0.05).astype(np.uint8),
        np.zeros((quadruples, 4), np.uint64),
        compile_s,
        float(random.uniform(0.001, 0.01)),
        0,
    )


def workload(name: str, size: int) -> Workload:
    op = name.partition("-")[0]
    loop = "dd->d" if op == "add" else "d->d"
    operands = loop.index("-")
    return Workload(
        name=name,
        op=op,
        loop=loop,
        layout="contiguous",
        shapes=((size,),) * operands,
        digest=sha256(name.encode())[:32],
        bytes=8 * size * (operands + 1),
        budget=Budget(p50=0.03, reason="drawn"),
        case=Case(case_id=name, loop=loop, layout="contiguous", call=Call(op=op, args=())),
    )


def drawn(seed: int = 1) -> tuple[dict[str, list[Timing]], dict[str, list[Timing]]]:
    """Timings and controls of all processes."""
    random = np.random.default_rng(seed)
    timings = {
        SINGLE: [timing(random) for _ in range(PROCESSES)],
        BATCHED: [timing(random, calls=1, typical=1e6, ratio=0.8, compile_s=None) for _ in range(PROCESSES)],
    }
    return timings, {SINGLE: [timing(random, ratio=1.0) for _ in range(PROCESSES)]}


def baseline(
    timings: Mapping[str, Sequence[Timing]] | None = None,
    controls: Mapping[str, Sequence[Timing]] | None = None,
    *,
    machine: Fingerprint = MACHINE,
    started: str = "2026-11-21T08:00:00Z",
) -> tuple[Baseline, bytes]:
    """The document and its samples; one workload gave a wrong answer."""
    given, checks = (timings or drawn()[0]), (controls or drawn()[1])
    samples = encode(given, checks)
    document = Baseline(
        set="drawn",
        complete=True,
        fingerprint=machine,
        provider=ProviderIdentity(spec="numba", name="parity_kernels", version="0.1"),
        sources_sha256="a" * 64,
        parity="0.1",
        git_head="b" * 40,
        git_dirty=True,
        command=("parity", "bench", "run"),
        started=started,
        protocol=Protocol(
            processes=PROCESSES,
            seconds=0.1,
            epoch_ns=1_000_000,
            seed="7",
            harness_ns=61.0,
            threads=1,
            ratio_of="shorter_epoch",
        ),
        control=control(checks),
        copy_bandwidth=COPY,
        workloads=(
            result(workload(SINGLE, 10_000), "exact", Pace("per_call", 5, 3), given[SINGLE], COPY, None),
            result(workload(BATCHED, 1), "exact", Pace("batched", 3_000, 3), given[BATCHED], COPY, None),
            result(workload(WITHHELD, 10_000), "diverged", None, (), COPY, "the answer is wrong at [3]"),
        ),
        samples_file=SamplesFile(name="drawn.samples.npz", sha256=sha256(samples), size=len(samples)),
    )
    return document, samples


def written(folder: Path, document: Baseline, samples: bytes) -> Path:
    """The path of the baseline, its samples beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "drawn.json"
    path.write_bytes(pretty(document.full()))
    assert document.samples_file is not None
    path.with_name(document.samples_file.name).write_bytes(samples)
    return path
