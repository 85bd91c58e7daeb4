"""The index of a seal: what was sealed and the hash of each symbol, coded so that half of its slots give it back.

Bytes: length of the head (4, big endian), the head (canonical JSON of `SealHead`), 16 bytes for each symbol (the first
half of the SHA-256 of its T bytes, the last one filled up with zeros), SHA-256 of all that (32).
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from parity.documents.model import canonical
from parity.documents.seal import SealHead
from parity.errors import DocumentError, UsageError
from parity.sidecar import codec
from parity.sidecar.geometry import Geometry
from parity.sidecar.slots import INDEX, INDEX_OVERHEAD, Family, Place, pack

SYMBOL_HASH = 16
_LENGTH = 4
_DIGEST = 32


class Index(NamedTuple):
    """What an index says. symbol_hashes: 16 bytes each, one after the other."""

    head: SealHead
    symbol_hashes: bytes

    @property
    def geometry(self) -> Geometry:
        """Of the content."""
        return Geometry(self.head.size, self.head.symbol_size, self.head.overhead)


def symbol_hash(symbol: bytes | bytearray | memoryview) -> bytes:
    """The hash of a symbol of T bytes."""
    return hashlib.sha256(symbol).digest()[:SYMBOL_HASH]


def encode(index: Index) -> bytes:
    """The bytes of an index."""
    head = canonical(index.head.full())
    content = b"".join((len(head).to_bytes(_LENGTH, "big"), head, index.symbol_hashes))
    return content + hashlib.sha256(content).digest()


def length(head: SealHead) -> int:
    """Bytes of the index with this head: digests have a fixed length, so they need not be known."""
    symbols = -(-head.size // head.symbol_size)
    return _LENGTH + len(canonical(head.full())) + symbols * SYMBOL_HASH + _DIGEST


def object_id(encoded: bytes) -> bytes:
    """What names a sealed object: it follows from the content, its names and the overhead alone."""
    return hashlib.sha256(encoded).digest()[:16]


def decode(encoded: bytes, where: str) -> Index:
    """An index from its bytes. Raises DocumentError if they contradict themselves."""
    content, digest = encoded[:-_DIGEST], encoded[-_DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        raise DocumentError("the index does not have the SHA-256 that it carries", where=where)
    end = _LENGTH + int.from_bytes(content[:_LENGTH], "big")
    head = SealHead.from_json(content[_LENGTH:end], where)
    if canonical(head.full()) != content[_LENGTH:end]:
        raise DocumentError("the head of the index is not in canonical form", where=where)
    index = Index(head, content[end:])
    try:
        symbols = index.geometry.symbols
    except UsageError as error:
        raise DocumentError(error.message, where=where, expected=error.expected) from None
    if len(index.symbol_hashes) != symbols * SYMBOL_HASH:
        raise DocumentError(
            f"the index has {len(index.symbol_hashes)} bytes of hashes for {symbols} symbols",
            where=where,
        )
    return index


def slots(family: Family, encoded: bytes) -> Iterator[tuple[Place, bytes]]:
    """All slots of the index, of each block the source symbols first."""
    geometry = Geometry(len(encoded), family.symbol_size, INDEX_OVERHEAD)
    filled = encoded.ljust(geometry.symbols * geometry.symbol_size, b"\0")
    for block in range(geometry.blocks):
        count = geometry.source_count(block)
        symbols = [_symbol(filled, geometry, block, esi) for esi in range(count)]
        symbols += codec.encode(b"".join(symbols), geometry.symbol_size, geometry.repair_count(block))
        for esi, symbol in enumerate(symbols):
            place = Place(INDEX, block, esi)
            yield place, pack(family, place, symbol)


def _symbol(filled: bytes, geometry: Geometry, block: int, esi: int) -> bytes:
    begin = geometry.symbol_of(block, esi) * geometry.symbol_size
    return filled[begin : begin + geometry.symbol_size]


def recover(
    family: Family, offsets: Mapping[Place, int], payload: Callable[[Place], bytes | None], where: str
) -> Index | None:
    """The index from whatever slots are left; None if they do not suffice.

    Parameters
    ----------
    family
        What the slots say of themselves.
    offsets
        The places of which there are slots.
    payload
        Reads the payload of a slot.
    where
        The sidecar, for messages.

    Raises
    ------
    DocumentError
        If the slots give an index of another object, or one that contradicts itself.
    """
    geometry = Geometry(family.index_length, family.symbol_size, INDEX_OVERHEAD)
    there = [place for place in offsets if place.kind == INDEX]
    if len(there) < geometry.symbols:
        return None
    blocks: dict[int, list[int]] = {}
    for place in there:
        blocks.setdefault(place.block, []).append(place.esi)
    filled = bytearray(geometry.symbols * geometry.symbol_size)
    for block in range(geometry.blocks):
        count = geometry.source_count(block)
        esis = [esi for esi in blocks.get(block, ()) if esi < count + geometry.repair_count(block)]
        symbols = {esi: symbol for esi in esis if (symbol := payload(Place(INDEX, block, esi))) is not None}
        decoded = codec.decode(count, geometry.symbol_size, symbols)
        if decoded is None:
            return None
        for esi in range(count):
            begin = geometry.symbol_of(block, esi) * geometry.symbol_size
            filled[begin : begin + geometry.symbol_size] = decoded[esi * geometry.symbol_size :][: geometry.symbol_size]
    encoded = bytes(filled[: family.index_length])
    if object_id(encoded) != family.object_id:
        raise DocumentError("the slots of the sidecar give an index of another object", where=where)
    return decode(encoded, where)
