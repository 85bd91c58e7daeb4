"""The ledger's records: what a run was about, what went in, what came out, and the hash of the record before it.

A record is one line of canonical JSON. A line is believed when it is byte for byte what parity prints of the record in
it, and when its hash is that of the rest: a parser alone would forgive white space, order and repeated keys.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from parity.documents.ids import RunId
from parity.documents.model import Document, Sha256, canonical, sha256
from parity.errors import DamagedError, DocumentError

GENESIS = "0" * 64
"""`Prev` of the first record."""

MOST_BYTES = 1 << 20
"""Of one line; a run with 500 input files takes about 100 kB. It bounds what is read to look at the last record."""

MOST_TEXT = 2000
MOST_NOTES = 50

RunStatus = Literal["SUCCESS", "PARTIAL", "FAILED", "SKIPPED"]
SubjectStatus = Literal["unknown", "conforming", "diverging", "inconclusive"]
Difference = Literal["changed", "vanished", "unreadable"]
GitHead = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
Size = Annotated[int, Field(ge=0, lt=1 << 53)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_TEXT)]
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT)]
Suite = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Locator = Annotated[
    str, StringConstraints(pattern=r"^(package:[A-Za-z0-9_][^\x00]*|[^/\x00][^\x00]*)$", max_length=4000)
]
_LABEL = re.compile(r"RUN-.+-[0-9]{8}-[0-9]{6}-(?P<sequence>[1-9][0-9]*)")


class _Row(Document):
    """Fields have the names of the ledger in JSON, and Python's in Python."""

    model_config = ConfigDict(populate_by_name=True)


class Subject(_Row):
    """What was under test, and by which cases."""

    provider: Name = Field(alias="Provider")
    suite: Suite = Field(alias="Suite")


class Agent(_Row):
    """The program that ran."""

    name: Name = Field(alias="Name")
    version: Name = Field(alias="Version")


class InputFile(_Row):
    """One input, by a name that is the same on every machine.

    path: where it lay: relative to the ledger's folder, or `package:` and the path inside an installed package; null
    for an input that is no file (the catalogue's digest). size: in bytes; null for what is no file.
    """

    name: Name = Field(alias="Name")
    path: Locator | None = Field(alias="Path")
    sha256: Sha256 = Field(alias="Sha256")
    size: Size | None = Field(alias="Size")


class OutputFile(_Row):
    """One file of the bundle, by its path in it."""

    name: Name = Field(alias="Name")
    sha256: Sha256 = Field(alias="Sha256")
    size: Size = Field(alias="Size")


def composite(files: Iterable[InputFile], git_head: str | None) -> str:
    """SHA-256 over the names and digests of the inputs, sorted, and the commit; where they lay does not count."""
    return sha256(canonical([sorted([file.name, file.sha256] for file in files), git_head]))


