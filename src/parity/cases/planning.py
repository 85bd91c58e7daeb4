"""A plan: which cases a suite has for a selection of operations and element types, in their order."""

from functools import cache
from typing import NamedTuple

from parity.cases.pools import build_pool
from parity.cases.subject import Draft
from parity.cases.suites import drafts
from parity.documents.case import Call, Case, Plan, Pool, array_arguments, case_id, plan_digest
from parity.documents.elements import ELEMENTS
from parity.documents.manifest import DEFAULT_SEED
from parity.documents.model import sha256
from parity.errors import CatalogueError, InconclusiveError
from parity.ops import catalogue
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Operation


class Planned(NamedTuple):
    """plan: the cases in their order. pools: the elements that they read, little endian, by name."""

    plan: Plan
    pools: dict[str, bytes]


def plan(suite: str, ops: tuple[str, ...] = (), dtypes: tuple[str, ...] = (), seed: str = DEFAULT_SEED) -> Planned:
    """The cases of a suite; ops and dtypes (element characters) empty for all.

    A case is kept when its operation is chosen and one of its loop's operands has a chosen type; what is left out
    changes no other case. Raises InconclusiveError if nothing is left, CatalogueError if two cases are one and the same
    or a row has none: then the templates are wrong.
    """
    rows = tuple(row for row in CATALOGUE.values() if not ops or row.name in ops)
    cases: dict[str, Case] = {}
    for row, draft in drafts(suite, rows):
        if dtypes and not set(draft.loop.partition("->")[0]) & set(dtypes):
            continue
        case = named(draft, seed)
        if case.case_id in cases:
            raise CatalogueError(
                f"two cases of {row.name} are one and the same: {case.case_id}",
                where=f"layouts {cases[case.case_id].layout} and {case.layout}",
            )
        cases[case.case_id] = case
    if not cases:
        raise InconclusiveError(
            "no case is left",
            where="the selection of operations and element types",
            expected="an operation with a loop of these types",
        )
    check_complete(suite, rows, tuple(cases.values()), dtypes)
    return planned_of(suite, seed, tuple(cases.values()))


def named(draft: Draft, seed: str) -> Case:
    """The case of a draft, with its name."""
    call = Call(op=draft.op, args=draft.args, kwargs=draft.kwargs)
    names = {argument.pool for argument in array_arguments(call).values()}
    name = case_id(call, draft.loop, {pool: pool_digest(seed, pool) for pool in names})
    return Case(case_id=name, loop=draft.loop, layout=draft.layout, call=call)


@cache
def pool_digest(seed: str, name: str) -> str:
    """sha256 of a pool's bytes."""
    return sha256(build_pool(seed, name))


def check_complete(
    suite: str, rows: tuple[Operation, ...], cases: tuple[Case, ...], dtypes: tuple[str, ...] = ()
) -> None:
    """Raise CatalogueError unless each row has cases and, beyond `smoke`, each loop of each row.

    It says nothing of which layouts a loop has: `suites` does, and tests hold it to that.
    """
    seen = {(case.call.op.partition(".")[0], case.loop) for case in cases}
    names = {op for op, _ in seen}
    for row in rows:
        chosen = [loop for loop in row.loops if not dtypes or set(loop.partition("->")[0]) & set(dtypes)]
        if chosen and row.name not in names and not (suite == "smoke" and dtypes):
            raise CatalogueError(f"suite {suite} has no case for {row.name}", where=f"catalogue row {row.name}")
        missing = [loop for loop in chosen if (row.name, loop) not in seen]
        if missing and suite != "smoke":
            raise CatalogueError(
                f"suite {suite} has no case for {row.name} {missing[0]}", where=f"catalogue row {row.name}"
            )


def planned_of(suite: str, seed: str, cases: tuple[Case, ...]) -> Planned:
    """The plan of these cases, whose names were made with the seed, under the name of a suite."""
    names = sorted({argument.pool for case in cases for argument in array_arguments(case.call).values()})
    pools = {name: build_pool(seed, name) for name in names}
    described = tuple(
        Pool(name=name, count=len(data) // ELEMENTS[name[0]].size, sha256=pool_digest(seed, name))
        for name, data in pools.items()
    )
    return Planned(
        Plan(
            suite=suite,
            seed=seed,
            catalogue_digest=catalogue.digest(),
            digest=plan_digest(cases),
            pools=described,
            cases=cases,
        ),
        pools,
    )
