"""What is committed as evidence carries its seal, and is as it was sealed."""

from pathlib import Path

import pytest

from parity.documents.proof import DecodeProof
from parity.sidecar.proof import prove_again
from parity.sidecar.scrub import scrub

ROOT = Path(__file__).parents[2]
CAPTURES = sorted((ROOT / "fixtures" / "oracle").iterdir())
SEALED = [*CAPTURES, *(ROOT / "fixtures" / name for name in ("manifests", "golden", "broken"))]


def test_there_are_captures() -> None:
    assert CAPTURES


@pytest.mark.parametrize("path", SEALED, ids=lambda path: path.name)
def test_a_committed_directory_is_as_it_was_sealed(path: Path) -> None:
    found = scrub(path)
    renew = f"if the change was meant, renew the seal: parity seal {path.relative_to(ROOT)}"
    assert (found.status, found.damaged_files, found.unlisted) == ("ok", (), ()), renew
    assert found.seal_intact


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_the_drills_of_a_committed_capture_come_out_as_recorded(path: Path) -> None:
    record = path / "decode_proof.json"
    again = prove_again(path, DecodeProof.from_json(record.read_bytes(), record.name), record.name)
    assert again.verdict == "proved"
