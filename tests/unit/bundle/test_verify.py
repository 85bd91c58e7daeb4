"""Each way of tampering with a bundle is found and blamed on a file, also where manifest.json was made to match."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.bundle import problems as limits
from parity.bundle.inventory import MANIFEST, MAX_DEPTH, SEAL, Enclosure, RefusedError, parts
from parity.bundle.problems import Problems
from parity.bundle.verify import Believed, verify
from parity.documents.verify import Problem

Rewrite = Callable[[Path, str, Callable[[bytes], bytes]], None]
Found = set[tuple[str, str]]


def checked(path: Path) -> tuple[Believed, tuple[Problem, ...]]:
    problems = Problems()
    with Enclosure(path) as enclosure:
        believed = verify(enclosure, problems)
    return believed, problems.result()


def found(path: Path) -> Found:
    return {(problem.path, problem.code) for problem in checked(path)[1]}


def with_document(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    """An edit of a JSON document that is written again as parity writes it."""

    def edit(data: bytes) -> bytes:
        value = orjson.loads(data)
        change(value)
        compact = b"\n  " not in data
        options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | (0 if compact else orjson.OPT_INDENT_2)
        return orjson.dumps(value, option=options)

    return edit


def with_line(number: int, change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    """An edit of one line of NDJSON, which stays canonical."""

    def edit(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        value = orjson.loads(lines[number])
        change(value)
        lines[number] = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
        return b"".join(lines)

    return edit


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    """Set a field, given by keys and indices."""

    def change(document: Any) -> None:
        *ways, last = path
        for way in ways:
            document = document[way]
        assert document[last] != value
        document[last] = value

    return change


def test_a_bundle_has_no_problems_wherever_it_lies(untouched: Path, bundle: Path, redacted: Path) -> None:
    for path in (untouched, bundle, redacted):
        believed, problems = checked(path)
        assert not problems
        assert believed.run_id is not None
        assert believed.run_id.text == (untouched if path == bundle else path).name
        assert believed.files == believed.listed
        assert believed.verdicts


# -- files -----------------------------------------------------------------------------------------


def test_a_flipped_bit_in_any_file_is_blamed_on_it_alone(bundle: Path) -> None:
    listed = checked(bundle)[0].files
    assert len(listed) == 18
    for name in sorted(listed):
        data = (bundle / name).read_bytes()
        assert data or name == "events.ndjson", name
        for position in {0, len(data) // 2, len(data) - 1}:
            damaged = bytearray(data)
            damaged[position] ^= 0x10
            (bundle / name).write_bytes(damaged)
            assert found(bundle) == {(name, "changed")}
        (bundle / name).write_bytes(data)
    assert not found(bundle)


def truncate(bundle: Path) -> Found:
    os.truncate(bundle / "plan.json", 100)
    return {("plan.json", "changed")}


def lengthen(bundle: Path) -> Found:
    with (bundle / "plan.json").open("ab") as file:
        file.write(b"\n")
    return {("plan.json", "changed")}


def remove(bundle: Path) -> Found:
    (bundle / "plan.json").unlink()
    return {("plan.json", "missing")}


def remove_a_folder(bundle: Path) -> Found:
    shutil.rmtree(bundle / "datasets")
    names = ("registry.json", "lineage.json", "materializations.ndjson")
    return {(f"datasets/{name}", "missing") for name in names}


def rename(bundle: Path) -> Found:
    (bundle / "plan.json").rename(bundle / "artifacts" / "plan2.json")
    return {("plan.json", "renamed"), ("artifacts/plan2.json", "unlisted")}


def swap(bundle: Path) -> Found:
    (bundle / "plan.json").rename(bundle / "x")
    (bundle / "graph.json").rename(bundle / "plan.json")
    (bundle / "x").rename(bundle / "graph.json")
    return {("plan.json", "changed"), ("graph.json", "changed")}


def add(bundle: Path) -> Found:
    (bundle / "artifacts" / "stray.txt").write_text("stray\n")
    return {("artifacts/stray.txt", "unlisted")}


def add_what_a_dead_process_leaves(bundle: Path) -> Found:
    (bundle / ".seal.rq.0123456789ab.tmp").write_text("")
    return {(".seal.rq.0123456789ab.tmp", "unlisted")}


def add_deep_down(bundle: Path) -> Found:
    (bundle / "a/b/c").mkdir(parents=True)
    (bundle / "a/b/c/d").write_text("stray\n")
    return {("a/b/c/d", "unlisted")}


def add_a_name_that_is_no_text(bundle: Path) -> Found:
    Path(os.fsdecode(os.fsencode(bundle) + b"/\xff\n")).write_text("stray\n")
    return {("\\udcff\n", "unlisted")}


def link(bundle: Path) -> Found:
    (bundle / "plan.json").rename(bundle.parent / "plan.json")
    (bundle / "plan.json").symlink_to(bundle.parent / "plan.json")
    return {("plan.json", "symlink")}


def link_within(bundle: Path) -> Found:
    (bundle / "plan.json").rename(bundle / "other.json")
    (bundle / "plan.json").symlink_to("other.json")
    return {("plan.json", "symlink"), ("other.json", "unlisted")}


def link_a_folder(bundle: Path) -> Found:
    (bundle / "datasets").rename(bundle.parent / "datasets")
    (bundle / "datasets").symlink_to(bundle.parent / "datasets")
    names = ("registry.json", "lineage.json", "materializations.ndjson")
    return {(f"datasets/{name}", "symlink") for name in names} | {("datasets", "symlink")}


def link_beside(bundle: Path) -> Found:
    (bundle / "more").symlink_to("/etc")
    return {("more", "symlink")}


def link_the_manifest(bundle: Path) -> Found:
    (bundle / MANIFEST).rename(bundle.parent / MANIFEST)
    (bundle / MANIFEST).symlink_to(bundle.parent / MANIFEST)
    return {(MANIFEST, "symlink")}


def put_a_directory(bundle: Path) -> Found:
    (bundle / "plan.json").unlink()
    (bundle / "plan.json").mkdir()
    return {("plan.json", "not_a_file")}


def put_a_pipe(bundle: Path) -> Found:
    (bundle / "spans.ndjson").unlink()
    os.mkfifo(bundle / "spans.ndjson")
    return {("spans.ndjson", "not_a_file")}


def add_a_pipe(bundle: Path) -> Found:
    os.mkfifo(bundle / "artifacts" / "pipe")
    return {("artifacts/pipe", "not_a_file")}


def add_a_pipe_for_the_seal(bundle: Path) -> Found:
    (bundle / SEAL).unlink()
    os.mkfifo(bundle / SEAL)
    return {(SEAL, "not_a_file")}


def add_a_socket(bundle: Path) -> Found:
    here = Path.cwd()
    os.chdir(bundle)  # the name of a socket has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("socket")
    finally:
        os.chdir(here)
    return {("socket", "not_a_file")}


def put_a_file_for_a_folder(bundle: Path) -> Found:
    shutil.rmtree(bundle / "artifacts")
    (bundle / "artifacts").write_text("")
    names = ("failures.ndjson", "pools.bin", "manifest.yaml")
    return {(f"artifacts/{name}", "missing") for name in names} | {("artifacts", "unlisted")}


def go_too_deep(bundle: Path) -> Found:
    (bundle / "/".join("d" * (MAX_DEPTH + 1))).mkdir(parents=True)
    return {(".", "too_large")}


FILES = [
    truncate,
    lengthen,
    remove,
    remove_a_folder,
    rename,
    swap,
    add,
    add_what_a_dead_process_leaves,
    add_deep_down,
    add_a_name_that_is_no_text,
    link,
    link_within,
    link_a_folder,
    link_beside,
    link_the_manifest,
    put_a_directory,
    put_a_pipe,
    add_a_pipe,
    add_a_pipe_for_the_seal,
    add_a_socket,
    put_a_file_for_a_folder,
    go_too_deep,
]


@pytest.mark.parametrize("tamper", FILES, ids=lambda tamper: tamper.__name__)
def test_tampering_with_files_is_found(tamper: Callable[[Path], Found], bundle: Path) -> None:
    expected = tamper(bundle)
    assert found(bundle) == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(bundle: Path) -> None:
    (bundle / "plan.json").chmod(0)
    assert found(bundle) == {("plan.json", "unreadable")}


def test_nothing_outside_is_ever_opened(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name that is opened is one step, relative to a folder that was opened so itself."""
    link_a_folder(bundle)
    opened = []
    real = os.open

    def watched(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        opened.append((str(path), flags, kwargs.get("dir_fd")))
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", watched)
    found(bundle)
    assert opened[0][0] == str(bundle)
    assert len(opened) > 20
    for path, flags, folder in opened[1:]:
        assert "/" not in path
        assert path != ".."
        assert flags & os.O_NOFOLLOW
        assert folder is not None


# -- manifest.json ---------------------------------------------------------------------------------


def listing(change: Callable[[list[Any]], None]) -> Callable[[Path], None]:
    """An edit of the list of files in manifest.json."""

    def edit(bundle: Path) -> None:
        path = bundle / MANIFEST
        path.write_bytes(with_document(lambda document: change(document["files"]))(path.read_bytes()))

    return edit


def named(files: list[Any], name: str) -> Any:
    return next(file for file in files if file["name"] == name)


def leaving(name: str) -> tuple[Callable[[Path], None], Found]:
    expected = {(name, "path_leaves"), (MANIFEST, "path_leaves"), ("plan.json", "missing"), ("plan.json", "unlisted")}

    def change(files: list[Any]) -> None:
        named(files, "plan.json")["name"] = name
        files.sort(key=lambda file: file["name"])

    return listing(change), expected


LISTS: dict[str, tuple[Callable[[Path], None], Found]] = {
    "a path upwards": leaving("../plan.json"),
    "a path up from below": leaving("artifacts/../../plan.json"),
    "an absolute path": leaving("/etc/passwd"),
    "a path of Windows": leaving("C:plan.json"),
    "a backslash": leaving("..\\plan.json"),
    "a path to itself": leaving("./plan.json"),
    "a double slash": leaving("artifacts//plan.json"),
    "a file twice": (listing(lambda files: files.insert(0, files[0])), {(MANIFEST, "manifest")}),
    "another order": (listing(lambda files: files.reverse()), {(MANIFEST, "manifest")}),
    "another schema": (
        listing(lambda files: named(files, "spans.ndjson").update(schema="parity.event/1")),
        {(MANIFEST, "manifest")},
    ),
    "a file that every bundle has left out": (
        listing(lambda files: files.remove(named(files, "plan.json"))),
        {("plan.json", "missing"), ("plan.json", "unlisted")},
    ),
    "a file that is not there": (
        listing(lambda files: files.insert(0, {"name": "artifacts/a", "sha256": "0" * 64, "size": 0, "schema": None})),
        {("artifacts/a", "missing")},
    ),
    "an unknown field": (listing(lambda files: files[0].update(mode=7)), {(MANIFEST, "schema")}),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_wrong_list_of_files_is_found(case: str, bundle: Path) -> None:
    change, expected = LISTS[case]
    change(bundle)
    assert found(bundle) == expected


def test_a_file_that_no_bundle_has_is_refused_though_it_is_listed(bundle: Path) -> None:
    (bundle / "zzz.txt").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    listing(lambda files: files.append({"name": "zzz.txt", "sha256": empty, "size": 0, "schema": None}))(bundle)
    assert found(bundle) == {("zzz.txt", "schema")}


def test_the_seal_in_the_list_is_refused(bundle: Path) -> None:
    (bundle / SEAL).write_bytes(b"")

    def change(files: list[Any]) -> None:
        files.append({"name": SEAL, "sha256": "0" * 64, "size": 0, "schema": None})
        files.sort(key=lambda file: file["name"])

    listing(change)(bundle)
    assert found(bundle) == {(MANIFEST, "manifest")}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"schema":"parity.bundle/2"}',
        b"[" * 100_000,
        b'{"run_id":' + b"9" * 100_000 + b"}",
    ],
    ids=["empty", "torn", "no text", "a list", "null", "another version", "deep", "a huge number"],
)
def test_the_rest_is_checked_where_the_manifest_is_no_manifest(data: bytes, bundle: Path) -> None:
    (bundle / MANIFEST).write_bytes(data)
    believed, problems = checked(bundle)
    assert {(problem.path, problem.code) for problem in problems} == {(MANIFEST, "schema")}
    assert believed.verdicts
    spans = bundle / "spans.ndjson"
    spans.write_bytes(spans.read_bytes().replace(b'"name":', b'"nom":'))
    (bundle / "graph.json").unlink()
    assert {(MANIFEST, "schema"), ("spans.ndjson", "schema"), ("graph.json", "missing")} <= found(bundle)


