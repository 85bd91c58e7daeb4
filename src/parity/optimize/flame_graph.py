"""A flame graph: where samples of a running process fell, as one SVG with neither script nor reference.

Widths are shares of samples, not times of single calls; the order from left to right is alphabetical and means nothing
(Gregg, The Flame Graph, Communications of the ACM 59 (2016), 48-57). Each box says its words in a `title`.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import NamedTuple
from zlib import crc32

_WIDTH, _PITCH, _TOP, _LETTER = 1200, 18, 48, 7.0
"""Units of the picture: its width, the height of a row and of the head, the width of a letter."""

_NARROWEST = 0.4
"""Boxes below this width are left out, as no eye would see them; their callers show the gap."""

_DEEPEST = 120

_STYLE = (
    "text{font:12px ui-monospace,monospace;fill:#1b1b1b}.head{font:15px system-ui,sans-serif}.page{fill:#fff}"
    "rect{stroke:#fff;stroke-width:.5}"
    "@media (prefers-color-scheme:dark){.page{fill:#16181c}.head{fill:#e8e8e8}rect{stroke:#16181c}}"
)

Stacks = Mapping[tuple[str, ...], int]
"""Samples by stack, the outermost frame first."""


class _Box(NamedTuple):
    """A frame at a depth. start, samples: where it begins, and its width."""

    name: str
    depth: int
    start: int
    samples: int


def parse_folded(text: str) -> dict[tuple[str, ...], int]:
    """Stacks in the folded form: frames with semicolons between, a space, a count. Other lines are left out."""
    found: dict[tuple[str, ...], int] = {}
    for line in text.splitlines():
        frames, _, count = line.rpartition(" ")
        if frames and count.isdecimal():
            stack = tuple(frames.split(";"))
            found[stack] = found.get(stack, 0) + int(count)
    return found


def below(stacks: Stacks, frame: str) -> dict[tuple[str, ...], int]:
    """The part of each stack from the first frame that begins with this word, and only stacks that have one."""
    found: dict[tuple[str, ...], int] = {}
    for stack, count in stacks.items():
        at = next((place for place, name in enumerate(stack) if name.startswith(frame)), None)
        if at is not None:
            found[stack[at:]] = found.get(stack[at:], 0) + count
    return found


def flame_graph(stacks: Stacks, title: str) -> str:
    """The picture. Equal stacks give equal bytes. Raises ValueError if there is not one sample."""
    total = sum(stacks.values())
    if not total:
        raise ValueError("a flame graph of nothing")
    boxes = list(_boxes(sorted(stacks.items()), 0, 0))
    height = _TOP + _PITCH * (1 + max(box.depth for box in boxes)) + 8
    scale = _WIDTH / total
    shown = [_drawn(box, scale, total) for box in boxes if box.samples * scale >= _NARROWEST]
    about = f"{total} samples; each box is a function, its width its share of samples, its callers above it."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}"',
            f'height="{height}" role="img" aria-labelledby="flame-title flame-about">',
            f'<title id="flame-title">{_safe(title)}</title>',
            f'<desc id="flame-about">{about}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="page" width="{_WIDTH}" height="{height}" fill="#fff"/>',
            f'<text class="head" x="8" y="20">{_safe(title)}</text>',
            f'<text class="head" x="8" y="39" font-size="12">{about}</text>',
            *shown,
            "</svg>",
            "",
        ]
    )


def _boxes(stacks: list[tuple[tuple[str, ...], int]], depth: int, start: int) -> Iterator[_Box]:
    """The boxes of sorted stacks from a depth on, those of one caller together."""
    at = 0
    while at < len(stacks):
        stack, count = stacks[at]
        if len(stack) <= depth or depth >= _DEEPEST:
            start, at = start + count, at + 1
            continue
        end = at
        while end < len(stacks) and len(stacks[end][0]) > depth and stacks[end][0][depth] == stack[depth]:
            end += 1
        width = sum(number for _, number in stacks[at:end])
        yield _Box(stack[depth], depth, start, width)
        yield from _boxes(stacks[at:end], depth + 1, start)
        start, at = start + width, end


def _drawn(box: _Box, scale: float, total: int) -> str:
    x, y, width = box.start * scale, _TOP + box.depth * _PITCH, box.samples * scale
    shade = crc32(box.name.encode("utf-8", "replace"))
    colour = f"hsl({18 + shade % 36} {62 + shade // 64 % 24}% {62 + shade // 4096 % 14}%)"
    room = int((width - 6) / _LETTER)
    shown = box.name if len(box.name) <= room else box.name[: max(room - 1, 0)] + "…"
    words = f"{_safe(box.name)}: {box.samples} samples, {box.samples / total:.1%}"
    text = f'<text x="{x + 3:.2f}" y="{y + 13}">{_safe(shown)}</text>' if room >= 3 else ""
    return (
        f'<g><title>{words}</title><rect x="{x:.2f}" y="{y}" width="{width:.2f}" height="{_PITCH - 1}" '
        f'fill="{colour}"/>{text}</g>'
    )


def _safe(text: str) -> str:
    """Text as XML may hold it: escaped, and without control characters and lone surrogates."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return escape(plain.encode("utf-8", "replace").decode())
