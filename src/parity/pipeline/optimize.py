"""Optimization rounds: record golden outputs and timings → one change → compare → proof → decision → seal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from parity.bundle.inventory import UNLISTED
from parity.documents.baseline import Baseline, SamplesFile
from parity.documents.durable import replacing_directory, write_file
from parity.documents.model import pretty, sha256
from parity.documents.optimization import PROVIDER_LEVER, Decision, Optimization, Profile, Round, Side, Sources
from parity.documents.workload import Workload
from parity.errors import DamagedError, StorageError, UsageError, listed
from parity.optimize import checksums, golden, levers
from parity.optimize.decision import Wish, decide
from parity.optimize.decision_record import decision_record
from parity.optimize.golden import Golden
from parity.optimize.proof import prove
from parity.optimize.timing_changes import check_comparable, workload_changes
from parity.pipeline import places
from parity.pipeline.golden import Asked, asked_of, movements, record
from parity.pipeline.profile import profile
from parity.pipeline.progress import Progress
from parity.pipeline.protection import protect
from parity.pipeline.source_state import LEVER, ROUND, SourceState
from parity.pipeline.timing_shifts import figure_changes, shifts

BEFORE, AFTER = "before", "after"
SUMS, GOLDEN_SUMS = "SHA256SUMS", "golden.sha256"
BASELINE, SAMPLES, SOURCES, PROFILE = "baseline.json", "samples.npz", "sources.json", "profile.json"
PROOF, RECORD, DIFF = "proof.json", "decision.md", "change.diff"
_OWN = frozenset({BEFORE, AFTER, PROOF, RECORD, DIFF, *UNLISTED})

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_LARGEST = 1 << 28
"""Bytes of one file of a round; no honest one has a tenth of it."""


class Bench(Protocol):
    """Chosen workloads, and how to time them."""

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """In their order."""

    @property
    def pools(self) -> Mapping[str, bytes]:
        """What they read, little-endian bytes by name."""

    @property
    def seed(self) -> str:
        """Of the pools."""

    def measure(self) -> tuple[Baseline, bytes]:
        """The baseline of the workloads, and its file of samples."""


BenchOf = Callable[[Round, str, Progress], Bench]
"""From a round, a provider's spec and an observer to the workloads of the round."""


@dataclass(frozen=True)
class StartRequest:
    """round: what is asked. out: the folder of rounds, None for the default. again: replace an older round."""

    round: Round
    out: Path | None = None
    again: bool = False


@dataclass(frozen=True)
class FinishRequest:
    """provider: after the change, None for the same spec. wish, why: the person's own decision.

    allow_more: the change may touch more than the lever. again: finish a finished round once more.
    """

    name: str
    command: tuple[str, ...]
    provider: str | None = None
    out: Path | None = None
    allow_more: bool = False
    profile: bool = False
    wish: Wish | None = None
    why: str = ""
    again: bool = False


class Started(NamedTuple):
    """Where the round is, how many golden outputs it has, and of how many workloads."""

    path: Path
    round: Round
    cases: int
    workloads: int


class _Recorded(NamedTuple):
    """One side as it lies on disk. files: by path below its folder, the files of checksums included."""

    files: dict[str, bytes]
    golden: Golden
    baseline: Baseline
    sources: Sources
    profile: Profile


def proofs_folder(out: Path | None) -> Path:
    """The folder of rounds."""
    return out if out is not None else places.artifacts_root() / "proofs"


def start(request: StartRequest, progress: Progress, bench_of: BenchOf) -> Started:
    """Record what a provider answers and how fast it is, before one change.

    Raises UsageError for a name that is taken, a lever that there is not, and code that changes meanwhile.
    """
    asked_for = request.round
    folder = _folder(request.out, asked_for.name)
    _check_free(folder, again=request.again)
    progress.stage("read the source files")
    state = SourceState(asked_for.provider, written=[places.artifacts_root()])
    asked_for = asked_for.model_copy(update={"lever": state.name_of(asked_for.lever)})
    levers.check_lever(asked_for.lever, state.sources)
    bench = bench_of(asked_for, asked_for.provider, progress)
    asked = asked_of(asked_for.suite, asked_for.seed, bench.workloads, bench.pools)
    texts = state.texts(_within(asked_for.lever, state.sources))
    side = _side(asked_for, asked_for.provider, state, bench, asked, progress, texts, profiled=asked_for.profile)
    progress.stage("write")
    _check_free(folder, again=request.again)
    with replacing_directory(folder) as fresh:
        _write(fresh / BEFORE, side.files)
    return Started(folder, asked_for, len(side.golden.lines), len(bench.workloads))


