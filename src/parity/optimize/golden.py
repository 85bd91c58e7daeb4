"""Golden outputs: what a provider itself answered to a fixed set of cases, as files whose bytes are compared.

They are no oracle and cannot be opened as one: there is no capture.json, and nobody claims that the answers are right.
The folder `golden` holds

`golden.json`    `GoldenHead`: which cases, in which order;
`index.ndjson`   a `GoldenLine` for each case;
`<op>.bin`       the result bytes of the cases of an operation, in their order, little endian.

Nothing in them names a provider, a time, a machine or a path: where two sides behave alike, so are their files.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from parity.calling import Crashed, Outcome, Raised, Returned, TimedOut, described, restored
from parity.documents.case import Case
from parity.documents.model import canonical, pretty, sha256
from parity.documents.optimization import GoldenHead, GoldenLine
from parity.errors import DocumentError, ProviderError

FOLDER = "golden"
HEAD, INDEX = "golden.json", "index.ndjson"

LARGEST_KEPT = 1 << 20
"""Bytes of one case's results above which only their digest is kept: what is recorded is committed to a repository."""

_NAMES = {kind.__name__.lower(): kind for kind in (Crashed, TimedOut)}


class Golden(NamedTuple):
    """Golden outputs that were read. outcomes: by case, None where the bits were too large to be kept."""

    head: GoldenHead
    lines: dict[str, GoldenLine]
    outcomes: dict[str, Outcome | None]


def case_digest(cases: Iterable[Case]) -> str:
    """sha256 over the names of the cases, one a line; the names cover calls and input bits."""
    return sha256("".join(f"{case.case_id}\n" for case in cases).encode())


def encode(head: GoldenHead, answers: Iterable[tuple[Case, Outcome]]) -> dict[str, bytes]:
    """The files, by their names in the folder `golden`.

    answers: taken one by one, so that only one large result is in memory. Raises ProviderError for a result that came
    without its bytes (`parity.calling.value_of` drops those above its limit): two wrong ones would then be equal.
    """
    data: dict[str, bytearray] = {}
    lines = []
    for case, outcome in answers:
        if not has_bits(outcome):
            raise ProviderError(
                "the result is so large that its bytes did not come along",
                where=f"case {case.case_id}",
                expected="a result of the shape and type that the call asks for",
            )
        description, runs = described(outcome)
        kept = None
        if sum(map(len, runs)) <= LARGEST_KEPT:
            file = data.setdefault(f"{case.call.op}.bin", bytearray())
            kept = tuple(_appended(file, run) for run in runs)
        line = GoldenLine(
            case_id=case.case_id,
            op=case.call.op,
            loop=case.loop,
            layout=case.layout,
            outcome=orjson.loads(orjson.dumps(description)),
            bits=bits_of(outcome),
            runs=kept,
        )
        lines.append(canonical(line.full()) + b"\n")
    files = {name: bytes(content) for name, content in data.items()}
    return {HEAD: pretty(head.full()), INDEX: b"".join(lines), **files}


def _appended(file: bytearray, run: bytes) -> tuple[int, int]:
    at = len(file)
    file += run
    return at, len(run)


def has_bits(outcome: Outcome) -> bool:
    """Whether the bytes of every result came along."""
    if not isinstance(outcome, Returned):
        return True
    return all(value.data or 0 in value.shape or value.kind.startswith("python:") for value in outcome.values)


def bits_of(outcome: Outcome) -> str:
    """sha256 over what must not move: not flags, warnings, and the words of an exception."""
    state = hashlib.sha256()
    if isinstance(outcome, Returned):
        for value in outcome.values:
            state.update(canonical([value.kind, value.dtype, list(value.shape), len(value.data)]))
            state.update(value.data)
        state.update(canonical([list(outcome.is_out), list(outcome.changed), [len(run) for run in outcome.written]]))
        for run in outcome.written:
            state.update(run)
    elif isinstance(outcome, Raised):
        state.update(canonical(["raised", outcome.type, list(outcome.bases)]))
    elif isinstance(outcome, TimedOut):
        state.update(b"timed out")
    else:
        state.update(canonical([type(outcome).__name__, list(outcome)]))
    return state.hexdigest()


def decode(files: Mapping[str, bytes], where: str) -> Golden:
    """Read the files of a folder `golden`. Raises DocumentError that names the file and the case."""
    for name in (HEAD, INDEX):
        if name not in files:
            raise DocumentError(f"{name} is missing", where=f"{where}/{name}", expected="golden outputs")
    head = GoldenHead.from_json(files[HEAD], f"{where}/{HEAD}")
    lines: dict[str, GoldenLine] = {}
    outcomes: dict[str, Outcome | None] = {}
    for number, text in enumerate(files[INDEX].splitlines(), 1):
        line = GoldenLine.from_json(text, f"{where}/{INDEX}, line {number}")
        lines[line.case_id] = line
        outcomes[line.case_id] = _outcome(line, files, f"{where}/{INDEX}, line {number}")
    if (
        len(lines) != head.cases + head.workloads
        or sha256("".join(f"{name}\n" for name in lines).encode()) != head.digest
    ):
        raise DocumentError("the cases are others than the head says", where=f"{where}/{INDEX}", expected=HEAD)
    return Golden(head, lines, outcomes)


def _outcome(line: GoldenLine, files: Mapping[str, bytes], where: str) -> Outcome | None:
    if line.runs is None:
        return None
    data = files.get(f"{line.op}.bin", b"")
    runs = [data[at : at + size] for at, size in line.runs]
    try:
        outcome = _restored(line.outcome, runs)
    except (KeyError, TypeError, ValueError, IndexError):
        raise DocumentError("the outcome is none", where=where, expected="what `described` says") from None
    if bits_of(outcome) != line.bits:
        raise DocumentError("the bits are others than the line says", where=where, expected=line.bits)
    return outcome


def _restored(description: Mapping[str, Any], runs: list[bytes]) -> Outcome:
    name, fields = next(iter(description.items()))
    return _NAMES[name](**fields) if name in _NAMES else restored(description, runs)


def is_answer(outcome_name: str) -> bool:
    """Whether an outcome, by its name in a line, is an answer: something returned or raised."""
    return outcome_name in ("returned", "raised")
