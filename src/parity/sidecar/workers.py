"""A second process for large objects: RaptorQ holds the interpreter's lock, so that threads do not help."""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from parity.errors import StorageError

WORKER_FROM = 32_000_000
"""Bytes of an object from which a second process is worth its start."""
T = TypeVar("T")


def may_fork() -> bool:
    """Whether a fork is safe and of use: on Linux, with no other thread that might hold a lock, and a second CPU."""
    if not sys.platform.startswith("linux") or len(os.sched_getaffinity(0)) < 2:
        return False
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


class Worker(Generic[T]):
    """A forked process that does one thing; `result` waits for it."""

    def __init__(self, process: int, reader: int) -> None:
        self._process, self._reader = process, reader
        self._reaped = False

    def result(self) -> T:
        """What it returned. Raises what it raised; StorageError if it died."""
        with os.fdopen(self._reader, "rb", closefd=False) as file:
            data = file.read()
        self._wait()
        if not data:
            raise StorageError("a worker process died", hint="is there enough memory?")
        done, value = cast("tuple[bool, Any]", pickle.loads(data))  # noqa: S301  # by this very program
        if not done:
            raise value
        return cast("T", value)

    def _wait(self) -> None:
        if not self._reaped:
            self._reaped = True
            os.waitpid(self._process, 0)

    def end(self) -> None:
        """Stop it if it still works, and leave nothing of it behind."""
        if not self._reaped:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
        self._wait()
        os.close(self._reader)


@contextmanager
def forked(work: Callable[[], T]) -> Iterator[Worker[T]]:
    """Do `work` in a copy of this process. What it returns must be picklable."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        _child(work, writer)
    os.close(writer)
    worker: Worker[T] = Worker(process, reader)
    try:
        yield worker
    finally:
        worker.end()


def _child(work: Callable[[], object], writer: int) -> None:
    """Never returns: nothing of the parent's, such as buffers and cleanups, is done twice."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
        try:
            answer: tuple[bool, object] = (True, work())
        except Exception as error:
            answer = (False, error)
        with os.fdopen(writer, "wb") as file:
            file.write(pickle.dumps(answer))
        code = 0
    finally:
        os._exit(code)
