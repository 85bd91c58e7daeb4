"""Each broken file is refused with its own code, exit code and place. fixtures/broken/expected.toml is the table.

A broken file lies over a golden one: `fixtures/broken/<format>/<how>/` has the files that differ, and in `removed` the
names of those that are gone. (Broken manifests and ledgers have tests of their own.)
"""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.cli.main import main

FIXTURES = Path(__file__).parents[2] / "fixtures"
GOLDEN, BROKEN = FIXTURES / "golden", FIXTURES / "broken"
TABLE: dict[str, dict[str, Any]] = tomllib.loads((BROKEN / "expected.toml").read_text())
FORMATS = ("bundle", "capture", "sealed", "proof", "baseline")
COMMANDS = {
    "bundle": ("verify", "broken"),
    "capture": (
        "run",
        "--oracle",
        "broken",
        "--provider",
        "numpy",
        "--suite",
        "smoke",
        "--ops",
        "add",
        "--out",
        "runs",
    ),
    "sealed": ("scrub", "broken"),
    "proof": ("prove", "broken", "--verify"),
    "baseline": ("bench", "show", "broken/baseline.json", "--verify"),
}


def test_the_table_has_every_broken_file_and_no_other() -> None:
    found = {f"{name}/{path.name}" for name in FORMATS for path in (BROKEN / name).iterdir()}
    assert found == TABLE.keys()
    assert len(found) > 30


def lay_over(base: Path, overlay: Path, target: Path) -> None:
    shutil.copytree(base, target)
    shutil.copytree(overlay, target, dirs_exist_ok=True)
    removed = target / "removed"
    for name in removed.read_text().splitlines() if removed.exists() else ():
        (target / name).unlink()
    removed.unlink(missing_ok=True)


def faults(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Codes and the places that they name, of any document that says what is wrong."""
    if document["schema"] == "parity.verify/1":
        return [(problem["code"], problem["path"]) for problem in document["problems"]]
    if document["schema"] == "parity.scrub/1":
        [found] = document["objects"]
        names = [file["name"] for file in found["damaged_files"]]
        return [(document["status"], name) for name in (*names, *(() if found["seal_intact"] else ("seal.rq",)))]
    if document["schema"] == "parity.baseline_check/1":
        return [(document["status"], f"{problem['workload']}, {problem['field']}") for problem in document["problems"]]
    if document["schema"] == "parity.error/1":
        return [(document["code"], document["where"])]
    return [(document["verdict"], "decode_proof.json")]


@pytest.mark.parametrize("name", TABLE)
def test_a_broken_file_is_refused_where_it_is_broken(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = TABLE[name]
    lay_over(GOLDEN / expected["over"], BROKEN / name, tmp_path / "broken")
    before = {path: path.read_bytes() for path in (tmp_path / "broken").rglob("*") if path.is_file()}
    monkeypatch.chdir(tmp_path)
    code = main([*COMMANDS[name.partition("/")[0]], "--json", "-"])
    out, err = capsys.readouterr()
    assert code == expected["exit"], err
    assert "Traceback" not in err
    found = faults(orjson.loads(out))
    assert any(fault == expected["code"] and expected["where"] in place for fault, place in found), found
    assert {path: path.read_bytes() for path in (tmp_path / "broken").rglob("*") if path.is_file()} == before
