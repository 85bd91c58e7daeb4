"""`parity run --bench`: a set of workloads, timed after the comparison in a run of its own: a baseline, or its gate."""

from dataclasses import dataclass
from pathlib import Path

from parity.bench.baselines import baseline_path
from parity.bundle.formats import BASELINE, GATE
from parity.cases.workloads import expand, select
from parity.documents.baseline import Baseline
from parity.documents.elements import parse_dtypes
from parity.documents.gate import Gate
from parity.documents.manifest import Manifest, RunSpec
from parity.documents.report import GateResult, Report, TimedAfter
from parity.documents.workload import MOST_SHARE
from parity.documents.workload_toml import read_workloads
from parity.errors import ExitCode, UsageError
from parity.pipeline import places
from parity.pipeline.baselines import read_baseline
from parity.pipeline.bench import BenchResult, benching
from parity.pipeline.bench_session import BenchRequest, session_fingerprint
from parity.pipeline.gate import GateRequest, judged
from parity.pipeline.progress import Progress

SET = "sentinel"
P99_GATE = "p99_regression"


@dataclass(frozen=True)
class TimingPlan:
    """What will be timed. p99: the manifest's limit. before: the baseline that it is held against, None without one."""

    request: BenchRequest
    p99: float | None
    before: Baseline | None


@dataclass(frozen=True)
class Timed:
    """What came out. gate: None where nothing was held against a baseline."""

    plan: TimingPlan
    result: BenchResult
    gate: Gate | None

    @property
    def kept(self) -> bool:
        """Whether others will be held against these times."""
        return self.result.path != self.result.bundle / BASELINE

    @property
    def p99(self) -> GateResult | None:
        """The gate of the manifest, None without one."""
        return None if self.plan.p99 is None else p99_gate(self.plan.p99, self.gate)

    def exit_code(self, report: Report) -> ExitCode:
        """Of the comparison and of the timing: a bad verdict of either, then one that is open.

        A limit for p99 that nothing could be held to is open, but for the first baseline.
        """
        gate = ExitCode.GOOD if self.gate is None else self.gate.exit_code()
        if gate is ExitCode.GOOD and self.gate is not None and self.p99 is not None and self.p99.status != "pass":
            gate = ExitCode.INCONCLUSIVE
        codes = {report.exit_code(), self.result.exit_code, gate}
        worst_first = (ExitCode.BAD_VERDICT, ExitCode.INCONCLUSIVE)
        return next((code for code in worst_first if code in codes), ExitCode.GOOD)

    def told(self, report: Report) -> Report:
        """The report with where the times are, and with the gate of the manifest."""
        bundle = self.result.bundle
        bench = TimedAfter(
            bundle=places.relative(bundle),
            baseline=places.relative(self.result.path),
            gate=None if self.gate is None else places.relative(bundle / GATE),
        )
        gates = () if self.p99 is None else (self.p99,)
        return report.model_copy(update={"bench": bench, "gates": (*report.gates, *gates)})


def p99_gate(limit: float, gate: Gate | None) -> GateResult:
    """The worst change of any p99; all that can be judged must hold."""
    tails = [row.p99 for row in gate.workloads if row.p99 is not None] if gate is not None else []
    verdicts = {tail.verdict for tail in tails} - {"not_evaluated"}
    return GateResult(
        name=P99_GATE,
        limit=limit,
        measured=max((tail.ratio.value - 1 for tail in tails if tail.ratio is not None), default=None),
        status="failed" if "regressed" in verdicts else "pass" if verdicts == {"pass"} else "not_evaluated",
    )


def timing_plan(manifest: Manifest, out: Path | None) -> TimingPlan:
    """The workloads of the manifest's operations and dtypes, and the baseline of this machine if a limit asks for one.

    Raises InconclusiveError if no workload is of these, UsageError for a manifest that wants no values to be kept and
    for a limit that is no budget, and what reading a set and a baseline raises.
    """
    spec, p99 = manifest.run, manifest.gates.p99_regression
    if manifest.outputs.redact:
        raise UsageError(
            "what is timed is not redacted",
            where="run.bench and outputs.redact",
            expected="one of both",
            hint="time in a run of its own, with `parity bench run`",
        )
    only = _only(spec)
    before = None if p99 is None else _earlier(spec, only, p99, out)
    request = BenchRequest(
        set=SET,
        provider=spec.provider.spec,
        only=only,
        out=out,
        keep="good" if before is None else "never",
        p99=p99,
    )
    return TimingPlan(request, p99, before)


def _only(spec: RunSpec) -> tuple[str, ...]:
    """The names of the workloads that the run chooses, empty for all."""
    path = places.workload_set(SET)
    everything = expand(read_workloads(path), str(path))
    dtypes = parse_dtypes(",".join(spec.dtypes), "run.dtypes") if spec.dtypes else ()
    chosen = select(everything, spec.ops, provider_spec=spec.provider.spec, dtypes=dtypes)
    whole = len(chosen) == len(select(everything, provider_spec=spec.provider.spec))
    return () if whole else tuple(workload.name for workload in chosen)


def _earlier(spec: RunSpec, only: tuple[str, ...], p99: float, out: Path | None) -> Baseline | None:
    """The baseline that lies where that of this run would."""
    if p99 >= MOST_SHARE:
        raise UsageError(
            f"gates.{P99_GATE} is {p99:g}",
            where=f"gates.{P99_GATE}",
            expected=f"a share below {MOST_SHARE:g}, as budgets are",
        )
    kept = baseline_path(places.root_of(out), session_fingerprint(), SET, spec.provider.spec, only or None)
    return read_baseline(kept) if kept.exists() else None


def time_after(plan: TimingPlan, progress: Progress) -> Timed:
    """Time, and judge by the gate where the plan has a baseline. Leaves a bundle, a record, and else the baseline."""
    with benching(plan.request, progress) as live:
        if plan.before is None or plan.p99 is None:
            live.measure()
        else:
            before, p99 = _limited(plan.before, plan.p99), plan.p99
            rounds = GateRequest.rounds
            live.gate = judged(before, lambda names: _limited(live.measure(names), p99), rounds, progress)
            live.limit = p99_gate(p99, live.gate)
    assert live.result is not None
    return Timed(plan, live.result, live.gate)


def _limited(baseline: Baseline, p99: float) -> Baseline:
    """The baseline with the manifest's limit as every workload's budget for p99."""
    workloads = tuple(
        workload.model_copy(
            update={"budget": None if workload.budget is None else workload.budget.model_copy(update={"p99": p99})}
        )
        for workload in baseline.workloads
    )
    return baseline.model_copy(update={"workloads": workloads})
