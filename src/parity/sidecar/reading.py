"""Reading what may be damaged: a range that the device refuses is a hole, not an end."""

import os
import stat
from typing import NamedTuple, Self

from parity.errors import StorageError

SECTOR = 4096
"""The unit in which a range with a read error is tried again."""


class Hole(NamedTuple):
    """A range of bytes that could not be read."""

    begin: int
    end: int


class Stamp(NamedTuple):
    """What tells whether a file is still the one that was read."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """The stamp of a file's status."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def stamp(path: str) -> Stamp | None:
    """The stamp of what lies at a path, not followed if it is a link; None if nothing does, or it cannot be told."""
    try:
        return Stamp.of(os.lstat(path))
    except OSError:
        return None


def open_regular(path: str) -> int:
    """A descriptor of a regular file, not behind a symbolic link in its last part. Raises OSError, StorageError.

    A pipe is not waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StorageError("this is no regular file", where=path)
    return descriptor


def read_at(descriptor: int, view: memoryview, offset: int) -> list[Hole]:
    """Fill `view` from a file at an offset; what cannot be read, or lies behind its end, is zeros.

    Returns
    -------
    list of Hole
        The ranges of `view` that were not read.
    """
    done, length = 0, len(view)
    while done < length:
        try:
            count = os.preadv(descriptor, [view[done:]], offset + done)
        except OSError:
            return _read_by_sector(descriptor, view, offset, done)
        if count == 0:
            view[done:] = bytes(length - done)
            return [Hole(done, length)]
        done += count
    return []


def _read_by_sector(descriptor: int, view: memoryview, offset: int, done: int) -> list[Hole]:
    holes: list[Hole] = []
    while done < len(view):
        end = min(len(view), done + SECTOR - (offset + done) % SECTOR)
        if not _fill(descriptor, view[done:end], offset + done):
            view[done:end] = bytes(end - done)
            holes.append(Hole(done, end))
        done = end
    return holes


def _fill(descriptor: int, view: memoryview, offset: int) -> bool:
    done = 0
    while done < len(view):
        try:
            count = os.preadv(descriptor, [view[done:]], offset + done)
        except OSError:
            return False
        if count == 0:
            return False
        done += count
    return True
