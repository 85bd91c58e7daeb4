"""Faults in the system calls of a real process, by strace: what the kernel would say, or the end of the process.

Only the main thread is traced: it does all the writing, and its calls come in the same order each time. So the n-th
call of a kind in one process is the n-th in the next.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

EFFECTS = ("pwrite64", "fsync", "rename", "mkdir", "fchmod", "ftruncate", "unlink", "rmdir")
FAULTS = ("error=ENOSPC", "error=EIO", "error=EINTR", "signal=KILL")
LINE = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")


class SystemCall(NamedTuple):
    """A system call of the program. number: among all those of its name, the first is 1."""

    name: str
    number: int
    line: str
    result: int


class Injection(NamedTuple):
    """What strace does to one system call. path: if given, only the calls for this file are counted."""

    name: str
    number: int
    fault: str
    path: Path | None = None

    def __str__(self) -> str:
        return f"{self.name}:{self.fault}:when={self.number}"


def why_not() -> str | None:
    """Why there can be no injection here; None if there can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(
        ["strace", "-qq", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    return None if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()[:100]}"


def parity(*arguments: object) -> list[str]:
    """The command line, as a process of its own."""
    return [sys.executable, "-m", "parity", *map(str, arguments)]


def traced(command: Sequence[str], folder: Path, names: Sequence[str] = EFFECTS) -> list[SystemCall]:
    """Run a command in a folder, and give its system calls; those that touch only what lies elsewhere are left out."""
    log = folder / "trace"
    subprocess.run(
        ["strace", "-qq", "-y", "-s", "0", "-o", log, "-e", f"trace={','.join(names)}", *command],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return [call for call in _calls(log) if str(folder) in call.line or "runs" in call.line]


def _calls(log: Path) -> Iterator[SystemCall]:
    counts: dict[str, int] = {}
    for line in log.read_text().splitlines():
        match = LINE.match(line)
        if match:
            counts[match["name"]] = counts.get(match["name"], 0) + 1
            yield SystemCall(match["name"], counts[match["name"]], line, int(match["result"]))


def injections(calls: Sequence[SystemCall]) -> list[Injection]:
    """Every fault at every call; a write also says that it stored all, or one byte, and stores nothing."""
    found = []
    for call in calls:
        lies = (f"retval={call.result}", "retval=1") if call.name == "pwrite64" else ()
        found += [Injection(call.name, call.number, fault) for fault in (*FAULTS, *lies)]
    return found


def injected(command: Sequence[str], folder: Path, injection: Injection) -> subprocess.CompletedProcess[str]:
    """Run a command with a fault. The return code is that of the command; -9 if it was killed."""
    where = [] if injection.path is None else ["-P", str(injection.path)]
    what = ["-e", f"trace={injection.name}", "-e", f"inject={injection}"]
    return subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", *where, *what, *command],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
