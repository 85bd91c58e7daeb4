"""What a call did is recorded whole: results as bits, memory that changed, flags, warnings, and whatever was raised."""

import inspect
import pickle
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity import calling
from parity.calling import (
    LARGEST,
    Arguments,
    Crashed,
    Missing,
    Raised,
    Returned,
    TimedOut,
    Value,
    array_of,
    outcome,
    resolve,
    value_of,
)

POOLS = {"d.x": np.array([1.0, -2.0, 0.0, 4.0]), "i.x": np.array([1, 2, 3], "<i4"), "?.m": np.array([True, False])}
X = {"pool": "d.x", "shape": [4]}


def returned(function: Any, *args: Any, **kwargs: Any) -> Returned:
    found = called(function, *args, **kwargs)
    assert isinstance(found, Returned), found
    return found


def called(function: Any, *args: Any, **kwargs: Any) -> Any:
    call = {"op": "f", "args": list(args or (X,)), "kwargs": kwargs}
    return outcome(SimpleNamespace(f=function), call, POOLS)


def test_a_function_is_found_by_its_name() -> None:
    assert resolve(np, "add.reduce") == np.add.reduce
    assert resolve(np, "add") is np.add


@pytest.mark.parametrize("op", ["no_such", "add.no_such", "no_such.reduce"])
def test_a_name_that_is_not_there_is_missing(op: str) -> None:
    assert outcome(np, {"op": op, "args": []}, {}) == Missing(op)


def test_a_function_that_is_none_is_missing() -> None:
    assert outcome(SimpleNamespace(f=None), {"op": "f", "args": []}, {}) == Missing("f")


def test_a_name_whose_look_up_fails_raises() -> None:
    class Lazy:
        def __getattr__(self, name: str) -> Any:
            raise ImportError(f"no {name}")

    found = outcome(Lazy(), {"op": "f.reduce", "args": []}, {})
    assert isinstance(found, Raised)
    assert (found.type, found.message) == ("ImportError", "no f")


@pytest.mark.parametrize(
    ("item", "kind", "dtype"),
    [
        (np.zeros(()), "array", "<f8"),
        (np.float32(1), "scalar", "<f4"),
        (np.zeros(2, ">i2"), "array", ">i2"),
        (np.True_, "scalar", "|b1"),
        (1.5, "python:float", "<f8"),
        (True, "python:bool", "|b1"),
        (2, "python:int", "<i8"),
        (1j, "python:complex", "<c16"),
        (None, "python:NoneType", "NoneType"),
        ("text", "python:str", "str"),
        ([1], "python:list", "list"),
    ],
    ids=repr,
)
def test_the_kind_of_a_result_is_kept(item: Any, kind: str, dtype: str) -> None:
    value = value_of(item)
    assert (value.kind, value.dtype) == (kind, dtype)


def test_an_array_of_objects_is_a_text() -> None:
    value = value_of(np.array([1, None], object))
    assert (value.dtype, value.shape) == ("|O", (2,))
    assert b"None" in value.data


def test_a_python_integer_beyond_64_bits_is_a_text() -> None:
    value = value_of(2**70)
    assert value.kind == "python:int"
    assert str(2**70).encode() in value.data


def test_of_a_result_larger_than_any_plan_asks_for_only_the_shape_is_kept() -> None:
    huge = np.broadcast_to(np.float64(1), (1 << 20, 1 << 20))  # 8 TiB, if it were copied
    assert value_of(huge) == Value("array", "<f8", (1 << 20, 1 << 20), b"")


def test_a_caller_may_ask_for_larger_results_and_for_smaller_ones_only() -> None:
    call = {"op": "negative", "args": [X]}
    for largest, kept in ((32, 32), (31, 0)):
        found = outcome(np, call, POOLS, largest)
        assert isinstance(found, Returned)
        assert len(found.values[0].data) == kept
    assert inspect.signature(value_of).parameters["largest"].default == LARGEST


def test_a_call_can_be_repeated_on_arguments_that_are_there() -> None:
    arguments = Arguments({"op": "negative", "args": [X]}, POOLS)
    assert calling.called(np.negative, arguments) == calling.called(np.negative, arguments) == called(np.negative)


def test_arguments_that_are_not_watched_are_said_to_be_unchanged() -> None:
    arguments = Arguments({"op": "negative", "args": [X]}, POOLS)
    arguments.args[0][0] = 99
    assert arguments.changed() == ()


def test_results_are_little_endian_in_c_order() -> None:
    data = np.arange(6.0).reshape(2, 3)
    for layout in (data, np.asfortranarray(data), data.astype(">f8"), data[::-1][::-1]):
        assert value_of(layout).data == data.tobytes()
        assert value_of(layout).shape == (2, 3)
    assert value_of(np.array(-0.0)).data.hex() == "0000000000000080"


def test_bits_come_back() -> None:
    data = np.array([[1 + 2j, np.nan]], np.complex64)
    again = array_of(value_of(data))
    assert again.dtype == np.complex64
    assert again.tobytes() == data.tobytes()


