"""What holds for every picture: one file that stands alone, valid, finite, small, and the same for equal input."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.documents.baseline import LEAST, MOST, Baseline, CopyBandwidth, Interval, WorkloadResult
from parity.documents.gate import Missing
from parity.report.pictures.latency import latency_ecdf
from parity.report.pictures.ratios import ratios_to_baseline, ratios_to_numpy
from parity.report.pictures.size_scaling import size_scaling

from ..report_evidence import NASTY  # noqa: TID252 - tests are no package with a name
from .plausible import baseline, calls, gate, workload, workloads

SVG = "{http://www.w3.org/2000/svg}"
Drawer = Callable[[Baseline], str]


def latency(measured: Baseline) -> str:
    return latency_ecdf(measured, calls(measured.workloads))


def change(measured: Baseline) -> str:
    return ratios_to_baseline(gate(measured.workloads))


every_picture = pytest.mark.parametrize("draw", [size_scaling, ratios_to_numpy, latency, change])


def parsed(picture: str) -> ET.Element:
    """The picture's root, after the checks that every picture must pass."""
    root = ET.fromstring(picture)
    assert root.tag == f"{SVG}svg"
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert width == 1000
    assert 0 < height < 20_000
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    assert set(root.attrib["aria-labelledby"].split()) <= set(ids)
    assert "http" not in picture.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not {"script", "image", "foreignObject", "a"} & {element.tag.removeprefix(SVG) for element in root.iter()}
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "d", "transform"}:
                assert "nan" not in value, (name, value)
                assert "inf" not in value, (name, value)
                assert all(
                    abs(float(number)) < 20_000 for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", value)
                )
    return root


def words(root: ET.Element) -> str:
    return " ".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))


def about(root: ET.Element) -> str:
    (text,) = (element.text for element in root.findall(f"{SVG}desc"))
    assert text
    return text


@every_picture
def test_a_picture_stands_alone_and_is_valid_and_small(draw: Drawer) -> None:
    picture = draw(baseline())
    root = parsed(picture)
    assert len(picture.encode()) < 150_000
    assert about(root)
    assert "prefers-color-scheme: dark" in picture


@every_picture
def test_equal_input_gives_equal_bytes(draw: Drawer) -> None:
    assert draw(baseline()) == draw(baseline())
    shuffled = baseline(tuple(np.random.default_rng(1).permutation(np.array(workloads(), dtype=object))))
    if draw is not change:  # the verdicts of the made-up gate go by place
        assert draw(shuffled) == draw(baseline())


@every_picture
@pytest.mark.parametrize("count", [0, 1, 200])
def test_any_number_of_workloads_is_drawn_below_400_kb(draw: Drawer, count: int) -> None:
    layouts = ("contiguous", "row", "column", "strided", "axis0")
    made = [workload(f"op{k // 5}", 30_000, layouts[k % 5], name=f"op{k // 5}-{'long' * 30}-{k}") for k in range(count)]
    picture = draw(baseline(made))
    parsed(picture)
    assert len(picture.encode()) < 400_000


@every_picture
def test_two_hundred_operations_are_two_hundred_panels_below_400_kb(draw: Drawer) -> None:
    made = [workload(f"op{k}", 30_000) for k in range(200)]
    picture = draw(baseline(made))
    parsed(picture)
    assert len(picture.encode()) < 400_000


@every_picture
def test_the_words_of_others_are_escaped(draw: Drawer) -> None:
    odd = {"name": NASTY, "op": NASTY, "layout": NASTY, "loop": NASTY}
    made = [workload("add", 30_000).model_copy(update=odd), workload("exp", 30_000)]
    measured = baseline(made)
    odd_machine = measured.fingerprint.model_copy(update={"cpu_model": NASTY, "numpy": NASTY})
    odd_provider = measured.provider.model_copy(update={"name": NASTY, "version": NASTY})
    measured = measured.model_copy(update={"set": NASTY, "fingerprint": odd_machine, "provider": odd_provider})
    if draw is latency:
        samples = np.arange(1, 1000, dtype=np.uint64)
        picture = latency_ecdf(measured, {NASTY: (samples, samples)})
    else:
        picture = draw(measured)
    root = parsed(picture)
    assert "\\x1b" in words(root)
    assert "\x1b" not in picture


magnitudes = st.floats(min_value=5e-324, max_value=1.7e308)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, value, high = sorted(draw(st.tuples(magnitudes, magnitudes, magnitudes)))
    return Interval(low=low, value=value, high=high)


