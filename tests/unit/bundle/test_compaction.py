"""A file of lines that became Parquet gives the same bytes again, or says that it cannot."""

import hashlib
import importlib.util
import math
import shutil
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.bundle import compaction
from parity.bundle.compaction import LONG, UnfitError, compact, compact_long, expanded
from parity.bundle.formats import FORMATS
from parity.bundle.layout import Bundle
from parity.documents.datasets import Materialization
from parity.documents.graph import node_id
from parity.documents.ids import SpanId, TraceId
from parity.documents.model import Document, canonical, pretty
from parity.documents.telemetry import Event, Metric, Span
from parity.documents.verdict import Verdict, VerdictName
from parity.errors import DamagedError, InconclusiveError, StorageError, UsageError

duckdb = pytest.importorskip("duckdb")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["", "null", "\x00", "\x1b[0m \u2028 \uffff \U0001f600", "'; DROP", '"\\\n\t{}', "1.0", "true"]
)
INTEGER = st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from([0, 2**53 - 1, -(2**31) - 1, 255])
FLOAT = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.0, -0.0, 5e-324, 1.7976931348623157e308, 1e22, 1e16, 0.1, 2**53 + 2.0]
)
NAME = st.from_regex(r"[a-z][a-z0-9_.-]{0,20}", fullmatch=True)
VALUE = TEXT | st.booleans() | INTEGER | FLOAT
NANOS = st.integers(0, 2**62).map(str)
SHA = st.binary(min_size=32, max_size=32).map(bytes.hex)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


VERDICTS = st.builds(
    Verdict,
    case_id=TEXT,
    op=TEXT,
    loop=TEXT,
    layout=TEXT,
    verdict=st.sampled_from(get_args(VerdictName)),
    failed_class=some(st.sampled_from(["nan", "value", "out"])),
    result=st.integers(0, 3),
    index=some(st.lists(INTEGER, max_size=4).map(tuple)),
    expected_bits=some(TEXT),
    actual_bits=some(TEXT),
    ulp=some(FLOAT),
    distance=some(TEXT),
    bound=some(FLOAT),
    differing=INTEGER,
    message=some(TEXT),
)
EVENTS = st.builds(
    Event,
    trace_id=st.binary(min_size=16, max_size=16).filter(any).map(TraceId),
    span_id=some(st.binary(min_size=8, max_size=8).filter(any).map(SpanId)),
    name=NAME,
    time_unix_nanos=NANOS,
    attrs=st.dictionaries(NAME, VALUE, max_size=6),
)
METRICS = st.builds(Metric, name=NAME, value=INTEGER | FLOAT, unit=st.just("1"), time_unix_nanos=NANOS)
ROWS = st.builds(
    lambda key, **fields: Materialization(node_key=key, node_id=node_id(key), **fields),
    key=NAME,
    span_id=st.none(),
    output=NAME,
    fingerprint=SHA,
    cache=st.sampled_from(["hit", "miss"]),
    bytes=st.integers(0, 2**53 - 1),
    rows=some(st.integers(0, 2**53 - 1)),
    duration_nanos=NANOS,
    status=st.just("ok"),
)
EVERY = {Verdict: VERDICTS, Event: EVENTS, Metric: METRICS, Materialization: ROWS}


def line(document: Document) -> bytes:
    """As a run writes it: verdicts without what is at its default, telemetry with every field."""
    return canonical(document.plain() if isinstance(document, Verdict) else document.full()) + b"\n"


def verdicts(count: int) -> bytes:
    return b"".join(
        line(Verdict(case_id=f"add-dd-d-{number:012x}", op="add", loop="dd->d", layout="contiguous", verdict="exact"))
        for number in range(count)
    )


