"""Reading: the golden ledger for ever, and of each broken one the line and the reason."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

import parity
from parity.documents.ledger import MOST_BYTES, RECORDS
from parity.documents.model import canonical
from parity.errors import DocumentError, ExitCode
from parity.ledger import chain
from parity.ledger.appending import append
from parity.ledger.chain import DamagedLedgerError, read_ledger, refuse_damage

from .drafts import draft, rehashed, run_id

FIXTURES = Path(__file__).parents[3] / "fixtures"
GOLDEN = FIXTURES / "golden" / "ledger-1.ndjson"
LINES = GOLDEN.read_bytes().splitlines(keepends=True)


def golden(path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The golden ledger as today's writer makes it."""
    monkeypatch.setattr(parity, "__version__", "0.1.0")
    append(path, draft(1))
    append(path, draft(2, "numba", "diverging", bundle=path.parent / "runs" / run_id(2).text, error_summary="1 of 2"))
    append(path, draft(3, "numba", status="PARTIAL", git_head=None, git_dirty=None, notes=("é, ≤ and \U0001f600",)))
    return path.read_bytes()


def test_the_golden_ledger_of_version_1_is_read() -> None:
    ledger = read_ledger(GOLDEN)
    assert ledger.problems == []
    assert [record.run_id for record in ledger.records] == [run_id(1), run_id(2), run_id(3)]
    assert [record.subject.provider for record in ledger.records] == ["numpy", "numba", "numba"]
    assert [record.status_before for record in ledger.records] == ["unknown", "unknown", "diverging"]
    assert ledger.records[1].bundle == f"runs/{run_id(2)}"
    assert ledger.records[2].notes == ("é, ≤ and \U0001f600",)
    assert [canonical(record.full()) + b"\n" for record in ledger.records] == LINES


