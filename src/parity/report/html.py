"""The report as one page of HTML: readable without a network, a script, a style sheet, or colours.

Pure: the same report and verdicts give the same bytes, so that `parity verify` can derive the page again. Nothing of
the time, the machine or a path of this rendering is in it. Words of others are escaped, and the page forbids itself
every script and every address, for the case that something were not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from parity.documents.elements import ELEMENTS
from parity.documents.report import Counts, GateResult, MatrixRow, Report
from parity.documents.verdict import Verdict
from parity.errors import ExitCode
from parity.ops.row import Tolerance
from parity.report import error_chart, headline
from parity.report.bit_pattern import place, shown, ulps
from parity.report.error_shares import Row, foreign_catalogue, tolerances, worst_shares
from parity.report.fold import redact
from parity.report.matrix import COLUMNS, MARKS, NO_LOOP, Mark, OpLine, by_family, most_telling
from parity.report.page_style import CSS

SHOWN_DIVERGENCES = 100
LONGEST = 400
"""Characters of a foreign text (a message, a name) that are shown; the rest is in report.json."""

_STATUS: dict[int, tuple[str, str]] = {
    ExitCode.GOOD: ("✔", "what was compared agrees"),
    ExitCode.BAD_VERDICT: ("✗", "a bad verdict, or a gate that failed"),
    ExitCode.INCONCLUSIVE: ("○", "nothing was compared, or the evidence does not reach"),
}
"""Exit codes of a run: sign and meaning."""

_STYLE = {"exact": "good", "within_tolerance": "good", "known": "known", "unsupported": "lack", "": "none"}
_MARK = {mark.verdict: mark for mark in MARKS}
_SECTIONS = {
    "matrix": "Operation by element type",
    "errors": "Errors against their limits",
    "divergences": "Divergences",
    "gates": "Gates",
    "rows": "Every operation and loop",
    "allowed": "What is allowed, and why",
    "identity": "What was compared",
}


class _Facts(NamedTuple):
    """What several sections need. notes: the tolerances that occur, by the number that a row refers to."""

    report: Report
    allowed: Mapping[Row, Tolerance]
    shares: Mapping[Row, float]
    notes: Mapping[Tolerance, int]


def render(report: Report, verdicts: Sequence[Verdict]) -> bytes:
    """The page, in UTF-8.

    report: as `fold` makes it of the verdicts. verdicts: all of the run; what is measured against limits comes from
    them. With report.redacted no value is on the page, whatever the arguments hold.
    """
    report = report.model_copy(
        update={"bundle": None}
    )  # a bundle can be copied anywhere, so its path is not part of it
    allowed = tolerances(report)
    notes = {tolerance: number for number, tolerance in enumerate(dict.fromkeys(allowed.values()), 1)}
    facts = _Facts(report, allowed, worst_shares(verdicts, allowed), notes)
    bodies = {
        "matrix": [*_matrix(report)],
        "errors": [*_errors(facts)],
        "divergences": [*_divergences(report)],
        "gates": [*_gates(report.gates)],
        "rows": [*_rows(facts)],
        "allowed": [*_allowed(facts)],
        "identity": [*_identity(report)],
    }
    present = {name: body for name, body in bodies.items() if body}
    lines = [*_head(report), *_contents(report, present), "<main>"]
    for name, body in present.items():
        lines += [f'<section aria-labelledby="{name}">', f'<h2 id="{name}">{_SECTIONS[name]}</h2>', *body, "</section>"]
    return "\n".join([*lines, "</main>", "</body>", "</html>", ""]).encode()


def _text(text: str) -> str:
    """Words of others as content or attribute: control codes named, markup escaped, not longer than LONGEST."""
    shown_text = headline.printable(text[: LONGEST + 1])
    return escape(shown_text if len(shown_text) <= LONGEST else f"{shown_text[:LONGEST]}…")


def _anchor(*words: str) -> str:
    """An id that needs no escaping, in an attribute or an address."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", "-".join(words)[:LONGEST])


# -- the head --------------------------------------------------------------------------------------


def _head(report: Report) -> Iterator[str]:
    code = report.exit_code()
    sign, meaning = _STATUS[code]
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{_text(headline.headline(report))}</title>"
    yield f"<style>{CSS}</style>"
    yield "</head>"
    yield "<body>"
    yield "<header>"
    yield f"<h1>{_text(headline.pair(report))}</h1>"
    for note in report.notes:
        yield f'<p class="note" role="note">{_text(note)}</p>'
    outcome = _text(headline.outcome(report))
    yield f'<p class="outcome code-{code:d}"><span aria-hidden="true">{sign}</span> {outcome}</p>'
    yield f"<p>Suite {_text(report.suite)}, {headline.counted(report.totals.cases)}. Exit code {code:d}: {meaning}.</p>"
    yield from _totals(report)
    yield "</header>"