def test_a_manifest_that_is_missing_is_named(bundle: Path) -> None:
    (bundle / MANIFEST).unlink()
    assert found(bundle) == {(MANIFEST, "missing")}


# -- content, manifest.json made to match ----------------------------------------------------------

SPANS, EVENTS, METRICS, ROWS = "spans.ndjson", "events.ndjson", "metrics.ndjson", "datasets/materializations.ndjson"
VERDICTS, PLAN, RUN, GRAPH = "verdicts.ndjson", "plan.json", "run.json", "graph.json"
REGISTRY, LINEAGE, TOML = "datasets/registry.json", "datasets/lineage.json", "manifest.toml"
FAILURES, POOLS = "artifacts/failures.ndjson", "artifacts/pools.bin"
REQUEST = "artifacts/manifest.yaml"
OTHER_ID = "0123456789abcdef"


def dropping(number: int) -> Callable[[bytes], bytes]:
    """Without a line."""

    def edit(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        del lines[number]
        return b"".join(lines)

    return edit


def twice(data: bytes) -> bytes:
    """The first line once more."""
    return data.splitlines(keepends=True)[0] + data


def swapped(data: bytes) -> bytes:
    """The first two lines in the other order."""
    one, other, *rest = data.splitlines(keepends=True)
    return b"".join((other, one, *rest))


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new, 1)


