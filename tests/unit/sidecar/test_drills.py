"""Which symbols drills withhold: enough to be drills, no more than is promised, and the same for all who plan them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.documents.proof import Attempt, Drill, DrillKind, EsiRun, Fed
from parity.sidecar.drills import KINDS, MAX_ATTEMPTS, burst_length, planned, random_losses, shortcomings
from parity.sidecar.geometry import Geometry

ID = "0123456789abcdef" * 2
geometries = st.builds(
    lambda symbols, overhead: Geometry(symbols * 64, 64, overhead),
    st.integers(1, 3_000),
    st.sampled_from(["0.001", "0.02", "0.1", "0.25", "1", "4"]),
)


def drill(kind: DrillKind, attempt: Attempt, **changes: object) -> Drill:
    fields = {
        "kind": kind,
        "dropped": attempt.dropped,
        "fed": attempt.fed,
        "blocks": (0,),
        "attempts": 1,
        "recovered": False,
        "sha256": None,
    }
    return Drill.model_validate(fields | changes)


def fed_repairs(attempt: Attempt) -> int:
    return sum(last - first + 1 for _, first, last in attempt.fed.repairs)


@given(geometry=geometries, kind=st.sampled_from(KINDS))
def test_every_planned_drill_is_one_of_its_kind(geometry: Geometry, kind: DrillKind) -> None:
    for attempt in planned(kind, geometry, ID):
        assert attempt.dropped
        assert not list(shortcomings(drill(kind, attempt), geometry))


@given(geometry=geometries, kind=st.sampled_from(KINDS))
def test_plans_follow_from_the_object_alone(geometry: Geometry, kind: DrillKind) -> None:
    assert list(planned(kind, geometry, ID)) == list(planned(kind, geometry, ID))


@given(geometry=geometries)
def test_the_limit_feeds_exactly_as_many_symbols_as_the_block_has_and_beyond_it_one_fewer(geometry: Geometry) -> None:
    limits, (beyond,) = list(planned("limit", geometry, ID)), list(planned("beyond_limit", geometry, ID))
    assert len(limits) == MAX_ATTEMPTS
    for attempt, short in [*((limit, 0) for limit in limits), (beyond, 1)]:
        (block,) = {geometry.block_of(number) for number in attempt.dropped}
        assert attempt.fed.sources + fed_repairs(attempt) == geometry.source_count(block) - short
        assert attempt.fed.sources == geometry.source_count(block) - len(attempt.dropped)


@given(geometry=geometries)
def test_a_burst_is_one_row_of_symbols(geometry: Geometry) -> None:
    (attempt,) = planned("burst", geometry, ID)
    first = attempt.dropped[0]
    assert attempt.dropped == tuple(range(first, first + burst_length(geometry)))


@given(geometry=geometries)
def test_random_losses_take_repair_symbols_too(geometry: Geometry) -> None:
    (attempt,) = planned("random", geometry, ID)
    sources, repairs = random_losses(geometry)
    blocks = {geometry.block_of(number) for number in attempt.dropped}
    assert len(attempt.dropped) == sources >= 1
    if len(blocks) == geometry.blocks:
        assert fed_repairs(attempt) == geometry.repair_symbols - repairs


def test_at_ten_percent_a_twentieth_of_all_symbols_is_lost() -> None:
    assert random_losses(Geometry(1_000 * 64, 64, "0.1")) == (50, 6)


@pytest.mark.parametrize("kind", KINDS)
def test_limit_attempts_and_other_objects_lose_other_symbols(kind: DrillKind) -> None:
    geometry = Geometry(1_000 * 64, 64, "0.1")
    attempts = list(planned(kind, geometry, ID))
    others = list(planned(kind, geometry, ID[::-1]))
    assert len({attempt.dropped for attempt in attempts}) == len(attempts)
    assert kind == "burst" or attempts[0] != others[0]


GEOMETRY = Geometry(2_000 * 64, 64, "0.1")


def altered(
    kind: DrillKind, dropped: tuple[int, ...] | None = None, repairs: tuple[EsiRun, ...] | None = None
) -> Drill:
    attempt = next(planned(kind, GEOMETRY, ID))
    fed = Fed(sources=attempt.fed.sources, repairs=attempt.fed.repairs if repairs is None else repairs)
    return drill(kind, Attempt(dropped=attempt.dropped if dropped is None else dropped, fed=fed))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (altered("random", dropped=(3,)), "fewer than 100 source"),
        (altered("random", repairs=((0, 1000, 1102), (1, 1000, 1102))), "fewer than 100 source"),
        (altered("random", dropped=(5, 4, *range(6, 200))), "ascending"),
        (altered("random", dropped=tuple(range(1_900, 2_001))), "ascending"),
        (altered("burst", dropped=tuple(range(0, 400, 2))), "in a row"),
        (altered("burst", dropped=tuple(range(20))), "in a row"),
        (altered("burst", repairs=((0, 999, 1000),)), "repair symbols"),
        (altered("burst", repairs=((0, 1000, 1103),)), "repair symbols"),
        (altered("burst", repairs=((0, 1000, 1002), (0, 1002, 1005))), "repair symbols"),
        (altered("burst", repairs=((2, 1000, 1002),)), "repair symbols"),
        (altered("limit", dropped=(0, 1)), "one block"),
        (altered("limit", dropped=(0,), repairs=((0, 1000, 1001),)), "fed 2 repair symbols for 1"),
        (altered("beyond_limit", dropped=(0, 2), repairs=((0, 1000, 1001),)), "fed 2 repair symbols for 2"),
    ],
)
def test_a_drill_that_is_none_is_recognized(bad: Drill, reason: str) -> None:
    assert reason in " ".join(shortcomings(bad, GEOMETRY))


def test_a_failed_attempt_that_was_none_is_recognized() -> None:
    good = next(planned("limit", GEOMETRY, ID))
    cheap = Attempt(dropped=(0,), fed=Fed(sources=999, repairs=()))
    assert list(shortcomings(drill("limit", good, failed=(cheap,)), GEOMETRY))
