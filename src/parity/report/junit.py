"""JUnit XML: one suite for each operation, one test case for each case; its counts are its elements.

Written for the schema that Jenkins, GitLab and pytest agree on (testsuites > testsuite > testcase > failure, error or
skipped). It says what was judged, not whether the evidence reaches: a run that compared nothing has only skipped cases.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape

from parity.documents.report import GateResult, Report
from parity.documents.verdict import Verdict

FAILURES = ("diverged", "raised_differently", "unexpected_pass")
ERRORS = ("crashed", "timed_out")
SKIPPED = ("unsupported",)

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 leaves out, and no reference may name: control characters, surrogates, U+FFFE, U+FFFF."""


def render(report: Report, verdicts: Iterable[Verdict]) -> bytes:
    """The XML document, in UTF-8, of a report and of all verdicts of its run."""
    by_op: dict[str, list[Verdict]] = {row.op: [] for row in report.matrix}
    for verdict in verdicts:
        by_op.setdefault(verdict.op, []).append(verdict)
    suites = [_suite(f"parity.{op}", [_case(verdict) for verdict in of_op], report) for op, of_op in by_op.items()]
    if report.gates:
        suites.append(_suite("parity.gates", [_gate(gate) for gate in report.gates], report))
    counts = [sum(suite[0][index] for suite in suites) for index in range(4)]
    name = f"parity {report.suite} {report.provider.spec}"
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {_attributes(name=name, **_named(counts))}>"]
    for _, text in suites:
        lines.extend(text)
    lines.append("</testsuites>\n")
    return "\n".join(lines).encode()


_Counted = tuple[tuple[int, int, int, int], list[str]]


def _suite(name: str, cases: list[tuple[str, str]], report: Report) -> _Counted:
    """The counts of a suite (tests, failures, errors, skipped) and its lines."""
    kinds = [kind for kind, _ in cases]
    counts = (len(cases), kinds.count("failure"), kinds.count("error"), kinds.count("skipped"))
    lines = [f"<testsuite {_attributes(name=name, **_named(counts))}>", "<properties>"]
    for key, value in _properties(report):
        lines.append(f"<property {_attributes(name=key, value=value)}/>")
    return counts, [*lines, "</properties>", *(text for _, text in cases), "</testsuite>"]


def _properties(report: Report) -> Iterator[tuple[str, str]]:
    yield "run_id", report.run_id.text
    yield "provider", f"{report.provider.name} {report.provider.version or ''}".strip()
    yield "oracle", f"{report.oracle.source} {report.oracle.numpy or ''}".strip()
    for note in report.notes:
        yield "note", note


def _named(counts: Iterable[int]) -> dict[str, str]:
    return {key: str(count) for key, count in zip(("tests", "failures", "errors", "skipped"), counts, strict=True)}


def _case(verdict: Verdict) -> tuple[str, str]:
    """What kind of element the case holds, `` for none, and its text."""
    kind = _kind(verdict.verdict)
    head = _attributes(classname=f"parity.{verdict.op}.{verdict.loop}", name=verdict.case_id)
    if not kind:
        return kind, f"<testcase {head}/>"
    said = ": ".join(filter(None, (verdict.verdict, verdict.failed_class, verdict.message)))
    if kind == "skipped":
        return kind, f"<testcase {head}><skipped {_attributes(message=said)}/></testcase>"
    inner = _attributes(type=verdict.verdict, message=said)
    return kind, f"<testcase {head}><{kind} {inner}>{_text(_detail(verdict))}</{kind}></testcase>"


def _kind(verdict: str) -> str:
    for kind, names in (("failure", FAILURES), ("error", ERRORS), ("skipped", SKIPPED)):
        if verdict in names:
            return kind
    return ""


def _detail(verdict: Verdict) -> str:
    """The facts of a verdict, one a line."""
    facts = {
        "layout": verdict.layout,
        "class": verdict.failed_class,
        "index": None if verdict.index is None else str(list(verdict.index)),
        "expected": verdict.expected_bits,
        "actual": verdict.actual_bits,
        "ulp": None if verdict.ulp is None else f"{verdict.ulp:g}",
        "differing elements": str(verdict.differing) if verdict.differing else None,
        "arbitration": verdict.arbitration,
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value is not None)


def _gate(gate: GateResult) -> tuple[str, str]:
    head = _attributes(classname="parity.gates", name=gate.name)
    if gate.status == "pass":
        return "", f"<testcase {head}/>"
    measured = "nothing" if gate.measured is None else f"{gate.measured:g}"
    said = _attributes(message=f"limit {gate.limit:g}, measured {measured}")
    if gate.status == "failed":
        return "failure", f'<testcase {head}><failure type="gate" {said}/></testcase>'
    return "skipped", f"<testcase {head}><skipped {said}/></testcase>"


def _attributes(**values: str) -> str:
    return " ".join(f'{name}="{_text(value)}"' for name, value in values.items())


def _text(text: str) -> str:
    """Text for content and attributes: markup escaped, what XML cannot hold in Python's notation, as 0x1b is."""
    legal = _NOT_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return escape(legal).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
