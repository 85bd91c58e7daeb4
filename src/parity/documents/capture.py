"""The head of a capture: whose answers they are, and the digests of its files."""

from typing import Literal

from pydantic import Field

from parity.documents.case import Count, Pool
from parity.documents.model import Document

Source = Literal["legacy", "system", "pure_python"]


class PassedOver(Document):
    """A source that was asked for first and could not be used, with the reason."""

    source: Source
    reason: str


class OracleIdentity(Document):
    """Who answered.

    numpy: its version, null for pure Python. dispatch: CPU features for which it has and uses code beyond its baseline.
    platform: operating system and machine. libm: the C library. python: its version.
    """

    source: Source
    numpy: str | None
    dispatch: tuple[str, ...]
    platform: str
    libm: str
    python: str
    passed_over: tuple[PassedOver, ...] = ()


class FileDigest(Document):
    """sha256 and size in bytes of a file, by its name."""

    name: str
    sha256: str
    size: Count


class CaptureHead(Document):
    """capture.json. digest: sha256 over the canonical JSON of all other fields."""

    schema_: Literal["parity.capture/1"] = Field(default="parity.capture/1", alias="schema")
    suite: str
    seed: str
    cases: Count
    catalogue_digest: str
    plan_digest: str
    oracle: OracleIdentity
    pools: tuple[Pool, ...]
    files: tuple[FileDigest, ...]
    digest: str
