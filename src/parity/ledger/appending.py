"""Appending to the ledger: under a lock, one write, and the record is read back before it counts.

Only the end of the file is read, so that a record costs the same in a long ledger as in a short one; the search for the
subject's last status goes on backwards until it finds one.
"""

import contextlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from filelock import FileLock, Timeout
from pydantic import ValidationError

import parity
from parity.documents import durable
from parity.documents.ids import RunId
from parity.documents.ledger import (
    GENESIS,
    MOST_BYTES,
    MOST_NOTES,
    MOST_TEXT,
    Agent,
    InputFile,
    OutputFile,
    RunRecord,
    RunStatus,
    Subject,
    SubjectStatus,
    composite,
    read_record,
    record_hash,
    run_label,
    timestamp,
)
from parity.documents.model import canonical, document_error
from parity.errors import DamagedError, DocumentError, StorageError
from parity.ledger.chain import DamagedLedgerError, lines_backwards, read_tail, unreadable, where

LOCK_SECONDS = 30.0
"""A record takes a few milliseconds; who waits longer waits for a writer that is stopped, not for a queue."""
POLL_SECONDS = 0.005

Note = Callable[[str], None]


class RecordDraft(NamedTuple):
    """What a run knows of itself; the rest of the record follows from the ledger.

    started: with a time zone. duration_ms: of the whole run. status_after: of the subject; None if the run says nothing
    of it, and it stays as it was. bundle: its path, None if none was written. git_head, git_dirty: of the directory in
    which the run was started.
    """

    run_id: RunId
    suite: str
    provider: str
    started: datetime
    duration_ms: int
    status: RunStatus
    status_after: SubjectStatus | None
    inputs: tuple[InputFile, ...]
    outputs: tuple[OutputFile, ...]
    git_head: str | None
    git_dirty: bool | None
    bundle: Path | None = None
    error_summary: str | None = None
    notes: tuple[str, ...] = ()


class _End(NamedTuple):
    """Where the next record goes: its offset, what must come before it, and what it follows."""

    at: int
    lead: bytes
    last: RunRecord | None
    status: SubjectStatus


def append(ledger: Path, draft: RecordDraft, *, note: Note = lambda _: None) -> RunRecord:
    """Append the record of a run, and give it back as it was read from the file.

    A torn tail is cut, and `note` is told. Raises StorageError if the file cannot be written or the lock not be had,
    DamagedLedgerError if the end of the ledger is no valid record, and DocumentError if the draft is none; then the
    ledger is as it was, but for the torn tail.
    """
    with _locked(ledger):
        try:
            subject = Subject(provider=_cut(draft.provider), suite=draft.suite)
            end = _end(ledger, subject, note)
            line = _line(ledger, draft, subject, end)
        except ValidationError as error:
            raise document_error(error, "the record of this run") from None
        except OSError as error:
            raise durable.storage_error(error, ledger) from None
        durable.append(ledger, end.lead + line + b"\n", at=end.at)
        return _read_back(ledger, end.at + len(end.lead), line)


@contextlib.contextmanager
def _locked(ledger: Path) -> Iterator[None]:
    """The lock of all writers.

    It is a file of its own: a lock on the ledger itself would be lost as soon as anything in this process closes
    another descriptor of it.
    """
    lock = ledger.with_name(f".{ledger.name}.lock")
    try:
        durable.make_folder(ledger.parent)
        held = FileLock(lock, timeout=LOCK_SECONDS, poll_interval=POLL_SECONDS)
        held.acquire()
    except Timeout:
        raise StorageError(
            f"another process has held the lock of the ledger for {LOCK_SECONDS:g} s",
            where=str(lock),
            hint="find out who has it open; the lock ends with its process, so do not remove the file",
        ) from None
    except OSError as error:
        raise durable.storage_error(error, lock) from None
    try:
        yield
    finally:
        held.release()


def _end(ledger: Path, subject: Subject, note: Note) -> _End:
    try:
        if not stat.S_ISREG(ledger.stat().st_mode):  # opening a pipe would wait for ever
            raise StorageError("the ledger is no file", where=str(ledger), expected="a file, or nothing")
        with ledger.open("rb") as file:
            return _end_of(ledger, file, subject, note)
    except FileNotFoundError:
        return _End(0, b"", None, "unknown")
    except OSError as error:
        raise unreadable(ledger, error) from None


