"""Workloads: names that stay, calls that the catalogue allows, tame operands, and what the sentinel set covers."""

from collections import defaultdict
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.calling import CODES, Arguments, Returned, array_of, outcome
from parity.cases.pools import pool_names
from parity.cases.workload_calls import call_of, operand_pool, reduced_pool
from parity.cases.workloads import MAX_BYTES, expand, nearly_square, pools_of, select, size_text
from parity.compare.judge import judge
from parity.documents.case import array_arguments
from parity.documents.elements import ELEMENTS
from parity.documents.manifest import DEFAULT_SEED
from parity.documents.verdict import GOOD
from parity.documents.workload import Workload, WorkloadSet
from parity.documents.workload_toml import parse_workloads, read_workloads
from parity.errors import DocumentError, ExitCode, InconclusiveError, UsageError
from parity.ops.catalogue import CATALOGUE, row_of
from parity.providers.spec import load_provider

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
LARGEST = 1 << 27
"""Bytes of the largest result of the sentinel set and more."""


def a_set(*families: str) -> WorkloadSet:
    head = 'schema = "parity.workloads/1"\nname = "x"\n[budget]\np50 = 0.02\nreason = "r"\n'
    return parse_workloads((head + "".join(f"[[family]]\n{family}\n" for family in families)).encode(), "x.toml")


def expanded(*families: str) -> tuple[Workload, ...]:
    return expand(a_set(*families), "x.toml")


def arrays(workloads: tuple[Workload, ...], seed: str = DEFAULT_SEED) -> dict[str, np.ndarray]:
    return {name: np.frombuffer(data, CODES[name[0]]) for name, data in pools_of(workloads, seed).items()}


def arguments(workload: Workload) -> Arguments:
    return Arguments(workload.case.call.plain(), arrays((workload,)))


SENTINEL = expand(read_workloads(BENCHMARKS / "sentinel.toml"), "sentinel.toml")
BY_NAME = {workload.name: workload for workload in SENTINEL}

ADD = 'ops = ["add"]\nloops = ["dd->d"]\n'
SUM = 'ops = ["sum"]\nloops = ["d->d"]\n'


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "names"),
    [
        (ADD + "sizes = [1, 999, 1_000, 30_000, 1_500_000]", ["1", "999", "1e3", "3e4", "1500000"]),
        (ADD + 'layouts = ["row"]\nsizes = [1_000_000]', ["row-1e6"]),
        (ADD + 'layouts = ["row", "column"]\nshapes = [[40, 50]]', ["row-40x50", "column-40x50"]),
        (ADD + "shapes = [[1000]]", ["1e3"]),
    ],
)
def test_a_name_is_operation_loop_layout_and_size(family: str, names: list[str]) -> None:
    found = [workload.name.removeprefix("add-dd-d-").removeprefix("contiguous-") for workload in expanded(family)]
    assert found == names


def test_the_name_of_a_reduction_says_the_axis() -> None:
    family = SUM + 'layouts = ["contiguous", "transposed"]\nshapes = [[4, 5, 6]]\naxes = ["none", 1, [0, 2]]'
    assert [workload.name for workload in expanded(family)] == [
        "sum-d-d-axisnone-4x5x6",
        "sum-d-d-axis1-4x5x6",
        "sum-d-d-axis0+2-4x5x6",
        "sum-d-d-transposed-axisnone-4x5x6",
        "sum-d-d-transposed-axis1-4x5x6",
        "sum-d-d-transposed-axis0+2-4x5x6",
    ]


def test_names_and_digests_of_a_family_do_not_depend_on_the_others() -> None:
    alone = expanded(ADD + "sizes = [7]")
    beside = expanded(SUM + "sizes = [7]", ADD + "sizes = [6, 7]")
    assert alone[0] == beside[-1]


def test_the_digest_depends_on_the_seed_and_the_name_does_not() -> None:
    document = a_set(ADD + "sizes = [7]")
    one, two = expand(document)[0], expand(document.model_copy(update={"seed": "7"}))[0]
    assert one.name == two.name
    assert one.digest != two.digest


