"""`parity bench run` as a user calls it, on a provider whose answers or times are known."""

import json
from pathlib import Path
from typing import Any

import pytest

from .program import run_parity

SET = """
schema = "parity.workloads/1"
name = "tiny"
budget = {p50 = 0.5, reason = "a test"}

[[family]]
ops = ["add"]
loops = ["dd->d"]
sizes = [1, 2000]
"""

RIGHT = "from numpy import *\n"
WRONG = "import numpy\n\ndef add(*args, **kwargs):\n    return numpy.add(*args, **kwargs) + 1\n"
LATER_WRONG = """import numpy
calls = 0

def add(*args, **kwargs):
    global calls
    calls += 1
    return numpy.add(*args, **kwargs) + (calls > 40)
"""
TIMED_WRONG = """import gc, numpy

def add(*args, **kwargs):
    return numpy.add(*args, **kwargs) + (not gc.isenabled())
"""
LATER_RAISING = LATER_WRONG.replace("    return", '    if calls > 40:\n        raise ValueError("enough")\n    return')
LATER_GONE = """import gc, os, numpy

def add(*args, **kwargs):
    if not gc.isenabled():
        with open("gone", "a") as file:
            file.write("x")
        os._exit(3)
    return numpy.add(*args, **kwargs)
"""

CHANGING = """import gc, numpy

def add(*args, **kwargs):
    if not gc.isenabled():
        with open(__file__, "a") as file:
            file.write("# more\\n")
    return numpy.add(*args, **kwargs)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "tiny.toml").write_text(SET)
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "later.py").write_text(LATER_WRONG)
    (tmp_path / "timed.py").write_text(TIMED_WRONG)
    (tmp_path / "raising.py").write_text(LATER_RAISING)
    (tmp_path / "gone.py").write_text(LATER_GONE)
    (tmp_path / "changing.py").write_text(CHANGING)
    return tmp_path


def parity(place: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    answer = run_parity(place, *words, "--json", "-")
    return answer.code, answer.document(), answer.err


def run(place: Path, provider: str) -> tuple[int, dict[str, Any], str]:
    flags = ("--set", "tiny.toml", "--provider", provider, "--processes", "6", "--seconds", "0.01")
    return parity(place, "bench", "run", *flags)


def test_a_run_leaves_a_baseline_its_samples_its_pictures_seals_a_bundle_and_a_record(place: Path) -> None:
    code, document, _ = run(place, "right.py")
    assert code == 0
    assert document["schema"] == "parity.baseline/1"
    assert [workload["name"] for workload in document["workloads"]] == [
        "add-dd-d-contiguous-1",
        "add-dd-d-contiguous-2e3",
    ]
    [baseline] = (place / ".parity" / "baselines").rglob("*.json")
    assert json.loads(baseline.read_text()) == document
    names = sorted(path.name.partition("tiny@right.py")[2] for path in baseline.parent.iterdir())
    samples = document["samples_file"]["name"].partition("tiny@right.py")[2]
    assert names == sorted([".json", ".json.rq", samples, f"{samples}.rq", ".ratios.svg", ".scaling.svg"])
    code, scrubbed, _ = parity(place, "scrub", ".parity/baselines")
    assert (code, scrubbed["status"]) == (0, "ok")
    [bundle] = (place / ".parity" / "runs").iterdir()
    code, verified, _ = parity(place, "verify", str(bundle))
    assert (code, verified["status"], verified["problems"]) == (0, "ok", [])
    code, records, _ = parity(place, "runs", "list")
    assert [record["Subject"]["Suite"] for record in records["records"]] == ["bench-tiny"]


def test_measuring_again_takes_the_place_of_the_earlier_baseline_and_of_its_samples(place: Path) -> None:
    first, second = run(place, "right.py")[1], run(place, "right.py")[1]
    folder = next((place / ".parity" / "baselines").rglob("*.json")).parent
    kept = {path.name for path in folder.iterdir()}
    assert second["samples_file"]["name"] in kept
    assert first["samples_file"]["name"] not in kept
    assert len(kept) == 6


@pytest.mark.parametrize("provider", ["wrong.py", "later.py", "timed.py"])
def test_the_speed_of_a_wrong_answer_is_withheld_also_if_it_is_wrong_later_only(place: Path, provider: str) -> None:
    code, document, told = run(place, provider)
    assert code == 1
    for workload in document["workloads"]:
        assert workload["verdict"] == "diverged"
        assert "diverged" in workload["withheld"]
        assert workload["numpy_ratio"] is workload["p50_ns"] is workload["batch_ns"] is None
    assert document["control"]["verdict"] in ("same", "different")
    assert "withheld" in told


def test_a_provider_that_raises_later_only_has_a_bad_verdict(place: Path) -> None:
    code, document, _ = run(place, "raising.py")
    assert code == 1
    assert [workload["verdict"] for workload in document["workloads"]] == ["raised_differently"] * 2
    assert "ValueError: enough" in document["workloads"][0]["withheld"]
    _, records, _ = parity(place, "runs", "list")
    assert "diverging" in json.dumps(records["records"][0])


def test_a_workload_that_ends_its_process_while_it_is_timed_is_not_timed_again(place: Path) -> None:
    code, document, _ = run(place, "gone.py")
    assert code == 1
    assert [workload["verdict"] for workload in document["workloads"]] == ["crashed"] * 2
    times = len((place / "gone").read_text())
    assert 2 <= times <= 4, "each workload once, and once more if its control came first"


def test_a_provider_that_changes_while_it_is_measured_is_refused(place: Path) -> None:
    code, error, _ = run(place, "changing.py")
    assert (code, error["schema"]) == (2, "parity.error/1")
    assert error["message"] == "the provider changed while it was measured: changing.py"
    assert not list((place / ".parity").rglob("*.json"))


def test_a_provider_without_the_operation_is_inconclusive(place: Path) -> None:
    (place / "empty.py").write_text("")
    code, document, _ = run(place, "empty.py")
    assert code == 3
    assert [workload["verdict"] for workload in document["workloads"]] == ["unsupported"] * 2


def test_a_set_that_does_not_exist_is_refused_by_name(place: Path) -> None:
    code, document, _ = parity(place, "bench", "run", "--set", "no-such-set")
    assert (code, document["schema"]) == (2, "parity.error/1")
    assert "no-such-set" in document["message"]
