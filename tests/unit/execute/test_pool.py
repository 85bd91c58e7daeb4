"""Cases run in processes of their own: what a provider does to one of them is that case's outcome and no other's."""

import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.calling import Crashed, Missing, Outcome, Raised, Returned, TimedOut
from parity.documents.case import ArrayArgument, Call, Case
from parity.errors import InconclusiveError, ProviderError
from parity.execute import pool
from parity.execute.pool import Executor
from parity.providers.spec import load_provider

POOLS = {"d.x": np.arange(64.0).tobytes()}

PROVIDER = """
import ctypes, os, signal, sys, time
import numpy as np

def good(x): return np.add(x, 1)
def crash(x): os.kill(os.getpid(), signal.SIGSEGV)
def fault(x): return ctypes.string_at(0)
def leave(x): os._exit(3)
def hang(x): time.sleep(3600)
def deaf(x):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True: pass
def prints(x):
    print("noise " * 100_000)
    os.write(1, b"more noise")
    os.write(2, b"and more")
    sys.stdout.flush()
    return np.add(x, 1)
def quits(x): raise SystemExit(5)
def interrupts(x): raise KeyboardInterrupt
def recurses(x): return recurses(x)
def spoils(x):
    np.seterr(all="raise")
    os.chdir("/")
    sys.stdout = None
    return np.add(x, 1)
def closes(x):
    os.closerange(1, 3)
    return np.add(x, 1)
def takes_much(x): return np.ones(2**32)
def text(x): return "no array"
def generator(x): return (y for y in [x])
def objects(x): return np.array([object(), None], dtype=object)
def strange(x): return Strange()
def angry(x): raise Angry()
def local(x):
    class Local(Exception): pass
    raise Local("no pickle finds it")

class Strange:
    def __repr__(self): raise RuntimeError("no repr either")
class Angry(Exception):
    def __str__(self): raise RuntimeError("no text either")
"""


@pytest.fixture
def provider(tmp_path: Path) -> Path:
    path = tmp_path / "misbehaving.py"
    path.write_text(PROVIDER)
    return path


def case(op: str, at: int = 0) -> Case:
    return Case(
        case_id=f"{op}-{at}", loop="d->d", layout="", call=Call(op=op, args=(ArrayArgument(pool="d.x", at=at),))
    )


Running = Callable[..., Executor]


@pytest.fixture
def running(provider: Path) -> Iterator[Running]:
    started: list[Executor] = []

    def start(**options: Any) -> Executor:
        executor = Executor(partial(load_provider, str(provider)), POOLS, **{"jobs": 2} | options)
        started.append(executor.__enter__())
        return executor

    yield start
    for executor in started:
        executor.__exit__(RuntimeError, None, None)  # whatever still runs is of no interest


def returned(outcome: Outcome) -> float:
    assert isinstance(outcome, Returned), outcome
    return float(np.frombuffer(outcome.values[0].data)[0])


def test_outcomes_come_in_the_order_of_the_cases(running: Running) -> None:
    outcomes = running().outcomes([case("good", at) for at in range(60)])
    assert [returned(outcome) for outcome in outcomes] == [at + 1.0 for at in range(60)]


def test_a_result_above_the_largest_comes_without_its_bytes(running: Running) -> None:
    [whole] = running(largest=8).outcomes([case("good")])
    [without] = running(largest=7).outcomes([case("good")])
    assert isinstance(without, Returned)
    assert (returned(whole), without.values[0].data) == (1.0, b"")


@pytest.mark.parametrize("jobs", [1, 3])
def test_outcomes_do_not_depend_on_the_number_of_workers(running: Running, jobs: int) -> None:
    cases = [case(op, at) for at in range(5) for op in ("good", "text", "crash", "no_such", "local")]
    kinds = [type(outcome) for outcome in running(jobs=jobs).outcomes(cases)]
    assert kinds == 5 * [Returned, Returned, Crashed, Missing, Raised]


