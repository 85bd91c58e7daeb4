"""Verdicts on timings before and after, and the decision that follows."""

from pathlib import Path
from typing import Any

import pytest

from parity.bench.fingerprint import identified
from parity.documents.baseline import Interval
from parity.documents.optimization import Isomorphism, Movement, TimingVerdict, WorkloadChange
from parity.errors import InconclusiveError, UsageError
from parity.optimize.decision import decide
from parity.optimize.timing_changes import Shift, check_comparable, workload_changes
from parity.pipeline.timing_shifts import figure_changes, shifts

from ..bench.measured_baseline import MACHINE  # noqa: TID252 - tests are no package with a name
from .drawn_round import DrawnBench, workload_set

PROOF = Isomorphism(verdict="isomorphic", cases=3, answered=3, identical=3, moved=(), before="0" * 64, after="0" * 64)
BROKEN = PROOF.model_copy(
    update={
        "verdict": "broken",
        "moved": (Movement(case_id="c7", op="sum", loop="d->d", layout="plain", verdict="broken", judged="diverged"),),
    }
)


@pytest.fixture
def bench(tmp_path: Path) -> DrawnBench:
    return DrawnBench(workload_set(tmp_path))


def compared(bench: DrawnBench, after: float, **changes: Any) -> tuple[WorkloadChange, ...]:
    one, one_samples = bench.measure()
    other = DrawnBench(bench.set, typical=after, seed_of_draws=50, **changes)
    two, two_samples = other.measure()
    return workload_changes(one, two, shifts(one, two), figure_changes(one, one_samples, two, two_samples))


@pytest.mark.parametrize(
    ("nanoseconds", "verdict"),
    [(10_000, "faster"), (18_000, "faster"), (20_000, "unchanged"), (20_200, "unchanged"), (22_000, "slower")],
)
def test_a_change_beyond_the_budget_that_the_ranks_see_is_one(
    bench: DrawnBench, nanoseconds: float, verdict: TimingVerdict
) -> None:
    rows = compared(bench, nanoseconds)
    assert [row.verdict for row in rows] == [verdict, verdict]
    assert all(row.ratio is not None and row.ratio.low <= nanoseconds / 20_000 * 1.01 for row in rows)


def test_the_figures_are_those_of_both_sides_with_their_change(bench: DrawnBench) -> None:
    row = compared(bench, 10_000)[0]
    assert row.p50_ns.before is not None
    assert row.p50_ns.after is not None
    for figure in (row.p50_ns, row.p95_ns, row.p99_ns):
        assert figure.change is not None
        assert figure.change.value == pytest.approx(-0.5, abs=0.03)
        assert figure.change.low is not None
        assert figure.change.high is not None
        assert figure.change.low <= figure.change.value <= figure.change.high
    assert row.batch_ns.before is None


def test_a_control_that_sees_a_difference_vetoes_every_verdict(bench: DrawnBench) -> None:
    rows = compared(bench, 10_000, control_ratio=1.2)
    assert {row.verdict for row in rows} == {"inconclusive"}
    assert "control of the side after" in str(rows[0].reason)
    assert decide(PROOF, rows).verdict == "undecided"


def test_a_wrong_answer_loses_its_speed_and_the_change_is_dropped(bench: DrawnBench) -> None:
    name = bench.workloads[0].name
    rows = compared(bench, 10_000, withheld={name: "the answer is wrong"})
    assert [row.verdict for row in rows] == ["withheld", "faster"]
    assert rows[0].reason == "after: the answer is wrong"
    decision = decide(PROOF, rows)
    assert (decision.verdict, decision.by) == ("dropped", "rule")
    assert name in decision.reason


def test_another_machine_is_not_compared(bench: DrawnBench) -> None:
    other = identified(MACHINE.model_copy(update={"numpy": "9.9", "governor": "powersave"}))
    one, _ = bench.measure()
    two, _ = DrawnBench(bench.set, machine=other).measure()
    check_comparable(one, one)
    with pytest.raises(InconclusiveError, match="governor, numpy"):
        check_comparable(one, two)


def test_a_workload_of_one_side_has_no_verdict(bench: DrawnBench) -> None:
    one, _ = bench.measure()
    fewer = one.model_copy(update={"workloads": one.workloads[:1]})
    rows = workload_changes(one, fewer, {}, {})
    assert [row.verdict for row in rows] == ["inconclusive", "withheld"]
    assert "only before" in str(rows[1].reason)


def test_another_call_under_the_same_name_is_not_compared(bench: DrawnBench) -> None:
    one, _ = bench.measure()
    changed = one.workloads[0].model_copy(update={"digest": "f" * 32})
    two = one.model_copy(update={"workloads": (changed, *one.workloads[1:])})
    shift = Shift(Interval(value=0.5, low=0.4, high=0.6), 1.0, 0.001)
    rows = workload_changes(one, two, {row.name: shift for row in one.workloads}, {})
    assert [row.verdict for row in rows] == ["inconclusive", "faster"]


def test_an_interval_beyond_the_budget_cannot_tell(bench: DrawnBench) -> None:
    one, _ = bench.measure()
    shift = Shift(Interval(value=1.02, low=0.9, high=1.2), 0.3, 0.6)
    rows = workload_changes(one, one, {row.name: shift for row in one.workloads}, {})
    assert [row.verdict for row in rows] == ["inconclusive", "inconclusive"]


def row_of(verdict: TimingVerdict) -> WorkloadChange:
    return WorkloadChange(name=verdict, op="sum", mode="per_call", budget=0.05, verdict=verdict)


@pytest.mark.parametrize(
    ("verdicts", "decision"),
    [
        (("faster", "unchanged"), "kept"),
        (("faster", "inconclusive"), "kept"),
        (("faster", "slower"), "dropped"),
        (("faster", "withheld"), "dropped"),
        (("unchanged", "unchanged"), "dropped"),
        (("unchanged", "inconclusive"), "undecided"),
        ((), "undecided"),
    ],
)
def test_the_rule(verdicts: tuple[TimingVerdict, ...], decision: str) -> None:
    rows = [row_of(verdict) for verdict in verdicts]
    assert decide(PROOF, rows).verdict == decision
    assert decide(BROKEN, rows).verdict == "dropped"


def test_a_broken_proof_names_a_case() -> None:
    assert "c7" in decide(BROKEN, [row_of("faster")]).reason


def test_a_person_decides_with_a_reason_and_the_rule_is_kept_beside_it() -> None:
    decision = decide(PROOF, [row_of("slower")], "keep", "the slow one is never called")
    assert (decision.verdict, decision.by, decision.rule) == ("kept", "person", "dropped")
    with pytest.raises(UsageError, match="reason"):
        decide(PROOF, [row_of("slower")], "drop", "  ")
