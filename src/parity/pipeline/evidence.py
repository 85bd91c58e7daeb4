"""What each stage of a run leaves in its bundle: assets, outputs with fingerprints, files."""

import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

import parity
from parity.bundle import failures
from parity.bundle.datasets import OWN, combined_sources, make_asset, pointer_to
from parity.bundle.redaction import redacted_plan
from parity.bundle.telemetry import cut
from parity.bundle.writer import BundleWriter, Lines, Stage
from parity.calling import Outcome
from parity.cases.planning import Planned
from parity.documents.capture import CaptureHead
from parity.documents.case import Case, Plan
from parity.documents.elements import ELEMENTS
from parity.documents.manifest import Manifest
from parity.documents.model import canonical, pretty, sha256
from parity.documents.report import GateResult, ProviderIdentity, Report
from parity.documents.run import Program, RunDocument
from parity.documents.run_toml import BudgetHeld, BudgetsHeld, GateHeld, GatesHeld, Residual, RunToml
from parity.documents.verdict import BAD, Verdict
from parity.ops import catalogue
from parity.pipeline import places
from parity.pipeline.report import RENDERING, renderings

SUITE, ORACLE, PROVIDER = "suite", "oracle", "provider"
"""Names of the assets that a run reads."""

MOST_EVENTS = 100
"""Bad cases that become events; all are in verdicts.ndjson."""


def code_of(function: Callable[..., Any]) -> str:
    """The code reference of a stage."""
    return f"{function.__module__}:{function.__qualname__}@{parity.__version__}"


def program() -> Program:
    """What parity itself runs on."""
    return Program(
        parity=parity.__version__,
        python=platform.python_version(),
        numpy=np.__version__,
        platform=f"{platform.system()}-{platform.machine()}",
        rendering=RENDERING,
    )


def as_called() -> tuple[str, ...]:
    """The command: of paths of this machine the last part only, and what is no UTF-8 escaped."""
    words = [word.encode("utf-8", "backslashreplace").decode() for word in sys.argv[1:]]
    return ("parity", *(Path(word).name if Path(word).is_absolute() else word for word in words))


# -- what a run reads --------------------------------------------------------------------------------------------------


def declare_suite(bundle: BundleWriter, manifest: Manifest) -> None:
    """The case set: it follows from the catalogue, the suite's name and the seed."""
    spec = manifest.run
    asset = make_asset(
        "case_set",
        SUITE,
        pointer="package:parity/cases/suites.py",
        content=catalogue.digest(),
        source=f"parity {parity.__version__}, suite {spec.suite}, seed {spec.seed}",
        schema="parity.ops/1",
        license_=OWN,
    )
    bundle.asset(asset)


def declare_oracle(bundle: BundleWriter, path: Path, head: CaptureHead) -> None:
    """The capture, by the digest in its head, which covers all of it."""
    packaged = places.fixtures() if path.resolve().is_relative_to(places.fixtures().resolve()) else None
    who = f"NumPy {head.oracle.numpy}" if head.oracle.numpy else "pure Python"
    asset = make_asset(
        "capture",
        ORACLE,
        pointer=pointer_to(path, packaged),
        content=head.digest,
        source=f"{who} ({head.oracle.source})",
        schema=head.schema_,
        license_=OWN,
    )
    bundle.asset(asset)


def declare_provider(bundle: BundleWriter, spec: str, files: Sequence[tuple[str, Path]]) -> None:
    """The provider, by its source files where parity can find them, else by its spec."""
    digest = combined_sources(files)
    asset = make_asset(
        "provider",
        PROVIDER,
        pointer=pointer_to(Path(spec)) if spec.endswith(".py") else f"elsewhere:{spec.replace('/', '_')}",
        content=digest or sha256(spec.encode()),
        source="source files" if digest else "its spec alone",
        schema="python",
    )
    bundle.asset(asset)


# -- what its stages give ----------------------------------------------------------------------------------------------


def plan_params(manifest: Manifest) -> dict[str, Any]:
    """What decides a plan besides the catalogue."""
    spec = manifest.run
    return {"suite": spec.planned, "ops": ",".join(spec.ops), "dtypes": ",".join(spec.dtypes), "seed": spec.seed}


def keep_plan(bundle: BundleWriter, stage: Stage, plan: Plan) -> None:
    """plan.json: without values where these are redacted."""
    kept = redacted_plan(plan) if bundle.redact else plan
    cases = b",".join([canonical(case.plain()) for case in kept.cases])  # one by one: 0.5 s less than all at once
    rest = canonical(kept.model_dump(mode="json", by_alias=True, exclude={"cases"}))
    content = b'{"cases":[' + cases + b"]," + rest[1:] + b"\n"
    file = bundle.write("plan.json", content, kept.schema_)
    stage.output("plan.json", fingerprint=file.sha256, bytes=file.size, rows=len(plan.cases))
    bundle.lineage("plan.json", "plan", "was_generated_by")
    bundle.metric("cases.planned", len(plan.cases), "{case}")


def opened(stage: Stage, head: CaptureHead) -> None:
    """A capture that is there already."""
    size = sum(file.size for file in head.files)
    stage.output("capture", fingerprint=head.digest, bytes=size, rows=head.cases, cache="hit")


