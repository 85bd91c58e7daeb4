"""Checksums that other tools read, and that find what is not as it was."""

import shutil
import subprocess
from pathlib import Path

import pytest

from parity.errors import DamagedError, DocumentError
from parity.optimize.checksums import can_be_listed, check, checksums, parse_checksums

FILES = {"golden/sum.bin": b"\x00\x01", "golden/a file.ndjson": b"{}\n", "baseline.json": b""}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum")
def test_sha256sum_accepts_them(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "SHA256SUMS").write_bytes(checksums(FILES))
    command = ["sha256sum", "--strict", "-c", "SHA256SUMS"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK") == len(FILES)
    (tmp_path / "baseline.json").write_bytes(b"x")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_they_read_back() -> None:
    assert set(parse_checksums(checksums(FILES), "SHA256SUMS")) == set(FILES)
    check(parse_checksums(checksums(FILES), "SHA256SUMS"), FILES, "before")


@pytest.mark.parametrize(
    "line",
    ["", "abc  name", f"{'0' * 64} name", f"{'0' * 64}  ../name", f"{'0' * 64}  /name", f"{'G' * 64}  name", "\xff"],
)
def test_a_line_that_is_none_is_named(line: str) -> None:
    good = checksums(FILES)
    with pytest.raises(DocumentError) as caught:
        parse_checksums(good + line.encode("latin-1") + b"\n", "SHA256SUMS")
    assert caught.value.where == "SHA256SUMS, line 4"


def test_a_path_twice_is_refused() -> None:
    with pytest.raises(DocumentError):
        parse_checksums(checksums(FILES) * 2, "SHA256SUMS")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"baseline.json": b"x"}, "is not what was recorded"),
        ({"new": b""}, "was not there"),
        ({"baseline.json": None}, "is missing"),
    ],
)
def test_a_file_that_is_not_as_it_was_is_named(change: dict[str, bytes | None], words: str) -> None:
    files = {name: data for name, data in (FILES | change).items() if data is not None}
    with pytest.raises(DamagedError, match=words) as caught:
        check(parse_checksums(checksums(FILES), "SHA256SUMS"), files, "before")
    assert caught.value.where == f"before/{next(iter(change))}"


@pytest.mark.parametrize("name", ["../x", "/x", "a\nb", "a\\b", "./x", "a//b"])
def test_a_name_that_tools_read_differently_is_not_listed(name: str) -> None:
    assert not can_be_listed(name)
