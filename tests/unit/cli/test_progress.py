"""Progress is for terminals: a bar there, notes alone elsewhere, and nothing on stdout."""

import io
import sys
import threading

import pytest
from rich.console import Console

from parity.cli.progress import LineProgress, TerminalProgress, shown_progress, stderr_console
from parity.pipeline.progress import Progress


def drive(progress: Progress) -> None:
    """What a pipeline does."""
    progress.stage("plan")
    progress.stage("execute", 1000)
    progress.note("an oracle was passed over: [it] has no NumPy")
    for _ in range(1000):
        progress.advance()
    progress.stage("report")
    progress.close()


def test_a_log_gets_the_notes_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as progress:
        assert isinstance(progress, LineProgress)
        drive(progress)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "an oracle was passed over: [it] has no NumPy\n")


def test_a_terminal_gets_a_bar_without_a_thread(capsys: pytest.CaptureFixture[str]) -> None:
    screen = io.StringIO()
    progress = TerminalProgress(Console(file=screen, force_terminal=True, width=100))
    threads = threading.active_count()
    drive(progress)
    assert threading.active_count() == threads
    shown = screen.getvalue()
    assert "execute" in shown
    assert "of 1,000" in shown
    assert "[it] has no NumPy" in shown
    assert capsys.readouterr().out == ""


def test_a_thousand_steps_draw_few_frames() -> None:
    screen = io.StringIO()
    drive(TerminalProgress(Console(file=screen, force_terminal=True, width=100)))
    assert screen.getvalue().count("execute") < 20


def test_the_bar_is_closed_when_a_pipeline_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(LineProgress, "close", lambda _: closed.append(True))
    with pytest.raises(ZeroDivisionError), shown_progress():
        raise ZeroDivisionError
    assert closed == [True]


def test_the_base_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    drive(Progress())
    assert capsys.readouterr() == ("", "")


def test_a_reader_of_stderr_who_left_is_a_broken_pipe_as_one_of_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    class Left(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(text)

    monkeypatch.setattr(sys, "stderr", Left())
    with pytest.raises(BrokenPipeError):
        stderr_console().print("a table")