@given(st.integers(1, 10**8), st.integers(1, 10**8))
def test_two_sizes_have_two_texts(one: int, two: int) -> None:
    assert (size_text(one) == size_text(two)) == (one == two)
    assert int(float(size_text(one))) == one


@given(st.integers(1, 10**6))
def test_the_factors_of_a_size_are_the_nearest_to_a_square(size: int) -> None:
    rows, columns = nearly_square(size)
    assert rows * columns == size
    assert not any(size % side == 0 for side in range(rows + 1, int(size**0.5) + 1))


# -- refusals -------------------------------------------------------------------------------------

# families → place, part of the message, part of what was expected or of the hint
REFUSALS: dict[str, tuple[tuple[str, ...], str, str, str | None]] = {
    "an unknown operation": (
        ('ops = ["add", "maxmum"]\nloops = ["dd->d"]\nsizes = [1]',),
        "family 1, field ops[1]",
        "unknown operation 'maxmum'",
        "did you mean maximum or ",
    ),
    "an unknown method": (
        ('ops = ["add.redcue"]\nloops = ["d->d"]\nsizes = [1]',),
        "family 1, field ops[0]",
        "unknown method 'add.redcue'",
        None,
    ),
    "a method that is not associative": (
        ('ops = ["subtract.reduce"]\nloops = ["d->d"]\nsizes = [1]',),
        "family 1, field ops[0]",
        "subtract.reduce cannot be timed",
        "any order",
    ),
    "a method without a name": (
        ('ops = ["add."]\nloops = ["d->d"]\nsizes = [1]',),
        "family 1, field ops[0]",
        "unknown method",
        None,
    ),
    "an unknown loop": (
        (ADD.replace("dd->d", "df->d") + "sizes = [1]",),
        "family 1, field loops[0]",
        "add has no loop 'df->d'",
        "did you mean",
    ),
    "a loop of the method": (
        (ADD.replace("dd->d", "d->d") + "sizes = [1]",),
        "family 1, field loops[0]",
        "add has no loop 'd->d'",
        None,
    ),
    "a row of one operand": (
        ('ops = ["exp"]\nloops = ["d->d"]\nlayouts = ["strided", "row"]\nsizes = [100]',),
        "family 1, field layouts[1]",
        "exp has no layout 'row'",
        "contiguous, strided, transposed, where",
    ),
    "a scalar of a reduction": (
        (SUM + 'layouts = ["scalar"]\nsizes = [100]',),
        "family 1, field layouts[0]",
        "sum has no layout 'scalar'",
        "contiguous, strided, transposed, where",
    ),
    "a mask without an identity": (
        ('ops = ["max"]\nloops = ["d->d"]\nlayouts = ["where"]\nsizes = [100]',),
        "family 1, field layouts[0]",
        "max has no layout 'where'",
        "one of contiguous, strided, transposed",
    ),
    "a mask of what takes none": (
        ('ops = ["cumsum"]\nloops = ["d->d"]\nlayouts = ["where"]\nsizes = [100]',),
        "family 1, field layouts[0]",
        "cumsum has no layout 'where'",
        None,
    ),
    "a row of a prime": (
        (ADD + 'layouts = ["row"]\nsizes = [100, 101]',),
        "family 1, field sizes[1]",
        "101 elements have no layout 'row'",
        "two axes",
    ),
    "a row of one axis": (
        (ADD + 'layouts = ["row"]\nshapes = [[100]]',),
        "family 1, field shapes[0]",
        "100 elements have no layout 'row'",
        "two axes",
    ),
    "a column of one column": (
        (ADD + 'layouts = ["column"]\nshapes = [[100, 1]]',),
        "family 1, field shapes[0]",
        "100x1 elements have no layout 'column'",
        None,
    ),
    "an axis of an elementwise operation": (
        (ADD + "sizes = [100]\naxes = [0]",),
        "family 1, field axes",
        "add takes no axis",
        None,
    ),
    "an axis too many": (
        (SUM + "shapes = [[4, 5]]\naxes = [0, 2]",),
        "family 1, field axes[1]",
        "axis 2 of an array of 2 axes",
        "0 to 1",
    ),
    "an axis too many in a tuple": (
        (SUM + "shapes = [[4, 5]]\naxes = [[0, 2]]",),
        "family 1, field axes[0]",
        "axis 2 of an array of 2 axes",
        None,
    ),
    "an axis twice": (
        (SUM + "shapes = [[4, 5]]\naxes = [[1, 1]]",),
        "family 1, field axes[0]",
        "an axis comes twice",
        None,
    ),
    "a list of one axis": (
        (SUM + "shapes = [[4, 5]]\naxes = [0, [0]]",),
        "family 1, field axes[1]",
        "the axis [0] is written 0",
        "one name",
    ),
    "axes out of order": (
        (SUM + "shapes = [[4, 5]]\naxes = [[0, 1], [1, 0]]",),
        "family 1, field axes[1]",
        "the axes [1, 0] are written [0, 1]",
        "one name",
    ),
    "two axes of a search": (
        ('ops = ["argmax"]\nloops = ["d->l"]\nshapes = [[4, 5]]\naxes = [[0, 1]]',),
        "family 1, field axes[0]",
        "argmax takes one axis",
        None,
    ),
    "no axis of accumulate": (
        ('ops = ["add.accumulate"]\nloops = ["d->d"]\nshapes = [[4, 5]]\naxes = ["none"]',),
        "family 1, field axes[0]",
        "add.accumulate needs an axis",
        None,
    ),
    "too much memory": (
        (ADD + "sizes = [10_000_000, 20_000_000]",),
        "family 1, field sizes[1]",
        "an operand of 160000000 bytes",
        str(MAX_BYTES),
    ),
    "too much memory with gaps": (
        (ADD + 'layouts = ["strided"]\nsizes = [10_000_000]',),
        "family 1, field sizes[0]",
        "an operand of 160000000 bytes",
        None,
    ),
    "too much memory in the result": (
        ('ops = ["cumsum"]\nloops = ["b->l"]\nsizes = [20_000_000]',),
        "family 1, field sizes[0]",
        "an operand of 160000000 bytes",
        None,
    ),
    "one workload twice": (
        (ADD + "sizes = [7]", SUM + "sizes = [7]", ADD + "sizes = [6, 7]"),
        "family 3",
        "add-dd-d-contiguous-7 is the same call as add-dd-d-contiguous-7",
        "family 1",
    ),
    "one call by two names": (
        (ADD + 'layouts = ["row"]\nsizes = [100]', ADD + 'layouts = ["row"]\nshapes = [[10, 10]]'),
        "family 2",
        "add-dd-d-row-10x10 is the same call as add-dd-d-row-100",
        "family 1",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_catalogue_does_not_have_is_refused_with_its_place(name: str) -> None:
    families, place, message, advice = REFUSALS[name]
    with pytest.raises(DocumentError) as refused:
        expanded(*families)
    error = refused.value
    assert error.exit_code == ExitCode.BAD_INPUT
    assert error.where == f"x.toml, {place}"
    assert message in error.message
    assert advice is None or advice in f"{error.expected} {error.hint}"


# -- calls ----------------------------------------------------------------------------------------


def the_one(family: str) -> Workload:
    (workload,) = expanded(family)
    return workload


def test_layouts_lie_in_memory_as_they_say() -> None:
    family = ADD + 'layouts = ["contiguous", "row", "column", "scalar", "strided", "transposed"]\nshapes = [[4, 6]]'
    found = {workload.layout: arguments(workload).args for workload in expanded(family)}
    assert all(first.shape == (4, 6) for first, _ in found.values())
    assert all(np.broadcast(*pair).shape == (4, 6) for pair in found.values())
    assert all(array.flags.c_contiguous for array in found["contiguous"])
    assert [found[layout][1].shape for layout in ("row", "column", "scalar")] == [(6,), (4, 1), ()]
    assert isinstance(found["scalar"][1], np.float64)
    assert [array.strides for array in found["strided"]] == [(96, 16), (96, 16)]
    first, second = found["transposed"]
    assert first.flags.f_contiguous
    assert second.flags.c_contiguous


def test_a_mask_holds_for_about_half_of_the_elements_and_comes_with_out() -> None:
    made = arguments(the_one(ADD + 'layouts = ["where"]\nsizes = [10_000]'))
    assert 0.4 < made.kwargs["where"].mean() < 0.6
    assert made.kwargs["out"].shape == (10_000,)


def test_a_mask_of_two_results_comes_with_two_outs() -> None:
    made = arguments(the_one('ops = ["divmod"]\nloops = ["ll->ll"]\nlayouts = ["where"]\nsizes = [100]'))
    assert len(made.kwargs["out"]) == 2


def test_a_mask_of_a_reduction_needs_no_out() -> None:
    made = arguments(the_one(SUM + 'layouts = ["where"]\nsizes = [100]'))
    assert list(made.kwargs) == ["where"]


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        (ADD + "sizes = [1000]", 3 * 8000),
        (ADD + 'layouts = ["strided"]\nsizes = [1000]', 3 * 8000),
        (ADD + 'layouts = ["row"]\nshapes = [[20, 50]]', 2 * 8000 + 400),
        (ADD + 'layouts = ["column"]\nshapes = [[20, 50]]', 2 * 8000 + 160),
        (ADD + 'layouts = ["scalar"]\nsizes = [1000]', 2 * 8000 + 8),
        (ADD + 'layouts = ["where"]\nsizes = [1000]', 3 * 8000 + 1000),
        ('ops = ["less"]\nloops = ["ff->?"]\nsizes = [1000]', 2 * 4000 + 1000),
        ('ops = ["divmod"]\nloops = ["ll->ll"]\nsizes = [1000]', 4 * 8000),
        (SUM + "shapes = [[20, 50]]", 8000 + 8),
        (SUM + "shapes = [[20, 50]]\naxes = [0]", 8000 + 400),
        (SUM + 'layouts = ["where"]\nshapes = [[20, 50]]\naxes = [1]', 8000 + 1000 + 160),
        ('ops = ["sum"]\nloops = ["b->l"]\nshapes = [[20, 50]]\naxes = [1]', 1000 + 160),
        ('ops = ["cumsum"]\nloops = ["d->d"]\nshapes = [[20, 50]]\naxes = [1]', 2 * 8000),
        ('ops = ["add.reduce"]\nloops = ["d->d"]\nshapes = [[20, 50]]', 8000 + 400),
        ('ops = ["argmax"]\nloops = ["F->l"]\nsizes = [1000]', 8000 + 8),
    ],
)
def test_bytes_count_each_element_of_memory_once(family: str, expected: int) -> None:
    assert the_one(family).bytes == expected


