"""What a disk holds when the power fails: what an fsync covered, and some of what came after."""

from dataclasses import dataclass, field
from typing import NamedTuple

MOST_SUBSETS = 5
"""Changes of names in one directory of which every subset is tried."""


@dataclass
class PlatterFile:
    """What is on the platter, and the writes that are not: (offset, data), or (size, None) for a cut."""

    safe: bytes = b""
    waiting: list[tuple[int, bytes | None]] = field(default_factory=list)

    def variants(self) -> list[bytes]:
        """What a power cut may leave; the first has nothing and the last everything that waits."""
        if not self.waiting:
            return [self.safe]
        whole = _applied(self.safe, self.waiting)
        half = (len(self.safe) + len(whole)) // 2
        kept = self.safe[: len(whole)]
        return [
            self.safe,
            _applied(self.safe, self.waiting[: len(self.waiting) // 2]),
            whole[:half],
            kept.ljust(len(whole), b"\0"),
            whole[:half].ljust(len(whole), b"\0"),
            whole,
        ]


def _applied(content: bytes, waiting: list[tuple[int, bytes | None]]) -> bytes:
    for offset, data in waiting:
        if data is None:
            content = content[:offset].ljust(offset, b"\0")
        else:
            content = content[:offset].ljust(offset, b"\0") + data + content[offset + len(data) :]
    return content


class Change(NamedTuple):
    """A change of names: one goes, one comes."""

    gone: str | None
    come: str | None = None
    node: int = 0


@dataclass
class PlatterDirectory:
    """Names on the platter, and the changes that are not."""

    safe: dict[str, int] = field(default_factory=dict)
    waiting: list[Change] = field(default_factory=list)

    def variants(self) -> list[dict[str, int]]:
        """As of a file."""
        count = len(self.waiting)
        if count <= MOST_SUBSETS:
            chosen = [[at for at in range(count) if mask >> at & 1] for mask in range(1 << count)]
        else:
            chosen = [list(range(length)) for length in range(count)]
            chosen += [[at for at in range(count) if at != left] for left in range(count)]
            chosen.append(list(range(count)))
        return [self._with(changes) for changes in chosen]

    def _with(self, changes: list[int]) -> dict[str, int]:
        names = dict(self.safe)
        for at in changes:
            change = self.waiting[at]
            if change.gone is not None:
                names.pop(change.gone, None)
            if change.come is not None:
                names[change.come] = change.node
        return names