def _end_of(ledger: Path, file: BinaryIO, subject: Subject, note: Note) -> _End:
    backwards = lines_backwards(file, os.fstat(file.fileno()).st_size)
    at, data = next(backwards)
    with _damage_at(ledger, file, at):
        record = read_tail(data, str(ledger))
    if record is not None:
        note("the last line of the ledger lacked its newline, which was added")
        line = canonical(record.full())
        found = _status(ledger, file, subject, itertools.chain([(at, line)], backwards))
        return _End(at + len(line), b"\n", record, found)
    if data:
        note(f"the last line of the ledger was torn, and {len(data)} bytes of it were cut off")
    whole = next(backwards, None)
    if whole is None:
        return _End(at, b"", None, "unknown")
    with _damage_at(ledger, file, whole[0]):
        last = read_record(whole[1], str(ledger))
    return _End(at, b"", last, _status(ledger, file, subject, itertools.chain([whole], backwards)))


def _status(ledger: Path, file: BinaryIO, subject: Subject, backwards: Iterator[tuple[int, bytes]]) -> SubjectStatus:
    """The status that the last record of a subject left it in. `Subject` is the last key of a canonical record."""
    ending = b',"Subject":' + canonical(subject.full()) + b"}"
    for offset, line in backwards:
        if line.endswith(ending):
            with _damage_at(ledger, file, offset):
                return read_record(line, str(ledger)).status_after
    return "unknown"


@contextlib.contextmanager
def _damage_at(ledger: Path, file: BinaryIO, offset: int) -> Iterator[None]:
    """Damage that is found inside is said with the number of the line that begins at `offset`."""
    try:
        yield
    except (DamagedError, DocumentError) as error:
        file.seek(0)
        line = file.read(offset).count(b"\n") + 1
        kind = DocumentError if isinstance(error, DocumentError) else DamagedLedgerError
        raise kind(
            error.message,
            where=where(ledger, line),
            expected=error.expected,
            hint="nothing was appended; `parity runs verify` shows all that is amiss",
        ) from None


def _line(ledger: Path, draft: RecordDraft, subject: Subject, end: _End) -> bytes:
    """The canonical record. Raises DocumentError if it is none that a reader would believe."""
    moment = timestamp(draft.started)
    inputs = tuple(sorted(draft.inputs, key=lambda file: file.name))
    record = RunRecord(
        schema_version="parity.run_record/1",
        run_id=draft.run_id,
        run_label=run_label(draft.suite, moment, end.last.sequence + 1 if end.last else 1),
        subject=subject,
        agent=Agent(name="parity", version=parity.__version__),
        run_timestamp=moment,
        run_duration=draft.duration_ms,
        run_status=draft.status,
        input_context_sha=composite(inputs, draft.git_head),
        git_head=draft.git_head,
        git_dirty=draft.git_dirty,
        input_files=inputs,
        output_files=tuple(sorted(draft.outputs, key=lambda file: file.name)),
        bundle=_bundle(ledger, draft.bundle),
        status_before=end.status,
        status_after=draft.status_after or end.status,
        error_summary=None if draft.error_summary is None else _cut(draft.error_summary),
        notes=tuple(_cut(text) for text in draft.notes[:MOST_NOTES]),
        prev=end.last.hash_ if end.last else GENESIS,
        hash_=GENESIS,
    )
    value = record.full()
    line = canonical(value | {"Hash": record_hash(value)})
    if len(line) >= MOST_BYTES:
        raise DocumentError(
            f"the record has {len(line):,} bytes", where=str(ledger), expected=f"fewer than {MOST_BYTES:,}"
        )
    return line


def _bundle(ledger: Path, bundle: Path | None) -> str | None:
    return None if bundle is None else _printable(Path(os.path.relpath(bundle, ledger.parent)).as_posix())


def _cut(text: str) -> str:
    text = _printable(text)
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _printable(text: str) -> str:
    """Bytes of a file name that are no UTF-8 reach Python as lone surrogates, which JSON may not hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _read_back(ledger: Path, offset: int, line: bytes) -> RunRecord:
    """The record as it is in the file now; what is not as it was meant is cut off again."""
    try:
        with ledger.open("rb") as file:
            file.seek(offset)
            stored = file.read()
        if stored == line + b"\n":
            return read_record(stored[:-1], where=str(ledger))
    except OSError as error:
        raise unreadable(ledger, error) from None
    except (DamagedError, DocumentError) as error:
        durable.append(ledger, b"", at=offset)
        raise StorageError(f"the record is not valid: {error.message}", where=str(ledger)) from None
    durable.append(ledger, b"", at=offset)
    raise StorageError("the record was not stored as written", where=str(ledger), hint="check the disk")
