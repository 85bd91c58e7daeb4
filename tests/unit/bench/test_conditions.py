"""Flags of epochs, from counts that the test moves; and threads, in processes of their own."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from parity.bench import conditions
from parity.bench.conditions import Conditions, pin_threads, thread_environment
from parity.bench.timings import STOLEN, SWITCHED


class Count:
    """A count that the test moves."""

    def __init__(self) -> None:
        self.value = 7

    def __call__(self) -> int:
        return self.value


def run(script: str, variables: dict[str, str]) -> str:
    command = [sys.executable, "-c", textwrap.dedent(script)]
    environment = {"PYTHONPATH": ":".join(sys.path), **variables}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=120).stdout


def test_an_epoch_with_a_switch_is_flagged_and_the_next_one_is_not() -> None:
    switches = Count()
    with Conditions(switches, Count(), Count()) as watch:
        switches.value += 5  # before the epoch begins
        watch.begin()
        assert watch.end() == (0, 0)
        switches.value += 1
        assert watch.end() == (SWITCHED, 0)
        assert watch.end() == (0, 0)


def test_an_epoch_tells_how_long_it_waited_and_the_next_one_only_its_own_wait() -> None:
    waited = Count()
    with Conditions(Count(), Count(), waited) as watch:
        waited.value += 5  # before the epoch begins
        watch.begin()
        waited.value += 3_000_000
        assert watch.end() == (0, 3_000_000)
        waited.value += 2
        assert watch.end() == (0, 2)


def test_waits_are_the_second_count_of_the_threads_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = tmp_path / "schedstat"
    counts.write_text("100 200 3\n")
    monkeypatch.setattr(conditions, "SCHEDSTAT", counts)
    with Conditions(Count(), Count()) as watch:
        watch.begin()
        counts.write_text("900 250 9\n")
        assert watch.end() == (0, 50)


@pytest.mark.parametrize("text", [None, "", "1\n", "a b c\n"])
def test_where_the_system_tells_nothing_of_waits_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    counts = tmp_path / "schedstat"
    if text is not None:
        counts.write_text(text)
    monkeypatch.setattr(conditions, "SCHEDSTAT", counts)
    with Conditions(Count(), Count()) as watch:
        watch.begin()
        assert watch.end() == (0, 0)


def test_stolen_time_is_told_once() -> None:
    steal = Count()
    with Conditions(Count(), steal) as watch:
        assert watch.stolen() == 0
        steal.value += 2
        assert watch.stolen() == STOLEN
        assert watch.stolen() == 0


def test_steal_is_the_eighth_count_of_the_first_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  1 2 3 4 5 6 7 800 9 10\ncpu0 1 2 3 4 5 6 7 400 9 10\n")
    monkeypatch.setattr(conditions, "PROC_STAT", stat)
    with Conditions() as watch:
        stat.write_text("cpu  9 9 9 9 9 9 9 800 9 10\ncpu0 1 2 3 4 5 6 7 400 9 10\n")
        assert watch.stolen() == 0
        stat.write_text("cpu  9 9 9 9 9 9 9 801 9 10\ncpu0 1 2 3 4 5 6 7 400 9 10\n")
        assert watch.stolen() == STOLEN


@pytest.mark.parametrize("text", [None, "", "cpu 1 2 3 4\n", "cpu a b c d e f g h i\n"])
def test_where_the_system_tells_nothing_of_steal_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    stat = tmp_path / "stat"
    if text is not None:
        stat.write_text(text)
    monkeypatch.setattr(conditions, "PROC_STAT", stat)
    with Conditions() as watch:
        assert watch.stolen() == 0


def test_where_the_system_counts_no_switches_of_threads_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    with Conditions(steal=Count(), waited=Count()) as watch:
        watch.begin()
        assert watch.end() == (0, 0)


def test_a_closed_watch_has_closed_its_file() -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    watch = Conditions()
    watch.close()
    watch.close()
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert watch.stolen() in (0, STOLEN)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="two threads cannot be made to share a processor here")
def test_a_thread_that_must_share_its_processor_sees_switches_and_waits() -> None:
    script = """
        import os, subprocess, sys, time
        from parity.bench.conditions import Conditions
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            with Conditions() as watch:
                watch.begin()
                flags, waited = 0, 0
                begin, used, end = time.monotonic(), time.thread_time(), time.monotonic() + 20
                while not (flags and time.monotonic() > begin + 0.2) and time.monotonic() < end:
                    flag, wait = watch.end()
                    flags, waited = flags | flag, waited + wait
                off = time.monotonic() - begin - (time.thread_time() - used)
            print(flags, abs(waited / 1e9 - off) < 0.1 * off + 0.002)
        finally:
            neighbour.kill()
            neighbour.wait()
        """
    assert run(script, {}).split() == [str(SWITCHED), "True"]


def test_the_environment_names_the_libraries_that_start_threads() -> None:
    environment = thread_environment(3)
    assert set(environment.values()) == {"3"}
    assert {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"} <= environment.keys()


PIN = """
    import json, sys, numpy
    from parity.bench.conditions import pin_threads
    {imports}
    pin_threads({first})
    print(json.dumps(pin_threads({last})))
    print("numba" in sys.modules)
    """


def test_pools_that_started_with_more_are_pinned_in_the_process() -> None:
    script = PIN.format(imports="import numba", first=2, last=1)
    told = run(script, thread_environment(2))
    assert '"numba": 1' in told
    assert "2" not in told


def test_numba_is_not_imported_to_be_pinned() -> None:
    told = run(PIN.format(imports="", first=1, last=1), {})
    assert "numba" not in told
    assert told.splitlines()[-1] == "False"


def test_numba_that_may_use_fewer_says_so() -> None:
    told = run(PIN.format(imports="import numba", first=4, last=4), {"NUMBA_NUM_THREADS": "1"})
    assert '"numba": 1' in told


def test_what_is_pinned_is_told_by_library_in_order() -> None:
    pinned = pin_threads(max(1, threading.active_count()))
    assert list(pinned) == sorted(pinned)
    assert all(count >= 1 for count in pinned.values())
