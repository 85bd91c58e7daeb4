"""Arguments are built as `ArrayArgument` says: which elements, where in memory, and what lies between them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.calling import CODES, Arguments, array_of, outcome, python_scalar, value_of
from parity.documents.elements import ELEMENTS

POOL = {
    f"{char}.general": np.arange(1, 102).astype(CODES[char]) * (1 if ELEMENTS[char].kind in "?bu" else -1)
    for char in ELEMENTS
} | {"?.mask": np.arange(101) % 3 == 0}
COUNT = 101


def built(*args: Any, **kwargs: Any) -> Arguments:
    return Arguments({"op": "add", "args": list(args), "kwargs": kwargs}, POOL)


def array(**fields: Any) -> np.ndarray:
    (only,) = built({"pool": "d.general", **fields}).args
    assert isinstance(only, np.ndarray)
    return only


@pytest.mark.parametrize("char", ELEMENTS)
def test_the_element_type_is_the_pools(char: str) -> None:
    x = array(pool=f"{char}.general", shape=[3])
    assert x.dtype == np.dtype(CODES[char])
    assert x.tolist() == POOL[f"{char}.general"][:3].tolist()


def test_elements_are_taken_from_at_on_in_c_order() -> None:
    assert array(shape=[2, 3], at=4).tolist() == [[-5, -6, -7], [-8, -9, -10]]


def test_elements_wrap_around_the_end_of_the_pool() -> None:
    assert array(shape=[3], at=COUNT - 1).tolist() == [-101, -1, -2]
    assert array(shape=[2 * COUNT]).tolist() == 2 * POOL["d.general"].tolist()


@pytest.mark.parametrize("shape", [[20_011], [3, 5_000], [4_096]])
@pytest.mark.parametrize("at", [0, 77, 5 * COUNT])
def test_many_elements_go_around_the_pool_many_times(shape: list[int], at: int) -> None:
    expected = POOL["d.general"].take(np.arange(at, at + int(np.prod(shape))) % COUNT)
    assert array(shape=shape, at=at).ravel().tolist() == expected.tolist()
    assert array(shape=shape, at=at, strides=[2 * step for step in (shape[-1], 1)[-len(shape) :]]).ravel().tolist() == (
        expected.tolist()
    )


def test_axes_in_another_order_fill_the_block_without_gaps() -> None:
    arguments = built(out={"pool": "d.general", "shape": [3, 4], "strides": [-1, 3], "at": 2})
    block = np.frombuffer(arguments.written()[0])
    assert block.reshape(4, 3)[:, ::-1].T.ravel().tolist() == [-float(value) for value in range(3, 15)]


def test_without_a_shape_there_is_one_element() -> None:
    x = array(at=7)
    assert (x.shape, float(x)) == ((), -8)


def test_strides_lay_out_the_same_elements() -> None:
    x = array(shape=[2, 3], strides=[1, 2])
    assert x.strides == (8, 16)
    assert x.tolist() == [[-1, -2, -3], [-4, -5, -6]]


def test_negative_strides_lay_out_the_same_elements() -> None:
    x = array(shape=[4], strides=[-2])
    assert x.strides == (-16,)
    assert x.tolist() == [-1, -2, -3, -4]


def test_a_linear_block_is_filled_in_order_of_memory() -> None:
    assert array(shape=[3, 2], strides=[1, 1], linear=True).tolist() == [[-1, -2], [-2, -3], [-3, -4]]
    assert array(shape=[3], strides=[0], linear=True).tolist() == [-1, -1, -1]


def test_gaps_hold_other_values_than_the_elements() -> None:
    arguments = built(out={"pool": "d.general", "shape": [3], "strides": [2]})
    block = np.frombuffer(arguments.written()[0])
    assert block.tolist()[::2] == [-1, -2, -3]
    assert len(block) == 5
    assert not set(block.tolist()[1::2]) & {-1.0, -2.0, -3.0}


def test_the_block_is_as_long_as_it_is_said_to_be() -> None:
    arguments = built(out={"pool": "d.general", "shape": [2], "offset": 3, "length": 9})
    block = np.frombuffer(arguments.written()[0])
    assert len(block) == 9
    assert block[3:5].tolist() == [-1, -2]


def test_swapped_elements_have_the_other_byte_order_and_the_same_values() -> None:
    x = array(shape=[3], swapped=True)
    assert x.dtype.str == ">f8"
    assert x.tolist() == [-1, -2, -3]


@pytest.mark.parametrize("char", [char for char in ELEMENTS if ELEMENTS[char].size > 1])
def test_unaligned_elements_begin_one_byte_off(char: str) -> None:
    x = array(pool=f"{char}.general", shape=[5], strides=[-2], unaligned=True)
    assert not x.flags.aligned
    assert x.tolist() == POOL[f"{char}.general"][:5].tolist()


def test_a_read_only_array_cannot_be_written() -> None:
    x = array(shape=[2], readonly=True)
    assert not x.flags.writeable
    assert array(shape=[2]).flags.writeable


def test_a_scalar_is_numpys_and_an_array_without_axes_is_none() -> None:
    (scalar,) = built({"pool": "f.general", "scalar": True}).args
    assert type(scalar) is np.float32
    assert isinstance(array(), np.ndarray)


@pytest.mark.parametrize("shape", [[0], [3, 0, 2], [0, 0]])
def test_an_empty_array_has_its_shape(shape: list[int]) -> None:
    assert array(shape=shape).shape == tuple(shape)


def test_arguments_may_lie_in_one_block() -> None:
    arguments = built(
        {"pool": "d.general", "shape": [4], "length": 6},
        {"pool": "ignored", "of": "0", "shape": [4], "offset": 1},
        out={"pool": "ignored", "of": "0", "shape": [4], "offset": 2},
    )
    first, second = arguments.args
    out = arguments.kwargs["out"]
    assert np.shares_memory(first, second)
    assert np.shares_memory(first, out)
    assert second.tolist()[:3] == [-2, -3, -4]
    out[0] = 77
    assert first[2] == second[1] == 77


def test_an_overlap_keeps_alignment_and_may_swap_bytes() -> None:
    arguments = built(
        {"pool": "i.general", "shape": [4], "unaligned": True},
        {"pool": "i.general", "of": "0", "shape": [4], "swapped": True},
    )
    first, second = arguments.args
    assert not second.flags.aligned
    assert first.tobytes() == second.tobytes()
    assert second.dtype.str == ">i4"


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ({"python": "bool", "value": "True"}, True),
        ({"python": "bool", "value": "False"}, False),
        ({"python": "int", "value": str(2**70)}, 2**70),
        ({"python": "float", "value": (0.1).hex()}, 0.1),
        ({"python": "complex", "value": f"{(0.5).hex()},{(-2.0).hex()}"}, 0.5 - 2j),
    ],
    ids=str,
)
def test_a_python_number_is_exact(plain: dict[str, str], value: Any) -> None:
    assert python_scalar(plain) == value
    assert type(built(plain).args[0]) is type(value)


@pytest.mark.parametrize("text", ["-0x0.0p+0", "nan", "inf"])
def test_special_python_floats_survive(text: str) -> None:
    assert python_scalar({"python": "float", "value": text}).hex() == text


def test_attributes_are_passed_as_numpy_wants_them() -> None:
    arguments = built(
        {"pool": "d.general", "shape": [2, 2]},
        axis=[0, -1],
        keepdims=True,
        dtype="F",
        casting="no",
        initial={"python": "float", "value": "0x1p+0"},
        where={"pool": "?.mask", "shape": [2, 2]},
        ddof=1,
    )
    kwargs = arguments.kwargs
    assert kwargs["axis"] == (0, -1)
    assert kwargs["dtype"] == np.dtype("<c8")
    assert (kwargs["keepdims"], kwargs["casting"], kwargs["initial"], kwargs["ddof"]) == (True, "no", 1.0, 1)
    assert kwargs["where"].tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(("axis", "expected"), [(None, None), (0, 0), ([], ()), ([1], (1,))])
def test_an_axis_is_a_number_a_tuple_or_none(axis: Any, expected: Any) -> None:
    assert built({"pool": "d.general", "shape": [2]}, axis=axis).kwargs["axis"] == expected


def test_no_dtype_is_none() -> None:
    assert built({"pool": "d.general", "shape": [2]}, dtype=None).kwargs["dtype"] is None


def test_several_outs_are_a_tuple() -> None:
    part = {"pool": "d.general", "shape": [2]}
    arguments = built(part, part, out=[part, {**part, "at": 5}])
    assert isinstance(arguments.kwargs["out"], tuple)
    assert [out.tolist() for out in arguments.kwargs["out"]] == [[-1, -2], [-6, -7]]
    assert [np.frombuffer(block).tolist() for block in arguments.written()] == [[-1, -2], [-6, -7]]


def test_one_out_in_a_list_is_a_tuple_of_one() -> None:
    arguments = built({"pool": "d.general"}, out=[{"pool": "d.general", "shape": [2]}])
    assert isinstance(arguments.kwargs["out"], tuple)


def test_two_calls_have_their_own_memory() -> None:
    assert not np.shares_memory(array(shape=[3]), array(shape=[3]))
    x = array(shape=[3])
    x[...] = 0
    assert POOL["d.general"][0] == -1


@st.composite
def geometries(draw: st.DrawFn) -> dict[str, Any]:
    """Any shape with strides that visit no element twice: a permutation of the axes, gaps, and directions."""
    shape = draw(st.lists(st.integers(0, 5), max_size=4))
    order = draw(st.permutations(range(len(shape))))
    strides, step = [0] * len(shape), draw(st.integers(1, 3))
    for axis in order:
        strides[axis] = step * draw(st.sampled_from([1, -1]))
        step *= max(shape[axis], 1) * draw(st.integers(1, 2))
    char = draw(st.sampled_from(list(ELEMENTS)))
    return {
        "pool": f"{char}.general",
        "at": draw(st.integers(0, 2 * COUNT)),
        "shape": shape,
        "strides": strides,
        "swapped": draw(st.booleans()),
        "unaligned": draw(st.booleans()),
        "readonly": draw(st.booleans()),
    }


@settings(max_examples=300, deadline=None)
@given(geometries())
def test_any_geometry_has_the_values_of_its_twin_in_c_order(geometry: dict[str, Any]) -> None:
    x = array(**geometry)
    twin = array(pool=geometry["pool"], at=geometry["at"], shape=geometry["shape"])
    assert x.shape == twin.shape
    assert value_of(x).data == twin.tobytes()
    assert array_of(value_of(x)).tolist() == twin.tolist()
    if x.size:
        assert x.strides == tuple(stride * x.itemsize for stride in geometry["strides"])


@settings(max_examples=100, deadline=None)
@given(geometries())
def test_any_geometry_gives_the_same_result_bytes(geometry: dict[str, Any]) -> None:
    twin = {name: geometry[name] for name in ("pool", "at", "shape")}
    calls = [{"op": "logical_not", "args": [argument]} for argument in (geometry, twin)]
    one, two = (outcome(np, call, POOL) for call in calls)
    assert one.values == two.values  # type: ignore[union-attr]