@st.composite
def hostile(draw: st.DrawFn) -> Baseline:
    """Any numbers that the document takes."""
    made: list[WorkloadResult] = []
    for number in range(draw(st.integers(1, 4))):
        fields: dict[str, Any] = {
            name: draw(st.none() | intervals())
            for name in ("p50_ns", "p95_ns", "p99_ns", "numpy_ns", "numpy_ratio", "batch_ns")
        }
        fields |= {name: draw(st.none() | magnitudes) for name in ("gb_per_s", "copy_share")}
        fields |= {"bytes": draw(st.none() | st.integers(0, 10**400)), "mode": "per_call", "samples": 10**400}
        made.append(workload("add", 1, name=f"w{number}").model_copy(update=fields))
    ladder = draw(st.lists(st.tuples(st.integers(1, 2**53 - 1), st.floats(LEAST, MOST)), max_size=3))
    copies = tuple(CopyBandwidth(bytes=size, gb_per_s=speed) for size, speed in ladder)
    return baseline(made).model_copy(update={"copy_bandwidth": copies})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile(), st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=9))
def test_no_number_makes_a_picture_infinite(measured: Baseline, durations: list[int]) -> None:
    samples = np.array(durations, dtype=np.uint64)
    parsed(size_scaling(measured))
    parsed(ratios_to_numpy(measured))
    parsed(latency_ecdf(measured, {result.name: (samples, samples[:1]) for result in measured.workloads}))
    rows = gate(measured.workloads)
    changed = [
        row.model_copy(update={"ratio": result.numpy_ratio, "p99": None})
        for row, result in zip(rows.workloads, measured.workloads, strict=True)
    ]
    parsed(ratios_to_baseline(rows.model_copy(update={"workloads": tuple(changed)})))


def of_class(root: ET.Element, kind: str, tag: str) -> list[ET.Element]:
    return [element for element in root.iter(f"{SVG}{tag}") if element.attrib.get("class") == kind]


# -- size scaling ----------------------------------------------------------------------------------


def test_each_operation_has_a_panel_with_a_solid_and_a_dashed_line() -> None:
    made = [workload(op, size) for op in ("add", "exp") for size in (1, 1_000, 30_000)]
    root = parsed(size_scaling(baseline(made)))
    solid = [path for path in of_class(root, "provider", "path") if "stroke-dasharray" not in path.attrib]
    dashed = [path for path in of_class(root, "numpy", "path") if "stroke-dasharray" in path.attrib]
    assert len(solid) == len(dashed) == 1 + 2  # the key, and a line for each operation
    assert all(path.attrib["d"].count("L") == 2 for path in solid[1:])
    assert len(of_class(root, "provider", "circle")) == 1 + 6


def test_lines_of_one_panel_are_told_apart_by_letters_that_are_explained() -> None:
    made = [workload("sum", size, layout) for layout in ("axis0", "axis1") for size in (30_000, 1_000_000)]
    said = words(parsed(size_scaling(baseline(made))))
    assert re.search(r"\b[ab] d->d axis0", said)
    assert re.search(r"\b[ab] d->d axis1", said)


def test_caches_and_the_copy_are_drawn_and_instructions_are_no_data() -> None:
    root = parsed(size_scaling(baseline()))
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert [title for title in titles if title and re.match(r"L\d:", title)] == [
        "L1: 49,152 B",
        "L2: 1,048,576 B",
        "L3: 33,554,432 B",
    ]
    assert "a copy" in titles
    assert "A copy moves 11.0 to " in about(root)


def test_workloads_without_a_throughput_are_counted_in_words() -> None:
    root = parsed(size_scaling(baseline()))
    assert "1 without a throughput" in about(root)
    assert "exp-f-f-contiguous-3e4" not in ET.tostring(root, encoding="unicode")


def test_an_imported_baseline_has_no_copy_and_no_bytes_and_gives_a_picture_all_the_same() -> None:
    made = [
        workload("add", 1_000).model_copy(update={"bytes": None, "gb_per_s": None, "numpy_ns": None, "budget": None})
    ]
    measured = baseline(made).model_copy(update={"copy_bandwidth": (), "origin": "imported", "control": None})
    assert "1 without a throughput" in about(parsed(size_scaling(measured)))
    parsed(ratios_to_numpy(measured))


# -- forest plots ----------------------------------------------------------------------------------


def ratio_row(name: str, low: float, value: float, high: float) -> WorkloadResult:
    return workload("add", 30_000, name=name, numpy_ratio=Interval(low=low, value=value, high=high))


def test_what_a_ratio_amounts_to_is_a_word_and_a_shape() -> None:
    made = [
        ratio_row("quick", 1.5, 1.6, 1.7),
        ratio_row("level", 0.99, 1.0, 1.01),
        ratio_row("vague", 0.9, 1.0, 1.1),
        ratio_row("tardy", 0.5, 0.6, 0.7),
    ]
    root = parsed(ratios_to_numpy(baseline(made)))
    rows = dict(re.findall(r"(quick|level|vague|tardy).*?\) (faster|within budget|not clear|slower)", words(root)))
    assert rows == {"quick": "faster", "level": "within budget", "vague": "not clear", "tardy": "slower"}
    shapes = [
        len(of_class(root, "good", "circle")),
        len([circle for circle in root.iter(f"{SVG}circle") if circle.attrib.get("fill") == "none"]),
        len([path for path in of_class(root, "lack", "path") if path.attrib["d"].endswith("z")]),
        len([path for path in of_class(root, "bad", "path") if "m0-9" in path.attrib["d"]]),
    ]
    assert shapes == [2, 2, 2, 2]  # once in the key, once in a row
    assert "1 faster" in about(root)
    assert "Lowest tardy 0.600" in about(root)


