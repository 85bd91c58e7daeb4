"""A report as JSON: what `--json` prints and what report.json holds."""

from parity.documents.model import pretty
from parity.documents.report import Report


def to_json(report: Report) -> bytes:
    """The report with every field and its `schema`, sorted and indented."""
    return pretty(report.full())


def from_json(data: bytes, where: str = "report.json") -> Report:
    """The report in JSON text. Raises DocumentError that names `where` and the first wrong field."""
    return Report.from_json(data, where)
