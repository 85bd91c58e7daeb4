"""The matrix of operations by element types: the mark of each cell, and the family of each operation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from parity.documents.elements import ELEMENTS
from parity.documents.report import Counts, MatrixRow, Report
from parity.documents.verdict import Verdict
from parity.ops import elementwise, reductions
from parity.ops.row import Operation

FAMILIES: tuple[tuple[str, tuple[Operation, ...]], ...] = (
    ("arithmetic", elementwise.ARITHMETIC),
    ("elementary", elementwise.TRANSCENDENTAL),
    ("rounding", elementwise.ROUNDING),
    ("extrema", elementwise.EXTREMA),
    ("comparison", elementwise.COMPARISONS),
    ("logic", elementwise.LOGICAL),
    ("bits", elementwise.BITS),
    ("classes and signs", elementwise.CLASSES),
    ("reductions", tuple(row for row in reductions.ROWS if row.kind == "reduction")),
    ("cumulative", tuple(row for row in reductions.ROWS if row.kind == "cumulative")),
)
_FAMILY = {row.name: name for name, rows in FAMILIES for row in rows}

COLUMNS: tuple[str, ...] = tuple(ELEMENTS)
"""Element characters: a loop stands in the column of its first input."""


@dataclass(frozen=True)
class Mark:
    """What a cell shows. verdict: the worst of its cases. Legible without colour, and in ASCII."""

    verdict: str
    glyph: str
    ascii: str
    style: str


MARKS: tuple[Mark, ...] = (
    Mark("crashed", "†", "C", "bold red"),
    Mark("timed_out", "∞", "T", "bold red"),
    Mark("diverged", "✗", "X", "bold red"),
    Mark("raised_differently", "!", "!", "bold red"),
    Mark("unexpected_pass", "?", "?", "bold magenta"),
    Mark("unsupported", "○", "o", "yellow"),
    Mark("known", "◆", "k", "cyan"),
    Mark("within_tolerance", "◐", "~", "green"),
    Mark("exact", "●", "=", "bold green"),
)
"""The worst first. What is lacking comes before what is good: a name that the provider lacks is never a pass."""

NO_LOOP = Mark("", "·", ".", "dim")


def mark(counts: Iterable[Counts]) -> Mark:
    """The mark of the worst verdict among the counts."""
    rows = list(counts)
    return next((mark for mark in MARKS if any(getattr(row, mark.verdict) for row in rows)), NO_LOOP)


@dataclass
class OpLine:
    """An operation with its methods. rows: all its rows of the report."""

    op: str
    rows: list[MatrixRow] = field(default_factory=list)

    def cells(self) -> list[Mark]:
        """One mark for each column."""
        return [mark(row for row in self.rows if row.loop[:1] == char) for char in COLUMNS]

    @property
    def bad(self) -> int:
        """Cases with a bad verdict."""
        return sum(row.bad for row in self.rows)

    @property
    def unmeasured(self) -> bool:
        """A case failed a class, so that no distance exists."""
        return any(row.max_ulp is None and row.bad + row.good for row in self.rows)

    @property
    def max_ulp(self) -> float:
        """The worst E of the rows that have one."""
        return max((row.max_ulp or 0.0 for row in self.rows), default=0.0)


def by_family(report: Report, *, methods: bool) -> Iterator[tuple[str, list[OpLine]]]:
    """Families and their operations, in the order of the report.

    methods: give `add.reduce` a line of its own; else it counts in the line of `add`.
    """
    families: dict[str, dict[str, OpLine]] = {}
    for row in report.matrix:
        name = row.op.partition(".")[0]
        op = row.op if methods else name
        lines = families.setdefault(_FAMILY.get(name, "others"), {})
        lines.setdefault(op, OpLine(op)).rows.append(row)
    for family, lines in families.items():
        yield family, list(lines.values())


def most_telling(divergences: Sequence[Verdict], limit: int) -> list[Verdict]:
    """At most `limit` divergences in their order, chosen so that one broken operation does not hide another.

    Of each op and loop the first is chosen before the second, of each op the first loop before the second.
    """
    loops: dict[str, dict[str, int]] = {}
    ranked = []
    for position, verdict in enumerate(divergences):
        of_op = loops.setdefault(verdict.op, {})
        of_op[verdict.loop] = of_op.get(verdict.loop, -1) + 1
        ranked.append((of_op[verdict.loop], list(of_op).index(verdict.loop), position))
    return [divergences[position] for position in sorted(position for *_, position in sorted(ranked)[:limit])]
