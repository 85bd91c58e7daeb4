"""One process judges, fresh ones time; what a provider does to its process costs the workload that it was at."""

import math
import multiprocessing
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from parity.bench import processes, serving
from parity.bench.interpreter import EndedError
from parity.bench.processes import Judged, Judgement, Settings, choose_controls, judge_all, time_process, time_scaling
from parity.bench.serving import Copy, Harness, Identified, Measure, Task, Withheld
from parity.bench.timings import Pace, Timing
from parity.calling import Crashed, TimedOut
from parity.compare.judge import judge
from parity.documents.case import ArrayArgument, Call, Case
from parity.documents.report import ProviderIdentity
from parity.documents.verdict import Verdict
from parity.documents.workload import Budget, Workload
from parity.providers.spec import load_provider

POOLS = {"d.x": np.arange(1.0, 65.0).tobytes()}
SETTINGS = Settings(processes=6, seconds=0.01, threads=1, seed="s")

PROVIDER = """
import os, sys, time
import numpy as np

__version__ = os.environ["OMP_NUM_THREADS"] + "/" + os.environ["NUMBA_NUM_THREADS"]
calls = dict.fromkeys(("minimum", "exp", "log", "sqrt", "square", "tan"), 0)

def called(name):
    calls[name] += 1
    return calls[name]

def add(x, y): return np.add(x, y)
def subtract(x, y): os._exit(3)
def multiply(x, y): time.sleep(3600)
def divide(x, y): raise ValueError("not today")
def maximum(x, y): return np.maximum(x, y) + 1
def minimum(x, y): return np.minimum(x, y) * (1 + called("minimum") % 7 * 2**-40)
def negative(x):
    print("noise " * 100_000)
    os.write(2, b"more noise")
    sys.stdout.flush()
    return np.negative(x)
def exp(x): return np.exp(x) * (1 + called("exp") % 2 * 2**-52)
def log(x):
    if called("log") > 10: os._exit(0)
    return np.log(x)
def sqrt(x):
    if called("sqrt") > 10: raise SystemExit("enough")
    return np.sqrt(x)
def square(x): return np.square(x) + (called("square") > 10_000)
def sin(x): return np.sin(x, out=x) if x.flags.writeable else None
def cos(x): return np.cos(x)
def tan(x): raise KeyboardInterrupt
"""


def workload(op: str, *, nin: int = 2, p99: float | None = None) -> Workload:
    loop = "d" * nin + "->d"
    call = Call(op=op, args=(ArrayArgument(pool="d.x", shape=(4,)),) * nin)
    return Workload(
        name=f"{op}-4",
        op=op,
        loop=loop,
        layout="contiguous",
        shapes=((4,),) * nin,
        digest="0" * 32,
        bytes=32 * (nin + 1),
        budget=Budget(p50=0.02, p99=p99, reason="a test"),
        case=Case(case_id=op, loop=loop, layout="contiguous", call=call),
    )


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "misbehaving.py"
    path.write_text(PROVIDER)
    return path


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def judged_by(provider: Path, *workloads: Workload) -> tuple[Judgement, int]:
    advanced: list[int] = []
    found = judge_all(
        workloads, partial(load_provider, str(provider)), judge, POOLS, SETTINGS, lambda: advanced.append(1)
    )
    return found, len(advanced)


def timed_by(provider: Path, judgement: Judgement, *names: str, controls: tuple[str, ...] = ()) -> Any:
    return time_process(
        0,
        [judgement.judged[name].workload for name in names],
        judgement,
        controls,
        partial(load_provider, str(provider)),
        judge,
        POOLS,
        SETTINGS,
        lambda: None,
    )


