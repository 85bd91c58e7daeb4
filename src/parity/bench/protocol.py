"""How a workload is timed: provider and NumPy in one process, in short epochs, in the order ABBA or BAAB.

What drifts slowly (the frequency of the clock, neighbours on the machine) meets both arms of such a quadruple alike,
and the coin that names A keeps an order from becoming a bias. A call's result is dropped as soon as it is there, so
that a duration holds allocation and release of what a call returns, for both arms alike. Durations are nanoseconds of
``time.perf_counter_ns``, the wall clock: whatever a user of the call would wait for.
"""

import gc
import math
import statistics
import time
from array import array
from collections.abc import Callable
from itertools import repeat
from random import Random
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from parity.bench.timings import Durations, Pace

Call = Callable[[], object]
Clock = Callable[[], int]
"""Nanoseconds since any moment, never less than before."""

EPOCH_NS = 250_000
"""A quadruple lasts about 1 ms, so that most of them fit between two disturbances.

Measured for calls of 0.5 and 25 us, the same call as both arms, on two processors. With two neighbours that compute by
turns, and epochs of 1 ms, a neighbour's time slice (3 to 4 ms) met nearly every quadruple, and the medians of processes
had a standard deviation of 0.25 to 0.35 in the logarithm; with epochs of 0.25 ms 0.0004 to 0.0015. Without neighbours
it was 0.004 to 0.009 with 1 ms, and 0.0004 to 0.0013 with 0.25 ms.
"""

FASTER_EPOCH_NS = EPOCH_NS // 2  # what the faster arm's epoch lasts at least, where the slower one lets it
SHARES = 5  # so many quadruples fit into the time of a workload before the faster arm's epoch is made longer
QUADRUPLES = 3  # the fewest whose median none of them alone can move far

LED_CALLS = 4
"""Epochs of so many calls begin with one that is not timed: the first after the other arm's calls takes 1 to 12 %
longer (measured; 2 to 6 times as long after calls that empty the caches), and would be what a p99 shows."""

PER_CALL_NS = 10_000  # below it, reading the clock (0.1 us) and a call's own jitter are too much of a single duration
STEAL_NS = 10_000_000  # stolen time is asked for so often, and flags all epochs since: the kernel counts in such ticks
MOST_SAMPLES = 4096  # durations of an arm that are kept in one process: nine of them give 36,864 calls to a p99

MOVING = 5  # what was done in all lasts at least so many times as long as moving operands

ROUGH_NS, MOST_ROUGH_CALLS = 2_000_000, 1 << 20
STEADY_CALLS = 5  # so many calls in a row that compile nothing
WARM_NS = 5_000_000  # and the processor has had so long to raise its clock and to fill its caches
SLOW_WARM_NS, LONGEST_WARM_NS = 500_000_000, 10_000_000_000
NOTHINGS = 2001


class Compiles(Protocol):
    """What `warm` asks of `parity.bench.compilations.Compilations`."""

    @property
    def count(self) -> int:
        """Compilations up to now."""

    @property
    def seconds(self) -> float | None:
        """Time that they took, None if nobody can tell."""


class Watch(Protocol):
    """What `time_workload` asks of `parity.bench.conditions.Conditions`."""

    def begin(self) -> None:
        """Call before the first epoch."""

    def end(self) -> tuple[int, int]:
        """Flags of the epoch that just ended, and nanoseconds that it waited; the next one begins right away."""

    def stolen(self) -> int:
        """STOLEN if the host took time since this was asked last, else 0."""


class Epochs(NamedTuple):
    """What `time_workload` measured; fields as in `parity.bench.timings.Timing`."""

    provider_ns: Durations
    numpy_ns: Durations
    provider_first: NDArray[np.bool_]
    flags: NDArray[np.uint8]
    waits: Durations


class Warmth(NamedTuple):
    """Seconds of the first call, and of compilation until calls compiled nothing (None: nobody can tell)."""

    first_call_s: float
    compile_s: float | None


