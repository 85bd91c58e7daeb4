"""Promotion, options, and errors of the elementwise callables: what a call does besides computing."""

import itertools
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import parity_kernels
from parity_kernels import casting
from parity_kernels.dtypes import ELEMENTS
from parity_kernels.table import rows

NAMES = list(rows())


def outcome(function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        try:
            return function(*args, **keywords)
        except (TypeError, ValueError, OverflowError) as error:
            return error


def check_same(ours: Any, numpys: Any) -> None:
    if isinstance(numpys, Exception):
        assert [kind.__name__ for kind in type(ours).__mro__] == [kind.__name__ for kind in type(numpys).__mro__], ours
        return
    assert not isinstance(ours, Exception), ours
    assert type(ours) is type(numpys)
    if isinstance(numpys, tuple):
        for one, other in zip(ours, numpys, strict=True):
            check_same(one, other)
        return
    assert ours.dtype == numpys.dtype
    assert ours.shape == numpys.shape
    if numpys.dtype.kind in "fc":  # how near is the business of test_elementwise_values
        assert np.allclose(ours, numpys, rtol=4 * np.finfo(numpys.dtype).eps, atol=0, equal_nan=True)
    else:
        assert np.array_equal(ours, numpys)


def compare(name: str, *args: Any, **keywords: Any) -> None:
    check_same(outcome(getattr(parity_kernels, name), *args, **keywords), outcome(getattr(np, name), *args, **keywords))


@pytest.mark.parametrize("name", NAMES)
def test_promotion_of_every_pair_of_types_is_numpys(name: str) -> None:
    row, numpys = rows()[name], getattr(np, name)
    kinds = [np.dtype(char) for char in ELEMENTS] + ([int, float, complex] if row.nin == 2 else [])
    for given in itertools.product(kinds, repeat=row.nin):
        if all(isinstance(kind, type) for kind in given):
            continue
        expected = outcome(numpys.resolve_dtypes, (*given, *[None] * row.nout))
        actual = outcome(casting.resolve, getattr(parity_kernels, name), row, given, [None] * (row.nin + row.nout))
        if isinstance(expected, Exception):
            check_same(actual, expected)
        elif not name.startswith("logical"):  # NumPy casts mixed operands to bool first, with the same result
            chars = "".join(dtype.char for dtype in expected).replace("q", "l").replace("Q", "L")
            assert actual.replace("->", "") == chars, given


@pytest.mark.parametrize("name", NAMES)
def test_dtype_keyword_chooses_numpys_loop(name: str) -> None:
    for char, wanted in itertools.product("?bLefdFD", repeat=2):
        arrays = [np.ones(3, char)] * rows()[name].nin
        compare(name, *arrays, dtype=wanted)


@pytest.mark.parametrize("rule", casting.CASTINGS)
@pytest.mark.parametrize("name", ["add", "sqrt", "less", "divmod"])
def test_casting_rule_refuses_what_numpy_refuses(name: str, rule: str) -> None:
    for char, out in itertools.product("?bLefdD", repeat=2):
        arrays = [np.ones(3, char)] * rows()[name].nin
        outs = tuple(np.zeros(3, out) for _ in range(rows()[name].nout))
        compare(name, *arrays, out=outs, casting=rule)


@pytest.mark.parametrize("value", [0, 1, -1, 127, 128, 255, 256, 2**31, 2**63 - 1, 2**63, -(2**63), 10**30])
@pytest.mark.parametrize("char", "bBiLefd?")
def test_python_integers_are_weak_and_must_fit(char: str, value: int) -> None:
    array = np.array([0, 1, 1], char)
    for name in ("add", "equal", "less", "greater_equal", "maximum", "bitwise_and", "copysign"):
        if (char == "?" and abs(value) > 2**62) or (name == "copysign" and char in "bBiL?"):
            continue
        compare(name, array, value)
        compare(name, value, array)


@pytest.mark.parametrize("value", [0.5, 70_000.0, 1e300, float("inf"), float("nan"), 1j, True, np.float64(0.5)])
@pytest.mark.parametrize("char", ELEMENTS)
def test_python_floats_and_numpy_scalars_promote_as_in_numpy(char: str, value: complex | np.float64) -> None:
    array = np.array([0, 1, 1], char)
    for name in ("add", "less", "multiply"):
        compare(name, array, value)
        compare(name, value, array)


@pytest.mark.parametrize("name", NAMES)
def test_a_call_without_dimensions_gives_a_scalar_unless_out_is_given(name: str) -> None:
    row = rows()[name]
    for value in (np.float32(1.5), np.array(1.5), np.int16(3), 3, True):
        compare(name, *[value] * row.nin)
    ours = getattr(parity_kernels, name)
    if "d->d" in row.kernels or "dd->d" in row.kernels:
        out = np.zeros(())
        assert ours(*[1.5] * row.nin, out=out) is out


@pytest.mark.parametrize(
    ("args", "keywords"),
    [
        ((np.ones(3), np.ones(4)), {}),
        ((np.ones((2, 3)), np.ones((3, 2))), {}),
        ((np.ones(3), np.ones(3)), {"out": np.ones(4)}),
        ((np.ones(3), np.ones(3)), {"out": np.ones((2, 4))}),
        ((np.ones((2, 3)), np.ones(3)), {"out": np.ones(3)}),
        ((np.ones(3), np.ones(3)), {"out": [1, 2, 3]}),
        ((np.ones(3), np.ones(3)), {"out": (np.ones(3), np.ones(3))}),
        ((np.ones(3), np.ones(3)), {"out": np.ones(3, int)}),
        ((np.ones(3), np.ones(3)), {"where": np.ones(3, int), "out": np.ones(3)}),
        ((np.ones(3), np.ones(3)), {"where": np.ones(4, bool), "out": np.ones(3)}),
        ((np.ones(3), np.ones(3)), {"casting": "nonsense"}),
        ((np.ones(3), np.ones(3)), {"casting": 3}),
        ((np.ones(3), np.ones(3)), {"order": "Z"}),
        ((np.ones(3), np.ones(3)), {"dtype": "nonsense"}),
        ((np.ones(3), np.ones(3)), {"dtype": "d", "signature": "dd->d"}),
        ((np.ones(3), np.ones(3)), {"signature": "zz->z"}),
        ((np.ones(3), np.ones(3)), {"signature": ("d", "d")}),
        ((np.ones(3), np.ones(3)), {"subok": 3}),
        ((np.ones(3), np.ones(3)), {"bogus": 1}),
        ((np.ones(3), np.ones(3), np.ones(3)), {"out": np.ones(3)}),
        ((np.ones(3), np.ones(3), np.ones(3), np.ones(3)), {}),
        ((np.ones(3),), {}),
        ((np.array(["a"]), np.ones(1)), {}),
    ],
)
def test_bad_calls_raise_numpys_type_of_error(args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    expected = outcome(np.add, *args, **keywords)
    assert isinstance(expected, Exception)
    check_same(outcome(parity_kernels.add, *args, **keywords), expected)


def test_a_read_only_output_is_refused() -> None:
    out = np.ones(3)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="output array is read-only"):
        parity_kernels.add(np.ones(3), np.ones(3), out=out)


def test_booleans_are_neither_subtracted_nor_negated() -> None:
    with pytest.raises(TypeError, match="numpy boolean subtract"):
        parity_kernels.subtract(np.ones(3, bool), np.ones(3, bool))
    with pytest.raises(TypeError, match="numpy boolean negative"):
        parity_kernels.negative(np.ones(3, bool))


@pytest.mark.parametrize("name", ["add", "less", "divmod", "negative", "sqrt"])
def test_where_leaves_unselected_elements_alone(name: str) -> None:
    random = np.random.default_rng(1)
    row = rows()[name]
    arrays = [random.standard_normal((7, 130)).astype("f4") for _ in range(row.nin)]
    for mask in (random.random((7, 130)) < 0.5, random.random(130) < 0.9, random.random((7, 1)) < 0.5, False, True):
        for char in "fd?":
            for transposed in (False, True):
                ours = [np.full((130, 7), 5).astype(char).T for _ in range(row.nout)]
                numpys = [array.copy(order="C" if transposed else "K") for array in ours]
                result = outcome(getattr(parity_kernels, name), *arrays, out=tuple(ours), where=mask)
                check_same(result, outcome(getattr(np, name), *arrays, out=tuple(numpys), where=mask))
                for one, other in zip(ours, numpys, strict=True):
                    assert np.array_equal(one, other, equal_nan=True)


def test_where_enlarges_a_new_output() -> None:
    result = parity_kernels.add(np.ones(1), np.ones(1), where=np.array([True, False, True]))
    assert result.shape == (3,)
    assert result[0] == result[2] == 2


@pytest.mark.parametrize("shift", [-3, -1, 0, 1, 2])
@pytest.mark.parametrize("name", ["add", "maximum", "less"])
def test_overlapping_operands_are_read_before_they_are_written(name: str, shift: int) -> None:
    base = np.arange(300.0) % 7
    ours, numpys = base.copy(), base.copy()
    for array, function in ((ours, getattr(parity_kernels, name)), (numpys, getattr(np, name))):
        function(array[10:200], array[9:199], out=array[10 + shift : 200 + shift], casting="unsafe")
        function(array[200:10:-1], 2.0, out=array[10:200], casting="unsafe")
    assert (ours == numpys).all()


def test_outputs_of_divmod_may_be_its_inputs() -> None:
    ours, numpys = [np.array([7, -7, 0]), np.array([2, 2, 0])], [np.array([7, -7, 0]), np.array([2, 2, 0])]
    parity_kernels.divmod(*ours, *ours)
    with np.errstate(all="ignore"):
        np.divmod(*numpys, *numpys)
    assert np.array_equal(ours, numpys)


@pytest.mark.parametrize("char", ["f4", "i8", "c8"])
def test_swapped_unaligned_and_read_only_operands_are_read(char: str) -> None:
    plain = np.arange(100).astype(char)
    swapped = plain.astype(plain.dtype.newbyteorder())
    unaligned = np.empty(plain.nbytes + 1, np.uint8)[1:].view(char)
    unaligned[:] = plain
    frozen = plain.copy()
    frozen.flags.writeable = False
    for one, other in itertools.product([plain, swapped, unaligned, frozen], repeat=2):
        assert (parity_kernels.add(one, other) == plain + plain).all()
    parity_kernels.add(plain, 1, out=swapped)
    parity_kernels.add(plain, 1, out=unaligned)
    assert (swapped == plain + 1).all()
    assert (unaligned == plain + 1).all()


def test_attributes_aliases_and_pickling() -> None:
    assert parity_kernels.abs is parity_kernels.absolute
    assert parity_kernels.true_divide is parity_kernels.divide
    assert parity_kernels.mod is parity_kernels.remainder
    assert (parity_kernels.divmod.nin, parity_kernels.divmod.nout, parity_kernels.divmod.nargs) == (2, 2, 4)
    assert parity_kernels.add.ntypes == len(parity_kernels.add.types)
    assert parity_kernels.add.__name__ == "add"
    assert repr(parity_kernels.add) == "<ufunc 'add'>"
    assert pickle.loads(pickle.dumps(parity_kernels.add)) is parity_kernels.add


def test_outer_is_numpys() -> None:
    left, right = np.arange(6.0).reshape(2, 3), np.arange(4, dtype="i4")
    check_same(parity_kernels.multiply.outer(left, right), np.multiply.outer(left, right))
    check_same(parity_kernels.less.outer(2, [1, 2, 3]), np.less.outer(2, [1, 2, 3]))
    check_same(outcome(parity_kernels.sqrt.outer, left, right), outcome(np.sqrt.outer, left, right))


def test_the_short_way_and_the_general_way_agree_and_leak_nothing() -> None:
    import sys

    left, right = np.arange(12.0).reshape(3, 4), np.arange(4.0)
    first = parity_kernels.add(left, right)
    parity_kernels.add(left, right.astype("i4"))  # what is loaded once is not counted
    float64 = np.dtype("f8")
    before = sys.getrefcount(left), sys.getrefcount(None), sys.getrefcount(float64)
    for _ in range(1000):
        again = parity_kernels.add(left, right)
        parity_kernels.add(left, right.astype("i4"))  # needs a cast: the short way declines
    after = sys.getrefcount(left), sys.getrefcount(None), sys.getrefcount(float64)
    assert (first == again).all()
    assert all(abs(one - other) < 100 for one, other in zip(before, after, strict=True))
