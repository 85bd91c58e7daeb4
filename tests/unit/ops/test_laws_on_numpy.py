"""The algebraic laws that rows declare hold on NumPy, bit for bit, for every pair of interesting values."""

from itertools import product

import numpy as np
import pytest

from parity.calling import CODES
from parity.documents.elements import ELEMENTS
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Law, Operation

LAWS = [pytest.param(row, law, id=f"{row.name} is {law}") for row in CATALOGUE.values() for law in row.laws]


def interesting(char: str) -> np.ndarray:
    """Values of an element type in ascending order, with no NaN."""
    dtype, kind = np.dtype(CODES[char]), ELEMENTS[char].kind
    if kind == "b":
        return np.array([False, True])
    if kind in "iu":
        limits = np.iinfo(dtype)
        middle = [number for number in (-3, -2, -1, 0, 1, 2, 3, 7) if number >= limits.min]
        return np.array(sorted({limits.min, limits.min + 1, *middle, limits.max - 1, limits.max}), dtype)
    part = np.finfo(dtype).dtype
    limit = np.finfo(part)
    positive = np.array(
        [limit.smallest_subnormal, limit.tiny, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 3, 17, limit.max, np.inf], part
    )
    reals = np.concatenate([-positive[::-1], np.array([-0.0, 0.0], part), positive])
    if kind == "f":
        return reals
    finite = reals[np.isfinite(reals)][::3]
    return np.array([complex(x, y) for x, y in product(finite, finite)], dtype)


def with_a_negative(x: np.ndarray) -> np.ndarray:
    """Without the least integer, which is its own negative."""
    return x[1:] if x.dtype.kind == "i" else x


def bits(array: np.ndarray) -> bytes:
    """The array's bytes, with one bit pattern for all NaN."""
    copy = np.array(array)
    if copy.dtype.kind in "fc":
        for part in (copy.real, copy.imag) if copy.dtype.kind == "c" else (copy,):
            part[np.isnan(part)] = np.nan
    return copy.tobytes()


def test_there_are_laws() -> None:
    assert len(LAWS) >= 35


@pytest.mark.parametrize(("row", "law"), LAWS)
def test_it_is_true_that(row: Operation, law: Law) -> None:
    """In every loop with exact bits; a loop with a tolerance has its law within it, which is not shown here."""
    function = getattr(np, row.name)
    loops = [loop for loop in row.loops if len(set(loop[: row.nin])) == 1 and row.tolerance(loop) is None]
    shown = 0
    for loop in loops:
        kind, x = ELEMENTS[loop[0]].kind, interesting(loop[0])
        if law in ("odd", "even") and kind in "bu":
            continue  # no negative numbers
        if law == "monotone" and kind == "c":
            continue  # no order
        with np.errstate(all="ignore"):
            assert holds(law, function, x), loop
        shown += 1
    assert shown or row.name in ("exp", "log", "sin", "cos"), "no loop shows this law"


def holds(law: Law, function: np.ufunc, x: np.ndarray) -> bool:
    """Whether a law is true of a function for these values."""
    if law == "commutative":
        first, second = np.repeat(x, len(x)), np.tile(x, len(x))
        return bits(function(first, second)) == bits(function(second, first))
    if law == "odd":
        x = with_a_negative(x)
        return bits(function(np.negative(x))) == bits(np.negative(function(x)))
    if law == "even":
        return bits(function(np.negative(x))) == bits(function(x))
    once = function(x)
    if law == "monotone":
        ordered = once[~np.isnan(once)]
        return bool(np.all(ordered[:-1] <= ordered[1:]))
    return bits(function(once)) == bits(x if law == "involution" else once)
