"""Lines of spans.ndjson, events.ndjson, metrics.ndjson: what happened in a run, and when.

Names and ids are those of OpenTelemetry's data model and W3C Trace Context; times are Unix nanoseconds in decimal text,
because at 1.8e18 they lie beyond 2^53, where JavaScript rounds. The limits are part of the models, so that whoever
reads a line enforces them; what a writer does with more is written in `parity.bundle.telemetry`.
"""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from parity.documents.ids import SpanId, TraceId
from parity.documents.model import Document, canonical

SPAN_SCHEMA, EVENT_SCHEMA, METRIC_SCHEMA = "parity.span/1", "parity.event/1", "parity.metric/1"

MAX_ATTRIBUTES = 32
MAX_TEXT_BYTES = 1024
MAX_FILE_BYTES = 64 << 20
MAX_LINES = 200_000
MAX_LINE_BYTES = 256 << 10
"""No valid line is longer: 32 attributes with keys of 64 bytes and texts of 1024, each byte six as `\\u0000`."""

SAFE_INTEGER = 2**53
"""Integers of this size and beyond are refused: many readers of JSON round them."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,127}$")]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
Nanos = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,18})$")]
Unit = Literal[
    "1", "s", "ns", "By", "MiBy", "By/s", "Hz", "{case}", "{case}/s", "{line}", "{file}", "{symbol}", "{ulp}"
]
"""Units as UCUM writes them; what is counted stands in braces."""


def _scalar(value: Any) -> Any:
    """A text, integer or float within the limits. Raises ValueError."""
    if isinstance(value, str) and len(value.encode()) > MAX_TEXT_BYTES:
        raise ValueError(f"longer than {MAX_TEXT_BYTES} bytes")
    if isinstance(value, int) and abs(value) >= SAFE_INTEGER:
        raise ValueError("an integer of 2^53 or more")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no finite number")
    return value


Value = Annotated[str | bool | int | float, AfterValidator(_scalar)]
Number = Annotated[int | float, AfterValidator(_scalar)]
Attributes = Annotated[dict[Key, Value], Field(max_length=MAX_ATTRIBUTES)]


class TelemetryLine(Document):
    """A line, which holds every field, also null ones."""

    def line(self) -> bytes:
        """The line, with its newline."""
        return canonical(self.full()) + b"\n"


class Span(TelemetryLine):
    """parity.span/1: a stretch of time. The line is written when it ends, so children stand before their parent.

    parent_span_id: null for the one root of a run. status: `error` if an exception left the span; then the attribute
    `error.type` has its class (never its message, which may quote values).
    """

    trace_id: TraceId
    span_id: SpanId
    parent_span_id: SpanId | None
    name: Name
    start_unix_nanos: Nanos
    end_unix_nanos: Nanos
    status: Literal["ok", "error"]
    attrs: Attributes

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if int(self.end_unix_nanos) < int(self.start_unix_nanos):
            raise ValueError("the span ends before it starts")
        if self.parent_span_id == self.span_id:
            raise ValueError("the span is its own parent")
        return self


class Event(TelemetryLine):
    """parity.event/1: a moment. span_id: of the span that it happened in, null for what came after the run."""

    trace_id: TraceId
    span_id: SpanId | None
    name: Name
    time_unix_nanos: Nanos
    attrs: Attributes


class Metric(TelemetryLine):
    """parity.metric/1: a number that was measured, and its unit."""

    name: Name
    value: Number
    unit: Unit
    time_unix_nanos: Nanos
