"""What lies in the directory of a bundle, and whether it is what manifest.json says.

Nothing here is trusted. Every path is opened step by step from the directory itself, without following a link, so that
nothing outside is ever read; opening a pipe does not wait; what is no regular file is not read at all.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from parity.bundle.problems import Problems
from parity.documents.model import Document, pretty
from parity.documents.run import BundleFile, BundleManifest
from parity.documents.verify import ProblemCode
from parity.errors import ParityError

MANIFEST, SEAL, SCRUB, PROOF = "manifest.json", "seal.rq", "scrub.json", "decode_proof.json"
UNLISTED = frozenset((MANIFEST, SEAL, SCRUB, PROOF))
"""Files at the top of a bundle that manifest.json does not list: they are written after it."""

MAX_FILES = 10_000
MAX_DEPTH = 16
MAX_MANIFEST = 16 << 20
MAX_BYTES = 16 << 30
"""Of all files together: what is beyond takes minutes to read, and no run leaves a thousandth of it."""
_PIECE = 1 << 20


class RefusedError(Exception):
    """A file of a bundle that is not read, and why."""

    def __init__(self, code: ProblemCode, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Entry(NamedTuple):
    """Something in the directory that is no folder: its path relative to it, its mode, its size in bytes."""

    path: str
    mode: int
    size: int


class Enclosure:
    """A directory out of which no path leads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def open(self, path: str) -> BinaryIO:
        """A regular file, open for reading. Raises RefusedError."""
        *folders, name = parts(path)
        descriptor = self._folder(folders)
        try:
            # Looked at before it is opened, because opening a device can do something.
            _demand_file(os.lstat(name, dir_fd=descriptor).st_mode)
            # Without O_NONBLOCK, opening a pipe waits for somebody who writes into it.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            file = os.fdopen(os.open(name, flags, dir_fd=descriptor), "rb")
        except OSError as error:
            raise _refusal(error) from None
        finally:
            os.close(descriptor)
        try:
            _demand_file(os.fstat(file.fileno()).st_mode)
        except RefusedError:
            file.close()
            raise
        return file

    def read(self, path: str, limit: int) -> bytes:
        """A whole file of at most `limit` bytes. Raises RefusedError."""
        try:
            with self.open(path) as file:
                # A read takes all its memory at once, and a limit may be whatever a manifest claims.
                data = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
        except OSError as error:
            raise _refusal(error) from None
        if len(data) > limit:
            raise RefusedError("too_large", f"more than {limit:,} bytes")
        return data

    def size(self, path: str) -> int:
        """Bytes of a file. Raises RefusedError."""
        with self.open(path) as file:
            return os.fstat(file.fileno()).st_size

    def digest(self, path: str, most: int) -> tuple[str, int]:
        """SHA-256 and size of a file; a file of more than `most` bytes is read that far and no further."""
        state, size = hashlib.sha256(), 0
        try:
            with self.open(path) as file:
                while size <= most and (piece := file.read(_PIECE)):
                    state.update(piece)
                    size += len(piece)
                return state.hexdigest(), max(size, os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise _refusal(error) from None

    def entries(self) -> Iterator[Entry]:
        """All that is below the directory but its folders, at most MAX_FILES of them and MAX_DEPTH deep.

        Raises RefusedError once there is more, or where a folder cannot be read.
        """
        found = 0
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            folder = waiting.pop()
            for name, status in self._listed(folder):
                found += 1
                if found > MAX_FILES:
                    raise RefusedError("too_large", f"more than {MAX_FILES:,} files and folders")
                path = (*folder, name)
                if not stat.S_ISDIR(status.st_mode):
                    yield Entry("/".join(path), status.st_mode, status.st_size)
                elif len(path) < MAX_DEPTH:
                    waiting.append(path)
                else:
                    raise RefusedError("too_large", f"folders more than {MAX_DEPTH} deep")

    def _listed(self, folder: tuple[str, ...]) -> list[tuple[str, os.stat_result]]:
        """Names in a folder and what they are, in order; few enough to be held."""
        descriptor = self._folder(folder)
        try:
            with os.scandir(descriptor) as entries:
                some = [entry.name for entry, _ in zip(entries, range(MAX_FILES + 1), strict=False)]
            return [(name, os.lstat(name, dir_fd=descriptor)) for name in sorted(some)]
        except OSError as error:
            raise RefusedError("unreadable", f"{'/'.join(folder) or '.'}: {error.strerror}") from None
        finally:
            os.close(descriptor)

    def _folder(self, folders: Iterable[str]) -> int:
        descriptor = os.dup(self._descriptor)
        for name in folders:
            try:
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
            except OSError as error:
                # A link in place of a folder says ENOTDIR, too.
                with contextlib.suppress(OSError):
                    if stat.S_ISLNK(os.lstat(name, dir_fd=descriptor).st_mode):
                        raise RefusedError("symlink", f"{name} is a symbolic link, which is not followed") from None
                raise _refusal(error) from None
            finally:
                os.close(descriptor)
            descriptor = inner
        return descriptor


def parts(path: str) -> list[str]:
    """The steps of a path of manifest.json. Raises RefusedError for one that is not plain, relative and downwards."""
    found = path.split("/")
    if path.startswith("/") or ".." in found or "\\" in path or path[1:2] == ":":
        raise RefusedError("path_leaves", "the path leads out of the bundle")
    if not all(found) or "." in found or "\0" in path or len(found) > MAX_DEPTH:
        raise RefusedError("path_leaves", "no plain relative path")
    return found


def kind(mode: int) -> str:
    """What a mode is of, in words."""
    kinds = {
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something unknown")


def _demand_file(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise RefusedError("symlink", "a symbolic link, which is not followed")
    if not stat.S_ISREG(mode):
        raise RefusedError("not_a_file", f"{kind(mode)} in place of a file")


def _refusal(error: OSError) -> RefusedError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return RefusedError("missing", "the file is not there")
    if error.errno == errno.ELOOP:
        return RefusedError("symlink", "a symbolic link, which is not followed")
    return RefusedError("unreadable", f"it cannot be read: {error.strerror or error}")


# -- manifest.json ---------------------------------------------------------------------------------


def read_manifest(enclosure: Enclosure, problems: Problems) -> BundleManifest | None:
    """manifest.json; None, and a problem, if it cannot be read as such."""
    try:
        data = enclosure.read(MANIFEST, MAX_MANIFEST)
        found = BundleManifest.from_json(data, MANIFEST)
    except RefusedError as refused:
        problems.add(MANIFEST, refused.code, refused.detail)
    except ParityError as error:
        problems.add(MANIFEST, "schema", error.message)
    else:
        # Believed all the same: what it lists is checked one by one.
        if not as_written(found, data):
            problems.add(MANIFEST, "schema", "the document is not written as parity writes it")
        return found
    return None


def as_written(document: Document, data: bytes) -> bool:
    """Whether a document's bytes are those that parity writes for it today."""
    try:
        return pretty(document.full()) == data
    except TypeError:  # an integer beyond 64 bits
        return False


def listed_files(manifest: BundleManifest, problems: Problems) -> dict[str, BundleFile]:
    """The files of a manifest by their paths, those left out that no bundle may list."""
    found: dict[str, BundleFile] = {}
    names = [file.name for file in manifest.files]
    if names != sorted(set(names)):
        problems.add(MANIFEST, "manifest", "the files are not in the order of their paths, each once")
    if len(names) > MAX_FILES:
        problems.add(MANIFEST, "too_large", f"it lists {len(names):,} files; {MAX_FILES:,} are looked at")
    for file in manifest.files[:MAX_FILES]:
        try:
            parts(file.name)
        except RefusedError as refused:
            problems.add(MANIFEST, refused.code, f"{file.name!r}: {refused.detail}")
            problems.add(file.name, refused.code, refused.detail)
            continue
        if file.name in UNLISTED:
            problems.add(MANIFEST, "manifest", f"it lists {file.name}, which is written after it")
        elif file.name not in found:
            found[file.name] = file
    return found


def check_files(enclosure: Enclosure, listed: Mapping[str, BundleFile], problems: Problems) -> frozenset[str]:
    """Compare each listed file with its digest, and look for others; the paths of those that are as listed."""
    others = _Others(enclosure, listed, problems)
    intact: set[str] = set()
    if sum(file.size for file in listed.values()) > MAX_BYTES:
        problems.add(MANIFEST, "too_large", f"its files have more than {MAX_BYTES:,} bytes; none of them is read")
        return frozenset(intact)
    for path, file in listed.items():
        try:
            sha256, size = enclosure.digest(path, file.size)
        except RefusedError as refused:
            elsewhere = others.with_content(file) if refused.code == "missing" else None
            if elsewhere is None:
                problems.add(path, refused.code, refused.detail)
            else:
                problems.add(path, "renamed", f"the file is not there; its content lies at {elsewhere}")
            continue
        if size != file.size:
            problems.add(path, "changed", f"{size:,} bytes, where {MANIFEST} says {file.size:,}")
        elif sha256 != file.sha256:
            problems.add(path, "changed", f"sha256 {sha256}, where {MANIFEST} says {file.sha256}")
        else:
            intact.add(path)
    return frozenset(intact)


def entries(enclosure: Enclosure, problems: Problems) -> tuple[Entry, ...]:
    """All that lies in a bundle; a problem where that is too much."""
    found = []
    try:
        for entry in enclosure.entries():
            found.append(entry)  # noqa: PERF402 - what came before a refusal is kept
    except RefusedError as refused:
        problems.add(".", refused.code, refused.detail)
    return tuple(found)


def accuse(entry: Entry, problems: Problems) -> None:
    """Say that something lies in a bundle that manifest.json does not list."""
    if stat.S_ISLNK(entry.mode):
        problems.add(entry.path, "symlink", f"a symbolic link that {MANIFEST} does not list")
    elif stat.S_ISREG(entry.mode):
        problems.add(entry.path, "unlisted", f"{MANIFEST} does not list the file")
    else:
        problems.add(entry.path, "not_a_file", f"{kind(entry.mode)} that {MANIFEST} does not list")


class _Others:
    """What lies in a bundle and is not listed: each is a problem, and may be a listed file under another name."""

    def __init__(self, enclosure: Enclosure, listed: Mapping[str, BundleFile], problems: Problems) -> None:
        self._enclosure = enclosure
        self._of_size: dict[int, list[str]] = {}
        self._digests: dict[str, str] = {}
        for entry in entries(enclosure, problems):
            if entry.path in listed or (entry.path in UNLISTED and stat.S_ISREG(entry.mode)):
                continue
            accuse(entry, problems)
            if stat.S_ISREG(entry.mode):
                self._of_size.setdefault(entry.size, []).append(entry.path)

    def with_content(self, file: BundleFile) -> str | None:
        """The path at which the content of a missing file lies."""
        for path in self._of_size.get(file.size, ()):
            if path not in self._digests:
                with contextlib.suppress(RefusedError):
                    self._digests[path] = self._enclosure.digest(path, file.size)[0]
            if self._digests.get(path) == file.sha256:
                return path
        return None
