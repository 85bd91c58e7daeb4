"""Worker processes that each make one call at a time, so that what a case does to its process is that case's outcome.

The parent knows what each worker is at: requests go through a pipe of the worker's own and are answered in their order.
When a worker dies, the first request without an answer is the one that killed it, and the others go to its successor.
Outcomes so do not depend on the number of workers, nor on when the parent looks (docs/adr/0003).
"""

import contextlib
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing.connection import wait
from types import TracebackType
from typing import Any, Self

from parity.calling import LARGEST, Crashed, Outcome, TimedOut
from parity.documents.case import Case
from parity.errors import InconclusiveError
from parity.execute import worker
from parity.isolation import IMPORT_SECONDS, ending, import_error, interrupts_held

CASE_SECONDS = 20.0
"""Time limit of one case. The longest honest one compiles a kernel: 1 to 3 s on a busy machine."""

IMPORT = -1
"""The number of a worker's first request, which is to import the provider and say who it is."""

AHEAD = 16
"""Requests that wait in a worker's pipe, so that it need not wait for the parent; they fit into the pipe's buffer."""


def default_jobs() -> int:
    """As many workers as this process may use cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """A process, the pipe to it, and the numbers of the requests that it has not answered."""

    def __init__(self, context: Any, arguments: tuple[Any, ...]) -> None:
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=worker.serve, args=(theirs, *arguments), daemon=True)
        with interrupts_held():
            self.process.start()
        theirs.close()
        self.pending: deque[int] = deque()
        self.since = time.monotonic()
        self.ask(IMPORT, worker.IDENTIFY)

    def ask(self, number: int, request: Any) -> None:
        """Send a request. A worker that has died is found by its silence."""
        if not self.pending:
            self.since = time.monotonic()
        self.pending.append(number)
        with contextlib.suppress(OSError):
            self.connection.send(request)

    def answers(self) -> Iterator[tuple[int, Any]]:
        """Requests that are answered, with their answers, as far as there are any now. Raises EOFError if it died."""
        try:
            while self.pending and self.connection.poll():
                answer = self.connection.recv()
                self.since = time.monotonic()
                yield self.pending.popleft(), answer
        except OSError:
            raise EOFError from None

    @property
    def limit(self) -> float:
        """Seconds that the request may take that it is at."""
        return IMPORT_SECONDS if self.pending and self.pending[0] == IMPORT else CASE_SECONDS

    @property
    def left(self) -> float:
        """Seconds until the request that it is at has taken too long."""
        return self.since + self.limit - time.monotonic()

    def stop(self) -> int:
        """End the process if it has not ended; its exit code."""
        self.process.join(1.0 if self.left > 0 else 0.0)
        self.process.kill()
        self.process.join()
        self.connection.close()
        return int(self.process.exitcode or 0)


class Executor:
    """Worker processes for one provider.

    load: a picklable function that imports it and gives an object with `namespace` and `identity`; it runs in the
    workers only. pools: little-endian bytes by name. seconds: budget for all cases together, None for none. largest:
    bytes up to which a result is recorded with its elements, as `parity.calling.value_of` says.
    """

    def __init__(
        self,
        load: Callable[[], Any],
        pools: Mapping[str, bytes],
        *,
        jobs: int | None = None,
        memory_mib: int | None = None,
        seconds: int | None = None,
        largest: int = LARGEST,
    ) -> None:
        # A fork server has imported NumPy and this package but no provider: workers start in milliseconds, and a fork
        # never happens in a process that has threads.
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self._context = multiprocessing.get_context(method)
        if method == "forkserver":
            self._context.set_forkserver_preload(["parity.execute.worker"])
        self._arguments = (load, dict(pools), memory_mib, largest)
        self._jobs, self._seconds = jobs or default_jobs(), seconds
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for each in self._workers:
            each.since = 0.0  # nothing that it may still be at is waited for
            each.stop()
        self._workers.clear()

    def _started(self) -> _Worker:
        each = _Worker(self._context, self._arguments)
        self._workers.append(each)
        return each

    def identify(self) -> Any:
        """The provider's identity. Raises ProviderError if it cannot be imported, dies of it, or hangs."""
        found: dict[int, Any] = {}
        self._started()
        while IMPORT not in found:
            self._collect(deque(), found)
        return found[IMPORT]

    def outcomes(self, cases: Iterable[Case]) -> Iterator[Outcome]:
        """The outcome of each case, in the order of the cases. Raises InconclusiveError when the time is used up."""
        started, calls = time.monotonic(), [case.call.plain() for case in cases]
        waiting, found = deque(range(len(calls))), dict[int, Outcome]()
        for number in range(len(calls)):
            while number not in found:
                self._hand_out(waiting, calls)
                if self._seconds is not None and time.monotonic() - started > self._seconds:
                    raise InconclusiveError(
                        f"the budget of {self._seconds} s ended after {number} of {len(calls)} cases",
                        where="budgets.seconds",
                        hint="raise the budget, or choose fewer operations",
                    )
                self._collect(waiting, found)
            yield found.pop(number)

    def _hand_out(self, waiting: deque[int], calls: list[dict[str, Any]]) -> None:
        """Start the workers that are lacking, and give each one so much that it does not wait for more."""
        while len(self._workers) < min(self._jobs, len(self._workers) + len(waiting)):
            self._started()
        for each in self._workers:
            while waiting and len(each.pending) < AHEAD:
                number = waiting.popleft()
                each.ask(number, calls[number])

    def _collect(self, waiting: deque[int], found: dict[int, Any]) -> None:
        """Wait for an answer, a death or the end of somebody's time; note what it means for which request.

        Raises ProviderError where it is the import that fails, and what parity itself did wrong in a worker.
        """
        busy = [each for each in self._workers if each.pending]
        ready = set(wait([each.connection for each in busy], max(0.0, min(0.2, *(each.left for each in busy)))))
        for each in busy:
            try:
                for number, answer in each.answers() if each.connection in ready else ():
                    if isinstance(answer, BaseException):
                        raise answer
                    found[number] = answer
            except EOFError:
                number = each.pending.popleft()
                code = self._replaced(each, waiting)
                if number == IMPORT:
                    raise import_error(f"ended its process ({ending(code)})") from None
                found[number] = Crashed(max(-code, 0))
                continue
            if each.pending and each.left < 0 and not each.connection.poll():
                number = each.pending.popleft()
                self._replaced(each, waiting)
                if number == IMPORT:
                    raise import_error(f"took more than {IMPORT_SECONDS:g} s")
                found[number] = TimedOut(CASE_SECONDS)

    def _replaced(self, each: _Worker, waiting: deque[int]) -> int:
        """Take a worker out; what it had not begun goes to others. Its exit code."""
        self._workers.remove(each)
        waiting.extendleft(reversed(each.pending))
        return each.stop()
