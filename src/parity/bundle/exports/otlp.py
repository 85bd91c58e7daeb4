"""Spans, events and metrics as OTLP/JSON (OpenTelemetry protocol 1.x, JSON Protobuf encoding).

Ids are hexadecimal and 64-bit integers are decimal text, as that encoding has it; enumerations are numbers. A file of
OTLP is a file of JSON lines with one kind of data (OTLP file exporter, "Telemetry data requirements"), so that spans
and metrics are two documents, each a line.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from parity.documents.run import RunDocument
from parity.documents.telemetry import Event, Metric, Span

_INTERNAL = 1  # SpanKind: neither a server nor a client
_STATUS = {"ok": 1, "error": 2}
_DROPPED = "dropped"  # the attribute in which a writer counts what it left out; OTLP has a field for it


def traces(run: RunDocument, spans: Iterable[Span], events: Iterable[Event]) -> dict[str, Any]:
    """TracesData: all spans, by their start, each with its events.

    An event that came after the run belongs to no span, and OTLP has no place for that: it goes to the root.
    """
    ordered = sorted(
        spans, key=lambda span: (int(span.start_unix_nanos), span.parent_span_id is not None, span.span_id)
    )
    root = next((span.span_id for span in ordered if span.parent_span_id is None), None)
    moments: dict[object, list[dict[str, Any]]] = {}
    for event in events:
        moments.setdefault(event.span_id or root, []).append(_event(event))
    scope = {"scope": _scope(run), "spans": [_span(span, moments.get(span.span_id, [])) for span in ordered]}
    return {"resourceSpans": [{"resource": _resource(run), "scopeSpans": [scope]}]}


def metrics(run: RunDocument, measured: Iterable[Metric]) -> dict[str, Any]:
    """MetricsData: a gauge for each name and unit, with a point for each line."""
    gauges: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for metric in measured:
        gauges.setdefault((metric.name, metric.unit), []).append(_point(metric))
    found = [
        {"name": name, "unit": unit, "gauge": {"dataPoints": points}} for (name, unit), points in sorted(gauges.items())
    ]
    scope = {"scope": _scope(run), "metrics": found}
    return {"resourceMetrics": [{"resource": _resource(run), "scopeMetrics": [scope]}]}


def _resource(run: RunDocument) -> dict[str, Any]:
    """Who sent it. `service.*` and `os.type` are names of OpenTelemetry, those of parity begin with its name."""
    about = {
        "os.type": run.program.platform.partition("-")[0].lower(),
        "parity.oracle.numpy": run.oracle.numpy or "pure",
        "parity.provider.name": run.provider.name,
        "parity.run_id": run.run_id.text,
        "parity.suite": run.manifest.run.planned,
        "service.instance.id": run.run_id.text,
        "service.name": "parity",
        "service.version": run.program.parity,
    }
    if run.provider.version is not None:
        about["parity.provider.version"] = run.provider.version
    return {"attributes": _attributes(about)}


def _scope(run: RunDocument) -> dict[str, Any]:
    return {"name": "parity", "version": run.program.parity}


def _span(span: Span, events: list[dict[str, Any]]) -> dict[str, Any]:
    parent = {} if span.parent_span_id is None else {"parentSpanId": span.parent_span_id.text}
    return {
        "traceId": span.trace_id.text,
        "spanId": span.span_id.text,
        **parent,
        "name": span.name,
        "kind": _INTERNAL,
        "startTimeUnixNano": span.start_unix_nanos,
        "endTimeUnixNano": span.end_unix_nanos,
        **_described(span.attrs),
        "events": events,
        "status": {"code": _STATUS[span.status]},
    }


def _event(event: Event) -> dict[str, Any]:
    return {"timeUnixNano": event.time_unix_nanos, "name": event.name, **_described(event.attrs)}


def _point(metric: Metric) -> dict[str, Any]:
    value = metric.value
    number = {"asInt": str(value)} if isinstance(value, int) else {"asDouble": value}
    return {"timeUnixNano": metric.time_unix_nanos, **number}


def _described(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes, and how many were left out when they were written."""
    dropped = attrs.get(_DROPPED)
    if isinstance(dropped, bool) or not isinstance(dropped, int) or not 0 < dropped < 1 << 32:
        return {"attributes": _attributes(attrs)}
    kept = {key: value for key, value in attrs.items() if key != _DROPPED}
    return {"attributes": _attributes(kept), "droppedAttributesCount": dropped}


def _attributes(attrs: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(attrs[key])} for key in sorted(attrs)]


def _value(value: Any) -> dict[str, Any]:
    """AnyValue. Booleans come first, for Python takes them for integers."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}
