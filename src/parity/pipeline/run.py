"""The main job: manifest → plan → open capture → execute → judge → report → bundle → seal → ledger."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from parity.bundle import failures
from parity.bundle.compaction import compact_long, demand
from parity.bundle.writer import BundleWriter, live_bundle
from parity.cases.planning import Planned, plan
from parity.compare.judge import judge
from parity.documents.case import Case
from parity.documents.durable import sweep
from parity.documents.elements import parse_dtypes
from parity.documents.manifest import Manifest
from parity.documents.model import canonical
from parity.documents.report import ProviderIdentity, Report
from parity.documents.run import RunDocument
from parity.documents.verdict import BAD, Verdict
from parity.errors import UsageError
from parity.execute.pool import Executor
from parity.ops import catalogue
from parity.oracle.store import Capture, open_capture, read_head
from parity.pipeline import evidence, places
from parity.pipeline.evidence import ORACLE, PROVIDER, SUITE, code_of
from parity.pipeline.progress import Progress
from parity.pipeline.protection import protect
from parity.pipeline.recording import Recording
from parity.providers.sources import source_files
from parity.providers.spec import load_provider
from parity.report.fold import fold, head_of, redact


@dataclass(frozen=True)
class RunRequest:
    """manifest: the effective one, flags merged. out: the folder of bundles, None for the default.

    jobs: worker processes, None for one a core. manifest_path, raw_manifest: the user's file, and as it was read.
    compact: keep long files of lines as Parquet.
    """

    manifest: Manifest
    out: Path | None = None
    jobs: int | None = None
    allow_pure: bool = False
    manifest_path: Path | None = None
    raw_manifest: bytes | None = None
    compact: bool = False


class RunResult(NamedTuple):
    """The report, with its bundle relative to the current directory; and the bundle's path."""

    report: Report
    bundle: Path


def run(request: RunRequest, progress: Progress) -> RunResult:
    """Do the main job. Leaves a bundle, which appears when it is complete and sealed, and a record in the ledger."""
    manifest, runs = request.manifest, places.runs_folder(request.out)
    if request.compact:
        demand()
    recording = Recording(manifest, request.manifest_path, places.ledger_path(request.out), progress)
    swept = sweep(runs)
    with recording.of_failure(), live_bundle(runs, recording.run_id, redact=manifest.outputs.redact) as bundle:
        for name in swept:
            bundle.event("swept", temporary=name)
        report = _compare(request, bundle, recording, progress)
        progress.stage("seal")
        protect(bundle.place, manifest.outputs.seal_overhead)
    path = runs / recording.run_id.text
    recording.of_result(report, path)
    return RunResult(report.model_copy(update={"bundle": places.relative(path)}), path)


def _plan(manifest: Manifest) -> Planned:
    spec = manifest.run
    dtypes = parse_dtypes(",".join(spec.dtypes), "run.dtypes") if spec.dtypes else ()
    planned = plan(spec.suite, spec.ops, dtypes, spec.seed)
    allowed = manifest.budgets.cases
    if allowed is not None and len(planned.plan.cases) > allowed:
        raise UsageError(
            f"the plan has {len(planned.plan.cases)} cases, the budget allows for {allowed}",
            where="budgets.cases",
            hint="raise the budget, choose a smaller suite, or fewer operations",
        )
    return planned


def _compare(request: RunRequest, bundle: BundleWriter, recording: Recording, progress: Progress) -> Report:
    """From the plan to the report, each stage with what it leaves in the bundle."""
    manifest = request.manifest
    progress.stage("plan")
    evidence.declare_suite(bundle, manifest)
    chosen = evidence.plan_params(manifest)
    with bundle.stage("plan", "plan", inputs=(SUITE,), params=chosen, code=code_of(plan)) as stage:
        planned = _plan(manifest)
        evidence.keep_plan(bundle, stage, planned.plan)

    progress.stage("open capture")
    path = _capture_path(manifest)
    head = read_head(path)
    evidence.declare_oracle(bundle, path, head)
    with bundle.stage("open_capture", "open", inputs=(ORACLE,), code=code_of(open_capture)) as stage:
        capture = open_capture(path)
        evidence.opened(stage, head)
    cases = [case for case in planned.plan.cases if case.case_id in capture]

    spec = manifest.run.provider.spec
    files = source_files(spec)
    evidence.declare_provider(bundle, spec, files)
    recording.reads(path, head, files)
    with _executor(request, planned) as executor:
        with bundle.stage("load_provider", "load", inputs=(PROVIDER,), code=code_of(load_provider)) as stage:
            provider = executor.identify()
            evidence.loaded(stage, provider)
        recording.begins()
        progress.stage("execute and judge", len(cases))
        inputs = ("plan", "open_capture", "load_provider")
        with bundle.stage("judge", "execute_and_judge", inputs=inputs, code=code_of(judge)) as stage:
            started, lines = time.monotonic(), bundle.lines("verdicts.ndjson", "parity.verdict/1")
            verdicts = []
            for verdict in _judged(cases, executor, capture, progress):
                verdicts.append(redact(verdict) if bundle.redact else verdict)
                lines.append(canonical(verdicts[-1].plain()) + b"\n")
            seconds = time.monotonic() - started
            evidence.keep_verdicts(bundle, stage, lines, verdicts, seconds)

    progress.stage("report")
    document = _document(request, recording, planned, capture, provider, len(planned.plan.cases) - len(cases))
    evidence.keep_run(bundle, document)
    report = fold(verdicts, head_of(document))
    with bundle.stage("report", "fold", inputs=("judge",), code=code_of(fold)) as stage:
        evidence.keep_report(bundle, stage, report, verdicts)
    failed = [case for case, verdict in zip(cases, verdicts, strict=True) if verdict.verdict in BAD]
    inputs = ("plan", "open_capture", "judge")
    with bundle.stage("keep_failures", "keep", inputs=inputs, code=code_of(failures.encode)) as stage:
        answers = [(case, capture.outcome(case.case_id)) for case in failed]
        evidence.keep_failures(bundle, stage, planned, answers, request.raw_manifest)
    toml = evidence.run_toml(document, planned.plan, report, seconds)
    recording.produces(bundle.finish(toml, compact_long if request.compact else None))
    return report


def _capture_path(manifest: Manifest) -> Path:
    named = manifest.run.oracle
    return places.default_capture() if named == "auto" else Path(named)


def _executor(request: RunRequest, planned: Planned) -> Executor:
    budgets, spec = request.manifest.budgets, request.manifest.run.provider.spec
    return Executor(
        partial(load_provider, spec),
        planned.pools,
        jobs=request.jobs,
        memory_mib=budgets.memory_mib,
        seconds=budgets.seconds,
    )


def _judged(cases: list[Case], executor: Executor, capture: Capture, progress: Progress) -> Iterator[Verdict]:
    for case, actual in zip(cases, executor.outcomes(cases), strict=True):
        yield judge(case, capture.outcome(case.case_id), actual, capture.pools)
        progress.advance()


def _document(
    request: RunRequest,
    recording: Recording,
    planned: Planned,
    capture: Capture,
    provider: ProviderIdentity,
    not_captured: int,
) -> RunDocument:
    return RunDocument(
        run_id=recording.run_id,
        manifest=request.manifest,
        provider=provider,
        oracle=capture.head.oracle,
        program=evidence.program(),
        plan_digest=planned.plan.digest,
        capture_digest=capture.head.digest,
        catalogue_digest=catalogue.digest(),
        not_captured=not_captured,
        allow_pure=request.allow_pure,
    )
