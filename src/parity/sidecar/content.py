"""What is sealed, as one row of bytes: a file, or the files of a directory one after the other."""

import os
import stat
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, Self

from parity.documents.durable import is_temporary
from parity.documents.seal import NOT_SEALED
from parity.errors import StorageError, UsageError
from parity.sidecar.reading import Hole, Stamp, open_regular, read_at

OPEN_FILES = 64
"""Descriptors that are kept open; most systems allow 1024."""


def shown(path: str | Path) -> str:
    """A path or a name as text: bytes that are no UTF-8 are lone surrogates in Python, which no document may hold."""
    return os.fspath(path).encode("utf-8", "backslashreplace").decode()


class Entry(NamedTuple):
    """What lies at a path in a directory. name: as in the table of files. stamp: None for what is no regular file."""

    name: str
    path: str
    stamp: Stamp | None


class Piece(NamedTuple):
    """A file that is part of the content. path: None if there is none to read."""

    name: str
    path: str | None
    size: int


def entries(directory: Path) -> list[Entry]:
    """Everything in a directory and below that is no directory and that a seal would cover, sorted by name.

    Names are relative, with `/` between the parts. Raises StorageError where a directory may not be read.
    """
    found = [entry for entry in _walk(os.fspath(directory), "") if entry.name not in NOT_SEALED]
    return sorted(found, key=lambda entry: os.fsencode(entry.name))


def _walk(folder: str, prefix: str) -> Iterator[Entry]:
    try:
        with os.scandir(folder) as listing:
            rows = list(listing)
        for row in rows:
            if row.is_dir(follow_symlinks=False):
                if not is_temporary(row.name):
                    yield from _walk(row.path, f"{prefix}{row.name}/")
            elif not is_temporary(row.name):
                status = row.stat(follow_symlinks=False)
                regular = stat.S_ISREG(status.st_mode)
                yield Entry(prefix + row.name, row.path, Stamp.of(status) if regular else None)
    except FileNotFoundError:
        return  # it went away while it was looked at: what is missing is seen by its name
    except OSError as error:
        raise StorageError(f"cannot list the directory: {error.strerror}", where=folder) from None


def sealable(path: Path) -> list[Entry]:
    """The files that a seal of `path` covers. Raises UsageError for what cannot be sealed, naming it."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise UsageError(
            f"cannot be sealed: {error.strerror}", where=str(path), expected="a file or a directory"
        ) from None
    if path.is_dir():
        found = entries(path)
        for entry in found:
            _check_entry(entry)
        return found
    if not stat.S_ISREG(mode):
        raise UsageError("only files and directories can be sealed", where=str(path), hint=_link_hint(path))
    return [Entry(path.name, os.fspath(path), Stamp.of(path.lstat()))]


def _check_entry(entry: Entry) -> None:
    if entry.stamp is None:
        raise UsageError(
            "a directory with this in it cannot be sealed: it is no regular file",
            where=shown(entry.path),
            expected="directories and regular files alone",
            hint=_link_hint(Path(entry.path)),
        )
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        raise UsageError(
            "a file with this name cannot be sealed", where=shown(entry.path), expected="a name in UTF-8"
        ) from None


def _link_hint(path: Path) -> str | None:
    return "it is a symbolic link: name what it leads to, or put a copy in its place" if path.is_symlink() else None


class Content:
    """Random access to the content, of which parts may be missing.

    Parameters
    ----------
    pieces
        The files, in order.

    Notes
    -----
    Not safe for several threads or processes: each makes its own.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = tuple(pieces)
        ends = list(accumulate((piece.size for piece in pieces), initial=0))
        self.begins, self.size = ends[:-1], ends[-1]
        self._open: dict[int, int | None] = {}

    def again(self) -> "Content":
        """Another access to the same content, for another thread or process."""
        return Content(self.pieces)

    def overlaps(self, begin: int, end: int) -> range:
        """The pieces that have bytes in a range."""
        first = bisect_right(self.begins, begin) - 1
        last = bisect_right(self.begins, end - 1)
        return range(max(first, 0), last)

    def read_into(self, view: memoryview, offset: int) -> list[Hole]:
        """Fill `view` with the bytes at an offset; zeros behind the end.

        Returns
        -------
        list of Hole
            The ranges of `view` that could not be read; they are zeros. What lies behind the end is none.
        """
        holes: list[Hole] = []
        length = max(min(len(view), self.size - offset), 0)
        if length < len(view):
            view[length:] = bytes(len(view) - length)
        for number in self.overlaps(offset, offset + length) if length else ():
            begin = max(self.begins[number], offset)
            end = min(self.begins[number] + self.pieces[number].size, offset + length)
            if begin >= end:
                continue
            part = view[begin - offset : end - offset]
            descriptor = self._descriptor(number)
            if descriptor is None:
                part[:] = bytes(len(part))
                holes.append(Hole(begin - offset, end - offset))
                continue
            found = read_at(descriptor, part, begin - self.begins[number])
            holes += [Hole(begin - offset + hole.begin, begin - offset + hole.end) for hole in found]
        return holes

    def _descriptor(self, number: int) -> int | None:
        if number not in self._open:
            if len(self._open) >= OPEN_FILES:
                self._close(next(iter(self._open)))
            self._open[number] = self._opened(self.pieces[number].path)
        return self._open[number]

    @staticmethod
    def _opened(path: str | None) -> int | None:
        if path is None:
            return None
        try:
            return open_regular(path)
        except PermissionError as error:
            raise StorageError(f"cannot read: {error.strerror}", where=path) from None
        except (OSError, StorageError):
            return None

    def _close(self, number: int) -> None:
        descriptor = self._open.pop(number)
        if descriptor is not None:
            os.close(descriptor)

    def close(self) -> None:
        """Give all descriptors back."""
        for number in list(self._open):
            self._close(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


CHUNK = 4 << 20
"""Bytes that are read at once."""


def nothing(count: int) -> None:
    """The progress that nobody watches."""
    del count


def chunks(content: Content, progress: Callable[[int], None]) -> Iterator[tuple[int, memoryview, list[Hole]]]:
    """The content from its begin to its end: offset, bytes, and what of them could not be read.

    The bytes are good until the next step.
    """
    buffers = (memoryview(bytearray(min(CHUNK, content.size))), memoryview(bytearray(min(CHUNK, content.size))))
    for number, offset in enumerate(range(0, content.size, CHUNK)):
        view = buffers[number % 2][: min(CHUNK, content.size - offset)]
        holes = content.read_into(view, offset)
        yield offset, view, holes
        progress(len(view))