def test_each_answer_is_judged_and_a_good_one_gets_a_pace(provider: Path, capfd: pytest.CaptureFixture[str]) -> None:
    binary = ("add", "subtract", "divide", "maximum", "minimum", "power")
    found, advanced = judged_by(
        provider, *map(workload, binary), *(workload(op, nin=1) for op in ("negative", "sin", "exp", "tan"))
    )
    verdicts = {name.removesuffix("-4"): judged.verdict.verdict for name, judged in found.judged.items()}
    assert advanced == len(verdicts) == 10
    assert verdicts == {
        "add": "exact",
        "subtract": "crashed",
        "divide": "raised_differently",
        "maximum": "diverged",
        "minimum": "diverged",
        "power": "unsupported",
        "negative": "exact",
        "sin": "diverged",
        "exp": "within_tolerance",
        "tan": "crashed",
    }
    paced = [name for name, judged in found.judged.items() if judged.pace is not None]
    assert paced == ["add-4", "negative-4", "exp-4"]
    for name, judged in found.judged.items():
        assert (judged.withheld is None) == (judged.pace is not None) == (judged.answer is not None), name
    add = found.judged["add-4"]
    assert add.pace is not None
    assert add.pace.mode == "batched"
    assert add.provider_ns is not None
    assert 0 < add.provider_ns < 10_000
    assert (found.judged["maximum-4"].withheld or "").startswith("the answer is diverged (value)")
    assert (found.identity.version, found.identity.name) == ("1/1", "misbehaving")
    assert capfd.readouterr() == ("", "")


def test_a_hang_costs_its_own_workload_only(provider: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "REQUEST_SECONDS", 1.0)
    found, _ = judged_by(provider, workload("multiply"), workload("add"))
    assert found.judged["multiply-4"].verdict.verdict == "timed_out"
    assert found.judged["multiply-4"].withheld == "the answer is timed out (outcome): no answer within 1 s"
    assert found.judged["add-4"].pace is not None


def test_what_a_provider_binds_in_numpy_is_not_there_for_who_judges(tmp_path: Path) -> None:
    path = tmp_path / "rebinding.py"
    path.write_text(
        "import numpy as np\n"
        "right = np.add\n"
        "def add(x, y): return right(x, y) + (np.isnan is None)\n"
        "np.add, np.isnan, np.signbit, np.maximum = add, None, None, None\n"
    )
    found, _ = judged_by(path, workload("add"))
    assert found.judged["add-4"].verdict.verdict == "diverged"


def test_a_fresh_process_times_what_was_judged(provider: Path) -> None:
    judgement, _ = judged_by(provider, workload("add"), workload("exp", nin=1), workload("divide"))
    found = timed_by(provider, judgement, "add-4", "exp-4", "divide-4", controls=("add-4",))
    assert (set(found.timings), set(found.controls), found.withheld) == ({"add-4", "exp-4"}, {"add-4"}, {})
    pace = judgement.judged["add-4"].pace
    assert pace is not None
    for timing in (found.timings["add-4"], found.controls["add-4"]):
        assert timing.provider_ns.shape == timing.numpy_ns.shape == (len(timing.flags), 2, 1)
        assert len(timing.flags) >= pace.quadruples
        assert timing.first_call_s > 0
        assert timing.compiled_late == 0
    assert 0 < found.harness_ns < 1e6
    assert len(found.copy_bandwidth) > 3
    assert all(threads == 1 for threads in found.threads.values())


def test_what_goes_wrong_only_later_is_withheld_with_the_reason(provider: Path) -> None:
    """The judging process makes few calls of each; these providers turn bad after ten, or after ten thousand."""
    good = Verdict(case_id="log", op="log", loop="d->d", layout="contiguous", verdict="exact")
    ops = ("log", "sqrt", "square", "cos")
    judgement = Judgement(
        ProviderIdentity(spec="x", name="x", version=None),
        {},
        {
            f"{op}-4": Judged(
                workload(op, nin=1), good, "", Pace("batched", 20_000, 3), "other bits", None, 100.0, 100.0
            )
            for op in ops
        },
    )
    found = timed_by(provider, judgement, *(f"{op}-4" for op in ops))
    assert set(found.timings) == {"cos-4"}, "bits that were not judged were judged again"
    assert found.withheld["log-4"].startswith("later, the answer is crashed")
    assert found.withheld["sqrt-4"] == "the provider raised SystemExit: enough"
    assert found.withheld["square-4"].startswith("later, the answer is diverged")
    assert {name: verdict.verdict for name, verdict in found.verdicts.items()} == {
        "log-4": "crashed",
        "sqrt-4": "raised_differently",
        "square-4": "diverged",
    }


# What follows needs no processes: an interpreter that answers at once.


def unused() -> Any:
    """A provider that nobody imports."""
    raise AssertionError