def rough_ns(call: Call, clock: Clock = time.perf_counter_ns) -> float:
    """About how many nanoseconds a warm call takes, within 10 ms or two calls (one, if that takes a second).

    Batches are doubled until one lasts 2 ms; the quicker of that one and another like it counts.
    """
    calls = 1
    while True:
        elapsed = _batch(call, calls, clock)
        if elapsed >= ROUGH_NS or calls >= MOST_ROUGH_CALLS:
            break
        calls *= 2
    if elapsed < 1_000_000_000:
        elapsed = min(elapsed, _batch(call, calls, clock))
    return max(elapsed, 1) / calls


def pace_for(provider_ns: float, numpy_ns: float, seconds: float, singles: int = 0) -> Pace:
    """How to time two arms of which a call takes so many nanoseconds each, in about so many seconds for both together.

    Both arms make the same number of calls an epoch: about 0.25 ms of the slower one. Where the arms differ much, the
    faster one gets up to 0.125 ms, as far as five quadruples still fit into ``seconds``. Longer epochs gain nothing
    more: for noise that averages out, the variance of the mean log-ratio is s^2 (1/a + 1/b) (a + b) / T whatever the
    number of calls, and drift is cancelled better by short quadruples.

    Parameters
    ----------
    provider_ns, numpy_ns : float
        Of one call, above 0, as `rough_ns` says.
    seconds : float
        For both arms of the workload in one process.
    singles : int
        Calls of each arm that shall be timed at least, where single calls are timed: what a p99 takes, divided by the
        number of processes.

    Returns
    -------
    Pace
        ``per_call`` where both arms take 10 us or more. At least 3 quadruples; 2 where one takes longer than 0.2 s,
        1 from 2 s on.
    """
    slower, faster, both = max(provider_ns, numpy_ns), min(provider_ns, numpy_ns), provider_ns + numpy_ns
    calls = math.ceil(FASTER_EPOCH_NS / faster)
    calls = min(calls, math.floor(seconds * 1e9 / (2 * both * SHARES)))
    calls = max(calls, round(EPOCH_NS / slower), 1)
    quadruple_s = 2 * both * calls / 1e9
    quadruples = 1 if quadruple_s > 2 else 2 if quadruple_s > 0.2 else QUADRUPLES
    if faster < PER_CALL_NS:
        return Pace("batched", calls, quadruples)
    return Pace("per_call", calls, max(quadruples, math.ceil(singles / (2 * calls))))


def warm(call: Call, compilations: Compiles, clock: Clock = time.perf_counter_ns) -> Warmth:
    """Call until nothing is compiled any more: five calls in a row, and 5 ms of calls.

    Slow calls are made fewer times (one that compiles nothing, once 0.5 s are over), and a provider that compiles in
    every call is given up after 10 s: then compilations will be found while the clock runs.
    """
    seconds, begin = compilations.seconds, clock()
    call()
    started = clock()
    count, steady = compilations.count, 0
    while True:
        elapsed = clock() - started
        enough = STEADY_CALLS if elapsed < SLOW_WARM_NS else 1
        if (steady >= enough and elapsed >= WARM_NS) or elapsed >= LONGEST_WARM_NS:
            break
        call()
        steady, count = (steady + 1, count) if compilations.count == count else (0, compilations.count)
    after = compilations.seconds
    return Warmth((started - begin) / 1e9, None if after is None else after - (seconds or 0.0))


