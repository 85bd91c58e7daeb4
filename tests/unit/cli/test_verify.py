"""`parity verify` as a user sees it: the report again, the seal, what is written after it, and hostile directories."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.documents.verify import Verification
from parity.pipeline import report as reports
from parity.pipeline.protection import protect

GOLDEN = Path(__file__).parents[3] / "fixtures" / "golden"
AFTER_THE_SEAL = ("seal.rq", "scrub.json", "decode_proof.json")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return shutil.copytree(GOLDEN / "bundle-1-diverged", tmp_path / "copy")


def found(parity: Callable[..., Any], bundle: Path, code: int = 1) -> set[tuple[str, str]]:
    """Paths and codes of all problems, of a document that follows its schema."""
    answer = parity("verify", bundle, "--json", "-")
    assert answer.code == code, answer.err
    read = Verification.from_json(answer.out, "stdout")
    return {(problem.path, problem.code) for problem in read.problems}


def cover(bundle: Path, name: str, *, seal: bool = True) -> None:
    """Make manifest.json, the seal and what is written after it match a file that was edited."""
    from hashlib import sha256

    data = (bundle / name).read_bytes()
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    for file in manifest["files"]:
        if file["name"] == name:
            file |= {"sha256": sha256(data).hexdigest(), "size": len(data)}
    (bundle / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    if seal:
        protect(bundle)


def edit(bundle: Path, name: str, old: bytes, new: bytes) -> None:
    data = (bundle / name).read_bytes()
    assert old in data
    (bundle / name).write_bytes(data.replace(old, new, 1))
    cover(bundle, name)


def test_a_whole_bundle_is_ok(parity: Any, bundle: Path) -> None:
    answer = parity("verify", bundle)
    assert (answer.code, answer.out) == (0, f"ok: run {run_id(bundle)}, 18 files\n")
    assert found(parity, bundle, 0) == set()


def run_id(bundle: Path) -> str:
    name: str = orjson.loads((bundle / "run.json").read_bytes())["run_id"]
    return name


def test_problems_are_lines_that_name_the_file(parity: Any, bundle: Path) -> None:
    (bundle / "plan.json").unlink()
    (bundle / "artifacts" / "a\x1b[31m\nb").write_bytes(b"")
    answer = parity("verify", bundle)
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert any(line.startswith("plan.json: missing: ") for line in lines)
    assert any(line.startswith("artifacts/a\\x1b[31m\\nb: unlisted: ") for line in lines)
    assert any(line.startswith("note: ") and "parity repair" in line for line in lines)
    assert lines[-1] == f"failed: run {run_id(bundle)}, 2 problems"


def test_verifying_writes_nothing(parity: Any, bundle: Path) -> None:
    (bundle / "report.md").write_bytes(b"")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in bundle.rglob("*") if path.is_file()}
    found(parity, bundle)
    assert {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in bundle.rglob("*") if path.is_file()
    } == before


def no_bundle(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "nowhere"
    yield tmp_path
    (tmp_path / "file").write_bytes(b"")
    yield tmp_path / "file"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "report.json").write_bytes(b"{}")
    yield tmp_path / "folder"


def test_what_is_no_bundle_is_bad_input(parity: Any, tmp_path: Path) -> None:
    for path in no_bundle(tmp_path):
        answer = parity("verify", path, "--json", "-")
        assert answer.code == 2
        assert (answer.document()["code"], answer.document()["where"]) == ("usage", str(path))


# -- the report ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("report.json", b'"diverged": 9', b'"diverged": 8'),
        ("report.json", b'"notes": []', b'"notes": [\n    "all is well"\n  ]'),
        ("report.json", b'"spec": "./provider.py"', b'"spec": "./other.py"'),
        ("report.md", b"diverged", b"agrees"),
        ("report.html", b"diverged", b"agrees"),
        ("report.xml", b'failures="', b'failures="1'),
    ],
)
def test_a_report_that_the_verdicts_do_not_give_is_found(
    name: str, old: bytes, new: bytes, parity: Any, bundle: Path
) -> None:
    edit(bundle, name, old, new)
    assert found(parity, bundle) == {(name, "report")}


def test_a_verdict_that_was_edited_shows_in_every_form_of_the_report(parity: Any, bundle: Path) -> None:
    edit(bundle, "verdicts.ndjson", b'"verdict":"diverged"', b'"verdict":"exact"')
    problems = found(parity, bundle)
    assert {(f"report.{form}", "report") for form in ("json", "md", "html", "xml")} <= problems


def test_gates_in_toml_that_the_verdicts_do_not_give_are_found(parity: Any, bundle: Path) -> None:
    edit(bundle, "manifest.toml", b'status = "failed"', b'status = "not_evaluated"')
    assert found(parity, bundle) == {("manifest.toml", "report")}


def test_a_residual_in_toml_that_the_verdicts_do_not_give_is_found(parity: Any, bundle: Path) -> None:
    edit(bundle, "manifest.toml", b"worst = ", b"worst = 1")
    assert found(parity, bundle) == {("manifest.toml", "report")}


def test_a_report_of_an_older_way_of_rendering_is_compared_by_its_numbers(
    parity: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parity.pipeline.verify.RENDERING", reports.RENDERING + 1)
    edit(bundle, "report.md", b"diverged", b"agrees")
    answer = parity("verify", bundle, "--json", "-")
    assert answer.code == 0
    assert "renderings are not" in answer.document()["notes"][0]
    edit(bundle, "report.json", b'"diverged": 9', b'"diverged": 8')
    assert found(parity, bundle) == {("report.json", "report")}


# -- the seal and what is written after it ---------------------------------------------------------


@pytest.mark.parametrize("name", AFTER_THE_SEAL)
def test_what_is_written_after_the_manifest_must_be_there(name: str, parity: Any, bundle: Path) -> None:
    (bundle / name).unlink()
    assert found(parity, bundle) == {(name, "missing")}


@pytest.mark.parametrize("name", AFTER_THE_SEAL)
def test_none_of_it_may_be_a_link(name: str, parity: Any, bundle: Path) -> None:
    (bundle / name).rename(bundle.parent / name)
    (bundle / name).symlink_to(bundle.parent / name)
    assert (name, "symlink") in found(parity, bundle)


def test_every_bit_of_the_seal_counts(parity: Any, bundle: Path) -> None:
    data = (bundle / "seal.rq").read_bytes()
    for position in range(0, len(data), len(data) // 12):
        damaged = bytearray(data)
        damaged[position] ^= 4
        (bundle / "seal.rq").write_bytes(damaged)
        assert found(parity, bundle) == {("seal.rq", "seal")}
    (bundle / "seal.rq").write_bytes(data + b"x")
    assert found(parity, bundle) == {("seal.rq", "seal")}
    (bundle / "seal.rq").write_bytes(b"")
    assert found(parity, bundle) == {("seal.rq", "seal")}


def test_an_edit_that_the_seal_was_not_renewed_for_is_found(parity: Any, bundle: Path) -> None:
    metrics = bundle / "metrics.ndjson"
    metrics.write_bytes(metrics.read_bytes().replace(b'"unit":"s"', b'"unit":"1"'))
    cover(bundle, "metrics.ndjson", seal=False)
    assert found(parity, bundle) == {("manifest.json", "seal"), ("metrics.ndjson", "seal")}


def test_a_manifest_in_another_spelling_is_found(parity: Any, bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    protect(bundle)
    assert found(parity, bundle) == {("manifest.json", "schema")}


def test_a_seal_renewed_with_another_overhead_is_no_problem_but_its_drills_are_to_be_renewed(
    parity: Any, bundle: Path
) -> None:
    assert parity("seal", bundle, "--overhead", "0.5").code == 0
    answer = parity("verify", bundle, "--json", "-")
    assert answer.code == 0
    assert "parity prove" in json.loads(answer.out)["notes"][0]
    assert parity("prove", bundle).code == 0
    assert json.loads(parity("verify", bundle, "--json", "-").out)["notes"] == []


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("scrub.json", b'"status": "ok"', b'"status": "lost"', "proof"),
        ("scrub.json", b'"objects"', b'"things"', "schema"),
        ("decode_proof.json", b'"verdict": "proved"', b'"verdict": "failed"', "proof"),
        ("decode_proof.json", b'"kind": "beyond_limit"', b'"kind": "random"', "proof"),
        ("decode_proof.json", b'"recovered": true', b'"recovered": false', "proof"),
        ("decode_proof.json", b'"drills"', b'"games"', "schema"),
        ("decode_proof.json", b'"overhead": "0.25"', b'"overhead": "0.5"', "proof"),
    ],
)
def test_records_that_tell_no_success_are_found(
    name: str, old: bytes, new: bytes, code: str, parity: Any, bundle: Path
) -> None:
    data = (bundle / name).read_bytes()
    assert old in data
    (bundle / name).write_bytes(data.replace(old, new))
    assert found(parity, bundle) == {(name, code)}


# -- hostile directories ---------------------------------------------------------------------------


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def listener(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def deep(path: Path) -> None:
    path.write_bytes(b"[" * 1_000_000)


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


def noise(path: Path) -> None:
    path.write_bytes(b"\xff\x00\n" * 100_000)


@pytest.mark.parametrize("thing", [pipe, folder, device, loop, listener, deep, huge, noise], ids=lambda it: it.__name__)
def test_nothing_in_place_of_a_file_hangs_or_breaks_it(
    thing: Callable[[Path], None], parity: Any, bundle: Path
) -> None:
    names = sorted(path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file())
    for name in names:
        path = bundle / name
        path.rename(bundle.parent / "aside")
        thing(path)
        assert any(said == name for said, _ in found(parity, bundle)), name
        path.rmdir() if path.is_dir() else path.unlink()
        (bundle.parent / "aside").rename(path)
    assert found(parity, bundle, 0) == set()


def test_a_bundle_of_the_seal_alone_has_only_problems(parity: Any, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "rest").mkdir()
    (bundle / "seal.rq").rename(tmp_path / "rest" / "seal.rq")
    problems = found(parity, tmp_path / "rest")
    assert {("manifest.json", "missing"), ("run.json", "missing"), ("scrub.json", "missing")} <= problems
