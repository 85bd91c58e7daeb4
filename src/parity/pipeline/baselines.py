"""Baselines on disk: the one that is meant, read with all checks, and computed again from its samples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from parity.documents.baseline import MAX_FILE, Baseline
from parity.documents.baseline_check import BaselineCheck
from parity.documents.model import sha256
from parity.errors import DamagedError, DocumentError, InconclusiveError, UsageError
from parity.pipeline.places import artifacts_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from parity.bench.samples import Samples

FOLDER = "baselines"
_SCHEMA = "parity.baseline/1"
_FINGERPRINT_ID = re.compile(r"[0-9a-f]{32}")
_HINT = "make one with `parity bench run`"


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file.

    Raises UsageError where there is none, or it may not be read; DocumentError for what is no baseline of this version.
    """
    data = read_bytes(path, "a baseline", _HINT)
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise DocumentError(f"the file is no JSON: {error}", where=str(path), expected=_SCHEMA, hint=_HINT) from None
    schema: Any = content.get("schema") if isinstance(content, dict) else None
    if schema != _SCHEMA:
        said = f"is of the schema {schema!r:.80}" if isinstance(schema, str) else "names no schema"
        raise DocumentError(f"the document {said}", where=f"{path}, field schema", expected=_SCHEMA, hint=_HINT)
    return Baseline.from_json(data, str(path))


def read_samples(path: Path, baseline: Baseline) -> Samples:
    """The samples of a baseline that was read from `path`; they lie beside it, and are what its digest says.

    Raises InconclusiveError for a baseline that has none, DocumentError for a name that leads elsewhere, UsageError
    where the file is not there, DamagedError for one that is not as it was written.
    """
    from parity.bench.samples import decode  # noqa: PLC0415 - NumPy, which reading the document does not need

    listed = baseline.samples_file
    if listed is None:
        raise InconclusiveError(
            f"a baseline that was {baseline.origin} has no samples to compute from",
            where=str(path),
            hint="measure one with `parity bench run`",
        )
    if listed.name in {"", ".", ".."} or "/" in listed.name or "\\" in listed.name or "\0" in listed.name:
        raise DocumentError(
            f"the file of samples {listed.name!r} is not beside the baseline",
            where=f"{path}, field samples_file.name",
            expected="the name of a file, without a path",
        )
    file = path.with_name(listed.name)
    data = read_bytes(file, "a file of samples", "restore it, or measure again")
    if len(data) != listed.size or sha256(data) != listed.sha256:
        raise DamagedError(
            f"the samples are not those of the baseline {path.name}",
            where=str(file),
            expected=f"{listed.size:,} bytes with SHA-256 {listed.sha256}",
            hint="restore the file, or measure again",
        )
    return decode(data, str(file))


def newest_baseline(root: Path | None = None) -> Path:
    """The baseline of this machine that was started last, whatever threads it allowed.

    root: what holds the folder of baselines, by default the root of what runs leave. Raises UsageError if there is
    none, and what read_baseline raises for one that cannot be read.
    """
    from parity.bench.fingerprint import differences, fingerprint, same_machine  # noqa: PLC0415 - NumPy, as above

    folder = (root if root is not None else artifacts_root()) / FOLDER
    here = fingerprint({})
    found = list(_all(folder))
    ours = [(baseline.started, str(path), path) for path, baseline in found if same_machine(here, baseline.fingerprint)]
    if ours:
        return max(ours)[2]
    others = {baseline.fingerprint.id: baseline.fingerprint for _, baseline in found}
    nearest = min((_without_threads(differences(here, other)) for other in others.values()), key=len, default=())
    raise UsageError(
        "there is no baseline of this machine",
        where=str(folder),
        expected="; ".join(nearest) if nearest else None,
        hint=_HINT + ", or name a file",
    )


def _without_threads(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in texts if not text.startswith("threads:"))


def _all(folder: Path) -> Iterator[tuple[Path, Baseline]]:
    """Those in folders that are called as a fingerprint is; other folders are not parity's."""
    for path in sorted(folder.glob("*/*.json")):
        if _FINGERPRINT_ID.fullmatch(path.parent.name):
            yield path, read_baseline(path)


def verified(path: Path, baseline: Baseline) -> BaselineCheck:
    """Every figure of a baseline computed again from its samples. Raises what read_samples raises."""
    from parity.bench.baselines import rederived  # noqa: PLC0415 - NumPy, as above

    problems = rederived(baseline, read_samples(path, baseline))
    unproved = "bandwidth of copies" + (", scaling" if baseline.scaling else "")
    return BaselineCheck(
        status="failed" if problems else "ok",
        path=str(path),
        workloads=sum(workload.withheld is None for workload in baseline.workloads),
        problems=tuple(problems),
        notes=(f"not in the samples, so not checked: verdicts of the answers, {unproved}, harness_ns",),
    )


def read_bytes(path: Path, what: str, hint: str) -> bytes:
    """The content of a file of at most MAX_FILE; what: it should be, in words. Raises UsageError that names it."""
    try:
        if not path.is_file():
            said = "is no file" if path.exists() else "does not exist"
            raise UsageError(f"{path} {said}", where=str(path), expected=what, hint=hint)
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        said = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{what} cannot be read: {said}", where=str(path), hint=hint) from None
    if len(data) > MAX_FILE:
        said = f"{path} is too large for {what}"
        raise UsageError(said, where=str(path), expected=f"at most {MAX_FILE:,} bytes", hint=hint)
    return data
