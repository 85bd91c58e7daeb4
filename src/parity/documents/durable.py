"""Durable writes: what was written is on disk whole, or the old content is.

Temporary file beside the target, write, fsync, re-read and hash, replace, fsync of the directory. The re-read is there
because a write can report success and still leave a torn file.
"""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from parity.documents.model import file_sha256, sha256
from parity.errors import StorageError


def write_file(path: Path, data: bytes) -> None:
    """Replace a file by `data`. Raises StorageError; then the old content is as it was."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_synced(temporary, data)
        if file_sha256(temporary) != sha256(data):
            raise StorageError("the file was not stored as written", where=str(path), hint="check the disk")
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        raise storage_error(error, path) from None
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """A new directory beside `path`, to write into; takes its place as a whole when the block ends without an error.

    Everything is synced before the rename. POSIX has no portable exchange of two directories, so an old one is moved
    aside first, and put back should the second rename fail; a crash between the two leaves both whole beside the place.
    Raises StorageError where the operating system refuses; then nothing is left behind.
    """
    target, token = Path(os.path.realpath(path)), secrets.token_hex(6)
    fresh, aside = (target.with_name(f".{target.name}.{token}.{end}") for end in ("new", "old"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        yield fresh
        for item in sorted(fresh.rglob("*"), reverse=True):
            sync(item)
        sync(fresh)
        if target.exists():
            target.rename(aside)
        try:
            fresh.rename(target)
        except OSError:
            if aside.exists():
                aside.rename(target)
            raise
        sync(target.parent)
        shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise storage_error(error, path) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def storage_error(error: OSError, path: Path) -> StorageError:
    """What the operating system refused, in words."""
    hints = {
        errno.ENOSPC: "free some space; nothing was changed",
        errno.EACCES: "check the permissions, or choose another place",
        errno.EROFS: "the file system is read-only; choose another place",
    }
    return StorageError(f"cannot write: {error.strerror or error}", where=str(path), hint=hints.get(error.errno or 0))


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Make a file's content, or the names in a directory, durable; directories only where the system can."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