def circle(data: bytes) -> bytes:
    """Two spans below each other, beside the root."""
    lines = [orjson.loads(line) for line in data.splitlines()]
    lines[0]["parent_span_id"], lines[1]["parent_span_id"] = lines[1]["span_id"], lines[0]["span_id"]
    return b"".join(orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for line in lines)


def zeroed(data: bytes) -> bytes:
    """All bits of the first kept answer are zero."""
    return with_line(0, lambda line: line["runs"].__setitem__(0, "0" * len(line["runs"][0])))(data)


CONTENT: dict[str, tuple[str, Callable[[bytes], bytes], str, str]] = {
    "an unknown field in a span": (SPANS, replaced(b'"span_id"', b'"no_such_field":1,"span_id"'), "schema", "line 1"),
    "an unknown field in canonical form": (SPANS, with_line(2, lambda span: span.update(zzz=1)), "schema", "line 3"),
    "a field twice": (SPANS, replaced(b'"name":', b'"name":"x","name":'), "schema", "canonical"),
    "a space": (SPANS, replaced(b'"name":', b'"name": '), "schema", "canonical"),
    "an empty line": (METRICS, lambda data: data + b"\n", "schema", "Invalid JSON"),
    "a torn line": (EVENTS, lambda data: data[:-9], "schema", "newline"),
    "a line without its newline": (VERDICTS, lambda data: data[:-1], "schema", "newline"),
    "NaN": (VERDICTS, with_line(0, put("ulp", value=0.5)), "plan", ""),
    "a wrong type": (METRICS, with_line(0, put("value", value="much")), "schema", "value"),
    "a number beyond 2^53": (METRICS, with_line(0, put("value", value=2**53)), "schema", "2^53"),
    "an unknown unit": (METRICS, with_line(0, put("unit", value="parsec")), "schema", "unit"),
    "a line that is too long": (EVENTS, lambda data: b" " * (1 << 19) + data, "too_large", "line 1"),
    "a span twice": (SPANS, twice, "spans", "twice"),
    "a span of another run": (SPANS, with_line(0, put("trace_id", value="1" * 32)), "spans", "not the run"),
    "an unknown parent": (SPANS, with_line(0, put("parent_span_id", value=OTHER_ID)), "spans", "is not there"),
    "a second root": (SPANS, with_line(0, put("parent_span_id", value=None)), "spans", "2 spans without a parent"),
    "no root": (SPANS, dropping(-1), "spans", "0 spans without a parent"),
    "a circle of parents": (SPANS, circle, "spans", "below itself"),
    "a child that begins before its parent": (
        SPANS,
        with_line(0, put("start_unix_nanos", value="1")),
        "spans",
        "not within its parent",
    ),
    "a span that ends before it starts": (SPANS, with_line(0, put("end_unix_nanos", value="1")), "schema", "ends"),
    "no spans at all": (SPANS, lambda _: b"", "spans", "0 spans"),
    "an event of another run": (EVENTS, with_line(0, put("trace_id", value="1" * 32)), "spans", "not the run"),
    "an event of an unknown span": (EVENTS, with_line(0, put("span_id", value=OTHER_ID)), "spans", "is not there"),
    "a row twice": (ROWS, twice, "graph", "twice"),
    "a row too few": (ROWS, dropping(0), "graph", "no row"),
    "a row of another fingerprint": (ROWS, with_line(0, put("fingerprint", value="0" * 64)), "graph", "says other"),
    "a row of an unknown output": (ROWS, with_line(0, put("output", value="x")), "graph", "has no x"),
    "a row of an unknown span": (ROWS, with_line(0, put("span_id", value=OTHER_ID)), "spans", "is not there"),
    "an edge to nowhere": (GRAPH, with_document(put("edges", 0, "source", value="x")), "schema", "no node"),
    "an edge too few": (GRAPH, with_document(lambda graph: graph["edges"].pop()), "schema", "alone"),
    "a node id of another key": (GRAPH, with_document(put("nodes", 0, "node_id", value="0" * 32)), "schema", "node_id"),
    "a parameter that was changed": (
        GRAPH,
        with_document(lambda graph: graph["nodes"][1]["params"].update(suite="full")),
        "schema",
        "node_def_hash",
    ),
    "an asset that is no source": (
        REGISTRY,
        with_document(lambda registry: registry["assets"].pop()),
        "graph",
        "no asset",
    ),
    "an asset of another content": (
        REGISTRY,
        with_document(put("assets", 0, "fingerprint", "content", value="0" * 64)),
        "schema",
        "asset_id",
    ),
    "lineage of an unknown file": (
        LINEAGE,
        with_document(lambda lineage: lineage["edges"][0]["source"].update(name="a")),
        "graph",
        "'a', which is not there",
    ),
    "a verdict too few": (VERDICTS, dropping(-1), "plan", "of a plan of"),
    "a verdict twice": (VERDICTS, twice, "plan", "not in the order"),
    "verdicts in another order": (VERDICTS, swapped, "plan", "not in the order"),
    "a verdict on another case": (VERDICTS, with_line(0, put("case_id", value="x")), "plan", "no case x"),
    "a verdict on another op": (VERDICTS, with_line(0, put("op", value="subtract")), "plan", "is another"),
    "a verdict that there is not": (VERDICTS, with_line(0, put("verdict", value="fine")), "schema", "verdict"),
    "a case with another call": (PLAN, with_document(put("cases", 0, "call", "op", value="x")), "plan", "of its call"),
    "a case of a pool that there is not": (PLAN, replaced(b'"pool":"d.', b'"pool":"d.x'), "plan", "of its call"),
    "a case renamed": (PLAN, with_document(put("cases", 0, "case_id", value="x")), "plan", "digest"),
    "a plan of another suite": (PLAN, with_document(put("suite", value="full")), "plan", "suite"),
    "a plan of another seed": (PLAN, with_document(put("seed", value="1")), "plan", "seed"),
    "a plan of another catalogue": (PLAN, with_document(put("catalogue_digest", value="0" * 64)), "plan", "catalogue"),
    "a plan as nobody writes it": (PLAN, lambda data: data.replace(b",", b", ", 1), "schema", "as parity writes it"),
    "a run of another version": (RUN, with_document(put("schema", value="parity.run/9")), "schema", "schema"),
    "another id": (RUN, with_document(put("run_id", value="019a" + "0" * 8 + "7" + "0" * 3 + "8" + "0" * 15)), "", ""),
    "an id that is none": (RUN, with_document(put("run_id", value="0" * 32)), "schema", "run_id"),
    "TOML that is none": (TOML, lambda data: data + b"=", "schema", "line"),
    "an unknown key in TOML": (TOML, lambda data: b"zzz = 1\n" + data, "schema", "zzz"),
    "TOML that denies redaction": (
        TOML,
        replaced(b"redact_artifacts = false", b"redact_artifacts = true"),
        "run",
        "redact_artifacts",
    ),
    "TOML of other dtypes": (TOML, replaced(b'"f8"', b'"f4"'), "run", "dtypes"),
    "TOML of another seed": (TOML, replaced(b'"20261120"', b'"1"'), "run", "seeds"),
    "a pool with another bit": (POOLS, lambda data: bytes([data[0] ^ 1]) + data[1:], "evidence", "pool"),
    "a pool too short": (POOLS, lambda data: data[:-1], "evidence", "bytes"),
    "a document that does not say its schema": (
        GRAPH,
        with_document(lambda graph: graph.pop("schema")),
        "schema",
        "which",
    ),
    "another count of cases": (METRICS, replaced(b'"value":38', b'"value":37'), "plan", "cases.planned is 37"),
    "a request that is no manifest": (REQUEST, lambda data: data + b"x", "schema", "line"),
    "a request of another run": (REQUEST, replaced(b"small", b"large"), "run", "metadata"),
    "a request with other gates": (REQUEST, replaced(b"add: 2", b"add: 3"), "run", "gates"),
    "an answer that is none": (FAILURES, lambda data: b"{}\n" + data, "schema", "line 1"),
    "an answer with other bits": (FAILURES, zeroed, "evidence", "is not that of its verdict"),
    "an answer that is too short": (
        FAILURES,
        with_line(0, lambda line: line["runs"].__setitem__(0, line["runs"][0][:-2])),
        "evidence",
        "is not that of its verdict",
    ),
    "an answer of a case with another call": (
        FAILURES,
        with_line(0, lambda line: line["case"]["call"]["args"].reverse()),
        "evidence",
        "is not that case",
    ),
}


