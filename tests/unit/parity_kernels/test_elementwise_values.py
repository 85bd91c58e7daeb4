"""Every loop of every elementwise kernel gives NumPy's bits, or is as near to them as its row below says."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import parity_kernels
from parity_kernels.dtypes import DTYPES
from parity_kernels.table import kernels, rows

LOOPS = [(name, signature) for name, row in rows().items() for signature in row.kernels]
LENGTHS = (1, 2, 3, 7, 17, 64, 131, 1000)

# Largest distance to NumPy, in representations apart; measured here, rounded up. NumPy's float32 functions are its own
# polynomials, good to 2 or 3 ULP, and ours are rounded once from float64; libm differs from SVML in float64.
NEAR = {
    ("exp", "e"): 1, ("exp", "f"): 3, ("exp", "d"): 1, ("exp", "F"): 3,
    ("log", "e"): 1, ("log", "f"): 4, ("log", "d"): 1, ("log", "F"): 3,
    ("sin", "e"): 1, ("sin", "f"): 2, ("sin", "d"): 1, ("sin", "F"): 3,
    ("cos", "e"): 1, ("cos", "f"): 2, ("cos", "d"): 1, ("cos", "F"): 3,
    ("power", "e"): 1, ("power", "f"): 2, ("power", "d"): 1,
}  # fmt: skip


def special_values(dtype: np.dtype) -> list[float]:
    if dtype.kind == "b":
        return [False, True]
    if dtype.kind in "iu":
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        wanted = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, -1, -2, -3, -7, least, least + 1, most - 1, most]
        return [value for value in wanted if least <= value <= most]
    limits = np.finfo(dtype)
    positive = [0, 1, 2, 3, 0.5, 1.5, 2.5, 0.1, 10, np.inf, limits.max, limits.tiny, limits.smallest_subnormal]
    return [float(sign * value) for value in positive for sign in (1, -1)] + [np.nan]


def values(char: str, count: int, seed: int) -> np.ndarray:
    """Random values, every other one of them special."""
    random, dtype = np.random.default_rng(seed), DTYPES[char]
    if dtype.kind == "c":
        half = "f" if char == "F" else "d"
        result = np.empty(count, dtype)
        result.real, result.imag = values(half, count, seed + 1), values(half, count, seed + 2)
        return result
    if dtype.kind == "b":
        return random.integers(0, 2, count).astype(bool)
    if dtype.kind in "iu":
        result = random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, count, dtype=dtype, endpoint=True)
    else:
        result = (random.standard_normal(count) * 10.0 ** random.integers(-4, 4, count)).astype(dtype)
    chosen = random.random(count) < 0.5
    result[chosen] = random.choice(np.array(special_values(dtype), dtype), np.count_nonzero(chosen))
    return result


def distance(expected: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Representations between two arrays, part by part; inf where the class differs: NaN, infinity, sign of zero."""
    expected, actual = np.atleast_1d(expected).copy(), np.atleast_1d(actual).copy()
    if expected.dtype.kind == "c":
        half = expected.real.dtype
        return distance(expected.view(half), actual.view(half))
    if expected.dtype.kind != "f":
        return np.where(expected == actual, 0.0, np.inf)
    integer = np.dtype(f"i{expected.itemsize}")

    def place(array: np.ndarray) -> np.ndarray:
        bits = array.view(integer).astype(np.int64)
        return np.where(bits < 0, np.iinfo(integer).min - bits, bits).astype(np.float64)

    both_nan = np.isnan(expected) & np.isnan(actual)
    same_class = (
        (np.isnan(expected) == np.isnan(actual))
        & (np.isinf(expected) == np.isinf(actual))
        & ((expected == 0) == (actual == 0))
        & (np.signbit(expected) == np.signbit(actual))
    )
    apart = np.abs(place(expected) - place(actual))
    return np.where(both_nan, 0.0, np.where(same_class, apart, np.inf))


def operands(name: str, signature: str, count: int, step: int, seed: int = 0) -> list[np.ndarray]:
    arrays = [
        values(char, count * abs(step), seed + 10 * k)[::step]
        for k, char in enumerate(signature.split("->", maxsplit=1)[0])
    ]
    if name == "power" and arrays[1].dtype.kind == "i":
        arrays[1][arrays[1] < 0] = 3  # NumPy raises; a test of its own
    return arrays


