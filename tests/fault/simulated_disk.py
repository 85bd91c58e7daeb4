"""A disk that fails, cuts, lies, stops, and loses power at any operation of `parity.documents.durable`.

`SimulatedDisk` takes the place of `os` in that module. Operations happen in a real directory; the disk counts them,
applies at most one `Fault`, and keeps a model of what a power cut would leave at this point.

What is modelled:

- A call is refused with an errno and does nothing, or reports an error although it did its work.
- A write stores a part and says so; stores nothing or something else and says that all is well.
- The process is killed before, after or in the middle of an operation. Nothing it calls afterwards happens, `finally`
  or not; its descriptors are closed and its locks gone, and what it wrote is there, because the kernel lives on.
- The power fails. What an fsync of the file covered is there. Of the writes since: none, all, the first half, or the new
  size with zeros in place of the data. Of the names made, removed or renamed in a directory since its fsync: any
  subset, in order, up to `platter.MOST_SUBSETS` names; the prefixes, and all but one, beyond. A rename
  within a directory happens as a whole or not at all; one to another directory may leave both names, or neither.
  Everything outside one file or directory is lost, or kept, together.

What is not: a disk that lies about fsync itself or rots afterwards (seals are for that), a file that grew with its
newline stored and the middle lost, several faults at once, a kill followed by a power cut with another process in between.
Modes, owners and times are not part of a state.
"""

# ruff: noqa: PTH102, PTH104, PTH112, PTH115, PTH118, PTH119, PTH120, PTH208 (what stands in for `os` speaks as it does)

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from parity.documents import durable

from .platter import Change, PlatterDirectory, PlatterFile

State = tuple[tuple[str, bytes | None], ...]
"""What a power cut leaves: sorted paths with their content; None for a directory."""

REFUSALS = {name: getattr(errno, name) for name in ("ENOSPC", "EIO", "EINTR")}
WRITES = frozenset({"write", "pwrite"})
LIES = ("short", "dropped", "garbled", "killed within")
EVERYWHERE = (*REFUSALS, "late EIO", "killed before", "killed after")


class Fault(NamedTuple):
    """What happens at one operation; the first one is number 0."""

    at: int
    kind: str


class KilledError(BaseException):
    """The process is dead: no handler of OSError or Exception sees it."""


class Operation(NamedTuple):
    """An operation that was asked for."""

    name: str
    target: str


def faults_of(log: list[Operation]) -> Iterator[Fault]:
    """Every fault at every operation of a run."""
    for at, operation in enumerate(log):
        for kind in EVERYWHERE + (LIES if operation.name in WRITES else ()):
            yield Fault(at, kind)


