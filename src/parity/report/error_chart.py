"""A picture in SVG: how near each operation came to its limit, on a logarithmic axis that ends at a hundred times it.

Geometry is in attributes, so that the picture is legible without a style sheet. Marks differ in shape, not in colour
alone, and each row says its number in words.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

from parity.documents.report import MatrixRow, Report
from parity.ops.row import Tolerance
from parity.report.bit_pattern import ulps
from parity.report.error_shares import Row
from parity.report.headline import printable
from parity.report.matrix import by_family

_WIDTH, _LEFT, _RIGHT, _TOP, _PITCH = 860, 150, 560, 34, 19
"""Units of the picture: its width, where the axis begins and ends, the height of its head and of a row."""

_DECADES = -3, 2


class _Point(NamedTuple):
    """One loop. share: of what is allowed, infinite where no distance says how far it is beyond."""

    share: float
    shape: str
    said: str


def render(report: Report, allowed: Mapping[Row, Tolerance], shares: Mapping[Row, float]) -> list[str]:
    """Lines of an `svg` element: a row for each operation that has a tolerance or a bad case; none without any."""
    rows = [(op, points) for op, points in _operations(report, allowed, shares) if points]
    if not rows:
        return []
    height = _TOP + _PITCH * len(rows) + 6
    over = sum(any(point.shape == "bad" for point in points) for _, points in rows)
    about = f"{len(rows)} operations, {over} with cases beyond what is allowed. The tables have the same numbers."
    return [
        f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" font-size="12"',
        'role="img" aria-labelledby="chart-title chart-about" font-family="system-ui, sans-serif">',
        '<title id="chart-title">Worst error of each operation as a share of what is allowed</title>',
        f'<desc id="chart-about">{about}</desc>',
        *_axis(height),
        *(line for number, (op, points) in enumerate(rows) for line in _row(number, op, points)),
        "</svg>",
    ]


def _operations(
    report: Report, allowed: Mapping[Row, Tolerance], shares: Mapping[Row, float]
) -> Iterator[tuple[str, list[_Point]]]:
    for _, lines in by_family(report, methods=True):
        for line in lines:
            yield line.op, list(_points(line.rows, allowed, shares))


def _points(
    rows: Iterable[MatrixRow], allowed: Mapping[Row, Tolerance], shares: Mapping[Row, float]
) -> Iterator[_Point]:
    for row in rows:
        key = row.op, row.loop
        share = shares.get(key)
        shape = "bad" if row.bad else "known" if row.known else "within"
        if row.bad and (row.max_ulp is None or share is None):
            yield _Point(math.inf, shape, f"{row.loop}: {row.bad:,} bad, not all with a distance")
        elif share is not None:
            yield _Point(share, shape, f"{row.loop}: {said_of(row, share, allowed.get(key))}")


def said_of(row: MatrixRow, share: float, tolerance: Tolerance | None) -> str:
    """`2.54 of 3 ULP`, `0.31 of its bound`, or the bare distance where exact bits are due."""
    if tolerance is not None and not isinstance(tolerance.limit, str):
        unit = "ULP normwise" if tolerance.rule == "ulp_normwise" else "ULP"
        return f"{ulps(share * tolerance.limit)} of {tolerance.limit:g} {unit}"
    if math.isfinite(share):
        return f"{ulps(share)} of its bound"
    return f"{ulps(row.max_ulp)} ULP where none is allowed"


def _axis(height: int) -> Iterator[str]:
    low, high = _DECADES
    for decade in range(low, high + 1):
        x = _place(10.0**decade)
        name = {low: "≤ 0.001", 0: "the limit", high: "≥ 100"}.get(decade, f"{10.0**decade:g}")
        limit = ' class="limit" stroke-width="2"' if decade == 0 else ' class="grid" stroke-width="1" opacity="0.3"'
        yield f'<text x="{x}" y="16" text-anchor="middle" fill="currentColor">{name}</text>'
        yield f'<line x1="{x}" y1="24" x2="{x}" y2="{height - 4}" stroke="currentColor"{limit}/>'


def _row(number: int, op: str, points: Sequence[_Point]) -> Iterator[str]:
    y = _TOP + _PITCH * number + _PITCH // 2
    worst = max(points, key=lambda point: (point.shape == "bad", point.share))
    told = _text(worst.said)
    yield f'<text x="{_LEFT - 24}" y="{y + 4}" text-anchor="end" fill="currentColor">{_text(op)}</text>'
    # One mark a place: with every loop broken there were 1,390 crosses at the end of the axis, a quarter of the page.
    for point in {(_place(point.share), point.shape): point for point in points}.values():
        yield _drawn(point, y)
    yield f'<text x="{_RIGHT + 24}" y="{y + 4}" fill="currentColor" class="{worst.shape}">{told}</text>'


def _drawn(point: _Point, y: int) -> str:
    x = _place(point.share)
    title = f"<title>{_text(point.said)}</title>"
    if point.shape == "within":
        return f'<circle class="within" cx="{x}" cy="{y}" r="4" fill="currentColor" opacity="0.6">{title}</circle>'
    if point.shape == "known":
        path = f"M{x} {y - 5}l5 5l-5 5l-5-5z"
        return f'<path class="known" d="{path}" fill="currentColor">{title}</path>'
    path = f"M{x - 4:g} {y - 4}l8 8m0-8l-8 8"
    return f'<path class="bad" d="{path}" fill="none" stroke="currentColor" stroke-width="2.5">{title}</path>'


def _place(share: float) -> float:
    low, high = _DECADES
    decade = low if share <= 10.0**low else high if share >= 10.0**high else math.log10(share)
    return round(_LEFT + (_RIGHT - _LEFT) * (decade - low) / (high - low), 1)


def _text(text: str) -> str:
    return escape(printable(text))