def finish(request: FinishRequest, progress: Progress, bench_of: BenchOf) -> tuple[Optimization, Path]:
    """Record the same after the change, compare, decide; the proof and the round's folder.

    Raises UsageError if there is no such round, if nothing changed, or more than the lever, or if the code changes
    while it is measured; DamagedError if what was recorded is not what it was; InconclusiveError on another machine.
    """
    folder = _folder(request.out, request.name)
    progress.stage("check what was recorded")
    round_, before = _opened(folder, again=request.again)
    spec = request.provider or round_.provider
    state = SourceState(spec, untracked=before.sources.untracked, written=[places.artifacts_root()])
    kept = _lever_texts(before.files)
    texts = _texts(kept, state, before.sources)
    changes = levers.changes(before.sources, state.sources, round_.lever, texts)
    levers.check_changes(changes, before.sources, state.sources, round_.lever, allow_more=request.allow_more)
    bench = bench_of(round_, spec, progress)
    asked = asked_of(round_.suite, round_.seed, bench.workloads, bench.pools)
    changed = state.texts([change.name for change in changes if change.within_lever])
    profiled = request.profile or round_.profile
    after = _side(round_, spec, state, bench, asked, progress, changed, profiled=profiled)
    check_comparable(before.baseline, after.baseline)
    moved = movements(asked, before.golden, after.golden, spec, progress)
    state.check_unchanged()  # large outputs that moved were asked for once more
    digests = sha256(before.files[GOLDEN_SUMS]), sha256(after.files[GOLDEN_SUMS])
    proof = prove(before.golden, after.golden, moved, digests)
    timings = workload_changes(
        before.baseline,
        after.baseline,
        shifts(before.baseline, after.baseline),
        figure_changes(before.baseline, before.files[SAMPLES], after.baseline, after.files[SAMPLES]),
    )
    decision: Decision = decide(proof, timings, request.wish, request.why)
    document = Optimization(
        name=round_.name,
        lever=round_.lever,
        why=round_.why,
        allowed_more=request.allow_more,
        suite=round_.suite,
        set=round_.set,
        ops=after.golden.head.ops,
        fingerprint=after.baseline.fingerprint.id,
        before=_described(before),
        after=_described(after),
        changes=changes,
        proof=proof,
        timings=timings,
        decision=decision,
        finished=_now(),
        commands=(round_.command, request.command),
    )
    diff = levers.diff(texts)
    progress.stage("write and seal")
    if _opened(folder, again=request.again)[1].files != before.files:
        raise UsageError(
            f"the round {folder.name} was started again meanwhile",
            where=str(folder),
            expected="the record from which this change began",
        )
    with replacing_directory(folder) as fresh:
        _write(fresh / BEFORE, before.files)
        _write(fresh / AFTER, after.files)
        write_file(fresh / PROOF, pretty(document.full()))
        write_file(fresh / RECORD, decision_record(document, after.baseline.fingerprint, diff).encode())
        if diff:
            write_file(fresh / DIFF, diff.encode())
        protect(fresh)
    return document, folder


def _side(
    round_: Round,
    spec: str,
    state: SourceState,
    bench: Bench,
    asked: Asked,
    progress: Progress,
    texts: Mapping[str, bytes],
    *,
    profiled: bool,
) -> _Recorded:
    """Ask, time and profile one side. texts: of source files, kept. Raises UsageError if one changes meanwhile."""
    outputs = {f"{golden.FOLDER}/{name}": data for name, data in record(asked, spec, progress).items()}
    baseline, samples = bench.measure()
    named = SamplesFile(name=SAMPLES, sha256=sha256(samples), size=len(samples))
    baseline = baseline.model_copy(update={"samples_file": named})
    pictured, picture = profile(bench, baseline, spec, progress) if profiled else (Profile(status="not_asked"), {})
    state.check_unchanged()
    files = {
        **outputs,
        ROUND: pretty(round_.full()),
        BASELINE: pretty(baseline.full()),
        SAMPLES: samples,
        SOURCES: pretty(state.sources.full()),
        PROFILE: pretty(pictured.full()),
        **picture,
        **{f"{LEVER}/{name}": data for name, data in texts.items()},
    }
    files[GOLDEN_SUMS] = checksums.checksums(outputs)
    files[SUMS] = checksums.checksums(files)
    read = golden.decode({name.partition("/")[2]: data for name, data in outputs.items()}, golden.FOLDER)
    return _Recorded(files, read, baseline, state.sources, pictured)


def _within(lever: str, sources: Sources) -> list[str]:
    return [name for name in sources.files if lever != PROVIDER_LEVER and levers.matches(lever, name)]


def _lever_texts(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name.removeprefix(f"{LEVER}/"): data for name, data in files.items() if name.startswith(f"{LEVER}/")}


