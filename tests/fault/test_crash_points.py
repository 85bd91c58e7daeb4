"""Whole writers on a disk that fails, lies, stops and loses power at every operation; real readers look at what is left.

The writers: the ledger, seals of files and directories, repairs, captures, bundles with their seal and proof, and a
whole run. After each fault there is the old or the new, as its own reader sees it, and after sweeping the same call works.
The expensive writers are tried at points that are spread evenly here, and at every point in the slow tests.
"""

import shutil
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from parity.bundle.writer import live_bundle
from parity.calling import Returned, Value
from parity.documents.capture import OracleIdentity
from parity.documents.case import ArrayArgument, Call, Case, Plan, Pool, case_id, plan_digest
from parity.documents.durable import is_temporary, sweep
from parity.documents.ids import RunId
from parity.documents.manifest import Manifest
from parity.documents.model import file_sha256, sha256
from parity.documents.run_toml import RunToml
from parity.errors import ExitCode, ParityError, UsageError
from parity.ledger.appending import append
from parity.ledger.chain import read_ledger
from parity.oracle.store import open_capture, write_capture
from parity.pipeline.baseline_store import keep_baseline
from parity.pipeline.baselines import read_baseline, read_samples
from parity.pipeline.progress import Progress
from parity.pipeline.run import RunRequest, run
from parity.pipeline.verify import verify
from parity.sidecar.repair import repair
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal

from ..unit.ledger.drafts import draft  # noqa: TID252 - tests are no packages with a name
from .simulated_disk import Fault, KilledError, SimulatedDisk, State, built, faults_of

OLD, NEW = bytes(range(256)) * 20, bytes(reversed(range(256))) * 23
GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden" / "baseline-1"
MEASURED = read_baseline(GOLDEN / "baseline.json")
assert MEASURED.samples_file is not None
SAMPLES = (GOLDEN / MEASURED.samples_file.name).read_bytes()
RUN_ID = RunId.parse("01a1fc9658a9721097905324ef82c32f")


class Writer(NamedTuple):
    """A writer of parity.

    prepare: makes the root as it was before. act: writes, whatever is there. check: asserts that readers find the old
    or the new, or, if `done`, the new; where an old directory waits to be put back, nothing at all is right as well.
    faults, cuts: how many faults and states the quick tests try.
    """

    name: str
    prepare: Callable[[Path], object]
    act: Callable[[Path], object]
    check: Callable[[Path, bool], None]
    faults: int
    cuts: int = 200


# The ledger


def _two_records(root: Path) -> None:
    for number in (1, 2):
        append(root / "ledger.ndjson", draft(number))


def _check_ledger(root: Path, done: bool) -> None:
    ledger = read_ledger(root / "ledger.ndjson")
    assert ledger.damage is None
    assert len(ledger.records) >= 2 + done
    assert not done or ledger.torn is None


# Seals


def _content(root: Path) -> None:
    (root / "object" / "sub").mkdir(parents=True)
    (root / "object" / "one").write_bytes(OLD)
    (root / "object" / "sub" / "two").write_bytes(NEW)
    (root / "object" / "three").write_bytes(b"")


def _sealed_content(root: Path) -> None:
    _content(root)
    seal(root / "object")


def _check_seal(root: Path, done: bool) -> None:
    assert (root / "object" / "one").read_bytes() == OLD
    try:
        assert scrub(root / "object").status == "ok"
    except UsageError:
        assert not done
        assert not (root / "object" / "seal.rq").exists()


def _check_renewed_seal(root: Path, done: bool) -> None:
    """There always is one."""
    _check_seal(root, done=True)
    with (root / "object" / "seal.rq").open("rb") as file:
        assert not done or b'"overhead":"0.3"' in file.read()


def _sealed_file(root: Path) -> None:
    (root / "file").write_bytes(OLD)
    seal(root / "file")


def _damaged_file(root: Path) -> None:
    _sealed_file(root)
    (root / "file").write_bytes(OLD[:300] + b"\0" * 64 + OLD[364:])
    _flip(root / "file.rq", 100)


def _check_file(root: Path, done: bool) -> None:
    found = scrub(root / "file")
    assert found.status in ({"ok"} if done else {"ok", "repairable"})
    assert not done or (root / "file").read_bytes() == OLD


def _damaged_directory(root: Path) -> None:
    _content(root)
    (root / "object" / "empty").write_bytes(b"")
    (root / "object" / "small").write_bytes(b"a file that goes missing")
    (root / "object" / "moved").write_bytes(b"a file that gets another name" * 9)
    seal(root / "object")
    _flip(root / "object" / "one", 500)
    _flip(root / "object" / "sub" / "two", 700)
    _flip(root / "object" / "seal.rq", 900)
    (root / "object" / "small").unlink()
    (root / "object" / "moved").rename(root / "object" / "sub" / "elsewhere")


def _flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


def _check_directory(root: Path, done: bool) -> None:
    found = scrub(root / "object")
    assert found.status in ({"ok"} if done else {"ok", "repairable"})
    if done:
        assert (root / "object" / "one").read_bytes() == OLD
        assert (root / "object" / "sub" / "two").read_bytes() == NEW
        assert (root / "object" / "small").read_bytes() == b"a file that goes missing"
        assert (root / "object" / "moved").read_bytes() == b"a file that gets another name" * 9


