"""The protocol of timing, on clocks that only the calls move: nothing here depends on how fast a machine is."""

import gc
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.bench import protocol
from parity.bench.protocol import harness_ns, pace_for, rough_ns, time_workload, warm
from parity.bench.timings import STOLEN, SWITCHED, Pace
from parity.documents.baseline import Mode


class Clock:
    """Stands still but for the calls that are made with it. log: names of the calls, in their order."""

    def __init__(self) -> None:
        self.now = 1_000
        self.log: list[str] = []

    def __call__(self) -> int:
        return self.now

    def call(self, name: str, ns: Callable[[int], int] | int) -> Callable[[], None]:
        """A call that takes so long; it may depend on how many there were of its name."""
        made = 0

        def call() -> None:
            nonlocal made
            self.now += ns(made) if callable(ns) else ns
            made += 1
            self.log.append(name)

        return call


class Quiet:
    """Conditions under which nothing happens."""

    def begin(self) -> None:
        pass

    def end(self) -> tuple[int, int]:
        return 0, 0

    def stolen(self) -> int:
        return 0


class Disturbed(Quiet):
    """A switch and a wait in every third epoch; stolen time whenever it is asked for."""

    def __init__(self) -> None:
        self.epochs = 0

    def end(self) -> tuple[int, int]:
        self.epochs += 1
        return (SWITCHED, 1000 + self.epochs) if self.epochs % 3 == 0 else (0, 0)

    def stolen(self) -> int:
        return STOLEN


class Compiler:
    """Compiles in its first calls."""

    def __init__(self, clock: Clock, calls: int, ns: int = 1_000) -> None:
        self.count, self.seconds, self.calls = 0, 0.0, 0
        self._clock, self._compiled, self._ns = clock, calls, ns

    def __call__(self) -> None:
        self._clock.now += self._ns
        if self.calls < self._compiled:
            self._clock.now += 50_000_000
            self.count += 1
            self.seconds += 0.05
        self.calls += 1


def timed(
    pace: Pace, seconds: float, *, provider: int = 100, numpy: int = 300, seed: int = 1
) -> tuple[Clock, protocol.Epochs]:
    clock = Clock()
    arms = clock.call("P", provider), clock.call("N", numpy)
    return clock, time_workload(*arms, pace, seconds, Random(seed), Quiet(), clock)


def test_the_order_of_epochs_is_drawn_and_recorded() -> None:
    clock, epochs = timed(Pace("per_call", 1, 40), 0.0)
    quadruples = ["".join(clock.log[begin : begin + 4]) for begin in range(0, len(clock.log), 4)]
    assert set(quadruples) == {"PNNP", "NPPN"}
    assert [order == "PNNP" for order in quadruples] == epochs.provider_first.tolist()
    assert len(quadruples) == 40


def test_orders_follow_the_random_numbers_that_are_given() -> None:
    one, again, other = (timed(Pace("per_call", 1, 40), 0.0, seed=seed)[0].log for seed in (1, 1, 2))
    assert one == again
    assert one != other


@settings(max_examples=30)
@given(
    mode=st.sampled_from(["per_call", "batched"]),
    calls=st.integers(1, 30),
    quadruples=st.integers(1, 20),
    microseconds=st.integers(0, 100),
)
def test_arrays_have_the_stated_shapes_and_dtypes(mode: Mode, calls: int, quadruples: int, microseconds: int) -> None:
    _, epochs = timed(Pace(mode, calls, quadruples), microseconds / 1e6)
    done = len(epochs.provider_first)
    kept = calls if mode == "per_call" else 1
    assert done >= quadruples
    assert epochs.provider_ns.shape == epochs.numpy_ns.shape == (done, 2, kept)
    assert epochs.flags.shape == epochs.waits.shape == (done, 4)
    assert [array.dtype for array in epochs] == [np.uint64, np.uint64, np.bool_, np.uint8, np.uint64]


def test_durations_of_single_calls_are_those_of_the_clock() -> None:
    clock = Clock()
    provider = clock.call("P", lambda made: 20_000 + made)
    epochs = time_workload(provider, clock.call("N", 7_000), Pace("per_call", 3, 5), 0.0, Random(0), Quiet(), clock)
    assert epochs.provider_ns.ravel().tolist() == [20_000 + made for made in range(30)]
    assert set(epochs.numpy_ns.ravel().tolist()) == {7_000}


def test_a_batch_is_one_duration_of_all_its_calls() -> None:
    _, epochs = timed(Pace("batched", 50, 4), 0.0)
    assert set(epochs.provider_ns.ravel().tolist()) == {50 * 100}
    assert set(epochs.numpy_ns.ravel().tolist()) == {50 * 300}


