"""Rows of argmax and argmin that are longer than a block, or end beside one: the first extreme is found in each way."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parity_kernels
from parity_kernels.arg_rows import BLOCK, MATCHED
from parity_kernels.dtypes import DTYPES, ELEMENTS

NAMES = ("argmax", "argmin")
FLOATS = "efdFD"


def _agree(name: str, x: np.ndarray, axis: Any = None) -> None:
    """Also a second time, when the dtype is known to the short way."""
    expected = getattr(np, name)(x, axis)
    for _ in range(2):
        found = getattr(parity_kernels, name)(x, axis)
        assert type(found) is type(expected)
        assert np.array_equal(found, expected)


def _lengths(char: str) -> list[int]:
    block = BLOCK // DTYPES[char].itemsize
    return [1, 15, 16, 17, 31, 32, MATCHED - 1, MATCHED, MATCHED + 1, block - 1, block, block + 1, 2 * block + 77]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("char", ELEMENTS)
def test_of_equal_elements_the_first_wins_in_a_row_of_any_length(char: str, name: str) -> None:
    for length in _lengths(char):
        x = np.ones(length, DTYPES[char])
        assert getattr(parity_kernels, name)(x) == 0
        assert getattr(parity_kernels, name)(x[::-1]) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("char", ELEMENTS)
def test_two_extremes_are_found_at_the_first_of_them_in_every_block(char: str, name: str) -> None:
    length = _lengths(char)[-1]
    common, extreme = (0, 1) if name == "argmax" else (1, 0)
    for place in (0, 1, MATCHED - 1, MATCHED, length // 3, length // 2, length - 2):
        x = np.full(length, common, DTYPES[char])
        x[[place, length - 1]] = extreme
        assert getattr(parity_kernels, name)(x) == place
        assert getattr(parity_kernels, name)(np.repeat(x, 2)[::2]) == place
        assert getattr(parity_kernels, name)(x[::-1].copy()[::-1]) == place


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("char", FLOATS)
def test_the_first_nan_wins_over_an_infinity_before_and_a_nan_behind_it(char: str, name: str) -> None:
    for length in _lengths(char)[3:]:
        for place in (1, length // 2, length - 2):
            x = np.zeros(length, DTYPES[char])
            x[0] = np.inf if name == "argmax" else -np.inf
            x[[place, length - 1]] = np.nan
            assert getattr(parity_kernels, name)(x) == place


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("char", "DF")
def test_a_nan_in_the_imaginary_part_alone_is_found(char: str, name: str) -> None:
    x = np.zeros(1000, DTYPES[char])
    x.imag[700] = np.nan
    assert getattr(parity_kernels, name)(x) == 700


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("char", FLOATS)
def test_zeros_of_both_signs_are_equal_so_that_the_first_wins(char: str, name: str) -> None:
    for length in _lengths(char):
        for first in (0.0, -0.0):
            x = np.full(length, -first, DTYPES[char])
            x[0] = first
            assert getattr(parity_kernels, name)(x) == 0


@pytest.mark.parametrize("char", "bBhHiIlL")
def test_the_last_number_of_an_integer_type_ends_the_search_at_the_first_of_its_kind(char: str) -> None:
    limits, length = np.iinfo(DTYPES[char]), _lengths(char)[-1]
    for place in (0, 5, length // 2, length - 2):
        x = np.zeros(length, DTYPES[char])
        x[[place, length - 1]] = limits.max
        assert parity_kernels.argmax(x) == place
        x = np.full(length, limits.max, DTYPES[char])
        x[[place, length - 1]] = limits.min
        assert parity_kernels.argmin(x) == place


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("char", ELEMENTS)
def test_rows_and_columns_of_a_matrix_agree_with_numpy(char: str, name: str) -> None:
    random = np.random.default_rng(7)
    for shape in ((40, 3), (7, 30), (5, 100), (3, 2500)):
        x = random.integers(0, 100, shape).astype(DTYPES[char])
        for array in (x, x.T, x[:, ::-1], x[::2], np.asfortranarray(x)):
            for axis in (None, 0, 1, -1):
                _agree(name, array, axis)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_row_gives_the_index_that_numpy_gives(data: st.DataObject) -> None:
    char = data.draw(st.sampled_from(ELEMENTS))
    length = data.draw(st.integers(1, 600))
    few = data.draw(st.integers(1, 300))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = (random.integers(0, few, length) % 251).astype(DTYPES[char])
    if char in FLOATS and data.draw(st.booleans()):
        x[random.integers(length)] = np.nan
    if char in "FD":
        x.imag[:] = random.integers(0, 3, length)
    step = data.draw(st.sampled_from((1, -1, 2, -3)))
    for name in NAMES:
        _agree(name, x[::step])
