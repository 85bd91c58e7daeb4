"""The report for a person at a terminal: a small picture, what went wrong first, and the command to see it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity.documents.elements import ELEMENTS
from parity.report import headline
from parity.report.bit_pattern import place, shown, ulps
from parity.report.matrix import COLUMNS, MARKS, Mark, OpLine, by_family, most_telling

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from parity.documents.report import Report
    from parity.documents.verdict import Verdict

SHOWN_DIVERGENCES = 6
PANEL = 39
"""Columns of a panel: 14 for the name, 18 for the cells and the spaces between their groups, 7 for the worst ULP."""

_NAME = 14
_GROUPS = "?", "bBhHiIlL", "efd", "F", "D"
"""Columns that stand together: bool, integers, floats, and each complex type alone, because `16` is two digits wide."""

_STATUS = {0: ("✔", "+", "bold green"), 1: ("✗", "X", "bold red"), 3: ("○", "o", "bold yellow")}


def show(report: Report, console: Console) -> None:
    """Print the summary; it fits 80 columns and is legible without colour and in ASCII."""
    ascii_only = console.options.ascii_only
    picture = _picture(report, console.width, ascii_only=ascii_only)
    for line in (*_head(report), *picture, *_divergences(report), *_end(report, ascii_only=ascii_only)):
        if ascii_only:
            line.plain = line.plain.encode("ascii", "backslashreplace").decode()
        # soft_wrap: a command that is broken over two lines cannot be copied.
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _text(*parts: tuple[str, str] | str) -> Text:
    from rich.text import Text  # noqa: PLC0415 - 60 ms that only a terminal needs

    return Text.assemble(*parts)


def _head(report: Report) -> list[Text]:
    suite = f", suite {report.suite}, {headline.counted(report.totals.cases)}"
    notes = [_text((note, "bold yellow")) for note in report.notes]
    return [_text((headline.pair(report), "bold"), suite), *notes, _text("")]


# -- the picture -----------------------------------------------------------------------------------


def _picture(report: Report, width: int, *, ascii_only: bool) -> list[Text]:
    """The matrix in as many panels side by side as fit, families under their names, and the legend."""
    if not report.matrix:
        return []
    blocks = [
        [_text((family, "bold")), *(_line(line, ascii_only=ascii_only) for line in lines)]
        for family, lines in by_family(report, methods=False)
    ]
    panels = _panels(blocks, max(1, min(3, (width + 1) // (PANEL + 1))))
    rows = []
    for number in range(max(len(panel) for panel in panels)):
        parts = [panel[number] if number < len(panel) else _text("") for panel in panels]
        row = parts[0]
        for position, part in enumerate(parts[1:], 1):
            row.pad_right(max(0, position * (PANEL + 1) - row.cell_len))
            row.append_text(part)
        row.rstrip()
        rows.append(row)
    used = {mark for _, lines in by_family(report, methods=False) for line in lines for mark in line.cells()}
    return [*rows, _text(""), *_legend(used, width, ascii_only=ascii_only), _text("")]


def _panels(blocks: list[list[Text]], count: int) -> list[list[Text]]:
    """Spread the families over panels of about the same height, each under the heading of the columns."""
    height = sum(len(block) for block in blocks)
    panels: list[list[Text]] = [[] for _ in range(count)]
    done = 0
    for block in blocks:
        # A family stands in the panel in which its middle line falls.
        panels[min(count - 1, (2 * done + len(block)) * count // (2 * height))].extend(block)
        done += len(block)
    return [[*_heading(), *panel] for panel in panels if panel]


def _heading() -> list[Text]:
    """Two lines that read downwards: kind and bytes, as in f8."""
    kinds, sizes = [], []
    for group in _GROUPS:
        kinds.append("".join(ELEMENTS[char].kind for char in group))
        sizes.append("".join(str(ELEMENTS[char].size) for char in group))
    first, second = " ".join(kinds), " ".join(sizes)
    return [
        _text((f"{'':{_NAME}}{first}  worst", "dim")),
        _text((f"{'':{_NAME}}{second} ULP", "dim")),
    ]


def _line(line: OpLine, *, ascii_only: bool) -> Text:
    marks = dict(zip(COLUMNS, line.cells(), strict=True))
    text = _text((f"{line.op[: _NAME - 1]:{_NAME}}", "bold red" if line.bad else ""))
    for group in _GROUPS:
        for char in group:
            text.append(_glyph(marks[char], ascii_only=ascii_only), style=marks[char].style)
        text.append(" ")
    worst = "-" if line.unmeasured else ulps(line.max_ulp) if line.max_ulp else ""
    text.append(f" {worst}", style="red" if line.unmeasured else "")
    return text


def _glyph(mark: Mark, *, ascii_only: bool) -> str:
    return mark.ascii if ascii_only else mark.glyph


def _legend(used: set[Mark], width: int, *, ascii_only: bool) -> list[Text]:
    entries = [
        _text((_glyph(mark, ascii_only=ascii_only), mark.style), (f" {headline.WORDS[mark.verdict]}   ", "dim"))
        for mark in reversed([mark for mark in MARKS if mark in used])
    ]
    lines = [_text("")]
    for entry in [*entries, _text(("the worst of a cell, methods included", "dim"))]:
        if lines[-1].cell_len + entry.cell_len > width:
            lines.append(_text(""))
        lines[-1].append_text(entry)
    for line in lines:
        line.rstrip()
    return lines


# -- what went wrong -------------------------------------------------------------------------------


def _divergences(report: Report) -> list[Text]:
    chosen = most_telling(report.divergences, SHOWN_DIVERGENCES)
    lines = []
    for verdict in chosen:
        lines += _divergence(report, verdict)
    if more := len(report.divergences) - len(chosen):
        where = f"{report.bundle}/report.md" if report.bundle else "the report"
        lines += [_text((f"and {more:,} more: {where}", "dim")), _text("")]
    for gate in report.gates:
        if gate.status != "pass":
            measured = f"measured {ulps(gate.measured)}" if gate.measured is not None else "a class failed"
            said = measured if gate.status == "failed" else "nothing was compared"
            lines.append(_text((f"gate {gate.name} {gate.limit:g}: {said}", "bold red")))
    return lines


def _divergence(report: Report, verdict: Verdict) -> list[Text]:
    said = headline.WORDS[verdict.verdict] + (f" ({verdict.failed_class})" if verdict.failed_class else "")
    ulp = f"  {ulps(verdict.ulp)} ULP" if verdict.ulp else ""
    at = f"  {place(verdict)}" if verdict.index else ""
    lines = [_text((f"{verdict.op} {verdict.loop}", "bold"), f"  {verdict.layout}{at}  ", (said, "bold red"), ulp)]
    if verdict.expected_bits:
        lines.append(_text("  expected  ", shown(verdict, verdict.expected_bits)))
    if verdict.actual_bits:
        lines.append(_text("  actual    ", (shown(verdict, verdict.actual_bits), "red")))
    if verdict.message:
        lines.append(_text("  ", (headline.printable(verdict.message), "dim")))
    if not report.redacted:
        lines.append(_text("  ", (headline.reproduce_command(report, verdict.case_id), "cyan")))
    return [*lines, _text("")]


def _end(report: Report, *, ascii_only: bool) -> list[Text]:
    glyph, plain, style = _STATUS.get(report.exit_code(), _STATUS[1])
    lines = [_text((f"{plain if ascii_only else glyph} {headline.outcome(report)}", style))]
    verdicts = ", ".join(f"{count:,} {headline.WORDS[name]}" for name, count in headline.split(report.totals))
    if verdicts:
        lines.append(_text(f"  {verdicts}"))
    if report.flags_differ:
        differ = f"floating-point flags or warnings differ in {headline.counted(report.flags_differ)} (not fatal)"
        lines.append(_text((f"  {differ}", "dim")))
    if report.bundle:
        lines.append(_text((f"  {report.bundle}", "dim")))
    return lines
