"""`parity runs`: what it lists, finds, verifies and calls stale, and with which exit code."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from parity.cli import runs as command
from parity.documents.ledger import LedgerCheck, RunsDocument, RunStatus, StaleDocument
from parity.ledger.appending import append
from parity.ledger.inputs import input_file, input_value
from parity.ops import catalogue
from parity.pipeline.progress import Progress
from parity.pipeline.runs import bundle_of

from ..ledger.drafts import draft, run_id  # noqa: TID252 - tests are no package with a name of its own

Parity = Callable[..., Any]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Where `parity` looks for a ledger in an empty directory, with four runs in it."""
    path = tmp_path / ".parity" / "ledger.ndjson"
    (path.parent / "runs" / run_id(2).text).mkdir(parents=True)
    append(path, draft(1))
    append(path, draft(2, "numba", "diverging", bundle=path.parent / "runs" / run_id(2).text))
    append(path, draft(3, "numba", suite="smoke", status="PARTIAL", error_summary="3 of 9 cases are bad"))
    append(path, draft(4, "numba", notes=("one", "two")))
    return path


def _labels(answer: Any) -> list[str]:
    assert answer.code == 0
    return [record.run_label[-1] for record in RunsDocument.from_json(answer.out, "stdout").records]


def test_a_fresh_directory_has_no_runs_and_that_is_no_error(parity: Parity) -> None:
    assert parity("runs", "list", "--json", "-").document() == {"schema": "parity.runs/1", "records": []}
    assert parity("runs", "list").out.splitlines()[-1].startswith("0 runs.")
    assert parity("runs", "stale").code == 0
    for words in (("verify",), ("show", "019aa000")):
        answer = parity("runs", *words)
        assert answer.code == 2
        assert "ledger" in answer.err


@pytest.mark.usefixtures("ledger")
def test_runs_are_listed_the_newest_last(parity: Parity) -> None:
    assert _labels(parity("runs", "list", "--json", "-")) == ["1", "2", "3", "4"]
    head, *lines, last = parity("runs", "list").out.splitlines()
    assert head.split() == ["run", "label", "provider", "status", "before", "after", "seconds"]
    assert [line.split()[1][-1] for line in lines] == ["1", "2", "3", "4"]
    assert last.startswith("4 runs.")
    assert max(map(len, (head, *lines))) <= 120


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--provider", "numba"), "234"),
        (("--suite", "smoke"), "3"),
        (("--status", "partial"), "3"),
        (("--limit", "2"), "34"),
        (("--provider", "numba", "--suite", "core", "--limit", "1"), "4"),
        (("--provider", "numba", "--limit", "99"), "234"),
        (("--provider", "nobody"), ""),
    ],
    ids=str,
)
def test_runs_are_chosen_by_flags(parity: Parity, flags: tuple[str, ...], expected: str) -> None:
    assert _labels(parity("runs", "list", *flags, "--json", "-")) == list(expected)


def test_another_ledger_is_named_by_a_flag(parity: Parity, ledger: Path) -> None:
    ledger.rename(ledger.parents[1] / "other.ndjson")
    assert _labels(parity("runs", "list", "--json", "-")) == []
    assert _labels(parity("runs", "list", "--ledger", "other.ndjson", "--json", "-")) == ["1", "2", "3", "4"]
    assert parity("runs", "verify", "--ledger", "other.ndjson").code == 0
    assert parity("runs", "show", run_id(1), "--ledger", "other.ndjson").code == 0


@pytest.mark.usefixtures("ledger")
def test_a_run_is_shown_by_its_id_a_beginning_of_it_or_its_label(parity: Parity) -> None:
    unique = next(
        run_id(3).text[:length] for length in range(6, 32) if run_id(3).text[:length] != run_id(4).text[:length]
    )
    for name in (run_id(3).text, unique, "RUN-smoke-20261121-050300-3"):
        answer = parity("runs", "show", name)
        assert answer.code == 0, answer.err
        assert answer.out.startswith("RUN-smoke-20261121-050300-3: PARTIAL\n")
        assert run_id(3).text in answer.out
        assert "3 of 9 cases are bad" in answer.out
        assert _labels(parity("runs", "show", name, "--json", "-")) == ["3"]


@pytest.mark.usefixtures("ledger")
def test_a_beginning_of_several_runs_names_them(parity: Parity) -> None:
    answer = parity("runs", "show", run_id(1).text[:6])
    assert answer.code == 2
    assert all(run_id(number).text in answer.err for number in (1, 2, 3, 4))


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("name", ["0" * 32, "RUN-core-20261121-050000-1", "019", "", "ABCDEF12", "../x"])
def test_a_run_that_is_not_there_is_bad_usage_and_names_the_newest(parity: Parity, name: str) -> None:
    answer = parity("runs", "show", name)
    assert answer.code == 2
    assert "has no run" in answer.err
    assert run_id(4).text in answer.err


