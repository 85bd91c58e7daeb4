"""Sealed objects to damage."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from parity.sidecar.seal import seal

Tree = dict[str, bytes]


def _tree(path: Path) -> Tree:
    return {
        file.relative_to(path).as_posix(): str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_symlink() or file.is_file()
    }


@pytest.fixture
def tree() -> Callable[[Path], Tree]:
    """Look at every file below a directory: content by name; of links what they lead to."""
    return _tree


@pytest.fixture
def sealed_file(tmp_path: Path) -> Callable[[int], Path]:
    """Make a sealed file of so many random bytes."""

    def make(size: int) -> Path:
        path = tmp_path / "data.bin"
        path.write_bytes(random.Random(size).randbytes(size))
        seal(path)
        return path

    return make


@pytest.fixture
def sealed_directory(tmp_path: Path) -> Path:
    """A sealed directory of 40 files, some empty, in several folders."""
    rng, root = random.Random(5), tmp_path / "object"
    for number in range(40):
        path = root / ("", "a", "a/b", "c")[number % 4] / f"{number:02} é.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(0 if number % 10 == 9 else rng.randrange(1, 4000)))
    seal(root)
    return root
