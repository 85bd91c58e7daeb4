"""A bundle is written whole or not at all, and every damage to it is found when it is read."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.bundle.layout import FAILURES, MANIFEST, REQUEST, Bundle, Evidence, new_run_id, write_bundle
from parity.calling import Outcome, Raised, Returned, Value
from parity.documents.capture import OracleIdentity
from parity.documents.case import ArrayArgument, Call, Case, Plan, Pool, plan_digest
from parity.documents.manifest import Manifest
from parity.documents.report import ProviderIdentity
from parity.documents.run import Program, RunDocument
from parity.documents.verdict import Verdict
from parity.errors import ExitCode, ParityError, StorageError, UsageError
from parity.report import interchange
from parity.report.fold import ReportHead, fold

ORACLE = OracleIdentity(
    source="system", numpy="2.4.6", dispatch=("AVX2",), platform="Linux-x86_64", libm="glibc 2.36", python="3.11.7"
)
PROVIDER = ProviderIdentity(spec="numba", name="parity_kernels", version=None)
CASES = tuple(
    Case(
        case_id=f"add-dd-d-{number:012x}",
        loop="dd->d",
        layout="contiguous",
        call=Call(op="add", args=(ArrayArgument(pool="d.general"), ArrayArgument(pool="d.general", at=number))),
    )
    for number in range(2)
)
POOLS = {"d.general": bytes(range(32)), "?.general": bytes(3)}
PLAN = Plan(
    suite="smoke",
    seed="1",
    catalogue_digest="d" * 64,
    digest=plan_digest(CASES),
    pools=tuple(Pool(name=name, count=count, sha256="0" * 64) for name, count in (("d.general", 4), ("?.general", 3))),
    cases=CASES,
)
EXPECTED: tuple[Outcome, ...] = (
    Returned((Value("array", "<f8", (1,), b"\x00\xff" * 4),), (b"ab",), (True,), ("0",), ("over",), ("W",)),
    Raised("ValueError", ("ValueError", "Exception"), "no"),
)


def evidence(**changes: Any) -> Evidence:
    verdicts = tuple(
        Verdict(
            case_id=case.case_id, op="add", loop="dd->d", layout="contiguous", verdict="diverged", failed_class="value"
        )
        for case in CASES
    )
    run = RunDocument(
        run_id=new_run_id(),
        manifest=Manifest.model_validate({"version": "v1", "metadata": {"name": "test"}, "run": {}}),
        provider=PROVIDER,
        oracle=ORACLE,
        program=Program(parity="0", python="3.11.7", numpy="2.4.6", platform="Linux-x86_64"),
        plan_digest=PLAN.digest,
        capture_digest="c" * 64,
        catalogue_digest="d" * 64,
        not_captured=0,
        allow_pure=False,
    )
    head = ReportHead(
        run_id=run.run_id,
        suite="smoke",
        provider=PROVIDER,
        oracle=ORACLE,
        allow_pure=False,
        plan_digest=PLAN.digest,
        capture_digest="c" * 64,
        catalogue_digest="d" * 64,
        not_captured=0,
        redacted=False,
        max_ulp={},
    )
    report = interchange.to_json(fold(verdicts, head))
    failed = tuple(zip(CASES, EXPECTED, strict=True))
    return Evidence(run, PLAN, verdicts, {"report.json": report}, failed, POOLS, b"version: v1\n")._replace(**changes)


def everything(path: Path) -> list[Any]:
    """All that a bundle says."""
    bundle = Bundle(path)
    parts = (bundle.run, bundle.report, bundle.verdicts, bundle.plan, bundle.failures, bundle.pools)
    return [part() for part in parts] + [bundle.read(REQUEST)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("runs"), evidence())


def test_a_bundle_is_what_was_put_in(tmp_path: Path) -> None:
    left = evidence()
    path = write_bundle(tmp_path, left)
    assert path == tmp_path / left.run.run_id
    run, report, verdicts, planned, failures, pools, request = everything(path)
    assert (run, verdicts, planned, request) == (left.run, left.verdicts, left.plan, left.request)
    assert report.totals.diverged == 2
    assert pools == left.pools
    assert list(failures.values()) == list(zip(CASES, EXPECTED, strict=True))


def test_the_manifest_lists_every_other_file(written: Path) -> None:
    listed = orjson.loads((written / MANIFEST).read_bytes())["files"]
    found = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert {file["name"] for file in listed} == found - {MANIFEST}


def test_a_redacted_bundle_has_no_values(tmp_path: Path) -> None:
    path = write_bundle(tmp_path, evidence(failed=(), pools={}, request=None))
    assert Bundle(path).pools() == {}
    assert Bundle(path).failures() == {}
    assert not (path / REQUEST).exists()


def test_a_bundle_can_be_copied_anywhere(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "else where")
    assert everything(tmp_path / "else where") == everything(written)


def test_run_ids_are_ordered_and_lowercase_hexadecimal() -> None:
    ids = [new_run_id() for _ in range(50)]
    assert ids == sorted(ids)
    assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") and name[12] == "7" for name in ids)


def test_failures_are_kept_up_to_a_bound_for_each_row(tmp_path: Path) -> None:
    many = tuple((CASES[0].model_copy(update={"case_id": f"c{number}"}), EXPECTED[1]) for number in range(150))
    assert len(Bundle(write_bundle(tmp_path, evidence(failed=many))).failures()) == 100


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    left = evidence()
    monkeypatch.setattr("parity.documents.durable.os.fsync", refuse)
    with pytest.raises(StorageError, match="No space left") as refused:
        write_bundle(tmp_path / "runs", left)
    monkeypatch.undo()
    assert refused.value.hint is not None
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_disk_that_fills_up_while_files_are_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes = Path.write_bytes

    def fill_up(path: Path, data: bytes) -> int:
        if path.name == Path(FAILURES).name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(StorageError):
        write_bundle(tmp_path / "runs", evidence())
    assert list((tmp_path / "runs").iterdir()) == []


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run bundle"):
        Bundle(tmp_path)
    with pytest.raises(UsageError, match="no run bundle"):
        Bundle(tmp_path / "nowhere")


def names(path: Path) -> list[str]:
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())


def test_every_flipped_bit_is_found(written: Path, tmp_path: Path) -> None:
    """In the manifest every bit, in the other files one bit in each of many bytes."""
    path = tmp_path / "copy"
    shutil.copytree(written, path)
    for name in names(path):
        intact = (path / name).read_bytes()
        step = 1 if name == MANIFEST else max(1, len(intact) // 40)
        for position in range(0, len(intact), step):
            damaged = bytearray(intact)
            damaged[position] ^= 1 << position % 8
            (path / name).write_bytes(damaged)
            with pytest.raises(ParityError) as found:
                everything(path)
            assert found.value.exit_code == ExitCode.BAD_INPUT, (name, position)
            assert found.value.where is not None
            assert str(path) in found.value.where
        (path / name).write_bytes(intact)
    everything(path)


def test_every_lost_or_cut_file_is_found(written: Path, tmp_path: Path) -> None:
    for name in names(written):
        path = tmp_path / name.replace("/", "-")
        shutil.copytree(written, path)
        (path / name).write_bytes((path / name).read_bytes()[:-1])
        with pytest.raises(ParityError):
            everything(path)
        (path / name).unlink()
        with pytest.raises(ParityError):
            everything(path)


def test_a_file_that_the_manifest_does_not_list_is_not_read(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "copy")
    (tmp_path / "copy" / "extra.json").write_bytes(b"{}")
    with pytest.raises(ParityError, match=r"extra\.json"):
        Bundle(tmp_path / "copy").read("extra.json")
