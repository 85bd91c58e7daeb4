"""A bundle as a run leaves it, with a divergence in it, and the means to tamper with copies of it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from parity.documents.manifest import Manifest
from parity.pipeline.progress import Progress
from parity.pipeline.run import RunRequest, run

WRONG_IN_ONE_LANE = """
import numpy as np

def add(*args, **kwargs):
    result = np.add(*args, **kwargs)
    if isinstance(result, np.ndarray) and result.dtype == np.float64 and result.size > 64:
        result.flat[64] = np.nextafter(result.flat[64], 0)
    return result

sum = np.sum
"""


REQUEST = b'version: "v1"\nmetadata: {name: small}\nrun: {suite: smoke}\ngates: {max_ulp: {add: 2}}\n'


def run_small(folder: Path, *, redact: bool = False) -> Path:
    """The bundle of a run over two operations in float64."""
    provider = folder / "provider.py"
    provider.write_text(WRONG_IN_ONE_LANE)
    choices = {"suite": "smoke", "ops": ("add", "sum"), "dtypes": ("f8",), "provider": {"spec": str(provider)}}
    content = {"version": "v1", "metadata": {"name": "small"}, "run": choices, "gates": {"max_ulp": {"add": 2.0}}}
    manifest = Manifest.model_validate(content | {"outputs": {"redact": redact}})
    request = RunRequest(manifest=manifest, out=folder / "runs", jobs=1, raw_manifest=REQUEST)
    return run(request, Progress()).bundle


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bundle for all tests; nobody writes into it."""
    return run_small(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a redacted run."""
    return run_small(tmp_path_factory.mktemp("redacted"), redact=True)


@pytest.fixture
def bundle(untouched: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return shutil.copytree(untouched, tmp_path / "copy")


Rewrite = Callable[[Path, str, Callable[[bytes], bytes]], None]


@pytest.fixture(scope="session")
def rewrite() -> Rewrite:
    """Edit a file of a bundle, and cover the tracks in manifest.json."""

    def edit(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
        old = (path / name).read_bytes()
        new = change(old)
        assert new != old, f"nothing to change in {name}"
        (path / name).write_bytes(new)
        manifest = json.loads((path / "manifest.json").read_bytes())
        for file in manifest["files"]:
            if file["name"] == name:
                file |= {"sha256": hashlib.sha256(new).hexdigest(), "size": len(new)}
        text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
        (path / "manifest.json").write_text(text + "\n")

    return edit
