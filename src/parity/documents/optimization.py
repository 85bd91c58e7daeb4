"""Optimization rounds: what is recorded before one change, and the proof and the decision after it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from parity.documents.baseline import Finite, Interval, Mode
from parity.documents.case import Count
from parity.documents.manifest import SuiteName
from parity.documents.model import Document, Id16, Sha256
from parity.documents.operations import ToleranceRow
from parity.documents.report import ProviderIdentity
from parity.documents.verdict import GOOD, VerdictName

PROVIDER_LEVER = "provider"
"""The lever of a round that swaps the provider's spec, and touches no file."""

Chance = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Round(Document):
    """round.json: what `start` was asked for, and `finish` asks again.

    lever: the file that the change may touch, as a path or glob of `Sources.files`, or `provider`. why: what the person
    hopes for. set: the name or path of the workloads; only, ops: what was chosen of them, empty for all. suite, seed:
    of the golden cases. processes, seconds: of the timing, as `bench run` takes them. started: UTC, to the second.
    """

    schema_: Literal["parity.optimization_round/1"] = Field(default="parity.optimization_round/1", alias="schema")
    name: str
    lever: str
    why: str
    provider: str
    set: str
    only: tuple[str, ...] = ()
    ops: tuple[str, ...] = ()
    suite: SuiteName
    seed: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    processes: Annotated[int, Field(ge=6, le=99)]
    seconds: Annotated[float, Field(ge=0.005, le=60)]
    profile: bool = False
    started: str
    command: tuple[str, ...]


class GoldenHead(Document):
    """golden.json: which cases were asked. It names no provider, so that equal behaviour gives equal files.

    ops: of the chosen workloads. cases: of the suite, then of the workloads. digest: over their names, one a line.
    """

    schema_: Literal["parity.golden/1"] = Field(default="parity.golden/1", alias="schema")
    suite: str
    seed: str
    ops: tuple[str, ...]
    catalogue_digest: Sha256
    cases: Count
    workloads: Count
    digest: Sha256


class GoldenLine(Document):
    """A line of index.ndjson: one case, and what the provider did.

    outcome: as `parity.calling.described` has it. bits: sha256 over what must not move: type, shape and bits of results
    and written memory, or the type of an exception. runs: offset and size, in the file of the operation, of each run of
    result bytes; null for a result that is too large to be kept, of which `bits` is all that is known.
    """

    case_id: str
    op: str
    loop: str
    layout: str
    outcome: dict[str, Any]
    bits: Sha256
    runs: tuple[tuple[Count, Count], ...] | None


class Sources(Document):
    """sources.json: digests of all files that the provider's speed and answers may depend on.

    files: those that git tracks, by their path in the checkout (not artifacts, docs, tests, and the list of changes),
    and the provider's own, by their path in the checkout or else in their package, after `provider:` where a file of
    the checkout has that path. own: names of the provider's own. untracked: whether Python files of the checkout that
    git neither tracks nor ignores are among them; in rounds that were started before these were looked for they are
    not.
    """

    schema_: Literal["parity.sources/1"] = Field(default="parity.sources/1", alias="schema")
    provider: str
    git_head: str | None
    git_dirty: bool | None
    files: dict[str, Sha256]
    own: tuple[str, ...]
    untracked: bool = False


class SourceChange(Document):
    """A file that is not what it was.

    before, after: sha256, null where there is none. added, removed: lines, null where the old text was not kept.
    """

    name: str
    kind: Literal["changed", "added", "removed"]
    before: Sha256 | None
    after: Sha256 | None
    within_lever: bool
    added: Count | None = None
    removed: Count | None = None


MovementVerdict = Literal["told_differently", "within_tolerance", "broken"]


class Movement(Document):
    """A golden output that is not what it was.

    verdict: `told_differently` if every bit is the same and floating-point flags, warnings or an exception's words are
    not; `within_tolerance` if the tolerance row allows for it; else `broken`. judged: the answer after against the one
    before. oracle: the answer after against the committed capture, null for a case that it lacks, and for one that is
    `told_differently`, of which it is not asked. against: `numpy` if
    the bits before were too large to be kept; the figures are then the distance from NumPy. ulp: the worst movement
    in ulp of the answer before, null where a class failed. distance: between representations, in decimal. differing:
    elements that moved. tolerance: the row that was applied, null for exact bits.
    """

    case_id: str
    op: str
    loop: str
    layout: str
    verdict: MovementVerdict
    judged: VerdictName
    against: Literal["before", "numpy"] = "before"
    oracle: VerdictName | None = None
    ulp: float | None = None
    distance: str | None = None
    differing: Count = 0
    tolerance: ToleranceRow | None = None
    message: str | None = None


