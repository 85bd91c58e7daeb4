"""Each class fails by its own name, in the order of the design, and says where."""

import numpy as np
import pytest

from parity.calling import Crashed, Missing, Outcome, Raised, TimedOut, Value
from parity.compare.judge import judge
from parity.documents.case import ArrayArgument, Case

from .by_hand import Hand

NAN, INF = float("nan"), float("inf")
VALUE_ERROR = Raised("ValueError", ("ValueError", "Exception", "BaseException"), "a message")
AXIS_ERROR = Raised("AxisError", ("AxisError", "ValueError", "IndexError", "Exception", "BaseException"), "axis 9")
RUNTIME_ERROR = Raised("RuntimeError", ("RuntimeError", "Exception", "BaseException"), "axis 9")
NO_LOOP = Raised("_UFuncNoLoopError", ("UFuncTypeError", "TypeError", "Exception", "BaseException"), "no loop")
TYPE_ERROR = Raised("TypeError", ("TypeError", "Exception", "BaseException"), "unsupported")


@pytest.mark.parametrize(
    ("expected", "actual", "verdict", "failed"),
    [
        pytest.param(VALUE_ERROR, VALUE_ERROR, "exact", None, id="the same exception is exact"),
        pytest.param(VALUE_ERROR, AXIS_ERROR, "exact", None, id="a subclass of what is expected will be caught"),
        pytest.param(NO_LOOP, TYPE_ERROR, "exact", None, id="a private subclass counts as the public class that it is"),
        pytest.param(AXIS_ERROR, VALUE_ERROR, "raised_differently", "exception", id="AxisError due, ValueError raised"),
        pytest.param(
            AXIS_ERROR, RUNTIME_ERROR, "raised_differently", "exception", id="AxisError due, RuntimeError raised"
        ),
        pytest.param(
            VALUE_ERROR, None, "raised_differently", "outcome", id="an exception is due and a result returned"
        ),
        pytest.param(None, VALUE_ERROR, "raised_differently", "outcome", id="a result is due and an exception raised"),
        pytest.param(None, Crashed(8), "crashed", "outcome", id="a crash is no result"),
        pytest.param(VALUE_ERROR, Crashed(11), "crashed", "outcome", id="a crash is no exception"),
        pytest.param(None, TimedOut(2.0), "timed_out", "outcome", id="a hang is no result"),
        pytest.param(None, Missing("add"), "unsupported", None, id="a missing function is unsupported, not a pass"),
        pytest.param(VALUE_ERROR, Missing("add"), "unsupported", None, id="nor is it the exception that was due"),
        pytest.param(
            Missing("add"), VALUE_ERROR, "unsupported", None, id="an oracle without the function proves nothing"
        ),
        pytest.param(Missing("add"), Missing("add"), "unsupported", None, id="nor do two that lack it agree"),
        pytest.param(Missing("add"), None, "unsupported", None, id="nor does a result without an oracle"),
    ],
)
def test_outcomes(
    hand: Hand, expected: Outcome | None, actual: Outcome | None, verdict: str, failed: str | None
) -> None:
    result = hand.returned(hand.value([1.0], "f8"))
    found = judge(hand.case("add", "dd->d"), expected or result, actual or result, {})
    assert (found.verdict, found.failed_class) == (verdict, failed)
    assert found.arbitration is None


def test_messages_of_both_exceptions_are_shown_and_cut(hand: Hand) -> None:
    found = judge(hand.case("add", "dd->d"), AXIS_ERROR, RUNTIME_ERROR._replace(message="x" * 1000), {})
    assert found.message is not None
    assert found.message.startswith("expected AxisError: axis 9; got RuntimeError: xxx")
    assert len(found.message) <= 300
    assert (found.expected_bits, found.actual_bits) == ("AxisError", "RuntimeError")


ONE = Value("array", "<f8", (2,), np.array([1.0, 2.0]).tobytes())


@pytest.mark.parametrize(
    ("actual", "failed"),
    [
        pytest.param((ONE, ONE), "count", id="two results for one"),
        pytest.param((), "count", id="no result for one"),
        pytest.param((ONE._replace(dtype="<f4", data=ONE.data[:8]),), "dtype", id="float32 for float64"),
        pytest.param((ONE._replace(dtype=">f8"),), "dtype", id="another byte order"),
        pytest.param((ONE._replace(dtype="<i8", shape=(1,)),), "dtype", id="dtype goes before shape"),
        pytest.param((ONE._replace(shape=(2, 1)),), "shape", id="another shape of the same size"),
        pytest.param((ONE._replace(shape=(1, 2), kind="scalar"),), "shape", id="shape goes before kind"),
        pytest.param((ONE._replace(kind="scalar"),), "kind", id="a scalar for an array"),
        pytest.param((Value("python:float", "<f8", (), b""),), "kind", id="a Python number"),
        pytest.param((Value("python:NoneType", "NoneType", (), b"None"),), "kind", id="None"),
    ],
)
def test_structure(hand: Hand, actual: tuple[Value, ...], failed: str | None) -> None:
    found = judge(hand.case("add", "dd->d"), hand.returned(ONE), hand.returned(*actual), {})
    assert (found.verdict, found.failed_class, found.arbitration) == ("diverged", failed, "not_arbitrated")
    assert found.message
    assert found.ulp is None


