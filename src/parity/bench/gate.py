"""The gate: whether any workload became slower than its budget allows, or vanished.

`parity.bench.slowdown` has the rule for one percentile. Here workloads are paired, all tests of a gate are adjusted for
their number, and what forbids a verdict is looked at first: another machine, another call, a control that sees a
difference between equal arms.
"""

from collections.abc import Mapping, Sequence

from parity.bench.sides import differing, machine, notes_on, side
from parity.bench.slowdown import SlowdownTest, judged, slowdown_test
from parity.bench.statistics import benjamini_hochberg
from parity.documents.baseline import Baseline, Processes, Shares, WorkloadResult
from parity.documents.gate import (
    WORST_FIRST,
    Gate,
    GateRow,
    GateVerdict,
    Judgement,
    Missing,
    Percentile,
    RowVerdict,
    share_in_words,
)
from parity.documents.verdict import BAD

P99_CALLS = 10_000
"""Below so many calls p99 moves by more from run to run than any budget: 12.5 times at 400 calls, 1.4 times here."""

_Current = Mapping[str, WorkloadResult]
_Later = Mapping[str, Processes]
_Tests = dict[tuple[str, Percentile], SlowdownTest]


def judge_gate(before: Baseline, after: Baseline, later: _Later | None = None, *, rounds: int = 1) -> Gate:
    """The verdict on `after`, workload by workload.

    later: of the workloads that were measured again, by name, the values of the additional processes alone; `after` has
    them among its own. rounds: of measuring that `after` comes from. The budgets are those of `after`, which come from
    the file of workloads as it is now; a budget that was changed is noted.
    """
    differences = differing(before, after)
    obstacle = _incomparable(before, after, differences)
    current = {workload.name: workload for workload in after.workloads}
    missing: tuple[Missing, ...] = ()
    gone: set[str] = set()
    if obstacle is None:
        missing = (*_missing(before, current), *_bad(before, current))
        gone = {workload.name for workload in missing}
        rows = _rows([workload for workload in before.workloads if workload.name not in gone], current, later or {})
    else:
        none = Judgement(verdict="not_comparable", reason=obstacle)
        rows = tuple(_row(workload, None, none) for workload in before.workloads)
    known = {workload.name for workload in before.workloads}
    gate = Gate(
        verdict="not_comparable",
        machine=machine(before.fingerprint),
        before=side(before),
        after=side(after),
        rounds=rounds,
        differences=differences,
        notes=(
            *notes_on(before, after),
            *_budget_notes(before, current),
            *_mode_notes(before, current),
            *_withheld_notes(after, missing),
        ),
        workloads=rows,
        missing=missing,
        new=tuple(name for name in current if name not in known | gone),
    )
    return _decided(gate) if obstacle is None else gate


def again(gate: Gate) -> tuple[str, ...]:
    """The workloads that more processes could decide: inconclusive ones, and regressions that nothing confirms yet.

    All of them if the control of the current run saw a difference that is not there: with more processes it may turn
    out to have been chance. None if no number of processes could decide: the machine is another one, or it was the
    baseline's control.
    """
    if gate.verdict == "not_comparable" or gate.before.control == "different":
        return ()
    return tuple(
        row.name
        for row in gate.workloads
        if row.verdict == "inconclusive" or (row.verdict == "regressed" and row.confirmed is None)
    )


def later_processes(first: Baseline, merged: Baseline) -> dict[str, Processes]:
    """The values of `merged` which `first`, the first round, did not have: by name, of what was measured again."""
    later = {}
    earlier = {workload.name: len(workload.processes.log_ratio) for workload in first.workloads}
    for workload in merged.workloads:
        known, values = earlier.get(workload.name, 0), workload.processes
        if len(values.log_ratio) > known:
            later[workload.name] = Processes(log_ratio=values.log_ratio[known:], p99_log=values.p99_log[known:])
    return later


# -- what is comparable ----------------------------------------------------------------------------


def _incomparable(before: Baseline, after: Baseline, differences: tuple[str, ...]) -> str | None:
    if differences:
        return f"the fingerprints differ: {'; '.join(differences)}"
    imported = [name for name, of in (("baseline", before), ("current run", after)) if of.origin == "imported"]
    return f"the {imported[0]} is imported and has no ratios to NumPy" if imported else None


def _missing(before: Baseline, current: _Current) -> tuple[Missing, ...]:
    """What has times in the baseline and none now: not to measure it any more must not pass for 'no slower'."""
    found = []
    for workload in before.workloads:
        now = current.get(workload.name)
        if now is None:
            found.append(Missing(name=workload.name, reason="the current run does not have it"))
        elif workload.processes.log_ratio and not now.processes.log_ratio:
            found.append(Missing(name=workload.name, reason=now.withheld or "the current run has no times for it"))
    return tuple(found)


