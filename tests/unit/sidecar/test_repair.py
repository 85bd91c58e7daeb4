"""A repair restores every byte, or touches nothing."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity.documents import durable
from parity.errors import StorageError, UsageError
from parity.sidecar import repair as repair_module
from parity.sidecar.finding import recovered_blocks
from parity.sidecar.objects import open_sealed
from parity.sidecar.renames import file_digest
from parity.sidecar.repair import repair
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal

MakeFile = Callable[[int], Path]
Look = Callable[[Path], dict[str, bytes]]


def edit(path: Path, change: Callable[[bytearray], Any]) -> None:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def zero(path: Path, begin: int, end: int) -> None:
    edit(path, lambda data: data.__setitem__(slice(begin, end), bytes(end - begin)))


def sidecar(path: Path) -> Path:
    return Path(f"{path}.rq")


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 64, 65, 3_999, 60_000, 3_000_000, 9_000_000])
@pytest.mark.parametrize("where", [0.0, 0.4, 0.91])
def test_a_burst_of_nine_percent_is_mended_wherever_it_is(
    sealed_file: MakeFile, tmp_path: Path, tree: Look, size: int, where: float
) -> None:
    path = sealed_file(size)
    before = tree(tmp_path)
    begin = int(size * where)
    edit(
        path,
        lambda data: data.__setitem__(
            slice(begin, begin + max(1, size * 9 // 100)),
            bytes(255 - byte for byte in data[begin : begin + max(1, size * 9 // 100)]),
        ),
    )
    answer = repair(path)
    assert (answer.status, answer.restored, answer.seal_rewritten) == ("repaired", ("data.bin",), False)
    assert answer.symbols_damaged > 0
    assert tree(tmp_path) == before
    assert scrub(path).status == "ok"


@pytest.mark.parametrize(
    "change", [lambda data: data[:-4000], lambda data: data + b"more", lambda data: data + bytes(100_000)]
)
def test_the_length_comes_back(
    sealed_file: MakeFile, tmp_path: Path, tree: Look, change: Callable[[bytes], bytes]
) -> None:
    path = sealed_file(60_000)
    before = tree(tmp_path)
    path.write_bytes(change(path.read_bytes()))
    assert repair(path).status == "repaired"
    assert tree(tmp_path) == before


def test_a_tiny_missing_file_comes_back_from_its_seal_alone(sealed_file: MakeFile, tmp_path: Path, tree: Look) -> None:
    for size in (0, 1, 250):
        path = sealed_file(size)
        before = tree(tmp_path)
        path.unlink()
        assert repair(sidecar(path)).status == "repaired"
        assert tree(tmp_path) == before


def test_nothing_is_done_where_nothing_is_damaged(
    sealed_directory: Path, sealed_file: MakeFile, tmp_path: Path
) -> None:
    path = sealed_file(10_000)
    stamps = {file: (file.lstat().st_ino, file.lstat().st_ctime_ns) for file in tmp_path.rglob("*")}
    assert repair(path).status == repair(sealed_directory).status == "nothing_to_do"
    assert {file: (file.lstat().st_ino, file.lstat().st_ctime_ns) for file in tmp_path.rglob("*")} == stamps


def test_what_is_lost_is_not_touched(sealed_file: MakeFile, sealed_directory: Path, tmp_path: Path) -> None:
    path = sealed_file(60_000)
    zero(path, 10_000, 40_000)
    shutil.rmtree(sealed_directory / "a")
    (sealed_directory / "00 é.bin").unlink()
    stamps = {file: (file.lstat().st_ino, file.lstat().st_ctime_ns) for file in tmp_path.rglob("*")}
    for victim in (path, sealed_directory):
        answer = repair(victim)
        assert (answer.status, answer.restored) == ("lost", ())
        assert "cannot be decoded" in (answer.reason or "")
    assert {file: (file.lstat().st_ino, file.lstat().st_ctime_ns) for file in tmp_path.rglob("*")} == stamps


def test_the_mode_of_a_mended_file_is_kept(sealed_file: MakeFile) -> None:
    path = sealed_file(10_000)
    path.chmod(0o750)
    zero(path, 0, 10)
    repair(path)
    assert path.stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("size", [100, 70_000, 5_000_000])
def test_a_damaged_seal_comes_back_byte_for_byte(sealed_file: MakeFile, tmp_path: Path, tree: Look, size: int) -> None:
    path = sealed_file(size)
    before = tree(tmp_path)
    whole = sidecar(path).read_bytes()
    for damaged in (
        whole[: len(whole) // 2],
        b"x" + whole,
        whole + whole,
        bytes(len(whole) // 3) + whole[len(whole) // 3 :],
    ):
        sidecar(path).write_bytes(damaged)
        answer = repair(path)
        assert (answer.status, answer.restored, answer.seal_rewritten) == ("repaired", (), True)
        assert tree(tmp_path) == before


def test_content_and_seal_are_mended_together(sealed_file: MakeFile, tmp_path: Path, tree: Look) -> None:
    path = sealed_file(3_000_000)
    before = tree(tmp_path)
    zero(path, 1_000_000, 1_050_000)
    zero(sidecar(path), 100_000, 200_000)
    assert repair(path).status == "repaired"
    assert tree(tmp_path) == before


def test_all_zeros_and_repetitions_are_mended(tmp_path: Path, tree: Look) -> None:
    for name, data in (("zeros", bytes(1 << 20)), ("rows", bytes(range(256)) * 4096)):
        path = tmp_path / name
        path.write_bytes(data)
        seal(path)
        before = tree(tmp_path)
        edit(path, lambda data: data.__setitem__(slice(5000, 60_000), b"\x55" * 55_000))
        assert repair(path).status == "repaired"
        assert tree(tmp_path) == before


# -- directories -------------------------------------------------------------------------------------------------------


def test_missing_renamed_and_changed_files_come_back(sealed_directory: Path, tree: Look) -> None:
    before = tree(sealed_directory)
    names = [name for name, data in before.items() if len(data) > 100 and name != "seal.rq"]
    zero(sealed_directory / names[0], 10, 60)
    (sealed_directory / names[9]).unlink()
    (sealed_directory / names[15]).rename(sealed_directory / "renamed")
    (sealed_directory / "empty").write_bytes(b"")
    for name, data in before.items():
        if not data:
            (sealed_directory / name).unlink()
    (sealed_directory / "new").write_bytes(b"new")
    answer = repair(sealed_directory)
    assert answer.status == "repaired"
    assert tree(sealed_directory) == before | {"new": b"new", "empty": b""}
    assert answer.unlisted == ("empty", "new")


def test_a_directory_that_was_renamed_is_moved_back_even_if_it_is_most_of_all(
    sealed_directory: Path, tree: Look
) -> None:
    before = tree(sealed_directory)
    (sealed_directory / "a").rename(sealed_directory / "elsewhere")
    (sealed_directory / "c").rename(sealed_directory / "and here")
    assert repair(sealed_directory).status == "repaired"
    now = tree(sealed_directory)
    assert {name: now[name] for name in before} == before
    assert all(data == b"" for name, data in now.items() if name not in before), (
        "an empty file is never taken for another"
    )


def test_files_that_exchanged_their_names_are_mended(tmp_path: Path, tree: Look) -> None:
    root = tmp_path / "d"
    root.mkdir()
    rng = random.Random(1)
    for number in range(50):
        (root / f"{number}").write_bytes(rng.randbytes(3000))
    seal(root)
    before = tree(root)
    (root / "1").rename(root / "x")
    (root / "2").rename(root / "1")
    (root / "x").rename(root / "2")
    assert repair(root).status == "repaired"
    assert tree(root) == before


def test_what_stands_in_the_way_is_moved_aside_and_never_deleted(
    sealed_directory: Path, tmp_path: Path, tree: Look
) -> None:
    before = tree(sealed_directory)
    first = next(name for name, data in before.items() if data and "/" not in name and name != "seal.rq")
    (sealed_directory / "c").rename(tmp_path / "kept")
    (sealed_directory / "c").write_bytes(b"a file in the way")
    for file in (tmp_path / "kept").iterdir():
        if file.stat().st_size:
            file.rename(sealed_directory / f"was in c, {file.name}")
    (sealed_directory / first).unlink()
    (sealed_directory / first).mkdir()
    (sealed_directory / first / "precious").write_bytes(b"precious")
    answer = repair(sealed_directory)
    aside = {"c.displaced": b"a file in the way", f"{first}.displaced/precious": b"precious"}
    assert tree(sealed_directory) == before | aside
    assert {Path(path).name for path in answer.displaced} == {"c.displaced", f"{first}.displaced"}


def test_content_that_is_moved_aside_is_found_there(tmp_path: Path, tree: Look) -> None:
    """A file takes the name of a directory above another listed file, and its content is the one that is missing."""
    root = tmp_path / "d"
    (root / "a").mkdir(parents=True)
    (root / "a" / "b").write_bytes(b"b" * 500)
    (root / "z").write_bytes(random.Random(1).randbytes(20_000))
    seal(root)
    before = tree(root)
    (root / "a" / "b").unlink()
    (root / "a").rmdir()
    (root / "z").rename(root / "a")
    assert repair(root).status == "repaired"
    assert tree(root) == before


def test_a_link_out_of_the_directory_is_not_written_through(sealed_directory: Path, tmp_path: Path, tree: Look) -> None:
    before = tree(sealed_directory)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "other").write_bytes(b"untouched")
    name = next(name for name, data in before.items() if data and "/" not in name and name != "seal.rq")
    (sealed_directory / name).unlink()
    (sealed_directory / name).symlink_to(outside / "other")
    (sealed_directory / "c").rename(sealed_directory / "c2")
    (sealed_directory / "c").symlink_to(outside)
    assert repair(sealed_directory).status == "repaired"
    assert tree(outside) == {"other": b"untouched"}
    now = tree(sealed_directory)
    assert {key: now[key] for key in before} == before


# -- somebody else, and the end of the world ---------------------------------------------------------------------------


def test_a_file_that_somebody_mends_meanwhile_is_not_overwritten(
    sealed_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(60_000)
    zero(path, 0, 100)
    real = file_digest

    def meanwhile(*arguments: Any) -> str | None:
        path.write_bytes(b"somebody's new content")
        return real(*arguments)

    monkeypatch.setattr(repair_module, "file_digest", meanwhile)
    with pytest.raises(UsageError, match="changed while it was repaired"):
        repair(path)
    assert path.read_bytes() == b"somebody's new content"
    assert sorted(file.name for file in path.parent.iterdir()) == ["data.bin", "data.bin.rq"]


def test_an_undamaged_part_that_changes_meanwhile_is_noticed(
    sealed_directory: Path, tree: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [name for name, data in tree(sealed_directory).items() if data and name != "seal.rq"]
    zero(sealed_directory / names[0], 0, 100)
    real = recovered_blocks

    def meanwhile(*arguments: Any) -> Any:
        zero(sealed_directory / names[25], 0, 100)
        return real(*arguments)

    monkeypatch.setattr(repair_module, "recovered_blocks", meanwhile)
    state = {name: data for name, data in tree(sealed_directory).items() if name not in {names[0], names[25]}}
    with pytest.raises(UsageError, match="changed while it was repaired"):
        repair(sealed_directory)
    assert {name: data for name, data in tree(sealed_directory).items() if name not in {names[0], names[25]}} == state
    monkeypatch.undo()
    assert repair(sealed_directory).status == "repaired"


def test_a_full_disk_leaves_everything_as_it_was(
    sealed_file: MakeFile, tmp_path: Path, tree: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(60_000)
    zero(path, 0, 100)
    before, real = tree(tmp_path), os.pwrite

    def full(descriptor: int, data: bytes, offset: int) -> int:
        if os.fstat(descriptor).st_size > 20_000 or len(data) > 20_000:
            raise OSError(28, "No space left on device")
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(StorageError, match="No space left"):
        repair(path)
    assert tree(tmp_path) == before


def test_a_write_that_lies_replaces_nothing(
    sealed_file: MakeFile, tmp_path: Path, tree: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(60_000)
    zero(path, 0, 100)
    before, real = tree(tmp_path), durable.write_at

    def lying(descriptor: int, data: bytes, offset: int) -> None:
        real(descriptor, b"\0" * len(data), offset)

    monkeypatch.setattr(repair_module, "write_at", lying)
    with pytest.raises(StorageError, match="not stored as written"):
        repair(path)
    assert tree(tmp_path) == before


KILLED = """
import os, sys
from pathlib import Path
from parity.sidecar.repair import repair
left = int(sys.argv[2])
def deadly(name):
    real = getattr(os, name)
    def call(*arguments, **more):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return real(*arguments, **more)
    setattr(os, name, call)
