"""What a command says with `--json` when it fails. `parity.cli.errors` writes it without pydantic; a test compares."""

from typing import Literal

from pydantic import Field

from parity.documents.model import Document


class ErrorDocument(Document):
    """parity.error/1.

    code: stable, one for each kind of error. where: file, line, field or flag. expected: what would have been right.
    hint: what to do next.
    """

    schema_: Literal["parity.error/1"] = Field(default="parity.error/1", alias="schema")
    code: str
    message: str
    where: str | None
    expected: str | None
    hint: str | None
