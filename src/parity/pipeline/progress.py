"""How a pipeline says what it is doing, without knowing who watches."""


class Progress:
    """The observer that shows nothing; `parity.cli.progress` has those that show something.

    A pipeline calls `stage` when it begins a step, `advance` when some of that step's `total` is done, and `note` for
    what a reader must know even if nobody watches.
    """

    def stage(self, title: str, total: int | None = None) -> None:
        """A step begins, and the one before it is done. total: units in it, None if that cannot be known."""

    def advance(self, count: int = 1) -> None:
        """So many more units of the step are done."""

    def note(self, text: str) -> None:
        """One line for the reader."""

    def close(self) -> None:
        """Nothing more will be said."""
