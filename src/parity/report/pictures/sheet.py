"""The sheet that a picture is drawn on: one SVG element with style, title and words; and what pictures share.

Geometry is in attributes and colour is `currentColor`, so that a picture is legible without its style sheet, too.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from parity.report.headline import printable

WIDTH = 1000
"""Units of every picture, across."""
_MARGIN, _LINE = 16, 17
_COLUMNS = 138
"""Characters of a line of words: 12 units high they are at most 7 wide, in the widest of the usual fonts."""

_CSS = """
svg { color: #1c2128; background: #fff; }
.faint { color: #59636e; } .provider { color: #0a5cc2; } .numpy { color: #a04a00; }
.good { color: #17702f; } .bad { color: #b3261e; } .lack { color: #7d4e00; }
@media screen and (prefers-color-scheme: dark) {
svg { color: #e6e9ed; background: #10141a; }
.faint { color: #9aa5b1; } .provider { color: #79b8ff; } .numpy { color: #f0a35e; }
.good { color: #6bd188; } .bad { color: #ff9189; } .lack { color: #e8b84a; } }
"""
"""The colours of report.html; contrast of text is at least 4.5 in both schemes."""


class Sheet(NamedTuple):
    """A picture before it is text. key: what its ids begin with. words: sentences under the heading and in `desc`.

    height: of the body, which begins at y = 0 under the words. body: its elements. more: sentences of `desc` alone.
    """

    key: str
    heading: str
    words: Sequence[str]
    height: float
    body: Iterable[str]
    more: Sequence[str] = ()

    def render(self) -> str:
        """The SVG file, UTF-8 text that ends with a newline."""
        said = [printable(sentence) for sentence in self.words]
        wrapped = [line for sentence in said for line in textwrap.wrap(sentence, _COLUMNS)]
        top = 2 * _MARGIN + 10 + _LINE * len(wrapped)
        height = number(top + self.height + _MARGIN)
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"',
            f'role="img" aria-labelledby="{self.key}-title {self.key}-about"',
            'font-family="system-ui, sans-serif" font-size="12" fill="currentColor">',
            f'<title id="{self.key}-title">{shown(self.heading)}</title>',
            f'<desc id="{self.key}-about">{shown(" ".join([*said, *self.more]))}</desc>',
            f"<style>{_CSS}</style>",
            f'<text x="{_MARGIN}" y="{_MARGIN + 10}" font-size="17" font-weight="600">{shown(self.heading)}</text>',
            *(text(_MARGIN, _MARGIN + 10 + _LINE * (place + 1), line) for place, line in enumerate(wrapped)),
            f'<g transform="translate(0,{top})">',
            *self.body,
            "</g>",
            "</svg>",
        ]
        return "\n".join(lines) + "\n"


class Grid(NamedTuple):
    """Small multiples: panels in columns, read like lines of text. width, height: of a panel's plot.

    head, foot: room above and below a plot.
    """

    columns: int
    width: float
    height: float
    head: float
    foot: float
    left: float = 52
    gap: float = 18

    @classmethod
    def of(cls, panels: int, most: int, height: float, head: float, foot: float, gap: float = 18) -> "Grid":
        """As many columns as there are panels, but at least two and no more than `most`."""
        columns = min(max(panels, 2), most)
        width = (WIDTH - _MARGIN - 52 - gap * (columns - 1)) / columns
        return cls(columns, round(width, 1), height, head, foot, gap=gap)

    def corner(self, panel: int) -> tuple[float, float]:
        """Where the plot of a panel has its upper left corner."""
        row, column = divmod(panel, self.columns)
        return (
            round(self.left + (self.width + self.gap) * column, 1),
            round(self.head + (self.head + self.height + self.foot) * row, 1),
        )

    def depth(self, panels: int) -> float:
        """The height of them all."""
        return (self.head + self.height + self.foot) * -(-panels // self.columns)


def number(value: float) -> str:
    """A coordinate: to a tenth, without a zero behind the point."""
    return f"{value:.1f}".removesuffix(".0")


def shown(words: str) -> str:
    """The words of others, printable and escaped."""
    return escape(printable(words))


def shortened(words: str, most: int) -> str:
    """The words, or their beginning and their end where they have more characters than `most`."""
    if len(words) <= most:
        return words
    tail = most // 3
    return f"{words[: most - tail - 1]}…{words[-tail:]}"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start", size: float | None = None) -> str:
    """One line of words; kind: its class."""
    attributes = "".join(
        [
            f' class="{kind}"' if kind else "",
            f' text-anchor="{anchor}"' if anchor != "start" else "",
            f' font-size="{number(size)}"' if size else "",
        ]
    )
    return f'<text x="{number(x)}" y="{number(y)}"{attributes}>{shown(words)}</text>'


def path(commands: str, kind: str = "", width: float = 1, more: str = "", title: str = "") -> str:
    """A line that is not filled. more: further attributes. title: what a pointer on it is told."""
    head = f' class="{kind}"' if kind else ""
    tail = f"><title>{shown(title)}</title></path>" if title else "/>"
    return f'<path{head} d="{commands}" fill="none" stroke="currentColor" stroke-width="{width:g}"{more}{tail}'


def through(points: Iterable[tuple[float, float]]) -> str:
    """Commands of a path through points; points that fall on the one before are left out."""
    places: list[str] = []
    for x, y in points:
        place = f"{number(x)} {number(y)}"
        if not places or places[-1] != place:
            places.append(place)
    return f"M{'L'.join(places)}"


def legend(x: float, y: float, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A key on one line: pairs of elements (drawn around 0,0, 30 wide) and words."""
    for drawn, words in entries:
        yield f'<g transform="translate({number(x)},{number(y)})">{drawn}{text(36, 4, words)}</g>'
        x += 60 + 6.4 * len(words)
