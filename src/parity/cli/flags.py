"""Flags that several commands take, and what their values mean.

The names of suites are written out because the documents that define them import pydantic, and `--help` must not; a
test holds the two together.
"""

import math
import os
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


class NamedFolder(click.Path):
    """The path of a folder. Empty text is none, although `pathlib` reads it as the current folder."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; click's own error for empty text, or for a file."""
        if not os.fspath(value):
            self.fail("the name of the folder is empty", param, ctx)
        return super().convert(value, param, ctx)


FOLDER = NamedFolder(file_okay=False, path_type=Path)


class Naming(click.types.StringParamType):
    """Text that names something, as documents can hold it: UTF-8, not empty, and not longer than `longest`."""

    def __init__(self, longest: int | None = None) -> None:
        self.longest = longest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text; click's own error for any other."""
        text: str = super().convert(value, param, ctx)
        if not text:
            self.fail("it is empty", param, ctx)
        if self.longest is not None and len(text) > self.longest:
            self.fail(f"it has {len(text):,} characters, and at most {self.longest:,} are possible", param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:  # bytes that are no UTF-8 reach Python as lone surrogates
            self.fail(f"{text!r} is no UTF-8", param, ctx)
        return text


SET = Naming()
"""A set of workloads: its name, or the path of a TOML file."""
PROVIDER = Naming(longest=200)
"""Who is asked, as the manifest of a run can hold it."""


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
