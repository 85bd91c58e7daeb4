"""One more event in a bundle that is closed, for what went wrong after its end.

The bundle is built anew beside the old one, sealed, and put in its place as a whole; the files but events.ndjson and
manifest.json are copied byte for byte, checked against manifest.json on their way.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from parity.bundle.telemetry import EVENTS, limited
from parity.bundle.writer import MANIFEST
from parity.documents.durable import Growing, replacing_directory
from parity.documents.model import pretty
from parity.documents.run import BundleFile, BundleManifest
from parity.documents.telemetry import EVENT_SCHEMA, Event
from parity.errors import DamagedError

_PIECE = 1 << 20


def amend(bundle: Path, name: str, attrs: Mapping[str, Any], seal: Callable[[Path], None]) -> BundleManifest:
    """Add an event that belongs to no span, and give the new manifest.

    seal: called with the new directory, before it takes the old one's place; writes seal.rq, scrub.json and
    decode_proof.json, which are not copied. Raises DamagedError if a file is not what manifest.json says, and
    StorageError; then the bundle is as it was.
    """
    where = str(bundle / MANIFEST)
    old = BundleManifest.from_json(_read(bundle / MANIFEST), where)
    if EVENTS not in {file.name for file in old.files}:
        raise DamagedError(
            f"{MANIFEST} lists no {EVENTS}", where=where, expected="a bundle whose events were not compacted"
        )
    event = Event(
        trace_id=old.run_id.trace_id,
        span_id=None,
        name=name,
        time_unix_nanos=str(time.time_ns()),
        attrs=limited(attrs),
    )
    with replacing_directory(bundle) as place:
        files = tuple(_copied(bundle, place, file, event.line() if file.name == EVENTS else b"") for file in old.files)
        manifest = BundleManifest(run_id=old.run_id, files=files)
        with Growing(place / MANIFEST) as copy:
            copy.write(pretty(manifest.full()))
        seal(place)
    return manifest


def _copied(bundle: Path, place: Path, file: BundleFile, more: bytes) -> BundleFile:
    """Copy a file, checked, and add `more` at its end."""
    source = bundle / file.name
    with Growing(place / file.name) as copy:
        try:
            with source.open("rb") as original:
                while piece := original.read(_PIECE):
                    copy.write(piece)
        except OSError as error:
            raise DamagedError(f"cannot be read: {error.strerror}", where=str(source)) from None
        if (copy.sha256, copy.size) != (file.sha256, file.size):
            raise DamagedError(
                f"{file.name} is not the file that the run left", where=str(source), expected=f"sha256 {file.sha256}"
            )
        copy.write(more)
        schema = EVENT_SCHEMA if more else file.schema_
        return BundleFile(name=file.name, sha256=copy.sha256, size=copy.size, schema=schema)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DamagedError(f"cannot be read: {error.strerror}", where=str(path)) from None
