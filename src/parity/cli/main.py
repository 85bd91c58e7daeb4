"""The entry point, and the table of commands.

A command's module is imported when it is called: `parity --help` reads the table alone and `parity run --help` imports
click and the flags, which keeps both within 150 ms (importing numpy, numba and pydantic takes over a second).
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click

from parity import __version__
from parity.cli.errors import answer
from parity.errors import UsageError


class LazyCommand(NamedTuple):
    """Where a command is, and its line in the list of commands."""

    module: str
    attribute: str
    help: str


COMMANDS: dict[str, LazyCommand] = {
    "run": LazyCommand("parity.cli.run", "run", "Compare a provider with what NumPy answered."),
    "capture": LazyCommand("parity.cli.capture", "capture", "Record what a NumPy answers: an oracle."),
    "reproduce": LazyCommand("parity.cli.reproduce", "reproduce", "Print a script that shows one divergence."),
    "report": LazyCommand("parity.cli.report", "report", "Render the report of a bundle again."),
    "verify": LazyCommand("parity.cli.verify", "verify", "Check a bundle: files, schemas, seal, and the report again."),
    "runs": LazyCommand("parity.cli.runs", "runs", "The ledger: list, show, verify, stale, export."),
    "seal": LazyCommand("parity.cli.seal", "seal", "Make repair symbols for a file or a directory."),
    "scrub": LazyCommand("parity.cli.scrub", "scrub", "Look for damage in what is sealed; changes nothing."),
    "repair": LazyCommand("parity.cli.repair", "repair", "Mend what is damaged, by its seal."),
    "prove": LazyCommand("parity.cli.prove", "prove", "Drill the repair of a sealed object, and record it."),
    "ops": LazyCommand("parity.cli.ops", "ops", "Look at the catalogue of operations."),
    "schema": LazyCommand("parity.cli.schema", "schema", "Print the JSON Schema of a document."),
    "kernels": LazyCommand("parity.cli.kernels", "kernels", "The Numba kernels: compile them ahead of use."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by the table, and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table: the main job comes first."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself; None for a name that is not in the table."""
        del ctx
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        command: click.Command = getattr(import_module(row.module), row.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone: click's own way would import them all."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, but a misspelled name finds its neighbours in the table."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            close = difflib.get_close_matches(name, COMMANDS, n=2)
            raise UsageError(
                f"no such command {name!r}",
                where="parity",
                expected="one of " + ", ".join(COMMANDS),
                hint=f"did you mean {' or '.join(close)}?" if close else "see `parity --help`",
            )
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="parity", message="%(prog)s %(version)s")
def parity() -> None:
    """Prove that array kernels compute what NumPy computes.

    Exit codes: 0 good · 1 a bad verdict · 2 bad input · 3 nothing was compared, or the
    evidence does not reach · 70 a defect in parity itself.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the value is the exit code. Nothing is raised, and no traceback is shown."""
    words = list(sys.argv[1:] if arguments is None else arguments)

    def work() -> int:
        # click's own `main` turns a broken pipe into exit 1, which here means a bad verdict, and an EOFError of any
        # module into an abort by the user. So its two halves are called here.
        with parity.make_context("parity", list(words)) as context:
            code = parity.invoke(context)
        return 0 if code is None else int(code)

    return answer(work, words)
