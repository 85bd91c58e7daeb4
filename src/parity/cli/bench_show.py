"""`parity bench show`: a baseline as a table, and its figures computed again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.output import STDOUT, json_option, write_json, write_text
from parity.errors import ExitCode

if TYPE_CHECKING:
    from parity.documents.baseline_check import BaselineCheck


@click.command()
@click.argument("baseline", required=False, type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Compute every figure again from the samples; exit code 1 if one differs.")
@json_option
def show(*, baseline: Path | None, verify: bool, json_target: str | None) -> int:
    """Show a baseline: a file, or else the newest one of this machine.

    The table goes to stderr, and the path of the baseline to stdout, or with --verify what
    was found. --json writes the document: the baseline, or with --verify what was found.
    """
    from parity.cli.progress import stderr_console
    from parity.pipeline.baselines import newest_baseline, read_baseline, verified
    from parity.report.baseline_table import show as show_table

    path = newest_baseline() if baseline is None else baseline
    document = read_baseline(path)
    show_table(document, stderr_console())
    if not verify:
        write_json(document.full(), json_target)
        if json_target != STDOUT:
            write_text(f"{path}\n")
        return ExitCode.GOOD
    check = verified(path, document)
    write_json(check.full(), json_target)
    if json_target != STDOUT:
        write_text(described(check))
    return ExitCode.GOOD if check.status == "ok" else ExitCode.BAD_VERDICT


def described(check: "BaselineCheck") -> str:
    """A line for each problem and each note, and the outcome last."""
    lines = [f"{problem.workload or 'baseline'}: {problem.field}: {problem.detail}" for problem in check.problems]
    lines += [f"note: {note}" for note in check.notes]
    number = len(check.problems)
    found = "every figure is what the samples give" if not number else f"{number} problem{'s' if number > 1 else ''}"
    lines.append(f"{check.status}: {check.path}, {check.workloads} workloads: {found}")
    # A baseline may come from anyone, and its names go to a terminal.
    return "".join("".join(char if char.isprintable() else ascii(char)[1:-1] for char in line) + "\n" for line in lines)
