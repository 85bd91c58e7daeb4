"""A forest plot: ratios with their intervals, a row for each workload, beside the band that counts as no difference.

What a row amounts to is told by the shape of its mark and by a word, not by colour alone.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from parity.report.headline import printable
from parity.report.pictures.axes import LogAxis, ratio
from parity.report.pictures.sheet import Sheet, legend, number, path, shortened, shown, text, through

_TOP, _PITCH, _RIGHT = 52, 17, 672
"""Units: the height of the head and of a row; where the axis ends and figures begin."""
_LONGEST, _CHARACTER = 46, 6.4
"""Characters of a name, and the units that one takes."""

GOOD, BAD, LACK, PLAIN = "good", "bad", "lack", "plain"
"""Kinds of a row, and the shapes of their marks: a disc, a cross, an open diamond, an open circle."""


class Row(NamedTuple):
    """One workload. group: rows of one group stand together. kind: GOOD, BAD, LACK or PLAIN. verdict: one or two words.

    value, low, high: the ratio and its interval, all None where there is none. delta: half of the band around 1 as a
    share, None without a band. note: stands behind the verdict.
    """

    name: str
    group: str
    kind: str
    verdict: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    delta: float | None = None
    note: str = ""


class _Slot(NamedTuple):
    """A line of the picture: a row, or the head of its group."""

    group: str
    row: Row | None
    delta: float | None


class Sides(NamedTuple):
    """What a ratio below 1 and one above 1 means, in words; and what the marks of each kind mean."""

    below: str
    above: str
    kinds: Sequence[tuple[str, str]]


def forest(rows: Iterable[Row], key: str, heading: str, words: Sequence[str], sides: Sides, widest: float = 100) -> str:
    """An SVG picture of the rows: groups in the order of their names, in each the greatest ratio last.

    widest: the axis reaches from one over it to it at most; an interval that leaves the picture ends in an arrow. key:
    what ids in the SVG begin with.
    """
    placed = sorted(rows, key=lambda row: (row.group, math.inf if row.value is None else row.value, row.name))
    slots = list(_slots(placed))
    longest = max([len(printable(row.name)) for row in placed], default=10)
    left = 24 + _CHARACTER * min(longest, _LONGEST)
    axis = _axis(placed, left + 14, _RIGHT, widest)
    depth = _TOP + _PITCH * len(slots) + 8
    body = [
        *legend(16, 8, [(_mark(15, 0, kind), said) for kind, said in sides.kinds]),
        *_bands(slots, axis),
        *_scale(axis, sides, depth),
        *(line for place, slot in enumerate(slots) for line in _slot(slot, axis, left, place)),
    ]
    return Sheet(key, heading, words, depth, body).render()


def _slots(rows: Iterable[Row]) -> Iterator[_Slot]:
    for group, grouped in groupby(rows, lambda row: row.group):
        members = list(grouped)
        yield _Slot(group, None, members[0].delta)
        yield from (_Slot(group, row, row.delta) for row in members)


def _axis(rows: Sequence[Row], start: float, end: float, widest: float) -> LogAxis:
    """Wide enough for every band and for the rows, but for the few that are more than twice as far as nine of ten."""
    reaches = sorted(max(_far(row.low), _far(row.high)) for row in rows if row.low is not None and row.high is not None)
    usual = reaches[math.ceil(0.9 * len(reaches)) - 1] if reaches else 1.0
    usual = max(reach for reach in [1.0, *reaches] if reach <= max(usual, 1.0) ** 2)
    reach = max([usual, *(1 + 2 * row.delta for row in rows if row.delta is not None), 1.02])
    reach = min(reach**1.1, widest)
    return LogAxis(1 / reach, reach, start, end)


def _far(value: float) -> float:
    """How far a ratio is from 1, as a factor above 1, which can be squared."""
    return min(max(value, 1 / max(value, 1e-9)), 1e9)


def _bands(slots: Sequence[_Slot], axis: LogAxis) -> Iterator[str]:
    """Behind the rows; neighbours of one width are one band, over the heads of groups, too."""
    y = _TOP
    for delta, run in groupby(slots, lambda slot: slot.delta):
        height = _PITCH * len(list(run))
        if delta is not None:
            left, right = axis.place(1 / (1 + delta)), axis.place(1 + delta)
            yield (
                f'<rect class="faint" x="{number(left)}" y="{y}" width="{number(right - left)}" height="{height}"'
                f' opacity="0.18"><title>±{100 * delta:.3g} %</title></rect>'
            )
        y += height


def _scale(axis: LogAxis, sides: Sides, depth: float) -> Iterator[str]:
    one = axis.place(1)
    yield text(one - 10, _TOP - 18, f"← {sides.below}", "faint", "end", 11)
    yield text(one + 10, _TOP - 18, f"{sides.above} →", "faint", size=11)
    for value in axis.ticks(9):
        x = axis.place(value)
        yield path(f"M{number(x)} {_TOP}V{number(depth - 4)}", "faint", 1, ' stroke-opacity="0.2"')
        yield text(x, _TOP - 4, f"{value:g}", "faint", "middle", 10)
    yield path(f"M{number(one)} {_TOP}V{number(depth - 4)}", "", 1.5)


def _slot(slot: _Slot, axis: LogAxis, left: float, place: int) -> Iterator[str]:
    y = _TOP + _PITCH * place + _PITCH / 2
    if slot.row is not None:
        yield from _row(slot.row, axis, left, y)
    else:
        yield f'<text x="16" y="{number(y + 4)}" font-weight="600">{shown(shortened(slot.group, _LONGEST))}</text>'


def _row(row: Row, axis: LogAxis, left: float, y: float) -> Iterator[str]:
    words = f"{row.verdict}{f', {row.note}' if row.note else ''}"
    name = printable(row.name)
    title = f"<title>{shown(f'{row.name}: {words}')}</title>" if len(name) > _LONGEST else ""
    label = shown(shortened(name, _LONGEST))
    yield f'<text x="{number(left)}" y="{number(y + 4)}" text-anchor="end" font-size="11">{label}{title}</text>'
    kind = row.kind if row.kind != PLAIN else "faint"
    if row.value is None or row.low is None or row.high is None:
        yield text(axis.end + 16, y + 4, shortened(printable(words), 46), kind, size=11)
        return
    yield from _interval(row.low, row.high, axis, y, kind)
    yield _mark(axis.place(row.value), y, row.kind if axis.holds(row.value) else "")
    figures = f"{ratio(row.value)} ({ratio(row.low)} to {ratio(row.high)})"
    yield text(axis.end + 16, y + 4, figures, size=11)
    yield text(axis.end + 184, y + 4, shortened(printable(words), 22), kind, size=11)


def _interval(low: float, high: float, axis: LogAxis, y: float, kind: str) -> Iterator[str]:
    begin, end = axis.place(low), axis.place(high)
    yield path(f"M{number(begin)} {number(y)}H{number(end)}", kind, 1.6)
    for beyond, x, way in ((low < axis.low, axis.start, 1), (high > axis.high, axis.end, -1)):
        if beyond:
            yield path(
                through([(x + 6 * way, y - 4), (x, y), (x + 6 * way, y + 4), (x, y), (x + 16 * way, y)]), kind, 1.6
            )


def _mark(x: float, y: float, kind: str) -> str:
    at = f"{number(x)} {number(y)}"
    if kind == GOOD:
        return f'<circle class="good" cx="{number(x)}" cy="{number(y)}" r="3.6"/>'
    if kind == BAD:
        return path(f"M{at}m-4.5-4.5l9 9m0-9l-9 9", "bad", 2.5)
    if kind == LACK:
        return path(f"M{at}m0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z", "lack", 1.6)
    if kind == PLAIN:
        return (
            f'<circle cx="{number(x)}" cy="{number(y)}" r="3.6" fill="none" stroke="currentColor" stroke-width="1.4"/>'
        )
    return ""
