"""Pools: the same bytes everywhere, and elements that tell lanes and orders apart."""

import hashlib
import itertools
import struct
import subprocess
import sys

import numpy as np
import pytest

from parity.calling import CODES
from parity.cases.arrangements import NEEDLE, special_pairs
from parity.cases.pools import build_pool, build_pools, pool_names, within
from parity.documents.elements import ELEMENTS
from parity.documents.manifest import DEFAULT_SEED

MANY_VALUED = [char for char in ELEMENTS if char != "?"]
FLOATS = "efd"


def elements(name: str, seed: str = DEFAULT_SEED) -> np.ndarray:
    return np.frombuffer(build_pool(seed, name), CODES[name[0]])


def raw(array: np.ndarray) -> list[bytes]:
    data, size = array.tobytes(), array.itemsize
    return [data[start : start + size] for start in range(0, len(data), size)]


def test_the_default_pools_are_these_bytes_on_every_platform() -> None:
    names = sorted({*pool_names(), *(f"{char}.{within(-104.0, 89.0)}" for char in FLOATS)})
    digest = hashlib.sha256(b"".join(build_pool(DEFAULT_SEED, name) for name in names)).hexdigest()
    assert digest[:16] == "362c7b094817062a"


def test_a_pool_depends_on_its_name_and_the_seed_alone() -> None:
    build_pool.cache_clear()
    alone = build_pools("7", ("d.second",))["d.second"]
    build_pool.cache_clear()
    assert build_pools("7")["d.second"] == alone
    assert build_pool("8", "d.second") != alone


def test_planning_needs_no_numpy() -> None:
    script = (
        "import sys, parity.cases.planning as p; p.plan('smoke', ops=('add', 'sum')); assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": ":".join(sys.path)})


@pytest.mark.parametrize("char", ELEMENTS)
def test_a_pool_holds_whole_elements(char: str) -> None:
    for name, data in build_pools(DEFAULT_SEED).items():
        if name[0] == char:
            assert data
            assert len(data) % ELEMENTS[char].size == 0, name


@pytest.mark.parametrize("char", MANY_VALUED)
@pytest.mark.parametrize("recipe", ["general", "second", "tame"])
@pytest.mark.parametrize("width", [65, 130])
def test_a_wrong_lane_or_order_shows(char: str, recipe: str, width: int) -> None:
    found = raw(elements(f"{char}.{recipe}"))
    windows = [found[start : start + width] for start in range(0, len(found) - width, 7)]
    assert all(len(set(window)) == width for window in windows), "no element comes twice in a window"
    assert all(window != window[::-1] for window in windows)


@pytest.mark.parametrize("recipe", ["general", "second", "tame"])
def test_bool_windows_differ_from_those_nearby(recipe: str) -> None:
    found = raw(elements(f"?.{recipe}"))
    windows = [tuple(found[start : start + 65]) for start in range(len(found) - 65)]
    assert len(set(windows)) == len(windows)
    assert all(window != window[::-1] for window in windows)


@pytest.mark.parametrize("char", [char for char in ELEMENTS if ELEMENTS[char].kind in "iu"])
def test_general_integers_have_their_limits_and_all_small_ones(char: str) -> None:
    limits = np.iinfo(CODES[char])
    found = set(elements(f"{char}.general").tolist())
    assert {limits.min, limits.min + 1, limits.max - 1, limits.max} <= found
    assert set(range(17)) <= found
    assert {1 << bit for bit in range(8 * ELEMENTS[char].size - 1)} <= found or ELEMENTS[char].size > 1


@pytest.mark.parametrize("char", FLOATS)
def test_general_floats_have_every_class(char: str) -> None:
    found = elements(f"{char}.general")
    information = np.finfo(found.dtype)
    zeros, infinities, nans = found[found == 0], found[np.isinf(found)], found[np.isnan(found)]
    for some in (zeros, infinities, nans):
        assert set(np.signbit(some).tolist()) == {True, False}
    subnormal = found[(found != 0) & (np.abs(found) < information.tiny)]
    assert len(subnormal) >= 20
    assert information.max in found
    assert -information.max in found
    halves = found[np.isfinite(found) & (np.abs(found) < 20)].astype(np.float64)
    assert {step / 2 for step in range(-39, 40)} <= set(halves.tolist())
    assert np.nextafter(found.dtype.type(1), found.dtype.type(2)) in found
    assert np.nextafter(found.dtype.type(1), found.dtype.type(0)) in found
    exponents = np.frexp(found[np.isfinite(found) & (found != 0)])[1]
    assert len(set(exponents.tolist())) > (30 if char == "e" else 150), "uniform in exponent"