def test_an_interval_that_leaves_the_picture_ends_in_an_arrow() -> None:
    made = [ratio_row(f"w{k}", 0.9, 1.0, 1.1) for k in range(12)]
    far = ratio_row("far", 0.95, 1.0, 1e6)
    arrows = [
        [
            path
            for path in of_class(parsed(ratios_to_numpy(baseline(rows))), "lack", "path")
            if path.attrib["d"].count("L") > 3
        ]
        for rows in (made, [*made, far])
    ]
    assert [len(found) for found in arrows] == [0, 1]


def test_the_band_is_as_wide_as_the_budget_of_its_row() -> None:
    rows = gate([workload("add", 1), workload("add", 30_000), workload("add", 1_000_000)], missing=())
    root = parsed(ratios_to_baseline(rows))
    bands = {rect[0].text: float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect") if len(rect)}
    assert set(bands) == {"±2 %", "±5 %"}
    assert math.isclose(bands["±5 %"] / bands["±2 %"], math.log(1.05) / math.log(1.02), rel_tol=0.01)


def test_rows_stand_by_operation_and_in_the_order_of_their_ratios() -> None:
    made = [*(workload("exp", size) for size in (1, 1_000)), *(workload("add", size) for size in (1, 1_000, 30_000))]
    texts = parsed(ratios_to_numpy(baseline(made))).iter(f"{SVG}text")
    names = [name for element in texts if re.fullmatch(r"(add|exp)-\S+", name := element.text or "")]
    ratios = {result.name: result.numpy_ratio.value for result in made if result.numpy_ratio}
    assert names == sorted(ratios, key=lambda name: (name[:3], ratios[name]))


def test_what_has_no_ratio_is_named_with_the_reason() -> None:
    assert "exp-f-f-contiguous-3e4 withheld: the answer diverges" in words(parsed(ratios_to_numpy(baseline())))
    rows = gate([workload("add", 1)], missing=(Missing(name="sin-gone", reason="not in the run"),))
    root = parsed(ratios_to_baseline(rows))
    assert "sin-gone missing: not in the run" in words(root)
    assert "1 missing" in about(root)


def test_the_gate_says_its_verdict_first_and_what_its_control_saw() -> None:
    made = gate(workloads())
    assert about(parsed(ratios_to_baseline(made))).startswith("Verdict: regressed. 1 missing, 6 regressed, ")
    blind = made.model_copy(update={"after": made.after.model_copy(update={"control": "different"})})
    assert "no verdict can be believed" in about(parsed(ratios_to_baseline(blind)))


# -- latencies -------------------------------------------------------------------------------------


def panels(root: ET.Element) -> Sequence[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text") if element.attrib.get("y") == "-32"]


def test_at_most_twelve_workloads_whose_calls_were_timed_singly_one_of_each_operation_first() -> None:
    measured = baseline()
    shown = panels(parsed(latency(measured)))
    single = {result.name: result.op for result in measured.workloads if result.mode == "per_call"}
    assert len(shown) == 12
    assert len({single[name] for name in shown}) == 12
    few = baseline([workload("add", size) for size in (1, 1_000, 30_000, 1_000_000)])
    assert panels(parsed(latency(few))) == ["add-dd-d-contiguous-1e6", "add-dd-d-contiguous-3e4"]


def test_percentiles_and_their_intervals_are_in_the_picture() -> None:
    result = workload("add", 1_000_000)
    root = parsed(latency(baseline([result])))
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert [title[:3] for title in titles if re.match(r"p\d\d .* to ", title)] == ["p50", "p95"]
    assert "p50 " in about(root)
    assert "p99" not in about(root)


def test_a_percentile_beyond_its_panel_is_an_arrow_and_no_dot() -> None:
    made = workload("add", 1_000_000)
    assert made.p95_ns is not None
    far = made.model_copy(update={"p95_ns": Interval(low=1e12, value=2e12, high=3e12)})
    samples = calls([made])
    dots = [
        sum(
            circle.attrib.get("r") == "2.6"
            for circle in parsed(latency_ecdf(baseline([it]), samples)).iter(f"{SVG}circle")
        )
        for it in (made, far)
    ]
    assert dots == [1 + 2, 1 + 1]  # the key's, and one for each percentile that the panel reaches
    assert "2.00e" not in latency_ecdf(baseline([far]), samples)
    assert "p95 2,000 s" in about(parsed(latency_ecdf(baseline([far]), samples)))
