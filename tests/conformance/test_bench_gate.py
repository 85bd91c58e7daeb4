"""`parity bench gate` and `compare` from outside: exit codes, the JSON contract, GitHub's files, bad input."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from parity.bench.fingerprint import identified
from parity.cli.main import main
from parity.documents.baseline import Processes

from ..unit.bench.measured_baseline import MACHINE  # noqa: TID252 - tests are no package with a name
from ..unit.bench.two_runs import run, slower, timed, withheld, written  # noqa: TID252
from .program import environment, run_parity

OTHER_MACHINE = identified(MACHINE.model_copy(update={"cpu_model": "Another Processor"}))
BEFORE = run(timed("add-1"), timed("multiply-1"))
AFTER = {
    "same": BEFORE,
    "slow": run(timed("add-1", slower(0.05)), timed("multiply-1")),
    "open": run(timed("add-1", slower(0.018)), timed("multiply-1")),
    "wrong": run(timed("add-1"), withheld("multiply-1")),
    "narrow": run(timed("add-1")),
    "vetoed": run(timed("add-1", slower(0.05)), timed("multiply-1"), control="different"),
    "elsewhere": run(timed("add-1"), timed("multiply-1"), machine=OTHER_MACHINE),
}
VERDICTS = {
    "same": ("pass", 0),
    "slow": ("regressed", 1),
    "open": ("inconclusive", 3),
    "wrong": ("regressed", 1),
    "narrow": ("regressed", 1),
    "vetoed": ("inconclusive", 3),
    "elsewhere": ("not_comparable", 3),
}


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


Bench = Callable[..., Answer]


@pytest.fixture
def bench(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    """`parity bench`, in a folder with the baselines of this module, and outside of GitHub Actions."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "PARITY_ARTIFACTS", "PARITY_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "before.json", BEFORE)
    for name, baseline in AFTER.items():
        written(tmp_path / f"{name}.json", baseline)

    def call(*arguments: object) -> Answer:
        code = main(["bench", *map(str, arguments)])
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return call


@pytest.mark.parametrize("name", AFTER)
def test_the_verdict_is_on_stdout_the_table_on_stderr_and_the_exit_code_says_it_again(bench: Bench, name: str) -> None:
    verdict, code = VERDICTS[name]
    answer = bench("gate", "before.json", f"{name}.json")
    assert (answer.code, answer.out) == (code, f"{verdict}\n")
    assert answer.err.splitlines()[-1].startswith(verdict.replace("_", " ").replace("pass", "passed"))
    assert "::" not in answer.err


@pytest.mark.parametrize("name", AFTER)
def test_the_json_is_the_contract_and_nothing_else_is_on_stdout(bench: Bench, name: str) -> None:
    answer = bench("gate", "before.json", f"{name}.json", "--json", "-")
    document = answer.document()
    verdict, code = VERDICTS[name]
    assert (document["schema"], document["verdict"], answer.code) == ("parity.gate/1", verdict, code)
    listed = {row["name"] for row in document["workloads"]} | {row["name"] for row in document["missing"]}
    assert listed == {"add-1", "multiply-1"}
    for row in document["workloads"]:
        ratio = row["ratio"]
        assert row["verdict"] in {"pass", "regressed", "inconclusive", "not_comparable"}
        assert ratio is None or ratio["low"] <= ratio["value"] <= ratio["high"]
    if name in {"wrong", "narrow"}:
        assert [row["name"] for row in document["missing"]] == ["multiply-1"]


def test_a_page_for_a_pull_request_is_written_where_it_was_asked_for(bench: Bench, tmp_path: Path) -> None:
    answer = bench("gate", "before.json", "slow.json", "--markdown", "page.md", "--json", "gate.json")
    assert answer.code == 1
    assert (tmp_path / "page.md").read_text().startswith("# Benchmarks: regressed\n")
    assert json.loads((tmp_path / "gate.json").read_text())["verdict"] == "regressed"
    refused = bench("gate", "before.json", "slow.json", "--markdown", "absent/page.md")
    assert refused.code == 2
    assert "--markdown absent/page.md" in refused.err


