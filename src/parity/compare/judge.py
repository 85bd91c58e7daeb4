"""The judge: a case, what the oracle did and what the provider did, in; a verdict out.

Classes come before distances, in the order of `FailedClass`: outcome, exception, number of results, dtype, shape, kind;
then whether `out` was returned and nothing but its elements was written; then the elements. What a verdict does not
prove: with rule `ulp` both answers are near each other, and near the exact one only as far as the oracle is.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.calling import Crashed, Missing, Outcome, Raised, Returned, TimedOut, Value
from parity.compare.classes import element_of
from parity.compare.elementwise import compare_elements
from parity.compare.exceptions import same_exception
from parity.compare.finding import Finding
from parity.compare.memory import stray_write
from parity.compare.reductions import compare_reduction, reduction_tolerance
from parity.documents.case import Case
from parity.documents.verdict import FailedClass, Verdict, VerdictName
from parity.ops.catalogue import row_of
from parity.ops.row import Operation, Tolerance

Pools = Mapping[str, NDArray[Any]]

MESSAGE_LENGTH = 300


def judge(case: Case, expected: Outcome, actual: Outcome, pools: Pools) -> Verdict:
    """Judge one case.

    expected: the oracle's outcome. actual: the provider's. pools: the case's input elements by the pool's name, from
    which the inputs of a reduction and the memory of `out` are built again when they matter.
    """
    if isinstance(expected, Returned) and isinstance(actual, Returned):
        if actual == expected:
            return _verdict(case, "exact", ulp=0.0)
        return _both_returned(case, expected, actual, pools)
    if isinstance(expected, Missing | Crashed | TimedOut):
        return _verdict(case, "unsupported", message=f"the oracle has no answer: {_told(expected)}")
    if isinstance(actual, Missing):
        return _verdict(case, "unsupported", message=f"the provider has no {actual.name}")
    if isinstance(actual, Crashed):
        return _verdict(case, "crashed", failed_class="outcome", message=_told(actual))
    if isinstance(actual, TimedOut):
        return _verdict(case, "timed_out", failed_class="outcome", message=_told(actual))
    if isinstance(expected, Raised) and isinstance(actual, Raised) and same_exception(expected, actual):
        return _verdict(case, "exact")
    failed: FailedClass = "exception" if isinstance(expected, Raised) and isinstance(actual, Raised) else "outcome"
    return _verdict(
        case,
        "raised_differently",
        failed_class=failed,
        expected_bits=expected.type if isinstance(expected, Raised) else None,
        actual_bits=actual.type if isinstance(actual, Raised) else None,
        message=f"expected {_told(expected)}; got {_told(actual)}",
    )


def _both_returned(case: Case, expected: Returned, actual: Returned, pools: Pools) -> Verdict:
    flags = _flags(expected, actual)
    if actual.values == expected.values and actual[1:4] == expected[1:4]:
        return _verdict(case, "exact", ulp=0.0, flags=flags)
    fault = _structure(case, expected, actual, pools)
    if fault:
        failed, result, message = fault
        return _diverged(case, failed, result=result, message=message, flags=flags)
    findings = [
        _compare(case, number, one, two, pools)
        for number, (one, two) in enumerate(zip(expected.values, actual.values, strict=True))
    ]
    result = min(range(len(findings)), key=lambda number: _rank(findings[number]))
    if findings[result].failed:
        one, two = expected.values[result], actual.values[result]
        return _faulty(case, findings[result], result, one, two, flags)
    worst = max(findings, key=lambda finding: (finding.bound or 0.0, finding.ulp or 0.0, finding.differing))
    if not worst.differing:
        return _verdict(case, "exact", ulp=0.0, flags=flags)
    return _verdict(case, "within_tolerance", flags=flags, **_measures(worst))


def _structure(case: Case, expected: Returned, actual: Returned, pools: Pools) -> tuple[FailedClass, int, str] | None:
    """What is wrong before any element is looked at: the class, the number of the result, and a sentence.

    A Python object (`python:*`) is of class `kind` whatever else is wrong, because it has no dtype to speak of.
    """
    if len(actual.values) != len(expected.values):
        return "count", 0, f"expected {len(expected.values)} results; got {len(actual.values)}"
    pairs = list(enumerate(zip(expected.values, actual.values, strict=True)))
    for number, (one, two) in pairs:
        if two.kind != one.kind and two.kind.startswith("python:"):
            return "kind", number, f"expected {one.kind} of {one.dtype}; got {two.kind}"
    for number, (one, two) in pairs:
        if two.dtype != one.dtype:
            return "dtype", number, f"expected dtype {one.dtype}; got {two.dtype}"
    for number, (one, two) in pairs:
        if two.shape != one.shape:
            return "shape", number, f"expected shape {one.shape}; got {two.shape}"
    for number, (one, two) in pairs:
        if two.kind != one.kind:
            return "kind", number, f"expected {one.kind}; got {two.kind}"
    for number, (given, returned) in enumerate(zip(expected.is_out, actual.is_out, strict=False)):
        if given and not returned:
            return "out", number, "the array given as out is not what was returned"
    if actual.written != expected.written and (stray := stray_write(case, expected.written, actual.written, pools)):
        return "out", 0, stray
    changed = sorted(set(actual.changed) - set(expected.changed))
    if changed:
        return "input", 0, f"arguments changed that are no out: {', '.join(changed)}"
    return None


def _compare(case: Case, number: int, expected: Value, actual: Value, pools: Pools) -> Finding:
    if actual.data == expected.data:
        return Finding()
    op, _, method = case.call.op.partition(".")
    row = row_of(op)
    element = element_of(expected)
    if element is not None and element.kind in "fc":
        bounded = reduction_tolerance(row, case.loop, method, element.char)
        if bounded is not None:
            return compare_reduction(case, expected, actual, bounded, pools)
    tolerance = _elementwise_tolerance(row, case.loop, method)
    computed = case.loop.partition("->")[2][number : number + 1]
    return compare_elements(op, expected, actual, computed or None, tolerance)


def _elementwise_tolerance(row: Operation, loop: str, method: str) -> Tolerance | None:
    tolerance = row.tolerance(loop, method or None)
    return tolerance if tolerance is not None and not isinstance(tolerance.limit, str) else None


_RANKS: dict[FailedClass | None, int] = {"nan": 0, "infinity": 1, "zero": 2, "value": 3, None: 4}


def _rank(finding: Finding) -> int:
    return _RANKS[finding.failed]


def _faulty(case: Case, finding: Finding, result: int, expected: Value, actual: Value, flags: str | None) -> Verdict:
    index = None
    if finding.place is not None:
        index = tuple(int(part) for part in np.unravel_index(finding.place, expected.shape)) if expected.shape else ()
    assert finding.failed is not None
    return _diverged(
        case,
        finding.failed,
        result=result,
        index=index,
        expected_bits=bits_of(expected, finding.place),
        actual_bits=bits_of(actual, finding.place),
        flags=flags,
        **_measures(finding),
    )


def bits_of(value: Value, place: int | None) -> str | None:
    """The element at a flat index in hexadecimal, most significant digit first; `real,imaginary` if complex."""
    element = element_of(value)
    if element is None or place is None:
        return None
    data = value.data[place * element.size : (place + 1) * element.size]
    parts = (data[: element.size // 2], data[element.size // 2 :]) if element.kind == "c" else (data,)
    return ",".join(part[::-1].hex() for part in parts)


def _measures(finding: Finding) -> dict[str, Any]:
    return {
        "ulp": finding.ulp,
        "ulp_normwise": finding.ulp_normwise,
        "distance": None if finding.distance is None else str(finding.distance),
        "bound": finding.bound,
        "condition": finding.condition,
        "differing": finding.differing,
    }


def _flags(expected: Returned, actual: Returned) -> str | None:
    """`divide,invalid/` where floating-point flags or warnings differ: the oracle's before the stroke."""
    one, two = (",".join((*side.flags, *side.warnings)) for side in (expected, actual))
    return None if one == two else f"{one}/{two}"


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, Raised):
        return f"{outcome.type}: {outcome.message[:130]}" if outcome.message else outcome.type
    if isinstance(outcome, Returned):
        return "a result"
    if isinstance(outcome, Crashed):
        return f"the process died of signal {outcome.signal}" if outcome.signal else "the process exited by itself"
    if isinstance(outcome, TimedOut):
        return f"no answer within {outcome.limit:g} s"
    return f"no {outcome.name}"


def _diverged(case: Case, failed: FailedClass, **fields: Any) -> Verdict:
    return _verdict(case, "diverged", failed_class=failed, arbitration="not_arbitrated", **fields)


def _verdict(case: Case, verdict: VerdictName, *, message: str | None = None, **fields: Any) -> Verdict:
    return Verdict(
        case_id=case.case_id,
        op=case.call.op,
        loop=case.loop,
        layout=case.layout,
        verdict=verdict,
        message=message if message is None else message[:MESSAGE_LENGTH],
        **fields,
    )