class Isomorphism(Document):
    """The proof that behaviour is unchanged, or how far it moved.

    verdict: `isomorphic` if no bit moved, `within_tolerance` if the catalogue allows for all that moved, else `broken`.
    cases: compared. identical: of them those with the same bits (`told_differently` included). answered: cases in which
    the provider returned or raised; the others are missing functions, crashes and time-outs, the same on both sides.
    before, after: sha256 of the file of checksums of the golden outputs; equal if and only if no byte differs.
    """

    verdict: Literal["isomorphic", "within_tolerance", "broken"]
    cases: Count
    answered: Count
    identical: Count
    moved: tuple[Movement, ...]
    before: Sha256
    after: Sha256


class Change(Document):
    """A change as a share of what was: -0.9 is 90 % less. low, high: an interval of at least 95 %, or null."""

    value: Finite
    low: Finite | None
    high: Finite | None


class Figure(Document):
    """A time in nanoseconds before and after, null where it could not be measured, and its change."""

    before: Interval | None = None
    after: Interval | None = None
    change: Change | None = None


TimingVerdict = Literal["faster", "slower", "unchanged", "inconclusive", "withheld"]


class WorkloadChange(Document):
    """One workload before and after.

    p50_ns, p95_ns, p99_ns: of single calls; batch_ns: a call's share of a batch. ratio: time after over time before,
    each in units of NumPy's time in the same process, by the shift of the processes' medians; null where it cannot be
    told. p_slower, p_faster: of the rank test, adjusted over all workloads. budget: the share within which a change
    counts as none. reason: of a verdict that is not plain.
    """

    name: str
    op: str
    mode: Mode
    p50_ns: Figure = Figure()
    p95_ns: Figure = Figure()
    p99_ns: Figure = Figure()
    batch_ns: Figure = Figure()
    ratio: Interval | None = None
    p_slower: Chance | None = None
    p_faster: Chance | None = None
    budget: Finite
    verdict: TimingVerdict
    reason: str | None = None


class Profile(Document):
    """Where the time goes, of one side. status: `recorded`, or why there is no picture, in reason.

    tool: which one sampled, by name and version. file: the picture, in the folder of the side. samples: stacks that it
    has. workload: the slowest one that was chosen.
    """

    status: Literal["recorded", "not_asked", "not_possible"]
    tool: str | None = None
    file: str | None = None
    workload: str | None = None
    samples: Count = 0
    reason: str | None = None


class Decision(Document):
    """Whether the change stays. by: the rule, or the person, who gives the reason; rule: what the rule says anyway."""

    verdict: Literal["kept", "dropped", "undecided"]
    by: Literal["rule", "person"]
    rule: Literal["kept", "dropped", "undecided"]
    reason: str


class Side(Document):
    """One side of the round. golden, sources, baseline: sha256 of these files. started: UTC, to the second."""

    provider: ProviderIdentity
    git_head: str | None
    git_dirty: bool | None
    started: str
    control: Literal["same", "different"]
    golden: Sha256
    sources: Sha256
    baseline: Sha256
    profile: Profile


class Optimization(Document):
    """proof.json. fingerprint: of the machine, the same on both sides.

    allowed_more: the person let the change touch more than the lever. finished: UTC, to the second. commands: of
    start and finish.
    """

    schema_: Literal["parity.optimization/1"] = Field(default="parity.optimization/1", alias="schema")
    name: str
    lever: str
    why: str
    allowed_more: bool
    suite: str
    set: str
    ops: tuple[str, ...]
    fingerprint: Id16
    before: Side
    after: Side
    changes: tuple[SourceChange, ...]
    proof: Isomorphism
    timings: tuple[WorkloadChange, ...]
    decision: Decision
    finished: str
    commands: tuple[tuple[str, ...], tuple[str, ...]]


def is_good(verdict: VerdictName) -> bool:
    """Whether a judgement lets an output stand."""
    return verdict in GOOD
