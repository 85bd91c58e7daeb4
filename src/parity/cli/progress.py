"""Progress for a person: a bar on a terminal, plain lines elsewhere; always on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from parity.pipeline.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

SECONDS_BETWEEN_FRAMES = 0.08


class LineProgress(Progress):
    """For a log: notes are lines, and stages are not shown."""

    def note(self, text: str) -> None:
        """One line on stderr."""
        click.echo(text, err=True)


class TerminalProgress(Progress):
    """A bar for the stage that runs; it vanishes when all is done, for the summary says the rest.

    Frames are drawn by the caller's own thread: a drawing thread would be alive when worker processes are forked, and
    could hold the lock of stderr at that moment, for ever in the child. It also keeps 20,000 calls of `advance` cheap.
    """

    def __init__(self, console: "Console") -> None:
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}", justify="right"),
            BarColumn(bar_width=40),
            TextColumn("{task.fields[counted]}"),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task: TaskID | None = None
        self._total: int | None = None
        self._done = 0
        self._drawn = 0.0
        self._bars.start()

    def stage(self, title: str, total: int | None = None) -> None:
        """The bar begins again, with another title."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(title, total=total, counted="")
        self._total, self._done = total, 0
        self._draw()

    def advance(self, count: int = 1) -> None:
        """The bar grows, drawn a dozen times a second at most."""
        self._done += count
        if time.monotonic() - self._drawn >= SECONDS_BETWEEN_FRAMES:
            self._draw()

    def note(self, text: str) -> None:
        """One line above the bar."""
        self._bars.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """The bar vanishes."""
        self._bars.stop()

    def _draw(self) -> None:
        if self._task is not None:
            counted = "" if self._total is None else f"{self._done:,} of {self._total:,}"
            self._bars.update(self._task, completed=self._done, counted=counted)
        self._bars.refresh()
        self._drawn = time.monotonic()


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """The progress that fits stderr, closed at the end whatever happens."""
    progress: Progress = LineProgress()
    if sys.stderr is not None and sys.stderr.isatty():
        progress = TerminalProgress(stderr_console())
    try:
        yield progress
    finally:
        progress.close()


def stderr_console() -> "Console":
    """A console for what a person reads; it leaves colours out where they would not show."""
    from rich.console import Console

    class StderrConsole(Console):
        def on_broken_pipe(self) -> None:
            """Raise BrokenPipeError again: the command line has one answer to it, and rich another."""
            raise  # noqa: PLE0704 - rich calls this while it handles the error

    return StderrConsole(stderr=True, highlight=False)
