"""A fresh interpreter that answers requests of `parity.bench.serving`, and the one that takes its place when it ends.

Nothing is inherited but the environment, in which thread pools are told their size before any library is loaded.
"""

import contextlib
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from parity.bench import serving
from parity.bench.conditions import thread_environment
from parity.bench.serving import Identified, Identify, Task
from parity.calling import Crashed, TimedOut
from parity.isolation import IMPORT_SECONDS, ending, import_error, interrupts_held


class EndedError(Exception):
    """The process died of a request, or took too long for it. outcome: which of both. how: in words."""

    def __init__(self, outcome: Crashed | TimedOut, how: str) -> None:
        super().__init__(how)
        self.outcome, self.how = outcome, how


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
                self._send(self._task)  # as an argument of the process it would block `start` if that died meanwhile
                self._known = self._answer(Identify(), IMPORT_SECONDS)
            except EndedError as ended:
                raise import_error(ended.how) from None
        return self._known

    def ask(self, request: serving.Request, limit: float) -> Any:
        """The answer to a request.

        Raises EndedError if the process dies, or gives none in so many seconds, and ProviderError if a new process
        cannot import the provider.
        """
        self.identified()
        return self._answer(request, limit)

    def _send(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # who has died is found by its silence
            self._connection.send(message)

    def _answer(self, request: serving.Request, limit: float) -> Any:
        self._send(request)
        try:
            answered = self._connection.poll(limit)
            answer = self._connection.recv() if answered else None
        except (EOFError, OSError):
            self._process.join(1.0)  # its end of the pipe is closed, so it is about to end
            code = self._process.exitcode or 0
            self._stop()
            raise EndedError(Crashed(max(-code, 0)), f"ended its process ({ending(code)})") from None
        if not answered:
            self._stop()
            raise EndedError(TimedOut(limit), f"took more than {limit:g} s")
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _start(self) -> None:
        connection, theirs = self._context.Pipe()
        process = self._context.Process(target=serving.serve, args=(theirs,), daemon=True)
        with interrupts_held(), _environment(thread_environment(self._task.threads)):
            process.start()
        theirs.close()
        self._process, self._connection = process, connection

    def _stop(self) -> None:
        """End the process if it has not ended."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._connection.close()
        self._process = self._connection = self._known = None


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
