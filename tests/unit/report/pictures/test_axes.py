"""Axes that stay finite, round ticks, and quantities in words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.report.pictures.axes import LogAxis, amount, brief, duration, figure, ratio

positive = st.floats(min_value=0, exclude_min=True, allow_nan=False)


@given(st.lists(positive, max_size=8), positive, st.floats(1, 20))
def test_every_number_has_a_finite_place_between_the_ends(values: list[float], other: float, decades: float) -> None:
    axis = LogAxis.spanning(values, 10, 90, decades)
    assert all(10 <= axis.place(value) <= 90 for value in [*values, other])
    assert 0 < axis.low < axis.high < math.inf


@given(st.lists(st.floats(1e-20, 1e20), min_size=1, max_size=8), st.floats(1, 20))
def test_an_axis_is_as_wide_as_its_values_but_no_wider_than_allowed(values: list[float], decades: float) -> None:
    axis = LogAxis.spanning(values, 0, 1, decades)
    assert math.log10(axis.high / axis.low) <= max(1.2 * decades, decades + 0.5)
    if math.log10(max(values) / min(values)) <= decades:
        assert all(axis.holds(value) for value in values)


@given(st.floats(1e-12, 1e12), st.floats(1.001, 1e15), st.integers(3, 12))
def test_ticks_are_on_the_axis_in_order_and_not_too_many(low: float, width: float, most: int) -> None:
    axis = LogAxis(low, low * width, 0, 1)
    ticks = axis.ticks(most)
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= most
    assert all(axis.low * (1 - 1e-6) <= tick <= axis.high * (1 + 1e-6) for tick in ticks)


@given(st.floats(-9, 9), st.floats(0.05, 15))
def test_an_axis_of_a_decade_or_more_has_at_least_one_tick(low: float, width: float) -> None:
    assert LogAxis(10**low, 10 ** (low + max(width, 1.01)), 0, 1).ticks(7)
    assert LogAxis(10**low, 10 ** (low + min(width, 0.5)), 0, 1).ticks(7)


def test_narrow_axes_have_ticks_in_equal_steps_and_one_is_among_them() -> None:
    assert LogAxis(0.93, 1.07, 0, 1).ticks(9) == [0.94, 0.96, 0.98, 1.0, 1.02, 1.04, 1.06]


def test_the_places_are_in_the_order_of_the_values_also_on_an_axis_that_points_up() -> None:
    axis = LogAxis(1, 100, 150, 0)
    assert [axis.place(value) for value in (0.1, 1, 10, 100, 1e9)] == [150, 150, 75, 0, 0]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.98765, "0.988"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (1234.0, "1,230"),
        (1e-9, "1e-09"),
        (5e12, "5e+12"),
        (0, "0"),
    ],
)
def test_figures_have_three_digits(value: float, said: str) -> None:
    assert figure(value) == said


def test_ratios_near_one_have_three_decimals() -> None:
    assert [ratio(value) for value in (0.9951, 1.0, 9.5, 12.34, 0.01234, 0.00123)] == [
        "0.995",
        "1.000",
        "9.500",
        "12.3",
        "0.012",
        "0.00123",
    ]


def test_ratios_far_from_one_are_short() -> None:
    found = [ratio(value) for value in (99_800.0, 123_456.0, 1e6, 1e50, 0.000999, 1.5e-9)]
    assert found == ["99,800", "1.23e5", "1e6", "1e50", "9.99e-4", "1.5e-9"]


@pytest.mark.parametrize(
    ("nanoseconds", "said"),
    [(840, "840 ns"), (0.5, "0.5 ns"), (999.7, "1.00 µs"), (12_340, "12.3 µs"), (4.1e6, "4.10 ms"), (1.2e9, "1.20 s")],
)
def test_durations_have_the_unit_that_reads_best(nanoseconds: float, said: str) -> None:
    assert duration(nanoseconds) == said


def test_bytes_are_decimal_and_axes_leave_out_zeros() -> None:
    assert [amount(size) for size in (24, 80_000, 240_000_000)] == ["24 B", "80.0 kB", "240 MB"]
    assert [brief(amount(size)) for size in (100, 10_000, 1_500_000)] == ["100 B", "10 kB", "1.5 MB"]
