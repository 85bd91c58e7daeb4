"""What the processes in which providers run have in common: those that make calls, and those that time them."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

from parity.errors import ProviderError

IMPORT_SECONDS = 120.0
"""Time limit for importing the provider."""


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C is ignored while a process starts, and it inherits that for good: only the parent answers to it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def silence() -> None:
    """What a provider prints goes nowhere: stdout is the result's."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    sys.stdout.flush()
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def import_error(what: str) -> ProviderError:
    """The error of a provider whose import ended or stopped its process. what: what the import did, in words."""
    return ProviderError(
        f"importing the provider {what}", where="--provider", expected="a provider that can be imported"
    )


def ending(code: int) -> str:
    """How a process ended, in words, by its exit code."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
