"""--json: refused before the work if it cannot be written, whole or not at all if it can."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.cli.output import target_of

Parity = Callable[..., Any]


@pytest.mark.parametrize("target", ["missing/x.json", ".", "", "file/x.json"])
def test_a_target_that_cannot_be_written_is_refused_before_the_work(
    parity: Parity, pipelines: Any, target: str
) -> None:
    Path("file").write_text("")
    answer = parity("run", "--json", target)
    assert answer.code == 2
    assert "--json" in answer.err
    assert answer.out == ""
    assert not pipelines.asked


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused_before_the_work(parity: Parity, pipelines: Any) -> None:
    Path("locked").mkdir(mode=0o500)
    assert parity("run", "--json", "locked/x.json").code == 2
    assert not pipelines.asked


def test_a_link_stays_a_link_and_its_file_is_replaced(parity: Parity) -> None:
    Path("real.json").write_text("old")
    Path("link.json").symlink_to("real.json")
    assert parity("ops", "add", "--json", "link.json").code == 0
    assert Path("link.json").is_symlink()
    assert orjson.loads(Path("real.json").read_bytes())["schema"] == "parity.ops/1"
    assert sorted(path.name for path in Path().iterdir()) == ["link.json", "real.json"]


def test_a_pipe_is_written_to_and_not_replaced(parity: Parity) -> None:
    os.mkfifo("pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_bytes()))
    reader.start()
    assert parity("ops", "add", "--json", "pipe").code == 0
    reader.join(10)
    assert orjson.loads(read[0])["schema"] == "parity.ops/1"
    assert Path("pipe").is_fifo()


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (["run", "--json", "-"], "-"),
        (["run", "--json=x"], "x"),
        (["--json", "x", "run", "--bad"], "x"),
        (["run", "--json"], None),
        (["run", "--json="], None),
        (["run", "--", "--json", "x"], None),
        ([], None),
    ],
)
def test_the_target_is_found_in_words_that_cannot_be_parsed(words: list[str], target: str | None) -> None:
    assert target_of(words) == target
