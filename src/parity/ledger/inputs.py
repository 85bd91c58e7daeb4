"""What a run read: digests of its inputs, and where each lies, said so that it can be found again.

A locator is a path relative to the ledger's folder, or `package:` and a path inside an installed package, which is
found wherever that package lies today. So a ledger that is carried along with its checkout still finds its inputs.
"""

import hashlib
import importlib.util
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from parity.documents.ledger import Difference, InputFile
from parity.errors import StorageError

PACKAGES = ("parity", "parity_kernels")
INSTALLED = ("site-packages", "dist-packages")
_PREFIX = "package:"
_GIT_SECONDS = 10.0

# The commit's tracked files are asked for, and not artifacts: the ledger itself is tracked, and changes with every run.
_STATUS = ("status", "--porcelain", "--untracked-files=no", "--", ":/", ":(top,exclude)artifacts")


class GitState(NamedTuple):
    """head: the commit, None outside of a checkout. dirty: whether tracked files differ from it, None if unknown."""

    head: str | None
    dirty: bool | None


def input_file(name: str, path: Path, ledger_folder: Path) -> InputFile:
    """The row of a file. Raises StorageError if it cannot be read."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise StorageError(f"an input cannot be read: {error.strerror or error}", where=str(path)) from None
    shown = name.encode("utf-8", "backslashreplace").decode()
    return InputFile(name=shown, path=locator(path, ledger_folder), sha256=digest, size=size)


def input_value(name: str, sha256: str) -> InputFile:
    """The row of an input that is no file, such as the catalogue: its digest alone."""
    return InputFile(name=name, path=None, sha256=sha256, size=None)


def locator(path: Path, ledger_folder: Path) -> str | None:
    """How to find a file again; None for a name that is no UTF-8, which the ledger cannot hold."""
    file = Path(os.path.realpath(path))
    found = _in_package(file) or Path(os.path.relpath(file, os.path.realpath(ledger_folder))).as_posix()
    try:
        found.encode()
    except UnicodeEncodeError:
        return None
    return found


def _in_package(file: Path) -> str | None:
    for package in PACKAGES:
        root = _package_root(package)
        if root is not None and file.is_relative_to(root):
            return f"{_PREFIX}{package}/{file.relative_to(root).as_posix()}"
    for folder in file.parents:
        if folder.name in INSTALLED:
            return f"{_PREFIX}{file.relative_to(folder).as_posix()}"
    return None


def _package_root(package: str) -> Path | None:
    """The directory of a package, or the file of a module, found without importing it."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    origin = Path(os.path.realpath(spec.origin))
    return origin.parent if spec.submodule_search_locations is not None else origin


def resolved(found: str, ledger_folder: Path) -> Path | None:
    """Where the file of a locator would lie today; None if its package is not installed."""
    if not found.startswith(_PREFIX):
        return ledger_folder / found
    parts = PurePosixPath(found.removeprefix(_PREFIX)).parts
    if not parts or ".." in parts:  # a ledger may come from elsewhere
        return None
    root = _package_root(parts[0].removesuffix(".py"))
    return root.joinpath(*parts[1:]) if root is not None else None


def difference(row: InputFile, ledger_folder: Path, values: Mapping[str, str]) -> Difference | None:
    """What became of an input since it was recorded; None if it is the same, or if nobody here can say.

    values: digests that are known now of inputs that are no files, by name.
    """
    if row.path is None:
        return "changed" if values.get(row.name, row.sha256) != row.sha256 else None
    path = resolved(row.path, ledger_folder)
    if path is None:
        return "vanished"
    try:
        return None if _digest(path, row.size) == row.sha256 else "changed"
    except (FileNotFoundError, NotADirectoryError):
        return "vanished"
    except (OSError, ValueError):
        return "unreadable"


def _digest(path: Path, size: int | None) -> str | None:
    """SHA-256 of a regular file of that size; None for anything else, of which not a byte is read.

    A locator is text that came with the ledger: it may name a pipe that never ends.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    finally:
        os.close(descriptor)


def git_state(folder: Path) -> GitState:
    """The commit of the checkout in which a folder lies, asked of git, or read from its files where there is no git."""
    head = _git(folder, "rev-parse", "--verify", "HEAD")
    if head is not None and _is_commit(head):
        changes = _git(folder, *_STATUS)
        return GitState(head, None if changes is None else bool(changes))
    return GitState(_head_from_files(folder), None)


def _git(folder: Path, *words: str) -> str | None:
    """What git answers; None if there is none, or it refuses.

    Without optional locks a run leaves the index alone, and without its monitor git starts no program of the checkout.
    """
    try:
        answer = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else None


def _head_from_files(folder: Path) -> str | None:
    """As gitrepository-layout(5) and git-worktree(1) describe: `.git` or the file that names it, HEAD, refs."""
    try:
        place = Path(os.path.realpath(folder))
        git = next(candidate for parent in (place, *place.parents) if (candidate := parent / ".git").exists())
        if git.is_file():
            git = git.parent / _line(git).removeprefix("gitdir: ")
        head = _line(git / "HEAD")
        if not head.startswith("ref: "):
            return head if _is_commit(head) else None
        name = head.removeprefix("ref: ")
        common = git / _line(git / "commondir") if (git / "commondir").is_file() else git
        for root in (git, common):
            if (root / name).is_file():
                commit = _line(root / name)
                return commit if _is_commit(commit) else None
        packed = (line.split(" ") for line in (common / "packed-refs").read_text().splitlines())
        return next((words[0] for words in packed if words[1:] == [name] and _is_commit(words[0])), None)
    except (OSError, ValueError, StopIteration):
        return None


def _line(path: Path) -> str:
    return path.read_text(encoding="utf-8")[:4096].strip()


def _is_commit(text: str) -> bool:
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")
