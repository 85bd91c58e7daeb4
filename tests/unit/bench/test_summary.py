"""From durations that a test makes to the figures of a baseline."""

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bench.statistics import order_interval, quantile
from parity.bench.summary import (
    CONTROL_MARGIN,
    bandwidth_of_copy,
    control,
    control_of,
    log_ratio,
    p99_log,
    result,
    rounded,
    scaling,
)
from parity.bench.timings import STOLEN, SWITCHED, Pace, Timing
from parity.documents.baseline import CopyBandwidth, WorkloadResult
from parity.documents.case import ArrayArgument, Call, Case
from parity.documents.workload import Budget, Workload

SINGLE = Pace("per_call", 25, 10)
BATCHED = Pace("batched", 200, 10)
COPY = (CopyBandwidth(bytes=1000, gb_per_s=10.0), CopyBandwidth(bytes=100_000, gb_per_s=30.0))


def workload(size: int = 10_000) -> Workload:
    return Workload(
        name="add-dd-d-contiguous-1e3",
        op="add",
        loop="dd->d",
        layout="contiguous",
        shapes=((1000,), (1000,)),
        digest="0" * 32,
        bytes=size,
        budget=Budget(p50=0.02, reason="a test"),
        case=Case(
            case_id="0" * 32,
            call=Call(op="add", args=(ArrayArgument(pool="d.tame", shape=(1000,)),) * 2),
            loop="dd->d",
            layout="contiguous",
        ),
    )


def timing(pace: Pace = SINGLE, quadruples: int = 10, seed: int = 0, ratio: float = 2.0, **said: Any) -> Timing:
    """Calls of the provider that take some 40 us (batches some 1 ms), NumPy's `ratio` times as long."""
    random = np.random.default_rng(seed)
    shape = (quadruples, 2, pace.calls if pace.mode == "per_call" else 1)
    typical = 40_000 if pace.mode == "per_call" else 1_000_000
    return Timing(
        provider_ns=random.normal(typical, typical / 100, shape).astype(np.uint64),
        numpy_ns=random.normal(typical * ratio, typical / 100, shape).astype(np.uint64),
        provider_first=random.integers(0, 2, quadruples).astype(np.bool_),
        flags=said.get("flags", np.zeros((quadruples, 4), np.uint8)),
        waits=said.get("waits", np.zeros((quadruples, 4), np.uint64)),
        compile_s=said.get("compile_s"),
        first_call_s=said.get("first_call_s", 0.001),
        compiled_late=said.get("compiled_late", 0),
    )


def processes(pace: Pace = SINGLE, number: int = 9, **said: Any) -> list[Timing]:
    return [timing(pace, seed=seed, **said) for seed in range(number)]


def constant(provider: int, numpy: int, pace: Pace = SINGLE, quadruples: int = 3) -> Timing:
    shape = (quadruples, 2, pace.calls if pace.mode == "per_call" else 1)
    return timing(pace, quadruples)._replace(
        provider_ns=np.full(shape, provider, np.uint64), numpy_ns=np.full(shape, numpy, np.uint64)
    )


def of(timings: Sequence[Timing], pace: Pace | None = SINGLE, **other: Any) -> WorkloadResult:
    copy = other.get("copy", COPY)
    return result(workload(other.get("size", 10_000)), "exact", pace, timings, copy, other.get("withheld"))


# -- single calls ----------------------------------------------------------------------------------


def test_percentiles_are_of_the_calls_of_all_processes_together() -> None:
    timings = processes()
    found, pooled = of(timings), np.concatenate([timing.provider_ns.ravel() for timing in timings])
    assert (found.mode, found.calls, found.samples) == ("per_call", 1, 9 * 10 * 2 * 25)
    for share, interval in ((0.5, found.p50_ns), (0.95, found.p95_ns), (0.99, found.p99_ns)):
        wanted = order_interval(pooled, share)
        assert wanted is not None
        assert interval is not None
        assert (interval.value, interval.low, interval.high) == (wanted.value, wanted.low, wanted.high)
    assert found.batch_ns is None
    assert found.numpy_ns is not None
    assert found.numpy_ns.value == pytest.approx(80_000, rel=0.01)


@pytest.mark.parametrize(("quadruples", "there"), [(1, (12, True, False, False)), (6, (72, True, True, False))])
def test_percentiles_that_the_samples_do_not_reach_are_null(quadruples: int, there: tuple[int, bool, bool]) -> None:
    pace = Pace("per_call", 1, 1)
    found = of([timing(pace, quadruples, seed) for seed in range(6)], pace)
    shown = [interval is not None for interval in (found.p50_ns, found.p95_ns, found.p99_ns)]
    assert (found.samples, *shown) == there


