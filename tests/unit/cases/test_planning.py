"""Plans: complete, nested, of the size that was asked for, and the same cases whatever else is selected."""

import re

import pytest

from parity.cases import planning, suites
from parity.cases.planning import Planned, check_complete, plan
from parity.cases.subject import Draft, array
from parity.documents.case import ArrayArgument, Case, Plan, array_arguments, plan_digest
from parity.documents.model import sha256
from parity.errors import CatalogueError, InconclusiveError
from parity.ops.catalogue import CATALOGUE


@pytest.fixture(scope="module")
def core() -> Planned:
    return plan("core")


@pytest.fixture(scope="module")
def smoke() -> Planned:
    return plan("smoke")


def names(planned: Planned) -> set[str]:
    return {case.case_id for case in planned.plan.cases}


def test_core_has_21000_to_26000_cases(core: Planned) -> None:
    assert 21_000 <= len(core.plan.cases) <= 26_000


def test_smoke_has_1500_to_2500_cases(smoke: Planned) -> None:
    assert 1_500 <= len(smoke.plan.cases) <= 2_500


def test_every_case_has_a_name_of_its_own(core: Planned) -> None:
    assert len(names(core)) == len(core.plan.cases)
    assert all(re.fullmatch(r"[a-z0-9_.]+-[A-Za-z]+-[A-Za-z]+-[0-9a-f]{12}", name) for name in names(core))


def test_smoke_is_part_of_core(core: Planned, smoke: Planned) -> None:
    assert names(smoke) < names(core)


def test_core_is_part_of_full(core: Planned) -> None:
    ops = ("fabs", "copysign", "argmax")
    full = plan("full", ops=ops)
    assert {case.case_id for case in core.plan.cases if case.call.op.partition(".")[0] in ops} < names(full)


def test_planning_twice_gives_the_same_plan(smoke: Planned) -> None:
    planning.pool_digest.cache_clear()
    assert plan("smoke") == smoke


def test_another_seed_gives_other_bits_to_the_same_calls(smoke: Planned) -> None:
    other = plan("smoke", seed="1")
    assert not names(other) & {case.case_id for case in smoke.plan.cases if _reads_random_pools(case)}
    assert [case.call for case in other.plan.cases] == [case.call for case in smoke.plan.cases]


def _reads_random_pools(case: Case) -> bool:
    fixed = ("left", "right", "left_one_zero", "right_one_zero", "right_counts", "right_exponents")
    pools = [argument.pool for argument in array_arguments(case.call).values()]
    return any(pool.partition(".")[2] not in fixed for pool in pools)


def test_a_selection_of_operations_leaves_the_others_alone(core: Planned) -> None:
    chosen = plan("core", ops=("sum", "add"))
    expected = [case for case in core.plan.cases if case.call.op.partition(".")[0] in ("add", "sum")]
    assert list(chosen.plan.cases) == expected


def test_a_selection_of_types_keeps_the_loops_with_such_an_operand(core: Planned) -> None:
    chosen = plan("core", dtypes=("f", "D"))
    expected = [case for case in core.plan.cases if set(case.loop.partition("->")[0]) & set("fD")]
    assert list(chosen.plan.cases) == expected
    assert set(chosen.pools) <= set(core.pools)


def test_a_selection_without_a_loop_is_inconclusive() -> None:
    with pytest.raises(InconclusiveError):
        plan("core", ops=("bitwise_and",), dtypes=("d",))


def test_cases_come_in_the_order_of_the_catalogue(core: Planned) -> None:
    order = list(CATALOGUE)
    places = [order.index(case.call.op.partition(".")[0]) for case in core.plan.cases]
    assert places == sorted(places)


def test_the_plan_lists_the_pools_that_its_cases_read_and_no_others(smoke: Planned) -> None:
    read = {argument.pool for case in smoke.plan.cases for argument in array_arguments(case.call).values()}
    assert read == set(smoke.pools) == {pool.name for pool in smoke.plan.pools}
    assert all(pool.sha256 == sha256(smoke.pools[pool.name]) for pool in smoke.plan.pools)
    assert smoke.plan.digest == plan_digest(smoke.plan.cases)


def test_a_plan_survives_json(smoke: Planned) -> None:
    assert Plan.from_json(smoke.plan.model_dump_json(by_alias=True), "test") == smoke.plan


def test_every_loop_of_every_row_has_cases_in_core(core: Planned) -> None:
    seen = {(case.call.op.partition(".")[0], case.loop) for case in core.plan.cases}
    assert {(row.name, loop) for row in CATALOGUE.values() for loop in row.loops} <= seen


def test_a_suite_without_cases_for_a_row_is_a_defect(core: Planned) -> None:
    without = tuple(case for case in core.plan.cases if case.call.op != "sqrt")
    with pytest.raises(CatalogueError, match="sqrt"):
        check_complete("core", tuple(CATALOGUE.values()), without)
    with pytest.raises(CatalogueError, match="no case for add dd->d"):
        check_complete("core", (CATALOGUE["add"],), tuple(case for case in core.plan.cases if case.loop != "dd->d"))


