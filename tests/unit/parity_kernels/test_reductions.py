"""Reductions give NumPy's results; sums of floats may be nearer to the truth, and are as near as their claimed depth."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parity_kernels
from parity_kernels.dtypes import DTYPES, ELEMENTS

from .raised import public_class

INTEGERS, FLOATS, COMPLEXES = "bBhHiIlL", "efd", "FD"


def unaligned(x: np.ndarray) -> np.ndarray:
    raw = np.zeros(x.nbytes + 1, np.uint8)
    result = raw[1:].view(x.dtype).reshape(x.shape)
    result[...] = x
    return result


AXES = (None, 0, 1, -1, (0, 2), (0, 1), (1, 2), (), (0, 1, 2))
LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "c": lambda x: x,
    "fortran": np.asfortranarray,
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "negative": lambda x: np.ascontiguousarray(x[::-1, :, ::-1])[::-1, :, ::-1],
    "strided": lambda x: np.repeat(x, 2, axis=2)[:, :, ::2],
    "unaligned": unaligned,
    "swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "broadcast": lambda x: np.broadcast_to(x[:, :1], x.shape),
}


def values(char: str, shape: int | tuple[int, ...], seed: int = 0) -> np.ndarray:
    random, dtype = np.random.default_rng(seed), DTYPES[char]
    if char in INTEGERS:
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    if char == "?":
        return random.random(shape) < 0.5
    real = random.standard_normal(shape)
    return (real + 1j * random.standard_normal(shape)).astype(dtype) if char in COMPLEXES else real.astype(dtype)


def same(expected: Any, actual: Any, *, ulps: float = 0.0, scale: Any = None) -> None:
    """Type, dtype, shape and bits agree; for inexact results the values, within ``ulps`` of the scale."""
    assert type(actual) is type(expected)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    if ulps:
        size = np.abs(expected) if scale is None else scale
        error = np.abs(np.asarray(actual, np.complex128) - np.asarray(expected, np.complex128))
        assert np.all(error <= ulps * np.finfo(expected.dtype).eps * np.maximum(size, np.finfo(expected.dtype).tiny))
    else:
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all"])
@pytest.mark.parametrize("char", ["?", "b", "H", "i", "L"])
def test_exact_reductions_have_numpys_bits_on_every_axis_and_layout(name: str, char: str, layout: str) -> None:
    x = LAYOUTS[layout](values(char, (9, 5, 21)))
    for axis in AXES:
        same(getattr(np, name)(x, axis=axis), getattr(parity_kernels, name)(x, axis=axis))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("char", ["e", "f", "d", "F", "D"])
def test_sums_of_floats_are_within_their_depth_of_numpys_on_every_axis_and_layout(char: str, layout: str) -> None:
    x = LAYOUTS[layout](values(char, (9, 5, 21)))
    for axis in AXES:
        scale = np.abs(x.astype("D" if char in COMPLEXES else "d")).sum(axis=axis)
        expected = x.astype("D" if char in COMPLEXES else "d").sum(axis=axis).astype(DTYPES[char])
        same(expected, parity_kernels.sum(x, axis=axis), ulps=24, scale=scale)


@pytest.mark.parametrize("name", ["max", "min", "any", "all", "argmax", "argmin"])
@pytest.mark.parametrize("char", ["e", "f", "d", "F", "D"])
def test_nan_wins_and_the_first_one_wins(name: str, char: str) -> None:
    for seed in range(20):
        x = values(char, (7, 40), seed)
        x[np.random.default_rng(seed).random(x.shape) < 0.05] = np.nan
        for axis in (None, 0, 1):
            same(getattr(np, name)(x, axis=axis), getattr(parity_kernels, name)(x, axis=axis))


@pytest.mark.parametrize("char", ELEMENTS)
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_the_first_of_equal_extrema_is_found(name: str, char: str) -> None:
    x = (values(char, (4, 30, 6)) if char == "?" else (np.arange(720) * 7 % 5).reshape(4, 30, 6)).astype(DTYPES[char])
    for axis in (None, 0, 1, 2):
        for array in (x, x.T, x[::-1, ::-2]):
            same(getattr(np, name)(array, axis=axis), getattr(parity_kernels, name)(array, axis=axis))


@pytest.mark.parametrize("char", ELEMENTS)
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_cumulative_results_round_at_every_step_like_numpys(name: str, char: str) -> None:
    x = values(char, (5, 4, 33))
    for axis in (None, 0, 1, 2):
        expected, actual = getattr(np, name)(x, axis=axis), getattr(parity_kernels, name)(x, axis=axis)
        same(expected, actual, ulps=4 * 33 * 5 * 4 if char in COMPLEXES and name == "cumprod" else 0)


@pytest.mark.parametrize("char", ["f", "d"])
@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 127, 128, 129, 1000, 4097])
def test_contiguous_sums_have_the_bits_of_numpys_pairwise_order(char: str, n: int) -> None:
    x = values(char, n)
    same(np.sum(x), parity_kernels.sum(x))
    same(np.sum(x[::-1]), parity_kernels.sum(x[::-1]))


@pytest.mark.parametrize("char", ["f", "d"])
@pytest.mark.parametrize("shape", [(3000, 5), (5, 3000), (3000, 300), (40, 50, 60), (100000, 3)])
def test_sums_keep_the_claimed_depth_on_every_axis(char: str, shape: tuple[int, ...]) -> None:
    """|s - exact| <= gamma_h sum|x| + ulp/2 with h = 24 + ceil(log2(n / 128)). A bound proves no order of additions."""
    x = values(char, shape) * DTYPES[char].type(1e3) + DTYPES[char].type(1)
    for axis in range(len(shape)):
        n = shape[axis]
        depth = max(24 + math.ceil(math.log2(n / 128)), min(n - 1, 24))
        unit = float(np.finfo(x.dtype).eps) / 2
        lines = np.moveaxis(x, axis, -1).reshape(-1, n)[:7]
        sums = np.asarray(parity_kernels.sum(x, axis=axis)).reshape(-1)[:7]
        for line, found in zip(lines, sums, strict=True):
            exact = sum(map(Fraction, line.tolist()))
            limit = depth * unit / (1 - depth * unit) * math.fsum(map(abs, line.tolist())) + unit * abs(float(exact))
            assert abs(Fraction(float(found)) - exact) <= Fraction(limit)


def test_the_sum_of_negative_zeros_is_positive_as_numpys() -> None:
    for x in (np.array([-0.0]), np.array([[-0.0] * 3] * 40), np.full((3, 200), -0.0)):
        for axis in range(x.ndim):
            assert not np.any(np.signbit(parity_kernels.sum(x, axis=axis)))
    assert np.signbit(parity_kernels.sum(np.array([-0.0]), initial=-0.0))


@pytest.mark.parametrize("char", ["?", "b", "I", "l", "e", "f", "d", "F", "D"])
@pytest.mark.parametrize("name", ["mean", "var", "std"])
def test_statistics_agree_with_a_wider_reference(name: str, char: str) -> None:
    x = values(char, (6, 35, 4)) // (2 if char in "bIl" else 1) if char not in COMPLEXES else values(char, (6, 35, 4))
    wide = x.astype("D" if char in COMPLEXES else "d")
    for axis in (None, 0, 1, (0, 2)):
        for keepdims in (False, True):
            actual = getattr(parity_kernels, name)(x, axis=axis, keepdims=keepdims)
            numpys = getattr(np, name)(x, axis=axis, keepdims=keepdims)
            assert (type(actual), actual.dtype) == (type(numpys), numpys.dtype)
            expected = getattr(np, name)(wide, axis=axis, keepdims=keepdims).astype(numpys.dtype)
            scale = np.abs(wide).max()
            same(np.asarray(expected), np.asarray(actual), ulps=16, scale=max(scale, 1) ** (2 if name == "var" else 1))


def test_variance_survives_a_large_mean() -> None:
    x: np.ndarray = (values("f", 1000) + np.float32(1e4)).astype(np.float32)
    numbers = [Fraction(float(value)) for value in x]
    mean = sum(numbers) / 1000
    exact = float(sum((number - mean) ** 2 for number in numbers) / 1000)
    assert parity_kernels.var(x) == np.float32(exact)
    x = values("d", 1000) + 1e8
    numbers = [Fraction(float(value)) for value in x]
    mean = sum(numbers) / 1000
    exact = float(sum((number - mean) ** 2 for number in numbers) / 1000)
    assert abs(float(parity_kernels.var(x)) - exact) <= 4 * math.ulp(exact)


CALLS: dict[str, Callable[[Any], Any]] = {
    "empty maximum": lambda m: m.max(np.zeros(0)),
    "empty maximum along an axis that is kept": lambda m: m.max(np.zeros((2, 0, 3)), axis=0),
    "empty sum": lambda m: m.sum(np.zeros((0, 3)), axis=0),
    "empty sum without identity": lambda m: m.sum(np.zeros((0, 3)), axis=0, initial=None),
    "empty product": lambda m: m.prod(np.zeros((3, 0), "i1"), axis=1),
    "empty all": lambda m: m.all(np.zeros(0)),
    "empty argmax": lambda m: m.argmax(np.zeros(0)),
    "axis out of range": lambda m: m.sum(np.ones((2, 3)), axis=2),
    "repeated axis": lambda m: m.sum(np.ones((2, 3)), axis=(1, -1)),
    "axis of 0-d": lambda m: m.sum(np.float64(2), axis=0),
    "axes of 0-d": lambda m: m.sum(np.float64(2), axis=(0,)),
    "float axis": lambda m: m.max(np.ones(3), axis=0.0),
    "list of axes": lambda m: m.max(np.ones(3), axis=[0]),
    "boolean axis": lambda m: m.sum(np.ones(3), axis=True),
    "initial": lambda m: m.max(np.arange(4), initial=9),
    "fractional initial of integers": lambda m: m.sum(np.arange(4), initial=1.5),
    "complex initial of floats": lambda m: m.sum(np.ones(4), initial=1j),
    "where": lambda m: m.sum(np.arange(6.0).reshape(2, 3), axis=0, where=np.array([[True], [False]])),
    "where of a maximum without initial": lambda m: m.max(np.arange(3), where=[True, False, True]),
    "where of a maximum": lambda m: m.max(np.arange(3), where=[True, True, False], initial=-1),
    "where too large": lambda m: m.sum(np.ones((1, 3)), where=np.ones((2, 3), bool)),
    "where of integers": lambda m: m.sum(np.ones(3), where=np.array([1, 0, 1])),
    "mean of what a mask leaves": lambda m: m.mean(np.arange(6.0).reshape(2, 3), axis=1, where=[True, True, False]),
    "variance of what a mask leaves": lambda m: m.var(np.arange(6.0).reshape(2, 3), axis=0, where=[[True], [True]]),
    "dtype": lambda m: m.sum(np.array([1.7, 2.7]), dtype=np.int32),
    "dtype of bytes wraps": lambda m: m.sum(np.full(300, 1, np.int8), dtype=np.int8),
    "dtype bool": lambda m: m.sum(np.array([0.0, 2.0]), dtype=bool),
    "swapped dtype": lambda m: m.sum(np.ones(2), dtype=np.dtype(float).newbyteorder()),
    "out": lambda m: m.sum(np.ones((2, 3), "i1"), axis=0, out=np.zeros(3, "i2")),
    "out of another kind": lambda m: m.sum(np.array([1.5, 1.5]), out=np.zeros((), "i4")),
    "out with keepdims": lambda m: m.max(np.arange(6).reshape(2, 3), axis=1, keepdims=True, out=np.zeros((2, 1), int)),
    "out of the wrong shape": lambda m: m.sum(np.ones((2, 3)), axis=0, out=np.zeros(2)),
    "out of too many dimensions": lambda m: m.sum(np.ones((2, 3)), axis=0, out=np.zeros((1, 3))),
    "out that is a list": lambda m: m.sum(np.ones((2, 3)), axis=0, out=[0, 0, 0]),
    "argmax into floats": lambda m: m.argmax(np.ones((2, 3)), axis=0, out=np.zeros(3)),
    "argmax over a tuple": lambda m: m.argmax(np.ones((2, 3)), axis=(0,)),
    "ddof": lambda m: m.var(np.arange(4.0), ddof=1),
    "correction": lambda m: m.std(np.arange(4.0), correction=1),
    "ddof and correction": lambda m: m.var(np.arange(4.0), ddof=1, correction=1),
    "given mean": lambda m: m.var(np.arange(4.0), mean=np.array([1.0])),
    "subtract over two axes": lambda m: m.subtract.reduce(np.ones((2, 3)), axis=(0, 1)),
    "subtract": lambda m: m.subtract.reduce(np.arange(6).reshape(2, 3)),
    "subtract with a mask": lambda m: m.subtract.reduce(np.arange(6.0), where=np.arange(6) % 2 == 0, initial=1),
    "comparison of numbers": lambda m: m.less.reduce(np.arange(3)),
    "comparison of booleans": lambda m: m.less.reduce(np.array([True, False, True])),
    "divmod": lambda m: m.divmod.reduce(np.arange(3)),
    "one operand": lambda m: m.negative.reduce(np.arange(3)),
    "negative power": lambda m: m.power.reduce(np.array([2, -1])),
    "power": lambda m: m.power.accumulate(np.array([[2, 3], [3, 2], [2, 1]]), axis=0),
    "bits of nothing": lambda m: m.bitwise_and.reduce(np.zeros((0, 2), "u2")),
    "exclusive or": lambda m: m.logical_xor.reduce(np.array([[1.0, 0.0], [2.0, 0.0]]), axis=1),
    "fmax": lambda m: m.fmax.reduce(np.array([[np.nan, 1.0], [2.0, np.nan]])),
    "accumulate over two axes": lambda m: m.add.accumulate(np.ones((2, 3)), axis=(0, 1)),
    "accumulate of a scalar": lambda m: m.add.accumulate(3),
    "accumulated maximum": lambda m: m.maximum.accumulate(np.array([[3, 1], [1, 2]]), axis=1),
    "cumulative sum of bytes": lambda m: m.cumsum(np.full(200, 100, np.int8)),
    "cumulative sum into another type": lambda m: m.cumsum(np.ones((2, 3)), axis=0, out=np.zeros((2, 3), "f4")),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("call", CALLS)
def test_calls_answer_or_raise_as_numpys(call: str) -> None:
    def outcome(module: Any) -> Any:
        try:
            return CALLS[call](module)
        except Exception as error:
            return public_class(error)

    expected, actual = outcome(np), outcome(parity_kernels)
    if isinstance(expected, type):
        assert actual is expected
    else:
        same(expected, actual)


@settings(max_examples=150)
@given(
    shape=st.lists(st.integers(0, 19), max_size=4),
    char=st.sampled_from("?bBhHiIlL"),
    name=st.sampled_from(["sum", "prod", "any", "all"]),
    data=st.data(),
)
def test_any_shape_axes_and_steps(shape: list[int], char: str, name: str, data: st.DataObject) -> None:
    steps = tuple(slice(None, None, data.draw(st.sampled_from([1, 2, -1, -3]))) for _ in shape)
    x = values(char, tuple(shape))[steps].transpose(data.draw(st.permutations(range(len(shape)))))
    axes = st.lists(st.sampled_from(range(x.ndim)), unique=True).map(tuple) if x.ndim else st.just(())
    axis, keepdims = data.draw(st.none() | axes), data.draw(st.booleans())
    expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
    same(expected, getattr(parity_kernels, name)(x, axis=axis, keepdims=keepdims))
