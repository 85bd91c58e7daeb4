"""Every prefix, every flipped bit, every refused or lying write, kills and crowds: the ledger holds, or says what is wrong.

What no test here can show: a ledger that was cut exactly between two records is a valid ledger.
"""

import contextlib
import errno
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity.errors import ParityError, StorageError
from parity.ledger.appending import append
from parity.ledger.chain import DamagedLedgerError, read_ledger

from ..unit.ledger.drafts import draft  # noqa: TID252 - tests are no package with a name of its own

SEED = 2026
CROWD, EACH = 8, 500


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of three records; the second has all that a record may have."""
    path = tmp_path / "ledger.ndjson"
    append(path, draft(1, inputs=(), outputs=(), git_head=None))
    append(path, draft(2, bundle=tmp_path / "runs" / "x", error_summary="é", notes=("a note",)))
    append(path, draft(3, inputs=(), outputs=(), git_head=None))
    return path


def _begins(whole: bytes) -> list[int]:
    """Where lines begin, and where the last one ends."""
    return [0, *(at + 1 for at, byte in enumerate(whole) if byte == ord("\n"))]


def test_every_prefix_is_read_as_what_it_is(ledger: Path) -> None:
    whole = ledger.read_bytes()
    records, begins = read_ledger(ledger).records, _begins(whole)
    for length in range(len(whole)):
        ledger.write_bytes(whole[:length])
        found = read_ledger(ledger)
        complete = sum(begin <= length for begin in begins) - 1
        without_newline = length + 1 in begins
        assert found.records == records[: complete + without_newline], length
        assert found.damage is None, length
        assert (found.torn is None) == (length in begins), length
        assert found.torn is None or found.torn.line == complete + 1


def test_a_record_is_appended_to_every_prefix(ledger: Path) -> None:
    whole = ledger.read_bytes()
    records, begins = read_ledger(ledger).records, _begins(whole)
    edges = {place + step for place in begins for step in (-2, -1, 0, 1, 2)}
    for length in sorted({*range(0, len(whole), 29), *edges} & set(range(len(whole) + 1))):
        ledger.write_bytes(whole[:length])
        complete = sum(begin <= length for begin in begins) - 1 + (length + 1 in begins)
        said: list[str] = []
        added = append(ledger, draft(9), note=said.append)
        assert len(said) == (length not in begins), length
        found = read_ledger(ledger)
        assert found.records == [*records[:complete], added], length
        assert found.problems == [], length


def test_every_flipped_bit_is_found_and_its_line_is_named(ledger: Path) -> None:
    whole = ledger.read_bytes()
    begins, missed = _begins(whole), []
    with ledger.open("r+b", buffering=0) as file:
        for at in range(len(whole)):
            line = sum(begin <= at for begin in begins)
            for bit in range(8):
                os.pwrite(file.fileno(), bytes([whole[at] ^ 1 << bit]), at)
                damage = read_ledger(ledger).damage
                if damage is None or damage.line != line:
                    missed.append((at, bit, damage))
            os.pwrite(file.fileno(), whole[at : at + 1], at)
    assert ledger.read_bytes() == whole
    assert not missed, f"{len(missed)} of {8 * len(whole)} flipped bits: {missed[:5]}"


def test_nothing_is_appended_behind_a_flipped_bit_of_the_last_record(ledger: Path) -> None:
    whole, rng = ledger.read_bytes(), random.Random(SEED)
    begin = _begins(whole)[2]
    for at in [*rng.sample(range(begin, len(whole)), 150), begin, len(whole) - 2, len(whole) - 1]:
        damaged = whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :]
        ledger.write_bytes(damaged)
        with pytest.raises(DamagedLedgerError) as refused:
            append(ledger, draft(9))
        assert refused.value.where is not None
        assert refused.value.where.startswith(f"{ledger}, line ")
        assert ledger.read_bytes() == damaged


def _short(write: Callable[..., int]) -> Callable[..., int]:
    return lambda descriptor, data: write(descriptor, bytes(data)[: len(data) // 2])


def _lying(write: Callable[..., int]) -> Callable[..., int]:
    def lie(descriptor: int, data: Any) -> int:
        write(descriptor, bytes(data)[: len(data) // 2])
        return len(data)

    return lie


def _altering(write: Callable[..., int]) -> Callable[..., int]:
    return lambda descriptor, data: write(descriptor, bytes(data).replace(b"numpy", b"numpx"))


def _refusing(code: int) -> Callable[[Any], Callable[..., Any]]:
    def refuse(*_: object) -> Any:
        raise OSError(code, os.strerror(code))

    return lambda _: refuse


FAULTS = {
    "no space": ("write", _refusing(errno.ENOSPC)),
    "an input or output error": ("write", _refusing(errno.EIO)),
    "half of it is written": ("write", _short),
    "half of it is written and all is reported": ("write", _lying),
    "other bytes are written": ("write", _altering),
    "fsync fails": ("fsync", _refusing(errno.EIO)),
    "the file cannot be opened": ("open", _refusing(errno.EACCES)),
    "reading it back fails": ("pread", _refusing(errno.EIO)),
}


@pytest.mark.parametrize("torn", [False, True], ids=["on a sound ledger", "on a torn tail"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_write_that_fails_leaves_the_records_that_were_there(
    ledger: Path, monkeypatch: pytest.MonkeyPatch, name: str, torn: bool
) -> None:
    whole = ledger.read_bytes()
    if torn:
        ledger.write_bytes(whole + whole[:300])
    call, fault = FAULTS[name]
    with monkeypatch.context() as patch:
        patch.setattr(f"parity.documents.durable.os.{call}", fault(getattr(os, call)))
        with pytest.raises(StorageError):
            append(ledger, draft(9))
    assert ledger.read_bytes() in ((whole, whole + whole[:300]) if torn else (whole,))
    append(ledger, draft(9))
    assert read_ledger(ledger).problems == []
    assert len(read_ledger(ledger).records) == 4


def _killed_in_the_middle(path: Path, share: float) -> None:
    write = os.write

    def die(descriptor: int, data: bytes) -> int:
        if bytes(data[:1]) not in (b"{", b"\n"):
            return write(descriptor, data)
        write(descriptor, bytes(data)[: int(share * len(data))])
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    vars(os)["write"] = die
    append(path, draft(4))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999, 1.0])
def test_a_writer_that_is_killed_in_its_write_costs_its_own_record_alone(ledger: Path, share: float) -> None:
    records = read_ledger(ledger).records
    process = multiprocessing.get_context("spawn").Process(target=_killed_in_the_middle, args=(ledger, share))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    found = read_ledger(ledger)
    assert found.records[:3] == records
    assert found.damage is None
    assert (found.torn is None) == (share in (0.0, 1.0))
    append(ledger, draft(5))
    assert read_ledger(ledger).problems == []
    assert len(read_ledger(ledger).records) == 4 + (share == 1.0)


def _endless(path: Path, seed: int, done: Path) -> None:
    with done.open("ab", buffering=0) as acknowledged:
        for number in range(1_000_000):
            record = append(path, draft(seed * 1000 + number))
            acknowledged.write(f"{record.hash_}\n".encode())


def test_writers_that_are_killed_at_any_moment_leave_every_acknowledged_record(ledger: Path, tmp_path: Path) -> None:
    rng, context = random.Random(SEED), multiprocessing.get_context("spawn")
    for attempt in range(6):
        process = context.Process(target=_endless, args=(ledger, attempt + 1, tmp_path / "done"))
        process.start()
        before = ledger.stat().st_size
        while ledger.stat().st_size == before and process.is_alive():
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.03))
        process.kill()
        process.join()
    append(ledger, draft(9))
    found = read_ledger(ledger)
    assert found.problems == []
    acknowledged = (tmp_path / "done").read_text().splitlines()
    assert len(acknowledged) >= 6
    assert set(acknowledged) <= {record.hash_ for record in found.records}


def _appends(path: Path, worker: int, count: int) -> None:
    for number in range(count):
        append(path, draft(worker * 1000 + number, f"provider-{worker}"))


def test_eight_processes_append_four_thousand_chained_records(tmp_path: Path) -> None:
    path, context = tmp_path / "ledger.ndjson", multiprocessing.get_context("spawn")
    crowd = [context.Process(target=_appends, args=(path, worker, EACH)) for worker in range(1, CROWD + 1)]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join()
    assert [process.exitcode for process in crowd] == [0] * CROWD
    found = read_ledger(path)
    assert found.problems == []
    assert len(found.records) == CROWD * EACH
    assert len({record.run_id for record in found.records}) == CROWD * EACH
    first = {record.subject.provider: record.status_before for record in reversed(found.records)}
    assert set(first.values()) == {"unknown"}


def test_a_reader_beside_a_writer_sees_whole_records_or_a_torn_tail(tmp_path: Path) -> None:
    path = tmp_path / "ledger.ndjson"
    process = multiprocessing.get_context("spawn").Process(target=_appends, args=(path, 1, 150))
    process.start()
    seen = 0
    while process.is_alive():
        found = read_ledger(path)
        assert found.damage is None
        assert len(found.records) >= seen
        seen = len(found.records)
    process.join()
    assert len(read_ledger(path).records) == 150


def test_the_ledger_never_makes_more_than_an_error_of_parity(tmp_path: Path) -> None:
    """Random bytes in the place of the ledger: read, and appended to, without anything but a ParityError."""
    path, rng = tmp_path / "ledger.ndjson", random.Random(SEED)
    append(path, draft(1))
    whole = path.read_bytes()
    for _ in range(300):
        cut = rng.randrange(len(whole))
        path.write_bytes(whole[:cut] + rng.randbytes(rng.randrange(40)) + whole[cut + rng.randrange(60) :])
        read_ledger(path)
        with contextlib.suppress(ParityError):
            append(path, draft(2))
