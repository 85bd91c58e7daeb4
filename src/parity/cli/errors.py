"""What went wrong, as an exit code, as lines for a person and as the document `parity.error/1`."""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

import click

from parity import __version__
from parity.cli.output import STDOUT, flush_stdout, silence_stdout, target_of, write_json_text
from parity.errors import ExitCode, ParityError, StorageError, UsageError

INTERRUPTED = 130
"""128 + SIGINT: what a shell reports for a command that the user stopped."""
BROKEN_PIPE = 141
"""128 + SIGPIPE: the reader of stdout went away (`parity ops | head`); nothing is wrong, and nothing is said."""

_DAMAGED_DISK = {
    errno.ENOSPC: "free some space, or write elsewhere with --out",
    errno.EDQUOT: "free some space, or write elsewhere with --out",
    errno.EACCES: "check the permissions, or write elsewhere with --out",
    errno.EPERM: "check the permissions, or write elsewhere with --out",
    errno.EROFS: "the file system is read-only; write elsewhere with --out",
}


class DefectError(ParityError):
    """parity itself is wrong; `where` has the file with the traceback."""

    code = "defect"
    exit_code = ExitCode.DEFECT


class InterruptedByUserError(ParityError):
    """The user stopped the command."""

    code = "interrupted"


def answer(work: Callable[[], int], arguments: Sequence[str]) -> int:
    """The exit code of `work`, which parsed `arguments`; whatever it raises is said and mapped to an exit code.

    PARITY_DEBUG=1 shows the traceback too.
    """
    try:
        code = work()
        flush_stdout()
    except BaseException as raised:  # also KeyboardInterrupt, the SystemExit of a provider, panics of Rust
        return _answered(raised, arguments)
    return code


def _answered(raised: BaseException, arguments: Sequence[str]) -> int:
    if isinstance(raised, click.exceptions.Exit):  # --help and --version
        return _flushed(raised.exit_code)
    if isinstance(raised, BrokenPipeError):
        silence_stdout()
        return BROKEN_PIPE
    if isinstance(raised, click.exceptions.NoArgsIsHelpError):
        click.echo(raised.format_message(), err=True)
        return ExitCode.BAD_INPUT
    if os.environ.get("PARITY_DEBUG") == "1":
        _show_traceback(raised, sys.stderr)
    if isinstance(raised, (KeyboardInterrupt, click.Abort)):
        tell(InterruptedByUserError("stopped by the user"), arguments)
        return INTERRUPTED
    error = as_parity_error(raised, arguments)
    tell(error, arguments)
    return int(error.exit_code)


def _flushed(code: int) -> int:
    try:
        flush_stdout()
    except BrokenPipeError:
        silence_stdout()
        return BROKEN_PIPE
    return code


def as_parity_error(raised: BaseException, arguments: Sequence[str] = ()) -> ParityError:
    """Any exception as one of parity's; what is not foreseen is a defect, and its traceback goes to a file."""
    if isinstance(raised, ParityError):
        # An error whose exit code is 70 is a defect that parity itself noticed.
        return _defect(raised, arguments) if raised.exit_code is ExitCode.DEFECT else raised
    if isinstance(raised, click.ClickException):
        return _usage(raised)
    if isinstance(raised, OSError):
        return _storage(raised)
    return _defect(raised, arguments)


def _usage(raised: click.ClickException) -> UsageError:
    """A complaint of click: which flag, what it may be, and where the help is."""
    context: click.Context | None = getattr(raised, "ctx", None)
    parameter: click.Parameter | None = getattr(raised, "param", None)
    where = context.command_path if context else "the command line"
    if parameter is not None:
        shown = max(parameter.opts, key=len) if isinstance(parameter, click.Option) else parameter.human_readable_name
        where = f"{where}, {shown}"
    expected = None
    if parameter is not None and isinstance(parameter.type, click.Choice):
        expected = "one of " + ", ".join(str(choice) for choice in parameter.type.choices)
    elif parameter is not None and isinstance(parameter.type, click.IntRange):
        expected = f"a whole number from {parameter.type.min} to {parameter.type.max}"
    return UsageError(
        " ".join(map(str.strip, raised.format_message().splitlines())).rstrip("."),  # click may list choices
        where=where,
        expected=expected,
        hint=f"see `{context.command_path if context else 'parity'} --help`",
    )


def _storage(raised: OSError) -> StorageError:
    names = [str(name) for name in (raised.filename, raised.filename2) if name is not None]
    return StorageError(
        f"the operating system refused a file: {raised.strerror or raised}",
        where=" to ".join(names) or None,
        hint=_DAMAGED_DISK.get(raised.errno or 0),
    )


def _defect(raised: BaseException, arguments: Sequence[str]) -> DefectError:
    said = str(raised).strip()
    kind = type(raised).__name__
    trace = _kept_traceback(raised, arguments)
    return DefectError(
        f"a defect in parity: {kind}: {said}" if said else f"a defect in parity: {kind}",
        where=f"the full trace is in {trace}" if trace else "no trace could be written; PARITY_DEBUG=1 shows it",
        hint="nothing that was printed before counts as a result; please report this, with the trace",
    )


def _kept_traceback(raised: BaseException, arguments: Sequence[str]) -> str | None:
    """The path of a new file in the temporary folder; None if not even that can be written."""
    import platform
    import shlex
    import tempfile

    try:
        descriptor, path = tempfile.mkstemp(prefix="parity-defect-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"parity {__version__}, Python {platform.python_version()}, {platform.platform()}\n")
            file.write(f"parity {shlex.join(arguments)}\n\n")
            _show_traceback(raised, file)
    except OSError:
        return None
    return path


def _show_traceback(raised: BaseException, file: IO[str]) -> None:
    import traceback

    traceback.print_exception(raised, file=file)


def document(error: ParityError) -> dict[str, str | None]:
    """The document `parity.error/1` (design section 8)."""
    return {
        "schema": "parity.error/1",
        "code": error.code,
        "message": error.message,
        "where": error.where,
        "expected": error.expected,
        "hint": error.hint,
    }


def tell(error: ParityError, arguments: Sequence[str]) -> None:
    """Lines on stderr, and the document where `--json` asks for one: stdout for `-`, else that file."""
    target = target_of(arguments)
    unwritten = None
    if target is not None:
        try:
            write_json_text(document(error), target)
        except BrokenPipeError:
            silence_stdout()
        except Exception as refused:
            # The first error is the one to mend; that it could not be kept as well is only added.
            if target == STDOUT:
                silence_stdout()
            unwritten = _printable(f"and this error could not be written to {target}: {refused}")
    with suppress(OSError):  # nobody reads stderr either: the exit code is what is left to say
        for line in [*lines(error), *([unwritten] if unwritten else [])]:
            click.echo(line, err=True)


def lines(error: ParityError) -> list[str]:
    """The error for a person; `click.echo` strips the colours where stderr is no terminal."""
    colour = "NO_COLOR" not in os.environ
    first = click.style("error:", fg="red", bold=True) if colour else "error:"
    details = (("where", error.where), ("expected", error.expected), ("hint", error.hint))
    shown = [f"  {name + ':':<10}{_printable(text)}" for name, text in details if text]
    return [f"{first} {_printable(error.message)}", *shown]


def _printable(text: str) -> str:
    """Text on one line, without what would steer a terminal, such as a file name with an escape sequence in it.

    A line that begins with `::` is a command to GitHub's runner, so that nobody's words may begin one.
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
