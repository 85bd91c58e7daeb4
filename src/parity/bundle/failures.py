"""What the oracle answered in the cases that went wrong, kept with the run, so that they can be shown without it."""

from collections.abc import Iterable

import orjson

from parity.calling import Outcome, described, restored
from parity.documents.case import Case
from parity.documents.model import canonical

KEPT_PER_ROW = 100
"""Failures kept for one op and loop: enough to see what is wrong, and a bound on a bundle in which all is."""


def encode(failures: Iterable[tuple[Case, Outcome]]) -> bytes:
    """One line a case: the case, and the expected outcome with its bytes in hexadecimal."""
    kept: dict[tuple[str, str], int] = {}
    lines = []
    for case, expected in failures:
        row = case.call.op, case.loop
        kept[row] = kept.get(row, 0) + 1
        if kept[row] <= KEPT_PER_ROW:
            description, runs = described(expected)
            line = {"case": case.plain(), "expected": description, "runs": [run.hex() for run in runs]}
            lines.append(canonical(line) + b"\n")
    return b"".join(lines)


def decode(data: bytes) -> dict[str, tuple[Case, Outcome]]:
    """The kept failures by the name of their case."""
    found = {}
    for number, line in enumerate(data.splitlines(), 1):
        parsed = orjson.loads(line)
        case = Case.from_json(canonical(parsed["case"]), f"artifacts/failures.ndjson, line {number}")
        runs = [bytes.fromhex(run) for run in parsed["runs"]]
        found[case.case_id] = case, restored(parsed["expected"], runs)
    return found