def test_the_first_call_after_the_other_arm_is_not_timed() -> None:
    clock, last = Clock(), [""]

    def arm(name: str) -> Callable[[], None]:
        def call() -> None:
            clock.now += 100 if last[0] == name else 900  # the other arm has emptied the caches
            last[0] = name

        return call

    pace = Pace("per_call", protocol.LED_CALLS, 6)
    epochs = time_workload(arm("P"), arm("N"), pace, 0.0, Random(3), Quiet(), clock)
    assert set(epochs.provider_ns.ravel().tolist()) == {100}
    assert set(epochs.numpy_ns.ravel().tolist()) == {100}


def test_it_goes_on_until_the_time_is_over() -> None:
    clock, epochs = timed(Pace("per_call", 2, 1), 100e-6, provider=1_000, numpy=1_000)
    assert len(epochs.provider_first) == 13  # of 8 us each
    assert clock.now == 1_000 + 13 * 8_000


def test_a_slow_call_is_timed_in_the_least_number_of_quadruples() -> None:
    _, epochs = timed(Pace("per_call", 1, 3), 0.1, provider=10**9, numpy=10**9)
    assert len(epochs.provider_first) == 3


@pytest.mark.parametrize(("mode", "quadruples"), [("per_call", 204), ("batched", 2048)])
def test_no_more_durations_are_kept_than_declared(mode: Mode, quadruples: int) -> None:
    _, epochs = timed(Pace(mode, 10, 1), 1e9)
    assert len(epochs.provider_first) == quadruples
    assert epochs.provider_ns.size <= protocol.MOST_SAMPLES


def test_switches_flag_their_epoch_which_tells_its_wait_and_stolen_time_all_epochs_of_its_quadruples() -> None:
    clock = Clock()
    pace = Pace("per_call", 1, 3)
    epochs = time_workload(clock.call("P", 1), clock.call("N", 1), pace, 0.0, Random(0), Disturbed(), clock)
    flags = epochs.flags.ravel()
    assert (flags & STOLEN == STOLEN).all()
    assert np.flatnonzero(flags & SWITCHED).tolist() == [2, 5, 8, 11]
    assert epochs.waits.ravel().tolist() == [0, 0, 1003, 0, 0, 1006, 0, 0, 1009, 0, 0, 1012]


def test_stolen_time_is_asked_for_as_often_as_the_kernel_counts_it() -> None:
    class Once(Quiet):
        asked = 0

        def stolen(self) -> int:
            self.asked += 1
            return STOLEN if self.asked == 2 else 0  # the first ask is before the first epoch

    clock, conditions = Clock(), Once()
    arms = clock.call("P", 1_000_000), clock.call("N", 1_000_000)
    epochs = time_workload(*arms, Pace("per_call", 1, 9), 0.0, Random(0), conditions, clock)
    assert np.flatnonzero(epochs.flags[:, 0]).tolist() == [0, 1, 2]  # 4 ms each, in ticks of 10 ms
    assert conditions.asked == 5


def test_the_garbage_collector_is_off_while_the_clock_runs_and_on_again_after() -> None:
    clock, seen = Clock(), set()
    assert gc.isenabled()
    arms = (lambda: seen.add(gc.isenabled())), clock.call("N", 1)
    time_workload(*arms, Pace("per_call", 1, 2), 0.0, Random(0), Quiet(), clock)
    assert seen == {False}
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        timed(Pace("batched", 2, 2), 0.0)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_a_call_raises_passes_through_and_the_collector_is_on_again() -> None:
    clock = Clock()

    def third(made: int) -> int:
        if made == 2:
            raise ZeroDivisionError("the third call")
        return 1

    arms = clock.call("P", third), clock.call("N", 1)
    with pytest.raises(ZeroDivisionError, match="the third call"):
        time_workload(*arms, Pace("per_call", 1, 5), 0.0, Random(0), Quiet(), clock)
    assert gc.isenabled()


@pytest.mark.parametrize("ns", [1, 40, 999, 10_000, 1_000_000, 50_000_000, 3_000_000_000])
def test_a_rough_time_is_that_of_a_call(ns: int) -> None:
    clock = Clock()
    assert rough_ns(clock.call("P", ns), clock) == ns
    assert clock.now <= max(10_000_000, 2 * ns) + 1_000
    if ns > 10**9:
        assert clock.log == ["P"]


def test_a_rough_time_takes_the_quicker_of_two_batches() -> None:
    clock = Clock()
    assert rough_ns(clock.call("P", lambda made: 9_000_000 if made == 0 else 5_000_000), clock) == 5_000_000


def test_a_clock_that_stands_still_gives_a_rough_time_above_nothing() -> None:
    assert 0 < rough_ns(lambda: None, lambda: 0) < 1