def timestamp(moment: datetime) -> str:
    """A moment in UTC (ISO 8601), with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run_label(suite: str, moment: str, sequence: int) -> str:
    """`RUN-<suite>-<YYYYMMDD>-<HHMMSS>-<sequence>` of a time stamp; sequence is the ordinal in the ledger, from 1."""
    day, _, time = moment.partition("T")
    return f"RUN-{suite}-{day.replace('-', '')}-{time[:8].replace(':', '')}-{sequence}"


class RunRecord(_Row):
    """parity.run_record/1: one line of the ledger.

    run_status: SUCCESS, all that was asked for was compared; PARTIAL, some cases gave no usable result; FAILED, none
    did; SKIPPED, a precondition failed and nothing was attempted. run_duration: milliseconds. status_before,
    status_after: of the subject. git_dirty: whether tracked files other than artifacts differ from the commit. bundle:
    its path from the ledger's folder. prev: the hash of the record before. hash: SHA-256 over all other fields.
    """

    schema_version: Literal["parity.run_record/1"] = Field(alias="SchemaVersion")
    run_id: RunId = Field(alias="RunID")
    run_label: Name = Field(alias="RunLabel")
    subject: Subject = Field(alias="Subject")
    agent: Agent = Field(alias="Agent")
    run_timestamp: str = Field(alias="RunTimestamp")
    run_duration: Size = Field(alias="RunDuration")
    run_status: RunStatus = Field(alias="RunStatus")
    input_context_sha: Sha256 = Field(alias="InputContextSHA")
    git_head: GitHead | None = Field(alias="GitHead")
    git_dirty: bool | None = Field(alias="GitDirty")
    input_files: tuple[InputFile, ...] = Field(alias="InputFiles")
    output_files: tuple[OutputFile, ...] = Field(alias="OutputFiles")
    bundle: Locator | None = Field(alias="Bundle")
    status_before: SubjectStatus = Field(alias="StatusBefore")
    status_after: SubjectStatus = Field(alias="StatusAfter")
    error_summary: Text | None = Field(alias="ErrorSummary")
    notes: tuple[Text, ...] = Field(alias="Notes", max_length=MOST_NOTES)
    prev: Sha256 = Field(alias="Prev")
    hash_: Sha256 = Field(alias="Hash")

    @property
    def sequence(self) -> int:
        """The ordinal of the record in its ledger, from 1."""
        match = _LABEL.fullmatch(self.run_label)
        assert match is not None, "the validator has seen to it"
        return int(match["sequence"])

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        try:
            known = timestamp(datetime.fromisoformat(self.run_timestamp)) == self.run_timestamp
        except (ValueError, OverflowError):
            known = False
        if not known:
            raise ValueError("RunTimestamp is no time such as 2026-11-21T05:00:00.000Z")
        match = _LABEL.fullmatch(self.run_label)
        sequence = int(match["sequence"]) if match else 0
        if self.run_label != run_label(self.subject.suite, self.run_timestamp, sequence):
            raise ValueError("RunLabel does not follow from Subject and RunTimestamp")
        if self.input_context_sha != composite(self.input_files, self.git_head):
            raise ValueError("InputContextSHA is not the composite of InputFiles and GitHead")
        for field, rows in (("InputFiles", self.input_files), ("OutputFiles", self.output_files)):
            names = [row.name for row in rows]
            if names != sorted(set(names)):
                raise ValueError(f"{field} are not sorted by Name, or repeat one")
        return self


RECORDS: dict[str, type[RunRecord]] = {"parity.run_record/1": RunRecord}
"""Every version that there ever was, and its model: all stay readable."""


def record_hash(value: dict[str, Any]) -> str:
    """The `Hash` that belongs to a record in JSON values."""
    return sha256(canonical({name: field for name, field in value.items() if name != "Hash"}))


def read_record(line: bytes, where: str) -> RunRecord:
    """The record in a line without its newline.

    Raises DamagedError if the line is not, bit for bit, what a writer wrote, and DocumentError if a writer wrote it
    whose version is not known here.
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DamagedError(f"the line is no JSON: {error.msg}", where=where, expected="a run record") from None
    if not isinstance(value, dict) or canonical(value) != line:
        raise DamagedError("the line is not the canonical text of a run record", where=where)
    if value.get("Hash") != record_hash(value):
        raise DamagedError("the hash of the record is not that of its content", where=where)
    model = RECORDS.get(str(value.get("SchemaVersion")))
    if model is None:
        raise DocumentError(
            f"the version {value.get('SchemaVersion')!r:.60} of the record is not known",
            where=where,
            expected="one of " + ", ".join(RECORDS),
            hint="a newer parity wrote it; read it by that one",
        )
    try:
        record = model.from_json(line, where)
    except DocumentError as error:
        raise DamagedError(error.message, where=where, expected=f"a record of {model.__name__}") from None
    if canonical(record.full()) != line:
        raise DamagedError("the line is not the text that parity prints of the record", where=where)
    return record


class RunsDocument(Document):
    """parity.runs/1: records of the ledger, oldest first."""

    schema_: Literal["parity.runs/1"] = Field(default="parity.runs/1", alias="schema")
    records: tuple[RunRecord, ...]


class LedgerProblem(Document):
    """One line that is amiss. line: from 1. code: `torn` is a last line that was begun and not finished."""

    path: str
    line: int
    code: Literal["torn", "damaged", "unknown_version"]
    detail: str


class LedgerCheck(Document):
    """parity.ledger_check/1: what `parity runs verify` found.

    records: valid ones, in their place in the chain. notes: what is no problem of the ledger, such as bundles
    without a record.
    """

    schema_: Literal["parity.ledger_check/1"] = Field(default="parity.ledger_check/1", alias="schema")
    status: Literal["ok", "torn", "damaged"]
    path: str
    records: int
    problems: tuple[LedgerProblem, ...]
    notes: tuple[str, ...]


class ChangedInput(_Row):
    """An input that is not what the last run read."""

    name: Name = Field(alias="Name")
    path: Locator | None = Field(alias="Path")
    what: Difference = Field(alias="What")


class SubjectStaleness(_Row):
    """Whether the last record of a subject still speaks of what is there.

    unchecked: names of inputs of which nobody here can say what they are now. git_head_now: informative; a commit
    alone makes nothing stale.
    """

    subject: Subject = Field(alias="Subject")
    run_id: RunId = Field(alias="RunID")
    run_label: Name = Field(alias="RunLabel")
    status: SubjectStatus = Field(alias="Status")
    stale: bool = Field(alias="Stale")
    changed: tuple[ChangedInput, ...] = Field(alias="Changed")
    unchecked: tuple[Name, ...] = Field(alias="Unchecked")
    git_head: GitHead | None = Field(alias="GitHead")
    git_head_now: GitHead | None = Field(alias="GitHeadNow")


class StaleDocument(Document):
    """parity.stale/1: a row for each provider and suite of the ledger."""

    schema_: Literal["parity.stale/1"] = Field(default="parity.stale/1", alias="schema")
    stale: int
    subjects: tuple[SubjectStaleness, ...]