def _totals(report: Report) -> Iterator[str]:
    rows = [
        (_word(name), f"{count:,}", f"{100 * count / report.totals.cases:.2f} %")
        for name, count in headline.split(report.totals)
    ]
    if rows:
        yield from _table("Cases by verdict", ("verdict", "cases", "share"), rows, numbers=(1, 2))
    if report.flags_differ:
        differ = f"Floating-point flags or warnings differ in {headline.counted(report.flags_differ)}"
        yield f'<p class="faint">{differ}; this is reported apart and is not fatal.</p>'


def _contents(report: Report, present: Iterable[str]) -> Iterator[str]:
    numbers = {"divergences": f" ({len(report.divergences):,})"}
    yield '<nav aria-label="Contents"><ul>'
    for name in present:
        yield f'<li><a href="#{name}">{_SECTIONS[name]}</a>{numbers.get(name, "")}</li>'
    yield "</ul></nav>"


def _word(verdict: str) -> str:
    """The sign of a verdict and its word."""
    return f'<span class="{_STYLE.get(verdict, "bad")}">{_MARK[verdict].glyph}</span> {headline.WORDS[verdict]}'


def _table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()
) -> Iterator[str]:
    """A table; the first cell of a row names it. rows: cells as HTML. numbers: columns that align to the right."""
    yield f'<div class="wide" role="region" tabindex="0" aria-label="{caption}"><table><caption>{caption}</caption>'
    yield f"<thead>{_table_head(heads, numbers)}</thead><tbody>"
    for row in rows:
        yield _table_row(row, numbers)
    yield "</tbody></table></div>"


def _table_head(heads: Sequence[str], numbers: Sequence[int]) -> str:
    cells = (f'<th scope="col"{_aligned(column in numbers)}>{head}</th>' for column, head in enumerate(heads))
    return f"<tr>{''.join(cells)}</tr>"


def _table_row(row: Sequence[str], numbers: Sequence[int]) -> str:
    cells = (f"<td{_aligned(column in numbers)}>{cell}</td>" for column, cell in enumerate(row[1:], 1))
    return f'<tr><th scope="row">{row[0]}</th>{"".join(cells)}</tr>'


def _aligned(right: bool) -> str:  # noqa: FBT001 - said by the call
    return ' class="n"' if right else ""


# -- the matrix ------------------------------------------------------------------------------------


def _matrix(report: Report) -> Iterator[str]:
    if not report.matrix:
        return
    yield "<p>The element type is that of a loop's first input; a cell shows the worst verdict of its cases, methods"
    yield "such as <code>add.reduce</code> included, and leads to its rows below.</p>"
    yield from _legend(report)
    caption = "Worst verdict by operation and element type"
    yield f'<div class="wide" role="region" tabindex="0" aria-label="{caption}">'
    yield f'<table class="matrix"><caption>{caption}</caption>'
    names = (f'<abbr title="{ELEMENTS[char].name}">{_short(char)}</abbr>' for char in COLUMNS)
    yield f"<thead>{_table_head(('operation', *names, 'worst ULP'), (len(COLUMNS) + 1,))}</thead>"
    for family, lines in by_family(report, methods=False):
        yield f'<tbody><tr><th scope="rowgroup" class="family" colspan="{len(COLUMNS) + 2}">{family}</th></tr>'
        for line in lines:
            cells = "".join(_cell(line, char, mark) for char, mark in zip(COLUMNS, line.cells(), strict=True))
            bad = ' class="bad"' if line.bad else ""
            yield f'<tr><th scope="row"{bad}>{_text(line.op)}</th>{cells}<td class="n">{_worst(line)}</td></tr>'
        yield "</tbody>"
    yield "</table></div>"


def _legend(report: Report) -> Iterator[str]:
    used = {mark for _, lines in by_family(report, methods=False) for line in lines for mark in line.cells()}
    yield '<ul class="legend" aria-label="Signs">'
    for mark in reversed(MARKS):
        if mark in used:
            yield f"<li>{_word(mark.verdict)}</li>"
    if NO_LOOP in used:
        yield f"<li>{NO_LOOP.glyph} no case</li>"
    yield "</ul>"


def _worst(line: OpLine) -> str:
    """E of a line; nothing where nothing was compared, `-` where a case has no distance."""
    if not any(row.bad + row.good for row in line.rows):
        return ""
    return "-" if line.unmeasured else ulps(line.max_ulp)


