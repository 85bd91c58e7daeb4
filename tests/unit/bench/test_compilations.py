"""Compilations are counted by Numba's own events, and Numba is not imported to hear of them.

Those in other interpreters show what happens from the very start; the others use Numba as it is in this process.
"""

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import event

from parity.bench.compilations import LOCK, PASS, Compilations


def compiled(add: int) -> Any:
    """A function of its own, not compiled yet."""

    return numba.njit(lambda x: x + add)


def run(script: str, *, cache: Path) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", textwrap.dedent(script)]
    environment = {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": ":".join(sys.path)}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=120).stdout


class Ticks:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_compilation_counts_and_takes_time_and_a_second_call_does_not() -> None:
    function = compiled(1)
    with Compilations() as compilations:
        assert (compilations.count, compilations.seconds) == (0, 0.0)
        function(1.0)
        count, seconds = compilations.count, compilations.seconds
        assert count >= 1
        assert seconds is not None
        assert 0 < seconds < 60
        function(2.0)
        assert (compilations.count, compilations.seconds) == (count, seconds)


def test_a_late_compilation_for_another_type_is_seen() -> None:
    function = compiled(2)
    function(1.0)
    with Compilations() as compilations:
        function(1.0)
        assert compilations.count == 0
        function(np.float32(1))
        assert compilations.count >= 1


@pytest.mark.parametrize("kind", ["cfunc", "vectorize"])
def test_c_callbacks_and_ufuncs_count_although_no_dispatcher_compiles(kind: str) -> None:
    with Compilations() as compilations:
        if kind == "cfunc":
            numba.cfunc("float64(float64)")(lambda x: x * 3)
        else:
            numba.vectorize(["float64(float64)"])(lambda x: x * 3)
        assert compilations.count >= 1
        assert compilations.seconds


def test_after_stop_nothing_counts_and_nothing_listens() -> None:
    heard = len(event._registered[PASS]), len(event._registered[LOCK])
    with Compilations() as compilations:
        assert len(event._registered[PASS]) == heard[0] + 1
    compiled(3)(1.0)
    assert compilations.count == 0
    assert (len(event._registered[PASS]), len(event._registered[LOCK])) == heard


def test_seconds_are_those_of_the_outermost_hold_of_the_lock_in_which_passes_ran() -> None:
    clock = Ticks()
    with Compilations(clock) as compilations:
        with event.trigger_event(LOCK):  # taken only to load something
            clock.now += 100
        assert (compilations.count, compilations.seconds) == (0, 0.0)
        with event.trigger_event(LOCK):
            clock.now += 1
            with event.trigger_event(LOCK), event.trigger_event(PASS):
                assert compilations.count == 1  # already while it compiles
                clock.now += 2
            with event.trigger_event(PASS):
                clock.now += 3
        assert (compilations.count, compilations.seconds) == (1, 6.0)


def test_a_lock_that_was_held_before_does_no_harm() -> None:
    compilations = Compilations(clock := Ticks())
    with event.trigger_event(LOCK):
        compilations.start()
    with event.trigger_event(LOCK), event.trigger_event(PASS):
        clock.now += 2
    compilations.stop()
    assert (compilations.count, compilations.seconds) == (1, 2.0)


def test_a_pass_outside_of_the_lock_counts_too() -> None:
    with Compilations() as compilations:
        with event.trigger_event(PASS):
            pass
        assert compilations.count == 1


def test_numba_is_heard_though_it_is_imported_after_the_start_and_is_not_imported_before(tmp_path: Path) -> None:
    told = run(
        """
        import sys
        from parity.bench.compilations import EVENTS, Compilations
        compilations = Compilations().start()
        finders = len(sys.meta_path)
        print("numba" in sys.modules, compilations.count, compilations.seconds)
        import numba
        print(compilations.count, compilations.seconds, len(sys.meta_path) == finders - 1)
        print(type(sys.modules[EVENTS].__spec__.loader).__name__, type(sys.modules[EVENTS].__loader__).__name__)
        numba.njit(lambda x: x + 1)(1)
        print(compilations.count, compilations.seconds > 0)
        """,
        cache=tmp_path,
    )
    assert told.splitlines() == [
        "False 0 None",
        "0 0.0 True",
        "SourceFileLoader SourceFileLoader",
        "1 True",
    ]


def test_stop_takes_back_the_wait_for_numba(tmp_path: Path) -> None:
    told = run(
        """
        import sys
        from parity.bench.compilations import Compilations
        before = list(sys.meta_path)
        with Compilations() as compilations:
            pass
        print(sys.meta_path == before, compilations.seconds)
        """,
        cache=tmp_path,
    )
    assert told.split() == ["True", "None"]


def test_our_kernels_count_when_they_are_compiled_and_not_when_they_come_from_the_disk(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text("def loop(args, count, steps):\n    pass\n")
    script = f"""
        import sys
        from parity.bench.compilations import Compilations
        sys.path.insert(0, {str(tmp_path)!r})
        with Compilations() as compilations:
            import kernel
            from parity_kernels.compiling import compiled_loop
            compiled_loop(kernel.loop, "nothing")
            print(compilations.count, compilations.seconds > 0)
        """
    assert run(script, cache=tmp_path).split() == ["1", "True"]
    assert run(script, cache=tmp_path).split() == ["0", "False"]