def loops_of(op: str) -> tuple[str, ...]:
    row = row_of(op)
    return row.reduce_loops if "." in op else row.loops


METHODS = [f"{row.name}.{method}" for row in CATALOGUE.values() if row.identity.reorderable and row.reduce_loops
           for method in ("reduce", "accumulate")]  # fmt: skip
KINDS: dict[bool, list[str]] = {False: [], True: METHODS}
for _row in CATALOGUE.values():
    KINDS[_row.kind != "ufunc"].append(_row.name)


@pytest.mark.parametrize("op", KINDS[False])
def test_numpy_takes_every_loop_and_layout_of_an_elementwise_operation_without_complaint(op: str) -> None:
    layouts = ["contiguous", "strided", "transposed", "where"]
    layouts += ["row", "column", "scalar"] if row_of(op).nin == 2 else []
    family = f"ops = ['{op}']\nloops = {[*loops_of(op)]}\nlayouts = {layouts}\nsizes = [1400]"
    found = expanded(family)
    assert len(found) == len(layouts) * len(loops_of(op))
    check_tame(found)


@pytest.mark.parametrize("op", KINDS[True])
def test_numpy_takes_every_loop_and_axis_of_a_reduction_without_complaint(op: str) -> None:
    one_axis = row_of(op).kind == "cumulative" or op in ("argmin", "argmax") or op.endswith(".accumulate")
    axes: list[Any] = ["none", 0, 2, [0, 2]]
    axes = axes[:3] if one_axis else axes
    axes = axes[1:] if op.endswith(".accumulate") else axes
    head = f"ops = ['{op}']\nloops = {[*loops_of(op)]}\nlayouts = ['contiguous', 'strided', 'transposed']\n"
    head += "shapes = [[5, 8, 7]]\n"
    found = expanded(head + f"axes = {axes}", head)
    assert len(found) == 3 * (len(axes) + 1) * len(loops_of(op))
    check_tame(found)


