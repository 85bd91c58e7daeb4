"""A baseline: how fast one provider was on one machine, with intervals, and what it takes to compare with it later.

Times are nanoseconds, ratios are dimensionless. Whatever decides a gate stands here, one value for each process; the
single durations are in the file of samples, from which all figures of this document follow.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from parity.documents.case import Count
from parity.documents.model import Document, Id16, Sha256
from parity.documents.report import ProviderIdentity
from parity.documents.verdict import GOOD, VerdictName
from parity.documents.workload import Budget

MAX_FILE = 64 << 20
"""Bytes of a baseline, and of its file of samples; with 120 workloads they have 0.3 MB and 2 MB."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

LEAST, MOST = 1e-50, 1e50
"""Bounds of whatever is measured: what follows from two such figures is neither zero nor infinite."""
Figure = Annotated[float, Field(ge=LEAST, le=MOST)]
Shares = tuple[Annotated[float, Field(ge=-100, le=100)], ...]
"""Logarithms of ratios that are within the bounds of figures."""

Mode = Literal["per_call", "batched"]
"""Whether single calls were timed, or only batches of them, which say nothing about percentiles of calls."""


class Interval(Document):
    """An estimate, and a confidence interval of 95 % around it."""

    value: Positive
    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError("the value is not between low and high")
        return self


def _within_bounds(interval: Interval) -> Interval:
    if interval.low < LEAST or interval.high > MOST:
        raise ValueError(f"a figure is not between {LEAST:g} and {MOST:g}")
    return interval


Measured = Annotated[Interval, AfterValidator(_within_bounds)]
"""An interval of a figure that was measured; what is computed from two of them may be wider."""


class Cache(Document):
    """One cache: level, kind (`data`, `instruction`, `unified`), bytes, and processors that share it."""

    level: Count
    kind: str
    size: Count
    shared_by: Count


class Fingerprint(Document):
    """What a baseline is bound to. Two baselines are comparable when these agree; `id` is a digest over the rest.

    cpu_features: those of the processor that compilers and NumPy know, sorted. cores: logical processors that the
    process may use. governor: of the clock frequency, null where the system does not tell. memory_gib: rounded.
    dispatch: CPU features for which NumPy has and uses code beyond its baseline. numba, llvmlite: null where they are
    not installed. threads: what thread pools were pinned to, by library.
    """

    id: Id16
    cpu_model: str
    cpu_features: tuple[str, ...]
    cores: Count
    caches: tuple[Cache, ...]
    governor: str | None
    memory_gib: Count
    os: str
    libc: str
    python: str
    numpy: str
    dispatch: tuple[str, ...]
    numba: str | None
    llvmlite: str | None
    threads: dict[str, Count]


class Control(Document):
    """The same arm against itself. ratio: first over second; that of the workload which shows most.

    verdict: `different` if the protocol saw a difference where there is none. Then no verdict of the run can be
    believed. workloads: which ones served, and each one's ratio.
    """

    verdict: Literal["same", "different"]
    ratio: Measured
    workloads: dict[str, Measured]


class CopyBandwidth(Document):
    """Copying a block of memory: bytes moved (read and written) by a copy, and GB (10^9 bytes) a second."""

    bytes: Annotated[Count, Field(gt=0)]
    gb_per_s: Figure


class Processes(Document):
    """One value for each process that timed a workload, in the order of the processes.

    log_ratio: ln of NumPy's time over the provider's, the median over its quadruples. p99_log: ln of the provider's p99
    over NumPy's p50; empty where a process has fewer calls than p99 takes, or batches.
    """

    log_ratio: Shares
    p99_log: Shares = ()


class Scaling(Document):
    """One workload with all cores: threads that were allowed, and the time with one over the time with all."""

    name: str
    threads: Count
    speedup: Measured


