"""Time a set of workloads: judge each answer → time in fresh processes → baseline → bundle → seal → ledger."""

import contextlib
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from parity.bench import processes, summary
from parity.bundle import failures
from parity.bundle.formats import BASELINE
from parity.bundle.writer import BundleWriter, live_bundle
from parity.cases.planning import Planned, planned_of
from parity.cases.workloads import expand
from parity.compare.judge import judge
from parity.documents.baseline import Baseline
from parity.documents.durable import sweep
from parity.documents.gate import Gate
from parity.documents.manifest import Manifest
from parity.documents.model import canonical, sha256
from parity.documents.report import GateResult, Report
from parity.documents.run import RunDocument
from parity.errors import ExitCode, StorageError
from parity.ops import catalogue
from parity.pipeline import bench_evidence, evidence, places
from parity.pipeline.baseline_store import keep_baseline
from parity.pipeline.bench_session import BenchRequest, Session, with_samples
from parity.pipeline.evidence import code_of
from parity.pipeline.pictures import pictures
from parity.pipeline.progress import Progress
from parity.pipeline.protection import protect
from parity.pipeline.recording import Recording
from parity.report.fold import fold, head_of


@dataclass(frozen=True)
class BenchResult:
    """baseline, and where it lies: in its place, else in the bundle. report: of the answers."""

    baseline: Baseline
    path: Path
    bundle: Path
    report: Report

    @property
    def exit_code(self) -> ExitCode:
        """That of the answers; inconclusive where nothing was timed."""
        timed = any(workload.numpy_ratio is not None for workload in self.baseline.workloads)
        code = self.report.exit_code()
        return code if code is ExitCode.BAD_VERDICT or timed else ExitCode.INCONCLUSIVE


class LiveBench:
    """A run that times workloads, as long as more may be asked of it; `benching` makes one and ends it.

    gate: to be kept in the bundle, if there is one. limit: what became of the manifest's limit for p99. result: is
    there when the block of `benching` has ended.
    """

    def __init__(self, session: Session, bundle: BundleWriter) -> None:
        self.session, self.bundle = session, bundle
        self.rounds = 0
        self.gate: Gate | None = None
        self.limit: GateResult | None = None
        self.result: BenchResult | None = None

    def measure(self, names: Collection[str] | None = None) -> Baseline:
        """Time a round more (all workloads, or those of these names), and give the baseline of all rounds."""
        key = "time" if not self.rounds else f"time_again_{self.rounds}"
        inputs = ("judge",) if not self.rounds else ("judge", "time")
        self.rounds += 1
        with self.bundle.stage(key, "time", inputs=inputs, code=code_of(processes.time_process)) as stage:
            self.session.time_round(names)
            baseline = self.session.baseline()
            content = canonical([[w.name, w.processes.plain()] for w in baseline.workloads])
            stage.output("log_ratios", fingerprint=sha256(content), bytes=len(content), rows=len(baseline.workloads))
            assert baseline.control is not None
            stage.attribute("control", baseline.control.verdict)
        return baseline


@contextlib.contextmanager
def benching(request: BenchRequest, progress: Progress) -> Iterator[LiveBench]:
    """A run whose block times as often as it likes; then a sealed bundle, a baseline, and a line of the ledger."""
    session = Session(request, progress)
    runs = places.runs_folder(request.out)
    manifest = bench_evidence.manifest_of(
        session.set.name, request.provider, request.ops, session.set.seed, request.p99
    )
    recording = Recording(manifest, None, places.ledger_path(request.out), progress)
    recording.reads_files({"workloads.toml": session.set_path}, session.sources)
    swept = sweep(runs)
    with recording.of_failure(), live_bundle(runs, recording.run_id, root="bench") as bundle:
        for name in swept:
            bundle.event("swept", temporary=name)
        planned = _judge(session, bundle, manifest)
        recording.begins()
        live = LiveBench(session, bundle)
        yield live
        progress.stage("bundle")
        baseline, data = with_samples(session)
        document = _document(recording, manifest, session, planned, baseline)
        files = pictures(baseline, session.timings(), live.gate)
        report = _keep(bundle, session, planned, document, baseline, data, files, live.gate)
        seconds = time.monotonic() - session.clock
        toml = evidence.run_toml(document, planned.plan, report, seconds, "bench", live.limit)
        recording.produces(bundle.finish(toml))
        protect(bundle.place)
    path = runs / recording.run_id.text
    recording.of_result(report, path)
    place = path / BASELINE
    if request.keep == "always" or (request.keep == "good" and _is_reference(report, baseline)):
        place = _kept(places.root_of(request.out), baseline, data, files, place)
    live.result = BenchResult(baseline, place, path, report)


