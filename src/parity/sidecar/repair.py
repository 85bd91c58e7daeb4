"""Mending: new files beside the damaged ones, checked as a whole, and only then in their place."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from parity.documents.durable import move, replacing_file, storage_error, sweep, write_at
from parity.documents.seal import DamagedFile, RepairObject
from parity.errors import ParityError, StorageError, UsageError
from parity.sidecar import index
from parity.sidecar.content import CHUNK, Content, Piece, nothing, shown
from parity.sidecar.finding import Finding, digests, examine, recovered_blocks
from parity.sidecar.mended import Mended, Spool, rerooted
from parity.sidecar.objects import Sealed, SealLostError, Target, locate
from parity.sidecar.reading import stamp
from parity.sidecar.renames import file_digest
from parity.sidecar.scrub import lost_state, state
from parity.sidecar.writing import check_content, check_sidecar, finish_slots, write_repair_symbols


def repair(path: Path, progress: Callable[[int], None] = nothing) -> RepairObject:
    """Restore what was sealed: content, names, missing files, and the sidecar itself.

    Nothing is replaced before all of the object, as it will be, was read and has its SHA-256. What is lost is left as
    it is. A file that stands where a directory should be, or the reverse, is moved aside.

    Raises
    ------
    UsageError
        If it was never sealed, or something else changes it meanwhile.
    StorageError
        If something cannot be read or written.
    """
    return repair_target(locate(path), progress)


def repair_target(target: Target, progress: Callable[[int], None] = nothing) -> RepairObject:
    """The same for an object that is located already."""
    try:
        with Sealed(target, progress) as sealed:
            finding = examine(sealed, progress)
            if finding.status == "ok":
                return RepairObject(status="nothing_to_do", **state(finding))
            if finding.status == "lost":
                return RepairObject(status="lost", **state(finding))
            return _Repair(finding, progress).run()
    except SealLostError as error:
        return RepairObject(status="lost", **lost_state(target, error))


class _Repair:
    """One repair of an object of which enough is left."""

    def __init__(self, finding: Finding, progress: Callable[[int], None]) -> None:
        self._finding, self._sealed, self._progress = finding, finding.sealed, progress
        self._displaced: list[tuple[Path, Path]] = []

    def run(self) -> RepairObject:
        sealed, finding = self._sealed, self._finding
        folder = sealed.target.sidecar.parent
        sweep(folder)
        try:
            if finding.damaged or finding.files:
                with Spool(folder, finding.damaged, sealed.geometry.symbol_size) as spool:
                    self._restore(spool)
            if not sealed.intact:
                self._rewrite_sidecar()
        except OSError as error:
            raise storage_error(error, sealed.target.path) from None
        return RepairObject(
            status="repaired",
            **state(finding),
            restored=tuple(file.name for file in finding.files),
            displaced=tuple(shown(new) for _, new in self._displaced),
            seal_rewritten=not sealed.intact,
        )

    def _restore(self, spool: Spool) -> None:
        sealed, finding = self._sealed, self._finding
        for _, symbols in recovered_blocks(finding, sorted(finding.by_block), self._progress):
            if symbols is None:
                raise self._changed()
            for number, symbol in symbols.items():
                spool.put(number, symbol)
        with Mended(sealed.content.pieces, spool) as mended:
            found = digests(mended, sealed.geometry.symbol_size, self._progress)
        if found.unread or found.sha256 != sealed.head.sha256 or found.symbols != sealed.symbol_hashes:
            raise self._changed()
        for file in finding.files:
            self._clear_the_way(sealed.path_of(file.name))
        pieces = rerooted(sealed.content.pieces, self._displaced)
        moved = []
        with Mended(pieces, spool) as mended:
            for file in finding.files:
                if file.damage == "renamed":
                    moved.append(file)
                else:
                    self._rewrite(file, mended)
        sources = {piece.name: piece.path for piece in pieces}
        for file in moved:
            self._move_back(sealed.path_of(file.name), sources[file.name])

    def _clear_the_way(self, path: Path) -> None:
        """Move aside what stands in the place of a file, or of a directory above it. Nothing is ever deleted."""
        top = self._sealed.target.path
        above = [parent for parent in reversed(path.parents) if parent != top and parent.is_relative_to(top)]
        for parent in above if self._sealed.head.kind == "directory" else ():
            if os.path.lexists(parent) and not stat.S_ISDIR(parent.lstat().st_mode):
                self._displace(parent)
        if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
            self._displace(path)

    def _displace(self, path: Path) -> None:
        number, aside = 1, path.with_name(f"{path.name}.displaced")
        while os.path.lexists(aside):
            number += 1
            aside = path.with_name(f"{path.name}.displaced.{number}")
        move(path, aside)
        self._displaced.append((path, aside))

    def _rewrite(self, file: DamagedFile, mended: Content) -> None:
        number = next(number for number, piece in enumerate(mended.pieces) if piece.name == file.name)
        piece, digest = mended.pieces[number], self._sealed.listed[number][2]
        path = self._sealed.path_of(file.name)
        before = self._sealed.there.get(file.name)

        def check(temporary: Path) -> None:
            if file_digest(os.fspath(temporary), piece.size) != digest or temporary.stat().st_size != piece.size:
                raise StorageError("the restored file was not stored as written", where=str(path))
            if stamp(os.fspath(path)) != before:
                raise self._changed()

        sweep(path.parent)
        with replacing_file(path, check) as temporary:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CLOEXEC)
            try:
                for at in range(0, piece.size, CHUNK):
                    view = memoryview(bytearray(min(CHUNK, piece.size - at)))
                    mended.read_into(view, mended.begins[number] + at)
                    write_at(descriptor, view, at)
            finally:
                os.close(descriptor)

    def _move_back(self, path: Path, source: str | None) -> None:
        assert source is not None, "a renamed file has a source"
        if os.path.lexists(path):
            raise self._changed()
        move(Path(source), path)

    def _rewrite_sidecar(self) -> None:
        """The same bytes as at first: they follow from the content."""
        sealed = self._sealed
        pieces = [Piece(name, os.fspath(sealed.path_of(name)), size) for name, size, _ in sealed.listed]
        path, known = sealed.target.sidecar, sealed.index

        def check(temporary: Path) -> None:
            check_sidecar(temporary, sealed.layout, sealed.family)
            if not check_content(content, known, self._progress) or stamp(os.fspath(path)) != sealed.sidecar_stamp:
                raise self._changed()

        with Content(pieces) as content, replacing_file(path, check) as temporary:
            hashes = write_repair_symbols(temporary, sealed.layout, content, lambda: None, self._progress)
            if hashes != known.symbol_hashes:
                raise self._changed()
            finish_slots(temporary, sealed.layout, sealed.family, index.encode(known))

    def _changed(self) -> ParityError:
        return UsageError(
            "it was changed while it was repaired",
            where=str(self._sealed.target.path),
            hint="repair it again when nothing else writes to it",
        )