@given(provider=st.floats(20, 5e9), numpy=st.floats(20, 5e9), seconds=st.sampled_from([0.01, 0.1, 1.0]))
def test_a_pace_follows_the_slower_arm_and_names_the_mode_of_both(
    provider: float, numpy: float, seconds: float
) -> None:
    pace = pace_for(provider, numpy, seconds)
    assert pace.mode == ("per_call" if min(provider, numpy) >= 10_000 else "batched")
    assert pace.calls >= 1
    assert 1 <= pace.quadruples <= 3
    quadruple = 2 * pace.calls * (provider + numpy) / 1e9
    shortest = 2 * max(1, round(protocol.EPOCH_NS / max(provider, numpy))) * (provider + numpy) / 1e9
    assert quadruple <= max(seconds / protocol.SHARES, shortest) * (1 + 1e-9)


def test_like_arms_have_epochs_of_a_quarter_of_a_millisecond() -> None:
    assert pace_for(1_000, 1_000, 0.1) == Pace("batched", 250, 3)
    assert pace_for(25_000, 25_000, 0.1) == Pace("per_call", 10, 3)
    assert pace_for(1e6, 1e6, 0.1) == Pace("per_call", 1, 3)


def test_the_slower_the_calls_the_fewer_quadruples_are_asked_for() -> None:
    assert [pace_for(ns, ns, 0.1).quadruples for ns in (1e7, 1e8, 1e9)] == [3, 2, 1]


def test_a_much_faster_arm_has_longer_epochs_where_the_time_lasts() -> None:
    assert pace_for(10_000, 250_000, 0.1) == Pace("per_call", 13, 3)
    assert pace_for(10_000, 25_000_000, 0.1) == Pace("per_call", 1, 3)
    assert pace_for(10_000, 25_000_000, 10.0) == Pace("per_call", 13, 2)


@pytest.mark.parametrize("ns", [10_000, 33_000, 100_000, 2_000_000])
def test_a_p99_gets_the_calls_that_it_takes(ns: int) -> None:
    pace = pace_for(ns, ns, 0.1, singles=1112)
    assert 1112 <= 2 * pace.calls * pace.quadruples < 1112 + 2 * pace.calls
    _, epochs = timed(pace, 0.001, provider=ns, numpy=ns)
    assert epochs.provider_ns.size >= 1112


def test_batches_have_no_p99_and_take_no_more_calls_for_one() -> None:
    assert pace_for(500, 500, 0.1, singles=1112) == pace_for(500, 500, 0.1)


def test_the_first_call_and_compilation_are_told_apart_from_what_follows() -> None:
    clock = Clock()
    compiler = Compiler(clock, 1)
    warmth = warm(compiler, compiler, clock)
    assert warmth.first_call_s == pytest.approx(0.050001)
    assert warmth.compile_s == pytest.approx(0.05)


def test_it_is_warm_when_the_compilations_stand_still_for_five_calls() -> None:
    clock = Clock()
    compiler = Compiler(clock, 4, ns=10_000_000)
    warmth = warm(compiler, compiler, clock)
    assert compiler.calls == 4 + protocol.STEADY_CALLS
    assert warmth.compile_s == pytest.approx(0.2)


def test_fast_calls_are_made_for_some_milliseconds() -> None:
    clock = Clock()
    warm(compiler := Compiler(clock, 0, ns=1_000), compiler, clock)
    assert compiler.calls == 1 + protocol.WARM_NS // 1_000


def test_slow_calls_are_made_twice() -> None:
    clock = Clock()
    warm(compiler := Compiler(clock, 0, ns=2 * 10**9), compiler, clock)
    assert compiler.calls == 2


def test_a_provider_that_compiles_in_every_call_is_given_up() -> None:
    clock = Clock()
    warmth = warm(compiler := Compiler(clock, 10**9), compiler, clock)
    assert 100 < compiler.calls < 300
    assert warmth.compile_s == pytest.approx(compiler.seconds)


def test_without_numba_nobody_can_tell_how_long_compilation_took() -> None:
    class Unknown:
        count, seconds = 0, None

    clock = Clock()
    assert warm(clock.call("P", 10**6), Unknown(), clock).compile_s is None


def test_seconds_count_from_none_when_numba_is_imported_in_the_first_call() -> None:
    class Late:
        count = 0
        seconds: float | None = None

    clock, late = Clock(), Late()

    def call() -> None:
        clock.now += 1_000_000
        if late.seconds is None:
            late.seconds, late.count = 0.25, 1

    assert warm(call, late, clock).compile_s == 0.25


def test_what_an_empty_call_takes_is_the_greater_of_both_loops() -> None:
    ticks = iter(range(0, 10**9, 25))
    assert harness_ns(lambda: next(ticks)) == 25.0


def test_an_empty_call_takes_some_time_on_a_real_clock() -> None:
    assert 0 < harness_ns() < 1e6
