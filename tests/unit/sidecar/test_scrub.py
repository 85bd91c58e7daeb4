"""A scrub sees every change, says what is true, and writes nothing."""

import errno
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from parity.errors import StorageError, UsageError
from parity.sidecar.geometry import RESERVE
from parity.sidecar.objects import SealLostError, open_sealed, targets
from parity.sidecar.reading import Stamp
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal
from parity.sidecar.slots import HEADER, MAGIC

MakeFile = Callable[[int], Path]
Look = Callable[[Path], dict[str, bytes]]


def edit(path: Path, change: Callable[[bytearray], Any]) -> None:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def sidecar(path: Path) -> Path:
    return Path(f"{path}.rq")


def drop(path: Path, numbers: Sequence[int], size: int) -> None:
    """Flip a byte in some symbols."""

    def change(data: bytearray) -> None:
        for number in numbers:
            data[number * size] ^= 0xFF

    edit(path, change)


def stamps(folder: Path) -> dict[Path, Stamp]:
    return {path: Stamp.of(path.lstat()) for path in folder.rglob("*")}


# -- the content -------------------------------------------------------------------------------------------------------


def test_every_byte_of_a_small_object_counts(sealed_file: MakeFile) -> None:
    path = sealed_file(150)
    for place in range(150):
        edit(path, lambda data, at=place: data.__setitem__(at, data[at] ^ 1))  # type: ignore[misc]
        found = scrub(path)
        assert (found.status, found.symbols_damaged) == ("repairable", 1)
        assert found.damaged_files[0].damage == "changed"
        edit(path, lambda data, at=place: data.__setitem__(at, data[at] ^ 1))  # type: ignore[misc]
    assert scrub(path).status == "ok"


def test_the_margin_is_what_is_left_of_the_worst_block(sealed_file: MakeFile) -> None:
    path = sealed_file(3_000_000)
    with open_sealed(path) as sealed:
        geometry = sealed.geometry
    assert geometry.blocks == 3
    whole = scrub(path)
    assert whole.margin == min(geometry.repair_count(block) for block in range(3))
    drop(path, [geometry.symbol_of(1, esi) for esi in range(7)] + [geometry.symbol_of(2, 5)], 1024)
    found = scrub(path)
    assert (found.symbols_damaged, found.margin) == (8, geometry.repair_count(1) - 7)
    assert found.repair_symbols_good == geometry.repair_symbols


@pytest.mark.parametrize("spare", range(-1, RESERVE + 1))
def test_at_the_limit_the_status_is_the_decoders(sealed_file: MakeFile, spare: int) -> None:
    path = sealed_file(60_000)
    with open_sealed(path) as sealed:
        geometry = sealed.geometry
    assert geometry.blocks == 1
    drop(path, random.Random(spare).sample(range(geometry.symbols), geometry.repair_count(0) - spare), 256)
    found = scrub(path)
    assert found.margin == spare
    assert found.status == ("lost" if spare < 0 else "repairable")
    assert (found.reason is None) == (spare >= 0)


def test_lost_names_the_block_and_the_numbers(sealed_file: MakeFile) -> None:
    path = sealed_file(60_000)
    edit(path, lambda data: data.__setitem__(slice(0, 30_000), bytes(30_000)))
    found = scrub(path)
    assert found.status == "lost"
    assert found.reason == (
        "1 of 1 blocks cannot be decoded; block 0 has 118 damaged symbols and 27 good repair symbols"
    )
    assert found.margin == 27 - 118


@pytest.mark.parametrize(("extra", "damage"), [(b"\0", "lengthened"), (b"x" * 5000, "lengthened"), (None, "shortened")])
def test_a_longer_or_shorter_file_is_damaged(sealed_file: MakeFile, extra: bytes | None, damage: str) -> None:
    path = sealed_file(60_000)
    data = path.read_bytes()
    path.write_bytes(data + extra if extra else data[:-1])
    found = scrub(path)
    assert found.status == "repairable"
    assert [file.damage for file in found.damaged_files] == [damage]
    assert found.symbols_damaged == (0 if extra else 1)


def test_an_empty_file_that_got_a_byte_or_went_away_is_repairable(sealed_file: MakeFile) -> None:
    path = sealed_file(0)
    assert scrub(path).status == "ok"
    path.write_bytes(b"x")
    assert scrub(path).damaged_files[0].damage == "lengthened"
    path.unlink()
    found = scrub(path)
    assert (found.status, found.damaged_files[0].damage) == ("repairable", "missing")


def test_a_missing_file_of_some_size_is_lost_and_a_tiny_one_repairable(sealed_file: MakeFile) -> None:
    path = sealed_file(100_000)
    path.unlink()
    assert scrub(path).status == "lost"
    tiny = sealed_file(200)
    tiny.unlink()
    assert scrub(tiny).status == "repairable"


