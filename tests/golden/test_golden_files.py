"""Files of every version of every format are read by today's code, for ever. None may be made anew (make.py refuses)."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.bundle.layout import Bundle
from parity.cases.workloads import expand
from parity.cli.main import main
from parity.documents.baseline_check import BaselineCheck
from parity.documents.error import ErrorDocument
from parity.documents.gate import Comparison, Gate
from parity.documents.manifest_yaml import read_manifest
from parity.documents.model import Document, pretty
from parity.documents.operations import Operations
from parity.documents.optimization import GoldenHead, GoldenLine, Optimization, Round, Sources
from parity.documents.seal import NOT_SEALED, RepairResult, ScrubResult, ScrubState, SealResult
from parity.documents.verify import Verification
from parity.documents.workload_toml import read_workloads
from parity.ops.catalogue import CATALOGUE
from parity.oracle.store import open_capture
from parity.pipeline.baselines import read_baseline, read_samples

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
BUNDLES = ("bundle-1", "bundle-1-diverged", "bundle-1-redacted")
SEALED = {"sealed-file-1": "content.bin", "sealed-directory-1": "", "bundle-1": "", "capture-1": ""}
DOCUMENTS: dict[str, type[Document]] = {
    "sealed-1.json": SealResult,
    "scrub-1.json": ScrubResult,
    "repair-1.json": RepairResult,
    "scrub_state-1.json": ScrubState,
    "verify-1.json": Verification,
    "error-1.json": ErrorDocument,
    "ops-1.json": Operations,
    "baseline_check-1.json": BaselineCheck,
    "gate-1.json": Gate,
    "comparison-1.json": Comparison,
    "optimization_round-1.json": Round,
    "golden-1.json": GoldenHead,
    "sources-1.json": Sources,
    "optimization-1.json": Optimization,
}
OTHERS = ("manifest-1.yaml", "ledger-1.ndjson", "baseline-1", "workloads-1.toml", "golden_line-1.ndjson")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory, and proof that no golden file was touched."""
    before = {path: path.read_bytes() for path in GOLDEN.rglob("*") if path.is_file()}
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert {path: path.read_bytes() for path in GOLDEN.rglob("*") if path.is_file()} == before