def test_the_ratio_is_of_the_medians_of_processes_and_their_quadruples() -> None:
    found = of([constant(100, 100 * k) for k in (1, 2, 3, 4, 5, 6, 7, 8, 9)])
    assert found.numpy_ratio is not None
    assert (found.numpy_ratio.low, found.numpy_ratio.value, found.numpy_ratio.high) == (2, 5, 8)
    assert found.processes.log_ratio == tuple(rounded(log(k)) for k in range(1, 10))


BATCHES = constant(1, 1, Pace("batched", 10, 3))._replace(
    provider_ns=np.array([[[100], [300]], [[100], [100]], [[1], [1]]], np.uint64),
    numpy_ns=np.array([[[400], [400]], [[100], [300]], [[900], [900]]], np.uint64),
)


def test_the_value_of_a_process_is_the_median_over_quadruples_of_the_shorter_epochs_of_the_arms() -> None:
    assert log_ratio(BATCHES) == pytest.approx(log(4))


def test_who_recorded_no_waits_gets_the_median_over_quadruples_of_both_epochs_of_an_arm() -> None:
    assert log_ratio(BATCHES._replace(waits=None)) == pytest.approx(log(2))


@pytest.mark.parametrize("pace", [SINGLE, Pace("batched", 25, 3), Pace("per_call", 1, 3)])
@given(seed=st.integers(0, 2**32 - 1), waits=st.lists(st.integers(0, 10_000_000), min_size=40, max_size=40))
def test_waiting_for_a_processor_changes_neither_ratio_nor_slow_calls(pace: Pace, seed: int, waits: list[int]) -> None:
    quiet = timing(pace, seed=seed)
    told = np.array(waits, np.uint64).reshape(10, 4)
    provider, numpy = quiet.provider_ns.copy(), quiet.numpy_ns.copy()
    for quadruple, first in enumerate(quiet.provider_first):
        for place, (ours, epoch) in enumerate([(True, 0), (False, 0), (False, 1), (True, 1)]):
            arm = (provider if ours == first else numpy)[quadruple, epoch]
            arm[arm.argmax()] += told[quadruple, place]
    waiting = quiet._replace(provider_ns=provider, numpy_ns=numpy, waits=told)
    assert log_ratio(waiting) == log_ratio(quiet)
    assert p99_log(waiting) == p99_log(quiet)


def test_a_wait_that_no_duration_of_its_epoch_can_hold_was_not_while_the_clock_ran() -> None:
    quiet = constant(100, 300, Pace("per_call", 2, 3))
    assert log_ratio(quiet._replace(waits=np.full((3, 4), 1_000, np.uint64))) == log_ratio(quiet) == log(3)


def test_slow_calls_are_related_to_numpys_typical_ones_in_each_process() -> None:
    timings = processes()
    found = of(timings)
    assert found.processes.p99_log == tuple(
        rounded(log(quantile(timing.provider_ns, 0.99) / quantile(timing.numpy_ns, 0.5))) for timing in timings
    )
    assert found.processes.p99_log[0] == pytest.approx(log(0.5), abs=0.05)


def test_slow_calls_of_processes_are_told_only_where_every_process_has_368_calls() -> None:
    pace = Pace("per_call", 23, 8)
    enough, few = timing(pace, 8), timing(pace, 7)
    assert p99_log(enough) is not None
    assert p99_log(few) is None
    assert len(of([enough] * 6, pace).processes.p99_log) == 6
    assert of([enough] * 5 + [few], pace).processes.p99_log == ()


# -- batches ---------------------------------------------------------------------------------------


def test_batches_claim_no_percentile_of_calls() -> None:
    found = of(processes(BATCHED), BATCHED)
    assert (found.mode, found.calls, found.samples) == ("batched", 200, 9 * 10 * 2)
    assert (found.p50_ns, found.p95_ns, found.p99_ns) == (None, None, None)
    assert found.processes.p99_log == ()
    assert found.batch_ns is not None
    assert found.batch_ns.value == pytest.approx(5000, rel=0.01)
    assert found.numpy_ns is not None
    assert found.numpy_ns.value == pytest.approx(10_000, rel=0.01)
    assert found.numpy_ratio is not None
    assert found.numpy_ratio.value == pytest.approx(2, rel=0.01)


def test_throughput_is_of_a_call_not_of_a_batch() -> None:
    found = of([constant(200 * 500, 200 * 500, BATCHED)] * 6, BATCHED)
    assert found.gb_per_s == 20  # 10,000 bytes in 500 ns


# -- bandwidth -------------------------------------------------------------------------------------


def test_throughput_is_told_as_a_share_of_what_a_copy_reaches_at_that_size() -> None:
    found = of([constant(1000, 2000)] * 6)
    assert found.gb_per_s == 10
    assert found.copy_share == 0.5  # a copy of 10,000 bytes is halfway between those measured, at 20 GB/s


