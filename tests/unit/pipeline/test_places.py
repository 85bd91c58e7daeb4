"""Where things are: in a checkout, in an empty directory, and where the environment says otherwise."""

import shutil
from pathlib import Path

import pytest

import parity
from parity.errors import OracleError, UsageError
from parity.pipeline import places


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory, and no word from the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARITY_ARTIFACTS", raising=False)
    return tmp_path


def a_checkout(path: Path) -> Path:
    """As `cp -r` of a checkout without its git directory would leave it."""
    (path / "src" / "parity" / "ops").mkdir(parents=True)
    (path / "pyproject.toml").write_text("")
    return path


def a_capture(root: Path, name: str) -> Path:
    path = root / "oracle" / name
    path.mkdir(parents=True)
    (path / "capture.json").write_text("{}")
    return path


def test_in_an_empty_directory_runs_go_to_a_hidden_folder(folder: Path) -> None:
    assert places.runs_folder(None) == Path(".parity/runs")
    assert list(folder.iterdir()) == []  # looking leaves nothing


def test_in_a_checkout_runs_go_to_artifacts(folder: Path) -> None:
    a_checkout(folder)
    assert places.runs_folder(None) == Path("artifacts/runs")


def test_a_project_of_another_kind_is_no_checkout(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("")
    (folder / "src").mkdir()
    assert places.artifacts_root() == Path(".parity")


@pytest.mark.parametrize("checkout", [True, False])
def test_the_environment_overrides_both(folder: Path, monkeypatch: pytest.MonkeyPatch, checkout: bool) -> None:
    if checkout:
        a_checkout(folder)
    monkeypatch.setenv("PARITY_ARTIFACTS", str(folder / "elsewhere"))
    assert places.runs_folder(None) == folder / "elsewhere" / "runs"


def test_an_empty_word_in_the_environment_is_no_word(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.is_dir()
    monkeypatch.setenv("PARITY_ARTIFACTS", "")
    assert places.artifacts_root() == Path(".parity")


def test_a_named_folder_overrides_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARITY_ARTIFACTS", str(folder / "elsewhere"))
    assert places.runs_folder(folder / "named") == folder / "named"


def test_the_captures_of_the_checkout_one_stands_in_come_first(folder: Path) -> None:
    a_checkout(folder)
    a_capture(folder / "fixtures", "numpy-2.4")
    assert places.default_capture() == Path("fixtures/oracle/numpy-2.4")


def test_fixtures_of_some_other_project_are_not_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_capture(folder / "fixtures", "numpy-2.4")
    package = folder / "site" / "parity"
    a_capture(package / "fixtures", "numpy-2.4")
    monkeypatch.setattr(parity, "__file__", str(package / "__init__.py"))
    assert places.default_capture() == package / "fixtures" / "oracle" / "numpy-2.4"


def test_an_editable_installation_finds_the_checkout_it_comes_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_capture(folder / "checkout" / "fixtures", "numpy-2.4")
    monkeypatch.setattr(parity, "__file__", str(folder / "checkout" / "src" / "parity" / "__init__.py"))
    assert places.default_capture() == folder / "checkout" / "fixtures" / "oracle" / "numpy-2.4"


def test_the_newest_numpy_is_taken(folder: Path) -> None:
    a_checkout(folder)
    for version in ("2.4", "1.26", "2.10", "2.9"):
        a_capture(folder / "fixtures", f"numpy-{version}")
    assert places.default_capture().name == "numpy-2.10"


def test_a_folder_that_holds_no_capture_is_passed_over(folder: Path) -> None:
    a_checkout(folder)
    a_capture(folder / "fixtures", "numpy-2.4")
    (folder / "fixtures" / "oracle" / "numpy-9.9").mkdir()
    assert places.default_capture().name == "numpy-2.4"


def test_no_captures_at_all_are_an_error_that_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "__file__", str(folder / "site" / "deep" / "parity" / "__init__.py"))
    with pytest.raises(OracleError, match="no captures") as refused:
        places.default_capture()
    assert refused.value.hint
    a_checkout(folder)
    (folder / "fixtures" / "oracle").mkdir(parents=True)
    with pytest.raises(OracleError, match="no committed capture"):
        places.default_capture()
    shutil.rmtree(folder / "fixtures")


@pytest.mark.parametrize(
    ("out", "ledger"), [("a/runs", "a"), ("runs", "."), (".", ".."), ("..", "../.."), ("x/..", "..")]
)
def test_the_ledger_lies_beside_the_folder_of_bundles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, ledger: str
) -> None:
    here = tmp_path / "one" / "two"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    assert places.ledger_path(Path(out)) == (here / ledger).resolve() / "ledger.ndjson"


def test_a_set_of_workloads_is_found_by_its_name_in_the_checkout_where_one_stands(folder: Path) -> None:
    a_checkout(folder)
    (folder / "benchmarks").mkdir()
    (folder / "benchmarks" / "mine.toml").write_text("")
    (folder / "benchmarks" / "smoke.toml").write_text("")
    assert places.workload_set("mine") == Path("benchmarks/mine.toml")
    assert places.workload_set("smoke") == Path("benchmarks/smoke.toml")


def test_a_set_of_workloads_is_found_elsewhere_as_it_comes_with_parity(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert places.workload_set("smoke").is_file()
    installed = folder / "site" / "parity"
    (installed / "workloads").mkdir(parents=True)
    (installed / "workloads" / "sentinel.toml").write_text("")
    (folder / "benchmarks").mkdir()
    (folder / "benchmarks" / "sentinel.toml").write_text("of some other project")
    monkeypatch.setattr(parity, "__file__", str(installed / "__init__.py"))
    assert places.workload_set("sentinel") == installed / "workloads" / "sentinel.toml"


@pytest.mark.parametrize("path", ["mine.toml", "a/mine", "./mine", "/nowhere/mine.toml"])
def test_a_set_of_workloads_may_be_a_path(folder: Path, path: str) -> None:
    assert list(folder.iterdir()) == []
    assert places.workload_set(path) == Path(path)


@pytest.mark.parametrize("name", ["sentinal", "", "sentinel\0"])
def test_a_set_of_workloads_that_is_not_there_is_refused_with_those_that_are(folder: Path, name: str) -> None:
    a_checkout(folder)
    with pytest.raises(UsageError) as refused:
        places.workload_set(name)
    assert refused.value.where == "--set"
    assert {"sentinel", "smoke"} <= set((refused.value.expected or "").split(", "))
    assert name != "sentinal" or refused.value.hint == "did you mean sentinel?"


def test_a_set_of_workloads_is_refused_with_the_option_that_named_it() -> None:
    with pytest.raises(UsageError) as refused:
        places.workload_set("nope", "--workloads")
    assert refused.value.where == "--workloads"
