"""A pool of worker processes, one task a case, so that what one case does to its process is that case's outcome."""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import TimeoutError as PoolTimeout
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from parity.calling import Crashed, Outcome, TimedOut
from parity.documents.case import Case
from parity.errors import InconclusiveError, ProviderError
from parity.execute import worker

CASE_SECONDS = 20.0
"""Time limit of one case. The longest honest one compiles a kernel: 1 to 3 s on a busy machine."""

IMPORT_SECONDS = 120.0
"""Time limit for importing the provider."""


def default_jobs() -> int:
    """As many workers as this process may use cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Executor:
    """Worker processes for one provider.

    load: a picklable function that imports it and gives an object with `namespace` and `identity`; it runs in the
    workers only. pools: little-endian bytes by name. seconds: budget for all cases together, None for none.
    """

    def __init__(
        self,
        load: Callable[[], Any],
        pools: Mapping[str, bytes],
        *,
        jobs: int | None = None,
        memory_mib: int | None = None,
        seconds: int | None = None,
    ) -> None:
        # A fork server has imported NumPy and this package but no provider: workers start in milliseconds, and a fork
        # never happens in a process that has threads.
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload(["parity.execute.worker"])
        self._pool = ProcessPool(
            jobs or default_jobs(),
            initializer=worker.initialize,
            initargs=(load, dict(pools), memory_mib),
            context=context,
        )
        self._seconds = seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._pool.close()
        else:
            self._pool.stop()
        self._pool.join()

    def identify(self) -> Any:
        """The provider's identity. Raises ProviderError if it cannot be imported, dies of it, or hangs."""
        expected = "a provider that can be imported"
        try:
            with _interrupts_held():
                return self._pool.schedule(worker.identify, timeout=IMPORT_SECONDS).result()
        except PoolTimeout:
            raise ProviderError(
                f"importing the provider took more than {IMPORT_SECONDS:g} s", where="--provider", expected=expected
            ) from None
        except ProcessExpired as error:
            raise ProviderError(
                f"importing the provider ended its process ({_ending(error)})", where="--provider", expected=expected
            ) from None

    def outcomes(self, cases: Iterable[Case]) -> Iterator[Outcome]:
        """The outcome of each case, in the order of the cases. Raises InconclusiveError when the time is used up."""
        started = time.monotonic()
        futures = [self._pool.schedule(worker.make, args=(case.call.plain(),), timeout=CASE_SECONDS) for case in cases]
        for number, future in enumerate(futures):
            left = None if self._seconds is None else max(0.0, self._seconds - (time.monotonic() - started))
            try:
                yield future.result(timeout=left)
            except PoolTimeout:
                if not future.done():
                    raise InconclusiveError(
                        f"the budget of {self._seconds} s ended after {number} of {len(futures)} cases",
                        where="budgets.seconds",
                        hint="raise the budget, or choose fewer operations",
                    ) from None
                yield TimedOut(CASE_SECONDS)
            except ProcessExpired as error:
                yield Crashed(-error.exitcode if error.exitcode and error.exitcode < 0 else 0)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C is ignored while workers start, and they inherit that for good: only the parent answers to it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _ending(error: ProcessExpired) -> str:
    code = error.exitcode or 0
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
