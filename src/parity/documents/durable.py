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

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{12}\.(?P<end>tmp|new|old)", re.DOTALL)
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LONGEST_NAME = 255
_ATTEMPTS = 8


def is_temporary(name: str) -> bool:
    """Whether a name is one that this module gives to what is not yet, or no longer, in its place."""
    return _TEMPORARY.fullmatch(name) is not None


def _beside(path: Path, end: str) -> Path:
    """A temporary's name: `.old` leads back to the target, so only the other two may shorten a long name."""
    name, rest = os.fsencode(path.name), f".{secrets.token_hex(6)}.{end}"
    if end != "old":
        name = name[: _LONGEST_NAME - len(rest) - 1]
    return path.with_name(f".{os.fsdecode(name)}{rest}")


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
    is kept. Raises StorageError where the operating system refuses; the old content is as it was then, unless the
    message says that durability is unknown.
    """
    with _refusals(path):
        make_folder(path.parent)
        _swept(path.parent, path.name)
        with _temporary(path, "tmp") as (temporary, lock):
            yield temporary
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(lock, stat.S_IMODE(os.stat(path).st_mode))
            _synced(lock, path)
            if check is not None:
                check(temporary)
            os.rename(temporary, path)
            _arrived(lock, path)
            sync(path.parent)


@contextlib.contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """A new directory beside `path`, to write into; takes its place as a whole when the block ends without an error.

    Everything is synced before the rename. POSIX has no portable exchange of two directories, so an old one is moved
    aside first, and put back should the second rename fail; after a crash between the two `sweep` puts it back.
    Raises StorageError where the operating system refuses; nothing is left behind then, unless durability is unknown.
    """
    target = Path(os.path.realpath(path))
    with _refusals(path):
        made = make_folder(target.parent)
        _swept(target.parent, target.name)  # so that there never are two old ones, of which to guess the last
        try:
            with _temporary(target, "new") as (fresh, lock):
                yield fresh
                for folder, _, names in os.walk(fresh, topdown=False):
                    for name in names:
                        sync(Path(folder, name))
                    sync(Path(folder))
                _take_place(fresh, lock, target)
        finally:
            with contextlib.suppress(OSError):  # the first that is not empty, as all are after a success, ends it
                for empty in reversed(made):
                    os.rmdir(empty)


@contextlib.contextmanager
def replacing_files(path: Path) -> Iterator[Path]:
    """A new directory beside `path`, to write files into; each takes its place beside `path` when the block ends.

    `path` itself comes last. Until then whatever takes space was done, in the directory: who fails, leaves what was
    there before; only a crash between two renames leaves some files new and some old. Raises StorageError where the
    operating system refuses.
    """
    with _refusals(path):
        make_folder(path.parent)
        _swept(path.parent, path.name)
        with _temporary(path, "new") as (fresh, _):
            yield fresh
            names = sorted(set(os.listdir(fresh)) - {path.name})
            for name in (*names, path.name):
                sync(fresh / name)
            for name in names:
                os.rename(fresh / name, path.with_name(name))
            sync(path.parent)  # or `path` could be there after a power cut, and what it speaks of not
            os.rename(fresh / path.name, path)
            sync(path.parent)


def _take_place(fresh: Path, lock: int, target: Path) -> None:
    """Rename a complete directory to where it belongs; what stood there is removed when that is durable."""
    try:
        old = os.open(target, _DIRECTORY)
    except FileNotFoundError:
        os.rename(fresh, target)
        _arrived(lock, target)
        sync(target.parent)
        return
    try:
        fcntl.flock(old, fcntl.LOCK_EX | fcntl.LOCK_NB)  # else `sweep` would put it back between the renames
        aside = _beside(target, "old")
        try:
            os.rename(target, aside)
            os.rename(fresh, target)
        finally:
            if not os.path.lexists(target):
                os.rename(aside, target)
        _arrived(lock, target)
        sync(target.parent)
        _discard(aside)
    finally:
        os.close(old)


def _arrived(descriptor: int, path: Path) -> None:
    """A rename that reports success is believed when the file is there."""
    if not os.path.samestat(os.fstat(descriptor), os.stat(path)):
        raise _torn(path)


@contextlib.contextmanager
def _temporary(path: Path, end: str) -> Iterator[tuple[Path, int]]:
    """A new file (`tmp`) or directory (`new`) beside `path`, and its locked descriptor; at the end it is gone."""
    descriptor = None
    temporary = _beside(path, end)
    try:
        for _ in range(_ATTEMPTS):
            if end == "new":
                os.mkdir(temporary)
            descriptor = os.open(temporary, _DIRECTORY if end == "new" else _NEW_FILE, 0o666)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.path.lexists(temporary):
                break
            os.close(descriptor)  # another process swept it before it was locked
            descriptor, temporary = None, _beside(path, end)
        else:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        yield temporary, descriptor
    finally:
        if end == "new":
            _remove_tree(temporary)
        else:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        if descriptor is not None:
            with contextlib.suppress(OSError):  # all that matters was synced, or has failed already
                os.close(descriptor)


def make_folder(folder: Path) -> list[Path]:
    """Make a folder and those that lead to it, each durable in its parent; those that were not there, outermost first.

    Raises OSError, StorageError.
    """
    if os.path.isdir(folder):
        return []
    made = make_folder(folder.parent)
    try:
        os.mkdir(folder)
    except FileExistsError:
        if not os.path.isdir(folder):
            raise
        return made
    sync(folder.parent)
    return [*made, folder]


class Growing:
    """A new file in a directory that is being built. Each write is on its way at once; nothing is buffered here.

    sha256: of what was meant to be written so far. size: in bytes. `close` syncs the file and reads it again.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.size, self._state = path, 0, hashlib.sha256()
        self._descriptor: int | None = None
        with _refusals(path):
            make_folder(path.parent)
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
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if size < at:  # cutting it "back" would fill it with zeros
                raise StorageError(f"the file has shrunk to {size} bytes", where=str(path), expected=f"{at} bytes")
            if size > at:
                os.ftruncate(descriptor, at)
            try:
                if os.write(descriptor, data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                _synced(descriptor, path)
                if os.pread(descriptor, len(data) + 1, at) != data:
                    raise _torn(path)
                sync(path.parent)  # each time: who made the file may have died before its name was durable
            except BaseException:
                with contextlib.suppress(OSError):  # the first error is the one to tell; the next writer cuts the tail
                    os.ftruncate(descriptor, at)
                raise
        finally:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def move(old: Path, new: Path) -> None:
    """Rename a file or directory within a file system, durably; folders are made for it. Raises StorageError."""
    with _refusals(new):
        make_folder(new.parent)
        os.rename(old, new)
        for folder in dict.fromkeys((new.parent, old.parent)):
            sync(folder)


def write_at(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    """All of `data` at an offset, by as many writes as the system needs. Raises OSError."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        if not written:
            raise OSError(errno.EIO, "a write stored nothing")
        view, offset = view[written:], offset + written


def sweep(folder: Path) -> tuple[str, ...]:
    """Remove what dead processes left in a folder, and put a directory back that waits for its replacement.

    The names that are gone; what cannot be removed stays. Raises StorageError if a name put back may not be durable.
    """
    return _swept(folder)


def _swept(folder: Path, target: str | None = None) -> tuple[str, ...]:
    swept = []
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder)):
            match = _TEMPORARY.fullmatch(name)
            if match is None or target not in {None, match["name"]}:
                continue
            path = folder / name
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _put_back_or_remove(path, folder / match["name"], match["end"])
                    if not os.path.lexists(path):
                        swept.append(name)
                finally:
                    os.close(descriptor)
    return tuple(swept)


def _put_back_or_remove(path: Path, target: Path, end: str) -> None:
    if end == "old" and not os.path.lexists(target):
        os.rename(path, target)
        sync(target.parent)
    elif end == "old":
        sync(target.parent)  # whoever renamed its replacement may have died before that was durable
        _discard(path)
    elif os.path.isdir(path):
        _remove_tree(path)
    else:
        os.unlink(path)


def _discard(aside: Path) -> None:
    """Remove an old directory as far as that is possible.

    It loses its name first: `.old` promises a complete directory, which `sweep` may put back.
    """
    doomed = aside.with_suffix(".new")
    with contextlib.suppress(OSError):
        os.rename(aside, doomed)
        sync(doomed.parent)
        _remove_tree(doomed)


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
        if error.errno == errno.EINVAL and stat.S_ISDIR(os.fstat(descriptor).st_mode):
            return  # this file system has no fsync of directories (fsync(2)); there is nothing more to do
        raise _unknown(error, path) from None


def sync(path: Path) -> None:
    """Make a file's content, or the names in a directory, durable. Raises StorageError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _unknown(error, path) from None
    try:
        _synced(descriptor, path)
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _unknown(error: OSError, path: Path) -> StorageError:
    return StorageError(
        f"durability unknown: fsync failed: {error.strerror or error}", where=str(path), hint="check the disk"
    )


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
