"""What a run left is read back as it was, and every damage is found before a word of it is believed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.bundle import failures
from parity.bundle.formats import MANIFEST_TOML, REQUEST
from parity.bundle.inventory import MANIFEST, UNLISTED
from parity.bundle.layout import Bundle
from parity.calling import Outcome, Raised, Returned, Value
from parity.documents.case import ArrayArgument, Call, Case
from parity.documents.verdict import BAD
from parity.errors import DamagedError, DocumentError, ExitCode, ParityError, UsageError


def everything(path: Path) -> list[Any]:
    """All that a bundle says."""
    bundle = Bundle(path)
    documents = [bundle.run, bundle.report, bundle.verdicts, bundle.plan, bundle.failures, bundle.pools]
    documents += [bundle.manifest_toml, bundle.graph, bundle.registry, bundle.lineage]
    lines = [bundle.spans, bundle.events, bundle.metrics, bundle.materializations]
    read = [bundle.read(file.name) for file in bundle.files]
    return [part() for part in documents] + [list(part()) for part in lines] + read


def test_a_bundle_is_what_the_run_left(untouched: Path) -> None:
    bundle = Bundle(untouched)
    run, report, plan, verdicts = bundle.run(), bundle.report(), bundle.plan(), bundle.verdicts()
    assert [verdict.case_id for verdict in verdicts] == [case.case_id for case in plan.cases]
    assert report.totals.cases == len(verdicts) > 0
    assert report.totals.diverged == sum(verdict.verdict == "diverged" for verdict in verdicts) > 0
    assert bundle.failures().keys() == {verdict.case_id for verdict in verdicts if verdict.verdict in BAD}
    assert {pool.name for pool in plan.pools} == bundle.pools().keys()
    assert bundle.read(REQUEST).startswith(b'version: "v1"\n')
    assert run.run_id == report.run_id == bundle.manifest_toml().run_id == bundle.manifest.run_id
    assert run.run_id.text == untouched.name


def test_telemetry_and_datasets_are_read(untouched: Path) -> None:
    bundle = Bundle(untouched)
    spans = list(bundle.spans())
    assert spans[-1].parent_span_id is None
    assert {span.trace_id for span in spans} == {bundle.run().run_id.trace_id}
    assert [event.attrs["verdict"] for event in bundle.events()] == ["diverged"] * bundle.report().totals.diverged
    assert {metric.name: metric.value for metric in bundle.metrics()}["cases.judged"] == bundle.report().totals.cases
    keys = {node.node_key for node in bundle.graph().nodes}
    assert {asset.name for asset in bundle.registry().assets} < keys
    assert {row.node_key for row in bundle.materializations()} < keys
    assert bundle.lineage().edges


def test_the_manifest_lists_every_other_file(untouched: Path) -> None:
    found = {path.relative_to(untouched).as_posix() for path in untouched.rglob("*") if path.is_file()}
    assert {file.name for file in Bundle(untouched).files} == found - UNLISTED


def test_a_redacted_bundle_has_no_pools_and_no_answers(redacted: Path) -> None:
    assert Bundle(redacted).pools() == {}
    assert Bundle(redacted).failures() == {}
    assert Bundle(redacted).report().totals.diverged > 0


def test_a_bundle_can_be_copied_anywhere(untouched: Path, tmp_path: Path) -> None:
    shutil.copytree(untouched, tmp_path / "else where")
    assert everything(tmp_path / "else where") == everything(untouched)


def test_failures_are_kept_up_to_a_bound_for_each_row() -> None:
    call = Call(op="add", args=(ArrayArgument(pool="d.general"), ArrayArgument(pool="d.general")))
    answers: tuple[Outcome, ...] = (
        Returned((Value("array", "<f8", (1,), b"\x00\xff" * 4),), (b"ab",), (True,), ("0",), ("over",), ("W",)),
        Raised("ValueError", ("ValueError", "Exception"), "no"),
    )
    many = [
        (Case(case_id=f"c{number}", loop="dd->d", layout="contiguous", call=call), answers[number % 2])
        for number in range(150)
    ]
    assert list(failures.decode(failures.encode(many)).values()) == many[:100]


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="no run bundle"):
            Bundle(path)


def test_every_flipped_bit_is_found(bundle: Path) -> None:
    """In each file one bit in each of 40 bytes, and in the manifest one in each of 400."""
    intact = everything(bundle)
    for name in [MANIFEST, *(file.name for file in Bundle(bundle).files)]:
        data = (bundle / name).read_bytes()
        for position in range(0, len(data), max(1, len(data) // (400 if name == MANIFEST else 40))):
            damaged = bytearray(data)
            damaged[position] ^= 1 << position % 8
            (bundle / name).write_bytes(damaged)
            with pytest.raises(ParityError) as found:
                everything(bundle)
            assert found.value.exit_code == ExitCode.BAD_INPUT, (name, position)
            assert found.value.where is not None
            assert str(bundle) in found.value.where
        (bundle / name).write_bytes(data)
    assert everything(bundle) == intact


def unreadable(path: Path) -> Iterator[str]:
    """Ways in which a file is none."""
    yield "missing"
    path.symlink_to(path.with_name(MANIFEST))
    yield "a link"
    path.unlink()
    os.mkfifo(path)
    yield "a pipe"
    path.unlink()
    path.mkdir()
    yield "a directory"


def test_a_file_that_is_none_is_damage(bundle: Path) -> None:
    (bundle / MANIFEST_TOML).unlink()
    for _ in unreadable(bundle / MANIFEST_TOML):
        with pytest.raises(DamagedError) as found:
            Bundle(bundle).manifest_toml()
        assert found.value.where == str(bundle / MANIFEST_TOML)


def test_a_manifest_that_lists_paths_out_of_the_bundle_reads_nothing_there(bundle: Path) -> None:
    (bundle.parent / "secret").write_bytes(b"")
    manifest = orjson.loads((bundle / MANIFEST).read_bytes())
    manifest["files"][0] |= {"name": "../secret", "size": 0}
    text = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (bundle / MANIFEST).write_bytes(text)
    with pytest.raises(DamagedError, match="leads out"):
        Bundle(bundle).read("../secret")


@pytest.mark.parametrize("line", [b"{", b"[]", b"{}", b'{"case":1}', b'{"case":{},"runs":[1],"expected":{}}'])
def test_answers_that_are_none_are_refused(line: bytes, bundle: Path, rewrite: Any) -> None:
    rewrite(bundle, "artifacts/failures.ndjson", lambda data: line + b"\n" + data)
    with pytest.raises(DocumentError) as found:
        Bundle(bundle).failures()
    assert "failures.ndjson" in str(found.value.where)


def test_a_pool_of_no_type_is_refused(bundle: Path, rewrite: Any) -> None:
    rewrite(bundle, "plan.json", lambda data: data.replace(b'"name":"d.', b'"name":"z.'))
    with pytest.raises(DocumentError, match="of no element type"):
        Bundle(bundle).pools()


def test_a_size_that_no_file_has_is_refused(bundle: Path) -> None:
    path = bundle / MANIFEST
    path.write_bytes(path.read_bytes().replace(b'"size": ', b'"size": 1' + b"0" * 30, 1))
    with pytest.raises(DocumentError, match=r"files\.0\.size"):
        Bundle(bundle)


def test_a_file_shorter_than_its_listed_size_is_damage(bundle: Path) -> None:
    path = bundle / MANIFEST
    first = orjson.loads(path.read_bytes())["files"][0]
    path.write_bytes(path.read_bytes().replace(b'"size": %d' % first["size"], b'"size": %d' % 2**52, 1))
    with pytest.raises(DamagedError):
        Bundle(bundle).read(first["name"])
