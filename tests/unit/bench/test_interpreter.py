"""A fresh process has its threads told before it starts, ends when it is told to, and its end is never waited for."""

import multiprocessing
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parity.bench import interpreter
from parity.bench.interpreter import Interpreter
from parity.bench.serving import Identified, Task
from parity.compare.judge import judge
from parity.errors import ProviderError
from parity.providers.spec import load_provider

PROVIDER = """
import os, signal
__version__ = f"{os.environ['OMP_NUM_THREADS']}/{os.environ['NUMBA_NUM_THREADS']}/{os.getpid()}"
assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
"""


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


@pytest.fixture
def provider(tmp_path: Path) -> Path:
    path = tmp_path / "provider.py"
    path.write_text(PROVIDER)
    return path


def task(provider: Path, threads: int = 1) -> Task:
    return Task(partial(load_provider, str(provider)), judge, {}, threads)


def identified(provider: Path) -> Identified:
    with Interpreter(task(provider)) as process:
        return process.identified()


def test_libraries_are_told_their_threads_before_they_are_loaded(
    provider: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    with Interpreter(task(provider, threads=2)) as process:
        assert (process.identified().identity.version or "").startswith("2/2/")
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "NUMBA_NUM_THREADS" not in os.environ


def test_each_one_is_a_new_process(provider: Path) -> None:
    assert identified(provider).identity.version != identified(provider).identity.version


def test_an_interrupt_ends_the_process_at_once(provider: Path) -> None:
    def interrupted() -> None:
        with Interpreter(task(provider)) as process:
            process.identified()
            assert len(multiprocessing.active_children()) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import os; os._exit(7)", "exit code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL"),
    ],
)
def test_an_import_that_fails_is_a_provider_error(provider: Path, source: str, words: str) -> None:
    provider.write_text(source)
    with pytest.raises(ProviderError, match=words) as refused:
        identified(provider)
    assert refused.value.where == "--provider"


def test_an_import_that_hangs_is_a_provider_error(provider: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "IMPORT_SECONDS", 2.0)
    provider.write_text("import time; time.sleep(3600)")
    with pytest.raises(ProviderError, match="more than 2 s"):
        identified(provider)


class _Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (9,)


def test_a_process_that_dies_before_it_listens_blocks_nobody() -> None:
    """A task larger than a pipe's buffer, and a reader that is gone."""
    load: Any = _Deadly()
    with (
        pytest.raises(ProviderError, match="exit code 9"),
        Interpreter(Task(load, judge, {"d.large": bytes(1 << 20)}, 1)) as process,
    ):
        process.identified()