class Answering:
    """In place of `Interpreter`: notes tasks and requests, and answers from a function."""

    tasks: list[Task]
    asked: list[tuple[Any, float]]

    def __init__(self, answer: Callable[[Task, Measure], Any]) -> None:
        self.tasks, self.asked, self._answer = [], [], answer

    def __call__(self, task: Task) -> "Answering":
        self.tasks.append(task)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def identified(self) -> Identified:
        return Identified(ProviderIdentity(spec="x", name="x", version=None), {"openblas": self.tasks[-1].threads})

    def ask(self, request: Any, limit: float) -> Any:
        self.asked.append((request, limit))
        if isinstance(request, Harness):
            return 70.0
        return () if isinstance(request, Copy) else self._answer(self.tasks[-1], request)

    def order(self) -> list[tuple[str, bool]]:
        return [(request.case.case_id, request.control) for request, _ in self.asked if isinstance(request, Measure)]


def timing(ns: int) -> Timing:
    durations = np.full((3, 2, 1), ns, np.uint64)
    return Timing(durations, durations, np.ones(3, np.bool_), np.zeros((3, 4), np.uint8), None, None, 0.001, 0)


def judgement_of(*rough: tuple[str, float]) -> Judgement:
    """Judged workloads with the times of a call."""
    verdict = Verdict(case_id="x", op="x", loop="d->d", layout="contiguous", verdict="exact")
    identity = ProviderIdentity(spec="x", name="x", version=None)
    judged = {}
    for op, ns in rough:
        pace = Pace("per_call" if ns >= 10_000 else "batched", max(1, round(1e6 / ns)), 3)
        judged[f"{op}-4"] = Judged(workload(op), verdict, "", pace, "", None, ns, ns)
    return Judgement(identity, {}, judged)


OPS = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "power")
MANY = judgement_of(*((op, 1000.0) for op in OPS))


