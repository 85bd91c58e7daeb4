"""manifest.toml is written so that it reads back as itself, and errors say where."""

import contextlib
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bundle import manifest_toml
from parity.documents.ids import RunId
from parity.documents.run_toml import BudgetHeld, BudgetsHeld, GateHeld, GatesHeld, Residual, RunToml
from parity.errors import DocumentError, ExitCode

RUN = RunId.parse("01a1fc790df37147a11baffa6f8f4e3a")
SMALL = RunToml(flow_name="run", run_id=RUN, dtypes=("f8",), invariants_present=False, redact_artifacts=False)
FULL = RunToml(
    flow_name="bench",
    run_id=RUN,
    dtypes=("f4", "f8"),
    invariants_present=True,
    redact_artifacts=True,
    invariants=("totals add up",),
    shapes=((), (3,), (2, 3)),
    frame_type="lab",
    lens_name="none",
    versions={"python": "3.11.7", "numpy": "2.4.6", "a.b c": 'quotes " and \\'},
    gates=GatesHeld(
        max_ulp={"exp": GateHeld(limit=2.0, measured=1.5, status="pass"), "add": GateHeld(limit=0.0, status="not_evaluated")},
        p99_regression=GateHeld(limit=0.07, measured=0.5, status="failed"),
    ),
    budgets=BudgetsHeld(
        seconds=BudgetHeld(limit=600, used=10.25, held=True), memory_mib=BudgetHeld(limit=4096, held=True)
    ),
    seeds={"plan": "18446744073709551615"},
    residual=Residual(norm_type="max", units="ulp", worst=1.5),
    unit_normalization_table={"mm": "m"},
    extra={"text": "ä\n\t\x00\u2028", "whole": 2, "share": 2.0, "yes": True},
)  # fmt: skip


@pytest.mark.parametrize("head", [SMALL, FULL], ids=["small", "full"])
def test_the_file_reads_back_as_what_was_written(head: RunToml) -> None:
    data = manifest_toml.text(head)
    assert manifest_toml.read(data, "manifest.toml") == head
    assert manifest_toml.text(manifest_toml.read(data, "manifest.toml")) == data


def test_the_small_file_holds_what_is_required_and_no_more() -> None:
    assert manifest_toml.text(SMALL).decode() == (
        'schema_version = "parity.run_manifest/1"\nflow_name = "run"\nrun_id = "01a1fc790df37147a11baffa6f8f4e3a"\n'
        'dtypes = [\n    "f8",\n]\ninvariants_present = false\nredact_artifacts = false\n'
    )


def test_no_dtype_at_all_is_said_and_not_left_out() -> None:
    nothing = SMALL.model_copy(update={"dtypes": ()})
    assert tomllib.loads(manifest_toml.text(nothing).decode())["dtypes"] == []


def test_numbers_keep_their_kind_and_limits_are_floats() -> None:
    value = tomllib.loads(manifest_toml.text(FULL).decode())
    assert {name: type(item) for name, item in value["extra"].items()} == {
        "share": float, "text": str, "whole": int, "yes": bool,
    }  # fmt: skip
    assert value["gates"]["max_ulp"]["exp"] == {"limit": 2.0, "measured": 1.5, "status": "pass"}
    assert value["shapes"] == [[], [3], [2, 3]]


def test_the_order_in_which_tables_were_filled_does_not_show() -> None:
    turned = FULL.model_copy(update={"versions": dict(reversed(FULL.versions.items()))})
    assert manifest_toml.text(turned) == manifest_toml.text(FULL)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
            st.booleans(),
            st.integers(-(2**53) + 1, 2**53 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=8,
    )
)
def test_whatever_is_put_into_extra_comes_back(extra: dict[str, Any]) -> None:
    head = RunToml(**dict(SMALL) | {"extra": extra})
    again = manifest_toml.read(manifest_toml.text(head), "manifest.toml")
    assert {name: (type(value), value) for name, value in again.extra.items()} == {
        name: (type(value), value) for name, value in extra.items()
    }


def broken(old: str, new: str) -> bytes:
    text = manifest_toml.text(FULL).decode()
    assert text.count(old) == 1, text
    return text.replace(old, new).encode()


def line_of(text: str) -> int:
    lines = manifest_toml.text(FULL).decode().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('flow_name = "bench"', "flow_name = 3", "flow_name", "flow_name"),
        ('flow_name = "bench"', 'flow = "bench"', "flow_name", "flow"),
        ('run_id = "01a1', 'run_id = "01A1', "run_id", "run_id"),
        ("redact_artifacts = true", "redact_artifacts = 1", "redact_artifacts", "redact_artifacts"),
        ("worst = 1.5", "worst = nan", "worst", "residual.worst"),
        ("worst = 1.5", "worst = inf", "worst", "residual.worst"),
        ("worst = 1.5", "worst = 1.5\nwho = 1", "worst", "residual.who"),
        ("[gates.max_ulp.exp]\nlimit = 2.0", "[gates.max_ulp.exp]\nlimit = -2.0", "[gates.max_ulp.exp]", "gates.max_ulp.exp.limit"),
        ('"a.b c" = ', '"a.b c" = 1 # ', '"a.b c"', "versions.a.b c"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_line(old: str, new: str, line: str, field: str) -> None:
    with pytest.raises(DocumentError) as refused:
        manifest_toml.read(broken(old, new), "b/manifest.toml")
    number = line_of(line) + ("who" in new or line.startswith("[gates"))
    assert refused.value.where == f"b/manifest.toml, line {number}, field {field}"
    assert refused.value.expected
    assert refused.value.exit_code == ExitCode.BAD_INPUT


def test_a_missing_field_is_named() -> None:
    with pytest.raises(DocumentError, match="flow_name: Field required"):
        manifest_toml.read(b'schema_version = "parity.run_manifest/1"\n', "m")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"a = 1\nb = \n", "m, line 2"),
        (b"a = 1\na = 2\n", "m, line 2"),
        (b"\n\na = 'x", "m, line 3"),
        (b"a = 1\n\xff = 2\n", "m, line 2"),
        (b"a = 2026-11-21\n", "m"),
        (b"a = 12:00:00\n", "m"),
        (b"a = " + b"[" * 100_000, "m"),
        (b"a = " + b"9" * 10_000, "m"),
        (b"a." * 60_000 + b"b = 1", "m, line 1"),
        (b"\n[" + b"a . " * 60_000 + b"b]", "m, line 2"),
        (b"x = {" + b"'a'." * 60_000 + b"b = 1}", "m, line 1"),
        (b'x = ["""a"b""", {' + b"a." * 60_000 + b'b = 1}, ""]', "m, line 1"),
        (b" " * (manifest_toml.MAX_BYTES + 1), "m"),
        (b"a = " + b"9" * 200_000, "m"),
        (b'a = "' + b'\\"' * 100_000, "m"),
        (b"'\"" * 100_000, "m"),
        (b"a-" * 100_000, "m"),
        (b"", "m, line 1"),
        (b"\x00", "m, line 1"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_what_is_no_manifest_is_bad_input_and_never_a_traceback(data: bytes, where: str) -> None:
    with pytest.raises(DocumentError) as refused:
        manifest_toml.read(data, "m")
    assert refused.value.where is not None
    assert refused.value.where.startswith(where)


@given(st.binary(max_size=200), st.integers(0, 10_000))
def test_no_damage_to_the_file_is_a_traceback(junk: bytes, at: int) -> None:
    data = manifest_toml.text(FULL)
    at %= len(data)
    with contextlib.suppress(DocumentError):
        manifest_toml.read(data[:at] + junk + data[at + len(junk) :], "m")
