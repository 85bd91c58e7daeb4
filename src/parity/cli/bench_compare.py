"""`parity bench compare`: how two baselines differ."""

from pathlib import Path

import click

from parity.cli.output import STDOUT, json_option, write_json, write_text
from parity.errors import ExitCode


@click.command()
@click.argument("baseline", type=click.Path(path_type=Path))
@click.argument("current", required=False, type=click.Path(path_type=Path))
@click.option("--across", is_flag=True, help="Compare baselines of different machines: only their ratios to NumPy.")
@json_option
def compare(*, baseline: Path, current: Path | None, across: bool, json_target: str | None) -> int:
    """Tell how CURRENT differs from BASELINE, workload by workload; `parity bench gate` judges it.

    Without CURRENT: the newest baseline of this machine. Baselines with different fingerprints are refused unless
    --across is given, and then only the ratios to NumPy are compared. The table goes to stderr, and the geometric mean
    of the changes to stdout: of the provider's time in units of NumPy's. Exit code 3 if nothing was compared.
    """
    from parity.cli.progress import stderr_console
    from parity.pipeline.gate import compared
    from parity.report import gate_table

    found = compared(baseline, current, across=across)
    gate_table.show_comparison(found, stderr_console())
    write_json(found.full(), json_target)
    if json_target != STDOUT:
        write_text(f"{gate_table.overall(found) if found.overall is None else f'{found.overall:.4g}'}\n")
    return ExitCode.GOOD if gate_table.compared(found) else ExitCode.INCONCLUSIVE
