"""Make golden and broken files: one set for each version of a format, kept for ever.

    python tests/golden/make.py            # what is not there yet
    python tests/golden/make.py capture-1  # only this, if it is not there yet

Nothing is ever made anew: a golden file that today's code cannot read is a defect of today's code. A format that
changes gets a new version, with new files beside the old ones, and a new function here.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from parity.cli.main import main as parity
from parity.documents.durable import write_file
from parity.documents.manifest import DEFAULT_SEED
from parity.documents.model import pretty
from parity.documents.seal import ScrubState

FIXTURES = Path(__file__).parents[2] / "fixtures"
GOLDEN, BROKEN = FIXTURES / "golden", FIXTURES / "broken"
ROUND = FIXTURES.parent / "artifacts" / "proofs" / "axis-reduction"

PROVIDER = '''"""NumPy, but for one lane of add."""

import numpy as np


def add(*args, **kwargs):
    result = np.add(*args, **kwargs)
    if isinstance(result, np.ndarray) and result.dtype == np.float64 and result.size > 64:
        result.flat[64] = np.nextafter(result.flat[64], 0)
    return result


sum = np.sum
'''

MANIFEST = """version: "v1"
metadata:
  name: golden
  description: every field of a manifest, version 1
  owner: nobody
  tags: [golden, "2026"]
run:
  suite: smoke
  ops: [add, sum]
  dtypes: [f8]
  provider: {spec: ./provider.py}
  oracle: auto
  bench: false
  seed: "18446744073709551615"
gates:
  max_ulp: {add: 1, sum: 0.5}
  p99_regression: 0.07
budgets: {seconds: 600, memory_mib: 4096, cases: 100000}
outputs: {redact: false, seal_overhead: 0.25}
"""

WORKLOADS = """schema = "parity.workloads/1"
name = "golden"
description = "batches, single calls, and an answer whose speed is withheld"

[budget]
p50 = 0.05
p99 = 0.5
reason = "of no gate"

[[family]]
ops = ["add"]
loops = ["dd->d"]
sizes = [1, 1_000]

[[family]]
ops = ["sum"]
loops = ["d->d"]
sizes = [100_000]
"""


@contextlib.contextmanager
def workshop() -> Iterator[Path]:
    """An empty directory, in which one stands, and which leaves nothing behind."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(here)


