"""`parity optimize` from outside: one round of a provider in a file, timed for real, for a few seconds."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .program import run_parity

SLOW = """
import numpy as np

def sum(*args, **kwargs):
    np.sum(*args, **(kwargs | {"out": None}))
    np.sum(*args, **(kwargs | {"out": None}))
    return np.sum(*args, **kwargs)
"""
QUICK = "from numpy import sum\n"
SET = """
schema = "parity.workloads/1"
name = "mine"
description = "For tests."

[budget]
p50 = 0.3
reason = "a few samples on a busy machine"

[[family]]
ops = ["sum"]
loops = ["d->d"]
shapes = [[400, 300]]
axes = [0]
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a round of a slow provider was started."""
    folder = tmp_path_factory.mktemp("round")
    (folder / "mine.py").write_text(SLOW)
    (folder / "mine.toml").write_text(SET)
    answer = run_parity(
        folder, "optimize", "start", "once", "--lever", "mine.py", "--provider", "./mine.py", "--workloads",
        "./mine.toml", "--suite", "smoke", "--why", "one sum is enough", "--processes", 6, "--seconds", 0.03,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.out == ".parity/proofs/once\n"
    return folder


def test_a_round_from_start_to_finish(started: Path) -> None:
    place = started / ".parity/proofs/once"
    refused = run_parity(started, "optimize", "finish", "once", "--json", "-")
    assert (refused.code, refused.document()["code"]) == (2, "usage")
    (started / "mine.py").write_text(QUICK)
    answer = run_parity(started, "optimize", "finish", "once", "--json", "-")
    document = answer.document()
    assert document["schema"] == "parity.optimization/1"
    assert document["proof"]["verdict"] == "isomorphic"
    assert document["proof"]["identical"] == document["proof"]["cases"] > 20
    [row] = document["timings"]
    assert row["p50_ns"]["before"] is not None
    # How fast it was is for the machine to say; what follows from it is for the rule.
    verdicts = {"kept": 0, "dropped": 1, "undecided": 3}
    assert answer.code == verdicts[document["decision"]["verdict"]], answer.err
    assert json.loads((place / "proof.json").read_text()) == document
    assert run_parity(started, "scrub", place).code == 0
    assert "one sum is enough" in (place / "decision.md").read_text()
    if shutil.which("sha256sum"):
        for folder, sums in (("before", "SHA256SUMS"), ("after", "SHA256SUMS"), ("after", "../before/golden.sha256")):
            command = ["sha256sum", "--strict", "-c", sums]
            assert subprocess.run(command, cwd=place / folder, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("start", "x"), "--lever"),
        (("start", "x", "--lever", "nothing.py"), "nothing.py"),
        (("start", "a/b", "--lever", "provider"), "a/b"),
        (("start", "x", "--lever", "provider", "--workloads", "absent.toml"), "absent.toml"),
        (("finish", "absent"), "absent"),
        (("finish", "x", "--decide", "keep"), "--why"),
        (("finish", "x", "--decide", "perhaps"), "perhaps"),
        (("start", "x", "--lever", "provider", "--why", "\udcff"), "--why"),
        (("finish", "x", "--decide", "keep", "--why", "\udcff"), "--why"),
        (("finish", "x", "--provider", "\udcff.py"), "--provider"),
    ],
)
def test_bad_words_are_named_and_exit_with_2(tmp_path: Path, words: tuple[str, ...], named: str) -> None:
    answer = run_parity(tmp_path, "optimize", *words, "--json", "-")
    assert answer.code == 2, answer.err
    assert named in answer.out
    assert answer.document()["schema"] == "parity.error/1"
