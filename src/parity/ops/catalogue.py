"""The catalogue as a whole: rows by name, its digest, and the choice that `--ops` makes."""

import difflib
from functools import cache

from parity.documents.model import canonical, sha256
from parity.errors import CatalogueError, UsageError
from parity.ops import elementwise, reductions
from parity.ops.row import Operation


def _indexed(rows: tuple[Operation, ...]) -> dict[str, Operation]:
    index = {row.name: row for row in rows}
    if len(index) != len(rows):
        raise CatalogueError("a name comes twice in the catalogue")
    return index


CATALOGUE: dict[str, Operation] = _indexed((*elementwise.ROWS, *reductions.ROWS))


@cache
def digest() -> str:
    """sha256 over the canonical JSON of all rows, in hexadecimal."""
    return sha256(canonical([row.plain() for row in CATALOGUE.values()]))


def row_of(op: str) -> Operation:
    """The row of an operation, or of a ufunc's method (`add.reduce`)."""
    return CATALOGUE[op.partition(".")[0]]


def parse_ops(text: str, where: str) -> tuple[str, ...]:
    """Names in a comma-separated list, in the catalogue's order. Raises UsageError that names what is unknown."""
    words = [word for word in (part.strip() for part in text.split(",")) if word]
    return chosen_ops(words, where)


def chosen_ops(names: list[str], where: str) -> tuple[str, ...]:
    """The same for a list of names."""
    for name in names:
        if name not in CATALOGUE:
            raise UsageError(
                f"unknown operation {name!r}",
                where=where,
                expected="names that `parity ops` lists",
                hint=_nearest(name),
            )
    if not names:
        raise UsageError("no operation is named", where=where, expected="names that `parity ops` lists")
    return tuple(name for name in CATALOGUE if name in names)


def _nearest(name: str) -> str | None:
    close = difflib.get_close_matches(name, CATALOGUE, n=3)
    return f"did you mean {' or '.join(close)}?" if close else None
