"""Slots are found wherever they lie, and believed only if they are whole."""

import hashlib
import os
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.sidecar import slots
from parity.sidecar.content import nothing
from parity.sidecar.slots import INDEX, OVERHEAD, REPAIR, Family, Place, Slot, by_family, pack, scan, unpack

FAMILY = Family(bytes(range(16)), 1234, 64)
SIZE = OVERHEAD + 64


def made(count: int, family: Family = FAMILY) -> list[bytes]:
    rng = random.Random(count)
    return [
        pack(family, Place(REPAIR, number % 3, 10 + number), rng.randbytes(family.symbol_size))
        for number in range(count)
    ]


@contextmanager
def opened(path: Path, data: bytes) -> Iterator[int]:
    path.write_bytes(data)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def found(path: Path, data: bytes) -> list[Slot]:
    with opened(path, data) as descriptor:
        return list(scan(descriptor, nothing))


def test_a_slot_is_laid_out_as_the_format_says() -> None:
    payload = bytes(64)
    slot = pack(FAMILY, Place(REPAIR, 7, 1025), payload)
    head = b"pRQ1" + FAMILY.object_id + struct.pack(">IHBBII", 1234, 64, 1, 0, 7, 1025)
    assert slot == head + payload + hashlib.sha256(head + payload).digest()[:16]
    assert len(slot) == 52 + 64
    assert unpack(slot, 0) == (FAMILY, Place(REPAIR, 7, 1025))


def test_any_flipped_bit_makes_a_slot_invalid() -> None:
    slot = bytearray(pack(FAMILY, Place(INDEX, 1, 2), random.Random(1).randbytes(64)))
    for bit in range(len(slot) * 8):
        slot[bit // 8] ^= 1 << bit % 8
        assert unpack(slot, 0) is None
        slot[bit // 8] ^= 1 << bit % 8
    assert unpack(slot, 0) is not None


def test_a_cut_slot_is_none(tmp_path: Path) -> None:
    slot = made(1)[0]
    assert all(not found(tmp_path / "s", slot[:length]) for length in (0, 1, SIZE // 2, SIZE - 1))


def test_slots_are_found_again_behind_inserted_lost_and_foreign_bytes(tmp_path: Path) -> None:
    row = made(9)
    other = made(2, Family(b"o" * 16, 99, 256))
    data = b"".join(
        (b"junk", row[0], b"pRQ1 a magic alone", row[1][5:], row[2], other[0], row[3], row[4][:30], row[5], b"pRQ")
    )
    expected = [row[0], row[2], other[0], row[3], row[5]]
    slots_found = found(tmp_path / "s", data)
    assert [data[slot.offset :][: OVERHEAD + slot.family.symbol_size] for slot in slots_found] == expected
    families = by_family(iter(slots_found))
    assert [family for family, _ in families] == [FAMILY, Family(b"o" * 16, 99, 256)]
    assert [len(offsets) for _, offsets in families] == [4, 1]


def test_a_slot_that_begins_with_the_byte_that_the_one_before_it_lacks_is_found(tmp_path: Path) -> None:
    first = next(slot for slot in made(5_000) if slot.endswith(slots.MAGIC[:1]))
    data = first[:-1] + made(1)[0]
    assert [slot.offset for slot in found(tmp_path / "s", data)] == [0, SIZE - 1]


@given(st.integers(1, 150), st.integers(100, 400), st.integers(0, 150), st.binary(max_size=20))
@settings(max_examples=60, deadline=None)
def test_where_a_sidecar_is_cut_into_pieces_makes_no_difference(
    tmp_path_factory: pytest.TempPathFactory, count: int, window: int, gap: int, junk: bytes
) -> None:
    data = b"".join(slot + (junk if number * SIZE % (gap + 1) == 0 else b"") for number, slot in enumerate(made(count)))
    path = tmp_path_factory.mktemp("scan") / "s"
    whole = found(path, data)
    assert len(whole) == count
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "WINDOW", window)
        assert found(path, data) == whole


def test_progress_counts_every_byte_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "WINDOW", 500)
    data, counts = b"".join(made(100)) + b"x" * 77, list[int]()
    with opened(tmp_path / "s", data) as descriptor:
        list(scan(descriptor, counts.append))
    assert sum(counts) == len(data)
    assert len(counts) > 5
