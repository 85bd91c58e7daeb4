"""How single calls are spread: the share of calls that took no longer than a time, its tail stretched.

Upwards is -log10(1 - p): from p50 to p95, to p99.5, to p99.95 it is one decade of slow calls each.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parity.documents.baseline import Baseline, Interval, WorkloadResult
from parity.report.headline import printable
from parity.report.pictures.axes import LogAxis, brief, duration, figure
from parity.report.pictures.sheet import Grid, Sheet, legend, number, path, shortened, shown, text, through

Arms = tuple[NDArray[np.uint64], NDArray[np.uint64]]
"""Durations of single calls in nanoseconds, the provider's and NumPy's, of any shape and in any order."""

PANELS = 12
_TAIL, _BODY = 100, 120
"""Points of a curve: its slowest calls one by one, and so many of the others."""
_TICKS = ((0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p99.9"), (0.9999, "p99.99"))
_DECADES = 1.0
"""Beyond so many decades right of the slower median a curve leaves its panel; words tell how slow the slowest was."""
_KEY = Interval(low=1.3, value=3.0, high=7.0)


class _Curve(NamedTuple):
    """A thinned distribution: nanoseconds in order, the height of each point, and of how many calls it is."""

    times: NDArray[np.float64]
    heights: NDArray[np.float64]
    calls: int


class _Panel(NamedTuple):
    result: WorkloadResult
    provider: _Curve
    numpy: _Curve


def latency_ecdf(baseline: Baseline, samples: Mapping[str, Arms]) -> str:
    """An SVG picture of the distributions of single calls, at most twelve of them, named by their workloads.

    Only workloads whose single calls were timed are drawn (`mode` is `per_call`), and of these one of each operation
    before a second of any, quick and slow ones in turn. p50, p95 and p99 carry the intervals of the baseline.
    """
    chosen = [_Panel(it, *(thinned(arm) for arm in samples[it.name])) for it in _choice(baseline, samples)]
    count = max([curve.calls for panel in chosen for curve in (panel.provider, panel.numpy)], default=1)
    grid = Grid.of(len(chosen), most=3, height=150, head=48, foot=26, gap=24)
    top = min(max(math.log10(2 * count), 2.2), 4.2)
    body = [
        *legend(52, 8, _key(baseline)),
        '<g transform="translate(0,24)">',
        *(line for place, panel in enumerate(chosen) for line in _drawn(place, panel, grid, top)),
        "</g>",
    ]
    heading = f"Single calls: {baseline.provider.name} {baseline.provider.version or ''}".strip()
    depth = 24 + grid.depth(len(chosen))
    return Sheet("latency", heading, _words(baseline, chosen), depth, body, [_told(it) for it in chosen]).render()


def thinned(durations: NDArray[np.uint64]) -> _Curve:
    """The distribution by at most 220 of its order statistics, of the hundred slowest calls each one.

    The i-th of n calls stands at p = (i - 0.5) / n (Hazen's plotting position), so that the slowest has a place, too.
    """
    times = np.sort(np.asarray(durations, dtype=np.float64), axis=None)
    heights = -np.log10((len(times) - np.arange(len(times)) - 0.5) / len(times))
    ordinary = max(len(times) - _TAIL, 0)
    picked = np.arange(ordinary, len(times))
    if ordinary:
        # Half of the points by rank and half by height: the first draw the body, the others the way to the tail.
        by_rank = np.linspace(0, ordinary - 1, _BODY // 2)
        by_height = np.searchsorted(heights, np.linspace(heights[0], heights[ordinary - 1], _BODY // 2))
        picked = np.unique(np.concatenate([by_rank.astype(np.int64), by_height, picked]))
    return _Curve(np.maximum(times[picked], 1.0), heights[picked], len(times))


def _choice(baseline: Baseline, samples: Mapping[str, Arms]) -> list[WorkloadResult]:
    by_op: dict[str, list[WorkloadResult]] = {}
    for result in sorted(baseline.workloads, key=lambda it: (it.op, it.p99_ns is None, _median(it), it.name)):
        if result.mode == "per_call" and all(arm.size for arm in samples.get(result.name, (np.empty(0),))):
            by_op.setdefault(result.op, []).append(result)
    chosen = []
    for turn, results in enumerate(by_op.values()):
        # The quickest of the first operation, the middle one of the second, the slowest of the third, and so on.
        known = sum(result.p99_ns is not None for result in results) or len(results)
        begin = (0, known // 2, known - 1)[turn % 3]
        chosen += list(enumerate(results[begin:] + results[:begin]))
    first = sorted(chosen, key=lambda it: (it[0], it[1].op))[:PANELS]
    return sorted((result for _, result in first), key=lambda it: (it.op, it.name))


def _median(result: WorkloadResult) -> float:
    return result.p50_ns.value if result.p50_ns else 0.0


def _words(baseline: Baseline, chosen: Sequence[_Panel]) -> list[str]:
    timed = sum(result.mode == "per_call" and result.samples > 0 for result in baseline.workloads)
    tails = sorted(
        (it.p99_ns.value / it.p50_ns.value, it.name)
        for it, *_ in chosen
        if it.p50_ns is not None and it.p99_ns is not None
    )
    where = f"of set {baseline.set} whose calls were timed one by one, on {baseline.fingerprint.cpu_model}"
    words = [
        "Share of single calls that took no longer than a time; the upper part is stretched.",
        f"{len(chosen)} of {timed} workloads {where}.",
    ]
    if tails:
        (least, one), (most, other) = tails[0], tails[-1]
        words.append(f"p99 is {figure(least)} ({one}) to {figure(most)} ({other}) times p50.")
    return words


def _told(panel: _Panel) -> str:
    arms = zip(("the provider", "NumPy"), (panel.provider, panel.numpy), strict=True)
    slowest = ", ".join(f"{arm}'s slowest call {duration(float(curve.times[-1]))}" for arm, curve in arms)
    return f"{panel.result.name}: {_percentiles(panel.result)}; {slowest}."


def _percentiles(result: WorkloadResult) -> str:
    named = ((name, _of(result, name)) for name in ("p50", "p95", "p99"))
    return ", ".join(f"{name} {duration(it.value)}" for name, it in named if it is not None) or "too few calls"


def _of(result: WorkloadResult, name: str) -> Interval | None:
    return {"p50": result.p50_ns, "p95": result.p95_ns, "p99": result.p99_ns}[name]


def _key(baseline: Baseline) -> Iterator[tuple[str, str]]:
    yield path("M0 0H30", "provider", 1.8), shortened(baseline.provider.name, 30)
    yield path("M0 0H30", "numpy", 1.8, ' stroke-dasharray="5 3"'), f"NumPy {baseline.fingerprint.numpy}"
    yield _estimate(_KEY, LogAxis(1, 10, 0, 30), 0), "p50, p95, p99 of the provider with its interval of 95 %"


def _drawn(place: int, panel: _Panel, grid: Grid, top: float) -> Iterator[str]:
    x, y = grid.corner(place)
    axis, heights = _axis(panel, grid.width), _Heights(top, grid.height)
    result = panel.result
    yield f'<g transform="translate({number(x)},{number(y)})">'
    name = shortened(printable(result.name), 44)
    yield f'<text x="0" y="-32" font-weight="600">{shown(name)}</text>'
    ratio = f"NumPy takes {figure(result.numpy_ratio.value)} times as long; " if result.numpy_ratio else ""
    yield text(0, -19, _percentiles(result), "faint", size=10)
    yield text(0, -6, f"{ratio}{panel.provider.calls:,} calls", "faint", size=10)
    yield from _ground(axis, heights, labelled=place % grid.columns == 0)
    yield path(_steps(panel.numpy, axis, heights), "numpy", 1.6, ' stroke-dasharray="5 3"')
    yield path(_steps(panel.provider, axis, heights), "provider", 1.6)
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        interval = _of(result, name)
        if interval is not None:
            told = f"{name} {duration(interval.value)} ({duration(interval.low)} to {duration(interval.high)})"
            yield f"<g>{_estimate(interval, axis, heights.place(share))}<title>{shown(told)}</title></g>"
    yield "</g>"


class _Heights(NamedTuple):
    top: float
    height: float

    def place(self, share: float) -> float:
        return self.at(-math.log10(1 - share))

    def at(self, value: float) -> float:
        return round(self.height * (1 - min(value, self.top) / self.top), 1)


def _axis(panel: _Panel, width: float) -> LogAxis:
    times = [panel.provider.times, panel.numpy.times]
    fastest = min(float(it[0]) for it in times)
    median = max(float(np.interp(-math.log10(0.5), it.heights, it.times)) for it in (panel.provider, panel.numpy))
    slowest = min(max(float(it[-1]) for it in times), median * 10**_DECADES)
    return LogAxis(fastest * 0.95, max(slowest * 1.05, fastest * 1.5), 0, width)


def _ground(axis: LogAxis, heights: _Heights, *, labelled: bool) -> Iterator[str]:
    for share, name in _TICKS:
        if -math.log10(1 - share) <= heights.top:
            y = heights.place(share)
            yield path(f"M0 {number(y)}H{number(axis.end)}", "faint", 1, ' stroke-opacity="0.2"')
            if labelled:
                yield text(-6, y + 3.5, name, "faint", "end", 10)
    for time in axis.ticks(5):
        x = number(axis.place(time))
        yield path(f"M{x} 0V{number(heights.height)}", "faint", 1, ' stroke-opacity="0.2"')
        yield text(axis.place(time), heights.height + 13, brief(duration(time)), "faint", "middle", 10)


def _steps(curve: _Curve, axis: LogAxis, heights: _Heights) -> str:
    """The curve as far as its panel reaches; beyond, a level line to the edge, as the step of a distribution is."""
    inside = (curve.times <= axis.high) & (curve.heights <= heights.top)
    points = [
        (axis.place(float(time)), heights.at(float(height)))
        for time, height in zip(curve.times[inside], curve.heights[inside], strict=True)
    ]
    if points and curve.times[inside.sum() :].max(initial=0.0) > axis.high:
        points.append((axis.end, points[-1][1]))
    return through(points)


def _estimate(interval: Interval, axis: LogAxis, y: float) -> str:
    """A dot between two bars; an arrow instead of the bar that is beyond the panel, and no dot for a value there."""
    low, high = number(axis.place(interval.low)), number(axis.place(interval.high))
    begin, end = f"M{low} {number(y - 4)}v8", f"M{high} {number(y - 4)}v8"
    if not axis.holds(interval.high):
        low = number(axis.place(interval.low) - (0 if axis.holds(interval.low) else 14))
        begin, end = begin if axis.holds(interval.low) else "", f"M{high} {number(y)}m-5-4l5 4-5 4"
    drawn = path(f"{begin}M{low} {number(y)}H{high}{end}", "", 1.3)
    if not axis.holds(interval.value):
        return drawn
    return f'{drawn}<circle cx="{number(axis.place(interval.value))}" cy="{number(y)}" r="2.6"/>'
