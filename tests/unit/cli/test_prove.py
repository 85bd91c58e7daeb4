"""`parity prove`: what it answers, and its exit codes."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from parity.sidecar.seal import seal

Parity = Callable[..., Any]


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(Random(1).randbytes(20_000))
    seal(path)
    return path


def test_the_document_is_printed_and_kept(parity: Parity, sealed: Path) -> None:
    answer = parity("prove", "data", "--json", "-")
    document = answer.document()
    assert (answer.code, document["schema"], document["verdict"]) == (0, "parity.decode_proof/1", "proved")
    assert orjson.loads(sealed.with_name("data.decode_proof.json").read_bytes()) == document
    assert parity("prove", "data", "--verify", "--json", "-").document() == document


@pytest.mark.usefixtures("sealed")
def test_a_person_is_told_what_was_lost_and_what_came_back(parity: Parity) -> None:
    answer = parity("prove", "data")
    lines = answer.out.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["random", "burst", "limit", "beyond_limit"]
    assert all("dropped" in line for line in lines[:4])
    assert "not recovered, as it must be" in lines[3]
    assert lines[4].startswith("proved: object ")


def test_a_record_that_is_not_true_is_a_bad_verdict(parity: Parity, sealed: Path) -> None:
    parity("prove", "data")
    record = sealed.with_name("data.decode_proof.json")
    document = orjson.loads(record.read_bytes())
    document["drills"][3]["recovered"] = True
    record.write_bytes(orjson.dumps(document))
    answer = parity("prove", "data", "--verify")
    assert answer.code == 1
    assert "the beyond_limit drill comes out otherwise than the record says" in answer.out


@pytest.mark.parametrize("data", [b"", b"no JSON", b'{"schema":"parity.report/1"}'])
def test_a_record_that_is_none_is_named(parity: Parity, sealed: Path, data: bytes) -> None:
    sealed.with_name("data.decode_proof.json").write_bytes(data)
    answer = parity("prove", "data", "--verify")
    assert answer.code == 2
    assert "data.decode_proof.json" in answer.err


def test_a_damaged_object_is_a_bad_verdict_and_gets_no_record(parity: Parity, sealed: Path) -> None:
    sealed.write_bytes(b"x" * 20_000)
    answer = parity("prove", "data")
    assert answer.code == 1
    assert "only what is intact can be drilled" in answer.err
    assert not sealed.with_name("data.decode_proof.json").exists()


def test_a_path_without_a_seal_or_a_record_is_named(parity: Parity, sealed: Path) -> None:
    sealed.with_name("bare").write_bytes(b"bare")
    for words in (("bare",), ("nothing",), ("data", "--verify")):
        answer = parity("prove", *words)
        assert answer.code == 2
        assert words[0] in answer.err


def test_an_empty_object_is_inconclusive(parity: Parity, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    seal(tmp_path / "empty")
    assert parity("prove", "empty").code == 3
