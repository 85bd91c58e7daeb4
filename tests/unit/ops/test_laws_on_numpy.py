"""The algebraic laws that rows declare hold on NumPy, bit for bit, for every pair of interesting values."""

from itertools import product

import numpy as np
import pytest

from parity.calling import CODES
from parity.documents.elements import ELEMENTS
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Law, Operation

LAWS = [
    pytest.param(row, law, id=f"{row.name} is {law}") for row in CATALOGUE.values() for law in row.laws
]


def interesting(char: str) -> np.ndarray:
    """Values of an element type in ascending order, with no NaN."""
    dtype = np.dtype(CODES[char])
    kind = ELEMENTS[char].kind
    if kind == "b":
        return np.array([False, True])
    if kind in "iu":
        limits = np.iinfo(dtype)
        return np.array(sorted({limits.min, limits.min + 1, -3, -2, -1, 0, 1, 2, 3, 7, limits.max - 1, limits.max} & set(
            range(limits.min, limits.max + 1)) | {limits.max}), dtype) if dtype.itemsize < 4 else np.array(
            sorted({limits.min, limits.min + 1, *(n for n in (-3, -2, -1, 0, 1, 2, 3, 7) if n >= limits.min),
                    limits.max - 1, limits.max}), dtype)
    limits = np.finfo(dtype if kind == "f" else ELEMENTS[char].code.replace("c8", "f4").replace("c16", "f8"))
    positive = [float(limits.smallest_subnormal), float(limits.tiny), 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 3.0, 17.0,
                float(limits.max), float("inf")]
    reals = np.array([-x for x in reversed(positive)] + [-0.0, 0.0] + positive)
    if kind == "f":
        return reals.astype(dtype)
    finite = reals[np.isfinite(reals)][::3]
    return np.array([complex(x, y) for x, y in product(finite, finite)], dtype)


def bits(array: np.ndarray) -> bytes:
    """The array's bytes, with one bit pattern for all NaN."""
    copy = np.array(array)
    if copy.dtype.kind in "fc":
        for part in (copy.real, copy.imag) if copy.dtype.kind == "c" else (copy,):
            part[np.isnan(part)] = np.nan
    return copy.tobytes()


def test_there_are_laws() -> None:
    assert len(LAWS) >= 40


@pytest.mark.parametrize(("row", "law"), LAWS)
def test_it_is_true_that(row: Operation, law: Law) -> None:
    function = getattr(np, row.name)
    for loop in row.loops:
        if len(set(loop[: row.nin])) > 1:
            continue
        x = interesting(loop[0])
        with np.errstate(all="ignore"):
            if law == "commutative":
                first, second = np.repeat(x, len(x)), np.tile(x, len(x))
                left, right = function(first, second), function(second, first)
                if row.tolerance(loop) is None:
                    assert bits(left) == bits(right), loop
                continue
            y = function(x)
            if law == "odd":
                if ELEMENTS[loop[0]].kind == "u":
                    continue  # minus x is no inverse in order
                assert bits(function(np.negative(x))) == bits(np.negative(y)), loop
            elif law == "even" and ELEMENTS[loop[0]].kind != "b":
                assert bits(function(np.negative(x))) == bits(y), loop
            elif law == "involution":
                assert bits(function(y)) == bits(x), loop
            elif law == "idempotent":
                assert bits(function(y)) == bits(y), loop
            elif law == "monotone" and ELEMENTS[loop[0]].kind != "c":
                ordered = y[~np.isnan(y)] if y.dtype.kind == "f" else y
                assert np.all(ordered[:-1] <= ordered[1:]), loop
