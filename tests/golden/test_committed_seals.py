"""What is committed as evidence carries its seal, and is as it was sealed."""

from pathlib import Path

import pytest

from parity.documents.proof import DecodeProof
from parity.pipeline.baselines import read_baseline, verified
from parity.sidecar.proof import prove_again
from parity.sidecar.scrub import scrub

ROOT = Path(__file__).parents[2]
CAPTURES = sorted((ROOT / "fixtures" / "oracle").iterdir())
FIXTURES = [ROOT / "fixtures" / name for name in ("manifests", "golden", "broken")]
BASELINES = sorted((ROOT / "artifacts" / "baselines").glob("*/*.json"))
PROOFS = sorted(path.parent for path in (ROOT / "artifacts" / "proofs").glob("*/proof.json"))


def samples_of(path: Path) -> Path:
    """The file of samples that a baseline names."""
    listed = read_baseline(path).samples_file
    assert listed is not None
    return path.with_name(listed.name)


SEALED = [*CAPTURES, *FIXTURES, *BASELINES, *map(samples_of, BASELINES), *PROOFS]


def test_there_are_captures_a_baseline_and_proofs() -> None:
    assert CAPTURES
    assert BASELINES
    assert len(PROOFS) >= 2


@pytest.mark.parametrize("path", BASELINES, ids=lambda path: path.name)
def test_every_figure_of_a_committed_baseline_follows_from_its_samples(path: Path) -> None:
    assert verified(path, read_baseline(path)).problems == ()


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