def loaded(stage: Stage, provider: ProviderIdentity) -> None:
    """A provider that says who it is."""
    identity = canonical(provider.full())
    stage.output("identity", fingerprint=sha256(identity), bytes=len(identity))


def keep_verdicts(bundle: BundleWriter, stage: Stage, file: Lines, verdicts: Sequence[Verdict], seconds: float) -> None:
    """verdicts.ndjson, of which all lines are written; and how long that took."""
    file.flush()
    stage.output("verdicts.ndjson", fingerprint=file.file.sha256, bytes=file.file.size, rows=len(verdicts))
    for verdict in [verdict for verdict in verdicts if verdict.verdict in BAD][:MOST_EVENTS]:
        bundle.event("case.bad", case_id=verdict.case_id, verdict=verdict.verdict)
    bundle.lineage("verdicts.ndjson", "judge", "was_generated_by")
    for asset in (SUITE, ORACLE, PROVIDER):
        bundle.lineage("judge", asset, "used")
    bundle.metric("cases.judged", len(verdicts), "{case}")
    bundle.metric("judge.seconds", round(seconds, 6), "s")


def keep_report(bundle: BundleWriter, stage: Stage, report: Report, verdicts: Sequence[Verdict]) -> None:
    """The report in every form."""
    for name, content in renderings(report, verdicts).items():
        file = bundle.write(name, content, report.schema_ if name == "report.json" else None)
        stage.output(name, fingerprint=file.sha256, bytes=file.size)
        bundle.lineage(name, "verdicts.ndjson", "was_derived_from")


def keep_failures(
    bundle: BundleWriter,
    stage: Stage,
    planned: Planned,
    failed: Sequence[tuple[Case, Outcome]],
    raw_manifest: bytes | None,
) -> None:
    """What it takes to reproduce a failure: the cases with the oracle's answers, and the pools; neither if redacted."""
    files = {
        "artifacts/failures.ndjson": b"" if bundle.redact else failures.encode(failed),
        "artifacts/pools.bin": b""
        if bundle.redact
        else b"".join(planned.pools[pool.name] for pool in planned.plan.pools),
    }
    if raw_manifest is not None:
        files["artifacts/manifest.yaml"] = raw_manifest
    for name, content in files.items():
        file = bundle.write(name, content, "parity.failure/1" if name.endswith(".ndjson") else None)
        stage.output(name.rpartition("/")[2], fingerprint=file.sha256, bytes=file.size)


def keep_run(bundle: BundleWriter, document: RunDocument) -> None:
    """run.json."""
    bundle.write("run.json", pretty(document.full()), document.schema_)


def run_toml(
    document: RunDocument,
    plan: Plan,
    report: Report,
    seconds: float,
    flow: Literal["run", "bench"] = "run",
    p99: GateResult | None = None,
) -> RunToml:
    """manifest.toml: what was asked for, and whether it held. seconds: that the budget counts. p99: of a timed run."""
    manifest = document.manifest
    budgets, worst = manifest.budgets, [row.max_ulp for row in report.matrix if row.max_ulp is not None]
    return RunToml(
        flow_name=flow,
        run_id=document.run_id,
        dtypes=_dtypes(plan),
        invariants_present=True,
        invariants=(
            *(() if document.live else ("capture_matches_its_digests",)),
            "each_case_has_one_verdict",
            "report_follows_from_verdicts",
            *(("no_values",) if manifest.outputs.redact else ()),
        ),
        redact_artifacts=manifest.outputs.redact,
        versions={"parity": document.program.parity, "python": document.program.python}
        | ({"numpy": document.program.numpy, "oracle": document.oracle.numpy or "pure"})
        | ({"provider": cut(document.provider.version)} if document.provider.version else {}),
        gates=GatesHeld(
            max_ulp={
                gate.name.removeprefix("max_ulp."): GateHeld(
                    limit=gate.limit, measured=gate.measured, status=gate.status
                )
                for gate in report.gates
            },
            p99_regression=GateHeld(
                limit=manifest.gates.p99_regression,
                measured=None if p99 is None else p99.measured,
                status="not_evaluated" if p99 is None else p99.status,
            )
            if manifest.gates.p99_regression is not None
            else None,
        ),
        budgets=BudgetsHeld(
            seconds=_held(budgets.seconds, round(seconds, 3)),
            memory_mib=_held(budgets.memory_mib, None),  # the kernel holds each worker to it, and tells no peak
            cases=_held(budgets.cases, len(plan.cases)),
        ),
        seeds={"plan": manifest.run.seed},
        residual=Residual(norm_type="max", units="ulp", worst=max(worst, default=None)),
    )


def _held(limit: int | None, used: float | None) -> BudgetHeld | None:
    return None if limit is None else BudgetHeld(limit=limit, used=used, held=used is None or used <= limit)


def _dtypes(plan: Plan) -> tuple[str, ...]:
    """Element types that the loops of a plan take, in the order of the table of elements."""
    taken = {char for case in plan.cases for char in case.loop.partition("->")[0]}
    return tuple(element.short for char, element in ELEMENTS.items() if char in taken)
