"""Every special case of the catalogue is true: of NumPy, for which it was written down, and of our kernels."""

from typing import Any

import numpy as np
import pytest

import parity_kernels
from parity.calling import CODES
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Operation, SpecialCase

NAMESPACES = {"in NumPy": np, "in the kernels": parity_kernels}
SENTENCES = [
    pytest.param(row, case, id=f"{row.name}({', '.join(case.args)}) is {case.result}")
    for row in CATALOGUE.values()
    for case in row.special_cases
]
WORDS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf"), "True": True, "False": False}
LENGTHS = (1, 67)  # one element, and past every SIMD width with a remainder


def literal(word: str) -> float | bool:
    """A Python literal of the catalogue."""
    return WORDS[word] if word in WORDS else float(word)


def same(result: np.generic, expected: float | bool) -> bool:
    """Equal in class, in sign of zero, and in value."""
    if isinstance(expected, bool):
        return result.dtype == np.bool_ and bool(result) is expected
    if np.isnan(expected):
        return bool(np.isnan(result))
    return bool(result == expected and np.signbit(result) == np.signbit(expected))


def float_loops(row: Operation) -> list[str]:
    return [loop for loop in row.loops if set(loop.partition("->")[0]) <= set("efd")]


def test_there_are_special_cases_for_most_rows_of_floats() -> None:
    assert len(SENTENCES) >= 100
    bare = [
        row.name for row in CATALOGUE.values() if row.kind == "ufunc" and float_loops(row) and not row.special_cases
    ]
    assert bare == ["divmod"]  # its results are those of floor_divide and remainder


@pytest.mark.parametrize("namespace", NAMESPACES.values(), ids=NAMESPACES.keys())
@pytest.mark.parametrize(("row", "case"), SENTENCES)
def test_it_is_true_that(row: Operation, case: SpecialCase, namespace: Any) -> None:
    loops = float_loops(row)
    assert loops, "a special case needs a float loop"
    for loop in loops:
        for length in LENGTHS:
            pairs = list(zip(case.args, loop, strict=False))
            inputs = [np.full(length, literal(word), CODES[char]) for word, char in pairs]
            with np.errstate(all="ignore"):
                results = getattr(namespace, row.name)(*inputs)
            wrong = [index for index, result in enumerate(results) if not same(result, literal(case.result))]
            assert not wrong, f"loop {loop}, {length} elements: {results[wrong[0]]!r} at {wrong[0]}"


@pytest.mark.parametrize(("row", "case"), SENTENCES)
def test_a_special_case_has_a_source_and_readable_literals(row: Operation, case: SpecialCase) -> None:
    assert case.source.strip()
    for word in (*case.args, case.result):
        assert word in WORDS or repr(float(word)) == word, f"{row.name}: write {float(word)!r} instead of {word}"