@pytest.mark.parametrize("char", ELEMENTS)
def test_left_and_right_are_every_pair_once(char: str) -> None:
    left, right = raw(elements(f"{char}.left")), raw(elements(f"{char}.right"))
    values = set(left)
    assert set(right) == values
    assert sorted(zip(left, right, strict=True)) == sorted(itertools.product(values, values))
    assert len(left) == special_pairs(char)


@pytest.mark.parametrize(("first", "second"), ["lL", "Ll"])
def test_pairs_of_either_sign_are_every_pair_once(first: str, second: str) -> None:
    left, right = (
        elements(f"{char}.{side}_of_other_sign").tolist() for char, side in ((first, "left"), (second, "right"))
    )
    assert sorted(zip(left, right, strict=True)) == sorted(itertools.product(set(left), set(right)))


@pytest.mark.parametrize("char", FLOATS)
def test_zeros_of_opposite_signs_never_meet_where_their_maximum_is_open(char: str) -> None:
    left, right = elements(f"{char}.left_one_zero"), elements(f"{char}.right_one_zero")
    assert not ((left == 0) & (right == 0) & (np.signbit(left) != np.signbit(right))).any()
    assert ((left == 0) & np.signbit(left) & (right == 0)).any(), "two negative zeros stay"


@pytest.mark.parametrize("char", "efdFD")
def test_the_odd_element_lies_where_cases_expect_it(char: str) -> None:
    nans = np.flatnonzero(np.isnan(elements(f"{char}.nan")))
    assert nans.tolist() == [NEEDLE, NEEDLE + 12]
    assert np.flatnonzero(np.isinf(elements(f"{char}.infinity"))).tolist() == [NEEDLE, NEEDLE + 12]


@pytest.mark.parametrize("char", ELEMENTS)
def test_sparse_and_dense_hold_one_needle_first(char: str) -> None:
    assert np.flatnonzero(elements(f"{char}.sparse")[: 2 * NEEDLE]).tolist() == [NEEDLE]
    assert np.flatnonzero(elements(f"{char}.dense")[: 2 * NEEDLE] == 0).tolist() == [NEEDLE]


@pytest.mark.parametrize("char", ELEMENTS)
def test_sums_and_means_stay_finite(char: str) -> None:
    found = elements(f"{char}.tame")
    assert np.isfinite(found).all()
    assert np.isfinite(found.sum())
    if ELEMENTS[char].kind == "f":
        assert (found > 0).any()
        assert (found < 0).any()


@pytest.mark.parametrize("char", "fd")
def test_cancellation_is_severe(char: str) -> None:
    found = elements(f"{char}.wide")[:200].astype(np.float64)
    assert np.abs(found).sum() > 20 * abs(found.sum())


@pytest.mark.parametrize("char", "efdFD")
def test_long_products_stay_finite_and_nonzero(char: str) -> None:
    product = elements(f"{char}.factors").prod()
    assert np.isfinite(product)
    assert product != 0


@pytest.mark.parametrize("char", FLOATS)
def test_products_of_two_overflow_or_vanish(char: str) -> None:
    with np.errstate(all="ignore"):
        assert np.isinf(np.multiply.outer(elements(f"{char}.huge"), elements(f"{char}.huge"))).all()
        assert (np.multiply.outer(elements(f"{char}.minute"), elements(f"{char}.minute")) == 0).all()


def test_integers_without_a_reciprocal_are_left_out() -> None:
    for char in "bBhHiIlL":
        assert (elements(f"{char}.nonzero") != 0).all()


def test_exponents_of_integers_are_not_negative() -> None:
    for char in "bhil":
        assert elements(f"{char}.exponents").min() == 0
        assert elements(f"{char}.right_exponents").min() == 0


def test_an_interval_is_filled_densely_and_never_left() -> None:
    found = elements(f"d.{within(-16.0, 16.0)}")
    assert found.min() >= -16
    assert found.max() <= 16
    assert np.diff(np.sort(found)).max() < 0.5
    assert np.abs(found).min() < 1e-3
    assert elements(f"e.{within(0.0, 1e6)}").max() <= 65504


def test_patterns_are_little_endian() -> None:
    assert struct.unpack("<d", build_pool(DEFAULT_SEED, "d.right")[5 * 8 : 6 * 8]) == (0.5,)
