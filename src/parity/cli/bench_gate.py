"""`parity bench gate`: judge whether a workload became slower than it may."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.flags import FOLDER, PROVIDER, SET
from parity.cli.output import STDOUT, json_option, write_bytes, write_json, write_text
from parity.errors import StorageError, UsageError

if TYPE_CHECKING:
    from parity.documents.gate import Gate

MOST_ROUNDS = 9
MOST_PROCESSES = 12
"""With the rounds, as many values on a side as a rank test takes."""
FEWEST_PROCESSES = 6
FILE = click.Path(path_type=Path)


@click.command()
@click.argument("baseline", type=FILE)
@click.argument("current", required=False, type=FILE)
@click.option("--provider", type=PROVIDER, metavar="SPEC", help="Who is measured; else the baseline's.")
@click.option(
    "--set", "set_name", type=SET, metavar="NAME|PATH", help="The workloads; else the set that the baseline names."
)
@click.option(
    "--processes",
    type=click.IntRange(FEWEST_PROCESSES, MOST_PROCESSES),
    help="Fresh processes in a round; else 9.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, MOST_ROUNDS),
    help="How often to measure at most, to decide what is open and to confirm what looks slower; else 3.",
)
@click.option("--out", type=FOLDER, metavar="DIR", help="The folder of run bundles.")
@click.option(
    "--markdown",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Write a page for a pull request.",
)
@json_option
def gate(
    *,
    baseline: Path,
    current: Path | None,
    provider: str | None,
    set_name: str | None,
    processes: int | None,
    rounds: int | None,
    out: Path | None,
    markdown: Path | None,
    json_target: str | None,
) -> int:
    """Judge whether a workload became slower than its budget allows.

    BASELINE and CURRENT are files of `parity bench run`; without CURRENT it is measured now, and again what is
    undecided. The table goes to stderr, and the verdict to stdout: pass (exit code 0), regressed (1), inconclusive or
    not_comparable (3). In GitHub Actions, annotations go to stderr, and a page to the summary of the job. A page that
    cannot be written is an error on stderr, and changes no exit code.
    """
    flags = {"--provider": provider, "--set": set_name, "--processes": processes, "--rounds": rounds, "--out": out}
    if current is not None and (given := [name for name, value in flags.items() if value is not None]):
        raise UsageError(
            f"{given[0]} says how to measure, and CURRENT is measured already",
            where=given[0],
            expected="BASELINE alone, or no such flag",
        )
    if markdown is not None and not markdown.parent.is_dir():
        raise UsageError(
            f"the folder {markdown.parent} does not exist", where=f"--markdown {markdown}", expected="a file to write"
        )
    from parity.cli.progress import shown_progress, stderr_console
    from parity.pipeline.gate import GateRequest
    from parity.pipeline.gate import gate as judge

    defaults = GateRequest(baseline)
    request = GateRequest(
        baseline=baseline,
        current=current,
        provider=provider,
        set=set_name,
        processes=processes or defaults.processes,
        rounds=rounds or defaults.rounds,
        out=out,
    )
    with shown_progress() as progress:
        found = judge(request, progress)

    from parity.report.gate_table import show_gate

    show_gate(found, stderr_console())
    if json_target != STDOUT:
        write_text(f"{found.verdict}\n")
    write_json(found.full(), json_target)
    _publish(found, markdown)
    return int(found.exit_code())


def _publish(found: "Gate", markdown: Path | None) -> None:
    """The page where it was asked for; in GitHub Actions the annotations, and the page in the summary of the job."""
    from parity.report.gate_markdown import annotations, render

    page = render(found).encode()
    if markdown is not None:
        with _refusal_told():
            write_bytes(page, str(markdown))
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for line in annotations(found):
        click.echo(line, err=True)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        from parity.documents.durable import append

        path = Path(summary)
        with _refusal_told():
            append(path, page, at=path.stat().st_size if path.exists() else 0)


@contextmanager
def _refusal_told() -> Iterator[None]:
    """A page that cannot be written is an error on stderr; the exit code stays that of the verdict."""
    from parity.cli.errors import as_parity_error, lines

    try:
        yield
    except (OSError, StorageError) as refused:
        for line in lines(as_parity_error(refused)):
            click.echo(line, err=True)
