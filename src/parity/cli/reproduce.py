"""`parity reproduce`: a script that shows one divergence."""

from pathlib import Path

import click

from parity.cli.output import json_option, write_json, write_text


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("case_id")
@json_option
def reproduce(*, bundle: Path, case_id: str, json_target: str | None) -> int:
    """Print a script that shows one divergence.

    It needs NumPy and the provider, and neither parity nor the bundle.
    """
    from parity.pipeline.reproduce import reproduce as reproduce_pipeline

    script = reproduce_pipeline(bundle, case_id)
    write_json({"schema": "parity.reproducer/1", "case_id": case_id, "script": script}, json_target)
    if json_target != "-":
        write_text(script)
    return 0
