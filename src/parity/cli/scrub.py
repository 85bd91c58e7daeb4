"""`parity scrub`: look for damage in what is sealed."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.flags import FiniteRange
from parity.cli.output import json_option, write_json, write_text
from parity.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from parity.documents.seal import ScrubResult, SealState

SHOWN_FILES = 12
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """A date, or an age before now. Raises UsageError."""
    del context, parameter
    if value is None:
        return None
    age = re.fullmatch(r"([0-9]{1,6})([smhdw])", value)
    try:
        if age is not None:
            return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        expected = "a date such as 2026-11-20 or 2026-11-20T14:00, or an age such as 12h, 7d or 2w"
        raise UsageError(f"{value!r} is no date and no age", where="--since", expected=expected) from None
    return moment if moment.tzinfo is not None else moment.astimezone()


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--since", callback=_moment, metavar="DATE|AGE", help="Leave out what was found good since then.")
@click.option(
    "--budget",
    type=FiniteRange(min=0),
    metavar="SECONDS",
    help="Begin no other object after so many seconds; the next scrub goes on from there.",
)
@json_option
def scrub(*, paths: tuple[Path, ...], since: datetime | None, budget: float | None, json_target: str | None) -> int:
    """Look for damage in what is sealed; changes nothing.

    PATH is a sealed file or directory, a sidecar, or a directory below which everything sealed is looked at. Exit code
    0: all is well; 1: something is damaged, and `parity repair` mends what is repairable.
    """
    from parity.cli.progress import shown_progress
    from parity.pipeline.seal import ScrubRequest
    from parity.pipeline.seal import scrub as scrub_pipeline

    with shown_progress() as progress:
        document = scrub_pipeline(ScrubRequest(paths, since, budget), progress)
    write_json(document.full(), json_target)
    if json_target != "-":
        write_text("".join(f"{line}\n" for line in lines(document)))
    return ExitCode.GOOD if document.status == "ok" else ExitCode.BAD_VERDICT


def lines(document: "ScrubResult") -> list[str]:
    """Each object with what is wrong with it, and what was left out."""
    said = [line for row in document.objects for line in (f"{row.status:<11}{row.path}", *damage(row))]
    recent = sum(row.why == "recent" for row in document.skipped)
    late = len(document.skipped) - recent
    said += [f"{recent:,} left out: found good before, as --since allows"] if recent else []
    return said + ([f"{late:,} left for the next scrub: --budget ran out"] if late else [])


def damage(row: "SealState") -> list[str]:
    """What is damaged in an object, in lines for a person."""
    said = []
    if row.symbols_damaged:
        said.append(f"{row.symbols_damaged:,} of {row.symbols_total:,} symbols damaged; margin {row.margin:,}")
    for file in row.damaged_files[:SHOWN_FILES]:
        found = f", found as {file.found_at}" if file.found_at else ""
        said += [f"{file.damage} {file.name}{found}"]
    if len(row.damaged_files) > SHOWN_FILES:
        said.append(f"and {len(row.damaged_files) - SHOWN_FILES:,} more files: --json PATH writes all")
    if row.object_id is not None and not row.seal_intact:
        said.append(f"the seal itself: {row.seal_slots_damaged:,} slots damaged or out of place")
    if row.unlisted:
        said.append(f"{len(row.unlisted):,} files are not covered: {', '.join(row.unlisted[:3])}")
    if row.reason is not None:
        said.append(f"lost: {row.reason}")
    return [f"           {line}" for line in said]
