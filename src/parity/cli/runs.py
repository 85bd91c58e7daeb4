"""`parity runs`: the ledger."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.flags import SUITES
from parity.cli.output import json_option, write_json, write_text
from parity.errors import ExitCode

if TYPE_CHECKING:
    from parity.documents.ledger import LedgerCheck, RunRecord, StaleDocument

LABEL = 14
SHOWN_FILES = 12
RUN_STATUSES = ("SUCCESS", "PARTIAL", "FAILED", "SKIPPED")

ledger_option = click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The ledger; by default the one where runs are written.",
)


class _RunsGroup(click.Group):
    """The group of the ledger; `export` is a module of its own, imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), "export"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "export":
            command: click.Command = import_module("parity.cli.runs_export").export
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=_RunsGroup)
def runs() -> None:
    """The ledger: list, show, verify, stale, export."""


@runs.command("list")
@click.option("--provider", metavar="NAME", help="Only runs of this provider.")
@click.option("--suite", metavar="NAME", help="Only runs of this suite: " + ", ".join(SUITES) + ".")
@click.option("--status", type=click.Choice(RUN_STATUSES, case_sensitive=False), help="Only runs that ended like this.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), metavar="N", help="Only the newest N of them.")
@ledger_option
@json_option
def list_(
    *,
    provider: str | None,
    suite: str | None,
    status: str | None,
    limit: int | None,
    ledger: Path | None,
    json_target: str | None,
) -> int:
    """List the recorded runs, the newest last."""
    from parity.cli.progress import shown_progress
    from parity.pipeline.runs import Selection, records

    with shown_progress() as progress:
        document = records(ledger, Selection(provider, suite, status, limit), progress)
    write_json(document.full(), json_target)
    if json_target != "-":
        _print(table(document.records))
    return ExitCode.GOOD


@runs.command()
@click.argument("id_", metavar="ID")
@ledger_option
@json_option
def show(*, id_: str, ledger: Path | None, json_target: str | None) -> int:
    """Show one record. ID is a run id, the first digits of one, or a label."""
    from parity.cli.progress import shown_progress
    from parity.documents.ledger import RunsDocument
    from parity.pipeline.runs import record

    with shown_progress() as progress:
        found = record(id_, ledger, progress)
    write_json(RunsDocument(records=(found,)).full(), json_target)
    if json_target != "-":
        _print(card(found))
    return ExitCode.GOOD


@runs.command()
@ledger_option
@json_option
def verify(*, ledger: Path | None, json_target: str | None) -> int:
    """Check every record and their chain. Exit code 1: the ledger is damaged, or its last line torn."""
    from parity.pipeline.runs import check

    document = check(ledger)
    write_json(document.full(), json_target)
    if json_target != "-":
        _print(findings(document))
    return ExitCode.GOOD if document.status == "ok" else ExitCode.BAD_VERDICT


@runs.command()
@ledger_option
@json_option
def stale(*, ledger: Path | None, json_target: str | None) -> int:
    """Say whose inputs have changed. Exit code 1: the last run of some provider and suite is out of date."""
    from parity.cli.progress import shown_progress
    from parity.pipeline.runs import stale as stale_pipeline

    with shown_progress() as progress:
        document = stale_pipeline(ledger, progress)
    write_json(document.full(), json_target)
    if json_target != "-":
        _print(changes(document))
    return ExitCode.BAD_VERDICT if document.stale else ExitCode.GOOD


def table(records: "tuple[RunRecord, ...]") -> list[str]:
    """A line for each record, and their number."""
    head = ("run", "label", "provider", "status", "before", "after", "seconds")
    cells = [
        (
            record.run_id.text[:13],
            record.run_label,
            record.subject.provider,
            record.run_status,
            record.status_before,
            record.status_after,
            f"{record.run_duration / 1000:.1f}",
        )
        for record in records
    ]
    widths = [max(len(line[column]) for line in (head, *cells)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *cells)]
    return [*(line.rstrip() for line in lines), f"{_counted(len(records), 'run')}. `parity runs show ID` shows one."]


def card(record: "RunRecord") -> list[str]:
    """All that a record says, but for long lists of files."""
    commit = record.git_head or "none"
    if record.git_dirty:
        commit += ", with changes"
    lines = [
        f"{record.run_label}: {record.run_status}",
        *_field("run id", record.run_id.text),
        *_field("subject", f"{record.subject.provider}, suite {record.subject.suite}"),
        *_field("status", f"{record.status_before} -> {record.status_after}"),
        *_field("started", f"{record.run_timestamp}, for {record.run_duration / 1000:.3f} s"),
        *_field("agent", f"{record.agent.name} {record.agent.version}"),
        *_field("commit", commit),
        *_field("bundle", record.bundle),
        *_field("error", record.error_summary),
    ]
    for note in record.notes:
        lines += _field("note", note)
    lines += _field("inputs", f"{len(record.input_files)}, composite {record.input_context_sha}")
    lines += _some([f"{row.sha256[:16]}  {row.name}" for row in record.input_files])
    lines += _field("outputs", str(len(record.output_files)))
    lines += _some([f"{row.sha256[:16]}  {row.name}  {row.size:,} bytes" for row in record.output_files])
    return [*lines, *_field("prev", record.prev), *_field("hash", record.hash_)]


def findings(document: "LedgerCheck") -> list[str]:
    """What is amiss, and a line that sums it up."""
    problems = [f"{problem.path}, line {problem.line}: {problem.detail}" for problem in document.problems]
    said = {
        "ok": "every record and the chain hold",
        "torn": "the last line is torn",
        "damaged": "the ledger is damaged",
    }
    hint = ["the next run cuts the torn line off or completes it, and goes on"] if document.status == "torn" else []
    notes = [f"note: {note}" for note in document.notes]
    return [
        *problems,
        *hint,
        *notes,
        f"{document.path}: {_counted(document.records, 'record')}; {said[document.status]}",
    ]


def changes(document: "StaleDocument") -> list[str]:
    """For each subject what changed, and a line that sums it up."""
    lines = []
    for row in document.subjects:
        lines.append(
            f"{row.subject.provider} {row.subject.suite}: {'stale' if row.stale else 'up to date'}, {row.run_label}"
        )
        lines += _some([f"{change.what:<10}  {change.name}" for change in row.changed])
        if row.unchecked:
            lines.append(f"  {'unchecked':<10}  {', '.join(row.unchecked)}")
        if row.git_head != row.git_head_now:
            lines.append(f"  {'commit':<10}  {row.git_head or 'none'} -> {row.git_head_now or 'none'}")
    return [*lines, f"stale: {document.stale} of {_counted(len(document.subjects), 'subject')}"]


def _print(lines: list[str]) -> None:
    """Lines on stdout. A ledger may come from elsewhere, and its texts steer no terminal."""
    shown = ("".join(char if char.isprintable() else ascii(char)[1:-1] for char in line) for line in lines)
    write_text("".join(f"{line}\n" for line in shown))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _field(label: str, text: str | None) -> list[str]:
    return [] if text is None else [f"  {label:<{LABEL}}{line}" for line in text.splitlines() or [""]]


def _some(lines: list[str]) -> list[str]:
    """The first of many lines, indented, and how many more there are."""
    more = len(lines) - SHOWN_FILES
    shown = lines if more <= 1 else lines[:SHOWN_FILES]
    return [f"  {line}" for line in [*shown, *([f"and {more} more: --json PATH writes all"] if more > 1 else [])]]
