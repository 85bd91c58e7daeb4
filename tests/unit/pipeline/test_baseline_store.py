"""Baselines in their place: document and samples belong together, whoever writes and whatever was there."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parity.documents.baseline import Baseline
from parity.documents.model import sha256
from parity.errors import StorageError
from parity.pipeline import baseline_store
from parity.pipeline.baseline_store import file_stem, keep_baseline
from parity.pipeline.baselines import read_baseline, read_samples
from parity.sidecar.scrub import scrub

GOLDEN = Path(__file__).parents[3] / "fixtures" / "golden" / "baseline-1"
MEASURED = read_baseline(GOLDEN / "baseline.json")
assert MEASURED.samples_file is not None
SAMPLES = (GOLDEN / MEASURED.samples_file.name).read_bytes()


def named(number: int) -> Baseline:
    """The golden baseline, whose samples have another name each time."""
    assert MEASURED.samples_file is not None
    name = f"{file_stem(MEASURED)}.{number:08x}.samples.npz"
    return MEASURED.model_copy(update={"samples_file": MEASURED.samples_file.model_copy(update={"name": name})})


def test_an_earlier_baseline_is_replaced_and_its_samples_go(tmp_path: Path) -> None:
    first, second = (keep_baseline(tmp_path, named(number), SAMPLES, {"x.svg": b"<svg/>"}) for number in (1, 2))
    assert first == second
    named_samples = read_baseline(second).samples_file
    assert named_samples is not None
    assert sha256(SAMPLES) == named_samples.sha256
    stem = file_stem(MEASURED)
    names = {path.name.removeprefix(stem) for path in second.parent.iterdir()}
    samples = ".00000002.samples.npz"
    assert names == {".json", ".json.rq", ".x.svg", samples, f"{samples}.rq"}
    assert [scrub(path).status for path in (second, second.with_name(stem + samples))] == ["ok", "ok"]


def imported(*names: str, complete: bool = True) -> Baseline:
    """As it comes from a report of pytest-benchmark with these benchmarks."""
    [first, *_] = MEASURED.workloads
    workloads = tuple(first.model_copy(update={"name": name}) for name in names)
    update = {"origin": "imported", "samples_file": None, "complete": complete, "workloads": workloads}
    return MEASURED.model_copy(update=update)


def test_an_imported_baseline_is_replaced_only_by_one_of_the_same_workloads(tmp_path: Path) -> None:
    whole, part, other = imported("a", "b"), imported("a", complete=False), imported("c", "d")
    paths = [keep_baseline(tmp_path, baseline) for baseline in (whole, part, other)]
    assert len(set(paths)) == 3
    assert [read_baseline(path) for path in paths] == [whole, part, other]
    assert all(path.name.startswith(f"{MEASURED.set}-imported") for path in paths)
    assert keep_baseline(tmp_path, imported("b", "a")) == paths[0]


def test_baselines_that_are_written_at_once_leave_one_that_is_whole(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        [path] = set(pool.map(lambda number: keep_baseline(tmp_path, named(number), SAMPLES), range(12)))
    assert read_samples(path, read_baseline(path)).timings
    assert scrub(path).status == "ok"
    assert len(list(path.parent.glob("*.samples.npz"))) == 1


def test_the_samples_of_a_baseline_whose_name_begins_alike_stay(tmp_path: Path) -> None:
    longer = MEASURED.model_copy(update={"set": f"{MEASURED.set}.more"})
    assert longer.samples_file is not None
    name = f"{file_stem(longer)}.00000009.samples.npz"
    longer = longer.model_copy(update={"samples_file": longer.samples_file.model_copy(update={"name": name})})
    other = keep_baseline(tmp_path, longer, SAMPLES, {"x.svg": b"<svg/>"})
    keep_baseline(tmp_path, named(1), SAMPLES)
    assert read_samples(other, read_baseline(other)).timings
    assert other.with_suffix(".x.svg").exists()


def test_a_picture_that_the_new_baseline_does_not_have_goes(tmp_path: Path) -> None:
    path = keep_baseline(tmp_path, named(1), SAMPLES, {"x.svg": b"<svg/>", "y.svg": b"<svg/>"})
    keep_baseline(tmp_path, named(2), SAMPLES, {"x.svg": b"<svg/>"})
    assert [file.name for file in path.parent.glob("*.svg")] == [f"{file_stem(MEASURED)}.x.svg"]


@pytest.mark.parametrize("fails", range(3))
def test_whichever_file_finds_no_space_all_of_the_earlier_baseline_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: int
) -> None:
    path = keep_baseline(tmp_path, named(1), SAMPLES, {"x.svg": b"<svg/>"})
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    written: list[Path] = []

    def write(place: Path, data: bytes) -> None:
        if len(written) == fails:
            raise StorageError("cannot write: No space left on device", where=str(place), hint="free some space")
        written.append(place)
        place.write_bytes(data)

    monkeypatch.setattr(baseline_store, "write_file", write)
    with pytest.raises(StorageError, match="No space left") as raised:
        keep_baseline(tmp_path, named(2), SAMPLES, {"x.svg": b"<svg>new</svg>"})
    assert (raised.value.where, raised.value.hint) == (str(path), "free some space")
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_place_that_cannot_be_written_is_a_storage_error_and_the_earlier_baseline_stays(tmp_path: Path) -> None:
    path = keep_baseline(tmp_path, named(1), SAMPLES)
    (path.with_name(f"{file_stem(MEASURED)}.00000002.samples.npz")).mkdir()
    with pytest.raises(StorageError):
        keep_baseline(tmp_path, named(2), SAMPLES)
    assert read_samples(path, read_baseline(path)).timings
