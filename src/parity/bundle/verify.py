"""Check a bundle: its files against manifest.json, each against its schema, and all against each other.

A file that is not as listed is named once and not believed; what depends on it is not checked. Where manifest.json
itself cannot be read, what lies there is taken as it is, so that as much is checked as can be.
"""

import stat
from collections.abc import Iterator, Mapping, Sized
from typing import NamedTuple, TypeVar

from parity.bundle import formats, inventory, manifest_toml, provenance, redaction
from parity.bundle.evidence import check_evidence
from parity.bundle.formats import (
    EVENTS,
    FORMATS,
    GRAPH,
    LINEAGE,
    MANIFEST_TOML,
    MATERIALIZATIONS,
    METRICS,
    PLAN,
    REGISTRY,
    REPORT,
    RUN,
    SPANS,
    VERDICTS,
)
from parity.bundle.inventory import MANIFEST, Enclosure, RefusedError
from parity.bundle.problems import Problems
from parity.documents.case import Case, Plan, array_arguments, case_id, plan_digest
from parity.documents.datasets import Lineage, Materialization, Registry
from parity.documents.elements import ELEMENTS
from parity.documents.graph import Graph
from parity.documents.ids import RunId
from parity.documents.manifest_yaml import parse_manifest
from parity.documents.model import Document
from parity.documents.report import Report
from parity.documents.run import BundleManifest, RunDocument
from parity.documents.run_toml import RunToml
from parity.documents.strict_yaml import MAX_BYTES
from parity.documents.telemetry import Event, Metric, Span
from parity.documents.verdict import Verdict
from parity.errors import ParityError
from parity.ops.catalogue import CATALOGUE

AnyDocument = TypeVar("AnyDocument", bound=Document)


class Believed(NamedTuple):
    """What of a bundle is as listed and follows its schema; None for what is not.

    files: paths that are as listed. listed: paths of all files that manifest.json lists, None if it cannot be read.
    """

    run_id: RunId | None
    files: frozenset[str]
    listed: frozenset[str] | None
    run: RunDocument | None
    plan: Plan | None
    verdicts: tuple[Verdict, ...] | None
    report: Report | None
    toml: RunToml | None


def verify(enclosure: Enclosure, problems: Problems) -> Believed:
    """Check all that a bundle says of itself, but for the report and the seal."""
    manifest = inventory.read_manifest(enclosure, problems)
    files, listed = _files(enclosure, manifest, problems)
    reader = _Reader(enclosure, files, problems)
    run = reader.document(RUN, RunDocument)
    run_id = _run_id(manifest, run, problems)
    plan = reader.document(PLAN, Plan)
    verdicts = reader.verdicts()
    toml = _toml(enclosure, files, problems)
    counts = {"cases.planned": plan.cases if plan is not None else None, "cases.judged": verdicts}
    _check_telemetry(reader, run_id, _names(enclosure, listed), counts)
    if plan is not None:
        _check_plan(plan, run, problems)
        if verdicts is not None:
            _check_verdicts(plan, verdicts, run, problems)
            check_evidence(enclosure, files, plan, verdicts, problems)
    if run is not None:
        if toml is not None:
            _check_toml(toml, run, plan, problems)
        if formats.REQUEST in files:
            _check_request(enclosure, run, problems)
        if run.manifest.outputs.redact:
            _check_redaction(enclosure, files, plan, verdicts, problems)
    return Believed(run_id, files, listed, run, plan, verdicts, reader.document(REPORT, Report), toml)


class _Reader:
    """Reads what is believed."""

    def __init__(self, enclosure: Enclosure, files: frozenset[str], problems: Problems) -> None:
        self._enclosure, self._files, self.problems = enclosure, files, problems

    def document(self, name: str, model: type[AnyDocument]) -> AnyDocument | None:
        """A document; None if it is not believed or follows another schema."""
        return formats.document(self._enclosure, name, model, self.problems) if name in self._files else None

    def lines(self, name: str, model: type[AnyDocument]) -> Iterator[AnyDocument] | None:
        """Lines that follow their schema; None if the file is not believed."""
        if name in self._files:
            return formats.lines(self._enclosure, name, model, self.problems)
        if formats.compacted(name) in self._files:
            return formats.compacted_lines(self._enclosure, name, model, self.problems)
        return None

    def verdicts(self) -> tuple[Verdict, ...] | None:
        """All verdicts; None if one of them is not as it should be."""
        before = len(self.problems)
        lines = self.lines(VERDICTS, Verdict)
        found = None if lines is None else tuple(lines)
        return found if len(self.problems) == before else None


# -- files -----------------------------------------------------------------------------------------


