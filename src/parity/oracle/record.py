"""Recording an oracle: the sources in the order that was asked for, each in a process of its own."""

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from parity import calling
from parity.calling import Outcome
from parity.documents.capture import CaptureHead, OracleIdentity, PassedOver, Source
from parity.documents.case import Plan
from parity.errors import OracleError, StorageError
from parity.ops.catalogue import row_of
from parity.oracle import recorder
from parity.oracle.pure import pure_outcome
from parity.oracle.recorder import COUNTER, NO_NUMPY, read_records
from parity.oracle.store import refuse_occupied, write_capture

SILENCE = 60.0
"""Seconds on one call, or on importing NumPy, after which the interpreter counts as hung."""
_POLL = 0.05

Progress = Callable[[int], None]


@dataclass(frozen=True)
class OracleChoice:
    """Where the answers shall come from.

    python: the interpreter whose NumPy is asked; None for this one. legacy: a directory to be put first on its module
    path, tried first. pure: answer by exact arithmetic instead of the interpreter's NumPy. allow_pure: do so where no
    NumPy can be imported.
    """

    python: Path | None = None
    legacy: Path | None = None
    pure: bool = False
    allow_pure: bool = False

    def sources(self) -> tuple[Source, ...]:
        """The sources to try, in order."""
        first: tuple[Source, ...] = ("legacy",) if self.legacy is not None else ()
        if self.pure:
            return (*first, "pure_python")
        return (*first, "system", "pure_python") if self.allow_pure else (*first, "system")


def record(
    plan: Plan,
    pools: Mapping[str, bytes],
    choice: OracleChoice,
    out: Path,
    progress: Progress,
    seal: Callable[[Path], object] | None = None,
) -> CaptureHead:
    """Record what the first source that can be used answers to a plan, and write the capture.

    progress: is told how many more cases were answered. seal: see `write_capture`.
    Raises OracleError if the interpreter does not exist, no source can be used, or a call kills or hangs the
    interpreter (naming the case); and what `write_capture` raises. Nothing is written then.
    """
    refuse_occupied(out)
    passed_over: list[PassedOver] = []
    for source in choice.sources():
        try:
            if source == "pure_python":
                identity = OracleIdentity(
                    source=source, numpy=None, dispatch=(), **_pure_machine(), passed_over=tuple(passed_over)
                )
                return write_capture(out, plan, pools, _pure_outcomes(plan, pools, progress), identity, seal)
            with tempfile.TemporaryDirectory(prefix="parity-oracle-") as exchange:
                legacy = choice.legacy if source == "legacy" else None
                answer = _asked(Path(exchange), _interpreter(choice.python), legacy, plan, pools, progress)
                with answer.open("rb") as file:
                    records = read_records(file)
                    said, _ = next(records)
                    said["dispatch"] = tuple(said["dispatch"])
                    identity = OracleIdentity(source=source, **said, passed_over=tuple(passed_over))
                    outcomes = (calling.restored(description, runs) for description, runs in records)
                    return write_capture(out, plan, pools, outcomes, identity, seal)
        except recorder.NoNumPyError as error:
            passed_over.append(PassedOver(source=source, reason=str(error)))
        except OSError as error:
            raise StorageError(
                f"cannot exchange calls and answers: {error.strerror}", where=tempfile.gettempdir()
            ) from None
    raise OracleError(
        "no NumPy can be imported: " + "; ".join(f"{item.source}: {item.reason}" for item in passed_over),
        where=_where(choice),
        expected="an interpreter with NumPy 1.20 or later",
        hint="name one with --python, or allow for a pure-Python oracle with --allow-pure",
    )


def _where(choice: OracleChoice) -> str:
    legacy = f", --legacy {choice.legacy}" if choice.legacy is not None else ""
    return f"{choice.python or 'this interpreter'}{legacy}"


def _pure_machine() -> dict[str, str]:
    """The machine of exact arithmetic: no C library has a part in its answers."""
    return {**recorder.machine(), "libm": "none"}


