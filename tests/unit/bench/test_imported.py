"""Reports of pytest-benchmark become baselines that say so; what is none is refused with its field."""

import json
from typing import Any

import pytest

from parity.bench.fingerprint import fingerprint
from parity.bench.imported import figures_of, imported
from parity.errors import DocumentError, InconclusiveError

SLOW = [20e-6 + number * 1e-8 for number in range(500)]
"""Seconds of 500 rounds of one call each."""


def benchmark(
    name: str = "test_a", data: list[float] | None = None, iterations: int = 1, **extra: Any
) -> dict[str, Any]:
    durations = SLOW if data is None else data
    return {
        "group": None,
        "name": name,
        "fullname": f"tests/test_x.py::{name}",
        "params": None,
        "extra_info": extra,
        "options": {"timer": "perf_counter"},
        "stats": {"data": durations, "iterations": iterations, "rounds": len(durations), "median": 1.0},
    }


def report(*benchmarks: dict[str, Any], **machine: Any) -> bytes:
    document = {
        "machine_info": {
            "node": "a-host-of-somebody",
            "machine": "x86_64",
            "python_implementation": "CPython",
            "python_version": "3.11.7",
            "system": "Linux",
            "release": "6.18.44-x",
            "cpu": {"brand_raw": "A Processor", "count": 2, "flags": ["sse", "avx"]},
            **machine,
        },
        "commit_info": {"id": "a" * 40, "dirty": True},
        "benchmarks": list(benchmarks),
        "datetime": "2026-11-21T07:47:09.970267+00:00",
        "version": "5.3.1",
    }
    return json.dumps(document).encode()


def started(moment: str) -> str:
    """When a baseline started whose report says so."""
    document = json.loads(report(benchmark())) | {"datetime": moment}
    return imported(json.dumps(document).encode(), "x.json").started


def own(**changed: Any) -> dict[str, Any]:
    """What our front end says of a workload."""
    return {
        "name": "add-1",
        "op": "add",
        "loop": "dd->d",
        "shape": [[1], [1]],
        "layout": "contiguous",
        "digest": "d" * 32,
        "bytes": 24,
        "budget": {"p50": 0.05, "p99": None, "reason": "a test"},
        "verdict": "exact",
        **changed,
    }


def own_machine(**changed: Any) -> dict[str, Any]:
    """What it says of the machine, with some fields of the fingerprint changed."""
    told = fingerprint({"blas": 1}).full() | changed
    return {"fingerprint": told, "provider": {"spec": "numpy", "name": "numpy", "version": None}, "set": "tiny"}


def test_what_our_front_end_adds_comes_back() -> None:
    found = imported(report(benchmark(parity=own()), parity=own_machine()), "x.json")
    [workload] = found.workloads
    assert (found.set, found.provider.spec, found.fingerprint) == ("tiny", "numpy", fingerprint({"blas": 1}))
    assert (workload.name, workload.bytes, workload.verdict) == ("add-1", 24, "exact")


@pytest.mark.parametrize(("said", "complete"), [({}, True), ({"complete": True}, True), ({"complete": False}, False)])
def test_a_part_of_a_set_is_complete_only_where_the_report_does_not_say_otherwise(
    said: dict[str, bool], complete: bool
) -> None:
    assert imported(report(benchmark(parity=own()), parity=own_machine() | said), "x.json").complete is complete
    assert imported(report(benchmark()), "x.json").complete


def test_processors_of_old_reports_are_told_apart() -> None:
    old, other, new = (
        imported(report(benchmark(), cpu={field: name}), "x.json").fingerprint
        for field, name in (("brand", "A Processor"), ("brand", "Another"), ("brand_raw", "A Processor"))
    )
    assert (old.cpu_model, other.cpu_model) == ("A Processor", "Another")
    assert old == new
    assert old.id != other.id
    assert imported(report(benchmark(), cpu={}), "x.json").fingerprint.cpu_model == "unknown"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-02-28T23:59:59.999999+00:00", "2019-02-28T23:59:59Z"),
        ("2019-02-28T23:59:59.999999", "2019-02-28T23:59:59Z"),
        ("2019-02-28T23:59:59+02:00", "2019-02-28T21:59:59Z"),
        ("2019-13-45T99:99:99", "unknown"),
        ("2019-02-30T10:00:00", "unknown"),
        ("0001-01-01T00:00:00+02:00", "unknown"),
        ("2019-02-28", "unknown"),
        ("", "unknown"),
    ],
)
def test_only_a_real_moment_is_when_a_baseline_started(text: str, moment: str) -> None:
    assert started(text) == moment


