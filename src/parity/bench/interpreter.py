"""A fresh interpreter that answers requests of `parity.bench.serving`, and the one that takes its place when it ends.

Nothing is inherited but the environment, in which thread pools are told their size before any library is loaded.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from parity.bench import serving
from parity.bench.conditions import thread_environment
from parity.bench.serving import Identified, Identify, Task
from parity.calling import Crashed, TimedOut
from parity.errors import ProviderError

IMPORT_SECONDS = 120.0
"""Time limit for importing the provider."""


class EndedError(Exception):
    """The process died of a request, or took too long for it. outcome: which of both."""

    def __init__(self, outcome: Crashed | TimedOut) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Interpreter:
    """One process at a time, which starts with the first request, and again with the first one after its end.

    Use it in a ``with``: leaving that ends the process at once.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._context = multiprocessing.get_context("spawn")
        self._process: Any = None
        self._connection: Any = None
        self._known: Identified | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def identified(self) -> Identified:
        """Start the process if there is none, and import the provider. Raises ProviderError if that fails."""
        if self._known is None:
            self._start()
            try:
                self._known = self._answer(Identify(), IMPORT_SECONDS)
            except EndedError as ended:
                raise _import_error(ended.outcome) from None
        return self._known

    def ask(self, request: serving.Request, limit: float) -> Any:
        """The answer to a request.

        Raises EndedError if the process dies, or gives none in so many seconds, and ProviderError if a new process
        cannot import the provider.
        """
        self.identified()
        return self._answer(request, limit)

    def _answer(self, request: serving.Request, limit: float) -> Any:
        try:
            self._connection.send(request)
            answered = self._connection.poll(limit)
            answer = self._connection.recv() if answered else None
        except (EOFError, OSError):
            self._process.join(1.0)  # it closed its end of the pipe, so it is about to end
            raise EndedError(Crashed(max(-self._stop(), 0))) from None
        if not answered:
            self._stop()
            raise EndedError(TimedOut(limit))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _start(self) -> None:
        self._connection, theirs = self._context.Pipe()
        self._process = self._context.Process(target=serving.serve, args=(theirs, self._task), daemon=True)
        with _interrupts_held(), _environment(thread_environment(self._task.threads)):
            self._process.start()
        theirs.close()

    def _stop(self) -> int:
        """End the process if it has not ended; its exit code."""
        if self._process is None:
            return 0
        self._process.kill()
        self._process.join()
        code = int(self._process.exitcode or 0)
        self._connection.close()
        self._process.close()
        self._process = self._connection = self._known = None
        return code


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What a process that is started now has in its environment; this one's is as it was, afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C is ignored while a process starts, and it inherits that for good: only the parent answers to it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _import_error(outcome: Crashed | TimedOut) -> ProviderError:
    if isinstance(outcome, TimedOut):
        what = f"took more than {outcome.limit:g} s"
    else:
        how = f"signal {signal.Signals(outcome.signal).name}" if outcome.signal else "by itself"
        what = f"ended its process ({how})"
    return ProviderError(
        f"importing the provider {what}", where="--provider", expected="a provider that can be imported"
    )