def _files(
    enclosure: Enclosure, manifest: BundleManifest | None, problems: Problems
) -> tuple[frozenset[str], frozenset[str] | None]:
    """Paths that are believed, and those that are listed."""
    if manifest is None:
        found = inventory.entries(enclosure, problems)
        for entry in found:
            if not stat.S_ISREG(entry.mode):
                inventory.accuse(entry, problems)
        files = frozenset(entry.path for entry in found if stat.S_ISREG(entry.mode))
        _demand(files, "it is not there", problems)
        return files, None
    listed = inventory.listed_files(manifest, problems)
    _demand(listed, f"{MANIFEST} does not list it", problems)
    for path, file in listed.items():
        if formats.format_of(path) is None and not path.startswith("artifacts/"):
            problems.add(path, "schema", f"{manifest.schema_} knows no such file; what is extra lies below artifacts/")
        if not formats.schema_is_right(file):
            problems.add(MANIFEST, "manifest", f"the schema of {path} is not {file.schema_}")
    return inventory.check_files(enclosure, listed, problems), frozenset(listed)


def _demand(present: Mapping[str, object] | frozenset[str], said: str, problems: Problems) -> None:
    """Each file that every bundle has."""
    for path, form in FORMATS.items():
        if path not in present and not (form.compactable and formats.compacted(path) in present):
            problems.add(path, "missing", f"{said}, and every bundle has one")


def _names(enclosure: Enclosure, listed: frozenset[str] | None) -> frozenset[str]:
    """Paths that a record may name: what is listed, and what lies there, which is a problem of its own if it is not."""
    there = inventory.entries(enclosure, Problems())
    return frozenset(entry.path for entry in there) | (listed or frozenset())


# -- the run ---------------------------------------------------------------------------------------


def _run_id(manifest: BundleManifest | None, run: RunDocument | None, problems: Problems) -> RunId | None:
    """The id on which manifest.json and run.json agree; that of run.json, if they do not."""
    found = [document.run_id for document in (run, manifest) if document is not None]
    if len(set(found)) > 1:
        problems.add(MANIFEST, "run", f"it is of run {found[1]}, and {RUN} of run {found[0]}")
    return found[0] if found else None


def _toml(enclosure: Enclosure, files: frozenset[str], problems: Problems) -> RunToml | None:
    if MANIFEST_TOML not in files:
        return None
    try:
        return manifest_toml.read(enclosure.read(MANIFEST_TOML, manifest_toml.MAX_BYTES), MANIFEST_TOML)
    except RefusedError as refused:
        problems.add(MANIFEST_TOML, refused.code, refused.detail)
    except ParityError as error:
        problems.add(MANIFEST_TOML, "schema", f"{error.where or ''}: {error.message}")
    return None


def _check_toml(toml: RunToml, run: RunDocument, plan: Plan | None, problems: Problems) -> None:
    said = {
        "run_id": (toml.run_id, run.run_id),
        "redact_artifacts": (toml.redact_artifacts, run.manifest.outputs.redact),
    }
    for name, (one, other) in said.items():
        if one != other:
            problems.add(MANIFEST_TOML, "run", f"{name} is {one}, and by {RUN} it is {other}")
    seed = run.manifest.run.seed
    if toml.seeds and seed not in toml.seeds.values():
        problems.add(MANIFEST_TOML, "run", f"seeds has not the seed {seed} of {RUN}")
    version = toml.versions.get("parity", run.program.parity)
    if version != run.program.parity:
        problems.add(MANIFEST_TOML, "run", f"versions.parity is {version}, and by {RUN} it is {run.program.parity}")
    taken = {char for case in plan.cases for char in case.loop.partition("->")[0]} if plan is not None else set()
    dtypes = tuple(element.short for char, element in ELEMENTS.items() if char in taken)
    if plan is not None and toml.dtypes != dtypes:
        problems.add(MANIFEST_TOML, "run", f"dtypes are {', '.join(toml.dtypes)}, and of {PLAN} {', '.join(dtypes)}")


def _check_request(enclosure: Enclosure, run: RunDocument, problems: Problems) -> None:
    """The user's manifest is one, and is that of the run; fields that a flag may override can differ."""
    name = formats.REQUEST
    try:
        asked = parse_manifest(enclosure.read(name, MAX_BYTES), name, CATALOGUE)
    except RefusedError as refused:
        problems.add(name, refused.code, refused.detail)
    except ParityError as error:
        problems.add(name, "schema", f"{error.where or name}: {error.message}")
    else:
        ran = run.manifest
        if (asked.metadata, asked.gates, asked.budgets) != (ran.metadata, ran.gates, ran.budgets):
            problems.add(name, "run", f"metadata, gates or budgets are others than in {RUN}")


# -- plan and verdicts -----------------------------------------------------------------------------


