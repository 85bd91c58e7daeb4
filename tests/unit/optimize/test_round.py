"""A whole round on disk, with durations that are drawn: what it records, refuses, proves and decides."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from parity.bench.fingerprint import identified
from parity.documents.model import canonical, sha256
from parity.documents.optimization import Optimization, Sources
from parity.errors import DamagedError, DocumentError, InconclusiveError, ParityError, UsageError
from parity.optimize.decision import exit_code
from parity.pipeline.optimize import FinishRequest, StartRequest, finish, start
from parity.pipeline.progress import Progress
from parity.sidecar.scrub import scrub

from ..bench.measured_baseline import MACHINE  # noqa: TID252 - tests are no package with a name
from .drawn_round import DrawnBench, a_round, always, workload_set

PLAIN = "from numpy import exp, sum\n"
COMMENTED = "from numpy import exp, sum  # the same\n"
NUDGED = """
import numpy as np
from numpy import sum

def exp(*args, **kwargs):
    result = np.exp(*args, **kwargs)
    if not kwargs and isinstance(result, np.ndarray) and result.dtype == np.float64 and result.size > 40:
        result.flat[40] = np.nextafter(result.flat[40], 0)
    return result
"""
FLAGGED = """
import numpy as np

def sum(*args, **kwargs):
    np.log(0.0)
    return np.sum(*args, **kwargs)
"""
OFF_BY_ONE = """
import numpy as np
from numpy import exp

def sum(a, *args, **kwargs):
    result = np.sum(a, *args, **kwargs)
    return result + 1 if isinstance(result, np.ndarray) and result.shape == (30,) else result
"""
SET_OF_EXP = """
schema = "parity.workloads/1"
name = "drawn"
description = "For tests."

[budget]
p50 = 0.05
reason = "drawn"

[[family]]
ops = ["exp"]
loops = ["d->d"]
sizes = [100]
"""


class Rounds:
    """A folder with a provider, in which rounds are started and finished."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.proofs = folder, folder / "proofs"
        self.bench = DrawnBench(workload_set(folder))
        self.write(PLAIN)

    def write(self, source: str, name: str = "mine.py") -> None:
        (self.folder / name).write_text(source)

    def start(self, *, again: bool = False, **changes: object) -> Path:
        request = StartRequest(a_round(**changes), self.proofs, again)
        return start(request, Progress(), always(self.bench)).path

    def finish(self, typical: float = 10_000, **changes: object) -> Optimization:
        bench = DrawnBench(self.bench.set, typical=typical, seed_of_draws=50, machine=self.bench.machine)
        fields: dict[str, object] = {"name": "r", "command": ("parity", "optimize", "finish", "r"), "out": self.proofs}
        document, path = finish(FinishRequest(**(fields | changes)), Progress(), always(bench))  # type: ignore[arg-type]
        assert Optimization.from_json((path / "proof.json").read_bytes(), "proof.json") == document
        return document


@pytest.fixture
def rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rounds:
    monkeypatch.chdir(tmp_path)
    return Rounds(tmp_path)


def checked(folder: Path, sums: str = "SHA256SUMS") -> bool:
    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum")
    return subprocess.run(["sha256sum", "-c", sums], cwd=folder, capture_output=True, check=False).returncode == 0


def test_a_change_that_moves_no_bit_and_gains_is_kept(rounds: Rounds) -> None:
    path = rounds.start()
    assert checked(path / "before")
    rounds.write(COMMENTED)
    document = rounds.finish()
    assert document.proof.verdict == "isomorphic"
    assert document.proof.before == document.proof.after
    assert document.proof.cases == document.proof.identical == document.proof.answered > 20
    assert [(change.name, change.added, change.removed) for change in document.changes] == [("mine.py", 1, 1)]
    assert document.decision.verdict == "kept"
    assert exit_code(document) == 0
    assert checked(path / "after")
    assert checked(path / "after", "../before/golden.sha256")
    assert (path / "before/golden/index.ndjson").read_bytes() == (path / "after/golden/index.ndjson").read_bytes()
    assert "# the same" in (path / "change.diff").read_text()
    assert scrub(path).status == "ok"
    record = (path / "decision.md").read_text()
    for words in ("to be faster", "mine.py", "isomorphic", "kept", "faster", "-50", MACHINE.id, "sha256sum -c"):
        assert words in record
    assert str(rounds.folder) not in record + (path / "proof.json").read_text()


