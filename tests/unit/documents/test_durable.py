"""A durable write leaves the new content whole or the old content as it was, and nothing beside it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.documents.durable import replacing_directory, write_file
from parity.errors import ExitCode, StorageError


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
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:7])))
    write_file(tmp_path / "file", bytes(range(100)))
    assert (tmp_path / "file").read_bytes() == bytes(range(100))


@pytest.mark.parametrize("call", ["write", "fsync", "open"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS], ids=errno.errorcode.get)
def test_a_refused_write_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    monkeypatch.setattr(f"parity.documents.durable.os.{call}", refusing(code))
    with pytest.raises(StorageError) as refused:
        write_file(path, b"new")
    monkeypatch.undo()
    assert refused.value.where == str(path)
    assert refused.value.exit_code == ExitCode.BAD_INPUT
    assert os.strerror(code) in refused.value.message
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_refused_replacement_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    monkeypatch.setattr(Path, "replace", refusing(errno.EACCES))
    with pytest.raises(StorageError):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_write_that_lies_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system reports that all was written, and half of it is there."""
    write = os.write

    def lie(descriptor: int, data: memoryview) -> int:
        write(descriptor, bytes(data[: len(data) // 2]))
        return len(data)

    path = tmp_path / "file"
    write_file(path, b"old")
    monkeypatch.setattr(os, "write", lie)
    with pytest.raises(StorageError, match="not stored as written"):
        write_file(path, b"new content")
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


class _DefectError(Exception):
    pass


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
    rename = Path.rename

    def refuse_the_new_one(path: Path, to: Path) -> Path:
        if path.name.endswith(".new"):
            raise OSError(errno.EACCES, "no")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", refuse_the_new_one)
    with pytest.raises(StorageError), replacing_directory(target):
        pass
    assert names(tmp_path) == ["old", "target"]


def test_a_file_in_the_place_of_the_parent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError), replacing_directory(tmp_path / "file" / "target"):
        pass
    assert names(tmp_path) == ["file"]
