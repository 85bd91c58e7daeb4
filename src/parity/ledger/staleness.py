"""Staleness: whether the last record of each provider and suite still speaks of the inputs that are there now."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from parity.documents.ledger import ChangedInput, RunRecord, StaleDocument, SubjectStaleness
from parity.ledger.inputs import difference


def staleness(
    records: Iterable[RunRecord], ledger_folder: Path, values: Mapping[str, str], git_head: str | None
) -> StaleDocument:
    """A row for each subject, in the order of their last records.

    values: digests as they are now of inputs that are no files, by name. git_head: the commit now, None outside of a
    checkout. A commit alone makes nothing stale: only what a run read does.
    """
    last: dict[tuple[str, str], RunRecord] = {}
    for record in records:
        key = record.subject.provider, record.subject.suite
        last.pop(key, None)
        last[key] = record
    rows = tuple(_row(record, ledger_folder, values, git_head) for record in last.values())
    return StaleDocument(stale=sum(row.stale for row in rows), subjects=rows)


def _row(record: RunRecord, ledger_folder: Path, values: Mapping[str, str], git_head: str | None) -> SubjectStaleness:
    changed = tuple(
        ChangedInput(name=row.name, path=row.path, what=what)
        for row in record.input_files
        if (what := difference(row, ledger_folder, values)) is not None
    )
    return SubjectStaleness(
        subject=record.subject,
        run_id=record.run_id,
        run_label=record.run_label,
        status=record.status_after,
        stale=bool(changed),
        changed=changed,
        unchecked=tuple(row.name for row in record.input_files if row.path is None and row.name not in values),
        git_head=record.git_head,
        git_head_now=git_head,
    )
