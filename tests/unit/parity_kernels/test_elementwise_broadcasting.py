"""Shapes, strides and memory order of the elementwise drivers, on arrays of any layout."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parity_kernels
from parity_kernels.broadcasting import broadcast_shape, memory_order

LENGTHS = st.integers(1, 5)
ORDERS: tuple[Literal["C", "F", "A", "K"], ...] = ("C", "F", "A", "K")


@st.composite
def layouts(draw: st.DrawFn, shape: tuple[int, ...]) -> np.ndarray:
    """An int32 array of a shape, or of one that broadcasts to it, with any axis order, gaps and directions."""
    own = list(shape[draw(st.integers(0, len(shape))) :] if draw(st.booleans()) else shape)
    own = [1 if draw(st.integers(0, 4)) == 0 else length for length in own]
    order = draw(st.permutations(range(len(own))))
    gaps = [draw(st.integers(1, 3)) for _ in own]
    base = np.arange(int(np.prod([own[a] * gaps[a] for a in order])), dtype=np.int32) % 11
    array = base.reshape([own[a] * gaps[a] for a in order])
    array = array[tuple(slice(None, None, gaps[a]) for a in order)]
    array = array.transpose(sorted(range(len(own)), key=order.__getitem__))
    for axis in range(array.ndim):
        if draw(st.integers(0, 3)) == 0:
            array = np.flip(array, axis)
    if draw(st.integers(0, 4)) == 0:
        array = np.broadcast_to(array, shape)
    return array


def steps(array: np.ndarray) -> list[int]:
    """Strides of the dimensions in which they mean something."""
    return [stride for stride, length in zip(array.strides, array.shape, strict=True) if length > 1]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_any_layouts_give_numpys_values_and_memory_order(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(LENGTHS, max_size=5)))
    left, right = (data.draw(layouts(shape)) for _ in range(2))
    ours, numpys = parity_kernels.subtract(left, right), np.subtract(left, right)
    assert np.array_equal(ours, numpys)
    assert type(ours) is type(numpys)
    if ours.ndim:
        assert steps(ours) == steps(numpys)
    for order in ORDERS:
        ours, numpys = parity_kernels.subtract(left, right, order=order), np.subtract(left, right, order=order)
        assert np.array_equal(ours, numpys)
        assert not ours.ndim or steps(ours) == steps(numpys), order


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_given_outputs_and_masks_of_any_layout_are_filled(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(LENGTHS, max_size=4)))
    left, right = (data.draw(layouts(shape)) for _ in range(2))
    mask = data.draw(layouts(shape)) % 2 == 0
    template = data.draw(layouts(shape))
    full = np.broadcast_shapes(left.shape, right.shape, mask.shape, template.shape)
    ours = np.zeros((*full[:0], *full), np.int32, order="F" if data.draw(st.booleans()) else "C")
    for axis in range(ours.ndim):
        ours = np.flip(ours, axis) if data.draw(st.booleans()) else ours
    numpys = ours.copy()
    assert parity_kernels.subtract(left, right, out=ours, where=mask) is ours
    np.subtract(left, right, out=numpys, where=mask)
    assert np.array_equal(ours, numpys)
    parity_kernels.subtract(left, right, out=ours)
    assert np.array_equal(ours, np.broadcast_to(np.subtract(left, right), full))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 0), (1, 0)])
def test_no_elements_are_no_work(shape: tuple[int, ...]) -> None:
    result = parity_kernels.add(np.ones(shape), np.ones(shape[-1:]))
    assert result.shape == shape
    assert parity_kernels.add(np.ones(shape), 1.0, where=np.ones(shape, bool)).shape == shape


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8, 17, 64, 129])
@pytest.mark.parametrize("rows", [1, 2, 100])
def test_rows_and_columns_broadcast(rows: int, columns: int) -> None:
    matrix = np.arange(rows * columns, dtype="f4").reshape(rows, columns)
    row, column = np.arange(columns, dtype="f4"), np.arange(rows, dtype="f4")[:, None]
    for left, right in ((matrix, row), (row, matrix), (matrix, column), (column, matrix), (row, column), (column, row)):
        assert np.array_equal(parity_kernels.subtract(left, right), np.subtract(left, right))
        if left.ndim == right.ndim:
            assert np.array_equal(parity_kernels.less(left.T, right.T), np.less(left.T, right.T))


def test_sixty_four_dimensions() -> None:
    array = np.arange(8.0).reshape((2, 1) * 3 + (1,) * 58)
    assert np.array_equal(parity_kernels.add(array, array), array + array)


def test_arrays_above_the_size_at_which_the_lock_is_released() -> None:
    array = np.arange(100_001.0)
    assert np.array_equal(parity_kernels.multiply(array, array), array * array)
    matrix = array[:100_000].reshape(1000, 100)
    assert np.array_equal(parity_kernels.multiply(matrix, matrix[:, :1]), matrix * matrix[:, :1])


def test_shapes_that_do_not_broadcast_are_named() -> None:
    with pytest.raises(ValueError, match=r"operands could not be broadcast together with shapes \(3,\) \(4,\)"):
        broadcast_shape((3,), (4,))
    assert broadcast_shape((3, 1), (4,), ()) == (3, 4)


def test_memory_order_follows_the_strides_and_is_c_order_in_doubt() -> None:
    assert memory_order(2, ((3, 4), (32, 8))) == (0, 1)
    assert memory_order(2, ((3, 4), (8, 24))) == (1, 0)
    assert memory_order(2, ((3, 4), (8, 24)), ((3, 4), (32, 8))) == (0, 1)
    assert memory_order(2, ((1, 4), (8, 24))) == (0, 1)
