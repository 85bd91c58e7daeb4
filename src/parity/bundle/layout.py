"""A bundle that is read. Each file is checked against manifest.json before a word of it is believed."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from parity.bundle import failures, manifest_toml
from parity.bundle.formats import (
    EVENTS,
    FAILURES,
    GRAPH,
    LINEAGE,
    MANIFEST_TOML,
    MATERIALIZATIONS,
    METRICS,
    PLAN,
    POOLS,
    REGISTRY,
    REPORT,
    RUN,
    SPANS,
    VERDICTS,
    compacted,
    schema_is_right,
)
from parity.bundle.inventory import MANIFEST, MAX_MANIFEST, Enclosure, RefusedError, as_written
from parity.calling import Outcome
from parity.documents.case import Case, Plan, Pool
from parity.documents.datasets import Lineage, Materialization, Registry
from parity.documents.elements import ELEMENTS
from parity.documents.graph import Graph
from parity.documents.model import Document
from parity.documents.report import Report
from parity.documents.run import BundleFile, BundleManifest, RunDocument
from parity.documents.run_toml import RunToml
from parity.documents.telemetry import Event, Metric, Span
from parity.documents.verdict import Verdict
from parity.errors import DamagedError, DocumentError, UsageError

AnyDocument = TypeVar("AnyDocument", bound=Document)


class Bundle:
    """The bundle in a directory. Raises UsageError if there is none; every reader raises DamagedError, DocumentError.

    `parity verify` finds all that is wrong; here the first thing ends the reading.
    """

    def __init__(self, path: Path) -> None:
        if not (path / MANIFEST).is_file():
            raise UsageError(
                f"{path} is no run bundle",
                where=str(path),
                expected=f"a directory with {MANIFEST}, as `parity run` leaves it",
            )
        self.path = path
        data = self._bytes(MANIFEST, MAX_MANIFEST)
        self.manifest = BundleManifest.from_json(data, str(path / MANIFEST))
        if not as_written(self.manifest, data) or not all(map(schema_is_right, self.manifest.files)):
            raise DamagedError(f"{MANIFEST} is not the file that the run left", where=str(path / MANIFEST))
        self._listed = {file.name: file for file in self.manifest.files}

    @property
    def files(self) -> tuple[BundleFile, ...]:
        """What manifest.json lists, in its order."""
        return self.manifest.files

    def _bytes(self, name: str, limit: int) -> bytes:
        try:
            with Enclosure(self.path) as enclosure:
                return enclosure.read(name, limit)
        except RefusedError as refused:
            raise DamagedError(refused.detail, where=str(self.path / name)) from None

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises DamagedError if it is missing or is not what the manifest says."""
        expected = self._listed.get(name)
        if expected is None:
            raise DamagedError(
                f"{MANIFEST} lists no {name}", where=str(self.path / name), expected=f"a file of {MANIFEST}"
            )
        data = self._bytes(name, expected.size)
        if (len(data), hashlib.sha256(data).hexdigest()) != (expected.size, expected.sha256):
            raise DamagedError(
                f"{name} is not the file that the run left",
                where=str(self.path / name),
                expected=f"sha256 {expected.sha256}",
            )
        return data

    def _document(self, name: str, model: type[AnyDocument]) -> AnyDocument:
        return model.from_json(self.read(name), str(self.path / name))

    def _lines(self, name: str, model: type[AnyDocument]) -> Iterator[AnyDocument]:
        """The lines of a file, also of one that was compacted."""
        path = self.path / name
        if name in self._listed or compacted(name) not in self._listed:
            data = self.read(name)
        else:
            from parity.bundle import compaction  # noqa: PLC0415 - few bundles are compacted; DuckDB takes 0.2 s

            self.read(compacted(name))
            data = compaction.expanded(self.path / compacted(name), model)
        for number, line in enumerate(data.splitlines(), 1):
            yield model.from_json(line, f"{path}, line {number}")

    def run(self) -> RunDocument:
        """run.json."""
        document = self._document(RUN, RunDocument)
        if document.run_id != self.manifest.run_id:
            raise DamagedError(
                f"{MANIFEST} names another run than {RUN}",
                where=str(self.path / MANIFEST),
                expected=document.run_id.text,
            )
        return document

    def report(self) -> Report:
        """report.json."""
        return self._document(REPORT, Report)

    def verdicts(self) -> tuple[Verdict, ...]:
        """verdicts.ndjson, in the order of the plan."""
        return tuple(self._lines(VERDICTS, Verdict))

    def plan(self) -> Plan:
        """plan.json; in a redacted bundle without values."""
        return self._document(PLAN, Plan)

    def manifest_toml(self) -> RunToml:
        """manifest.toml."""
        return manifest_toml.read(self.read(MANIFEST_TOML), str(self.path / MANIFEST_TOML))

    def graph(self) -> Graph:
        """graph.json."""
        return self._document(GRAPH, Graph)

    def registry(self) -> Registry:
        """datasets/registry.json."""
        return self._document(REGISTRY, Registry)

    def lineage(self) -> Lineage:
        """datasets/lineage.json."""
        return self._document(LINEAGE, Lineage)

    def materializations(self) -> Iterator[Materialization]:
        """datasets/materializations.ndjson."""
        return self._lines(MATERIALIZATIONS, Materialization)

    def spans(self) -> Iterator[Span]:
        """spans.ndjson, in the order in which they ended: the root comes last."""
        return self._lines(SPANS, Span)

    def events(self) -> Iterator[Event]:
        """events.ndjson."""
        return self._lines(EVENTS, Event)

    def metrics(self) -> Iterator[Metric]:
        """metrics.ndjson."""
        return self._lines(METRICS, Metric)

    def failures(self) -> dict[str, tuple[Case, Outcome]]:
        """Kept failures by the name of their case."""
        data = self.read(FAILURES)
        try:
            return failures.decode(data)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise self._no_evidence(FAILURES, f"a line is no case with its answer: {error}") from None

    def pools(self) -> dict[str, bytes]:
        """Input elements by pool, little endian. Empty in a redacted bundle."""
        data, found, start = self.read(POOLS), {}, 0
        pools: tuple[Pool, ...] = self.plan().pools if data else ()
        for pool in pools:
            element = ELEMENTS.get(pool.name.partition(".")[0])
            if element is None:
                raise self._no_evidence(POOLS, f"the plan has a pool {pool.name!r} of no element type")
            length = pool.count * element.size
            found[pool.name] = data[start : start + length]
            start += length
        return found

    def _no_evidence(self, name: str, said: str) -> DocumentError:
        return DocumentError(
            said,
            where=str(self.path / name),
            expected="what `parity run` keeps of a failure",
            hint="see `parity verify`",
        )
