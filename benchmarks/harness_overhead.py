"""What timing costs for each measured call: goal 150 ns, both in the durations and in the time between them.

    python benchmarks/harness_overhead.py [--rounds N] [--json PATH]

A call of known cost (some turns of an empty loop) is made by a bare loop and by the loops of `time_workload`, in turns.
`reported` is how much more the durations say than the bare loop; `spent` how much more processor time a call takes,
with both readings of the clock and storing the duration. `a quadruple` is what is done between its four epochs, which
no duration holds. Figures are medians over the rounds. It fails if `reported` or `spent` is beyond the goal.
"""

import argparse
import gc
import json
import statistics
import sys
import time
from itertools import repeat
from pathlib import Path
from random import Random

import numpy as np

from parity.bench.conditions import Conditions
from parity.bench.protocol import LED_CALLS, Clock, harness_ns, time_workload
from parity.bench.timings import Pace

GOAL_NS = 150
SECONDS = 0.005
BARE_CALLS = 5000
TURNS = 20  # of the loop inside the call: some 100 ns, so that 150 ns can be told from the noise of the machine
PACES = (Pace("per_call", 1000, 1), Pace("batched", 1000, 1))
SHORT = Pace("per_call", 1, 500)


def _call() -> None:
    for _ in repeat(None, TURNS):
        pass


def _bare_ns(clock: Clock) -> float:
    begin = clock()
    for _ in repeat(None, BARE_CALLS):
        _call()
    return (clock() - begin) / BARE_CALLS


def overhead(pace: Pace, conditions: Conditions, seed: int) -> tuple[float, float]:
    """(reported, spent), nanoseconds for each measured call."""
    bare = _bare_ns(time.perf_counter_ns)
    processor = time.thread_time_ns  # time of neighbours is no cost of ours
    bare_spent, begin = _bare_ns(processor), processor()
    epochs = time_workload(_call, _call, pace, SECONDS, Random(seed), conditions)
    whole = processor() - begin
    durations = np.concatenate([epochs.provider_ns, epochs.numpy_ns])
    in_duration = pace.calls // durations.shape[-1]
    led = 1 if pace.calls >= LED_CALLS else 0  # those calls are no overhead: they keep the measured ones warm
    timed = durations.shape[0] * 2 * pace.calls
    reported = float(np.median(durations)) / in_duration - bare
    return reported, (whole - durations.shape[0] * 2 * led * bare_spent) / timed - bare_spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    gc.freeze()  # what is there by now is not searched before each timing
    figures = {"empty call": statistics.median(harness_ns() for _ in range(5))}
    with Conditions() as conditions:
        for pace in PACES:
            rounds = [overhead(pace, conditions, seed) for seed in range(options.rounds)]
            for name, values in zip(("reported", "spent"), zip(*rounds, strict=True), strict=True):
                figures[f"{pace.mode} {name}"] = statistics.median(values)
        quadruple = statistics.median(overhead(SHORT, conditions, seed)[1] for seed in range(options.rounds))
    for name, value in figures.items():
        print(f"{name:20} {value:8.1f} ns{'   <' if value > GOAL_NS else ''}")
    print(f"{'a quadruple':20} {4 * (quadruple - figures['per_call spent']):8.1f} ns")
    if options.json:
        options.json.write_text(json.dumps({"goal_ns": GOAL_NS, "figures": figures}, indent=1))
    return 0 if max(figures.values()) <= GOAL_NS else 1


if __name__ == "__main__":
    sys.exit(main())
