"""Decode proofs: symbols of an intact object are withheld, and what comes back is hashed as a whole.

Nothing of the object is changed. A drill reads it as if its dropped symbols could not be read, gives the decoder what
the record says, and hashes the object with the decoded symbols in the places of the dropped ones. What this does not
prove: that wrong bytes from a disk are noticed. The hashes of the seal are for that; the fault campaign tries them.
"""

import hashlib
import os
import platform
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from parity import __version__
from parity.documents.durable import storage_error
from parity.documents.proof import Attempt, DecodeProof, Drill, DrillKind, Versions
from parity.errors import ExitCode, InconclusiveError, ParityError
from parity.sidecar import codec
from parity.sidecar.blocks import BlockGroup, groups
from parity.sidecar.content import Content, Piece, chunks, nothing
from parity.sidecar.drills import KINDS, planned, shortcomings
from parity.sidecar.finding import examine
from parity.sidecar.mended import Mended, Spool
from parity.sidecar.objects import Sealed, Target, open_sealed
from parity.sidecar.reading import Hole


class DamagedObjectError(ParityError):
    """An object that is not as it was sealed; only an intact one can be drilled."""

    code = "damaged_object"
    exit_code = ExitCode.BAD_VERDICT


class OtherObjectError(ParityError):
    """A record about another object than the one it lies beside."""

    code = "other_object"
    exit_code = ExitCode.BAD_VERDICT


def record_of(target: Target) -> Path:
    """Where the decode proof of an object lies: in the directory, or beside the file."""
    if target.kind == "directory":
        return target.path / "decode_proof.json"
    return target.path.with_name(target.path.name + ".decode_proof.json")


def prove(path: Path, progress: Callable[[int], None] = nothing) -> DecodeProof:
    """Drill the repair of a sealed object. Nothing is written.

    Parameters
    ----------
    path
        A sealed file or directory, or its sidecar.
    progress
        Told the bytes that were read.

    Raises
    ------
    UsageError
        If it was never sealed.
    DamagedObjectError, SealLostError
        If it is not intact.
    InconclusiveError
        If it is empty: there is nothing to lose.
    StorageError
        If it may not be read, or there is no room for what is decoded.
    """
    with open_sealed(path, progress) as sealed:
        _check_intact(sealed, path, progress)
        geometry, object_id = sealed.geometry, sealed.object_id
        drills = [_executed(sealed, kind, planned(kind, geometry, object_id), progress) for kind in KINDS]
        return _document(sealed, drills, ())


def prove_again(path: Path, record: DecodeProof, where: str, progress: Callable[[int], None] = nothing) -> DecodeProof:
    """Execute the drills of a record once more; `problems` says where the record is not what comes out.

    Raises what `prove` does, and OtherObjectError if the record, which lies at `where`, is about another object.
    """
    with open_sealed(path, progress) as sealed:
        _check_intact(sealed, path, progress)
        found = (sealed.object_id, sealed.head.sha256)
        if found != (record.object_id, record.object_sha256):
            raise OtherObjectError(
                "the record is about another object",
                where=where,
                expected=f"object_id {found[0]}, object_sha256 {found[1]}",
                hint=f"`parity prove {path}` makes a new record",
            )
        problems = list(_contradictions(record, sealed))
        drills = []
        for recorded in record.drills:
            short = [
                f"the {recorded.kind} drill of the record: {reason}"
                for reason in shortcomings(recorded, sealed.geometry)
            ]
            problems += short
            if not short:
                attempts = (*recorded.failed, recorded)
                drills.append(_executed(sealed, recorded.kind, attempts, progress))
                if drills[-1] != recorded:
                    problems.append(f"the {recorded.kind} drill comes out otherwise than the record says")
        return _document(sealed, drills, problems)


def _check_intact(sealed: Sealed, path: Path, progress: Callable[[int], None]) -> None:
    finding = examine(sealed, progress)
    if finding.status != "ok":
        raise DamagedObjectError(
            f"only what is intact can be drilled, and this is not: {finding.reason or finding.status}",
            where=str(path),
            expected="status ok of `parity scrub`",
            hint=f"see `parity scrub {path}`",
        )
    if not sealed.geometry.symbols:
        raise InconclusiveError("no drill is possible: the object is empty, there is nothing to lose", where=str(path))


def _contradictions(record: DecodeProof, sealed: Sealed) -> Iterator[str]:
    """What a record says of the object and of itself that is not so."""
    head, blocks = sealed.head, sealed.geometry.blocks
    said = (record.size, record.symbol_size, record.blocks, record.overhead)
    if said != (head.size, head.symbol_size, blocks, head.overhead):
        yield "the record has another size, symbol_size, blocks or overhead than the seal"
    if tuple(drill.kind for drill in record.drills) != KINDS:
        yield f"the record has not each of the drills {', '.join(KINDS)}, once and in this order"
    if record.verdict != "proved":
        yield "the verdict of the record is failed"


