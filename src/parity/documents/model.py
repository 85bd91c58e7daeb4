"""The base of all documents: strict, closed, immutable; and how they become bytes.

Lines and small objects are serialized by orjson with sorted keys. For what parity hashes (ASCII keys, strings, booleans
and integers below 2^53, no floats) that is byte for byte the canonical JSON of RFC 8785; a test holds the two together.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Self

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from parity.errors import DocumentError

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lowercase hexadecimal."""
Id16 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""The first 16 bytes of a SHA-256, which name a thing by its content."""

_EXPECTED = {
    "missing": "a field of this name",
    "extra_forbidden": "no field of this name",
    "json_invalid": "JSON",
    "value_error": "a valid document",
}
"""In place of pydantic's types of errors, whose messages do not say what should be."""


class Document(BaseModel):
    """A model in which an unknown field, a wrong type or a later change is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def from_json(cls, data: bytes | str, where: str) -> Self:
        """The document in JSON text. Raises DocumentError that names `where` and the first wrong field."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise document_error(error, where) from None

    def plain(self) -> dict[str, Any]:
        """The document as JSON values, fields at their defaults left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def full(self) -> dict[str, Any]:
        """The document as JSON values, with every field."""
        return self.model_dump(mode="json", by_alias=True)


def document_error(error: ValidationError, where: str) -> DocumentError:
    """A pydantic error as parity's: the first wrong field, what it was, what was expected."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "(the whole)"
    expected = _EXPECTED.get(first["type"], first["msg"].removeprefix("Input should be "))
    return DocumentError(f"{field}: {first['msg']}", where=f"{where}, field {field}", expected=expected)


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no white space; see the module's text for what it may hold."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def pretty(value: Any) -> bytes:
    """JSON for people and diffs: sorted keys, two spaces, a newline at the end."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def sha256(data: bytes) -> str:
    """SHA-256 in lowercase hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
