"""Every reduction gives NumPy's result, in every position of the reduced axes and every layout; sums keep their depth."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parity_kernels
from parity_kernels.dtypes import DTYPES, ELEMENTS

EXACT = ("max", "min", "any", "all", "argmax", "argmin")
SHAPES = {
    "vector": (131,),
    "matrix": (37, 29),
    "narrow": (301, 3),
    "wide": (3, 301),
    "cube": (5, 9, 17),
    "unit lengths": (1, 6, 1, 7),
    "five dimensions": (2, 3, 1, 4, 5),
}


def _unaligned(x: np.ndarray) -> np.ndarray:
    memory = np.empty(x.nbytes + 1, np.uint8)
    moved = memory[1:].view(x.dtype).reshape(x.shape)
    moved[...] = x
    return moved


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C order": lambda x: x,
    "Fortran order": np.asfortranarray,
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "every other": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "backwards": lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
    "all backwards": lambda x: np.ascontiguousarray(np.flip(x))[(slice(None, None, -1),) * x.ndim],
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "unaligned": _unaligned,
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
}


@pytest.fixture(autouse=True)
def _without_floating_point_warnings() -> Iterator[None]:
    """NumPy warns of overflows that are part of the values here; ours computes the same and says nothing."""
    with np.errstate(all="ignore"):
        yield


def _values(char: str, shape: tuple[int, ...], seed: int = 0, *, special: bool = True) -> np.ndarray:
    """Small numbers, so that sums of integers are exact in every float; with ``special`` also NaN, zeros and limits."""
    random, dtype = np.random.default_rng(seed), DTYPES[char]
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    if dtype.kind == "c":
        half = {"F": "f", "D": "d"}[char]
        parts = (_values(half, shape, seed + k, special=special) for k in (1, 2))
        made = np.empty(shape, dtype)
        made.real, made.imag = parts
        return made
    made = random.standard_normal(shape).astype(dtype)
    if special:
        chosen = random.random(shape) < 0.02
        made[chosen] = random.choice(np.array([np.inf, -np.inf, np.nan, 0.0, -0.0], dtype), int(chosen.sum()))
    return made


def _same(ours: Any, numpys: Any) -> None:
    """Equal in type, dtype and shape; in value, too, where NaNs are alike."""
    assert type(ours) is type(numpys)
    assert np.asarray(ours).dtype == np.asarray(numpys).dtype
    assert np.shape(ours) == np.shape(numpys)
    np.testing.assert_array_equal(ours, numpys, strict=True)


def _axes(ndim: int) -> list[int | tuple[int, ...] | None]:
    singles: list[int | tuple[int, ...] | None] = [None, *range(-ndim, ndim)]
    return [*singles, (), (0, -1), tuple(range(ndim))] if ndim > 1 else singles


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", EXACT)
def test_exact_reductions_are_numpys_for_every_type_axis_and_layout(name: str, layout: str) -> None:
    compared = 0
    for seed, char in enumerate(ELEMENTS):
        for shape in SHAPES.values():
            x = LAYOUTS[layout](_values(char, shape, seed))
            for axis in _axes(x.ndim):
                if name.startswith("arg") and isinstance(axis, tuple):
                    continue
                _same(getattr(parity_kernels, name)(x, axis), getattr(np, name)(x, axis))
                compared += 1
    assert compared > 500


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod"])
def test_integer_sums_and_products_wrap_around_as_numpys(name: str, layout: str) -> None:
    for seed, char in enumerate("?bBhHiIlL"):
        for shape in SHAPES.values():
            x = LAYOUTS[layout](_values(char, shape, seed))
            for axis in _axes(x.ndim):
                if name.startswith("cum") and isinstance(axis, tuple):
                    continue
                _same(getattr(parity_kernels, name)(x, axis), getattr(np, name)(x, axis))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_running_sums_round_at_every_step_as_numpys(name: str, layout: str) -> None:
    for seed, char in enumerate("efd"):
        for shape in SHAPES.values():
            x = LAYOUTS[layout](_values(char, shape, seed, special=False))
            for axis in (None, *range(x.ndim)):
                _same(getattr(parity_kernels, name)(x, axis), getattr(np, name)(x, axis))


def _allowed(x: np.ndarray, depth: int) -> tuple[Fraction, Fraction]:
    """|computed sum - exact sum| may be this: gamma_h of the sum of magnitudes, and half an ulp of the result."""
    unit = Fraction(float(np.finfo(x.dtype).eps)) / 2
    gamma = depth * unit / (1 - depth * unit)
    exact = sum((Fraction(float(value)) for value in x), Fraction(0))
    magnitudes = sum((abs(Fraction(float(value))) for value in x), Fraction(0))
    return exact, gamma * magnitudes + Fraction(float(np.spacing(np.abs(x.dtype.type(float(exact)))))) / 2


@pytest.mark.parametrize("char", ["e", "f", "d"])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 15, 16, 17, 127, 128, 129, 1000, 5003])
@pytest.mark.parametrize("inner", [1, 3, 40, 300])
def test_sums_of_floats_keep_the_claimed_depth_on_every_axis_position(char: str, count: int, inner: int) -> None:
    x = _values(char, (count, inner), count, special=False)
    if char == "e":
        x /= np.float16(64)
    depth = 24 + max(0, math.ceil(math.log2(count / 128)))
    along_first, along_last = parity_kernels.sum(x, 0), parity_kernels.sum(np.ascontiguousarray(x.T), 1)
    for column in {0, inner // 2, inner - 1}:
        exact, allowed = _allowed(x[:, column], depth)
        for found in (along_first[column], along_last[column]):
            assert abs(Fraction(float(found)) - exact) <= allowed


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std"])
@pytest.mark.parametrize("char", list(ELEMENTS))
def test_sums_and_moments_are_near_numpys_in_wider_floats(name: str, char: str) -> None:
    wide = "D" if char in "FD" else "d"
    result = getattr(np, name)(_values(char, (3,), special=False)).dtype
    tolerance = 64 * np.finfo(result if result.kind in "fc" else "d").eps
    for layout, arranged in LAYOUTS.items():
        for shape in SHAPES.values():
            x = arranged(_values(char, shape, 7, special=False))
            for axis in _axes(x.ndim):
                ours, numpys = getattr(parity_kernels, name)(x, axis), getattr(np, name)(x, axis)
                assert np.asarray(ours).dtype == numpys.dtype
                assert np.shape(ours) == np.shape(numpys)
                if result.kind in "iu":
                    continue  # wrapped around: compared with NumPy above
                scale = np.abs(x.astype(wide)).sum(axis) + 1
                truth = getattr(np, name)(x.astype(wide), axis)
                assert np.all(np.abs(ours.astype(wide) - truth) <= tolerance * scale**2), (layout, shape, axis)


def test_the_variance_of_numbers_far_from_zero_loses_nothing_to_the_mean() -> None:
    x = np.arange(1000, dtype=np.float32) % 2 + np.float32(2**20)
    assert parity_kernels.var(x) == np.float32(0.25)
    assert parity_kernels.std(x) == np.float32(0.5)
    assert parity_kernels.var(np.arange(1000) % 2 + float(2**40)) == 0.25


def test_a_sum_of_negative_zeros_is_positive_and_a_maximum_keeps_the_sign() -> None:
    zeros = np.full((3, 5), -0.0)
    for axis in (None, 0, 1, (0, 1)):
        assert np.array_equal(np.signbit(parity_kernels.sum(zeros, axis)), np.signbit(np.sum(zeros, axis)))
        assert np.array_equal(np.signbit(parity_kernels.max(zeros, axis)), np.signbit(np.max(zeros, axis)))


@pytest.mark.parametrize("char", ["e", "f", "d", "F", "D"])
@pytest.mark.parametrize("place", [0, 1, 63, 64, 127, 128, 300])
def test_one_nan_anywhere_is_found(char: str, place: int) -> None:
    x = np.zeros(301, DTYPES[char])
    x[place] = np.nan
    assert np.isnan(parity_kernels.max(x))
    assert np.isnan(parity_kernels.min(x))
    assert np.isnan(parity_kernels.sum(x))
    assert parity_kernels.argmax(x) == place
    assert parity_kernels.argmin(x) == place
    assert parity_kernels.any(x)
    columns = np.repeat(x[:, None], 40, axis=1)
    assert np.isnan(parity_kernels.max(columns, 0)).all()
    assert (parity_kernels.argmin(columns, 0) == place).all()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_keywords_mean_what_they_mean_in_numpy(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["sum", "prod", "max", "min", "any", "all"]))
    char = data.draw(st.sampled_from("?bBhHiIlL"))
    shape = tuple(data.draw(st.lists(st.integers(0, 5), min_size=0, max_size=4)))
    x = _values(char, shape, data.draw(st.integers(0, 99)))
    keywords: dict[str, Any] = {"axis": data.draw(st.sampled_from(_axes(x.ndim) if x.ndim else [None, 0, -1, ()]))}
    if data.draw(st.booleans()):
        keywords["keepdims"] = data.draw(st.booleans())
    if data.draw(st.booleans()):
        keywords["where"] = np.random.default_rng(1).random(shape) < 0.5
    if name not in ("any", "all") and data.draw(st.booleans()):
        keywords["initial"] = data.draw(st.integers(0, 1))
    if name in ("sum", "prod") and data.draw(st.booleans()):
        keywords["dtype"] = data.draw(st.sampled_from(["i1", "u2", "i8", "f8"]))
    try:
        expected = getattr(np, name)(x, **keywords)
    except ValueError as error:
        with pytest.raises(type(error)):
            getattr(parity_kernels, name)(x, **keywords)
        return
    if name == "prod" and expected.dtype.kind == "f":
        return  # its order is not NumPy's
    _same(getattr(parity_kernels, name)(x, **keywords), expected)
