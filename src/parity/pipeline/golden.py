"""Golden outputs: ask a provider the cases of a suite and of the chosen workloads; compare the answers of two sides."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from parity import calling
from parity.calling import Outcome, Returned
from parity.cases.planning import Planned, plan
from parity.cases.workloads import MAX_BYTES
from parity.compare.classes import element_of
from parity.compare.judge import judge
from parity.compare.reductions import reduction_tolerance
from parity.documents.case import Case, array_arguments
from parity.documents.operations import ToleranceRow
from parity.documents.optimization import GoldenHead, Movement
from parity.documents.workload import Workload
from parity.errors import OracleError
from parity.execute.pool import Executor
from parity.ops.catalogue import CATALOGUE, row_of
from parity.optimize import golden
from parity.optimize.golden import Golden
from parity.optimize.proof import Judged, check_same_cases, differing, movement
from parity.oracle.store import Capture, open_capture
from parity.pipeline import places
from parity.pipeline.progress import Progress
from parity.providers.spec import load_provider

Pools = dict[str, NDArray[Any]]


class Asked(NamedTuple):
    """What is asked: the cases of the suite for the operations of the workloads, and the workloads' own.

    own_pools: the elements that the workloads read, little endian, by name.
    """

    planned: Planned
    own: tuple[Case, ...]
    own_pools: Mapping[str, bytes]


class _Source(NamedTuple):
    """A case, and the elements that it reads."""

    case: Case
    pools: Mapping[str, bytes]


def asked_of(suite: str, seed: str, workloads: Sequence[Workload], pools: Mapping[str, bytes]) -> Asked:
    """The golden cases of a round. A workload that is a case of the suite is asked once."""
    chosen = {workload.op.partition(".")[0] for workload in workloads}
    planned = plan(suite, tuple(name for name in CATALOGUE if name in chosen), (), seed)
    known = {case.case_id for case in planned.plan.cases}
    own = {workload.case.case_id: workload.case for workload in workloads if workload.case.case_id not in known}
    return Asked(planned, tuple(own.values()), pools)


def record(asked: Asked, spec: str, progress: Progress) -> dict[str, bytes]:
    """The files of the golden outputs of a provider, by name. Raises ProviderError for a result beyond all bounds."""
    cases = asked.planned.plan.cases
    progress.stage("golden outputs", len(cases) + len(asked.own))
    of_suite = _answered(cases, asked.planned.pools, spec, progress, jobs=None)
    of_workloads = _answered_whole(asked.own, asked.own_pools, spec, progress)
    plan_of = asked.planned.plan
    head = GoldenHead(
        suite=plan_of.suite,
        seed=plan_of.seed,
        ops=tuple(dict.fromkeys(case.call.op.partition(".")[0] for case in cases)),
        catalogue_digest=plan_of.catalogue_digest,
        cases=len(cases),
        workloads=len(asked.own),
        digest=golden.case_digest((*cases, *asked.own)),
    )
    return golden.encode(head, chain(of_suite, of_workloads))


def _answered(
    cases: Sequence[Case],
    pools: Mapping[str, bytes],
    spec: str,
    progress: Progress,
    *,
    jobs: int | None,
    largest: int = calling.LARGEST,
) -> Iterator[tuple[Case, Outcome]]:
    if not cases:
        return
    with Executor(partial(load_provider, spec), pools, jobs=jobs, largest=largest) as executor:
        for case, outcome in zip(cases, executor.outcomes(cases), strict=True):
            yield case, outcome
            progress.advance()


def _answered_whole(
    cases: Sequence[Case], pools: Mapping[str, bytes], spec: str, progress: Progress
) -> Iterator[tuple[Case, Outcome]]:
    """Answers with all their elements, as large as those of a workload may be.

    One worker: operands of ten million elements in each of several would not fit into a small machine's memory.
    """
    return _answered(cases, pools, spec, progress, jobs=1, largest=MAX_BYTES)


def movements(asked: Asked, before: Golden, after: Golden, spec: str, progress: Progress) -> list[Movement]:
    """Every golden output that is not what it was, judged. spec: of the provider after the change.

    Raises InconclusiveError if the sides were not asked the same.
    """
    check_same_cases(before, after)
    pairs = list(differing(before, after))
    progress.stage("judge what moved", len(pairs))
    sources = {case.case_id: _Source(case, asked.planned.pools) for case in asked.planned.plan.cases}
    sources |= {case.case_id: _Source(case, asked.own_pools) for case in asked.own}
    capture = _capture() if any(not pair.same for pair in pairs) else None
    found = []
    for pair in pairs:
        name = pair.after.case_id
        known = None if pair.same else capture
        judged = _judged(sources[name], before.outcomes[name], after.outcomes[name], spec, known)
        found.append(movement(pair, judged))
        progress.advance()
    return found


def _judged(
    source: _Source, before: Outcome | None, after: Outcome | None, spec: str, capture: Capture | None
) -> Judged:
    """The answer after against the one before; where that was too large to be kept, against NumPy's, asked now.

    capture: None where it is not to be asked.
    """
    case, pools = source.case, _arrays(source)
    against_numpy = before is None
    if after is None:
        ((_, after),) = _answered_whole((case,), source.pools, spec, Progress())
    if before is None:
        before = calling.outcome(np, case.call.plain(), pools, MAX_BYTES)
    oracle = None
    if capture is not None and case.case_id in capture:
        oracle = judge(case, capture.outcome(case.case_id), after, capture.pools)
    return Judged(
        judge(case, before, after, pools), oracle, row_applied(case, before), "numpy" if against_numpy else "before"
    )


def _arrays(source: _Source) -> Pools:
    names = {argument.pool for argument in array_arguments(source.case.call).values()}
    return {name: np.frombuffer(source.pools[name], calling.CODES[name.partition(".")[0]]) for name in names}


def _capture() -> Capture | None:
    """The committed capture; None in an installation without any."""
    try:
        return open_capture(places.default_capture())
    except OracleError:
        return None


def row_applied(case: Case, expected: Outcome) -> ToleranceRow | None:
    """The row of the catalogue by which the judge compares the results of a case; None for exact bits."""
    op, _, method = case.call.op.partition(".")
    row = row_of(op)
    tolerance = None
    element = element_of(expected.values[0]) if isinstance(expected, Returned) and expected.values else None
    if element is not None and element.kind in "fc":
        tolerance = reduction_tolerance(row, case.loop, method, element.char)
    if tolerance is None:
        tolerance = row.tolerance(case.loop, method or None)
        if tolerance is not None and isinstance(tolerance.limit, str):
            tolerance = None
    if tolerance is None:
        return None
    return ToleranceRow(
        rule=tolerance.rule,
        limit=tolerance.limit,
        reason=tolerance.reason,
        provenance=tolerance.provenance,
        worst=tolerance.worst,
    )
