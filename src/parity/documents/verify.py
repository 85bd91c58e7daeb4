"""What `parity verify` says of a bundle."""

from typing import Literal, Self

from pydantic import Field, model_validator

from parity.documents.case import Count
from parity.documents.ids import RunId
from parity.documents.model import Document

ProblemCode = Literal[
    "changed",  # a file's size or SHA-256 is not what manifest.json says
    "missing",  # a file that is listed, or that every bundle has, is not there
    "renamed",  # it is not there, and its content lies under another name
    "unlisted",  # a file that manifest.json does not list
    "symlink",  # a symbolic link, wherever it leads
    "path_leaves",  # a path in manifest.json that leads out of the bundle, or is no relative path
    "not_a_file",  # a directory, a pipe, a socket or a device in place of a file
    "unreadable",  # the operating system refuses to read it
    "too_large",  # beyond the limits of the format
    "manifest",  # manifest.json contradicts itself
    "schema",  # a document or a line that does not follow its schema
    "spans",  # spans, events: ids, parents, times
    "graph",  # graph.json, materializations.ndjson, lineage.json: ends that are not there
    "plan",  # plan.json, verdicts.ndjson, run.json: cases, order, digests
    "evidence",  # artifacts/: pools and kept answers that do not fit the plan and the verdicts
    "redaction",  # a value in a bundle that is said to hold none
    "run",  # manifest.toml and run.json disagree, or name another run
    "report",  # a report that the verdicts do not give
    "seal",  # the seal does not fit, or is damaged
    "proof",  # scrub.json, decode_proof.json: of another object, or not a success
    "more",  # so many more problems of this path are not listed
]


class Problem(Document):
    """What is wrong. path: of the file to blame, relative to the bundle; `.` for the bundle as a whole."""

    path: str
    code: ProblemCode
    detail: str


class Verification(Document):
    """parity.verify/1.

    run_id: as run.json or manifest.json says, null if neither can be read. files: files of the bundle that were
    looked at. notes: what was not checked, and why.
    """

    schema_: Literal["parity.verify/1"] = Field(default="parity.verify/1", alias="schema")
    status: Literal["ok", "failed"]
    run_id: RunId | None
    files: Count
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if (self.status == "ok") != (not self.problems):
            raise ValueError("the status is ok where there is no problem, and only there")
        return self
