"""The files behind a provider, without importing it."""

import sys
from pathlib import Path

import pytest

from parity.providers.sources import source_files


def test_the_kernels_are_all_their_modules() -> None:
    names = [name for name, _ in source_files("numba")]
    assert "parity_kernels/__init__.py" in names
    assert "parity_kernels/scalars/floats.py" in names
    assert names == sorted(names)
    assert all(path.is_file() for _, path in source_files("numba"))


def test_numpy_is_identified_by_its_version_alone() -> None:
    assert source_files("numpy") == ()


def test_a_file_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("raise SystemExit\n")
    assert source_files(str(path)) == (("mine.py", path),)
    assert source_files(str(tmp_path / "none.py")) == ()


def test_a_package_below_the_current_directory_is_listed_and_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inner = tmp_path / "a_provider_of_mine" / "inner"
    inner.mkdir(parents=True)
    (inner.parent / "__init__.py").write_text("raise SystemExit\n")
    (inner / "api.py").write_text("")
    assert [name for name, _ in source_files("a_provider_of_mine.inner.api")] == [
        "a_provider_of_mine/__init__.py",
        "a_provider_of_mine/inner/api.py",
    ]
    assert "a_provider_of_mine" not in sys.modules
    assert source_files("there_is_no_such_module") == ()
    assert source_files("sys") == ()
