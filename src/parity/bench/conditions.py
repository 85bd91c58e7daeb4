"""What a timing runs under: threads that libraries may use, and what takes the processor away from it.

An epoch during which the kernel switched the timing thread out against its will, or the host took time from this
machine, is flagged and counts like any other: leaving out the slow ones would make every percentile look better. How
long the thread waited for a processor is recorded, too, so that the ratio of two arms need not hold it.

The process is not bound to one processor. Measured on two, with neighbours that compute by turns and the same call as
both arms, two runs of 18 and 12 processes: the values of processes had standard deviations of 0.0029 and 0.0056 free,
0.0048 and 0.0025 bound for a call of 0.25 ms; of 0.0004 to 0.0008 either way for calls of 0.5 and 25 us. Nothing is
gained, and a bound process cannot leave a processor that a neighbour has taken.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from parity.bench.timings import STOLEN, SWITCHED

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
"""What libraries of numbers read when they are loaded, to learn how many threads they may start."""

PROC_STAT = Path("/proc/stat")
SCHEDSTAT = Path("/proc/thread-self/schedstat")
"""Of the thread that opens it: nanoseconds on a processor, nanoseconds waiting for one, and how often it got one."""
_STEAL, _WAITED = 8, 1
"""proc(5): the first line of stat is "cpu", then user nice system idle iowait irq softirq steal, of all processors."""


def thread_environment(threads: int) -> dict[str, str]:
    """Variables for the environment of a process whose libraries shall use so many threads each."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


def pin_threads(threads: int) -> dict[str, int]:
    """Let the thread pools of this process use so many threads from now on, and say what they use.

    Call it when the provider is imported: a library that is loaded later minds `thread_environment` only. Numba's
    threads are not started for it.

    Returns
    -------
    dict of str to int
        Threads by library, as threadpoolctl names them (``openblas``, ``mkl``, ``openmp``, ...), and ``numba`` where
        it is imported. Of two copies of a library, the one with more. Empty if there is no pool.
    """
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - not for those who only flag epochs

    pools = ThreadpoolController()
    pools.limit(limits=threads)  # nothing restores it, so it holds as long as the process
    pinned: dict[str, int] = {}
    for pool in pools.info():
        name = str(pool["internal_api"])
        pinned[name] = max(pinned.get(name, 0), int(pool["num_threads"]))
    numba: Any = sys.modules.get("numba")
    if numba is not None:
        allowed = int(numba.config.NUMBA_NUM_THREADS)
        if allowed > threads:
            numba.set_num_threads(threads)
        pinned["numba"] = min(allowed, threads)
    return dict(sorted(pinned.items()))


class Conditions:
    """Tells for each epoch whether something took the processor away from it, and for how long.

    Where a system cannot tell, it is 0.

    It watches the thread in which it is asked. Close it, or use it in a ``with``.

    Parameters
    ----------
    switches, steal, waited : callable, optional
        Counts that only rise: of involuntary context switches of this thread, of ticks that the host took from this
        machine, and of nanoseconds for which this thread could have run and did not. Without them, the system's.

    Notes
    -----
    Measured: 1.6 us for an answer about switches and waits, five of them for four epochs; 8 us for one about steal,
    which the kernel counts in ticks of 10 ms, so that asking more often tells nothing more.
    """

    def __init__(
        self,
        switches: Callable[[], int] | None = None,
        steal: Callable[[], int] | None = None,
        waited: Callable[[], int] | None = None,
    ) -> None:
        self._open: list[int] = []
        self._count_switches = switches or _thread_switches()
        self._count_steal = steal or self._counted(PROC_STAT, _STEAL)
        self._count_waited = waited or self._counted(SCHEDSTAT, _WAITED)
        self._steal = self._count_steal()
        self.begin()

    def begin(self) -> None:
        """An epoch begins, and none came right before."""
        self._switches, self._waited = self._count_switches(), self._count_waited()

    def end(self) -> tuple[int, int]:
        """Of the epoch since `begin`, or since the one before, which ends now: SWITCHED or 0, and ns of waiting."""
        switches, waited = self._switches, self._waited
        self.begin()
        return SWITCHED if self._switches != switches else 0, self._waited - waited

    def stolen(self) -> int:
        """STOLEN or 0 for the time since this was asked last."""
        before, self._steal = self._steal, self._count_steal()
        return STOLEN if self._steal != before else 0

    def close(self) -> None:
        """Read nothing any more."""
        self._count_switches = self._count_steal = self._count_waited = _nothing
        while self._open:
            os.close(self._open.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _counted(self, path: Path, field: int) -> Callable[[], int]:
        """What says a field of a file's first line; 0 where there is none."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return _nothing
        self._open.append(descriptor)

        def count() -> int:
            return int(os.pread(descriptor, 256, 0).split(None, field + 1)[field])

        try:
            count()
        except (OSError, ValueError, IndexError):
            return _nothing
        return count


def _nothing() -> int:
    return 0


def _thread_switches() -> Callable[[], int]:
    try:
        from resource import RUSAGE_THREAD, getrusage  # noqa: PLC0415 - not on Windows; no RUSAGE_THREAD on macOS
    except ImportError:
        return _nothing
    return lambda: getrusage(RUSAGE_THREAD).ru_nivcsw
