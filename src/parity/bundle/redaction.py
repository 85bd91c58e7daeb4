"""What a bundle tells when its values are redacted: hashes and classes, no input and no output value.

The inputs of a case lie in pools, runs of parity's own numbers, of which a plan has names and hashes alone. What a plan
writes out are Python numbers: the second argument of `add(x, 3)`, the `initial` of a sum. A redacted plan keeps their
type and class and no hash: whoever tries the numbers that people write finds the one that belongs to a hash within
seconds, a public salt does not hinder that, and a secret one would have to be kept for whoever checks the bundle. The
name of a case, which covers its call by 48 bits of SHA-256, and the seed stay: they say which of parity's own questions
were asked, and these are no secret; what a provider answered is.

Verdicts are redacted by `parity.report.fold.redact`; here is what a reader may demand of both.
"""

import math
from collections.abc import Iterator

from parity.documents.case import Attribute, Call, Case, NumberClass, Plan, PythonScalar
from parity.documents.verdict import Verdict

VALUE_KEYWORDS = ("initial",)
"""Keywords whose plain booleans and integers are values; those of all others (axis, keepdims) say how to compute."""

VALUES_OF_A_VERDICT = ("index", "expected_bits", "actual_bits", "distance", "condition", "message")
"""Fields that hold bits, that tell which element it was or how far off in representations, or that quote somebody."""


def redacted_plan(plan: Plan) -> Plan:
    """The plan with the class of each Python number in place of its value; its digest is over names, and stays."""
    return plan.model_copy(update={"cases": tuple(redacted_case(case) for case in plan.cases)})


def redacted_case(case: Case) -> Case:
    """The case without values; the same object where there are none."""
    if not any(_numbers(case.call)):
        return case
    call = case.call
    changed = {
        "args": tuple(_without_value(item) if isinstance(item, PythonScalar) else item for item in call.args),
        "kwargs": {name: _attribute(name, value) for name, value in call.kwargs.items()},
    }
    return case.model_copy(update={"call": call.model_copy(update=changed)})


def number_class(python: str, value: str) -> NumberClass:
    """The class of a Python number as `PythonScalar` writes it. A boolean has one class: a finer one is its value."""
    if python == "bool":
        return "boolean"
    if python == "int":
        return "finite" if int(value) else "zero"
    parts = [float.fromhex(part) for part in value.split(",")]
    if any(math.isnan(part) for part in parts):
        return "nan"
    if any(math.isinf(part) for part in parts):
        return "infinity"
    return "finite" if any(parts) else "zero"


def values_in_case(case: Case) -> bool:
    """Whether a case of a plan writes a value out."""
    return any(_numbers(case.call))


def is_redacted(case: Case) -> bool:
    """Whether a value was taken out of a case, so that its name cannot be derived again."""
    items = (*case.call.args, *case.call.kwargs.values())
    return any(isinstance(item, PythonScalar) and item.redacted is not None for item in items)


def values_in_verdict(verdict: Verdict) -> tuple[str, ...]:
    """Names of the fields of a verdict that a redacted bundle leaves empty and that are not empty."""
    return tuple(name for name in VALUES_OF_A_VERDICT if getattr(verdict, name) is not None)


def _numbers(call: Call) -> Iterator[bool]:
    yield from (isinstance(item, PythonScalar) and item.redacted is None for item in call.args)
    yield from (_is_value(name, value) for name, value in call.kwargs.items())


def _is_value(name: str, value: Attribute) -> bool:
    if isinstance(value, PythonScalar):
        return value.redacted is None
    return name in VALUE_KEYWORDS and isinstance(value, int)


def _attribute(name: str, value: Attribute) -> Attribute:
    if isinstance(value, PythonScalar):
        return _without_value(value)
    if name in VALUE_KEYWORDS and isinstance(value, int):
        return _without_value(PythonScalar(python="bool" if isinstance(value, bool) else "int", value=str(value)))
    return value


def _without_value(number: PythonScalar) -> PythonScalar:
    if number.redacted is not None:
        return number
    return PythonScalar(python=number.python, redacted=number_class(number.python, number.value))
