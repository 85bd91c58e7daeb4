"""Seal, scrub and repair of what a user names: locate → work on one object after the other → one document."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from parity.documents.durable import write_file
from parity.documents.model import pretty
from parity.documents.seal import RepairResult, ScrubObject, ScrubResult, ScrubSkip, ScrubState, SealResult, Status
from parity.pipeline import places
from parity.pipeline.progress import Progress
from parity.sidecar.content import sealable
from parity.sidecar.objects import Target, targets
from parity.sidecar.repair import repair_target
from parity.sidecar.scrub import scrub_target
from parity.sidecar.seal import seal as seal_one

STATE = "scrub-state.json"
_WORST: dict[Status, int] = {"ok": 0, "repairable": 1, "lost": 2}
_WORST_REPAIR = {"nothing_to_do": 0, "repaired": 1, "lost": 2}


@dataclass(frozen=True)
class ScrubRequest:
    """What to scrub.

    since: leave out what was scrubbed and found good since then. budget: seconds after which no other object is begun;
    the next scrub with a budget goes on from there.
    """

    paths: Sequence[Path]
    since: datetime | None = None
    budget: float | None = None


def seal(paths: Sequence[Path], overhead: float, progress: Progress) -> SealResult:
    """Make seals, or make them anew. Raises UsageError, StorageError; the seals before it are made."""
    sizes = [sum(entry.stamp.size for entry in sealable(path) if entry.stamp) for path in paths]
    sealed = []
    for path, size in zip(paths, sizes, strict=True):
        progress.stage(f"seal {path.name or path}", 2 * size)
        sealed.append(seal_one(path, overhead, progress.advance))
    return SealResult(objects=tuple(sealed))


def scrub(request: ScrubRequest, progress: Progress) -> ScrubResult:
    """Look for damage. Writes nothing but, with `since` or `budget`, when what was scrubbed, beside the runs."""
    found = _located(request.paths)
    if request.since is None and request.budget is None:
        return _scrub_result([_scrub_one(target, progress) for target in found], [])
    journal = _Journal.open()
    try:
        return _scrub_some(found, request, journal, progress)
    finally:
        journal.save()


def repair(paths: Sequence[Path], progress: Progress) -> RepairResult:
    """Mend what is damaged. What is lost is left as it is, and the rest is mended all the same."""
    objects = []
    for target in _located(paths):
        progress.stage(f"repair {target.path.name or target.path}")
        objects.append(repair_target(target, progress.advance))
    worst = max(objects, key=lambda row: _WORST_REPAIR[row.status])
    return RepairResult(status=worst.status, objects=tuple(objects))


def _located(paths: Sequence[Path]) -> list[Target]:
    """All objects that are named, each once. Raises UsageError for a path at which nothing was ever sealed."""
    return list({_key(target): target for path in paths for target in targets(path)}.values())


def _key(target: Target) -> str:
    return os.path.realpath(target.sidecar.parent / target.sidecar.name)


def _scrub_one(target: Target, progress: Progress) -> ScrubObject:
    progress.stage(f"scrub {target.path.name or target.path}", _extent(target))
    return scrub_target(target, progress.advance)


def _extent(target: Target) -> int | None:
    """Bytes that a scrub will read, as far as that can be told before."""
    total = 0
    with suppress(OSError):
        total = target.sidecar.stat().st_size
        if target.kind == "file":
            return total + target.path.stat().st_size
        return sum(path.stat().st_size for path in target.path.rglob("*") if path.is_file())
    return None


def _scrub_result(objects: Sequence[ScrubObject], skipped: Sequence[ScrubSkip]) -> ScrubResult:
    worst: Status = max((row.status for row in objects), key=lambda status: _WORST[status], default="ok")
    return ScrubResult(status=worst, objects=tuple(objects), skipped=tuple(skipped))


def _scrub_some(found: list[Target], request: ScrubRequest, journal: "_Journal", progress: Progress) -> ScrubResult:
    """From where the last scrub stopped, around and up to there, as far as the time goes; one object at least."""
    keys = {_key(target): target for target in found}
    order = list(keys)
    if request.budget is not None and journal.resume_at in keys:
        start = order.index(journal.resume_at)
        order = order[start:] + order[:start]
    end = None if request.budget is None else time.monotonic() + request.budget
    objects: list[ScrubObject] = []
    skipped: list[ScrubSkip] = []
    for position, key in enumerate(order):
        last = journal.last(key)
        if request.since is not None and last is not None and last >= request.since:
            skipped.append(ScrubSkip(path=str(keys[key].path), why="recent", last=_text(last)))
            continue
        if end is not None and objects and time.monotonic() >= end:
            journal.resume_at = key
            rest = (ScrubSkip(path=str(keys[name].path), why="budget") for name in order[position:])
            return _scrub_result(objects, [*skipped, *rest])
        journal.resume_at = key
        objects.append(_scrub_one(keys[key], progress))
        journal.keep(key, objects[-1].status)
    journal.resume_at = None
    return _scrub_result(objects, skipped)


class _Journal:
    """When each object was found good last, by its sidecar."""

    def __init__(self, path: Path, state: ScrubState) -> None:
        self._path, self._scrubbed = path, dict(state.scrubbed)
        self.resume_at = state.resume_at

    @classmethod
    def open(cls) -> "_Journal":
        """As the last scrub left it, or a new one. Raises DocumentError if it cannot be read as one."""
        path = places.artifacts_root() / STATE
        if not path.exists():
            return cls(path, ScrubState())
        return cls(path, ScrubState.from_json(path.read_bytes(), str(path)))

    def last(self, key: str) -> datetime | None:
        """When an object was found good."""
        text = self._scrubbed.get(key)
        return None if text is None else datetime.fromisoformat(text)

    def keep(self, key: str, status: Status) -> None:
        """What is damaged is looked at again the next time."""
        if status == "ok":
            self._scrubbed[key] = _text(datetime.now(UTC))
        else:
            self._scrubbed.pop(key, None)

    def save(self) -> None:
        """Durably, without what is gone."""
        there = {key: text for key, text in sorted(self._scrubbed.items()) if os.path.lexists(key)}
        write_file(self._path, pretty(ScrubState(scrubbed=there, resume_at=self.resume_at).full()))


def _text(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
