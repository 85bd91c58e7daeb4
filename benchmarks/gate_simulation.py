"""Simulate gates: how often identical code is called regressed, and how often a planted slow-down is found.

    python benchmarks/gate_simulation.py [--gates 60] [--workloads 120] [--budget 0.02] [--baseline-processes 9]

The very rules are run (`parity.pipeline.gate.judged`, three rounds of nine processes) on drawn processes: normal with a
standard deviation of their own, plus a shift that all processes of a round share, because a machine is not the same
machine an hour later. Nothing is timed.

Of 100 gates over 120 workloads, all with the budget given, the share that calls identical code regressed, the share
that is inconclusive about it, and the share that finds one workload of them slower by 3 % and by 5 %:

    sd between             budget 2 %, baseline of 9     budget 2 %, baseline of 18     budget 3 %, baseline of 9
    processes   rounds    regr.  incon.  3 %   5 %      regr.  incon.  3 %   5 %       regr.  incon.  3 %   5 %
      0.5 %      0.0 %    0.00   0.00   1.00  1.00      0.00   0.00   1.00  1.00       0.00   0.00   0.45  1.00
      0.5 %      0.3 %    0.00   0.01   0.99  1.00      0.00   0.00   0.98  1.00       0.00   0.00   0.42  1.00
      1.0 %      0.0 %    0.00   0.22   0.86  1.00      0.00   0.00   1.00  1.00       0.00   0.00   0.44  1.00
      1.0 %      0.3 %    0.00   0.79   0.83  1.00      0.00   0.20   0.93  1.00       0.00   0.00   0.35  1.00
      1.0 %      0.5 %    0.01   0.98   0.74  1.00      0.04   0.83   0.83  1.00       0.00   0.08   0.41  0.99
      2.0 %      0.6 %    0.03   0.97   0.26  0.75      0.04   0.96   0.38  0.97       0.00   1.00   0.11  0.64

With a budget of 5 % or 10 %, none of 1,200 gates of identical code was regressed, and only the last row inconclusive
(0.13 at 5 %). So a workload is judged to 2 % where its processes scatter by 1 % or less, and a baseline, which is
measured once and compared with often, deserves twice the processes of a gate.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from math import exp, log1p

import numpy as np

from parity.bench.fingerprint import fingerprint
from parity.documents.baseline import Baseline, Control, Interval, Processes, Protocol, WorkloadResult
from parity.documents.gate import Gate
from parity.documents.report import ProviderIdentity
from parity.documents.workload import Budget
from parity.pipeline.gate import judged
from parity.pipeline.progress import Progress

ROUND = 9
MACHINE = fingerprint({"blas": 1})
SAME = Interval(value=1.0, low=0.999, high=1.001)
SLOWDOWNS = 0.03, 0.05
NOISE = (0.005, 0.0), (0.005, 0.003), (0.01, 0.0), (0.01, 0.003), (0.01, 0.005), (0.02, 0.006)
"""Standard deviations of ln time: between the processes of a round, between rounds."""


class Simulated:
    """A machine on which workload 0 is slower by `slowdown` than in the baseline, and the others are as they were."""

    def __init__(self, random: np.random.Generator, noise: tuple[float, float], workloads: int, budget: float) -> None:
        self._random, self._noise, self._workloads = random, noise, workloads
        self._budget = Budget(p50=budget, reason="simulated")
        self._values: list[list[float]] = [[] for _ in range(workloads)]

    def processes(self, count: int, slowdown: float, chosen: Sequence[int]) -> None:
        """More processes of the chosen workloads; one call is one round."""
        between, drift = self._noise
        for index in chosen:
            centre = drift * self._random.standard_normal() + (log1p(slowdown) if index == 0 else 0.0)
            self._values[index] += (centre + between * self._random.standard_normal(count)).tolist()

    def baseline(self) -> Baseline:
        """What was drawn up to now."""
        return Baseline(
            set="simulated",
            complete=True,
            fingerprint=MACHINE,
            provider=ProviderIdentity(spec="numba", name="simulated", version=None),
            sources_sha256=None,
            parity="0",
            git_head=None,
            git_dirty=None,
            command=(),
            started="2026-01-01T00:00:00Z",
            protocol=Protocol(processes=ROUND, seconds=0.1, epoch_ns=1, seed="1", harness_ns=1.0, threads=1),
            control=Control(verdict="same", ratio=SAME, workloads={}),
            copy_bandwidth=(),
            workloads=tuple(self._result(index, values) for index, values in enumerate(self._values)),
            samples_file=None,
        )

    def _result(self, index: int, values: Sequence[float]) -> WorkloadResult:
        ratio = exp(-float(np.median(values)))
        return WorkloadResult(
            name=f"w{index}",
            op="add",
            loop="dd->d",
            shape=((1,),),
            layout="contiguous",
            digest="0" * 32,
            bytes=8,
            budget=self._budget,
            verdict="exact",
            samples=1,
            numpy_ratio=Interval(value=ratio, low=ratio, high=ratio),
            processes=Processes(log_ratio=tuple(-value for value in values)),
        )


def simulated_gate(
    random: np.random.Generator, noise: tuple[float, float], slowdown: float, options: argparse.Namespace
) -> Gate:
    """One gate, measured again as often as the command would."""
    everything = range(options.workloads)
    before = Simulated(random, noise, options.workloads, options.budget)
    before.processes(options.baseline_processes, 0.0, everything)
    after = Simulated(random, noise, options.workloads, options.budget)

    def measure(names: tuple[str, ...] | None) -> Baseline:
        after.processes(ROUND, slowdown, everything if names is None else [int(name[1:]) for name in names])
        return after.baseline()

    return judged(before.baseline(), measure, options.rounds, Progress())


def figures(random: np.random.Generator, noise: tuple[float, float], options: argparse.Namespace) -> Iterator[str]:
    """Shares of gates: identical code called regressed, or inconclusive; each slow-down found."""
    gates = [simulated_gate(random, noise, 0.0, options) for _ in range(options.gates)]
    yield f"{sum(gate.verdict == 'regressed' for gate in gates) / len(gates):10.3f}"
    yield f"{sum(gate.verdict == 'inconclusive' for gate in gates) / len(gates):10.3f}"
    yield f"{sum(row.verdict == 'inconclusive' for gate in gates for row in gate.workloads) / len(gates):10.2f}"
    for slowdown in SLOWDOWNS:
        gates = [simulated_gate(random, noise, slowdown, options) for _ in range(options.gates)]
        yield f"{sum(gate.workloads[0].verdict == 'regressed' for gate in gates) / len(gates):10.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gates", type=int, default=60)
    parser.add_argument("--workloads", type=int, default=120)
    parser.add_argument("--budget", type=float, default=0.02)
    parser.add_argument("--baseline-processes", type=int, default=ROUND)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    started = time.monotonic()
    print(
        f"{options.gates} gates, {options.workloads} workloads, budget {options.budget:.1%}, {options.rounds} rounds,"
    )
    print(f"{options.baseline_processes} processes in the baseline and {ROUND} in each round")
    print("sd between processes, rounds | identical code: regressed, inconclusive, workloads inconclusive |", end=" ")
    print("found: " + ", ".join(f"{slowdown:.0%}" for slowdown in SLOWDOWNS))
    for noise in NOISE:
        random = np.random.default_rng(20261121)
        print(f"{noise[0]:6.1%} {noise[1]:6.1%} " + " ".join(figures(random, noise, options)), flush=True)
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
