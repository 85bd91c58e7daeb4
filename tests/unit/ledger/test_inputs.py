"""Inputs: their digests, where they are found again, and what became of them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import parity
from parity.documents.ledger import InputFile
from parity.documents.model import sha256
from parity.errors import StorageError
from parity.ledger.inputs import GitState, difference, git_state, input_file, input_value, locator, resolved

Git = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a ledger in a checkout with one input."""
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "cases.ndjson").write_bytes(b"cases")
    return tmp_path / "artifacts"


def test_a_file_is_named_hashed_and_found_from_the_ledger_s_folder(folder: Path) -> None:
    row = input_file("capture/cases.ndjson", folder.parent / "fixtures" / "cases.ndjson", folder)
    assert row.full() == {
        "Name": "capture/cases.ndjson",
        "Path": "../fixtures/cases.ndjson",
        "Sha256": sha256(b"cases"),
        "Size": 5,
    }
    assert difference(row, folder, {}) is None


def test_a_file_is_found_in_a_checkout_that_was_moved(folder: Path, tmp_path: Path) -> None:
    row = input_file("cases", folder.parent / "fixtures" / "cases.ndjson", folder)
    shutil.copytree(tmp_path, tmp_path.with_name("moved"))
    shutil.rmtree(folder.parent / "fixtures")
    assert difference(row, tmp_path.with_name("moved") / "artifacts", {}) is None
    assert difference(row, folder, {}) == "vanished"


@pytest.mark.parametrize("package", ["parity", "parity_kernels"])
def test_a_file_of_parity_is_found_in_its_package(folder: Path, package: str) -> None:
    module = Path(parity.__file__).parents[1] / "parity" / "errors.py"
    if package == "parity_kernels":
        module = Path(parity.__file__).parents[2] / "kernels" / "parity_kernels" / "ufunc.py"
    row = input_file("a module", module, folder)
    assert row.path == f"package:{package}/{module.name}"
    assert resolved(row.path, Path("/nowhere")) == module
    assert difference(row, Path("/nowhere"), {}) is None


def test_a_file_of_an_installed_library_is_found_in_its_package(folder: Path) -> None:
    row = input_file("pytest", Path(pytest.__file__), folder)
    assert row.path == "package:pytest/__init__.py"
    assert difference(row, folder, {}) is None


def test_a_library_of_one_file_is_found(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site-packages"
    site.mkdir()
    (site / "one_file_library.py").write_bytes(b"x = 1\n")
    row = input_file("library", site / "one_file_library.py", folder)
    assert row.path == "package:one_file_library.py"
    assert difference(row, folder, {}) == "vanished"
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    assert difference(row, folder, {}) is None
    assert "one_file_library" not in sys.modules


def test_a_link_is_followed_when_the_input_is_named(folder: Path) -> None:
    (folder.parent / "link").symlink_to("fixtures/cases.ndjson")
    assert locator(folder.parent / "link", folder) == "../fixtures/cases.ndjson"


def test_a_name_that_is_no_unicode_has_no_locator(folder: Path) -> None:
    path = folder / os.fsdecode(b"\xff.py")
    path.write_bytes(b"")
    row = input_file(f"provider/{path.name}", path, folder)
    assert (row.name, row.path) == ("provider/\\udcff.py", None)


@pytest.mark.parametrize("found", ["package:..", "package:parity/../../x", "package:no_such_library/x.py"])
def test_a_locator_leads_to_nothing_outside_of_its_package(found: str) -> None:
    assert resolved(found, Path("/nowhere")) is None


def test_an_input_that_cannot_be_read_is_said(folder: Path) -> None:
    with pytest.raises(StorageError, match="No such file") as refused:
        input_file("x", folder / "x", folder)
    assert refused.value.where == str(folder / "x")


def test_what_changed_vanished_or_became_something_else_is_told_apart(folder: Path) -> None:
    path = folder.parent / "fixtures" / "cases.ndjson"
    row = input_file("cases", path, folder)
    path.write_bytes(b"caseS")
    assert difference(row, folder, {}) == "changed"
    path.write_bytes(b"cases and more")
    assert difference(row, folder, {}) == "changed"
    path.unlink()
    assert difference(row, folder, {}) == "vanished"
    os.mkfifo(path)
    assert difference(row, folder, {}) == "changed"
    path.unlink()
    path.symlink_to(path.name)
    assert difference(row, folder, {}) == "unreadable"
    path.unlink()
    path.mkdir()
    assert difference(row, folder, {}) == "changed"


def test_an_endless_device_is_not_read(folder: Path) -> None:
    row = InputFile(name="x", path="../" * 20 + "dev/zero", sha256="0" * 64, size=0)
    assert difference(row, folder, {}) == "changed"


def test_a_value_is_compared_where_its_digest_is_known(folder: Path) -> None:
    row = input_value("catalogue", "a" * 64)
    assert (row.path, row.size) == (None, None)
    assert difference(row, folder, {"catalogue": "a" * 64}) is None
    assert difference(row, folder, {"catalogue": "b" * 64}) == "changed"
    assert difference(row, folder, {}) is None


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A checkout of one commit in `tmp_path/checkout`."""
    checkout = tmp_path / "checkout"
    (checkout / "artifacts").mkdir(parents=True)
    (checkout / "src").mkdir()
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str) -> str:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *identity, "-C", str(checkout), *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    call("init", "--quiet", "--initial-branch=main")
    (checkout / "src" / "x.py").write_bytes(b"")
    (checkout / "artifacts" / "ledger.ndjson").write_bytes(b"")
    call("add", ".")
    call("commit", "--quiet", "-m", "one")
    return call


def test_the_commit_and_its_changes_are_git_s(git: Git, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    head = git("rev-parse", "HEAD")
    assert git_state(checkout / "src") == GitState(head, dirty=False)
    (checkout / "new.txt").write_bytes(b"not tracked")
    (checkout / "artifacts" / "ledger.ndjson").write_bytes(b"{}\n")
    assert git_state(checkout / "src") == GitState(head, dirty=False)
    (checkout / "src" / "x.py").write_bytes(b"1")
    assert git_state(checkout / "artifacts") == GitState(head, dirty=True)


@pytest.mark.parametrize("state", ["branch", "packed", "detached", "worktree"])
def test_without_git_the_commit_is_read_from_its_files(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    place = tmp_path / "checkout" / "src"
    head = git("rev-parse", "HEAD")
    if state == "packed":
        git("pack-refs", "--all")
    if state == "detached":
        git("checkout", "--quiet", "--detach")
    if state == "worktree":
        git("worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "other")
        place = tmp_path / "tree" / "src"
    monkeypatch.setenv("PATH", "")
    assert git_state(place) == GitState(head, None)


def test_outside_of_a_checkout_there_is_no_commit(tmp_path: Path) -> None:
    assert git_state(tmp_path) == GitState(None, None)
    assert git_state(tmp_path / "no" / "such") == GitState(None, None)


@pytest.mark.parametrize("head", [b"", b"ref: refs/heads/none", b"ref: ../../etc/passwd", b"\xff" * 9, b"z" * 40])
def test_a_broken_checkout_has_no_commit(tmp_path: Path, head: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head)
    assert git_state(tmp_path) == GitState(None, None)
