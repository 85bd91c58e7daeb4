"""Staleness: only what a run read makes its record stale, and only the last record of a subject counts."""

from pathlib import Path

import pytest

from parity.documents.ledger import InputFile, StaleDocument
from parity.ledger.appending import append
from parity.ledger.chain import read_ledger
from parity.ledger.inputs import input_file, input_value
from parity.ledger.staleness import staleness

from .drafts import COMMIT, draft


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    (tmp_path / "cases.ndjson").write_bytes(b"cases")
    return tmp_path / "ledger.ndjson"


def _inputs(ledger: Path) -> tuple[InputFile, ...]:
    return (
        input_value("catalogue", "a" * 64),
        input_value("manifest", "b" * 64),
        input_file("capture/cases.ndjson", ledger.parent / "cases.ndjson", ledger.parent),
    )


def _now(ledger: Path, catalogue: str = "a" * 64, head: str | None = COMMIT) -> StaleDocument:
    return staleness(read_ledger(ledger).records, ledger.parent, {"catalogue": catalogue}, head)


def test_what_nothing_has_happened_to_is_not_stale(ledger: Path) -> None:
    append(ledger, draft(1, inputs=_inputs(ledger)))
    document = _now(ledger)
    assert document.stale == 0
    assert document.subjects[0].changed == ()
    assert document.subjects[0].unchecked == ("manifest",)


def test_a_changed_file_and_a_changed_catalogue_are_named(ledger: Path) -> None:
    append(ledger, draft(1, inputs=_inputs(ledger)))
    (ledger.parent / "cases.ndjson").write_bytes(b"other")
    row = _now(ledger, catalogue="c" * 64).subjects[0]
    assert row.stale
    assert [(change.name, change.what) for change in row.changed] == [
        ("capture/cases.ndjson", "changed"),
        ("catalogue", "changed"),
    ]


def test_a_commit_alone_makes_nothing_stale(ledger: Path) -> None:
    append(ledger, draft(1, inputs=_inputs(ledger)))
    row = _now(ledger, head="c" * 40).subjects[0]
    assert not row.stale
    assert (row.git_head, row.git_head_now) == (COMMIT, "c" * 40)


def test_each_provider_and_suite_is_judged_by_its_last_record(ledger: Path) -> None:
    append(ledger, draft(1, inputs=_inputs(ledger)))
    append(ledger, draft(2, "numba", inputs=_inputs(ledger)))
    append(ledger, draft(3, inputs=_inputs(ledger), suite="smoke"))
    (ledger.parent / "cases.ndjson").write_bytes(b"other")
    append(ledger, draft(4, inputs=_inputs(ledger)))
    document = _now(ledger)
    assert [(row.subject.provider, row.subject.suite, row.stale) for row in document.subjects] == [
        ("numba", "core", True),
        ("numpy", "smoke", True),
        ("numpy", "core", False),
    ]
    assert document.stale == 2


def test_an_empty_ledger_has_no_subjects(ledger: Path) -> None:
    assert _now(ledger).full() == {"schema": "parity.stale/1", "stale": 0, "subjects": []}
