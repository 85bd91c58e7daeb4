"""float32 exp, log, sin and cos have the bits of the rounded float64 result, in whichever way a block is computed."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import parity_kernels

Reference = Callable[[float], float]
REFERENCES: dict[str, Reference] = {
    "exp": lambda x: math.inf if x > 700 else math.exp(x),
    "log": lambda x: math.nan if x < 0 else -math.inf if x == 0 else math.log(x),
    "sin": lambda x: math.nan if math.isinf(x) else math.sin(x),
    "cos": lambda x: math.nan if math.isinf(x) else math.cos(x),
}
SPECIAL = np.array(
    [0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 1e-38, 1, -1, 87, -87, 88.8, -88, -104, 2**20, 3e38, -3e38],
    np.float32,
)
SIZES = (0, 1, 7, 255, 256, 257, 1000)


def expected(op: str, x: Any) -> Any:
    with np.errstate(over="ignore", under="ignore"):
        return np.array([REFERENCES[op](float(value)) for value in x], np.float64).astype(np.float32)


def answered(op: str, x: Any, **options: Any) -> Any:
    with np.errstate(all="ignore"):
        return getattr(parity_kernels, op)(x, **options)


def same(one: Any, other: Any) -> bool:
    both = np.isnan(one) & np.isnan(other)
    return bool(np.all((one.view(np.uint32) == other.view(np.uint32)) | both))


def usual(op: str, size: int) -> Any:
    low, high = {"exp": (-86.0, 86.0), "log": (1e-6, 1e6)}.get(op, (-1e6, 1e6))
    return np.random.default_rng(size).uniform(low, high, size).astype(np.float32)


@pytest.mark.parametrize("op", REFERENCES)
@pytest.mark.parametrize("size", SIZES)
def test_blocks_of_usual_operands(op: str, size: int) -> None:
    x = usual(op, size)
    assert same(answered(op, x), expected(op, x))


@pytest.mark.parametrize("op", REFERENCES)
@pytest.mark.parametrize("at", [0, 255, 256, 600])
def test_one_special_operand_changes_no_other_result(op: str, at: int) -> None:
    for special in SPECIAL:
        x = usual(op, 700)
        x[at] = special
        assert same(answered(op, x), expected(op, x))


@pytest.mark.parametrize("op", REFERENCES)
@pytest.mark.parametrize("way", [slice(None, None, 2), slice(None, None, -1), slice(None, None, -3)])
def test_strided_operands_and_results(op: str, way: slice) -> None:
    x = usual(op, 1500)
    wanted = expected(op, x[way])
    assert same(answered(op, x[way]), wanted)
    out = np.full(2 * wanted.size, 7, np.float32)
    answered(op, x[way], out=out[::2])
    assert same(np.ascontiguousarray(out[::2]), wanted)
    assert np.all(out[1::2] == 7), "what lies between the results stays"


@pytest.mark.parametrize("op", REFERENCES)
def test_a_result_in_the_place_of_its_operand(op: str) -> None:
    x = usual(op, 600)
    wanted = expected(op, x)
    answered(op, x, out=x)
    assert same(x, wanted)


@pytest.mark.parametrize("op", REFERENCES)
@pytest.mark.parametrize("pattern", [0x42AE0000, 0x49800000, 0x7F7FFFFF, 0x00000001, 0x3F800000, 0x3F490FDB])
def test_bits_around_every_bound(op: str, pattern: int) -> None:
    """87, 2^20, the largest and the smallest float, 1, a quarter of pi."""
    near = np.arange(max(pattern - 200, 0), min(pattern + 200, 0x7F800000), dtype=np.uint32)
    for x in (near.view(np.float32), (near | 0x80000000).view(np.float32)):
        assert same(answered(op, x), expected(op, x))


@pytest.mark.parametrize("op", REFERENCES)
def test_usual_operands_and_nan_raise_no_flag(op: str) -> None:
    x = usual(op, 1000)
    x[500] = np.nan
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        getattr(parity_kernels, op)(x)
        getattr(parity_kernels, op)(x[:256])
