"""Reports of pytest-benchmark (`--benchmark-json`, 3.2 to 5) as baselines that say that they were imported.

Its samples are seconds of a round, divided by the round's iterations; so only rounds of one iteration are samples of
calls. What our own front end (benchmarks/) adds stands in `extra_info.parity` and in `machine_info.parity`.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import parity
from parity.bench.fingerprint import UNKNOWN, identified
from parity.bench.protocol import PER_CALL_NS
from parity.bench.statistics import order_interval, quantile
from parity.bench.summary import rounded
from parity.documents.baseline import Baseline, Fingerprint, Interval, Mode, WorkloadResult
from parity.documents.case import Count
from parity.documents.model import Id16, document_error, sha256
from parity.documents.report import ProviderIdentity
from parity.documents.workload import Budget
from parity.errors import DocumentError, InconclusiveError

Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
"""At most about 30 years: as nanoseconds they are finite still."""


class _Received(BaseModel):
    """A part of a document that is not ours: strict in what is read, and blind to the rest."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class OwnInfo(_Received):
    """What our front end says of a workload, in the words of `WorkloadResult`."""

    name: str
    op: str
    loop: str
    shape: tuple[tuple[Count, ...], ...]
    layout: str
    digest: Id16
    bytes: Count
    budget: Budget
    verdict: Literal["exact", "within_tolerance", "known"]


class _ExtraInfo(_Received):
    parity: OwnInfo | None = None


class _Stats(_Received):
    data: tuple[Seconds, ...] | None = None
    iterations: Annotated[Count, Field(gt=0)]
    rounds: Count


class _Benchmark(_Received):
    fullname: str
    name: str
    stats: _Stats
    extra_info: _ExtraInfo = _ExtraInfo()


class _Processor(_Received):
    brand_raw: str | None = None
    brand: str | None = None  # the same, from py-cpuinfo below 6
    count: Count = 0
    flags: tuple[str, ...] = ()


class _OwnMachine(_Received):
    fingerprint: Fingerprint
    provider: ProviderIdentity
    set: str
    complete: bool = True


class _Machine(_Received):
    system: str = UNKNOWN
    release: str = ""
    machine: str = ""
    python_implementation: str = UNKNOWN
    python_version: str = ""
    cpu: _Processor = _Processor()
    parity: _OwnMachine | None = None


class _Commit(_Received):
    id: str | None = None
    dirty: bool | None = None


class _Report(_Received):
    machine_info: _Machine
    commit_info: _Commit = _Commit()
    benchmarks: tuple[_Benchmark, ...]
    datetime: str
    version: str


def imported(data: bytes, where: str) -> Baseline:
    """The baseline in a report; its figures are those of the provider alone, without a ratio to NumPy.

    Percentiles have the order-statistic intervals of measured baselines, over the rounds that were timed. The name of
    the host is not carried over. Raises DocumentError, naming `where` and the field, for what is no such report, has no
    samples, or has a fingerprint under the id of another; InconclusiveError for one without benchmarks.
    """
    try:
        report = _Report.model_validate_json(data)
    except ValidationError as error:
        raise document_error(error, where) from None
    if not report.benchmarks:
        raise InconclusiveError("the report has no benchmarks", where=where, expected="at least one that ran")
    own = report.machine_info.parity
    return Baseline(
        origin="imported",
        set=own.set if own is not None else "pytest-benchmark",
        complete=own.complete if own is not None else True,
        fingerprint=_own_fingerprint(own.fingerprint, where) if own is not None else _fingerprint(report.machine_info),
        provider=own.provider
        if own is not None
        else ProviderIdentity(spec="pytest-benchmark", name="pytest-benchmark", version=report.version),
        sources_sha256=None,
        parity=parity.__version__,
        git_head=report.commit_info.id if re.fullmatch(r"[0-9a-f]{40}", report.commit_info.id or "") else None,
        git_dirty=report.commit_info.dirty,
        command=("pytest", "--benchmark-json"),
        started=_moment(report.datetime),
        protocol=None,
        control=None,
        copy_bandwidth=(),
        workloads=tuple(
            _workload(benchmark, where, number) for number, benchmark in enumerate(_unique(report.benchmarks, where))
        ),
        samples_file=None,
    )


