"""`parity bench run`: time a set of workloads into a baseline."""

from pathlib import Path

import click

from parity.cli.flags import FOLDER, PROVIDER, SECONDS, SET, named_ops, named_workloads, ops_option
from parity.cli.output import json_option, write_json, write_text

FEWEST_PROCESSES = 6
"""With fewer, no interval of 95 % over processes is finite."""

set_option = click.option(
    "--set",
    "set_name",
    type=SET,
    default="sentinel",
    metavar="NAME|PATH",
    help="The workloads: a set's name, or a TOML file.",
)
provider_option = click.option(
    "--provider",
    type=PROVIDER,
    metavar="SPEC",
    default="numba",
    help="Who is timed: numba (default), numpy, a module or ./file.py.",
)
only_option = click.option("--only", metavar="A,B", help="Only workloads with these names; `*` stands for any text.")
processes_option = click.option(
    "--processes",
    type=click.IntRange(FEWEST_PROCESSES, 99),
    default=9,
    show_default=True,
    help="Fresh processes, each of which times every workload.",
)
seconds_option = click.option(
    "--seconds",
    type=SECONDS,
    default=0.1,
    show_default=True,
    help="For each workload in each process, provider and NumPy together.",
)


@click.command()
@set_option
@provider_option
@ops_option
@only_option
@processes_option
@seconds_option
@click.option("--scaling", is_flag=True, help="Time the provider with all cores, too, apart from the rest.")
@click.option("--out", type=FOLDER, metavar="DIR", help="The folder of run bundles; baselines lie beside it.")
@json_option
def run(
    *,
    set_name: str,
    provider: str,
    ops: str | None,
    only: str | None,
    processes: int,
    seconds: float,
    scaling: bool,
    out: Path | None,
    json_target: str | None,
) -> int:
    """Time a set of workloads, beside NumPy in the same processes, into a baseline.

    Each answer is judged before it is timed, and the speed of a wrong one is withheld. The table goes to stderr, and
    the path of the baseline to stdout.
    """
    from parity.cli.progress import shown_progress, stderr_console
    from parity.pipeline.bench import bench
    from parity.pipeline.bench_session import BenchRequest

    request = BenchRequest(
        set=set_name,
        provider=provider,
        ops=named_ops(ops),
        only=named_workloads(only),
        processes=processes,
        seconds=seconds,
        scaling=scaling,
        out=out,
    )
    with shown_progress() as progress:
        result = bench(request, progress)

    from parity.report.baseline_table import show

    show(result.baseline, stderr_console())
    write_json(result.baseline.full(), json_target)
    if json_target != "-":
        write_text(f"{result.path}\n")
    return int(result.exit_code)