def results(function: Callable[..., Any], arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    with np.errstate(all="ignore"):
        given = function(*arrays)
    return given if isinstance(given, tuple) else (given,)


def test_the_table_has_loops_and_each_has_a_kernel() -> None:
    assert len(LOOPS) > 500
    assert len(kernels()) > 400


def test_the_table_lists_numpys_loops_in_numpys_order() -> None:
    for name, row in rows().items():
        known = [
            loop.replace("q", "l").replace("Q", "L")
            for loop in getattr(np, name).types
            if set(loop.replace("->", "")) <= set("?bBhHiIlLqQefdFD")
        ]
        assert list(row.kernels) == list(dict.fromkeys(known)), name
        numpys = getattr(np, name)
        assert (row.nin, row.nout, row.identity) == (numpys.nin, numpys.nout, numpys.identity), name


@pytest.mark.parametrize(("name", "signature"), LOOPS, ids=[f"{name} {signature}" for name, signature in LOOPS])
def test_loop_gives_numpys_bits(name: str, signature: str) -> None:
    near = NEAR.get((name, signature[0]), 0)
    for count in LENGTHS:
        for step in (1, 2, 3, -1):
            arrays = operands(name, signature, count, step, seed=count + step)
            ours, numpys = results(getattr(parity_kernels, name), arrays), results(getattr(np, name), arrays)
            for actual, expected in zip(ours, numpys, strict=True):
                assert actual.dtype == expected.dtype
                apart = distance(expected, actual)
                if signature in {"ff->f", "dd->d"} and name in {"fmax", "fmin"}:
                    # Of two zeros NumPy takes another in full vectors than in the rest of an array.
                    apart = np.where((expected == 0) & (actual == 0), 0.0, apart)
                worst = int(apart.argmax())
                assert apart[worst] <= near, (count, step, worst, [a[worst // (apart.size // count)] for a in arrays])


@pytest.mark.parametrize("name", [name for name, row in rows().items() if "ee->e" in row.kernels])
def test_half_operations_agree_on_every_pair_of_special_values(name: str) -> None:
    special = np.array(special_values(np.dtype("f2")), "f2")
    arrays = [np.repeat(special, len(special)), np.tile(special, len(special))]
    (actual,), (expected,) = results(getattr(parity_kernels, name), arrays), results(getattr(np, name), arrays)
    assert distance(expected, actual).max() <= NEAR.get((name, "e"), 0)


@pytest.mark.parametrize("name", [name for name, row in rows().items() if "e->e" in row.kernels])
def test_unary_functions_agree_on_every_half(name: str) -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    (actual,), (expected,) = results(getattr(parity_kernels, name), [every]), results(getattr(np, name), [every])
    assert distance(expected, actual).max() <= NEAR.get((name, "e"), 0)


@pytest.mark.parametrize("char", ["b", "B"])
@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "floor_divide", "remainder", "fmod", "left_shift", "right_shift", "maximum"]
)
def test_byte_operations_agree_on_every_pair(name: str, char: str) -> None:
    every = np.arange(256, dtype=np.uint8).view(DTYPES[char])
    (actual,) = results(getattr(parity_kernels, name), [every[:, None], every])
    (expected,) = results(getattr(np, name), [every[:, None], every])
    assert (actual == expected).all()


def test_negative_integer_powers_raise() -> None:
    with pytest.raises(ValueError, match="Integers to negative integer powers are not allowed"):
        parity_kernels.power(np.arange(5), np.array([1, 2, -1, 3, 4]))


def test_nan_keeps_the_sign_that_an_operation_defines() -> None:
    nan = np.array([np.nan, -np.nan] * 40, np.float32)
    for name in ("negative", "absolute", "fabs", "signbit", "positive"):
        ours, numpys = getattr(parity_kernels, name)(nan), getattr(np, name)(nan)
        assert (np.signbit(ours) == np.signbit(numpys)).all(), name
    ours = parity_kernels.copysign(nan, -nan)
    assert (np.signbit(ours) == ~np.signbit(nan)).all()
