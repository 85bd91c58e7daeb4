"""Whatever goes wrong: an exit code, lines on stderr, a document where --json asks for one, and no traceback."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parity.bench.fingerprint import identified
from parity.cli.errors import as_parity_error
from parity.documents.error import ErrorDocument
from parity.errors import CatalogueError, ExitCode, InconclusiveError, ParityError, UsageError

from ..bench.measured_baseline import MACHINE, baseline, written  # noqa: TID252 - tests are no package with a name

Parity = Callable[..., Any]
PARITY = [sys.executable, "-m", "parity"]

BAD_WORDS = [
    (("run", "--suite", "no_such_suite"), "no_such_suite", "--suite"),
    (("run", "--no-such-flag"), "--no-such-flag", "parity run"),
    (("run", "--ops", "add,no_such_op"), "no_such_op", "--ops"),
    (("run", "--ops", " , "), "no operation", "--ops"),
    (("run", "--dtypes", "f8,z9"), "z9", "--dtypes"),
    (("run", "--dtypes", ""), "no dtype", "--dtypes"),
    (("run", "--jobs", "0"), "0", "--jobs"),
    (("run", "--jobs", "1025"), "1025", "--jobs"),
    (("run", "--jobs", "two"), "two", "--jobs"),
    (("run", "--seed", "-1"), "-1", "--seed"),
    (("run", "--seed", "x" * 3), "xxx", "--seed"),
    (("run", "--seed", "1" * 21), "1" * 21, "--seed"),
    (("run", "--engine", "dask"), "dask", "--engine"),
    (("run", "--provider", ""), "empty", "--provider"),
    (("run", "no_such_manifest.yaml"), "no such manifest", "no_such_manifest.yaml"),
    (("run", "a.yaml", "b.yaml"), "b.yaml", "parity run"),
    (("capture",), "--out", "parity capture"),
    (("capture", "--out", "x", "--pure", "--legacy", "y"), "--legacy and --pure", "parity capture"),
    (("capture", "--out", "x", "--python", "y", "--legacy", "y"), "--python and --legacy", "parity capture"),
    (("ops", "addd"), "addd", "OP"),
    (("ops", "add.nothing"), "nothing", "OP"),
    (("schema", "reprot"), "reprot", "NAME"),
    (("reproduce", "bundle"), "CASE_ID", "parity reproduce"),
    (("report", "bundle", "--format", "pdf"), "pdf", "--format"),
    (("runs", "export", "bundle"), "'--format'. Choose from: otlp, in-toto", "parity runs export, --format"),
    (("kernels", "warn"), "warn", "parity kernels"),
    (("kernels", "warm", "--jobs", "0"), "0", "--jobs"),
    (("rum",), "rum", "parity"),
]


@pytest.mark.parametrize(
    ("words", "named", "where"), BAD_WORDS, ids=lambda value: " ".join(value) if isinstance(value, tuple) else None
)
def test_bad_usage_names_what_is_wrong_and_where(
    parity: Parity, pipelines: Any, words: tuple[str, ...], named: str, where: str
) -> None:
    answer = parity(*words, "--json", "-")
    assert answer.code == 2
    document = ErrorDocument.from_json(answer.out, "stdout")
    assert named in document.message
    assert where in str(document.where)
    assert named in answer.err
    assert "Traceback" not in answer.err
    assert not pipelines.asked
    assert parity(*words).out == ""


def test_an_error_for_people_has_where_expected_and_hint(parity: Parity) -> None:
    assert parity("ops", "subtrct").err.splitlines() == [
        "error: unknown operation 'subtrct'",
        "  where:    argument OP",
        "  expected: names that `parity ops` lists",
        "  hint:     did you mean subtract?",
    ]


@pytest.mark.parametrize("spelled", [("--json", "error.json"), ("--json=error.json",)])
def test_the_document_goes_to_the_file_that_json_names(parity: Parity, spelled: tuple[str, ...]) -> None:
    Path("error.json").write_text("an older document")
    answer = parity("ops", *spelled, "addd")
    assert (answer.code, answer.out) == (2, "")
    assert ErrorDocument.from_json(Path("error.json").read_bytes(), "error.json").code == "usage"
    assert [path.name for path in Path().iterdir()] == ["error.json"]


def every_error() -> Iterator[type[ParityError]]:
    """Each kind of error that a person can mend."""
    for kind in ParityError.__subclasses__():
        if kind.exit_code is not ExitCode.DEFECT and kind.__module__ == "parity.errors":
            yield kind


@pytest.mark.parametrize("kind", list(every_error()), ids=lambda kind: kind.code)
def test_each_error_has_its_code_and_exit_code(parity: Parity, pipelines: Any, kind: type[ParityError]) -> None:
    pipelines.fails = kind("said", where="there", expected="that", hint="so")
    answer = parity("run", "--json", "-")
    assert answer.code == kind.exit_code
    assert answer.document() == {
        "schema": "parity.error/1",
        "code": kind.code,
        "message": "said",
        "where": "there",
        "expected": "that",
        "hint": "so",
    }


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in every_error()]
    assert len(set(codes)) == len(codes) > 6


class Panic(BaseException):
    """As PyO3 raises for a panic of Rust."""


@pytest.mark.parametrize(
    "raised",
    [
        ZeroDivisionError("division by zero"),
        Panic("index out of range"),
        SystemExit(0),
        EOFError(),
        CatalogueError("row"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_not_foreseen_is_a_defect_with_its_trace_in_a_file(
    parity: Parity, pipelines: Any, raised: BaseException
) -> None:
    pipelines.fails = raised
    answer = parity("run", "--json", "-")
    assert answer.code == ExitCode.DEFECT
    assert answer.err.startswith(f"error: a defect in parity: {type(raised).__name__}")
    assert "Traceback" not in answer.err
    document = answer.document()
    assert document["code"] == "defect"
    trace = Path(document["where"].removeprefix("the full trace is in "))
    assert "Traceback" in trace.read_text()
    assert "parity run --json -" in trace.read_text()


def test_debugging_shows_the_trace(parity: Parity, pipelines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pipelines.fails = InconclusiveError("nothing was compared")
    monkeypatch.setenv("PARITY_DEBUG", "1")
    answer = parity("run")
    assert answer.code == 3
    assert "Traceback" in answer.err


def test_a_defect_without_a_place_for_its_trace_is_still_said(
    parity: Parity, pipelines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    pipelines.fails = KeyError("x")
    answer = parity("run")
    assert answer.code == ExitCode.DEFECT
    assert "no trace could be written" in answer.err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_refusal_of_the_operating_system_is_bad_input_that_names_the_file(
    parity: Parity, pipelines: Any, number: int
) -> None:
    pipelines.fails = OSError(number, os.strerror(number), "some/file")
    answer = parity("run", "--json", "-")
    assert answer.code == 2
    document = answer.document()
    assert (document["code"], document["where"]) == ("storage", "some/file")
    assert os.strerror(number) in document["message"]


def test_a_failure_to_keep_the_error_is_said_besides_it(
    parity: Parity, pipelines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("parity.documents.durable.write_file", refused)
    pipelines.fails = UsageError("the first error")
    answer = parity("run", "--json", "x.json")
    assert answer.code == 2
    assert "the first error" in answer.err
    assert "could not be written to x.json" in answer.err


def test_an_interrupt_is_one_line_and_130(parity: Parity, pipelines: Any) -> None:
    pipelines.fails = KeyboardInterrupt()
    answer = parity("run")
    assert (answer.code, answer.err) == (130, "error: stopped by the user\n")
    assert parity("run", "--json", "-").document()["code"] == "interrupted"


def test_names_that_are_no_utf8_are_shown_escaped(parity: Parity) -> None:
    name = os.fsdecode(b"caf\xe9.yaml")
    answer = parity("run", name, "--json", "-")
    assert answer.code == 2
    assert "caf\\udce9.yaml" in str(answer.document()["where"])
    assert "caf\\udce9.yaml" in answer.err


def test_a_name_cannot_steer_the_terminal(parity: Parity) -> None:
    assert "\\x1b[2J" in parity("run", "\x1b[2J.yaml").err


def test_no_words_of_others_begin_a_line(parity: Parity, pipelines: Any) -> None:
    hostile = "x\n::error::y\r\n ::error::\u2028z\x9b"
    pipelines.fails = UsageError(hostile, where=hostile, expected=hostile, hint=hostile)
    lines = parity("run").err.splitlines()
    assert [line.split()[0] for line in lines] == ["error:", "where:", "expected:", "hint:"]
    assert all(line.isprintable() and r"x\n::error::y" in line for line in lines)


def test_what_a_stranger_wrote_in_a_baseline_is_no_command_to_github(parity: Parity, tmp_path: Path) -> None:
    hostile = identified(MACHINE.model_copy(update={"governor": "x\n::error::y", "cpu_model": "::error::z"}))
    here, there = (written(tmp_path / one.id, *baseline(machine=one)) for one in (MACHINE, hostile))
    for words in (("compare", here, there), ("compare", there, here), ("compare", there, there), ("gate", there)):
        told = [line for line in parity("bench", *words).err.splitlines() if "::error::" in line or "x3a:error" in line]
        assert told
        assert not any(line.lstrip().startswith("::") for line in told)


def test_every_exception_becomes_one_of_parity_s() -> None:
    for error in (ValueError(), OSError(), OSError("x"), UsageError("x"), MemoryError(), KeyboardInterrupt()):
        assert isinstance(as_parity_error(error), ParityError)


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a device of Linux")


@needs_full
def test_a_full_disk_behind_stdout_is_an_error() -> None:
    with Path("/dev/full").open("wb") as full:
        answer = subprocess.run([*PARITY, "ops", "--json", "-"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert answer.returncode == 2
    assert b"No space left" in answer.stderr
    assert b"Exception ignored" not in answer.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        answer = subprocess.run([*PARITY, "ops"], stdout=write, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write)
    assert (answer.returncode, answer.stderr) == (141, b"")


def test_a_closed_stdout_is_an_error_without_traceback() -> None:
    answer = subprocess.run(
        ["sh", "-c", '"$0" -m parity ops --json - >&-', sys.executable], stderr=subprocess.PIPE, check=False
    )
    assert answer.returncode == 2
    assert b"stdout is closed" in answer.stderr


def test_a_signal_of_the_user_ends_with_130() -> None:
    killed = f"lambda: os.kill(os.getpid(), {signal.SIGINT:d}) or 0"
    # Whoever is started in the background inherits that the signal is ignored.
    heeded = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = f"{heeded}; from parity.cli import errors; sys.exit(errors.answer({killed}, ['--json', '-']))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert answer.returncode == 130
    assert json.loads(answer.stdout)["code"] == "interrupted"