def write(folder: Path, data: bytes, name: str = "verdicts.ndjson") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.__name__)
def test_any_lines_come_back_byte_for_byte(model: type[Document], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("lines")

    @settings(max_examples=25)
    @given(st.lists(EVERY[model], max_size=12))
    def holds(documents: list[Document]) -> None:
        data = b"".join(map(line, documents))
        path = compact(write(folder, data), model)
        assert path == folder / "verdicts.parquet"
        assert not (folder / "verdicts.ndjson").exists()
        assert expanded(path, model) == data

    holds()


def test_columns_have_the_types_of_the_model(tmp_path: Path) -> None:
    path = compact(write(tmp_path, verdicts(3)), Verdict)
    described = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
    types = {row[0]: row[1] for row in described}
    assert set(types) == set(Verdict.model_fields)
    assert (types["differing"], types["ulp"], types["index"], types["op"]) == ("BIGINT", "DOUBLE", "VARCHAR", "VARCHAR")
    compression = duckdb.sql(f"SELECT DISTINCT compression FROM parquet_metadata('{path}')").fetchall()
    assert compression == [("ZSTD",)]


def test_the_metadata_say_what_the_lines_were(tmp_path: Path) -> None:
    data = verdicts(100)
    path = compact(write(tmp_path, data), Verdict)
    rows = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
    found = {bytes(key).decode(): bytes(value).decode() for key, value in rows}
    assert found["parity.sha256"] == hashlib.sha256(data).hexdigest()
    assert (found["parity.size"], found["parity.lines"]) == (str(len(data)), "100")


def test_many_lines_keep_their_order_and_give_the_same_file_each_time(tmp_path: Path) -> None:
    """More than a row group of Parquet, which has 122,880."""
    data = verdicts(130_000)
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path = compact(write(tmp_path / name, data), Verdict)
        files.append(path.read_bytes())
    assert files[0] == files[1]
    assert len(files[0]) * 8 < len(data)
    assert expanded(path, Verdict) == data


def test_a_path_with_every_odd_character_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / 'a[b]*c?=1\' "x" {y} é'
    folder.mkdir()
    data = verdicts(2)
    assert expanded(compact(write(folder, data), Verdict), Verdict) == data


@pytest.mark.parametrize(
    "bad",
    [
        b'{"case_id": "c"}\n',  # white space
        b'{"case_id":"c","ulp":null}\n',  # a null that the line of a verdict leaves out
        b'{"case_id":"c","ulp":5}\n',  # an integer in place of a float
        b'{"case_id":"c","differing":5.0}\n',  # and the reverse
        b'{"case_id":"c","other":1}\n',
        b'{"case_id":"c","case_id":"d"}\n',
        b'{"case_id":"c"}',  # no newline
        b'{"case_id":7}\n',
        b'{"case_id":"\\u0063"}\n',
        b"{\n",
        b"\n",
        b"[]\n",
        b"\xff\n",
    ],
)
def test_lines_that_would_come_back_otherwise_stay_as_they_are(bad: bytes, tmp_path: Path) -> None:
    data = verdicts(2) + bad
    path = write(tmp_path, data)
    with pytest.raises(UnfitError):
        compact(path, Verdict)
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_only_long_files_of_declared_schemas_are_compacted(tmp_path: Path) -> None:
    short, long = verdicts(5), verdicts(LONG // 90)
    assert compact_long(write(tmp_path, short), "parity.verdict/1") is None
    assert (tmp_path / "verdicts.ndjson").read_bytes() == short
    assert compact_long(write(tmp_path, long), "parity.failure/1") is None
    assert compact_long(write(tmp_path, long + b"{ }\n"), "parity.verdict/1") is None, "unfit lines stay"
    assert (tmp_path / "verdicts.ndjson").read_bytes() == long + b"{ }\n"
    assert compact_long(write(tmp_path, long), "parity.verdict/1") == tmp_path / "verdicts.parquet"
    assert not (tmp_path / "verdicts.ndjson").exists()


def test_every_compactable_format_is_one_of_lines() -> None:
    names = {name for name, form in FORMATS.items() if form.compactable}
    assert names == {
        "verdicts.ndjson", "spans.ndjson", "events.ndjson", "metrics.ndjson", "datasets/materializations.ndjson"
    }  # fmt: skip
    assert all(FORMATS[name].model is not None for name in names)


def test_a_refused_write_leaves_the_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = verdicts(2)
    path = write(tmp_path, data)

    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parity.documents.durable.os.rename", refuse)
    with pytest.raises(StorageError, match="No space left") as refused:
        compact(path, Verdict)
    monkeypatch.undo()
    assert not isinstance(refused.value, UnfitError)
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


# -- files that are not as they were left -------------------------------------------------------------------------


def copied(path: Path, select: str, about: str) -> Path:
    """The Parquet with other rows or other metadata."""
    target = path.with_name("other.parquet")
    duckdb.sql(f"COPY ({select.format(path=path)}) TO '{target}' (FORMAT parquet, KV_METADATA {{{about}}})")
    return target


def test_other_rows_columns_or_metadata_are_damage(tmp_path: Path) -> None:
    data = verdicts(50)
    path = compact(write(tmp_path, data), Verdict)
    true = f"\"parity.version\": '1', \"parity.sha256\": '{hashlib.sha256(data).hexdigest()}', "
    true += f"\"parity.size\": '{len(data)}', \"parity.lines\": '50'"
    assert expanded(copied(path, "FROM '{path}'", true), Verdict) == data
    tampered = [
        ("FROM '{path}' LIMIT 49", true),
        ("FROM '{path}' ORDER BY case_id DESC", true),
        ("SELECT * REPLACE ('diverged' AS verdict) FROM '{path}'", true),
        ("SELECT * REPLACE ('{{' AS index) FROM '{path}'", true),
        ("SELECT * REPLACE (differing::DOUBLE AS differing) FROM '{path}'", true),
        ("SELECT * EXCLUDE (ulp) FROM '{path}'", true),
        ("SELECT *, 1 AS more FROM '{path}'", true),
        ("FROM '{path}' UNION ALL FROM '{path}'", true),
        ("FROM '{path}'", true.replace("'1'", "'2'")),
        ("FROM '{path}'", true.replace("'50'", "'51'")),
        ("FROM '{path}'", true.replace("'50'", "'many'")),
        ("FROM '{path}'", true.replace(f"'{len(data)}'", f"'{1 << 40}'")),
        ("FROM '{path}'", "\"parity.version\": '1'"),
    ]
    for select, about in tampered:
        other = copied(path, select, about)
        with pytest.raises(DamagedError, match="does not give the lines"):
            expanded(other, Verdict)


def test_no_more_is_expanded_than_was_put_in(tmp_path: Path) -> None:
    data = verdicts(10)
    path = compact(write(tmp_path, data), Verdict)
    about = f"\"parity.version\": '1', \"parity.sha256\": '{'0' * 64}', \"parity.size\": '400', \"parity.lines\": '10'"
    huge = copied(path, "SELECT lines.* FROM '{path}' lines, range(100000)", about)
    given_out: list[bytes] = []
    with pytest.raises(DamagedError, match="the 10 that were put in"):
        given_out.extend(compaction.expanded_lines(huge, Verdict))
    assert 0 < sum(map(len, given_out)) <= 400


def test_every_flipped_or_lost_byte_is_found(tmp_path: Path) -> None:
    """Or it makes no difference to the lines: Parquet has padding and statistics."""
    data = verdicts(20)
    path = compact(write(tmp_path, data), Verdict)
    intact = path.read_bytes()
    found = 0
    for position in range(0, len(intact), max(1, len(intact) // 150)):
        damaged = bytearray(intact)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            assert expanded(path, Verdict) == data
        except DamagedError:
            found += 1
    assert found > 20
    for length in (0, 3, len(intact) // 2, len(intact) - 1):
        path.write_bytes(intact[:length])
        with pytest.raises(DamagedError):
            expanded(path, Verdict)
    with pytest.raises(DamagedError):
        expanded(tmp_path / "nowhere.parquet", Verdict)


# -- without DuckDB -----------------------------------------------------------------------------------------------


def test_without_duckdb_a_run_is_refused_before_it_starts_and_a_reader_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = compact(write(tmp_path, verdicts(2)), Verdict)
    compaction.demand()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert not compaction.available()
    with pytest.raises(UsageError) as refused:
        compaction.demand()
    with pytest.raises(InconclusiveError) as unread:
        expanded(path, Verdict)
    assert refused.value.hint == unread.value.hint == "pip install 'parity[query]'"


# -- a bundle -----------------------------------------------------------------------------------------------------


def test_a_bundle_with_compacted_files_reads_the_same(
    untouched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shutil.copytree(untouched, tmp_path / "copy")
    before = Bundle(path)
    said = [before.verdicts(), tuple(before.spans()), tuple(before.metrics()), tuple(before.materializations())]
    monkeypatch.setattr(compaction, "LONG", 0)
    files = []
    for file in before.files:
        instead = compact_long(path / file.name, file.schema_) if file.schema_ else None
        if instead is not None:
            content = instead.read_bytes()
            name = instead.relative_to(path).as_posix()
            digest = hashlib.sha256(content).hexdigest()
            file = file.model_copy(update={"name": name, "sha256": digest, "size": len(content)})  # noqa: PLW2901
        files.append(file)
    manifest = before.manifest.model_copy(update={"files": tuple(sorted(files, key=lambda file: file.name))})
    (path / "manifest.json").write_bytes(pretty(manifest.full()))
    after = Bundle(path)
    assert {file.name for file in after.files} >= {"verdicts.parquet", "spans.parquet", "metrics.parquet"}
    assert [after.verdicts(), tuple(after.spans()), tuple(after.metrics()), tuple(after.materializations())] == said
    assert all(isinstance(span, Span) for span in said[1])


def test_nan_never_reaches_a_line() -> None:
    """JSON has none: what a float column holds came from a finite number."""
    assert b"NaN" not in line(Metric(name="x", value=1.5, unit="1", time_unix_nanos="0"))
    with pytest.raises(ValueError, match="finite"):
        Metric(name="x", value=math.nan, unit="1", time_unix_nanos="0")
