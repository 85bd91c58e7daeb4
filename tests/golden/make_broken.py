"""Make broken files: what lies over a golden one, and how it is broken; `expected.toml` says what is said about each.

    python tests/golden/make_broken.py     # what is not there yet

As with golden files, nothing is ever made anew.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FIXTURES = Path(__file__).parents[2] / "fixtures"
GOLDEN, BROKEN = FIXTURES / "golden", FIXTURES / "broken"

Change = Callable[[bytes], bytes]


def listed(folder: Path, name: str) -> None:
    """Cover the tracks: manifest.json with the size and the hash that a file now has."""
    data = (folder / name).read_bytes()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for file in manifest["files"]:
        if file["name"] == name:
            file |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "manifest.json").write_bytes(text.encode() + b"\n")


def edited(name: str, change: Change, *, cover: bool = False) -> Callable[[Path], object]:
    """Change a file's bytes."""

    def edit(folder: Path) -> None:
        old = (folder / name).read_bytes()
        new = change(old)
        assert new != old, f"nothing to change in {name}"
        (folder / name).write_bytes(new)
        if cover:
            listed(folder, name)

    return edit


def replaced(old: str, new: str) -> Change:
    return lambda data: data.replace(old.encode(), new.encode(), 1)


def flipped(share: float) -> Change:
    """One bit, so far into the file."""

    def flip(data: bytes) -> bytes:
        at = int(len(data) * share)
        return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]

    return flip


def in_document(*path: Any, value: Any) -> Change:
    """Set a field of a JSON document, which stays pretty."""

    def change(data: bytes) -> bytes:
        document = json.loads(data)
        *ways, last = path
        inner = document
        for way in ways:
            inner = inner[way]
        inner[last] = value
        return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"

    return change


def copied(name: str, source: str) -> Callable[[Path], object]:
    """Put a golden file in the place of another."""
    return lambda folder: (folder / name).write_bytes((GOLDEN / source).read_bytes())