@pytest.mark.parametrize(
    ("op", "loop", "expected", "actual", "verdict", "failed"),
    [
        ("add", "dd->d", NAN, 1.0, "diverged", "nan"),
        ("add", "dd->d", 1.0, NAN, "diverged", "nan"),
        ("exp", "d->d", INF, NAN, "diverged", "nan"),
        ("add", "dd->d", INF, -INF, "diverged", "infinity"),
        ("exp", "d->d", INF, np.finfo("d").max, "diverged", "infinity"),
        ("exp", "d->d", np.finfo("d").max, INF, "diverged", "infinity"),
        ("exp", "e->e", 65504.0, INF, "diverged", "infinity"),
        ("add", "dd->d", 0.0, -0.0, "diverged", "zero"),
        ("sin", "d->d", 0.0, -0.0, "diverged", "zero"),
        ("negative", "d->d", 5e-324, 0.0, "diverged", "zero"),
        ("add", "dd->d", 0.0, 5e-324, "diverged", "zero"),
        ("sin", "d->d", 0.0, 5e-324, "within_tolerance", None),
        ("sin", "d->d", 0.0, -1e-323, "within_tolerance", None),
        ("sin", "d->d", 0.0, 1.5e-323, "diverged", "value"),
        ("add", "dd->d", 1.0, 1.0000000000000002, "diverged", "value"),
        ("add", "ll->l", 2**53, 2**53 + 1, "diverged", "value"),
        ("add", "??->?", True, False, "diverged", "value"),
        ("multiply", "DD->D", complex(1, 0.0), complex(1, -0.0), "diverged", "zero"),
        ("multiply", "DD->D", complex(1, NAN), complex(1, 2), "diverged", "nan"),
        ("multiply", "DD->D", complex(INF, 1), complex(-INF, 1), "diverged", "infinity"),
        ("multiply", "DD->D", complex(INF, 1), complex(INF, 2), "diverged", "value"),
        ("multiply", "DD->D", complex(INF, 1), complex(INF, 1 + 2**-52), "within_tolerance", None),
    ],
)
def test_elements(
    hand: Hand, op: str, loop: str, expected: complex, actual: complex, verdict: str, failed: str | None
) -> None:
    """Element 1 of 3 is at fault; the others agree."""
    found = hand.judged_arrays(op, loop, [1, expected, 0], [1, actual, 0])
    assert (found.verdict, found.failed_class) == (verdict, failed)
    assert found.differing == 1
    assert found.index == (None if failed is None else (1,))
    assert (found.ulp is None) == (failed in ("nan", "infinity", "zero") or loop[-1] in "l?")


def test_the_first_class_in_order_is_named_although_another_element_comes_earlier(hand: Hand) -> None:
    expected, actual = [[1.0, 0.0], [INF, NAN]], [[2.0, -0.0], [1.0, 1.0]]
    found = hand.judged_arrays("add", "dd->d", expected, actual)
    assert (found.failed_class, found.index, found.differing) == ("nan", (1, 1), 4)
    assert (found.expected_bits, found.actual_bits) == ("7ff8000000000000", "3ff0000000000000")


def test_bits_are_shown_most_significant_digit_first_with_both_parts_of_a_complex_number(hand: Hand) -> None:
    found = hand.judged_arrays("add", "FF->F", [1 + 2j], [1 + 3j])
    assert (found.expected_bits, found.actual_bits) == ("3f800000,40000000", "3f800000,40400000")
    found = hand.judged_arrays("add", "hh->h", 258, 259)
    assert (found.expected_bits, found.actual_bits, found.index, found.distance) == ("0102", "0103", (), "1")


def test_the_distance_of_the_extremes_of_int64_is_whole(hand: Hand) -> None:
    found = hand.judged_arrays("add", "ll->l", [-(2**63)], [2**63 - 1])
    assert found.distance == str(2**64 - 1)
    found = hand.judged_arrays("add", "LL->L", [0], [2**64 - 1])
    assert found.distance == str(2**64 - 1)


def test_a_boolean_byte_that_is_neither_0_nor_1_diverges(hand: Hand) -> None:
    true = hand.value([True], "?")
    found = judge(hand.case("isnan", "d->?"), hand.returned(true), hand.returned(true._replace(data=b"\x02")), {})
    assert (found.verdict, found.failed_class) == ("diverged", "value")


NANS = np.array([0x7FF8000000000000, 0xFFF8000000000001], "u8").view("f8")


