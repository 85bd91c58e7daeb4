"""Flags that several commands take, and what their values mean.

The names of suites are written out because the documents that define them import pydantic, and `--help` must not; a
test holds the two together.
"""

import re
from pathlib import Path

import click

from parity.errors import UsageError

SUITES = ("smoke", "core", "full")
MAX_JOBS = 1024

suite_option = click.option("--suite", type=click.Choice(SUITES), help="How many cases: smoke < core < full.")
ops_option = click.option("--ops", metavar="A,B", help="Only these operations, as `parity ops` lists them.")
dtypes_option = click.option("--dtypes", metavar="F4,F8", help="Only loops that take one of these.")
jobs_option = click.option(
    "--jobs", type=click.IntRange(1, MAX_JOBS), metavar="N", help="Worker processes; as many as there are CPUs."
)
allow_pure_option = click.option(
    "--allow-pure", is_flag=True, help="Be content with a pure-Python oracle, which is no evidence about NumPy."
)
FOLDER = click.Path(file_okay=False, path_type=Path)


def _digits(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    del context, parameter
    if value is not None and not re.fullmatch(r"[0-9]{1,20}", value):
        raise UsageError(f"{value!r} is no seed", where="--seed", expected="1 to 20 decimal digits")
    return value


seed_option = click.option(
    "--seed", metavar="N", callback=_digits, help="Seed of the sampled values, in decimal digits."
)


def named_ops(text: str | None) -> tuple[str, ...]:
    """Operations in the catalogue's order; none for no flag, which stands for all. Raises UsageError."""
    if text is None:
        return ()
    from parity.ops.catalogue import parse_ops

    return parse_ops(text, "--ops")


def named_dtypes(text: str | None) -> tuple[str, ...]:
    """Element characters; none for no flag, which stands for all. Raises UsageError."""
    if text is None:
        return ()
    from parity.documents.elements import parse_dtypes

    return parse_dtypes(text, "--dtypes")
