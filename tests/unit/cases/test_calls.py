"""Every planned call of core, made on NumPy: it does what its layout says, and the same each time.

NumPy here is the subject that makes the plan meaningful, not an oracle: no result is checked for its value.
"""

import random
from typing import Any

import numpy as np
import pytest

from parity.calling import CODES, Outcome, Returned, outcome
from parity.cases.planning import plan
from parity.documents.case import Case
from parity.documents.elements import BY_CODE
from parity.ops.catalogue import CATALOGUE

Made = tuple[tuple[Case, ...], list[dict[str, Any]], dict[str, np.ndarray], list[Outcome]]
"""Cases, their calls, the pools that they read, and what NumPy answered."""

MAY_RAISE = ("empty", "reduce-empty", "python-misfit")


@pytest.fixture(scope="module")
def made() -> Made:
    planned = plan("core")
    pools = {name: np.frombuffer(data, CODES[name[0]]) for name, data in planned.pools.items()}
    calls = [case.call.plain() for case in planned.plan.cases]
    return planned.plan.cases, calls, pools, [outcome(np, call, pools) for call in calls]


def test_the_order_of_calls_changes_no_outcome(made: Made) -> None:
    _, calls, pools, outcomes = made
    order = list(range(len(calls)))
    random.Random(5).shuffle(order)
    ballast = []  # moves what is allocated later, so that alignment changes
    for number in order:
        assert outcome(np, calls[number], pools) == outcomes[number], calls[number]
        ballast.append(bytes(number % 97))


def test_bad_calls_raise_and_others_return(made: Made) -> None:
    for case, outcome_ in zip(made[0], made[3], strict=True):
        returned = isinstance(outcome_, Returned)
        if case.layout.startswith("bad-"):
            assert not returned, case.case_id
        elif not case.layout.startswith(MAY_RAISE):
            assert returned, (case.case_id, outcome_)


def test_no_case_changes_an_operand(made: Made) -> None:
    assert not [
        case.case_id for case, outcome_ in zip(made[0], made[3], strict=True) if getattr(outcome_, "changed", ())
    ]


def test_the_result_has_the_type_of_the_loop(made: Made) -> None:
    for case, outcome_ in zip(made[0], made[3], strict=True):
        if isinstance(outcome_, Returned) and not {"out", "dtype"} & set(case.call.kwargs):
            chars = "".join(BY_CODE[value.dtype.replace(">", "<")].char for value in outcome_.values)
            assert chars == case.loop.partition("->")[2], case.case_id


def test_results_differ_from_lane_to_lane(made: Made) -> None:
    """Results that are all alike (all NaN, all false) would hide a wrong order of elements.

    Left out: what integers and bool make constant (isnan and its like, a bool's absolute value of few).
    """
    varied: dict[tuple[str, str], int] = {}
    for case, outcome_ in zip(made[0], made[3], strict=True):
        row = CATALOGUE[case.call.op.partition(".")[0]]
        if isinstance(outcome_, Returned) and row.kind == "ufunc" and case.layout in ("negative", "negative-strided"):
            value = outcome_.values[0]
            distinct = len(
                {value.data[at : at + len(value.data) // 66] for at in range(0, len(value.data), len(value.data) // 66)}
            )
            varied[case.call.op, case.loop] = max(varied.get((case.call.op, case.loop), 0), distinct)
    constant = {(name, f"{char}->?") for name in ("isnan", "isinf", "isfinite") for char in "?bBhHiIlL"}
    assert len(varied) > 500
    assert {name for name, distinct in varied.items() if distinct < 2} == constant


def test_operands_are_not_one_and_the_same_run_of_elements(made: Made) -> None:
    """x / x is 1 and x == x is true in any order: only cases that are about shared memory, or of one element, may do so."""
    for case, call in zip(made[0], made[1], strict=True):
        runs = [(item["pool"], item.get("at", 0)) for item in call["args"] if "pool" in item and item.get("shape")]
        if "." not in case.call.op and not case.layout.startswith(("shared-operands", "bad-", "empty")):
            assert len(set(runs)) == len(runs), case.case_id


def test_distinct_results_stay_within_6_mib(made: Made) -> None:
    found: set[bytes] = set()
    for outcome_ in made[3]:
        if isinstance(outcome_, Returned):
            found |= {value.data for value in outcome_.values} | set(outcome_.written)
    assert sum(map(len, found)) <= 6 << 20