def _texts(kept: Mapping[str, bytes], state: SourceState, before: Sources) -> dict[str, tuple[str, str]]:
    """Text before and after of those files of the lever that are not what they were."""
    names = [name for name in {*kept, *state.sources.files} if before.files.get(name) != state.sources.files.get(name)]
    now = state.texts(names)
    known = [name for name in names if name in kept or (name not in before.files and name in now)]
    return {
        name: (kept.get(name, b"").decode("utf-8", "replace"), now.get(name, b"").decode("utf-8", "replace"))
        for name in sorted(known)
        if name in now or name not in state.sources.files
    }


def _described(side: _Recorded) -> Side:
    assert side.baseline.control is not None, "a measured baseline has a control"
    return Side(
        provider=side.baseline.provider,
        git_head=side.sources.git_head,
        git_dirty=side.sources.git_dirty,
        started=side.baseline.started,
        control=side.baseline.control.verdict,
        golden=sha256(side.files[GOLDEN_SUMS]),
        sources=sha256(side.files[SOURCES]),
        baseline=sha256(side.files[BASELINE]),
        profile=side.profile,
    )


# -- on disk -----------------------------------------------------------------------------------------------------------


def _folder(out: Path | None, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a round",
            where="argument NAME",
            expected="1 to 80 letters, digits, dots, hyphens and underscores, the first a letter or digit",
        )
    return proofs_folder(out) / name


def _check_own(folder: Path) -> None:
    """Raise UsageError for files beside those of the round: replacing the folder would delete them."""
    strange = sorted(entry.name for entry in folder.iterdir() if entry.name not in _OWN)
    if strange:
        raise UsageError(
            f"there are files that are none of the round: {listed(strange)}",
            where=str(folder / strange[0]),
            expected="the folder as parity left it",
            hint="move them elsewhere",
        )


def _check_free(folder: Path, *, again: bool) -> None:
    if not folder.exists():
        return
    ours = (folder / BEFORE / ROUND).is_file()
    if not ours and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("this is no round", where=str(folder), expected="a name that is free")
    if ours and not again:
        state = "is finished" if (folder / PROOF).exists() else "was started already"
        raise UsageError(
            f"the round {folder.name} {state}",
            where=str(folder),
            expected="a name that is free",
            hint="choose another name, or replace what was recorded by --again",
        )
    if ours:
        _check_own(folder)


def _opened(folder: Path, *, again: bool) -> tuple[Round, _Recorded]:
    """A started round, every byte of it checked."""
    if not (folder / BEFORE).is_dir():
        raise UsageError(
            f"there is no round {folder.name}",
            where=str(folder),
            expected="a round that was started",
            hint=f"begin it by `parity optimize start {folder.name} --lever ...`",
        )
    if (folder / PROOF).exists() and not again:
        raise UsageError(
            f"the round {folder.name} is finished",
            where=str(folder / PROOF),
            expected="a round that was started and not finished",
            hint="replace its second half by --again",
        )
    _check_own(folder)
    place = folder / BEFORE
    files = _read(place)
    if SUMS not in files:
        raise DamagedError(f"{SUMS} is missing", where=str(place / SUMS), hint="start the round again")
    sums = checksums.parse_checksums(files[SUMS], str(place / SUMS))
    checksums.check(sums, {name: data for name, data in files.items() if name != SUMS}, str(place))
    for name in (ROUND, BASELINE, SAMPLES, SOURCES, PROFILE, GOLDEN_SUMS):
        if name not in files:
            raise DamagedError(f"{name} is missing", where=str(place / name), hint="start the round again")
    outputs = {name.partition("/")[2]: data for name, data in files.items() if name.startswith(f"{golden.FOLDER}/")}
    baseline = Baseline.from_json(files[BASELINE], str(place / BASELINE))
    if baseline.samples_file is None or baseline.samples_file.sha256 != sha256(files[SAMPLES]):
        raise DamagedError(
            "the samples are not those of the baseline",
            where=str(place / SAMPLES),
            expected=f"what {BASELINE} says in the field samples_file.sha256",
            hint="restore both files, or start the round again",
        )
    return Round.from_json(files[ROUND], str(place / ROUND)), _Recorded(
        files,
        golden.decode(outputs, str(place / golden.FOLDER)),
        baseline,
        Sources.from_json(files[SOURCES], str(place / SOURCES)),
        Profile.from_json(files[PROFILE], str(place / PROFILE)),
    )


def _read(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by path. Raises StorageError, and DamagedError for what no round has."""
    found = {}
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
                raise DamagedError("this is no file of a round", where=str(path), hint="remove it")
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot be read: {error.strerror or error}", where=str(folder)) from None
    return found


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in sorted(files.items()):
        write_file(folder / name, data)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
