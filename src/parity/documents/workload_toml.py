"""A set of workloads as people write it, in TOML; every error says which file, which family and which field."""

import difflib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from parity.documents.workload import Budget, Family, NamedBudget, WorkloadSet
from parity.errors import DocumentError

MAX_BYTES = 256_000

Field = tuple[str | int, ...]
"""The way to a value: names of fields, numbers of items from 0."""

_MODELS: dict[str, type[BaseModel]] = {"family": Family, "budget": Budget, "budgets": NamedBudget}

_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number, such as 1_000_000",
    "float_type": "a number",
    "tuple_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def read_workloads(path: Path) -> WorkloadSet:
    """The set of workloads in a file. Raises DocumentError with file, family and field in `where`.

    What the catalogue says of operations, loops and axes is looked at by `parity.cases.workloads.expand`.
    """
    try:
        if path.exists() and not path.is_file():  # to open a pipe is to wait for whoever writes to it
            raise DocumentError(f"{path} is no file", where=str(path), expected="a TOML file (parity.workloads/1)")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError(
            "there is no such set of workloads", where=str(path), expected="a TOML file (parity.workloads/1)"
        ) from None
    except (OSError, ValueError) as error:  # a name with NUL in it is a ValueError
        said = getattr(error, "strerror", None) or str(error)
        raise DocumentError(f"the set of workloads cannot be read: {said}", where=str(path)) from None
    return parse_workloads(data, str(path))


def parse_workloads(data: bytes, file: str) -> WorkloadSet:
    """The set in the bytes of a file that is called `file` in errors. Raises DocumentError."""
    if len(data) > MAX_BYTES:
        raise DocumentError(
            f"the file is larger than {MAX_BYTES // 1000} kB", where=file, expected=f"at most {MAX_BYTES} bytes"
        )
    try:
        text = json.dumps(tomllib.loads(data.decode("utf-8")), default=_date)
    except UnicodeDecodeError as error:
        raise DocumentError(f"byte {error.start} is not UTF-8", where=file, expected="TOML 1.0 in UTF-8") from None
    except RecursionError:
        raise DocumentError("not TOML: nested too deeply", where=file, expected="TOML 1.0") from None
    except ValueError as error:  # TOMLDecodeError is one, and Python's refusal of integers with 4,300 digits
        raise DocumentError(f"not TOML: {error}", where=file, expected="TOML 1.0") from None
    try:
        return WorkloadSet.model_validate_json(text)
    except ValidationError as error:
        raise _first(error, file) from None


def field_error(
    message: str, file: str, field: Field, *, expected: str | None = None, hint: str | None = None
) -> DocumentError:
    """An error in one field of a set: `("family", 2, "loops", 0)` is `family 3, field loops[0]`."""
    return DocumentError(message, where=_place(file, field), expected=expected, hint=hint)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """`did you mean ...?`, if a known name is like it."""
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else None


def _date(value: object) -> dict[str, str]:
    """TOML's dates and times, which no field takes, as something that no field takes either."""
    return {"date": str(value)}


def _place(file: str, field: Field) -> str:
    words = [file]
    if field[:1] == ("family",) and len(field) > 1:
        words.append(f"family {int(field[1]) + 1}")
        field = field[2:]
    if field:
        words.append("field " + _dotted(field))
    return ", ".join(words)


def _dotted(field: Field) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in field).removeprefix(".")


def _first(error: ValidationError, file: str) -> DocumentError:
    """The error to mend first: an unknown field (a misspelled one is missing as well), else the first."""
    details = error.errors(include_url=False, include_context=True)
    first = min(details, key=lambda detail: detail["type"] != "extra_forbidden")
    field = _field(first)
    message, expected, hint = _in_words(first, field)
    more = _mistakes({_field(detail) for detail in details}) - 1
    return field_error(
        message + (f" (and {more} more to mend)" if more else ""), file, field, expected=expected, hint=hint
    )


def _mistakes(places: set[Field]) -> int:
    """How many there are: a list is refused as well (as too short, as no axis) where one of its items is."""
    lists = {place[:end] for place in places for end in range(len(place))}
    return len(places - lists)


def _field(detail: ErrorDetails) -> Field:
    """The place of a value, without the marks that pydantic leaves of the alternatives for an axis."""
    place = detail["loc"]
    if "axes" in place:
        end = place.index("axes") + 2
        return (*place[:end], *(part for part in place[end:] if isinstance(part, int)))
    return place


def _in_words(detail: ErrorDetails, field: Field) -> tuple[str, str | None, str | None]:
    """Message, what was expected, and a hint."""
    kind, value = detail["type"], detail["input"]
    name = _dotted(field[2:] if field[:1] == ("family",) else field) or "family"
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "extra_forbidden":
        siblings = _fields(field[:-1])
        return f"unknown field {name!r}", "one of " + ", ".join(siblings), nearest(str(field[-1]), siblings)
    if kind == "missing":
        return f"the field {name!r} is missing", None, None
    if kind == "value_error":
        return str(context["error"]), None, None
    if "axes" in field:
        return f"{name} is {_shown(value)}", 'an axis from 0 on, a list of axes, or "none"', None
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "")
        return f"{name} is {_shown(value)}", expected, nearest(str(value), expected.replace(" or ", ", ").split(", "))
    if kind == "too_short" and field == ("family",):
        return "the set has no family", "[[family]] with ops, loops and sizes", None
    said = detail["msg"].replace("Input should be ", "").replace("String should", "text should")
    return f"{name} is {_shown(value)}", _TYPES.get(kind, said), None


def _shown(value: Any) -> str:
    """A value as it was written, more or less, and not at length."""
    if isinstance(value, dict):
        return str(value["date"]) if list(value) == ["date"] else "a table"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def _fields(field: Field) -> list[str]:
    """Names of the fields of the table at a place."""
    names = [part for part in field if isinstance(part, str)]
    model = _MODELS[names[-1]] if names else WorkloadSet
    return [info.alias or name for name, info in model.model_fields.items()]