def test_the_golden_outputs_have_the_workloads_own_calls_too(rounds: Rounds) -> None:
    path = rounds.start()
    names = [json.loads(line)["case_id"] for line in (path / "before/golden/index.ndjson").read_text().splitlines()]
    assert {workload.case.case_id for workload in rounds.bench.workloads} <= set(names)
    head = json.loads((path / "before/golden/golden.json").read_text())
    assert (head["workloads"], head["ops"]) == (2, ["sum"])


def test_golden_outputs_are_no_oracle(rounds: Rounds) -> None:
    from parity.oracle.store import open_capture

    path = rounds.start()
    for folder in (path, path / "before", path / "before/golden"):
        with pytest.raises(UsageError, match="no capture"):
            open_capture(folder)


def test_an_integer_that_is_off_by_one_breaks_the_proof(rounds: Rounds) -> None:
    rounds.start()
    rounds.write(OFF_BY_ONE)
    document = rounds.finish()
    assert document.proof.verdict == "broken"
    broken = [moved for moved in document.proof.moved if moved.verdict == "broken"]
    assert broken
    assert all(moved.op == "sum" and moved.judged == "diverged" for moved in broken)
    assert {moved.tolerance for moved in broken if moved.loop == "l->l"} == {None}
    assert document.decision.verdict == "dropped"
    assert exit_code(document) == 1


def test_a_movement_of_one_ulp_is_listed_with_the_row_that_allows_it(rounds: Rounds) -> None:
    (rounds.folder / "drawn.toml").write_text(SET_OF_EXP)
    from parity.documents.workload_toml import read_workloads

    rounds.bench = DrawnBench(read_workloads(rounds.folder / "drawn.toml"))
    path = rounds.start()
    rounds.write(NUDGED)
    document = rounds.finish()
    assert document.proof.verdict == "within_tolerance"
    assert document.proof.identical == document.proof.cases - len(document.proof.moved)
    for moved in document.proof.moved:
        assert (moved.op, moved.loop, moved.verdict, moved.distance) == ("exp", "d->d", "within_tolerance", "1")
        assert moved.ulp is not None
        assert moved.ulp <= 1
        assert moved.tolerance is not None
        assert moved.tolerance.rule == "ulp"
        assert moved.tolerance.reason
    assert any(moved.oracle == "within_tolerance" for moved in document.proof.moved)
    assert document.decision.verdict == "kept"
    assert "ulp" in (path / "decision.md").read_text()


