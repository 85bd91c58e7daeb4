"""What the oracle answered in the cases that went wrong, kept with the run, so that they can be shown without it."""

from collections.abc import Iterable
from typing import Any

import orjson

from parity.calling import Outcome, Raised, Returned, Value
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
            lines.append(canonical({"case": case.plain(), "expected": _plain(expected)}) + b"\n")
    return b"".join(lines)


def decode(data: bytes) -> dict[str, tuple[Case, Outcome]]:
    """The kept failures by the name of their case."""
    found = {}
    for number, line in enumerate(data.splitlines(), 1):
        parsed = orjson.loads(line)
        case = Case.from_json(canonical(parsed["case"]), f"artifacts/failures.ndjson, line {number}")
        found[case.case_id] = case, _outcome(parsed["expected"])
    return found


def _plain(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Raised):
        return {"raised": outcome.type, "bases": list(outcome.bases), "message": outcome.message}
    assert isinstance(outcome, Returned), "an oracle returns or raises"
    return {
        "values": [[value.kind, value.dtype, list(value.shape), value.data.hex()] for value in outcome.values],
        "written": [block.hex() for block in outcome.written],
        "is_out": list(outcome.is_out),
        "changed": list(outcome.changed),
        "flags": list(outcome.flags),
        "warnings": list(outcome.warnings),
    }


def _outcome(plain: dict[str, Any]) -> Outcome:
    if "raised" in plain:
        return Raised(plain["raised"], tuple(plain["bases"]), plain["message"])
    return Returned(
        tuple(Value(kind, dtype, tuple(shape), bytes.fromhex(data)) for kind, dtype, shape, data in plain["values"]),
        tuple(bytes.fromhex(block) for block in plain["written"]),
        tuple(plain["is_out"]),
        tuple(plain["changed"]),
        tuple(plain["flags"]),
        tuple(plain["warnings"]),
    )
