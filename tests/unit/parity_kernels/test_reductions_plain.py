"""The short ways of plain arrays give the very bits of the long ways, which a keyword forces."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parity_kernels
from parity_kernels.dtypes import DTYPES, ELEMENTS
from parity_kernels.reductions import kernel_names

SHAPES = ((1,), (2,), (9,), (131,), (1000,), (1, 1), (7, 33), (300, 3), (4, 5, 6), (1, 6, 1, 7))
STATISTICS = ("mean", "var", "std")
CUMULATIVE = ("cumsum", "cumprod")


@pytest.fixture(autouse=True)
def _without_floating_point_warnings() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def _values(char: str, shape: tuple[int, ...], seed: int, scale: float = 10.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    x = random.standard_normal(shape) * scale
    if char in "FD":
        return np.asarray(x + 1j * random.standard_normal(shape), DTYPES[char])
    return np.asarray(x if char in "efd" else random.integers(0, 100, shape), DTYPES[char])


def _same_bits(short: Any, long: Any) -> None:
    assert type(short) is type(long)
    one, other = np.asarray(short), np.asarray(long)
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    assert one.tobytes() == other.tobytes()


def _axes(ndim: int) -> list[int | None]:
    return [None, *range(-ndim, ndim)]


def _check_statistics(x: np.ndarray) -> None:
    for axis in _axes(x.ndim):
        for name in STATISTICS:
            call = getattr(parity_kernels, name)
            long = call(x, axis, keepdims=False)
            _same_bits(call(x, axis), long)
            if name != "mean":
                _same_bits(call(x, axis, ddof=1), call(x, axis, ddof=1, keepdims=False))


def _check_cumulative(x: np.ndarray) -> None:
    for axis in _axes(x.ndim):
        for name in CUMULATIVE:
            call = getattr(parity_kernels, name)
            first = call(x, axis)  # from now on the dtype is known to the short way
            out = np.empty_like(first)
            assert call(x, axis, out=out) is out
            _same_bits(call(x, axis), out)
            _same_bits(first, out)


@pytest.mark.parametrize("char", ELEMENTS)
def test_statistics_of_plain_arrays_are_those_of_the_long_way(char: str) -> None:
    for seed, shape in enumerate(SHAPES):
        _check_statistics(_values(char, shape, seed))


@pytest.mark.parametrize("char", ELEMENTS)
def test_running_sums_and_products_of_plain_arrays_are_those_of_the_long_way(char: str) -> None:
    for seed, shape in enumerate(SHAPES):
        _check_cumulative(_values(char, shape, seed, 1.0))


@pytest.mark.parametrize("char", "efdFD")
@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan, -0.0, 1e38, 1e308, 1e-45, 5e-324])
def test_special_values_go_either_way_to_the_same_bits(char: str, special: float) -> None:
    x = np.zeros((3, 20), DTYPES[char])
    x[1, 7:] = special
    for array in (x, x[1], np.full(9, special, DTYPES[char])):
        _check_statistics(array)
        _check_cumulative(array)


@pytest.mark.parametrize("layout", ["transposed", "every other", "backwards", "byte-swapped", "unaligned", "empty"])
def test_an_array_that_is_not_plain_goes_the_long_way(layout: str) -> None:
    x = _values("d", (6, 8), 3)
    memory = np.empty(x.nbytes + 1, np.uint8)[1:].view("d").reshape(x.shape)
    memory[...] = x
    arrays = {
        "transposed": x.T,
        "every other": x[:, ::2],
        "backwards": x[::-1],
        "byte-swapped": x.astype(">f8"),
        "unaligned": memory,
    }
    if layout == "empty":
        assert parity_kernels.cumsum(np.empty(0)).shape == (0,)
        assert np.isnan(parity_kernels.mean(np.empty(0)))
        return
    array = arrays[layout]
    parity_kernels.cumsum(x)
    for axis in (None, 0, 1):
        for name in (*STATISTICS, *CUMULATIVE):
            call = getattr(parity_kernels, name)
            assert np.allclose(call(array, axis), getattr(np, name)(array.astype("d"), axis), rtol=1e-12, atol=1e-12)


def test_degrees_of_freedom_that_leave_none_go_the_long_way() -> None:
    x = _values("d", (3,), 1)
    assert parity_kernels.var(x, ddof=3) == np.inf
    assert parity_kernels.var(x, ddof=4) == np.inf
    _same_bits(parity_kernels.var(x, ddof=-1), parity_kernels.var(x, ddof=-1, keepdims=False))


def test_a_mean_of_floats_says_nothing_where_its_sum_overflows_or_its_quotient_vanishes() -> None:
    with np.errstate(all="raise"):
        assert parity_kernels.mean(np.full(10, 3e38, "f4")) == np.inf
        assert parity_kernels.mean(np.array([1e-45, 0, 0, 0], "f4")) == 0
        assert parity_kernels.mean(np.array([6e-8, 0, 0, 0], "f2")) == 0


@settings(max_examples=100, deadline=None)
@given(st.sampled_from("fdFDil"), st.integers(1, 400), st.integers(0, 2**32 - 1), st.integers(-300, 300))
def test_any_plain_row_goes_either_way_to_the_same_bits(char: str, length: int, seed: int, power: int) -> None:
    x = _values(char, (length,), seed, 10.0**power)
    _check_statistics(x)
    _check_cumulative(x)


def test_running_sums_and_products_are_compiled_ahead() -> None:
    assert {"running-add-f8", "running-add-c16", "running-multiply-i8"} <= set(kernel_names())