class SimulatedDisk:
    """Stands in for `os`. log: what was asked for so far. states: what power cuts so far may have left, if watched."""

    def __init__(self, root: Path, fault: Fault | None = None, *, watch: bool = False) -> None:
        self.root, self.fault, self.watch = root, fault, watch
        self.log: list[Operation] = []
        self.states: set[State] = set()
        self.dead = False
        self._nodes: list[PlatterFile | PlatterDirectory] = []
        self._numbers: dict[int, int] = {}
        self._descriptors: set[int] = set()
        self._adopt(os.fspath(root), safe=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    @contextmanager
    def installed(self) -> Iterator["SimulatedDisk"]:
        """Takes the place of `os` in `durable`, whose temporaries get the same names each time."""
        numbers = iter(range(1 << 20))
        names = mock.Mock(token_hex=lambda size: f"{next(numbers):0{2 * size}x}")
        with mock.patch.object(durable, "os", self), mock.patch.object(durable, "secrets", names):
            try:
                yield self
            finally:
                for descriptor in self._descriptors:
                    with suppress(OSError):
                        os.close(descriptor)

    # What `durable` calls

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        """As os.open; a name that comes with it waits for the fsync of its directory."""
        new = bool(flags & os.O_CREAT) and not os.path.lexists(path)

        def opened() -> int:
            descriptor = os.open(path, flags, mode)
            self._descriptors.add(descriptor)
            if new:
                self._come(path, PlatterFile())
            return descriptor

        writing = flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)
        descriptor: int = self._do("open for writing" if writing else "open", path, opened)
        return descriptor

    def close(self, descriptor: int) -> None:
        """As os.close; the dead close nothing here, the kernel does it for them."""
        if self.dead:
            return

        def closed() -> None:
            self._descriptors.discard(descriptor)
            os.close(descriptor)

        self._do("close", descriptor, closed)

    def mkdir(self, path: Any, mode: int = 0o777) -> None:
        """As os.mkdir."""

        def made() -> None:
            os.mkdir(path, mode)
            self._come(path, PlatterDirectory())

        self._do("mkdir", path, made)

    def rmdir(self, path: Any) -> None:
        """As os.rmdir."""
        self._do("rmdir", path, lambda: self._go(path, os.rmdir))

    def unlink(self, path: Any) -> None:
        """As os.unlink."""
        self._do("unlink", path, lambda: self._go(path, os.unlink))

    def rename(self, old: Any, new: Any) -> None:
        """As os.rename."""

        def renamed() -> None:
            number = self._adopt(os.fspath(old))
            replaced = os.lstat(new).st_ino if os.path.lexists(new) else None
            os.rename(old, new)
            gone, come = os.path.basename(old), os.path.basename(new)
            if os.path.dirname(old) == os.path.dirname(new):
                self._directory(new).waiting.append(Change(gone, come, number))
            else:
                self._directory(new).waiting.append(Change(None, come, number))
                self._directory(old).waiting.append(Change(gone))
            if replaced is not None:
                self._numbers.pop(replaced, None)

        self._do("rename", old, renamed)

    def write(self, descriptor: int, data: Any) -> int:
        """As os.write of a file that is appended to."""
        return self._write("write", descriptor, bytes(data), os.fstat(descriptor).st_size)

    def pwrite(self, descriptor: int, data: Any, offset: int) -> int:
        """As os.pwrite."""
        return self._write("pwrite", descriptor, bytes(data), offset)

    def ftruncate(self, descriptor: int, size: int) -> None:
        """As os.ftruncate."""

        def cut() -> None:
            os.ftruncate(descriptor, size)
            self._file(descriptor).waiting.append((size, None))

        self._do("ftruncate", descriptor, cut)

    def fchmod(self, descriptor: int, mode: int) -> None:
        """As os.fchmod."""
        self._do("fchmod", descriptor, lambda: os.fchmod(descriptor, mode))

    def fsync(self, descriptor: int) -> None:
        """What the kernel holds of this file, or of these names, is on the platter. Costs nothing here."""

        def synced() -> None:
            path = _path_of(descriptor)
            node = self._nodes[self._adopt(path)]
            if isinstance(node, PlatterDirectory):
                node.safe = {name: self._adopt(os.path.join(path, name)) for name in os.listdir(path)}
            else:
                node.safe = Path(path).read_bytes()
            node.waiting.clear()

        self._do("fsync", descriptor, synced)

    # Faults

    def _do(self, name: str, target: Any, effect: Callable[[], Any]) -> Any:
        kind = self._next(name, target)
        if kind in REFUSALS:
            if name == "close":  # Linux frees the descriptor whatever close(2) says
                effect()
            raise OSError(REFUSALS[kind], os.strerror(REFUSALS[kind]))
        if kind == "killed before":
            self._die()
        result = effect()
        self._look()
        if kind == "killed after":
            self._die()
        if kind == "late EIO":
            if name in {"open", "open for writing"}:
                self.close_quietly(result)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return result

    def close_quietly(self, descriptor: int) -> None:
        """Close what an open gave that then reported an error."""
        self._descriptors.discard(descriptor)
        os.close(descriptor)

    def _write(self, name: str, descriptor: int, data: bytes, offset: int) -> int:
        kind = self.fault.kind if self.fault and self.fault.at == len(self.log) else None
        stored, said = data, len(data)
        if kind in {"short", "killed within"}:
            stored = data[: len(data) // 2]
            said = len(stored)
        elif kind == "dropped":
            stored = b""
        elif kind == "garbled":
            stored = bytes([data[0] ^ 1]) + data[1:] if data else data

        def written() -> int:
            # A file that is appended to ignores the offset of pwrite (pwrite(2), BUGS), and offset is its end.
            os.pwrite(descriptor, stored, offset)
            self._file(descriptor).waiting.append((offset, stored))
            return said

        result: int = self._do(name, descriptor, written)
        if kind == "killed within":
            self._die()
        return result

    def _next(self, name: str, target: Any) -> str | None:
        if self.dead:
            raise KilledError
        path = _path_of(target) if isinstance(target, int) else os.fspath(target)
        self.log.append(Operation(name, os.path.relpath(path, self.root)))
        return self.fault.kind if self.fault and self.fault.at == len(self.log) - 1 else None

    def _die(self) -> None:
        self.dead = True
        raise KilledError

    # The model

    def _look(self) -> None:
        if self.watch:
            self.states.update(map(visible, self.cuts()))

    def cuts(self) -> Iterator[State]:
        """What a power cut may leave now: one file or directory as it may be, all others without, or with, what waits."""
        variants = [node.variants() for node in self._nodes]
        for rest in (0, -1):
            usual = [choices[rest] for choices in variants]
            yield self._state(usual)
            for number, choices in enumerate(variants):
                for choice in choices[1 + rest : len(choices) + rest]:
                    yield self._state([*usual[:number], choice, *usual[number + 1 :]])

    def _state(self, chosen: list[Any]) -> State:
        found: list[tuple[str, bytes | None]] = []

        def visit(number: int, path: str) -> None:
            for name, node in chosen[number].items():
                inner = f"{path}{name}"
                if isinstance(chosen[node], dict):
                    found.append((inner, None))
                    visit(node, inner + "/")
                else:
                    found.append((inner, chosen[node]))

        visit(0, "")
        return tuple(sorted(found))

    def _adopt(self, path: str, *, safe: bool = False) -> int:
        """The number of a file or directory; what others made is looked at now, and waits unless it is `safe`."""
        inode = os.lstat(path).st_ino
        if inode in self._numbers:
            return self._numbers[inode]
        if not os.path.isdir(path):
            content = Path(path).read_bytes()
            return self._number(inode, PlatterFile(content) if safe else PlatterFile(b"", [(0, content)]))
        directory = PlatterDirectory()
        number = self._number(inode, directory)
        for name in os.listdir(path):
            node = self._adopt(os.path.join(path, name), safe=safe)
            if safe:
                directory.safe[name] = node
            else:
                directory.waiting.append(Change(None, name, node))
        return number

    def _number(self, inode: int, node: PlatterFile | PlatterDirectory) -> int:
        self._numbers[inode] = len(self._nodes)
        self._nodes.append(node)
        return self._numbers[inode]

    def _file(self, descriptor: int) -> PlatterFile:
        path = _path_of(descriptor)
        if not os.path.lexists(path):  # a file without a name, which no power cut leaves
            return PlatterFile()
        node = self._nodes[self._adopt(path)]
        assert isinstance(node, PlatterFile)
        return node

    def _directory(self, inside: Any) -> PlatterDirectory:
        node = self._nodes[self._adopt(os.path.dirname(os.path.realpath(os.path.dirname(inside)) + "/"))]
        assert isinstance(node, PlatterDirectory)
        return node

    def _come(self, path: Any, node: PlatterFile | PlatterDirectory) -> None:
        number = self._number(os.lstat(path).st_ino, node)
        self._directory(path).waiting.append(Change(None, os.path.basename(path), number))

    def _go(self, path: Any, remove: Callable[[Any], None]) -> None:
        inode = os.lstat(path).st_ino
        remove(path)
        self._directory(path).waiting.append(Change(os.path.basename(path)))
        self._numbers.pop(inode, None)


def _path_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


def visible(state: State) -> State:
    """A state without what unfinished temporaries hold: nobody reads it, and `sweep` removes it whatever it is."""
    hidden = tuple(f"{path}/" for path, _ in state if _unfinished(path))
    return tuple(
        (path, b"" if content is not None and _unfinished(path) else content)
        for path, content in state
        if not path.startswith(hidden)
    )


def _unfinished(path: str) -> bool:
    name = path.rpartition("/")[2]
    return durable.is_temporary(name) and not name.endswith(".old")


def built(state: State, folder: Path) -> Path:
    """A state as a real directory."""
    folder.mkdir()
    for path, content in state:
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)
    return folder
