"""Measuring for a gate: once, and again what is open, as often as was declared; never on another machine."""

from pathlib import Path

import pytest

from parity.bench.fingerprint import fingerprint
from parity.documents.baseline import Baseline
from parity.documents.report import ProviderIdentity
from parity.errors import ProviderError, UsageError
from parity.pipeline import gate as pipeline
from parity.pipeline.gate import GateRequest, bench_request, compared, gate, judged
from parity.pipeline.progress import Progress

from ..bench.two_runs import QUIET, run, slower, timed, written  # noqa: TID252 - tests are no package with a name

NAMES = ("add-1", "sin-1")
BEFORE = run(*map(timed, NAMES))
HERE = fingerprint({"numba": 1})


class Machine:
    """Gives rounds of nine processes; `slow` has for each workload how much slower it is, round by round."""

    def __init__(self, **slow: tuple[float, ...]) -> None:
        self.slow = {name.replace("_", "-"): shifts for name, shifts in slow.items()}
        self.asked: list[tuple[str, ...] | None] = []
        self.rounds = dict.fromkeys(NAMES, 0)
        self.values: dict[str, tuple[float, ...]] = dict.fromkeys(NAMES, ())

    def measure(self, names: tuple[str, ...] | None) -> Baseline:
        self.asked.append(names)
        for name in NAMES if names is None else names:
            shifts = self.slow.get(name, (0.0,))
            self.values[name] += slower(shifts[min(self.rounds[name], len(shifts) - 1)])
            self.rounds[name] += 1
        return run(*(timed(name, values) for name, values in self.values.items()))


class Notes(Progress):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_what_passes_is_measured_once() -> None:
    machine = Machine()
    found = judged(BEFORE, machine.measure, 3, Progress())
    assert (found.verdict, found.rounds, machine.asked) == ("pass", 1, [None])


def test_a_regression_is_measured_once_more_and_confirmed() -> None:
    machine, notes = Machine(add_1=(0.05,)), Notes()
    found = judged(BEFORE, machine.measure, 3, notes)
    assert machine.asked == [None, ("add-1",)]
    assert (found.verdict, found.rounds, found.workloads[0].confirmed) == ("regressed", 2, True)
    assert found.workloads[0].processes == (9, 18)
    assert notes.notes == ["round 2: 1 workload of 2 must be measured again"]


def test_a_regression_that_vanishes_does_not_fail_the_gate() -> None:
    machine = Machine(add_1=(0.05, 0.0))
    found = judged(BEFORE, machine.measure, 3, Progress())
    assert machine.asked == [None, ("add-1",), ("add-1",)]
    assert found.verdict in {"pass", "inconclusive"}
    assert found.rounds == 3


def test_an_inconclusive_workload_is_measured_again_up_to_the_declared_rounds() -> None:
    machine = Machine(sin_1=(0.0195,))
    found = judged(BEFORE, machine.measure, 4, Progress())
    assert machine.asked == [None] + [("sin-1",)] * 3
    assert (found.verdict, found.rounds) == ("inconclusive", 4)


def test_more_processes_decide_what_was_open() -> None:
    machine = Machine(sin_1=(0.0185, 0.0))
    found = judged(BEFORE, machine.measure, 3, Progress())
    assert found.verdict == "pass"
    assert found.rounds == 2


def test_with_one_round_a_regression_stands_unconfirmed() -> None:
    machine = Machine(add_1=(0.05,))
    found = judged(BEFORE, machine.measure, 1, Progress())
    assert (found.verdict, found.workloads[0].confirmed, machine.asked) == ("regressed", None, [None])


def test_a_control_that_cannot_be_believed_is_measured_again_with_all_the_others() -> None:
    asked = []

    def measure(names: tuple[str, ...] | None) -> Baseline:
        asked.append(names)
        return run(timed("add-1", slower(0.05)), timed("sin-1"), control="different")

    assert judged(BEFORE, measure, 3, Progress()).verdict == "inconclusive"
    assert asked == [None, ("add-1", "sin-1"), ("add-1", "sin-1")]


