"""Profilers: which one is taken, and what is said where none may sample."""

from collections.abc import Sequence
from pathlib import Path

from parity.optimize.profiling import COMPILED, NotPossible, Ran, Sampled, parse_perf, run, sample, without_addresses

FOLDED = "main (x.py:1);0x7f3a (?);0x7f3b (?) 3\n"
PERF = """python
\t    7f01 inner
\t    7f02 [unknown]
\t    7f03 main

python
\t    7f01 inner
\t    7f09 [unknown]
\t    7f03 main
"""


class Tools:
    """Stands in for the programs; native: whether py-spy can unwind compiled code."""

    def __init__(self, *installed: str, native: bool = True, permitted: bool = True) -> None:
        self.installed, self.native, self.permitted = installed, native, permitted
        self.commands: list[list[str]] = []

    def find(self, name: str) -> str | None:
        return f"/opt/{name}" if name in self.installed else None

    def run(self, command: Sequence[str]) -> Ran:
        self.commands.append(list(command))
        if "--version" in command:
            return Ran(0, f"{Path(command[0]).name} 1.2\n", "")
        if command[1] == "script":
            return Ran(0, PERF, "")
        if not self.permitted or ("--native" in command and not self.native):
            return Ran(1, "", "reading\nError: Permission denied (os error 13) /proc/1/mem\n\n")
        if command[0].endswith("py-spy"):
            Path(command[command.index("-o") + 1]).write_text(FOLDED)
        return Ran(0, "", "")


def test_py_spy_is_taken_first_with_compiled_frames() -> None:
    tools = Tools("py-spy", "perf")
    found = sample(["python", "x.py"], tools.run, tools.find)
    assert found == Sampled({("main (x.py:1)", COMPILED): 3}, "py-spy 1.2", python=True)
    assert tools.commands[0][-3:] == ["--", "python", "x.py"]


def test_py_spy_does_without_compiled_frames() -> None:
    tools = Tools("py-spy", native=False)
    assert isinstance(sample(["python"], tools.run, tools.find), Sampled)
    assert "--native" not in tools.commands[1]


def test_perf_is_taken_where_py_spy_is_not_installed() -> None:
    tools = Tools("perf")
    found = sample(["python"], tools.run, tools.find)
    assert found == Sampled({("python", "main", COMPILED, "inner"): 2}, "perf 1.2", python=False)


def test_refusals_are_told_with_the_words_of_the_tools_and_no_path() -> None:
    tools = Tools("py-spy", "perf", permitted=False)
    found = sample(["python"], tools.run, tools.find)
    assert isinstance(found, NotPossible)
    assert "py-spy: exit code 1, Error: Permission denied" in found.reason
    assert "; perf: exit code 1" in found.reason
    assert "/proc/1" not in found.reason


def test_the_lack_of_tools_is_told() -> None:
    tools = Tools()
    assert sample(["python"], tools.run, tools.find) == NotPossible("py-spy is not installed; perf is not installed")


def test_a_tool_that_cannot_be_started_is_no_error() -> None:
    found = run(["/nowhere/at/all"])
    assert found.code is None
    assert found.err


def test_perf_stacks_are_turned_around() -> None:
    assert parse_perf(PERF) == {("python", "main", "[unknown]", "inner"): 2}
    assert parse_perf("") == {}


def test_addresses_in_a_row_are_one_frame() -> None:
    assert without_addresses({("a", "0x1f (?)", "0x2f (lib.so)", "b"): 1, ("a", "0x3f (?)", "b"): 2}) == {
        ("a", COMPILED, "b"): 3
    }