def call(*words: str, codes: tuple[int, ...] = (0,)) -> str:
    """What a command writes to stdout."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out):
        code = parity(words)
    assert code in codes, f"parity {' '.join(words)} ends with {code}"
    out.seek(0)
    return out.read()


def keep(target: Path, data: str | bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_file(target, data.encode() if isinstance(data, str) else data)


# -- golden ----------------------------------------------------------------------------------------


def bundle(target: Path, *words: str, codes: tuple[int, ...] = (0,)) -> None:
    """A bundle as `parity run` leaves it."""
    with workshop() as place:
        (place / "provider.py").write_text(PROVIDER)
        (place / "manifest.yaml").write_text(MANIFEST.replace(str(2**64 - 1), DEFAULT_SEED))
        call("run", *words, "--out", "runs", codes=codes)
        [made] = (path for path in (place / "runs").iterdir() if path.is_dir())
        shutil.copytree(made, target)


def capture(target: Path) -> None:
    """A capture of NumPy."""
    with workshop() as place:
        call("capture", "--suite", "core", "--ops", "sum", "--dtypes", "f4", "--out", "capture")
        shutil.copytree(place / "capture", target)


def baseline(target: Path) -> None:
    """A baseline with its samples: baseline.json, and the file that it names. Their seals and pictures stay behind."""
    with workshop() as place:
        (place / "provider.py").write_text(PROVIDER)
        (place / "golden.toml").write_text(WORKLOADS)
        words = ("--set", "golden.toml", "--provider", "./provider.py", "--processes", "6", "--seconds", "0.01")
        path = Path(call("bench", "run", *words, codes=(1,)).strip())
        document = json.loads(path.read_bytes())
        keep(target / "baseline.json", path.read_bytes())
        samples = document["samples_file"]["name"]
        keep(target / samples, path.with_name(samples).read_bytes())


def content(size: int) -> bytes:
    """Bytes without a pattern, the same ones every time."""
    blocks = range(0, size, 32)
    return b"".join(hashlib.sha256(start.to_bytes(4, "big")).digest() for start in blocks)[:size]


def sealed_file(target: Path) -> None:
    """A file, its seal beside it and the record of the drill."""
    with workshop() as place:
        (place / "content.bin").write_bytes(content(20_000))
        call("seal", "content.bin")
        call("prove", "content.bin")
        shutil.copytree(place, target)


def sealed_directory(target: Path) -> None:
    """A directory with its seal and the record of the drill."""
    with workshop() as place:
        folder = place / "sealed"
        for name, size in (("a", 3_000), ("b/empty", 0), ("b/one", 1), ("b/c/d.bin", 9_000), ("z", 64)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content(size))
        call("seal", "sealed", "--overhead", "0.2")
        call("prove", "sealed")
        shutil.copytree(folder, target)


def manifest(target: Path) -> None:
    """A manifest with every field."""
    keep(target, MANIFEST)


def printed(*words: str, codes: tuple[int, ...] = (0,), damage: bool = False) -> Callable[[Path], None]:
    """The document that a command prints, which finds a directory `sealed`, a `bundle` and a `baseline` beside it."""

    def make(target: Path) -> None:
        with workshop() as place:
            shutil.copytree(GOLDEN / "sealed-directory-1", place / "sealed")
            shutil.copytree(GOLDEN / "bundle-1", place / "bundle")
            shutil.copytree(GOLDEN / "baseline-1", place / "baseline")
            if damage:
                (place / "sealed" / "a").write_bytes(b"?" + content(3_000)[1:])
                (place / "bundle" / "report.md").write_text("# parity: all is well\n")
                slower = json.loads((place / "baseline" / "baseline.json").read_bytes())
                slower["workloads"][0]["calls"] += 1
                (place / "baseline" / "baseline.json").write_text(json.dumps(slower))
            text = call(*words, "--json", "-", codes=codes)
        keep(target, text)

    return make


def of_round(name: str, lines: int | None = None) -> Callable[[Path], None]:
    """A document of the first optimization round, which is committed as evidence; or so many of its lines."""
    return lambda target: keep(target, b"".join((ROUND / name).read_bytes().splitlines(keepends=True)[:lines]))


def scrub_state(target: Path) -> None:
    """What `parity scrub --since --budget` remembers."""
    state = ScrubState(scrubbed={"/data/a.rq": "2026-11-20T12:00:00+00:00"}, resume_at="/data/b.rq")
    keep(target, pretty(state.full()))


FEW = ("--suite", "smoke", "--ops", "add,sum", "--dtypes", "f8")

MAKERS: dict[str, Callable[[Path], None]] = {
    "bundle-1": lambda target: bundle(target, *FEW, "--provider", "numpy"),
    "bundle-1-diverged": lambda target: bundle(target, "manifest.yaml", codes=(1,)),
    "bundle-1-redacted": lambda target: bundle(target, *FEW, "--provider", "./provider.py", "--redact", codes=(1,)),
    "capture-1": capture,
    "sealed-file-1": sealed_file,
    "sealed-directory-1": sealed_directory,
    "manifest-1.yaml": manifest,
    "baseline-1": baseline,
    "sealed-1.json": printed("seal", "sealed", "--overhead", "0.2"),
    "scrub-1.json": printed("scrub", "sealed", codes=(1,), damage=True),
    "repair-1.json": printed("repair", "sealed", damage=True),
    "scrub_state-1.json": scrub_state,
    "verify-1.json": printed("verify", "bundle", codes=(1,), damage=True),
    "error-1.json": printed("verify", "nowhere", codes=(2,)),
    "ops-1.json": printed("ops", "add"),
    "gate-1.json": printed("bench", "gate", "baseline/baseline.json", "baseline/baseline.json", codes=(0, 3)),
    "comparison-1.json": printed("bench", "compare", "baseline/baseline.json", "baseline/baseline.json"),
    "workloads-1.toml": lambda target: keep(target, WORKLOADS.encode()),
    "optimization_round-1.json": of_round("before/round.json"),
    "golden-1.json": of_round("before/golden/golden.json"),
    "golden_line-1.ndjson": of_round("before/golden/index.ndjson", lines=20),
    "sources-1.json": of_round("before/sources.json"),
    "optimization-1.json": of_round("proof.json"),
    "baseline_check-1.json": printed("bench", "show", "baseline/baseline.json", "--verify", codes=(1,), damage=True),
}


def golden(name: str) -> None:
    """Make one golden file or directory, whole or not at all. Raises FileExistsError rather than touch one."""
    target = GOLDEN / name
    if target.exists():
        raise FileExistsError(f"{target} is there, and golden files are for ever")
    GOLDEN.mkdir(parents=True, exist_ok=True)
    MAKERS[name](target)


def main(names: list[str]) -> int:
    """Make what is named, else all that is not there."""
    for name in names or [name for name in MAKERS if not (GOLDEN / name).exists()]:
        if name not in MAKERS:
            click.echo(f"{name} is none of {', '.join(MAKERS)}", err=True)
            return 2
        try:
            golden(name)
        except FileExistsError as error:
            click.echo(str(error), err=True)
            return 1
        click.echo(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
