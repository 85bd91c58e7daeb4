"""Spans, events and metrics of a run, on disk as they happen.

Telemetry never fails a run: what is over a limit is cut or left out, and counted. The count is the last metric,
`telemetry.dropped`. A span that was let in at its start keeps room for its line, so that no child outlives its parent.
"""

import contextlib
import math
import numbers
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from parity.documents.durable import Growing
from parity.documents.ids import SpanId, TraceId
from parity.documents.telemetry import (
    MAX_ATTRIBUTES,
    MAX_FILE_BYTES,
    MAX_LINE_BYTES,
    MAX_LINES,
    MAX_TEXT_BYTES,
    SAFE_INTEGER,
    Event,
    Metric,
    Span,
    Unit,
)

SPANS, EVENTS, METRICS = "spans.ndjson", "events.ndjson", "metrics.ndjson"
DROPPED = "dropped"
"""The attribute that says how many attributes were left out, and the end of the metric that says how many lines."""

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,127}")
_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,63}")


class LimitedLines:
    """A growing NDJSON file of at most `max_lines` and `max_bytes`; each line is written at once.

    dropped: lines that came when there was no more room.
    """

    def __init__(self, path: Path, max_lines: int = MAX_LINES, max_bytes: int = MAX_FILE_BYTES) -> None:
        self.file, self.dropped = Growing(path), 0
        self._max_lines, self._max_bytes = max_lines, max_bytes
        self._lines = self._kept = 0

    def keep(self) -> bool:
        """Keep room for one line, to be written by `append(..., kept=True)`; false if there is none."""
        if not self._fits(MAX_LINE_BYTES):
            self.dropped += 1
            return False
        self._kept += 1
        return True

    def append(self, line: bytes, *, kept: bool = False) -> None:
        """Write a line, or count it. kept: room was kept for it."""
        if kept:
            self._kept -= 1
        elif not self._fits(len(line)):
            self.dropped += 1
            return
        self.file.write(line)
        self._lines += 1

    def _fits(self, length: int) -> bool:
        room = self._max_bytes - self._kept * MAX_LINE_BYTES - self.file.size
        return self._lines + self._kept < self._max_lines and length <= room


@dataclass
class OpenSpan:
    """A span that has not ended. span_id: None if the span was not let in; then its children are its parent's."""

    name: str
    span_id: SpanId | None
    parent: SpanId | None
    start: int
    attrs: dict[str, Any] = field(default_factory=dict)
    status: Literal["ok", "error"] = "ok"
    end: int = 0

    def attribute(self, name: str, value: Any) -> None:
        """Set an attribute."""
        self.attrs[name] = value


