"""The entry point, and the table of commands."""

import sys
from collections.abc import Sequence

import click

from parity import __version__
from parity.cli.errors import answer
from parity.cli.lazy import LazyCommand, LazyGroup

COMMANDS: dict[str, LazyCommand] = {
    "run": LazyCommand("parity.cli.run", "run", "Compare a provider with what NumPy answered."),
    "capture": LazyCommand("parity.cli.capture", "capture", "Record what a NumPy answers: an oracle."),
    "reproduce": LazyCommand("parity.cli.reproduce", "reproduce", "Print a script that shows one divergence."),
    "report": LazyCommand("parity.cli.report", "report", "Render the report of a bundle again."),
    "bench": LazyCommand("parity.cli.bench", "bench", "How fast, with intervals: run, compare, gate, show, import."),
    "optimize": LazyCommand("parity.cli.optimize", "optimize", "One optimization round: prove what it changed."),
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


@click.group(
    cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
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
