"""`parity run` and its siblings: flags become requests, answers become documents and exit codes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.cli.run import overridden
from parity.documents.manifest import Manifest
from parity.documents.report import Counts

Parity = Callable[..., Any]
MANIFEST = 'version: "v1"\nmetadata: {name: mine, tags: [a]}\nrun: {suite: full, ops: [exp], provider: {spec: numpy}}\n'


def test_no_arguments_are_the_default_manifest(parity: Parity, pipelines: Any) -> None:
    answer = parity("run")
    (request,) = pipelines.asked
    assert request.manifest == Manifest.model_validate({"version": "v1", "metadata": {"name": "default"}, "run": {}})
    assert (request.out, request.jobs, request.allow_pure, request.raw_manifest) == (None, None, False, None)
    assert (answer.code, answer.out) == (0, "runs/1\n")
    assert "summary of core" in answer.err


def test_flags_override_single_fields_of_the_manifest(parity: Parity, pipelines: Any) -> None:
    Path("m.yaml").write_text(MANIFEST)
    words = ("--dtypes", "float32,f8,f4", "--seed", "7", "--redact", "--jobs", "3", "--out", "o", "--allow-pure")
    assert parity("run", "m.yaml", *words, "--engine", "local").code == 0
    (request,) = pipelines.asked
    spec = request.manifest.run
    assert (spec.suite, spec.ops, spec.dtypes, spec.seed) == ("full", ("exp",), ("f4", "f8"), "7")
    assert spec.provider.spec == "numpy"
    assert request.manifest.metadata.tags == ("a",)
    assert request.manifest.outputs.redact
    assert (request.out, request.jobs, request.allow_pure) == (Path("o"), 3, True)
    assert request.raw_manifest == MANIFEST.encode()


def test_ops_are_taken_with_spaces_and_twice(parity: Parity, pipelines: Any) -> None:
    words = ("--ops", " sum, add,,add ", "--provider", "./x.py", "--oracle", "here", "--suite", "smoke")
    assert parity("run", *words).code == 0
    spec = pipelines.asked[0].manifest.run
    assert (spec.ops, spec.provider.spec, spec.oracle, spec.suite) == (("add", "sum"), "./x.py", "here", "smoke")


def test_a_manifest_without_flags_is_what_runs() -> None:
    manifest = Manifest.model_validate({"version": "v1", "metadata": {"name": "x"}, "run": {}})
    assert overridden(manifest, {"suite": None, "redact": None}) is manifest


def test_json_is_the_report_and_nothing_else_is_on_stdout(parity: Parity, pipelines: Any) -> None:
    answer = parity("run", "--json", "-")
    document = answer.document()
    assert document["schema"] == "parity.report/1"
    assert document["totals"]["cases"] == pipelines.totals.cases
    answer = parity("run", "--json", "report.json")
    assert answer.out == "runs/1\n"
    assert orjson.loads(Path("report.json").read_bytes()) == document


@pytest.mark.parametrize(
    ("totals", "source", "words", "code"),
    [
        (Counts(cases=1, exact=1), "system", (), 0),
        (Counts(cases=2, exact=1, diverged=1), "system", (), 1),
        (Counts(cases=1, unsupported=1), "system", (), 3),
        (Counts(cases=1, exact=1), "pure_python", (), 3),
        (Counts(cases=1, exact=1), "pure_python", ("--allow-pure",), 0),
    ],
)
def test_the_exit_code_is_the_report_s(
    parity: Parity, pipelines: Any, totals: Counts, source: str, words: tuple[str, ...], code: int
) -> None:
    pipelines.totals, pipelines.source = totals, source
    assert parity("run", *words, "--json", "-").code == code


def test_a_broken_manifest_is_refused_before_anything_runs(parity: Parity, pipelines: Any) -> None:
    Path("m.yaml").write_text(MANIFEST + "no_such_field: 1\n")
    answer = parity("run", "m.yaml", "--json", "-")
    assert answer.code == 2
    assert answer.document()["where"] == "m.yaml, line 4, field no_such_field"
    assert not pipelines.asked


def test_capture_asks_for_what_its_flags_say(parity: Parity, pipelines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARITY_ORACLE_PYTHON", "/some/python")
    answer = parity("capture", "--out", "o", "--ops", "add", "--dtypes", "f4,f8", "--legacy", "old", "--json", "-")
    (request,) = pipelines.asked
    assert vars(request) == {
        "out": Path("o"),
        "suite": "core",
        "ops": ("add",),
        "dtypes": ("f", "d"),
        "seed": "20261120",
        "python": Path("/some/python"),
        "legacy": Path("old"),
        "pure": False,
        "allow_pure": False,
    }
    assert answer.document()["path"] == "o"
    assert "a note" in answer.err
    assert "7 cases answered by NumPy 2.4.6" in answer.err


def test_a_pure_capture_asks_no_interpreter(parity: Parity, pipelines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARITY_ORACLE_PYTHON", "/some/python")
    answer = parity("capture", "--out", "o", "--pure", "--suite", "smoke", "--seed", "5")
    (request,) = pipelines.asked
    assert (request.python, request.pure, request.suite, request.seed) == (None, True, "smoke", "5")
    assert answer.out == "o\n"
    assert "no evidence about NumPy" in answer.err


def test_the_flag_goes_before_the_variable(parity: Parity, pipelines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARITY_ORACLE_PYTHON", "/some/python")
    parity("capture", "--out", "o", "--python", "mine")
    assert pipelines.asked[0].python == Path("mine")


def test_reproduce_prints_the_script(parity: Parity, pipelines: Any) -> None:
    assert parity("reproduce", "b", "add-dd-d-1").out == "print('é')\n"
    assert pipelines.asked == [(Path("b"), "add-dd-d-1")]
    assert parity("reproduce", "b", "add-dd-d-1", "--json", "-").document() == {
        "schema": "parity.reproducer/1",
        "case_id": "add-dd-d-1",
        "script": "print('é')\n",
    }


@pytest.mark.parametrize(
    ("words", "out", "files"),
    [
        ((), '{"form":"md"}\n', {}),
        (("--format", "junit"), '{"form":"junit"}\n', {}),
        (("--format", "json", "--out", "r"), "", {"r": '{"form":"json"}\n'}),
        (("--json", "-"), '{"form":"json"}\n', {}),
        (("--json", "j"), "", {"j": '{"form":"json"}\n'}),
        (("--json", "-", "--out", "r"), '{"form":"json"}\n', {"r": '{"form":"md"}\n'}),
    ],
)
def test_report_renders_where_it_is_told(
    parity: Parity, pipelines: Any, words: tuple[str, ...], out: str, files: dict[str, str]
) -> None:
    answer = parity("report", "b", *words)
    assert pipelines.asked
    assert (answer.code, answer.out) == (0, out)
    assert {path.name: path.read_text() for path in Path().iterdir()} == files


def test_a_report_is_not_mixed_with_its_document(parity: Parity, pipelines: Any) -> None:
    assert parity("report", "b", "--json", "-", "--format", "md").code == 2
    assert not pipelines.asked


def test_kernels_are_warmed_and_counted(parity: Parity, pipelines: Any) -> None:
    answer = parity("kernels", "warm", "--jobs", "2", "--json", "-")
    assert pipelines.asked == [2]
    assert answer.document()["kernels"] == 5
    assert "5 kernels are compiled" in answer.err
