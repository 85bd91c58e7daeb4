"""The report of a run: what the verdicts add up to."""

from typing import Any, Literal

from pydantic import Field

from parity.documents.capture import OracleIdentity
from parity.documents.case import Count
from parity.documents.ids import RunId
from parity.documents.model import Document
from parity.documents.verdict import BAD, GOOD, Verdict
from parity.errors import ExitCode


class Counts(Document):
    """Cases by verdict."""

    cases: Count = 0
    exact: Count = 0
    within_tolerance: Count = 0
    known: Count = 0
    diverged: Count = 0
    raised_differently: Count = 0
    crashed: Count = 0
    timed_out: Count = 0
    unsupported: Count = 0
    unexpected_pass: Count = 0

    @property
    def bad(self) -> int:
        """Cases that make the exit code 1."""
        return sum(getattr(self, name) for name in BAD)

    @property
    def good(self) -> int:
        """Cases that were compared and are as they should be."""
        return sum(getattr(self, name) for name in GOOD)


class MatrixRow(Counts):
    """The cases of one op and loop. max_ulp: worst E, null where nothing could be measured."""

    op: str
    loop: str
    max_ulp: float | None = None


class ProviderIdentity(Document):
    """spec: as the user gave it. name, version: as the provider says, version null if it does not."""

    spec: str
    name: str
    version: str | None


class GateResult(Document):
    """A gate of the manifest: its name, limit, what was measured, and whether it held."""

    name: str
    limit: float
    measured: float | None
    status: Literal["pass", "failed", "not_evaluated"]


class TimedAfter(Document):
    """Where the times are that were taken after a comparison; paths relative to the current directory.

    bundle: of the run that took them. baseline: in its place, or in that bundle where an earlier one keeps its place or
    none can be held against it.
    gate: what came of holding them against the earlier one, null without one.
    """

    bundle: str
    baseline: str
    gate: str | None


class Report(Document):
    """parity.report/1. divergences: every case with a bad verdict, in the order of the plan.

    notes: what a reader must know first (a pure-Python oracle, cases that the capture lacks). not_captured: cases of
    the plan that the capture does not have. flags_differ: cases whose floating-point flags or warnings are other than
    the oracle's (reported apart, not fatal). bundle: relative to the current directory, null if none was written.
    bench: what was timed afterwards, absent if nothing was; no bundle's own report has it.
    """

    schema_: Literal["parity.report/1"] = Field(default="parity.report/1", alias="schema")
    run_id: RunId
    suite: str
    provider: ProviderIdentity
    oracle: OracleIdentity
    allow_pure: bool = False
    notes: tuple[str, ...] = ()
    plan_digest: str
    capture_digest: str
    catalogue_digest: str
    not_captured: Count = 0
    redacted: bool = False
    flags_differ: Count = 0
    totals: Counts
    matrix: tuple[MatrixRow, ...]
    divergences: tuple[Verdict, ...]
    gates: tuple[GateResult, ...] = ()
    bundle: str | None = None
    bench: TimedAfter | None = None

    def full(self) -> dict[str, Any]:
        """The document as JSON values, without `bench` where nothing was timed."""
        return {name: value for name, value in super().full().items() if name != "bench" or value is not None}

    def exit_code(self) -> ExitCode:
        """The exit code of the run (design section 4)."""
        if self.totals.bad or any(gate.status == "failed" for gate in self.gates):
            return ExitCode.BAD_VERDICT
        # A pure-Python oracle leaves out by design what it cannot answer; a recording of NumPy should lack nothing.
        pure = self.oracle.source == "pure_python"
        reaches = self.allow_pure if pure else not self.not_captured
        if not self.totals.good or not reaches:
            return ExitCode.INCONCLUSIVE
        return ExitCode.GOOD
