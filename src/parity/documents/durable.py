"""Durable writes: what was written is on disk whole, or the old content is.

Temporary file beside the target, write, fsync, re-read and hash, replace, fsync of the directory. The re-read is there
because a write can report success and still leave a torn file.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Callable
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
        sync_directory(path.parent)
    except OSError as error:
        raise storage_error(error, path) from None
    finally:
        temporary.unlink(missing_ok=True)


def write_directory(path: Path, fill: Callable[[Path], None]) -> None:
    """Create or replace a directory by what `fill` writes into a temporary one beside it.

    `fill` writes its files by any means; they are synced here before the directory gets its name. An old directory is
    kept until the new one is complete.
    """
    token = secrets.token_hex(6)
    temporary, old = (path.with_name(f".{path.name}.{token}.{suffix}") for suffix in ("tmp", "old"))
    try:
        temporary.mkdir(parents=True)
        fill(temporary)
        for file in sorted(temporary.rglob("*")):
            sync_directory(file) if file.is_dir() else _sync(file)
        sync_directory(temporary)
        if path.exists():
            path.rename(old)
        temporary.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        if old.exists() and not path.exists():
            old.rename(path)
        raise storage_error(error, path) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)


def storage_error(error: OSError, path: Path) -> StorageError:
    """What the operating system refused, in words."""
    hints = {
        errno.ENOSPC: "free some space; nothing was changed",
        errno.EACCES: "check the permissions, or choose another place",
        errno.EROFS: "the file system is read-only; choose another place",
    }
    return StorageError(
        f"cannot write: {error.strerror or error}", where=str(path), hint=hints.get(error.errno or 0)
    )


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable, where the system can (Windows cannot)."""
    if os.name == "posix":
        _sync(path)
