"""Whether what a bundle keeps for showing a divergence again fits its plan and its verdicts."""

import hashlib

from parity.bundle import failures
from parity.bundle.formats import FAILURES, POOLS
from parity.bundle.inventory import Enclosure, RefusedError
from parity.bundle.problems import Problems
from parity.documents.case import Plan
from parity.documents.elements import ELEMENTS
from parity.documents.verdict import BAD, Verdict

MAX_LINE, MAX_BYTES = 64 << 20, 1 << 30
"""Of one kept answer with its bytes in hexadecimal, and of all."""


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
    bad = {verdict.case_id for verdict in verdicts if verdict.verdict in BAD}
    try:
        with enclosure.open(FAILURES) as file:
            number, left = 0, MAX_BYTES
            while line := file.readline(MAX_LINE + 1):
                number, left = number + 1, left - len(line)
                if len(line) > MAX_LINE or left < 0:
                    problems.add(FAILURES, "too_large", f"line {number}: the line or the file is too long")
                    return
                try:
                    [(name, (case, _))] = failures.decode(line).items()
                except Exception as error:
                    said = str(error) or type(error).__name__
                    problems.add(FAILURES, "schema", f"line {number}: no case with its answer: {said}")
                    continue
                if case != cases.get(name):
                    problems.add(FAILURES, "evidence", f"line {number}: {name} is not that case of the plan")
                elif name not in bad:
                    problems.add(FAILURES, "evidence", f"line {number}: by its verdict {name} did not go wrong")
    except RefusedError as refused:
        problems.add(FAILURES, refused.code, refused.detail)
    except OSError as error:
        problems.add(FAILURES, "unreadable", error.strerror or str(error))
