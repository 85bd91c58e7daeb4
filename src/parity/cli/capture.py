"""`parity capture`: record an oracle."""

import os
from pathlib import Path

import click

from parity.cli.flags import (
    FOLDER,
    allow_pure_option,
    dtypes_option,
    named_dtypes,
    named_ops,
    ops_option,
    seed_option,
    suite_option,
)
from parity.cli.output import json_option, write_json, write_text
from parity.errors import UsageError

PYTHON_VARIABLE = "PARITY_ORACLE_PYTHON"


@click.command()
@click.option("--out", type=FOLDER, required=True, metavar="DIR", help="The folder of the capture.")
@suite_option
@ops_option
@dtypes_option
@seed_option
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help=f"The interpreter whose NumPy is asked; else ${PYTHON_VARIABLE}, else this one.",
)
@click.option(
    "--legacy",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder with another NumPy, tried first; why it was passed over is recorded.",
)
@click.option("--pure", is_flag=True, help="Ask exact arithmetic in pure Python, not NumPy.")
@allow_pure_option
@json_option
def capture(
    *,
    out: Path,
    suite: str | None,
    ops: str | None,
    dtypes: str | None,
    seed: str | None,
    python: Path | None,
    legacy: Path | None,
    pure: bool,
    allow_pure: bool,
    json_target: str | None,
) -> int:
    """Record what a NumPy answers, in a process of its own.

    Recording the same thing twice gives the same bytes. The path of the capture goes to stdout.
    """
    asked = [name for name, value in (("--python", python), ("--legacy", legacy), ("--pure", pure)) if value]
    if len(asked) > 1:
        raise UsageError(
            f"{' and '.join(asked)} exclude each other", where="parity capture", expected="one source of answers"
        )
    if python is None and not pure and os.environ.get(PYTHON_VARIABLE):
        python = Path(os.environ[PYTHON_VARIABLE])
    chosen_ops, chosen_dtypes = named_ops(ops), named_dtypes(dtypes)

    from parity.cli.progress import shown_progress
    from parity.documents.manifest import DEFAULT_SEED
    from parity.pipeline.capture import CaptureRequest
    from parity.pipeline.capture import capture as capture_pipeline

    request = CaptureRequest(
        out=out,
        suite=suite or "core",
        ops=chosen_ops,
        dtypes=chosen_dtypes,
        seed=seed or DEFAULT_SEED,
        python=python,
        legacy=legacy,
        pure=pure,
        allow_pure=allow_pure,
    )
    with shown_progress() as progress:
        document = capture_pipeline(request, progress)
    oracle = document["oracle"]
    by = f"NumPy {oracle['numpy']}" if oracle["numpy"] else "pure Python, which is no evidence about NumPy"
    click.echo(f"{document['cases']} cases answered by {by}, sha256 {document['digest'][:16]}", err=True)
    write_json(document, json_target)
    if json_target != "-":
        write_text(f"{document['path']}\n")
    return 0