def _check_plan(plan: Plan, run: RunDocument | None, problems: Problems) -> None:
    if plan.digest != plan_digest(plan.cases):
        problems.add(PLAN, "plan", "its digest is not that of its cases")
    names = [case.case_id for case in plan.cases]
    if len(set(names)) != len(names):
        problems.add(PLAN, "plan", "a case stands there twice")
    pools = {pool.name: pool.sha256 for pool in plan.pools}
    for case in plan.cases:
        if not redaction.is_redacted(case) and not _is_called(case, pools):
            problems.add(PLAN, "plan", f"{case.case_id} is not the name of its call on these pools")
    if run is None:
        return
    said = {
        "the digest": (plan.digest, run.plan_digest),
        "the catalogue's digest": (plan.catalogue_digest, run.catalogue_digest),
        "the suite": (plan.suite, run.manifest.run.planned),
        "the seed": (plan.seed, run.manifest.run.seed),
    }
    for name, (one, other) in said.items():
        if one != other:
            problems.add(PLAN, "plan", f"{name} is {one}, and by {RUN} it is {other}")


def _is_called(case: Case, pools: dict[str, str]) -> bool:
    """Whether the name of a case is that of its call, whose pools are there."""
    known = all(argument.pool in pools for argument in array_arguments(case.call).values())
    return known and case.case_id == case_id(case.call, case.loop, pools)


def _check_verdicts(plan: Plan, verdicts: tuple[Verdict, ...], run: RunDocument | None, problems: Problems) -> None:
    """They are on cases of the plan, in its order, each once; as many are left out as the run says."""
    cases = {case.case_id: (position, case) for position, case in enumerate(plan.cases)}
    last = -1
    for number, verdict in enumerate(verdicts, 1):
        position, case = cases.get(verdict.case_id, (-1, None))
        if case is None:
            problems.add(VERDICTS, "plan", f"line {number}: {PLAN} has no case {verdict.case_id}")
            continue
        if position <= last:
            problems.add(VERDICTS, "plan", f"line {number}: {verdict.case_id} is not in the order of the plan")
        last = max(last, position)
        said = verdict.op, verdict.loop, verdict.layout
        if said != (case.call.op, case.loop, case.layout):
            problems.add(VERDICTS, "plan", f"line {number}: op, loop or layout of {verdict.case_id} is another")
    if run is not None and len(verdicts) + run.not_captured != len(plan.cases):
        problems.add(
            VERDICTS,
            "plan",
            f"{len(verdicts):,} verdicts and {run.not_captured:,} cases that were not captured, "
            f"of a plan of {len(plan.cases):,} cases",
        )


def _check_redaction(
    enclosure: Enclosure,
    files: frozenset[str],
    plan: Plan | None,
    verdicts: tuple[Verdict, ...] | None,
    problems: Problems,
) -> None:
    """A bundle that is said to hold no values holds none in any place where parity keeps some."""
    for case in plan.cases if plan is not None else ():
        if redaction.values_in_case(case):
            problems.add(PLAN, "redaction", f"{case.case_id} has a value, and the run was redacted")
    for number, verdict in enumerate(verdicts or (), 1):
        if names := redaction.values_in_verdict(verdict):
            problems.add(VERDICTS, "redaction", f"line {number}: {', '.join(names)}, and the run was redacted")
    for name in (formats.FAILURES, formats.POOLS):
        if name in files and enclosure.size(name):
            problems.add(name, "redaction", "it holds values, and the run was redacted")


# -- telemetry and datasets ------------------------------------------------------------------------


def _check_telemetry(
    reader: _Reader, run_id: RunId | None, files: frozenset[str], counts: Mapping[str, Sized | None]
) -> None:
    problems, trace = reader.problems, None if run_id is None else run_id.trace_id
    spans, metrics = reader.lines(SPANS, Span), reader.lines(METRICS, Metric)
    values = {} if metrics is None else provenance.measured(metrics)
    complete = metrics is not None and not values.get(provenance.DROPPED, 0)
    for name, counted in counts.items():
        if counted is not None and values.get(name, len(counted)) != len(counted):
            problems.add(METRICS, "plan", f"{name} is {values[name]}, and there are {len(counted):,}")
    known = None if spans is None else provenance.check_spans(spans, trace, problems)
    if problems.names(SPANS):
        known = None
    events = reader.lines(EVENTS, Event)
    if events is not None and known is not None:
        provenance.check_events(events, trace, known, problems)
    graph = reader.document(GRAPH, Graph)
    rows = reader.lines(MATERIALIZATIONS, Materialization)
    if graph is not None and rows is not None:
        provenance.check_materializations(rows, graph, known, problems, complete=complete)
    registry, lineage = reader.document(REGISTRY, Registry), reader.document(LINEAGE, Lineage)
    if graph is not None and registry is not None:
        provenance.check_registry(registry, graph, problems)
        if lineage is not None:
            named = {name for name, form in FORMATS.items() if form.compactable and formats.compacted(name) in files}
            provenance.check_lineage(lineage, registry, graph, files | named, problems)
