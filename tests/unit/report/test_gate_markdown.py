"""A gate for people: Markdown that nothing in it can break, annotations that the runner reads, a table that is plain."""

import io
import re

import pytest
from rich.console import Console

from parity.bench.comparison import ACROSS, compare
from parity.bench.fingerprint import identified
from parity.bench.gate import judge_gate
from parity.documents.gate import Gate
from parity.report.gate_markdown import SHOWN_ANNOTATIONS, annotations, render
from parity.report.gate_table import show_comparison, show_gate
from parity.report.gate_words import change, outcome, probability, worst_first

from ..bench.measured_baseline import MACHINE  # noqa: TID252 - tests are no package with a name
from ..bench.two_runs import around, run, slower, timed, withheld  # noqa: TID252
from .report_evidence import NASTY

OTHER_MACHINE = identified(MACHINE.model_copy(update={"cpu_model": "Another | Processor"}))
COMMAND = re.compile(r"::(error|warning) title=([^:,\r\n]*)::([^\r\n]*)")
"""What the runner takes for a command: no colon and no comma in a property that are not escaped."""


def mixed() -> Gate:
    before = run(*(timed(name) for name in ("add-1", "sin-1", "exp-1", "max-1", "sum-1", "sub-1")))
    after = run(
        timed("add-1", slower(0.05)),
        timed("sin-1", slower(0.018)),
        timed("exp-1"),
        withheld("max-1"),
        timed("sum-1", digest="f" * 32),
        timed("sub-1", slower(0.3)),
        timed("new-1"),
    )
    return judge_gate(before, after)


def nasty() -> Gate:
    """Names and reasons that try everything; a document holds no lone surrogates."""
    name = NASTY.encode("utf-8", "replace").decode() + "::set-output name=x::y\n::error::z"
    before = run(timed(name), timed(f"{name}2"), timed(f"{name}3"))
    wrong = withheld(f"{name}2").model_copy(update={"withheld": name})
    return judge_gate(
        before, run(timed(name, slower(0.5)), wrong, timed(f"{name}3", slower(0.018)), timed("new" + name))
    )


