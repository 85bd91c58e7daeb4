"""Every single flipped bit, cut and loss in a capture is found when it is opened, and the right file is accused."""

import shutil
import struct
from pathlib import Path

import pytest

from parity.calling import Raised, Returned, Value
from parity.documents.capture import OracleIdentity
from parity.documents.case import ArrayArgument, Call, Case, Plan, Pool, case_id, plan_digest
from parity.documents.model import sha256
from parity.errors import DamagedError, DocumentError, UsageError
from parity.oracle.store import CASES, DATA, FILES, HEAD, Capture, open_capture, write_capture


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of three cases with answers made up for it."""
    data = struct.pack("<4d", 1.0, -0.0, float("nan"), 2.5)
    pool = Pool(name="d.few", count=4, sha256=sha256(data))
    calls = tuple(Call(op=op, args=(ArrayArgument(pool="d.few", shape=(3,)),)) for op in ("square", "sign", "isnan"))
    cases = tuple(
        Case(case_id=case_id(call, "d->d", {pool.name: pool.sha256}), loop="d->d", layout="contiguous", call=call)
        for call in calls
    )
    plan = Plan(
        suite="smoke", seed="1", catalogue_digest="0" * 64, digest=plan_digest(cases), pools=(pool,), cases=cases
    )
    answer = Returned((Value("array", "<f8", (3,), bytes(range(24))),), (), (), (), ("over",), ())
    other = Returned((Value("array", "<f8", (3,), bytes(range(24, 48))),), (bytes(range(9)),), (True,), (), (), ())
    refusal = Raised("TypeError", ("TypeError", "Exception", "BaseException"), "no")
    identity = OracleIdentity(
        source="system",
        numpy="2.4.6",
        dispatch=("X86_V3",),
        platform="Linux-x86_64",
        libm="glibc 2.36",
        python="3.11.7",
    )
    out = tmp_path_factory.mktemp("whole") / "capture"
    write_capture(out, plan, {"d.few": data}, (answer, other, refusal), identity)
    return out


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "capture"))


def _refusal(path: Path) -> DamagedError | DocumentError:
    with pytest.raises((DamagedError, DocumentError)) as caught:
        open_capture(path)
    error = caught.value
    assert isinstance(error, DamagedError | DocumentError)
    assert error.exit_code == 2
    assert error.where is not None
    return error


def _flips(path: Path) -> list[tuple[int, int, DamagedError | DocumentError]]:
    """Offset, bit and error of every single flipped bit of a file; the file is whole again afterwards."""
    content = path.read_bytes()
    found = []
    for offset in range(len(content)):
        for bit in range(8):
            damaged = bytearray(content)
            damaged[offset] ^= 1 << bit
            path.write_bytes(damaged)
            found.append((offset, bit, _refusal(path.parent)))
    path.write_bytes(content)
    open_capture(path.parent)
    return found


def test_every_flipped_bit_of_cases_is_found_and_its_line_is_named(copy: Path) -> None:
    content = (copy / CASES).read_bytes()
    capture = open_capture(copy)
    for offset, bit, error in _flips(copy / CASES):
        line = content[:offset].count(b"\n") + 1
        assert CASES in str(error.where), (offset, bit)
        if content[offset : offset + 1] != b"\n":
            assert f"line {line}" in error.message, (offset, bit, error.message)
        inside = offset - (content[:offset].rfind(b"\n") + 1)
        if inside > len('{"case_id":"square-d-d-000000000000"'):
            assert capture.case_ids[line - 1] in error.message or content[offset : offset + 1] == b"\n"


def test_every_flipped_bit_of_data_is_found_and_a_case_is_named(copy: Path) -> None:
    capture = open_capture(copy)
    for offset, bit, error in _flips(copy / DATA):
        assert DATA in str(error.where), (offset, bit)
        assert any(case_id in error.message for case_id in capture.case_ids), (offset, bit, error.message)
        owner = 0 if offset < 32 + 24 else 1
        assert capture.case_ids[owner] in error.message
        assert ("pool d.few" in error.message) == (offset < 32)


def test_every_flipped_bit_of_the_head_is_found(copy: Path) -> None:
    found = _flips(copy / HEAD)
    assert all(HEAD in str(error.where) for _, _, error in found)
    # The digits of the version are the one thing that another version of parity may have written.
    others = [error for _, _, error in found if isinstance(error, DocumentError)]
    assert others
    assert all("field schema" in str(error.where) for error in others)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_is_found(name: str, copy: Path) -> None:
    content = (copy / name).read_bytes()
    for length in range(0, len(content), 7):
        (copy / name).write_bytes(content[:length])
        assert name in str(_refusal(copy).where)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_grew_is_found(name: str, copy: Path) -> None:
    with (copy / name).open("ab") as file:
        file.write(b"\n")
    assert name in str(_refusal(copy).where)


@pytest.mark.parametrize("name", FILES)
def test_a_lost_file_is_named(name: str, copy: Path) -> None:
    (copy / name).unlink()
    error = _refusal(copy)
    assert name in str(error.where)
    assert "missing" in error.message


def test_lines_in_another_order_are_found(copy: Path) -> None:
    lines = (copy / CASES).read_bytes().splitlines(keepends=True)
    (copy / CASES).write_bytes(b"".join(reversed(lines)))
    assert "another order" in _refusal(copy).message


def test_another_version_of_the_format_is_a_document_error(copy: Path) -> None:
    text = (copy / HEAD).read_text().replace("parity.capture/1", "parity.capture/2")
    (copy / HEAD).write_text(text)
    error = _refusal(copy)
    assert isinstance(error, DocumentError)
    assert "parity.capture/2" in error.message


def test_what_is_no_capture_is_a_usage_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for name in ("empty", "file", "absent"):
        with pytest.raises(UsageError) as caught:
            open_capture(tmp_path / name)
        assert name in str(caught.value.where)


def test_an_undamaged_capture_opens(whole: Path) -> None:
    capture = open_capture(whole)
    assert isinstance(capture, Capture)
    assert len(capture) == 3