# Captures


def _capture(root: Path, answer: bytes) -> None:
    data = struct.pack("<4d", 1.0, -0.0, float("nan"), 2.5)
    pool = Pool(name="d.few", count=4, sha256=sha256(data))
    call = Call(op="square", args=(ArrayArgument(pool="d.few", shape=(3,)),))
    case = Case(case_id=case_id(call, "d->d", {pool.name: pool.sha256}), loop="d->d", layout="contiguous", call=call)
    digest = plan_digest((case,))
    plan = Plan(suite="smoke", seed="1", catalogue_digest="0" * 64, digest=digest, pools=(pool,), cases=(case,))
    outcome = Returned((Value("array", "<f8", (3,), answer),), (), (), (), (), ())
    identity = OracleIdentity(
        source="system", numpy="2.4.6", dispatch=(), platform="Linux-x86_64", libm="glibc 2.36", python="3.11.7"
    )
    write_capture(root / "capture", plan, {"d.few": data}, (outcome,), identity, seal)


def _check_capture(root: Path, done: bool) -> None:
    try:
        capture = open_capture(root / "capture")
    except UsageError:
        assert not done
        assert list(root.glob(".capture.*.old")), "the old capture is gone"
        return
    outcome = capture.outcome(capture.case_ids[0])
    assert isinstance(outcome, Returned)
    assert outcome.values[0].data in ({NEW[:24]} if done else {OLD[:24], NEW[:24]})
    assert scrub(root / "capture").status == "ok"


# Bundles and runs


def _write_bundle(root: Path) -> None:
    fields = {"flow_name": "run", "dtypes": ("f8",), "invariants_present": False, "redact_artifacts": False}
    sweep(root / "runs")
    if (root / "runs" / RUN_ID.text).exists():
        shutil.rmtree(root / "runs" / RUN_ID.text)
    with live_bundle(root / "runs", RUN_ID) as bundle:
        bundle.event("begun")
        with bundle.stage("plan", "plan", code="parity.cases.planning:plan@0.1.0") as stage:
            bundle.write("plan.json", b"{}\n")
            stage.output("plan", fingerprint="a" * 64, bytes=3)
        lines = bundle.lines("verdicts.ndjson", "parity.verdict/1")
        lines.append(b'{"case_id":"1"}\n')
        bundle.finish(RunToml.model_validate(fields | {"run_id": RUN_ID}))
        seal(bundle.place)


def _check_bundles(root: Path, done: bool) -> None:
    """Every directory with a final name is complete: its manifest fits, and its seal."""
    bundles = [path for path in (root / "runs").glob("*") if not is_temporary(path.name)]
    assert bundles or not done
    for bundle in bundles:
        for file in orjson.loads((bundle / "manifest.json").read_bytes())["files"]:
            assert file_sha256(bundle / file["name"]) == file["sha256"], file
        assert scrub(bundle).status == "ok"


def _run(root: Path) -> None:
    content = {"version": "v1", "metadata": {"name": "small"}}
    choices = {"suite": "smoke", "ops": ("add",), "dtypes": ("f8",), "provider": {"spec": "numpy"}}
    request = RunRequest(manifest=Manifest.model_validate(content | {"run": choices}), out=root / "runs", jobs=1)
    run(request, Progress())


def _check_run(root: Path, done: bool) -> None:
    """And the ledger names bundles that are there; one that is there may be missing in it: that never fails a run."""
    _check_bundles(root, done)
    ledger = read_ledger(root / "ledger.ndjson")
    assert ledger.damage is None
    for record in ledger.records:
        assert record.bundle is None or (root / record.bundle / "manifest.json").exists()
    for bundle in (root / "runs").glob("*"):
        assert is_temporary(bundle.name) or verify(bundle, Progress()).problems == ()


# Baselines


def _baseline(root: Path, number: int) -> None:
    assert MEASURED.samples_file is not None
    name = f"golden.{number:08x}.samples.npz"
    named = MEASURED.model_copy(update={"samples_file": MEASURED.samples_file.model_copy(update={"name": name})})
    keep_baseline(root, named, SAMPLES, {"ratios.svg": b"<svg/>" * number})


def _check_baseline(root: Path, done: bool) -> None:
    """A document with its samples, and nothing of another one when all is over."""
    [path] = root.glob("baselines/*/*.json")
    baseline = read_baseline(path)
    assert baseline.samples_file is not None
    assert read_samples(path, baseline).timings
    assert not done or baseline.samples_file.name == "golden.00000002.samples.npz"
    if done:
        assert scrub(path).status == scrub(path.with_name(baseline.samples_file.name)).status == "ok"


