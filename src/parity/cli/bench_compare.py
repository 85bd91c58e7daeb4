"""`parity bench compare`: how two baselines differ."""

from pathlib import Path

import click

from parity.cli.output import STDOUT, json_option, write_json, write_text


@click.command()
@click.argument("baseline", type=click.Path(path_type=Path))
@click.argument("current", required=False, type=click.Path(path_type=Path))
@click.option("--across", is_flag=True, help="Compare baselines of different machines: only their ratios to NumPy.")
@json_option
def compare(*, baseline: Path, current: Path | None, across: bool, json_target: str | None) -> int:
    """Tell how CURRENT differs from BASELINE, workload by workload; `parity bench gate` judges it.

    Without CURRENT: the newest baseline of this machine. Baselines with different fingerprints are refused (exit code
    3, for nothing was compared) unless --across is given, and then only the ratios to NumPy are compared. The table
    goes to stderr, and the geometric mean of the changes to stdout: of the provider's time in units of NumPy's.
    """
    from parity.cli.progress import stderr_console
    from parity.pipeline.gate import compared
    from parity.report.gate_table import show_comparison

    found = compared(baseline, current, across=across)
    show_comparison(found, stderr_console())
    write_json(found.full(), json_target)
    if json_target != STDOUT:
        write_text("nothing was compared\n" if found.overall is None else f"{found.overall:.4g}\n")
    return 0
