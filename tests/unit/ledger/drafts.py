"""Runs that never were, always the same: what a run hands to the ledger."""

from datetime import UTC, datetime, timedelta

import orjson

from parity.documents.ids import RunId
from parity.documents.ledger import InputFile, OutputFile, SubjectStatus
from parity.documents.model import canonical, sha256
from parity.ledger.appending import RecordDraft

BEGIN = datetime(2026, 11, 21, 5, 0, 0, 250_000, UTC)
COMMIT = "4089911c0bead98d2dce9b3e972be18ca8e92486"


def run_id(number: int) -> RunId:
    """A UUIDv7 of the millisecond in which the run began."""
    millis = int(BEGIN.timestamp() * 1000) + number * 60_000
    return RunId(millis.to_bytes(6) + bytes.fromhex("7abc8def") + number.to_bytes(6))


def draft(
    number: int, provider: str = "numpy", after: SubjectStatus | None = "conforming", **other: object
) -> RecordDraft:
    """The run that began so many minutes after five."""
    made = RecordDraft(
        run_id=run_id(number),
        suite="core",
        provider=provider,
        started=BEGIN + timedelta(minutes=number),
        duration_ms=1234 + number,
        status="SUCCESS",
        status_after=after,
        inputs=(
            InputFile(name="catalogue", path=None, sha256=sha256(b"catalogue"), size=None),
            InputFile(name="capture/cases.ndjson", path="capture/cases.ndjson", sha256=sha256(b"cases"), size=5),
        ),
        outputs=(OutputFile(name="run.json", sha256=sha256(b"run"), size=3),),
        git_head=COMMIT,
        git_dirty=False,
    )
    return made._replace(**other)  # type: ignore[arg-type]


def rehashed(line: bytes, **fields: object) -> bytes:
    """A record with other fields and a hash that fits them: what only a schema or a chain can find."""
    value = orjson.loads(line) | fields
    del value["Hash"]
    return canonical(value | {"Hash": sha256(canonical(value))})