def test_a_tuple_is_several_results() -> None:
    assert len(returned(lambda x: (x, x.sum())).values) == 2
    assert [value.kind for value in returned(lambda x: (x, x.sum())).values] == ["array", "scalar"]


def test_an_argument_that_changed_is_named() -> None:
    def spoil(x: Any, y: Any) -> Any:
        y[1] = 99
        return x

    assert returned(spoil, X, X).changed == ("1",)
    assert returned(np.add, X, X).changed == ()


def test_a_changed_gap_is_a_change() -> None:
    def spoil(x: Any) -> Any:
        np.ndarray((3,), "f8", x.base, 0)[1] = 5
        return 0.0

    assert returned(spoil, {"pool": "d.x", "shape": [2], "strides": [2]}).changed == ("0",)


def test_a_changed_mask_is_a_change() -> None:
    def spoil(x: Any, where: Any) -> Any:
        where[0] = False
        return x

    assert returned(spoil, X, where={"pool": "?.m", "shape": [2]}).changed == ("where",)


def test_what_shares_its_block_with_an_out_may_change() -> None:
    found = returned(np.negative, {**X}, out={"pool": "d.x", "of": "0", "shape": [4]})
    assert found.changed == ()
    assert np.frombuffer(found.written[0]).tolist() == [-1, 2, 0, -4]


def test_written_has_the_gaps() -> None:
    found = returned(np.negative, X, out={"pool": "d.x", "shape": [4], "strides": [2]})
    block = np.frombuffer(found.written[0])
    assert block[::2].tolist() == [-1, 2, 0, -4]
    assert block[1::2].tolist() == [-2, 4, -2]


def test_the_object_given_as_out_is_recognized() -> None:
    out = {"pool": "d.x", "shape": [4]}
    assert returned(lambda _x, out: out, X, out=out).is_out == (True,)
    assert returned(lambda _x, out: out.copy(), X, out=out).is_out == (False,)
    assert returned(lambda x: x).is_out == ()
    assert returned(lambda _x, out: out[0], X, out=[out]).is_out == (True,)


@pytest.mark.parametrize(
    ("function", "flags"),
    [
        (lambda x: 1 / (x - x), ("divide",)),
        (lambda x: (x - x) / (x - x), ("invalid",)),
        (lambda x: np.exp(x * 1000), ("over", "under")),
        (lambda x: x + 1, ()),
    ],
    ids=["division by zero", "an invalid operation", "overflow and underflow", "none"],
)
def test_floating_point_flags_are_recorded(function: Any, flags: tuple[str, ...]) -> None:
    assert returned(function).flags == flags


def test_warnings_are_recorded_once_by_name() -> None:
    def warn(x: Any) -> Any:
        warnings.warn("one", RuntimeWarning, stacklevel=1)
        warnings.warn("two", RuntimeWarning, stacklevel=1)
        warnings.warn("three", DeprecationWarning, stacklevel=1)
        return x

    assert returned(warn).warnings == ("DeprecationWarning", "RuntimeWarning")


def test_error_state_and_filters_are_as_before() -> None:
    before = np.geterr()
    called(lambda x: np.seterr(all="ignore") and x)
    called(lambda _x: (_ for _ in ()).throw(ValueError("no")))
    assert np.geterr() == before


class PanicException(BaseException):
    """As a Rust extension raises it: no Exception."""


class _HiddenError(ValueError):
    """A private class, whose public base counts."""


@pytest.mark.parametrize(
    ("error", "kind", "bases"),
    [
        (ValueError("no"), "ValueError", ("ValueError", "Exception", "BaseException")),
        (PanicException("no"), "PanicException", ("PanicException", "BaseException")),
        (SystemExit(3), "SystemExit", ("SystemExit", "BaseException")),
        (_HiddenError("no"), "_HiddenError", ("ValueError", "Exception", "BaseException")),
        (
            np.exceptions.AxisError("no"),
            "AxisError",
            ("AxisError", "ValueError", "IndexError", "LookupError", "Exception", "BaseException"),
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_whatever_is_raised_is_an_outcome(error: BaseException, kind: str, bases: tuple[str, ...]) -> None:
    def fail(_x: Any) -> Any:
        raise error

    found = called(fail)
    assert isinstance(found, Raised)
    assert (found.type, found.bases) == (kind, bases)
    assert found.message == str(error)


def test_an_interrupt_is_the_users_and_passes() -> None:
    def interrupted(_x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called(interrupted)


def test_a_long_message_is_cut() -> None:
    def fail(_x: Any) -> Any:
        raise ValueError("x" * 10_000)

    assert len(called(fail).message) == 500


@pytest.mark.parametrize(
    "found",
    [
        Returned((Value("array", "<f8", (1,), bytes(8)),), (b"12",), (True,), ("0",), ("over",), ("W",)),
        Raised("E", ("E",), "m"),
        Crashed(11),
        TimedOut(1.0),
        Missing("f"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_outcome_crosses_processes(found: Any) -> None:
    assert pickle.loads(pickle.dumps(found)) == found