@pytest.mark.parametrize("case", CONTENT)
def test_content_that_is_wrong_is_found_though_the_hashes_match(case: str, bundle: Path, rewrite: Rewrite) -> None:
    name, change, code, said = CONTENT[case]
    rewrite(bundle, name, change)
    problems = checked(bundle)[1]
    if case == "another id":
        assert {problem.code for problem in problems} >= {"run", "spans"}
    elif case == "NaN":
        assert not problems  # a number alone is the report's to find
    else:
        assert any((problem.path, problem.code) == (name, code) and said in problem.detail for problem in problems), (
            problems
        )


def test_values_in_a_bundle_that_is_said_to_have_none_are_found(bundle: Path, rewrite: Rewrite) -> None:
    rewrite(bundle, RUN, with_document(put("manifest", "outputs", "redact", value=True)))
    assert {(VERDICTS, "redaction"), (FAILURES, "redaction"), (POOLS, "redaction"), (PLAN, "redaction")} <= found(
        bundle
    )


# -- limits ----------------------------------------------------------------------------------------


def test_a_million_problems_are_counted_and_not_listed(bundle: Path, rewrite: Rewrite) -> None:
    rewrite(bundle, SPANS, lambda data: b"{}\n" * 1_000_000 + data)
    problems = [problem for problem in checked(bundle)[1] if problem.path == SPANS]
    assert len(problems) == limits.PER_PATH + 1
    assert problems[-1].code == "more"


def test_problems_of_many_files_are_bounded() -> None:
    problems = Problems()
    for number in range(10 * limits.IN_ALL):
        problems.add(f"f{number}", "unlisted", "x" * 10_000)
    listed = problems.result()
    assert len(listed) == limits.IN_ALL + 1
    assert listed[-1] == Problem(path=".", code="more", detail="18,000 more problems are not listed")
    assert all(len(problem.detail) <= limits.DETAIL for problem in listed)
    assert len(problems) == 10 * limits.IN_ALL


def test_a_directory_of_very_many_files_is_refused(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parity.bundle.inventory.MAX_FILES", 30)
    for number in range(20):
        (bundle / f"{number}").touch()
    assert (".", "too_large") in found(bundle)


@pytest.mark.parametrize(
    "path", ["", "/", "a//b", "a/", "/a", "..", "a/../b", ".", "./a", "a\0b", "a\\b", "c:x", "x/" * 99]
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(RefusedError):
        parts(path)
