"""The decode proof: drills on a sealed object, as the document `parity.decode_proof/1`.

A record says which symbols each drill dropped and which it fed, so that anyone can execute the same drill again. Times
are no evidence and are left out; the record of one object is the same wherever it is made, versions aside.
"""

from typing import Annotated, Literal

from pydantic import Field

from parity.documents.case import Count
from parity.documents.model import Document, Id16, Sha256

DrillKind = Literal["random", "burst", "limit", "beyond_limit"]
EsiRun = tuple[Count, Count, Count]
"""Repair symbols of one block: the block, the first ESI and the last."""


class Fed(Document):
    """What the decoder was given for a drill's blocks: the source symbols that were not dropped, and these repairs."""

    sources: Count
    repairs: tuple[EsiRun, ...]


class Attempt(Document):
    """One set of losses: the source symbols that were withheld, by their numbers in the object, and what was fed."""

    dropped: Annotated[tuple[Count, ...], Field(min_length=1)]
    fed: Fed


class Drill(Attempt):
    """A set of losses and what came of it.

    blocks: those that lost symbols. attempts: how many sets were tried; `failed` has those before this one (a set of
    exactly K symbols fails in 0.54 % of all cases by RFC 6330's design). sha256: of the whole recovered object.
    """

    kind: DrillKind
    blocks: tuple[Count, ...]
    attempts: Annotated[int, Field(ge=1)]
    failed: tuple[Attempt, ...] = ()
    recovered: bool
    sha256: Sha256 | None


class Versions(Document):
    """What executed the drills."""

    parity: str
    raptorq: str
    python: str


class DecodeProof(Document):
    """Drills on one object, and whether each ended as it must.

    blocks: the number of source blocks. overhead: as in the seal, a decimal. problems: why the verdict is `failed`.
    """

    schema_: Literal["parity.decode_proof/1"] = Field("parity.decode_proof/1", alias="schema")
    object_id: Id16
    object_sha256: Sha256
    size: Count
    symbol_size: Count
    blocks: Count
    overhead: str
    drills: tuple[Drill, ...]
    versions: Versions
    verdict: Literal["proved", "failed"]
    problems: tuple[str, ...] = ()
