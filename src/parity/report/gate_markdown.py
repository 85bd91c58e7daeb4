"""A gate for a pull request: Markdown for its summary, and the annotations that GitHub shows beside the changes."""

from collections.abc import Iterable, Iterator
from typing import Literal

from parity.documents.gate import Gate, GateRow, Judgement, Missing
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
from parity.report.markup import code, escaped

SHOWN_ANNOTATIONS = 10
"""Of either kind; GitHub shows no more of a step (docs.github.com, workflow commands)."""


def render(gate: Gate) -> str:
    """The gate as Markdown: verdict, what forbids or weakens it, what does not pass, and the rest folded away."""
    lines = [f"# Benchmarks: {VERDICTS.get(gate.verdict, gate.verdict)}", "", f"{outcome(gate)}.", ""]
    lines += [f"> **{escaped(note)}**  " for note in gate.notes] + [""] * bool(gate.notes)
    lines += [*_facts(gate), *_differences(gate), *_missing(gate.missing)]
    lines += _section("Not passed", in_sight(gate))
    lines += _new(gate)
    rest = folded(gate)
    if rest:
        others = "1 other workload" if len(rest) == 1 else f"{len(rest):,} other workloads"
        lines += [f"<details><summary>{others}</summary>", "", *_rows(rest), "</details>", ""]
    lines += ["Time is the provider's in units of NumPy's in the same process, now against the baseline; above 0 is"]
    lines += ["slower. Intervals are of 95 %, p is of 'slower by no more than half of the budget', adjusted for all."]
    return "\n".join(lines).rstrip() + "\n"


def annotations(gate: Gate) -> list[str]:
    """Workflow commands, a line each: errors for what regressed or is missing, warnings for what is undecided."""
    if gate.verdict == "not_comparable":
        reason = gate.workloads[0].reason if gate.workloads else "; ".join(gate.differences)
        return [_command("warning", "benchmarks not comparable", reason)]
    errors = [("benchmark missing: " + each.name, each.reason) for each in gate.missing]
    errors += [("benchmark regressed: " + row.name, row.reason) for row in in_sight(gate) if row.verdict == "regressed"]
    if not gate.controlled:
        warnings = [("benchmarks inconclusive", control(gate))]
    else:
        open_ = [row for row in in_sight(gate) if row.verdict != "regressed"]
        warnings = [(f"benchmark {VERDICTS[row.verdict]}: {row.name}", row.reason) for row in open_]
    if gate.verdict == "inconclusive" and not warnings:
        warnings = [("benchmarks inconclusive", "nothing was compared")]
    return [*_limited("error", errors), *_limited("warning", warnings)]


def _facts(gate: Gate) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    yield f"| machine | {escaped(machine_words(gate.machine))} (`{gate.machine.id}`) |"
    yield f"| baseline | {escaped(measured(gate.before))} |"
    yield f"| current | {escaped(measured(gate.after))} |"
    yield f"| control | {control(gate)} |"
    yield f"| rounds | {gate.rounds} |"
    yield ""


def _differences(gate: Gate) -> Iterator[str]:
    if gate.differences:
        yield "## Fingerprints differ"
        yield ""
        yield from (f"- {escaped(text)}" for text in gate.differences)
        yield ""


def _missing(missing: Iterable[Missing]) -> Iterator[str]:
    rows = [f"| `{code(each.name)}` | {escaped(each.reason)} |" for each in missing]
    if rows:
        yield from ("## Missing", "", "| workload | why |", "|---|---|", *rows, "")


def _section(title: str, rows: list[GateRow]) -> Iterator[str]:
    if rows:
        yield from (f"## {title}", "", *_rows(rows))


def _rows(rows: Iterable[GateRow]) -> Iterator[str]:
    yield "| workload | verdict | time | budget | p | p99 | reason |"
    yield "|---|---|---:|---:|---:|---:|---|"
    for row in rows:
        figures = (change(row.ratio), allowed(row.budget), probability(row.p).replace("<", "&lt;"), _tail(row.p99))
        cells = (f"`{code(row.name)}`", VERDICTS[row.verdict], *figures, escaped(row.reason))
        yield f"| {' | '.join(cells)} |"
    yield ""


def _tail(tail: Judgement | None) -> str:
    if tail is None:
        return ""
    return f"{change(tail.ratio)}, budget {allowed(tail.budget)}" if tail.ratio else escaped(tail.reason)


def _new(gate: Gate) -> Iterator[str]:
    if gate.new:
        yield f"New, so not judged: {', '.join(f'`{code(name)}`' for name in gate.new)}."
        yield ""


def _limited(kind: Literal["error", "warning"], found: list[tuple[str, str]]) -> list[str]:
    """The first of them, and in place of the last that GitHub would show how many more there are."""
    if len(found) <= SHOWN_ANNOTATIONS:
        return [_command(kind, title, text) for title, text in found]
    shown = found[: SHOWN_ANNOTATIONS - 1]
    more = f"{len(found) - len(shown)} more benchmarks"
    return [*(_command(kind, title, text) for title, text in shown), _command(kind, more, "see the summary of the job")]


def _command(kind: Literal["error", "warning"], title: str, text: str) -> str:
    """`::error title=...::...`, escaped as the runner unescapes it (actions/toolkit, command.ts)."""
    return f"::{kind} title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    """Line ends are kept for the runner's own; what else no log should get is named."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "%0A".join(printable(line).replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
