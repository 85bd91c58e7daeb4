"""The flag `--json`: one document on stdout or in a file, and nothing else on stdout."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import click

from parity.errors import StorageError, UsageError

STDOUT = "-"


def _checked(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A target that cannot be written is refused before the work, not after it."""
    del context, parameter
    if value is None or value == STDOUT:
        return value
    path = Path(value)
    expected = "a file in an existing folder, or - for stdout"
    if not value:
        raise UsageError("--json names no file", where="--json", expected=expected)
    if path.is_dir():
        raise UsageError(f"{value} is a directory", where=f"--json {value}", expected=expected)
    if not path.parent.is_dir():
        raise UsageError(f"the folder {path.parent} does not exist", where=f"--json {value}", expected=expected)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{value} may not be written", where=f"--json {value}", expected=expected)
    return value


json_option = click.option(
    "--json",
    "json_target",
    metavar="PATH",
    callback=_checked,
    help="Write the result as one JSON document to PATH; - is stdout.",
)


def target_of(arguments: Sequence[str]) -> str | None:
    """The value of `--json` in words that click could not parse, or would not."""
    for position, word in enumerate(arguments):
        if word == "--":
            break
        if word.startswith("--json="):
            return word.removeprefix("--json=") or None
        if word == "--json" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


def write_json(document: Mapping[str, Any], target: str | None) -> None:
    """A document where the user asked for it: with sorted keys and two spaces. No target, nothing is written."""
    if target is None:
        return
    from parity.documents.model import pretty

    write_bytes(pretty(document), target)


def write_json_text(document: Mapping[str, str | None], target: str) -> None:
    """The same without a third package, for errors: these must be said even when an import has failed."""
    whole = {name: None if value is None else without_surrogates(value) for name, value in document.items()}
    write_bytes((json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode(), target)


def write_bytes(data: bytes, target: str) -> None:
    """Bytes to stdout for `-`, else to a file, which is replaced as a whole. Raises OSError, StorageError."""
    if target == STDOUT:
        stream = _stdout()
        stream.buffer.write(data)
        stream.flush()
        return
    path = Path(target)
    if path.exists() and not path.is_file():  # a pipe or a device is written to, not replaced
        path.write_bytes(data)
        return
    from parity.documents.durable import write_file

    write_file(path.resolve(), data)  # behind a symbolic link the file is replaced, not the link


def write_text(text: str) -> None:
    """A result that is no JSON, on stdout."""
    write_bytes(without_surrogates(text).encode(), STDOUT)


def without_surrogates(text: str) -> str:
    """Bytes of a file name that are no UTF-8 reach Python as lone surrogates, which neither JSON nor UTF-8 may hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _stdout() -> Any:
    if sys.stdout is None:
        raise StorageError("stdout is closed", where="stdout", hint="name a file: --json PATH")
    return sys.stdout


def flush_stdout() -> None:
    """Errors of a full disk or a closed pipe show here, and not in the interpreter's last breath."""
    if sys.stdout is not None:
        sys.stdout.flush()


def silence_stdout() -> None:
    """Nobody reads stdout any more: what is left in its buffer goes nowhere, silently."""
    stream: IO[str] | None = sys.stdout
    if stream is None:
        return
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
