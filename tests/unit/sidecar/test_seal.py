"""A seal follows from the content alone, and is never written over something that cannot be sealed."""

import hashlib
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from parity.documents import durable
from parity.errors import StorageError, UsageError
from parity.sidecar import codec, workers, writing
from parity.sidecar import seal as seal_module
from parity.sidecar.content import sealable
from parity.sidecar.geometry import symbol_size
from parity.sidecar.index import symbol_hash
from parity.sidecar.objects import open_sealed
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal
from parity.sidecar.slots import HEADER

T = 64
FORKS = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the tests' own threads are idle


@pytest.mark.parametrize(
    "size", [0, 1, T - 1, T, T + 1, 4_000, 4_001, 64_001, 1024 * 1024 - 1, 1024 * 1024 + 1, 5_000_000]
)
def test_what_is_sealed_can_be_opened_symbol_by_symbol(tmp_path: Path, size: int) -> None:
    path, data = tmp_path / "data", random.Random(size).randbytes(size)
    path.write_bytes(data)
    made = seal(path)
    assert made.sha256 == hashlib.sha256(data).hexdigest()
    assert made.seal_bytes == Path(made.seal).stat().st_size
    with open_sealed(path) as sealed:
        geometry = sealed.geometry
        assert (sealed.object_id, sealed.head.sha256, sealed.head.size) == (made.object_id, made.sha256, size)
        assert geometry.symbol_size == symbol_size(size)
        for number in {0, geometry.symbols // 2, geometry.symbols - 1} & set(range(geometry.symbols)):
            begin, end = geometry.span(number)
            symbol = sealed.symbol(number)
            assert symbol == data[begin:end].ljust(geometry.symbol_size, b"\0")
            assert symbol_hash(symbol) == sealed.expected_hash(number)
        for block in range(geometry.blocks):
            count = geometry.source_count(block)
            numbers = [geometry.symbol_of(block, esi) for esi in range(count)]
            source = b"".join(sealed.symbol(number) or b"" for number in numbers)
            repair = codec.encode(source, geometry.symbol_size, geometry.repair_count(block))
            assert [sealed.repair_symbol(block, count + at) for at in range(len(repair))] == repair
            assert sealed.repair_symbol(block, count + len(repair)) is None
    assert scrub(path).status == "ok"


def test_the_same_content_gives_the_same_bytes_wherever_it_lies(sealed_directory: Path, tmp_path: Path) -> None:
    first = (sealed_directory / "seal.rq").read_bytes()
    seal(sealed_directory)
    assert (sealed_directory / "seal.rq").read_bytes() == first
    copy = tmp_path / "elsewhere"
    shutil.copytree(sealed_directory, copy)
    (copy / "seal.rq").unlink()
    seal(copy)
    assert (copy / "seal.rq").read_bytes() == first


def test_the_overhead_names_another_object(sealed_file: Callable[[int], Path]) -> None:
    path = sealed_file(10_000)
    first, second = seal(path, 0.1), seal(path, 0.2)
    assert first.object_id != second.object_id
    assert first.repair_symbols < second.repair_symbols
    assert second.overhead == "0.2"


def test_a_file_and_its_seal_may_be_renamed_together(sealed_file: Callable[[int], Path], tmp_path: Path) -> None:
    path = sealed_file(10_000)
    path.rename(tmp_path / "new")
    Path(f"{path}.rq").rename(tmp_path / "new.rq")
    assert scrub(tmp_path / "new").status == "ok"


def test_the_seal_of_a_directory_covers_all_but_what_is_said_about_it(sealed_directory: Path) -> None:
    (sealed_directory / "scrub.json").write_text("{}")
    (sealed_directory / "decode_proof.json").write_text("{}")
    (sealed_directory / ".x.0123456789ab.tmp").write_text("of a dead process, and of no interest")
    (sealed_directory / "c" / "scrub.json").write_text("an ordinary file")
    assert scrub(sealed_directory).unlisted == ("c/scrub.json",)
    seal(sealed_directory)
    with open_sealed(sealed_directory) as sealed:
        names = [name for name, _, _ in sealed.head.files]
    assert "c/scrub.json" in names
    assert names == sorted(names, key=str.encode)
    assert not {"seal.rq", "scrub.json", "decode_proof.json"} & set(names)
    assert len(names) == 41


def test_the_mode_of_a_renewed_seal_is_kept(sealed_file: Callable[[int], Path]) -> None:
    path = sealed_file(100)
    sidecar = Path(f"{path}.rq")
    sidecar.chmod(0o640)
    seal(path)
    assert sidecar.stat().st_mode & 0o777 == 0o640


@FORKS
def test_two_processes_make_the_same_seal_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data"
    path.write_bytes(random.Random(3).randbytes(25_000_000))
    monkeypatch.setattr(writing, "may_fork", lambda: False)
    seal(path)
    alone = Path(f"{path}.rq").read_bytes()
    monkeypatch.setattr(writing, "WORKER_FROM", 0)
    monkeypatch.setattr(writing, "may_fork", lambda: True)
    counts = list[int]()
    seal(path, progress=counts.append)
    assert Path(f"{path}.rq").read_bytes() == alone


@FORKS
def test_a_worker_hands_back_what_it_returned_or_raised() -> None:
    with workers.forked(os.getpid) as worker:
        assert worker.result() != os.getpid()

    def fail() -> None:
        raise StorageError("no", where="there")

    with workers.forked(fail) as failing, pytest.raises(StorageError, match="no"):
        failing.result()
    with workers.forked(lambda: os._exit(3)) as dead, pytest.raises(StorageError, match="died"):
        dead.result()


@FORKS
def test_a_worker_that_nobody_waits_for_is_ended() -> None:
    started = time.monotonic()
    with workers.forked(lambda: time.sleep(60)):
        pass
    assert time.monotonic() - started < 10


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_what_does_not_exist_cannot_be_sealed(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        seal(tmp_path / "nothing")
    assert raised.value.where == str(tmp_path / "nothing")


def test_a_link_or_a_pipe_inside_is_refused_by_its_name(sealed_directory: Path) -> None:
    before = (sealed_directory / "seal.rq").read_bytes()
    for name, make in (("link", lambda path: path.symlink_to("c")), ("pipe", os.mkfifo)):
        make(sealed_directory / "a" / name)
        with pytest.raises(UsageError) as raised:
            seal(sealed_directory)
        assert raised.value.where == str(sealed_directory / "a" / name)
        (sealed_directory / "a" / name).unlink()
    assert (sealed_directory / "seal.rq").read_bytes() == before


def test_a_link_to_a_file_and_a_device_are_refused(sealed_file: Callable[[int], Path], tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(sealed_file(10))
    for path in (tmp_path / "link", Path("/dev/null")):
        with pytest.raises(UsageError, match="only files and directories"):
            seal(path)


def test_a_name_that_is_no_utf_8_is_refused_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no such names")
    with pytest.raises(UsageError) as raised:
        seal(folder)
    assert raised.value.where == f"{folder}/\\udcff"


def test_a_file_whose_seal_would_be_the_one_of_its_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "seal").write_bytes(b"x")
    with pytest.raises(UsageError, match="seal of a directory"):
        seal(tmp_path / "seal")


# -- what goes wrong meanwhile -----------------------------------------------------------------------------------------


def test_content_that_changes_while_it_is_sealed_is_noticed(
    sealed_file: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(300_000)
    before = Path(f"{path}.rq").read_bytes()
    finish = writing.finish_slots

    def touched(*arguments: object) -> None:
        data = bytearray(path.read_bytes())
        data[1000] ^= 1
        path.write_bytes(data)
        finish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(seal_module, "finish_slots", touched)
    with pytest.raises(UsageError, match="changed while it was sealed"):
        seal(path)
    assert Path(f"{path}.rq").read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["data.bin", "data.bin.rq"]


def test_a_file_that_appears_while_its_directory_is_sealed_is_noticed(
    sealed_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = writing.finish_slots

    def joined(*arguments: object) -> None:
        (sealed_directory / "new").write_bytes(b"")
        finish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(seal_module, "finish_slots", joined)
    with pytest.raises(UsageError, match="changed while it was sealed"):
        seal(sealed_directory)


def test_a_file_that_shrinks_while_it_is_sealed_is_noticed(
    sealed_file: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(300_000)
    found = sealable(path)
    path.write_bytes(b"short")
    monkeypatch.setattr(seal_module, "sealable", lambda path: found)
    with pytest.raises(StorageError, match="cannot be read to the end"):
        seal(path)


def test_a_slot_that_was_not_stored_as_written_is_noticed(
    sealed_file: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(300_000)
    before, write = Path(f"{path}.rq").read_bytes(), durable.write_at

    def lying(descriptor: int, data: bytes, offset: int) -> None:
        write(descriptor, data[: HEADER.size + 10] if len(data) > 5000 else data, offset)

    monkeypatch.setattr(writing, "write_at", lying)
    with pytest.raises(StorageError, match="not stored as written"):
        seal(path)
    assert Path(f"{path}.rq").read_bytes() == before
