"""Real processes whose system calls are refused, lie, or are their last: no traceback, and nothing to be believed wrongly.

`parity run`, `seal`, `repair` and `capture` are traced once, and then run with one fault each. The quick tests spread
their faults evenly over all operations; the slow ones try every fault at every operation of a run. What the kernel
keeps of a power cut is not tried here: see simulated_disk.py.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from parity.documents.durable import is_temporary
from parity.ledger.chain import read_ledger
from parity.oracle.store import open_capture
from parity.pipeline.progress import Progress
from parity.pipeline.verify import verify
from parity.sidecar.repair import repair
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal

from .strace_injection import Injection, injected, injections, parity, traced, why_not

REASON = why_not()
pytestmark = pytest.mark.skipif(REASON is not None, reason=f"{REASON}; the simulated disk covers this machine")

FLAGS = ("--suite", "smoke", "--ops", "add", "--dtypes", "f8")
RUN = parity("run", *FLAGS, "--provider", "numpy", "--jobs", "1", "--out", "runs", "--json", "report.json")
CONTENT = bytes(range(256)) * 40


class Command(NamedTuple):
    """A command in a folder that `prepare` filled; `check` is told whether the command reported success."""

    words: Sequence[str]
    prepare: Callable[[Path], object]
    check: Callable[[Path, bool], None]


def _nothing(folder: Path) -> None:
    del folder


def _check_run(folder: Path, done: bool) -> None:
    """What the ledger lists is there and verifies; so does whatever else has a final name."""
    ledger = read_ledger(folder / "ledger.ndjson")
    assert ledger.damage is None
    for record in ledger.records:
        assert record.bundle is None or (folder / record.bundle).is_dir(), record.bundle
    bundles = [path for path in (folder / "runs").glob("*") if not is_temporary(path.name)]
    for bundle in bundles:
        assert verify(bundle, Progress()).problems == (), bundle
    assert bundles or not done
    if done:
        assert json.loads((folder / "report.json").read_bytes())["schema"] == "parity.report/1"


def _object(folder: Path) -> Path:
    (folder / "object").mkdir()
    (folder / "object" / "one").write_bytes(CONTENT)
    (folder / "object" / "two").write_bytes(CONTENT[::-1])
    return folder / "object"


def _check_seal(folder: Path, done: bool) -> None:
    if done or (folder / "object" / "seal.rq").exists():
        assert scrub(folder / "object").status == "ok"


def _damaged(folder: Path) -> None:
    seal(_object(folder))
    for name in ("one", "two", "seal.rq"):
        path = folder / "object" / name
        path.write_bytes(path.read_bytes()[:400] + b"?" + path.read_bytes()[401:])


def _check_repair(folder: Path, done: bool) -> None:
    assert scrub(folder / "object").status in ({"ok"} if done else {"ok", "repairable"})
    repair(folder / "object")
    assert (folder / "object" / "one").read_bytes() == CONTENT
    assert (folder / "object" / "two").read_bytes() == CONTENT[::-1]


def _check_capture(folder: Path, done: bool) -> None:
    if done or (folder / "runs").exists():
        assert len(open_capture(folder / "runs")) > 0
        assert scrub(folder / "runs").status == "ok"


COMMANDS = {
    "run": Command(RUN, _nothing, _check_run),
    "seal": Command(parity("seal", "object"), _object, _check_seal),
    "repair": Command(parity("repair", "object"), _damaged, _check_repair),
    "capture": Command(parity("capture", *FLAGS, "--pure", "--out", "runs"), _nothing, _check_capture),
}
QUICK = {"run": 12, "seal": 8, "repair": 8, "capture": 8}


def folder_of(command: Command, path: Path) -> Path:
    """A folder in which the command can be run."""
    path.mkdir()
    command.prepare(path)
    return path


def withstands(command: Command, injection: Injection, folder: Path) -> None:
    """The command fails or succeeds in order; what it leaves is right; and once more without a fault, it succeeds."""
    ended = injected(command.words, folder, injection)
    said = f"{injection}, exit code {ended.returncode}: {ended.stderr[-500:]}"
    assert ended.returncode in ({-9, 137} if injection.fault == "signal=KILL" else {0, 1, 2}), said
    assert "Traceback" not in ended.stderr, said
    try:
        command.check(folder, ended.returncode == 0)
    except AssertionError as error:
        raise AssertionError(f"{said}: {error}") from error
    again = subprocess.run(command.words, cwd=folder, check=False, capture_output=True, text=True)
    assert again.returncode == 0, f"{said}, and again: {again.stderr}"
    command.check(folder, True)
    left = [path for path in folder.rglob("*") if is_temporary(path.name)]
    assert not left, f"{said}, left behind: {left}"


def tries(command: Command, folder: Path, most: int) -> None:
    """So many faults, spread evenly over all."""
    every = injections(traced(command.words, folder_of(command, folder / "traced")))
    assert len(every) > 50
    for number, injection in enumerate(every[:: -(-len(every) // most)]):
        place = folder_of(command, folder / f"{number}")
        withstands(command, injection, place)
        shutil.rmtree(place)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_withstands_faults_in_its_system_calls(name: str, tmp_path: Path) -> None:
    tries(COMMANDS[name], tmp_path, QUICK[name])


@pytest.mark.parametrize(
    "fault", ["error=ENOSPC", "signal=KILL", "retval=1", "retval=all"], ids=["full", "killed", "short", "lying"]
)
def test_a_run_withstands_faults_in_the_write_of_its_record(tmp_path: Path, fault: str) -> None:
    calls = traced(RUN, folder_of(COMMANDS["run"], tmp_path / "traced"), ("write",))
    size = next(call.result for call in calls if "ledger.ndjson" in call.line)
    folder = folder_of(COMMANDS["run"], tmp_path / "run")
    fault = fault.replace("all", str(size))
    withstands(COMMANDS["run"], Injection("write", 1, fault, folder / "ledger.ndjson"), folder)
    assert len(read_ledger(folder / "ledger.ndjson").records) == 1
    assert len(list((folder / "runs").iterdir())) == 2


def test_a_ledger_that_cannot_be_written_does_not_fail_the_run(tmp_path: Path) -> None:
    """The run warns, its bundle says so in an event, and verifies."""
    injection = Injection("fsync", 1, "error=EIO", tmp_path / "ledger.ndjson")
    for _ in range(2):
        ended = injected(RUN, tmp_path, injection)
        assert ended.returncode == 0
        assert "not in the ledger" in ended.stderr
        assert "durability unknown" in ended.stderr
    assert read_ledger(tmp_path / "ledger.ndjson").records == []
    bundles = list((tmp_path / "runs").iterdir())
    assert len(bundles) == 2
    for bundle in bundles:
        assert verify(bundle, Progress()).problems == ()
        assert b"ledger.failed" in (bundle / "events.ndjson").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_withstands_every_fault_in_every_system_call(name: str, tmp_path: Path) -> None:
    tries(COMMANDS[name], tmp_path, 1 << 20)
