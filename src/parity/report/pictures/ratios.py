"""What the forest plots show: the ratios of a baseline to NumPy, and those of a gate to the baseline before it."""

from collections.abc import Iterator, Sequence

from parity.documents.baseline import Baseline, WorkloadResult
from parity.documents.gate import Gate, GateRow
from parity.report.pictures.axes import ratio as said
from parity.report.pictures.forest import BAD, GOOD, LACK, PLAIN, Row, Sides, forest

_TO_NUMPY = Sides(
    "NumPy is faster",
    "the provider is faster",
    [
        (GOOD, "faster than NumPy"),
        (PLAIN, "within budget: the interval lies in the band"),
        (LACK, "not clear: the interval has 1 in it"),
        (BAD, "slower"),
    ],
)

_TO_BASELINE = Sides(
    "faster than in the baseline",
    "slower",
    [
        (GOOD, "pass"),
        (BAD, "regressed or missing"),
        (LACK, "inconclusive"),
        (PLAIN, "not compared"),
    ],
)
_KINDS = {"pass": GOOD, "regressed": BAD, "inconclusive": LACK}
_WIDEST_CHANGE = 4
"""A change beyond this ends in an arrow: budgets are a few percent, and must be seen beside it."""


def ratios_to_numpy(baseline: Baseline) -> str:
    """An SVG forest plot: NumPy's time over the provider's, with the budget of each workload as the band around 1."""
    rows = [_row(result) for result in baseline.workloads]
    provider = f"{baseline.provider.name} {baseline.provider.version or ''}".strip()
    words = [
        "NumPy's time over the provider's with an interval of 95 %; the band is the budget of a workload.",
        f"Set {baseline.set}, NumPy {baseline.fingerprint.numpy}, on {baseline.fingerprint.cpu_model}.",
        *_totals(rows),
        *_control(baseline),
    ]
    return forest(rows, "ratios", f"Speed of {provider} beside NumPy", words, _TO_NUMPY)


def _row(result: WorkloadResult) -> Row:
    delta, ratio = result.budget.p50 if result.budget else None, result.numpy_ratio
    if ratio is None:
        reason = result.withheld or "no ratio to NumPy"
        return Row(result.name, result.op, LACK, f"withheld: {reason}" if result.withheld else reason, delta=delta)
    kind, verdict = _standing(ratio.low, ratio.high, delta)
    note = "batched" if result.mode == "batched" else ""
    return Row(result.name, result.op, kind, verdict, ratio.value, ratio.low, ratio.high, delta, note)


def _standing(low: float, high: float, delta: float | None) -> tuple[str, str]:
    if delta is not None and low >= 1 / (1 + delta) and high <= 1 + delta:
        return PLAIN, "within budget"
    if low > 1:
        return GOOD, "faster"
    return (BAD, "slower") if high < 1 else (LACK, "not clear")


def _totals(rows: Sequence[Row]) -> Iterator[str]:
    counts: dict[str, int] = {}
    for row in rows:
        verdict = "without a ratio" if row.value is None else row.verdict
        counts[verdict] = counts.get(verdict, 0) + 1
    if counts:
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items(), key=_most_first))
        yield f"Of {len(rows)} {'workload' if len(rows) == 1 else 'workloads'}: {told}."
    measured = sorted((row.value, row.name) for row in rows if row.value is not None)
    if measured:
        (low, slowest), (high, fastest) = measured[0], measured[-1]
        middle = said(measured[len(measured) // 2][0])
        yield f"Lowest {slowest} {said(low)}, median {middle}, highest {fastest} {said(high)}."


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _control(baseline: Baseline) -> Iterator[str]:
    if baseline.control is not None:
        ratio = baseline.control.ratio
        yield (
            f"Control, the provider against itself: {baseline.control.verdict}, {said(ratio.value)}"
            f" ({said(ratio.low)} to {said(ratio.high)})."
        )


def ratios_to_baseline(gate: Gate) -> str:
    """An SVG forest plot: how many times as long each workload takes now, with its budget as the band around 1."""
    rows = [_judged(row) for row in gate.workloads]
    missing = [Row(it.name, it.name.partition("-")[0], BAD, f"missing: {it.reason}") for it in gate.missing]
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in gate.counts().items())
    far = sorted(((row.value, row.name) for row in rows if row.value is not None), reverse=True)
    controls = {gate.before.control, gate.after.control}
    control = "not both sides have a control" if None in controls else "the control saw no difference"
    if not gate.controlled:
        control = "the control saw a difference, so no verdict can be believed"
    words = [
        f"Verdict: {gate.verdict.replace('_', ' ')}. {counts or 'nothing was compared'}; {control}.",
        "How many times as long a call takes as in the baseline, measured by NumPy's time; intervals of 95 %.",
        "The band is the budget.",
        f"Set {gate.after.set} on {gate.machine.cpu_model}, NumPy {gate.machine.numpy}.",
        *([f"Slowest beside the baseline: {far[0][1]} {said(far[0][0])}."] if far else []),
    ]
    return forest([*rows, *missing], "gate", "Change since the baseline", words, _TO_BASELINE, _WIDEST_CHANGE)


def _judged(row: GateRow) -> Row:
    kind, verdict = _KINDS.get(row.verdict, PLAIN), row.verdict.replace("_", " ")
    note = f"p99 {said(row.p99.ratio.value)}" if row.p99 and row.p99.ratio else ""
    if row.ratio is None:
        return Row(row.name, row.op, kind, f"{verdict}: {row.reason}", delta=row.budget, note=note)
    return Row(row.name, row.op, kind, verdict, row.ratio.value, row.ratio.low, row.ratio.high, row.budget, note)