def _bad(before: Baseline, current: _Current) -> tuple[Missing, ...]:
    """What is new and wrong: it has no times that could become those of a baseline."""
    known = {workload.name for workload in before.workloads}
    return tuple(
        Missing(name=name, reason=now.withheld or "the answer is wrong")
        for name, now in current.items()
        if now.verdict in BAD and name not in known
    )


def _budget_notes(before: Baseline, current: _Current) -> list[str]:
    """A budget that was widened by the very change that needs it must not go unseen."""
    notes = []
    for workload in before.workloads:
        now = current.get(workload.name)
        if now is None or now.budget is None or workload.budget is None:
            continue
        pairs = (("p50", workload.budget.p50, now.budget.p50), ("p99", workload.budget.p99, now.budget.p99))
        changed = [f"{name} from {_in_words(old)} to {_in_words(new)}" for name, old, new in pairs if old != new]
        if changed:
            notes.append(f"the budget of {workload.name} went for {' and for '.join(changed)} ({now.budget.reason})")
    return notes


def _mode_notes(before: Baseline, current: _Current) -> list[str]:
    """A call of about 10 us may be timed singly on one side; the clock then costs either arm 0.1 us, a hundredth."""
    changed = [
        workload.name
        for workload in before.workloads
        if workload.processes.log_ratio
        and workload.name in current
        and current[workload.name].processes.log_ratio
        and current[workload.name].mode != workload.mode
    ]
    return [f"timed by calls in one run and by batches in the other: {', '.join(changed)}"] if changed else []


def _withheld_notes(after: Baseline, missing: tuple[Missing, ...]) -> list[str]:
    """Workloads without times that are not missing: those that had none before; their answers are bad."""
    gone = {workload.name for workload in missing}
    found = [workload for workload in after.workloads if workload.withheld is not None and workload.name not in gone]
    if not found:
        return []
    more = f" and {len(found) - 1} more, " if len(found) > 1 else " "
    return [f"{found[0].name}{more}without times in either run: {found[0].withheld}"]


def _in_words(budget: float | None) -> str:
    return "none" if budget is None else share_in_words(budget)


def _obstacle(workload: WorkloadResult, now: WorkloadResult) -> Judgement | None:
    """Why two results of one name cannot be held against each other; None if they can."""
    if workload.digest != now.digest:
        return Judgement(verdict="not_comparable", reason="it is another call: the digests of its inputs differ")
    if not workload.processes.log_ratio:
        withheld = workload.withheld or "it was not timed"
        return Judgement(verdict="not_evaluated", reason=f"the baseline has no times: {withheld}")
    if now.budget is None:
        return Judgement(verdict="inconclusive", reason="it has no budget")
    return None


def _tail_obstacle(workload: WorkloadResult, now: WorkloadResult) -> Judgement | None:
    """Why p99 is not judged though there is a budget for it; None if it is."""
    for name, of in (("baseline", workload), ("current run", now)):
        if not of.processes.p99_log or len(of.processes.p99_log) != len(of.processes.log_ratio):
            return Judgement(verdict="not_evaluated", reason=f"the {name} has no p99 for each process")
        if of.samples < P99_CALLS:
            # Too few calls now can be because some are slow now, and more processes make more of them.
            verdict: RowVerdict = "inconclusive" if of is now else "not_evaluated"
            return Judgement(verdict=verdict, reason=f"p99 takes {P99_CALLS:,} calls, the {name} has {of.samples:,}")
    return None


# -- judging ---------------------------------------------------------------------------------------


def _rows(workloads: Sequence[WorkloadResult], current: _Current, later: _Later) -> tuple[GateRow, ...]:
    """A row for each; the tests are made first, because each p-value is adjusted for the number of all of them."""
    tests: _Tests = {}
    for workload in workloads:
        tests |= _tests_of(workload, current[workload.name], later.get(workload.name))
    adjusted = benjamini_hochberg([test.p for test in tests.values()])
    judgements = {key: judged(test, p) for (key, test), p in zip(tests.items(), adjusted, strict=True)}
    return tuple(_judged_row(workload, current[workload.name], tests, judgements) for workload in workloads)


def _tests_of(workload: WorkloadResult, now: WorkloadResult, later: Processes | None) -> _Tests:
    """The tests of one workload: of p50, and of p99 where both sides have what it takes."""
    found: _Tests = {}
    if _obstacle(workload, now) is not None or now.budget is None:
        return found
    values = _slower(workload.processes.log_ratio), _slower(now.processes.log_ratio)
    typical = slowdown_test(*values, now.budget.p50, None if later is None else _slower(later.log_ratio))
    if typical is not None:
        found[workload.name, "p50"] = typical
    if now.budget.p99 is not None and _tail_obstacle(workload, now) is None:
        values = workload.processes.p99_log, now.processes.p99_log
        tail = slowdown_test(*values, now.budget.p99, None if later is None else later.p99_log)
        if tail is not None:
            found[workload.name, "p99"] = tail
    return found