def _cell(line: OpLine, char: str, mark: Mark) -> str:
    if not mark.verdict:
        return f'<td class="none">{mark.glyph}</td>'
    rows = [row for row in line.rows if row.loop[:1] == char]
    split = ", ".join(
        f"{count:,} {headline.WORDS[name]}"
        for name in headline.WORDS
        if (count := sum(getattr(row, name) for row in rows))
    )
    said = f"{_text(line.op)} {_short(char)}: {split}"
    link = f'<a href="#{_anchor(line.op, _short(char))}" title="{said}" aria-label="{said}">{mark.glyph}</a>'
    return f'<td class="{_STYLE.get(mark.verdict, "bad")}">{link}</td>'


def _short(char: str) -> str:
    return "bool" if char == "?" else ELEMENTS[char].short


# -- errors and divergences ------------------------------------------------------------------------


def _errors(facts: _Facts) -> Iterator[str]:
    picture = error_chart.render(facts.report, facts.allowed, facts.shares)
    if not picture:
        return
    yield "<p>The worst error of each operation that has a tolerance or a bad case, as a share of what is allowed,"
    yield "on a logarithmic axis. One mark a loop: a circle is within, a cross beyond; the worst is said in words.</p>"
    yield '<div class="wide" role="region" tabindex="0" aria-label="Errors against their limits, picture">'
    yield from picture
    yield "</div>"


def _divergences(report: Report) -> Iterator[str]:
    chosen = most_telling(report.divergences, SHOWN_DIVERGENCES)
    if not chosen:
        return
    if more := len(report.divergences) - len(chosen):
        yield f"<p>{len(chosen)} of {len(report.divergences):,}; the first of each operation and loop come first."
        yield f"The other {more:,} are in <code>report.json</code> and <code>verdicts.ndjson</code> of the bundle.</p>"
    if not report.redacted:
        yield "<p>The command prints a script that shows the case again with NumPy and the provider alone; BUNDLE is"
        yield "the directory of this run.</p>"
    for verdict in chosen:
        yield from _divergence(report, redact(verdict) if report.redacted else verdict)


def _divergence(report: Report, verdict: Verdict) -> Iterator[str]:
    said = headline.WORDS[verdict.verdict] + (f" ({verdict.failed_class})" if verdict.failed_class else "")
    at = f", at {place(verdict)}" if verdict.index else ""
    yield f'<article id="{_anchor("case", verdict.case_id)}">'
    yield f"<h3>{_text(verdict.op)} <code>{_text(verdict.loop)}</code>, {_text(verdict.layout)}{_text(at)}: {said}</h3>"
    facts = {"case": f"<code>{_text(verdict.case_id)}</code>"} if report.redacted else {}
    for name, bits in (("expected", verdict.expected_bits), ("actual", verdict.actual_bits)):
        if bits is not None:
            facts[name] = f"<code>{_text(shown(verdict, bits))}</code>"
    if verdict.ulp is not None and verdict.ulp:
        facts["worst error"] = f"{ulps(verdict.ulp)} ULP" + (
            f", {ulps(verdict.bound)} of its bound" if verdict.bound is not None else ""
        )
    if verdict.differing:
        facts["differing"] = f"{verdict.differing:,} {'element' if verdict.differing == 1 else 'elements'}"
    if verdict.arbitration not in (None, "not_arbitrated"):
        facts["arbitration"] = _text(str(verdict.arbitration).replace("_", " "))
    if verdict.message:
        facts["said"] = f"<samp>{_text(verdict.message)}</samp>"
    yield "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items()) + "</dl>"
    if not report.redacted:
        yield f"<pre><code>{_text(headline.reproduce_command(report, verdict.case_id))}</code></pre>"
    yield "</article>"


def _gates(gates: Sequence[GateResult]) -> Iterator[str]:
    if not gates:
        return
    signs = {"pass": "✔ passed", "failed": "✗ failed", "not_evaluated": "○ not evaluated"}
    rows = [(_text(gate.name), f"{gate.limit:g}", _measured(gate), signs[gate.status]) for gate in gates]
    heads = ("gate", "limit", "measured", "result")
    yield from _table("Gates of the manifest", heads, rows, numbers=(1, 2))


def _measured(gate: GateResult) -> str:
    if gate.measured is None:
        return "a class failed" if gate.status == "failed" else "nothing"
    return ulps(gate.measured)


# -- rows and what is allowed ----------------------------------------------------------------------


