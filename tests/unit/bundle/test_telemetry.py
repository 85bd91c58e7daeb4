"""Telemetry is live, keeps to its limits whatever it is given, and never fails the run."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bundle.telemetry import LimitedLines, Telemetry, cut, limited, steady_clock
from parity.documents.ids import TraceId
from parity.documents.telemetry import MAX_ATTRIBUTES, MAX_LINE_BYTES, MAX_TEXT_BYTES, Event, Metric, Span

TRACE = TraceId(b"t" * 16)


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[Telemetry]:
    made = Telemetry(tmp_path, TRACE, "run", clock=itertools.count(1).__next__)
    yield made
    for lines in (made.spans, made.events, made.metrics):
        lines.file.close()


def spans(place: Path) -> list[Span]:
    lines = (place / "spans.ndjson").read_bytes().splitlines()
    return [Span.from_json(line, "spans.ndjson") for line in lines]


def events(place: Path) -> list[Event]:
    lines = (place / "events.ndjson").read_bytes().splitlines()
    return [Event.from_json(line, "events.ndjson") for line in lines]


def metrics(place: Path) -> dict[str, Any]:
    lines = (place / "metrics.ndjson").read_bytes().splitlines()
    return {line.name: line.value for line in (Metric.from_json(line, "metrics.ndjson") for line in lines)}


def test_spans_are_nested_in_one_root(telemetry: Telemetry, tmp_path: Path) -> None:
    with telemetry.span("outer", {"cases": 3}) as outer:
        with telemetry.span("inner", {}):
            telemetry.event("tick", {})
        outer.attribute("exact", 2)
        telemetry.event("tock", {})
    telemetry.close()
    inner, outer_line, root = spans(tmp_path)
    assert [span.name for span in (inner, outer_line, root)] == ["inner", "outer", "run"]
    assert (inner.parent_span_id, outer_line.parent_span_id, root.parent_span_id) == (
        outer_line.span_id, root.span_id, None,
    )  # fmt: skip
    assert outer_line.attrs == {"cases": 3, "exact": 2}
    for child, parent in ((inner, outer_line), (outer_line, root)):
        assert int(parent.start_unix_nanos) < int(child.start_unix_nanos) < int(child.end_unix_nanos)
        assert int(child.end_unix_nanos) < int(parent.end_unix_nanos)
    assert [event.span_id for event in events(tmp_path)] == [inner.span_id, outer_line.span_id]
    assert {span.trace_id for span in spans(tmp_path)} == {TRACE}


def test_lines_are_on_disk_as_things_happen(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.event("started", {})
    telemetry.metric("planned", 3, "{case}")
    assert [event.name for event in events(tmp_path)] == ["started"]
    assert metrics(tmp_path) == {"planned": 3}
    with telemetry.span("plan", {}):
        assert spans(tmp_path) == []
    assert [span.name for span in spans(tmp_path)] == ["plan"]


def test_an_exception_leaves_its_class_in_the_span_and_not_its_words(telemetry: Telemetry, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3"), telemetry.span("outer", {}), telemetry.span("judge", {}):
        raise ValueError("the value was 3.0000000000000004")
    judge, outer = spans(tmp_path)
    assert (judge.status, judge.attrs) == (outer.status, outer.attrs) == ("error", {"error.type": "ValueError"})
    assert b"3.0" not in (tmp_path / "spans.ndjson").read_bytes()


def test_what_cannot_be_said_is_counted_and_not_raised(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.event("No Name", {})
    telemetry.metric("no.number", float("nan"), "1")
    telemetry.metric("no.unit", 1, "furlong")  # type: ignore[arg-type]
    telemetry.metric("too.big", 2**53, "1")
    with telemetry.span("No Name", {}), telemetry.span("child", {}):
        telemetry.event("inside", {})
    assert telemetry.dropped == 5
    telemetry.close(dropped=2)
    assert metrics(tmp_path) == {"telemetry.dropped": 7}
    child, root = spans(tmp_path)
    assert child.parent_span_id == root.span_id
    assert events(tmp_path)[0].span_id == child.span_id


def test_nothing_dropped_is_said_too(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.close()
    assert metrics(tmp_path) == {"telemetry.dropped": 0}


def test_a_full_file_takes_no_more_lines_and_keeps_the_room_that_was_promised(tmp_path: Path) -> None:
    lines = LimitedLines(tmp_path / "x.ndjson", max_lines=3)
    assert lines.keep()
    for number in range(4):
        lines.append(b"%d\n" % number)
    assert not lines.keep()
    lines.append(b"kept\n", kept=True)
    lines.file.close()
    assert (tmp_path / "x.ndjson").read_bytes() == b"0\n1\nkept\n"
    assert lines.dropped == 3


def test_a_file_is_bounded_in_bytes_too(tmp_path: Path) -> None:
    lines = LimitedLines(tmp_path / "x.ndjson", max_bytes=MAX_LINE_BYTES + 10)
    assert lines.keep()
    assert not lines.keep()
    for _ in range(3):
        lines.append(b"1234\n")
    lines.append(b"x" * MAX_LINE_BYTES, kept=True)
    lines.file.close()
    assert (tmp_path / "x.ndjson").stat().st_size == MAX_LINE_BYTES + 10
    assert lines.dropped == 2


def test_spans_beyond_the_limit_leave_a_tree(tmp_path: Path) -> None:
    telemetry = Telemetry(tmp_path, TRACE, "run", max_lines=5)
    for _ in range(3):
        with telemetry.span("outer", {}), telemetry.span("middle", {}), telemetry.span("inner", {}):
            telemetry.event("tick", {})
    telemetry.close()
    found = spans(tmp_path)
    known = {span.span_id for span in found}
    assert len(found) == len(known) == 5
    assert [span.name for span in found if span.parent_span_id is None] == ["run"]
    assert all(span.parent_span_id in known for span in found if span.parent_span_id is not None)
    assert all(event.span_id in known for event in events(tmp_path))
    assert metrics(tmp_path) == {"telemetry.dropped": 5}
    for lines in (telemetry.spans, telemetry.events, telemetry.metrics):
        lines.file.close()


@given(
    st.dictionaries(
        st.one_of(st.from_regex(r"[a-z][a-z0-9_.-]{0,70}", fullmatch=True), st.text(max_size=5), st.just("dropped")),
        st.one_of(
            st.none(),
            st.text(max_size=400),
            st.text("ä€😀", min_size=300, max_size=600),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.lists(st.integers(), max_size=2),
            st.binary(max_size=3),
            st.fractions(),
        ),
        max_size=50,
    )
)
def test_whatever_attributes_are_given_the_model_takes_what_is_kept(attrs: dict[str, Any]) -> None:
    kept = limited(attrs)
    line = Event(trace_id=TRACE, span_id=None, name="e", time_unix_nanos="1", attrs=kept).line()
    assert len(line) <= MAX_LINE_BYTES
    lost = len(attrs.keys() - kept.keys() - {"dropped"})
    if lost:
        assert kept["dropped"] >= lost
    assert len(kept) <= MAX_ATTRIBUTES


def test_attributes_within_the_limits_are_left_alone() -> None:
    attrs = {"a": "ä" * (MAX_TEXT_BYTES // 2), "b": 2**53 - 1, "c": -0.5, "d": True}
    assert limited(attrs) == attrs
    assert limited({f"k{n}": n for n in range(MAX_ATTRIBUTES)}) == {f"k{n}": n for n in range(MAX_ATTRIBUTES)}


def test_surplus_attributes_are_left_out_and_counted() -> None:
    kept = limited({f"k{number}": number for number in range(40)})
    assert kept == {f"k{number}": number for number in range(31)} | {"dropped": 9}
    assert limited({"a": [1], "b": float("inf"), "C": 1, "d": 4}) == {"d": 4, "dropped": 3}


def test_long_texts_are_cut_between_characters() -> None:
    assert cut("x" * MAX_TEXT_BYTES) == "x" * MAX_TEXT_BYTES
    shown = cut("€" * MAX_TEXT_BYTES)
    assert shown == "€" * ((MAX_TEXT_BYTES - 3) // 3) + "…"
    assert cut("a\ud800") == "a\\ud800"


def test_an_event_more_than_a_run_may_have_finds_room(tmp_path: Path) -> None:
    telemetry = Telemetry(tmp_path, TRACE, "run", max_lines=5)
    for _ in range(6):
        telemetry.event("tick", {})
    telemetry.close()
    assert len(events(tmp_path)) == 4
    assert metrics(tmp_path) == {"telemetry.dropped": 2}
    for lines in (telemetry.spans, telemetry.events, telemetry.metrics):
        lines.file.close()


def test_numbers_of_numpy_and_fractions_are_numbers() -> None:
    kept = limited(
        {"i": np.int64(3), "f": np.float32(0.5), "b": np.bool_(True), "q": Fraction(1, 4), "no": Fraction(10**400)}
    )
    assert {name: type(value) for name, value in kept.items()} == {"i": int, "f": float, "q": float, "dropped": int}


def test_the_clock_is_the_time_of_day_and_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parity.bundle.telemetry.time.time_ns", lambda: 1_795_237_154_292_950_455)
    clock = steady_clock()
    monkeypatch.setattr("parity.bundle.telemetry.time.time_ns", lambda: 0)
    times = [clock() for _ in range(100)]
    assert times == sorted(times)
    assert 0 <= times[0] - 1_795_237_154_292_950_455 < 10**10


def test_a_span_line_is_json_with_times_as_text(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.close()
    line = orjson.loads((tmp_path / "spans.ndjson").read_bytes())
    assert isinstance(line["start_unix_nanos"], str)
    assert line["trace_id"] == TRACE.text
