"""A bundle grows while the run goes on, and is there as a whole at the end or not at all."""

import contextlib
import errno
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity.bundle import manifest_toml
from parity.bundle.amendment import amend
from parity.bundle.datasets import OWN, make_asset
from parity.bundle.writer import BundleWriter, live_bundle
from parity.documents.datasets import Lineage, Materialization, Registry
from parity.documents.durable import sweep
from parity.documents.graph import Graph
from parity.documents.ids import RunId
from parity.documents.run import BundleManifest
from parity.documents.run_toml import RunToml
from parity.documents.telemetry import Event, Metric, Span
from parity.errors import DamagedError, StorageError

CODE = "parity.cases.planning:plan@0.1.0"
VERDICTS = b"".join(b'{"case_id":"%d"}\n' % number for number in range(10_000))
ALWAYS = {
    "manifest.toml", "graph.json", "spans.ndjson", "events.ndjson", "metrics.ndjson", "datasets/registry.json",
    "datasets/lineage.json", "datasets/materializations.ndjson",
}  # fmt: skip


def head(run_id: RunId, **changes: Any) -> RunToml:
    fields: dict[str, Any] = {
        "flow_name": "run",
        "run_id": run_id,
        "dtypes": ("f8",),
        "invariants_present": False,
        "redact_artifacts": False,
    }
    return RunToml(**fields | changes)


def record(writer: BundleWriter) -> None:
    """A small run."""
    writer.asset(
        make_asset(
            "capture",
            "capture",
            pointer="package:parity/fixtures/oracle/numpy-2.4.6",
            content="c" * 64,
            source="numpy 2.4.6",
            schema="parity.capture/1",
            license_=OWN,
        )
    )
    with writer.stage("plan", "plan", params={"suite": "smoke"}, code=CODE) as stage:
        stage.output("plan", fingerprint="a" * 64, bytes=7, rows=2, cache="hit")
    with writer.stage("judge", "judge", inputs=("plan", "capture"), code=CODE) as stage:
        lines = writer.lines("verdicts.ndjson", "parity.verdict/1")
        for line in VERDICTS.splitlines(keepends=True):
            lines.append(line)
        stage.output("verdicts", fingerprint=hashlib.sha256(VERDICTS).hexdigest(), bytes=len(VERDICTS), rows=10_000)
        stage.attribute("exact", 10_000)
    with writer.span("report", html=True):
        written = writer.write("report.md", b"# fine\n")
    assert (written.name, written.size, written.sha256) == ("report.md", 7, hashlib.sha256(b"# fine\n").hexdigest())
    writer.write("artifacts/empty.bin", b"")
    writer.write("run.json", b"{}\n", "parity.run/1")
    writer.lineage("report.md", "verdicts.ndjson", "was_derived_from")
    writer.lineage("verdicts.ndjson", "judge", "was_generated_by")
    writer.lineage("judge", "capture", "used")
    writer.event("finished", cases=10_000)
    writer.metric("run.cases", 10_000, "{case}")


def made(runs: Path, **options: Any) -> Path:
    run_id = RunId.new()
    with live_bundle(runs, run_id) as writer:
        record(writer)
        writer.finish(head(run_id), **options)
    return runs / run_id.text


def manifest(bundle: Path) -> BundleManifest:
    return BundleManifest.from_json((bundle / "manifest.json").read_bytes(), "manifest.json")


def names(bundle: Path) -> set[str]:
    return {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}


def lines(bundle: Path, name: str) -> list[bytes]:
    return (bundle / name).read_bytes().splitlines()


def contents(bundle: Path) -> dict[str, bytes]:
    return {name: (bundle / name).read_bytes() for name in names(bundle)}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("runs"))


def test_the_manifest_lists_every_other_file_with_what_is_in_it(bundle: Path) -> None:
    listed = manifest(bundle)
    found = names(bundle) - {"manifest.json"}
    assert [file.name for file in listed.files] == sorted(found)
    assert found == ALWAYS | {"verdicts.ndjson", "report.md", "artifacts/empty.bin", "run.json"}
    assert listed.run_id.text == bundle.name
    for file in listed.files:
        data = (bundle / file.name).read_bytes()
        assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest()), file.name