def figures_of(seconds: tuple[float, ...], iterations: int) -> dict[str, Any]:
    """mode, p50_ns, p95_ns, p99_ns and batch_ns of rounds, of which each lasted `seconds` an iteration.

    Rounds of several calls, or of a call below PER_CALL_NS, say nothing about percentiles of calls.
    """
    nanoseconds = np.maximum(np.asarray(seconds, np.float64) * 1e9, 1e-3)
    single = iterations == 1 and quantile(nanoseconds, 0.5) >= PER_CALL_NS
    mode: Mode = "per_call" if single else "batched"
    shares = {"p50_ns": 0.5, "p95_ns": 0.95, "p99_ns": 0.99} if single else {"batch_ns": 0.5}
    names = ("p50_ns", "p95_ns", "p99_ns", "batch_ns")
    found = {name: _interval(nanoseconds, shares[name]) if name in shares else None for name in names}
    return {"mode": mode, **found}


def _interval(nanoseconds: np.ndarray[Any, Any], share: float) -> Interval | None:
    found = order_interval(nanoseconds, share)
    return None if found is None else Interval(**{name: rounded(value) for name, value in found.plain().items()})


def _unique(benchmarks: tuple[_Benchmark, ...], where: str) -> tuple[_Benchmark, ...]:
    first: dict[str, int] = {}
    for number, benchmark in enumerate(benchmarks):
        own = benchmark.extra_info.parity
        name, field = (benchmark.fullname, "fullname") if own is None else (own.name, "extra_info.parity.name")
        if first.setdefault(name, number) != number:
            raise DocumentError(
                f"two benchmarks have the name {name!r}",
                where=f"{where}, field benchmarks.{number}.{field}",
                expected=f"another name than that of benchmarks.{first[name]}",
            )
    return benchmarks


def _workload(benchmark: _Benchmark, where: str, number: int) -> WorkloadResult:
    stats, own = benchmark.stats, benchmark.extra_info.parity
    if not stats.data:
        raise DocumentError(
            f"the benchmark {benchmark.fullname} has no samples",
            where=f"{where}, field benchmarks.{number}.stats.data",
            expected="the duration of each round, as `--benchmark-json` writes them",
        )
    known: dict[str, Any] = (
        {name: getattr(own, name) for name in OwnInfo.model_fields}
        if own is not None
        else {
            "name": benchmark.fullname,
            "op": benchmark.name,
            "loop": "",
            "shape": (),
            "layout": "",
            "digest": sha256(benchmark.fullname.encode())[:32],
            "bytes": None,
            "budget": None,
            "verdict": None,
        }
    )
    known |= figures_of(stats.data, stats.iterations)
    typical, moved = known["p50_ns"] or known["batch_ns"], known["bytes"]
    return WorkloadResult(
        calls=stats.iterations,
        samples=len(stats.data),
        gb_per_s=rounded(moved / typical.value) if moved and typical is not None else None,
        **known,
    )


def _own_fingerprint(told: Fingerprint, where: str) -> Fingerprint:
    """A fingerprint as our front end writes it: its id, which says where the baseline lies, follows from the rest."""
    field = f"{where}, field machine_info.parity.fingerprint"
    due = identified(told).id
    if told.id != due:
        raise DocumentError(
            f"{told.id} is not the id of this fingerprint",
            where=f"{field}.id",
            expected=f"{due}, the digest of its other fields",
            hint="import the report as it was written",
        )
    return told


def _fingerprint(machine: _Machine) -> Fingerprint:
    """What pytest-benchmark tells of a machine; the rest is unknown, so no measured baseline is comparable with it."""
    release = ".".join(machine.release.split(".")[:2])
    return identified(
        Fingerprint(
            id="0" * 32,
            cpu_model=machine.cpu.brand_raw or machine.cpu.brand or UNKNOWN,
            cpu_features=tuple(sorted(machine.cpu.flags)),
            cores=machine.cpu.count,
            caches=(),
            governor=None,
            memory_gib=0,
            os=" ".join(filter(None, (machine.system, release, machine.machine))),
            libc=UNKNOWN,
            python=f"{machine.python_implementation} {machine.python_version}".strip(),
            numpy=UNKNOWN,
            dispatch=(),
            numba=None,
            llvmlite=None,
            threads={},
        )
    )


def _moment(text: str) -> str:
    """A time as baselines write it, where it is one; without an offset it is in UTC, as pytest-benchmark writes it."""
    if not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text):
        return UNKNOWN
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):  # OverflowError: in UTC it is in another year than 1 to 9999
        return UNKNOWN
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