for name in ("pwrite", "fsync", "rename", "open"):
    deadly(name)
repair(Path(sys.argv[1]))
"""


def test_a_repair_that_is_killed_anywhere_can_be_done_again(sealed_directory: Path, tmp_path: Path, tree: Look) -> None:
    before = tree(sealed_directory)
    names = [name for name, data in before.items() if len(data) > 500 and name != "seal.rq"]
    zero(sealed_directory / names[0], 10, 60)
    (sealed_directory / names[9]).unlink()
    (sealed_directory / names[15]).rename(sealed_directory / "renamed")
    zero(sealed_directory / "seal.rq", 5000, 9000)
    damaged = tmp_path / "damaged"
    shutil.copytree(sealed_directory, damaged)
    killed = 0
    for call in range(30, 400, 20):
        shutil.rmtree(sealed_directory)
        shutil.copytree(damaged, sealed_directory)
        code = subprocess.run([sys.executable, "-c", KILLED, sealed_directory, str(call)], check=False).returncode
        if code == 0:
            break
        assert code == 9
        killed += 1
        assert scrub(sealed_directory).status in {"ok", "repairable"}
        repair(sealed_directory)
        assert {
            name: data for name, data in tree(sealed_directory).items() if not durable.is_temporary(Path(name).name)
        } == before
    assert killed > 3


def test_progress_moves_on(sealed_file: MakeFile) -> None:
    path, counts = sealed_file(3_000_000), list[int]()
    zero(path, 0, 5000)
    repair(path, counts.append)
    assert sum(counts) > 6_000_000


def test_mended_content_reads_as_the_original_in_any_pieces(sealed_file: MakeFile, tmp_path: Path) -> None:
    from parity.sidecar.mended import Mended, Spool

    path = sealed_file(60_100)
    data, rng = path.read_bytes(), random.Random(2)
    with open_sealed(path) as sealed:
        numbers = sorted({*rng.sample(range(sealed.geometry.symbols), 20), sealed.geometry.symbols - 1})
        size = sealed.geometry.symbol_size
        with Spool(tmp_path, numbers, size) as spool:
            for number in rng.sample(numbers, len(numbers)):
                spool.put(number, data[number * size : (number + 1) * size].ljust(size, b"\0"))
            damaged = bytearray(data)
            for number in numbers:
                begin, end = sealed.geometry.span(number)
                damaged[begin:end] = bytes(end - begin)
            path.write_bytes(damaged)
            with Mended(sealed.content.pieces, spool) as mended:
                for _ in range(300):
                    begin = rng.randrange(len(data))
                    view = memoryview(bytearray(rng.randrange(1, 2000)))
                    assert mended.read_into(view, begin) == []
                    assert bytes(view) == data[begin : begin + len(view)].ljust(len(view), b"\0")


def test_a_file_on_bad_sectors_is_written_anew_elsewhere(
    sealed_file: MakeFile, tmp_path: Path, tree: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(3_000_000)
    before, inode, real = tree(tmp_path), path.stat().st_ino, os.preadv

    def preadv(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        if os.fstat(descriptor).st_ino == inode and offset < 1_100_000 and offset + len(buffers[0]) > 1_050_000:
            raise OSError(5, "Input/output error")
        return real(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    answer = repair(path)
    assert (answer.status, answer.symbols_damaged) == ("repaired", 52), "13 sectors of four symbols"
    monkeypatch.undo()
    assert path.stat().st_ino != inode
    assert tree(tmp_path) == before
