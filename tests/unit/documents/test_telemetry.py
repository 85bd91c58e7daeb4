"""Telemetry lines: what the models let through, and what not."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from parity.documents.ids import SpanId, TraceId
from parity.documents.telemetry import (
    MAX_ATTRIBUTES,
    MAX_LINE_BYTES,
    MAX_TEXT_BYTES,
    Event,
    Metric,
    Span,
    TelemetryLine,
)
from parity.errors import DocumentError

TRACE, SPAN, PARENT = TraceId(b"t" * 16), SpanId(b"s" * 8), SpanId(b"p" * 8)


def span(**changes: Any) -> Span:
    fields: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "parent_span_id": PARENT,
        "name": "judge",
        "start_unix_nanos": "1795237154292950455",
        "end_unix_nanos": "1795237154292950456",
        "status": "ok",
        "attrs": {},
    }
    return Span(**fields | changes)


def event(**attrs: Any) -> Event:
    return Event(trace_id=TRACE, span_id=None, name="e", time_unix_nanos="1", attrs=attrs)


LINES: tuple[TelemetryLine, ...] = (
    span(attrs={"text": "ä", "whole": 1, "share": 1.0, "yes": True}),
    span(parent_span_id=None),
    event(cases=3),
    Metric(name="m", value=2**53 - 1, unit="By", time_unix_nanos="0"),
    Metric(name="m", value=1.0, unit="s", time_unix_nanos="0"),
)


@pytest.mark.parametrize("line", LINES, ids=lambda line: type(line).__name__)
def test_a_line_reads_back_as_itself_to_the_byte(line: TelemetryLine) -> None:
    data = line.line()
    again = type(line).from_json(data, "here")
    assert again == line
    assert again.line() == data
    assert data.endswith(b"}\n")
    assert data.count(b"\n") == 1


def test_numbers_and_booleans_keep_their_kind() -> None:
    attrs = Span.from_json(LINES[0].line(), "here").attrs
    assert {name: type(value) for name, value in attrs.items()} == {
        "text": str,
        "whole": int,
        "share": float,
        "yes": bool,
    }


def test_null_is_written_and_not_left_out() -> None:
    assert orjson.loads(span(parent_span_id=None).line())["parent_span_id"] is None
    assert orjson.loads(event().line())["span_id"] is None


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_.-]{0,63}", fullmatch=True),
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
            st.booleans(),
            st.integers(-(2**53) + 1, 2**53 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=MAX_ATTRIBUTES,
    )
)
def test_every_valid_attribute_survives(attrs: dict[str, Any]) -> None:
    again = Event.from_json(event(**attrs).line(), "here").attrs
    assert {key: (type(value), value) for key, value in again.items()} == {
        key: (type(value), value) for key, value in attrs.items()
    }


@pytest.mark.parametrize("name", ["", "A", "1a", ".a", "a b", "a/b", "ä", "a\n", "a" * 129])
def test_a_name_outside_the_pattern_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        span(name=name)


@pytest.mark.parametrize(
    "attrs",
    [
        {"a" * 65: 1},
        {"A": 1},
        {"a": "x" * (MAX_TEXT_BYTES + 1)},
        {"a": "ä" * (MAX_TEXT_BYTES // 2 + 1)},
        {"a": "\ud800"},
        {"a": 2**53},
        {"a": -(2**53)},
        {"a": float("nan")},
        {"a": float("-inf")},
        {"a": None},
        {"a": []},
        {"a": {}},
        {"a": b"x"},
        {f"a{number}": 1 for number in range(MAX_ATTRIBUTES + 1)},
    ],
    ids=repr,
)
def test_an_attribute_outside_the_limits_is_refused(attrs: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        span(attrs=attrs)


@pytest.mark.parametrize(
    "changes",
    [
        {"end_unix_nanos": "1795237154292950454"},
        {"start_unix_nanos": "01"},
        {"start_unix_nanos": "-1"},
        {"start_unix_nanos": 1},
        {"start_unix_nanos": "1" * 20},
        {"parent_span_id": SPAN},
        {"span_id": "0" * 16},
        {"trace_id": "T" * 32},
        {"status": "unset"},
        {"kind": "internal"},
    ],
    ids=repr,
)
def test_a_span_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        span(**changes)


@pytest.mark.parametrize("value", [True, "1", None, float("inf"), 2**53])
def test_a_metric_is_a_number(value: Any) -> None:
    with pytest.raises(ValidationError):
        Metric(name="m", value=value, unit="1", time_unix_nanos="0")


def test_a_metric_has_a_unit_of_the_table() -> None:
    with pytest.raises(ValidationError):
        Metric(name="m", value=1, unit="furlong", time_unix_nanos="0")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "9007199254740992", "-9007199254740992"])
def test_what_json_can_smuggle_in_is_refused(text: str) -> None:
    line = f'{{"name":"m","value":{text},"unit":"1","time_unix_nanos":"0"}}'
    with pytest.raises(DocumentError, match="value") as refused:
        Metric.from_json(line, "metrics.ndjson, line 1")
    assert refused.value.where is not None
    assert refused.value.where.startswith("metrics.ndjson, line 1")


def test_no_valid_line_is_longer_than_the_room_kept_for_it() -> None:
    worst = {f"k{number:02}".ljust(64, "x"): "\0" * MAX_TEXT_BYTES for number in range(MAX_ATTRIBUTES)}
    assert len(span(name="n" * 128, attrs=worst).line()) <= MAX_LINE_BYTES
