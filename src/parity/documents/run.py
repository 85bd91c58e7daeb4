"""run.json: what ran, with what, as far as it does not depend on time or place; and the list of a bundle's files."""

from typing import Literal

from pydantic import Field

from parity.documents.capture import FileDigest, OracleIdentity
from parity.documents.case import Count
from parity.documents.ids import RunId
from parity.documents.manifest import Manifest
from parity.documents.model import Document
from parity.documents.report import ProviderIdentity


class Program(Document):
    """What parity itself ran on. rendering: number of the way in which it renders reports."""

    parity: str
    python: str
    numpy: str
    platform: str
    rendering: Count = 1


class RunDocument(Document):
    """parity.run/1: everything of the report that the verdicts do not say.

    live: the oracle was NumPy in the provider's own process, asked in this run. Then capture_digest is over digests of
    its answers, which are not kept.
    """

    schema_: Literal["parity.run/1"] = Field(default="parity.run/1", alias="schema")
    run_id: RunId
    manifest: Manifest
    provider: ProviderIdentity
    oracle: OracleIdentity
    program: Program
    plan_digest: str
    capture_digest: str
    catalogue_digest: str
    not_captured: Count
    allow_pure: bool
    live: bool = False


class BundleFile(FileDigest):
    """A file of a bundle, by its path. schema: name and version of the document, or of each line; null for the rest."""

    schema_: str | None = Field(default=None, alias="schema")


class BundleManifest(Document):
    """manifest.json: every file of the bundle but itself, in sorted order."""

    schema_: Literal["parity.bundle/1"] = Field(default="parity.bundle/1", alias="schema")
    run_id: RunId
    files: tuple[BundleFile, ...]
