"""manifest.toml as text, and back, with file, line and field in every error."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import tomli_w
from pydantic import ValidationError

from parity.documents.run_toml import RUN_TOML_SCHEMA, RunToml
from parity.errors import DocumentError

MANIFEST_TOML = "manifest.toml"
MAX_BYTES = 256 << 10

# Possessive, and a quote without its end is taken to the end of the line: both are linear in whatever they are given.
_STRINGS = re.compile(r'"""|\'\'\'|"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?')
_LONG_NAME = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){32}")


def text(head: RunToml) -> bytes:
    """The file: fields in the order of the model, tables after them, names in tables sorted.

    It is read back and compared before anyone sees it.
    """
    data = tomli_w.dumps(_ordered(head)).encode()
    if read(data, MANIFEST_TOML) != head:
        raise AssertionError("manifest.toml does not read back as what it was written from")
    return data


def _ordered(head: RunToml) -> dict[str, Any]:
    values = head.model_dump(mode="json", exclude_none=True)
    tables = {name: _filled(value) for name, value in values.items() if isinstance(value, dict)}
    plain = {name: value for name, value in values.items() if name not in tables and (value != [] or name == "dtypes")}
    return plain | {name: table for name, table in tables.items() if table}


def _filled(table: dict[str, Any]) -> dict[str, Any]:
    """A table with its names sorted and without empty tables in it."""
    filled = {name: _filled(value) if isinstance(value, dict) else value for name, value in sorted(table.items())}
    return {name: value for name, value in filled.items() if value != {}}


def read(data: bytes, where: str) -> RunToml:
    """The document in a file's bytes. Raises DocumentError with file, line and field in `where`."""
    if len(data) > MAX_BYTES:
        raise DocumentError(
            f"{len(data)} bytes are too many", where=where, expected=f"a manifest.toml of at most {MAX_BYTES} bytes"
        )
    try:
        source = data.decode()
        _refuse_slow(source, where)
        value = tomllib.loads(source)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError("this is no UTF-8", where=f"{where}, line {line}", expected="TOML 1.0 in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise _syntax(str(error), where, source) from None
    except (RecursionError, ValueError) as error:  # nested too deep; an integer of too many digits; no such date
        raise DocumentError(f"no TOML: {error}", where=where, expected="TOML 1.0") from None
    try:
        plain = json.dumps(value)
    except (TypeError, RecursionError):
        raise DocumentError(
            "a date or time stands in it", where=where, expected="texts, numbers, booleans, lists and tables"
        ) from None
    try:
        return RunToml.model_validate_json(plain)
    except ValidationError as error:
        raise _first_to_mend(error, where, source) from None


def _refuse_slow(source: str, where: str) -> None:
    """Refuse names of many parts: tomllib takes 18 s for one of 64 KiB, as the square of its length.

    Multi-line strings, which parity never writes, could hide one, and are refused too.
    """
    bare = _STRINGS.sub(lambda match: "!!!" if len(match[0]) == 3 and match[0][0] == match[0][1] else "q", source)
    found = re.search("!!!", bare) or _LONG_NAME.search(bare)
    if found is not None:
        line = bare.count("\n", 0, found.start()) + 1
        what = "a multi-line string" if found[0] == "!!!" else "a name of too many parts"
        raise DocumentError(what, where=f"{where}, line {line}", expected="a manifest.toml as parity writes it")


def _first_to_mend(error: ValidationError, where: str, source: str) -> DocumentError:
    """An unknown field before all else: where one is misspelled, another is missing as well."""
    details = error.errors(include_url=False)
    first = min(details, key=lambda detail: detail["type"] != "extra_forbidden")
    path = tuple(part for part in first["loc"] if part != "[key]")
    field = ".".join(map(str, path)) or "(the whole)"
    return DocumentError(
        f"{field}: {first['msg']}",
        where=f"{where}, line {_line(source, path)}, field {field}",
        expected=f"a field of {RUN_TOML_SCHEMA}" if first["type"] == "extra_forbidden" else str(first["type"]),
    )


def _syntax(message: str, where: str, source: str) -> DocumentError:
    """Python 3.11 says the place in the message alone."""
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    line = place[1] if place and place[1] else source.count("\n") + 1
    said = message[: place.start()] if place else message
    return DocumentError(f"no TOML: {said}", where=f"{where}, line {line}", expected="TOML 1.0")


def _line(source: str, path: tuple[int | str, ...]) -> int:
    """The line on which a field stands, else its table, else the first."""
    best, found = 0, 1
    for number, keys in _keys(source):
        shared = 0
        for one, other in zip(keys, path, strict=False):
            if one != other:
                break
            shared += 1
        if shared == len(keys) and shared > best:
            best, found = shared, number
    return found


def _keys(source: str) -> Iterator[tuple[int, list[str]]]:
    """Line and full name of each table and key that begins a line; tomllib itself reads the names."""
    table: list[str] = []
    for number, line in enumerate(source.split("\n"), 1):
        header = re.match(r"\s*\[\[?(.*?)\]\]?\s*(?:#.*)?$", line)
        key = re.match(r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'|\s*\.\s*)+)\s*=", line)
        try:
            if header:
                table = _names(f"[{header[1]}]")
                yield number, table
            elif key:
                yield number, table + _names(f"{key[1]} = 0")
        except tomllib.TOMLDecodeError:
            continue


def _names(line: str) -> list[str]:
    names, value = [], tomllib.loads(line)
    while isinstance(value, dict) and value:
        name, value = next(iter(value.items()))
        names.append(name)
    return names
