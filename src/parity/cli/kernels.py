"""`parity kernels`: the Numba kernels before they are used."""

import click

from parity.cli.flags import jobs_option
from parity.cli.output import json_option, write_json


@click.group()
def kernels() -> None:
    """The Numba kernels."""


@kernels.command()
@jobs_option
@json_option
def warm(*, jobs: int | None, json_target: str | None) -> int:
    """Compile every kernel ahead of use, into the cache on disk."""
    from parity.cli.progress import shown_progress
    from parity.pipeline.warm import warm as warm_pipeline

    with shown_progress() as progress:
        document = warm_pipeline(jobs, progress)
    click.echo(f"{document['kernels']} kernels are compiled; it took {document['seconds']:.1f} s", err=True)
    write_json(document, json_target)
    return 0
