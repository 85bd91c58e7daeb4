"""`parity seal`, `scrub` and `repair` as a user sees them."""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.bin"
    path.write_bytes(random.Random(1).randbytes(60_000))
    return path


def spoil(path: Path, begin: int, end: int) -> None:
    content = bytearray(path.read_bytes())
    content[begin:end] = bytes(255 - byte for byte in content[begin:end])
    path.write_bytes(content)


def test_seal_names_the_sidecar_and_its_cost(parity: Any, data: Path) -> None:
    answer = parity("seal", data)
    assert answer.code == 0
    assert answer.out.startswith(f"{data}.rq: ")
    assert "% of 60,000" in answer.out
    assert parity("scrub", data).out == f"ok         {data}\n"


def test_seal_as_json(parity: Any, data: Path) -> None:
    document = parity("seal", data, "--overhead", "0.2", "--json", "-").document()
    assert document["schema"] == "parity.sealed/1"
    [row] = document["objects"]
    assert row["overhead"] == "0.2"
    assert (row["kind"], row["bytes"], row["symbols"], row["files"]) == ("file", 60_000, 235, 1)
    assert Path(row["seal"]).stat().st_size == row["seal_bytes"]


def test_scrub_and_repair_of_damage(parity: Any, data: Path) -> None:
    before = data.read_bytes()
    parity("seal", data)
    spoil(data, 1000, 3000)
    answer = parity("scrub", data)
    assert answer.code == 1
    assert answer.out.splitlines()[0] == f"repairable {data}"
    assert "9 of 235 symbols damaged" in answer.out
    assert "changed data.bin" in answer.out
    document = parity("scrub", data, "--json", "-").document()
    assert (document["schema"], document["status"]) == ("parity.scrub/1", "repairable")
    [row] = document["objects"]
    assert (row["path"], row["bytes"], row["symbols_total"], row["symbols_damaged"]) == (str(data), 60_000, 235, 9)
    assert row["margin"] == row["repair_symbols_good"] - 9
    answer = parity("repair", data)
    assert (answer.code, answer.out.splitlines()[0]) == (0, f"repaired       {data}")
    assert data.read_bytes() == before
    assert parity("repair", data).out == f"nothing_to_do  {data}\n"


def test_what_is_lost_is_a_bad_verdict(parity: Any, data: Path) -> None:
    parity("seal", data)
    spoil(data, 1000, 40_000)
    assert parity("scrub", data).code == 1
    answer = parity("repair", data)
    assert answer.code == 1
    assert answer.out.startswith("lost ")
    assert "cannot be decoded" in answer.out
    document = parity("repair", data, "--json", "-").document()
    assert (document["schema"], document["status"], document["objects"][0]["restored"]) == (
        "parity.repair/1",
        "lost",
        [],
    )


