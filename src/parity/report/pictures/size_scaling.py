"""How throughput depends on size: a panel for each operation, its workloads by bytes and GB/s, beside a bare copy.

Panels share their axes, so that a height means the same in all. The provider is drawn solid and NumPy dashed; a
workload whose family has no other size is a pair of marks.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from parity.documents.baseline import Baseline, WorkloadResult
from parity.report.headline import printable
from parity.report.pictures.axes import LogAxis, amount, brief, figure
from parity.report.pictures.sheet import Grid, Sheet, legend, number, path, shortened, shown, text, through

_PLANE = 2
_LARGEST = 10**18
"""Bytes; whoever claims more is drawn here, and so is a number that no float can hold."""
_LETTERED = 4
"""So many lines of a panel, and no more, are told apart by letters."""


class _Point(NamedTuple):
    """One workload: bytes of a call, GB/s of the provider and of NumPy (None: not timed), and what it is in words."""

    size: int
    provider: float
    numpy: float | None
    said: str


class _Axes(NamedTuple):
    grid: Grid
    sizes: LogAxis
    speeds: LogAxis


def size_scaling(baseline: Baseline) -> str:
    """An SVG picture of GB/s (10^9 bytes a second) against the bytes that a call reads and writes.

    Workloads without a throughput (withheld, not timed, of unknown bytes) are left out, and the words say how many.
    """
    timed = sorted((result for result in baseline.workloads if result.gb_per_s and result.bytes), key=_order)
    panels = {op: _families(results) for op, results in groupby(timed, lambda it: it.op)}
    grid = Grid.of(len(panels), most=4, height=150, head=22, foot=30)
    ladder = sorted((rung.bytes, rung.gb_per_s) for rung in baseline.copy_bandwidth)
    points = [point for families in panels.values() for family in families.values() for point in family]
    speeds = [speed for point in points for speed in (point.provider, point.numpy) if speed is not None]
    axes = _Axes(
        grid,
        LogAxis.spanning([*(point.size for point in points), *(size for size, _ in ladder)], 0, grid.width, 12),
        LogAxis.spanning([*speeds, *(speed for _, speed in ladder)], grid.height, 0, 7),
    )
    caches = {cache.level: cache.size for cache in baseline.fingerprint.caches if cache.kind != "instruction"}
    body = [
        *legend(52, 8, _key(baseline)),
        '<g transform="translate(0,22)">',
        "<defs>",
        '<g id="scaling-ground">',
        *_ground(axes, caches, ladder),
        "</g>",
        "</defs>",
        *(line for place, (op, families) in enumerate(panels.items()) for line in _panel(place, op, families, axes)),
        "</g>",
    ]
    heading = f"Throughput by size: {baseline.provider.name} {baseline.provider.version or ''}".strip()
    return Sheet("scaling", heading, [*_words(baseline, timed)], 22 + grid.depth(len(panels)), body).render()


def _order(result: WorkloadResult) -> tuple[str, str]:
    return result.op, result.name


def _words(baseline: Baseline, timed: Sequence[WorkloadResult]) -> Iterator[str]:
    left_out = len(baseline.workloads) - len(timed)
    yield "GB/s against the bytes that a call has to read and write, each once."
    yield (
        f"{len(timed)} {'workload' if len(timed) == 1 else 'workloads'} of set {baseline.set}"
        f"{f', {left_out} without a throughput' if left_out else ''}, on {baseline.fingerprint.cpu_model}."
    )
    if baseline.copy_bandwidth:
        rungs = [rung.gb_per_s for rung in baseline.copy_bandwidth]
        yield f"A copy moves {figure(min(rungs))} to {figure(max(rungs))} GB/s (bytes read and written)."
    largest = {result.op: result for result in sorted(timed, key=lambda it: (it.bytes or 0, it.name))}
    shares = sorted((result.copy_share, op) for op, result in largest.items() if result.copy_share is not None)
    if shares:
        told = ", ".join(f"{op} {100 * share:.3g} %" for share, op in reversed(shares))
        yield f"Share of a copy's bandwidth at each operation's largest size: {told}."


def _families(results: Iterable[WorkloadResult]) -> dict[str, list[_Point]]:
    families: dict[str, list[_Point]] = {}
    for result in results:
        families.setdefault(_family(result), []).append(_point(result))
    return {name: sorted(points) for name, points in families.items()}


def _family(result: WorkloadResult) -> str:
    """What workloads of a line have in common: `dd->d row`, `d->d axis1`, `d->d axis1 3-D`."""
    axes = max((len(lengths) for lengths in result.shape), default=0)
    return f"{result.loop} {result.layout}{f' {axes}-D' if axes > _PLANE else ''}"


def _point(result: WorkloadResult) -> _Point:
    size, speed = min(result.bytes or 0, _LARGEST), result.gb_per_s
    assert speed is not None
    numpy = size / result.numpy_ns.value if result.numpy_ns else None
    against = f", NumPy {figure(numpy)}" if numpy is not None else ""
    return _Point(size, speed, numpy, f"{result.name}: {amount(size)}, {figure(speed)} GB/s{against}")


def _key(baseline: Baseline) -> Iterator[tuple[str, str]]:
    yield (
        f'{path("M0 0H30", "provider", 2)}<circle class="provider" cx="15" cy="0" r="3"/>',
        shortened(baseline.provider.name, 30),
    )
    yield f"{_dashed('M0 0H30')}{_ring(15, 0)}", f"NumPy {baseline.fingerprint.numpy}"
    if baseline.copy_bandwidth:
        yield path("M0 0H30", "faint", 6, ' stroke-opacity="0.35"'), "a copy of as many bytes"
    if baseline.fingerprint.caches:
        yield path("M15-7V7", "faint", 1, ' stroke-dasharray="1 2"'), "size of a cache"


def _ground(axes: _Axes, caches: Mapping[int, int], ladder: Sequence[tuple[int, float]]) -> Iterator[str]:
    width, height = axes.grid.width, axes.grid.height
    faint = ' stroke-opacity="0.2"'
    for speed in axes.speeds.ticks(7):
        yield path(f"M0 {number(axes.speeds.place(speed))}H{number(width)}", "faint", 1, faint)
    for size in axes.sizes.ticks(5):
        x = axes.sizes.place(size)
        yield path(f"M{number(x)} 0V{number(height)}", "faint", 1, faint)
        yield text(x, height + 13, brief(amount(size)), "faint", "middle", 10)
    for level, size in sorted(caches.items()):
        if axes.sizes.holds(size):
            x = axes.sizes.place(size)
            yield path(
                f"M{number(x)} 0V{number(height)}", "faint", 1, ' stroke-dasharray="1 2"', f"L{level}: {size:,} B"
            )
            yield text(x + 2, height - 3, f"L{level}", "faint", size=9)
    if ladder:
        drawn = through((axes.sizes.place(size), axes.speeds.place(speed)) for size, speed in ladder)
        yield path(drawn, "faint", 6, ' stroke-opacity="0.35" stroke-linejoin="round" stroke-linecap="round"', "a copy")


def _panel(place: int, op: str, families: Mapping[str, Sequence[_Point]], axes: _Axes) -> Iterator[str]:
    x, y = axes.grid.corner(place)
    yield f'<g transform="translate({number(x)},{number(y)})">'
    yield '<use href="#scaling-ground"/>'
    best = max(point.provider for points in families.values() for point in points)
    yield f'<text x="0" y="-7"><tspan font-weight="600">{shown(op)}</tspan> up to {figure(best)} GB/s</text>'
    if place % axes.grid.columns == 0:
        for speed in axes.speeds.ticks(7):
            yield text(-6, axes.speeds.place(speed) + 3.5, f"{speed:g}", "faint", "end", 10)
    lines = {name: points for name, points in families.items() if len({point.size for point in points}) > 1}
    for points in families.values():
        yield from _marks(points, axes)
    for points in lines.values():
        yield from _lines(points, axes)
    if 1 < len(lines) <= _LETTERED:
        yield from _labels(lines, axes)
    yield "</g>"


def _marks(points: Sequence[_Point], axes: _Axes) -> Iterator[str]:
    for point in points:
        x, y = axes.sizes.place(point.size), axes.speeds.place(point.provider)
        if point.numpy is not None:
            yield _ring(x, axes.speeds.place(point.numpy))
        title = f"<title>{shown(point.said)}</title>"
        yield f'<circle class="provider" cx="{number(x)}" cy="{number(y)}" r="3">{title}</circle>'


def _lines(points: Sequence[_Point], axes: _Axes) -> Iterator[str]:
    solid = [(axes.sizes.place(point.size), axes.speeds.place(point.provider)) for point in points]
    dashed = [(axes.sizes.place(it.size), axes.speeds.place(it.numpy)) for it in points if it.numpy is not None]
    if len(dashed) > 1:
        yield _dashed(through(dashed))
    yield path(through(solid), "provider", 1.8)


def _labels(lines: Mapping[str, Sequence[_Point]], axes: _Axes) -> Iterator[str]:
    """A letter right of each line's last point, moved down where it would cover another; below, what letters mean."""
    ends = sorted((axes.speeds.place(points[-1].provider), name) for name, points in lines.items())
    below = -math.inf
    for place, (y, name) in enumerate(ends):
        below, letter = max(below + 9, y + 3), chr(ord("a") + place)
        yield text(axes.sizes.place(lines[name][-1].size) + 6, below, letter, "provider", size=10)
        foot = axes.grid.height - 15 - 11 * (len(ends) - 1 - place)
        yield text(axes.grid.width - 4, foot, f"{letter} {shortened(printable(name), 24)}", "provider", "end", 10)


def _dashed(commands: str) -> str:
    return path(commands, "numpy", 1.8, ' stroke-dasharray="5 3"')


def _ring(x: float, y: float) -> str:
    return (
        f'<circle class="numpy" cx="{number(x)}" cy="{number(y)}" r="3.2" fill="none" stroke="currentColor"'
        ' stroke-width="1.3"/>'
    )