def test_the_bandwidth_of_a_copy_beyond_what_was_measured_is_the_nearest() -> None:
    assert bandwidth_of_copy(1, COPY) == 10
    assert bandwidth_of_copy(10**9, tuple(reversed(COPY))) == 30
    assert bandwidth_of_copy(10_000, COPY[:1]) == 10


def test_without_a_copy_or_bytes_there_is_no_share() -> None:
    assert of([constant(1000, 2000)] * 6, copy=()).copy_share is None
    nothing_moved = of([constant(1000, 2000)] * 6, size=0)
    assert (nothing_moved.gb_per_s, nothing_moved.copy_share) == (None, None)


# -- what else processes say -----------------------------------------------------------------------


def test_compilation_is_the_most_of_any_process_and_the_first_call_the_median() -> None:
    timings = [
        timing(compile_s=compile_s, first_call_s=first)
        for compile_s, first in zip((0.5, 0.25, None, 1.5, 0.75, 1.0), (0.1, 0.2, 0.3, 0.5, 0.6, 7.0), strict=True)
    ]
    found = of(timings)
    assert (found.compile_s, found.first_call_s) == (1.5, 0.4)
    assert of([timing(compile_s=None)] * 6).compile_s is None
    assert of([timing(compile_s=0.0)] * 6).compile_s == 0


def test_disturbed_epochs_are_counted_once_and_not_dropped() -> None:
    flags = np.zeros((10, 4), np.uint8)
    flags[0, 0], flags[3, 2], flags[3, 3] = SWITCHED, STOLEN, SWITCHED | STOLEN
    quiet, noisy = of(processes()), of(processes(flags=flags))
    assert (noisy.epochs, noisy.disturbed) == (9 * 40, 9 * 3)
    assert (quiet.epochs, quiet.disturbed) == (9 * 40, 0)
    assert (noisy.samples, noisy.p99_ns) == (quiet.samples, quiet.p99_ns)


def test_equal_durations_have_intervals_of_no_width() -> None:
    found = of([constant(12_345, 12_345)] * 9)
    for interval in (found.p50_ns, found.numpy_ns):
        assert interval is not None
        assert (interval.low, interval.value, interval.high) == (12_345, 12_345, 12_345)
    assert found.numpy_ratio is not None
    assert (found.numpy_ratio.low, found.numpy_ratio.value, found.numpy_ratio.high) == (1, 1, 1)


def test_a_duration_of_0_ns_counts_as_1() -> None:
    found = of([constant(0, 2, BATCHED)] * 6, BATCHED)
    assert found.batch_ns is not None
    assert found.batch_ns.value == 1 / 200
    assert found.processes.log_ratio[0] == rounded(log(2))


def test_single_calls_that_turn_out_too_fast_are_told_as_batches() -> None:
    slow, fast = of([constant(10_000, 20_000)] * 6), of([constant(9_999, 20_000)] * 6)
    assert (slow.mode, slow.calls, slow.samples) == ("per_call", 1, 6 * 3 * 2 * 25)
    assert (fast.mode, fast.calls, fast.samples) == ("batched", 25, 6 * 3 * 2)
    assert (fast.p50_ns, fast.p95_ns, fast.p99_ns) == (None, None, None)
    assert fast.batch_ns is not None
    assert fast.batch_ns.value == 9_999
    assert fast.numpy_ratio is not None
    assert fast.numpy_ratio.value == rounded(20_000 / 9_999)


def test_figures_have_six_digits_and_come_out_the_same_again() -> None:
    first, again = of(processes()), of(processes())
    assert first.model_dump_json() == again.model_dump_json()
    assert first.numpy_ratio is not None
    assert first.numpy_ratio.value == float(f"{first.numpy_ratio.value:.6g}")


@given(st.floats(-1e300, 1e300, allow_subnormal=False), st.floats(-1e300, 1e300, allow_subnormal=False))
def test_rounding_keeps_order_and_is_done_once(one: float, other: float) -> None:
    assert rounded(rounded(one)) == rounded(one)
    assert rounded(one) == pytest.approx(one, rel=1e-5)
    if one <= other:
        assert rounded(one) <= rounded(other)


# -- nothing to tell -------------------------------------------------------------------------------


def test_the_times_of_a_wrong_answer_are_withheld() -> None:
    found = result(workload(), "diverged", SINGLE, processes(), COPY, "the answer is wrong")
    assert (found.verdict, found.withheld, found.name) == ("diverged", "the answer is wrong", workload().name)
    assert (found.samples, found.epochs, found.processes.log_ratio) == (0, 0, ())
    given = found.model_dump()
    for name in ("p50_ns", "p95_ns", "p99_ns", "batch_ns", "numpy_ns", "numpy_ratio", "gb_per_s", "compile_s"):
        assert given[name] is None