ONLY_ZERO_OR_NOT = ("any", "all", "logical_and.", "logical_or.")


def check_tame(workloads: tuple[Workload, ...]) -> None:
    """NumPy returns, without a flag or a warning, as much as `bytes` says, and nothing infinite or subnormal."""
    pools = arrays(workloads)
    for workload in workloads:
        answer = outcome(np, workload.case.call.plain(), pools, LARGEST)
        assert isinstance(answer, Returned), (workload.name, answer)
        assert (answer.flags, answer.warnings) == ((), ()), workload.name
        results = [array_of(value) for value in answer.values]
        chars = workload.loop.partition("->")[2]
        assert [result.dtype for result in results] == [np.dtype(CODES[char]) for char in chars], workload.name
        read = sum(
            prod(argument.shape) * ELEMENTS[argument.pool[0]].size
            for name, argument in array_arguments(workload.case.call).items()
            if not name.startswith("out")
        )
        assert workload.bytes == read + sum(result.nbytes for result in results), workload.name
        inputs = [np.asarray(item) for item in Arguments(workload.case.call.plain(), pools).args]
        for array in (*results, *(() if workload.op.startswith(ONLY_ZERO_OR_NOT) else inputs)):
            check_normal(array, workload.name)


def check_normal(array: np.ndarray, name: str) -> None:
    if array.dtype.kind not in "fc":
        return
    parts = array.ravel().view(array.real.dtype)
    assert np.isfinite(parts).all(), name
    assert not ((parts != 0) & (np.abs(parts) < np.finfo(parts.dtype).smallest_normal)).any(), name


