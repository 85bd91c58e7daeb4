"""What a run times after its comparison: which workloads, held against what, and how both end as one."""

from pathlib import Path
from typing import Any, Literal

import pytest

from parity.bench.baselines import baseline_path
from parity.documents.baseline import Baseline
from parity.documents.gate import Gate
from parity.documents.manifest import Manifest
from parity.documents.model import pretty
from parity.documents.report import Report
from parity.errors import DocumentError, ExitCode, InconclusiveError, UsageError
from parity.pipeline import bench, run_bench
from parity.pipeline.bench import BenchResult
from parity.pipeline.bench_session import BenchRequest
from parity.pipeline.gate import judged
from parity.pipeline.progress import Progress
from parity.pipeline.run_bench import Timed, TimingPlan, timing_plan

from ..bench.two_runs import QUIET, run, slower, timed  # noqa: TID252 - tests are no package with a name

ROOT = Path(__file__).parents[3]
REPORT = ROOT / "fixtures" / "golden" / "bundle-1" / "report.json"
NAMES = ("add-1", "sin-1")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def manifest(p99: float | None = None, *, redact: bool = False, **fields: Any) -> Manifest:
    return Manifest.model_validate(
        {
            "version": "v1",
            "metadata": {"name": "drawn"},
            "run": {"bench": True, **fields},
            "gates": {} if p99 is None else {"p99_regression": p99},
            "outputs": {"redact": redact},
        }
    )


def names_of(plan: TimingPlan) -> set[str]:
    return {name.partition("-")[0] for name in plan.request.only}


def test_all_of_the_set_is_timed_where_the_manifest_names_nothing() -> None:
    plan = timing_plan(manifest(), None)
    assert (plan.request.set, plan.request.only, plan.request.keep, plan.before) == ("sentinel", (), "good", None)


def test_operations_and_dtypes_choose_workloads_as_they_choose_cases() -> None:
    assert names_of(timing_plan(manifest(ops=("add", "sum")), None)) == {"add", "sum"}
    narrow = timing_plan(manifest(ops=("add", "sin"), dtypes=("f4",)), None).request.only
    assert narrow
    assert all(name.split("-")[1].startswith("f") for name in narrow)


@pytest.mark.parametrize("fields", [{"ops": ("sqrt",)}, {"ops": ("sin",), "dtypes": ("i2",)}])
def test_nothing_to_time_is_said_before_anything_runs(fields: dict[str, Any]) -> None:
    with pytest.raises(InconclusiveError):
        timing_plan(manifest(**fields), None)


def test_values_cannot_be_kept_out_of_what_is_timed() -> None:
    with pytest.raises(UsageError, match="not redacted"):
        timing_plan(manifest(redact=True), None)


def test_a_limit_that_is_no_budget_is_refused() -> None:
    with pytest.raises(UsageError, match=r"gates\.p99_regression is 10") as found:
        timing_plan(manifest(10.0), None)
    assert found.value.where == "gates.p99_regression"


