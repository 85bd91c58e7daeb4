"""The manifest as users write it: strict YAML, then the model, then the names; every error with line and field."""

import difflib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from parity.documents import strict_yaml
from parity.documents.elements import ELEMENTS, parse_dtypes
from parity.documents.manifest import Manifest
from parity.documents.strict_yaml import MAX_BYTES, Tree, brief, dotted, place
from parity.errors import ManifestError, UsageError

_HINTS: dict[strict_yaml.Path, str] = {
    ("version",): 'quote it: version: "v1"',
    ("run",): "run: {} takes every default",
    ("run", "provider"): "write provider: {spec: numba}",
    ("run", "ops"): "write a list: ops: [add, sum]",
    ("run", "dtypes"): "write a list: dtypes: [f4, f8]",
    ("run", "seed"): 'quote it: seed: "20261120"',
    ("metadata", "tags"): "write a list: tags: [nightly]",
}
"""What to do about a value of the wrong type."""

_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "finite_number": "a finite number",
}


def read_manifest(path: Path, operations: Collection[str]) -> tuple[Manifest, bytes]:
    """The manifest in a file, and the file's bytes.

    operations: the names that `run.ops` and `gates.max_ulp` may use (the catalogue lies above this layer).
    Raises ManifestError with file, line and field in `where`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ManifestError("there is no such manifest", where=str(path), expected="a YAML file") from None
    except (OSError, ValueError) as error:  # a name with NUL in it is a ValueError
        said = getattr(error, "strerror", None) or str(error)
        raise ManifestError(f"the manifest cannot be read: {said}", where=str(path), expected="a YAML file") from None
    return parse_manifest(data, str(path), operations), data


def parse_manifest(data: bytes, file: str, operations: Collection[str]) -> Manifest:
    """The manifest in the bytes of a file that is called `file` in errors. Raises ManifestError."""
    tree = strict_yaml.parse(data, file)
    if not isinstance(tree.value, dict):
        raise ManifestError(
            "the manifest is no mapping",
            where=place(file, tree.line(())),
            expected="version, metadata and run",
            hint='begin with version: "v1"',
        )
    try:
        manifest = Manifest.model_validate_json(json.dumps(tree.value))
    except ValidationError as error:
        raise _worst(error, tree, file) from None
    problem = next(_wrong_names(manifest, tree, file, operations), None)
    if problem is not None:
        raise problem
    return manifest


def _worst(error: ValidationError, tree: Tree, file: str) -> ManifestError:
    """The error to mend first: an unknown field (a misspelled one is missing as well), else the first in the file."""
    details = error.errors(include_url=False, include_context=True)
    first = min(details, key=lambda detail: (detail["type"] != "extra_forbidden", tree.line(_path(detail))))
    message, expected, hint = _in_words(first)
    more = len(details) - 1
    path = _path(first)
    return ManifestError(
        message + (f" (and {more} more to mend)" if more else ""),
        where=place(file, tree.line(path), path),
        expected=expected,
        hint=hint,
    )


def _path(detail: ErrorDetails) -> strict_yaml.Path:
    """The place of a value; pydantic marks a wrong key by a last part of its own."""
    return tuple(part for part in detail["loc"] if part != "[key]")


def _in_words(detail: ErrorDetails) -> tuple[str, str | None, str | None]:
    """Message, what was expected, and a hint."""
    path, kind, value = _path(detail), detail["type"], detail["input"]
    field = dotted(path)
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "extra_forbidden":
        siblings = list(_fields(path[:-1]))
        return f"unknown field {field!r}", "one of " + ", ".join(siblings), _nearest(str(path[-1]), siblings)
    if kind == "missing":
        return f"the field {field!r} is missing", "version, metadata.name and run", _HINTS.get(path)
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "")
        near = _nearest(str(value), expected.replace(" or ", ", ").split(", "))
        return f"{field} is {_shown(value)}", expected, near or (None if isinstance(value, str) else _HINTS.get(path))
    if path == ("run", "seed"):
        return f"{field} is {_shown(value)}", "1 to 20 decimal digits in quotes", _HINTS[path]
    if kind in _TYPES:
        hint = _HINTS.get(path)
        if kind == "bool_type" and isinstance(value, str):
            hint = "YAML 1.2 knows only true and false"
        elif kind == "string_type" and not isinstance(value, (dict, list)):
            hint = hint or "quote it"
        return f"{field} is {_shown(value)}", _TYPES[kind], hint
    said = detail["msg"].replace("Input should be ", "a value ").replace("String should have ", "a string with ")
    return f"{field} is {_shown(value)}", said, _HINTS.get(path)


def _shown(value: Any) -> str:
    """A value as the user wrote it, more or less, and not at length."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return brief(json.dumps(value, ensure_ascii=False))


def _fields(path: strict_yaml.Path) -> Iterator[str]:
    """Names of the fields of the model at a path."""
    model: type[BaseModel] = Manifest
    for part in path:
        annotation = model.model_fields[str(part)].annotation
        if get_origin(annotation) is not None:
            annotation = next((arg for arg in get_args(annotation) if isinstance(arg, type)), None)
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return
        model = annotation
    yield from model.model_fields


def _nearest(name: str, known: Collection[str]) -> str | None:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else None


def _wrong_names(manifest: Manifest, tree: Tree, file: str, operations: Collection[str]) -> Iterator[ManifestError]:
    """What the model cannot know: names that do not exist, and what this version does not do."""

    def error(message: str, path: strict_yaml.Path, expected: str, hint: str | None = None) -> ManifestError:
        return ManifestError(message, where=place(file, tree.line(path), path), expected=expected, hint=hint)

    for number, name in enumerate(manifest.run.ops):
        if name not in operations:
            yield error(
                brief(f"unknown operation {name!r}"),
                ("run", "ops", number),
                "names that `parity ops` lists",
                _nearest(name, operations),
            )
    for number, name in enumerate(manifest.run.dtypes):
        try:
            valid = name.strip() == name and len(parse_dtypes(name, "run.dtypes")) == 1 and "," not in name
        except UsageError:
            valid = False
        if not valid:
            shorts = [element.short for element in ELEMENTS.values()]
            yield error(
                brief(f"unknown dtype {name!r}"),
                ("run", "dtypes", number),
                "some of " + ", ".join(shorts),
                _nearest(name, shorts),
            )
    for name in manifest.gates.max_ulp:
        if name not in operations:
            yield error(
                f"a limit for an unknown operation {name!r}",
                ("gates", "max_ulp", name),
                "names that `parity ops` lists",
                _nearest(name, operations),
            )
    if manifest.run.workloads is not None:
        yield error(
            "a manifest does not choose what is timed",
            ("run", "workloads"),
            "`bench: true` for the sentinel set, or no such field",
            f"parity bench run --set {brief(manifest.run.workloads)}",
        )
    if not manifest.run.oracle:
        yield error("run.oracle is empty", ("run", "oracle"), "auto, or the path of a capture")
