"""Every fault at every operation of every way to write: old or new, never torn, and what was reported stays.

Each scenario is run once without a fault to learn its operations, then once for each fault at each of them, and what a
power cut may leave at each point is built and looked at. After each, `sweep` and the same call again must bring the new
content and leave no temporary.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest

from parity.documents import durable
from parity.documents.durable import (
    Growing,
    append,
    is_temporary,
    replacing_directory,
    replacing_file,
    sweep,
    write_at,
    write_file,
)
from parity.documents.model import sha256
from parity.errors import StorageError

from .simulated_disk import LIES, Fault, KilledError, SimulatedDisk, State, built, faults_of

OLD, NEW = b"old " * 40, b"new content " * 60
RECORD = b'{"record":' + b"7" * 300 + b"}\n"


class Scenario(NamedTuple):
    """A way to write.

    prepare: makes the root as it was before. act: writes, in any state that may come up. read: what a reader finds, to
    be compared with `old` and `new`; it raises nothing for what is torn, but gives something else.
    """

    name: str
    prepare: Callable[[Path], None]
    act: Callable[[Path], None]
    read: Callable[[Path], object]
    old: object
    new: object


def _content(path: Path) -> object:
    return path.read_bytes() if path.exists() else None


def _tree(path: Path) -> object:
    if not path.exists():
        return None
    return {item.relative_to(path).as_posix(): item.read_bytes() for item in path.rglob("*") if item.is_file()}


def _old_file(root: Path) -> None:
    (root / "file").write_bytes(OLD)


def _old_folder(root: Path) -> None:
    (root / "target" / "sub").mkdir(parents=True)
    (root / "target" / "one").write_bytes(OLD)
    (root / "target" / "sub" / "two").write_bytes(OLD)


def _nothing(root: Path) -> None:
    del root


def _replace_in_pieces(root: Path) -> None:
    def as_meant(temporary: Path) -> None:
        if temporary.read_bytes() != NEW:
            raise StorageError("not as meant")

    with replacing_file(root / "file", as_meant) as temporary:
        disk = vars(durable)["os"]
        descriptor = disk.open(temporary, os.O_WRONLY)
        try:
            write_at(descriptor, NEW[100:], 100)
            write_at(descriptor, NEW[:100], 0)
        finally:
            disk.close(descriptor)


def _replace_directory(root: Path) -> None:
    with replacing_directory(root / "target") as fresh:
        with Growing(fresh / "one") as growing:
            growing.write(NEW[:50])
            growing.write(NEW[50:])
        with Growing(fresh / "deep" / "three") as growing:
            growing.write(NEW)
        write_file(fresh / "whole", NEW)


def _append(root: Path) -> None:
    ledger = root / "sub" / "ledger"
    content = ledger.read_bytes() if ledger.exists() else b""
    append(ledger, RECORD, at=content.rfind(b"\n") + 1)


def _records(root: Path) -> object:
    """Whole lines; each must be the record. Appending once more is no harm."""
    ledger = root / "sub" / "ledger"
    content = ledger.read_bytes() if ledger.exists() else b""
    lines = content[: content.rfind(b"\n") + 1].splitlines(keepends=True)
    if any(line != RECORD for line in lines):
        return content
    return len(lines)


def _two_records_and_a_torn_one(root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub" / "ledger").write_bytes(RECORD + RECORD + RECORD[:77])


NEW_FOLDER = {"one": NEW, "deep/three": NEW, "whole": NEW}
OLD_FOLDER = {"one": OLD, "sub/two": OLD}

SCENARIOS = [
    Scenario(
        "write_file over an old file",
        _old_file,
        lambda root: write_file(root / "file", NEW),
        lambda root: _content(root / "file"),
        OLD,
        NEW,
    ),
    Scenario(
        "write_file in new folders",
        _nothing,
        lambda root: write_file(root / "a" / "b" / "file", NEW),
        lambda root: _content(root / "a" / "b" / "file"),
        None,
        NEW,
    ),
    Scenario("replacing_file in pieces", _old_file, _replace_in_pieces, lambda root: _content(root / "file"), OLD, NEW),
    Scenario(
        "replacing_directory over an old one",
        _old_folder,
        _replace_directory,
        lambda root: _tree(root / "target"),
        OLD_FOLDER,
        NEW_FOLDER,
    ),
    Scenario(
        "replacing_directory where none was",
        _nothing,
        _replace_directory,
        lambda root: _tree(root / "target"),
        None,
        NEW_FOLDER,
    ),
    Scenario("append to nothing", _nothing, _append, _records, 0, 1),
    Scenario("append behind a torn tail", _two_records_and_a_torn_one, _append, _records, 2, 3),
]


@pytest.fixture(params=SCENARIOS, ids=lambda scenario: scenario.name)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    found: Scenario = request.param
    return found


class Attempt(NamedTuple):
    """How a call ended."""

    disk: SimulatedDisk
    root: Path
    ending: str
    error: StorageError | None = None


def attempt(scenario: Scenario, root: Path, fault: Fault | None = None) -> Attempt:
    """The scenario on a new disk; anything but success, StorageError and death fails the test."""
    root.mkdir()
    scenario.prepare(root)
    disk = SimulatedDisk(root, fault, watch=True)
    with disk.installed():
        try:
            scenario.act(root)
        except StorageError as error:
            return Attempt(disk, root, "refused", error)
        except KilledError:
            return Attempt(disk, root, "killed")
    return Attempt(disk, root, "returned")


def temporaries(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if is_temporary(path.name)]


def recover(scenario: Scenario, root: Path, before: object) -> None:
    """Sweeping keeps what a reader finds, or puts the old back; the same call then works, and nothing is left over."""
    with SimulatedDisk(root).installed():
        for folder in [root, *(path for path in sorted(root.rglob("*")) if path.is_dir())]:
            sweep(folder)
        assert not temporaries(root)
        after = scenario.read(root)
        assert after in ({before} if isinstance(before, int) else [before, scenario.old])
        assert after == before or scenario.old is not None
        again = scenario.new if not isinstance(after, int) else after + 1
        scenario.act(root)
        assert scenario.read(root) == again
        assert not temporaries(root)


def acceptable(scenario: Scenario, root: Path) -> list[object]:
    """What may be found: the old or the new, or nothing where the old directory waits to be put back."""
    waiting = any(path.name.endswith(".old") for path in temporaries(root))
    return [scenario.old, scenario.new, *([None] if waiting else [])]


def faults(scenario: Scenario, tmp_path: Path) -> Iterator[Fault]:
    whole = attempt(scenario, tmp_path / "without")
    assert whole.ending == "returned"
    assert len(whole.disk.log) > 5
    yield from faults_of(whole.disk.log)


def test_old_or_new_whatever_fails(scenario: Scenario, tmp_path: Path) -> None:
    endings = dict.fromkeys(("returned", "refused", "killed"), 0)
    for fault in faults(scenario, tmp_path):
        tried = attempt(scenario, tmp_path / f"{fault.at} {fault.kind}", fault)
        endings[tried.ending] += 1
        found = scenario.read(tried.root)
        operation = tried.disk.log[fault.at]
        if tried.ending == "returned":
            assert found == scenario.new, (fault, operation)
        else:
            assert found in acceptable(scenario, tried.root), (fault, operation)
        unclear = (operation.name, fault.kind) == ("rename", "late EIO") or operation.name in {"unlink", "rmdir"}
        if tried.error and not unclear and "unknown" not in tried.error.message:
            assert not temporaries(tried.root), (fault, operation)
        recover(scenario, tried.root, found)
    assert endings["refused"] > 20
    assert endings["killed"] > 10


def test_a_lie_is_found_or_does_no_harm(scenario: Scenario, tmp_path: Path) -> None:
    for fault in faults(scenario, tmp_path):
        if fault.kind in {"dropped", "garbled"}:
            tried = attempt(scenario, tmp_path / f"{fault.at} {fault.kind}", fault)
            assert tried.ending == "refused", fault
            assert scenario.read(tried.root) == scenario.old


def test_old_or_new_wherever_the_power_fails(scenario: Scenario, tmp_path: Path) -> None:
    """Also after a fault: what an error handler does is no less exposed. A write that lies is a fault too many."""
    states: set[State] = set()
    for fault in (None, *(fault for fault in faults(scenario, tmp_path) if fault.kind not in LIES)):
        states |= attempt(scenario, tmp_path / f"{fault}", fault).disk.states
    assert len(states) > 2
    for number, state in enumerate(sorted(states)):
        root = built(state, tmp_path / f"state {number}")
        found = scenario.read(root)
        assert found in acceptable(scenario, root), state
        recover(scenario, root, found)


def test_what_was_reported_survives_a_power_cut(scenario: Scenario, tmp_path: Path) -> None:
    states: set[State] = set()
    for fault in (None, *faults(scenario, tmp_path)):
        tried = attempt(scenario, tmp_path / f"{fault}", fault)
        if tried.ending == "returned":
            states.update(tried.disk.cuts())
    for number, state in enumerate(sorted(states)):
        assert scenario.read(built(state, tmp_path / f"state {number}")) == scenario.new, state


def test_a_failed_fsync_is_reported_and_never_tried_again(scenario: Scenario, tmp_path: Path) -> None:
    whole = attempt(scenario, tmp_path / "without")
    places = [at for at, operation in enumerate(whole.disk.log) if operation.name == "fsync"]
    assert places
    for at in places:
        tried = attempt(scenario, tmp_path / f"{at}", Fault(at, "EIO"))
        assert tried.ending == "refused"
        assert tried.error is not None
        assert "durability unknown" in tried.error.message
        target = tried.disk.log[at].target
        again = [operation for operation in tried.disk.log[at + 1 :] if operation == ("fsync", target)]
        assert not again, at


# Sweeping


def _left_by_the_dead(root: Path) -> None:
    """One directory waits to be put back, another was replaced; and there are a file and a tree that nobody finished."""
    for folder, content in ((".target.0123456789ab.old", OLD), ("other", NEW), (".other.0123456789ab.old", OLD)):
        (root / folder / "sub").mkdir(parents=True)
        (root / folder / "sub" / "file").write_bytes(content)
    (root / ".run.0123456789ab.new" / "sub").mkdir(parents=True)
    (root / ".run.0123456789ab.new" / "sub" / "file").write_bytes(b"half")
    (root / ".file.0123456789ab.tmp").write_bytes(b"half")


def _swept_in_the_end(root: Path) -> None:
    assert _tree(root / "target") in (None, {"sub/file": OLD})
    assert _tree(root / "other") == {"sub/file": NEW}
    with SimulatedDisk(root).installed():
        sweep(root)
    assert _tree(root / "target") == {"sub/file": OLD}
    assert _tree(root / "other") == {"sub/file": NEW}
    assert not temporaries(root)


def _sweeping(root: Path, fault: Fault | None) -> SimulatedDisk:
    root.mkdir()
    _left_by_the_dead(root)
    disk = SimulatedDisk(root, fault, watch=True)
    with disk.installed(), suppress(StorageError, KilledError):
        sweep(root)
    return disk


def test_sweeping_can_fail_die_and_lose_power_anywhere(tmp_path: Path) -> None:
    whole = _sweeping(tmp_path / "without", None)
    states = whole.states
    for fault in faults_of(whole.log):
        root = tmp_path / f"{fault}"
        states |= _sweeping(root, fault).states
        _swept_in_the_end(root)
    assert len(states) > 20
    for number, state in enumerate(sorted(states)):
        _swept_in_the_end(built(state, tmp_path / f"state {number}"))


# The tests themselves


@pytest.mark.parametrize(
    ("function", "power"),
    [("_synced", True), ("sync", True), ("file_sha256", False)],
    ids=["fsync", "names", "re-read"],
)
def test_these_tests_notice_what_is_left_out(tmp_path: Path, function: str, power: bool) -> None:
    """A `durable` without fsync, without fsync of directories, or without reading again, is found out."""
    scenario = SCENARIOS[0]
    log = attempt(scenario, tmp_path / "whole").disk.log
    without = {"_synced": lambda *_: None, "sync": lambda *_: None, "file_sha256": lambda _: sha256(NEW)}
    with mock.patch.object(durable, function, without[function]):
        mutant = attempt(scenario, tmp_path / "mutant")
        lies = [fault for fault in faults_of(log) if fault.kind == "garbled"]
        believed = [attempt(scenario, tmp_path / f"{fault}", fault).ending == "returned" for fault in lies]
    cuts = [scenario.read(built(state, tmp_path / f"{at}")) for at, state in enumerate(sorted(set(mutant.disk.cuts())))]
    assert any(found != scenario.new for found in cuts) == power
    assert any(believed) == (not power)
