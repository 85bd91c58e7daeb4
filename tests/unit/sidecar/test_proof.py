"""Decode proofs: intact objects are proved, records are executed again, and a record that is not true is found out."""

import errno
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from parity.documents.model import pretty, sha256
from parity.documents.proof import DecodeProof, Drill
from parity.errors import ExitCode, InconclusiveError, StorageError, UsageError
from parity.pipeline import prove as pipeline
from parity.sidecar import codec, proof
from parity.sidecar.drills import KINDS
from parity.sidecar.geometry import Geometry
from parity.sidecar.objects import SealLostError
from parity.sidecar.proof import DamagedObjectError, OtherObjectError, prove, prove_again
from parity.sidecar.seal import seal


def sealed_file(folder: Path, data: bytes, overhead: float = 0.1) -> Path:
    path = folder / "data"
    path.write_bytes(data)
    seal(path, overhead)
    return path


def sealed_directory(folder: Path) -> Path:
    path = folder / "tree"
    for number in range(40):
        inside = path / f"part{number % 3}" / f"file{number}"
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_bytes(Random(number).randbytes(number * 37))
    seal(path)
    return path


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in (folder, *folder.rglob("*"))
    }


@pytest.mark.parametrize("size", [1, 63, 64, 65, 4_001, 64_001, 1_048_577, 4_300_000])
@pytest.mark.parametrize("fill", ["random", "zeros"])
def test_four_drills_prove_an_intact_file(tmp_path: Path, size: int, fill: str) -> None:
    data = bytes(size) if fill == "zeros" else Random(size).randbytes(size)
    record = prove(sealed_file(tmp_path, data))
    assert (record.verdict, record.problems) == ("proved", ())
    assert tuple(drill.kind for drill in record.drills) == KINDS
    assert all(drill.dropped for drill in record.drills)
    *others, beyond = record.drills
    assert [drill.sha256 for drill in others] == [sha256(data)] * 3
    assert (beyond.recovered, beyond.sha256) == (False, None)


@pytest.mark.parametrize("overhead", [0.001, 0.03, 0.5, 4])
def test_other_overheads_are_drilled_by_what_they_promise(tmp_path: Path, overhead: float) -> None:
    assert prove(sealed_file(tmp_path, Random(1).randbytes(1_200_000), overhead)).verdict == "proved"


def test_a_directory_is_proved_and_nothing_of_it_is_touched(tmp_path: Path) -> None:
    path = sealed_directory(tmp_path)
    before = snapshot(path)
    assert prove(path).verdict == "proved"
    assert snapshot(path) == before


def test_what_is_recovered_is_computed_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A decoder that gives zeros must be seen in the hash: the dropped symbols are not taken from the file.
    path = sealed_file(tmp_path, Random(2).randbytes(50_000))
    monkeypatch.setattr(proof, "codec", SimpleNamespace(decode=lambda count, size, symbols: bytes(count * size)))
    record = prove(path)
    assert record.verdict == "failed"
    assert any("gave other bytes" in problem for problem in record.problems)
    assert "the beyond_limit drill was recovered: it lost less than it says" in record.problems


def test_dropped_symbols_never_reach_the_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[tuple[int, list[int]]] = []
    real = codec.decode

    def watching(count: int, size: int, symbols: dict[int, bytes]) -> bytes | None:
        fed.append((count, sorted(symbols)))
        return real(count, size, symbols)

    monkeypatch.setattr(proof, "codec", SimpleNamespace(decode=watching))
    path = sealed_file(tmp_path, Random(3).randbytes(300_000))
    record = prove(path)
    geometry = Geometry(record.size, record.symbol_size, record.overhead)
    drills = [attempt for drill in record.drills for attempt in (*drill.failed, drill)]
    for attempt, (count, esis) in zip(drills, fed, strict=True):
        repairs = [esi for _, first, last in attempt.fed.repairs for esi in range(first, last + 1)]
        dropped = {geometry.esi_of(number) for number in attempt.dropped}
        assert esis == sorted({*range(count)} - dropped) + repairs


def test_a_limit_drill_that_fails_at_first_tries_another_set_and_records_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(tmp_path, Random(3).randbytes(300_000))
    real, asked = codec.decode, list[dict[int, bytes]]()

    def failing_once(count: int, size: int, symbols: dict[int, bytes]) -> bytes | None:
        if len(symbols) == count and max(symbols) >= count:
            asked.append(symbols)
            if len(asked) <= 1:
                return None
        return real(count, size, symbols)

    monkeypatch.setattr(proof, "codec", SimpleNamespace(decode=failing_once))
    record = prove(path)
    limit = record.drills[KINDS.index("limit")]
    assert (record.verdict, limit.attempts, len(limit.failed)) == ("proved", 2, 1)
    assert limit.failed[0].dropped != limit.dropped
    asked.clear()
    assert prove_again(path, record, "record").verdict == "proved"
    asked[:] = [{}]  # now the first set is decoded, which the record denies
    assert prove_again(path, record, "record").problems == ("the limit drill comes out otherwise than the record says",)


