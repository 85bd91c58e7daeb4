"""The program from outside: commands as a user gives them, exit codes, the JSON contract, and what lies on disk after."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from parity.documents.report import Counts
from parity.documents.verdict import BAD, VERDICTS

from .program import Answer, run_parity

OPS = "add,max"
LEDGER = "ledger.ndjson"
DISTINCTIVE = "c6230c5ea1b2d347"  # a float64 that no rule of arithmetic gives, big-endian

BROKEN = """
import numpy as np

def add(*args, **kwargs):
    result = np.add(*args, **kwargs)
    if isinstance(result, np.ndarray) and result.dtype == np.float64 and result.size > 64:
        result.flat[64] = np.nextafter(result.flat[64], 0)
    return result

max = np.max
"""
CURED = "from numpy import add, max\n"
PARTIAL = "from numpy import add\n"
EMPTY = "answer = 42\n"
CRASHING = """
import os, signal
import numpy as np

def add(*args, **kwargs):
    if len(args) == 2 and all(isinstance(x, np.ndarray) and x.dtype == np.int16 for x in args):
        os.kill(os.getpid(), signal.SIGSEGV)
    return np.add(*args, **kwargs)
"""
TELLTALE = f"""
import numpy as np

def add(*args, **kwargs):
    result = np.add(*args, **kwargs)
    if isinstance(result, np.ndarray) and result.dtype == np.float64 and result.flags.writeable:
        result[...] = np.frombuffer(bytes.fromhex("{DISTINCTIVE}"), ">f8")[0]
    return result
"""
HANGING = "import time\n\ndef add(*args, **kwargs):\n    time.sleep(3600)\n"


Command = Callable[..., Answer]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return lambda *words: run_parity(tmp_path, *words)


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of two operations by this interpreter's NumPy."""
    folder = tmp_path_factory.mktemp("captured")
    answer = run_parity(folder, "capture", "--out", "capture", "--suite", "smoke", "--ops", OPS)
    assert answer.code == 0, answer.err
    return folder / "capture"


