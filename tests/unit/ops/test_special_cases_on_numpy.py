"""Every special case of the catalogue is true of NumPy, in every float loop of its row."""

import numpy as np
import pytest

from parity.calling import CODES
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Operation, SpecialCase

SENTENCES = [
    pytest.param(row, case, id=f"{row.name}({', '.join(case.args)}) is {case.result}")
    for row in CATALOGUE.values()
    for case in row.special_cases
]
WORDS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf"), "True": True, "False": False}


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


def test_there_are_special_cases() -> None:
    assert len(SENTENCES) >= 100


@pytest.mark.parametrize(("row", "case"), SENTENCES)
def test_it_is_true_that(row: Operation, case: SpecialCase) -> None:
    loops = [loop for loop in row.loops if set(loop.partition("->")[0]) <= set("efd")]
    assert loops, "a special case needs a float loop"
    for loop in loops:
        for length in (1, 67):  # the scalar and the vector path of NumPy
            inputs = [np.full(length, literal(word), CODES[char]) for word, char in zip(case.args, loop, strict=False)]
            with np.errstate(all="ignore"):
                results = getattr(np, row.name)(*inputs)
            assert all(same(result, literal(case.result)) for result in results), loop


@pytest.mark.parametrize(("row", "case"), SENTENCES)
def test_a_special_case_has_a_source_and_readable_literals(row: Operation, case: SpecialCase) -> None:
    assert case.source.strip()
    for word in (*case.args, case.result):
        assert word in WORDS or repr(float(word)) == word, f"{row.name}: write {float(word)!r} instead of {word}"
