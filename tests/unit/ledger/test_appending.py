"""Appending: what a record says, what it follows, and what is refused."""

import os
from datetime import timedelta, timezone
from pathlib import Path

import orjson
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parity
from parity.documents.ledger import GENESIS, MOST_NOTES, MOST_TEXT, InputFile, composite
from parity.documents.model import canonical, sha256
from parity.errors import DocumentError, ExitCode, StorageError
from parity.ledger import appending
from parity.ledger.appending import append
from parity.ledger.chain import DamagedLedgerError, read_ledger

from .drafts import BEGIN, COMMIT, draft, rehashed, run_id


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.ndjson"


def test_the_first_record_begins_the_file_and_the_chain(ledger: Path) -> None:
    record = append(ledger.parent / "deep" / "er" / ledger.name, draft(1))
    assert record.prev == GENESIS
    assert record.sequence == 1
    assert record.run_label == "RUN-core-20261121-050100-1"
    assert record.run_timestamp == "2026-11-21T05:01:00.250Z"
    assert record.run_duration == 1235
    assert (record.agent.name, record.agent.version) == ("parity", parity.__version__)
    assert (record.status_before, record.status_after) == ("unknown", "conforming")
    assert [row.name for row in record.input_files] == ["capture/cases.ndjson", "catalogue"]


def test_a_record_is_one_canonical_line_with_the_fields_of_its_version(ledger: Path) -> None:
    record = append(ledger, draft(1))
    line = ledger.read_bytes()
    value = orjson.loads(line)
    assert line == canonical(value) + b"\n"
    assert value["Hash"] == sha256(canonical({name: field for name, field in value.items() if name != "Hash"}))
    assert value["RunID"] == run_id(1).text
    assert value["Subject"] == {"Provider": "numpy", "Suite": "core"}
    assert value == record.full()
    assert sorted(value) == [
        "Agent",
        "Bundle",
        "ErrorSummary",
        "GitDirty",
        "GitHead",
        "Hash",
        "InputContextSHA",
        "InputFiles",
        "Notes",
        "OutputFiles",
        "Prev",
        "RunDuration",
        "RunID",
        "RunLabel",
        "RunStatus",
        "RunTimestamp",
        "SchemaVersion",
        "StatusAfter",
        "StatusBefore",
        "Subject",
    ]


def test_each_record_names_the_hash_of_the_one_before(ledger: Path) -> None:
    records = [append(ledger, draft(number)) for number in range(1, 6)]
    assert [record.prev for record in records] == [GENESIS, *(record.hash_ for record in records[:-1])]
    assert [record.sequence for record in records] == [1, 2, 3, 4, 5]
    read = read_ledger(ledger)
    assert read.records == records
    assert read.problems == []


def test_the_status_before_is_that_of_the_same_provider_and_suite(ledger: Path) -> None:
    append(ledger, draft(1, "numba", "diverging"))
    append(ledger, draft(2, "numpy", "conforming"))
    append(ledger, draft(3, "numba", "conforming", suite="smoke"))
    for number in range(4, 60):  # past one block of the search
        append(ledger, draft(number, "jax", "inconclusive"))
    assert append(ledger, draft(70, "numba")).status_before == "diverging"
    assert append(ledger, draft(71, "numba")).status_before == "conforming"
    assert append(ledger, draft(72, "torch")).status_before == "unknown"


def test_a_run_that_says_nothing_of_its_subject_leaves_its_status(ledger: Path) -> None:
    assert append(ledger, draft(1, after=None, status="SKIPPED")).status_after == "unknown"
    append(ledger, draft(2, after="diverging"))
    record = append(ledger, draft(3, after=None, status="SKIPPED"))
    assert (record.status_before, record.status_after) == ("diverging", "diverging")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    runs=st.lists(st.tuples(st.text(min_size=1), st.text(), st.lists(st.text(), max_size=3)), min_size=1, max_size=4)
)
def test_whatever_a_run_says_is_read_as_it_was_written(ledger: Path, runs: list[tuple[str, str, list[str]]]) -> None:
    ledger.unlink(missing_ok=True)
    written = [
        append(ledger, draft(number, provider, error_summary=summary, notes=tuple(notes)))
        for number, (provider, summary, notes) in enumerate(runs, 1)
    ]
    read = read_ledger(ledger)
    assert read.problems == []
    assert read.records == written
    assert [(one.subject.provider, one.error_summary, list(one.notes)) for one in written] == [
        tuple(run) for run in runs
    ]