class Telemetry:
    """The three files of a run. Spans are nested by one thread; the root is open from the start until `close`.

    clock: Unix nanoseconds that never go back. max_lines: of each file.
    """

    def __init__(
        self,
        place: Path,
        trace_id: TraceId,
        root: str,
        clock: Callable[[], int] | None = None,
        max_lines: int = MAX_LINES,
    ) -> None:
        self._trace_id = trace_id
        self.now = clock or steady_clock()
        self.spans, self.events, self.metrics = (
            LimitedLines(place / name, max_lines) for name in (SPANS, EVENTS, METRICS)
        )
        self.metrics.keep()  # for the last one, which counts what was dropped
        self.events.keep()  # for one that `parity.bundle.amendment` may add
        self._refused = 0
        self._stack: list[OpenSpan] = []
        self._root = self._open(root, {})

    @property
    def dropped(self) -> int:
        """Lines left out so far, for whatever reason."""
        return self._refused + sum(lines.dropped for lines in (self.spans, self.events, self.metrics))

    @property
    def _current(self) -> SpanId | None:
        return next((span.span_id for span in reversed(self._stack) if span.span_id is not None), None)

    @contextlib.contextmanager
    def span(self, name: str, attrs: Mapping[str, Any]) -> Iterator[OpenSpan]:
        """A span around a block."""
        opened = self._open(name, attrs)
        try:
            yield opened
        except BaseException as error:
            opened.status = "error"
            opened.attribute("error.type", type(error).__qualname__)
            raise
        finally:
            self._end(opened)

    def _open(self, name: str, attrs: Mapping[str, Any]) -> OpenSpan:
        named = _NAME.fullmatch(name) is not None
        self._refused += not named
        span_id = SpanId.new() if named and self.spans.keep() else None
        opened = OpenSpan(name, span_id, self._current, self.now(), dict(attrs))
        self._stack.append(opened)
        return opened

    def _end(self, opened: OpenSpan) -> None:
        ended = self._stack.pop()
        assert ended is opened, "a span ends after all that were opened in it"
        opened.end = self.now()
        if opened.span_id is not None:
            line = Span(
                trace_id=self._trace_id,
                span_id=opened.span_id,
                parent_span_id=opened.parent,
                name=opened.name,
                start_unix_nanos=str(opened.start),
                end_unix_nanos=str(opened.end),
                status=opened.status,
                attrs=limited(opened.attrs),
            )
            self.spans.append(line.line(), kept=True)

    def event(self, name: str, attrs: Mapping[str, Any]) -> None:
        """Something that happens now, in the innermost span."""
        try:
            line = Event(
                trace_id=self._trace_id,
                span_id=self._current,
                name=name,
                time_unix_nanos=str(self.now()),
                attrs=limited(attrs),
            )
        except ValidationError:
            self._refused += 1
        else:
            self.events.append(line.line())

    def metric(self, name: str, value: float, unit: Unit) -> None:
        """A number that was measured now."""
        line = self._metric(name, value, unit)
        if line is not None:
            self.metrics.append(line)

    def _metric(self, name: str, value: float, unit: Unit) -> bytes | None:
        try:
            number = _plain(value)
            return Metric(name=name, value=number, unit=unit, time_unix_nanos=str(self.now())).line()
        except ValidationError:
            self._refused += 1
            return None

    def close(self, dropped: int = 0) -> None:
        """End the root, and count what was dropped, here and elsewhere. The files are left to be closed by others."""
        self._end(self._root)
        last = self._metric(f"telemetry.{DROPPED}", self.dropped + dropped, "{line}")
        assert last is not None
        self.metrics.append(last, kept=True)


def steady_clock() -> Callable[[], int]:
    """Unix nanoseconds: the time of day once, and from then on a clock that is never set back."""
    offset = time.time_ns() - time.monotonic_ns()
    return lambda: time.monotonic_ns() + offset


def limited(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as the model allows them.

    Long texts are cut and end with an ellipsis. What has no valid key, is no scalar, is not finite, beyond 2^53 or
    surplus is left out; then `dropped` says how many.
    """
    kept = {}
    for key, value in attrs.items():
        plain = _plain(value)
        if plain is not None and _KEY.fullmatch(key):
            kept[key] = plain
    if len(kept) > MAX_ATTRIBUTES or len(kept) < len(attrs):
        kept.pop(DROPPED, None)
        kept = dict(list(kept.items())[: MAX_ATTRIBUTES - 1])
        kept[DROPPED] = len(attrs) - len(kept)
    return kept


def _plain(value: Any) -> Any:
    """A value as text, bool, int or float of Python's own; None for what is no such thing or outside the limits."""
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value) if abs(int(value)) < SAFE_INTEGER else None
    if isinstance(value, numbers.Real):
        with contextlib.suppress(OverflowError):  # a fraction that no float holds
            return float(value) if math.isfinite(value) else None
    return None


def cut(text: str) -> str:
    """A text of at most MAX_TEXT_BYTES in UTF-8, with an ellipsis where it was cut."""
    data = text.encode(errors="backslashreplace")
    if len(data) <= MAX_TEXT_BYTES:
        return data.decode()
    return data[: MAX_TEXT_BYTES - len("…".encode())].decode(errors="ignore") + "…"
