"""The bundle of a run while it grows: telemetry as it happens, files as they are made, manifest.json last.

Everything is hashed on its way to the disk and read again once it is there. The directory gets its name when all of
it is done (`parity.documents.durable.replacing_directory`), so a run that dies leaves nothing that could be believed.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

from parity.bundle import manifest_toml
from parity.bundle.datasets import LINEAGE, MATERIALIZATIONS, REGISTRY, Datasets, Relation
from parity.bundle.graph import GRAPH, GraphBuilder
from parity.bundle.telemetry import EVENTS, METRICS, SPANS, LimitedLines, OpenSpan, Telemetry
from parity.documents.capture import FileDigest
from parity.documents.datasets import LINEAGE_SCHEMA, MATERIALIZATION_SCHEMA, REGISTRY_SCHEMA, Asset, Materialization
from parity.documents.durable import Growing, replacing_directory, write_file
from parity.documents.graph import GRAPH_SCHEMA, Output, node_id
from parity.documents.ids import RunId
from parity.documents.model import file_sha256, pretty
from parity.documents.run import BundleFile, BundleManifest
from parity.documents.run_toml import RUN_TOML_SCHEMA, RunToml
from parity.documents.telemetry import EVENT_SCHEMA, METRIC_SCHEMA, SPAN_SCHEMA, Unit

MANIFEST = "manifest.json"
SEAL = "seal.rq"
AFTERWARDS = frozenset({"scrub.json", "decode_proof.json"})
"""What is written when the bundle is sealed, and is therefore in neither manifest.json nor the seal."""

_OWN = frozenset({MANIFEST, SEAL, GRAPH, REGISTRY, LINEAGE, manifest_toml.MANIFEST_TOML}) | AFTERWARDS
_BUFFER = 64 << 10

Compact = Callable[[Path, str], Path | None]


@contextlib.contextmanager
def live_bundle(runs: Path, run_id: RunId, *, redact: bool = False, root: str = "run") -> "Iterator[BundleWriter]":
    """The bundle `runs/<run_id>`, which appears when the block ends, and not at all if it raises.

    root: name of the root span. Raises StorageError where the operating system refuses.
    """
    try:
        with (
            replacing_directory(runs / run_id.text) as place,
            BundleWriter(place, run_id, redact=redact, root=root) as writer,
        ):
            try:
                yield writer
            except OSError as error:  # not of the bundle, whose own are StorageErrors: its meaning is another
                raise _PassedOnError(error) from None
    except _PassedOnError as passed:
        raise passed.error from None


class _PassedOnError(Exception):
    """Carries an OSError of the block past the code that would take it for one of the bundle's."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


class Stage:
    """A stage of the run: a span, a node of the graph, and a line of materializations for each output."""

    def __init__(self, span: OpenSpan) -> None:
        self.span = span
        self.outputs: list[tuple[Output, Literal["hit", "miss"]]] = []

    def output(
        self,
        name: str,
        *,
        fingerprint: str,
        bytes: int,  # noqa: A002 - the field of the document
        rows: int | None = None,
        cache: Literal["hit", "miss"] = "miss",
    ) -> None:
        """Say what the stage gave. fingerprint: SHA-256 of it. cache: whether it was there before."""
        if any(output.name == name for output, _ in self.outputs):
            raise ValueError(f"two outputs with the name {name!r}")
        self.outputs.append((Output(name=name, fingerprint=fingerprint, bytes=bytes, rows=rows), cache))

    def attribute(self, name: str, value: Any) -> None:
        """Set an attribute of the span."""
        self.span.attribute(name, value)


class Lines:
    """A file of lines, written in pieces of 64 KiB."""

    def __init__(self, file: Growing) -> None:
        self.file = file
        self._waiting: list[bytes] = []
        self._size = 0

    def append(self, line: bytes) -> None:
        """Add a line, which ends with a newline."""
        self._waiting.append(line)
        self._size += len(line)
        if self._size >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self.file.write(b"".join(self._waiting))
        self._waiting, self._size = [], 0


class _Entry(NamedTuple):
    """A file of the bundle: its schema, and what is still open of it."""

    schema: str | None
    file: Growing
    lines: Lines | None = None


