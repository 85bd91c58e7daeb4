"""From verdicts to a report: a pure function, so that anyone can derive a kept report again, byte for byte."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parity.documents.capture import OracleIdentity
from parity.documents.ids import RunId
from parity.documents.report import Counts, GateResult, MatrixRow, ProviderIdentity, Report
from parity.documents.run import RunDocument
from parity.documents.verdict import BAD, Verdict
from parity.ops.catalogue import CATALOGUE

LIVE_NOTE = "The oracle is NumPy as it answered in this run: no capture was compared with."
PURE_NOTE = "The oracle is pure Python: this is no evidence about NumPy."


@dataclass(frozen=True)
class ReportHead:
    """What a report says that does not come from verdicts; the names are those of Report.

    max_ulp: the manifest's gates, limits by operation. extra_notes: come after the notes that the fold finds itself.
    """

    run_id: RunId
    suite: str
    provider: ProviderIdentity
    oracle: OracleIdentity
    plan_digest: str
    capture_digest: str
    catalogue_digest: str
    allow_pure: bool = False
    not_captured: int = 0
    redacted: bool = False
    max_ulp: Mapping[str, float] = field(default_factory=dict)
    bundle: str | None = None
    extra_notes: tuple[str, ...] = ()


def head_of(run: RunDocument) -> ReportHead:
    """What a run's own document says of its report; with the verdicts it gives the report, whenever that is asked."""
    return ReportHead(
        run_id=run.run_id,
        suite=run.manifest.run.planned,
        provider=run.provider,
        oracle=run.oracle,
        allow_pure=run.allow_pure,
        plan_digest=run.plan_digest,
        capture_digest=run.capture_digest,
        catalogue_digest=run.catalogue_digest,
        not_captured=run.not_captured,
        redacted=run.manifest.outputs.redact,
        max_ulp=run.manifest.gates.max_ulp,
        extra_notes=(LIVE_NOTE,) if run.live else (),
    )


@dataclass
class _Tally:
    """The cases of one row so far. unmeasured: one of them failed a class, so that no distance exists."""

    counts: Counter[str] = field(default_factory=Counter)
    worst: float = 0.0
    unmeasured: bool = False

    def add(self, verdict: Verdict) -> None:
        self.counts[verdict.verdict] += 1
        if verdict.verdict in ("exact", "unsupported"):
            return
        measured = verdict.ulp is not None and math.isfinite(verdict.ulp) and verdict.failed_class in (None, "value")
        if measured and verdict.ulp is not None:
            self.worst = max(self.worst, verdict.ulp)
        else:
            self.unmeasured = True

    @property
    def compared(self) -> int:
        return self.counts.total() - self.counts["unsupported"]

    @property
    def max_ulp(self) -> float | None:
        return None if self.unmeasured or not self.compared else self.worst


def fold(verdicts: Iterable[Verdict], head: ReportHead) -> Report:
    """Add up the verdicts, given in the order of the plan, into a report.

    The matrix is in the order of the catalogue. A row's max_ulp is the worst E of its cases: 0 where all are exact,
    null where one failed a class or nothing was compared. With head.redacted no value is in the report.
    """
    tallies: dict[tuple[str, str], _Tally] = {}
    divergences: list[Verdict] = []
    flags_differ = 0
    for verdict in verdicts:
        tallies.setdefault((verdict.op, verdict.loop), _Tally()).add(verdict)
        flags_differ += verdict.flags is not None
        if verdict.verdict in BAD:
            divergences.append(redact(verdict) if head.redacted else verdict)
    totals: Counter[str] = Counter()
    for tally in tallies.values():
        totals += tally.counts
    return Report(
        run_id=head.run_id,
        suite=head.suite,
        provider=head.provider,
        oracle=head.oracle,
        allow_pure=head.allow_pure,
        notes=_notes(totals, head),
        plan_digest=head.plan_digest,
        capture_digest=head.capture_digest,
        catalogue_digest=head.catalogue_digest,
        not_captured=head.not_captured,
        redacted=head.redacted,
        flags_differ=flags_differ,
        totals=Counts(cases=totals.total(), **totals),
        matrix=tuple(
            MatrixRow(op=op, loop=loop, max_ulp=tally.max_ulp, cases=tally.counts.total(), **tally.counts)
            for (op, loop), tally in sorted(tallies.items(), key=lambda item: _catalogue_order(*item[0]))
        ),
        divergences=tuple(divergences),
        gates=tuple(_gate(op, limit, tallies) for op, limit in sorted(head.max_ulp.items())),
        bundle=head.bundle,
    )


def _catalogue_order(op: str, loop: str) -> tuple[int, str, int, str, str]:
    """Row, method, loop; what the catalogue does not know comes last, by name."""
    name, _, method = op.partition(".")
    row = CATALOGUE.get(name)
    loops = () if row is None else (*row.loops, *row.reduce_loops)
    position = list(CATALOGUE).index(name) if row else len(CATALOGUE)
    return position, method, loops.index(loop) if loop in loops else len(loops), op, loop


def _notes(totals: Counter[str], head: ReportHead) -> tuple[str, ...]:
    notes = []
    if head.oracle.source == "pure_python":
        notes.append(PURE_NOTE)
    if not totals.total() - totals["unsupported"]:
        lacking = "the provider has none of the operations" if totals["unsupported"] else "no case was run"
        notes.append(f"Nothing was compared: {lacking}.")
    if head.not_captured:
        cases = "case of the plan is" if head.not_captured == 1 else "cases of the plan are"
        notes.append(f"{head.not_captured:,} {cases} not in the capture and not judged.")
    if head.redacted:
        notes.append("Values are redacted.")
    return (*notes, *head.extra_notes)


def _gate(op: str, limit: float, tallies: Mapping[tuple[str, str], _Tally]) -> GateResult:
    """max_ulp of an operation and its methods.

    A case without a distance (it failed a class) breaks the gate whatever the others measured: NaN for a number is
    worse than any number of ULPs.
    """
    rows = [tally for (name, _), tally in tallies.items() if name.partition(".")[0] == op and tally.compared]
    name = f"max_ulp.{op}"
    if not rows:
        return GateResult(name=name, limit=limit, measured=None, status="not_evaluated")
    if any(tally.unmeasured for tally in rows):
        return GateResult(name=name, limit=limit, measured=None, status="failed")
    worst = max(tally.worst for tally in rows)
    return GateResult(name=name, limit=limit, measured=worst, status="pass" if worst <= limit else "failed")


def redact(verdict: Verdict) -> Verdict:
    """The verdict without bits, positions, distances in representations and words that may quote a value.

    E stays: the matrix needs it, and it alone does not say what the value was.
    """
    gone = dict.fromkeys(("index", "expected_bits", "actual_bits", "distance", "condition", "message"))
    return verdict.model_copy(update=gone)