def test_a_crash_costs_its_own_case_only(running: Running) -> None:
    cases = [case(op, at) for at in range(3) for op in ("good", "crash", "fault", "leave", "good")]
    outcomes = list(running().outcomes(cases))
    segv = Crashed(signal.SIGSEGV)
    assert outcomes[1::5] == 3 * [segv]
    assert outcomes[2::5] == 3 * [segv]
    assert outcomes[3::5] == 3 * [Crashed(0)]
    assert [returned(outcome) for outcome in outcomes[::5]] == [1, 2, 3]
    assert [returned(outcome) for outcome in outcomes[4::5]] == [1, 2, 3]


def test_a_hang_costs_its_own_case_only(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "CASE_SECONDS", 1.0)
    outcomes = list(running().outcomes([case("good"), case("hang"), case("deaf"), case("good", 1)]))
    assert outcomes[1:3] == [TimedOut(1.0), TimedOut(1.0)]
    assert [returned(outcomes[0]), returned(outcomes[3])] == [1, 2]


@pytest.mark.parametrize("op", ["prints", "spoils", "closes"])
def test_a_case_after_one_that_spoils_its_process_is_answered(
    running: Running, op: str, capfd: pytest.CaptureFixture[str]
) -> None:
    outcomes = list(running(jobs=1).outcomes([case(op), case("good", 1), case(op), case("good", 3)]))
    assert [returned(outcome) for outcome in outcomes] == [1, 2, 1, 4]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("op", "kind"),
    [
        ("quits", "SystemExit"),
        ("interrupts", "KeyboardInterrupt"),
        ("recurses", "RecursionError"),
        ("local", "Local"),
        ("angry", "Angry"),
    ],
)
def test_whatever_a_provider_raises_is_its_outcome(running: Running, op: str, kind: str) -> None:
    first, second = running(jobs=1).outcomes([case(op), case("good")])
    assert isinstance(first, Raised)
    assert first.type == kind
    assert returned(second) == 1


@pytest.mark.parametrize(
    ("op", "kind"),
    [("text", "python:str"), ("generator", "python:generator"), ("strange", "python:Strange"), ("objects", "array")],
)
def test_whatever_a_provider_returns_is_its_outcome(running: Running, op: str, kind: str) -> None:
    (outcome,) = running(jobs=1).outcomes([case(op)])
    assert isinstance(outcome, Returned)
    assert outcome.values[0].kind == kind


def test_a_memory_budget_is_kept(running: Running) -> None:
    first, second = running(jobs=1, memory_mib=2048).outcomes([case("takes_much"), case("good")])
    assert isinstance(first, Raised)
    assert "MemoryError" in first.bases
    assert returned(second) == 1


def test_a_time_budget_ends_the_run_without_a_verdict(running: Running) -> None:
    with pytest.raises(InconclusiveError, match=r"budget of 1 s ended after 1 of 2 cases") as ended:
        list(running(jobs=1, seconds=1).outcomes([case("good"), case("hang")]))
    assert ended.value.where == "budgets.seconds"


def test_a_provider_says_who_it_is(running: Running, provider: Path) -> None:
    identity = running().identify()
    assert (identity.spec, identity.name, identity.version) == (str(provider), "misbehaving", None)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import no_such_module_anywhere", "no_such_module_anywhere"),
        ("import", "SyntaxError"),
        ("raise SystemExit(4)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os; os._exit(7)", "exit code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL"),
    ],
)
def test_an_import_that_fails_is_a_provider_error(running: Running, provider: Path, source: str, words: str) -> None:
    provider.write_text(source)
    with pytest.raises(ProviderError, match=words) as refused:
        running(jobs=1).identify()
    assert refused.value.where == "--provider"


def test_an_import_that_hangs_is_a_provider_error(
    running: Running, provider: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IMPORT_SECONDS", 1.0)
    provider.write_text("import time; time.sleep(3600)")
    with pytest.raises(ProviderError, match="more than 1 s"):
        running(jobs=1).identify()


def test_a_run_that_is_abandoned_leaves_no_worker_behind(running: Running) -> None:
    executor = running()
    outcomes = executor.outcomes([case("good"), *(case("hang", at) for at in range(4))])
    assert returned(next(outcomes)) == 1
    processes = [each.process for each in executor._workers]
    error = RuntimeError("the parent's own")
    executor.__exit__(type(error), error, None)
    assert len(processes) == 2
    assert not any(process.is_alive() for process in processes)
