"""The content of a damaged object as it was sealed: what is good from its files, what is not from the decoder."""

import os
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Self

from parity.documents.durable import write_at
from parity.sidecar.content import Content, Piece
from parity.sidecar.reading import Hole, read_at


class Spool:
    """Recovered symbols, in a file without a name: it vanishes with the process.

    Parameters
    ----------
    folder
        Where there is room for it: beside the object.
    numbers
        The symbols that it will hold, sorted.
    symbol_size
        T in bytes.
    """

    def __init__(self, folder: Path, numbers: Sequence[int], symbol_size: int) -> None:
        self.numbers, self.symbol_size = numbers, symbol_size
        self._file: IO[bytes] = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  # closed by `close`

    def put(self, number: int, symbol: bytes) -> None:
        """Keep a symbol. Raises OSError."""
        write_at(self._file.fileno(), symbol, bisect_left(self.numbers, number) * self.symbol_size)

    def read_into(self, view: memoryview, position: int, begin: int) -> None:
        """Fill `view` from byte `begin` of the symbol at a position in `numbers`."""
        read_at(self._file.fileno(), view, position * self.symbol_size + begin)

    def close(self) -> None:
        """Forget all."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Mended(Content):
    """A content in which the symbols of a spool stand for those that are damaged."""

    def __init__(self, pieces: Sequence[Piece], spool: Spool) -> None:
        super().__init__(pieces)
        self._spool = spool

    def again(self) -> "Mended":
        """Another access, to the same spool."""
        return Mended(self.pieces, self._spool)

    def read_into(self, view: memoryview, offset: int) -> list[Hole]:
        """As the content's; what was recovered is no hole."""
        holes = super().read_into(view, offset)
        size, numbers = self._spool.symbol_size, self._spool.numbers
        end = min(offset + len(view), self.size)
        for position in range(bisect_left(numbers, offset // size), bisect_left(numbers, -(-end // size))):
            begin = max(numbers[position] * size, offset)
            stop = min((numbers[position] + 1) * size, end)
            self._spool.read_into(view[begin - offset : stop - offset], position, begin - numbers[position] * size)
        return [hole for hole in holes if not self._recovered(offset + hole.begin, offset + hole.end)]

    def _recovered(self, begin: int, end: int) -> bool:
        first, last = begin // self._spool.symbol_size, (end - 1) // self._spool.symbol_size
        numbers = self._spool.numbers
        return bisect_left(numbers, last + 1) - bisect_left(numbers, first) == last + 1 - first


def rerooted(pieces: Sequence[Piece], moved: Sequence[tuple[Path, Path]]) -> list[Piece]:
    """The pieces with their paths as they are after some files or directories were moved."""

    def now(path: str | None) -> str | None:
        for old, new in moved:
            if path is not None and Path(path).is_relative_to(old):
                path = os.fspath(new / Path(path).relative_to(old))
        return path

    return [piece._replace(path=now(piece.path)) for piece in pieces]
