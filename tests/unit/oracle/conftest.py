"""A plan of a few cases, one for each kind of outcome and argument, made by hand."""

import struct

import pytest

from parity.documents.case import ArrayArgument, Call, Case, Plan, Pool, case_id, plan_digest
from parity.documents.model import sha256

Pools = dict[str, bytes]


@pytest.fixture(scope="session")
def small_pools() -> Pools:
    return {
        "d.few": struct.pack("<8d", 1, -2, 0.5, float("inf"), -0.0, 3, float("nan"), 5),
        "i.few": struct.pack("<5i", 1, 2, 3, -4, 2**31 - 1),
    }


@pytest.fixture(scope="session")
def small_plan(small_pools: Pools) -> Plan:
    """Returned (arrays, scalars, two results, `out` with gaps), raised, missing; flags of division by zero."""
    pools = tuple(
        Pool(name=name, count=len(data) // struct.calcsize(name[0]), sha256=sha256(data))
        for name, data in small_pools.items()
    )
    digests = {pool.name: pool.sha256 for pool in pools}
    d, i = "d.few", "i.few"

    def array(pool: str, *shape: int, at: int = 0, strides: tuple[int, ...] | None = None) -> ArrayArgument:
        return ArrayArgument(pool=pool, at=at, shape=shape, strides=strides)

    calls = (
        ("dd->d", "contiguous", Call(op="add", args=(array(d, 67), array(d, 67, at=3)))),
        ("dd->d", "0-d", Call(op="divide", args=(array(d), array(d, at=4)))),
        (
            "ii->i",
            "out",
            Call(op="add", args=(array(i, 3, 2), array(i, 2)), kwargs={"out": array(i, 3, 2, strides=(4, 2))}),
        ),
        ("ii->i", "bad-shapes", Call(op="add", args=(array(i, 3, 2), array(i, 7)))),
        ("dd->dd", "contiguous", Call(op="divmod", args=(array(d, 5), array(d, 5, at=4)))),
        ("i->l", "axes", Call(op="sum", args=(array(i, 2, 5),), kwargs={"axis": [0, 1]})),
        ("d->d", "negative", Call(op="square", args=(array(d, 4, strides=(-2,)),))),
        ("d->d", "contiguous", Call(op="sign.nothing", args=(array(d, 2),))),
    )
    cases = tuple(
        Case(case_id=case_id(call, loop, digests), loop=loop, layout=layout, call=call) for loop, layout, call in calls
    )
    return Plan(
        suite="smoke",
        seed="1",
        catalogue_digest="0" * 64,
        digest=plan_digest(cases),
        pools=pools,
        cases=cases,
    )
