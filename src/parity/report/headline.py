"""The one sentence that says how a run ended, and what stands beside it."""

import shlex

from parity.documents.report import Counts, Report
from parity.documents.verdict import BAD
from parity.errors import ExitCode

WORDS: dict[str, str] = {
    "exact": "exact",
    "within_tolerance": "within tolerance",
    "known": "known",
    "diverged": "diverged",
    "raised_differently": "raised differently",
    "crashed": "crashed",
    "timed_out": "timed out",
    "unsupported": "unsupported",
    "unexpected_pass": "passed unexpectedly",
}
"""Verdicts as a sentence says them."""


def headline(report: Report) -> str:
    """What was compared with what, and how it ended; an oracle that is no NumPy is named first."""
    return f"{pair(report)}: {outcome(report)}"


def pair(report: Report) -> str:
    """`numba 1.0 against NumPy 2.4.6`."""
    return f"{provider(report)} against {oracle(report)}"


def provider(report: Report) -> str:
    """The provider and its version."""
    return f"{report.provider.name} {report.provider.version or ''}".strip()


def oracle(report: Report) -> str:
    """Whose answers the capture holds."""
    if report.oracle.source == "pure_python":
        return "a pure Python oracle (no evidence about NumPy)"
    legacy = ", legacy" if report.oracle.source == "legacy" else ""
    return f"NumPy {report.oracle.numpy}{legacy}"


def outcome(report: Report) -> str:
    """`3 of 24,000 cases are bad in 2 operations`, `all 24,000 cases agree`, `nothing was compared`."""
    totals = report.totals
    failed = [gate.name for gate in report.gates if gate.status == "failed"]
    broken = f"{'gate' if len(failed) == 1 else 'gates'} {', '.join(failed)} failed" if failed else ""
    if totals.bad:
        ops = len({row.op for row in report.matrix if row.bad})
        text = (
            f"{totals.bad:,} of {counted(totals.cases)} {'is' if totals.bad == 1 else 'are'} bad"
            f" in {ops} {'operation' if ops == 1 else 'operations'}"
        )
        return f"{text}, {broken}" if broken else text
    if not totals.good:
        return "nothing was compared"
    unsupported = f", {totals.unsupported:,} unsupported" if totals.unsupported else ""
    text = f"{counted(totals.good)} {'agrees' if totals.good == 1 else 'agree'}{unsupported}"
    if not totals.unsupported:
        text = f"all {text}" if totals.good > 1 else text
    if broken:
        return f"{text}, but {broken}"
    return f"{text}, but this is inconclusive" if report.exit_code() == ExitCode.INCONCLUSIVE else text


def printable(text: str) -> str:
    """The words of others on one line: what no terminal or file should get (escape codes, lone surrogates) is named.

    So are two colons that begin them: where a line begins with these words, it would be a command to GitHub's runner.
    """
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text).strip()
    return f"\\x3a{shown[1:]}" if shown.startswith("::") else shown


def counted(cases: int) -> str:
    """`1 case`, `2 cases`."""
    return f"{cases:,} {'case' if cases == 1 else 'cases'}"


def split(counts: Counts) -> list[tuple[str, int]]:
    """The verdicts that occur, with their number."""
    return [(name, getattr(counts, name)) for name in WORDS if getattr(counts, name)]


def reproduce_command(report: Report, case_id: str) -> str:
    """The command that prints the script for one case; BUNDLE where no bundle was written."""
    bundle = shlex.quote(report.bundle) if report.bundle else "BUNDLE"
    return f"parity reproduce {bundle} {shlex.quote(case_id)}"


assert set(BAD) < set(WORDS)