def bench(request: BenchRequest, progress: Progress) -> BenchResult:
    """Time the workloads of a request in one round."""
    with benching(request, progress) as live:
        live.measure()
        if request.scaling:
            live.session.scale()
    assert live.result is not None
    return live.result


def _judge(session: Session, bundle: BundleWriter, manifest: Manifest) -> Planned:
    bench_evidence.declare_workloads(bundle, session.set_path, session.set)
    evidence.declare_provider(bundle, session.request.provider, session.sources)
    params = evidence.plan_params(manifest) | {"only": ",".join(session.request.only)}
    asked = (bench_evidence.WORKLOADS,)
    with bundle.stage("plan", "plan", inputs=asked, params=params, code=code_of(expand)) as stage:
        cases = tuple(workload.case for workload in session.workloads)
        planned = planned_of(manifest.run.planned, session.set.seed, cases)
        evidence.keep_plan(bundle, stage, planned.plan)
    inputs = ("plan", evidence.PROVIDER)
    with bundle.stage("judge", "execute_and_judge", inputs=inputs, code=code_of(judge)) as stage:
        session.judge()
        identity = canonical(session.judgement.identity.full())
        stage.output("identity", fingerprint=sha256(identity), bytes=len(identity))
    return planned


def _is_reference(report: Report, baseline: Baseline) -> bool:
    """Whether others can be held against it: not where an answer is bad, or the control saw what is not there."""
    return not report.totals.bad and baseline.control is not None and baseline.control.verdict == "same"


def _kept(root: Path, baseline: Baseline, data: bytes, files: Mapping[str, bytes], there: Path) -> Path:
    """The baseline in its place. there: where it is already, for who cannot have it here, too."""
    try:
        return keep_baseline(root, baseline, data, files)
    except StorageError as error:
        hint = f"{error.hint}; " if error.hint else ""
        error.hint = f"{hint}nothing is lost: it is in the bundle of its run, {there}"
        raise


def _document(
    recording: Recording, manifest: Manifest, session: Session, planned: Planned, baseline: Baseline
) -> RunDocument:
    answers = {judged.workload.case.case_id: judged.expected for judged in session.judgement.judged.values()}
    return RunDocument(
        run_id=recording.run_id,
        manifest=manifest,
        provider=baseline.provider,
        oracle=bench_evidence.live_oracle(baseline.fingerprint),
        program=evidence.program(),
        plan_digest=planned.plan.digest,
        capture_digest=bench_evidence.answers_digest(answers),
        catalogue_digest=catalogue.digest(),
        not_captured=0,
        allow_pure=False,
        live=True,
    )


def _keep(
    bundle: BundleWriter,
    session: Session,
    planned: Planned,
    document: RunDocument,
    baseline: Baseline,
    data: bytes,
    files: Mapping[str, bytes],
    gate: Gate | None,
) -> Report:
    """Everything that follows from what was measured."""
    verdicts = session.verdicts
    with bundle.stage("verdicts", "keep", inputs=("judge", "time"), code=code_of(judge)) as stage:
        bench_evidence.keep_verdicts(bundle, stage, verdicts)
    with bundle.stage("baseline", "summarize", inputs=("time",), code=code_of(summary.result)) as stage:
        bench_evidence.keep_baseline(bundle, stage, baseline, data, files)
        if gate is not None:
            bench_evidence.keep_gate(bundle, stage, gate)
    evidence.keep_run(bundle, document)
    report = fold(verdicts, head_of(document))
    with bundle.stage("report", "fold", inputs=("verdicts",), code=code_of(fold)) as stage:
        evidence.keep_report(bundle, stage, report, verdicts)
    with bundle.stage("keep_failures", "keep", inputs=("plan",), code=code_of(failures.encode)) as stage:
        evidence.keep_failures(bundle, stage, planned, (), None)
    return report
