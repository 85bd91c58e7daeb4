"""A row that contradicts itself is refused when it is built, with its name and what is wrong."""

from dataclasses import fields, replace
from typing import Any

import pytest

from parity.documents.model import canonical
from parity.errors import CatalogueError, ExitCode, UsageError
from parity.ops import catalogue
from parity.ops.catalogue import CATALOGUE, chosen_ops, parse_ops, row_of
from parity.ops.row import Identity, Interval, Operation, SpecialCase, Tolerance

ADD, EXP, SUM, DIVMOD = (CATALOGUE[name] for name in ("add", "exp", "sum", "divmod"))
LIMIT = Tolerance("ulp", 2, "a reason", "measured", "1.5 on a sample")

CONTRADICTIONS: list[tuple[str, Operation, dict[str, Any], str]] = [
    ("a name that is no identifier", ADD, {"name": "Add!"}, "no identifier"),
    ("no loop at all", EXP, {"loops": (), "tolerances": {}}, "no loop"),
    ("a loop twice", EXP, {"loops": ("d->d", "d->d"), "tolerances": {}}, "twice"),
    ("a loop without an arrow", EXP, {"loops": ("dd",), "tolerances": {}}, "has not 1 inputs"),
    ("a loop with too many inputs", EXP, {"loops": ("dd->d",), "tolerances": {}}, "has not 1 inputs"),
    ("a loop with too few results", DIVMOD, {"loops": ("dd->d",)}, "2 outputs"),
    ("an unknown element character", EXP, {"loops": ("g->g",), "tolerances": {}}, "unknown characters"),
    ("a method of a unary function", EXP, {"methods": ("outer",)}, "binary"),
    ("a method of a function with two results", DIVMOD, {"methods": ("outer",)}, "binary"),
    ("a method that NumPy has not", ADD, {"methods": ("reduce", "fold")}, "unknown methods"),
    ("reduce without loops for it", ADD, {"reduce_loops": (), "tolerances": {}}, "go together"),
    ("loops of reduce without reduce", ADD, {"methods": ("outer",)}, "go together"),
    ("a reduction without an axis", SUM, {"attributes": ("dtype",)}, "axis"),
    ("a domain too many", EXP, {"domains": (Interval(0, 1), Interval(0, 1))}, "2 domains for 1"),
    ("a tolerance for no loop", EXP, {"tolerances": {"b->b": LIMIT}}, "no loop"),
    ("a tolerance without its reason", EXP, {"tolerances": {"d->d": replace(LIMIT, reason=" ")}}, "reason"),
    ("a tolerance without a measurement", EXP, {"tolerances": {"d->d": replace(LIMIT, worst="")}}, "measured"),
    ("a number for a depth", SUM, {"tolerances": {"d->d": replace(LIMIT, rule="sum")}}, "does not fit"),
    ("a depth for a number", EXP, {"tolerances": {"d->d": replace(LIMIT, limit="pairwise")}}, "does not fit"),
    ("a tolerance that cannot fail", EXP, {"tolerances": {"d->d": replace(LIMIT, limit=1e6)}}, "everything"),
    ("a tolerance of nothing", EXP, {"tolerances": {"d->d": replace(LIMIT, limit=0)}}, "nothing"),
    ("a unary function that commutes", EXP, {"laws": ("commutative",)}, "commutes"),
    ("a special case of too few arguments", ADD, {"special_cases": (SpecialCase(("1.0",), "1.0", "?"),)}, "1 arg"),
    ("no kernel", EXP, {"kernel": ""}, "must be named"),
    ("no reference", EXP, {"reference": ""}, "must be named"),
    ("no truth", EXP, {"truth": ""}, "must be named"),
]


