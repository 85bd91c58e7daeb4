"""`parity prove`: drill the repair of a sealed object and keep the record, or execute a record's drills again."""

from pathlib import Path
from typing import TYPE_CHECKING

from parity.documents.durable import write_file
from parity.documents.model import pretty
from parity.documents.proof import DecodeProof
from parity.errors import UsageError
from parity.pipeline.progress import Progress
from parity.sidecar import proof
from parity.sidecar.objects import locate

if TYPE_CHECKING:
    from collections.abc import Callable


def prove(path: Path, progress: Progress | None = None) -> DecodeProof:
    """Execute the four drills and write their record beside the file, or into the directory.

    Raises what `parity.sidecar.proof.prove` does, and StorageError if the record cannot be written.
    """
    answer = proof.prove(path, _steps("drilling", progress))
    write_file(proof.record_of(locate(path)), pretty(answer.full()))
    return answer


def prove_again(path: Path, progress: Progress | None = None) -> DecodeProof:
    """Execute the drills of the record again. Raises UsageError if there is none. Nothing is written."""
    record = proof.record_of(locate(path))
    try:
        data = record.read_bytes()
    except FileNotFoundError:
        raise UsageError(
            "there is no decode proof to verify",
            where=str(record),
            expected="a record of `parity prove`",
            hint=f"`parity prove {path}` makes one",
        ) from None
    recorded = DecodeProof.from_json(data, str(record))
    return proof.prove_again(path, recorded, str(record), _steps("drilling again", progress))


def _steps(title: str, progress: Progress | None) -> "Callable[[int], None]":
    watcher = progress or Progress()
    watcher.stage(f"{title}, bytes read")
    return watcher.advance