def test_in_github_actions_there_are_annotations_and_a_summary_and_stdout_stays_one_document(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    answer = bench("gate", "before.json", "slow.json", "--json", "-")
    assert answer.document()["verdict"] == "regressed"
    commands = [line for line in answer.err.splitlines() if line.startswith("::")]
    assert len(commands) == 1
    assert commands[0].startswith("::error title=benchmark regressed%3A add-1::5.1 %25 slower")
    assert summary.read_text().startswith("# Before\n# Benchmarks: regressed\n")
    bench("gate", "before.json", "same.json")
    assert summary.read_text().count("# Benchmarks: ") == 2
    assert "::warning title=benchmark inconclusive%3A add-1::" in bench("gate", "before.json", "open.json").err


@pytest.mark.parametrize("after", ["same", "slow"])
def test_a_page_that_cannot_be_written_costs_neither_verdict_nor_exit_code(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, after: str
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    answer = bench("gate", "before.json", f"{after}.json", "--markdown", "/dev/full")
    verdict, code = VERDICTS[after]
    assert (answer.code, answer.out) == (code, f"{verdict}\n")
    assert answer.err.count("error: ") == 2
    assert str(tmp_path) in answer.err
    assert "No space left" in answer.err


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.json", None),
        ("broken.json", '{"schema": "parity.baseline/1", '),
        ("other.json", '{"schema": "parity.gate/1"}'),
        ("wrong.json", '{"schema": "parity.baseline/1", "set": 3}'),
        ("binary.json", "\x00\x01"),
    ],
)
@pytest.mark.parametrize("command", ["gate", "compare"])
def test_what_is_no_baseline_is_refused_and_named(
    bench: Bench, tmp_path: Path, command: str, name: str, content: str | None, position: int
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    if content is not None:
        (folder / name).write_text(content)
    files = ["before.json", "before.json"]
    files[position] = f"bad/{name}"
    answer = bench(command, *files, "--json", "-")
    assert answer.code == 2
    error = answer.document()
    assert error["schema"] == "parity.error/1"
    assert name in error["where"]
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("flag", [("--provider", "numpy"), ("--rounds", 2), ("--set", "smoke"), ("--processes", 9)])
def test_how_to_measure_what_is_measured_already_is_refused(bench: Bench, flag: tuple[str, object]) -> None:
    answer = bench("gate", "before.json", "same.json", *flag)
    assert answer.code == 2
    assert flag[0] in answer.err


def test_a_baseline_of_another_machine_is_refused_before_anything_is_measured(bench: Bench, tmp_path: Path) -> None:
    answer = bench("gate", "before.json", "--json", "-")
    assert answer.code == 3
    assert (answer.document()["schema"], answer.document()["verdict"]) == ("parity.gate/1", "not_comparable")
    assert not (tmp_path / ".parity").exists()


# -- compare ---------------------------------------------------------------------------------------


def test_a_comparison_judges_nothing(bench: Bench) -> None:
    answer = bench("compare", "before.json", "slow.json")
    assert (answer.code, answer.out) == (0, "1.025\n")
    document = bench("compare", "before.json", "slow.json", "--json", "-").document()
    assert document["schema"] == "parity.comparison/1"
    assert document["workloads"][0]["change"]["value"] == pytest.approx(1.0513, rel=1e-4)
    assert "verdict" not in document["workloads"][0]


def test_what_was_not_compared_is_inconclusive(bench: Bench, tmp_path: Path) -> None:
    written(tmp_path / "none.json", run())
    for other in ("none.json", "wrong.json"):
        written(tmp_path / "only.json", run(timed("multiply-1")))
        answer = bench("compare", "only.json", other)
        assert (answer.code, answer.out) == (3, "nothing was compared\n")
        assert answer.err.splitlines()[-1] == "nothing was compared; nothing is judged here"
        assert bench("compare", "only.json", other, "--json", "-").document()["overall"] is None


def test_times_without_ratios_to_numpy_are_compared_all_the_same(bench: Bench, tmp_path: Path) -> None:
    times = timed("add-1").model_copy(update={"numpy_ratio": None, "processes": Processes(log_ratio=())})
    imported = run(times, origin="imported", control=None, protocol=None, samples_file=None)
    written(tmp_path / "imported.json", imported)
    answer = bench("compare", "imported.json", "imported.json")
    assert (answer.code, answer.out) == (0, "times of 1 workload were compared, and no ratios to NumPy\n")
    assert answer.err.splitlines()[-1] == f"{answer.out.rstrip()}; nothing is judged here"


def test_different_machines_are_compared_only_when_asked_and_the_first_line_says_so(bench: Bench) -> None:
    refused = bench("compare", "before.json", "elsewhere.json", "--json", "-")
    assert refused.code == 3
    assert refused.document()["code"] == "not_comparable"
    assert "cpu_model" in refused.document()["where"]
    answer = bench("compare", "before.json", "elsewhere.json", "--across")
    assert answer.code == 0
    assert "only ratios to NumPy are compared" in answer.err.splitlines()[0]
    document = bench("compare", "before.json", "elsewhere.json", "--across", "--json", "-").document()
    assert document["across"]
    assert "only ratios to NumPy are compared" in document["notes"][0]
    assert all(row["p50"] is None and row["change"] is not None for row in document["workloads"])


def test_the_program_itself_answers_the_same(tmp_path: Path) -> None:
    before, slow = written(tmp_path / "before.json", BEFORE), written(tmp_path / "slow.json", AFTER["slow"])
    answer = run_parity(tmp_path, "bench", "gate", before, slow, "--json", "-")
    assert answer.code == 1, answer.err
    assert answer.document()["verdict"] == "regressed"


@pytest.mark.parametrize("command", ["gate", "compare"])
def test_help_imports_nothing_heavy(command: str) -> None:
    script = (
        "import sys; from parity.cli.main import main; code = main(['bench', sys.argv[1], '--help']); "
        "heavy = {'numpy', 'numba', 'pydantic'} & set(sys.modules); sys.exit(code or len(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, command],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert "BASELINE" in done.stdout
