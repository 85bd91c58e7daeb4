"""`pytest benchmarks/` times the same workloads, and `parity bench import` reads what it wrote."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .program import run_parity

ROOT = Path(__file__).parents[2]
TEST = "benchmarks/test_workloads.py::test_workload"
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
    """Exit code and text of `pytest benchmarks/` under parity's own pyproject.toml; its report is out.json.

    options: by name, without the dashes; None for one that takes no value.
    """
    (folder / "tiny.toml").write_text(SET)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    chosen = {"workloads": folder / "tiny.toml", "provider": "numpy", "benchmark-json": folder / "out.json"} | options
    words = [
        "-q",
        "-p",
        "no:cacheprovider",
        *(f"--{name}" if value is None else f"--{name}={value}" for name, value in chosen.items()),
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "benchmarks"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def baselines(folder: Path) -> list[Path]:
    """What `parity bench import` left."""
    return list((folder / ".parity" / "baselines").rglob("*.json"))


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
    assert baseline["complete"]
    [path] = baselines(tmp_path)
    assert re.fullmatch(r"tiny-imported@numpy\+[0-9a-f]{8}\.json", path.name)


def test_a_part_of_a_set_says_so_and_does_not_replace_the_whole(tmp_path: Path) -> None:
    for options in ({}, {"deselect": f"{TEST}[add-dd-d-contiguous-1e5]"}):
        code, said = front_end(tmp_path, **options)
        assert code == 0, said
        assert run_parity(tmp_path, "bench", "import", "out.json").code == 0
    documents = [json.loads(path.read_text()) for path in baselines(tmp_path)]
    assert sorted((len(document["workloads"]), document["complete"]) for document in documents) == [
        (1, False),
        (2, True),
    ]


@pytest.mark.parametrize("data", [False, True], ids=["without samples", "with samples"])
def test_what_is_saved_has_the_same_percentiles_as_the_report(tmp_path: Path, data: bool) -> None:
    saved = {"benchmark-save": "mine", "benchmark-storage": (tmp_path / "saved").as_uri()}
    code, said = front_end(tmp_path, **saved, **({"benchmark-save-data": None} if data else {}))
    assert code == 0, said
    [path] = (tmp_path / "saved").rglob("*_mine.json")
    reports = [json.loads(file.read_text()) for file in (path, tmp_path / "out.json")]
    assert ["data" in report["benchmarks"][0]["stats"] for report in reports] == [data, True]
    first, second = ([benchmark["extra_info"] for benchmark in report["benchmarks"]] for report in reports)
    assert first == second
    assert reports[0]["machine_info"]["parity"]["complete"]


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
