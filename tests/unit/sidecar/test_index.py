"""The index comes back from any half of its slots, and from nothing that contradicts it."""

import hashlib
import random
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.documents.seal import SealHead
from parity.errors import DocumentError
from parity.sidecar import index
from parity.sidecar.geometry import Geometry
from parity.sidecar.index import Index
from parity.sidecar.slots import HEADER, INDEX, INDEX_OVERHEAD, Family, Place

ZERO = "0" * 64


def head(**changes: Any) -> SealHead:
    fields = {"kind": "file", "size": 10_000, "sha256": ZERO, "symbol_size": 256, "overhead": "0.1"} | changes
    return SealHead.from_json(orjson.dumps(fields), "test")


def sample(symbols: int = 40) -> Index:
    return Index(head(size=symbols * 256), random.Random(symbols).randbytes(symbols * 16))


def coded(known: Index) -> tuple[Family, dict[Place, bytes]]:
    encoded = index.encode(known)
    family = Family(index.object_id(encoded), len(encoded), known.head.symbol_size)
    return family, {place: slot[HEADER.size : -16] for place, slot in index.slots(family, encoded)}


def test_an_index_is_laid_out_as_the_format_says() -> None:
    known = sample()
    encoded = index.encode(known)
    text = rfc8785.dumps(known.head.full())
    assert encoded[:-32] == len(text).to_bytes(4, "big") + text + known.symbol_hashes
    assert encoded[-32:] == hashlib.sha256(encoded[:-32]).digest()
    assert index.length(known.head) == len(encoded)
    assert index.object_id(encoded) == hashlib.sha256(encoded).digest()[:16]
    assert index.decode(encoded, "x") == known


@given(st.integers(0, 3000), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_any_half_of_its_slots_gives_it_back(symbols: int, rng: random.Random) -> None:
    known = sample(symbols)
    family, slots = coded(known)
    geometry = Geometry(family.index_length, family.symbol_size, INDEX_OVERHEAD)
    left: dict[Place, bytes] = {}
    for block in range(geometry.blocks):
        here = [place for place in slots if place.block == block]
        left |= {place: slots[place] for place in rng.sample(here, (len(here) + 1) // 2 + 1)}
    assert index.recover(family, dict.fromkeys(left, 0), left.get, "x") == known


@pytest.mark.parametrize("end", ["front", "back"])
def test_either_end_alone_gives_it_back(end: str) -> None:
    known = sample(900)
    family, slots = coded(known)
    count = Geometry(family.index_length, family.symbol_size, INDEX_OVERHEAD).source_count(0)
    left = {place: data for place, data in slots.items() if (place.esi < count) == (end == "front")}
    assert index.recover(family, dict.fromkeys(left, 0), left.get, "x") == known


def test_too_few_slots_give_none() -> None:
    family, slots = coded(sample())
    count = Geometry(family.index_length, family.symbol_size, INDEX_OVERHEAD).source_count(0)
    left = dict(list(slots.items())[: count - 1])
    assert index.recover(family, dict.fromkeys(left, 0), left.get, "x") is None


def test_slots_that_cannot_be_read_any_more_give_none() -> None:
    family, slots = coded(sample())
    assert index.recover(family, dict.fromkeys(slots, 0), lambda place: None, "x") is None


def test_slots_of_another_index_are_refused() -> None:
    family, slots = coded(sample(40))
    wrong = family._replace(object_id=b"x" * 16)
    with pytest.raises(DocumentError, match="another object"):
        index.recover(wrong, dict.fromkeys(slots, 0), slots.get, "x")


def test_an_enormous_length_in_a_slot_costs_nothing() -> None:
    family = Family(b"x" * 16, 0xFFFFFFFF, 64)
    assert index.recover(family, {Place(INDEX, 0, 0): 0}, lambda place: bytes(64), "x") is None


def rehashed(content: bytes) -> bytes:
    return content + hashlib.sha256(content).digest()


def framed(fields: dict[str, Any], hashes: bytes = b"") -> bytes:
    text = rfc8785.dumps(fields)
    return rehashed(len(text).to_bytes(4, "big") + text + hashes)


EMPTY: dict[str, Any] = {
    "schema": "parity.seal/1", "codec": "RFC 6330", "kind": "directory", "size": 0, "sha256": ZERO, "symbol_size": 64,
    "overhead": "0.1", "files": [],
}  # fmt: skip


def test_an_index_of_nothing_is_an_index() -> None:
    assert index.decode(framed(EMPTY), "x").head.files == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"files": [["../escape", 0, ZERO]]},
        {"files": [["/etc/passwd", 0, ZERO]]},
        {"files": [["a//b", 0, ZERO]]},
        {"files": [["a/./b", 0, ZERO]]},
        {"files": [["", 0, ZERO]]},
        {"files": [["a\0b", 0, ZERO]]},
        {"files": [["seal.rq", 0, ZERO]]},
        {"files": [["b", 0, ZERO], ["a", 0, ZERO]]},
        {"files": [["a", 0, ZERO], ["a", 0, ZERO]]},
        {"files": [["a", 0, ZERO], ["a/b", 0, ZERO]]},
        {"files": [["a", 1, ZERO]]},
        {"files": [["a", -1, ZERO]]},
        {"kind": "file", "files": [["a", 0, ZERO]]},
        {"size": 1},
        {"symbol_size": 65},
        {"overhead": "9"},
        {"overhead": "0"},
        {"codec": "XOR"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_head_that_lies_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DocumentError):
        index.decode(framed(EMPTY | changes), "x")


def test_an_index_with_a_wrong_digest_or_another_form_of_json_is_refused() -> None:
    whole = framed(EMPTY)
    with pytest.raises(DocumentError, match="SHA-256"):
        index.decode(whole[:-1] + bytes([whole[-1] ^ 1]), "x")
    text = orjson.dumps(EMPTY, option=orjson.OPT_INDENT_2)
    with pytest.raises(DocumentError, match="canonical"):
        index.decode(rehashed(len(text).to_bytes(4, "big") + text), "x")
