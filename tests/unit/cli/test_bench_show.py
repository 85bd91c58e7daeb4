"""`parity bench show` as a user sees it."""

from pathlib import Path
from typing import Any

import pytest

from parity.bench.fingerprint import fingerprint
from parity.documents.baseline import FIGURES, Baseline, WorkloadResult
from parity.documents.baseline_check import BaselineCheck
from parity.documents.model import pretty
from parity.pipeline.baselines import read_baseline

from ..bench.measured_baseline import BATCHED, SINGLE, WITHHELD, baseline, written  # noqa: TID252 - tests have no name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "here", *baseline())


def edited(path: Path, **changes: object) -> None:
    document = read_baseline(path)
    first, *rest = document.workloads
    workloads = (first.model_copy(update=changes), *rest)
    path.write_bytes(pretty(document.model_copy(update={"workloads": workloads}).full()))


def test_the_table_goes_to_stderr_and_the_path_to_stdout(parity: Any, path: Path) -> None:
    answer = parity("bench", "show", path)
    assert (answer.code, answer.out) == (0, f"{path}\n")
    for word in (
        SINGLE,
        "A Processor 9",
        "NumPy 2.4.6",
        "1,800 calls",
        "20.36 µs",
        "20.34..20.39",
        "1.500x",
        "the same",
    ):
        assert word in answer.err, word


def test_batches_claim_no_percentile(parity: Any, path: Path) -> None:
    lines = parity("bench", "show", path).err.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{BATCHED} "))
    assert "360 batches" in lines[at]
    assert "a call, from batches" in lines[at]
    assert "of 3,000" in lines[at + 1]
    assert lines[at + 1].count("..") == 2


def test_a_wrong_answer_has_a_reason_in_place_of_times(parity: Any, path: Path) -> None:
    [line] = [line for line in parity("bench", "show", path).err.splitlines() if line.startswith(WITHHELD)]
    assert line.endswith("withheld: the answer is wrong at [3] (diverged)")


def test_the_document_goes_where_json_says(parity: Any, path: Path) -> None:
    answer = parity("bench", "show", path, "--json", "-")
    assert answer.code == 0
    assert Baseline.from_json(answer.out, "stdout") == read_baseline(path)


def test_a_control_that_differs_comes_first(parity: Any, path: Path) -> None:
    document = read_baseline(path)
    assert document.control is not None
    control = document.control.model_copy(update={"verdict": "different"})
    path.write_bytes(pretty(document.model_copy(update={"control": control}).full()))
    assert "DIFFERS, so no verdict of this run can be believed" in parity("bench", "show", path).err


def test_verified_figures_are_said_to_be_so(parity: Any, path: Path) -> None:
    answer = parity("bench", "show", path, "--verify")
    assert answer.code == 0
    assert answer.out.endswith(f"ok: {path}, 2 workloads: every figure is what the samples give\n")
    assert "not checked" in answer.out


def test_figures_that_the_samples_do_not_give_are_listed(parity: Any, path: Path) -> None:
    edited(path, gb_per_s=99.0)
    answer = parity("bench", "show", path, "--verify", "--json", "-")
    assert answer.code == 1
    check = BaselineCheck.from_json(answer.out, "stdout")
    assert [(problem.workload, problem.field) for problem in check.problems] == [(SINGLE, "gb_per_s")]
    assert f"{SINGLE}: gb_per_s: the baseline says 99.0" in parity("bench", "show", path, "--verify").out


def test_damaged_samples_are_named(parity: Any, path: Path) -> None:
    samples = path.with_name("drawn.samples.npz")
    samples.write_bytes(samples.read_bytes()[:-1])
    answer = parity("bench", "show", path, "--verify", "--json", "-")
    assert answer.code == 2
    assert answer.document()["code"] == "damaged"
    assert "drawn.samples.npz" in answer.document()["where"]


@pytest.mark.parametrize("name", ["absent.json", "broken.json"])
def test_what_cannot_be_shown_is_named(parity: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.json").write_text('{"schema": "parity.baseline/1", ')
    answer = parity("bench", "show", tmp_path / name)
    assert answer.code == 2
    assert name in answer.err
    assert "Traceback" not in answer.err


def test_without_a_name_the_newest_of_this_machine_is_shown(parity: Any, tmp_path: Path) -> None:
    here = fingerprint({"numba": 1})
    path = written(tmp_path / ".parity" / "baselines" / here.id, *baseline(machine=here))
    answer = parity("bench", "show")
    assert (answer.code, answer.out) == (0, f"{path.relative_to(tmp_path)}\n")


def test_without_any_baseline_one_is_told_how_to_make_it(parity: Any) -> None:
    answer = parity("bench", "show")
    assert answer.code == 2
    assert "parity bench run" in answer.err


def test_an_imported_baseline_cannot_be_verified(parity: Any, path: Path) -> None:
    document = read_baseline(path).model_copy(update={"origin": "imported", "samples_file": None, "control": None})
    path.write_bytes(pretty(document.full()))
    assert "no control" in parity("bench", "show", path).err
    assert parity("bench", "show", path, "--verify").code == 3


def test_what_a_stranger_wrote_steers_no_terminal(parity: Any, path: Path) -> None:
    withheld = {name: WorkloadResult.model_fields[name].default for name in FIGURES}
    edited(path, name="add\x1b[31m\u202e", withheld="\x1b]0;title\x07", **withheld)
    for answer in (parity("bench", "show", path), parity("bench", "show", path, "--verify")):
        assert "\x1b" not in answer.out + answer.err
        assert "\x07" not in answer.out + answer.err
