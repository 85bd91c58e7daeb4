"""Sets of workloads in TOML: each refusal names file, family and field, and nothing but a refusal comes of bad text."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.documents.workload import WorkloadSet
from parity.documents.workload_toml import MAX_BYTES, parse_workloads, read_workloads
from parity.errors import DocumentError, ExitCode

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
HEAD = 'schema = "parity.workloads/1"\nname = "x"\n'
BUDGET = '[budget]\np50 = 0.02\nreason = "measured"\n'
ADD = '[[family]]\nops = ["add"]\nloops = ["dd->d"]\nsizes = [1]\n'
GOOD = HEAD + BUDGET + ADD

# text → place, part of the message, part of what was expected or of the hint
REFUSALS: dict[str, tuple[str, str, str, str | None]] = {
    "empty": ("", "field schema", "the field 'schema' is missing", None),
    "not TOML": ("schema = ", "", "not TOML: Invalid value (at end of document)", "TOML 1.0"),
    "a key twice": (GOOD + "sizes = [2]", "", "not TOML: Cannot overwrite a value", None),
    "a long integer": (HEAD + "n = " + "9" * 5000, "", "not TOML: Exceeds the limit", None),
    "deep": (HEAD + "n = " + "[" * 100_000, "", "not TOML: nested too deeply", None),
    "not a schema": (
        GOOD.replace("workloads/1", "workloads/2"),
        "field schema",
        'schema is "parity.workloads/2"',
        "did you mean parity.workloads/1?",
    ),
    "no family": (HEAD + BUDGET, "field family", "the field 'family' is missing", None),
    "empty family": (HEAD + "family = []\n" + BUDGET, "field family", "the set has no family", "[[family]]"),
    "a family that is no table": (
        HEAD + "family = [3]\n" + BUDGET,
        "family 1",
        "family is 3",
        "a table",
    ),
    "no budget": (HEAD + ADD, "field budget", "the field 'budget' is missing", None),
    "a budget without a reason": (
        GOOD + "budget = { p50 = 0.1 }",
        "family 1, field budget.reason",
        "the field 'budget.reason' is missing",
        None,
    ),
    "an empty reason": (
        GOOD.replace('"measured"', '""'),
        "field budget.reason",
        'budget.reason is ""',
        "at least 1 character",
    ),
    "a budget of zero": (GOOD.replace("0.02", "0.0"), "field budget.p50", "budget.p50 is 0.0", "greater than 0"),
    "an infinite budget": (GOOD.replace("0.02", "inf"), "field budget.p50", "budget.p50 is", None),
    "a budget in words": (GOOD.replace("0.02", '"2 %"'), "field budget.p50", 'budget.p50 is "2 %"', "a number"),
    "a misspelled field": (
        GOOD.replace("sizes", "szies"),
        "family 1, field szies",
        "unknown field 'szies'",
        "did you mean sizes?",
    ),
    "an unknown field of the budget": (
        GOOD.replace("p50 = 0.02", "p50 = 0.02\np95 = 0.1"),
        "field budget.p95",
        "unknown field 'budget.p95'",
        "p50, p99, reason",
    ),
    "an unknown field at the top": (
        HEAD + "names = 1\n" + BUDGET + ADD,
        "field names",
        "'names'",
        "did you mean name?",
    ),
    "no loops": (GOOD.replace('["dd->d"]', "[]"), "family 1, field loops", "loops is []", "at least 1 item"),
    "a loop that is no list": (
        GOOD.replace('["dd->d"]', '"dd->d"'),
        "family 1, field loops",
        'loops is "dd->d"',
        "a list",
    ),
    "an unknown layout": (
        GOOD + 'layouts = ["contiguous", "rows"]',
        "family 1, field layouts[1]",
        'layouts[1] is "rows"',
        "did you mean row?",
    ),
    "a size of zero": (GOOD.replace("[1]", "[1, 0]"), "family 1, field sizes[1]", "sizes[1] is 0", "greater than 0"),
    "a size with a point": (
        GOOD.replace("[1]", "[1e6]"),
        "family 1, field sizes[0]",
        "sizes[0] is 1000000.0",
        "1_000_000",
    ),
    "sizes and shapes": (GOOD + "shapes = [[2, 3]]", "family 1", "either sizes or shapes", None),
    "neither": (GOOD.replace("sizes = [1]", ""), "family 1", "either sizes or shapes", None),
    "an empty shape": (
        GOOD.replace("sizes = [1]", "shapes = [[]]"),
        "family 1, field shapes[0]",
        "shapes[0] is []",
        "at least 1 item",
    ),
    "a negative axis": (GOOD + "axes = [0, -1]", "family 1, field axes[1]", "axes[1] is -1", '"none"'),
    "an axis in words": (GOOD + 'axes = ["last"]', "family 1, field axes[0]", 'axes[0] is "last"', '"none"'),
    "an axis of no axes": (GOOD + "axes = [[]]", "family 1, field axes[0]", "axes[0] is []", '"none"'),
    "the second of two families": (
        GOOD + ADD.replace("[1]", "[-1]"),
        "family 2, field sizes[0]",
        "sizes[0] is -1",
        None,
    ),
    "a date": (GOOD.replace('"x"', "2026-11-20"), "field name", "name is 2026-11-20", "a string"),
    "a name with a slash": (GOOD.replace('"x"', '"a/b"'), "field name", 'name is "a/b"', "pattern"),
    "a number as a seed": (HEAD + "seed = 7\n" + BUDGET + ADD, "field seed", "seed is 7", "a string"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_broken_set_is_refused_with_its_place(name: str) -> None:
    text, place, message, advice = REFUSALS[name]
    with pytest.raises(DocumentError) as refused:
        parse_workloads(text.encode(), "some.toml")
    error = refused.value
    assert error.exit_code == ExitCode.BAD_INPUT
    assert error.where == ", ".join(filter(None, ("some.toml", place)))
    assert message in error.message
    assert advice is None or advice in f"{error.expected} {error.hint}"


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ('["add"]', "[3]", ""),
        ("sizes = [1]", 'sizes = [1]\nlayouts = ["diag"]', ""),
        ("sizes = [1]", "shapes = [[0]]", ""),
        ("sizes = [1]", "sizes = [1]\naxes = [[-1]]", ""),
        ('["add"]\nloops = ["dd->d"]', "[3]\nloops = []", "1 more to mend)"),
    ],
)
def test_each_mistake_counts_once(old: str, new: str, more: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_workloads(GOOD.replace(old, new).encode(), "some.toml")
    assert refused.value.message.partition(" (and ")[2] == more


def test_the_text_of_a_refusal_is_short_whatever_was_written() -> None:
    with pytest.raises(DocumentError) as refused:
        parse_workloads(GOOD.replace('"x"', '"' + "x" * 9000 + '"').encode(), "some.toml")
    assert len(refused.value.message) < 200


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(DocumentError, match="byte 1 is not UTF-8"):
        parse_workloads(b"a\xff", "some.toml")


def test_a_large_file_is_refused_before_it_is_read_as_toml() -> None:
    with pytest.raises(DocumentError, match="larger than 256 kB"):
        parse_workloads(b"#" * (MAX_BYTES + 1), "some.toml")


@pytest.mark.parametrize("path", ["absent.toml", ".", "a\0b.toml"])
def test_a_file_that_cannot_be_read_is_refused_with_its_name(path: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as refused:
        read_workloads(tmp_path / path)
    assert refused.value.where == str(tmp_path / path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(DocumentError, match="is no file") as refused:
        read_workloads(tmp_path / "pipe.toml")
    assert refused.value.where == str(tmp_path / "pipe.toml")


def test_what_is_left_out_has_its_default() -> None:
    document = parse_workloads(GOOD.encode(), "some.toml")
    family = document.family[0]
    assert (family.layouts, family.axes, family.providers, family.budget) == (("contiguous",), (), (), None)
    assert document.budget.p99 is None
    assert document.seed.isdigit()


def test_axes_are_none_numbers_and_tuples() -> None:
    document = parse_workloads((GOOD + 'axes = ["none", 0, [0, 2]]').encode(), "some.toml")
    assert document.family[0].axes == ("none", 0, (0, 2))


@pytest.mark.parametrize("path", sorted(BENCHMARKS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_sets_that_come_with_parity_are_called_as_their_files_and_say_why_each_family_is_there(path: Path) -> None:
    document = read_workloads(path)
    assert document.name == path.stem
    assert document.description
    assert all(family.reason for family in document.family)


def test_there_are_sets_that_come_with_parity() -> None:
    assert {path.stem for path in BENCHMARKS.glob("*.toml")} >= {"sentinel", "smoke"}


def test_a_set_as_json_is_the_same_set() -> None:
    document = read_workloads(BENCHMARKS / "smoke.toml")
    assert WorkloadSet.model_validate_json(document.model_dump_json(by_alias=True)) == document


def outcome(data: bytes) -> WorkloadSet | DocumentError:
    try:
        return parse_workloads(data, "some.toml")
    except DocumentError as error:
        return error


def is_refusal(found: WorkloadSet | DocumentError) -> bool:
    return isinstance(found, DocumentError) and (found.where or "").startswith("some.toml")


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_set_or_are_refused(data: bytes) -> None:
    assert is_refusal(outcome(data))


VALUES = st.recursive(
    st.one_of(
        st.sampled_from(['"none"', '"add"', '""', "0", "-1", "1e6", "nan", "true", "1979-05-27", "07:32:00"]),
        st.integers(-(10**30), 10**30).map(str),
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | inner.map(lambda value: f"{{ p50 = {value} }}")
    ),
    max_leaves=5,
)


@given(
    field=st.sampled_from(["ops", "loops", "layouts", "sizes", "shapes", "axes", "providers", "budget", "reason", "x"]),
    value=VALUES,
)
@settings(max_examples=300, deadline=None)
def test_any_value_of_any_field_is_taken_or_refused(field: str, value: str) -> None:
    lines = [line for line in ADD.splitlines() if not line.startswith(f"{field} ")]
    found = outcome((HEAD + BUDGET + "\n".join([*lines, f"{field} = {value}"])).encode())
    assert isinstance(found, WorkloadSet) or is_refusal(found)
