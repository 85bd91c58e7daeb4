"""The flame graph of a side: of the slowest workload, or the reason why there is none."""

import subprocess
from pathlib import Path

import pytest

from parity.documents.baseline import Baseline
from parity.optimize import profiling
from parity.optimize.profiling import NotPossible, Sampled
from parity.pipeline import profiled
from parity.pipeline.profile import profile
from parity.pipeline.progress import Progress

from .drawn_round import DrawnBench, baseline_of, workload_set

CALL = {"op": "sum", "args": [{"pool": "l.general", "shape": [20, 30]}], "kwargs": {"axis": 0}}
STACKS = {("main", f"{profiled.FRAME} (x.py:1)", "sum"): 5, ("main", "import"): 7}


@pytest.fixture
def bench(tmp_path: Path) -> DrawnBench:
    return DrawnBench(workload_set(tmp_path))


@pytest.fixture
def measured(bench: DrawnBench) -> Baseline:
    first, second = (workload.name for workload in bench.workloads)
    return baseline_of(bench.workloads, {first: 20_000, second: 40_000})[0]


def sampled(monkeypatch: pytest.MonkeyPatch, answer: Sampled | NotPossible) -> list[list[str]]:
    targets: list[list[str]] = []

    def sample(target: list[str]) -> Sampled | NotPossible:
        targets.append(target)
        return answer

    monkeypatch.setattr(profiling, "sample", sample)
    return targets


def test_the_slowest_workload_is_pictured_without_what_came_before_its_calls(
    bench: DrawnBench, measured: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = sampled(monkeypatch, Sampled(STACKS, "py-spy 1", python=True))
    found, files = profile(bench, measured, "mine.py", Progress())
    slowest = bench.workloads[1]
    assert (found.status, found.workload, found.samples, found.tool) == ("recorded", slowest.name, 5, "py-spy 1")
    assert slowest.case.call.op in targets[0][-1]
    [(name, picture)] = files.items()
    assert name == found.file
    assert b"import" not in picture
    assert b"sum: 5 samples, 100.0%" in picture


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (NotPossible("py-spy: no permission"), "py-spy: no permission"),
        (Sampled({("main", "import"): 7}, "py-spy 1", python=True), "no sample fell into a call"),
    ],
)
def test_without_a_sample_the_reason_is_recorded(
    bench: DrawnBench, measured: Baseline, monkeypatch: pytest.MonkeyPatch, answer: Sampled | NotPossible, reason: str
) -> None:
    sampled(monkeypatch, answer)
    found, files = profile(bench, measured, "mine.py", Progress())
    assert (found.status, files) == ("not_possible", {})
    assert reason in str(found.reason)


def test_nothing_timed_is_nothing_to_picture(bench: DrawnBench, monkeypatch: pytest.MonkeyPatch) -> None:
    targets = sampled(monkeypatch, NotPossible(""))
    untimed = bench.measure()[0].model_copy(update={"workloads": ()})
    found, _ = profile(bench, untimed, "mine.py", Progress())
    assert (found.status, targets) == ("not_possible", [])


def test_the_process_to_be_sampled_calls_for_as_long_as_it_is_told() -> None:
    calls: list[int] = []
    count = profiled.called_again_and_again(lambda: calls.append(1), 0.01)
    assert count == len(calls) > 0


@pytest.mark.parametrize(("op", "code"), [("sum", 0), ("no_such_function", 1)])
def test_the_process_to_be_sampled_is_a_command(op: str, code: int) -> None:
    words = profiled.words("numpy", "20261120", CALL | {"op": op}, 0.01)
    assert subprocess.run(words, capture_output=True, check=False).returncode == code
