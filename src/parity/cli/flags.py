"""Flags that several commands take, and what their values mean.

The names of suites are written out because the documents that define them import pydantic, and `--help` must not; a
test holds the two together.
"""

import math
import re
from pathlib import Path
from typing import Any

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


class FiniteRange(click.FloatRange):
    """A number in a range. NaN is in none, though it is neither below nor above one, and infinity is no number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; click's own error for any other text."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number", param, ctx)
        return number


SECONDS = FiniteRange(0.005, 60)
"""How long each process may time a workload."""


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


def named_workloads(text: str | None) -> tuple[str, ...]:
    """Names or patterns of workloads; none for no flag, which stands for all. Raises UsageError for an empty list."""
    if text is None:
        return ()
    names = tuple(filter(None, (part.strip() for part in text.split(","))))
    if not names:
        raise UsageError(
            "no workload is named", where="--only", expected="names of the set, or patterns such as 'add-*'"
        )
    return names


def named_dtypes(text: str | None) -> tuple[str, ...]:
    """Element characters; none for no flag, which stands for all. Raises UsageError."""
    if text is None:
        return ()
    from parity.documents.elements import parse_dtypes

    return parse_dtypes(text, "--dtypes")
