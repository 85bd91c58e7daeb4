"""What came of comparing two baselines: a gate, which judges, and a comparison, which only tells.

All changes are oriented alike: how many times as long it takes now as it took in the baseline, so above 1 is slower.
"""

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field

from parity.documents.baseline import Interval, Positive
from parity.documents.case import Count
from parity.documents.model import Document, Id16, Sha256
from parity.documents.report import ProviderIdentity
from parity.documents.workload import Share
from parity.errors import ExitCode

GateVerdict = Literal["pass", "regressed", "inconclusive", "not_comparable"]
RowVerdict = Literal["pass", "regressed", "inconclusive", "not_comparable", "not_evaluated"]
"""Of one workload or percentile. `not_evaluated`: there is nothing that could be judged, and nothing is lost by it."""

Percentile = Literal["p50", "p99"]
Probability = Annotated[float, Field(ge=0, le=1)]


class Side(Document):
    """One of two baselines: what was measured, when, and by which parity. control: its A/A verdict, null if imported.

    processes: fresh ones that timed each workload, the fewest of any.
    """

    set: str
    origin: Literal["measured", "imported"]
    provider: ProviderIdentity
    sources_sha256: Sha256 | None
    parity: str
    git_head: str | None
    git_dirty: bool | None
    started: str
    control: Literal["same", "different"] | None
    processes: Count


class Machine(Document):
    """Where it was measured, in short. id: of the baseline's fingerprint."""

    id: Id16
    cpu_model: str
    cores: Count
    os: str
    python: str
    numpy: str


class Judgement(Document):
    """One percentile of one workload. ratio: null where there are too few processes for an interval.

    budget: how much slower it may become, as a share. p: of 'no slower by half of the budget', adjusted over all tests
    of the gate. reason: in words.
    """

    verdict: RowVerdict
    reason: str
    ratio: Interval | None = None
    budget: Share | None = None
    p: Probability | None = None


class GateRow(Judgement):
    """One workload: the figures are those of the typical call, the verdict is the worse one of p50 and p99.

    p99: of the slow calls; null where no budget is set for them. processes: of the baseline and now. confirmed: whether
    the processes of later rounds alone show a suspected regression, too; null where nothing was suspected or repeated.
    """

    name: str
    op: str
    p99: Judgement | None = None
    processes: tuple[Count, Count] = (0, 0)
    confirmed: bool | None = None


class Missing(Document):
    """A workload without times now that has some in the baseline, or is new and wrong; and why."""

    name: str
    reason: str


class Gate(Document):
    """parity.gate/1. before: the baseline. after: what is judged. rounds: of measuring, 1 if nothing was repeated.

    differences: fields in which the fingerprints differ, in words. notes: what a reader must know besides. workloads:
    of the baseline, those that are missing excepted, in its order. new: names that the baseline lacks; not judged.
    """

    schema_: Literal["parity.gate/1"] = Field(default="parity.gate/1", alias="schema")
    verdict: GateVerdict
    machine: Machine
    before: Side
    after: Side
    rounds: Annotated[int, Field(ge=1)] = 1
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    workloads: tuple[GateRow, ...]
    missing: tuple[Missing, ...] = ()
    new: tuple[str, ...] = ()

    @property
    def controlled(self) -> bool:
        """Whether the control of neither side saw a difference where there is none."""
        return "different" not in (self.before.control, self.after.control)

    def counts(self) -> dict[str, int]:
        """Workloads by verdict, the worst verdict first, those that do not occur left out; `missing` is one, too."""
        found = Counter(row.verdict for row in self.workloads)
        counts: dict[str, int] = {"missing": len(self.missing)}
        counts |= {name: found[name] for name in WORST_FIRST}
        return {name: count for name, count in counts.items() if count}

    def exit_code(self) -> ExitCode:
        """0 for pass, 1 for regressed, 3 where the evidence does not reach."""
        return {"pass": ExitCode.GOOD, "regressed": ExitCode.BAD_VERDICT}.get(self.verdict, ExitCode.INCONCLUSIVE)


WORST_FIRST: tuple[RowVerdict, ...] = ("regressed", "inconclusive", "not_comparable", "not_evaluated", "pass")


class Quantiles(Document):
    """A time in both baselines, nanoseconds, and the change."""

    before: Interval
    after: Interval
    change: Interval


class ComparedWorkload(Document):
    """One workload of both baselines. before, after: NumPy's time over the provider's, above 1 the provider is faster.

    change: of the provider's time in units of NumPy's. p50, p95, p99: of single calls, batch: of a call's share of a
    batch; null on different machines and where a side has none. reason: why nothing is compared, else null.
    """

    name: str
    op: str
    before: Interval | None = None
    after: Interval | None = None
    change: Interval | None = None
    p50: Quantiles | None = None
    p95: Quantiles | None = None
    p99: Quantiles | None = None
    batch: Quantiles | None = None
    reason: str | None = None


class Comparison(Document):
    """parity.comparison/1. It judges nothing. across: the fingerprints differ, so only ratios to NumPy are compared.

    overall: the geometric mean of the changes, null if there is none. only_before, only_after: names that one side has.
    """

    schema_: Literal["parity.comparison/1"] = Field(default="parity.comparison/1", alias="schema")
    across: bool
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    machine: Machine
    other_machine: Machine | None = None
    before: Side
    after: Side
    overall: Positive | None
    workloads: tuple[ComparedWorkload, ...]
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()


def change_in_words(ratio: float) -> str:
    """`3.1 % slower`, `12 % faster`, `as fast`, `2.4 times as long`, for a ratio of times: now over before."""
    if ratio >= 2:
        return f"{ratio:.3g} times as long"
    percent = abs(ratio - 1) * 100
    if percent < 0.05:
        return "as fast"
    return f"{share_in_words(percent / 100)} {'slower' if ratio > 1 else 'faster'}"


def share_in_words(share: float) -> str:
    """`3.1 %`, `12 %`: two digits that matter."""
    percent = share * 100
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.2g} %"
