"""Documents of the seals: the head of an index, and what seal, scrub and repair answer."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from parity.documents.case import Count
from parity.documents.model import Document, Id16, Sha256

Decimals = Annotated[str, StringConstraints(pattern=r"^[0-9](\.[0-9]{1,6})?$")]
Bytes = Annotated[int, Field(ge=0, lt=2**53)]
Kind = Literal["file", "directory"]
Status = Literal["ok", "repairable", "lost"]

SEAL_NAME = "seal.rq"
NOT_SEALED = frozenset({SEAL_NAME, "scrub.json", "decode_proof.json"})
"""Files at the top of a directory that its seal does not cover: the seal itself and what is said about it."""


def is_plain_name(name: str) -> bool:
    """Whether a name is a relative path that leads nowhere else: no root, no `.`, no `..`, nothing empty."""
    parts = name.split("/")
    return "\0" not in name and all(part not in {"", ".", ".."} for part in parts) and name not in NOT_SEALED


class SealHead(Document):
    """parity.seal/1: what was sealed, in the index of a sidecar.

    size, sha256: of the whole object, which is a file's bytes or those of a directory's files one after the other.
    files: name, size and SHA-256 of each file of a directory, sorted by the bytes of the names; none for a file, whose
    name is not recorded, so that FILE and FILE.rq may be renamed together.
    """

    schema_: Literal["parity.seal/1"] = Field(default="parity.seal/1", alias="schema")
    codec: Literal["RFC 6330"] = "RFC 6330"
    kind: Kind
    size: Bytes
    sha256: Sha256
    symbol_size: Literal[64, 256, 1024, 4096]
    overhead: Decimals
    files: tuple[tuple[str, Bytes, Sha256], ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.kind == "file":
            if self.files:
                raise ValueError("a file has no table of files")
            return self
        if sum(size for _, size, _ in self.files) != self.size:
            raise ValueError("the sizes of the files do not add up")
        names = [name.encode() for name, _, _ in self.files]
        if any(left >= right for left, right in pairwise(names)):
            raise ValueError("the files are not sorted, or one is named twice")
        if not all(is_plain_name(name) for name, _, _ in self.files):
            raise ValueError("a name is no relative path inside the directory, or one that no seal covers")
        folders = {name[:at] for name in names for at in range(len(name)) if name[at] == ord("/")}
        if not folders.isdisjoint(names):
            raise ValueError("a file and a directory have one name")
        return self


class SealedObject(Document):
    """A seal that was written. seal: the path of the sidecar. symbols, repair_symbols: of the content."""

    path: str
    seal: str
    kind: Kind
    object_id: Id16
    sha256: Sha256
    bytes: Bytes
    seal_bytes: Bytes
    files: Count
    symbol_size: Count
    symbols: Count
    repair_symbols: Count
    blocks: Count
    overhead: Decimals


class SealResult(Document):
    """parity.sealed/1: what `parity seal` did."""

    schema_: Literal["parity.sealed/1"] = Field(default="parity.sealed/1", alias="schema")
    objects: tuple[SealedObject, ...]


class DamagedFile(Document):
    """A file that is not as it was sealed. name: in the directory; for a file the last part of its path.

    found_at: where its content lies under another name. symbols: damaged ones that it has a part in.
    """

    name: str
    damage: Literal["missing", "renamed", "changed", "shortened", "lengthened", "unreadable", "not_a_file"]
    symbols: Count = 0
    found_at: str | None = None


class SealState(Document):
    """What a scrub found of one object, and a repair before it did anything.

    path: of the object. bytes, symbols_total: of the content. repair_symbols_good: of all blocks. margin: the smallest
    over the blocks of good repair symbols less damaged source symbols; 0 where there is no block. sha256: of the whole
    content as sealed. seal_intact: every byte of the sidecar is as it was written; seal_slots_damaged: slots that are
    not in their place. unlisted: files that the seal does not know; they are no damage. reason: why it is lost.
    The fields from kind to overhead are null where the index could not be read.
    """

    path: str
    bytes: Bytes
    symbols_total: Count
    symbols_damaged: Count
    repair_symbols_good: Count
    margin: int
    kind: Kind | None = None
    sha256: Sha256 | None = None
    object_id: Id16 | None = None
    symbol_size: Count | None = None
    overhead: Decimals | None = None
    damaged_files: tuple[DamagedFile, ...] = ()
    unlisted: tuple[str, ...] = ()
    seal_intact: bool
    seal_slots_damaged: Count
    reason: str | None = None


class ScrubObject(SealState):
    """What a scrub found of one object."""

    status: Status


class ScrubSkip(Document):
    """An object that a scrub left out, and why. last: when it was scrubbed before, ISO 8601 in UTC."""

    path: str
    why: Literal["recent", "budget"]
    last: str | None = None


class ScrubResult(Document):
    """parity.scrub/1. status: the worst of the objects."""

    schema_: Literal["parity.scrub/1"] = Field(default="parity.scrub/1", alias="schema")
    status: Status
    objects: tuple[ScrubObject, ...]
    skipped: tuple[ScrubSkip, ...] = ()


class RepairObject(SealState):
    """What a repair did to one object: its state before, and what was written.

    restored: files that were written anew or moved back. displaced: where that moved what stood in the place of a
    file or a directory. seal_rewritten: the sidecar was written anew.
    """

    status: Literal["nothing_to_do", "repaired", "lost"]
    restored: tuple[str, ...] = ()
    displaced: tuple[str, ...] = ()
    seal_rewritten: bool = False


class RepairResult(Document):
    """parity.repair/1. status: lost if an object is, else repaired if one was."""

    schema_: Literal["parity.repair/1"] = Field(default="parity.repair/1", alias="schema")
    status: Literal["nothing_to_do", "repaired", "lost"]
    objects: tuple[RepairObject, ...]


class ScrubState(Document):
    """parity.scrub_state/1: when each object was scrubbed last, by the absolute path of its sidecar.

    resume_at: where the scrub that ran out of its budget stopped, the sidecar that is next; null if none did.
    """

    schema_: Literal["parity.scrub_state/1"] = Field(default="parity.scrub_state/1", alias="schema")
    scrubbed: dict[str, str] = {}
    resume_at: str | None = None
