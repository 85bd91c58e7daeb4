"""A spec becomes a namespace: a built-in, an entry point, a path, or a dotted module; or an error that names it."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from parity.errors import ExitCode, ProviderError
from parity.providers import spec
from parity.providers.spec import load_provider


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current directory of its own; module search as it was, afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path


def refused(text: str) -> ProviderError:
    with pytest.raises(ProviderError) as error:
        load_provider(text)
    assert error.value.where == "--provider"
    assert error.value.exit_code == ExitCode.BAD_INPUT
    return error.value


def test_the_control_is_numpy_itself() -> None:
    provider = load_provider("numpy")
    assert provider.namespace is np
    assert (provider.identity.spec, provider.identity.name, provider.identity.version) == (
        "numpy",
        "numpy",
        np.__version__,
    )


def test_a_path_is_a_file_with_numpys_names(folder: Path) -> None:
    (folder / "mine.py").write_text("from numpy import add\n__version__ = '3.1'\n")
    for text in ("mine.py", "./mine.py", str(folder / "mine.py")):
        provider = load_provider(text)
        assert provider.namespace.add is np.add
        assert (provider.identity.spec, provider.identity.name, provider.identity.version) == (text, "mine", "3.1")


def test_a_file_is_read_anew_each_time(folder: Path) -> None:
    (folder / "mine.py").write_text("answer = 1\n")
    assert load_provider("mine.py").namespace.answer == 1
    (folder / "mine.py").write_text("answer = 22\n")
    assert load_provider("mine.py").namespace.answer == 22


def test_a_file_does_not_hide_a_module_of_its_name(folder: Path) -> None:
    (folder / "json.py").write_text("add = None\n")
    load_provider("json.py")
    import json

    assert hasattr(json, "dumps")


def test_a_files_classes_can_be_found_again_by_pickle(folder: Path) -> None:
    (folder / "mine.py").write_text("import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int = 1\n")
    namespace = load_provider("mine.py").namespace
    assert sys.modules[namespace.A.__module__].A is namespace.A


@pytest.mark.parametrize("name", ["library.numpy_api", "library"])
def test_a_dotted_module_is_found_in_the_current_directory(folder: Path, name: str) -> None:
    (folder / "library").mkdir()
    (folder / "library" / "__init__.py").write_text("here = 1\n")
    (folder / "library" / "numpy_api.py").write_text("here = 1\n")
    provider = load_provider(name)
    assert provider.namespace.here == 1
    assert provider.identity.name == name


def test_an_installed_module_is_found() -> None:
    assert load_provider("numpy.linalg").namespace is np.linalg


def registered(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    def entry_points(group: str, name: str) -> tuple[EntryPoint, ...]:
        return tuple(point for point in points if (point.group, point.name) == (group, name))

    monkeypatch.setattr(spec, "entry_points", entry_points)


def test_an_entry_point_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, EntryPoint("mylib", "numpy.linalg", spec.GROUP))
    assert load_provider("mylib").namespace is np.linalg


def test_an_entry_point_may_be_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, EntryPoint("mylib", "numpy:ma", spec.GROUP))
    assert load_provider("mylib").namespace is np.ma


def test_a_built_in_comes_before_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, EntryPoint("numpy", "json", spec.GROUP))
    assert load_provider("numpy").namespace is np


def test_a_name_that_is_registered_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, EntryPoint("x", "json", spec.GROUP), EntryPoint("x", "numpy", spec.GROUP))
    assert "2 times" in refused("x").message


def test_an_entry_point_that_cannot_be_loaded_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, EntryPoint("x", "no_such_module", spec.GROUP))
    assert "no_such_module" in refused("x").message


@pytest.mark.parametrize(
    "text", ["no_such_provider", "no_such.module", "numpy.no_such_part", "no_such.py", "./no_such"]
)
def test_what_is_not_there_is_refused_by_name(text: str) -> None:
    error = refused(text)
    assert text in error.message
    assert error.expected


@pytest.mark.parametrize("text", ["", ".", "..", ".relative", "a..b", "\0", "with space", "/"])
def test_what_is_no_name_at_all_is_refused(text: str) -> None:
    assert refused(text).message


def test_a_module_that_needs_another_says_so(folder: Path) -> None:
    (folder / "mine.py").write_text("import no_such_need\n")
    (folder / "other.py").write_text("import no_such_need\n")
    for text in ("mine.py", "other"):
        assert "no_such_need" in refused(text).message
        assert text in refused(text).message


def test_a_version_that_no_document_can_hold_is_escaped(folder: Path) -> None:
    (folder / "mine.py").write_text("__version__ = '1\\udcff'\n")
    identity = load_provider("mine.py").identity
    assert identity.version == r"1\udcff"
    assert identity.from_json(identity.model_dump_json(), "") == identity


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("raise BaseException('deep')", "deep"),
        ("raise ValueError('\\udcff')", "ValueError"),
    ],
)
@pytest.mark.parametrize("text", ["mine.py", "mine"])
def test_what_an_import_raises_is_in_the_message(folder: Path, source: str, words: str, text: str) -> None:
    (folder / "mine.py").write_text(source)
    assert words in refused(text).message


def test_a_file_that_is_no_python_is_refused(folder: Path) -> None:
    (folder / "mine.txt").write_text("add = 1\n")
    assert "mine.txt" in refused("./mine.txt").message
    (folder / "bytes.py").write_bytes(b"\xff\xfe\0")
    assert "bytes.py" in refused("bytes.py").message
