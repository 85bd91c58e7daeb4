"""Both arms get the same operands, and an answer is known with all its bits."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.bench.operands import NUMPY, answer_digest, answers_of, arms_of, expected_of, numpy_as_it_was
from parity.calling import Missing, Returned
from parity.compare.judge import judge
from parity.documents.case import ArrayArgument, Call, Case
from parity.ops.catalogue import CATALOGUE

POOLS = {"d.x": np.arange(1.0, 65.0), "?.x": np.array([True, True, False])}
X = ArrayArgument(pool="d.x", shape=(4,))


def case(op: str, *args: ArrayArgument, **kwargs: Any) -> Case:
    return Case(case_id=op, loop="dd->d", layout="contiguous", call=Call(op=op, args=args, kwargs=kwargs))


def namespace(**functions: Any) -> SimpleNamespace:
    return SimpleNamespace(**functions)


def test_both_arms_are_called_with_the_same_objects() -> None:
    seen: list[Any] = []
    arms = arms_of(namespace(add=lambda *args: seen.append(args)), case("add", X, X), POOLS)
    assert arms is not None
    arms.provider()
    arms.provider()
    assert [id(item) for item in seen[0]] == [id(item) for item in seen[1]]
    assert np.asarray(arms.numpy()).tolist() == [2, 4, 6, 8]


def test_keywords_are_passed_on() -> None:
    arms = arms_of(np, case("sum", ArrayArgument(pool="d.x", shape=(2, 3)), axis=1, keepdims=True), POOLS)
    assert arms is not None
    assert np.asarray(arms.provider()).tolist() == [[6], [15]]


def test_a_method_is_found_by_its_name() -> None:
    arms = arms_of(np, case("add.reduce", X), POOLS)
    assert arms is not None
    assert arms.provider() == arms.numpy() == 10


def test_without_such_a_function_there_are_no_arms() -> None:
    assert arms_of(namespace(), case("add", X, X), POOLS) is None
    assert isinstance(answers_of(namespace(), case("add", X, X), POOLS).actual, Missing)


def test_the_answer_is_that_on_the_operands_of_the_arms() -> None:
    arms = arms_of(np, case("add", X, X), POOLS)
    assert arms is not None
    fresh = answers_of(np, case("add", X, X), POOLS)
    assert arms.answer() == fresh.actual == fresh.expected


def test_what_numpy_writes_is_not_there_when_the_provider_is_called() -> None:
    expected, actual = answers_of(
        namespace(add=lambda _x, _y, out: out),
        case("add", X, X, out=ArrayArgument(pool="d.x", shape=(4,), at=9)),
        POOLS,
    )
    assert isinstance(expected, Returned)
    assert isinstance(actual, Returned)
    assert expected.written != actual.written


@pytest.mark.parametrize("mask", [{}, {"where": ArrayArgument(pool="?.x", shape=(4,))}], ids=["out", "out and where"])
def test_an_answer_does_not_hold_what_earlier_calls_left_in_out(mask: dict[str, Any]) -> None:
    written = 4

    def add(x: Any, y: Any, *, out: Any, where: Any = True) -> Any:
        mask = np.broadcast_to(where, out.shape)
        np.add(x[:written], y[:written], out=out[:written], where=mask[:written])
        return out

    workload = case("add", X, X, out=ArrayArgument(pool="d.x", shape=(4,), at=9), **mask)
    arms = arms_of(namespace(add=add), workload, POOLS)
    assert arms is not None
    arms.numpy()
    arms.provider()
    expected = expected_of(workload, POOLS)
    assert arms.answer() == expected, "what no call writes is there as it was at first"
    written = 3
    arms.numpy()
    actual = arms.answer()
    verdict = judge(workload, expected, actual, POOLS)
    assert (verdict.verdict, verdict.index) == ("diverged", (3,))
    assert isinstance(expected, Returned)
    assert isinstance(actual, Returned)
    assert answer_digest(actual) != answer_digest(expected)


def test_an_out_that_shares_its_memory_with_an_operand_is_as_it_was_at_first() -> None:
    workload = case("add", X, X, out=ArrayArgument(pool="d.x", shape=(4,), of="0"))
    arms = arms_of(np, workload, POOLS)
    assert arms is not None
    arms.numpy()
    assert arms.answer() == expected_of(workload, POOLS)


@pytest.mark.parametrize("op", ["add", "add.reduce", "sum"])
def test_a_function_that_is_bound_anew_in_numpy_is_not_judged_against_itself(
    op: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = getattr(np, op.partition(".")[0])

    def wrong(*args: Any) -> Any:
        return original(*args) + 1.0

    wrong.reduce = lambda *args: np.asarray(original.reduce(*args) + 1.0)[()]  # type: ignore[attr-defined]
    monkeypatch.setattr(np, original.__name__, wrong)
    workload = case(op, *(X,) * (2 if op == "add" else 1))
    expected, actual = answers_of(np, workload, POOLS)
    assert judge(workload, expected, actual, POOLS).verdict == "diverged"
    assert expected == expected_of(workload, POOLS)
    arms = arms_of(np, workload, POOLS)
    assert arms is not None
    assert np.all(arms.numpy() == arms.provider() - 1.0)  # type: ignore[operator]


def test_what_numpy_looks_up_in_itself_is_not_the_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """`np.sum` calls `np.add.reduce`."""
    add: Any = np.add
    bound: Any = namespace(reduce=lambda *args, **kwargs: add.reduce(*args, **kwargs) + 1.0)
    monkeypatch.setattr(np, "add", bound)
    expected, actual = answers_of(np, case("sum", X), POOLS)
    assert judge(case("sum", X), expected, actual, POOLS).verdict == "diverged"
    assert np.add is bound
    with numpy_as_it_was():
        assert np.add is add


def test_every_operation_of_the_catalogue_is_held() -> None:
    assert CATALOGUE
    assert [name for name in CATALOGUE if getattr(NUMPY, name, None) is not getattr(np, name)] == []


def test_a_wrong_element_of_a_result_above_64_mib_is_found() -> None:
    large = ArrayArgument(pool="d.x", shape=((1 << 23) + 2,))

    def negated_wrongly(x: Any) -> Any:
        result = np.negative(x)
        result[-1] += 1
        return result

    workload = case("negative", large)
    expected, actual = answers_of(namespace(negative=negated_wrongly), workload, POOLS)
    verdict = judge(workload, expected, actual, POOLS)
    assert (verdict.verdict, verdict.index) == ("diverged", ((1 << 23) + 1,))


@pytest.mark.parametrize(
    "other",
    [
        lambda x, y: np.add(x, y)[::-1],
        lambda x, y: np.add(x, y).astype("f4"),
        lambda x, y: np.add(x, y).reshape(2, 2),
        lambda x, y: (np.add(x, y), np.add(x, y)),
        lambda x, y: np.add(x, y) * (1 + 2**-52),
    ],
    ids=["order", "dtype", "shape", "number of results", "last bit"],
)
def test_a_digest_tells_answers_apart_by(other: Any) -> None:
    one = answers_of(np, case("add", X, X), POOLS).actual
    two = answers_of(namespace(add=other), case("add", X, X), POOLS).actual
    assert isinstance(one, Returned)
    assert isinstance(two, Returned)
    assert answer_digest(one) != answer_digest(two)
    assert answer_digest(one) == answer_digest(one._replace(flags=("over",)))


def test_a_digest_holds_what_was_written() -> None:
    answer = Returned((), (b"12",), (), (), (), ())
    digests = {answer_digest(answer._replace(written=blocks)) for blocks in ((b"12",), (b"1", b"2"), (b"21",), ())}
    assert len(digests) == 4
