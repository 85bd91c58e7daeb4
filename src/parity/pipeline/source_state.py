"""The source files that a provider's answers and speed may depend on, and what they are at this moment."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from parity.documents.model import file_sha256
from parity.documents.optimization import Sources
from parity.errors import StorageError
from parity.ledger.inputs import git_state
from parity.optimize.checksums import can_be_listed
from parity.providers.sources import source_files

LEFT_OUT = ("artifacts/", "docs/", "tests/", "CHANGELOG.md")
"""Tracked files that no kernel depends on: a round may write its own record, its tests and its line of changes."""

LARGEST_TEXT = 1 << 20
_GIT_SECONDS = 30.0


class SourceState:
    """sources: digests by name. paths: where each file is."""

    def __init__(self, spec: str, folder: Path | None = None) -> None:
        folder = folder or Path.cwd()
        top = _top(folder)
        self.paths: dict[str, Path] = {}
        if top is not None:
            for name in _tracked(top):
                if not name.startswith(LEFT_OUT) and (top / name).is_file():
                    self.paths[name] = top / name
        own = {_name(name, path, top): path for name, path in source_files(spec)}
        self.paths |= own
        state = git_state(folder)
        self.sources = Sources(
            provider=spec,
            git_head=state.head,
            git_dirty=state.dirty,
            files={name: _digest(path) for name, path in sorted(self.paths.items())},
            own=tuple(sorted(own)),
        )

    def texts(self, names: Mapping[str, object] | list[str]) -> dict[str, bytes]:
        """The content of files of these names, as far as they are short texts whose names any tool can read."""
        found = {}
        for name in names:
            path = self.paths.get(name)
            if path is None or not can_be_listed(name) or path.stat().st_size > LARGEST_TEXT:
                continue
            data = path.read_bytes()
            if b"\0" not in data:
                found[name] = data
        return found


def _name(name: str, path: Path, top: Path | None) -> str:
    """A provider's file by its path in the checkout, else by its path in its package."""
    real = Path(os.path.realpath(path))
    return real.relative_to(top).as_posix() if top is not None and real.is_relative_to(top) else name


def _digest(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise StorageError(f"a source file cannot be read: {error.strerror or error}", where=str(path)) from None


def _top(folder: Path) -> Path | None:
    answer = _git(folder, "rev-parse", "--show-toplevel")
    return Path(os.path.realpath(answer.decode(errors="surrogateescape").rstrip("\n"))) if answer else None


def _tracked(top: Path) -> list[str]:
    answer = _git(top, "ls-files", "-z") or b""
    return [name.decode("utf-8", "backslashreplace") for name in answer.split(b"\0") if name]


def _git(folder: Path, *words: str) -> bytes | None:
    try:
        answer = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer.stdout if answer.returncode == 0 else None
