"""Render a bundle's report again."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from parity.bundle.layout import Bundle
from parity.documents.report import Report
from parity.documents.verdict import Verdict
from parity.report import html, interchange, junit, markdown

Renderer = Callable[[Report, Sequence[Verdict]], bytes]

FORMS: Mapping[str, tuple[str, Renderer]] = {
    "json": ("report.json", lambda report, _: interchange.to_json(report)),
    "md": ("report.md", lambda report, _: markdown.render(report).encode()),
    "html": ("report.html", html.render),
    "junit": ("report.xml", junit.render),
}
"""Forms of a report: its file in a bundle, and how it is made of the report and all verdicts."""

RENDERING = 1
"""Number of the way in which verdicts become the bytes of a report, kept in run.json. To be raised when the same
verdicts give other bytes in any form; a golden bundle tells. `parity verify` compares byte for byte what has its own
number, and says so where it is another."""


def renderings(report: Report, verdicts: Sequence[Verdict]) -> dict[str, bytes]:
    """The report's files in a bundle, by name: what a run writes and what is derived again to verify it."""
    return {name: render_form(report, verdicts) for name, render_form in FORMS.values()}


def render(path: Path, form: str) -> bytes:
    """The report of a bundle in one of the FORMS."""
    bundle = Bundle(path)
    _, render_form = FORMS[form]
    return render_form(bundle.report(), bundle.verdicts())
