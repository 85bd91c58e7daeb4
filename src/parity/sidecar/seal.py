"""Making a seal."""

import hashlib
import os
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from threading import Thread

from parity.documents.durable import replacing_file, sweep
from parity.documents.seal import SEAL_NAME, SealedObject, SealHead
from parity.errors import ParityError, StorageError, UsageError
from parity.sidecar import index
from parity.sidecar.content import Content, Entry, Piece, chunks, nothing, sealable, shown
from parity.sidecar.geometry import Geometry, decimal_overhead, symbol_size
from parity.sidecar.objects import sidecar_of
from parity.sidecar.reading import Hole
from parity.sidecar.slots import Family, Layout
from parity.sidecar.writing import check_content, check_sidecar, finish_slots, write_repair_symbols

NO_DIGEST = "0" * 64


def seal(path: Path, overhead: float | Decimal = 0.10, progress: Callable[[int], None] = nothing) -> SealedObject:
    """Write the seal of a file or a directory beside it, or anew; and read everything again.

    Parameters
    ----------
    path
        A file, whose seal is FILE.rq beside it; or a directory, whose seal is DIR/seal.rq and covers every file below
        but itself, scrub.json and decode_proof.json at the top.
    overhead
        Repair symbols by source symbols.
    progress
        Told the bytes that were done; twice the size in all, for everything is read again.

    Raises
    ------
    UsageError
        If the path does not exist, or there is what cannot be sealed; or it was changed meanwhile.
    StorageError
        If something cannot be read or written.
    """
    share = decimal_overhead(overhead)
    directory = path.is_dir()
    sidecar = sidecar_of(path)
    if not directory and sidecar.name == SEAL_NAME:
        raise UsageError(
            f"a file with this name cannot be sealed: {SEAL_NAME} is the seal of a directory", where=str(path)
        )
    if os.path.lexists(path):
        sweep(sidecar.parent)
    found = sealable(path)
    content = _content(found)
    size = content.size
    layout_size = symbol_size(size)
    head = _head(content, layout_size, share, directory=directory)
    layout = Layout(Geometry(size, layout_size, share), index.length(head))
    known: list[index.Index] = []

    def check(temporary: Path) -> None:
        check_sidecar(temporary, layout, _family(known[0], layout))
        if not check_content(content, known[0], progress) or [e[:3] for e in sealable(path)] != [e[:3] for e in found]:
            raise _changed(path)

    with content, replacing_file(sidecar, check) as temporary:
        hashing = _Hashing(content)
        hashes = write_repair_symbols(temporary, layout, content, hashing.start, progress)
        whole, files = hashing.result()
        rows = tuple((name, size, digest) for (name, size, _), digest in zip(head.files, files, strict=False))
        known.append(index.Index(head.model_copy(update={"sha256": whole, "files": rows}), hashes))
        encoded = index.encode(known[0])
        finish_slots(temporary, layout, _family(known[0], layout), encoded)
    return _summary(path, sidecar, known[0], layout)


def _content(found: Sequence[Entry]) -> Content:
    sizes = [entry.stamp.size if entry.stamp else 0 for entry in found]
    return Content([Piece(entry.name, entry.path, size) for entry, size in zip(found, sizes, strict=True)])


def _head(content: Content, layout_size: int, share: Decimal, *, directory: bool) -> SealHead:
    """The head with digests still to be filled in."""
    rows = tuple((piece.name, piece.size, NO_DIGEST) for piece in content.pieces) if directory else ()
    return SealHead.model_validate(
        {
            "kind": "directory" if directory else "file",
            "size": content.size,
            "sha256": NO_DIGEST,
            "symbol_size": layout_size,
            "overhead": f"{share:f}",
            "files": rows,
        }
    )


def _family(known: index.Index, layout: Layout) -> Family:
    encoded = index.encode(known)
    return Family(index.object_id(encoded), len(encoded), layout.content.symbol_size)


def _changed(path: Path) -> ParityError:
    return UsageError("it was changed while it was sealed", where=str(path), hint="seal it again when it is at rest")


def _check_read(content: Content, offset: int, holes: Sequence[Hole]) -> None:
    for hole in holes:
        number = content.overlaps(offset + hole.begin, offset + hole.end)[0]
        raise StorageError("cannot be read to the end that it had", where=content.pieces[number].path)


class _Hashing:
    """SHA-256 of the whole content and of each of its files, in a thread."""

    def __init__(self, content: Content) -> None:
        self._content, self._failed = content, list[Exception]()
        self._whole, self._files = hashlib.sha256(), [hashlib.sha256() for _ in content.pieces]
        self._thread = Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin; after a fork, not before it."""
        self._thread.start()

    def result(self) -> tuple[str, list[str]]:
        """Of the whole, and of each file. Raises what went wrong."""
        self._thread.join()
        if self._failed:
            raise self._failed[0]
        return self._whole.hexdigest(), [state.hexdigest() for state in self._files]

    def _work(self) -> None:
        try:
            with self._content.again() as content:
                for offset, view, holes in chunks(content, nothing):
                    _check_read(content, offset, holes)
                    self._whole.update(view)
                    self._update_files(content, offset, view)
        except Exception as error:
            self._failed.append(error)

    def _update_files(self, content: Content, offset: int, view: memoryview) -> None:
        if len(content.pieces) == 1:  # of one file alone the digest is the whole's
            self._files[0] = self._whole
            return
        for number in content.overlaps(offset, offset + len(view)):
            begin = max(content.begins[number], offset)
            end = content.begins[number] + content.pieces[number].size
            self._files[number].update(view[begin - offset : max(end - offset, 0)])


def _summary(path: Path, sidecar: Path, known: index.Index, layout: Layout) -> SealedObject:
    head = known.head
    return SealedObject(
        path=shown(path),
        seal=shown(sidecar),
        kind=head.kind,
        object_id=_family(known, layout).object_id.hex(),
        sha256=head.sha256,
        bytes=head.size,
        seal_bytes=layout.size,
        files=len(head.files) if head.kind == "directory" else 1,
        symbol_size=head.symbol_size,
        symbols=layout.content.symbols,
        repair_symbols=layout.content.repair_symbols,
        blocks=layout.content.blocks,
        overhead=head.overhead,
    )