def _pure_outcomes(plan: Plan, pools: Mapping[str, bytes], progress: Progress) -> Iterator[Outcome | None]:
    for case in plan.cases:
        yield pure_outcome(case.call.plain(), pools, row_of(case.call.op))
        progress(1)


def _interpreter(python: Path | None) -> str:
    """The absolute path of an interpreter; a bare name is looked up on PATH. Links are kept: they lead to venvs."""
    if python is None:
        if not sys.executable:
            raise OracleError("this interpreter does not know its own path", hint="name one with --python")
        return sys.executable
    found = shutil.which(str(python))
    if found is None:
        raise OracleError(
            f"there is no interpreter {python}",
            where=str(python),
            expected="the path of a Python 3.8 or later that may be run",
            hint="see --python and PARITY_ORACLE_PYTHON",
        )
    return str(Path(found).absolute())


def _asked(
    exchange: Path, python: str, legacy: Path | None, plan: Plan, pools: Mapping[str, bytes], progress: Progress
) -> Path:
    """Carry the recorder and the calls into an interpreter and wait for it; the file of its answers.

    Raises NoNumPyError with the reason if it has no NumPy there.
    """
    for module, name in ((recorder, "recorder.py"), (calling, "calling.py")):
        shutil.copyfile(str(module.__file__), exchange / name)
    request, answer, counter = exchange / "request.json", exchange / "answer.bin", exchange / "counter.bin"
    request.write_text(
        json.dumps(
            {
                "pools": {pool.name: base64.b64encode(pools[pool.name]).decode() for pool in plan.pools},
                "calls": [case.call.plain() for case in plan.cases],
            }
        )
    )
    counter.write_bytes(COUNTER.pack(-1))
    command = [python, "-I", "-B", str(exchange / "recorder.py"), str(request), str(answer), str(counter)]
    if legacy is not None:
        command += ["--legacy", str(legacy.absolute())]
    with (exchange / "said").open("wb") as said, (exchange / "complaint").open("wb") as complaint:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=complaint, cwd=exchange)
        except OSError as error:
            raise OracleError(f"the interpreter cannot be run: {error.strerror}", where=python) from None
        with process:
            try:
                status = _waited(process, counter, plan, progress)
            finally:
                process.kill()
    if status == NO_NUMPY:
        raise recorder.NoNumPyError((exchange / "said").read_text(errors="replace").strip())
    position = _position(counter)
    if status or position != len(plan.cases):
        raise _broken(python, status, position, plan, (exchange / "complaint").read_text(errors="replace"))
    return answer


def _position(counter: Path) -> int:
    return int(COUNTER.unpack(counter.read_bytes())[0])


def _waited(process: subprocess.Popen[bytes], counter: Path, plan: Plan, progress: Progress) -> int:
    """The exit status. Raises OracleError where nothing moved for too long."""
    last, since = -1, time.monotonic()
    while True:
        try:
            status = process.wait(_POLL)
        except subprocess.TimeoutExpired:
            status = None
        position = _position(counter)
        if position != last:
            progress(max(position, 0) - max(last, 0))
            last, since = position, time.monotonic()
        if status is not None:
            return status
        if time.monotonic() - since > SILENCE:
            raise OracleError(f"NumPy gave no answer for {SILENCE:g} s", where=_case_at(plan, position))


def _case_at(plan: Plan, position: int) -> str:
    return f"case {plan.cases[position].case_id}" if 0 <= position < len(plan.cases) else "before the first case"


def _broken(python: str, status: int, position: int, plan: Plan, complaint: str) -> OracleError:
    lines = complaint.strip().splitlines()
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    last = f": {lines[-1][:300]}" if lines else ""
    return OracleError(
        f"the oracle's interpreter {how}{last}",
        where=f"{python}, {_case_at(plan, position)}",
        expected="Python 3.8 or later with NumPy 1.20 or later, which answers every call",
    )
