"""`parity bench run` as a user calls it, on a provider whose answers or times are known."""

import json
from pathlib import Path
from typing import Any

import pytest

from parity.bench import processes
from parity.cli.main import main

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

MASKED = SET.replace("tiny", "masked").replace("[1, 2000]", "[2000]") + 'layouts = ["where"]\n'

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
REBINDING = """import numpy

_add = numpy.add

def add(*args, **kwargs):
    return _add(*args, **kwargs) + 1

numpy.add = add
"""
TIMED_LAZY = """import gc, numpy

def add(x, y, *, out, where):
    written = len(out) if gc.isenabled() else len(out) // 2
    numpy.add(x[:written], y[:written], out=out[:written], where=where[:written])
    return out
"""
THREADED = """import os, numpy

threads = int(os.environ["OMP_NUM_THREADS"])

def add(x, y):
    if threads > 1 and len(x) > 1:
        {spoiled}
    return numpy.add(x, y)
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
    (tmp_path / "masked.toml").write_text(MASKED)
    (tmp_path / "lazy.py").write_text(TIMED_LAZY)
    (tmp_path / "rebinding.py").write_text(REBINDING)
    (tmp_path / "changing.py").write_text(CHANGING)
    return tmp_path


def parity(place: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    answer = run_parity(place, *words, "--json", "-")
    return answer.code, answer.document(), answer.err


def words(provider: str, name: str = "tiny") -> tuple[str, ...]:
    flags = ("--set", f"{name}.toml", "--provider", provider, "--processes", "6", "--seconds", "0.01")
    return "bench", "run", *flags


def run(place: Path, provider: str, name: str = "tiny") -> tuple[int, dict[str, Any], str]:
    return parity(place, *words(provider, name))


class Scaled:
    """`bench run --scaling` on a machine of so many cores, and so in this process."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        monkeypatch.chdir(place)

    def __call__(self, provider: str, cores: int) -> tuple[int, dict[str, Any], str]:
        self._monkeypatch.setattr(processes, "all_cores", lambda: cores)
        code = main([*words(provider), "--scaling", "--json", "-"])
        captured = self._capsys.readouterr()
        return code, json.loads(captured.out), " ".join(captured.err.split())


@pytest.fixture
def scaled(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scaled:
    return Scaled(place, monkeypatch, capsys)


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


@pytest.mark.parametrize("provider", ["wrong.py", "later.py", "timed.py", "rebinding.py"])
def test_the_speed_of_a_wrong_answer_is_withheld_also_if_it_is_wrong_later_only(place: Path, provider: str) -> None:
    code, document, told = run(place, provider)
    assert code == 1
    for workload in document["workloads"]:
        assert workload["verdict"] == "diverged"
        assert "diverged" in workload["withheld"]
        assert workload["numpy_ratio"] is workload["p50_ns"] is workload["batch_ns"] is None
    assert document["control"]["verdict"] in ("same", "different")
    assert "withheld" in told


def test_what_numpy_left_in_out_does_not_pass_for_a_later_answer(place: Path) -> None:
    code, document, _ = run(place, "lazy.py", "masked")
    assert code == 1
    [workload] = document["workloads"]
    assert workload["verdict"] == "diverged"
    assert workload["withheld"].startswith("later, the answer is diverged")


@pytest.mark.parametrize(
    ("spoiled", "verdict"),
    [
        ("return numpy.add(x, y) + 1", "diverged"),
        ("raise ValueError('too many')", "raised_differently"),
        ("os._exit(3)", "crashed"),
    ],
)
def test_what_is_wrong_with_all_cores_only_is_withheld_with_its_other_times(
    place: Path, scaled: Scaled, spoiled: str, verdict: str
) -> None:
    (place / "threaded.py").write_text(THREADED.format(spoiled=spoiled))
    code, document, told = scaled("threaded.py", 2)
    assert code == 1
    right, wrong = document["workloads"]
    assert (right["verdict"], right["withheld"]) == ("exact", None)
    assert [scaling["name"] for scaling in document["scaling"]] == [right["name"]]
    assert wrong["verdict"] == verdict
    assert wrong["withheld"].startswith("with all cores (2): ")
    assert wrong["numpy_ratio"] is wrong["p50_ns"] is wrong["batch_ns"] is None
    assert list(document["control"]["workloads"]) == [right["name"]]
    assert "with all cores (2)" in told
    [report] = (place / ".parity" / "runs").glob("*/report.json")
    assert json.loads(report.read_text())["totals"][verdict] == 1


@pytest.mark.parametrize(
    ("provider", "cores", "note"),
    [
        ("wrong.py", 4, "every workload is withheld: nothing is timed with all cores"),
        ("right.py", 1, "one core: there is nothing to scale to"),
    ],
)
def test_why_nothing_is_timed_with_all_cores_is_said(scaled: Scaled, provider: str, cores: int, note: str) -> None:
    _, document, told = scaled(provider, cores)
    assert document["scaling"] == []
    assert note in told
    assert ("one core" in told) == (cores == 1)


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