def added(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(data)


def first_verdict(old: str, new: str) -> Callable[[Path], object]:
    return edited("verdicts.ndjson", replaced(f'"verdict":"{old}"', f'"verdict":"{new}"'), cover=True)


def samples_edited(change: Change) -> Callable[[Path], object]:
    """Change the file of samples, whose name is in the baseline."""

    def edit(folder: Path) -> None:
        [samples] = folder.glob("*.samples.npz")
        edited(samples.name, change)(folder)

    return edit


BUNDLE, CAPTURE, SEALED, BASELINE = "bundle-1-diverged", "capture-1", "sealed-directory-1", "baseline-1"

MAKERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "bundle/a-bit-flipped": (BUNDLE, edited("verdicts.ndjson", flipped(0.5))),
    "bundle/a-file-too-many": (BUNDLE, added("artifacts/stray.txt", b"stray\n")),
    "bundle/a-file-renamed": (BUNDLE, lambda folder: (folder / "plan.json").rename(folder / "plan2.json")),
    "bundle/an-unknown-field-in-a-span": (
        BUNDLE,
        edited("spans.ndjson", replaced('"span_id"', '"no_such_field":1,"span_id"'), cover=True),
    ),
    "bundle/a-span-without-its-parent": (
        BUNDLE,
        edited("spans.ndjson", lambda data: b"".join(data.splitlines(keepends=True)[:-1]), cover=True),
    ),
    "bundle/a-graph-with-an-edge-too-few": (
        BUNDLE,
        edited("graph.json", lambda data: in_document("edges", value=json.loads(data)["edges"][:-1])(data), cover=True),
    ),
    "bundle/a-verdict-edited": (BUNDLE, first_verdict("diverged", "exact")),
    "bundle/a-total-edited": (BUNDLE, edited("report.json", in_document("totals", "diverged", value=0), cover=True)),
    "bundle/a-line-of-markdown-edited": (BUNDLE, edited("report.md", replaced("diverged", "agrees"), cover=True)),
    "bundle/a-path-that-leaves": (BUNDLE, edited("manifest.json", replaced('"plan.json"', '"../plan.json"'))),
    "bundle/a-torn-manifest": (BUNDLE, edited("manifest.json", lambda data: data[: len(data) // 2])),
    "bundle/a-manifest-of-a-later-version": (
        BUNDLE,
        edited("manifest.json", replaced("parity.bundle/1", "parity.bundle/99")),
    ),
    "bundle/toml-of-another-run": (
        BUNDLE,
        edited("manifest.toml", replaced('run_id = "0', 'run_id = "1'), cover=True),
    ),
    "bundle/the-seal-of-another-directory": (BUNDLE, copied("seal.rq", f"{SEALED}/seal.rq")),
    "bundle/the-proof-of-another-directory": (BUNDLE, copied("decode_proof.json", f"{SEALED}/decode_proof.json")),
    "bundle/the-scrub-of-another-bundle": (BUNDLE, copied("scrub.json", "bundle-1/scrub.json")),
    "bundle/a-value-after-redaction": (
        "bundle-1-redacted",
        edited("verdicts.ndjson", replaced('"case_id"', '"actual_bits":"3ff0000000000000","case_id"'), cover=True),
    ),
    "capture/a-bit-of-data-flipped": (CAPTURE, edited("data.bin", flipped(0.9))),
    "capture/a-bit-of-a-pool-flipped": (CAPTURE, edited("data.bin", flipped(0.0))),
    "capture/a-case-edited": (CAPTURE, edited("cases.ndjson", replaced('"loop":"f->f"', '"loop":"d->d"'))),
    "capture/a-case-too-few": (
        CAPTURE,
        edited("cases.ndjson", lambda data: b"".join(data.splitlines(keepends=True)[:-1])),
    ),
    "capture/an-unknown-field": (CAPTURE, edited("capture.json", in_document("no_such_field", value=1))),
    "capture/a-later-version": (CAPTURE, edited("capture.json", replaced("parity.capture/1", "parity.capture/99"))),
    "capture/another-numpy": (CAPTURE, edited("capture.json", in_document("oracle", "numpy", value="1.0"))),
    "capture/torn": (CAPTURE, edited("data.bin", lambda data: data[:-1])),
    "sealed/a-bit-flipped": (SEALED, edited("b/c/d.bin", flipped(0.5))),
    "sealed/a-short-file": (SEALED, edited("a", lambda data: data[:-5])),
    "sealed/a-file-renamed": (SEALED, lambda folder: (folder / "a").rename(folder / "b" / "a")),
    "sealed/more-lost-than-can-be-mended": (SEALED, edited("b/c/d.bin", lambda data: bytes(len(data)))),
    "sealed/a-seal-of-nothing": (SEALED, edited("seal.rq", lambda data: bytes(len(data)))),
    "sealed/a-seal-cut-in-half": (SEALED, edited("seal.rq", lambda data: data[: len(data) // 2])),
    "sealed/a-slot-of-the-seal-flipped": (SEALED, edited("seal.rq", flipped(0.3))),
    "proof/of-another-object": (SEALED, copied("decode_proof.json", "bundle-1/decode_proof.json")),
    "proof/a-drill-changed": (
        SEALED,
        edited("decode_proof.json", in_document("drills", 0, "sha256", value="0" * 64)),
    ),
    "proof/an-unknown-field": (SEALED, edited("decode_proof.json", in_document("no_such_field", value=1))),
    "proof/torn": (SEALED, edited("decode_proof.json", lambda data: data[:100])),
    "baseline/torn": (BASELINE, edited("baseline.json", lambda data: data[: len(data) // 2])),
    "baseline/a-later-version": (
        BASELINE,
        edited("baseline.json", replaced("parity.baseline/1", "parity.baseline/99")),
    ),
    "baseline/an-unknown-field": (BASELINE, edited("baseline.json", in_document("no_such_field", value=1))),
    "baseline/a-percentile-of-batches": (
        BASELINE,
        edited("baseline.json", in_document("workloads", 0, "p99_ns", value={"value": 9.0, "low": 8.0, "high": 10.0})),
    ),
    "baseline/the-ratios-edited": (
        BASELINE,
        edited("baseline.json", in_document("workloads", 0, "processes", "log_ratio", value=[0.5] * 6)),
    ),
    "baseline/another-machine": (BASELINE, edited("baseline.json", in_document("fingerprint", "cpu_model", value="?"))),
    "baseline/samples-that-lie-elsewhere": (
        BASELINE,
        edited("baseline.json", in_document("samples_file", "name", value="../samples.npz")),
    ),
    "baseline/a-bit-of-the-samples-flipped": (BASELINE, samples_edited(flipped(0.5))),
    "baseline/samples-cut-in-half": (BASELINE, samples_edited(lambda data: data[: len(data) // 2])),
}
"""By the directory below fixtures/broken: the golden directory that it lies over, and what is done to it."""


def overlay(base: Path, changed: Path, target: Path) -> None:
    """Keep the files that differ; those that are gone are named in the file `removed`."""
    target.mkdir(parents=True)
    for path in sorted(changed.rglob("*")):
        name = path.relative_to(changed)
        if path.is_file() and (not (base / name).is_file() or (base / name).read_bytes() != path.read_bytes()):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)
    gone = [path.relative_to(base) for path in sorted(base.rglob("*")) if path.is_file()]
    removed = [name.as_posix() for name in gone if not (changed / name).exists()]
    if removed:
        (target / "removed").write_text("".join(f"{name}\n" for name in removed))


def main() -> int:
    """Make all that is not there."""
    for name, (base, change) in MAKERS.items():
        if (BROKEN / name).exists():
            continue
        with tempfile.TemporaryDirectory() as place:
            changed = Path(place, "changed")
            shutil.copytree(GOLDEN / base, changed)
            change(changed)
            overlay(GOLDEN / base, changed, BROKEN / name)
        click.echo(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
