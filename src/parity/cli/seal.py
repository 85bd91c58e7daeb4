"""`parity seal`: make repair symbols for a file or a directory."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.output import json_option, write_json, write_text
from parity.errors import ExitCode

if TYPE_CHECKING:
    from parity.documents.seal import SealedObject

SHARE_FROM = 10_000
"""Bytes below which a share of the size says nothing: a seal has some 2 kB at least."""


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--overhead",
    type=float,
    default=0.10,
    metavar="SHARE",
    help="Repair symbols by source symbols; 0.10 if nothing is said.",
)
@json_option
def seal(*, paths: tuple[Path, ...], overhead: float, json_target: str | None) -> int:
    """Make repair symbols for a file or a directory.

    The seal of FILE is FILE.rq beside it; that of DIR is DIR/seal.rq, and it covers all files below. Sealing again
    renews the seal. With an overhead of 0.10 a burst of 9 % or the loss of a random 5 % of the symbols can be mended.
    """
    from parity.cli.progress import shown_progress
    from parity.pipeline.seal import seal as seal_pipeline

    with shown_progress() as progress:
        document = seal_pipeline(paths, overhead, progress)
    write_json(document.full(), json_target)
    if json_target != "-":
        write_text("".join(f"{line(row)}\n" for row in document.objects))
    return ExitCode.GOOD


def line(row: "SealedObject") -> str:
    """What was sealed, and what it cost."""
    share = f", {row.seal_bytes / row.bytes:.1%} of {row.bytes:,}" if row.bytes >= SHARE_FROM else ""
    files = f"{row.files:,} files: " if row.kind == "directory" else ""
    return f"{row.seal}: {files}{row.seal_bytes:,} bytes{share}; object {row.object_id}"
