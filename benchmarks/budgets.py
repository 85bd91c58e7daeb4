"""Which budgets a machine allows: several baselines of identical code, each gated against each other.

    python benchmarks/budgets.py BASELINE BASELINE [BASELINE ...]

A budget is too small where a gate of identical code cannot pass in one round: the upper end of its interval is above.
`needs` is the greatest such end over all ordered pairs, in percent, for the typical call (p50) and, where there are
calls enough, for the slow ones (p99). `scatter` is the standard deviation of ln of the ratio to NumPy between the
processes of a run, `runs` that of the medians of the runs. Workloads whose budget is too small come first. Exit code 1
if there are any.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

from parity.bench.gate import judge_gate
from parity.documents.baseline import Baseline, WorkloadResult
from parity.documents.gate import GateRow, Judgement
from parity.pipeline.baselines import read_baseline

STEPS = 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0
"""Budgets that one would write down."""


class Need(NamedTuple):
    """What one workload needs: shares of its time; None where no pair could be judged."""

    name: str
    scatter: float
    runs: float
    typical: float | None
    slow: float | None
    budgets: tuple[float | None, float | None]
    regressed: int

    @property
    def lacks(self) -> float:
        """By what factor a budget is too small, the greater one."""
        pairs = zip((self.typical, self.slow), self.budgets, strict=True)
        return max((need / budget for need, budget in pairs if need is not None and budget), default=0.0)


def needs(baselines: Sequence[Baseline]) -> list[Need]:
    """For each workload of the first baseline that all have timed, who lacks most first."""
    gates = [judge_gate(before, after) for before, after in permutations(baselines, 2)]
    found = []
    for workload in baselines[0].workloads:
        same = [each for baseline in baselines for each in baseline.workloads if each.name == workload.name]
        rows = [row for gate in gates for row in gate.workloads if row.name == workload.name]
        if len(same) == len(baselines) and all(each.processes.log_ratio for each in same):
            found.append(_need(workload, same, rows))
    return sorted(found, key=lambda need: -need.lacks)


def _need(workload: WorkloadResult, same: Sequence[WorkloadResult], rows: Sequence[GateRow]) -> Need:
    ratios = [each.processes.log_ratio for each in same]
    budget = workload.budget
    return Need(
        workload.name,
        statistics.fmean(statistics.stdev(values) for values in ratios),
        statistics.stdev(statistics.median(values) for values in ratios),
        _highest(rows),
        _highest([row.p99 for row in rows if row.p99 is not None]),
        (budget.p50, budget.p99) if budget is not None else (None, None),
        sum(row.verdict == "regressed" for row in rows),
    )


def _highest(rows: Sequence[Judgement]) -> float | None:
    return max((row.ratio.high - 1 for row in rows if row.ratio is not None), default=None)


def _step(need: float | None) -> str:
    return "n/a" if need is None else f"{next((step for step in STEPS if step > need), need):.1%}"


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.2%}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("baselines", nargs="+", type=Path, metavar="BASELINE")
    options = parser.parse_args()
    if len(options.baselines) < 2:
        parser.error("it takes two baselines or more")
    baselines = [read_baseline(path) for path in options.baselines]
    found = needs(baselines)
    heading = ("scatter", "runs", "p50 needs", "budget", "step", "p99 needs", "budget", "step", "regressed")
    print(f"{'workload':44} " + " ".join(f"{name:>9}" for name in heading))
    for need in found:
        p50, p99 = need.budgets
        cells = [_percent(need.scatter), _percent(need.runs)]
        cells += [_percent(need.typical), _percent(p50), _step(need.typical)]
        cells += [_percent(need.slow), _percent(p99), _step(need.slow), str(need.regressed)]
        print(f"{need.name:44} " + " ".join(f"{cell:>9}" for cell in cells))
    too_small = sum(need.lacks >= 1 for need in found)
    pairs = len(baselines) * (len(baselines) - 1)
    print(f"{too_small} of {len(found)} workloads have a budget that is too small; {pairs} pairs of runs")
    return 1 if too_small else 0


if __name__ == "__main__":
    sys.exit(main())
