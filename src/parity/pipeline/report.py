"""Render a bundle's report again."""

from pathlib import Path

from parity.bundle.layout import Bundle
from parity.report import interchange, junit, markdown


def render(path: Path, form: str) -> bytes:
    """The report of a bundle as `md`, `junit` or `json`."""
    bundle = Bundle(path)
    report = bundle.report()
    if form == "junit":
        return junit.render(report, bundle.verdicts())
    return markdown.render(report).encode() if form == "md" else interchange.to_json(report)