@pytest.mark.parametrize(
    ("op", "verdict"),
    [("add", "exact"), ("sqrt", "exact"), ("negative", "diverged"), ("copysign", "diverged"), ("absolute", "diverged")],
)
def test_sign_of_nan_counts_where_the_operation_is_defined_on_sign_bits(hand: Hand, op: str, verdict: str) -> None:
    found = hand.judged_arrays(op, "d->d", NANS[:1], NANS[1:])
    assert (found.verdict, found.failed_class) == (verdict, None if verdict == "exact" else "nan")


def test_the_payload_of_nan_never_counts(hand: Hand) -> None:
    other = (NANS.view("u8") | 77).view("f8")
    assert hand.judged_arrays("negative", "d->d", NANS, other).verdict == "exact"
    assert hand.judged_arrays("sqrt", "D->D", NANS.view("D"), other.view("D")).verdict == "exact"


def test_flags_and_warnings_that_differ_are_told_and_not_fatal(hand: Hand) -> None:
    result = hand.returned(ONE, flags=("divide", "invalid"), warnings=("RuntimeWarning",))
    found = judge(hand.case("add", "dd->d"), result, hand.returned(ONE, flags=("over",)), {})
    assert (found.verdict, found.flags) == ("exact", "divide,invalid,RuntimeWarning/over")
    assert judge(hand.case("add", "dd->d"), result, result, {}).flags is None


def test_an_argument_that_was_changed_is_class_input(hand: Hand) -> None:
    found = judge(hand.case("add", "dd->d"), hand.returned(ONE), hand.returned(ONE, changed=("1",)), {})
    assert (found.verdict, found.failed_class) == ("diverged", "input")
    assert found.message is not None
    assert "1" in found.message


# -- out and where ---------------------------------------------------------------------------------

POOLS = {"d.ramp": np.arange(1.0, 50.0), "?.mask": np.array([True, False, True])}
OUT = ArrayArgument(pool="d.ramp", at=30, shape=(2, 3), strides=(8, -2), unaligned=True)
WHERE = ArrayArgument(pool="?.mask", shape=(3,))


def into_out(hand: Hand) -> Case:
    return hand.case("exp", "d->d", ArrayArgument(pool="d.ramp", shape=(2, 3)), out=OUT, where=WHERE)


def test_out_written_as_by_numpy_is_exact(hand: Hand) -> None:
    assert hand.judged_call(into_out(hand), POOLS, exp=np.exp).verdict == "exact"


def test_out_not_returned_is_class_out(hand: Hand) -> None:
    def exp(x: np.ndarray, out: np.ndarray, where: np.ndarray) -> np.ndarray:
        copied: np.ndarray = np.exp(x, out=out, where=where).copy()
        return copied

    found = hand.judged_call(into_out(hand), POOLS, exp=exp)
    assert (found.verdict, found.failed_class) == ("diverged", "out")


def test_an_element_that_where_leaves_out_must_stay_untouched(hand: Hand) -> None:
    found = hand.judged_call(into_out(hand), POOLS, exp=lambda x, out, where: np.exp(x, out=out))
    assert (found.verdict, found.failed_class) == ("diverged", "out")


def test_an_element_of_out_may_be_off_within_the_tolerance(hand: Hand) -> None:
    def exp(x: np.ndarray, out: np.ndarray, where: np.ndarray) -> np.ndarray:
        np.copyto(out, np.nextafter(np.exp(x), np.inf), where=where)
        return out

    found = hand.judged_call(into_out(hand), POOLS, exp=exp)
    assert (found.verdict, found.ulp, found.differing) == ("within_tolerance", 1.0, 4)


def test_the_gaps_of_out_must_stay_untouched(hand: Hand) -> None:
    def exp(x: np.ndarray, out: np.ndarray, where: np.ndarray) -> np.ndarray:
        np.exp(x, out=out, where=where)
        beside = np.lib.stride_tricks.as_strided(out[:, 1:], (2,), (out.strides[0],))
        np.ndarray.__setitem__(np.lib.stride_tricks.as_strided(beside, (2, 2), (out.strides[0], 8)), (0, 1), 7.0)
        return out

    found = hand.judged_call(into_out(hand), POOLS, exp=exp)
    assert (found.verdict, found.failed_class) == ("diverged", "out")


def test_in_a_reduction_where_does_not_protect_out(hand: Hand) -> None:
    case = hand.case(
        "sum", "d->d", ArrayArgument(pool="d.ramp", shape=(2, 3)), axis=0,
        out=ArrayArgument(pool="d.ramp", shape=(3,), strides=(2,)), where=WHERE,
    )  # fmt: skip

    def off(a: np.ndarray, axis: int, out: np.ndarray, where: np.ndarray) -> np.ndarray:
        np.add(np.sum(a, axis=axis, where=where), 1, out=out)
        return out

    assert hand.judged_call(case, POOLS, sum=np.sum).verdict == "exact"
    assert hand.judged_call(case, POOLS, sum=off).failed_class == "value"