def test_a_provider_whose_name_looks_like_a_record_is_no_other_one(ledger: Path) -> None:
    odd = 'x","Suite":"core"},"Subject":{"Provider":"numpy'
    assert append(ledger, draft(1, odd, "diverging")).subject.provider == odd
    assert append(ledger, draft(2, "numpy")).status_before == "unknown"
    assert append(ledger, draft(3, odd)).status_before == "diverging"


def test_times_of_other_zones_are_written_in_utc(ledger: Path) -> None:
    there = BEGIN.astimezone(timezone(timedelta(hours=-11)))
    assert append(ledger, draft(1, started=there)).run_timestamp == "2026-11-21T05:00:00.250Z"


def test_the_bundle_is_named_from_the_folder_of_the_ledger(ledger: Path) -> None:
    assert append(ledger, draft(1)).bundle is None
    assert append(ledger, draft(2, bundle=ledger.parent / "runs" / "x")).bundle == "runs/x"


def test_the_composite_depends_on_names_digests_and_commit_and_not_on_places(ledger: Path) -> None:
    rows = draft(1).inputs
    moved = tuple(row.model_copy(update={"path": "elsewhere"}) for row in rows)
    assert composite(rows, COMMIT) == composite(tuple(reversed(moved)), COMMIT)
    assert composite(rows, COMMIT) == append(ledger, draft(1)).input_context_sha
    assert composite(rows, None) != composite(rows, COMMIT)
    assert composite(rows[:1], COMMIT) != composite(rows, COMMIT)


def test_words_that_are_too_long_or_no_unicode_are_cut_and_named(ledger: Path) -> None:
    record = append(ledger, draft(1, error_summary="é" * 9999, notes=("\udc80bad",) * 99))
    assert record.error_summary == "é" * (MOST_TEXT - 1) + "…"
    assert record.notes == ("\\udc80bad",) * MOST_NOTES
    assert append(ledger, draft(2, provider="./\udcff.py")).subject.provider == "./\\udcff.py"


@pytest.mark.parametrize(
    "wrong",
    [
        {"suite": "a b"},
        {"suite": ""},
        {"provider": ""},
        {"duration_ms": -1},
        {"status": "DONE"},
        {"status_after": "fine"},
        {"git_head": "main"},
        {"inputs": (draft(1).inputs[0], draft(1).inputs[0])},
    ],
    ids=str,
)
def test_a_draft_that_no_reader_would_believe_is_refused(ledger: Path, wrong: dict[str, object]) -> None:
    append(ledger, draft(1))
    before = ledger.read_bytes()
    with pytest.raises(DocumentError):
        append(ledger, draft(2, **wrong))  # type: ignore[arg-type]
    assert ledger.read_bytes() == before


def test_a_record_longer_than_a_reader_reads_is_refused(ledger: Path) -> None:
    row = draft(1).inputs[1]
    rows = tuple(InputFile(name=f"{number:05}", path=row.path, sha256=row.sha256, size=5) for number in range(9000))
    with pytest.raises(DocumentError, match="bytes"):
        append(ledger, draft(1, inputs=rows))
    assert not ledger.exists()


@pytest.mark.parametrize("share", [1, 20, 400, -2, -1])
def test_a_torn_tail_is_cut_and_said(ledger: Path, share: int) -> None:
    records = [append(ledger, draft(number)) for number in (1, 2)]
    with ledger.open("ab") as file:
        file.write(canonical(records[1].full())[:share])
    said: list[str] = []
    records.append(append(ledger, draft(3), note=said.append))
    assert "torn" in said[0]
    assert len(said) == 1
    assert read_ledger(ledger).records == records
    assert read_ledger(ledger).problems == []


