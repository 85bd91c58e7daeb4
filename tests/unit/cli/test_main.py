"""The entry point: what it imports, what it lists, and that every command of the table is there."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any, get_args

import click
import pytest

import parity as package
from parity.cli import flags
from parity.cli.main import COMMANDS
from parity.cli.main import parity as group
from parity.documents.manifest import SuiteName

Parity = Callable[..., Any]
HEAVY = {"numpy", "numba", "llvmlite", "pydantic", "pydantic_core", "rich", "ruamel", "orjson", "importlib.metadata"}


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("capture", "--help"), ("--version",), ("no-such",)])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "parity", *words], capture_output=True, text=True, check=False
    )
    modules = {line.rsplit("|", 1)[1].strip() for line in answer.stderr.splitlines() if line.startswith("import time:")}
    assert "parity.cli.main" in modules
    assert not modules & HEAVY


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_the_table_exists_and_says_the_same_of_itself(parity: Parity, name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.name == name
    answer = parity(name, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: parity {name}")
    assert COMMANDS[name].help in parity("--help").out


def test_the_version_is_the_package_s(parity: Parity) -> None:
    assert parity("--version").out == f"parity {package.__version__}\n"


def test_no_command_shows_the_help_and_is_bad_usage(parity: Parity) -> None:
    for words in ((), ("kernels",)):
        answer = parity(*words)
        assert answer.code == 2
        assert answer.out == ""
        assert answer.err.startswith("Usage: parity")


def test_names_that_help_writes_out_are_those_of_the_documents() -> None:
    assert get_args(SuiteName) == flags.SUITES


def test_the_module_is_the_command() -> None:
    answer = subprocess.run([sys.executable, "-m", "parity", "rum"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "no such command 'rum'" in answer.stderr
    assert "did you mean run?" in answer.stderr
