"""The table of a baseline: units that read well, aligned columns, nothing that ASCII cannot show."""

import io

import pytest
from rich.console import Console

from parity.documents.baseline import Baseline, CopyBandwidth, Interval, Scaling
from parity.report.baseline_table import show, unit_of

from ..bench.measured_baseline import BATCHED, SINGLE, baseline  # noqa: TID252 - tests are no package with a name


def shown(document: Baseline, encoding: str = "utf-8") -> list[str]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    show(document, Console(file=stream, width=80, color_system=None))
    stream.seek(0)
    return stream.read().splitlines()


def changed(**changes: object) -> Baseline:
    """A baseline whose first workload says something else."""
    document, _ = baseline()
    first, *rest = document.workloads
    return document.model_copy(update={"workloads": (first.model_copy(update=changes), *rest)})


def line_of(lines: list[str], name: str) -> str:
    [line] = [line for line in lines if line.startswith(f"{name} ")]
    return line


@pytest.mark.parametrize(
    ("nanoseconds", "unit"),
    [(0.5, "ns"), (999.9, "ns"), (1e3, "µs"), (12_345, "µs"), (1e6, "ms"), (1e9, "s"), (3e12, "s")],
)
def test_a_time_is_told_in_the_unit_that_reads_best(nanoseconds: float, unit: str) -> None:
    assert unit_of(nanoseconds)[0] == unit


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (312.4, "312.4 ns"),
        (0.25, "0.250 ns"),
        (1_234.5, "1.234 µs"),
        (999_499, "999.5 µs"),
        (12_345_678, "12.35 ms"),
        (2.5e9, "2.500 s"),
        (2.5e13, "25,000 s"),
    ],
)
def test_a_time_has_four_digits(nanoseconds: float, text: str) -> None:
    p50 = Interval(value=nanoseconds, low=nanoseconds, high=nanoseconds)
    assert f" {text} " in line_of(shown(changed(p50_ns=p50)), SINGLE)


def test_an_interval_is_told_in_the_unit_of_its_value() -> None:
    lines = shown(changed(p50_ns=Interval(value=1_100.0, low=990.0, high=1_200_000.0)))
    assert "0.990..1,200" in lines[lines.index(line_of(lines, SINGLE)) + 1]


def test_every_heading_ends_where_its_column_does() -> None:
    lines = shown(baseline()[0])
    [heading] = [line for line in lines if line.startswith("workload ")]
    figures = line_of(lines, SINGLE)
    for name, value in (("p50", "20.36 µs"), ("p99", "21.94 µs"), ("x NumPy", "1.500x"), ("compile", "250.0 ms")):
        end = heading.index(name) + len(name)
        assert figures[:end].endswith(value.replace("250.0 ms", "250 ms")), name
    batches = line_of(lines, BATCHED)
    assert batches[: heading.index("x NumPy") + 7].endswith("x")


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (200, {"timed", "GB/s", "of copy", "compile"}),
        (118, {"timed", "GB/s", "of copy"}),
        (105, {"timed", "GB/s"}),
        (95, {"timed"}),
        (80, set()),
        (20, set()),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns(width: int, kept: set[str]) -> None:
    stream = io.StringIO()
    show(baseline()[0], Console(file=stream, width=width, color_system=None, force_terminal=True))
    lines = stream.getvalue().splitlines()
    [heading] = [line for line in lines if line.startswith("workload ")]
    assert {name for name in ("timed", "GB/s", "of copy", "compile") if name in heading} == kept
    assert all(name in heading for name in ("p50", "p95", "p99", "x NumPy"))
    assert len(heading) <= max(width, 79)
    assert "20.36 µs" in line_of(lines, SINGLE)


def test_too_few_samples_are_not_available() -> None:
    assert line_of(shown(changed(p95_ns=None, p99_ns=None)), SINGLE).count("n/a") == 2


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"compile_s": 0.0}, "none"),
        ({"compile_s": None}, "n/a"),
        ({"copy_share": 0.0123}, "1.2%"),
        ({"copy_share": 0.913}, "91%"),
        ({"copy_share": None, "gb_per_s": None}, "n/a     n/a"),
    ],
)
def test_what_may_be_missing(changes: dict[str, object], text: str) -> None:
    assert text in line_of(shown(changed(**changes)), SINGLE)


def test_a_console_without_utf_8_gets_ascii() -> None:
    text = "\n".join(shown(baseline()[0], "ascii"))
    assert text.isascii()
    assert "20.36 us" in text


def test_many_disturbed_epochs_are_told() -> None:
    calm, shaken = shown(changed(disturbed=0)), shown(changed(disturbed=72))
    assert "10% dist." in shaken[shaken.index(line_of(shaken, SINGLE)) + 1]
    assert shaken[-1].startswith("dist.: epochs with ")
    assert "dist." not in calm[calm.index(line_of(calm, SINGLE)) + 1]


def test_scaling_is_told_apart() -> None:
    row = Scaling(name=SINGLE, threads=2, speedup=Interval(value=1.5, low=1.25, high=1.75))
    document = baseline()[0].model_copy(update={"scaling": (row,)})
    assert f"  {SINGLE}: 2 threads 1.500x (1.250..1.750)" in shown(document)


def test_a_part_of_a_set_says_so() -> None:
    assert shown(baseline()[0].model_copy(update={"complete": False}))[0].endswith(", a part of the set")


def test_few_of_many_copies_are_told_and_the_ends_among_them() -> None:
    copies = tuple(CopyBandwidth(bytes=1 << power, gb_per_s=float(power)) for power in range(12, 28))
    [line] = [
        line for line in shown(baseline()[0].model_copy(update={"copy_bandwidth": copies})) if "copy GB/s" in line
    ]
    assert line.count(" at ") == 6
    assert "12 at 4 KiB" in line
    assert line.endswith("27 at 128 MiB")


def test_no_workload_at_all_is_told() -> None:
    document = baseline()[0].model_copy(update={"workloads": ()})
    assert "0 of 0 workloads timed" in shown(document)
