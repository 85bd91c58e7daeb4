"""The ledger as it is asked for: its records, one of them, whether it holds, and whether it is out of date."""

import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from parity.documents.ids import RunId
from parity.documents.ledger import LedgerCheck, RunRecord, RunsDocument, StaleDocument
from parity.errors import DocumentError, UsageError
from parity.ledger.chain import Ledger, read_ledger, refuse_damage
from parity.ledger.inputs import git_state
from parity.ledger.staleness import staleness
from parity.ops import catalogue
from parity.pipeline import places
from parity.pipeline.progress import Progress

SHORTEST_PREFIX = 6
MOST_CANDIDATES = 5
_SECONDS_OF_A_WRITE = 0.1


@dataclass(frozen=True)
class Selection:
    """Which records are wanted; None is no condition. limit: so many of the newest."""

    provider: str | None = None
    suite: str | None = None
    status: str | None = None
    limit: int | None = None

    def of(self, records: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
        """The records that are wanted, oldest first."""
        found = [
            record
            for record in records
            if self.provider in (None, record.subject.provider)
            and self.suite in (None, record.subject.suite)
            and self.status in (None, record.run_status)
        ]
        return tuple(found if self.limit is None else found[max(0, len(found) - self.limit) :])


def records(ledger: Path | None, selection: Selection, progress: Progress) -> RunsDocument:
    """The records of a ledger; none if there is no ledger yet. A torn tail is noted.

    Raises DamagedLedgerError if any line is damaged: what is missing then, the other lines cannot say.
    """
    return RunsDocument(records=selection.of(_sound(ledger or places.ledger_path(), progress).records))


def record(name: str, ledger: Path | None, progress: Progress) -> RunRecord:
    """The record of a run: by its id, by a beginning of it that no other has, or by its label. Raises UsageError."""
    path = ledger or places.ledger_path()
    known = _sound(path, progress).records
    found = [one for one in known if one.run_label == name]
    if not found and re.fullmatch(rf"[0-9a-f]{{{SHORTEST_PREFIX},32}}", name):
        found = [one for one in known if one.run_id.text.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(f"{one.run_id} ({one.run_label})" for one in found[:MOST_CANDIDATES])
        raise UsageError(
            f"{name} is the beginning of {len(found)} runs",
            where="argument ID",
            expected=shown + (", ..." if len(found) > MOST_CANDIDATES else ""),
        )
    newest = ", ".join(f"{one.run_id} ({one.run_label})" for one in reversed(known[-MOST_CANDIDATES:]))
    raise UsageError(
        f"the ledger has no run {name}",
        where=str(path),
        expected=f"a run id, {SHORTEST_PREFIX} or more of its first digits, or a label"
        + (f"; the newest are {newest}" if newest else "; the ledger is empty"),
        hint="`parity runs list` shows all",
    )


def bundle_of(name: str, ledger: Path | None, progress: Progress) -> Path:
    """The bundle of a run that is named as for `record`. Raises UsageError if it left none, or it is gone."""
    found, folder = record(name, ledger, progress), (ledger or places.ledger_path()).parent
    if found.bundle is None:
        raise UsageError(f"the run {found.run_id} left no bundle", where="argument ID")
    if not (folder / found.bundle).is_dir():
        raise UsageError(
            f"the bundle of {found.run_id} is not there",
            where=str(folder / found.bundle),
            hint="name the bundle's directory itself, if it was moved",
        )
    return folder / found.bundle


def check(ledger: Path | None) -> LedgerCheck:
    """Read all of a ledger and say what is amiss. Raises UsageError if there is none."""
    path = ledger or places.ledger_path()
    if not os.path.lexists(path):
        raise UsageError(
            "there is no ledger", where=str(path), expected="a ledger, as the first `parity run` begins one"
        )
    found = _settled(path)
    return LedgerCheck(
        status="damaged" if found.damage else "torn" if found.torn else "ok",
        path=path.as_posix(),
        records=len(found.records),
        problems=tuple(found.problems),
        notes=_notes(found),
    )


def stale(ledger: Path | None, progress: Progress) -> StaleDocument:
    """Which subjects have inputs that changed since they were last judged."""
    path = ledger or places.ledger_path()
    found = _sound(path, progress).records
    return staleness(found, path.parent, {"catalogue": catalogue.digest()}, git_state(Path.cwd()).head)


def _sound(path: Path, progress: Progress) -> Ledger:
    ledger = _settled(path)
    refuse_damage(ledger)
    if ledger.torn is not None:
        progress.note(f"warning: {path}, line {ledger.torn.line}: {ledger.torn.detail}")
    return ledger


def _settled(path: Path) -> Ledger:
    """A ledger as it was read; a second time if something is amiss, for a run may just be writing its last line."""
    ledger = read_ledger(path)
    if not ledger.problems:
        return ledger
    time.sleep(_SECONDS_OF_A_WRITE)
    return read_ledger(path)


def _notes(ledger: Ledger) -> tuple[str, ...]:
    """Bundles without a record: their run was killed between the two, or could not write the ledger."""
    folder = ledger.path.parent
    bundles = [Path(record.bundle) for record in ledger.records if record.bundle is not None]
    recorded = {record.run_id.text for record in ledger.records}
    notes = []
    for runs in sorted({Path("runs"), *(bundle.parent for bundle in bundles)}):
        names = sorted(path.name for path in (folder / runs).glob("*") if _is_run(path.name) and path.is_dir())
        lost = [name for name in names if name not in recorded]
        shown = ", ".join(lost[:MOST_CANDIDATES]) + (", ..." if len(lost) > MOST_CANDIDATES else "")
        if lost:
            said = "1 bundle in {} has" if len(lost) == 1 else f"{len(lost)} bundles in {{}} have"
            notes.append(f"{said.format(runs.as_posix())} no record: {shown}")
    return tuple(notes)


def _is_run(name: str) -> bool:
    try:
        RunId.parse(name)
    except DocumentError:
        return False
    return True
