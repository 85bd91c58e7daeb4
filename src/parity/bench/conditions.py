"""What a timing runs under: threads that libraries may use, and what takes the processor away from it.

An epoch during which the kernel switched the timing thread out against its will, or the host took time from this
machine, is flagged and counts like any other: leaving out the slow ones would make every percentile look better.

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
_STEAL = (
    8  # proc(5): the first line has "cpu", then user nice system idle iowait irq softirq steal, over all processors
)


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
    """Tells for each epoch whether something took the processor away from it. Where a system cannot tell, it is 0.

    It watches the thread in which it is asked. Close it, or use it in a ``with``.

    Parameters
    ----------
    switches, steal : callable, optional
        Counts that only rise: of involuntary context switches of this thread, and of ticks that the host took from
        this machine. Without them, those of the system.

    Notes
    -----
    Measured: 0.4 us for an answer about switches, five of them for four epochs; 8 us for one about steal, which the
    kernel counts in ticks of 10 ms, so that asking more often tells nothing more.
    """

    def __init__(self, switches: Callable[[], int] | None = None, steal: Callable[[], int] | None = None) -> None:
        self._descriptor: int | None = None
        self._count_switches = switches or _thread_switches()
        self._count_steal = steal or self._host_steal
        if steal is None:
            self._open()
        self._switches, self._steal = self._count_switches(), self._count_steal()

    def begin(self) -> None:
        """An epoch begins, and none came right before."""
        self._switches = self._count_switches()

    def end(self) -> int:
        """SWITCHED or 0 for the epoch since `begin`, or since the one before, which ends now."""
        before, self._switches = self._switches, self._count_switches()
        return SWITCHED if self._switches != before else 0

    def stolen(self) -> int:
        """STOLEN or 0 for the time since this was asked last."""
        before, self._steal = self._steal, self._count_steal()
        return STOLEN if self._steal != before else 0

    def close(self) -> None:
        """Read nothing any more."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        try:
            self._descriptor = os.open(PROC_STAT, os.O_RDONLY | os.O_CLOEXEC)
            self._host_steal()
        except (OSError, ValueError, IndexError):  # no such file, or none with steal in it
            self.close()

    def _host_steal(self) -> int:
        if self._descriptor is None:
            return 0
        return int(os.pread(self._descriptor, 256, 0).split(None, _STEAL + 1)[_STEAL])


def _thread_switches() -> Callable[[], int]:
    try:
        from resource import RUSAGE_THREAD, getrusage  # noqa: PLC0415 - not on Windows; no RUSAGE_THREAD on macOS
    except ImportError:
        return lambda: 0
    return lambda: getrusage(RUSAGE_THREAD).ru_nivcsw