def test_what_stands_in_place_of_a_file_is_damage_and_is_not_opened(sealed_file: MakeFile, tmp_path: Path) -> None:
    path = sealed_file(100)
    shutil.copy(path, tmp_path / "copy")
    ways: list[Callable[[], None]] = [lambda: path.symlink_to(tmp_path / "copy"), path.mkdir, lambda: os.mkfifo(path)]
    for put in ways:
        path.unlink()
        put()
        found = scrub(sidecar(path))
        assert (found.status, found.damaged_files[0].damage) == ("repairable", "not_a_file")
        if path.is_dir():
            path.rmdir()
            path.touch()


# -- read errors -------------------------------------------------------------------------------------------------------


def failing(bad: range, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads of a file that touch some bytes answer EIO."""
    inode, real = path.stat().st_ino, os.preadv

    def preadv(descriptor: int, buffers: Sequence[memoryview], offset: int) -> int:
        length = len(buffers[0])
        if os.fstat(descriptor).st_ino == inode and offset < bad.stop and offset + length > bad.start:
            raise OSError(errno.EIO, "Input/output error")
        return real(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)


def test_a_bad_sector_costs_the_symbols_in_it_and_no_more(
    sealed_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed_file(3_000_000)
    failing(range(500_000, 500_010), path, monkeypatch)
    found = scrub(path)
    assert (found.status, found.symbols_damaged) == ("repairable", 4), "a sector of 4096 has four symbols of 1024"


def test_a_bad_sector_of_zeros_is_an_erasure_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(3_000_000))
    seal(path)
    failing(range(4096, 4097), path, monkeypatch)
    assert scrub(path).symbols_damaged == 4


def test_a_bad_sector_in_the_seal_costs_its_slots(sealed_file: MakeFile, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sealed_file(3_000_000)
    failing(range(200_000, 200_001), sidecar(path), monkeypatch)
    found = scrub(path)
    assert (found.status, found.symbols_damaged, found.seal_intact) == ("repairable", 0, False)
    assert 4 <= found.seal_slots_damaged <= 6


def test_a_file_that_may_not_be_read_is_no_damage(sealed_file: MakeFile, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = sealed_file(100), os.open

    def refusing(name: Any, *rest: Any, **more: Any) -> int:
        if os.fspath(name) == str(path):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(name, *rest, **more)

    monkeypatch.setattr(os, "open", refusing)
    with pytest.raises(StorageError, match="cannot read"):
        scrub(path)


# -- directories -------------------------------------------------------------------------------------------------------


def test_damaged_missing_and_renamed_files_are_named_and_new_ones_are_no_damage(
    sealed_directory: Path, tree: Look
) -> None:
    names = [name for name, data in tree(sealed_directory).items() if data and name != "seal.rq"]
    changed, missing, renamed = names[3], names[10], names[20]
    edit(sealed_directory / changed, lambda data: data.__setitem__(0, data[0] ^ 1))
    (sealed_directory / missing).unlink()
    (sealed_directory / renamed).rename(sealed_directory / "moved here")
    (sealed_directory / "new").write_bytes(b"new")
    found = scrub(sealed_directory)
    assert found.status == "repairable"
    assert {(file.name, file.damage, file.found_at) for file in found.damaged_files} == {
        (changed, "changed", None),
        (missing, "missing", None),
        (renamed, "renamed", "moved here"),
    }
    assert found.unlisted == ("new",)


def test_a_neighbour_that_shares_a_damaged_symbol_is_not_blamed(tmp_path: Path) -> None:
    root = tmp_path / "d"
    root.mkdir()
    for name in "abc":
        (root / name).write_bytes(name.encode() * 10)
    seal(root)
    (root / "b").write_bytes(b"B" * 10)
    found = scrub(root)
    assert found.symbols_damaged == 1
    assert [file.name for file in found.damaged_files] == ["b"]


def test_a_copy_of_a_file_that_is_there_is_no_rename(sealed_directory: Path, tree: Look) -> None:
    name = next(name for name, data in tree(sealed_directory).items() if data)
    shutil.copy(sealed_directory / name, sealed_directory / "copy")
    found = scrub(sealed_directory)
    assert (found.status, found.unlisted) == ("ok", ("copy",))


def test_an_empty_directory_is_sealed_and_scrubbed(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    seal(tmp_path / "d")
    found = scrub(tmp_path / "d")
    assert (found.status, found.bytes, found.symbols_total) == ("ok", 0, 0)


def test_a_directory_behind_a_link_does_not_stand_for_the_one_that_was_sealed(
    sealed_directory: Path, tmp_path: Path
) -> None:
    (sealed_directory / "c").rename(tmp_path / "outside")
    (sealed_directory / "c").symlink_to(tmp_path / "outside")
    found = scrub(sealed_directory)
    assert {file.name.split("/")[0] for file in found.damaged_files} == {"c"}


# -- the seal ----------------------------------------------------------------------------------------------------------


def test_every_byte_of_the_seal_counts(sealed_file: MakeFile) -> None:
    path = sealed_file(100)
    whole = sidecar(path).read_bytes()
    for place in range(0, len(whole), 7):
        sidecar(path).write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        found = scrub(path)
        assert (found.status, found.symbols_damaged, found.seal_intact, found.seal_slots_damaged) == (
            "repairable",
            0,
            False,
            1,
        )


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"\0" + data,
        lambda data: data[116:],
        lambda data: data[116:232] + data[:116] + data[232:],
        lambda data: data[:116] + data,
        lambda data: data[: len(data) // 2],
        lambda data: data[len(data) // 2 :],
        lambda data: bytes(len(data) // 3) + data[len(data) // 3 :],
        lambda data: data.replace(MAGIC, b"PRQ1", 3),
    ],
    ids=[
        "cut",
        "longer",
        "shifted",
        "slot lost",
        "slots swapped",
        "slot doubled",
        "front half",
        "back half",
        "zeros",
        "no magic",
    ],
)
def test_a_damaged_seal_of_whole_content_is_repairable(sealed_file: MakeFile, damage: Callable[[bytes], bytes]) -> None:
    path = sealed_file(100)
    sidecar(path).write_bytes(damage(sidecar(path).read_bytes()))
    found = scrub(path)
    assert (found.status, found.symbols_damaged, found.seal_intact) == ("repairable", 0, False)


def test_slots_of_another_object_do_not_count(sealed_file: MakeFile, tmp_path: Path) -> None:
    path = sealed_file(100)
    (tmp_path / "other").write_bytes(b"other" * 30)
    seal(tmp_path / "other")
    foreign = (tmp_path / "other.rq").read_bytes()
    whole = sidecar(path).read_bytes()
    sidecar(path).write_bytes(foreign[: len(foreign) // 3] + whole[len(foreign) // 3 :])
    with open_sealed(path) as sealed:
        assert sealed.head.size == 100


@pytest.mark.parametrize("content", [b"", b"garbage", bytes(10_000), MAGIC * 3000])
def test_a_seal_of_which_nothing_is_left_is_lost_with_the_reason(sealed_file: MakeFile, content: bytes) -> None:
    path = sealed_file(100)
    sidecar(path).write_bytes(content)
    found = scrub(path)
    assert (found.status, found.object_id) == ("lost", None)
    assert found.reason is not None
    assert "no slot of it is whole" in found.reason
    with pytest.raises(SealLostError):
        open_sealed(path)


def test_the_seal_of_a_directory_is_none_of_a_file(sealed_directory: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    shutil.copy(sealed_directory / "seal.rq", tmp_path / "x.rq")
    found = scrub(tmp_path / "x")
    assert found.status == "lost"
    assert "seal of a directory" in (found.reason or "")


def test_a_slot_that_changes_after_the_scan_is_not_believed(sealed_file: MakeFile) -> None:
    path = sealed_file(100)
    with open_sealed(path) as sealed:
        count = sealed.geometry.source_count(0)
        assert sealed.repair_symbol(0, count) is not None
        edit(sidecar(path), lambda data: [data.__setitem__(at, 0) for at in range(HEADER.size, len(data), 10)])
        assert sealed.repair_symbol(0, count) is None


# -- names -------------------------------------------------------------------------------------------------------------


def test_the_sidecar_names_its_object(sealed_file: MakeFile, sealed_directory: Path) -> None:
    path = sealed_file(100)
    assert scrub(sidecar(path)).path == str(path)
    assert scrub(sealed_directory / "seal.rq").path == str(sealed_directory)


def test_what_was_never_sealed_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "bare").write_bytes(b"x")
    for name in ("bare", "nothing", "."):
        with pytest.raises(UsageError) as raised:
            targets(tmp_path / name)
        assert raised.value.where == str(tmp_path / name)


def test_everything_sealed_below_a_directory_is_found(
    sealed_file: MakeFile, sealed_directory: Path, tmp_path: Path
) -> None:
    path = sealed_file(100)
    (sealed_directory / "inner").write_bytes(b"x")
    seal(sealed_directory / "inner")
    assert [target.path for target in targets(tmp_path)] == [path, sealed_directory], (
        "what a directory's seal covers is its own"
    )


def test_a_scrub_changes_nothing(sealed_directory: Path, tmp_path: Path, tree: Look) -> None:
    (sealed_directory / "00 é.bin").unlink()
    edit(sealed_directory / "seal.rq", lambda data: data.__setitem__(200, data[200] ^ 1))
    state, before = stamps(tmp_path), tree(tmp_path)
    assert scrub(sealed_directory).status == "repairable"
    assert tree(tmp_path) == before
    assert stamps(tmp_path) == state


def test_a_scrub_gives_its_descriptors_back(sealed_directory: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        scrub(sealed_directory)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
