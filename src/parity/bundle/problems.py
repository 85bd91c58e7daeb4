"""What is wrong with a bundle, gathered; bounded, however much is wrong."""

from collections import Counter

from parity.documents.verify import Problem, ProblemCode

PER_PATH = 20
IN_ALL = 2_000
DETAIL = 500


class Problems:
    """Problems in the order in which they were found; at most `PER_PATH` of a path are kept, and the others counted.

    notes: what was not checked, and why.
    """

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._of_path: Counter[str] = Counter()
        self._more: Counter[str] = Counter()
        self.notes: list[str] = []

    def add(self, path: str, code: ProblemCode, detail: str) -> None:
        """Keep a problem, or count it."""
        name = shown(path)
        if len(self._kept) >= IN_ALL:
            self._more[name if self._of_path[name] else "."] += 1
        elif self._of_path[name] >= PER_PATH:
            self._more[name] += 1
        else:
            self._of_path[name] += 1
            self._kept.append(Problem(path=name, code=code, detail=shown(detail)))

    def full(self, path: str) -> bool:
        """Whether a path has so many problems that there is no use in looking for more in it."""
        return self._more[shown(path)] > IN_ALL

    def names(self, path: str) -> bool:
        """Whether a path is accused already."""
        return self._of_path[shown(path)] > 0

    def __len__(self) -> int:
        return len(self._kept) + self._more.total()

    def result(self) -> tuple[Problem, ...]:
        """All that was kept, with a last one for each path of which more was found."""
        more = (
            Problem(path=path, code="more", detail=f"{count:,} more problems are not listed")
            for path, count in sorted(self._more.items())
        )
        return (*self._kept, *more)


def shown(text: str) -> str:
    """Text that a document may hold: bytes of a name that are no UTF-8 in Python's notation, cut where it is long."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    return whole if len(whole) <= DETAIL else whole[: DETAIL - 1] + "…"