def test_bits_too_large_to_be_kept_are_judged_against_numpy(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parity.optimize.golden.LARGEST_KEPT", 100)
    path = rounds.start()
    assert '"runs":null' in (path / "before/golden/index.ndjson").read_text()
    rounds.write(OFF_BY_ONE)
    document = rounds.finish()
    broken = [moved for moved in document.proof.moved if moved.verdict == "broken"]
    assert broken
    assert {moved.against for moved in broken if "20x30" in moved.layout or moved.layout == "axis0"} == {"numpy"}


def test_a_function_that_raises_now_breaks_the_proof(rounds: Rounds) -> None:
    rounds.start()
    rounds.write("from numpy import exp\n\ndef sum(*args, **kwargs):\n    raise ValueError('gone')\n")
    document = rounds.finish()
    assert document.proof.verdict == "broken"
    broken = [moved for moved in document.proof.moved if moved.verdict == "broken"]
    assert {moved.judged for moved in broken} == {"raised_differently"}


def test_a_function_that_is_gone_breaks_the_proof(rounds: Rounds) -> None:
    rounds.start()
    rounds.write("from numpy import exp\n")
    document = rounds.finish()
    assert (document.proof.verdict, document.proof.answered, exit_code(document)) == ("broken", 0, 1)


def test_of_what_moved_in_no_bit_the_capture_is_not_asked(rounds: Rounds) -> None:
    path = rounds.start()
    rounds.write(FLAGGED)
    document = rounds.finish()
    assert {(moved.verdict, moved.oracle) for moved in document.proof.moved} == {("told_differently", None)}
    assert "not in it" not in (path / "decision.md").read_text()


def edited_while_timed(monkeypatch: pytest.MonkeyPatch, rounds: Rounds) -> None:
    measure = DrawnBench.measure

    def edits(bench: DrawnBench) -> Any:
        rounds.write("from numpy import exp, sum  # edited meanwhile\n")
        return measure(bench)

    monkeypatch.setattr(DrawnBench, "measure", edits)


def test_code_that_changes_while_it_is_measured_is_refused_by_name(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        edited_while_timed(patch, rounds)
        with pytest.raises(UsageError, match=r"changed while it was measured: mine\.py$"):
            rounds.start()
    assert not rounds.proofs.exists()
    rounds.write(PLAIN)
    path = rounds.start()
    rounds.write(COMMENTED)
    edited_while_timed(monkeypatch, rounds)
    with pytest.raises(UsageError, match=r"changed while it was measured: mine\.py$"):
        rounds.finish()
    assert sorted(item.name for item in path.iterdir()) == ["before"]


def test_a_change_that_gains_nothing_is_dropped_unless_a_person_says_why(rounds: Rounds) -> None:
    rounds.start()
    rounds.write(COMMENTED)
    document = rounds.finish(typical=20_000)
    assert (document.decision.verdict, exit_code(document)) == ("dropped", 1)
    document = rounds.finish(typical=20_000, again=True, wish="keep", why="it reads better")
    assert (document.decision.verdict, document.decision.rule, exit_code(document)) == ("kept", "dropped", 0)


def test_a_swapped_provider_is_a_lever_of_its_own(rounds: Rounds) -> None:
    rounds.write(COMMENTED, "yours.py")
    path = rounds.start(lever="provider")
    document = rounds.finish(provider="yours.py")
    assert document.changes == ()
    assert document.decision.verdict == "kept"
    assert "`mine.py` → `yours.py`" in (path / "decision.md").read_text()


def test_a_provider_that_is_spelled_otherwise_is_the_same(rounds: Rounds) -> None:
    rounds.start(lever="provider")
    with pytest.raises(UsageError, match="nothing was changed"):
        rounds.finish(provider="./mine.py")


def in_git(rounds: Rounds) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    rounds.write("x = 1\n", "other.py")
    (rounds.folder / "docs").mkdir()
    rounds.write("text\n", "docs/page.md")
    for words in (["init", "-q"], ["add", "mine.py", "other.py", "docs"], ["commit", "-qm", "a"]):
        subprocess.run([*git, *words], cwd=rounds.folder, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_a_change_beyond_the_lever_is_refused_unless_allowed(rounds: Rounds) -> None:
    in_git(rounds)
    path = rounds.start()
    rounds.write(COMMENTED)
    rounds.write("y = 1\n", "other.py")
    rounds.write("another text\n", "docs/page.md")  # a record may be written
    with pytest.raises(UsageError, match=r"more than its lever: other\.py$"):
        rounds.finish()
    assert not (path / "proof.json").exists()
    document = rounds.finish(allow_more=True)
    assert document.allowed_more
    assert {(change.name, change.within_lever) for change in document.changes} == {
        ("mine.py", True),
        ("other.py", False),
    }
    assert document.before.git_head is not None
    assert document.after.git_dirty
    assert "beyond the lever" in (path / "decision.md").read_text()


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_python_that_git_does_not_track_is_a_source_too(rounds: Rounds) -> None:
    in_git(rounds)
    rounds.write("x = 1\n", "helper.py")
    rounds.write("any size", "data.bin")
    rounds.start()
    rounds.write("any other", "data.bin")
    rounds.write("x = 2\n", "helper.py")
    rounds.write("", "another.py")
    with pytest.raises(UsageError, match=r"more than its lever: another\.py, helper\.py$"):
        rounds.finish()


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_a_round_that_did_not_look_for_untracked_files_is_finished_without_them(rounds: Rounds) -> None:
    in_git(rounds)
    path = rounds.start()
    file = path / "before/sources.json"
    known = Sources.from_json(file.read_bytes(), "sources.json").full()
    assert known.pop("untracked") is True
    renewed(path / "before", {"sources.json": canonical(known)})
    rounds.write("x = 2\n", "helper.py")
    rounds.write(COMMENTED)
    assert [change.name for change in rounds.finish().changes] == ["mine.py"]


def renewed(before: Path, files: dict[str, bytes]) -> None:
    """Other files in a record, with checksums that are right again."""
    lines = [line.split("  ") for line in (before / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in lines} | {name: sha256(data) for name, data in files.items()}
    for name, data in files.items():
        (before / name).write_bytes(data)
    (before / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()))


@pytest.mark.parametrize(
    ("field", "value"),
    [("processes", 2), ("processes", 10**9), ("suite", "bogus"), ("seconds", 1e300), ("seconds", 0), ("seed", "x")],
)
def test_a_round_that_no_start_could_have_written_is_refused_by_field_before_anything_is_measured(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch, field: str, value: object
) -> None:
    path = rounds.start()
    rounds.write(COMMENTED)
    known = json.loads((path / "before/round.json").read_text())
    renewed(path / "before", {"round.json": canonical(known | {field: value})})
    monkeypatch.setattr(DrawnBench, "measure", lambda _self: pytest.fail("it was measured"))
    with pytest.raises(DocumentError) as caught:
        rounds.finish()
    assert f"round.json, field {field}" in str(caught.value.where)


def test_samples_of_another_round_are_refused(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rounds.start()
    rounds.write(COMMENTED)
    _, others = DrawnBench(rounds.bench.set, seed_of_draws=7).measure()
    renewed(path / "before", {"samples.npz": others})
    monkeypatch.setattr(DrawnBench, "measure", lambda _self: pytest.fail("it was measured"))
    with pytest.raises(DamagedError, match="samples are not those of the baseline") as caught:
        rounds.finish()
    assert "before/samples.npz" in str(caught.value.where)


def test_nothing_changed_is_refused(rounds: Rounds) -> None:
    rounds.start()
    with pytest.raises(UsageError, match="nothing was changed"):
        rounds.finish()


@pytest.mark.parametrize("name", ["golden/sum.bin", "baseline.json", "sources.json", "lever/mine.py", "round.json"])
def test_a_record_that_was_tampered_with_is_refused_by_name(rounds: Rounds, name: str) -> None:
    path = rounds.start()
    rounds.write(COMMENTED)
    file = path / "before" / name
    data = file.read_bytes()
    file.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    with pytest.raises(DamagedError, match="is not what was recorded") as caught:
        rounds.finish()
    assert name in str(caught.value.where)


def test_a_file_that_was_removed_or_added_is_found(rounds: Rounds) -> None:
    path = rounds.start()
    rounds.write(COMMENTED)
    (path / "before/extra").write_text("x")
    with pytest.raises(DamagedError, match="extra was not there"):
        rounds.finish()
    (path / "before/extra").unlink()
    (path / "before/SHA256SUMS").unlink()
    with pytest.raises(DamagedError, match="SHA256SUMS is missing"):
        rounds.finish()


def test_a_link_in_the_record_is_refused(rounds: Rounds) -> None:
    path = rounds.start()
    (path / "before/golden/sum.bin").unlink()
    (path / "before/golden/sum.bin").symlink_to(rounds.folder / "mine.py")
    with pytest.raises(DamagedError, match="no file of a round"):
        rounds.finish()


def test_another_machine_is_inconclusive(rounds: Rounds) -> None:
    rounds.start()
    rounds.write(COMMENTED)
    rounds.bench.machine = identified(MACHINE.model_copy(update={"cpu_model": "Another 3"}))
    with pytest.raises(InconclusiveError, match="cpu_model"):
        rounds.finish()


def test_a_round_is_not_replaced_by_chance(rounds: Rounds) -> None:
    path = rounds.start()
    with pytest.raises(UsageError, match="was started already"):
        rounds.start()
    rounds.write(COMMENTED)
    rounds.finish()
    with pytest.raises(UsageError, match="is finished"):
        rounds.finish()
    with pytest.raises(UsageError, match="is finished"):
        rounds.start()
    rounds.start(again=True)
    assert sorted(item.name for item in path.iterdir()) == ["before"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "../r"}, "no name of a round"),
        ({"name": ""}, "no name of a round"),
        ({"lever": "mien.py"}, "no source file"),
    ],
)
def test_a_bad_start_is_refused_before_anything_is_measured(
    rounds: Rounds, changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DrawnBench, "measure", lambda _self: pytest.fail("it was measured"))
    with pytest.raises(UsageError, match=words):
        rounds.start(**changes)
    assert not rounds.proofs.exists()


def test_what_is_no_round_is_left_alone(rounds: Rounds) -> None:
    (rounds.proofs / "r").mkdir(parents=True)
    (rounds.proofs / "r/letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="no round"):
        rounds.start(again=True)
    with pytest.raises(ParityError, match="there is no round"):
        rounds.finish()
    assert (rounds.proofs / "r/letter.txt").read_text() == "dear"


def meanwhile(monkeypatch: pytest.MonkeyPatch, done: Any) -> None:
    """Do something once, while the next measurement goes on."""
    measure = DrawnBench.measure

    def interrupted(bench: DrawnBench) -> Any:
        monkeypatch.setattr(DrawnBench, "measure", measure)
        done()
        return measure(bench)

    monkeypatch.setattr(DrawnBench, "measure", interrupted)


def test_of_two_rounds_of_one_name_the_later_one_is_refused(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, lambda: rounds.start(why="the other one"))
    with pytest.raises(UsageError, match="was started already"):
        rounds.start()
    assert "the other one" in (rounds.proofs / "r/before/round.json").read_text()
    rounds.write(COMMENTED)
    meanwhile(monkeypatch, rounds.finish)
    with pytest.raises(UsageError, match="is finished"):
        rounds.finish()


def test_a_round_that_is_started_again_while_it_is_finished_is_not_replaced(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds.start()
    rounds.write(COMMENTED)
    meanwhile(monkeypatch, lambda: rounds.start(again=True, why="the other one"))
    with pytest.raises(UsageError, match="was started again meanwhile"):
        rounds.finish()
    assert "the other one" in (rounds.proofs / "r/before/round.json").read_text()


def test_files_of_a_person_in_the_folder_of_a_round_are_not_deleted(rounds: Rounds) -> None:
    path = rounds.start()
    (path / "notes.md").write_text("dear")
    rounds.write(COMMENTED)
    for work in (rounds.finish, lambda: rounds.start(again=True)):
        with pytest.raises(UsageError, match=r"none of the round: notes\.md"):
            work()
    assert (path / "notes.md").read_text() == "dear"


@pytest.mark.parametrize("lever", ["./mine.py", "{folder}/mine.py", "{folder}/../{name}/mine.py"])
def test_a_lever_may_be_any_path_of_the_file(rounds: Rounds, lever: str) -> None:
    given = lever.format(folder=rounds.folder, name=rounds.folder.name)
    path = rounds.start(lever=given)
    assert json.loads((path / "before/round.json").read_text())["lever"] == "mine.py"


def test_copies_are_kept_of_the_lever_before_and_of_what_changed_after(rounds: Rounds) -> None:
    rounds.write("from numpy import exp, sum\n", "other.py")
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=rounds.folder, check=True, capture_output=True)
    path = rounds.start(lever="*.py")
    rounds.write(COMMENTED)
    rounds.finish()
    kept = {side: sorted(file.name for file in (path / side / "lever").iterdir()) for side in ("before", "after")}
    assert kept == {"before": ["mine.py", "other.py"], "after": ["mine.py"]}


def test_budgets_are_those_of_the_start(rounds: Rounds) -> None:
    rounds.start()
    rounds.write(COMMENTED)
    wide = rounds.bench.set.budget.model_copy(update={"p50": 9.0})
    rounds.bench.set = rounds.bench.set.model_copy(update={"budget": wide})
    document = rounds.finish(30_000)
    assert {(row.verdict, row.budget) for row in document.timings} == {("slower", 0.05)}
