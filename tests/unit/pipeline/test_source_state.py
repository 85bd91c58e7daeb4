"""Which files count as source, and under which names."""

import shutil
import subprocess
from pathlib import Path

import pytest

from parity.errors import UsageError
from parity.pipeline.source_state import SourceState

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "docs").mkdir(parents=True)
    for name in ("mine.py", "tracked.toml", "docs/conf.py"):
        (folder / name).write_text("tracked\n")
    (folder / ".gitignore").write_text("ignored.py\n")
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return folder


def test_python_that_git_neither_tracks_nor_ignores_counts(checkout: Path) -> None:
    for name in ("ignored.py", "helper.py", "data.bin", "docs/example.py"):
        (checkout / name).write_text("untracked\n")
    tracked = {".gitignore", "mine.py", "tracked.toml"}
    assert set(SourceState("numpy", checkout).sources.files) == tracked | {"helper.py"}
    assert set(SourceState("numpy", checkout, untracked=False).sources.files) == tracked


def test_what_parity_writes_is_no_source(checkout: Path) -> None:
    for folder in (".parity/proofs/r/before/lever", "mine"):
        (checkout / folder).mkdir(parents=True)
        (checkout / folder / "copy.py").write_text("untracked\n")
    written = [checkout / ".parity", checkout, checkout.parent]
    files = SourceState("numpy", checkout, written=written).sources.files
    assert {name for name in files if name.endswith("copy.py")} == {"mine/copy.py"}


def test_a_provider_from_elsewhere_hides_no_file_of_its_name(checkout: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mine.py"
    elsewhere.write_text("from elsewhere\n")
    state = SourceState(str(elsewhere), checkout)
    assert state.sources.own == ("provider:mine.py",)
    assert state.texts(["mine.py", "provider:mine.py"]) == {
        "mine.py": b"tracked\n",
        "provider:mine.py": b"from elsewhere\n",
    }
    assert SourceState(str(checkout / "mine.py"), checkout).sources.own == ("mine.py",)


def test_a_change_since_it_was_read_is_named(checkout: Path) -> None:
    state = SourceState("numpy", checkout)
    state.check_unchanged()
    (checkout / "mine.py").unlink()
    (checkout / "new.py").write_text("")
    with pytest.raises(UsageError, match=r"changed while it was measured: mine\.py, new\.py$"):
        state.check_unchanged()


def test_copies_that_a_round_keeps_are_no_sources_wherever_it_is(checkout: Path) -> None:
    (checkout / "proofs/r/before/lever/lib").mkdir(parents=True)
    (checkout / "proofs/r/before/lever/lib/mine.py").write_text("a copy\n")
    assert "proofs/r/before/lever/lib/mine.py" in SourceState("numpy", checkout).sources.files
    (checkout / "proofs/r/before/round.json").write_text("{}")
    assert "proofs/r/before/lever/lib/mine.py" not in SourceState("numpy", checkout).sources.files