DECIDING = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


@pytest.mark.parametrize(("op", "layout"), [*product(DECIDING, ["contiguous", "row", "column", "scalar"])])
def test_both_outcomes_of_a_comparison_come_often(op: str, layout: str) -> None:
    for workload in expanded(f"ops = ['{op}']\nloops = {[*loops_of(op)]}\nlayouts = ['{layout}']\nsizes = [10_000]"):
        first, second = arguments(workload).args
        if layout == "scalar" and (first.dtype.kind == "b" or first.dtype != second.dtype):
            continue  # no truth value, and no integer of the other signedness, has elements on both sides
        share = getattr(np, op)(first, second).mean()
        assert 0.1 < share < 0.9, (workload.name, share)


@pytest.mark.parametrize("layout", ["contiguous", "row", "column", "scalar"])
def test_either_side_is_often_the_maximum(layout: str) -> None:
    for workload in expanded(
        f"ops = ['maximum']\nloops = ['dd->d', 'ff->f', 'll->l']\nlayouts = ['{layout}']\nsizes = [10_000]"
    ):
        first, second = arguments(workload).args
        share = (first > second).mean()
        assert 0.2 < share < 0.8, (workload.name, share)


def test_no_second_operand_of_an_integer_division_is_zero() -> None:
    for op in ("floor_divide", "remainder", "fmod", "divmod"):
        for workload in expanded(f"ops = ['{op}']\nloops = ['bb->{'b' * row_of(op).nout}']\nsizes = [2000]"):
            assert arguments(workload).args[1].all()


