"""Captures on disk: writing one as a whole, opening one with every byte checked.

A capture is a directory with three files:

`capture.json`   `parity.documents.capture.CaptureHead`, pretty-printed in the one way that `pretty` prints; `digest` is
                 over the canonical JSON of its other fields, `files` has size and SHA-256 of the other two files.
`cases.ndjson`   a case a line: `case_id`, `loop`, `layout`, `call`, the outcome (`returned`, `raised` or `missing`),
                 `runs` (offset and size in data.bin of each run of its bytes) and last `digest`, the first 64 bits of
                 SHA-256 over the line before it and those runs, which finds the case that is damaged.
`data.bin`       the pools in the order of capture.json, then result bytes; each distinct run once.

Nothing in them names a time, a machine, a user or a path, so the same capture twice gives the same bytes.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import orjson

from parity.calling import CODES, Crashed, Outcome, TimedOut, described, restored
from parity.documents.capture import CaptureHead, FileDigest, OracleIdentity
from parity.documents.case import Case, Plan, Pool
from parity.documents.durable import Growing, replacing_directory
from parity.documents.elements import ELEMENTS
from parity.documents.model import canonical, pretty, sha256
from parity.errors import DamagedError, DocumentError, InconclusiveError, OracleError, StorageError, UsageError
from parity.oracle.damage import accused_case, accused_line
from parity.oracle.lines import case_id_of, sealed

HEAD, CASES, DATA = "capture.json", "cases.ndjson", "data.bin"
FILES = (HEAD, CASES, DATA)
PROTECTION = ("seal.rq", "scrub.json", "decode_proof.json")
"""What `parity seal` and `parity prove` leave in a directory; no part of the capture, and replaced with it."""


class Capture:
    """An opened capture, whose every byte has been checked against its digests.

    pools: read-only little-endian arrays by name. case_ids: in the order of the plan. Lines are read when asked for.
    """

    def __init__(self, path: Path, head: CaptureHead, lines: Sequence[bytes], data: bytes) -> None:
        import numpy as np  # noqa: PLC0415 - a pure-Python oracle is recorded where there may be none

        self.path, self.head = path, head
        self._lines = {case_id_of(line): line for line in lines}
        if "" in self._lines or not len(self._lines) == len(lines) == head.cases:
            raise DocumentError(
                "a name is missing or comes twice",
                where=str(path / CASES),
                expected=f"{head.cases} cases, each named once",
            )
        self._data = data
        self.pools: dict[str, np.ndarray] = {}
        for pool, at in pool_places(head.pools):
            self.pools[pool.name] = np.frombuffer(data, CODES[pool.name.partition(".")[0]], pool.count, at)

    @property
    def case_ids(self) -> tuple[str, ...]:
        """Names of all cases, in order."""
        return tuple(self._lines)

    def __contains__(self, case_id: object) -> bool:
        return case_id in self._lines

    def __len__(self) -> int:
        return len(self._lines)

    def case(self, case_id: str) -> Case:
        """The case of that name. Raises KeyError if there is none."""
        line = orjson.loads(self._lines[case_id])
        plain = {name: line.get(name) for name in ("case_id", "loop", "layout", "call")}
        return Case.from_json(orjson.dumps(plain), f"{self.path / CASES}, case {case_id}")

    def outcome(self, case_id: str) -> Outcome:
        """What NumPy answered. Raises KeyError if there is no such case."""
        line = orjson.loads(self._lines[case_id])
        return restored(line, [self._data[at : at + size] for at, size in line["runs"]])


def pool_places(pools: Iterable[Pool]) -> Iterator[tuple[Pool, int]]:
    """Each pool with its offset in data.bin."""
    at = 0
    for pool in pools:
        yield pool, at
        at += pool.count * ELEMENTS[pool.name.partition(".")[0]].size


def refuse_occupied(out: Path) -> None:
    """Raise UsageError unless `out` is free for a capture: it does not exist, is empty, or holds a capture alone."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError("it is no directory", where=str(out), expected="a directory to write a capture to")
    try:
        others = sorted(item.name for item in out.iterdir() if item.name not in FILES + PROTECTION)
    except OSError as error:
        raise StorageError(f"cannot be read: {error.strerror}", where=str(out)) from None
    if others:
        raise UsageError(
            f"the directory holds something that is no capture: {others[0]}",
            where=str(out),
            expected="a directory that does not exist, is empty, or holds a capture, which is replaced",
        )


