"""`parity verify`: check a bundle."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.output import STDOUT, json_option, write_json, write_text

if TYPE_CHECKING:
    from parity.documents.verify import Verification


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@json_option
def verify(*, bundle: Path, json_target: str | None) -> int:
    """Check a bundle: hashes, the schema of every file, the seal, and the report again.

    The report is folded from the verdicts and rendered once more, byte for byte. All problems are listed, each with
    the file to blame. Reads only. Exit code 1 if there is a problem.
    """
    from parity.cli.progress import shown_progress
    from parity.pipeline.verify import verify as verify_bundle

    with shown_progress() as progress:
        found = verify_bundle(bundle, progress)
    write_json(found.full(), json_target)
    if json_target != STDOUT:
        write_text(described(found))
    return 0 if found.status == "ok" else 1


def described(found: "Verification") -> str:
    """A line for each problem and each note, and the outcome last."""
    lines = [f"{problem.path}: {problem.code}: {problem.detail}" for problem in found.problems]
    lines += [f"note: {note}" for note in found.notes]
    run = f"run {found.run_id}" if found.run_id else "an unknown run"
    if found.status == "ok":
        lines.append(f"ok: {run}, {found.files} files")
    else:
        problems = "1 problem" if len(found.problems) == 1 else f"{len(found.problems)} problems"
        lines.append(f"failed: {run}, {problems}")
    # A bundle may come from anyone, and its file names go to a terminal.
    return "".join("".join(char if char.isprintable() else ascii(char)[1:-1] for char in line) + "\n" for line in lines)
