"""Whether what a bundle keeps for showing a divergence again fits its plan and its verdicts."""

import hashlib
import math
from collections.abc import Mapping

from parity.bundle import failures
from parity.bundle.formats import FAILURES, POOLS
from parity.bundle.inventory import Enclosure, RefusedError
from parity.bundle.problems import Problems
from parity.calling import Outcome, Returned
from parity.documents.case import Case, Plan
from parity.documents.elements import BY_CODE, ELEMENTS
from parity.documents.verdict import BAD, Verdict

MAX_LINE, MAX_BYTES = 64 << 20, 1 << 30
"""Of one kept answer with its bytes in hexadecimal, and of all."""

ELEMENTWISE = ("value", "nan", "infinity", "zero")
"""Failed classes in which a verdict's index and bits are those of an element of a result."""


def check_evidence(
    enclosure: Enclosure, files: frozenset[str], plan: Plan, verdicts: tuple[Verdict, ...], problems: Problems
) -> None:
    """Pools have their digests, and each kept answer is that of a case of the plan that went wrong."""
    if POOLS in files:
        _check_pools(enclosure, plan, problems)
    if FAILURES in files:
        _check_failures(enclosure, plan, verdicts, problems)


def _check_pools(enclosure: Enclosure, plan: Plan, problems: Problems) -> None:
    """The pools in the order of the plan, one after the other, or nothing at all."""
    try:
        size = enclosure.size(POOLS)
        if not size:
            return
        lengths = {pool.name: pool.count * _width(pool.name) for pool in plan.pools}
        if size != sum(lengths.values()):
            problems.add(POOLS, "evidence", f"{size:,} bytes, and the pools of the plan have {sum(lengths.values()):,}")
            return
        with enclosure.open(POOLS) as file:
            for pool in plan.pools:
                if hashlib.sha256(file.read(lengths[pool.name])).hexdigest() != pool.sha256:
                    problems.add(POOLS, "evidence", f"the pool {pool.name} is not the one of the plan")
    except RefusedError as refused:
        problems.add(POOLS, refused.code, refused.detail)
    except OSError as error:
        problems.add(POOLS, "unreadable", error.strerror or str(error))


def _width(pool: str) -> int:
    """Bytes of an element; 0 for a type that there is not, which then shows in the sum."""
    element = ELEMENTS.get(pool.partition(".")[0])
    return 0 if element is None else element.size


def _check_failures(enclosure: Enclosure, plan: Plan, verdicts: tuple[Verdict, ...], problems: Problems) -> None:
    cases = {case.case_id: case for case in plan.cases}
    bad = {verdict.case_id: verdict for verdict in verdicts if verdict.verdict in BAD}
    try:
        with enclosure.open(FAILURES) as file:
            number, left = 0, MAX_BYTES
            while line := file.readline(MAX_LINE + 1):
                number, left = number + 1, left - len(line)
                if len(line) > MAX_LINE or left < 0:
                    problems.add(FAILURES, "too_large", f"line {number}: the line or the file is too long")
                    return
                try:
                    [(name, (case, expected))] = failures.decode(line).items()
                    wrong = _disagreement(name, case, expected, cases, bad)
                except Exception as error:
                    said = str(error) or type(error).__name__
                    problems.add(FAILURES, "schema", f"line {number}: no case with its answer: {said}")
                else:
                    if wrong is not None:
                        problems.add(FAILURES, "evidence", f"line {number}: {wrong}")
    except RefusedError as refused:
        problems.add(FAILURES, refused.code, refused.detail)
    except OSError as error:
        problems.add(FAILURES, "unreadable", error.strerror or str(error))


def _disagreement(
    name: str, case: Case, expected: Outcome, cases: Mapping[str, Case], bad: Mapping[str, Verdict]
) -> str | None:
    """What a kept answer does not fit, in words."""
    if case != cases.get(name):
        return f"{name} is not that case of the plan"
    if name not in bad:
        return f"by its verdict {name} did not go wrong"
    return None if _agrees(expected, bad[name]) else f"the answer to {name} is not that of its verdict"


def _agrees(expected: Outcome, verdict: Verdict) -> bool:
    """Whether a kept answer has the element that the verdict says was expected; true where that is not said."""
    if not isinstance(expected, Returned):
        return True
    for value in expected.values:
        element = BY_CODE.get(value.dtype)
        if element is not None and len(value.data) != element.size * math.prod(value.shape):
            return False
    if verdict.index is None or not verdict.expected_bits or verdict.failed_class not in ELEMENTWISE:
        return True
    if verdict.result >= len(expected.values):
        return False
    value = expected.values[verdict.result]
    element = BY_CODE.get(value.dtype)
    if element is None or len(verdict.index) != len(value.shape):
        return element is None
    place = 0
    for index, length in zip(verdict.index, value.shape, strict=True):
        if not 0 <= index < length:
            return False
        place = place * length + index
    bits = value.data[place * element.size : (place + 1) * element.size]
    half = len(bits) // 2
    parts = (bits[:half], bits[half:]) if element.kind == "c" else (bits,)
    return verdict.expected_bits == ",".join(part[::-1].hex() for part in parts)