def order_of(number: int, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> list[tuple[str, bool]]:
    fake = Answering(lambda _task, _request: timing(1000))
    monkeypatch.setattr(processes, "Interpreter", fake)
    workloads = [judged.workload for judged in MANY.judged.values()]
    found = time_process(
        number, workloads, MANY, ("add-4", "power-4"), unused, judge, POOLS, SETTINGS._replace(**settings), lambda: None
    )
    assert (len(found.timings), len(found.controls), found.harness_ns) == (7, 2, 70.0)
    return fake.order()


def test_each_process_has_an_order_of_its_own_that_seed_and_number_make(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [order_of(number, monkeypatch) for number in range(4)]
    everything = {(op, False) for op in OPS} | {("add", True), ("power", True)}
    assert all(set(order) == everything and len(order) == 9 for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert order_of(2, monkeypatch) == orders[2]
    assert order_of(2, monkeypatch, seed="other") != orders[2]


def test_a_process_that_ends_withholds_its_workload_and_no_control(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_task: Task, request: Measure) -> Any:
        if request.case.call.op == "divide":
            raise EndedError(Crashed(11), "")
        if request.case.call.op == "power":
            raise EndedError(TimedOut(60.0), "")
        return Withheld("words") if request.case.call.op == "add" else timing(1000)

    monkeypatch.setattr(processes, "Interpreter", Answering(answer))
    workloads = [judged.workload for judged in MANY.judged.values()]
    advanced: list[int] = []
    found = time_process(
        1, workloads, MANY, ("divide-4", "minimum-4"), unused, judge, POOLS, SETTINGS, lambda: advanced.append(1)
    )
    assert len(advanced) == 7
    assert set(found.timings) == {"subtract-4", "multiply-4", "maximum-4", "minimum-4"}
    assert set(found.controls) == {"minimum-4"}
    assert found.withheld == {
        "add-4": "words",
        "divide-4": "later, the answer is crashed (outcome): the process died of signal 11",
        "power-4": "later, the answer is timed out (outcome): no answer within 60 s",
    }


def test_a_request_may_take_what_it_asks_for_and_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = judgement_of(("add", 5e9))
    fake = Answering(lambda _task, _request: timing(1))
    monkeypatch.setattr(processes, "Interpreter", fake)
    time_process(0, [slow.judged["add-4"].workload], slow, (), unused, judge, POOLS, SETTINGS, lambda: None)
    assert fake.asked[-1][1] == 60 + 4 * (3 * 4 * 5)


def test_controls_are_a_batched_one_one_in_the_middle_and_a_large_one() -> None:
    rough = (("add", 300.0), ("subtract", 900.0), ("multiply", 50_000.0), ("divide", 8e6), ("maximum", 9e7))
    assert choose_controls(judgement_of(*rough)) == ("add-4", "multiply-4", "divide-4")
    assert choose_controls(judgement_of(*rough[2:4])) == ("divide-4",)
    assert choose_controls(judgement_of(rough[0])) == ("add-4",)
    assert choose_controls(judgement_of(rough[4])) == ()
    assert choose_controls(judgement_of()) == ()


@pytest.mark.parametrize(("ns", "least"), [(100_000.0, 368), (160_000.0, 368), (200_000.0, 0)])
def test_a_p99_with_a_budget_gets_its_calls_where_they_cost_little_time(ns: float, least: int) -> None:
    pace = processes._pace(workload("add", p99=0.5), ns, ns, 0.1)
    assert (2 * pace.calls * pace.quadruples >= 368) == (least == 368)
    free = processes._pace(workload("add"), ns, ns, 0.1)
    assert 2 * free.calls * free.quadruples < 368


def test_scaling_compares_one_thread_with_all_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Answering(lambda task, _request: timing(4000 if task.threads == 1 else 1000))
    monkeypatch.setattr(processes, "Interpreter", fake)
    monkeypatch.setattr(processes, "all_cores", lambda: 4)
    chosen = judgement_of(("add", 4000.0), ("power", 4000.0))
    workloads = [judged.workload for judged in chosen.judged.values()]
    found = time_scaling(workloads, chosen, unused, judge, POOLS, SETTINGS._replace(processes=3), lambda: None)
    assert [task.threads for task in fake.tasks] == [1, 4, 4, 1, 1, 4]
    assert found == ({"add-4": (math.log(4),) * 3, "power-4": (math.log(4),) * 3}, {}, {})


def test_what_goes_wrong_while_scaling_is_withheld_with_the_reason_and_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = Verdict(case_id="add", op="add", loop="dd->d", layout="contiguous", verdict="diverged")

    def answer(task: Task, request: Measure) -> Any:
        op, number = request.case.call.op, int(request.seed.split("/")[2])
        if op == "add" and task.threads == 4:
            return Withheld("later, words", wrong)
        if op == "power" and number == 3:
            assert task.threads == 1
            raise EndedError(Crashed(11), "")
        return timing(1000)

    fake = Answering(answer)
    monkeypatch.setattr(processes, "Interpreter", fake)
    monkeypatch.setattr(processes, "all_cores", lambda: 4)
    chosen = judgement_of(("add", 4000.0), ("power", 4000.0), ("maximum", 4000.0))
    workloads = [judged.workload for judged in chosen.judged.values()]
    found = time_scaling(workloads, chosen, unused, judge, POOLS, SETTINGS._replace(processes=3), lambda: None)
    assert found.log_ratios == {"add-4": (), "power-4": (0.0,), "maximum-4": (0.0,) * 3}
    assert found.withheld == {
        "add-4": "with all cores (4): later, words",
        "power-4": "later, the answer is crashed (outcome): the process died of signal 11",
    }
    assert {name: verdict.verdict for name, verdict in found.verdicts.items()} == {
        "add-4": "diverged",
        "power-4": "crashed",
    }
    asked = [op for op, _ in fake.order()]
    assert [asked.count(op) for op in ("add", "power", "maximum")] == [2, 4, 6]


def test_scaling_ends_where_everything_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Answering(lambda _task, _request: Withheld("words"))
    monkeypatch.setattr(processes, "Interpreter", fake)
    monkeypatch.setattr(processes, "all_cores", lambda: 4)
    chosen = judgement_of(("add", 4000.0))
    workloads = [judged.workload for judged in chosen.judged.values()]
    found = time_scaling(workloads, chosen, unused, judge, POOLS, SETTINGS, lambda: None)
    assert found == ({"add-4": ()}, {"add-4": "words"}, {})
    assert len(fake.tasks) == 1


def test_reasons_are_words() -> None:
    verdict = Verdict(case_id="x", op="x", loop="d->d", layout="", verdict="diverged", failed_class="nan", message="m")
    assert serving.told(verdict) == "the answer is diverged (nan): m"