def _slower(log_ratios: Shares) -> Shares:
    """From ln of NumPy's time over the provider's to the reverse, in which greater is slower."""
    return tuple(-value for value in log_ratios)


def _judged_row(
    workload: WorkloadResult,
    now: WorkloadResult,
    tests: _Tests,
    judgements: Mapping[tuple[str, Percentile], Judgement],
) -> GateRow:
    obstacle = _obstacle(workload, now)
    if obstacle is not None or now.budget is None:
        return _row(workload, now, obstacle or Judgement(verdict="inconclusive", reason="it has no budget"))
    sizes = f"{len(workload.processes.log_ratio)} and {len(now.processes.log_ratio)} processes"
    no_interval = f"there is no interval of 95 % for {sizes}"
    typical = judgements.get((workload.name, "p50"))
    if typical is None:
        typical = Judgement(verdict="inconclusive", reason=no_interval, budget=now.budget.p50)
    tail = judgements.get((workload.name, "p99"))
    if tail is None and now.budget.p99 is not None:
        tail = _tail_obstacle(workload, now) or Judgement(verdict="not_evaluated", reason=no_interval)
        tail = tail.model_copy(update={"budget": now.budget.p99})
    return _row(workload, now, typical, tail, confirmed=_confirmed(workload.name, tests, judgements))


def _confirmed(name: str, tests: _Tests, judgements: Mapping[tuple[str, Percentile], Judgement]) -> bool | None:
    """Whether later processes confirm any of the regressions that all processes suggest; None without such or later."""
    keys: list[tuple[str, Percentile]] = [(name, "p50"), (name, "p99")]
    suspicions = [tests[key] for key in keys if key in tests and tests[key].suspicious(judgements[key].p or 0)]
    answers = {test.confirmed for test in suspicions} - {None}
    return any(answers) if answers else None


def _row(
    workload: WorkloadResult,
    now: WorkloadResult | None,
    typical: Judgement,
    tail: Judgement | None = None,
    *,
    confirmed: bool | None = None,
) -> GateRow:
    """A row; where the slow calls fare worse than the typical one, its verdict and its reason are theirs."""
    verdict, reason = typical.verdict, typical.reason
    if tail is not None and tail.verdict == verdict == "regressed":
        reason = f"p50: {reason}; p99: {tail.reason}"
    elif tail is not None and tail.verdict in {"regressed", "inconclusive"} and _worse(tail, typical):
        verdict, reason = tail.verdict, f"p99: {tail.reason}"
    return GateRow(
        name=workload.name,
        op=workload.op,
        verdict=verdict,
        reason=reason,
        ratio=typical.ratio,
        budget=typical.budget,
        p=typical.p,
        p99=tail,
        processes=(len(workload.processes.log_ratio), len(now.processes.log_ratio) if now else 0),
        confirmed=confirmed,
    )


def _worse(one: Judgement, other: Judgement) -> bool:
    return WORST_FIRST.index(one.verdict) < WORST_FIRST.index(other.verdict)


# -- the verdict on all ----------------------------------------------------------------------------


def _decided(gate: Gate) -> Gate:
    """Of two comparable baselines: what a control forbids to believe is open, and the worst row decides."""
    if not gate.controlled:
        sides = (("baseline", gate.before), ("current run", gate.after))
        of = " and of the ".join(name for name, side_ in sides if side_.control == "different")
        reason = f"the control of the {of} saw a difference between equal arms"
        rows = tuple(_doubted(row, reason) for row in gate.workloads)
        notes = (f"{reason}, so no verdict can be believed", *gate.notes)
        gate = gate.model_copy(update={"workloads": rows, "notes": notes})
    return gate.model_copy(update={"verdict": _overall(gate)})


def _doubted(row: GateRow, reason: str) -> GateRow:
    if row.verdict in {"not_comparable", "not_evaluated"}:
        return row
    return row.model_copy(update={"verdict": "inconclusive", "reason": reason, "confirmed": None})


def _overall(gate: Gate) -> GateVerdict:
    verdicts = {row.verdict for row in gate.workloads}
    if gate.missing or "regressed" in verdicts:
        return "regressed"
    if verdicts & {"inconclusive", "not_comparable"} or "pass" not in verdicts:
        return "inconclusive"
    return "pass"
