"""The front end for pytest-benchmark: which workloads, of whom, and what its JSON says besides.

    pytest benchmarks/ [--workloads smoke] [--provider numba] [--benchmark-json FILE]

It times the provider alone, in one process; `parity bench run` times it beside NumPy, which is what a gate needs.
"""

import os
from functools import cache
from typing import Any

import pytest

from parity.bench import conditions
from parity.bench.fingerprint import fingerprint
from parity.bench.imported import figures_of
from parity.cases.workloads import expand, pools_of, select
from parity.documents.workload import Workload, WorkloadSet
from parity.documents.workload_toml import read_workloads
from parity.errors import ParityError
from parity.pipeline.bench_session import THREADS, THREADS_OF
from parity.pipeline.places import workload_set
from parity.providers.spec import Provider, load_provider

THREADED = conditions.thread_environment(THREADS)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--workloads", default="smoke", metavar="NAME|PATH", help="a set of workloads (default: smoke)")
    parser.addoption("--provider", default="numba", metavar="SPEC", help="who is timed (default: numba)")


def pytest_configure(config: pytest.Config) -> None:
    del config
    os.environ.update(THREADED)  # before NumPy's libraries are loaded, where that is not too late


def pytest_sessionstart(session: pytest.Session) -> None:
    """Whatever the options name is looked at before anything is collected, so that what is wrong is said once."""
    try:
        chosen(session.config)
        loaded(session.config)
    except ParityError as error:
        details = {"where": error.where, "expected": error.expected, "hint": error.hint}
        raise pytest.UsageError(
            "\n  ".join([error.message, *(f"{name}: {text}" for name, text in details.items() if text)])
        ) from None


@cache
def chosen(config: pytest.Config) -> tuple[WorkloadSet, tuple[Workload, ...]]:
    """The set, and those of its workloads that the options choose."""
    path = workload_set(config.getoption("--workloads"), "--workloads")
    document = read_workloads(path)
    return document, select(expand(document, str(path)), provider_spec=config.getoption("--provider"))


@cache
def loaded(config: pytest.Config) -> Provider:
    """Who is timed, with one thread."""
    found = load_provider(config.getoption("--provider"))
    conditions.pin_threads(THREADS)
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "workload" in metafunc.fixturenames:
        _, workloads = chosen(metafunc.config)
        metafunc.parametrize("workload", [workload.name for workload in workloads], indirect=True)


@pytest.fixture
def workload(request: pytest.FixtureRequest) -> Workload:
    """By its name, which is what the report says of the parameter."""
    _, workloads = chosen(request.config)
    return next(workload for workload in workloads if workload.name == request.param)


@pytest.fixture(scope="session")
def provider(request: pytest.FixtureRequest) -> Provider:
    return loaded(request.config)


@pytest.fixture(scope="session")
def pools(request: pytest.FixtureRequest) -> dict[str, bytes]:
    document, workloads = chosen(request.config)
    return pools_of(workloads, document.seed)


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    document, _ = chosen(config)
    machine_info["parity"] = {
        "fingerprint": fingerprint(dict.fromkeys(THREADS_OF, THREADS)).full(),
        "provider": loaded(config).identity.full(),
        "set": document.name,
    }


def pytest_benchmark_update_json(config: pytest.Config, benchmarks: list[Any], output_json: dict[str, Any]) -> None:
    """p95 and p99, which pytest-benchmark lacks, with their intervals, in nanoseconds; null where n is small.

    And whether all workloads of the set ran, which is known only now. What `--benchmark-save` writes has no samples, so
    they are taken from `benchmarks`.
    """
    data = {each.fullname: tuple(each.stats.data) for each in benchmarks}
    ran = {benchmark["extra_info"].get("parity", {}).get("name") for benchmark in output_json["benchmarks"]}
    _, workloads = chosen(config)
    output_json["machine_info"]["parity"]["complete"] = ran >= {workload.name for workload in workloads}
    for benchmark in output_json["benchmarks"]:
        found = figures_of(data[benchmark["fullname"]], benchmark["stats"]["iterations"])
        benchmark["extra_info"] |= {
            name: value if isinstance(value, str) or value is None else value.plain() for name, value in found.items()
        }
