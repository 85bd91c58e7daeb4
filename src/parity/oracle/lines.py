"""Lines of cases.ndjson: the name first, so that a line is found without parsing it, and a digest last."""

import hashlib
from collections.abc import Iterable

_START = b'{"case_id":"'
_DIGEST = b',"digest":"'
_DIGITS = 16
_TAIL = len(_DIGEST) + _DIGITS + len(b'"}')


def digest_of(body: bytes, runs: Iterable[bytes]) -> bytes:
    """64 bits of SHA-256 over a line without its digest and the bytes that it points to, in hexadecimal."""
    state = hashlib.sha256(body)
    for run in runs:
        state.update(run)
    return state.hexdigest()[:_DIGITS].encode()


def sealed(line: bytes, runs: Iterable[bytes]) -> bytes:
    """A JSON object with its digest as last field, and a newline."""
    body = line[:-1]
    return body + _DIGEST + digest_of(body, runs) + b'"}\n'


def body_and_digest(line: bytes) -> tuple[bytes, bytes]:
    """What `sealed` put together; the digest is empty where the line does not end as it should."""
    body, tail = line[:-_TAIL], line[-_TAIL:]
    whole = tail.startswith(_DIGEST) and tail.endswith(b'"}')
    return body, tail[len(_DIGEST) : -2] if whole else b""


def case_id_of(line: bytes) -> str:
    """The name of a line's case; empty where the line does not begin as it should."""
    if not line.startswith(_START):
        return ""
    return line[len(_START) :].partition(b'"')[0].decode("ascii", "replace")
