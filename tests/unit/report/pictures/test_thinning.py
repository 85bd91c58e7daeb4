"""A curve of few points says the same as all calls, and in the tail exactly the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.report.pictures.latency import thinned


@pytest.mark.parametrize("calls", [1, 2, 99, 100, 101, 368, 10_000, 200_000])
def test_the_hundred_slowest_calls_are_all_there(calls: int) -> None:
    times = np.random.default_rng(calls).lognormal(10, 1, calls).astype(np.uint64)
    curve = thinned(times)
    last = min(calls, 100)
    assert np.array_equal(curve.times[-last:], np.sort(times)[-last:].astype(float))
    assert curve.calls == calls
    assert len(curve.times) <= 220


def test_every_percentile_can_be_read_from_it() -> None:
    times = np.random.default_rng(1).lognormal(10, 0.3, 50_000).astype(np.uint64)
    curve = thinned(times)
    for share in (0.05, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999):
        read = np.interp(-np.log10(1 - share), curve.heights, curve.times)
        assert read == pytest.approx(np.quantile(times, share), rel=0.005)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=300))
def test_points_go_up_and_right_and_are_order_statistics(durations: list[int]) -> None:
    curve = thinned(np.array(durations, dtype=np.uint64))
    assert np.all(np.diff(curve.times) >= 0)
    assert np.all(np.diff(curve.heights) > 0)
    assert {max(float(duration), 1.0) for duration in durations} >= set(curve.times.tolist())
    assert np.all(np.isfinite(curve.heights))


def test_shape_and_order_of_the_samples_do_not_matter() -> None:
    times = np.random.default_rng(2).integers(1, 10**6, (20, 2, 25), dtype=np.uint64)
    one, other = thinned(times), thinned(np.sort(times, axis=None)[::-1])
    assert np.array_equal(one.times, other.times)
    assert np.array_equal(one.heights, other.heights)
