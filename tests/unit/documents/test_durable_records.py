"""Appending cuts what is torn and leaves whole records; sweeping removes what the dead left, and nothing else."""

import fcntl
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from parity.documents.durable import append, is_temporary, sweep, write_file
from parity.errors import StorageError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


# Appending


def test_records_are_appended_one_behind_the_other(tmp_path: Path) -> None:
    path, content = tmp_path / "deep" / "ledger", b""
    for record in (b"one\n", b"two\n", b"three\n"):
        append(path, record, at=len(content))
        content += record
        assert path.read_bytes() == content
    assert names(tmp_path / "deep") == ["ledger"]


def test_what_lies_beyond_is_cut_before_appending(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(b"one\ntorn")
    append(path, b"two\n", at=4)
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_file_that_has_shrunk_is_not_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(b"one\n")
    with pytest.raises(StorageError, match="shrunk"):
        append(path, b"two\n", at=5)
    assert path.read_bytes() == b"one\n"


@pytest.mark.parametrize("kept", [0, 2], ids=["nothing", "a part"])
def test_an_append_that_stores_less_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(b"one\n")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:kept]))
    with pytest.raises(StorageError, match="No space"):
        append(path, b"two\n", at=4)
    assert path.read_bytes() == b"one\n"


# Sweeping


def _started(script: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process that has said that it is in the middle of writing."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(folder)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    return process


WRITERS = {
    "a file": """
        with replacing_file(folder / "target") as place:
            place.write_bytes(b"half")
            print("writing", flush=True)
            input()
        """,
    "a directory": """
        with replacing_directory(folder / "target") as place:
            (place / "file").write_bytes(b"half")
            print("writing", flush=True)
            input()
        """,
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_what_a_living_process_writes_is_left_alone_and_what_a_dead_one_wrote_is_removed(
    tmp_path: Path, writer: str
) -> None:
    head = """
        import sys
        from pathlib import Path
        from parity.documents.durable import replacing_directory, replacing_file
        folder = Path(sys.argv[1])
        """
    process = _started(textwrap.dedent(head) + textwrap.dedent(writer), tmp_path)
    before = names(tmp_path)
    assert before
    assert sweep(tmp_path) == ()
    assert names(tmp_path) == before
    process.kill()
    process.communicate()
    assert all(is_temporary(name) for name in sweep(tmp_path))
    assert names(tmp_path) == []


def test_an_old_directory_is_put_back_only_where_none_took_its_place(tmp_path: Path) -> None:
    for name in (".one.0123456789ab.old", ".two.0123456789ab.old", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name.strip(".")[:3]).write_bytes(name.encode())
    assert sweep(tmp_path) == (".one.0123456789ab.old", ".two.0123456789ab.old")
    assert (tmp_path / "one" / "one").read_bytes() == b".one.0123456789ab.old"
    assert (tmp_path / "two" / "two").read_bytes() == b"two"
    assert names(tmp_path) == ["one", "one", "two", "two"]


def test_names_of_others_are_left_alone(tmp_path: Path) -> None:
    others = {
        ".file.tmp",
        ".file.0123456789ab.bak",
        "file.0123456789ab.tmp",
        ".file.0123456789AB.tmp",
        ".0123456789ab.tmp",
    }
    for name in others:
        (tmp_path / name).write_bytes(b"")
        assert not is_temporary(name)
    (tmp_path / ".link.0123456789ab.tmp").symlink_to("elsewhere")
    assert sweep(tmp_path) == ()
    assert set(names(tmp_path)) == others | {".link.0123456789ab.tmp"}


def test_a_pipe_does_not_stop_a_sweep(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".pipe.0123456789ab.tmp")
    assert sweep(tmp_path) == (".pipe.0123456789ab.tmp",)


def test_a_folder_that_is_not_there_needs_no_sweep(tmp_path: Path) -> None:
    assert sweep(tmp_path / "nowhere") == ()


def test_a_temporary_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock
    swept: list[os.stat_result] = []

    def sweep_first(descriptor: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX and len(swept) < 3:
            swept.append(os.fstat(descriptor))
            for path in tmp_path.iterdir():
                path.rmdir() if path.is_dir() else path.unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", sweep_first)
    write_file(tmp_path / "file", b"new")
    assert names(tmp_path) == ["file"]
    assert len(swept) == 3
