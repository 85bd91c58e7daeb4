"""Putting a directory in the place of another one as a whole."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from parity.errors import StorageError


@contextlib.contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new directory beside `out`, to write flat files into; takes its place when the block ends without an error.

    Files are synced before the rename. POSIX has no portable exchange of two directories, so an old one is moved aside
    first and put back should the second rename fail; a crash between the two leaves both beside the place, whole.
    Raises StorageError where the operating system refuses; then nothing is left behind.
    """
    target = Path(os.path.realpath(out))
    fresh, aside = (target.with_name(f".{target.name}.{secrets.token_hex(4)}.{end}") for end in ("new", "old"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        yield fresh
        for path in sorted(fresh.iterdir()):
            _sync(path)
        _sync(fresh)
        if target.exists():
            target.rename(aside)
        try:
            fresh.rename(target)
        except OSError:
            if aside.exists():
                aside.rename(target)
            raise
        _sync(target.parent)
        shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}",
            where=str(out),
            expected="a place with room, that may be written to",
            hint="nothing was changed there",
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
