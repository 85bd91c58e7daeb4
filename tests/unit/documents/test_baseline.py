"""Baselines that contradict themselves, or have numbers of which nothing can be computed, are refused with the field."""

import json
from typing import Any

import pytest

from parity.bench.comparison import compare
from parity.bench.gate import judge_gate
from parity.documents.baseline import FIGURES, LEAST, MOST, Baseline, Interval, WorkloadResult
from parity.errors import DocumentError

from ..bench.two_runs import run, timed, withheld  # noqa: TID252 - tests are no package with a name

SHARES = 100.0
"""The largest logarithm of a ratio."""


def edited(workload: WorkloadResult, path: str, value: Any) -> Baseline:
    """A baseline of one workload, read after a field was changed."""
    content = run(workload).full()
    *way, last = path.split(".")
    place: Any = content
    for name in way:
        place = place[int(name) if isinstance(place, list) else name]
    place[int(last) if isinstance(place, list) else last] = value
    return Baseline.from_json(json.dumps(content), "some.json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workloads.0.processes.log_ratio.3", 700.0),
        ("workloads.0.processes.log_ratio.3", -1e300),
        ("workloads.0.processes.p99_log", [1e300]),
        ("workloads.0.p50_ns", {"low": 1e-300, "value": 1.0, "high": 1.0}),
        ("workloads.0.numpy_ratio", {"low": 1.0, "value": 1.0, "high": 1e300}),
        ("workloads.0.gb_per_s", 1e300),
        ("workloads.0.compile_s", 1e300),
        ("workloads.0.bytes", 2**64),
        ("control.ratio", {"low": 1.0, "value": 1.0, "high": 1e300}),
        ("protocol.seconds", 1e9),
    ],
)
def test_numbers_beyond_all_measuring_are_refused_and_named(field: str, value: Any) -> None:
    with pytest.raises(DocumentError) as refused:
        edited(timed("add-1"), field, value)
    assert str(refused.value.where).startswith(f"some.json, field {field}")


@pytest.mark.parametrize("before", [LEAST, MOST])
@pytest.mark.parametrize("after", [LEAST, MOST])
@pytest.mark.parametrize("shares", [-SHARES, SHARES])
def test_what_is_within_the_bounds_can_be_compared_and_judged(before: float, after: float, shares: float) -> None:
    def one(figure: float, share: float) -> Baseline:
        times = Interval(value=figure, low=figure, high=figure)
        return run(timed("add-1", (share,) * 9, numpy_ratio=times, p50_ns=times, batch_ns=times, gb_per_s=figure))

    rows = compare(one(before, SHARES), one(after, shares)).workloads
    assert rows[0].change is not None
    assert rows[0].p50 is not None
    assert judge_gate(one(before, SHARES), one(after, shares)).workloads[0].ratio is not None


@pytest.mark.parametrize("verdict", ["diverged", "crashed", "unsupported", "unexpected_pass"])
def test_a_wrong_answer_has_a_reason_in_place_of_its_times(verdict: str) -> None:
    with pytest.raises(DocumentError, match=f"'withheld' has no reason, and the verdict is {verdict}") as refused:
        edited(timed("add-1"), "workloads.0.verdict", verdict)
    assert refused.value.where == "some.json, field workloads.0"
    assert edited(withheld("add-1"), "workloads.0.verdict", verdict).workloads[0].verdict == verdict


def test_times_that_are_withheld_are_not_there() -> None:
    with pytest.raises(
        DocumentError, match=r"withheld, but there is samples, p50_ns, numpy_ratio, processes$"
    ) as refused:
        edited(timed("add-1"), "workloads.0.withheld", "because")
    assert refused.value.where == "some.json, field workloads.0"
    assert edited(withheld("add-1"), "workloads.0.verdict", "exact").workloads[0].withheld


@pytest.mark.parametrize("field", FIGURES)
def test_no_figure_is_shown_where_times_are_withheld(field: str) -> None:
    figure = {"samples": 1, "epochs": 1, "disturbed": 1, "processes": {"log_ratio": [0.0]}}.get(field, 1.0)
    if field.endswith("_ns") or field == "numpy_ratio":
        figure = {"low": 1.0, "value": 1.0, "high": 1.0}
    with pytest.raises(DocumentError, match=f"but there is {field}$"):
        edited(withheld("add-1"), f"workloads.0.{field}", figure)


@pytest.mark.parametrize("verdict", [None, "exact", "within_tolerance", "known"])
def test_a_good_answer_and_one_that_nobody_judged_have_times(verdict: str | None) -> None:
    assert edited(timed("add-1"), "workloads.0.verdict", verdict).workloads[0].p50_ns is not None