def _rows(facts: _Facts) -> Iterator[str]:
    heads = ("operation", "loop", "cases", "verdicts", "worst ULP", "error of what is allowed", "allowed")
    for family, lines in by_family(facts.report, methods=False):
        caption = f"{family}: cases, worst error and tolerance of each loop"
        yield f'<div class="wide" role="region" tabindex="0" aria-label="{caption}"><table><caption>{caption}</caption>'
        yield f"<thead>{_table_head(heads, (2, 4))}</thead>"
        for line in lines:
            for char, rows in _by_first_input(line).items():
                named = f' id="{_anchor(line.op, _short(char))}"' if char in ELEMENTS else ""
                yield f"<tbody{named}>"
                for row in rows:
                    yield _table_row(_row(facts, row), (2, 4))
                yield "</tbody>"
        yield "</table></div>"


def _by_first_input(line: OpLine) -> dict[str, list[MatrixRow]]:
    found: dict[str, list[MatrixRow]] = {char: [] for char in COLUMNS}
    for row in line.rows:
        found.setdefault(row.loop[:1], []).append(row)
    return {char: rows for char, rows in found.items() if rows}


def _row(facts: _Facts, row: MatrixRow) -> tuple[str, ...]:
    key = row.op, row.loop
    tolerance, share = facts.allowed.get(key), facts.shares.get(key)
    used = "" if share is None or row.max_ulp is None else error_chart.said_of(row, share, tolerance)
    return (
        _text(row.op),
        f"<code>{_text(row.loop)}</code>",
        f"{row.cases:,}",
        _split(row),
        ulps(row.max_ulp),
        used,
        _limit(facts, tolerance),
    )


def _split(row: Counts) -> str:
    """Signs, numbers and words of the verdicts that occur; the number alone would repeat that of the cases."""
    found = headline.split(row)
    if len(found) == 1:
        return _word(found[0][0])
    return ", ".join(f"{count:,} {_word(name)}" for name, count in found)


def _limit(facts: _Facts, tolerance: Tolerance | None) -> str:
    if tolerance is None:
        return "" if foreign_catalogue(facts.report) else "exact bits"
    return f'<a href="#allowed-{facts.notes[tolerance]}">{_worded(tolerance)}</a>'


def _worded(tolerance: Tolerance) -> str:
    if isinstance(tolerance.limit, str):
        return f"bound of {tolerance.rule}, {tolerance.limit}"
    return f"≤ {tolerance.limit:g} ULP{' normwise' if tolerance.rule == 'ulp_normwise' else ''}"


def _allowed(facts: _Facts) -> Iterator[str]:
    if foreign_catalogue(facts.report):
        yield "<p>This run was judged by another catalogue than that of the program that made this page, so its limits"
        yield f"are not shown. The catalogue was <code>{_text(facts.report.catalogue_digest)}</code>.</p>"
        return
    yield "<p>Exact bits where nothing is said. Limits in ULP count from the oracle's result; bounds of reductions from"
    yield "the exact one. Rows of the catalogue that this run used:</p>"
    yield "<dl>"
    for tolerance, number in facts.notes.items():
        used = ", ".join(f"{op} {loop}" for (op, loop), other in facts.allowed.items() if other == tolerance)
        yield f'<dt id="allowed-{number}">{_worded(tolerance)}</dt>'
        yield f"<dd><code>{escape(used)}</code><br>{_text(tolerance.reason)}.<br>"
        yield f'<span class="faint">{tolerance.provenance}; worst: {_text(tolerance.worst)}</span></dd>'
    yield "</dl>"


def _identity(report: Report) -> Iterator[str]:
    oracle = report.oracle
    rows = [
        ("provider", f"{_text(headline.provider(report))} (<code>{_text(report.provider.spec)}</code>)"),
        ("oracle", _text(f"{headline.oracle(report)}, source {oracle.source}")),
        ("CPU features dispatched to", _text(", ".join(oracle.dispatch) or "baseline only")),
        ("platform of the oracle", _text(f"{oracle.platform}, {oracle.libm}, Python {oracle.python}")),
        *(("passed over", _text(f"{other.source}: {other.reason}")) for other in oracle.passed_over),
        ("suite", _text(report.suite)),
        ("run", f"<code>{_text(report.run_id.text)}</code>"),
        ("plan", f"<code>{_text(report.plan_digest)}</code>"),
        ("capture", f"<code>{_text(report.capture_digest)}</code>"),
        ("catalogue", f"<code>{_text(report.catalogue_digest)}</code>"),
    ]
    yield from _table("Provider, oracle, and digests (SHA-256) of what was compared", ("what", "is"), rows)
    yield '<p class="faint">Versions of the programs that made the run are in <code>run.json</code>.</p>'