class _Buffered:
    """A growing file that writes 64 KiB at once: a suite has 100,000 short runs."""

    def __init__(self, path: Path) -> None:
        self._file, self._pending, self._size = Growing(path), bytearray(), 0

    def append(self, run: bytes) -> int:
        """Write at the end; the offset."""
        at = self._size
        self._pending += run
        self._size += len(run)
        if len(self._pending) >= 1 << 16:
            self._flush()
        return at

    def digest(self) -> FileDigest:
        return FileDigest(name=self._file.path.name, sha256=self._file.sha256, size=self._file.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            self._flush()
        self._file.__exit__(kind, error, trace)

    def _flush(self) -> None:
        self._file.write(bytes(self._pending))
        self._pending.clear()


class _Distinct:
    """Runs of bytes in a growing file, equal ones once."""

    def __init__(self, data: _Buffered) -> None:
        self._data, self._places = data, {b"": 0}

    def place(self, run: bytes) -> int:
        """The offset of a run."""
        key = run if len(run) <= hashlib.sha256().digest_size else hashlib.sha256(run).digest()
        if key not in self._places:
            self._places[key] = self._data.append(run)
        return self._places[key]


def write_capture(
    out: Path,
    plan: Plan,
    pools: Mapping[str, bytes],
    outcomes: Iterable[Outcome | None],
    identity: OracleIdentity,
    seal: Callable[[Path], object] | None = None,
) -> CaptureHead:
    """Write a capture as a whole; `out` is replaced at the end, or left as it was.

    seal: protects the complete directory before it takes its place.

    outcomes: one for each case of the plan, in order; None leaves the case out (the pure-Python oracle does not answer
    every one). plan_digest is that of the plan which was asked for.
    Raises UsageError if `out` holds something else, StorageError if the operating system refuses, OracleError for an
    outcome that is no answer, InconclusiveError if there is not one outcome.
    """
    refuse_occupied(out)
    with replacing_directory(out) as folder:
        count, files = _write_data(folder, plan, pools, outcomes)
        if not count:
            raise InconclusiveError(f"the oracle answers none of the {len(plan.cases)} cases", where=str(out))
        head = CaptureHead(
            suite=plan.suite,
            seed=plan.seed,
            cases=count,
            catalogue_digest=plan.catalogue_digest,
            plan_digest=plan.digest,
            oracle=identity,
            pools=plan.pools,
            files=files,
            digest="",
        )
        head = head.model_copy(update={"digest": head_digest(head)})
        with Growing(folder / HEAD) as file:
            file.write(pretty(head.full()))
        if seal is not None:
            seal(folder)
    return head


def _write_data(
    folder: Path, plan: Plan, pools: Mapping[str, bytes], outcomes: Iterable[Outcome | None]
) -> tuple[int, tuple[FileDigest, ...]]:
    """Write cases.ndjson and data.bin; the number of cases, and the digests."""
    count = 0
    with _Buffered(folder / CASES) as cases, _Buffered(folder / DATA) as data:
        for pool in plan.pools:
            data.append(pools[pool.name])
        runs = _Distinct(data)
        for case, outcome in zip(plan.cases, outcomes, strict=True):
            if outcome is None:
                continue
            if isinstance(outcome, Crashed | TimedOut):
                raise OracleError(f"no answer: {outcome}", where=f"case {case.case_id}")
            description, parts = described(outcome)
            line = {
                "case_id": case.case_id,
                "loop": case.loop,
                "layout": case.layout,
                "call": case.call.plain(),
                **description,
                "runs": [[runs.place(part), len(part)] for part in parts],
            }
            cases.append(sealed(orjson.dumps(line), parts))
            count += 1
    return count, (cases.digest(), data.digest())


def head_digest(head: CaptureHead) -> str:
    """sha256 over the canonical JSON of all fields but `digest`."""
    return sha256(canonical({name: value for name, value in head.full().items() if name != "digest"}))


def _refuse_no_capture(path: Path) -> None:
    if not path.exists():
        raise UsageError(
            "there is no such capture", where=str(path), expected="a directory that `parity capture` wrote"
        )
    if not path.is_dir() or not any((path / name).exists() for name in FILES):
        raise UsageError("this is no capture", where=str(path), expected=f"a directory with {', '.join(FILES)}")


def read_head(path: Path) -> CaptureHead:
    """The head of a capture, checked by its own digest; the other files are not looked at. Raises as `open_capture`."""
    _refuse_no_capture(path)
    return _checked_head(path / HEAD, _read(path / HEAD))


def open_capture(path: Path) -> Capture:
    """Open a capture and check every byte of it.

    Raises UsageError where there is no capture, DamagedError that names the file, and the case, line or pool if they
    can be told, DocumentError for another version of the format, StorageError where reading is refused.
    """
    _refuse_no_capture(path)
    contents = {name: _read(path / name) for name in FILES}
    head = _checked_head(path / HEAD, contents[HEAD])
    lines = contents[CASES].split(b"\n")[:-1]
    for file in head.files:
        content = contents[file.name]
        if len(content) != file.size or sha256(content) != file.sha256:
            what = (
                accused_line(lines, content, contents[DATA])
                if file.name == CASES
                else accused_case(tuple(pool_places(head.pools)), lines, content)
            )
            raise _damaged(path / file.name, what)
    return Capture(path, head, lines, contents[DATA])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _damaged(path, "the file is missing") from None
    except OSError as error:
        raise StorageError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _damaged(path: Path, what: str) -> DamagedError:
    return DamagedError(
        f"the capture is damaged: {path.name}: {what}",
        where=str(path),
        expected="the bytes that were recorded",
        hint="restore the file, or record the capture again",
    )


def _checked_head(path: Path, content: bytes) -> CaptureHead:
    try:
        plain = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise _damaged(path, "not JSON any more") from None
    schema = plain.get("schema") if isinstance(plain, dict) else None
    name, _, version = schema.partition("/") if isinstance(schema, str) else ("", "", "")
    if name == "parity.capture" and version.isdecimal() and version != "1":
        raise DocumentError(
            f"schema {schema} is none that this parity reads",
            where=f"{path}, field schema",
            expected="parity.capture/1",
            hint="a newer parity wrote it, or the file is damaged",
        )
    try:
        head = CaptureHead.from_json(content, str(path))
    except DocumentError as error:
        raise _damaged(path, error.message) from None
    # Comparing with the one way to write it also finds a bit that changes white space or a letter's case.
    if head.digest != head_digest(head) or pretty(head.full()) != content:
        raise _damaged(path, "its digest does not fit")
    if tuple(file.name for file in head.files) != (CASES, DATA):
        raise DocumentError(
            "files are other than a capture's", where=f"{path}, field files", expected=f"{CASES}, {DATA}"
        )
    return head