def test_a_sound_ledger_is_verified(parity: Parity, ledger: Path) -> None:
    answer = parity("runs", "verify", "--json", "-")
    document = LedgerCheck.from_json(answer.out, "stdout")
    assert answer.code == 0
    assert (document.status, document.records, document.problems, document.notes) == ("ok", 4, (), ())
    assert parity("runs", "verify").out == ".parity/ledger.ndjson: 4 records; every record and the chain hold\n"


def test_a_bundle_without_a_record_is_noted_and_no_failure(parity: Parity, ledger: Path) -> None:
    (ledger.parent / "runs" / run_id(9).text).mkdir()
    (ledger.parent / "runs" / "notes").mkdir()
    answer = parity("runs", "verify")
    assert answer.code == 0
    assert f"note: 1 bundle in runs has no record: {run_id(9)}" in answer.out


def test_a_torn_tail_is_reported_and_the_rest_is_listed(parity: Parity, ledger: Path) -> None:
    with ledger.open("ab") as file:
        file.write(ledger.read_bytes()[:100])
    answer = parity("runs", "verify")
    assert answer.code == 1
    assert ".parity/ledger.ndjson, line 5: the last line is torn" in answer.out
    listed = parity("runs", "list", "--json", "-")
    assert _labels(listed) == ["1", "2", "3", "4"]
    assert "warning: .parity/ledger.ndjson, line 5: the last line is torn" in listed.err


def test_damage_in_the_middle_is_an_error_with_the_line(parity: Parity, ledger: Path) -> None:
    ledger.write_bytes(ledger.read_bytes().replace(b'"RunDuration":1236', b'"RunDuration":9999'))
    answer = parity("runs", "verify", "--json", "-")
    document = LedgerCheck.from_json(answer.out, "stdout")
    assert answer.code == 1
    assert document.status == "damaged"
    assert [(problem.line, problem.code) for problem in document.problems] == [(2, "damaged")]
    for words in (("list",), ("show", run_id(1)), ("stale",)):
        refused = parity("runs", *words, "--json", "-")
        assert refused.code == 1
        assert refused.document()["code"] == "damaged"
        assert refused.document()["where"] == ".parity/ledger.ndjson, line 2"


def test_a_ledger_that_is_a_directory_is_refused(parity: Parity, tmp_path: Path) -> None:
    for words in (("list",), ("verify",), ("stale",)):
        answer = parity("runs", *words, "--ledger", tmp_path)
        assert answer.code == 2
        assert "cannot be read" in answer.err


def test_a_subject_is_stale_when_what_it_read_has_changed(parity: Parity, ledger: Path) -> None:
    source = ledger.parent / "source.py"
    source.write_bytes(b"1")
    inputs = (input_value("catalogue", catalogue.digest()), input_file("provider/source.py", source, ledger.parent))
    ledger.unlink()
    append(ledger, draft(1, "numba", inputs=inputs))
    answer = parity("runs", "stale")
    assert answer.code == 0
    assert answer.out.splitlines()[0] == "numba core: up to date, RUN-core-20261121-050100-1"
    source.write_bytes(b"2")
    answer = parity("runs", "stale")
    assert answer.code == 1
    assert "changed     provider/source.py" in answer.out
    document = StaleDocument.from_json(parity("runs", "stale", "--json", "-").out, "stdout")
    assert document.stale == 1
    assert document.subjects[0].changed[0].name == "provider/source.py"


def test_the_text_of_a_ledger_steers_no_terminal(parity: Parity, ledger: Path) -> None:
    append(ledger, draft(5, "\x1b[2Jevil", notes=("\x1b]0;title\x07", "two\nlines")))
    for words in (("list",), ("show", run_id(5)), ("stale",)):
        assert "\x1b" not in parity("runs", *words).out
    assert "\\x1b[2Jevil" in parity("runs", "list").out


def test_many_files_are_cut_short_on_the_card_and_whole_in_the_document(parity: Parity, ledger: Path) -> None:
    rows = tuple(input_value(f"input-{number:03}", "a" * 64) for number in range(50))
    append(ledger, draft(5, inputs=rows))
    answer = parity("runs", "show", run_id(5))
    assert "and 38 more" in answer.out
    document = RunsDocument.from_json(parity("runs", "show", run_id(5), "--json", "-").out, "stdout")
    assert len(document.records[0].input_files) == 50


def test_the_bundle_of_a_run_is_found_from_the_ledger(ledger: Path) -> None:
    found = bundle_of(run_id(2).text, ledger, Progress())
    assert found == ledger.parent / "runs" / run_id(2).text


def test_the_statuses_of_the_flag_are_those_of_the_record() -> None:
    assert get_args(RunStatus) == command.RUN_STATUSES
