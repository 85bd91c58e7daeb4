"""Long files of lines as Parquet, from which the lines come back byte for byte.

A bundle is written as NDJSON, because a Parquet file that nobody closed cannot be read; what is long is turned into
zstd Parquet once it is complete. Columns follow from the model of a line: text, integers (64 bits, never by way of
floats), floats and booleans have columns of these types, everything else is a column of JSON text. The SHA-256, the
size and the number of the lines stand in the metadata of the file, and nothing that does not fit them is handed on.

DuckDB writes and reads it (`parity[query]`). It is imported when it is needed, for that takes 0.2 s.
"""

import contextlib
import hashlib
import importlib.util
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from parity.bundle.formats import FORMATS, compacted
from parity.documents.durable import replacing_file
from parity.documents.model import Document, canonical, file_sha256
from parity.documents.telemetry import TelemetryLine
from parity.errors import DamagedError, InconclusiveError, StorageError, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LONG = 1 << 20
"""Bytes from which on a file of lines is worth it."""

MAX_BYTES = 1 << 30
"""Of the lines that a file may claim to hold: a small Parquet file can be made to expand without end."""

HINT = "pip install 'parity[query]'"
_VERSION = "1"
_ROWS = 8192
_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}
_JSON = "JSON"


class _Claim(NamedTuple):
    """What the metadata say of the lines: SHA-256 of them all, their bytes, their number."""

    sha256: str
    size: int
    lines: int


def available() -> bool:
    """Whether DuckDB is installed."""
    return importlib.util.find_spec("duckdb") is not None


def demand() -> None:
    """Refuse what needs DuckDB before anything is done. Raises UsageError."""
    if not available():
        raise UsageError("DuckDB is not installed", where="--compact", expected="the extra `query`", hint=HINT)


class UnfitError(StorageError):
    """Lines that Parquet cannot give back byte for byte."""


def compact_long(path: Path, schema: str) -> Path | None:
    """Compact a file of lines with this schema, if that is worth it and can be done; else None, and the file stays.

    This is what `BundleWriter.finish` takes: an economy must not cost a run its evidence.
    """
    for form in FORMATS.values():
        if form.compactable and form.schema == schema and form.model is not None and path.stat().st_size >= LONG:
            with contextlib.suppress(UnfitError):
                return compact(path, form.model)
    return None


def compact(path: Path, model: type[Document]) -> Path:
    """Put NAME.parquet in the place of NAME.ndjson; its path.

    The lines are read back from it and compared before the old file goes. Raises UnfitError if they are others, and
    StorageError where the operating system refuses; then the old file is as it was.
    """
    claim = _claim_of(path)
    target = path.with_name(compacted(path.name))

    def gives_the_lines(temporary: Path) -> None:
        try:
            for _ in expanded_lines(temporary, model):
                pass
        except DamagedError as error:
            raise UnfitError(error.message, where=str(path)) from None

    with replacing_file(target, gives_the_lines) as temporary:
        _write(path, model, claim, temporary)
    path.unlink()
    return target


def expanded(path: Path, model: type[Document]) -> bytes:
    """All lines of a compacted file. Raises DamagedError, InconclusiveError as `expanded_lines`."""
    return b"".join(expanded_lines(path, model))


def expanded_lines(path: Path, model: type[Document]) -> Iterator[bytes]:
    """The lines of a compacted file, one by one, each with its newline.

    Raises DamagedError, after the last line at the latest, if they are not those that the metadata speak of; and
    InconclusiveError where DuckDB is not installed.
    """
    state, size, count = hashlib.sha256(), 0, 0
    with _connection(path) as connection:
        claim = _claim_in(connection, path)
        for line in _lines(connection, path, model):
            size, count = size + len(line), count + 1
            if size > claim.size:
                break
            state.update(line)
            yield line
    if _Claim(state.hexdigest(), size, count) != claim:
        raise _damaged(path, f"its {count:,} lines are not the {claim.lines:,} that were put in")


# -- writing -------------------------------------------------------------------------------------------------------


def _claim_of(path: Path) -> _Claim:
    with path.open("rb") as file:
        lines = sum(1 for _ in file)
    return _Claim(file_sha256(path), path.stat().st_size, lines)


