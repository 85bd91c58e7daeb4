"""Every byte lies in one symbol, every symbol in one block, every slot in one place."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import UsageError
from parity.sidecar.geometry import (
    BLOCK_SYMBOLS,
    RESERVE,
    SYMBOL_SIZES,
    Geometry,
    decimal_overhead,
    symbol_size,
)
from parity.sidecar.slots import INDEX, REPAIR, Layout, Place

sizes = st.integers(0, 9_000_000)
overheads = st.sampled_from(["0.001", "0.05", "0.1", "0.333333", "1", "4"])


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, 64), (1, 64), (4_000, 64), (4_001, 256), (64_000, 256), (64_001, 1024), (4_000_000, 1024),
        (4_000_001, 4096), (10**12, 4096),
    ],
)  # fmt: skip
def test_small_objects_have_small_symbols(size: int, expected: int) -> None:
    assert symbol_size(size) == expected
    assert expected in SYMBOL_SIZES


@given(sizes)
def test_no_block_has_more_symbols_than_rfc_6330_takes_without_sub_blocks(size: int) -> None:
    geometry = Geometry(size, symbol_size(size), 0.1)
    counts = [geometry.source_count(block) for block in range(geometry.blocks)]
    assert sum(counts) == geometry.symbols
    assert all(0 < count <= BLOCK_SYMBOLS for count in counts)
    assert max(counts, default=0) - min(counts, default=0) <= 1


@given(sizes, st.sampled_from(SYMBOL_SIZES), st.data())
def test_a_symbol_has_one_place_in_one_block(size: int, symbol: int, data: st.DataObject) -> None:
    geometry = Geometry(size, symbol, "0.1")
    if geometry.symbols == 0:
        return
    number = data.draw(st.integers(0, geometry.symbols - 1))
    block, esi = geometry.block_of(number), geometry.esi_of(number)
    assert geometry.symbol_of(block, esi) == number
    assert esi < geometry.source_count(block)
    begin, end = geometry.span(number)
    assert begin < end <= size
    assert end == size or end - begin == symbol


@given(st.integers(1, 5_000_000), st.sampled_from(SYMBOL_SIZES))
def test_neighbouring_symbols_lie_in_different_blocks(size: int, symbol: int) -> None:
    geometry = Geometry(size, symbol, 0.1)
    window = [geometry.block_of(number) for number in range(min(geometry.symbols, geometry.blocks))]
    assert len(set(window)) == len(window)


@pytest.mark.parametrize(
    ("count", "overhead", "repair"),
    [(1, "0.1", 1), (10, "0.1", 1), (11, "0.1", 2), (1024, "0.1", 103), (1000, "0.001", 1)],
)
def test_repair_symbols_are_the_overhead_rounded_up_and_a_reserve(count: int, overhead: str, repair: int) -> None:
    assert Geometry(count * 64, 64, overhead).repair_count(0) == repair + RESERVE


def test_the_overhead_is_counted_exactly_not_in_binary() -> None:
    assert Geometry(100 * 64, 64, 0.07).repair_count(0) == 7 + RESERVE, "100 * 0.07 is 7.000000000000001 in binary"


@given(sizes, overheads)
def test_repair_symbols_are_stored_in_a_gapless_order_that_interleaves_blocks(size: int, overhead: str) -> None:
    geometry = Geometry(size, symbol_size(size), overhead)
    rows = list(geometry.repair_order())
    assert [geometry.repair_place(*row) for row in rows] == list(range(geometry.repair_symbols))
    expected = {
        (block, geometry.source_count(block) + number)
        for block in range(geometry.blocks)
        for number in range(geometry.repair_count(block))
    }
    assert set(rows) == expected
    assert all(left.block < right.block or right.block == 0 for left, right in pairwise(rows))


@given(st.integers(0, 3_000_000), st.integers(60, 200_000))
def test_every_slot_has_one_place_and_every_place_one_slot(size: int, index_length: int) -> None:
    layout = Layout(Geometry(size, symbol_size(size), "0.1"), index_length)
    places = list(layout.places())
    assert len(places) == layout.slots
    assert [layout.number(place) for place in places] == list(range(layout.slots))
    assert places[0] == Place(INDEX, 0, 0)
    assert places[-1].kind == INDEX


def test_places_that_do_not_exist_have_no_slot() -> None:
    layout = Layout(Geometry(10_000, 256, "0.1"), 700)
    source = layout.content.source_count(0)
    repair = source + layout.content.repair_count(0)
    for place in (
        Place(REPAIR, 0, source - 1),
        Place(REPAIR, 0, repair),
        Place(REPAIR, 1, source),
        Place(INDEX, 9, 0),
        Place(INDEX, 0, 1 << 31),
    ):
        assert layout.number(place) is None


@pytest.mark.parametrize("overhead", ["0", "-1", "nan", "inf", "4.1", "0.0001", "x", "0.1000001", "1e9"])
def test_an_overhead_that_makes_no_sense_is_refused(overhead: str) -> None:
    with pytest.raises(UsageError, match="no overhead"):
        decimal_overhead(overhead)


def test_an_overhead_has_one_form() -> None:
    assert {f"{decimal_overhead(value):f}" for value in (0.1, "0.10", Decimal("0.100"), "1e-1")} == {"0.1"}
    assert f"{decimal_overhead('4.0'):f}" == "4"