def test_a_workload_that_crashed_has_no_pace() -> None:
    found = result(workload(), "crashed", None, [], COPY, "the process died")
    assert (found.verdict, found.mode, found.calls) == ("crashed", "per_call", 1)


def test_times_in_which_a_compilation_ran_are_withheld() -> None:
    found = of([*processes(number=8), timing(compiled_late=2)])
    assert found.withheld == "compilations while the clock ran: 2; there are no warm times"
    assert found.numpy_ratio is None


def test_fewer_than_six_processes_are_refused() -> None:
    with pytest.raises(ValueError, match="5 processes; an interval takes 6"):
        of(processes(number=5))


@pytest.mark.parametrize("pace", [Pace("per_call", 24, 10), BATCHED, None])
def test_times_of_another_pace_are_refused(pace: Pace | None) -> None:
    with pytest.raises(ValueError, match="pace"):
        of(processes(), pace)


def test_times_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="durations of shape"):
        of([timing(quadruples=0)] * 6)


# -- the same arm against itself -------------------------------------------------------------------


def test_a_control_without_a_difference_says_same() -> None:
    found = control({"small": processes(BATCHED, ratio=1.0), "large": processes(ratio=1.0)})
    assert found.verdict == "same"
    assert set(found.workloads) == {"small", "large"}
    assert found.ratio in found.workloads.values()
    assert found.ratio.value == pytest.approx(1, abs=0.005)


def test_a_control_with_a_difference_in_one_workload_says_different_and_shows_it() -> None:
    found = control({"small": processes(BATCHED, ratio=1.0), "large": processes(ratio=1.05)})
    assert found.verdict == "different"
    assert found.ratio == found.workloads["large"]
    assert found.ratio.value == pytest.approx(1 / 1.05, rel=0.01)


def test_a_difference_below_the_margin_is_no_difference_however_sure() -> None:
    below = [log(1 + 0.9 * CONTROL_MARGIN)] * 9
    above = [log(1 + 1.1 * CONTROL_MARGIN)] * 9
    assert control_of({"small": below}).verdict == "same"
    assert control_of({"small": above}).verdict == "different"
    assert control_of({"small": [-value for value in above]}).verdict == "different"


def test_of_three_controls_all_nine_processes_have_to_agree() -> None:
    eight_of_nine = [-0.0001] + [0.05] * 8
    assert control_of({"small": eight_of_nine}).verdict == "different"
    others = {"middle": [0.0] * 9, "large": [0.0] * 9}
    assert control_of({"small": eight_of_nine, **others}).verdict == "same"
    assert control_of({"small": [0.05] * 9, **others}).verdict == "different"


def test_the_control_that_differs_is_shown_before_one_that_only_scatters() -> None:
    found = control_of({"sure": [0.03] * 9, "unsure": [-0.2] * 4 + [0.1] * 5})
    assert found.verdict == "different"
    assert found.ratio == found.workloads["sure"]


def test_a_control_of_nothing_or_of_too_few_processes_is_refused() -> None:
    with pytest.raises(ValueError, match="no workload served"):
        control({})
    with pytest.raises(ValueError, match="5 processes"):
        control_of({"small": [0.0] * 5})


def test_a_harness_without_bias_is_vetoed_in_less_than_half_a_percent_of_runs() -> None:
    random, runs = np.random.default_rng(7), 2000
    vetoed = sum(
        control_of(dict(zip("abc", random.normal(0, 0.005, (3, 9)).tolist(), strict=True))).verdict == "different"
        for _ in range(runs)
    )
    assert vetoed / runs <= 0.005


@pytest.mark.parametrize(("bias", "sd", "power"), [(0.015, 0.003, 0.98), (0.02, 0.01, 0.75), (0.03, 0.01, 0.97)])
def test_a_bias_of_the_harness_is_found(bias: float, sd: float, power: float) -> None:
    random, runs = np.random.default_rng(8), 400
    found = 0
    for _ in range(runs):
        values = random.normal(0, sd, (3, 9))
        values[1] += bias
        found += control_of(dict(zip("abc", values.tolist(), strict=True))).verdict == "different"
    assert found / runs >= power


# -- all cores -------------------------------------------------------------------------------------


def test_a_speed_up_is_the_median_of_pairs_of_processes() -> None:
    found = scaling("add", 2, np.log([1.5, 1.75, 2.0, 1.75, 1.75, 1.5]).tolist())
    assert (found.name, found.threads) == ("add", 2)
    assert (found.speedup.low, found.speedup.value, found.speedup.high) == (1.5, 1.75, 2)
    with pytest.raises(ValueError, match="add: 5 processes"):
        scaling("add", 2, [0.1] * 5)