def test_the_manifest_says_which_schema_each_file_follows(bundle: Path) -> None:
    assert {file.name: file.schema_ for file in manifest(bundle).files} == {
        "artifacts/empty.bin": None,
        "datasets/lineage.json": "parity.lineage/1",
        "datasets/materializations.ndjson": "parity.materialization/1",
        "datasets/registry.json": "parity.registry/1",
        "events.ndjson": "parity.event/1",
        "graph.json": "parity.graph/1",
        "manifest.toml": "parity.run_manifest/1",
        "metrics.ndjson": "parity.metric/1",
        "report.md": None,
        "run.json": "parity.run/1",
        "spans.ndjson": "parity.span/1",
        "verdicts.ndjson": "parity.verdict/1",
    }


def test_every_document_reads_back_by_its_model(bundle: Path) -> None:
    graph = Graph.from_json((bundle / "graph.json").read_bytes(), "graph.json")
    assert [node.node_key for node in graph.nodes] == ["capture", "plan", "judge"]
    assert [(edge.source, edge.target) for edge in graph.edges] == [("plan", "judge"), ("capture", "judge")]
    registry = Registry.from_json((bundle / "datasets/registry.json").read_bytes(), "registry.json")
    assert [asset.name for asset in registry.assets] == ["capture"]
    lineage = Lineage.from_json((bundle / "datasets/lineage.json").read_bytes(), "lineage.json")
    assert [edge.relation for edge in lineage.edges] == ["was_derived_from", "was_generated_by", "used"]
    assert manifest_toml.read((bundle / "manifest.toml").read_bytes(), "manifest.toml").run_id.text == bundle.name
    assert (bundle / "verdicts.ndjson").read_bytes() == VERDICTS


def test_telemetry_is_of_the_run(bundle: Path) -> None:
    spans = [Span.from_json(line, "spans") for line in lines(bundle, "spans.ndjson")]
    assert [span.name for span in spans] == ["plan", "judge", "report", "run"]
    assert {span.trace_id.text for span in spans} == {bundle.name}
    assert {span.parent_span_id for span in spans[:-1]} == {spans[-1].span_id}
    assert spans[1].attrs == {"op_kind": "judge", "exact": 10_000}
    assert [Event.from_json(line, "events").name for line in lines(bundle, "events.ndjson")] == ["finished"]
    metrics = [Metric.from_json(line, "metrics") for line in lines(bundle, "metrics.ndjson")]
    assert [(metric.name, metric.value) for metric in metrics] == [("run.cases", 10_000), ("telemetry.dropped", 0)]


def test_each_output_of_a_stage_is_a_materialization(bundle: Path) -> None:
    rows = [Materialization.from_json(line, "rows") for line in lines(bundle, "datasets/materializations.ndjson")]
    spans = {span.span_id: span for span in (Span.from_json(line, "spans") for line in lines(bundle, "spans.ndjson"))}
    assert [(row.node_key, row.output, row.cache, row.rows, row.status) for row in rows] == [
        ("plan", "plan", "hit", 2, "ok"),
        ("judge", "verdicts", "miss", 10_000, "ok"),
    ]
    for row in rows:
        assert row.span_id is not None
        span = spans[row.span_id]
        assert span.name == row.node_key
        assert int(row.duration_nanos) == int(span.end_unix_nanos) - int(span.start_unix_nanos)


def test_what_does_not_depend_on_time_is_the_same_in_two_runs(bundle: Path, tmp_path: Path) -> None:
    other = made(tmp_path)
    for name in ("graph.json", "datasets/registry.json", "datasets/lineage.json"):
        assert (other / name).read_bytes() == (bundle / name).read_bytes()


def test_the_bundle_is_live_and_has_its_name_at_the_end_alone(tmp_path: Path) -> None:
    run_id = RunId.new()
    with live_bundle(tmp_path, run_id) as writer:
        writer.event("started")
        with writer.stage("plan", "plan", code=CODE):
            assert not (tmp_path / run_id.text).exists()
        assert (writer.place / "events.ndjson").stat().st_size
        assert (writer.place / "spans.ndjson").stat().st_size
        writer.finish(head(run_id))
        assert not (tmp_path / run_id.text).exists()
        writer.after("scrub.json", b"{}\n")
    assert "scrub.json" in names(tmp_path / run_id.text)
    assert "scrub.json" not in {file.name for file in manifest(tmp_path / run_id.text).files}
    assert [path.name for path in tmp_path.iterdir()] == [run_id.text]


