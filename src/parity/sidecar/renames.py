"""Files that lie under another name than they were sealed with."""

import hashlib
from collections.abc import Iterable, Sequence

from parity.sidecar.content import Content, Entry, Piece, chunks, nothing


def file_digest(path: str, size: int) -> str | None:
    """SHA-256 of the first `size` bytes of a file; None if not all can be read."""
    state = hashlib.sha256()
    with Content([Piece("", path, size)]) as content:
        for _, view, holes in chunks(content, nothing):
            if holes:
                return None
            state.update(view)
    return state.hexdigest()


def found_elsewhere(missing: Sequence[tuple[str, int, str]], others: Iterable[Entry]) -> dict[str, Entry]:
    """For names that are missing, files with their very content under names that no seal lists.

    Each file stands in for one name only. Empty files never do: one is like the other, and one is soon made.
    """
    sizes = {size for _, size, _ in missing if size}
    by_content: dict[tuple[int, str], list[Entry]] = {}
    for entry in others:
        if entry.stamp is not None and entry.stamp.size in sizes:
            digest = file_digest(entry.path, entry.stamp.size)
            if digest is not None:
                by_content.setdefault((entry.stamp.size, digest), []).append(entry)
    found = {}
    for name, size, digest in missing:
        same = by_content.get((size, digest))
        if same:
            found[name] = same.pop(0)
    return found
