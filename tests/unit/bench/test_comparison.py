"""Two baselines side by side: changes with intervals, and no times across machines."""

from typing import Any

import pytest

from parity.bench.comparison import ACROSS, NotComparableError, compare
from parity.bench.fingerprint import identified
from parity.bench.gate import judge_gate

from .measured_baseline import MACHINE
from .two_runs import QUIET, around, run, slower, timed, withheld

OTHER_MACHINE = identified(MACHINE.model_copy(update={"cpu_model": "Another Processor"}))


def test_changes_of_ratio_and_times_come_with_intervals_above_1_for_slower() -> None:
    found = compare(run(timed("add-1")), run(timed("add-1", slower(0.1))))
    row = found.workloads[0]
    assert row.change is not None
    assert row.change.low < 1.105 < row.change.high
    assert row.p50 is not None
    assert row.p50.change.value == pytest.approx(1.105, rel=1e-3)
    assert row.p50.change.low == pytest.approx(1.105 * 0.99 / 1.01, rel=1e-3)
    assert row.p50.change.high == pytest.approx(1.105 * 1.01 / 0.99, rel=1e-3)
    assert (row.p95, row.p99, row.reason) == (None, None, None)
    assert found.overall == pytest.approx(1.105, rel=1e-3)
    assert (found.across, found.differences, found.other_machine) == (False, (), None)


def test_the_change_is_the_one_that_a_gate_judges() -> None:
    before, after = run(timed("add-1"), timed("sin-1")), run(timed("add-1", slower(0.03)), timed("sin-1"))
    changes = [row.change for row in compare(before, after).workloads]
    assert changes == [row.ratio for row in judge_gate(before, after).workloads]


def test_the_overall_change_is_the_geometric_mean() -> None:
    before, after = run(timed("add-1"), timed("sin-1")), run(timed("add-1", slower(0.4)), timed("sin-1", slower(-0.4)))
    assert compare(before, after).overall == pytest.approx(1, abs=1e-5)


def test_different_machines_are_refused_with_exit_code_3_and_the_fields_that_differ() -> None:
    with pytest.raises(NotComparableError) as refused:
        compare(run(timed("add-1")), run(timed("add-1"), machine=OTHER_MACHINE))
    assert (refused.value.code, refused.value.exit_code) == ("not_comparable", 3)
    assert "cpu_model: A Processor 9 in the baseline, Another Processor now" in str(refused.value.where)
    assert "--across" in str(refused.value.hint)


def test_across_machines_only_ratios_are_compared_and_the_first_note_says_so() -> None:
    found = compare(run(timed("add-1")), run(timed("add-1", slower(0.1)), machine=OTHER_MACHINE), across=True)
    row = found.workloads[0]
    assert row.change is not None
    assert (row.p50, row.p95, row.p99) == (None, None, None)
    assert found.across
    assert found.notes[0] == ACROSS
    assert found.other_machine is not None
    assert found.other_machine.cpu_model == "Another Processor"


def test_across_on_one_machine_compares_as_always() -> None:
    before = run(timed("add-1"))
    assert compare(before, before, across=True) == compare(before, before)


def test_an_imported_baseline_is_compared_by_its_times_alone() -> None:
    imported = run(
        timed("add-1", (), p50_ns=around(30_000)), control=None, origin="imported", protocol=None, samples_file=None
    )
    row = compare(run(timed("add-1")), imported).workloads[0]
    assert row.change is None
    assert row.p50 is not None
    assert row.p50.change.value == 2
    assert row.reason is None


def test_batches_are_compared_as_batches_and_not_as_calls() -> None:
    batched: dict[str, Any] = {"p50_ns": None, "mode": "batched", "calls": 60}
    before = run(timed("add-1", batch_ns=around(100), **batched), timed("sin-1"))
    after = run(timed("add-1", batch_ns=around(150), **batched), timed("sin-1", batch_ns=around(150), **batched))
    batches, mixed = compare(before, after).workloads
    assert batches.batch is not None
    assert batches.batch.change.value == 1.5
    assert batches.p50 is None
    assert (mixed.p50, mixed.batch) == (None, None)


def test_what_cannot_be_compared_says_why() -> None:
    before = run(timed("add-1"), timed("sin-1"), timed("exp-1", QUIET[:2], p50_ns=None))
    after = run(timed("add-1", digest="f" * 32), withheld("sin-1"), timed("exp-1", QUIET[:2], p50_ns=None))
    found = compare(before, after)
    assert [row.reason for row in found.workloads] == [
        "it is another call: the digests of its inputs differ",
        "the current run has no times: the answer is wrong at [3]",
        "there are not figures enough on both sides",
    ]
    assert found.overall is None


def test_names_that_one_side_has_are_listed() -> None:
    found = compare(run(timed("add-1"), timed("sin-1")), run(timed("exp-1"), timed("add-1")))
    assert (found.only_before, found.only_after) == (("sin-1",), ("exp-1",))
    assert [row.name for row in found.workloads] == ["add-1"]
