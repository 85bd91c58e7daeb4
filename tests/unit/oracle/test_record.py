"""Recording: the sources and their order, determinism, and what goes wrong."""

import ast
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from parity import calling
from parity.documents.case import Plan
from parity.errors import OracleError, StorageError, UsageError
from parity.oracle import record as recording
from parity.oracle import recorder
from parity.oracle.record import OracleChoice, record
from parity.oracle.store import FILES, open_capture

Pools = dict[str, bytes]
NUMPY_HOME = Path(np.__file__).parent.parent


def _quiet(_done: int) -> None:
    """No progress."""


def _interpreter(folder: Path, script: str) -> Path:
    """An executable that is a shell script, in place of a Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _without_numpy(folder: Path) -> Path:
    """The interpreter of the tests, without its site-packages."""
    return _interpreter(folder, f'exec "{sys.executable}" -S "$@"')


@pytest.fixture
def make(small_plan: Plan, small_pools: Pools, tmp_path: Path) -> Callable[..., Path]:
    def made(name: str = "capture", **choice: object) -> Path:
        out = tmp_path / name
        record(small_plan, small_pools, OracleChoice(**choice), out, _quiet)  # type: ignore[arg-type]
        return out

    return made


def test_a_capture_holds_what_numpy_answers_here(make: Callable[..., Path], small_plan: Plan) -> None:
    capture = open_capture(make())
    assert capture.case_ids == tuple(case.case_id for case in small_plan.cases)
    for case in small_plan.cases:
        assert case.case_id in capture
        assert capture.case(case.case_id) == case
        expected = calling.outcome(np, case.call.plain(), capture.pools)
        assert capture.outcome(case.case_id) == expected
    assert "add-dd-d-000000000000" not in capture
    kinds = {type(capture.outcome(case_id)).__name__ for case_id in capture.case_ids}
    assert kinds == {"Returned", "Raised", "Missing"}


def test_pools_of_a_capture_are_read_only(make: Callable[..., Path], small_pools: Pools) -> None:
    capture = open_capture(make())
    assert {name: pool.tobytes() for name, pool in capture.pools.items()} == small_pools
    assert not any(pool.flags.writeable for pool in capture.pools.values())


def test_recording_twice_gives_the_same_bytes(make: Callable[..., Path]) -> None:
    one, two = make("one"), make("two")
    assert sorted(path.name for path in one.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_a_capture_names_no_path_user_or_host(make: Callable[..., Path], tmp_path: Path) -> None:
    text = b"".join((make() / name).read_bytes() for name in FILES)
    for word in (str(tmp_path), sys.prefix, os.uname().nodename + "."):
        assert word.encode() not in text


def test_the_identity_is_that_of_the_numpy_asked(make: Callable[..., Path]) -> None:
    oracle = open_capture(make()).head.oracle
    assert (oracle.source, oracle.numpy) == ("system", np.__version__)
    assert oracle.python == sys.version.split()[0]
    assert "-" in oracle.platform
    assert oracle.passed_over == ()


def test_progress_adds_up_to_the_number_of_cases(small_plan: Plan, small_pools: Pools, tmp_path: Path) -> None:
    for pure in (False, True):
        seen: list[int] = []
        record(small_plan, small_pools, OracleChoice(pure=pure), tmp_path / f"{pure}", seen.append)
        assert min(seen) >= 0
        assert sum(seen) == len(small_plan.cases)


def test_legacy_is_used_where_its_numpy_lies_below_it(make: Callable[..., Path]) -> None:
    oracle = open_capture(make(legacy=NUMPY_HOME)).head.oracle
    assert (oracle.source, oracle.numpy, oracle.passed_over) == ("legacy", np.__version__, ())


@pytest.mark.parametrize("kind", ["missing", "empty", "broken"])
def test_a_legacy_that_cannot_be_imported_is_passed_over_with_the_reason(
    kind: str, make: Callable[..., Path], tmp_path: Path
) -> None:
    legacy = tmp_path / "legacy"
    if kind != "missing":
        legacy.mkdir()
    if kind == "broken":
        (legacy / "numpy.py").write_text("raise ImportError('no such file: /opt/secret/numpy.so')\n")
    capture = open_capture(make(legacy=legacy))
    assert (capture.head.oracle.source, capture.head.oracle.numpy) == ("system", np.__version__)
    (passed,) = capture.head.oracle.passed_over
    assert passed.source == "legacy"
    expected = {"missing": "does not exist", "empty": "has no NumPy", "broken": "no such file: <path>"}
    assert expected[kind] in passed.reason
    assert str(tmp_path) not in passed.reason


def test_pure_is_used_when_asked_for(make: Callable[..., Path], small_plan: Plan) -> None:
    capture = open_capture(make(pure=True))
    assert (capture.head.oracle.source, capture.head.oracle.numpy) == ("pure_python", None)
    assert 0 < capture.head.cases == len(capture) < len(small_plan.cases)
    assert capture.head.plan_digest == small_plan.digest


def test_pure_is_used_without_numpy_only_where_allowed(make: Callable[..., Path], tmp_path: Path) -> None:
    python = _without_numpy(tmp_path)
    with pytest.raises(OracleError, match="No module named 'numpy'") as caught:
        make(python=python)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "capture").exists()
    oracle = open_capture(make(python=python, allow_pure=True)).head.oracle
    assert oracle.source == "pure_python"
    assert [item.source for item in oracle.passed_over] == ["system"]
    assert "No module named 'numpy'" in oracle.passed_over[0].reason


def test_allowing_pure_does_not_ask_for_it(make: Callable[..., Path]) -> None:
    assert open_capture(make(allow_pure=True)).head.oracle.source == "system"


def test_an_interpreter_that_does_not_exist_is_named(make: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(OracleError, match="no_such_python") as caught:
        make(python=tmp_path / "no_such_python", allow_pure=True)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "capture").exists()


@pytest.mark.parametrize(("script", "said"), [("exit 0", "status 0"), ("echo no Python >&2; exit 3", "no Python")])
def test_an_interpreter_that_is_no_python_is_refused(
    script: str, said: str, make: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(OracleError, match=said):
        make(python=_interpreter(tmp_path, script))
    assert not (tmp_path / "capture").exists()


def _sabotaged(folder: Path, what: str) -> Path:
    """A directory whose `numpy` is this one with a `divmod` that does what it is told."""
    package = folder / "sabotaged" / "numpy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(NUMPY_HOME)!r})\n"
        "here = __file__\n"
        "del sys.modules['numpy']\n"
        "import numpy\n"
        "numpy.__file__ = here\n"
        f"def divmod(*args): {what}\n"
        "numpy.divmod = divmod\n"
    )
    return package.parent


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", "killed by signal 11"),
        ("import os; os._exit(7)", "status 7"),
        ("import time; time.sleep(30)", "no answer"),
    ],
    ids=["dies", "exits", "hangs"],
)
def test_a_call_on_which_the_interpreter_dies_or_hangs_is_named(
    what: str, said: str, make: Callable[..., Path], tmp_path: Path, small_plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "SILENCE", 1.0)
    with pytest.raises(OracleError, match=said) as caught:
        make(legacy=_sabotaged(tmp_path, what))
    assert caught.value.where is not None
    assert next(case.case_id for case in small_plan.cases if case.call.op == "divmod") in caught.value.where
    assert not (tmp_path / "capture").exists()


def test_a_directory_with_other_things_is_left_alone(make: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    (tmp_path / "capture" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match=r"thesis\.txt"):
        make()
    assert [path.name for path in (tmp_path / "capture").iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_is_left_alone(make: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "capture").write_text("years of work")
    with pytest.raises(UsageError, match="no directory"):
        make()


@pytest.mark.parametrize("before", ["nothing", "an empty directory", "a capture", "a damaged capture"])
def test_a_capture_takes_the_place_of(before: str, make: Callable[..., Path], tmp_path: Path) -> None:
    if before == "an empty directory":
        (tmp_path / "capture").mkdir()
    if before.endswith("capture"):
        make(pure=True)
    if before == "a damaged capture":
        (tmp_path / "capture" / "capture.json").unlink()
    assert open_capture(make()).head.oracle.source == "system"
    assert [path.name for path in tmp_path.iterdir()] == ["capture"]


def test_a_failed_recording_leaves_the_old_capture(
    make: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_capture(make()).head

    def full(_path: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(StorageError, match="No space left"):
            make()
    assert open_capture(tmp_path / "capture").head == before
    assert [path.name for path in tmp_path.iterdir()] == ["capture"]


def test_a_directory_that_cannot_be_made_is_a_storage_error(
    small_plan: Plan, small_pools: Pools, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as caught:
        record(small_plan, small_pools, OracleChoice(pure=True), tmp_path / "file" / "capture", _quiet)
    assert caught.value.exit_code == 2


def test_messages_hold_no_addresses() -> None:
    def refuse() -> None:
        raise ValueError(f"not {object()!r}")

    raised = calling.perform(refuse, {"op": "refuse", "args": []}, {})
    assert isinstance(raised, calling.Raised)
    assert raised.message == "not <object object at 0x...>"


@pytest.mark.parametrize("module", [recorder, calling], ids=["recorder", "calling"])
def test_what_is_carried_into_other_interpreters_is_python_3_8(module: object) -> None:
    source = Path(importlib.import_module(module.__name__).__file__ or "").read_text()  # type: ignore[attr-defined]
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names) | {"numpy"}


def test_pure_recording_needs_no_numpy() -> None:
    script = "import sys; sys.modules['numpy'] = None; import parity.oracle.record, parity.oracle.store"
    subprocess.run([sys.executable, "-c", script], check=True)
