"""The bandwidth of a copy, on a clock that the test moves."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from parity.bench import bandwidth
from parity.bench.bandwidth import LARGEST, copy_bandwidth


def ticking(ns: int) -> Iterator[int]:
    now = 0
    while True:
        yield now
        now += ns


def test_bytes_are_those_read_and_written_and_rise_to_the_largest() -> None:
    clock = ticking(2_000_000)
    measured = copy_bandwidth(lambda: next(clock), largest=1 << 20)
    assert [copy.bytes for copy in measured] == [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20]


def test_the_ladder_ends_beyond_the_caches() -> None:
    sizes = list(bandwidth._ladder(LARGEST))
    assert sizes[0] == 4 << 10
    assert sizes[-1] == 160 << 20
    assert all(2 * one <= other for one, other in pairwise(sizes))


def test_a_rate_is_bytes_over_nanoseconds_of_one_copy() -> None:
    clock = ticking(4_000_000)  # a batch takes 4 ms, so that it is one copy
    (measured,) = copy_bandwidth(lambda: next(clock), largest=4096)
    assert measured.gb_per_s == pytest.approx(4096 / 4_000_000)


def test_quick_copies_are_made_in_batches_and_the_rate_is_that_of_one() -> None:
    clock = ticking(1_000)  # whatever is done between two readings: a batch is then 1,000 copies
    (measured,) = copy_bandwidth(lambda: next(clock), largest=4096)
    assert measured.gb_per_s == pytest.approx(1_000 * 4096 / 1_000)


def test_the_median_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandwidth, "REPEATS", 5)
    durations = iter([2_000_000, 2_000_000, 9_000_000, 2_000_000, 1_000, 2_000_000, 8_000_000, 2_000_000])
    state = {"now": 0, "reading": 0}

    def clock() -> int:
        if state["reading"] % 2:
            state["now"] += next(durations)
        state["reading"] += 1
        return state["now"]

    (measured,) = copy_bandwidth(clock, largest=4096)
    assert measured.gb_per_s == pytest.approx(4096 / 2_000_000)


def test_a_clock_that_does_not_move_gives_no_division_by_zero() -> None:
    assert all(copy.gb_per_s > 0 for copy in copy_bandwidth(lambda: 5, largest=8192))


def test_a_real_copy_has_a_bandwidth() -> None:
    assert all(0.001 < copy.gb_per_s < 100_000 for copy in copy_bandwidth(largest=1 << 20))