class WorkloadResult(Document):
    """One workload. Null is what could not be measured, or was withheld.

    shape: of each operand. digest: of the call and its input bits; of the name, where an imported one says no more.
    bytes: that a call has to read and write.

    samples: timed calls of the provider, or batches of `calls` calls. p50_ns, p95_ns, p99_ns: of single calls; null for
    batches and below 6, 72, 368 samples. batch_ns: a call's share of a batch, the median over batches; null where calls
    were timed. numpy_ns: the same median for NumPy (of calls or of batches). numpy_ratio: NumPy's time over the
    provider's, above 1 the provider is faster. gb_per_s: bytes over the median time. copy_share: that as a share of
    what a copy of as many bytes reaches.

    compile_s: seconds of compilation before the first timing, the most of any process, of the one that judges, too.
    first_call_s: the first call in a fresh process, the median. verdict: of the answer, judged before it was timed.
    withheld: why there are no times. epochs: in all processes. disturbed: of them those with an involuntary context
    switch or with time stolen by the host; they count like the others.
    """

    name: str
    op: str
    loop: str
    shape: tuple[tuple[Count, ...], ...]
    layout: str
    digest: Id16
    bytes: Count | None
    budget: Budget | None
    verdict: VerdictName | None
    withheld: str | None = None
    mode: Mode = "per_call"
    calls: Count = 1
    samples: Count = 0
    p50_ns: Measured | None = None
    p95_ns: Measured | None = None
    p99_ns: Measured | None = None
    batch_ns: Measured | None = None
    numpy_ns: Measured | None = None
    numpy_ratio: Measured | None = None
    gb_per_s: Figure | None = None
    copy_share: Figure | None = None
    compile_s: Annotated[float, Field(ge=0, le=MOST)] | None = None
    first_call_s: Figure | None = None
    processes: Processes = Processes(log_ratio=())
    epochs: Count = 0
    disturbed: Count = 0

    @model_validator(mode="after")
    def _speed_of_right_answers_only(self) -> Self:
        if self.withheld is None and self.verdict is not None and self.verdict not in GOOD:
            raise ValueError(f"'withheld' has no reason, and the verdict is {self.verdict}")
        if self.withheld is not None:
            defaults = {name: field.default for name, field in WorkloadResult.model_fields.items()}
            told = [name for name in FIGURES if getattr(self, name) != defaults[name]]
            if told:
                raise ValueError(f"the times are withheld, but there is {', '.join(told)}")
        return self


FIGURES = (
    "samples",
    "p50_ns",
    "p95_ns",
    "p99_ns",
    "batch_ns",
    "numpy_ns",
    "numpy_ratio",
    "gb_per_s",
    "copy_share",
    "compile_s",
    "first_call_s",
    "processes",
    "epochs",
    "disturbed",
)
"""Fields of a workload that are at their defaults where its times are withheld."""


class Protocol(Document):
    """How it was measured: processes, seconds for each workload in each, nanoseconds of an epoch, seed of the orders.

    harness_ns: what timing an empty call costs, in this run. threads: that each library may use. ratio_of: which time
    of an arm's two epochs the ratio is of: the shorter one without waits for a processor; their sum, waits and all, in
    baselines that do not say.
    """

    processes: Count
    seconds: Annotated[float, Field(gt=0, le=3600)]
    epoch_ns: Count
    seed: str
    harness_ns: Figure
    threads: Count
    ratio_of: Literal["both_epochs", "shorter_epoch"] = "both_epochs"


class SamplesFile(Document):
    """The file of samples beside a baseline, by its name."""

    name: str
    sha256: Sha256
    size: Count


class Baseline(Document):
    """parity.baseline/1. origin: `measured` by parity, or `imported` from a report of pytest-benchmark.

    set: name of the workloads. complete: whether all of the set are here. sources_sha256: over the provider's source
    files, null where they are not known. git_head, git_dirty: of the checkout that one stood in. command: as it was
    called. started: UTC, to the second. samples_file: null for an imported one.
    """

    schema_: Literal["parity.baseline/1"] = Field(default="parity.baseline/1", alias="schema")
    origin: Literal["measured", "imported"] = "measured"
    set: str
    complete: bool
    fingerprint: Fingerprint
    provider: ProviderIdentity
    sources_sha256: Sha256 | None
    parity: str
    git_head: str | None
    git_dirty: bool | None
    command: tuple[str, ...]
    started: str
    protocol: Protocol | None
    control: Control | None
    copy_bandwidth: tuple[CopyBandwidth, ...]
    workloads: tuple[WorkloadResult, ...]
    scaling: tuple[Scaling, ...] = ()
    samples_file: SamplesFile | None

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [workload.name for workload in self.workloads]
        if len(set(names)) != len(names):
            raise ValueError("two workloads have one name")
        if self.origin == "measured" and (self.protocol is None or self.control is None):
            raise ValueError("a measured baseline has a protocol and a control")
        return self