def test_a_record_is_the_same_wherever_it_is_made_and_survives_its_file(tmp_path: Path) -> None:
    path = sealed_file(tmp_path, Random(4).randbytes(100_000))
    record = prove(path)
    assert prove(path) == record
    assert DecodeProof.from_json(pretty(record.full()), "here") == record


def changed_drill(record: DecodeProof, kind: str, **changes: Any) -> DecodeProof:
    drills = tuple(
        Drill.model_validate(drill.model_dump() | changes) if drill.kind == kind else drill for drill in record.drills
    )
    return record.model_copy(update={"drills": drills})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda r: changed_drill(r, "random", dropped=(1,)), "the random drill of the record: it lost fewer than"),
        (lambda r: changed_drill(r, "burst", sha256="0" * 64), "the burst drill comes out otherwise"),
        (lambda r: changed_drill(r, "limit", recovered=False, sha256=None), "the limit drill comes out otherwise"),
        (lambda r: changed_drill(r, "beyond_limit", recovered=True), "the beyond_limit drill comes out otherwise"),
        (lambda r: changed_drill(r, "limit", attempts=2), "the limit drill comes out otherwise"),
        (lambda r: r.model_copy(update={"drills": r.drills[1:]}), "the record has not each of the drills"),
        (lambda r: r.model_copy(update={"drills": ()}), "the record has not each of the drills"),
        (lambda r: r.model_copy(update={"size": r.size + 1}), "the record has another size"),
        (lambda r: r.model_copy(update={"verdict": "failed"}), "the verdict of the record is failed"),
    ],
)
def test_a_record_that_is_not_true_fails(
    tmp_path: Path, change: Callable[[DecodeProof], DecodeProof], problem: str
) -> None:
    path = sealed_file(tmp_path, Random(5).randbytes(100_000))
    again = prove_again(path, change(prove(path)), "record")
    assert again.verdict == "failed"
    assert any(text.startswith(problem) for text in again.problems)


def test_a_record_from_other_versions_is_still_true(tmp_path: Path) -> None:
    path = sealed_file(tmp_path, Random(5).randbytes(10_000))
    record = prove(path)
    older = record.model_copy(update={"versions": record.versions.model_copy(update={"parity": "0.0.1"})})
    assert prove_again(path, older, "record").verdict == "proved"


def test_a_record_about_another_object_is_refused(tmp_path: Path) -> None:
    path = sealed_file(tmp_path, Random(5).randbytes(10_000))
    record = prove(path)
    path.write_bytes(Random(6).randbytes(10_000))
    seal(path)
    with pytest.raises(OtherObjectError) as caught:
        prove_again(path, record, "the record")
    assert (caught.value.exit_code, caught.value.where) == (ExitCode.BAD_VERDICT, "the record")


def test_only_what_is_intact_is_drilled(tmp_path: Path) -> None:
    path = sealed_file(tmp_path, Random(5).randbytes(10_000))
    seal_bytes = (tmp_path / "data.rq").read_bytes()
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with pytest.raises(DamagedObjectError, match="repairable") as caught:
        prove(path)
    assert caught.value.exit_code is ExitCode.BAD_VERDICT
    (tmp_path / "data.rq").write_bytes(bytes(len(seal_bytes)))
    with pytest.raises(SealLostError):
        prove(path)


def test_an_empty_object_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InconclusiveError, match="empty"):
        prove(sealed_file(tmp_path, b""))


def test_an_unsealed_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bare").write_bytes(b"bare")
    with pytest.raises(UsageError) as caught:
        prove(tmp_path / "bare")
    assert caught.value.where is not None
    assert "bare" in caught.value.where


def test_the_pipeline_writes_the_record_where_the_seal_does_not_cover_it(tmp_path: Path) -> None:
    directory, path = sealed_directory(tmp_path), sealed_file(tmp_path, b"content")
    for sealed, record in ((directory, directory / "decode_proof.json"), (path, tmp_path / "data.decode_proof.json")):
        written = pipeline.prove(sealed)
        assert record.read_bytes() == pretty(written.full())
        before = snapshot(tmp_path)
        assert pipeline.prove_again(sealed) == written
        assert snapshot(tmp_path) == before
        assert pipeline.prove(sealed) == written


def test_a_missing_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        pipeline.prove_again(sealed_file(tmp_path, b"content"))
    assert caught.value.where == str(tmp_path / "data.decode_proof.json")


def test_a_full_disk_for_what_is_decoded_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "object"
    path.write_bytes(bytes(range(256)) * 64)
    seal(path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("parity.sidecar.mended.write_at", full)
    with pytest.raises(StorageError) as refused:
        prove(path)
    assert "No space left" in refused.value.message
