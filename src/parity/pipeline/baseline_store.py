"""Baselines are put in their place: document, samples, pictures, and a seal for each of the first two."""

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from parity.bench.baselines import baseline_path
from parity.bench.imported import imported
from parity.documents.baseline import Baseline
from parity.documents.durable import make_folder, replacing_files, write_file
from parity.documents.model import pretty
from parity.errors import StorageError
from parity.pipeline import places
from parity.pipeline.baselines import read_bytes
from parity.sidecar.seal import seal

LOCK = ".baselines.lock"
LOCK_SECONDS = 60.0


def keep_baseline(
    root: Path,
    baseline: Baseline,
    samples: bytes | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a baseline below `root`, in the place of an earlier one of the same machine, set and provider.

    Of a part of a set, and of what was imported, only in the place of one of the same workloads.

    All files are written before the first takes its place, the document last; the samples and pictures of the earlier
    one go after it. Two that are written at once wait for each other. Raises StorageError if the disk refuses; then the
    earlier one is still there.
    """
    path = _place(root, baseline)
    try:
        make_folder(path.parent)
        with FileLock(root / LOCK, timeout=LOCK_SECONDS):
            _put(path, baseline, samples, pictures or {})
    except Timeout:
        raise StorageError(
            f"another baseline has been written for {LOCK_SECONDS:g} s",
            where=str(root / LOCK),
            hint="find out who has it open; the lock ends with its process, so do not remove the file",
        ) from None
    except StorageError as error:
        message = f"the baseline cannot be written: {error.message}"
        raise StorageError(message, where=str(path), expected=error.expected, hint=error.hint) from None
    except OSError as error:
        raise StorageError(f"the baseline cannot be written: {error.strerror or error}", where=str(path)) from None
    return path


def _put(path: Path, baseline: Baseline, samples: bytes | None, pictures: Mapping[str, bytes]) -> None:
    with replacing_files(path) as fresh:
        if samples is not None and baseline.samples_file is not None:
            beside = fresh / baseline.samples_file.name
            write_file(beside, samples)
            seal(beside)
        write_file(fresh / path.name, pretty(baseline.full()))
        seal(fresh / path.name)
        for name, content in pictures.items():
            write_file(fresh / f"{path.stem}.{name}", content)
        kept = {file.name for file in fresh.iterdir()}
    own = re.compile(rf"{re.escape(path.stem)}\.([0-9a-f]{{8}}\.samples\.npz(\.rq)?|\w+\.svg)")
    for old in path.parent.iterdir():
        if own.fullmatch(old.name) and old.name not in kept:
            with contextlib.suppress(OSError):
                old.unlink()


def file_stem(baseline: Baseline) -> str:
    """What the names of a baseline's files begin with."""
    return _place(Path(), baseline).stem


def _place(root: Path, baseline: Baseline) -> Path:
    measured = baseline.origin == "measured"
    name = baseline.set if measured else f"{baseline.set}-{baseline.origin}"
    # Reports of any two projects have the same set, provider and machine: their workloads alone tell them apart.
    names = None if measured and baseline.complete else [workload.name for workload in baseline.workloads]
    return baseline_path(root, baseline.fingerprint, name, baseline.provider.spec, names)


def import_report(file: Path, out: Path | None) -> tuple[Baseline, Path]:
    """A report of pytest-benchmark as a baseline, put in its place. Raises what `imported` and reading raise."""
    baseline = imported(read_bytes(file, "a report of pytest-benchmark", "make one by --benchmark-json"), str(file))
    return baseline, keep_baseline(places.root_of(out), baseline)