def test_every_operand_is_of_a_pool_that_the_suites_could_have_too() -> None:
    known = set(pool_names())
    for row in CATALOGUE.values():
        for loop in row.loops:
            if row.kind == "ufunc":
                names = [operand_pool(row, char, position) for position, char in enumerate(loop.partition("->")[0])]
            else:
                names = [reduced_pool(row, loop)]
            assert all(name in known or ".within." in name for name in names)


def test_a_case_has_the_same_name_as_the_same_call_would_have_in_a_suite() -> None:
    draft = call_of("add", "dd->d", "contiguous", (7,), None, DEFAULT_SEED)
    case = the_one(ADD + "sizes = [7]").case
    assert (case.call.op, case.call.args, case.loop) == (draft.op, draft.args, draft.loop)
    assert case.case_id.startswith("add-dd-d-")


# -- the choice -----------------------------------------------------------------------------------

FOUR = expanded(
    ADD + "sizes = [6, 7]",
    'ops = ["add.reduce"]\nloops = ["d->d"]\nsizes = [7]\nproviders = ["numba", "jax"]',
    SUM + "sizes = [7]",
)
NAMES = [workload.name for workload in FOUR]


@pytest.mark.parametrize(
    ("how", "chosen"),
    [
        ({}, [0, 1, 2, 3]),
        ({"ops": ("add",)}, [0, 1, 2]),
        ({"ops": ("sum", "add")}, [0, 1, 2, 3]),
        ({"only": ("sum-d-d-contiguous-7", "add-dd-d-contiguous-6")}, [0, 3]),
        ({"only": ("*-7",)}, [1, 2, 3]),
        ({"only": ("add-*-[67]",), "ops": ("add",)}, [0, 1]),
        ({"provider_spec": "numba"}, [0, 1, 2, 3]),
        ({"provider_spec": "torch"}, [0, 1, 3]),
        ({"dtypes": ("d",)}, [0, 1, 2, 3]),
        ({"dtypes": ("d", "f"), "ops": ("sum",)}, [3]),
    ],
)
def test_workloads_are_chosen_by_operation_name_and_provider(how: dict[str, Any], chosen: list[int]) -> None:
    assert [workload.name for workload in select(FOUR, **how)] == [NAMES[number] for number in chosen]


def test_a_name_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no workload is called 'add-dd-d-contigous-6'") as refused:
        select(FOUR, only=("add-dd-d-contigous-6",))
    assert refused.value.where == "--only"
    assert refused.value.hint is not None
    assert "add-dd-d-contiguous-6" in refused.value.hint
    with pytest.raises(UsageError, match=r"no workload is called 'mul\*'"):
        select(FOUR, only=("mul*",))


@pytest.mark.parametrize(
    "how",
    [
        {"ops": ("multiply",)},
        {"ops": ("sum",), "only": ("add-*",)},
        {"ops": ("add",), "only": ("sum-*",)},
        {"dtypes": ("f",)},
    ],
)
def test_a_choice_of_nothing_is_inconclusive(how: dict[str, Any]) -> None:
    with pytest.raises(InconclusiveError):
        select(FOUR, **how)


def test_only_the_pools_that_are_read_are_built() -> None:
    assert list(pools_of(FOUR[:2], "7")) == ["d.tame"]
    assert pools_of(FOUR[:2], "7") != pools_of(FOUR[:2], "8")


# -- the sets that come with parity ---------------------------------------------------------------


def test_the_sentinel_set_has_110_to_130_workloads() -> None:
    assert 110 <= len(SENTINEL) <= 130


def test_the_sentinel_set_has_every_operation_in_every_layout() -> None:
    layouts = defaultdict(set)
    for workload in SENTINEL:
        layouts[workload.op].add(workload.layout)
    for op in ("add", "multiply", "divide", "maximum", "power"):
        assert layouts[op] >= {"contiguous", "row", "column", "scalar", "strided"}, op
    for op in ("exp", "sin"):
        assert layouts[op] >= {"contiguous", "strided"}, op
    for op in ("sum", "mean", "max", "argmax", "cumsum", "var"):
        assert layouts[op] >= {"contiguous", "axis0", "axis1"}, op
    assert sum(workload.layout == "where" for workload in SENTINEL) >= 3
    assert len({workload.op for workload in SENTINEL} & set(DECIDING)) >= 3


