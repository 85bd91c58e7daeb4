"""Groups of commands that are imported when they are called.

`parity --help` reads the table alone and `parity run --help` imports click and the flags, which keeps both within
150 ms (importing numpy, numba and pydantic takes over a second).
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from parity.errors import UsageError


class LazyCommand(NamedTuple):
    """Where a command is, and its line in the list of commands."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group that knows its commands by a table, in the order of help, and imports one when it is called."""

    def __init__(self, *args: Any, table: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table: what is used most comes first."""
        del ctx
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself; None for a name that is not in the table."""
        del ctx
        row = self._table.get(cmd_name)
        if row is None:
            return None
        command: click.Command = getattr(import_module(row.module), row.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone: click's own way would import them all."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in self._table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, but a misspelled name finds its neighbours in the table."""
        name = args[0]
        if name not in self._table and not name.startswith("-"):
            import difflib

            close = difflib.get_close_matches(name, self._table, n=2)
            raise UsageError(
                f"no such command {name!r}",
                where=ctx.command_path,
                expected="one of " + ", ".join(self._table),
                hint=f"did you mean {' or '.join(close)}?" if close else f"see `{ctx.command_path} --help`",
            )
        return super().resolve_command(ctx, args)