def shown(gate: Gate, **options: object) -> str:
    console = Console(file=io.StringIO(), width=100, **options)  # type: ignore[arg-type]
    show_gate(gate, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# -- words -----------------------------------------------------------------------------------------


def test_the_outcome_counts_the_worst_first() -> None:
    assert outcome(mixed()) == "1 missing, 2 regressed, 1 inconclusive, 1 not comparable, 1 passed"
    assert outcome(judge_gate(run(), run())) == "the baseline has no workloads"


def test_rows_come_worst_first_and_slowest_first_among_equals() -> None:
    assert [row.name for row in worst_first(mixed())] == ["sub-1", "add-1", "sin-1", "sum-1", "exp-1"]


def test_a_change_is_in_percent_and_a_large_one_is_a_factor() -> None:
    assert change(around(1.05)) == "+5.0 % (+4.0 to +6.0)"
    assert change(around(2.5)) == "x2.5 (2.48 to 2.52)"
    assert change(around(1.0)) == "0.0 % (-1.0 to +1.0)"
    assert change(None) == "n/a"
    assert [probability(p) for p in (None, 0.012345, 1e-9)] == ["n/a", "0.012", "<0.0001"]


# -- Markdown --------------------------------------------------------------------------------------


def test_markdown_has_the_verdict_the_control_and_what_is_not_passed_in_sight() -> None:
    page = render(mixed())
    head, _, rest = page.partition("<details>")
    assert head.startswith("# Benchmarks: regressed\n\n1 missing, 2 regressed")
    assert "equal arms are the same in both runs" in head
    assert "A Processor 9, 2 cores" in head
    assert "| `max-1` | the answer is wrong at \\[3\\] |" in head
    assert re.search(
        r"\| `add-1` \| regressed \| \+5\.1 % \(\+4\.\d to \+5\.\d\) \| \+2 % \| [^|]+ \|  \| 5\.1 % slower", head
    )
    assert head.index("`sub-1`") < head.index("`add-1`") < head.index("`sin-1`") < head.index("`sum-1`")
    assert "New, so not judged: `new-1`." in head
    assert rest.startswith("<summary>1 other workload</summary>")
    assert "`exp-1`" in rest


def test_markdown_says_what_differs_where_nothing_can_be_compared() -> None:
    page = render(judge_gate(run(timed("add-1")), run(timed("add-1"), machine=OTHER_MACHINE)))
    assert page.startswith("# Benchmarks: not comparable\n")
    assert "- cpu\\_model: A Processor 9 in the baseline, Another \\| Processor now" in page


def test_markdown_shows_the_slow_calls_where_they_are_judged() -> None:
    before = run(timed("add-1", tail=0.2, slow=slower(0)))
    page = render(judge_gate(before, run(timed("add-1", tail=0.2, slow=slower(0.5)))))
    assert re.search(r"\| \+64\.9 % \([^|]*\), budget \+20 % \| p99: ", page)


def test_nothing_in_a_name_or_a_reason_breaks_a_table_or_makes_markup() -> None:
    page = render(nasty())
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert rows
    columns = {len(re.findall(r"(?<!\\)\|", row)) - 1 for row in rows}
    assert columns == {2, 7}
    assert "\x1b" not in page
    assert "\x00" not in page
    text = re.sub(r"\\.|`[^`]*`", "", page)  # what is escaped, or in a code span, is no markup
    assert not re.search(r"<(?!/?(details|summary)>)", text)


# -- annotations -----------------------------------------------------------------------------------


def test_regressed_and_missing_are_errors_and_what_is_open_are_warnings() -> None:
    found = [COMMAND.fullmatch(line) for line in annotations(mixed())]
    assert [(match[1], match[2]) for match in found if match] == [
        ("error", "benchmark missing%3A max-1"),
        ("error", "benchmark regressed%3A sub-1"),
        ("error", "benchmark regressed%3A add-1"),
        ("warning", "benchmark inconclusive%3A sin-1"),
        ("warning", "benchmark not comparable%3A sum-1"),
    ]
    assert "5.1 %25 slower" in annotations(mixed())[2]


def test_annotations_are_escaped_so_that_no_name_is_a_command() -> None:
    lines = annotations(nasty())
    assert len(lines) == 3
    assert all(COMMAND.fullmatch(line) for line in lines)
    assert all(line.isprintable() for line in lines)
    assert all(re.search(r"%(?!25|0A|0D|3A|2C)", line) is None for line in lines)


def test_no_more_annotations_are_made_than_are_shown_and_the_last_counts_the_others() -> None:
    names = [f"add-{number}" for number in range(25)]
    gate = judge_gate(run(*map(timed, names)), run(*(timed(name, slower(0.2)) for name in names)))
    lines = annotations(gate)
    assert len(lines) == SHOWN_ANNOTATIONS
    assert lines[-1] == "::error title=16 more benchmarks::see the summary of the job"


@pytest.mark.parametrize(
    ("gate", "line"),
    [
        (judge_gate(run(timed("add-1")), run(timed("add-1"))), None),
        (judge_gate(run(), run()), "::warning title=benchmarks inconclusive::nothing was compared"),
        (
            judge_gate(run(timed("add-1")), run(timed("add-1"), control="different")),
            "::warning title=benchmarks inconclusive::equal arms differ in the current run: no verdict can be believed",
        ),
    ],
)
def test_a_pass_has_no_annotation_and_a_gate_that_nobody_can_believe_has_one(gate: Gate, line: str | None) -> None:
    assert annotations(gate) == ([] if line is None else [line])


def test_another_machine_is_one_warning() -> None:
    lines = annotations(judge_gate(run(timed("add-1")), run(timed("add-1"), machine=OTHER_MACHINE)))
    assert len(lines) == 1
    assert lines[0].startswith("::warning title=benchmarks not comparable::the fingerprints differ: cpu_model:")


# -- the terminal ----------------------------------------------------------------------------------


def test_the_table_has_the_worst_first_and_the_verdict_last() -> None:
    text = shown(mixed())
    places = [text.index(name) for name in ("max-1", "sub-1", "add-1", "sin-1", "sum-1", "nearest to its budget")]
    assert places == sorted(places)
    assert text.splitlines()[-1].startswith("regressed: 1 missing, 2 regressed")
    assert "new, so not judged: new-1" in text


@pytest.mark.parametrize("gate", [mixed(), nasty(), judge_gate(run(), run())], ids=["mixed", "nasty", "empty"])
def test_the_table_is_plain_where_it_must_be(gate: Gate) -> None:
    text = shown(gate)
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("text", ["::error::x", "\n::error::x", "x\n::error::y", " ::error::\r::error::z"])
def test_no_line_of_a_table_is_a_command_to_the_runner(text: str) -> None:
    strings = dict.fromkeys(("cpu_model", "os", "libc", "python", "numpy", "governor", "numba"), text)
    machine = identified(MACHINE.model_copy(update=strings))
    before = run(timed(text), timed(f"{text}2"), timed(f"{text}3"), machine=machine)
    wrong = withheld(f"{text}2").model_copy(update={"withheld": text})
    after = run(timed(text, slower(0.5)), wrong, timed(f"{text}4"), machine=machine)
    elsewhere = run(timed(text), timed(f"{text}2"))
    console = Console(file=io.StringIO(), width=100)
    for other in (after, elsewhere):
        show_gate(judge_gate(before, other), console)
        show_gate(judge_gate(other, before), console)
        show_comparison(compare(before, other, across=other is elsewhere), console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert any("error::" in line for line in lines)
    assert all(line.isprintable() and not line.lstrip().startswith("::") for line in lines)


def test_the_comparison_says_first_that_it_is_across_machines() -> None:
    def shown_comparison(across: bool) -> str:
        machine = OTHER_MACHINE if across else MACHINE
        after = run(timed("add-1", slower(0.5)), withheld("sin-1"), machine=machine)
        console = Console(file=io.StringIO(), width=150)
        show_comparison(compare(run(timed("add-1"), timed("sin-1"), timed("exp-1")), after, across=across), console)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    assert shown_comparison(True).startswith(ACROSS)
    assert "p50" not in shown_comparison(True)
    text = shown_comparison(False)
    assert "p50" in text
    assert "+64.9 %" in text
    assert "only in the baseline: exp-1" in text
    assert "the current run has no times: the answer is wrong at [3]" in text
    assert (
        text.splitlines()[-1]
        == "time in units of NumPy's x1.65 on the geometric mean of 1 workload; nothing is judged here"
    )
