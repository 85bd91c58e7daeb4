"""The program as a user calls it, in a process and a directory of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import parity
import parity_kernels

PATHS = os.pathsep.join(str(Path(package.__path__[0]).parent) for package in (parity, parity_kernels))
_NOT_PASSED_ON = ("PARITY_ARTIFACTS", "PARITY_ORACLE_PYTHON", "PARITY_DEBUG", "NO_COLOR")


class Answer(NamedTuple):
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    def document(self) -> Any:
        """stdout, which is one JSON document and nothing else."""
        return json.loads(self.out)


def environment() -> dict[str, str]:
    """Without what would change answers, and with the packages under test wherever one stands."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_PASSED_ON and not name.startswith("GITHUB_")
    }
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, (PATHS, os.environ.get("PYTHONPATH"))))}


def run_parity(folder: Path, *words: object) -> Answer:
    """What `parity` with these words answers in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "parity", *map(str, words)],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)