def kept(monkeypatch: pytest.MonkeyPatch, root: Path, content: bytes, names: tuple[str, ...] | None = None) -> None:
    before = run(*map(timed, NAMES))
    monkeypatch.setattr(run_bench, "session_fingerprint", lambda: before.fingerprint)
    path = baseline_path(root, before.fingerprint, "sentinel", "numba", names)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def test_a_limit_is_held_against_the_baseline_that_lies_where_this_one_would(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept(monkeypatch, tmp_path / "beside", pretty(run(*map(timed, NAMES)).full()))
    plan = timing_plan(manifest(0.1), tmp_path / "beside" / "runs")
    assert plan.before is not None
    assert plan.request.keep == "never", "what others are held against stays"
    anew = timing_plan(manifest(), tmp_path / "beside" / "runs")
    assert (anew.before, anew.request.keep) == (None, "good"), "there is no limit, and a bad run replaces nothing"
    assert timing_plan(manifest(0.1, ops=("sin",)), tmp_path / "beside" / "runs").before is None, "a part is no whole"
    assert timing_plan(manifest(0.1), tmp_path / "other" / "runs").before is None


def test_a_damaged_baseline_ends_the_run_before_it_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept(monkeypatch, tmp_path, b"{")
    with pytest.raises(DocumentError):
        timing_plan(manifest(0.1), tmp_path / "runs")


def tails(by: float) -> Baseline:
    """Two workloads whose typical calls are alike and whose slow calls take longer."""
    return run(*(timed(name, slow=slower(by), samples=20_000) for name in NAMES))


def gate_of(by: float, p99: float) -> Gate:
    before, after = (run_bench._limited(side, p99) for side in (tails(0.0), tails(by)))
    return judged(before, lambda _: after, 1, Progress())


def ended(tmp_path: Path, gate: Gate | None, p99: float | None, withheld: bool = False) -> Timed:
    baseline = run(*(timed(name, () if withheld else QUIET) for name in NAMES))
    report = Report.from_json(REPORT.read_bytes(), "golden")
    result = BenchResult(baseline, tmp_path / "kept.json", tmp_path / "runs" / "1", report)
    return Timed(TimingPlan(BenchRequest(), p99, None), result, gate)


def test_slow_calls_are_judged_by_the_limit_of_the_manifest(tmp_path: Path) -> None:
    report = Report.from_json(REPORT.read_bytes(), "golden")
    assert report.exit_code() is ExitCode.GOOD
    for by, limit, status, code in (
        (0.0, 0.1, "pass", ExitCode.GOOD),
        (0.5, 0.1, "failed", ExitCode.BAD_VERDICT),
        (0.5, 0.9, "pass", ExitCode.GOOD),
    ):
        found = ended(tmp_path, gate_of(by, limit), limit)
        told = found.told(report)
        assert told.gates[-1].name == "p99_regression"
        assert (told.gates[-1].status, told.gates[-1].limit) == (status, limit)
        assert told.gates[-1].measured == pytest.approx(2.718281828**by - 1, abs=1e-3)
        assert found.exit_code(told) is code


def test_a_limit_without_a_baseline_or_without_single_calls_is_not_evaluated(tmp_path: Path) -> None:
    report = Report.from_json(REPORT.read_bytes(), "golden")
    without = ended(tmp_path, None, 0.1)
    batched = run_bench._limited(run(*map(timed, NAMES)), 0.1)
    unjudged = ended(tmp_path, judged(batched, lambda _: batched, 1, Progress()), 0.1)
    for found, code in ((without, ExitCode.GOOD), (unjudged, ExitCode.INCONCLUSIVE)):
        told = found.told(report)
        assert (told.gates[-1].status, told.gates[-1].measured) == ("not_evaluated", None)
        assert found.exit_code(told) is code


def test_the_report_says_where_the_times_are_and_only_then(tmp_path: Path) -> None:
    report = Report.from_json(REPORT.read_bytes(), "golden")
    assert "bench" not in report.full()
    told = ended(tmp_path, None, None).told(report)
    assert told.full()["bench"] == {"bundle": "runs/1", "baseline": "kept.json", "gate": None}
    assert told.gates == report.gates
    again = Report.from_json(pretty(told.full()), "twin")
    assert again == told
    assert ended(tmp_path, gate_of(0.0, 0.1), 0.1).told(report).full()["bench"]["gate"] == "runs/1/artifacts/gate.json"


def test_nothing_timed_is_inconclusive_and_a_bad_answer_stays_bad(tmp_path: Path) -> None:
    report = Report.from_json(REPORT.read_bytes(), "golden")
    found = ended(tmp_path, None, None, withheld=True)
    assert found.exit_code(report) is ExitCode.INCONCLUSIVE
    bad = report.model_copy(update={"totals": report.totals.model_copy(update={"diverged": 1})})
    assert found.exit_code(bad) is ExitCode.BAD_VERDICT


@pytest.mark.parametrize(("bad", "control", "kept"), [(0, "same", True), (1, "same", False), (0, "different", False)])
def test_only_what_others_can_be_held_against_takes_the_place_of_a_baseline(
    bad: int, control: Literal["same", "different"], *, kept: bool
) -> None:
    report = Report.from_json(REPORT.read_bytes(), "golden")
    report = report.model_copy(update={"totals": report.totals.model_copy(update={"diverged": bad})})
    assert bench._is_reference(report, run(*map(timed, NAMES), control=control)) is kept
