"""The report as Markdown: what a person reads in a bundle or pastes into an issue."""

from collections.abc import Iterator

from parity.documents.elements import ELEMENTS
from parity.documents.report import MatrixRow, Report
from parity.documents.verdict import Verdict
from parity.report.bit_pattern import place, shown, ulps
from parity.report.headline import WORDS, counted, headline, oracle, provider, reproduce_command, split
from parity.report.markup import code as _code
from parity.report.markup import escaped as _escaped
from parity.report.matrix import COLUMNS, MARKS, by_family, most_telling

SHOWN_DIVERGENCES = 20


def render(report: Report) -> str:
    """The report; its first line is the headline, which says so when the oracle is no NumPy."""
    lines = [f"# parity: {_escaped(headline(report))}", ""]
    lines += [f"> **{_escaped(note)}**  " for note in report.notes] + [""] * bool(report.notes)
    lines += [*_totals(report), *_gates(report), *_divergences(report), *_matrix(report), *_worst(report)]
    return "\n".join(lines).rstrip() + "\n"


def _totals(report: Report) -> Iterator[str]:
    dispatch = ", ".join(report.oracle.dispatch) or "baseline only"
    yield "| | |"
    yield "|---|---|"
    yield f"| provider | {_escaped(provider(report))} (`{_code(report.provider.spec)}`) |"
    yield f"| oracle | {_escaped(oracle(report))}, {_escaped(report.oracle.platform)}, {_escaped(dispatch)} |"
    yield f"| suite | {_escaped(report.suite)} |"
    yield f"| run | `{report.run_id}` |"
    yield f"| plan | `{report.plan_digest}` |"
    yield f"| capture | `{report.capture_digest}` |"
    yield ""
    yield "| verdict | cases |"
    yield "|---|---:|"
    for name, count in split(report.totals):
        yield f"| {WORDS[name]} | {count:,} |"
    yield f"| **together** | **{report.totals.cases:,}** |"
    yield ""
    if report.flags_differ:
        differ = f"Floating-point flags or warnings differ in {counted(report.flags_differ)}"
        yield f"{differ}; this is reported apart and is not fatal."
        yield ""


def _gates(report: Report) -> Iterator[str]:
    if not report.gates:
        return
    yield "## Gates"
    yield ""
    yield "| gate | limit | measured | |"
    yield "|---|---:|---:|---|"
    for gate in report.gates:
        yield f"| {_escaped(gate.name)} | {gate.limit:g} | {ulps(gate.measured)} | {gate.status.replace('_', ' ')} |"
    yield ""


def _divergences(report: Report) -> Iterator[str]:
    if not report.divergences:
        return
    chosen = most_telling(report.divergences, SHOWN_DIVERGENCES)
    more = len(report.divergences) - len(chosen)
    yield "## Divergences"
    yield ""
    if more:
        yield f"{len(chosen)} of {len(report.divergences):,}; the first of each operation and loop come first."
        yield ""
    yield "See one again with a script that needs only NumPy and the provider:"
    yield ""
    yield "```sh"
    yield reproduce_command(report, chosen[0].case_id)
    yield "```"
    yield ""
    yield "| case | layout | verdict | where | expected | actual | ULP |"
    yield "|---|---|---|---|---|---|---:|"
    for verdict in chosen:
        yield _divergence(verdict)
    yield ""


def _divergence(verdict: Verdict) -> str:
    said = WORDS[verdict.verdict] + (f": {verdict.failed_class}" if verdict.failed_class else "")
    cells = (
        f"`{_code(verdict.case_id)}`<br>{_escaped(verdict.op)} {_escaped(verdict.loop)}",
        _escaped(verdict.layout),
        said,
        _escaped(place(verdict)),
        f"`{_code(shown(verdict, verdict.expected_bits))}`" if verdict.expected_bits else "",
        f"`{_code(shown(verdict, verdict.actual_bits))}`" if verdict.actual_bits else "",
        ulps(verdict.ulp) if verdict.ulp is not None else "",
    )
    if verdict.message:
        cells = (*cells[:2], f"{said}<br>{_escaped(verdict.message)}", *cells[3:])
    return f"| {' | '.join(cells)} |"


def _matrix(report: Report) -> Iterator[str]:
    if not report.matrix:
        return
    yield "## Operation by element type"
    yield ""
    yield "The element type is that of a loop's first input; a cell shows the worst verdict of its cases."
    yield ""
    yield " · ".join(f"{mark.glyph} {WORDS[mark.verdict]}" for mark in MARKS)
    yield ""
    names = " | ".join("bool" if char == "?" else ELEMENTS[char].short for char in COLUMNS)
    for family, lines in by_family(report, methods=True):
        yield f"| {family} | {names} |"
        yield "|---" * (len(COLUMNS) + 1) + "|"
        for line in lines:
            cells = " | ".join(mark.glyph if mark.verdict else "" for mark in line.cells())
            yield f"| {_escaped(line.op)} | {cells} |"
        yield ""


def _worst(report: Report) -> Iterator[str]:
    """Rows by op and loop: those that are not all exact in sight, the others folded away."""
    interesting = [row for row in report.matrix if row.cases != row.exact]
    plain = [row for row in report.matrix if row.cases == row.exact]
    if interesting:
        yield "## Rows that are not all exact"
        yield ""
        yield from _rows(interesting)
    if plain:
        yield f"<details><summary>{len(plain):,} rows are exact in every case</summary>"
        yield ""
        yield from _rows(plain)
        yield "</details>"


def _rows(rows: list[MatrixRow]) -> Iterator[str]:
    yield "| op | loop | cases | worst ULP | verdicts |"
    yield "|---|---|---:|---:|---|"
    for row in rows:
        verdicts = ", ".join(f"{count:,} {WORDS[name]}" for name, count in split(row))
        yield f"| {_escaped(row.op)} | `{_code(row.loop)}` | {row.cases:,} | {ulps(row.max_ulp)} | {verdicts} |"
    yield ""
