"""`parity repair`: mend what is damaged, by its seal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.output import json_option, write_json, write_text
from parity.errors import ExitCode

if TYPE_CHECKING:
    from parity.documents.seal import RepairResult


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def repair(*, paths: tuple[Path, ...], json_target: str | None) -> int:
    """Mend what is damaged, by its seal.

    Content, names, missing files and the seal itself come back as they were sealed. The damaged file stays until the
    new one was read again and has the right SHA-256. What is lost is not touched: exit code 1.
    """
    from parity.cli.progress import shown_progress
    from parity.pipeline.seal import repair as repair_pipeline

    with shown_progress() as progress:
        document = repair_pipeline(paths, progress)
    write_json(document.full(), json_target)
    if json_target != "-":
        write_text("".join(f"{line}\n" for line in lines(document)))
    return ExitCode.BAD_VERDICT if document.status == "lost" else ExitCode.GOOD


def lines(document: "RepairResult") -> list[str]:
    """Each object with what was wrong with it."""
    from parity.cli.scrub import damage

    said = []
    for row in document.objects:
        said += [f"{row.status:<15}{row.path}", *(damage(row) if row.status != "nothing_to_do" else [])]
        said += [f"           moved aside: {path}" for path in row.displaced]
    return said