class BundleWriter:
    """A bundle that is being written. One thread uses it. place: the directory, which has another name in the end.

    Names that parity itself gives (stages, inputs, files) must be right: ValueError is a defect of the caller.
    Telemetry (spans, events, metrics, attributes) is cut to its limits instead.
    """

    def __init__(self, place: Path, run_id: RunId, *, redact: bool, root: str) -> None:
        self.place, self.run_id, self.redact = place, run_id, redact
        self._files: dict[str, _Entry] = {}
        self._graph, self._datasets = GraphBuilder(), Datasets()
        self._telemetry = Telemetry(place, run_id.trace_id, root)
        self._materializations = LimitedLines(place / MATERIALIZATIONS)
        for name, schema, lines in (
            (SPANS, SPAN_SCHEMA, self._telemetry.spans),
            (EVENTS, EVENT_SCHEMA, self._telemetry.events),
            (METRICS, METRIC_SCHEMA, self._telemetry.metrics),
            (MATERIALIZATIONS, MATERIALIZATION_SCHEMA, self._materializations),
        ):
            self._files[name] = _Entry(schema, lines.file)
        self._finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for entry in self._files.values():
            entry.file.__exit__(kind or BaseException, error, trace)
        if kind is None and not self._finished:
            raise RuntimeError("the run ended without `finish`")

    @contextlib.contextmanager
    def stage(
        self, key: str, op_kind: str, *, inputs: Sequence[str] = (), params: Mapping[str, Any] | None = None, code: str
    ) -> Iterator[Stage]:
        """A stage of the run, below the current span.

        key: of the node, and the span's name. inputs: keys of stages that have ended, and names of assets. params: what
        else decides the outputs (scalars, no floats). code: `module:function@version`.
        """
        self._graph.check(key, inputs)
        stage = None
        try:
            with self.span(key, op_kind=op_kind) as span:
                stage = Stage(span)
                yield stage
        finally:  # an exception that the caller can do with is part of the record
            if stage is not None:
                self._graph.add(key, op_kind, inputs, params or {}, code, [output for output, _ in stage.outputs])
                self._materialize(key, stage)

    def _materialize(self, key: str, stage: Stage) -> None:
        for output, cache in stage.outputs:
            assert output.bytes is not None
            line = Materialization(
                node_key=key,
                node_id=node_id(key),
                span_id=stage.span.span_id,
                output=output.name,
                fingerprint=output.fingerprint,
                cache=cache,
                bytes=output.bytes,
                rows=output.rows,
                duration_nanos=str(stage.span.end - stage.span.start),
                status=stage.span.status,
            )
            self._materializations.append(line.line())

    def span(self, name: str, **attrs: Any) -> contextlib.AbstractContextManager[OpenSpan]:
        """A span around a block, below the current one."""
        return self._telemetry.span(name, attrs)

    def event(self, name: str, **attrs: Any) -> None:
        """An event in the current span."""
        self._telemetry.event(name, attrs)

    def metric(self, name: str, value: float, unit: Unit) -> None:
        """A number that was measured."""
        self._telemetry.metric(name, value, unit)

    def asset(self, asset: Asset) -> None:
        """Register what the run reads; stages may take it as an input by its name."""
        self._datasets.add(asset)
        self._graph.source(asset)

    def lineage(self, source: str, target: str, relation: Relation) -> None:
        """Say that `source` was derived from, was generated by, or used `target`; names of assets, stages or files."""
        self._datasets.relate(source, target, relation)

    def write(self, name: str, data: bytes, schema: str | None = None) -> FileDigest:
        """A whole file. name: its path in the bundle. schema: of the document in it, if it is one."""
        if name in _OWN:
            raise ValueError(f"{name} is written by the bundle itself")
        return self._write(name, data, schema)

    def _write(self, name: str, data: bytes, schema: str | None) -> FileDigest:
        file = self._new(name, schema).file
        file.write(data)
        file.close()
        return FileDigest(name=name, sha256=file.sha256, size=file.size)

    def lines(self, name: str, schema: str) -> Lines:
        """A file of lines, which are appended one by one. schema: of each line."""
        if name in _OWN:
            raise ValueError(f"{name} is written by the bundle itself")
        entry = self._new(name, schema)
        lines = Lines(entry.file)
        self._files[name] = entry._replace(lines=lines)
        return lines

    def _new(self, name: str, schema: str | None) -> _Entry:
        path = PurePosixPath(name)
        if self._finished or name in self._files:
            raise ValueError(f"{name} comes twice, or after the end")
        if path.is_absolute() or path.as_posix() != name or not path.parts or {".", ".."} & set(path.parts):
            raise ValueError(f"{name!r} is no path in a bundle")
        entry = _Entry(schema, Growing(self.place / name))
        self._files[name] = entry
        return entry

    def finish(self, head: RunToml, compact: Compact | None = None) -> BundleManifest:
        """End the root span, write what the bundle itself says (manifest.json last) and give the manifest.

        head: manifest.toml. compact: called for each file of lines, once it is closed, with its path and the schema of
        its lines; may put another file in its place and give that one's path.
        """
        if head.run_id != self.run_id or head.redact_artifacts != self.redact:
            raise ValueError("manifest.toml is of another run")
        for entry in self._files.values():
            if entry.lines is not None:
                entry.lines.flush()
        self._telemetry.close(self._materializations.dropped)
        graph = self._graph.document()
        self._write(GRAPH, pretty(graph.full()), GRAPH_SCHEMA)
        self._write(REGISTRY, pretty(self._datasets.registry().full()), REGISTRY_SCHEMA)
        files = {*self._files, LINEAGE, manifest_toml.MANIFEST_TOML, MANIFEST}
        lineage = self._datasets.lineage([node.node_key for node in graph.nodes], files)
        self._write(LINEAGE, pretty(lineage.full()), LINEAGE_SCHEMA)
        self._write(manifest_toml.MANIFEST_TOML, manifest_toml.text(head), RUN_TOML_SCHEMA)
        for entry in self._files.values():
            entry.file.close()
        listed = sorted((self._listed(name, entry, compact) for name, entry in self._files.items()), key=_name)
        manifest = BundleManifest(run_id=self.run_id, files=tuple(listed))
        self._write(MANIFEST, pretty(manifest.full()), None)
        self._finished = True
        return manifest

    def _listed(self, name: str, entry: _Entry, compact: Compact | None) -> BundleFile:
        if compact is not None and entry.schema is not None and name.endswith(".ndjson"):
            instead = compact(entry.file.path, entry.schema)
            if instead is not None:
                return BundleFile(
                    name=instead.relative_to(self.place).as_posix(),
                    sha256=file_sha256(instead),
                    size=instead.stat().st_size,
                    schema=entry.schema,
                )
        return BundleFile(name=name, sha256=entry.file.sha256, size=entry.file.size, schema=entry.schema)

    def after(self, name: str, data: bytes) -> None:
        """Write scrub.json or decode_proof.json, once the bundle is sealed."""
        if name not in AFTERWARDS or not self._finished:
            raise ValueError(f"{name} is not written after the seal, or the bundle has no end yet")
        write_file(self.place / name, data)


def _name(file: FileDigest) -> bytes:
    """What the list of files is sorted by."""
    return file.name.encode()
