"""`parity bench`: the group of what measures and compares times."""

import click

from parity.cli.lazy import LazyCommand, LazyGroup

COMMANDS: dict[str, LazyCommand] = {
    "run": LazyCommand("parity.cli.bench_run", "run", "Time a set of workloads, beside NumPy, into a baseline."),
    "compare": LazyCommand("parity.cli.bench_compare", "compare", "How two baselines differ; judges nothing."),
    "gate": LazyCommand("parity.cli.bench_gate", "gate", "Judge whether a workload became slower than it may."),
    "show": LazyCommand("parity.cli.bench_show", "show", "A baseline as a table."),
    "import": LazyCommand("parity.cli.bench_import", "import_", "Make a baseline of a report by pytest-benchmark."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def bench() -> None:
    """How fast: percentiles with intervals, ratios to NumPy, and a gate on them."""
