"""Durable writes: what was written is on disk whole, or the old content is.

Temporary file beside the target, write, fsync, re-read and hash, rename, fsync of the directory. The re-read is there
because a write can report success and still leave a torn file. A process that dies leaves its temporaries; each is
locked (flock) while its process lives, so that `sweep` can tell the dead from the living.

Every effect goes through a function of `os`, so that tests put a simulated disk in its place.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from parity.documents.model import file_sha256, sha256
from parity.errors import StorageError

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{12}\.(?P<end>tmp|new|old)")
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def is_temporary(name: str) -> bool:
    """Whether a name is one that this module gives to what is not yet, or no longer, in its place."""
    return _TEMPORARY.fullmatch(name) is not None


def _beside(path: Path, end: str) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.{end}")


def write_file(path: Path, data: bytes) -> None:
    """Replace a file by `data`. Raises StorageError; then the old content is as it was."""

    def as_meant(temporary: Path) -> None:
        if file_sha256(temporary) != sha256(data):
            raise _torn(path)

    with replacing_file(path, as_meant) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CLOEXEC)
        try:
            write_at(descriptor, data, 0)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def replacing_file(path: Path, check: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """An empty temporary beside `path`, to be filled; takes its place when the block ends without an error.

    check: reads the temporary again, after its fsync, and raises if it is not what was meant. The mode of an old file
    is kept. Raises StorageError where the operating system refuses; then the old content is as it was.
    """
    temporary = _beside(path, "tmp")
    lock = None
    try:
        os.makedirs(path.parent, exist_ok=True)
        lock = os.open(temporary, _NEW_FILE, 0o666)
        _claim(lock)
        yield temporary
        _synced(lock, temporary)
        if check is not None:
            check(temporary)
        with contextlib.suppress(FileNotFoundError):
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        os.rename(temporary, path)
        sync(path.parent)
    except OSError as error:
        raise storage_error(error, path) from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if lock is not None:
            os.close(lock)


@contextlib.contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """A new directory beside `path`, to write into; takes its place as a whole when the block ends without an error.

    Everything is synced before the rename. POSIX has no portable exchange of two directories, so an old one is moved
    aside first, and put back should the second rename fail; after a crash between the two `sweep` puts it back.
    Raises StorageError where the operating system refuses; then nothing is left behind.
    """
    target = Path(os.path.realpath(path))
    fresh, aside = _beside(target, "new"), _beside(target, "old")
    lock = None
    try:
        os.makedirs(target.parent, exist_ok=True)
        os.mkdir(fresh)
        lock = os.open(fresh, os.O_RDONLY | os.O_CLOEXEC)
        _claim(lock)
        yield fresh
        for folder, _, names in os.walk(fresh, topdown=False):
            for name in names:
                sync(Path(folder, name))
            sync(Path(folder))
        if os.path.lexists(target):
            os.rename(target, aside)
        try:
            os.rename(fresh, target)
        except OSError:
            if os.path.lexists(aside):
                os.rename(aside, target)
            raise
        sync(target.parent)
        _remove_tree(aside)
    except OSError as error:
        raise storage_error(error, path) from None
    finally:
        _remove_tree(fresh)
        if lock is not None:
            os.close(lock)


class Growing:
    """A new file in a directory that is being built. Each write is on its way at once; nothing is buffered here.

    sha256: of what was meant to be written so far. size: in bytes. `close` syncs the file and reads it again.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.size, self._state = path, 0, hashlib.sha256()
        self._descriptor: int | None = None
        with _refusals(path):
            os.makedirs(path.parent, exist_ok=True)
            self._descriptor = os.open(path, _NEW_FILE, 0o666)

    def write(self, data: bytes) -> None:
        """Append bytes."""
        assert self._descriptor is not None, "the file is closed"
        with _refusals(self.path):
            write_at(self._descriptor, data, self.size)
        self._state.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """In lowercase hexadecimal."""
        return self._state.hexdigest()

    def close(self) -> None:
        """Sync, and compare what is there with what was meant. Raises StorageError."""
        if self._descriptor is None:
            return
        try:
            with _refusals(self.path):
                _synced(self._descriptor, self.path)
                if file_sha256(self.path) != self.sha256:
                    raise _torn(self.path)
        finally:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        elif self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def append(path: Path, data: bytes, *, at: int) -> None:
    """Append one record to a file of `at` bytes, by one write, durably; or leave the file with `at` bytes.

    What lies beyond `at` is cut first. The caller holds the lock. Raises StorageError.
    """
    with _refusals(path):
        os.makedirs(path.parent, exist_ok=True)
        new = not os.path.lexists(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            if os.fstat(descriptor).st_size > at:
                os.ftruncate(descriptor, at)
            try:
                if os.write(descriptor, data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                _synced(descriptor, path)
                if os.pread(descriptor, len(data) + 1, at) != data:
                    raise _torn(path)
            except BaseException:
                os.ftruncate(descriptor, at)
                raise
        finally:
            os.close(descriptor)
        if new:
            sync(path.parent)


def write_at(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    """All of `data` at an offset, by as many writes as the system needs. Raises OSError."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def sweep(folder: Path) -> tuple[str, ...]:
    """Remove what dead processes left in a folder, and put a directory back that waits for its replacement.

    The names that were dealt with. What cannot be removed stays for the next time.
    """
    swept = []
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder)):
            match = _TEMPORARY.fullmatch(name)
            if match is None:
                continue
            path = folder / name
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _put_back_or_remove(path, folder / match["name"], match["end"])
                    swept.append(name)
                finally:
                    os.close(descriptor)
    return tuple(swept)


def _put_back_or_remove(path: Path, target: Path, end: str) -> None:
    if end == "old" and not os.path.lexists(target):
        os.rename(path, target)
        sync(target.parent)
    elif path.is_dir():
        _remove_tree(path)
    else:
        os.unlink(path)


def _claim(descriptor: int) -> None:
    """Hold a lock for as long as the descriptor is open: `sweep` leaves alone what is locked."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    if os.fstat(descriptor).st_nlink == 0:
        raise OSError(errno.EAGAIN, "another process swept it before it was locked; try again")


def _remove_tree(path: Path) -> None:
    """Remove a directory as far as that is possible."""
    with contextlib.suppress(OSError):
        for folder, folders, names in os.walk(path, topdown=False):
            for name in names:
                os.unlink(os.path.join(folder, name))
            for name in folders:
                inner = os.path.join(folder, name)
                (os.unlink if os.path.islink(inner) else os.rmdir)(inner)
        os.rmdir(path)


def _synced(descriptor: int, path: Path) -> None:
    """Fsync, once: after a failure the pages may be dropped and marked clean, so that a second try proves nothing."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise StorageError(
            f"durability unknown: fsync failed: {error.strerror or error}", where=str(path), hint="check the disk"
        ) from None


def sync(path: Path) -> None:
    """Make a file's content, or the names in a directory, durable. Raises OSError, StorageError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _synced(descriptor, path)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from None


def _torn(path: Path) -> StorageError:
    return StorageError("the file was not stored as written", where=str(path), hint="check the disk")


def storage_error(error: OSError, path: Path) -> StorageError:
    """What the operating system refused, in words."""
    hints = {
        errno.ENOSPC: "free some space; nothing was changed",
        errno.EACCES: "check the permissions, or choose another place",
        errno.EROFS: "the file system is read-only; choose another place",
    }
    return StorageError(f"cannot write: {error.strerror or error}", where=str(path), hint=hints.get(error.errno or 0))
