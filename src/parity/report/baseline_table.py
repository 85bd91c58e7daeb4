"""A baseline for a person at a terminal: what was measured where, and two lines for each workload."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from parity.report.headline import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.text import Text

    from parity.documents.baseline import Baseline, Cache, CopyBandwidth, Fingerprint, Interval, WorkloadResult

UNITS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0))
"""Of times in nanoseconds, the largest first."""

_NAME, _PERCENTILE = 44, 13
_FEW_COPIES = 6
_MANY_DISTURBED = 0.05


class Column(NamedTuple):
    """A column of the table. left: aligned at its left edge. goes: on a terminal that is too narrow, in this order."""

    heading: str
    width: int
    left: bool = False
    goes: int | None = None


def show(baseline: Baseline, console: Console) -> None:
    """Print a baseline. It is legible without colour and in ASCII."""
    longest = max((len(workload.name) for workload in baseline.workloads), default=0)
    columns = _columns(min(_NAME, longest), console.width if console.is_terminal else None)
    headings = [column.heading for column in columns]
    lines = [*_head(baseline), _text(""), _text((_line(columns, headings), "bold"))]
    for workload in baseline.workloads:
        lines += _row(workload, columns)
    for line in [*lines, *_scaling(baseline), _text(""), *_end(baseline)]:
        if console.options.ascii_only:
            line.plain = line.plain.replace("µ", "u").encode("ascii", "backslashreplace").decode()
        # soft_wrap: a name that is broken over two lines cannot be copied.
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _text(*parts: tuple[str, str] | str) -> Text:
    from rich.text import Text  # noqa: PLC0415 - 60 ms that only a terminal needs

    return Text.assemble(*parts)


# -- what was measured, and where ------------------------------------------------------------------


def _head(baseline: Baseline) -> list[Text]:
    version = f" {baseline.provider.version}" if baseline.provider.version else ""
    part = "" if baseline.complete else ", a part of the set"
    what = f"{baseline.set} with {baseline.provider.name}{version}"
    lines = [_text((printable(what), "bold"), f", {baseline.origin} {printable(baseline.started)}{part}")]
    details = [*_machine(baseline.fingerprint), *_protocol(baseline)]
    lines += [_text((f"  {printable(detail)}", "dim")) for detail in details]
    return [*lines, *_control(baseline)]


def _machine(machine: Fingerprint) -> list[str]:
    caches = ", ".join(_cache(cache) for cache in machine.caches if cache.kind != "instruction")
    hardware = [machine.cpu_model, f"{machine.cores} cores", caches, f"{machine.memory_gib} GiB", machine.os]
    compilers = [f"{name} {text}" for name, text in (("Numba", machine.numba), ("llvmlite", machine.llvmlite)) if text]
    numpy = f"NumPy {machine.numpy} ({' '.join(machine.dispatch) or 'its baseline alone'})"
    return [
        "machine    " + ", ".join(filter(None, hardware)),
        "software   " + ", ".join([machine.python, numpy, *compilers, machine.libc]),
        f"id         {machine.id}",
    ]


def _cache(cache: Cache) -> str:
    size = f"{cache.size >> 20} MiB" if cache.size >= 1 << 20 else f"{cache.size >> 10} KiB"
    return f"L{cache.level} {size}" + (f" for {cache.shared_by}" if cache.shared_by > 1 else "")


def _protocol(baseline: Baseline) -> list[str]:
    lines = []
    if (protocol := baseline.protocol) is not None:
        threads = "1 thread" if protocol.threads == 1 else f"{protocol.threads} threads"
        lines.append(
            f"protocol   {protocol.processes} processes, {protocol.seconds:g} s for each workload in each, {threads}, "
            f"{protocol.harness_ns:.0f} ns for an empty call"
        )
    if baseline.copy_bandwidth:
        lines.append("copy GB/s  " + ", ".join(_copy(copy) for copy in _spread(baseline.copy_bandwidth)))
    commit = f"commit {baseline.git_head[:12]}" if baseline.git_head else "no commit"
    if baseline.git_dirty:
        commit += ", with changes"
    return [*lines, f"source     {commit}; {' '.join(baseline.command)}"]


def _copy(copy: CopyBandwidth) -> str:
    size = f"{copy.bytes / (1 << 20):.3g} MiB" if copy.bytes >= 1 << 20 else f"{copy.bytes / 1024:.3g} KiB"
    return f"{copy.gb_per_s:.3g} at {size}"


def _spread(copies: Sequence[CopyBandwidth]) -> list[CopyBandwidth]:
    """A few of many, the first and the last among them."""
    steps = min(len(copies), _FEW_COPIES)
    return [copies[round(step * (len(copies) - 1) / max(1, steps - 1))] for step in range(steps)]


def _control(baseline: Baseline) -> list[Text]:
    control = baseline.control
    if control is None:
        return [_text(("  no control: nothing in this baseline can be judged", "bold yellow"))]
    said = f"{_ratio(control.ratio)}, {_between(control.ratio, 1.0, 4)}"
    if (number := len(control.workloads)) > 1:
        said += f", the most of {number} workloads"
    if control.verdict == "same":
        return [_text(("  control    the provider against itself is the same: ", "dim"), (said, "dim"))]
    different = "  control    the provider against itself DIFFERS, so no verdict of this run can be believed: "
    return [_text((different, "bold red"), said)]


# -- the table -------------------------------------------------------------------------------------


def _columns(name: int, width: int | None) -> tuple[Column, ...]:
    """The columns; on a terminal of so many characters those that may go have no width."""
    columns = [
        Column("workload", name, left=True),
        Column("timed", 15, goes=4),
        Column(_three("p50", "p95", "p99"), 3 * _PERCENTILE + 2, left=True),
        Column("x NumPy", 12),
        Column("GB/s", 7, goes=3),
        Column("of copy", 7, goes=2),
        Column("compile", 8, goes=1),
    ]
    for column in sorted((column for column in columns if column.goes), key=lambda column: column.goes or 0):
        if width is not None and sum(shown.width + 1 for shown in columns if shown.width) - 1 > width:
            columns[columns.index(column)] = column._replace(width=0)
    return tuple(columns)


def _line(columns: Sequence[Column], cells: Sequence[str]) -> str:
    shown = ((cell, column) for cell, column in zip(cells, columns, strict=True) if column.width)
    return " ".join(f"{cell:{'<' if column.left else '>'}{column.width}}" for cell, column in shown).rstrip()


def _three(*cells: str) -> str:
    return " ".join(f"{cell:>{_PERCENTILE}}" for cell in cells)


def _row(workload: WorkloadResult, columns: Sequence[Column]) -> Iterable[Text]:
    name = printable(workload.name)
    if workload.withheld is not None:
        judged = f" ({workload.verdict})" if workload.verdict and workload.verdict not in workload.withheld else ""
        return [
            _text(f"{name:<{columns[0].width}} ", (f"withheld: {printable(workload.withheld)}{judged}", "bold red"))
        ]
    ratio = workload.numpy_ratio
    tail = (
        f"{workload.gb_per_s:.3g}" if workload.gb_per_s is not None else "n/a",
        _percent(workload.copy_share) if workload.copy_share is not None else "n/a",
        _time(workload.compile_s * 1e9, 2) if workload.compile_s else "none" if workload.compile_s == 0 else "n/a",
    )
    head = (name, _timed(workload))
    figures = (*head, _figures(workload), _ratio(ratio) if ratio else "n/a", *tail)
    below = ("", _epochs(workload), _intervals(workload), _between(ratio, 1.0, 4) if ratio else "", "", "", "")
    return [_text((_line(columns, figures), _style(ratio))), _text((_line(columns, below), "dim"))]


def _timed(workload: WorkloadResult) -> str:
    return f"{workload.samples:,} {'calls' if workload.mode == 'per_call' else 'batches'}"


def _epochs(workload: WorkloadResult) -> str:
    """Of how many calls a batch is; and what share of epochs was disturbed, if that is much."""
    batch = f"of {workload.calls:,}" if workload.mode == "batched" else ""
    return " ".join(filter(None, (batch, _disturbed(workload))))


def _disturbed(workload: WorkloadResult) -> str:
    share = workload.disturbed / workload.epochs if workload.epochs else 0.0
    return f"{share:.0%} dist." if share >= _MANY_DISTURBED else ""


def _percentiles(workload: WorkloadResult) -> tuple[Interval | None, ...]:
    return workload.p50_ns, workload.p95_ns, workload.p99_ns


def _figures(workload: WorkloadResult) -> str:
    """p50, p95, p99; of batches the share of a call, which is no percentile of calls and says so."""
    if workload.mode == "batched":
        return f"{_three(_time(workload.batch_ns.value) if workload.batch_ns else 'n/a')} a call, from batches"
    return _three(*(_time(percentile.value) if percentile else "n/a" for percentile in _percentiles(workload)))


def _intervals(workload: WorkloadResult) -> str:
    found = (workload.batch_ns,) if workload.mode == "batched" else _percentiles(workload)
    return _three(*(_times(interval) for interval in found))


def _style(ratio: Interval | None) -> str:
    """Colour says again what the interval of the ratio says."""
    if ratio is None or ratio.low <= 1 <= ratio.high:
        return ""
    return "green" if ratio.low > 1 else "red"


# -- figures ---------------------------------------------------------------------------------------


def unit_of(nanoseconds: float) -> tuple[str, float]:
    """The unit in which a time is read best, and its nanoseconds."""
    return next((unit for unit in UNITS if nanoseconds >= unit[1]), UNITS[-1])


def _time(nanoseconds: float, digits: int = 4) -> str:
    name, size = unit_of(nanoseconds)
    return f"{_number(nanoseconds / size, digits)} {name}"


def _times(interval: Interval | None) -> str:
    """Low and high in the unit of the value."""
    return _between(interval, unit_of(interval.value)[1], 4) if interval else ""


def _between(interval: Interval, size: float, digits: int) -> str:
    return f"{_number(interval.low / size, digits)}..{_number(interval.high / size, digits)}"


def _ratio(ratio: Interval) -> str:
    return f"{_number(ratio.value, 4)}x"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _number(value: float, digits: int) -> str:
    """Significant digits, zeros at the end kept, no exponent for what a table shows."""
    places = max(0, digits - len(str(int(value)))) if value >= 1 else digits - 1
    return f"{value:,.{places}f}"


# -- below the table -------------------------------------------------------------------------------


def _scaling(baseline: Baseline) -> list[Text]:
    lines = [
        f"  {row.name}: {row.threads} threads {_ratio(row.speedup)} ({_between(row.speedup, 1.0, 4)})"
        for row in baseline.scaling
    ]
    head = [_text(""), _text(("scaling: time with one thread over the time with all", "bold"))] if lines else []
    return [*head, *(_text(printable_line(line)) for line in lines)]


def printable_line(line: str) -> str:
    """A line with its indent, and what no terminal should get named."""
    return line[: len(line) - len(line.lstrip(" "))] + printable(line)


def _end(baseline: Baseline) -> list[Text]:
    ratios = [workload.numpy_ratio for workload in baseline.workloads if workload.numpy_ratio is not None]
    faster, slower = sum(ratio.low > 1 for ratio in ratios), sum(ratio.high < 1 for ratio in ratios)
    timed = sum(workload.withheld is None for workload in baseline.workloads)
    withheld = len(baseline.workloads) - timed
    lines = []
    if withheld:
        lines.append(_text((f"{withheld} withheld: the speed of what is not right, or not timed cleanly", "bold red")))
    said = f"{timed} of {len(baseline.workloads)} workloads timed"
    compared = f": faster than NumPy in {faster}, slower in {slower}, neither in {len(ratios) - faster - slower}"
    explained = "NumPy's time over the provider's. Below the figures: their intervals of 95 %. n/a: not measured"
    lines.append(_text((said + (compared if ratios else ""), "bold")))
    lines.append(_text((f"x NumPy: {explained}", "dim")))
    if any(_disturbed(workload) for workload in baseline.workloads):
        disturbed = "dist.: epochs with an involuntary context switch or with stolen time, which count like the others"
        lines.append(_text((disturbed, "dim")))
    return lines