def test_the_sentinel_set_has_the_sizes_of_every_cache_and_the_usual_types() -> None:
    sizes, chars, large = defaultdict(set), set(), 0
    for workload in SENTINEL:
        elements = max(prod(shape) for shape in workload.shapes)
        sizes[workload.op].add(elements)
        chars.add(workload.loop[0])
        large += elements == 10_000_000
    for op in ("add", "multiply", "divide", "maximum", "power", "exp", "sin", "less"):
        assert sizes[op] >= {1, 1_000, 30_000, 1_000_000}, op
    for op in ("sum", "mean", "max", "argmax", "cumsum", "var"):
        assert sizes[op] >= {1, 1_000, 90_000, 1_000_000}, op
    assert chars >= set("?bilefdD")
    assert 5 <= large <= 8


def test_the_smoke_set_is_small() -> None:
    found = expand(read_workloads(BENCHMARKS / "smoke.toml"), "smoke.toml")
    assert 4 <= len(found) <= 8
    assert max(prod(shape) for workload in found for shape in workload.shapes) <= 100_000
    assert {"add", "multiply"} <= {workload.op for workload in found}
    check_tame(found)


def test_no_workload_of_the_sentinel_set_meets_a_slow_path() -> None:
    check_tame(tuple(workload for workload in SENTINEL if workload.bytes < 2_000_000))


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["numpy", "numba"])
def test_every_workload_that_comes_with_parity_is_conformant(provider: str) -> None:
    namespace, pools = load_provider(provider).namespace, arrays(SENTINEL)
    for workload in SENTINEL:
        call = workload.case.call.plain()
        expected, actual = (outcome(side, call, pools, LARGEST) for side in (np, namespace))
        verdict = judge(workload.case, expected, actual, pools)
        assert verdict.verdict in GOOD, (workload.name, verdict)


def test_a_budget_by_name_takes_the_place_of_the_familys_and_the_last_one_holds() -> None:
    document = WorkloadSet.model_validate(
        {
            "schema": "parity.workloads/1",
            "name": "x",
            "budget": {"p50": 0.02, "p99": 0.5, "reason": "all"},
            "budgets": (
                {"names": ("*-1e3",), "p50": 0.1, "reason": "some"},
                {"names": ("add-dd-d-contiguous-1e3",), "p50": 0.2, "p99": 0.3, "reason": "one"},
            ),
            "family": ({"ops": ("add", "multiply"), "loops": ("dd->d",), "sizes": (1, 1_000)},),
        }
    )
    budgets = {w.name: (w.budget.p50, w.budget.p99, w.budget.reason) for w in expand(document)}
    assert budgets == {
        "add-dd-d-contiguous-1": (0.02, 0.5, "all"),
        "add-dd-d-contiguous-1e3": (0.2, 0.3, "one"),
        "multiply-dd-d-contiguous-1": (0.02, 0.5, "all"),
        "multiply-dd-d-contiguous-1e3": (0.1, None, "some"),
    }


def test_a_budget_for_a_workload_that_is_not_there_is_refused() -> None:
    document = WorkloadSet.model_validate(
        {
            "schema": "parity.workloads/1",
            "name": "x",
            "budget": {"p50": 0.02, "reason": "all"},
            "budgets": ({"names": ("add-dd-d-contiguous-2",), "p50": 0.1, "reason": "one"},),
            "family": ({"ops": ("add",), "loops": ("dd->d",), "sizes": (1,)},),
        }
    )
    with pytest.raises(DocumentError) as caught:
        expand(document, "x.toml")
    assert "budgets[0].names[0]" in str(caught.value.where)
    assert "add-dd-d-contiguous-1" in str(caught.value.hint)
