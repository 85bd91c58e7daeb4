"""Records what NumPy answers to a list of calls. This file is the script that runs in the chosen interpreter.

    python -I -B recorder.py REQUEST ANSWER PROGRESS [--legacy DIR]

It needs the standard library, NumPy, and `calling.py` beside it, runs on Python 3.8 and NumPy 1.20 and later, and
imports nothing of parity, because the interpreter that it runs in need not have parity. REQUEST is a JSON object:
`pools`, base64 by name, and `calls`. ANSWER is a run of records (`read_records`): first the identity of the oracle,
then one outcome a call, in order. PROGRESS is 8 bytes: the number of the call that is being made, so that a call that
kills or hangs the interpreter can be named.

Exit codes: 0 recorded; NO_NUMPY where NumPy cannot be imported, with the reason on stdout; anything else is a failure.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import json
import os
import platform
import re
import struct
import sys
from typing import Any, BinaryIO, Dict, Iterator, List, Optional, Tuple  # Python 3.8 has no built-in generics

NO_NUMPY = 20
_FRAME = struct.Struct("<II")
COUNTER = struct.Struct("<q")


class NoNumPyError(Exception):
    """NumPy cannot be imported from where it was looked for; the text is the reason, free of paths."""


def machine() -> Dict[str, str]:
    """Platform, C library and Python of this process, without anything that names one machine."""
    return {
        "platform": f"{platform.system()}-{platform.machine()}",
        "libm": " ".join(platform.libc_ver()).strip() or "unknown",
        "python": platform.python_version(),
    }


def write_record(file: BinaryIO, description: Dict[str, Any], runs: List[bytes]) -> None:
    """Append a record: two lengths, JSON with the sizes of the runs, the runs."""
    head = json.dumps([description, [len(run) for run in runs]]).encode()
    file.write(_FRAME.pack(len(head), sum(map(len, runs))) + head + b"".join(runs))


def read_records(file: BinaryIO) -> Iterator[Tuple[Dict[str, Any], List[bytes]]]:
    """The records of an answer; ends at the first one that is not whole."""
    while True:
        frame = file.read(_FRAME.size)
        if len(frame) < _FRAME.size:
            return
        head_length, body_length = _FRAME.unpack(frame)
        head, body = file.read(head_length), file.read(body_length)
        if len(head) < head_length or len(body) < body_length:
            return
        description, sizes = json.loads(head)
        runs, at = [], 0
        for size in sizes:
            runs.append(body[at : at + size])
            at += size
        yield description, runs


def identity(numpy: Any, dispatch: List[str]) -> Dict[str, Any]:
    """Version of NumPy, the CPU features for which it has and uses code beyond its baseline, and the machine."""
    return {"numpy": numpy.__version__, "dispatch": dispatch, **machine()}


def _import_numpy(legacy: Optional[str]) -> Any:
    if legacy is not None:
        if not os.path.isdir(legacy):
            raise NoNumPyError("the directory does not exist")
        sys.path.insert(0, legacy)
    try:
        import numpy as np  # noqa: PLC0415 - after its directory was put first
    except BaseException as error:  # a NumPy built for another Python may raise anything
        raise NoNumPyError(_reason(error)) from None
    if legacy is not None:
        root = os.path.join(os.path.realpath(legacy), "")
        if not os.path.realpath(np.__file__ or "").startswith(root):
            raise NoNumPyError("the directory has no NumPy; the interpreter has one elsewhere")
    return np


def _reason(error: BaseException) -> str:
    """One line without paths: NumPy's long text about failed imports ends in what really went wrong."""
    text = str(error)
    for mark in ("Original error was:", "The following compiled module files exist"):
        if mark in text:
            text = text.split(mark, 1)[1]
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    return re.sub(r"(?<![\w.])[\w.~-]*/[^\s'\"]+", "<path>", f"{type(error).__name__}: {lines[0]}")[:300]


def _calling() -> Any:
    """The module `calling.py` beside this script, whatever else of that name the interpreter can import."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "calling.py")
    spec = importlib.util.spec_from_file_location("calling", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["calling"] = module
    spec.loader.exec_module(module)
    return module


def main(arguments: argparse.Namespace) -> int:
    """Make every call of a request and write the answers."""
    try:
        numpy = _import_numpy(arguments.legacy)
    except NoNumPyError as error:
        print(error)
        return NO_NUMPY
    calling = _calling()
    with open(arguments.request, "rb") as file:
        request = json.load(file)
    pools = {
        name: numpy.frombuffer(base64.b64decode(text), calling.CODES[name.split(".")[0]])
        for name, text in request["pools"].items()
    }
    progress = os.open(arguments.progress, os.O_WRONLY)
    with open(arguments.answer, "wb") as answer:
        write_record(answer, identity(numpy, calling.dispatch(numpy)), [])
        for number, call in enumerate(request["calls"]):
            os.pwrite(progress, COUNTER.pack(number), 0)
            write_record(answer, *calling.described(calling.outcome(numpy, call, pools)))
    os.pwrite(progress, COUNTER.pack(len(request["calls"])), 0)
    os.close(progress)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Record what NumPy answers to a list of calls.")
    for name in ("request", "answer", "progress"):
        parser.add_argument(name)
    parser.add_argument("--legacy", help="a directory to import NumPy from")
    return parser


if __name__ == "__main__":
    sys.exit(main(_parser().parse_args()))