def test_rounds_of_one_call_give_percentiles_with_intervals() -> None:
    found = imported(report(benchmark()), "x.json")
    [workload] = found.workloads
    assert (found.origin, found.set, found.control, found.protocol) == ("imported", "pytest-benchmark", None, None)
    assert (workload.name, workload.mode, workload.samples) == ("tests/test_x.py::test_a", "per_call", 500)
    assert workload.p50_ns is not None
    assert workload.p50_ns.value == pytest.approx(22_490)
    assert workload.p50_ns.low < workload.p50_ns.value < workload.p50_ns.high
    assert workload.p95_ns is not None
    assert workload.p99_ns is not None
    assert workload.p99_ns.value == pytest.approx(24_940)
    assert (workload.batch_ns, workload.numpy_ratio, workload.verdict) == (None, None, None)


@pytest.mark.parametrize(
    ("rounds", "has"), [(5, ()), (6, ("p50_ns",)), (72, ("p50_ns", "p95_ns")), (367, ("p50_ns", "p95_ns"))]
)
def test_a_percentile_that_the_rounds_do_not_reach_is_null(rounds: int, has: tuple[str, ...]) -> None:
    found = figures_of(tuple(SLOW[:rounds]), 1)
    assert tuple(name for name in ("p50_ns", "p95_ns", "p99_ns") if found[name] is not None) == has


@pytest.mark.parametrize(("seconds", "iterations"), [(20e-6, 7), (9e-6, 1)])
def test_batches_and_calls_below_10_us_have_no_percentiles_of_calls(seconds: float, iterations: int) -> None:
    [workload] = imported(report(benchmark(data=[seconds] * 500, iterations=iterations)), "x.json").workloads
    assert (workload.mode, workload.calls) == ("batched", iterations)
    assert (workload.p50_ns, workload.p95_ns, workload.p99_ns) == (None, None, None)
    assert workload.batch_ns is not None
    assert workload.batch_ns.value == pytest.approx(seconds * 1e9)


def test_the_name_of_the_host_stays_behind_and_what_is_unknown_is_said() -> None:
    found = imported(report(benchmark()), "x.json")
    assert "a-host-of-somebody" not in found.model_dump_json()
    assert found.fingerprint.cpu_model == "A Processor"
    assert found.fingerprint.os == "Linux 6.18 x86_64"
    assert found.fingerprint.numpy == "unknown"
    assert (found.git_head, found.git_dirty, found.started) == ("a" * 40, True, "2026-11-21T07:47:09Z")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"{", "(the whole)"),
        (b"[]", "(the whole)"),
        (b"{}", "machine_info"),
        (report({**benchmark(), "stats": {"iterations": 0, "rounds": 1}}), "iterations"),
        (report({**benchmark(), "stats": {"iterations": 1, "rounds": 1, "data": [-1.0]}}), "data"),
        (report(benchmark("b"), {**benchmark(), "stats": {"iterations": 1, "rounds": 1}}), "benchmarks.1.stats.data"),
        (report(benchmark(), benchmark()), "benchmarks.1.fullname"),
        (report(benchmark(parity={"op": "add"})), "parity"),
        (report(benchmark(iterations=10**400)), "iterations"),
        (report(benchmark(iterations=10**18)), "iterations"),
        (report(benchmark(data=[1e300] * 9)), "data.0"),
        (report(benchmark(data=[10**400] * 9)), "data.0"),
        (report(benchmark(data=[float("nan")])), "data.0"),
        (report(benchmark(), cpu={"count": -1}), "machine_info.cpu.count"),
        (report(benchmark(), cpu={"count": 10**400}), "machine_info.cpu.count"),
        (report(benchmark(parity=own(bytes=10**400))), "parity.bytes"),
        (report(benchmark(parity=own(bytes=-1))), "parity.bytes"),
        (report(benchmark(parity=own(shape=[[-1]]))), "parity.shape.0.0"),
        (report(benchmark(parity=own(shape=[[10**400]]))), "parity.shape.0.0"),
        (report(benchmark(parity=own(digest="x"))), "parity.digest"),
        (report(benchmark(parity=own(verdict="diverged"))), "parity.verdict"),
        (report(benchmark("a", parity=own()), benchmark("b", parity=own())), "benchmarks.1.extra_info.parity.name"),
        (report(benchmark(), parity=own_machine(id="0" * 32)), "machine_info.parity.fingerprint.id"),
        (report(benchmark(), parity=own_machine(cpu_model="Z80")), "machine_info.parity.fingerprint.id"),
        (report(benchmark(), parity=own_machine(cores=10**400)), "machine_info.parity.fingerprint"),
    ],
)
def test_what_is_no_such_report_is_refused_with_its_field(data: bytes, field: str) -> None:
    with pytest.raises(DocumentError) as caught:
        imported(data, "x.json")
    assert field in str(caught.value.where)
    assert "x.json" in str(caught.value.where)


def test_a_report_without_benchmarks_is_inconclusive() -> None:
    with pytest.raises(InconclusiveError):
        imported(report(), "x.json")