def _write(path: Path, model: type[Document], claim: _Claim, target: Path) -> None:
    """The rows of the lines, by DuckDB alone: with given types its reader of JSON has nothing to guess."""
    types = _columns(model)
    read = ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in types.items())
    rows = ", ".join(f"{_name(name)}::{_stored(kind)} AS {_name(name)}" for name, kind in types.items())
    about = {"version": _VERSION, "sha256": claim.sha256, "size": str(claim.size), "lines": str(claim.lines)}
    metadata = ", ".join(f"{_name(f'parity.{key}')}: {_text(value)}" for key, value in about.items())
    source = (
        f"read_json({_text(_pattern(path))}, format = 'newline_delimited', columns = {{{read}}}, "
        "hive_partitioning = false)"
    )
    with _connection(path) as connection:
        import duckdb  # noqa: PLC0415 - see the module's text

        try:
            # Its own temporary file would take the place of ours, which is locked.
            connection.execute(
                f"COPY (SELECT {rows} FROM {source}) TO {_text(str(target.absolute()))} "  # noqa: S608 - quoted
                f"(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, KV_METADATA {{{metadata}}})"
            )
        except duckdb.Error as error:
            raise UnfitError(_first(error), where=str(path)) from None


def _columns(model: type[Document]) -> dict[str, str]:
    """The fields of a line and the types of their columns, as the JSON Schema of the model says."""
    properties: Mapping[str, Any] = model.model_json_schema()["properties"]
    return {name: _TYPES.get(_kind(schema), _JSON) for name, schema in properties.items()}


def _kind(schema: Mapping[str, Any]) -> str:
    """The one JSON type of a field besides null; nothing if it has several, or parts."""
    others = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
    return str(others[0].get("type", "")) if len(others) == 1 else ""


def _stored(kind: str) -> str:
    return "VARCHAR" if kind == _JSON else kind


# -- reading -------------------------------------------------------------------------------------------------------


def _claim_in(connection: "DuckDBPyConnection", path: Path) -> _Claim:
    rows = _rows(connection, path, "SELECT key, value FROM parquet_kv_metadata(?)")
    found = {bytes(key): bytes(value).decode("ascii", "replace") for key, value in rows}
    try:
        claim = _Claim(found[b"parity.sha256"], int(found[b"parity.size"]), int(found[b"parity.lines"]))
        version = found[b"parity.version"]
    except (KeyError, ValueError):
        raise _damaged(path, "its metadata do not say what is in it") from None
    if version != _VERSION or not 0 <= claim.size <= MAX_BYTES:
        raise _damaged(path, f"version {version:.20}, {claim.size:,} bytes of lines")
    return claim


def _lines(connection: "DuckDBPyConnection", path: Path, model: type[Document]) -> Iterator[bytes]:
    """The lines that the rows make: a null is written out where a line has every field, and left out elsewhere."""
    types, full = _columns(model), issubclass(model, TelemetryLine)
    described = _rows(connection, path, "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning = false)")
    if {row[0]: row[1] for row in described} != {name: _stored(kind) for name, kind in types.items()}:
        raise _damaged(path, f"its columns are not the fields of {model.__name__}")
    names, texts = tuple(types), [name for name, kind in types.items() if kind == _JSON]
    selected = ", ".join(map(_name, names))
    query = f"SELECT {selected} FROM read_parquet(?, hive_partitioning = false)"  # noqa: S608 - the model's own names
    for row in _rows(connection, path, query):
        value = {name: item for name, item in zip(names, row, strict=True) if full or item is not None}
        try:
            for name in texts:
                if value.get(name) is not None:
                    value[name] = orjson.loads(value[name])
            line = canonical(value) + b"\n"
        except (orjson.JSONDecodeError, TypeError):
            raise _damaged(path, "a row is no line") from None
        yield line


def _rows(connection: "DuckDBPyConnection", path: Path, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a query on the file, in the order of the file. Raises DamagedError where it is no such Parquet."""
    import duckdb  # noqa: PLC0415 - see the module's text

    try:
        result = connection.execute(query, [_pattern(path)])
        while some := result.fetchmany(_ROWS):
            yield from some
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise _damaged(path, _first(error)) from None


@contextlib.contextmanager
def _connection(path: Path) -> "Iterator[DuckDBPyConnection]":
    """An empty database in memory. One thread, so that rows keep their order and the same lines give the same file."""
    if not available():
        raise InconclusiveError(f"{path.name} is Parquet, and DuckDB is not installed", where=str(path), hint=HINT)
    import duckdb  # noqa: PLC0415 - see the module's text

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": "1GB",
        "temp_directory": tempfile.gettempdir(),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=settings)
    try:
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def _damaged(path: Path, said: str) -> DamagedError:
    return DamagedError(
        f"{path.name} does not give the lines that it was made of: {said}",
        where=str(path),
        hint="`parity repair` mends a bundle by its seal",
    )


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _pattern(path: Path) -> str:
    """A path for DuckDB's readers, which take it for a pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path.absolute()))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
