"""The registry points without telling the machine; lineage is closed."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bundle.datasets import OWN, UNKNOWN, Datasets, combined, combined_sources, make_asset, pointer_to, portable
from parity.documents.capture import FileDigest
from parity.documents.datasets import Asset


def asset(name: str, pointer: str = "x") -> Asset:
    return make_asset(
        "capture",
        name,
        pointer=pointer,
        content="a" * 64,
        source="numpy 2.4.6",
        schema="parity.capture/1",
        license_=OWN,
    )


def test_where_an_asset_lies_is_relative_packaged_or_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixtures, work = tmp_path / "lib" / "fixtures", tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    assert pointer_to(fixtures / "oracle" / "numpy-2.4.6", fixtures) == "package:parity/fixtures/oracle/numpy-2.4.6"
    assert pointer_to(Path("captures/mine")) == "captures/mine"
    assert pointer_to(work / "captures" / "mine") == "captures/mine"
    assert pointer_to(tmp_path / "mylib.py", fixtures) == "elsewhere:mylib.py"
    assert pointer_to(Path("../mylib.py")) == "elsewhere:mylib.py"
    assert pointer_to(Path()) == "."


@given(st.text(st.characters(exclude_characters="\0/"), min_size=1, max_size=300))
def test_every_file_name_gives_a_valid_pointer(name: str) -> None:
    for path in (Path(name), Path("/", name), Path("a", name), Path("~", name)):
        pointer = pointer_to(path)
        assert asset("a", pointer).pointer == pointer
        assert str(Path.cwd()) not in pointer


@given(
    st.text("/\\:~.aé\0\ud800", max_size=12) | st.text(max_size=600), st.sampled_from(["", "package:", "elsewhere:"])
)
def test_every_text_is_made_a_valid_pointer(text: str, scheme: str) -> None:
    assert asset("a", scheme + text)


def test_what_is_a_valid_pointer_already_stays_as_it_is() -> None:
    for pointer in ("mylib.py", "a/b", "package:parity/fixtures/oracle/x", "elsewhere:mylib.py", "."):
        assert portable(pointer) == pointer


def test_an_absolute_path_keeps_its_last_part_alone() -> None:
    assert portable("/home/me/mylib.py") == "elsewhere:mylib.py"
    assert portable("/") == "elsewhere:_"
    assert portable("../mylib.py") == "_/mylib.py"


def test_several_files_have_one_fingerprint_in_whatever_order_they_come() -> None:
    files = [FileDigest(name=name, sha256=letter * 64, size=1) for name, letter in (("b", "c"), ("a", "d"))]
    lines = f"{'d' * 64}  a\n{'c' * 64}  b\n"
    assert combined(files) == combined(reversed(files)) == hashlib.sha256(lines.encode()).hexdigest()


def test_sources_are_read_under_the_names_given(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_bytes(b"one")
    assert combined_sources([("m/x.py", tmp_path / "x.py")]) == combined(
        [FileDigest(name="m/x.py", sha256=hashlib.sha256(b"one").hexdigest(), size=3)]
    )
    assert combined_sources([]) is None


def test_what_the_user_brings_is_not_called_redistributable() -> None:
    assert not UNKNOWN.redistributable
    mine = make_asset("provider", "mylib", pointer="x", content="b" * 64, source="mylib 1.0", schema="module")
    assert mine.license == UNKNOWN
    assert mine.contains_user_data is False


def test_the_registry_is_sorted_and_a_name_is_taken_once() -> None:
    known = Datasets()
    for name in ("b", "a"):
        known.add(asset(name))
    assert [one.name for one in known.registry().assets] == ["a", "b"]
    with pytest.raises(ValueError, match="two assets"):
        known.add(asset("a"))


def test_lineage_knows_what_its_ends_are() -> None:
    known = Datasets()
    known.add(asset("capture"))
    known.relate("report.json", "verdicts.ndjson", "was_derived_from")
    known.relate("verdicts.ndjson", "judge", "was_generated_by")
    known.relate("judge", "capture", "used")
    known.relate("judge", "capture", "used")
    lineage = known.lineage(["judge"], ["report.json", "verdicts.ndjson"])
    assert [(edge.source.kind, edge.source.name, edge.relation, edge.target.kind, edge.target.name) for edge in lineage.edges] == [
        ("file", "report.json", "was_derived_from", "file", "verdicts.ndjson"),
        ("file", "verdicts.ndjson", "was_generated_by", "node", "judge"),
        ("node", "judge", "used", "asset", "capture"),
    ]  # fmt: skip


def test_lineage_that_leads_nowhere_or_round_is_refused() -> None:
    known = Datasets()
    known.relate("report.json", "verdicts.ndjson", "was_derived_from")
    with pytest.raises(ValueError, match=r"'verdicts\.ndjson', which is no asset"):
        known.lineage([], ["report.json"])
    known.relate("verdicts.ndjson", "report.json", "was_derived_from")
    with pytest.raises(ValueError, match="a cycle"):
        known.lineage([], ["report.json", "verdicts.ndjson"])
    with pytest.raises(ValueError, match="no relation"):
        known.relate("a", "b", "likes")  # type: ignore[arg-type]
