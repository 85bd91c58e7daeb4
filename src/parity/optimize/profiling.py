"""Sample one process that does nothing but call a workload: by py-spy, else by perf, else say why not.

Both need permissions that a container often withholds, so that their refusal is a finding and not an error.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from parity.optimize.flame_graph import parse_folded

SECONDS = 3
"""Of calls. The start of the interpreter comes before them; under a profiler that takes as long again."""

RATE = 499
"""Samples a second: an odd one, so that it does not beat with the ticks of the system."""

PATIENCE = 120.0
"""Seconds after which a tool that does not end is ended."""

_ADDRESS = re.compile(r"^(0x[0-9a-f]+|\[unknown\])( \(.*\))?$")
COMPILED = "compiled code without symbols"

Command = Sequence[str]
Run = Callable[[Command], "Ran"]


class Ran(NamedTuple):
    """What a tool did: exit code (None: it could not be started or did not end), and its words."""

    code: int | None
    out: str
    err: str


class Sampled(NamedTuple):
    """Stacks by samples, and the tool by name and version. python: whether it knows Python's frames."""

    stacks: dict[tuple[str, ...], int]
    tool: str
    python: bool


class NotPossible(NamedTuple):
    """Why no tool gave a sample: a sentence of each."""

    reason: str


def run(command: Command) -> Ran:
    """Run a tool to its end."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False, errors="replace"
        )
    except OSError as error:
        return Ran(None, "", f"{error.strerror or error}")
    except subprocess.TimeoutExpired:
        return Ran(None, "", f"it did not end within {PATIENCE:g} s")
    return Ran(done.returncode, done.stdout, done.stderr)


def sample(
    target: Command, runner: Run = run, find: Callable[[str], str | None] | None = None
) -> Sampled | NotPossible:
    """Sample a command from its start until it ends by itself.

    find: where a tool is, by default on the path and beside the interpreter.
    """
    found = find or _found
    reasons = []
    for name, attempt in (("py-spy", _py_spy), ("perf", _perf)):
        tool = found(name)
        if tool is None:
            reasons.append(f"{name} is not installed")
            continue
        answer = attempt(tool, target, runner)
        if isinstance(answer, dict):
            return Sampled(answer, runner([tool, "--version"]).out.strip() or name, python=name == "py-spy")
        reasons.append(f"{name}: {answer}")
    return NotPossible("; ".join(reasons))


def _found(name: str) -> str | None:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.is_file() else shutil.which(name)


def _py_spy(tool: str, target: Command, runner: Run) -> dict[tuple[str, ...], int] | str:
    """With the frames of compiled code, else with Python's alone: unwinding is not possible on every system."""
    said = ""
    for native in (["--native"], []):
        with tempfile.TemporaryDirectory() as folder:
            folded = Path(folder) / "stacks"
            command = [tool, "record", *native, "-f", "raw", "-r", str(RATE), "-o", str(folded)]
            ran = runner([*command, "--", *target])
            stacks = parse_folded(folded.read_text(errors="replace")) if folded.is_file() else {}
        if stacks:
            return without_addresses(stacks)
        said = _last(ran)
    return said


def _perf(tool: str, target: Command, runner: Run) -> dict[tuple[str, ...], int] | str:
    """Native frames only: Python 3.11 does not tell perf of its own."""
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "perf.data")
        recorded = runner([tool, "record", "-q", "-F", str(RATE), "-g", "-o", data, "--", *target])
        if recorded.code != 0:
            return _last(recorded)
        script = runner([tool, "script", "-i", data, "-F", "comm,ip,sym"])
    stacks = parse_perf(script.out)
    return without_addresses(stacks) if stacks else _last(script)


def parse_perf(text: str) -> dict[tuple[str, ...], int]:
    """Stacks in what `perf script -F comm,ip,sym` prints: a command, then a line a frame, innermost first, a blank."""
    found: dict[tuple[str, ...], int] = {}
    for block in re.split(r"\n\s*\n", text):
        command, *frames = [line for line in block.splitlines() if line.strip()] or [""]
        names = [line.split(maxsplit=1)[1] if len(line.split()) > 1 else "[unknown]" for line in frames]
        if names:
            stack = (command.strip(), *reversed(names))
            found[stack] = found.get(stack, 0) + 1
    return found


def without_addresses(stacks: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """Frames that are mere addresses, as those of compiled kernels are, as one frame."""
    found: dict[tuple[str, ...], int] = {}
    for stack, count in stacks.items():
        named: list[str] = []
        for frame in stack:
            name = COMPILED if _ADDRESS.match(frame) else frame
            if name != COMPILED or named[-1:] != [COMPILED]:
                named.append(name)
        found[tuple(named)] = found.get(tuple(named), 0) + count
    return found


def _last(ran: Ran) -> str:
    """The last line of what a tool said that is not empty, as its reason."""
    lines = [line.strip() for line in (ran.err + "\n" + ran.out).splitlines() if line.strip()]
    said = re.sub(r"/\S+/", ".../", lines[-1])[:300] if lines else "it said nothing"
    return said if ran.code is None else f"exit code {ran.code}, {said}"
