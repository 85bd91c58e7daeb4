"""`parity ops`: the catalogue, for people and as a document."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from parity.cli.output import json_option, write_json, write_text
from parity.errors import UsageError

if TYPE_CHECKING:
    from parity.ops.row import Operation

WIDTH = 100
LABEL = 14


@click.command()
@click.argument("op", required=False)
@json_option
def ops(*, op: str | None, json_target: str | None) -> int:
    """Look at the catalogue: all operations in a table, or OP on a card of its own."""
    from parity.ops.catalogue import CATALOGUE, digest

    rows = list(CATALOGUE.values()) if op is None else [_named(op)]
    document = {"schema": "parity.ops/1", "digest": digest(), "ops": [row.plain() for row in rows]}
    write_json(document, json_target)
    if json_target != "-":
        write_text("\n".join(table(rows) if op is None else card(rows[0])) + "\n")
    return 0


def _named(op: str) -> "Operation":
    """The row of an operation or of one of its methods. Raises UsageError."""
    from parity.ops.catalogue import CATALOGUE, chosen_ops

    name, _, method = op.partition(".")
    row = CATALOGUE[chosen_ops([name], "argument OP")[0]]
    if method and method not in row.methods:
        raise UsageError(
            f"{name} has no method {method!r}",
            where="argument OP",
            expected=" or ".join(row.methods) if row.methods else f"no method: {name} has none",
        )
    return row


def table(rows: Sequence["Operation"]) -> Iterator[str]:
    """A line for each operation, and what the columns add up to."""
    head = ("name", "kind", "in", "out", "identity", "loops", "methods", "tolerance")
    cells = [
        (
            row.name,
            row.kind,
            str(row.nin),
            str(row.nout),
            _identity(row),
            str(len(row.loops)),
            " ".join(row.methods) or "-",
            ", ".join(dict.fromkeys(f"{t.rule} {t.limit}" for t in row.tolerances.values())) or "exact",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in (head, *cells)) for column in range(len(head))]
    for line in (head, *cells):
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
    loops = sum(len(row.loops) for row in rows)
    yield f"{len(rows)} operations, {loops} loops. `parity ops NAME` shows one in full."


def card(row: "Operation") -> Iterator[str]:
    """All that the catalogue says about one operation."""
    yield f"{row.name}: {row.kind}, {row.nin} in, {row.nout} out"
    yield from _field("identity", _identity(row))
    yield from _field("loops", " ".join(row.loops))
    yield from _field("reduce", " ".join(row.reduce_loops))
    yield from _field("methods", " ".join(row.methods))
    yield from _field("attributes", " ".join(row.attributes))
    yield from _field("laws", " ".join(row.laws))
    yield from _field("domains", ", ".join(f"[{domain.low:g}, {domain.high:g}]" for domain in row.domains))
    yield from _field("kernel", row.kernel)
    yield from _field("reference", row.reference)
    yield from _field("truth", row.truth)
    for case in row.special_cases:
        yield from _field("special", f"{row.name}({', '.join(case.args)}) = {case.result}  ({case.source})")
    for tolerance in dict.fromkeys(row.tolerances.values()):
        loops = [loop for loop, other in row.tolerances.items() if other == tolerance]
        yield from _field(
            "tolerance", f"{tolerance.rule} {tolerance.limit} ({tolerance.provenance}): {' '.join(loops)}"
        )
        yield from _field("", f"why: {tolerance.reason}")
        yield from _field("", f"worst: {tolerance.worst}")
    bound = set(row.tolerances)
    exact = [loop for loop in (*row.loops, *row.reduce_loops) if loop not in bound]
    yield from _field("exact bits", _all_or(exact, (*row.loops, *row.reduce_loops)))


def _all_or(some: Sequence[str], all_of_them: Sequence[str]) -> str:
    return "all loops" if len(some) == len(all_of_them) else " ".join(dict.fromkeys(some))


def _identity(row: "Operation") -> str:
    plain = row.identity.plain()
    return "none" if plain is None else "none (any order)" if plain == "reorderable" else str(plain)


def _field(label: str, text: str) -> Iterable[str]:
    """A label and its text, which goes on below itself; nothing if there is no text."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"  {label:<{LABEL}}", subsequent_indent=" " * (LABEL + 2), break_on_hyphens=False
    )
