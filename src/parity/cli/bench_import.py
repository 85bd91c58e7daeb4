"""`parity bench import`: a report of pytest-benchmark as a baseline."""

from pathlib import Path

import click

from parity.cli.flags import FOLDER
from parity.cli.output import json_option, write_json, write_text


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=FOLDER, metavar="DIR", help="The folder of run bundles; baselines lie beside it.")
@json_option
def import_(*, file: Path, out: Path | None, json_target: str | None) -> int:
    """Make a baseline of FILE, which `pytest --benchmark-json` wrote.

    The baseline says that it was imported. It has no ratio to NumPy and no processes, so the gate does not judge it.
    The table goes to stderr, and the path of the baseline to stdout.
    """
    from parity.cli.progress import stderr_console
    from parity.pipeline.baseline_store import import_report

    baseline, path = import_report(file, out)

    from parity.report.baseline_table import show

    show(baseline, stderr_console())
    write_json(baseline.full(), json_target)
    if json_target != "-":
        write_text(f"{path}\n")
    return 0