def document(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> Any:
    """What a command prints as JSON."""
    capsys.readouterr()
    ended = main([*map(str, words), "--json", "-"])
    out, err = capsys.readouterr()
    assert ended == code, out + err
    return orjson.loads(out)


def test_each_golden_file_is_read_by_some_test() -> None:
    assert {path.name for path in GOLDEN.iterdir()} - NOT_SEALED == {*BUNDLES, *SEALED, *DOCUMENTS, *OTHERS}


def test_golden_and_broken_files_are_small() -> None:
    folders = (path for name in ("golden", "broken") for path in (GOLDEN.parent / name).iterdir())
    files = (file for path in folders if path.name not in NOT_SEALED for file in (path, *path.rglob("*")))
    assert sum(file.stat().st_size for file in files if file.is_file()) < 1_250_000


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_verifies(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "verify", GOLDEN / name)
    assert found["status"] == "ok", (
        f"{found['problems']}: if it is the report alone, reports are rendered in another way now; "
        "raise parity.pipeline.report.RENDERING"
    )
    assert found["files"] == len(Bundle(GOLDEN / name).files)


@pytest.mark.parametrize("name", BUNDLES)
def test_all_of_a_bundle_is_read(name: str) -> None:
    bundle = Bundle(GOLDEN / name)
    verdicts, report = bundle.verdicts(), bundle.report()
    assert report.totals.cases == len(verdicts) == len(bundle.plan().cases) == 38
    assert bool(report.divergences) == bool(bundle.failures() or report.redacted) == (name != "bundle-1")
    assert bool(bundle.pools()) == (name != "bundle-1-redacted") == (not report.redacted)
    assert [span.name for span in bundle.spans()][-1] == "run"
    assert len(list(bundle.events())) == len(report.divergences)
    assert {"cases.planned", "cases.judged"} <= {metric.name for metric in bundle.metrics()}
    assert {row.node_key for row in bundle.materializations()} <= {node.node_key for node in bundle.graph().nodes}
    assert [asset.name for asset in bundle.registry().assets] == ["oracle", "provider", "suite"]
    assert bundle.lineage().edges
    assert bundle.manifest_toml().dtypes == ("f8",)


@pytest.mark.parametrize("form", ["json", "md", "html", "junit"])
@pytest.mark.parametrize("name", BUNDLES)
def test_the_report_of_a_bundle_is_rendered(name: str, form: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["report", str(GOLDEN / name), "--format", form]) == 0
    assert len(capsysbinary.readouterr().out) > 1000


def test_a_divergence_of_a_bundle_can_be_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    path = GOLDEN / "bundle-1-diverged"
    assert main(["reproduce", str(path), Bundle(path).report().divergences[0].case_id]) == 0
    compile(capsys.readouterr().out, "script.py", "exec")


def test_a_capture_is_opened_and_answers() -> None:
    capture = open_capture(GOLDEN / "capture-1")
    assert len(capture) == capture.head.cases > 10
    for name in capture.case_ids:
        assert capture.case(name).case_id == name
        assert capture.outcome(name)


def test_a_run_compares_with_a_capture(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--suite", "core", "--ops", "sum", "--dtypes", "f4", "--provider", "numpy")
    capture = GOLDEN / "capture-1"
    assert main(["run", *words, "--oracle", str(capture), "--out", "runs", "--json", "-"]) in (0, 1, 3)
    totals = orjson.loads(capsys.readouterr().out)["totals"]
    # Another machine's NumPy may answer other bits, and a later catalogue ask other questions.
    assert totals["cases"] > 0


@pytest.mark.parametrize("name", SEALED)
def test_what_was_sealed_is_whole_and_its_drill_is_repeated(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = GOLDEN / name / SEALED[name]
    assert document(capsys, "scrub", path)["status"] == "ok"
    assert document(capsys, "prove", path, "--verify")["verdict"] == "proved"


@pytest.mark.parametrize("name", SEALED)
def test_what_was_sealed_can_be_mended(name: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(GOLDEN / name, elsewhere / "copy")
    path = elsewhere / "copy" / SEALED[name]
    files = [path] if SEALED[name] else sorted(file for file in path.rglob("*") if file.stat().st_size > 500)
    damaged = next(file for file in files if file.is_file() and file.suffix != ".rq")
    data = bytearray(damaged.read_bytes())
    data[100:140] = bytes(40)
    damaged.write_bytes(data)
    assert document(capsys, "repair", path)["status"] == "repaired"
    for file in (elsewhere / "copy").rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (GOLDEN / name / file.relative_to(elsewhere / "copy")).read_bytes(), file


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_follows_its_schema(name: str) -> None:
    data = (GOLDEN / name).read_bytes()
    read = DOCUMENTS[name].from_json(data, name)
    assert orjson.loads(pretty(read.full())).items() >= orjson.loads(data).items()


def test_a_set_of_workloads_is_read_and_gives_its_workloads() -> None:
    found = expand(read_workloads(GOLDEN / "workloads-1.toml"))
    names = ["add-dd-d-contiguous-1", "add-dd-d-contiguous-1e3", "sum-d-d-contiguous-1e5"]
    assert [workload.name for workload in found] == names


def test_each_line_of_golden_outputs_follows_its_schema() -> None:
    data = (GOLDEN / "golden_line-1.ndjson").read_bytes().splitlines()
    lines = [GoldenLine.from_json(line, "golden_line-1.ndjson") for line in data]
    assert len({line.case_id for line in lines}) == len(lines) == 20


def test_a_baseline_is_read_with_its_samples() -> None:
    path = GOLDEN / "baseline-1" / "baseline.json"
    baseline = read_baseline(path)
    batched, withheld, single = baseline.workloads
    assert batched.mode == "batched"
    assert batched.batch_ns is not None
    assert (withheld.verdict, withheld.numpy_ratio) == ("diverged", None)
    assert single.mode == "per_call"
    assert single.p50_ns is not None
    samples = read_samples(path, baseline)
    assert samples.timings.keys() == {batched.name, single.name}
    assert baseline.control is not None
    assert samples.controls.keys() == baseline.control.workloads.keys()
    assert {len(timings) for timings in samples.timings.values()} == {6}


def test_a_baseline_says_what_its_samples_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys, "bench", "show", GOLDEN / "baseline-1" / "baseline.json", "--verify")["status"] == "ok", (
        "figures are computed in another way now: raise the version of parity.baseline, and keep the old way for /1"
    )


def test_a_baseline_is_judged_against_itself(capsys: pytest.CaptureFixture[str]) -> None:
    path = GOLDEN / "baseline-1" / "baseline.json"
    assert main(["bench", "gate", str(path), str(path), "--json", "-"]) in (0, 3)
    assert orjson.loads(capsys.readouterr().out)["verdict"] in ("pass", "inconclusive")


def test_a_manifest_has_every_field() -> None:
    manifest, _ = read_manifest(GOLDEN / "manifest-1.yaml", CATALOGUE)
    assert manifest.metadata.tags == ("golden", "2026")
    assert manifest.run.ops == ("add", "sum")
    assert manifest.run.seed == "18446744073709551615"
    assert manifest.gates.max_ulp == {"add": 1.0, "sum": 0.5}
    assert (manifest.budgets.seconds, manifest.budgets.memory_mib, manifest.budgets.cases) == (600, 4096, 100_000)
    assert (manifest.outputs.redact, manifest.outputs.seal_overhead) == (False, 0.25)


def test_golden_files_are_never_made_anew(capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("make", Path(__file__).with_name("make.py"))
    assert spec is not None
    assert spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    for name in make.MAKERS:
        assert make.main([name]) == 1
        assert "for ever" in capsys.readouterr().err
    assert make.main([]) == 0
    assert make.main(["nothing"]) == 2
