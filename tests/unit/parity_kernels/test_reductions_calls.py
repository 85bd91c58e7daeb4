"""Reductions and the ufunc methods are called, refuse and deliver as NumPy's: results, outputs and errors."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import parity_kernels
from parity_kernels import reductions
from parity_kernels.table import rows

from .raised import public_class

NAMES = ["sum", "prod", "max", "min", "amax", "amin", "any", "all", "mean", "var", "std", "argmax", "argmin",
         "cumsum", "cumprod"]  # fmt: skip
BINARY = [name for name, row in rows().items() if (row.nin, row.nout) == (2, 1)]
REDUCED_ARRAY = np.array([[1, 2, 3], [4, 5, 6]])

BAD_CALLS: dict[str, tuple[np.ndarray | np.float64, dict[str, Any]]] = {
    "an axis out of range": (np.ones((2, 3)), {"axis": 2}),
    "a negative axis out of range": (np.ones((2, 3)), {"axis": -3}),
    "a repeated axis": (np.ones((2, 3)), {"axis": (0, 0)}),
    "a repeated axis, once negative": (np.ones((2, 3)), {"axis": (1, -1)}),
    "an axis that is a float": (np.ones((2, 3)), {"axis": 1.5}),
    "an axis that is text": (np.ones((2, 3)), {"axis": "0"}),
    "an axis that is a list": (np.ones((2, 3)), {"axis": [0]}),
    "an axis of a number": (np.float64(3), {"axis": 1}),
    "a tuple of axes of a number": (np.float64(3), {"axis": (0,)}),
    "an out of wrong shape": (np.ones((2, 3)), {"axis": 0, "out": np.zeros(2)}),
    "an out with too many dimensions": (np.ones((2, 3)), {"axis": 0, "out": np.zeros((1, 3))}),
    "an out that is no array": (np.ones((2, 3)), {"axis": 0, "out": [0, 0, 0]}),
    "a keyword that does not exist": (np.ones((2, 3)), {"axes": 0}),
}


@pytest.fixture(autouse=True)
def _without_floating_point_warnings() -> Iterator[None]:
    """NumPy warns of divisions by zero that are part of the values here; ours computes the same and says nothing."""
    with np.errstate(all="ignore"):
        yield


def _error(call: Callable[[], object]) -> type[Exception] | None:
    try:
        call()
    except Exception as error:
        return public_class(error)
    return None


@pytest.mark.parametrize("case", BAD_CALLS)
@pytest.mark.parametrize("name", NAMES)
def test_a_bad_call_raises_what_numpy_raises(name: str, case: str) -> None:
    x, keywords = BAD_CALLS[case]
    expected = _error(lambda: getattr(np, name)(x, **keywords))
    assert _error(lambda: getattr(parity_kernels, name)(x, **keywords)) is expected


@pytest.mark.parametrize("name", NAMES)
def test_a_signature_has_numpys_names_in_numpys_order(name: str) -> None:
    numpys = inspect.signature(getattr(np, name)).parameters
    ours = inspect.signature(getattr(parity_kernels, name)).parameters
    shared = [parameter for parameter in numpys if parameter in ours]
    assert list(ours) == shared
    assert len(ours) >= 4
    for parameter in shared:
        assert ours[parameter].kind is numpys[parameter].kind
        assert ours[parameter].default is numpys[parameter].default or ours[parameter].default == 0


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_no_elements_to_reduce_and_no_identity_is_an_error(name: str) -> None:
    for shape, axis in [((0,), None), ((0, 3), 0), ((3, 0), None), ((0, 0), 1)]:
        with pytest.raises(ValueError, match=r"zero-size|empty sequence"):
            getattr(parity_kernels, name)(np.ones(shape), axis)
    assert getattr(parity_kernels, name)(np.ones((0, 3)), 1).shape == (0,)


def test_no_elements_give_the_identity() -> None:
    empty = np.ones((0, 3), np.int8)
    assert parity_kernels.sum(empty, 0).tolist() == [0, 0, 0]
    assert parity_kernels.prod(empty, 0).tolist() == [1, 1, 1]
    assert not parity_kernels.any(empty)
    assert parity_kernels.all(empty)
    assert parity_kernels.max(empty, initial=-5) == -5
    assert parity_kernels.bitwise_and.reduce(empty.astype(np.uint8)).tolist() == [255] * 3


def test_an_extremum_under_a_mask_needs_an_initial_value() -> None:
    with pytest.raises(ValueError, match="initial"):
        parity_kernels.max([1, 2], where=[True, False])
    assert parity_kernels.max([1, 9, 5], where=[True, False, True], initial=2) == 5


def test_an_initial_value_must_fit_into_the_type() -> None:
    with pytest.raises(OverflowError):
        parity_kernels.max(np.array([1], np.int8), initial=300)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
def test_an_out_of_another_type_is_filled_and_returned(name: str, dtype: str) -> None:
    out = np.full(3, 77, dtype)
    expected = getattr(np, name)(REDUCED_ARRAY, 0, out=np.zeros(3, dtype))
    assert getattr(parity_kernels, name)(REDUCED_ARRAY, 0, out=out) is out
    assert np.array_equal(out, expected)


def test_an_out_with_strides_is_written_nowhere_else() -> None:
    memory = np.full(6, -1.0)
    parity_kernels.sum(REDUCED_ARRAY, 0, out=memory[::2])
    assert memory.tolist() == [5, -1, 7, -1, 9, -1]


def test_an_out_inside_of_the_input_is_computed_before_it_is_written() -> None:
    x = np.arange(12.0).reshape(3, 4)
    expected = x.sum(0)
    assert np.array_equal(parity_kernels.sum(x, 0, out=x[1]), expected)


def test_a_read_only_out_is_refused() -> None:
    out = np.zeros(3)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        parity_kernels.sum(REDUCED_ARRAY, 0, out=out)


def test_the_input_is_never_written() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    x.flags.writeable = False
    for name in NAMES:
        for axis in (None, 0, 1, 2):
            getattr(parity_kernels, name)(x, axis)


@pytest.mark.parametrize("axis", [0, 1, -1, None, (0, 1)])
@pytest.mark.parametrize("name", BINARY)
def test_reduce_of_every_binary_ufunc_is_numpys(name: str, axis: int | tuple[int, ...] | None) -> None:
    # NumPy 2.4.6 with AVX-512 reduces powers of floats along the contiguous axis to first ** last: power.reduce of
    # [2.0, 3.0, 1.0] is 2.0 there, and 8.0 along other axes, in other types and here.
    for char in "?bHilLD" if name == "power" else "?bHilLfdD":
        x = np.array([[3, 1, 2], [2, 3, 1], [1, 1, 2], [2, 1, 1]]).astype(char)
        _compare(partial(getattr(np, name).reduce, x, axis), partial(getattr(parity_kernels, name).reduce, x, axis))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("name", BINARY)
def test_accumulate_of_every_binary_ufunc_is_numpys(name: str, axis: int) -> None:
    for char in "?bHilLfdD":
        x = np.array([[3, 1, 2], [2, 3, 1], [1, 1, 2], [2, 1, 1]]).astype(char)
        _compare(
            partial(getattr(np, name).accumulate, x, axis), partial(getattr(parity_kernels, name).accumulate, x, axis)
        )


def _compare(numpys: Callable[[], Any], ours: Callable[[], Any]) -> None:
    expected = _error(numpys)
    if expected is not None:
        assert _error(ours) is expected
        return
    wanted, found = numpys(), ours()
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    if wanted.dtype.kind in "fc":
        np.testing.assert_allclose(found, wanted, rtol=4 * np.finfo(wanted.dtype).eps)
    else:
        np.testing.assert_array_equal(found, wanted)


def test_only_binary_functions_with_one_result_can_be_folded() -> None:
    for ufunc in (parity_kernels.negative, parity_kernels.divmod):
        for method in (ufunc.reduce, ufunc.accumulate):
            with pytest.raises(ValueError, match="only supported for"):
                method(np.ones(3))


def test_a_fold_that_depends_on_the_order_takes_one_axis() -> None:
    with pytest.raises(ValueError, match="not reorderable"):
        parity_kernels.subtract.reduce(np.ones((2, 2)), (0, 1))


def test_a_fold_of_powers_uses_every_exponent() -> None:
    for char in "efdFD":
        assert parity_kernels.power.reduce(np.array([2, 3, 1, 2], char)) == 64


def test_a_negative_power_of_an_integer_is_refused_in_a_fold() -> None:
    with pytest.raises(ValueError, match="negative integer powers"):
        parity_kernels.power.reduce(np.array([2, -1]))


def test_ddof_and_correction_are_one_thing() -> None:
    assert parity_kernels.var([1, 2], ddof=1) == parity_kernels.var([1, 2], correction=1) == 0.5
    with pytest.raises(ValueError, match="simultaneously"):
        parity_kernels.var([1, 2], ddof=1, correction=1)


def test_no_degree_of_freedom_gives_nan_or_infinity_without_a_warning() -> None:
    assert np.isnan(parity_kernels.var([1.0], ddof=1))
    assert parity_kernels.var([1.0, 3.0], ddof=3) == np.inf
    assert np.isnan(parity_kernels.mean(np.ones((2, 0)), 1)).all()


def test_every_kernel_has_a_name_of_its_own_and_no_other_is_known() -> None:
    names = reductions.kernel_names()
    assert len(names) == len(set(names)) > 80
    with pytest.raises(KeyError):
        reductions.compile_kernel("no such kernel")


def test_the_mean_of_byte_swapped_float16_is_computed_in_float32() -> None:
    x = np.linspace(0.1, 0.9, 5 * 67).astype(">f2").reshape(5, 67)
    np.testing.assert_array_equal(parity_kernels.mean(x, axis=0), np.mean(x, axis=0))