def _executed(sealed: Sealed, kind: DrillKind, attempts: Iterable[Attempt], progress: Callable[[int], None]) -> Drill:
    """One set of losses after the other, until one is recovered or none is left."""
    failed: list[Attempt] = []
    for attempt in attempts:
        failed.append(Attempt(dropped=attempt.dropped, fed=attempt.fed))
        digest = _recovered_sha256(sealed, attempt, progress)
        if digest is not None:
            break
    last = failed.pop()
    blocks = {sealed.geometry.block_of(number) for number in last.dropped}
    return Drill(
        kind=kind,
        dropped=last.dropped,
        fed=last.fed,
        blocks=tuple(sorted(blocks)),
        attempts=len(failed) + 1,
        failed=tuple(failed),
        recovered=digest is not None,
        sha256=digest,
    )


def _recovered_sha256(sealed: Sealed, attempt: Attempt, progress: Callable[[int], None]) -> str | None:
    """SHA-256 of the whole object with the decoder's symbols for the dropped ones; None if it does not give them."""
    geometry, pieces = sealed.geometry, sealed.content.pieces
    room, whole = _room(sealed.target.sidecar.parent), hashlib.sha256()
    try:
        with (
            Spool(room, attempt.dropped, geometry.symbol_size) as spool,
            _Withheld(pieces, attempt.dropped, geometry.symbol_size) as withheld,
        ):
            for number, symbol in _decoded(sealed, withheld, attempt):
                if symbol is None:
                    return None
                spool.put(number, symbol)
            with Mended(pieces, spool) as mended:
                for _, view, _ in chunks(mended, progress):
                    whole.update(view)
    except OSError as error:  # of the spool; the object's own are holes
        raise storage_error(error, room) from None
    return whole.hexdigest()


def _decoded(sealed: Sealed, withheld: Content, attempt: Attempt) -> Iterator[tuple[int, bytes | None]]:
    """The dropped symbols as the decoder gives them, block by block; None for one that it does not give."""
    geometry, size = sealed.geometry, sealed.geometry.symbol_size
    dropped: dict[int, list[int]] = {}
    for number in attempt.dropped:
        dropped.setdefault(geometry.block_of(number), []).append(number)
    repairs: dict[int, list[int]] = {block: [] for block in dropped}
    for block, first, last in attempt.fed.repairs:
        repairs[block] += range(first, last + 1)
    for numbers in groups(geometry, dropped):
        group = BlockGroup(withheld, geometry, numbers)
        for block in numbers:
            lost = {geometry.esi_of(number) for number in dropped[block]}
            count = geometry.source_count(block)
            fed = {esi: bytes(group.symbol(block, esi)) for esi in range(count) if esi not in lost}
            fed |= {esi: symbol for esi in repairs[block] if (symbol := sealed.repair_symbol(block, esi)) is not None}
            answer = codec.decode(count, size, fed)
            for number in dropped[block]:
                begin = geometry.esi_of(number) * size
                yield number, None if answer is None else answer[begin : begin + size]


class _Withheld(Content):
    """A content of which some symbols are withheld: zeros stand for them, whatever the files say."""

    def __init__(self, pieces: Sequence[Piece], dropped: Sequence[int], symbol_size: int) -> None:
        super().__init__(pieces)
        self._dropped, self._symbol_size = dropped, symbol_size

    def read_into(self, view: memoryview, offset: int) -> list[Hole]:
        holes = super().read_into(view, offset)
        size, end = self._symbol_size, offset + len(view)
        for position in range(bisect_left(self._dropped, offset // size), bisect_left(self._dropped, -(-end // size))):
            begin = max(self._dropped[position] * size, offset) - offset
            stop = min((self._dropped[position] + 1) * size, end) - offset
            view[begin:stop] = bytes(stop - begin)
            holes.append(Hole(begin, stop))
        return holes


def _room(folder: Path) -> Path:
    """A folder for the decoded symbols: that of the object, or the system's where that is read-only."""
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())


def _document(sealed: Sealed, drills: Sequence[Drill], problems: Iterable[str]) -> DecodeProof:
    found = [*problems, *_failures(drills, sealed.head.sha256)]
    return DecodeProof(
        object_id=sealed.object_id,
        object_sha256=sealed.head.sha256,
        size=sealed.head.size,
        symbol_size=sealed.head.symbol_size,
        blocks=sealed.geometry.blocks,
        overhead=sealed.head.overhead,
        drills=tuple(drills),
        versions=Versions(parity=__version__, raptorq=version("raptorq"), python=platform.python_version()),
        verdict="failed" if found else "proved",
        problems=tuple(found),
    )


def _failures(drills: Sequence[Drill], sha256: str) -> Iterator[str]:
    for drill in drills:
        if drill.kind == "beyond_limit":
            if drill.recovered:
                yield "the beyond_limit drill was recovered: it lost less than it says"
        elif not drill.recovered:
            yield f"the {drill.kind} drill was not recovered"
        elif drill.sha256 != sha256:
            yield f"the {drill.kind} drill gave other bytes: sha256 {drill.sha256}"