def test_two_equal_cases_are_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    row = CATALOGUE["add"]
    draft = Draft("contiguous", "add", "dd->d", (array("d.tame", 3), array("d.tame", 3)), {})
    monkeypatch.setattr(planning, "drafts", lambda _suite, _rows: iter([(row, draft), (row, draft)]))
    with pytest.raises(CatalogueError, match="one and the same"):
        plan("core", ops=("add",))


def layouts_by_row(planned: Planned, kinds: tuple[str, ...]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {row.name: set() for row in CATALOGUE.values() if row.kind in kinds}
    for case in planned.plan.cases:
        found.get(case.call.op.partition(".")[0], set()).add(case.layout)
    return found


@pytest.mark.parametrize(
    "alternatives",
    [
        "contiguous", "0-d", "scalar", "empty", "special-values special-pairs", "fortran", "transposed", "strided-2",
        "negative", "negative-rows", "unaligned", "swapped swapped-negative", "read-only", "zero-stride", "overlapping-windows",
        "out", "out-strided", "out-0-d out-empty", "out-larger", "where", "casting", "bad-out-shape", "bad-casting-out bad-casting-no",
    ],
)  # fmt: skip
def test_core_has_for_every_elementwise_row(core: Planned, alternatives: str) -> None:
    missing = [name for name, seen in layouts_by_row(core, ("ufunc",)).items() if not seen & set(alternatives.split())]
    assert not missing


@pytest.mark.parametrize(
    "layout",
    ["broadcast-scalar-right", "broadcast-scalar-left", "broadcast-row", "broadcast-column", "broadcast-both",
     "broadcast-5-d", "mixed-types", "bad-shapes"],
)  # fmt: skip
def test_core_has_for_every_binary_row(core: Planned, layout: str) -> None:
    binary = {row.name for row in CATALOGUE.values() if row.nin == 2}
    assert not [
        name for name, seen in layouts_by_row(core, ("ufunc",)).items() if name in binary and layout not in seen
    ]


@pytest.mark.parametrize(
    "layout",
    ["contiguous", "axis-0", "axis-last", "axis-none", "axis-middle-of-3", "fortran", "negative", "strided-2", "swapped",
     "unaligned", "empty", "0-d", "out", "bad-axis", "bad-axis-negative"],
)  # fmt: skip
def test_core_has_for_every_reduction(core: Planned, layout: str) -> None:
    assert not [name for name, seen in layouts_by_row(core, ("reduction", "cumulative")).items() if layout not in seen]


def test_core_has_every_length_from_1_to_130_and_1000(core: Planned) -> None:
    lengths = {
        first.shape[0]
        for case in core.plan.cases
        if case.layout == "contiguous" and CATALOGUE[case.call.op].kind == "ufunc"
        for first in case.call.args[:1]
        if isinstance(first, ArrayArgument)
    }
    assert {*range(1, 131), 1000} <= lengths


@pytest.mark.parametrize("suite", ["smoke", "core"])
def test_every_row_has_a_case_past_64_lanes(suite: str, request: pytest.FixtureRequest) -> None:
    planned: Planned = request.getfixturevalue(suite)
    seen = {
        case.call.op
        for case in planned.plan.cases
        for argument in case.call.args
        if isinstance(argument, ArrayArgument) and any(length > 64 for length in argument.shape)
    }
    assert set(CATALOGUE) <= seen


def test_smoke_has_negative_strides_masks_and_given_outputs_for_every_row(smoke: Planned) -> None:
    for name, seen in layouts_by_row(smoke, ("ufunc", "reduction", "cumulative")).items():
        assert any(layout.startswith("negative") for layout in seen), name
        assert any(layout.startswith("out") for layout in seen), name
        if "where" in CATALOGUE[name].attributes and CATALOGUE[name].kind == "ufunc":
            assert "where" in seen, name


@pytest.mark.parametrize("suite", ["smoke", "core"])
def test_a_ufunc_with_a_mask_always_has_an_output(suite: str, request: pytest.FixtureRequest) -> None:
    planned: Planned = request.getfixturevalue(suite)
    for case in planned.plan.cases:
        if (
            CATALOGUE[case.call.op.partition(".")[0]].kind == "ufunc"
            and "." not in case.call.op
            and "where" in case.call.kwargs
        ):
            assert "out" in case.call.kwargs, case.case_id


def test_an_alias_names_its_owners_pool(core: Planned) -> None:
    for case in core.plan.cases:
        arguments = array_arguments(case.call)
        for argument in arguments.values():
            assert argument.of is None or arguments[argument.of].pool == argument.pool, case.case_id


def test_a_case_is_a_short_line(core: Planned) -> None:
    assert sum(len(str(case.call.plain())) for case in core.plan.cases) / len(core.plan.cases) <= 140


def test_rows_with_few_loops_have_every_template() -> None:
    subjects = [subject for subject in suites.subjects() if subject.row.name == "signbit"]
    for place, share in enumerate(suites.ELEMENTWISE):
        if not share.core:
            continue
        everything = [draft for subject in subjects for draft in share.template(subject._replace(everything=True))]
        planned = [draft for subject in subjects for draft in suites.of_share("core", subject, share, place)]
        assert bool(planned) == bool(everything), share