def time_workload(
    provider: Call,
    numpy: Call,
    pace: Pace,
    seconds: float,
    random: Random,
    conditions: Watch,
    clock: Clock = time.perf_counter_ns,
    moved: Callable[[], tuple[Call, Call]] | None = None,
) -> Epochs:
    """Time two warm calls against each other, with the garbage collector off.

    It ends after ``seconds``, with the quadruple that was begun, or when an arm has 4,096 durations, but never before
    ``pace.quadruples``. What a call raises passes through.

    ``moved`` gives both arms again, with operands that lie elsewhere in memory: it is asked before each quadruple, as
    long as that takes no more than a fifth of the time. Each arm is then called once untimed.

    Returns
    -------
    Epochs
        provider_ns, numpy_ns: uint64, shape (quadruples, 2, calls), or (quadruples, 2, 1) for batches.
        provider_first: bool, shape (quadruples,). flags: uint8, waits: uint64, shape (quadruples, 4).
    """
    kept = pace.calls if pace.mode == "per_call" else 1
    most = max(pace.quadruples, MOST_SAMPLES // (2 * kept))
    provider_ns, numpy_ns = array("Q", bytes(16 * most * kept)), array("Q", bytes(16 * most * kept))
    orders = _orders(provider, numpy, provider_ns, numpy_ns, kept)
    flags, waits, first = bytearray(4 * most), array("Q", bytes(8 * 4 * most)), bytearray(most)
    timed = _singles if pace.mode == "per_call" else _one_batch
    led = pace.calls >= LED_CALLS
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        conditions.stolen()
        conditions.begin()
        done = asked = epoch = moving = 0
        now = asked_at = begin = clock()
        end = now + round(seconds * 1e9)
        while done < pace.quadruples or (done < most and now < end):
            first[done] = provider_first = random.random() < 0.5
            at = 2 * done * kept
            for call, durations, offset in orders[provider_first]:
                if led:
                    call()
                timed(call, pace.calls, durations, at + offset, clock)
                flags[epoch], waits[epoch] = conditions.end()
                epoch += 1
            done += 1
            now = clock()
            if now - asked_at >= STEAL_NS:
                _flag(flags, 4 * asked, 4 * done, conditions.stolen())
                asked, asked_at = done, now
            if moved is not None and MOVING * moving <= now - begin:
                provider, numpy = moved()
                provider(), numpy()
                orders = _orders(provider, numpy, provider_ns, numpy_ns, kept)
                conditions.begin()
                moving, now = moving + clock() - now, clock()
        _flag(flags, 4 * asked, 4 * done, conditions.stolen())
    finally:
        if collecting:
            gc.enable()
    return Epochs(
        _epochs(provider_ns, done, kept),
        _epochs(numpy_ns, done, kept),
        np.frombuffer(first, np.bool_)[:done].copy(),
        np.frombuffer(flags, np.uint8)[: 4 * done].reshape(done, 4).copy(),
        np.frombuffer(waits, np.uint64)[: 4 * done].reshape(done, 4).copy(),
    )


_Arm = tuple[Call, "array[int]", int]


def _orders(
    provider: Call, numpy: Call, provider_ns: "array[int]", numpy_ns: "array[int]", kept: int
) -> tuple[tuple[_Arm, ...], tuple[_Arm, ...]]:
    """BAAB and ABBA, if A is the provider: what to call, and where its durations go in a quadruple."""
    p1, n1, p2, n2 = (
        (provider, provider_ns, 0),
        (numpy, numpy_ns, 0),
        (provider, provider_ns, kept),
        (numpy, numpy_ns, kept),
    )
    return (n1, p1, p2, n2), (p1, n1, n2, p2)


def harness_ns(clock: Clock = time.perf_counter_ns) -> float:
    """What these loops say that an empty call takes, in nanoseconds: the most of any duration that is no call's own.

    The greater of the median of single calls and of a call's share of a batch. It holds the empty call itself, too.
    """
    single = array("Q", bytes(8 * NOTHINGS))
    _singles(_nothing, NOTHINGS, single, 0, clock)
    batches = [_batch(_nothing, NOTHINGS, clock) / NOTHINGS for _ in range(5)]
    return max(float(statistics.median(single)), statistics.median(batches))


def _nothing() -> None:
    pass


def _flag(flags: bytearray, begin: int, end: int, flag: int) -> None:
    if flag:
        for place in range(begin, end):
            flags[place] |= flag


def _epochs(durations: "array[int]", done: int, kept: int) -> Durations:
    return np.frombuffer(durations, np.uint64)[: 2 * done * kept].reshape(done, 2, kept).copy()


def _singles(call: Call, calls: int, durations: "array[int]", begin: int, clock: Clock) -> None:
    """Each call's duration, stored from ``begin`` on. Storing it happens while no clock runs."""
    for place in range(begin, begin + calls):
        started = clock()
        call()
        durations[place] = clock() - started


def _one_batch(call: Call, calls: int, durations: "array[int]", begin: int, clock: Clock) -> None:
    """One duration for all calls."""
    durations[begin] = _batch(call, calls, clock)


def _batch(call: Call, calls: int, clock: Clock) -> int:
    started = clock()
    for _ in repeat(None, calls):
        call()
    return clock() - started