def test_the_worst_of_several_objects_counts_and_each_is_named(parity: Any, data: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_bytes(b"x" * 9000)
    assert parity("seal", data, tmp_path / "d").code == 0
    assert len(parity("scrub", data, tmp_path / "d", f"{data}.rq", "--json", "-").document()["objects"]) == 2
    spoil(data, 0, 10)
    assert parity("scrub", tmp_path, "--json", "-").document()["status"] == "repairable", "all that is sealed below"
    spoil(tmp_path / "d" / "x", 0, 9000)
    assert parity("scrub", tmp_path, "--json", "-").document()["status"] == "lost"
    answer = parity("repair", tmp_path, "--json", "-")
    assert answer.code == 1
    assert {row["status"] for row in answer.document()["objects"]} == {"lost", "repaired"}, "the rest is mended"


@pytest.mark.parametrize("command", ["scrub", "repair"])
@pytest.mark.parametrize(
    ("name", "said"), [("data.bin", "never sealed"), ("nothing", "no such file"), (".", "nothing in this directory")]
)
def test_what_was_never_sealed_is_bad_input(parity: Any, data: Path, command: str, name: str, said: str) -> None:
    answer = parity(command, data.parent / name, "--json", "-")
    assert answer.code == 2
    assert said in answer.document()["message"]
    assert answer.document()["where"] == str(data.parent / name)


def test_seal_of_nothing_is_bad_input(parity: Any, tmp_path: Path) -> None:
    answer = parity("seal", tmp_path / "nothing")
    assert answer.code == 2
    assert "nothing" in answer.err
    assert parity("seal").code == 2


@pytest.mark.parametrize("overhead", ["0", "-0.1", "nan", "inf", "5"])
def test_an_overhead_that_makes_no_sense_is_bad_input(parity: Any, data: Path, overhead: str) -> None:
    answer = parity("seal", data, "--overhead", overhead, "--json", "-")
    assert (answer.code, answer.document()["where"]) == (2, "--overhead")
    assert not Path(f"{data}.rq").exists()


def test_a_plain_scrub_writes_nothing_anywhere(parity: Any, data: Path, tmp_path: Path) -> None:
    parity("seal", data)
    before = sorted(tmp_path.rglob("*"))
    parity("scrub", data)
    assert sorted(tmp_path.rglob("*")) == before


def test_since_leaves_out_what_was_found_good(parity: Any, data: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_bytes(b"x" * 9000)
    parity("seal", data, tmp_path / "d")
    spoil(data, 0, 10)
    first = parity("scrub", tmp_path, "--since", "1h", "--json", "-")
    assert (first.code, len(first.document()["objects"])) == (1, 2)
    second = parity("scrub", tmp_path, "--since", "1h", "--json", "-").document()
    assert [row["path"] for row in second["objects"]] == [str(data)], "what is damaged is looked at again"
    assert [(row["path"], row["why"]) for row in second["skipped"]] == [(str(tmp_path / "d"), "recent")]
    assert parity("scrub", tmp_path, "--since", "2999-01-01", "--json", "-").document()["skipped"] == []
    assert (tmp_path / ".parity" / "scrub-state.json").is_file()


@pytest.mark.parametrize("since", ["yesterday", "7x", "d", "2026-13-01", ""])
def test_a_date_that_is_none_is_bad_input(parity: Any, data: Path, since: str) -> None:
    answer = parity("scrub", data, "--since", since, "--json", "-")
    assert (answer.code, answer.document()["where"]) == (2, "--since")


def test_a_scrub_that_runs_out_of_its_budget_goes_on_where_it_stopped(parity: Any, tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(3)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode() * 100)
    parity("seal", *(tmp_path / name for name in names))
    seen = []
    for _ in range(4):
        document = parity("scrub", tmp_path, "--budget", "0", "--json", "-").document()
        assert [row["why"] for row in document["skipped"]] == ["budget", "budget"]
        seen += [Path(row["path"]).name for row in document["objects"]]
    assert seen == ["f0", "f1", "f2", "f0"], "one object at least, and around"
    assert len(parity("scrub", tmp_path, "--budget", "600", "--json", "-").document()["objects"]) == 3
    answer = parity("scrub", tmp_path, "--budget", "0")
    assert "2 left for the next scrub" in answer.out


def test_a_torn_state_is_named(parity: Any, data: Path, tmp_path: Path) -> None:
    parity("seal", data)
    state = tmp_path / ".parity" / "scrub-state.json"
    state.parent.mkdir()
    state.write_text("{")
    answer = parity("scrub", data, "--budget", "5")
    assert answer.code == 2
    assert "scrub-state.json" in answer.err


def test_a_path_that_is_no_utf_8_is_shown_all_the_same(parity: Any, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.bin"))
    try:
        path.write_bytes(b"x" * 500)
    except OSError:
        pytest.skip("this file system takes no such names")
    assert parity("seal", path).code == 0
    spoil(path, 0, 1)
    assert parity("scrub", path, "--json", "-").document()["objects"][0]["path"].endswith("\\udcff.bin")
    assert parity("repair", path).code == 0
    assert path.read_bytes() == b"x" * 500


@pytest.mark.parametrize("command", ["seal", "scrub", "repair"])
def test_help_imports_nothing_heavy(command: str) -> None:
    code = (
        "import sys; from parity.cli.main import main; main([sys.argv[1], '--help'])\n"
        "heavy = {'pydantic', 'numpy', 'numba', 'raptorq', 'orjson'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_seal_imports_no_numpy(data: Path) -> None:
    code = (
        "import sys; from parity.cli.main import main; code = main(['seal', sys.argv[1]])\n"
        "sys.exit(code or ('numpy' in sys.modules and 5) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code, data], capture_output=True, check=False).returncode == 0
