"""The gate: what regressed is found, what did not is not, and what forbids a verdict comes first."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bench.fingerprint import identified
from parity.bench.gate import again, judge_gate, later_processes
from parity.bench.slowdown import LEVEL, judged, slowdown_test
from parity.bench.statistics import benjamini_hochberg
from parity.documents.baseline import Baseline, Processes
from parity.documents.gate import Gate, change_in_words, share_in_words
from parity.documents.report import ProviderIdentity

from .measured_baseline import MACHINE
from .two_runs import QUIET, run, slower, timed, withheld

OTHER_MACHINE = identified(MACHINE.model_copy(update={"dispatch": (), "numpy": "2.5.0"}))
SEVERITY = ("pass", "inconclusive", "regressed")


def verdicts(gate: Gate) -> dict[str, str]:
    return {row.name: row.verdict for row in gate.workloads}


# -- one workload ----------------------------------------------------------------------------------


def test_a_baseline_passes_against_itself() -> None:
    baseline = run(timed("add-1"), timed("multiply-1"))
    gate = judge_gate(baseline, baseline)
    assert (gate.verdict, gate.exit_code()) == ("pass", 0)
    assert verdicts(gate) == {"add-1": "pass", "multiply-1": "pass"}
    assert all(row.ratio is not None and row.ratio.value == 1 for row in gate.workloads)


def test_a_slow_down_beyond_the_budget_is_regressed_and_only_where_it_is() -> None:
    before = run(timed("add-1"), timed("multiply-1"))
    gate = judge_gate(before, run(timed("add-1", slower(0.05)), timed("multiply-1", slower(0.001))))
    assert (gate.verdict, gate.exit_code()) == ("regressed", 1)
    assert verdicts(gate) == {"add-1": "regressed", "multiply-1": "pass"}
    row = gate.workloads[0]
    assert row.ratio is not None
    assert 1.04 < row.ratio.low < row.ratio.value < row.ratio.high < 1.06
    assert row.p is not None
    assert row.p <= LEVEL
    assert row.confirmed is None
    assert "5.1 % slower" in row.reason
    assert "the budget is 2 %" in row.reason


def test_a_workload_that_became_faster_passes() -> None:
    gate = judge_gate(run(timed("add-1")), run(timed("add-1", slower(-0.3))))
    assert gate.verdict == "pass"
    assert "faster" in gate.workloads[0].reason


def test_an_interval_that_reaches_the_budget_is_inconclusive() -> None:
    gate = judge_gate(run(timed("add-1")), run(timed("add-1", slower(0.018))))
    assert (gate.verdict, gate.exit_code()) == ("inconclusive", 3)
    assert "which the interval reaches" in gate.workloads[0].reason


def test_processes_that_scatter_too_much_are_inconclusive_even_if_the_estimate_is_above_the_budget() -> None:
    wide = tuple(20 * value for value in QUIET)
    gate = judge_gate(run(timed("add-1", wide)), run(timed("add-1", slower(0.03, wide))))
    assert gate.verdict == "inconclusive"
    assert gate.workloads[0].ratio is not None
    assert gate.workloads[0].ratio.value > 1.02
    assert "scatter too much" in gate.workloads[0].reason


@pytest.mark.parametrize("processes", [1, 3])
def test_too_few_processes_are_inconclusive_and_the_reason_says_so(processes: int) -> None:
    few = QUIET[:processes]
    gate = judge_gate(run(timed("add-1", few)), run(timed("add-1", slower(0.5, few))))
    assert gate.verdict == "inconclusive"
    row = gate.workloads[0]
    assert row.ratio is None
    assert row.reason == f"there is no interval of 95 % for {processes} and {processes} processes"
    assert row.budget == 0.02


def test_more_processes_than_a_rank_test_takes_are_inconclusive() -> None:
    many = tuple(float(value) for value in np.linspace(0, 0.01, 129))
    assert verdicts(judge_gate(run(timed("add-1", many)), run(timed("add-1")))) == {"add-1": "inconclusive"}


@given(
    before=st.lists(st.integers(-40, 40), min_size=6, max_size=12),
    after=st.lists(st.integers(-40, 40), min_size=6, max_size=12),
    less=st.integers(-100, 100),
    more=st.integers(0, 100),
)
def test_who_is_slower_in_every_process_is_never_judged_better(
    before: Sequence[int], after: Sequence[int], less: int, more: int
) -> None:
    def verdict(shift: int) -> str:
        values = [(value + shift) / 1024 for value in after]
        return (
            judge_gate(run(timed("add-1", [value / 1024 for value in before])), run(timed("add-1", values)))
            .workloads[0]
            .verdict
        )

    assert SEVERITY.index(verdict(less)) <= SEVERITY.index(verdict(less + more))


@given(
    before=st.lists(st.integers(-40, 40), min_size=6, max_size=12),
    after=st.lists(st.integers(-40, 40), min_size=6, max_size=12),
    both=st.integers(-1000, 1000),
)
def test_what_slows_the_provider_on_both_sides_changes_no_verdict(
    before: Sequence[int], after: Sequence[int], both: int
) -> None:
    def rows(shift: int) -> Gate:
        sides = [run(timed("add-1", [(value + shift) / 1024 for value in values])) for values in (before, after)]
        return judge_gate(sides[0], sides[1])

    assert verdicts(rows(0)) == verdicts(rows(both))


def test_p_values_are_adjusted_for_all_tests_of_the_gate() -> None:
    random = np.random.default_rng(5)
    samples = [(random.normal(0, 0.01, 9).tolist(), random.normal(0.012, 0.01, 9).tolist()) for _ in range(6)]
    before = run(*(timed(f"add-{i}", values) for i, (values, _) in enumerate(samples)))
    after = run(*(timed(f"add-{i}", values) for i, (_, values) in enumerate(samples)))
    tests = [slowdown_test(old, new, 0.02, None) for old, new in samples]
    expected = benjamini_hochberg([test.p for test in tests if test is not None])
    assert [row.p for row in judge_gate(before, after).workloads] == pytest.approx(expected, rel=1e-5)


def test_one_gate_of_many_equal_workloads_is_not_regressed_and_one_that_is_slower_is_found() -> None:
    random = np.random.default_rng(11)

    def side(slow: float) -> Baseline:
        draws = [random.normal(slow if number == 7 else 0, 0.005, 9).tolist() for number in range(60)]
        return run(*(timed(f"add-{number}", values) for number, values in enumerate(draws)))

    assert all(judge_gate(side(0), side(0)).verdict != "regressed" for _ in range(5))
    found = [judge_gate(side(0), side(0.05)) for _ in range(5)]
    assert all({name for name, said in verdicts(gate).items() if said == "regressed"} == {"add-7"} for gate in found)


def test_the_same_two_baselines_give_the_same_bytes() -> None:
    before, after = run(timed("add-1"), timed("sin-1")), run(timed("sin-1", slower(0.1)), timed("add-1"))
    gates = [judge_gate(before, after).model_dump_json() for _ in range(2)]
    assert gates[0] == gates[1]
    assert [row.name for row in judge_gate(before, after).workloads] == ["add-1", "sin-1"]


# -- later processes -------------------------------------------------------------------------------


def test_a_regression_that_later_processes_show_too_is_confirmed() -> None:
    late = slower(0.048)
    after = run(timed("add-1", slower(0.05) + late))
    gate = judge_gate(run(timed("add-1")), after, {"add-1": processes(late)}, rounds=2)
    row = gate.workloads[0]
    assert (gate.verdict, row.confirmed, gate.rounds) == ("regressed", True, 2)
    assert row.reason.endswith("further processes confirm it")
    assert row.processes == (9, 18)
    assert again(gate) == ()


def test_a_regression_that_later_processes_do_not_show_is_inconclusive() -> None:
    late = slower(0.015)
    after = run(timed("add-1", slower(0.05) + late))
    gate = judge_gate(run(timed("add-1")), after, {"add-1": processes(late)}, rounds=2)
    row = gate.workloads[0]
    assert (gate.verdict, row.confirmed) == ("inconclusive", False)
    assert "further processes do not confirm it: 1.5 % slower" in row.reason
    assert again(gate) == ("add-1",)


def test_what_is_open_or_unconfirmed_is_measured_again_and_nothing_else() -> None:
    before = run(timed("add-1"), timed("sin-1"), timed("exp-1"), timed("max-1"), timed("sum-1"))
    after = run(timed("add-1", slower(0.05)), timed("sin-1", slower(0.018)), timed("exp-1"), withheld("max-1"))
    gate = judge_gate(before, after)
    assert [each.name for each in gate.missing] == ["max-1", "sum-1"]
    assert again(gate) == ("add-1", "sin-1")


def test_everything_is_measured_again_where_the_current_control_may_have_seen_chance() -> None:
    before, after = run(timed("add-1"), timed("sin-1")), run(timed("add-1"), timed("sin-1"), control="different")
    gate = judge_gate(before, after)
    assert gate.verdict == "inconclusive"
    assert again(gate) == ("add-1", "sin-1")


def test_nothing_is_measured_again_where_no_process_could_decide() -> None:
    before, after = run(timed("add-1")), run(timed("add-1", slower(0.05)))
    assert again(judge_gate(before, after.model_copy(update={"fingerprint": OTHER_MACHINE}))) == ()
    assert again(judge_gate(run(timed("add-1"), control="different"), after)) == ()
    assert again(judge_gate(before, before)) == ()


def test_later_processes_are_those_that_the_first_round_does_not_have() -> None:
    first = run(timed("add-1"), timed("sin-1"))
    merged = run(timed("add-1", QUIET + slower(0.01)), timed("sin-1"))
    assert later_processes(first, merged) == {"add-1": processes(slower(0.01))}
    assert later_processes(first, first) == {}


# -- the slow calls --------------------------------------------------------------------------------


def test_slow_calls_that_became_slower_than_their_budget_are_regressed_and_the_reason_says_p99() -> None:
    before = run(timed("add-1", tail=0.2, slow=QUIET))
    gate = judge_gate(before, run(timed("add-1", tail=0.2, slow=slower(0.5))))
    row = gate.workloads[0]
    assert (gate.verdict, row.verdict) == ("regressed", "regressed")
    assert row.reason.startswith("p99: ")
    assert row.ratio is not None
    assert row.ratio.value == 1
    assert row.p99 is not None
    assert row.p99.verdict == "regressed"
    assert row.p99.budget == 0.2


def test_both_percentiles_are_named_where_both_regressed() -> None:
    before = run(timed("add-1", tail=0.2, slow=QUIET))
    gate = judge_gate(before, run(timed("add-1", slower(0.1), tail=0.2, slow=slower(0.5))))
    assert gate.workloads[0].reason.startswith("p50: ")
    assert "; p99: " in gate.workloads[0].reason


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"slow": QUIET}, {}, "the current run has no p99 for each process"),
        ({"slow": QUIET}, {"slow": QUIET[:8]}, "the current run has no p99 for each process"),
        ({"slow": QUIET, "samples": 9_999}, {"slow": QUIET}, "p99 takes 10,000 calls, the baseline has 9,999"),
    ],
)
def test_slow_calls_are_not_evaluated_without_what_it_takes_and_that_alone_stops_no_pass(
    before: dict[str, Any], after: dict[str, Any], reason: str
) -> None:
    gate = judge_gate(run(timed("add-1", tail=0.2, **before)), run(timed("add-1", tail=0.2, **after)))
    assert gate.verdict == "pass"
    tail = gate.workloads[0].p99
    assert tail is not None
    assert (tail.verdict, tail.reason, tail.ratio) == ("not_evaluated", reason, None)


def test_too_few_calls_now_are_inconclusive_because_slow_ones_take_their_time() -> None:
    before = run(timed("add-1", tail=0.2, slow=QUIET))
    gate = judge_gate(before, run(timed("add-1", tail=0.2, slow=slower(5), samples=9_999)))
    assert (gate.verdict, again(gate)) == ("inconclusive", ("add-1",))
    assert gate.workloads[0].reason == "p99: p99 takes 10,000 calls, the current run has 9,999"


def test_what_is_new_and_wrong_stops_the_gate() -> None:
    gate = judge_gate(run(timed("add-1")), run(timed("add-1"), withheld("sin-1")))
    assert (gate.verdict, gate.new) == ("regressed", ())
    assert [(each.name, each.reason) for each in gate.missing] == [("sin-1", "the answer is wrong at [3]")]


def test_slow_calls_without_a_budget_are_not_judged() -> None:
    gate = judge_gate(run(timed("add-1", slow=QUIET)), run(timed("add-1", slow=slower(2))))
    assert gate.verdict == "pass"
    assert gate.workloads[0].p99 is None


def test_a_regression_of_slow_calls_on_which_later_processes_are_silent_is_not_confirmed() -> None:
    after = run(timed("add-1", QUIET + QUIET, tail=0.2, slow=slower(0.5) + slower(0.5)))
    gate = judge_gate(run(timed("add-1", tail=0.2, slow=QUIET)), after, {"add-1": processes(QUIET)}, rounds=2)
    assert (gate.verdict, gate.workloads[0].confirmed) == ("inconclusive", False)
    assert "could not confirm it" in gate.workloads[0].reason


# -- what forbids a verdict ------------------------------------------------------------------------


def test_another_machine_is_not_comparable_and_the_fields_are_named() -> None:
    before = run(timed("add-1"), timed("sin-1"))
    gate = judge_gate(before, run(timed("add-1"), machine=OTHER_MACHINE))
    assert (gate.verdict, gate.exit_code()) == ("not_comparable", 3)
    assert verdicts(gate) == {"add-1": "not_comparable", "sin-1": "not_comparable"}
    assert not gate.missing
    said = " ".join(gate.differences)
    assert "numpy: 2.4.6 in the baseline, 2.5.0 now" in said
    assert "dispatch: X86_V3 in the baseline, none now" in said


@pytest.mark.parametrize("imported", [0, 1])
def test_an_imported_baseline_is_not_comparable(imported: int) -> None:
    sides = [run(timed("add-1")), run(timed("add-1"))]
    sides[imported] = run(timed("add-1"), control=None, origin="imported", protocol=None, samples_file=None)
    gate = judge_gate(sides[0], sides[1])
    assert (gate.verdict, gate.exit_code()) == ("not_comparable", 3)
    assert "imported" in gate.workloads[0].reason


@pytest.mark.parametrize("control", ["same", "different"])
def test_a_workload_that_is_gone_or_withheld_is_missing_whatever_the_control_says(control: str) -> None:
    before = run(timed("add-1"), timed("sin-1"), timed("exp-1"))
    gate = judge_gate(before, run(timed("add-1"), withheld("sin-1"), control=control))  # type: ignore[arg-type]
    assert (gate.verdict, gate.exit_code()) == ("regressed", 1)
    assert {each.name: each.reason for each in gate.missing} == {
        "sin-1": "the answer is wrong at [3]",
        "exp-1": "the current run does not have it",
    }
    assert gate.counts() == {"missing": 2, "pass" if control == "same" else "inconclusive": 1}


@pytest.mark.parametrize("side", [0, 1])
def test_a_control_that_saw_a_difference_leaves_every_verdict_open_and_the_figures_visible(side: int) -> None:
    sides = [run(timed("add-1"), timed("sin-1")), run(timed("add-1", slower(0.05)), timed("sin-1"))]
    sides[side] = run(*sides[side].workloads, control="different")
    gate = judge_gate(sides[0], sides[1])
    assert (gate.verdict, gate.exit_code(), gate.controlled) == ("inconclusive", 3, False)
    assert set(verdicts(gate).values()) == {"inconclusive"}
    assert all(row.ratio is not None and "the control of the" in row.reason for row in gate.workloads)
    assert "no verdict can be believed" in gate.notes[0]


def test_another_call_under_the_same_name_is_not_comparable_and_the_gate_does_not_pass() -> None:
    gate = judge_gate(run(timed("add-1"), timed("sin-1")), run(timed("add-1", digest="f" * 32), timed("sin-1")))
    assert verdicts(gate) == {"add-1": "not_comparable", "sin-1": "pass"}
    assert (gate.verdict, gate.exit_code()) == ("inconclusive", 3)


def test_a_new_workload_is_listed_and_not_judged() -> None:
    gate = judge_gate(run(timed("add-1")), run(timed("add-1"), timed("sin-1", slower(3))))
    assert (gate.verdict, gate.new) == ("pass", ("sin-1",))
    assert verdicts(gate) == {"add-1": "pass"}


def test_what_was_never_timed_is_not_evaluated_and_does_not_stop_a_pass_but_is_noted() -> None:
    gate = judge_gate(run(withheld("sin-1"), timed("add-1")), run(withheld("sin-1"), timed("add-1")))
    assert gate.verdict == "pass"
    assert verdicts(gate) == {"sin-1": "not_evaluated", "add-1": "pass"}
    assert any("sin-1 without times in either run: the answer is wrong" in note for note in gate.notes)


@pytest.mark.parametrize("baseline", [run(), run(withheld("sin-1"))])
def test_a_gate_over_nothing_never_passes(baseline: Baseline) -> None:
    gate = judge_gate(baseline, baseline)
    assert (gate.verdict, gate.exit_code()) == ("inconclusive", 3)


def test_a_workload_without_a_budget_is_inconclusive() -> None:
    bare = run(timed("add-1").model_copy(update={"budget": None}))
    assert verdicts(judge_gate(bare, bare)) == {"add-1": "inconclusive"}


# -- what a reader must know -----------------------------------------------------------------------


def test_the_budget_is_the_current_one_and_a_change_of_it_is_noted() -> None:
    gate = judge_gate(run(timed("add-1")), run(timed("add-1", slower(0.05), budget=0.1, tail=0.5)))
    assert gate.verdict == "pass"
    assert gate.workloads[0].budget == 0.1
    assert "the budget of add-1 went for p50 from 2 % to 10 % and for p99 from none to 50 % (drawn)" in gate.notes


def test_a_change_of_provider_or_source_is_what_is_tested_and_is_noted() -> None:
    before = run(timed("add-1"), sources_sha256="a" * 64)
    other = ProviderIdentity(spec="./mine.py", name="mine", version=None)
    gate = judge_gate(before, run(timed("add-1"), provider=other, parity="0.2", git_dirty=True))
    assert gate.verdict == "pass"
    assert gate.notes[:3] == (
        "the provider was parity_kernels 0.1 (numba) and is mine (./mine.py)",
        "parity was 0.1 and is 0.2",
        "measured with uncommitted changes: current",
    )
    same = judge_gate(before, before)
    assert same.notes == ("the provider's sources are the same on both sides",)


def test_ratios_of_other_epochs_are_noted() -> None:
    before = run(timed("add-1"))
    assert before.protocol is not None
    after = run(timed("add-1"), protocol=before.protocol.model_copy(update={"ratio_of": "shorter_epoch"}))
    assert judge_gate(after, after).notes == ()
    said = "ratios were of both epochs of an arm, and are of the shorter epoch of an arm, without waits"
    assert judge_gate(before, after).notes == (said,)


def test_calls_on_one_side_and_batches_on_the_other_are_judged_and_noted() -> None:
    gate = judge_gate(run(timed("add-1"), timed("sin-1")), run(timed("add-1", mode="batched"), timed("sin-1")))
    assert gate.verdict == "pass"
    assert "timed by calls in one run and by batches in the other: add-1" in gate.notes


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, "as fast"),
        (1.0004, "as fast"),
        (1.031, "3.1 % slower"),
        (0.88, "12 % faster"),
        (1.999, "100 % slower"),
        (2.4, "2.4 times as long"),
    ],
)
def test_a_change_in_words(ratio: float, words: str) -> None:
    assert change_in_words(ratio) == words


def test_a_share_in_words() -> None:
    assert [share_in_words(share) for share in (0.02, 0.025, 0.0995, 0.5)] == ["2 %", "2.5 %", "10 %", "50 %"]


def test_a_test_with_no_budget_left_is_judged_by_its_adjusted_p_value() -> None:
    test = slowdown_test(QUIET, slower(0.05), 0.02, None)
    assert test is not None
    assert judged(test, 0.01).verdict == "regressed"
    assert judged(test, 0.06).verdict == "inconclusive"


def processes(values: Sequence[float]) -> Processes:
    """Of the document, which has the ratio the other way round."""
    return Processes(log_ratio=tuple(-value for value in values))
