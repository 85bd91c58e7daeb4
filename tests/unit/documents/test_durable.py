"""A durable write leaves the new content whole or the old content as it was, and nothing beside it."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.documents.durable import (
    Growing,
    is_temporary,
    move,
    replacing_directory,
    replacing_file,
    write_file,
)
from parity.documents.model import sha256
from parity.errors import ExitCode, StorageError


class _DefectError(Exception):
    pass


def refusing(code: int) -> Callable[..., Any]:
    def refuse(*_args: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return refuse


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=300), min_size=1, max_size=3))
def test_a_file_has_what_was_written_last(tmp_path: Path, contents: list[bytes]) -> None:
    path = tmp_path / "deep" / "er" / "file"
    for content in contents:
        write_file(path, content)
        assert path.read_bytes() == content
    assert names(path.parent) == ["file"]


def test_a_file_is_written_in_pieces_when_the_system_takes_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, at: pwrite(descriptor, bytes(data[:7]), at))
    write_file(tmp_path / "file", bytes(range(100)))
    assert (tmp_path / "file").read_bytes() == bytes(range(100))


def test_a_system_that_stores_nothing_is_not_asked_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda *_: 0)
    with pytest.raises(StorageError, match="stored nothing"):
        write_file(tmp_path / "file", b"new")
    assert names(tmp_path) == []


@pytest.mark.parametrize("call", ["pwrite", "fsync", "open", "rename"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS], ids=errno.errorcode.get)
def test_a_refused_write_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    with monkeypatch.context() as patched:
        patched.setattr(f"parity.documents.durable.os.{call}", refusing(code))
        with pytest.raises(StorageError) as refused:
            write_file(path, b"new")
    assert refused.value.where == str(path)
    assert refused.value.exit_code == ExitCode.BAD_INPUT
    assert os.strerror(code) in refused.value.message
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_write_that_lies_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system reports that all was written, and half of it is there."""
    pwrite = os.pwrite

    def lie(descriptor: int, data: memoryview, at: int) -> int:
        pwrite(descriptor, bytes(data[: len(data) // 2]), at)
        return len(data)

    path = tmp_path / "file"
    write_file(path, b"old")
    monkeypatch.setattr(os, "pwrite", lie)
    with pytest.raises(StorageError, match="not stored as written"):
        write_file(path, b"new content")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_rename_that_lies_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    monkeypatch.setattr(os, "rename", lambda *_: None)
    with pytest.raises(StorageError, match="not stored as written"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_file_system_without_fsync_of_directories_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fsync(2): EINVAL, the file does not support synchronization. Of a regular file it stays an error."""

    def no_directories(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", no_directories)
    write_file(tmp_path / "deep" / "file", b"new")
    assert (tmp_path / "deep" / "file").read_bytes() == b"new"
    monkeypatch.setattr(os, "fsync", refusing(errno.EINVAL))
    with pytest.raises(StorageError, match="durability unknown"):
        write_file(tmp_path / "file", b"new")


def test_the_mode_of_the_old_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    for mode in (0o600, 0o444, 0o755):
        path.chmod(mode)
        write_file(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "new\nline"], ids=["255 bytes", "254 bytes", "a newline"])
def test_a_file_may_have_any_name_that_the_system_takes(tmp_path: Path, name: str) -> None:
    with replacing_file(tmp_path / name) as temporary:
        assert is_temporary(temporary.name)
        temporary.write_bytes(b"new")
    assert names(tmp_path) == [name]


def test_a_check_that_raises_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")

    def check(temporary: Path) -> None:
        assert temporary.read_bytes() == b"new"
        raise _DefectError

    with pytest.raises(_DefectError), replacing_file(path, check) as temporary:
        temporary.write_bytes(b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_directory_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(StorageError):
        write_file(tmp_path / "file", b"new")
    assert names(tmp_path) == ["file"]


def test_a_directory_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "target"
    with replacing_directory(target) as place:
        (place / "sub").mkdir()
        (place / "sub" / "file").write_bytes(b"1")
        assert not target.exists()
    assert names(tmp_path / "deep") == ["file", "sub", "target"]


def test_a_directory_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "target"
    for name in ("one", "two"):
        with replacing_directory(target) as place:
            (place / name).write_bytes(b"")
    assert names(tmp_path) == ["target", "two"]


@pytest.mark.parametrize("error", [_DefectError(), KeyboardInterrupt()], ids=lambda error: type(error).__name__)
def test_an_error_inside_leaves_the_old_directory(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "target"
    with replacing_directory(target) as place:
        (place / "old").write_bytes(b"")

    def fail() -> None:
        with replacing_directory(target) as place:
            (place / "new").write_bytes(b"")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert names(tmp_path) == ["old", "target"]


@pytest.mark.parametrize("old", [True, False], ids=["with an old directory", "without"])
def test_a_refused_sync_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bool) -> None:
    target = tmp_path / "target"
    if old:
        target.mkdir()
    monkeypatch.setattr("parity.documents.durable.os.fsync", refusing(errno.ENOSPC))
    with pytest.raises(StorageError, match="No space"), replacing_directory(target) as place:
        (place / "new").write_bytes(b"")
    assert names(tmp_path) == (["target"] if old else [])


def test_a_refused_rename_puts_the_old_directory_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").write_bytes(b"")
    rename = os.rename

    def refuse_the_new_one(path: Path, to: Path) -> None:
        if path.name.endswith(".new"):
            raise OSError(errno.EACCES, "no")
        rename(path, to)

    monkeypatch.setattr(os, "rename", refuse_the_new_one)
    with pytest.raises(StorageError), replacing_directory(target):
        pass
    assert names(tmp_path) == ["old", "target"]


def test_a_file_in_the_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"mine")
    with pytest.raises(StorageError), replacing_directory(tmp_path / "target"):
        pass
    assert (tmp_path / "target").read_bytes() == b"mine"
    assert names(tmp_path) == ["target"]


def test_a_directory_behind_a_symbolic_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with replacing_directory(tmp_path / "link") as fresh:
        (fresh / "one").write_bytes(b"")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == ["one"]


def test_an_old_directory_of_a_dead_process_is_put_back_before_the_next_replacement(tmp_path: Path) -> None:
    """Else two would wait, and which of them was the last would be a guess."""
    waiting = tmp_path / ".target.0123456789ab.old"
    waiting.mkdir()
    (waiting / "old").write_bytes(b"")
    with pytest.raises(_DefectError), replacing_directory(tmp_path / "target"):
        raise _DefectError
    assert names(tmp_path) == ["old", "target"]


def test_a_file_in_the_place_of_the_parent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError), replacing_directory(tmp_path / "file" / "target"):
        pass
    assert names(tmp_path) == ["file"]


def test_what_a_dead_process_left_of_the_same_target_goes_with_the_next_write(tmp_path: Path) -> None:
    (tmp_path / ".file.0123456789ab.tmp").write_bytes(b"half")
    (tmp_path / ".target.0123456789ab.new").mkdir()
    (tmp_path / ".other.0123456789ab.tmp").write_bytes(b"half")
    write_file(tmp_path / "file", b"new")
    with replacing_directory(tmp_path / "target"):
        pass
    assert names(tmp_path) == [".other.0123456789ab.tmp", "file", "target"]


def test_a_move_makes_folders_on_its_way(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"1")
    move(tmp_path / "old", tmp_path / "deep" / "er" / "new")
    assert (tmp_path / "deep" / "er" / "new").read_bytes() == b"1"
    with pytest.raises(StorageError, match="No such file"):
        move(tmp_path / "old", tmp_path / "new")


# Growing files


def test_a_growing_file_can_be_followed_and_knows_its_hash(tmp_path: Path) -> None:
    with Growing(tmp_path / "deep" / "file") as growing:
        for piece in (b"one", b"", b"two"):
            growing.write(piece)
            assert growing.path.stat().st_size == growing.size
    assert growing.path.read_bytes() == b"onetwo"
    assert growing.sha256 == sha256(b"onetwo")
    assert growing.size == 6
    growing.close()


def test_a_growing_file_is_new(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(StorageError, match="exists"):
        Growing(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_growing_file_that_someone_changed_is_found(tmp_path: Path) -> None:
    growing = Growing(tmp_path / "file")
    growing.write(b"one")
    growing.path.write_bytes(b"two")
    with pytest.raises(StorageError, match="not stored as written"):
        growing.close()


def test_a_growing_file_goes_on_after_a_refused_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the refused write left behind is overwritten."""
    growing = Growing(tmp_path / "file")
    pwrite = os.pwrite
    with monkeypatch.context() as patched:

        def half_and_no_more(descriptor: int, data: memoryview, at: int) -> int:
            pwrite(descriptor, bytes(data[:2]), at)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patched.setattr(os, "pwrite", half_and_no_more)
        with pytest.raises(StorageError, match="No space"):
            growing.write(b"lost")
    growing.write(b"kept")
    growing.close()
    assert growing.path.read_bytes() == b"kept"


def test_an_error_closes_a_growing_file_without_a_second_look(tmp_path: Path) -> None:
    with pytest.raises(_DefectError), Growing(tmp_path / "file") as growing:
        raise _DefectError
    with pytest.raises(AssertionError, match="closed"):
        growing.write(b"")
