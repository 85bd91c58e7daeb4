"""`pytest benchmarks/` times the same workloads, and `parity bench import` reads what it wrote."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .program import run_parity

ROOT = Path(__file__).parents[2]
SET = """
schema = "parity.workloads/1"
name = "tiny"
budget = {p50 = 0.5, reason = "a test"}

[[family]]
ops = ["add"]
loops = ["dd->d"]
sizes = [1, 100_000]
"""


def front_end(folder: Path, **options: object) -> tuple[int, str]:
    """Exit code and text of `pytest benchmarks/` under parity's own pyproject.toml; its report is out.json."""
    (folder / "tiny.toml").write_text(SET)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    chosen = {"workloads": folder / "tiny.toml", "provider": "numpy", "benchmark-json": folder / "out.json"} | options
    words = ["-q", "-p", "no:cacheprovider", *(f"--{name}={value}" for name, value in chosen.items()), "benchmarks"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_workloads_run_under_pytest_benchmark_and_come_back_as_an_imported_baseline(tmp_path: Path) -> None:
    code, said = front_end(tmp_path)
    assert code == 0, said
    report = json.loads((tmp_path / "out.json").read_text())
    large = next(one for one in report["benchmarks"] if "1e5" in one["name"])
    assert large["params"] == {"workload": "add-dd-d-contiguous-1e5"}
    assert large["extra_info"]["p99_ns"]["low"] <= large["extra_info"]["p99_ns"]["value"]
    assert large["extra_info"]["mode"] == "per_call"

    read = run_parity(tmp_path, "bench", "import", "out.json", "--json", "-")
    assert read.code == 0, read.err
    baseline = read.document()
    assert (baseline["origin"], baseline["set"], baseline["provider"]["spec"]) == ("imported", "tiny", "numpy")
    assert [workload["name"] for workload in baseline["workloads"]] == [
        "add-dd-d-contiguous-1",
        "add-dd-d-contiguous-1e5",
    ]
    assert baseline["workloads"][1]["p99_ns"] == large["extra_info"]["p99_ns"]
    assert [path.name for path in (tmp_path / ".parity" / "baselines").rglob("*.json")] == ["tiny-imported@numpy.json"]


@pytest.mark.parametrize(
    ("provider", "code", "words"),
    [
        ("from numpy import subtract as add\n", 1, "add-dd-d-contiguous-1e5 is wrong (diverged), so it is not timed"),
        ("from numpy import subtract\n", 0, "mine has no add"),
    ],
    ids=["wrong", "lacking"],
)
def test_a_session_that_could_time_nothing_says_why(tmp_path: Path, provider: str, code: int, words: str) -> None:
    (tmp_path / "mine.py").write_text(provider)
    found, said = front_end(tmp_path, provider=tmp_path / "mine.py")
    assert found == code, said
    assert words in said
    assert "no benchmarks have been run" in said
    assert "Traceback" not in said
    assert " error" not in said.splitlines()[-1]
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workloads": "nope"}, ("no set of workloads 'nope'", "where: --workloads", "expected: ")),
        ({"workloads": "./nope.toml"}, ("no such set of workloads", "where: nope.toml")),
        ({"provider": "./nope.py"}, ("no provider file ./nope.py", "where: --provider")),
        ({"provider": "nosuchmodule"}, ("no provider 'nosuchmodule'", "where: --provider")),
    ],
)
def test_an_option_that_names_nothing_is_an_error_of_usage(
    tmp_path: Path, options: dict[str, str], words: tuple[str, ...]
) -> None:
    code, said = front_end(tmp_path, **options)
    assert code == pytest.ExitCode.USAGE_ERROR, said
    assert all(word in said for word in words), said
    assert said.count("ERROR") == 1
    assert "Traceback" not in said
