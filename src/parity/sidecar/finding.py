"""What is damaged in a sealed object, and whether what is left suffices."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from threading import Thread
from typing import TYPE_CHECKING, Literal, NamedTuple

from parity.documents.seal import DamagedFile
from parity.sidecar import codec
from parity.sidecar.blocks import BlockGroup, groups
from parity.sidecar.content import Content, chunks, nothing, shown
from parity.sidecar.geometry import RESERVE
from parity.sidecar.index import SYMBOL_HASH, symbol_hash
from parity.sidecar.objects import Sealed
from parity.sidecar.renames import file_digest

if TYPE_CHECKING:
    from parity.documents.seal import Status

_THREAD_FROM = 1 << 20
"""Bytes from which the whole is hashed by a second thread; hashing gives the interpreter's lock free."""


class Digests(NamedTuple):
    """Hashes of a content. symbols: 16 bytes each. unread: symbols of which not all could be read."""

    sha256: str
    symbols: bytes
    unread: frozenset[int]


def symbol_digests(view: memoryview, symbol_size: int) -> bytes:
    """The hashes of consecutive symbols, of which the last may be short: it counts as filled up with zeros."""
    whole = len(view) - len(view) % symbol_size
    sha256 = hashlib.sha256
    digests = [sha256(view[at : at + symbol_size]).digest()[:SYMBOL_HASH] for at in range(0, whole, symbol_size)]
    if whole < len(view):
        digests.append(sha256(bytes(view[whole:]).ljust(symbol_size, b"\0")).digest()[:SYMBOL_HASH])
    return b"".join(digests)


