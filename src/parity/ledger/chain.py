"""Reading the ledger: each line is a valid record, and each record names the hash of the one before it.

What comes after the last newline is a *torn tail* if a writer may have been killed there: the beginning of a record, or
a whole record that lacks only its newline. Everything else that is no valid record is damage. A whole record with
something else behind it is damage, too: a flipped newline looks so.

The end of the file alone does not show that whole records were cut off: a ledger without its last line is a valid
ledger. Version control and the bundles beside it know more; `parity runs verify` notes bundles that have no record.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from parity.documents.ledger import GENESIS, MOST_BYTES, LedgerProblem, RunRecord, read_record
from parity.errors import DamagedError, DocumentError, ExitCode, ParityError, StorageError

_BLOCK = 1 << 16
_BEGINNING = b'{"Agent":{"Name":"'
"""With what every record begins, because keys are sorted."""


class DamagedLedgerError(DamagedError):
    """A line that is no record, or not the one that belongs there; `where` has file and line."""

    exit_code = ExitCode.BAD_VERDICT


@dataclass
class Ledger:
    """A ledger as it was read. problems: in the order of lines; at most one of them, the last, is a torn tail."""

    path: Path
    records: list[RunRecord] = field(default_factory=list)
    problems: list[LedgerProblem] = field(default_factory=list)

    @property
    def damage(self) -> LedgerProblem | None:
        """The first problem that is more than a torn tail."""
        return next((problem for problem in self.problems if problem.code != "torn"), None)

    @property
    def torn(self) -> LedgerProblem | None:
        """The torn tail."""
        return next((problem for problem in self.problems if problem.code == "torn"), None)


def where(path: Path, line: int) -> str:
    """A line of the ledger, in words."""
    return f"{path}, line {line}"


def read_ledger(path: Path) -> Ledger:
    """All records and all problems of a ledger; none of either for a file that is not there. Raises StorageError."""
    ledger = Ledger(path)
    if not os.path.lexists(path):
        return ledger
    before: RunRecord | None = None
    sound = True
    for number, line in enumerate(_lines(path), 1):
        record, torn = _judged(ledger, line, number)
        broken = _chain_break(record, before, after_damage=not sound) if record else None
        if broken:
            ledger.problems.append(_problem(path, number, DamagedError(broken)))
        elif record is not None:
            ledger.records.append(record)
        if torn is not None:
            ledger.problems.append(torn)
        sound, before = record is not None, record or before
    return ledger


def _judged(ledger: Ledger, line: bytes, number: int) -> tuple[RunRecord | None, LedgerProblem | None]:
    """The record of a line, if it is one, and the torn tail, if it is that; damage goes to the problems at once."""
    place = where(ledger.path, number)
    try:
        if len(line) > MOST_BYTES:
            raise DamagedError(f"the line is longer than {MOST_BYTES:,} bytes")  # noqa: TRY301 - one handler for all
        if line.endswith(b"\n"):
            return read_record(line[:-1], place), None
        record = read_tail(line, place)
    except (DamagedError, DocumentError) as error:
        ledger.problems.append(_problem(ledger.path, number, error))
        return None, None
    detail = "the last line is torn: a record was begun and not finished"
    if record is not None:
        detail = "the last line is incomplete: its record is whole and lacks the newline"
    return record, LedgerProblem(path=str(ledger.path), line=number, code="torn", detail=detail)


def read_tail(data: bytes, place: str) -> RunRecord | None:
    """What follows the last newline: a whole record, or None for the beginning of one.

    NUL bytes at its end are blocks that a file system had reserved and not written. Raises DamagedError for what no
    writer leaves when it is killed, and DocumentError for a record of a later version.
    """
    data = data.rstrip(b"\0")
    end = _end_of_value(data)
    if end is None:
        if not _BEGINNING.startswith(data[: len(_BEGINNING)]):
            raise DamagedError("what follows the last newline is not the beginning of a record", where=place)
        return None
    record = read_record(data[:end], place)
    if end != len(data):
        raise DamagedError("something else than a newline follows the record", where=place)
    return record


def _end_of_value(data: bytes) -> int | None:
    """Where the JSON value ends with which `data` begins; None if it does not end."""
    try:
        # In Latin-1 each byte is a character, so that the position counts bytes.
        return json.JSONDecoder().raw_decode(data.decode("latin-1"))[1]
    except (ValueError, RecursionError):
        return None


def _chain_break(record: RunRecord, before: RunRecord | None, *, after_damage: bool) -> str | None:
    """What does not fit in the order of two records; after damage there may be records between them."""
    ordinal = before.sequence + 1 if before else 1
    if record.sequence < ordinal or (record.sequence > ordinal and not after_damage):
        return f"the record has the number {record.sequence} in its RunLabel, where {ordinal} is due"
    if not after_damage and record.prev != (before.hash_ if before else GENESIS):
        return "Prev is not the hash of the record before: a line was changed, removed or put in"
    return None


def _problem(path: Path, line: int, error: ParityError) -> LedgerProblem:
    code: Literal["damaged", "unknown_version"] = "unknown_version" if error.code == "document" else "damaged"
    return LedgerProblem(path=str(path), line=line, code=code, detail=error.message)


def refuse_damage(ledger: Ledger) -> None:
    """Raise DamagedLedgerError, DocumentError if there is more amiss than a torn tail."""
    problem = ledger.damage
    if problem is None:
        return
    kind = DocumentError if problem.code == "unknown_version" else DamagedLedgerError
    raise kind(
        problem.detail,
        where=where(ledger.path, problem.line),
        hint="`parity runs verify` shows all that is amiss; restore the file from version control or its seal",
    )


def _lines(path: Path) -> Iterator[bytes]:
    """Lines with their newlines; of one that is longer than any record, so much that it shows.

    The end is where it was first met: a line that a writer finishes in the meantime is not read in two pieces.
    """
    try:
        with path.open("rb") as file:
            while line := file.readline(MOST_BYTES + 1):
                yield line
                if not line.endswith(b"\n"):
                    if len(line) <= MOST_BYTES:
                        return
                    _skip_line(file)
    except OSError as error:
        raise unreadable(path, error) from None


def _skip_line(file: BinaryIO) -> None:
    while (piece := file.readline(_BLOCK)) and not piece.endswith(b"\n"):
        pass


def unreadable(path: Path, error: OSError) -> StorageError:
    """What the operating system refused, in words."""
    return StorageError(f"the ledger cannot be read: {error.strerror or error}", where=str(path))


def lines_backwards(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """First what follows the last newline, then each line without its newline, from the last; with their offsets.

    Raises DamagedLedgerError where a line is longer than any record.
    """
    end, position, held = size, size, b""
    while position > 0:
        step = min(_BLOCK, position)
        position -= step
        file.seek(position)
        held, *lines = (file.read(step) + held).split(b"\n")
        for line in reversed(lines):
            yield end - len(line), line
            end -= len(line) + 1
        if len(held) > MOST_BYTES:
            raise DamagedLedgerError(f"the line is longer than {MOST_BYTES:,} bytes", where=f"{file.name}, byte {end}")
    yield 0, held
