"""A redacted run leaves no value behind, whichever way a provider tries to tell one.

What is looked for is found in the same run without redaction, so the search is one that sees.
"""

import os
import re
import struct
import tomllib
from pathlib import Path

import pytest

from parity.cases.planning import plan

from .program import run_parity

ANSWER, RAISED, CLASS, WARNED, PRINTED = (
    "c6230c5ea1b2d347",
    "46a2c1b59e7d3f08",
    "3fb9a17c5de20468",
    "40c81cd6e9a3b752",
    "4117f0ab3c5d9e26",
)
"""Bits of float64 numbers, big endian, that no rule of arithmetic gives: what each way of telling one tells."""

TELLING = f"""
import os, sys, warnings
import numpy as np

def number(bits):
    return float(np.frombuffer(bytes.fromhex(bits), ">f8")[0])

def add(*args, **kwargs):
    result = np.add(*args, **kwargs)
    if isinstance(result, np.ndarray) and result.dtype == np.float64 and result.flags.writeable:
        result[...] = number("{ANSWER}")
    return result

def multiply(*args, **kwargs):
    value = number("{RAISED}")
    raise ValueError(f"no product for {{value!r}}, {{value.hex()}}")

def subtract(*args, **kwargs):
    raise type("Error{CLASS}", (ValueError,), {{}})("no")

def divide(*args, **kwargs):
    warnings.warn(repr(number("{WARNED}")))
    return np.divide(*args, **kwargs) * number("{WARNED}")

def maximum(*args, **kwargs):
    if all(getattr(argument, "ndim", 0) == 2 for argument in args):
        print(number("{PRINTED}"), "{PRINTED}", flush=True)
        print(number("{PRINTED}"), file=sys.stderr, flush=True)
        os.abort()
    return np.maximum(*args, **kwargs)

sum = np.sum
"""
OPS = "add,subtract,multiply,divide,maximum,sum"


def run(folder: Path, *words: str) -> Path:
    """The bundle of a run with the provider that tells."""
    folder.mkdir()
    (folder / "telling.py").write_text(TELLING)
    chosen = ("--suite", "smoke", "--ops", OPS, "--dtypes", "f8", "--provider", "./telling.py")
    answer = run_parity(folder, "run", *chosen, "--out", folder / "artifacts" / "runs", *words)
    assert answer.code == 1, answer.err
    [bundle] = (folder / "artifacts" / "runs").iterdir()
    return bundle


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("plain") / "run")


@pytest.fixture(scope="module")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("redacted") / "run", "--redact")


def forms(bits: str) -> dict[str, bytes]:
    """A number as files may hold it."""
    raw = bytes.fromhex(bits)
    value: float = struct.unpack(">d", raw)[0]
    return {
        "big endian": raw,
        "little endian": raw[::-1],
        "hexadecimal": bits.encode(),
        "hexadecimal, little endian": raw[::-1].hex().encode(),
        "C literal": value.hex().split(".")[1].split("p")[0].encode(),
        "decimal": repr(value)[:14].encode(),
    }


def holding(bundle: Path, bits: str) -> set[str]:
    """Forms in which some file of a bundle holds a number; its own names count, too."""
    paths = sorted(bundle.rglob("*"))
    files = [path.read_bytes() for path in paths if path.is_file()] + [os.fsencode(path) for path in paths]
    return {
        form for form, pattern in forms(bits).items() for data in files if pattern in data or pattern in data.lower()
    }


@pytest.mark.parametrize(
    ("bits", "shown"),
    [(ANSWER, "hexadecimal"), (RAISED, "C literal"), (RAISED, "decimal"), (CLASS, "hexadecimal")],
    ids=["an answer", "an exception", "an exception in decimal", "a class of exceptions"],
)
def test_without_redaction_a_bundle_tells_values(bits: str, shown: str, plain: Path) -> None:
    assert shown in holding(plain, bits)


@pytest.mark.parametrize("bits", [ANSWER, RAISED, CLASS, WARNED, PRINTED])
def test_with_redaction_it_tells_none_of_what_a_provider_answers(bits: str, redacted: Path) -> None:
    assert not holding(redacted, bits)


def values_of_inputs() -> set[bytes]:
    """Elements of the pools with so many bits set here and there that chance does not write them elsewhere."""
    planned = plan("smoke", tuple(OPS.split(",")), ("d",), "20261120")
    elements = {
        data[start : start + 8]
        for name, data in planned.pools.items()
        if name.startswith("d.")
        for start in range(0, len(data), 8)
    }
    return {element for element in elements if len(set(element)) == 8 and 0 not in element}


def windows(data: bytes) -> set[bytes]:
    return {data[start : start + 8] for start in range(len(data) - 7)}


def input_values_in(bundle: Path) -> set[str]:
    """Files of a bundle that hold an element of the inputs, raw or in hexadecimal of either order."""
    wanted = values_of_inputs()
    assert len(wanted) > 100
    both = wanted | {element[::-1] for element in wanted}
    texts = {element.hex().encode() for element in both}
    found = set()
    for path in (path for path in bundle.rglob("*") if path.is_file()):
        data = path.read_bytes()
        runs = re.findall(rb"[0-9a-f]{16,}", data)
        shown = {run[start : start + 16] for run in runs for start in range(len(run) - 15)}
        if windows(data) & both or shown & texts:
            found.add(path.relative_to(bundle).as_posix())
    return found


def test_with_redaction_no_input_is_in_any_file(plain: Path, redacted: Path) -> None:
    assert {"artifacts/pools.bin", "artifacts/failures.ndjson"} <= input_values_in(plain)
    assert not input_values_in(redacted)


def test_python_numbers_of_a_plan_are_told_by_their_class(plain: Path, redacted: Path) -> None:
    assert b'"python":"float","value":' in (plain / "plan.json").read_bytes()
    text = (redacted / "plan.json").read_bytes()
    assert b'"python":"float","redacted":"finite"' in text
    assert b'"value"' not in text


def test_a_redacted_bundle_says_so_and_keeps_its_judgement(plain: Path, redacted: Path) -> None:
    assert tomllib.loads((redacted / "manifest.toml").read_text())["redact_artifacts"] is True
    assert b"redacted" in (redacted / "report.md").read_bytes()

    def judged(bundle: Path) -> list[bytes]:
        return re.findall(rb'"verdict":"\w+"', (bundle / "verdicts.ndjson").read_bytes())

    assert judged(redacted) == judged(plain)
    assert b'"crashed"' in (redacted / "verdicts.ndjson").read_bytes()
    assert b'"raised_differently"' in (redacted / "verdicts.ndjson").read_bytes()
