"""A redacted plan tells the class of each number and nothing else of it, and is a plan still."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bundle.layout import Bundle
from parity.bundle.redaction import number_class, redacted_case, redacted_plan, values_in_case, values_in_verdict
from parity.cases.planning import plan
from parity.documents.case import Argument, ArrayArgument, Attribute, Call, Case, NumberClass, Plan, PythonScalar
from parity.documents.model import canonical
from parity.documents.verdict import BAD, Verdict
from parity.errors import DocumentError
from parity.report.fold import redact

ARRAY = ArrayArgument(pool="d.general", shape=(3,))


def case(*args: Argument, **kwargs: Attribute) -> Case:
    return Case(case_id="x", loop="dd->d", layout="contiguous", call=Call(op="add", args=args, kwargs=kwargs))


CLASSES: dict[tuple[str, str], NumberClass] = {
    ("bool", "True"): "boolean",
    ("bool", "False"): "boolean",
    ("int", "0"): "zero",
    ("int", "-7"): "finite",
    ("int", str(10**30)): "finite",
    ("float", "0x0.0p+0"): "zero",
    ("float", "-0x0.0p+0"): "zero",
    ("float", (1e300).hex()): "finite",
    ("float", "nan"): "nan",
    ("float", "-inf"): "infinity",
    ("complex", "0x0.0p+0,-0x0.0p+0"): "zero",
    ("complex", "0x0.0p+0,0x1p+0"): "finite",
    ("complex", "inf,0x1p+0"): "infinity",
    ("complex", "inf,nan"): "nan",
}


@pytest.mark.parametrize(("python", "value"), CLASSES)
def test_a_number_has_a_class(python: str, value: str) -> None:
    assert number_class(python, value) == CLASSES[python, value]


@given(st.integers() | st.floats())
def test_two_numbers_of_a_class_are_redacted_alike(value: float) -> None:
    number = (
        PythonScalar(python="int", value=str(value))
        if isinstance(value, int)
        else PythonScalar(python="float", value=value.hex())
    )
    [shown] = redacted_case(case(number)).call.args
    assert isinstance(shown, PythonScalar)
    assert shown.value == ""
    kinds = {True: "zero", False: "finite"}
    expected = "nan" if math.isnan(value) else "infinity" if math.isinf(value) else kinds[value == 0]
    assert shown == PythonScalar(python=number.python, redacted=expected)  # type: ignore[arg-type]


def test_arguments_keywords_and_plain_initial_values_are_redacted_and_how_to_compute_stays() -> None:
    number = PythonScalar(python="int", value="31337")
    before = case(ARRAY, number, initial=True, axis=31337, keepdims=True, where=number, out=[ARRAY], dtype="d")
    after = redacted_case(before)
    assert b"31337" not in canonical(after.call.plain()).replace(b'"axis":31337', b"")
    shown = PythonScalar(python="int", redacted="finite")
    assert after.call.args == (ARRAY, shown)
    assert after.call.kwargs == before.call.kwargs | {
        "initial": PythonScalar(python="bool", redacted="boolean"),
        "where": shown,
    }
    assert values_in_case(before)
    assert not values_in_case(after)
    assert redacted_case(after) is after


def test_a_case_without_numbers_stays_as_it_is() -> None:
    plain = case(ARRAY, ARRAY, axis=1, keepdims=False, out=None)
    assert redacted_case(plain) is plain
    assert not values_in_case(plain)


def test_a_redacted_plan_is_a_plan_with_the_same_cases() -> None:
    before = plan("smoke", ("add", "sum", "power"), (), "1").plan
    assert any(values_in_case(case) for case in before.cases), "there is nothing to redact"
    after = redacted_plan(before)
    assert not any(values_in_case(case) for case in after.cases)
    assert (after.digest, after.pools) == (before.digest, before.pools)
    assert [case.case_id for case in after.cases] == [case.case_id for case in before.cases]
    text = canonical(after.full() | {"cases": [case.plain() for case in after.cases]})
    assert Plan.from_json(text, "plan.json") == after
    assert b'"value"' not in text


@pytest.mark.parametrize("text", ['{"python":"int"}', '{"python":"int","value":"1","redacted":"finite"}'])
def test_a_number_has_a_value_or_a_class_and_never_both(text: str) -> None:
    with pytest.raises(DocumentError, match="either"):
        PythonScalar.from_json(text, "plan.json")


def test_what_a_redacted_verdict_may_not_have_is_what_redaction_takes_away() -> None:
    verdict = Verdict(
        case_id="x",
        op="add",
        loop="dd->d",
        layout="contiguous",
        verdict="diverged",
        index=(0,),
        expected_bits="00",
        actual_bits="01",
        ulp=0.5,
        distance="1",
        bound=0.5,
        condition=1.0,
        differing=1,
        flags="over/",
        message="1.5",
    )
    assert set(values_in_verdict(verdict)) == {
        "index",
        "expected_bits",
        "actual_bits",
        "distance",
        "condition",
        "message",
    }
    assert values_in_verdict(redact(verdict)) == ()


def test_a_redacted_run_keeps_what_was_judged_and_no_values(redacted: Path, untouched: Path) -> None:
    one, other = Bundle(redacted), Bundle(untouched)
    assert not any(values_in_case(case) for case in one.plan().cases)
    assert not any(map(values_in_verdict, one.verdicts()))
    assert [verdict.verdict for verdict in one.verdicts()] == [verdict.verdict for verdict in other.verdicts()]
    assert one.manifest_toml().redact_artifacts
    told = [verdict.actual_bits for verdict in other.verdicts() if verdict.verdict in BAD and verdict.actual_bits]
    bits = [text for text in told if len(set(text)) > 4]
    assert len(bits) > 5
    whole = b"".join(file.read_bytes() for file in sorted(redacted.rglob("*")) if file.is_file())
    for pattern in bits:
        assert pattern.encode() not in whole
        assert bytes.fromhex(pattern) not in whole
        assert bytes.fromhex(pattern)[::-1] not in whole
