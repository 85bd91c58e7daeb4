"""`parity report`: render the report of a bundle again."""

from pathlib import Path

import click

from parity.cli.output import STDOUT, json_option, write_bytes
from parity.errors import UsageError

FORMATS = ("md", "html", "junit", "json")


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(FORMATS), help="What to render; md if nothing is said.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="PATH", help="A file; else stdout.")
@json_option
def report(*, bundle: Path, format_: str | None, out: Path | None, json_target: str | None) -> int:
    """Render the report of a bundle again.

    --json PATH writes the report's document, alone or besides what --format and --out ask for.
    """
    rendered = format_ or out or json_target is None
    if rendered and out is None and json_target == STDOUT:
        raise UsageError(
            "both the document and the rendering would go to stdout", where="--format", expected="--out PATH besides"
        )
    from parity.pipeline.report import render

    if rendered:
        write_bytes(render(bundle, format_ or "md"), STDOUT if out is None else str(out))
    if json_target is not None:
        write_bytes(render(bundle, "json"), json_target)
    return 0
