"""`parity prove`: drill the repair of a sealed object, and record it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.output import json_option, write_json
from parity.cli.progress import shown_progress
from parity.errors import ExitCode

if TYPE_CHECKING:
    from parity.documents.proof import DecodeProof, Drill

_TITLES = {
    "random": "symbols lost at random",
    "burst": "the longest promised burst",
    "limit": "all that one block can bear",
    "beyond_limit": "one more than it can bear",
}


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Execute the drills of the record that is there again, and compare.")
@json_option
def prove(*, path: Path, verify: bool, json_target: str | None) -> int:
    """Drill the repair of a sealed object, without changing it, and record it.

    Four drills: symbols lost at random, a burst, as much as one block can bear, and one symbol more, which must not
    come back. The record is FILE.decode_proof.json, or decode_proof.json in the directory.
    """
    from parity.pipeline import prove as pipeline

    with shown_progress() as progress:
        proof = pipeline.prove_again(path, progress) if verify else pipeline.prove(path, progress)
    if json_target is not None:
        write_json(proof.full(), json_target)
    else:
        _show(proof)
    return int(ExitCode.GOOD if proof.verdict == "proved" else ExitCode.BAD_VERDICT)


def _show(proof: "DecodeProof") -> None:
    for drill in proof.drills:
        click.echo(f"{drill.kind:<13} {_TITLES[drill.kind]}: {_outcome(drill)}")
    for problem in proof.problems:
        click.echo(f"  {problem}")
    click.echo(f"{proof.verdict}: object {proof.object_id}")


def _outcome(drill: "Drill") -> str:
    lost = f"{len(drill.dropped):,} dropped in {len(drill.blocks):,} block{'s' if len(drill.blocks) != 1 else ''}"
    again = f", at attempt {drill.attempts}" if drill.attempts > 1 else ""
    if drill.kind == "beyond_limit":
        return f"{lost}, {'recovered, which cannot be' if drill.recovered else 'not recovered, as it must be'}"
    return f"{lost}, {'recovered' if drill.recovered else 'NOT recovered'}{again}"
