"""The source files that a provider's answers and speed may depend on, and what they are at this moment."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from parity.documents.model import file_sha256
from parity.documents.optimization import Sources
from parity.errors import StorageError, UsageError, listed
from parity.ledger.inputs import git_state
from parity.optimize.checksums import can_be_listed
from parity.providers.sources import source_files

LEFT_OUT = ("artifacts/", "docs/", "tests/", "CHANGELOG.md")
"""Files that no kernel depends on: a round may write its own record, its tests and its line of changes."""

LEVER, ROUND = "lever", "round.json"
"""The folder in which a round keeps copies of source files, and the file beside it."""

UNTRACKED = "*.py"
"""Of files that git does not track only these count: any other may be data of any size."""

LARGEST_TEXT = 1 << 20
_GIT_SECONDS = 30.0


class SourceState:
    """sources: digests by name. paths: where each file is.

    untracked: whether Python files that git does not track count, too; older rounds did not look for them. written:
    folders of what parity itself writes, in which none of these is looked for.
    """

    def __init__(
        self, spec: str, folder: Path | None = None, *, untracked: bool = True, written: Sequence[Path] = ()
    ) -> None:
        folder = folder or Path.cwd()
        self._folder, self._written = folder, written
        top = _top(folder)
        self.paths: dict[str, Path] = {}
        if top is not None:
            for name in (*_listed(top), *(_untracked(top, written) if untracked else ())):
                if not name.startswith(LEFT_OUT) and (top / name).is_file():
                    self.paths[name] = top / name
        own = {_name(name, path, top, self.paths): path for name, path in source_files(spec)}
        self.paths |= own
        state = git_state(folder)
        self.sources = Sources(
            provider=spec,
            git_head=state.head,
            git_dirty=state.dirty,
            files={name: _digest(path) for name, path in sorted(self.paths.items())},
            own=tuple(sorted(own)),
            untracked=untracked,
        )

    def name_of(self, lever: str) -> str:
        """The name of the source file that a lever is the path of; any other lever as it is."""
        path = Path(lever)
        if path.is_absolute() or path.is_file():
            real = os.path.realpath(path)
            return next((name for name, own in self.paths.items() if os.path.realpath(own) == real), lever)
        return lever

    def check_unchanged(self) -> None:
        """Raise UsageError, with their names, if there are files that are no longer what they were."""
        known = self.sources
        now = SourceState(known.provider, self._folder, untracked=known.untracked, written=self._written).sources.files
        changed = [name for name in sorted({*known.files, *now}) if known.files.get(name) != now.get(name)]
        if changed:
            raise UsageError(
                f"the code changed while it was measured: {listed(changed)}",
                where=changed[0],
                expected="the same source files from the first golden output to the last timing",
                hint="measure again, and leave the files alone until it is done",
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


def _name(name: str, path: Path, top: Path | None, taken: Mapping[str, Path]) -> str:
    """A provider's file by its path in the checkout, else by its path in its package, marked where that is taken."""
    real = Path(os.path.realpath(path))
    if top is not None and real.is_relative_to(top):
        return real.relative_to(top).as_posix()
    return f"provider:{name}" if name in taken else name


def _digest(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise StorageError(f"a source file cannot be read: {error.strerror or error}", where=str(path)) from None


def _top(folder: Path) -> Path | None:
    answer = _git(folder, "rev-parse", "--show-toplevel")
    return Path(os.path.realpath(answer.decode(errors="surrogateescape").rstrip("\n"))) if answer else None


def _untracked(top: Path, written: Sequence[Path]) -> list[str]:
    """Python files that git neither tracks nor ignores, but for those in folders of what parity writes."""
    left_out = [real for path in written if (real := Path(os.path.realpath(path))) not in (top, *top.parents)]
    names = _listed(top, "--others", "--exclude-standard", "--", UNTRACKED)
    return [
        name
        for name in names
        if not any((top / name).is_relative_to(path) for path in left_out) and not _is_copy(top / name)
    ]


def _is_copy(path: Path) -> bool:
    """Whether a file is one that an optimization round keeps, wherever its folder is."""
    return any(folder.name == LEVER and (folder.parent / ROUND).is_file() for folder in path.parents)


def _listed(top: Path, *words: str) -> list[str]:
    """What `git ls-files` answers: what it tracks, where no words say otherwise."""
    answer = _git(top, "ls-files", "-z", *words) or b""
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
