"""The tester is tested: suite `core` catches every broken kernel, in the class in which it is broken, and names it.

Each mutant is one break of the real kernels (`mutants/`). A test ends at the first case that shows it; that the kernels
themselves pass the same cases is a test, too, since a suite that refuses everything would catch every mutant.
"""

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest

import parity_kernels
from parity.calling import CODES, outcome
from parity.cases.planning import plan
from parity.compare.judge import judge
from parity.documents.case import Case
from parity.documents.verdict import BAD, Verdict
from parity.errors import OracleError
from parity.oracle.record import OracleChoice, record
from parity.oracle.store import Capture, open_capture
from parity.pipeline import places

from .mutants import MUTANTS, Mutant, Namespace

OPS = sorted({mutant.op for mutant in MUTANTS})


@pytest.fixture(scope="session")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Capture:
    """The committed capture; before there is one, a recording by this interpreter."""
    try:
        return open_capture(places.default_capture())
    except OracleError:
        planned = plan("core")
        folder = tmp_path_factory.mktemp("oracle") / "core"
        record(planned.plan, planned.pools, OracleChoice(), folder, lambda _count: None)
        return open_capture(folder)


@cache
def cases_of(op: str) -> tuple[tuple[Case, ...], dict[str, np.ndarray]]:
    """What `core` plans for one row, and the pools that it reads."""
    planned = plan("core", (op,))
    pools = {name: np.frombuffer(data, CODES[name.partition(".")[0]]) for name, data in planned.pools.items()}
    return planned.plan.cases, pools


def verdict_of(case: Case, pools: dict[str, np.ndarray], namespace: Any, capture: Capture) -> Verdict:
    assert case.case_id in capture, f"{capture.path} lacks case {case.case_id} of this plan: record it again"
    actual = outcome(namespace, case.call.plain(), pools)
    return judge(case, capture.outcome(case.case_id), actual, pools)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.sentence)
def test_core_catches_it_when(mutant: Mutant, capture: Capture) -> None:
    cases, pools = cases_of(mutant.op)
    broken = Namespace(parity_kernels, mutant)
    seen: Counter[str | None] = Counter()
    for case in cases:
        if case.call.op != mutant.target:
            continue
        verdict = verdict_of(case, pools, broken, capture)
        if verdict.verdict in BAD:
            assert verdict.op.partition(".")[0] == mutant.op
            seen[verdict.failed_class] += 1
            if verdict.failed_class == mutant.shows:
                return
    pytest.fail(
        f"core has no case of {mutant.target} whose class {mutant.shows!r} fails when {mutant.sentence}; "
        f"it fails in {dict(seen) or 'none'}: add a template to src/parity/cases that shows it"
    )


@pytest.mark.parametrize("op", OPS)
def test_core_has_nothing_against_the_whole_kernel(op: str, capture: Capture) -> None:
    cases, pools = cases_of(op)
    bad = [verdict for case in cases if (verdict := verdict_of(case, pools, parity_kernels, capture)).verdict in BAD]
    assert not bad, f"{len(bad)} of {len(cases)}, first {bad[0]}"


def test_there_are_mutants_enough_and_each_is_named_once() -> None:
    assert len(MUTANTS) >= 72
    assert [sentence for sentence, times in Counter(mutant.sentence for mutant in MUTANTS).items() if times > 1] == []
    assert len(OPS) >= 50


def test_a_namespace_breaks_only_the_function_of_its_mutant() -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.target == "add.reduce")
    broken = Namespace(np, mutant)
    assert broken.subtract is np.subtract
    assert broken.add(1, 2) == 3
    assert broken.add.outer is not None
    assert broken.add.reduce(np.ones((2, 3)), keepdims=True).shape == (3,)
