"""`parity run --bench`: one command compares, times, and holds the times against what they were."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from .program import run_parity

PROVIDER = "import numpy\n\ndef sin(*args, **kwargs):\n    return numpy.sin(*args, **kwargs)\n"
SLOWER = PROVIDER.replace("    return", "    numpy.sin(args[0])\n    return")
WRONG = PROVIDER.replace("**kwargs)\n", "**kwargs) + 1\n")
CHANGING = """    if not gc.isenabled():
        with open(__file__, "a") as file:
            file.write("# more\\n")
    return numpy.sin(*args, **kwargs)
"""
MANIFEST = """version: "v1"
metadata: {name: nightly}
run: {ops: [sin], dtypes: [f4], provider: {spec: own.py}, bench: true}
gates: {p99_regression: 0.25}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(PROVIDER)
    (tmp_path / "nightly.yaml").write_text(MANIFEST)
    return tmp_path


def documents(place: Path, *words: str) -> tuple[int, dict[str, Any]]:
    answer = run_parity(place, *words, "--json", "-")
    return answer.code, answer.document()


def test_a_run_times_what_it_compared_and_the_next_one_is_held_against_it(place: Path) -> None:
    code, first = documents(place, "run", "nightly.yaml")
    assert code == 0
    assert first["gates"] == [{"name": "p99_regression", "limit": 0.25, "measured": None, "status": "not_evaluated"}], (
        "there was nothing to hold it against"
    )
    kept = place / first["bench"]["baseline"]
    content = kept.read_bytes()
    assert [workload["name"] for workload in json.loads(content)["workloads"]] == ["sin-f-f-contiguous-3e4"]

    (place / "own.py").write_text(SLOWER)
    code, second = documents(place, "run", "nightly.yaml")
    assert code == 1
    assert second["totals"]["exact"] > 40
    assert second["divergences"] == []
    (gate,) = second["gates"]
    assert (gate["name"], gate["limit"]) == ("p99_regression", 0.25)
    assert gate["status"] in {"failed", "not_evaluated"}, "a p99 takes 10,000 calls, which a busy machine may not reach"
    assert json.loads((place / second["bench"]["gate"]).read_bytes())["verdict"] == "regressed"
    assert kept.read_bytes() == content, "what times are held against stays"
    told = tomllib.loads((place / second["bench"]["bundle"] / "manifest.toml").read_text())
    assert told["gates"]["p99_regression"]["status"] == gate["status"]

    for bundle in (first["bundle"], first["bench"]["bundle"], second["bundle"], second["bench"]["bundle"]):
        assert run_parity(place, "verify", bundle).code == 0
    _, runs = documents(place, "runs", "list")
    labels = [record["RunLabel"].rsplit("-", 3)[0] for record in runs["records"]]
    assert labels == ["RUN-core", "RUN-bench-sentinel"] * 2


def test_the_flag_does_what_the_field_does_and_both_paths_are_told(place: Path) -> None:
    code, out, told = run_parity(place, "run", "--provider", "own.py", "--ops", "sin", "--dtypes", "f4", "--bench")
    assert code == 0
    bundle, baseline = out.splitlines()
    assert (place / bundle / "report.json").is_file()
    assert (place / baseline).is_file()
    assert "cases agree" in told
    assert "1 of 1 workloads timed" in told


def test_the_speed_of_a_wrong_answer_is_withheld_here_too(place: Path) -> None:
    (place / "own.py").write_text(WRONG)
    answer = run_parity(place, "run", "nightly.yaml", "--json", "-")
    code, report = answer.code, answer.document()
    assert code == 1
    assert "these times become none" in answer.err
    assert report["totals"]["diverged"] > 0
    (workload,) = json.loads((place / report["bench"]["baseline"]).read_bytes())["workloads"]
    assert (workload["verdict"], workload["numpy_ratio"]) == ("diverged", None)
    assert not (place / ".parity" / "baselines").exists(), "nothing that is wrong becomes what others are held against"


def test_what_cannot_be_timed_after_all_takes_nothing_from_the_comparison(place: Path) -> None:
    (place / "own.py").write_text("import gc, sys\nimport numpy\n\ndef sin(*args, **kwargs):\n" + CHANGING)
    code, report = documents(place, "run", "--bench", "--provider", "own.py", "--ops", "sin", "--dtypes", "f4")
    assert code == 2
    assert report["schema"] == "parity.report/1"
    assert report["totals"]["exact"] > 40
    assert "The times are missing: the provider changed while it was measured" in report["notes"][-1]
    assert "bench" not in report


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--ops", "sqrt"), 3, "nothing would be timed"),
        (("--redact",), 2, "not redacted"),
    ],
)
def test_what_cannot_be_timed_is_said_before_anything_runs(
    place: Path, flags: tuple[str, ...], code: int, said: str
) -> None:
    found, answer = documents(place, "run", "--bench", *flags)
    assert found == code
    assert said in answer["message"]
    assert sorted(path.name for path in place.iterdir()) == ["nightly.yaml", "own.py"]
