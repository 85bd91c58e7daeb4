"""Which case, line or pool of a damaged capture is at fault.

Called only when the digest of a file does not fit. What it says is for people: where both files are damaged, an intact
line may be accused of what its bytes suffered.
"""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from parity.documents.case import Pool
from parity.documents.elements import ELEMENTS
from parity.documents.model import sha256
from parity.oracle.lines import body_and_digest, case_id_of, digest_of


def accused_line(lines: Sequence[bytes], content: bytes, data: bytes) -> str:
    """What is wrong with cases.ndjson: the number of the first line at fault, counted from 1, and its case."""
    for number, line in enumerate(lines, 1):
        if not _fits(line, data):
            return f"line {number}{_named(case_id_of(line))} is not what was recorded"
    if not content.endswith(b"\n"):
        return f"line {len(lines) + 1} is not whole"
    return "lines are missing, new, or in another order"


def accused_case(pools: Iterable[tuple[Pool, int]], lines: Sequence[bytes], data: bytes) -> str:
    """What is wrong with data.bin: the first pool, or the first case, whose bytes are not what was recorded.

    A pool at fault is named together with a case that reads it.
    """
    for pool, at in pools:
        size = pool.count * ELEMENTS[pool.name.partition(".")[0]].size
        if sha256(data[at : at + size]) != pool.sha256:
            readers = (case_id_of(line) for line in lines if b'"pool":"%s"' % pool.name.encode() in line)
            return (
                f"the input bits of pool {pool.name}, which{_named(next(readers, ''))} reads, are not what was recorded"
            )
    for line in lines:
        if not _fits(line, data):
            return f"the recorded bits of{_named(case_id_of(line))} are not what was recorded"
    return "bytes are missing or new that belong to no case"


def _named(case_id: str) -> str:
    return f" case {case_id}" if case_id else ""


def _fits(line: bytes, data: bytes) -> bool:
    body, digest = body_and_digest(line)
    try:
        runs = list(_runs(body, data))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return False
    return digest_of(body, runs) == digest


def _runs(body: bytes, data: bytes) -> Iterator[bytes]:
    for at, size in orjson.loads(body + b"}")["runs"]:
        yield data[at : at + size]
