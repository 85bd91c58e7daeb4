"""`parity runs export`: which run, in which format, to which place, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from parity.cli import runs_export as command
from parity.documents.manifest import Manifest
from parity.pipeline import export as pipeline
from parity.pipeline.progress import Progress
from parity.pipeline.run import RunRequest, run

Parity = Callable[..., Any]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a small run, with its ledger beside the folder of bundles."""
    folder = tmp_path_factory.mktemp("left")
    choices = {"suite": "smoke", "ops": ("add",), "dtypes": ("f8",), "provider": {"spec": "numpy"}}
    manifest = Manifest.model_validate({"version": "v1", "metadata": {"name": "small"}, "run": choices})
    return run(RunRequest(manifest=manifest, out=folder / "runs", jobs=1), Progress()).bundle


def test_flags_have_the_names_of_the_pipeline() -> None:
    assert set(command.FORMATS) == set(pipeline.FORMS) == set(get_args(pipeline.Format))
    assert get_args(pipeline.Signal) == command.SIGNALS


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("otlp",), "resourceSpans"),
        (("otlp", "--signal", "traces"), "resourceSpans"),
        (("otlp", "--signal", "metrics"), "resourceMetrics"),
        (("in-toto",), "predicate"),
        (("ro-crate",), "@graph"),
    ],
)
def test_a_bundle_is_written_to_stdout_and_nothing_else(
    parity: Parity, left: Path, words: tuple[str, ...], key: str
) -> None:
    answer = parity("runs", "export", left, "--format", *words)
    assert (answer.code, answer.err) == (0, "")
    assert key in answer.document()


def test_a_run_is_found_by_id_prefix_and_label_in_its_ledger(parity: Parity, left: Path) -> None:
    ledger = left.parents[1] / "ledger.ndjson"
    label = json.loads(ledger.read_bytes().splitlines()[-1])["RunLabel"]
    whole = parity("runs", "export", left, "--format", "in-toto").out
    for name in (left.name, left.name[:12], label):
        answer = parity("runs", "export", name, "--format", "in-toto", "--ledger", ledger)
        assert (answer.code, answer.out) == (0, whole)


def test_out_and_json_name_files_and_stdout_stays_empty(parity: Parity, left: Path, tmp_path: Path) -> None:
    said = parity("runs", "export", left, "--format", "ro-crate").out
    answer = parity("runs", "export", left, "--format", "ro-crate", "--out", "a.json", "--json", "b.json")
    assert (answer.code, answer.out) == (0, "")
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text() == said
    assert parity("runs", "export", left, "--format", "ro-crate", "--json", "-").out == said
    assert parity("runs", "export", left, "--format", "ro-crate", "--json", "-", "--out", "-").out == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere/at/all", "--format", "otlp"), "no run bundle"),
        ((".", "--format", "otlp"), "no run bundle"),
        (("0123456789ab", "--format", "otlp"), "no run 0123456789ab"),
        (("x", "--format", "svg"), "svg"),
        (("x",), "--format"),
        (("x", "--format", "in-toto", "--signal", "traces"), "--signal"),
        (("x", "--format", "otlp", "--out", "."), "is a directory"),
    ],
)
def test_what_cannot_be_exported_is_bad_input(parity: Parity, words: tuple[str, ...], said: str) -> None:
    answer = parity("runs", "export", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_an_error_is_a_document_where_json_is_asked_for(parity: Parity) -> None:
    answer = parity("runs", "export", "nowhere/at/all", "--format", "otlp", "--json", "-")
    assert answer.code == 2
    assert answer.document()["schema"] == "parity.error/1"


def test_help_says_what_the_formats_are(parity: Parity) -> None:
    answer = parity("runs", "export", "--help")
    assert answer.code == 0
    assert "otlp|in-toto|ro-crate" in answer.out
