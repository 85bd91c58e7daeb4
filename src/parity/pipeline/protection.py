"""Seal a directory, look at it once, and drill its repair, before it gets its name."""

from pathlib import Path

from parity.documents.durable import write_file
from parity.documents.model import pretty
from parity.documents.seal import ScrubResult
from parity.sidecar.proof import prove
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal

OVERHEAD = 0.10


def protect(folder: Path, overhead: float = OVERHEAD) -> None:
    """Leave seal.rq, scrub.json (what a first scrub found) and decode_proof.json (that repair works) in a directory."""
    seal(folder, overhead)
    found = scrub(folder).model_copy(update={"path": "."})
    write_file(folder / "scrub.json", pretty(ScrubResult(status=found.status, objects=(found,)).full()))
    write_file(folder / "decode_proof.json", pretty(prove(folder).full()))
