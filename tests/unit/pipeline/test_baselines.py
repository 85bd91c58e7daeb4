"""Baselines on disk: what cannot be read is named, samples are those of the baseline, and the newest one is found."""

import os
from pathlib import Path

import pytest

from parity.bench.fingerprint import fingerprint, identified
from parity.documents.baseline import Baseline, SamplesFile
from parity.documents.model import pretty
from parity.errors import DamagedError, DocumentError, ExitCode, InconclusiveError, ParityError, UsageError
from parity.pipeline import baselines
from parity.pipeline.baselines import newest_baseline, read_baseline, read_samples, verified

from ..bench.measured_baseline import MACHINE, baseline, written  # noqa: TID252 - tests are no package with a name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path, *baseline())


def refusal(path: Path, kind: type[ParityError]) -> ParityError:
    with pytest.raises(kind) as caught:
        read_baseline(path)
    assert path.name in (caught.value.where or "")
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    return caught.value


def with_samples_file(path: Path, **changes: object) -> Baseline:
    document = read_baseline(path)
    assert document.samples_file is not None
    return document.model_copy(update={"samples_file": document.samples_file.model_copy(update=changes)})


# -- reading ---------------------------------------------------------------------------------------


def test_a_baseline_is_read_as_it_was_written(path: Path) -> None:
    assert read_baseline(path) == baseline()[0]


def test_an_absent_baseline_is_named(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "absent.json", UsageError).message


def test_a_folder_is_no_baseline(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    assert "is no file" in refusal(tmp_path / "folder.json", UsageError).message


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    refusal(tmp_path / "pipe.json", UsageError)


def test_a_name_with_a_null_byte_is_no_traceback() -> None:
    with pytest.raises(UsageError):
        read_baseline(Path("a\0b.json"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(path: Path) -> None:
    path.chmod(0)
    assert "Permission denied" in refusal(path, UsageError).message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no JSON"),
        (b'{"schema": "parity.baseline/1", ', "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "names no schema"),
        (b'{"schema": 1}', "names no schema"),
        (b'{"schema": "parity.report/1"}', "is of the schema 'parity.report/1'"),
        (b'{"schema": "parity.baseline/2"}', "is of the schema 'parity.baseline/2'"),
        (b'{"schema": "parity.baseline/1"}', "set: Field required"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    assert said in refusal(path, DocumentError).message


def test_a_field_that_nobody_knows_is_refused(path: Path) -> None:
    path.write_bytes(pretty(read_baseline(path).full() | {"speed": "great"}))
    assert "speed" in (refusal(path, DocumentError).where or "")


def test_a_huge_file_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MAX_FILE", 1000)
    assert "too large" in refusal(path, UsageError).message


# -- samples ---------------------------------------------------------------------------------------


def test_the_samples_of_a_baseline_are_verified(path: Path) -> None:
    document = read_baseline(path)
    assert len(read_samples(path, document).timings) == 2
    check = verified(path, document)
    assert (check.status, check.workloads, check.problems) == ("ok", 2, ())


def test_samples_that_are_gone_are_named(path: Path) -> None:
    path.with_name("drawn.samples.npz").unlink()
    with pytest.raises(UsageError) as caught:
        read_samples(path, read_baseline(path))
    assert "drawn.samples.npz" in (caught.value.where or "")


@pytest.mark.parametrize("name", ["", ".", "..", "../drawn.samples.npz", "/etc/passwd", "a\\b", "a\0b"])
def test_the_name_of_samples_leads_nowhere_else(path: Path, name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_samples(path, with_samples_file(path, name=name))
    assert "samples_file.name" in (caught.value.where or "")


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"X" + data[1:]])
def test_samples_that_were_changed_are_damaged(path: Path, change: object) -> None:
    samples = path.with_name("drawn.samples.npz")
    assert callable(change)
    samples.write_bytes(change(samples.read_bytes()))
    with pytest.raises(DamagedError) as caught:
        read_samples(path, read_baseline(path))
    assert "drawn.samples.npz" in (caught.value.where or "")


def test_an_imported_baseline_has_nothing_to_compute_from(path: Path) -> None:
    document = read_baseline(path).model_copy(update={"samples_file": None, "origin": "imported"})
    with pytest.raises(InconclusiveError, match="was imported has no samples"):
        read_samples(path, document)


def test_a_figure_that_the_samples_do_not_give_is_a_problem(path: Path) -> None:
    document = read_baseline(path)
    first, *rest = document.workloads
    edited = document.model_copy(update={"workloads": (first.model_copy(update={"gb_per_s": 99.0}), *rest)})
    check = verified(path, edited)
    assert check.status == "failed"
    [problem] = check.problems
    assert (problem.workload, problem.field) == (first.name, "gb_per_s")
    assert problem.detail.startswith("the baseline says 99.0, the samples give ")


def test_a_samples_file_is_named_by_its_content() -> None:
    document, samples = baseline()
    assert isinstance(document.samples_file, SamplesFile)
    assert document.samples_file.size == len(samples)


# -- the newest ------------------------------------------------------------------------------------


def test_the_newest_baseline_of_this_machine_is_found(tmp_path: Path) -> None:
    here, other_threads = fingerprint({"numba": 1}), fingerprint({"numba": 2})
    folder = tmp_path / "baselines"
    written(folder / here.id, *baseline(machine=here, started="2026-11-20T08:00:00Z"))
    newest = written(folder / other_threads.id, *baseline(machine=other_threads, started="2026-11-21T08:00:00Z"))
    written(folder / MACHINE.id, *baseline(started="2026-11-22T08:00:00Z"))
    assert newest_baseline(tmp_path) == newest


def test_a_machine_without_baselines_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no baseline of this machine") as caught:
        newest_baseline(tmp_path)
    assert caught.value.expected is None


def test_a_machine_without_baselines_is_told_how_the_nearest_differs(tmp_path: Path) -> None:
    near = identified(fingerprint({}).model_copy(update={"governor": "powersave-x"}))
    for machine in (MACHINE, near):
        written(tmp_path / "baselines" / machine.id, *baseline(machine=machine))
    with pytest.raises(UsageError) as caught:
        newest_baseline(tmp_path)
    assert (caught.value.expected or "").startswith("governor: ")
    assert (caught.value.expected or "").endswith(" here, powersave-x there")


@pytest.mark.parametrize("name", ["notes", "0" * 31, "0" * 33, "A" * 32])
def test_a_folder_that_is_not_called_as_a_fingerprint_is_not_looked_into(tmp_path: Path, name: str) -> None:
    here = fingerprint({"numba": 1})
    ours = written(tmp_path / "baselines" / here.id, *baseline(machine=here))
    foreign = tmp_path / "baselines" / name
    foreign.mkdir()
    (foreign / "package.json").write_text("{}")
    assert newest_baseline(tmp_path) == ours


def test_an_unreadable_baseline_among_the_others_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "baselines" / ("0" * 32)
    folder.mkdir(parents=True)
    (folder / "torn.json").write_text("{")
    with pytest.raises(DocumentError) as caught:
        newest_baseline(tmp_path)
    assert "torn.json" in (caught.value.where or "")
