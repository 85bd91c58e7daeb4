"""The sidecar: equal slots that describe themselves, and how they are found again in one that is damaged.

A slot (all integers big endian, 52 + T bytes):

====================  =======  ====================================================================================
magic                 4        ``pRQ1``
object id             16       first half of the SHA-256 of the index
index length          4        in bytes
T                     2        bytes of the payload
kind                  1        0 a symbol of the index, 1 a repair symbol of the content
zero                  1
block                 4
ESI                   4        RFC 6330 encoding symbol id in the block
payload               T
check                 16       first half of the SHA-256 of all before it
====================  =======  ====================================================================================

So what it takes to read the rest stands in every slot, and a slot is believed for what it says wherever it lies.
In order: the source symbols of the index, the repair symbols of the content (those of one ESI together), the repair
symbols of the index. Either end alone gives the index, and so does any half of its slots.
"""

import hashlib
import os
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from parity.sidecar.geometry import SYMBOL_SIZES, Geometry
from parity.sidecar.reading import read_at

MAGIC = b"pRQ1"
HEADER = struct.Struct(">4s16sIHBBII")
CHECK = 16
OVERHEAD = HEADER.size + CHECK
INDEX, REPAIR = 0, 1
INDEX_OVERHEAD = "1"
"""The index is coded with as many repair symbols as it has source symbols."""
WINDOW = 4 << 20


class Family(NamedTuple):
    """What all slots of one sidecar have in common."""

    object_id: bytes
    index_length: int
    symbol_size: int


class Place(NamedTuple):
    """What a slot holds."""

    kind: int
    block: int
    esi: int


class Slot(NamedTuple):
    """A slot that is whole, and where it begins in the sidecar."""

    family: Family
    place: Place
    offset: int


def pack(family: Family, place: Place, payload: bytes) -> bytes:
    """The bytes of a slot."""
    header = HEADER.pack(MAGIC, family.object_id, family.index_length, family.symbol_size, place.kind, 0, *place[1:])
    return b"".join((header, payload, hashlib.sha256(header + payload).digest()[:CHECK]))


def unpack(data: bytes | bytearray | memoryview, offset: int) -> tuple[Family, Place] | None:
    """The slot at an offset of `data`, None if there is none that is whole."""
    if len(data) - offset < OVERHEAD + SYMBOL_SIZES[0]:
        return None
    magic, object_id, index_length, symbol_size, kind, zero, block, esi = HEADER.unpack_from(data, offset)
    if magic != MAGIC or zero or kind not in {INDEX, REPAIR} or symbol_size not in SYMBOL_SIZES:
        return None
    end = offset + HEADER.size + symbol_size
    if len(data) < end + CHECK or hashlib.sha256(data[offset:end]).digest()[:CHECK] != data[end : end + CHECK]:
        return None
    return Family(object_id, index_length, symbol_size), Place(kind, block, esi)


def scan(descriptor: int, progress: Callable[[int], None]) -> Iterator[Slot]:
    """All whole slots of a sidecar, wherever they begin, read in pieces.

    Each place where the magic stands is tried, also inside of a slot: where a byte was lost, the next slot may begin
    with the byte that the one before it lacks (the fault campaign met it).
    """
    most = OVERHEAD + SYMBOL_SIZES[-1]
    end = os.fstat(descriptor).st_size
    for begin in range(0, end, WINDOW):
        buffer = bytearray(min(WINDOW + most, end - begin))
        view = memoryview(buffer)
        read_at(descriptor, view, begin)
        at = buffer.find(MAGIC)
        while 0 <= at < WINDOW:
            found = unpack(view, at)
            if found is not None:
                yield Slot(*found, begin + at)
            at = buffer.find(MAGIC, at + 1)
        progress(min(WINDOW, end - begin))


class Layout:
    """Where each slot of a sidecar begins.

    content: the geometry of what is sealed; index: that of the index.
    """

    def __init__(self, content: Geometry, index_length: int) -> None:
        self.content = content
        self.index = Geometry(index_length, content.symbol_size, INDEX_OVERHEAD)
        self.slot_size = OVERHEAD + content.symbol_size
        self.slots = self.index.symbols + content.repair_symbols + self.index.repair_symbols

    @property
    def size(self) -> int:
        """Bytes of the sidecar."""
        return self.slots * self.slot_size

    def number(self, place: Place) -> int | None:
        """Which slot a place is; None for a place that does not exist."""
        geometry = self.content if place.kind == REPAIR else self.index
        if place.block >= geometry.blocks:
            return None
        count = geometry.source_count(place.block)
        if place.esi < count:
            return geometry.symbol_of(place.block, place.esi) if place.kind == INDEX else None
        if place.esi >= count + geometry.repair_count(place.block):
            return None
        before = self.index.symbols + (self.content.repair_symbols if place.kind == INDEX else 0)
        return before + geometry.repair_place(place.block, place.esi)

    def places(self) -> Iterator[Place]:
        """All places, in the order of the slots."""
        for symbol in range(self.index.symbols):
            yield Place(INDEX, self.index.block_of(symbol), self.index.esi_of(symbol))
        for row in self.content.repair_order():
            yield Place(REPAIR, *row)
        for row in self.index.repair_order():
            yield Place(INDEX, *row)


def by_family(slots: Iterator[Slot]) -> list[tuple[Family, dict[Place, int]]]:
    """The offsets of slots by their places, for each family; the one with the most slots first."""
    families: dict[Family, dict[Place, int]] = {}
    count: Counter[Family] = Counter()
    for slot in slots:
        families.setdefault(slot.family, {}).setdefault(slot.place, slot.offset)
        count[slot.family] += 1
    return [(family, families[family]) for family, _ in count.most_common()]