def run(runs: Path, work: Callable[[BundleWriter], object]) -> None:
    """A run that does some work and then all that it has to do."""
    with live_bundle(runs, RunId.new()) as writer:
        work(writer)
        record(writer)
        writer.finish(head(writer.run_id))


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3), FileNotFoundError(2, "no")])
def test_a_run_that_raises_leaves_nothing_and_raises_the_same(tmp_path: Path, error: BaseException) -> None:
    def work(writer: BundleWriter) -> None:
        writer.event("started")
        raise error

    with pytest.raises(type(error)) as raised:
        run(tmp_path, work)
    assert raised.value is error
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_killed_leaves_what_sweep_removes(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from parity.bundle.writer import live_bundle; from parity.documents.ids import RunId\n"
        "with live_bundle(Path(sys.argv[1]), RunId.new()) as writer:\n"
        "    writer.event('started'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".")
    assert lines(left, "events.ndjson")
    assert sweep(tmp_path) == (left.name,)
    assert list(tmp_path.iterdir()) == []


def test_an_exception_that_the_run_can_do_with_is_on_record(tmp_path: Path) -> None:
    def work(writer: BundleWriter) -> None:
        with contextlib.suppress(ZeroDivisionError), writer.stage("warm", "warm", code=CODE) as stage:
            stage.output("cache", fingerprint="a" * 64, bytes=0)
            stage.attribute("share", 1 / 0)

    run(tmp_path, work)
    (bundle,) = tmp_path.iterdir()
    row = Materialization.from_json(lines(bundle, "datasets/materializations.ndjson")[0], "row")
    span = Span.from_json(lines(bundle, "spans.ndjson")[0], "span")
    assert (row.node_key, row.status) == (span.name, span.status) == ("warm", "error")
    assert span.attrs["error.type"] == "ZeroDivisionError"


def refuse(*_: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def lie(write: Callable[..., int]) -> Callable[..., int]:
    def written(descriptor: int, data: bytes, offset: int) -> int:
        write(descriptor, bytes(len(data)), offset)
        return len(data)

    return written


@pytest.mark.parametrize("call", ["pwrite", "fsync", "rename"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def work(_: BundleWriter) -> None:
        monkeypatch.setattr(f"parity.documents.durable.os.{call}", refuse)

    with pytest.raises(StorageError, match="No space left"):
        run(tmp_path, work)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_lies_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_: BundleWriter) -> None:
        monkeypatch.setattr("parity.documents.durable.os.pwrite", lie(os.pwrite))

    with pytest.raises(StorageError, match="not stored as written"):
        run(tmp_path, work)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "runs").write_bytes(b"")
    with pytest.raises(StorageError) as refused, live_bundle(tmp_path / "runs", RunId.new()):
        pass
    assert str(tmp_path / "runs") in str(refused.value.where)


def test_a_run_must_finish_with_its_own_manifest(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="without `finish`"), live_bundle(tmp_path, RunId.new()) as writer:
        record(writer)
    for wrong in (head(RunId.new()), head(writer.run_id, redact_artifacts=True)):
        with pytest.raises(ValueError, match="another run"), live_bundle(tmp_path, writer.run_id) as writer:
            writer.finish(wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "a/../b", "./a", "a//b", "", ".", "manifest.json", "graph.json", "seal.rq", "spans.ndjson", "scrub.json",
     "datasets/registry.json", "manifest.toml"],
)  # fmt: skip
def test_a_file_that_is_not_the_callers_to_write_is_refused(tmp_path: Path, name: str) -> None:
    with live_bundle(tmp_path, RunId.new()) as writer:
        for attempt in (lambda: writer.write(name, b""), lambda: writer.lines(name, "parity.verdict/1")):
            with pytest.raises(ValueError, match=r"written by the bundle|comes twice|no path"):
                attempt()
        writer.finish(head(writer.run_id))


def test_nothing_is_written_twice_or_after_the_end(tmp_path: Path) -> None:
    with live_bundle(tmp_path, RunId.new()) as writer:
        writer.write("plan.json", b"{}")
        with pytest.raises(ValueError, match="twice"):
            writer.write("plan.json", b"{}")
        with pytest.raises(ValueError, match="no end yet"):
            writer.after("scrub.json", b"")
        writer.finish(head(writer.run_id))
        with pytest.raises(ValueError, match="after the end"):
            writer.write("late.json", b"{}")
        with pytest.raises(ValueError, match="not written after the seal"):
            writer.after("late.json", b"")


def test_stages_must_fit_together(tmp_path: Path) -> None:
    with live_bundle(tmp_path, RunId.new()) as writer:
        with (
            pytest.raises(ValueError, match="neither a stage"),
            writer.stage("judge", "judge", inputs=("plan",), code=CODE),
        ):
            pass
        with writer.stage("plan", "plan", code=CODE) as stage:
            stage.output("plan", fingerprint="a" * 64, bytes=1)
            with pytest.raises(ValueError, match="two outputs"):
                stage.output("plan", fingerprint="a" * 64, bytes=1)
        with pytest.raises(ValueError, match="two nodes"), writer.stage("plan", "plan", code=CODE):
            pass
        writer.finish(head(writer.run_id))


def test_lines_can_be_put_in_another_form_at_the_end(tmp_path: Path) -> None:
    def compact(path: Path, schema: str) -> Path | None:
        if path.name != "verdicts.ndjson":
            return None
        assert (schema, path.read_bytes()) == ("parity.verdict/1", VERDICTS)
        path.rename(path.with_suffix(".parquet"))
        return path.with_suffix(".parquet")

    bundle = made(tmp_path, compact=compact)
    listed = {file.name: file for file in manifest(bundle).files}
    assert set(listed) == names(bundle) - {"manifest.json"}
    assert list(listed) == sorted(listed)
    file = listed["verdicts.parquet"]
    assert (file.sha256, file.size, file.schema_) == (
        hashlib.sha256(VERDICTS).hexdigest(),
        len(VERDICTS),
        "parity.verdict/1",
    )


def seal(place: Path) -> None:
    (place / "seal.rq").write_bytes(b"new")


def test_an_amended_bundle_has_one_more_event_and_a_seal_of_its_own(tmp_path: Path) -> None:
    bundle = made(tmp_path)
    (bundle / "seal.rq").write_bytes(b"old seal")
    (bundle / "scrub.json").write_bytes(b"{}")
    before = contents(bundle)
    after = amend(bundle, "ledger.failed", {"error.type": "StorageError"}, seal)
    now = contents(bundle)
    assert now.keys() == before.keys() - {"scrub.json"}
    assert {name for name in now if now[name] != before[name]} == {"events.ndjson", "manifest.json", "seal.rq"}
    assert now["seal.rq"] == b"new"
    assert manifest(bundle) == after
    for file in after.files:
        assert (file.size, file.sha256) == (len(now[file.name]), hashlib.sha256(now[file.name]).hexdigest())
    assert [file.schema_ for file in after.files if file.name == "events.ndjson"] == ["parity.event/1"]
    assert now["events.ndjson"].startswith(before["events.ndjson"])
    event = Event.from_json(now["events.ndjson"].splitlines()[-1], "events")
    assert (event.name, event.span_id, event.attrs) == ("ledger.failed", None, {"error.type": "StorageError"})
    assert event.trace_id.text == bundle.name
    assert [path.name for path in tmp_path.iterdir()] == [bundle.name]


def fail(_: Path) -> None:
    raise StorageError("the seal could not be written")


def test_an_amendment_that_fails_leaves_the_bundle_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = made(tmp_path)
    before = contents(bundle)
    with pytest.raises(StorageError, match="seal"):
        amend(bundle, "ledger.failed", {}, fail)
    monkeypatch.setattr("parity.documents.durable.os.pwrite", refuse)
    with pytest.raises(StorageError, match="No space"):
        amend(bundle, "ledger.failed", {}, lambda _: None)
    monkeypatch.undo()
    assert contents(bundle) == before
    assert [path.name for path in tmp_path.iterdir()] == [bundle.name]


@pytest.mark.parametrize("name", ["verdicts.ndjson", "events.ndjson", "graph.json"])
def test_a_damaged_bundle_is_not_amended(tmp_path: Path, name: str) -> None:
    bundle = made(tmp_path)
    (bundle / name).write_bytes((bundle / name).read_bytes()[:-1])
    with pytest.raises(DamagedError, match=name):
        amend(bundle, "ledger.failed", {}, lambda _: None)
    (bundle / name).unlink()
    with pytest.raises(DamagedError):
        amend(bundle, "ledger.failed", {}, lambda _: None)
    (bundle / "manifest.json").unlink()
    with pytest.raises(DamagedError, match="cannot be read"):
        amend(bundle, "ledger.failed", {}, lambda _: None)