def digests(content: Content, symbol_size: int, progress: Callable[[int], None]) -> Digests:
    """Read a content once, and hash its symbols and the whole of it."""
    whole, symbols, unread = hashlib.sha256(), [], set[int]()
    for offset, view, holes in chunks(content, progress):
        if len(view) < _THREAD_FROM:
            whole.update(view)
            symbols.append(symbol_digests(view, symbol_size))
        else:
            beside = Thread(target=whole.update, args=(view,))
            beside.start()
            symbols.append(symbol_digests(view, symbol_size))
            beside.join()
        for hole in holes:
            first, last = offset + hole.begin, offset + hole.end - 1
            unread.update(range(first // symbol_size, last // symbol_size + 1))
    return Digests(whole.hexdigest(), b"".join(symbols), frozenset(unread))


class Finding:
    """What is damaged.

    Attributes
    ----------
    damaged
        Numbers of the source symbols that are not as sealed or cannot be read.
    by_block
        For each block that has any, their ESIs.
    files
        Files that are not as sealed; `unlisted` ones are no damage.
    undecodable
        Blocks whose damaged symbols what is left does not give back.
    reason
        Why the object is lost; None if it is not.
    """

    def __init__(self, sealed: Sealed, found: Digests) -> None:
        self.sealed = sealed
        size = SYMBOL_HASH
        if found.symbols == sealed.symbol_hashes and not found.unread:
            self.damaged: tuple[int, ...] = ()
        else:
            expected, actual = sealed.symbol_hashes, found.symbols
            differing = {
                number
                for number in range(sealed.geometry.symbols)
                if expected[number * size : number * size + size] != actual[number * size : number * size + size]
            }
            self.damaged = tuple(sorted(differing | found.unread))
        self.by_block: dict[int, list[int]] = {}
        for symbol in self.damaged:
            self.by_block.setdefault(sealed.geometry.block_of(symbol), []).append(sealed.geometry.esi_of(symbol))
        self._good = [len(sealed.repair_good(block)) for block in range(sealed.geometry.blocks)]
        self.files = tuple(self._files())
        self._changed = not self.damaged and found.sha256 != sealed.head.sha256
        self.undecodable: tuple[int, ...] = ()
        self.reason: str | None = None

    @property
    def repair_symbols_good(self) -> int:
        """Of all blocks."""
        return sum(self._good)

    def margin_of(self, block: int) -> int:
        """Good repair symbols of a block less its damaged source symbols."""
        return self._good[block] - len(self.by_block.get(block, ()))

    @property
    def margin(self) -> int:
        """The smallest of all blocks; 0 if there is none."""
        return min(map(self.margin_of, range(self.sealed.geometry.blocks)), default=0)

    @property
    def status(self) -> "Status":
        """What a scrub says."""
        if self.reason is not None:
            return "lost"
        return "repairable" if self.damaged or self.files or not self.sealed.intact else "ok"

    def decide(self) -> None:
        """Find out whether what is left suffices: by decoding where numbers alone do not tell."""
        if self._changed:
            self.reason = "the seal contradicts itself: each symbol is as sealed, but the whole is not"
            return
        lost = [block for block in self.by_block if self.margin_of(block) < 0]
        doubtful = [block for block in self.by_block if 0 <= self.margin_of(block) < RESERVE]
        lost += [block for block, symbols in recovered_blocks(self, doubtful) if symbols is None]
        self.undecodable = tuple(sorted(lost))
        if lost:
            worst = min(lost, key=self.margin_of)
            self.reason = (
                f"{len(lost)} of {self.sealed.geometry.blocks} blocks cannot be decoded; block {worst} has "
                f"{len(self.by_block[worst])} damaged symbols and {self._good[worst]} good repair symbols"
            )

    def _files(self) -> Iterator[DamagedFile]:
        """In the order of their names."""
        sealed, touched = self.sealed, self._touched()
        for number, piece in enumerate(sealed.content.pieces):
            stamp = sealed.there.get(piece.name)
            symbols = touched.get(number, 0)
            if piece.name in sealed.renamed:
                found_at = shown(sealed.renamed[piece.name].name)
                yield DamagedFile(name=piece.name, damage="renamed", symbols=symbols, found_at=found_at)
            elif stamp is None:
                damage = self._without_file(piece.name)
                yield DamagedFile(name=piece.name, damage=damage, symbols=symbols)
            elif stamp.size != piece.size:
                longer = stamp.size > piece.size
                yield DamagedFile(name=piece.name, damage="lengthened" if longer else "shortened", symbols=symbols)
            elif symbols and (len(sealed.listed) == 1 or not self._as_listed(number)):
                yield DamagedFile(name=piece.name, damage="changed", symbols=symbols)

    def _without_file(self, name: str) -> Literal["missing", "not_a_file"]:
        try:
            os.lstat(self.sealed.path_of(name))
        except OSError:
            return "missing"
        return "not_a_file"

    def _touched(self) -> Mapping[int, int]:
        """How many damaged symbols each piece has a part in."""
        touched: dict[int, int] = {}
        for symbol in self.damaged:
            begin, end = self.sealed.geometry.span(symbol)
            for number in self.sealed.content.overlaps(begin, end):
                touched[number] = touched.get(number, 0) + 1
        return touched

    def _as_listed(self, number: int) -> bool:
        """Whether a file is whole all the same: the damage may be in a neighbour with which it shares a symbol."""
        piece, (_, size, digest) = self.sealed.content.pieces[number], self.sealed.listed[number]
        return piece.path is not None and file_digest(piece.path, size) == digest


def examine(sealed: Sealed, progress: Callable[[int], None] = nothing) -> Finding:
    """Read all of an object and say what is damaged. Nothing is written."""
    with sealed.content.again() as content:
        found = digests(content, sealed.geometry.symbol_size, progress)
    finding = Finding(sealed, found)
    finding.decide()
    return finding


def recovered_blocks(
    finding: Finding, wanted: list[int], progress: Callable[[int], None] = nothing
) -> Iterator[tuple[int, dict[int, bytes] | None]]:
    """Decode the damaged symbols of some blocks.

    Yields
    ------
    block, symbols
        The damaged source symbols by their numbers, each with the hash that it should have; None if what is left of
        the block does not give them back.
    """
    sealed = finding.sealed
    with sealed.content.again() as content:
        for numbers in groups(sealed.geometry, wanted):
            group = BlockGroup(content, sealed.geometry, numbers)
            for block in numbers:
                yield block, _recovered(finding, group, block)
                progress(sealed.geometry.source_count(block))


def _recovered(finding: Finding, group: BlockGroup, block: int) -> dict[int, bytes] | None:
    sealed, geometry = finding.sealed, finding.sealed.geometry
    damaged = set(finding.by_block.get(block, ()))
    count = geometry.source_count(block)
    symbols = {}
    for esi in range(count):
        if esi in damaged:
            continue
        symbol = bytes(group.symbol(block, esi))
        if symbol_hash(symbol) == sealed.expected_hash(geometry.symbol_of(block, esi)):
            symbols[esi] = symbol
    for esi in sealed.repair_good(block):
        if len(symbols) >= count + RESERVE:
            break
        repair = sealed.repair_symbol(block, esi)
        if repair is not None:
            symbols[esi] = repair
    decoded = codec.decode(count, geometry.symbol_size, symbols)
    if decoded is None:
        decoded = _with_all(sealed, block, symbols)
    if decoded is None:
        return None
    size = geometry.symbol_size
    answer = {geometry.symbol_of(block, esi): decoded[esi * size : (esi + 1) * size] for esi in range(count)}
    if any(
        hashlib.sha256(symbol).digest()[:SYMBOL_HASH] != sealed.expected_hash(number)
        for number, symbol in answer.items()
    ):
        return None
    return {number: answer[number] for number in (geometry.symbol_of(block, esi) for esi in damaged)}


def _with_all(sealed: Sealed, block: int, symbols: dict[int, bytes]) -> bytes | None:
    """The last resort: every repair symbol there is."""
    more = {esi: sealed.repair_symbol(block, esi) for esi in sealed.repair_good(block) if esi not in symbols}
    good = {esi: symbol for esi, symbol in more.items() if symbol is not None}
    if not good:
        return None
    return codec.decode(sealed.geometry.source_count(block), sealed.geometry.symbol_size, symbols | good)