@pytest.mark.parametrize(
    ("row", "change", "words"), [entry[1:] for entry in CONTRADICTIONS], ids=[entry[0] for entry in CONTRADICTIONS]
)
def test_a_row_is_refused_for(row: Operation, change: dict[str, Any], words: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        replace(row, **change)
    assert words in refused.value.message
    assert refused.value.where == f"catalogue row {change.get('name', row.name)}"
    assert refused.value.exit_code == ExitCode.DEFECT


def test_every_row_can_be_built_again() -> None:
    assert all(replace(row) == row for row in CATALOGUE.values())


def test_a_name_comes_once() -> None:
    with pytest.raises(CatalogueError, match="twice"):
        catalogue._indexed((ADD, EXP, ADD))


CHANGES: dict[str, Any] = {
    "name": "plus",
    "kind": "gufunc",
    "nin": None,  # cannot change alone: the loops and the domains are of that arity
    "nout": None,
    "loops": (*EXP.loops, "b->b"),
    "identity": Identity(3),
    "reduce_loops": None,  # comes with the method; below
    "domains": (Interval(-1.0, 1.0),),
    "special_cases": EXP.special_cases[1:],
    "methods": None,
    "attributes": ("out",),
    "tolerances": {"d->d": LIMIT},
    "laws": (),
    "kernel": "other.exp",
    "reference": "other.exp",
    "truth": "other.exp",
}


def test_each_field_of_a_row_has_its_change_here() -> None:
    assert set(CHANGES) == {field.name for field in fields(Operation)}


@pytest.mark.parametrize(("name", "value"), [pair for pair in CHANGES.items() if pair[1] is not None])
def test_the_digest_covers(name: str, value: Any) -> None:
    assert canonical(replace(EXP, **{name: value}).plain()) != canonical(EXP.plain())


def test_the_digest_covers_arity_and_methods() -> None:
    multiply = CATALOGUE["multiply"]
    bare = replace(multiply, reduce_loops=(), methods=("outer",), tolerances={})
    assert canonical(bare.plain()) != canonical(replace(multiply, tolerances={}).plain())
    unary = replace(EXP, nin=2, loops=("dd->d",), domains=(), special_cases=(), tolerances={})
    assert unary.plain()["nin"] == 2
    assert replace(unary, nout=2, loops=("dd->dd",)).plain()["nout"] == 2


@pytest.mark.parametrize("field", ["rule", "limit", "reason", "provenance", "worst"])
def test_the_digest_covers_a_tolerances(field: str) -> None:
    others: dict[str, Any] = {
        "rule": "ulp_normwise", "limit": 3, "reason": "other", "provenance": "proved", "worst": "other",
    }  # fmt: skip
    one, two = (replace(EXP, tolerances={"d->d": row}) for row in (LIMIT, replace(LIMIT, **{field: others[field]})))
    assert canonical(one.plain()) != canonical(two.plain())


def test_identities_of_the_digest_differ() -> None:
    shown = [Identity(None).plain(), Identity(None, reorderable=True).plain(), Identity(0).plain()]
    assert shown == [None, "reorderable", 0]


def test_the_digest_is_of_all_rows() -> None:
    assert catalogue.digest() == catalogue.digest()
    assert len(catalogue.digest()) == 64


def test_a_methods_row_is_its_functions() -> None:
    assert row_of("add.reduce") is row_of("add") is ADD


def test_the_tolerance_of_a_method_is_of_its_own_loops() -> None:
    assert ADD.tolerance("dd->d") is None
    assert ADD.tolerance("d->d", "reduce") is not None
    assert ADD.tolerance("dd->d", "reduce") is None
    assert ADD.tolerance("d->d") is None


def test_chosen_operations_come_in_the_order_of_the_catalogue() -> None:
    assert parse_ops(" sum, add,add ,", "--ops") == ("add", "sum")


@pytest.mark.parametrize("text", ["", " , "])
def test_a_choice_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no operation"):
        parse_ops(text, "--ops")


def test_an_unknown_operation_is_refused_with_its_neighbours() -> None:
    with pytest.raises(UsageError) as refused:
        chosen_ops(["ad"], "--ops")
    assert refused.value.where == "--ops"
    assert refused.value.hint is not None
    assert "add" in refused.value.hint
