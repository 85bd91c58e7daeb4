"""What a gate and a comparison say in one line, and in what order; shared by all their renderings."""

from parity.documents.baseline import Interval
from parity.documents.gate import WORST_FIRST, Gate, GateRow, Machine, Side

VERDICTS: dict[str, str] = {
    "missing": "missing",
    "regressed": "regressed",
    "inconclusive": "inconclusive",
    "not_comparable": "not comparable",
    "not_evaluated": "not evaluated",
    "pass": "passed",
}
"""Verdicts on workloads as a sentence says them."""

_FACTOR = 2.0
"""From here on a change is said as a factor: `x2.4`, and not as `+140 %`."""


def outcome(gate: Gate) -> str:
    """`2 regressed, 1 inconclusive, 117 passed`; no workload at all is said, too."""
    counts = gate.counts()
    text = ", ".join(f"{count:,} {VERDICTS[name]}" for name, count in counts.items())
    return text or "the baseline has no workloads"


def worst_first(gate: Gate) -> list[GateRow]:
    """The rows that did not pass before those that did, what is slowest first among equals."""

    def rank(row: GateRow) -> tuple[int, float]:
        slowest = max((each.value for each in (row.ratio, row.p99.ratio if row.p99 else None) if each), default=0.0)
        return WORST_FIRST.index(row.verdict), -slowest

    return sorted(gate.workloads, key=rank)


def in_sight(gate: Gate) -> list[GateRow]:
    """The rows that decide, worst first: all that stand between this gate and a pass."""
    return [row for row in worst_first(gate) if row.verdict not in {"pass", "not_evaluated"}]


def folded(gate: Gate) -> list[GateRow]:
    """The other rows."""
    return [row for row in worst_first(gate) if row.verdict in {"pass", "not_evaluated"}]


def change(ratio: Interval | None) -> str:
    """`+3.1 % (+2.0 to +4.2)` or `x2.4 (2.3 to 2.5)`: of the time, now against then."""
    if ratio is None:
        return "n/a"
    if ratio.value >= _FACTOR:
        return f"x{ratio.value:.3g} ({ratio.low:.3g} to {ratio.high:.3g})"
    return f"{_percent(ratio.value)} % ({_percent(ratio.low)} to {_percent(ratio.high)})"


def allowed(budget: float | None) -> str:
    """`+5 %`."""
    return "n/a" if budget is None else f"+{budget * 100:.3g} %"


def probability(p: float | None) -> str:
    """`0.012`, `<0.0001`."""
    if p is None:
        return "n/a"
    return "<0.0001" if p < 0.0001 else f"{p:.2g}"


def measured(side: Side) -> str:
    """`sentinel with parity_kernels 0.1 (numba), 9 processes, commit 0123456789ab, 2026-11-21T08:00:00Z`."""
    provider = f"{side.provider.name} {side.provider.version or ''}".rstrip()
    commit = f"commit {side.git_head[:12]}" if side.git_head else "no commit"
    changed = " with changes" if side.git_dirty else ""
    processes = f"{side.processes} processes, " if side.processes else ""
    return f"{side.set} with {provider} ({side.provider.spec}), {processes}{commit}{changed}, {side.started}"


def machine_words(machine: Machine) -> str:
    """`A Processor 9, 2 cores, Linux 6.1 x86_64, CPython 3.11.7, NumPy 2.4.6`."""
    return f"{machine.cpu_model}, {machine.cores} cores, {machine.os}, {machine.python}, NumPy {machine.numpy}"


def control(gate: Gate) -> str:
    """What the controls say about the machine."""
    names = (("the baseline", gate.before), ("the current run", gate.after))
    differs = [name for name, side in names if side.control == "different"]
    if differs:
        return f"equal arms differ in {' and in '.join(differs)}: no verdict can be believed"
    if all(side.control == "same" for _, side in names):
        return "equal arms are the same in both runs"
    return "none"


def _percent(ratio: float) -> str:
    percent = (ratio - 1) * 100
    text = f"{percent:+.0f}" if abs(percent) >= 99.5 else f"{percent:+.1f}"
    return "0.0" if text in {"+0.0", "-0.0"} else text
