"""`pytest benchmarks/` times the same workloads, and `parity bench import` reads what it wrote."""

import json
import os
import subprocess
import sys
from pathlib import Path

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


def test_workloads_run_under_pytest_benchmark_and_come_back_as_an_imported_baseline(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(SET)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    words = ["-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}", "--workloads", str(tmp_path / "tiny.toml")]
    words += ["--provider", "numpy", "--benchmark-json", str(tmp_path / "out.json"), str(ROOT / "benchmarks")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads((tmp_path / "out.json").read_text())
    large = next(one for one in report["benchmarks"] if "1e5" in one["name"])
    assert large["extra_info"]["p99_ns"]["low"] <= large["extra_info"]["p99_ns"]["value"]
    assert large["extra_info"]["mode"] == "per_call"

    script = "import sys; from parity.cli.main import main; sys.exit(main())"
    words = ["bench", "import", "out.json", "--json", "-"]
    read = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert read.returncode == 0, read.stderr
    baseline = json.loads(read.stdout)
    assert (baseline["origin"], baseline["set"], baseline["provider"]["spec"]) == ("imported", "tiny", "numpy")
    assert [workload["name"] for workload in baseline["workloads"]] == [
        "add-dd-d-contiguous-1",
        "add-dd-d-contiguous-1e5",
    ]
    assert baseline["workloads"][1]["p99_ns"] == large["extra_info"]["p99_ns"]
    assert [path.name for path in (tmp_path / ".parity" / "baselines").rglob("*.json")] == ["tiny-imported@numpy.json"]
