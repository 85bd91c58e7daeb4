"""Several neighbouring blocks at a time: symbols of one block lie far apart, those of neighbours together."""

from collections.abc import Iterable, Iterator, Sequence

from parity.sidecar.content import Content
from parity.sidecar.geometry import BLOCK_SYMBOLS, Geometry

GROUP_BYTES = 16 << 20
"""Memory of a group: four blocks with symbols of 4 KiB, so that a file is read in runs of 16 KiB."""


def groups(geometry: Geometry, blocks: Iterable[int]) -> Iterator[list[int]]:
    """Blocks that are loaded together: neighbours, as many as the memory holds."""
    most = max(1, GROUP_BYTES // (BLOCK_SYMBOLS * geometry.symbol_size))
    group: list[int] = []
    for block in sorted(blocks):
        if group and (block != group[-1] + 1 or len(group) == most):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


class BlockGroup:
    """The source symbols of neighbouring blocks, read at once. What cannot be read is zeros: hashes tell.

    Parameters
    ----------
    content
        Where they are read.
    geometry
        Of the content.
    blocks
        Numbers without a gap.
    """

    def __init__(self, content: Content, geometry: Geometry, blocks: Sequence[int]) -> None:
        self._geometry, self._first, self._width = geometry, blocks[0], len(blocks)
        size, rows = geometry.symbol_size, geometry.source_count(blocks[0])
        self._view = view = memoryview(bytearray(rows * self._width * size))
        run = self._width * size
        if self._width == geometry.blocks:
            content.read_into(view, 0)
            return
        for esi in range(rows):
            content.read_into(view[esi * run : (esi + 1) * run], geometry.symbol_of(self._first, esi) * size)

    def symbol(self, block: int, esi: int) -> memoryview:
        """A source symbol of T bytes."""
        size = self._geometry.symbol_size
        begin = (esi * self._width + block - self._first) * size
        return self._view[begin : begin + size]

    def symbols(self, block: int) -> list[memoryview]:
        """All source symbols of a block."""
        return [self.symbol(block, esi) for esi in range(self._geometry.source_count(block))]