def test_the_golden_ledger_is_what_is_written_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as version 1 is written; a later writer leaves this test and keeps the file."""
    assert list(RECORDS) == ["parity.run_record/1"]
    assert golden(tmp_path / "ledger.ndjson", monkeypatch) == GOLDEN.read_bytes()


class Broken(NamedTuple):
    """How the golden ledger was broken; the line that is to blame, what is said of it, and how many records remain."""

    broken: Callable[[list[bytes]], bytes]
    line: int
    code: str
    says: str
    records: int


def _changed(line: int, old: bytes, new: bytes) -> Callable[[list[bytes]], bytes]:
    def change(lines: list[bytes]) -> bytes:
        assert old in lines[line - 1]
        return b"".join([*lines[: line - 1], lines[line - 1].replace(old, new, 1), *lines[line:]])

    return change


def _renewed(**fields: object) -> Callable[[list[bytes]], bytes]:
    """The last record with other fields and a hash that fits."""
    return lambda lines: b"".join([*lines[:-1], rehashed(lines[-1], **fields), b"\n"])


def _without_a_field(lines: list[bytes]) -> bytes:
    value = orjson.loads(lines[2])
    del value["Notes"]
    return b"".join([*lines[:2], rehashed(canonical(value)), b"\n"])


BROKEN = {
    "bit": Broken(_changed(2, b'"RunDuration":1236', b'"RunDuration":1237'), 2, "damaged", "hash of the record", 2),
    "not_json": Broken(_changed(2, b'{"Agent"', b'["Agent"'), 2, "damaged", "no JSON", 2),
    "no_object": Broken(lambda lines: lines[0] + b"[]\n" + lines[2], 2, "damaged", "canonical", 2),
    "empty_line": Broken(lambda lines: lines[0] + b"\n" + lines[2], 2, "damaged", "no JSON", 2),
    "space": Broken(_changed(2, b'"Agent":{', b'"Agent": {'), 2, "damaged", "canonical", 2),
    "carriage_return": Broken(_changed(2, b"}\n", b"}\r\n"), 2, "damaged", "canonical", 2),
    "escaped": Broken(_changed(2, b'"numba"', b'"\\u006eumba"'), 2, "damaged", "canonical", 2),
    "repeated_key": Broken(_changed(2, b'"Bundle":', b'"Bundle":null,"Bundle":'), 2, "damaged", "canonical", 2),
    "byte_order_mark": Broken(lambda lines: b"\xef\xbb\xbf" + b"".join(lines), 1, "damaged", "no JSON", 2),
    "first_line_lost": Broken(lambda lines: b"".join(lines[1:]), 1, "damaged", "number 2 in its RunLabel", 1),
    "middle_line_lost": Broken(lambda lines: lines[0] + lines[2], 2, "damaged", "number 3 in its RunLabel", 1),
    "line_repeated": Broken(
        lambda lines: b"".join([*lines[:2], *lines[1:]]), 3, "damaged", "number 2 in its RunLabel", 3
    ),
    "lines_swapped": Broken(lambda lines: lines[1] + lines[0] + lines[2], 1, "damaged", "RunLabel", 0),
    "other_chain": Broken(_renewed(Prev="5" * 64), 3, "damaged", "Prev", 2),
    "later_version": Broken(_renewed(SchemaVersion="parity.run_record/99"), 3, "unknown_version", "not known", 2),
    "unknown_field": Broken(_renewed(Mood="good"), 3, "damaged", "Mood", 2),
    "missing_field": Broken(_without_a_field, 3, "damaged", "Notes", 2),
    "python_name": Broken(_renewed(run_id=run_id(3).text), 3, "damaged", "run_id", 2),
    "float": Broken(_renewed(RunDuration=1237.0), 3, "damaged", "RunDuration", 2),
    "label": Broken(_renewed(RunLabel="RUN-core-20261121-050300-03"), 3, "damaged", "RunLabel", 2),
    "time": Broken(_renewed(RunTimestamp="2026-11-21T05:03:00.250+00:00"), 3, "damaged", "RunTimestamp", 2),
    "no_such_day": Broken(_renewed(RunTimestamp="2026-11-31T05:03:00.250Z"), 3, "damaged", "RunTimestamp", 2),
    "composite": Broken(_renewed(InputContextSHA="5" * 64), 3, "damaged", "InputContextSHA", 2),
    "inputs_in_disorder": Broken(
        lambda lines: _renewed(InputFiles=orjson.loads(lines[2])["InputFiles"][::-1])(lines),
        3,
        "damaged",
        "not sorted",
        2,
    ),
    "no_uuid": Broken(_renewed(RunID="0" * 32), 3, "damaged", "RunID", 2),
    "capital_digits": Broken(_renewed(RunID=run_id(3).text.upper()), 3, "damaged", "RunID", 2),
    "absolute_path": Broken(_renewed(Bundle="/etc"), 3, "damaged", "Bundle", 2),
    "status": Broken(_renewed(RunStatus="DONE"), 3, "damaged", "RunStatus", 2),
    "torn": Broken(lambda lines: b"".join(lines)[:-500], 3, "torn", "torn", 2),
    "torn_at_once": Broken(lambda lines: b"".join([*lines, b"{"]), 4, "torn", "torn", 3),
    "no_newline": Broken(lambda lines: b"".join(lines)[:-1], 3, "torn", "incomplete", 3),
    "unwritten": Broken(lambda lines: b"".join(lines)[:-500] + b"\0" * 500, 3, "torn", "torn", 2),
    "newline_flipped": Broken(lambda lines: b"".join(lines)[:-1] + b"\x0b", 3, "damaged", "something else", 2),
    "foreign_tail": Broken(lambda lines: b"".join([*lines, b"see above"]), 4, "damaged", "not the beginning", 3),
    "whole_tail_that_is_none": Broken(lambda lines: b"".join([*lines, b'{"Agent":{}}']), 4, "damaged", "hash", 3),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_ledger_is_refused_with_the_line_and_the_reason(name: str) -> None:
    path, case = FIXTURES / "broken" / "ledger" / f"{name}.ndjson", BROKEN[name]
    assert path.read_bytes() == case.broken(LINES), "the file is not what its row says"
    ledger = read_ledger(path)
    first = ledger.problems[0]
    assert (first.line, first.code) == (case.line, case.code)
    assert case.says in first.detail
    assert len(ledger.records) == case.records
    if case.code == "torn":
        refuse_damage(ledger)
        assert ledger.damage is None
        return
    with pytest.raises((DamagedLedgerError, DocumentError)) as refused:
        refuse_damage(ledger)
    error = refused.value
    assert isinstance(error, DamagedLedgerError | DocumentError)
    assert error.where == f"{path}, line {case.line}"
    assert error.exit_code == (ExitCode.BAD_VERDICT if case.code == "damaged" else ExitCode.BAD_INPUT)


def test_every_broken_file_has_a_row() -> None:
    assert {path.stem for path in (FIXTURES / "broken" / "ledger").iterdir()} == set(BROKEN)


def test_what_comes_after_damage_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.ndjson"
    path.write_bytes(LINES[0] + LINES[1][:90] + b"\n" + LINES[1][90:] + LINES[2])
    ledger = read_ledger(path)
    assert [problem.line for problem in ledger.problems] == [2, 3]
    assert [record.sequence for record in ledger.records] == [1, 3]


def test_a_line_that_is_finished_while_it_is_read_is_not_read_in_two_pieces(tmp_path: Path) -> None:
    path = tmp_path / "ledger.ndjson"
    path.write_bytes(LINES[0] + LINES[1][:200])
    lines = chain._lines(path)
    assert [next(lines), next(lines)] == [LINES[0], LINES[1][:200]]
    with path.open("ab") as file:
        file.write(LINES[1][200:])
    assert list(lines) == []


def test_a_line_longer_than_any_record_is_damage_and_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "ledger.ndjson"
    path.write_bytes(LINES[0] + b"x" * (3 * MOST_BYTES) + b"\n" + b'{"Agent"' + b" " * (2 * MOST_BYTES))
    assert [(problem.line, problem.code) for problem in read_ledger(path).problems] == [(2, "damaged"), (3, "damaged")]
    with pytest.raises(DamagedLedgerError, match="longer"):
        append(path, draft(4))


def test_deep_nesting_and_long_numbers_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "ledger.ndjson"
    for text in (b"[" * 100_000, b'{"Agent":' + b"9" * 10_000 + b"}", b'{"a":' * 50_000):
        path.write_bytes(text + b"\n" + LINES[0])
        assert read_ledger(path).problems[0].line == 1
        path.write_bytes(LINES[0] + text)
        assert read_ledger(path).problems[0].line == 2


def test_no_file_and_an_empty_file_are_empty_ledgers(tmp_path: Path) -> None:
    path = tmp_path / "ledger.ndjson"
    assert (read_ledger(path).records, read_ledger(path).problems) == ([], [])
    path.write_bytes(b"")
    assert (read_ledger(path).records, read_ledger(path).problems) == ([], [])
    assert append(path, draft(1)).sequence == 1
