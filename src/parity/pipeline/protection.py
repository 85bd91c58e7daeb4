"""Seal a directory, look at it once, and drill its repair, before it gets its name."""

from pathlib import Path

from parity.documents.durable import write_file
from parity.documents.model import pretty
from parity.documents.seal import ScrubResult
from parity.errors import StorageError
from parity.sidecar.proof import prove
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal

OVERHEAD = 0.10


def protect(folder: Path, overhead: float = OVERHEAD) -> None:
    """Leave seal.rq, scrub.json (what a first scrub found) and decode_proof.json (that repair works) in a directory.

    Raises StorageError if the scrub or the drill fails: so short after the seal it is the disk that is to blame.
    """
    seal(folder, overhead)
    found = scrub(folder).model_copy(update={"path": "."})
    write_file(folder / "scrub.json", pretty(ScrubResult(status=found.status, objects=(found,)).full()))
    proof = prove(folder)
    if found.status != "ok" or proof.verdict != "proved":
        raise StorageError(
            "what was sealed is damaged already, or cannot be repaired", where=str(folder), hint="check the disk"
        )
    write_file(folder / "decode_proof.json", pretty(proof.full()))
