"""The main job: manifest → plan → open capture → execute → judge → report → bundle."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

import parity
from parity.bundle.layout import Evidence, new_run_id, write_bundle
from parity.calling import Outcome
from parity.cases.planning import Planned, plan
from parity.compare.judge import judge
from parity.documents.case import Case
from parity.documents.elements import parse_dtypes
from parity.documents.manifest import Manifest
from parity.documents.report import ProviderIdentity, Report
from parity.documents.run import Program, RunDocument
from parity.documents.verdict import BAD, Verdict
from parity.errors import UsageError
from parity.execute.pool import Executor
from parity.ops import catalogue
from parity.oracle.store import Capture, open_capture
from parity.pipeline import places
from parity.pipeline.progress import Progress
from parity.providers.spec import load_provider
from parity.report import interchange, junit, markdown
from parity.report.fold import ReportHead, fold, redact


@dataclass(frozen=True)
class RunRequest:
    """manifest: the effective one, flags merged. out: the folder of bundles, None for the default.

    jobs: worker processes, None for one a core. raw_manifest: the user's file as it was read.
    """

    manifest: Manifest
    out: Path | None = None
    jobs: int | None = None
    allow_pure: bool = False
    raw_manifest: bytes | None = None


class RunResult(NamedTuple):
    """The report, with its bundle relative to the current directory; and the bundle's path."""

    report: Report
    bundle: Path


def run(request: RunRequest, progress: Progress) -> RunResult:
    """Do the main job. Writes one bundle, at the end, whole or not at all."""
    manifest = request.manifest
    progress.stage("plan")
    planned = _plan(manifest)
    progress.stage("open capture")
    capture = open_capture(_capture_path(manifest))
    cases = [case for case in planned.plan.cases if case.case_id in capture]
    with _executor(request, planned) as executor:
        provider: ProviderIdentity = executor.identify()
        progress.stage("execute and judge", len(cases))
        judged = list(_judged(cases, executor.outcomes(cases), capture, progress))
    progress.stage("report")
    document = _run_document(request, planned, capture, provider, len(planned.plan.cases) - len(cases))
    shown = tuple(redact(verdict) if manifest.outputs.redact else verdict for verdict in judged)
    report = fold(shown, _head(document))
    progress.stage("bundle")
    bundle = write_bundle(
        places.runs_folder(request.out), _evidence(request, document, planned, cases, shown, report, capture)
    )
    return RunResult(report.model_copy(update={"bundle": _relative(bundle)}), bundle)


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


def _judged(cases: list[Case], outcomes: Iterator[Outcome], capture: Capture, progress: Progress) -> Iterator[Verdict]:
    for case, actual in zip(cases, outcomes, strict=True):
        yield judge(case, capture.outcome(case.case_id), actual, capture.pools)
        progress.advance()


def _run_document(
    request: RunRequest, planned: Planned, capture: Capture, provider: ProviderIdentity, not_captured: int
) -> RunDocument:
    return RunDocument(
        run_id=new_run_id(),
        manifest=request.manifest,
        provider=provider,
        oracle=capture.head.oracle,
        program=Program(
            parity=parity.__version__,
            python=platform.python_version(),
            numpy=np.__version__,
            platform=f"{platform.system()}-{platform.machine()}",
        ),
        plan_digest=planned.plan.digest,
        capture_digest=capture.head.digest,
        catalogue_digest=catalogue.digest(),
        not_captured=not_captured,
        allow_pure=request.allow_pure,
    )


def _head(document: RunDocument) -> ReportHead:
    return ReportHead(
        run_id=document.run_id,
        suite=document.manifest.run.suite,
        provider=document.provider,
        oracle=document.oracle,
        allow_pure=document.allow_pure,
        plan_digest=document.plan_digest,
        capture_digest=document.capture_digest,
        catalogue_digest=document.catalogue_digest,
        not_captured=document.not_captured,
        redacted=document.manifest.outputs.redact,
        max_ulp=document.manifest.gates.max_ulp,
    )


def _evidence(
    request: RunRequest,
    document: RunDocument,
    planned: Planned,
    cases: list[Case],
    verdicts: tuple[Verdict, ...],
    report: Report,
    capture: Capture,
) -> Evidence:
    failed = [(case, verdict) for case, verdict in zip(cases, verdicts, strict=True) if verdict.verdict in BAD]
    return Evidence(
        run=document,
        plan=planned.plan,
        verdicts=verdicts,
        renderings={
            "report.json": interchange.to_json(report),
            "report.md": markdown.render(report).encode(),
            "report.xml": junit.render(report, verdicts),
        },
        failed=() if report.redacted else tuple((case, capture.outcome(case.case_id)) for case, _ in failed),
        pools={} if report.redacted else planned.pools,
        request=request.raw_manifest,
    )


def _relative(bundle: Path) -> str:
    """A path from the current directory, which may lead out of it; absolute only across drives of Windows."""
    return Path(os.path.relpath(bundle)).as_posix()
