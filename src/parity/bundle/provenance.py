"""Whether the records of a run fit together: spans form a tree; graph, lineage and materializations name each other.

Each document is consistent in itself by its model; here is what goes across documents.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from parity.bundle.formats import EVENTS, GRAPH, LINEAGE, MATERIALIZATIONS, REGISTRY, SPANS
from parity.bundle.problems import Problems
from parity.documents.datasets import Lineage, Materialization, Registry
from parity.documents.graph import SOURCE, Graph
from parity.documents.ids import SpanId, TraceId
from parity.documents.telemetry import Event, Metric, Span

DROPPED = "telemetry.dropped"


class _Extent(NamedTuple):
    """What is kept of a span: 200,000 whole ones would be a lot of memory."""

    parent: SpanId | None
    start: int
    end: int


def check_spans(spans: Iterable[Span], trace: TraceId | None, problems: Problems) -> Collection[SpanId]:
    """Ids are unique, there is one root, and all others lie below it and within their parents; the ids."""
    found: dict[SpanId, _Extent] = {}
    for span in spans:
        if trace is not None and span.trace_id != trace:
            problems.add(SPANS, "spans", f"span {span.span_id}: its trace is {span.trace_id}, not the run {trace}")
        if span.span_id in found:
            problems.add(SPANS, "spans", f"span {span.span_id} stands there twice")
        found[span.span_id] = _Extent(span.parent_span_id, int(span.start_unix_nanos), int(span.end_unix_nanos))
    roots = [span_id for span_id, extent in found.items() if extent.parent is None]
    if len(roots) != 1:
        problems.add(SPANS, "spans", f"there are {len(roots)} spans without a parent, where a run has one root")
    for span_id, extent in found.items():
        if extent.parent is None:
            continue
        parent = found.get(extent.parent)
        if parent is None:
            problems.add(SPANS, "spans", f"span {span_id}: its parent {extent.parent} is not there")
        elif extent.start < parent.start or extent.end > parent.end:
            problems.add(SPANS, "spans", f"span {span_id} is not within its parent {extent.parent}")
    for span_id in _circling(found):
        problems.add(SPANS, "spans", f"span {span_id} is below itself")
    return found.keys()


def _circling(spans: dict[SpanId, _Extent]) -> list[SpanId]:
    """One span of each circle of parents."""
    settled: set[SpanId] = set()
    circles = []
    for start in spans:
        walked: dict[SpanId, None] = {}
        here: SpanId | None = start
        while here is not None and here in spans and here not in settled and here not in walked:
            walked[here] = None
            here = spans[here].parent
        if here in walked:
            circles.append(start)
        settled |= walked.keys()
    return circles


def check_events(events: Iterable[Event], trace: TraceId | None, spans: Collection[SpanId], problems: Problems) -> None:
    """Each event belongs to the run and to a span of it; one without a span was added after the run."""
    for number, event in enumerate(events, 1):
        if trace is not None and event.trace_id != trace:
            problems.add(EVENTS, "spans", f"event {number}: its trace is {event.trace_id}, not the run {trace}")
        if event.span_id is not None and event.span_id not in spans:
            problems.add(EVENTS, "spans", f"event {number}: its span {event.span_id} is not there")


def measured(metrics: Iterable[Metric]) -> dict[str, int | float]:
    """The last value of each metric; `DROPPED` tells whether some lines are missing by design."""
    return {metric.name: metric.value for metric in metrics}


def check_materializations(
    rows: Iterable[Materialization],
    graph: Graph,
    spans: Collection[SpanId] | None,
    problems: Problems,
    *,
    complete: bool,
) -> None:
    """One row for each output of each stage, which says of it what the graph says.

    spans: None if they could not be read. complete: no telemetry was dropped, so that none may be missing.
    """
    outputs = {
        (node.node_key, output.name): output
        for node in graph.nodes
        if node.op_kind != SOURCE
        for output in node.outputs
    }
    seen = set()
    for number, row in enumerate(rows, 1):
        key = row.node_key, row.output
        output = outputs.get(key)
        if key in seen:
            problems.add(MATERIALIZATIONS, "graph", f"row {number}: {row.node_key} gave {row.output} twice")
        seen.add(key)
        if output is None:
            problems.add(MATERIALIZATIONS, "graph", f"row {number}: {GRAPH} has no {row.output} of {row.node_key}")
        elif (row.fingerprint, row.bytes, row.rows) != (output.fingerprint, output.bytes, output.rows):
            problems.add(MATERIALIZATIONS, "graph", f"row {number}: {GRAPH} says other of {row.output}")
        if complete and spans is not None and row.span_id not in spans:
            problems.add(MATERIALIZATIONS, "spans", f"row {number}: its span {row.span_id} is not there")
    if complete:
        for node_key, name in outputs.keys() - seen:
            problems.add(MATERIALIZATIONS, "graph", f"there is no row for {name} of {node_key}")


def check_registry(registry: Registry, graph: Graph, problems: Problems) -> None:
    """The sources of the graph are the assets of the registry."""
    sources = {node.node_key: node for node in graph.nodes if node.op_kind == SOURCE}
    assets = {asset.name: asset for asset in registry.assets}
    for name in sources.keys() - assets.keys():
        problems.add(REGISTRY, "graph", f"{name} is a source in {GRAPH} and no asset")
    for name, asset in assets.items():
        node = sources.get(name)
        if node is None:
            problems.add(GRAPH, "graph", f"the asset {name} is no source")
        elif node.params.get("asset_id") != asset.asset_id:
            problems.add(GRAPH, "graph", f"the source {name} is another asset than that of {REGISTRY}")
        elif [output.fingerprint for output in node.outputs] != [asset.fingerprint.content]:
            problems.add(GRAPH, "graph", f"the source {name} has another content than that of {REGISTRY}")


def check_lineage(
    lineage: Lineage, registry: Registry, graph: Graph, files: Collection[str], problems: Problems
) -> None:
    """Both ends of each edge are there."""
    known: dict[str, Collection[str]] = {
        "asset": {asset.name for asset in registry.assets},
        "node": {node.node_key for node in graph.nodes},
        "file": files,
    }
    for edge in lineage.edges:
        for end in (edge.source, edge.target):
            if end.name not in known[end.kind]:
                problems.add(LINEAGE, "graph", f"an edge names the {end.kind} {end.name!r}, which is not there")