def test_a_whole_record_that_lacks_its_newline_is_completed(ledger: Path) -> None:
    records = [append(ledger, draft(number)) for number in (1, 2)]
    ledger.write_bytes(ledger.read_bytes()[:-1])
    said: list[str] = []
    records.append(append(ledger, draft(3), note=said.append))
    assert "newline" in said[0]
    assert read_ledger(ledger).records == records
    assert read_ledger(ledger).problems == []


@pytest.mark.parametrize("lost", [0, 5], ids=["in the place of the newline", "in the place of the end"])
def test_blocks_that_were_reserved_and_not_written_are_cut(ledger: Path, lost: int) -> None:
    records = [append(ledger, draft(number)) for number in (1, 2)]
    ledger.write_bytes(ledger.read_bytes()[: -1 - lost] + b"\0" * 4096)
    added = append(ledger, draft(3))
    read = read_ledger(ledger)
    assert read.problems == []
    assert read.records == [*records[: 1 if lost else 2], added]


def test_nothing_is_appended_to_a_last_record_that_is_damaged(ledger: Path) -> None:
    for number in (1, 2):
        append(ledger, draft(number))
    damaged = ledger.read_bytes().replace(b'"RunDuration":1236', b'"RunDuration":1237')
    ledger.write_bytes(damaged)
    with pytest.raises(DamagedLedgerError) as refused:
        append(ledger, draft(3))
    assert refused.value.where == f"{ledger}, line 2"
    assert refused.value.exit_code == ExitCode.BAD_VERDICT
    assert ledger.read_bytes() == damaged


def test_nothing_is_appended_behind_something_that_no_writer_leaves(ledger: Path) -> None:
    append(ledger, draft(1))
    for tail in (b"a note", b"{}", ledger.read_bytes()[:-1] + b"\x0b", ledger.read_bytes()[:-1] * 2):
        whole = ledger.read_bytes()
        ledger.write_bytes(whole + tail)
        with pytest.raises(DamagedLedgerError, match=r"line|newline|hash|canonical") as refused:
            append(ledger, draft(2))
        assert refused.value.where == f"{ledger}, line 2"
        assert ledger.read_bytes() == whole + tail
        ledger.write_bytes(whole)


def test_a_ledger_of_a_later_version_is_left_alone(ledger: Path) -> None:
    append(ledger, draft(1))
    ledger.write_bytes(rehashed(ledger.read_bytes(), SchemaVersion="parity.run_record/99") + b"\n")
    with pytest.raises(DocumentError, match="not known"):
        append(ledger, draft(2))


def test_a_status_is_not_taken_from_a_damaged_record(ledger: Path) -> None:
    append(ledger, draft(1, "numba", "diverging"))
    append(ledger, draft(2))
    ledger.write_bytes(ledger.read_bytes().replace(b'"StatusAfter":"diverging"', b'"StatusAfter":"conforming"'))
    append(ledger, draft(3))
    with pytest.raises(DamagedLedgerError) as refused:
        append(ledger, draft(4, "numba"))
    assert refused.value.where == f"{ledger}, line 1"


def test_who_cannot_have_the_lock_is_told_where_it_is(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "LOCK_SECONDS", 0.02)
    with FileLock(ledger.with_name(".ledger.ndjson.lock")), pytest.raises(StorageError, match="lock") as refused:
        append(ledger, draft(1))
    assert str(refused.value.where).endswith(".ledger.ndjson.lock")
    assert not ledger.exists()
    append(ledger, draft(1))


def test_a_ledger_that_is_a_directory_or_a_pipe_or_lies_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.ndjson").mkdir()
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "ledger.ndjson", tmp_path / "pipe", tmp_path / "file" / "ledger.ndjson"):
        with pytest.raises(StorageError):
            append(path, draft(1))
