"""Which file of a bundle follows which schema, and how each is read when nothing in it is trusted.

Documents are JSON as parity prints it, and each line is canonical JSON: what parses but is not written so (a key that
stands there twice, NaN, a number in another spelling) is a violation of the schema, too.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, TypeVar

import orjson

from parity.bundle.inventory import Enclosure, RefusedError
from parity.bundle.problems import Problems
from parity.documents.case import Plan
from parity.documents.datasets import (
    LINEAGE_SCHEMA,
    MATERIALIZATION_SCHEMA,
    REGISTRY_SCHEMA,
    Lineage,
    Materialization,
    Registry,
)
from parity.documents.graph import GRAPH_SCHEMA, Graph
from parity.documents.model import Document, canonical, pretty
from parity.documents.report import Report
from parity.documents.run import BundleFile, RunDocument
from parity.documents.run_toml import RUN_TOML_SCHEMA
from parity.documents.telemetry import (
    EVENT_SCHEMA,
    MAX_FILE_BYTES,
    MAX_LINE_BYTES,
    MAX_LINES,
    METRIC_SCHEMA,
    SPAN_SCHEMA,
    Event,
    Metric,
    Span,
)
from parity.documents.verdict import Verdict
from parity.errors import DamagedError, ParityError

RUN, PLAN, VERDICTS = "run.json", "plan.json", "verdicts.ndjson"
REPORT, REPORT_MD, REPORT_HTML, REPORT_XML = "report.json", "report.md", "report.html", "report.xml"
GRAPH, MANIFEST_TOML = "graph.json", "manifest.toml"
SPANS, EVENTS, METRICS = "spans.ndjson", "events.ndjson", "metrics.ndjson"
REGISTRY, LINEAGE = "datasets/registry.json", "datasets/lineage.json"
MATERIALIZATIONS = "datasets/materializations.ndjson"
FAILURES, POOLS, REQUEST = "artifacts/failures.ndjson", "artifacts/pools.bin", "artifacts/manifest.yaml"
BASELINE, GATE = "artifacts/baseline.json", "artifacts/gate.json"

MAX_DOCUMENT = 128 << 20
MAX_VERDICTS = 1 << 30
MAX_VERDICT_LINE = 1 << 20

AnyDocument = TypeVar("AnyDocument", bound=Document)


class Format(NamedTuple):
    """A file of a bundle. schema: name and version, null for what is a rendering. compactable: may be Parquet."""

    schema: str | None
    model: type[Document] | None = None
    compactable: bool = False


FORMATS: dict[str, Format] = {
    RUN: Format("parity.run/1", RunDocument),
    PLAN: Format("parity.plan/1", Plan),
    GRAPH: Format(GRAPH_SCHEMA, Graph),
    REGISTRY: Format(REGISTRY_SCHEMA, Registry),
    LINEAGE: Format(LINEAGE_SCHEMA, Lineage),
    MANIFEST_TOML: Format(RUN_TOML_SCHEMA),
    REPORT: Format("parity.report/1", Report),
    REPORT_MD: Format(None),
    REPORT_HTML: Format(None),
    REPORT_XML: Format(None),
    VERDICTS: Format("parity.verdict/1", Verdict, compactable=True),
    SPANS: Format(SPAN_SCHEMA, Span, compactable=True),
    EVENTS: Format(EVENT_SCHEMA, Event, compactable=True),
    METRICS: Format(METRIC_SCHEMA, Metric, compactable=True),
    MATERIALIZATIONS: Format(MATERIALIZATION_SCHEMA, Materialization, compactable=True),
}
"""Every bundle has all of these; what else it has lies below artifacts/."""

ARTIFACTS: dict[str, str | None] = {
    FAILURES: "parity.failure/1",
    POOLS: None,
    REQUEST: None,
    BASELINE: "parity.baseline/1",
    GATE: "parity.gate/1",
}
"""Schemas of what parity itself leaves there."""


def format_of(path: str) -> Format | None:
    """The format of a listed file, also of one that was compacted; None for all that FORMATS does not have."""
    if path in FORMATS:
        return FORMATS[path]
    return next((form for name, form in FORMATS.items() if form.compactable and compacted(name) == path), None)


def schema_is_right(file: BundleFile) -> bool:
    """Whether manifest.json gives a file the schema that it has in this version of bundles."""
    form = format_of(file.name)
    return file.schema_ == (form.schema if form is not None else ARTIFACTS.get(file.name, file.schema_))


def compacted(name: str) -> str:
    """The name under which a file of lines lies in a bundle that was compacted."""
    return f"{name.removesuffix('.ndjson')}.parquet"


def document(
    enclosure: Enclosure, name: str, model: type[AnyDocument], problems: Problems, limit: int = MAX_DOCUMENT
) -> AnyDocument | None:
    """A JSON document; None, and a problem, where it is none or follows another schema."""
    try:
        data = enclosure.read(name, limit)
        found = model.from_json(data, name)
        plain = orjson.loads(data)
        written = data in (pretty(plain), canonical(plain) + b"\n")
    except RefusedError as refused:
        problems.add(name, refused.code, refused.detail)
    except ParityError as error:
        problems.add(name, "schema", error.message)
    except ValueError as error:
        problems.add(name, "schema", f"no JSON: {error}")
    else:
        if "schema_" in model.model_fields and "schema" not in plain:
            problems.add(name, "schema", "the document does not say which schema it follows")
        if written:
            return found
        problems.add(name, "schema", "the document is not written as parity writes it, or a key stands there twice")
    return None


def lines(enclosure: Enclosure, name: str, model: type[AnyDocument], problems: Problems) -> Iterator[AnyDocument]:
    """The lines of a file that follow their schema, one by one; a problem for each that does not."""
    try:
        with enclosure.open(name) as file:
            yield from _lines(file, name, model, problems)
    except RefusedError as refused:
        problems.add(name, refused.code, refused.detail)
    except OSError as error:
        problems.add(name, "unreadable", error.strerror or str(error))


def compacted_lines(
    enclosure: Enclosure, name: str, model: type[AnyDocument], problems: Problems
) -> Iterator[AnyDocument]:
    """The same of a file of lines that lies there as Parquet. Raises InconclusiveError where nothing here reads it."""
    from parity.bundle import compaction  # noqa: PLC0415 - few bundles are compacted, and DuckDB takes 0.2 s

    path = compacted(name)
    try:
        data = compaction.expanded(enclosure.root / path, model)
    except DamagedError as error:
        problems.add(path, "schema", error.message)
    else:
        yield from _lines(io.BytesIO(data), path, model, problems)


def _lines(file: BinaryIO, name: str, model: type[AnyDocument], problems: Problems) -> Iterator[AnyDocument]:
    telemetry = model is not Verdict
    longest = MAX_LINE_BYTES if telemetry else MAX_VERDICT_LINE
    left = MAX_FILE_BYTES if telemetry else MAX_VERDICTS
    number = 0
    while data := file.readline(longest + 1):
        number += 1
        left -= len(data)
        if len(data) > longest or left < 0 or (telemetry and number > MAX_LINES):
            problems.add(name, "too_large", f"line {number}: the line or the file is too long")
            return
        found = line(data, name, number, model, problems)
        if found is not None:
            yield found
        elif problems.full(name):
            return


def line(data: bytes, name: str, number: int, model: type[AnyDocument], problems: Problems) -> AnyDocument | None:
    """One line, with its newline; None, and a problem, where it follows another schema."""
    if not data.endswith(b"\n"):
        problems.add(name, "schema", f"line {number}: it does not end with a newline")
        return None
    try:
        found = model.from_json(data, f"{name}, line {number}")
        if canonical(orjson.loads(data)) + b"\n" != data:
            problems.add(name, "schema", f"line {number}: the line is not canonical JSON")
            return None
    except ParityError as error:
        problems.add(name, "schema", f"line {number}: {error.message}")
        return None
    except ValueError as error:
        problems.add(name, "schema", f"line {number}: no JSON: {error}")
        return None
    return found