def test_nothing_is_measured_for_a_baseline_of_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr(pipeline, "benching", fail)
    path = written(tmp_path / "before.json", BEFORE)
    found = gate(GateRequest(path), Progress())
    assert (found.verdict, found.exit_code(), found.after.processes) == ("not_comparable", 3, 0)
    assert found.differences[0].startswith("cpu_model: A Processor 9 in the baseline")
    assert {row.verdict for row in found.workloads} == {"not_comparable"}
    imported = run(timed("add-1"), control=None, origin="imported", protocol=None, samples_file=None, machine=HERE)
    found = gate(GateRequest(written(tmp_path / "imported.json", imported)), Progress())
    assert (found.verdict, found.after.origin) == ("not_comparable", "measured")
    assert "the baseline is imported" in found.workloads[0].reason


def test_it_is_measured_as_the_baseline_was_and_no_baseline_is_replaced() -> None:
    whole = bench_request(GateRequest(Path("b.json")), run(timed("add-1"), set="sentinel"))
    assert (whole.set, whole.provider, whole.only, whole.seconds, whole.keep) == ("sentinel", "numba", (), 0.1, "never")
    chosen = GateRequest(Path("b.json"), provider="./mine.py", set="smoke", processes=12)
    other = bench_request(chosen, run(timed("add-1")))
    assert (other.set, other.provider, other.processes) == ("smoke", "./mine.py", 12)


def test_of_a_part_of_a_set_what_is_still_in_the_set_is_measured() -> None:
    from parity.cases.workloads import expand
    from parity.documents.workload_toml import read_workloads
    from parity.pipeline.places import workload_set

    there = expand(read_workloads(workload_set("smoke")))[0].name
    part = run(timed(there), timed("no-such-workload"), set="smoke", complete=False)
    assert bench_request(GateRequest(Path("b.json")), part).only == (there,)


def test_a_part_of_which_nothing_is_left_in_the_set_is_refused_before_anything_is_measured() -> None:
    part = run(timed("no-such-workload"), set="smoke", complete=False)
    with pytest.raises(UsageError, match="the set 'smoke' has none of the baseline's workloads") as refused:
        bench_request(GateRequest(Path("b.json")), part)
    assert refused.value.where == "b.json, field workloads"


def test_a_set_that_is_gone_is_the_baselines_unless_a_flag_names_it() -> None:
    for given, where in ((None, "b.json, field set"), ("no-such-set", "--set")):
        with pytest.raises(UsageError) as refused:
            bench_request(GateRequest(Path("b.json"), set=given), run(set="no-such-set"))
        assert refused.value.where == where
        assert ("--set PATH" in str(refused.value.hint)) == (given is None)


@pytest.mark.parametrize(
    ("given", "where"), [(None, "b.json, field provider.spec"), ("./gone.py", "--provider")], ids=["baseline", "flag"]
)
def test_a_provider_that_is_gone_is_the_baselines_unless_a_flag_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    gone = ProviderIdentity(spec="./gone.py", name="gone", version=None)
    part = run(timed("add-1"), machine=HERE, set="smoke", provider=gone)
    path = written(Path("b.json"), part)
    with pytest.raises(ProviderError) as refused:
        gate(GateRequest(path, provider=given), Progress())
    assert refused.value.where == where


def test_a_comparison_without_current_takes_the_newest_baseline_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARITY_ARTIFACTS", str(tmp_path))
    folder = tmp_path / "baselines" / HERE.id
    folder.mkdir(parents=True)
    newest = run(timed("add-1", slower(0.1)), machine=HERE, started="2026-11-22T08:00:00Z")
    path = written(folder / "newest.json", newest)
    before = written(tmp_path / "before.json", run(timed("add-1"), machine=HERE))
    assert compared(before, None, across=False).after.started == newest.started
    with pytest.raises(UsageError, match="is the one to compare with"):
        compared(path, None, across=False)


def test_the_values_are_those_of_the_documents() -> None:
    assert Machine().measure(None).workloads[0].processes.log_ratio == tuple(-value for value in QUIET)