WRITERS = [
    Writer("the ledger", _two_records, lambda root: append(root / "ledger.ndjson", draft(9)), _check_ledger, 1 << 20),
    Writer("a first seal", _content, lambda root: seal(root / "object"), _check_seal, 150),
    Writer("a renewed seal", _sealed_content, lambda root: seal(root / "object", 0.3), _check_renewed_seal, 150),
    Writer("the repair of a file", _damaged_file, lambda root: repair(root / "file"), _check_file, 150),
    Writer(
        "the repair of a directory", _damaged_directory, lambda root: repair(root / "object"), _check_directory, 150
    ),
    Writer(
        "a capture", lambda root: _capture(root, OLD[:24]), lambda root: _capture(root, NEW[:24]), _check_capture, 150
    ),
    Writer("a bundle", lambda root: None, _write_bundle, _check_bundles, 150),
    Writer("a baseline", lambda root: _baseline(root, 1), lambda root: _baseline(root, 2), _check_baseline, 40, 40),
]
A_RUN = Writer("a run", lambda root: None, _run, _check_run, 40, 20)


def tried(
    writer: Writer, template: Path, root: Path, fault: Fault | None = None, *, watch: bool = False
) -> tuple[SimulatedDisk, str]:
    """The writer in a copy of the template: the disk, and how it ended."""
    shutil.copytree(template, root)
    disk = SimulatedDisk(root, fault, watch=watch)
    with disk.installed():
        try:
            writer.act(root)
        except ParityError as error:
            allowed = error.exit_code in {ExitCode.BAD_VERDICT, ExitCode.BAD_INPUT}
            return disk, "refused" if allowed else f"a defect: {error.message}"
        except OSError:  # which the command line shows as what it is: refused by the operating system
            return disk, "refused"
        except KilledError:
            return disk, "killed"
    return disk, "returned"


def recover(writer: Writer, root: Path) -> None:
    """Sweep as the commands do, and do it again: the new is there, and no temporary."""
    with SimulatedDisk(root).installed():
        for folder in [root, *(path for path in sorted(root.rglob("*")) if path.is_dir())]:
            sweep(folder)
        writer.check(root, False)
        writer.act(root)
    writer.check(root, True)
    assert not [path for path in root.rglob("*") if is_temporary(path.name)]


def spread(items: list[Fault], most: int) -> Iterator[Fault]:
    """At most so many, spread evenly."""
    return islice(items, 0, None, -(-len(items) // most))


def fails_anywhere(writer: Writer, folder: Path, most: int) -> None:
    """Faults at every operation, or at so many of them."""
    template = folder / "template"
    template.mkdir()
    writer.prepare(template)
    disk, ending = tried(writer, template, folder / "without")
    assert ending == "returned"
    writer.check(folder / "without", True)
    endings = set()
    for fault in spread(list(faults_of(disk.log)), most):
        root = folder / f"{fault.at} {fault.kind}"
        found, ending = tried(writer, template, root, fault)
        endings.add(ending)
        try:
            assert ending in {"returned", "refused", "killed"}
            writer.check(root, ending == "returned")
            recover(writer, root)
        except (AssertionError, ParityError) as error:
            raise AssertionError(f"{fault} at {found.log[fault.at : fault.at + 1]}, {ending}: {error}") from error
        shutil.rmtree(root)
    assert endings >= {"refused", "killed"}


def loses_power_anywhere(writer: Writer, folder: Path, most: int) -> None:
    """Cuts at every operation of the writer without a fault, or at so many; and behind its end nothing is lost."""
    template = folder / "template"
    template.mkdir()
    writer.prepare(template)
    disk, ending = tried(writer, template, folder / "without", watch=True)
    assert ending == "returned"
    states: list[tuple[State, bool]] = [(state, True) for state in sorted(set(disk.cuts()))]
    between = sorted(disk.states)
    states += [(state, False) for state in between[:: -(-len(between) // most)]]
    assert len(states) > 2
    for number, (state, done) in enumerate(states):
        root = built(state, folder / f"state {number}")
        try:
            writer.check(root, done)
            recover(writer, root)
        except (AssertionError, ParityError) as error:
            raise AssertionError(f"{[path for path, _ in state]}, {done}: {error}") from error
        shutil.rmtree(root)


every_writer = pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)


@every_writer
def test_a_writer_leaves_old_or_new_whatever_fails(writer: Writer, tmp_path: Path) -> None:
    fails_anywhere(writer, tmp_path, writer.faults)


@every_writer
def test_a_writer_leaves_old_or_new_wherever_the_power_fails(writer: Writer, tmp_path: Path) -> None:
    loses_power_anywhere(writer, tmp_path, writer.cuts)


@pytest.mark.slow
@every_writer
def test_a_writer_leaves_old_or_new_at_every_single_point(writer: Writer, tmp_path: Path) -> None:
    fails_anywhere(writer, tmp_path, 1 << 20)


def test_a_run_leaves_no_lie_whatever_fails(tmp_path: Path) -> None:
    fails_anywhere(A_RUN, tmp_path, A_RUN.faults)


def test_a_run_leaves_no_lie_wherever_the_power_fails(tmp_path: Path) -> None:
    loses_power_anywhere(A_RUN, tmp_path, A_RUN.cuts)


@pytest.mark.slow
def test_a_run_leaves_no_lie_at_every_single_point(tmp_path: Path) -> None:
    fails_anywhere(A_RUN, tmp_path, 1 << 20)
