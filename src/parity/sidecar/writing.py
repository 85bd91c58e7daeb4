"""Writing a sidecar: repair symbols first, then, as soon as the index is known, what makes slots of them."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from parity.documents.durable import write_at
from parity.errors import StorageError
from parity.sidecar import codec, index
from parity.sidecar.blocks import BlockGroup, groups
from parity.sidecar.content import Content, nothing
from parity.sidecar.finding import digests
from parity.sidecar.geometry import Geometry
from parity.sidecar.index import SYMBOL_HASH
from parity.sidecar.reading import open_regular, read_at
from parity.sidecar.slots import CHECK, HEADER, MAGIC, REPAIR, Family, Layout, Place, scan
from parity.sidecar.workers import WORKER_FROM, forked, may_fork

BATCH = 1 << 20


class _Share(NamedTuple):
    """The symbol hashes of some blocks."""

    hashes: dict[int, bytes]


def write_repair_symbols(
    path: Path, layout: Layout, content: Content, beside: Callable[[], object], progress: Callable[[int], None]
) -> bytes:
    """Encode all blocks and write the payloads of their slots, by two processes if the object is large.

    Parameters
    ----------
    path
        The sidecar.
    layout
        Where the slots lie.
    content
        What is sealed.
    beside
        What is to be done in this process after the other one has been started.
    progress
        Told the bytes of content that were encoded.

    Returns
    -------
    bytes
        The hash of each symbol that was encoded.
    """
    loads = list(groups(layout.content, range(layout.content.blocks)))
    if layout.content.size < WORKER_FROM or not may_fork():
        beside()
        return _joined(layout.content, [_write_share(path, layout, content, loads, progress)])
    with forked(lambda: _write_share(path, layout, content, loads[1::2], nothing)) as worker:
        beside()
        own = _write_share(path, layout, content, loads[::2], lambda count: progress(2 * count))
        return _joined(layout.content, [own, worker.result()])


def _write_share(
    path: Path, layout: Layout, content: Content, loads: Sequence[Sequence[int]], progress: Callable[[int], None]
) -> _Share:
    geometry, hashes = layout.content, {}
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        with content.again() as own:
            for blocks in loads:
                group = BlockGroup(own, geometry, blocks)
                for block in blocks:
                    symbols = group.symbols(block)
                    hashes[block] = b"".join([hashlib.sha256(symbol).digest()[:SYMBOL_HASH] for symbol in symbols])
                    repair = codec.encode(b"".join(symbols), geometry.symbol_size, geometry.repair_count(block))
                    for esi, payload in enumerate(repair, start=len(symbols)):
                        write_at(descriptor, payload, _offset(layout, Place(REPAIR, block, esi)) + HEADER.size)
                    progress(len(symbols) * geometry.symbol_size)
                    del symbols
                del group  # or the next one would lie beside it
    finally:
        os.close(descriptor)
    return _Share(hashes)


def _offset(layout: Layout, place: Place) -> int:
    number = layout.number(place)
    assert number is not None
    return number * layout.slot_size


def _joined(geometry: Geometry, shares: Sequence[_Share]) -> bytes:
    """Symbol hashes in the order of the symbols."""
    joined = bytearray(geometry.symbols * SYMBOL_HASH)
    for block, hashes in (item for share in shares for item in share.hashes.items()):
        for esi in range(geometry.source_count(block)):
            at = geometry.symbol_of(block, esi) * SYMBOL_HASH
            joined[at : at + SYMBOL_HASH] = hashes[esi * SYMBOL_HASH : (esi + 1) * SYMBOL_HASH]
    return bytes(joined)


def finish_slots(path: Path, layout: Layout, family: Family, encoded: bytes) -> None:
    """Give every repair symbol its header and check, and write the slots of the index."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        for place, slot in index.slots(family, encoded):
            write_at(descriptor, slot, _offset(layout, place))
        _finish_repair_slots(descriptor, layout, family)
    finally:
        os.close(descriptor)


def _finish_repair_slots(descriptor: int, layout: Layout, family: Family) -> None:
    size, payload_end = layout.slot_size, layout.slot_size - CHECK
    rows, left = layout.content.repair_order(), layout.content.repair_symbols
    offset = layout.index.symbols * size
    while left:
        count = min(left, max(1, BATCH // size))
        view = memoryview(bytearray(count * size))
        read_at(descriptor, view, offset)
        for begin in range(0, len(view), size):
            block, esi = next(rows)
            HEADER.pack_into(
                view, begin, MAGIC, family.object_id, family.index_length, family.symbol_size, REPAIR, 0, block, esi
            )
            check = hashlib.sha256(view[begin : begin + payload_end]).digest()[:CHECK]
            view[begin + payload_end : begin + size] = check
        write_at(descriptor, view, offset)
        offset, left = offset + len(view), left - count


def check_sidecar(path: Path, layout: Layout, family: Family) -> None:
    """Read a sidecar once more: every slot whole and in its place, and nothing else. Raises StorageError."""
    descriptor = open_regular(os.fspath(path))
    try:
        expected = enumerate(layout.places())
        for slot in scan(descriptor, nothing):
            number, place = next(expected, (-1, None))
            if slot.family != family or slot.place != place or slot.offset != number * layout.slot_size:
                break
        else:
            if next(expected, None) is None and os.fstat(descriptor).st_size == layout.size:
                return
    finally:
        os.close(descriptor)
    raise StorageError("the seal was not stored as written", where=str(path), hint="check the disk")


def check_content(content: Content, known: index.Index, progress: Callable[[int], None]) -> bool:
    """Read the content once more: whether it is what the index says."""
    with content.again() as own:
        found = digests(own, known.head.symbol_size, progress)
    same = found.sha256 == known.head.sha256 and found.symbols == known.symbol_hashes
    return same and not found.unread
