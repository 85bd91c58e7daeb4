"""What holds of every outcome."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.calling import Outcome, Raised, Returned, Value
from parity.compare.judge import judge
from parity.documents.elements import BY_CODE, ELEMENTS
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Operation

from .by_hand import Hand

EXACT_LOOPS = sorted(
    (row.name, loop)
    for row in CATALOGUE.values()
    if row.kind == "ufunc" and row.nout == 1
    for loop in row.loops
    if row.tolerance(loop) is None
)
SHAPES = st.sampled_from([(), (1,), (3,), (2, 3), (0, 4)])


def values(code: str) -> st.SearchStrategy[Value]:
    element = BY_CODE[code]

    def of(shape: tuple[int, ...]) -> st.SearchStrategy[Value]:
        size = int(np.prod(shape, dtype=int)) * element.size
        data = st.binary(min_size=size, max_size=size)
        if element.kind == "b":
            data = data.map(lambda raw: bytes(byte & 1 for byte in raw))
        kind = st.just("array") if shape else st.sampled_from(["array", "scalar"])
        return st.builds(Value, kind, st.just(code), st.just(shape), data)

    return SHAPES.flatmap(of)


all_values = st.sampled_from(sorted(BY_CODE)).flatmap(values)
words = st.tuples() | st.tuples(st.sampled_from(["divide", "invalid"]))
outcomes = st.one_of(
    st.builds(Returned, st.lists(all_values, max_size=3).map(tuple), st.just(()), st.just(()), words, words, words),
    st.builds(Raised, st.sampled_from(["ValueError", "Mine"]), st.just(("Mine", "ValueError")), st.text(max_size=20)),
)


@given(outcomes, st.sampled_from(sorted(CATALOGUE)))
def test_an_outcome_is_exact_against_itself(hand: Hand, outcome: Outcome, op: str) -> None:
    found = judge(hand.case(op, CATALOGUE[op].loops[0]), outcome, outcome, {})
    assert (found.verdict, found.failed_class, found.flags) == ("exact", None, None)


def test_there_are_exact_loops_to_try() -> None:
    assert len(EXACT_LOOPS) > 400


@settings(max_examples=400)
@given(st.sampled_from(EXACT_LOOPS), st.data())
def test_one_flipped_bit_in_the_result_of_an_exact_loop_is_never_exact(
    hand: Hand, named: tuple[str, str], data: st.DataObject
) -> None:
    op, loop = named
    expected = data.draw(values(ELEMENTS[loop[-1]].code).filter(lambda value: value.data))
    bit = data.draw(st.integers(0, 8 * len(expected.data) - 1))
    damaged = bytearray(expected.data)
    damaged[bit // 8] ^= 1 << bit % 8
    actual = expected._replace(data=bytes(damaged))
    element = ELEMENTS[loop[-1]]
    parts = 2 if element.kind == "c" else 1
    where = bit // 8 // (element.size // parts)
    found = judge(hand.case(op, loop), hand.returned(expected), hand.returned(actual), {})
    if element.kind in "fc":
        one, two = (np.frombuffer(v.data, f"<f{element.size // parts}")[where] for v in (expected, actual))
        if np.isnan(one) and np.isnan(two):
            return  # the payload of a NaN, or its sign, which are of no account but where the operation defines them
    assert found.verdict == "diverged"
    assert found.differing == 1
    flat = where // parts
    assert found.index == (tuple(int(i) for i in np.unravel_index(flat, expected.shape)) if expected.shape else ())
    assert found.expected_bits != found.actual_bits


@given(all_values, all_values)
def test_any_two_results_are_judged_without_an_error_and_alike_in_both_directions(
    hand: Hand, one: Value, two: Value
) -> None:
    case = hand.case("add", "dd->d")
    there = judge(case, hand.returned(one), hand.returned(two), {})
    back = judge(case, hand.returned(two), hand.returned(one), {})
    assert (there.verdict, there.failed_class, there.distance) == (back.verdict, back.failed_class, back.distance)


@pytest.mark.parametrize("row", CATALOGUE.values(), ids=lambda row: row.name)
def test_every_row_with_a_tolerance_can_fail_and_pass(hand: Hand, row: Operation) -> None:
    """One and a half times the right answer is refused in each loop of a float or complex type."""
    for loop in row.loops:
        char = loop[-1]
        if ELEMENTS[char].kind not in "fc" or row.nout != 1 or row.kind != "ufunc":
            continue
        right = hand.value([1.25, 1.5], ELEMENTS[char].code)
        wrong = hand.value([1.25, 2.25], ELEMENTS[char].code)
        found = judge(hand.case(row.name, loop), hand.returned(right), hand.returned(wrong), {})
        assert (found.verdict, found.failed_class, found.index) == ("diverged", "value", (1,))


def test_identical_outcomes_are_judged_in_microseconds(hand: Hand) -> None:
    """The common case of a run over tens of thousands; the limit leaves room for a busy machine."""
    from timeit import repeat

    result = hand.returned(hand.value(np.arange(1000.0), "d"))
    other = hand.returned(hand.value(np.arange(1000.0), "d"))
    case = hand.case("add", "dd->d")
    assert min(repeat(lambda: judge(case, result, other, {}), number=200, repeat=5)) / 200 < 60e-6


def test_findings_of_several_results_name_the_worst_class(hand: Hand) -> None:
    case = hand.case("divmod", "dd->dd")
    expected = hand.returned(hand.value([1.0, 2.0], "d"), hand.value([1.0, np.nan], "d"))
    actual = hand.returned(hand.value([1.5, 2.0], "d"), hand.value([1.0, 2.0], "d"))
    found = judge(case, expected, actual, {})
    assert (found.failed_class, found.result, found.index) == ("nan", 1, (1,))
