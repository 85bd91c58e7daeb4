"""Sealed objects: where they and their sidecars lie, and access to the symbols of one."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from parity.documents.durable import is_temporary
from parity.documents.seal import SEAL_NAME, Kind, SealHead
from parity.errors import DocumentError, ExitCode, ParityError, StorageError, UsageError
from parity.sidecar.content import Content, Entry, Piece, entries, nothing, shown
from parity.sidecar.index import SYMBOL_HASH, Index, recover, symbol_hash
from parity.sidecar.reading import Stamp, open_regular, read_at, stamp
from parity.sidecar.renames import found_elsewhere
from parity.sidecar.slots import HEADER, OVERHEAD, REPAIR, Family, Layout, Place, by_family, scan, unpack

SUFFIX = ".rq"


class SealLostError(ParityError):
    """A sidecar of which too little is left to know what was sealed."""

    code = "seal_lost"
    exit_code = ExitCode.BAD_VERDICT


class Target(NamedTuple):
    """A sealed object. path: of the file or the directory. sidecar: the path of its seal."""

    kind: Kind
    path: Path
    sidecar: Path


def sidecar_of(path: Path) -> Path:
    """Where the seal of a file or a directory lies, or would."""
    return path / SEAL_NAME if path.is_dir() else path.with_name(path.name + SUFFIX)


def locate(path: Path) -> Target:
    """The sealed object that a path names: the object itself, or its sidecar. Raises UsageError if there is none."""
    target = _target(path)
    if target is None:
        known = os.path.lexists(path)
        raise UsageError(
            "it was never sealed" if known else "there is no such file or directory",
            where=str(path),
            expected="a sealed file or directory",
            hint=f"`parity seal {path}` makes a seal" if known else None,
        )
    return target


def _target(path: Path) -> Target | None:
    if path.is_dir():
        sidecar = path / SEAL_NAME
        return Target("directory", path, sidecar) if os.path.lexists(sidecar) else None
    beside = path.with_name(path.name + SUFFIX) if path.name else path
    if path.name + SUFFIX != SEAL_NAME and os.path.lexists(beside):
        return Target("file", path, beside)
    if path.name == SEAL_NAME and os.path.lexists(path):
        return Target("directory", path.parent, path)
    if path.suffix == SUFFIX and os.path.lexists(path):
        return Target("file", path.with_name(path.name.removesuffix(SUFFIX)), path)
    return None


def targets(path: Path) -> list[Target]:
    """The sealed object that a path names, or all that lie in a directory without a seal of its own.

    Raises
    ------
    UsageError
        If there is none.
    """
    if path.is_dir() and _target(path) is None:
        found = list(_below(path))
        if not found:
            raise UsageError(
                "nothing in this directory was ever sealed", where=str(path), hint=f"`parity seal {path}` makes a seal"
            )
        return found
    return [locate(path)]


def _below(path: Path) -> Iterator[Target]:
    def refuse(error: OSError) -> None:
        raise StorageError(f"cannot list the directory: {error.strerror}", where=error.filename) from None

    for folder, folders, names in os.walk(path, onerror=refuse):
        here = Path(folder)
        if SEAL_NAME in names:
            folders.clear()
            yield Target("directory", here, here / SEAL_NAME)
            continue
        folders[:] = sorted(name for name in folders if not is_temporary(name))
        for name in sorted(names):
            if name.endswith(SUFFIX) and name != SUFFIX and not is_temporary(name):
                yield Target("file", here / name.removesuffix(SUFFIX), here / name)


class Sealed:
    """A sealed object that is open for reading.

    Parameters
    ----------
    target
        Where it lies.
    progress
        Told the bytes of the sidecar that were read.

    Attributes
    ----------
    head, symbol_hashes, object_id
        What the index says; 16 bytes for each symbol, one after the other.
    geometry, layout
        Symbols and blocks of the content; places of the slots.
    offsets
        Where each slot that is whole lies in the sidecar.
    misplaced
        Slots that are not in their place. intact: whether every byte of the sidecar is as it was written.
    content
        The bytes that there are, of damaged and of whole files.
    there, unlisted
        What lies at the path: the stamp of each listed file that is there (None: it is no regular file), and files that
        the seal does not know.
    renamed
        Listed files that are missing, whose content lies under another name.

    Raises
    ------
    SealLostError
        If too little of the sidecar is left.
    StorageError
        If the object or the sidecar may not be read.
    """

    def __init__(self, target: Target, progress: Callable[[int], None] = nothing) -> None:
        self.target = target
        try:
            self._sidecar = open_regular(os.fspath(target.sidecar))
        except OSError as error:
            raise StorageError(f"cannot read the seal: {error.strerror}", where=str(target.sidecar)) from None
        try:
            self.sidecar_stamp = Stamp.of(os.fstat(self._sidecar))
            self.family, self.offsets, index = self._understood(progress)
            self.head: SealHead = index.head
            self.symbol_hashes = index.symbol_hashes
            self.object_id = self.family.object_id.hex()
            self.geometry = index.geometry
            self.layout = Layout(self.geometry, self.family.index_length)
            self._keep_known_slots()
            self._look()
        except BaseException:
            os.close(self._sidecar)
            raise

    @property
    def index(self) -> Index:
        """The whole index."""
        return Index(self.head, self.symbol_hashes)

    def _understood(self, progress: Callable[[int], None]) -> tuple[Family, dict[Place, int], Index]:
        """The first family of slots, by their number, that gives an index of the right kind."""
        where, reasons = str(self.target.sidecar), []
        for family, offsets in by_family(scan(self._sidecar, progress)):

            def payload(place: Place, family: Family = family, offsets: dict[Place, int] = offsets) -> bytes | None:
                return self._payload(family, place, offsets[place]) if place in offsets else None

            try:
                index = recover(family, offsets, payload, where)
            except DocumentError as error:
                reasons.append(error.message)
                continue
            if index is None:
                reasons.append("too few slots of the index are left")
            elif index.head.kind != self.target.kind or index.head.symbol_size != family.symbol_size:
                reasons.append(f"it is the seal of a {index.head.kind}, of symbols of {index.head.symbol_size} bytes")
            else:
                return family, offsets, index
        reason = reasons[0] if reasons else "no slot of it is whole"
        raise SealLostError(f"the seal cannot be read: {reason}", where=where, expected="a sidecar of `parity seal`")

    def _keep_known_slots(self) -> None:
        """Drop slots of places that do not exist, and count those that are not where they should be."""
        numbers = {place: self.layout.number(place) for place in self.offsets}
        self.offsets = {place: offset for place, offset in self.offsets.items() if numbers[place] is not None}
        size = self.layout.slot_size
        placed = sum(numbers[place] == offset / size for place, offset in self.offsets.items())
        self.misplaced = self.layout.slots - placed
        self.intact = self.misplaced == 0 and self.sidecar_stamp.size == self.layout.size

    def _look(self) -> None:
        """What lies at the path, beside what the seal lists."""
        path, head = self.target.path, self.head
        if head.kind == "file":
            name = shown(path.name)
            there = {name: stamp(os.fspath(path)) if path.is_file() and not path.is_symlink() else None}
            self.there = there if os.path.lexists(path) else {}
            self.unlisted: tuple[str, ...] = ()
            self.renamed: dict[str, Entry] = {}
            self.listed: tuple[tuple[str, int, str], ...] = ((name, head.size, head.sha256),)
        else:
            found = {entry.name: entry for entry in entries(path)}
            self.listed = head.files
            names = {name for name, _, _ in head.files}
            self.there = {name: entry.stamp for name, entry in found.items() if name in names}
            others = [entry for name, entry in found.items() if name not in names]
            missing = [row for row in head.files if self.there.get(row[0]) is None]
            self.renamed = found_elsewhere(missing, others)
            taken = {entry.name for entry in self.renamed.values()}
            self.unlisted = tuple(entry.name for entry in others if entry.name not in taken)
        self.content = Content([Piece(name, self._source(name), size) for name, size, _ in self.listed])

    def _source(self, name: str) -> str | None:
        if name in self.renamed:
            return self.renamed[name].path
        return os.fspath(self.path_of(name)) if self.there.get(name) is not None else None

    def path_of(self, name: str) -> Path:
        """Where a listed file belongs."""
        return self.target.path if self.head.kind == "file" else self.target.path / name

    def expected_hash(self, symbol: int) -> bytes:
        """The hash of a source symbol as it was sealed."""
        return self.symbol_hashes[symbol * SYMBOL_HASH : (symbol + 1) * SYMBOL_HASH]

    def symbol(self, number: int) -> bytes | None:
        """A source symbol of T bytes; None if it is damaged or cannot be read."""
        buffer = bytearray(self.geometry.symbol_size)
        holes = self.content.read_into(memoryview(buffer), number * self.geometry.symbol_size)
        return None if holes or symbol_hash(buffer) != self.expected_hash(number) else bytes(buffer)

    def repair_symbol(self, block: int, esi: int) -> bytes | None:
        """A repair symbol; None if no slot that holds it is whole."""
        place = Place(REPAIR, block, esi)
        return self._payload(self.family, place, self.offsets[place]) if place in self.offsets else None

    def _payload(self, family: Family, place: Place, offset: int) -> bytes | None:
        """Read a slot once more, for it may not say the same any more."""
        buffer = bytearray(OVERHEAD + family.symbol_size)
        read_at(self._sidecar, memoryview(buffer), offset)
        if unpack(buffer, 0) != (family, place):
            return None
        return bytes(buffer[HEADER.size : HEADER.size + family.symbol_size])

    def repair_good(self, block: int) -> list[int]:
        """The ESIs of the repair symbols of a block that are there."""
        first = self.geometry.source_count(block)
        esis = range(first, first + self.geometry.repair_count(block))
        return [esi for esi in esis if Place(REPAIR, block, esi) in self.offsets]

    def close(self) -> None:
        """Give all descriptors back."""
        self.content.close()
        os.close(self._sidecar)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_sealed(path: Path, progress: Callable[[int], None] = nothing) -> Sealed:
    """The sealed object that a path names, to be used in `with`. Raises UsageError, SealLostError, StorageError."""
    return Sealed(locate(path), progress)