@pytest.fixture(scope="session")
def pure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same by exact arithmetic."""
    folder = tmp_path_factory.mktemp("pure")
    answer = run_parity(folder, "capture", "--out", "capture", "--suite", "smoke", "--ops", OPS, "--pure")
    assert answer.code == 0, answer.err
    return folder / "capture"


@pytest.fixture
def smoke(command: Command, captured: Path) -> Command:
    """`parity run` on the two operations of the capture."""
    return lambda *words: command("run", "--suite", "smoke", "--ops", OPS, "--oracle", captured, *words)


def provider(folder: Path, source: str) -> Path:
    path = folder / "mine.py"
    path.write_text(source)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_control_is_exact_and_the_document_keeps_its_contract(smoke: Command, tmp_path: Path) -> None:
    answer = smoke("--provider", "numpy", "--json", "-")
    assert answer.code == 0, answer.err
    report = answer.document()
    assert report["schema"] == "parity.report/1"
    assert re.fullmatch("[0-9a-f]{32}", report["run_id"])
    assert report["suite"] == "smoke"
    assert report["provider"].keys() == {"spec", "name", "version"}
    assert {"source", "numpy", "dispatch", "platform"} <= report["oracle"].keys()
    totals = report["totals"]
    assert totals["cases"] == totals["exact"] > 20
    assert totals.keys() == {"cases", *VERDICTS}
    for name in totals:
        assert sum(row[name] for row in report["matrix"]) == totals[name]
    assert {row["op"].partition(".")[0] for row in report["matrix"]} == {"add", "max"}
    assert all(row["max_ulp"] == 0 for row in report["matrix"])
    assert report["divergences"] == []
    assert not Path(report["bundle"]).is_absolute()
    bundle = tmp_path / report["bundle"]
    assert bundle.parent == tmp_path / ".parity" / "runs"
    assert {"manifest.json", "run.json", "plan.json", "verdicts.ndjson", "report.json", "report.md", "report.xml"} <= (
        contents(bundle).keys()
    )
    lines = [json.loads(line) for line in (bundle / "verdicts.ndjson").read_bytes().splitlines()]
    assert len(lines) == totals["cases"]
    assert all({"case_id", "op", "loop", "verdict"} <= line.keys() for line in lines)


def test_our_kernels_have_no_bad_verdict(smoke: Command) -> None:
    answer = smoke("--json", "-")
    assert answer.code == 0, answer.err
    totals = answer.document()["totals"]
    assert totals["exact"] + totals["within_tolerance"] == totals["cases"]


def test_two_runs_and_any_number_of_jobs_give_the_same_verdicts(smoke: Command, tmp_path: Path) -> None:
    provider(tmp_path, BROKEN)
    verdicts = set()
    for number, jobs in enumerate((1, 3, 3)):
        answer = smoke("--provider", "./mine.py", "--jobs", jobs, "--out", f"out{number}", "--json", "-")
        assert answer.code == 1, answer.err
        assert answer.document()["bundle"].startswith(f"out{number}/")
        verdicts.add((tmp_path / answer.document()["bundle"] / "verdicts.ndjson").read_bytes())
    assert len(verdicts) == 1


def test_without_json_the_bundle_is_named_on_stdout_and_the_summary_is_on_stderr(
    smoke: Command, tmp_path: Path
) -> None:
    answer = smoke("--provider", "numpy")
    assert answer.code == 0
    (line,) = answer.out.splitlines()
    assert (tmp_path / line / "manifest.json").is_file()
    assert "exact" in answer.err
    assert "\x1b" not in answer.err


def test_a_json_file_is_the_same_document(smoke: Command, tmp_path: Path) -> None:
    answer = smoke("--provider", "numpy", "--json", "report.json")
    assert answer.code == 0
    document = json.loads((tmp_path / "report.json").read_bytes())
    assert document["schema"] == "parity.report/1"


def test_a_divergence_is_named_and_reproduced_until_it_is_cured(
    smoke: Command, command: Command, tmp_path: Path
) -> None:
    mine = provider(tmp_path, BROKEN)
    answer = smoke("--provider", "./mine.py", "--json", "-")
    assert answer.code == 1, answer.err
    report = answer.document()
    bad = [row for row in report["matrix"] if any(row[name] for name in BAD)]
    assert {row["op"] for row in bad} <= {"add", "add.outer"}
    assert {row["loop"] for row in bad} == {"dd->d"}
    first = next(entry for entry in report["divergences"] if entry["failed_class"] == "value")
    assert (first["op"], first["index"], first["ulp"]) == ("add", [64], pytest.approx(1, abs=0.6))
    assert first["expected_bits"] != first["actual_bits"]
    assert len(first["expected_bits"]) == 16

    shown = command("reproduce", report["bundle"], first["case_id"])
    assert shown.code == 0, shown.err
    assert not re.search(r"^\s*(import|from) parity\b", shown.out, re.MULTILINE)
    script = tmp_path / "script.py"
    script.write_text(shown.out)
    for source, code, word in ((BROKEN, 1, "diverges"), (CURED, 0, "agrees")):
        mine.write_text(source)
        done = subprocess.run(
            [sys.executable, "-I", str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (code, "")
        assert word in done.stdout
        assert (first["expected_bits"] in done.stdout) == (code == 1)


def test_a_crash_is_a_verdict_of_its_own_cases(smoke: Command, tmp_path: Path) -> None:
    provider(tmp_path, CRASHING)
    answer = smoke("--provider", "./mine.py", "--json", "-", "--jobs", 2)
    assert answer.code == 1, answer.err
    totals = answer.document()["totals"]
    crashed = [entry for entry in answer.document()["divergences"] if entry["verdict"] == "crashed"]
    assert totals["crashed"] == len(crashed) > 0
    assert {entry["loop"] for entry in crashed} == {"hh->h"}
    assert totals["diverged"] == totals["raised_differently"] == 0
    assert totals["unsupported"] == sum(row["cases"] for row in answer.document()["matrix"] if row["op"] == "max")


def test_what_a_provider_lacks_is_unsupported_and_no_pass(smoke: Command, tmp_path: Path) -> None:
    provider(tmp_path, PARTIAL)
    answer = smoke("--provider", "./mine.py", "--json", "-")
    assert answer.code == 0, answer.err
    rows = {row["op"]: row for row in answer.document()["matrix"]}
    assert rows["max"]["unsupported"] == rows["max"]["cases"] > 0
    assert rows["max"]["exact"] == 0


def test_a_provider_that_has_nothing_is_inconclusive(smoke: Command, tmp_path: Path) -> None:
    provider(tmp_path, EMPTY)
    answer = smoke("--provider", "./mine.py", "--json", "-")
    assert answer.code == 3
    assert answer.document()["totals"]["unsupported"] == answer.document()["totals"]["cases"] > 0


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--ops", "ad"], "ad"),
        (["--dtypes", "f5"], "f5"),
        (["--suite", "huge"], "huge"),
        (["--provider", "no_such_library"], "no_such_library"),
        (["--provider", "./no_such.py"], "no_such.py"),
        (["--provider", "./raises.py"], "ZeroDivisionError"),
        (["--oracle", "no_such_capture"], "no_such_capture"),
        (["no_such_manifest.yaml"], "no_such_manifest.yaml"),
        (["--jobs", "0"], "0"),
        (["--no-such-flag"], "no-such-flag"),
        (["--out", "raises.py/below"], "raises.py"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_refused_by_name(smoke: Command, tmp_path: Path, words: list[str], shown: str) -> None:
    (tmp_path / "raises.py").write_text("1 / 0\n" if "--out" not in words else CURED)
    if "--out" in words:
        words = [*words, "--provider", "numpy"]
    answer = smoke(*words, "--json", "-")
    assert answer.code == 2, answer.err
    document = answer.document()
    assert document.keys() == {"schema", "code", "message", "where", "expected", "hint"}
    assert document["schema"] == "parity.error/1"
    assert shown in json.dumps(document)
    assert shown in answer.err
    left = {path.name for path in (tmp_path / ".parity").glob("*")}
    assert left <= ({LEDGER, f".{LEDGER}.lock"} if "--provider" in words else set())


def test_a_run_whose_provider_cannot_be_loaded_is_recorded_as_skipped(smoke: Command, tmp_path: Path) -> None:
    assert smoke("--provider", "no_such_library").code == 2
    (record,) = [json.loads(line) for line in (tmp_path / ".parity" / LEDGER).read_text().splitlines()]
    assert record["RunStatus"] == "SKIPPED"
    assert record["Bundle"] is None
    assert "no_such_library" in record["ErrorSummary"]


def test_a_capture_is_the_same_bytes_twice(captured: Path, command: Command, tmp_path: Path) -> None:
    answer = command("capture", "--out", "again", "--suite", "smoke", "--ops", OPS, "--json", "-")
    assert answer.code == 0, answer.err
    document = answer.document()
    assert document["schema"] == "parity.capture/1"
    assert {"path", "cases", "digest", "oracle"} <= document.keys()
    assert contents(tmp_path / "again") == contents(captured)


@pytest.mark.parametrize("name", ["capture.json", "cases.ndjson", "data.bin"])
def test_one_flipped_bit_of_a_capture_is_found(command: Command, captured: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(captured, tmp_path / "copy")
    data = bytearray((tmp_path / "copy" / name).read_bytes())
    data[len(data) * 2 // 3] ^= 4
    (tmp_path / "copy" / name).write_bytes(data)
    answer = command("run", "--provider", "numpy", "--suite", "smoke", "--ops", OPS, "--oracle", "copy", "--json", "-")
    assert answer.code == 2
    assert name in answer.document()["where"] + answer.document()["message"]


def test_a_pure_capture_is_no_evidence_about_numpy_unless_that_is_allowed(
    command: Command, pure: Path, tmp_path: Path
) -> None:
    words = ("run", "--provider", "numpy", "--suite", "smoke", "--ops", OPS, "--oracle", pure, "--json", "-")
    refused, allowed = command(*words), command(*words, "--allow-pure")
    assert (refused.code, allowed.code) == (3, 0), refused.err + allowed.err
    report = allowed.document()
    assert report["oracle"]["source"] == "pure_python"
    assert report["totals"]["exact"] == report["totals"]["cases"] > 0
    first = (tmp_path / report["bundle"] / "report.md").read_text().strip().splitlines()[0]
    assert "pure Python" in first


def values_in(folder: Path) -> list[str]:
    """Files that hold the distinctive value, in any spelling."""
    raw = bytes.fromhex(DISTINCTIVE)
    spellings = [raw, raw[::-1], DISTINCTIVE.encode(), raw[::-1].hex().encode()]
    return [name for name, data in contents(folder).items() if any(word in data for word in spellings)]


@pytest.mark.parametrize("redact", [True, False], ids=["redacted", "whole"])
def test_a_redacted_bundle_holds_no_values(smoke: Command, command: Command, tmp_path: Path, redact: bool) -> None:
    provider(tmp_path, TELLTALE)
    answer = smoke("--provider", "./mine.py", "--json", "-", *(["--redact"] if redact else []))
    assert answer.code == 1, answer.err
    report = answer.document()
    bundle = tmp_path / report["bundle"]
    assert bool(values_in(bundle)) is not redact
    assert (DISTINCTIVE in answer.out) is not redact
    assert (DISTINCTIVE in answer.err) is not redact
    pools = (bundle / "artifacts" / "pools.bin").read_bytes()
    assert bool(pools) is not redact
    shown = command("reproduce", report["bundle"], report["divergences"][0]["case_id"])
    assert shown.code == (3 if redact else 0), shown.err


def manifest(folder: Path, more: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(
        f'version: "v1"\nmetadata: {{name: test}}\nrun:\n  suite: smoke\n  ops: [add]\n  dtypes: [f8]\n{more}'
    )
    return path


def test_a_budget_of_cases_is_kept(command: Command, captured: Path, tmp_path: Path) -> None:
    path = manifest(tmp_path, "budgets: {cases: 3}\n")
    answer = command("run", path, "--provider", "numpy", "--oracle", captured, "--json", "-")
    assert answer.code == 2
    assert answer.document()["where"] == "budgets.cases"


def test_a_budget_of_seconds_ends_a_run_without_a_verdict(command: Command, captured: Path, tmp_path: Path) -> None:
    provider(tmp_path, HANGING)
    path = manifest(tmp_path, "budgets: {seconds: 2}\n")
    answer = command("run", path, "--provider", "./mine.py", "--oracle", captured, "--json", "-")
    assert answer.code == 3
    assert answer.document()["where"] == "budgets.seconds"
    assert not (tmp_path / ".parity" / "runs").exists()
    assert json.loads((tmp_path / ".parity" / LEDGER).read_text())["RunStatus"] == "FAILED"


def test_a_manifests_run_is_recorded_as_it_was_with_flags_over_it(
    command: Command, captured: Path, tmp_path: Path
) -> None:
    path = manifest(tmp_path, "")
    answer = command("run", path, "--provider", "numpy", "--oracle", captured, "--seed", "20261120", "--json", "-")
    assert answer.code == 0, answer.err
    bundle = tmp_path / answer.document()["bundle"]
    assert (bundle / "artifacts" / "manifest.yaml").read_bytes() == path.read_bytes()
    effective = json.loads((bundle / "run.json").read_bytes())["manifest"]
    assert effective["run"]["ops"] == ["add"]
    assert effective["run"]["provider"]["spec"] == "numpy"


def test_a_selection_that_is_empty_is_inconclusive(command: Command, captured: Path) -> None:
    answer = command("run", "--ops", "invert", "--dtypes", "f8", "--oracle", captured, "--json", "-")
    assert answer.code == 3
    assert answer.document()["code"] == "inconclusive"


def test_cases_that_the_capture_lacks_are_said_and_leave_the_run_inconclusive(command: Command, captured: Path) -> None:
    answer = command(
        "run", "--provider", "numpy", "--suite", "smoke", "--ops", "add,invert", "--oracle", captured, "--json", "-"
    )
    assert answer.code == 3, answer.err
    assert answer.document()["not_captured"] > 0
    assert any("capture" in note for note in answer.document()["notes"])


def test_a_bundle_can_be_moved_and_its_report_rendered_again(smoke: Command, command: Command, tmp_path: Path) -> None:
    bundle = tmp_path / smoke("--provider", "numpy", "--json", "-").document()["bundle"]
    shutil.move(bundle, tmp_path / "moved")
    for form, name in (("md", "report.md"), ("html", "report.html"), ("junit", "report.xml"), ("json", "report.json")):
        answer = command("report", "moved", "--format", form)
        assert answer.code == 0, answer.err
        assert answer.out.encode().strip() == (tmp_path / "moved" / name).read_bytes().strip()


def test_the_counts_of_the_contract_are_the_documents() -> None:
    assert set(Counts.model_fields) == {"cases", *VERDICTS}
