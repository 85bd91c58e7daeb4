"""A gate, and a comparison, for a person at a terminal: what is worst first, what passed summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity.documents.gate import change_in_words, share_in_words
from parity.report.gate_words import (
    VERDICTS,
    allowed,
    change,
    control,
    folded,
    in_sight,
    machine_words,
    measured,
    outcome,
    probability,
)
from parity.report.headline import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.text import Text

    from parity.documents.gate import ComparedWorkload, Comparison, Gate, GateRow
    from parity.documents.report import GateResult

_STYLES = {"regressed": "bold red", "missing": "bold red", "pass": "bold green"}
_NAME, _CHANGE = 44, 28


def show_gate(gate: Gate, console: Console) -> None:
    """Print a gate; it is legible without colour and in ASCII, and the verdict comes last."""
    lines = [_text((printable(machine_words(gate.machine)), "dim"))]
    lines += [_text((f"baseline  {printable(measured(gate.before))}", "dim"))]
    lines += [
        _text((f"current   {printable(measured(gate.after))}", "dim")),
        _text((f"control   {control(gate)}", "dim")),
    ]
    lines += [_text((printable(text), "bold yellow")) for text in (*gate.differences, *gate.notes)]
    lines.append(_text(""))
    lines += [
        _text((f"{'missing':15}", "bold red"), f"{printable(each.name)}: {printable(each.reason)}")
        for each in gate.missing
    ]
    rows = in_sight(gate) if not gate.differences else []
    lines += _rows(rows)
    if gate.new:
        lines.append(_text((f"new, so not judged: {printable(', '.join(gate.new))}", "dim")))
    lines += _closest(folded(gate))
    rounds = f", after {gate.rounds} rounds" if gate.rounds > 1 else ""
    style = _STYLES.get(gate.verdict, "bold yellow")
    lines.append(_text((f"{VERDICTS[gate.verdict]}: {outcome(gate)}{rounds}", style)))
    _print(lines, console)


def show_limit(limit: GateResult, console: Console, *, judged: bool, kept: bool) -> None:
    """Print what became of a manifest's limit for p99.

    judged: there was a baseline to hold the times against. kept: they became one.
    """
    if judged:
        worst = change_in_words(1 + limit.measured) if limit.measured is not None else None
        said = {"pass": "holds", "failed": "broken", "not_evaluated": "open"}[limit.status]
        said += f", the worst is {worst}" if worst else ", no p99 could be judged"
    elif kept:
        said = "not evaluated: these times are the first baseline that others are held against"
    else:
        said = "not evaluated: there is no baseline, and these times become none, because they cannot be believed"
    style = {"pass": "bold green", "failed": "bold red"}.get(limit.status, "bold yellow")
    _print([_text((f"gates.{limit.name} {share_in_words(limit.limit)}: {said}", style))], console)


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print a comparison; its first line says so if machines differ, and what is slower comes first."""
    lines = [_text((printable(note), "bold yellow")) for note in comparison.notes[: comparison.across]]
    lines.append(_text((printable(machine_words(comparison.machine)), "dim")))
    if comparison.other_machine is not None:
        lines.append(_text((f"now on {printable(machine_words(comparison.other_machine))}", "dim")))
    lines.append(_text((f"baseline  {printable(measured(comparison.before))}", "dim")))
    lines.append(_text((f"current   {printable(measured(comparison.after))}", "dim")))
    notes = (*comparison.differences, *comparison.notes[comparison.across :])
    lines += [_text((printable(text), "dim")) for text in notes]
    lines += [_text(""), *_compared(comparison), _text("")]
    for name, names in (("the baseline", comparison.only_before), ("the current run", comparison.only_after)):
        if names:
            lines.append(_text((f"only in {name}: {printable(', '.join(names))}", "dim")))
    lines.append(_text((f"{overall(comparison)}; nothing is judged here", "bold")))
    _print(lines, console)


def overall(comparison: Comparison) -> str:
    """What became of all workloads together, or what was compared where no ratio to NumPy was."""
    if comparison.overall is not None:
        ratios = sum(row.change is not None for row in comparison.workloads)
        return f"time in units of NumPy's x{comparison.overall:.3g} on the geometric mean of {_counted(ratios)}"
    number = compared(comparison)
    return f"times of {_counted(number)} were compared, and no ratios to NumPy" if number else "nothing was compared"


def compared(comparison: Comparison) -> int:
    """How many workloads have a figure that is compared."""
    return sum(row.reason is None for row in comparison.workloads)


def _counted(number: int) -> str:
    return "1 workload" if number == 1 else f"{number:,} workloads"


def _text(*parts: tuple[str, str] | str) -> Text:
    from rich.text import Text  # noqa: PLC0415 - 60 ms that only a terminal needs

    return Text.assemble(*parts)


def _print(lines: Sequence[Text], console: Console) -> None:
    for line in lines:
        if console.options.ascii_only:
            line.plain = line.plain.encode("ascii", "backslashreplace").decode()
        # soft_wrap: a name that is broken over two lines cannot be copied.
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _rows(rows: Sequence[GateRow]) -> list[Text]:
    lines = []
    for row in rows:
        style = _STYLES.get(row.verdict, "bold yellow")
        head = (f"{VERDICTS[row.verdict]:15}", style)
        figures = f"{change(row.ratio)}, budget {allowed(row.budget)}, p {probability(row.p)}"
        lines.append(_text(head, (printable(row.name), "bold"), f"  {figures if row.ratio else ''}"))
        lines.append(_text((f"{'':15}{printable(row.reason)}", "dim")))
    return [*lines, _text("")] if lines else []


def _closest(rows: Sequence[GateRow]) -> list[Text]:
    """Of those that passed, the one that is nearest to its budget."""
    passed = [row for row in rows if row.verdict == "pass" and row.ratio is not None and row.budget]
    if not passed:
        return []
    nearest = max(passed, key=lambda row: (row.ratio.high - 1) / row.budget if row.ratio and row.budget else 0.0)
    said = f"{printable(nearest.name)} {change(nearest.ratio)}, budget {allowed(nearest.budget)}"
    return [_text((f"nearest to its budget of those that passed: {said}", "dim"))]


def _compared(comparison: Comparison) -> list[Text]:
    rows = comparison.workloads
    width = min(_NAME, max((len(row.name) for row in rows), default=0))
    names = ["time over NumPy's"] + ([] if comparison.across else ["p50", "p95", "p99"])
    heading = f"{'workload':{width}} " + " ".join(f"{name:>{_CHANGE}}" for name in names)
    ordered = sorted(rows, key=lambda row: -row.change.value if row.change else 0.0)
    return [_text((heading, "bold")), *(_comparison(row, width, comparison) for row in ordered)]


def _comparison(row: ComparedWorkload, width: int, comparison: Comparison) -> Text:
    name = f"{printable(row.name):{width}} "
    if row.reason is not None:
        return _text(name, (f"  {printable(row.reason)}", "dim"))
    cells = [change(row.change)]
    if not comparison.across:
        times = (row.p50, row.p95, row.p99)
        cells += [change(quantiles.change if quantiles else None) for quantiles in times]
        if row.batch is not None:
            cells[1] = f"{change(row.batch.change)} batch"
    style = ""
    if row.change is not None and not row.change.low <= 1 <= row.change.high:
        style = "red" if row.change.low > 1 else "green"
    return _text(name, (" ".join(f"{cell:>{_CHANGE}}" for cell in cells), style))
