"""The fingerprint: stable, told apart by what decides speed, and nothing in it that names the machine or its user."""

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.bench.fingerprint import differences, fingerprint, identified, rounded_gib, same_machine
from parity.calling import dispatch
from parity.documents.baseline import Cache, Fingerprint

ASK = """
import json
from parity.bench.fingerprint import fingerprint
print(json.dumps(fingerprint({"numba": 1}).full()))
"""
GIB = 1 << 30


def asked(**environment: str) -> Fingerprint:
    """What another process says."""
    command = [sys.executable, "-c", ASK]
    out = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True).stdout
    return Fingerprint.from_json(out, "stdout")


def cpuinfo(folder: Path, text: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(text)
    return path


def test_two_processes_on_one_machine_give_the_same_fingerprint() -> None:
    here = fingerprint({"numba": 1})
    assert asked() == here
    assert len(here.id) == 32


@pytest.mark.skipif(not dispatch(np), reason="NumPy dispatches to no CPU feature here that could be switched off")
def test_switching_off_what_numpy_dispatches_to_gives_another_fingerprint() -> None:
    features = dispatch(np)
    other, here = asked(NPY_DISABLE_CPU_FEATURES=" ".join(features)), fingerprint({"numba": 1})
    assert other.id != here.id
    [difference] = differences(here, other)
    assert difference.startswith(f"dispatch: {' '.join(features[:3])}")
    assert difference.endswith(" here, none there")
    assert not same_machine(here, other)


def test_the_id_is_a_digest_of_all_other_fields() -> None:
    here = fingerprint({})
    assert identified(here.model_copy(update={"id": "0" * 32})) == here
    for name, value in here.full().items():
        if name != "id":
            content = json.dumps(here.full() | {name: another(name, value)})
            other = identified(Fingerprint.from_json(content, "here"))
            assert other.id != here.id, name
            assert [text.partition(":")[0] for text in differences(here, other)] == [name]


def another(name: str, value: Any) -> Any:
    """Another value of a field, that the document allows."""
    if name == "caches":
        return [*value, {"level": 9, "kind": "x", "size": 1, "shared_by": 1}]
    if isinstance(value, list):
        return [*value, "x"]
    if isinstance(value, dict):
        return value | {"x": 1}
    return value + 1 if isinstance(value, int) else f"{value}x"


def test_threads_alone_do_not_make_another_machine() -> None:
    one, two = fingerprint({"numba": 1}), fingerprint({"numba": 2})
    assert differences(one, two, names=("before", "now")) == ("threads: numba=1 before, numba=2 now",)
    assert same_machine(one, two)
    assert one.id != two.id


def test_the_order_of_threads_does_not_count() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})


def test_nothing_names_the_host_or_the_user() -> None:
    words = json.dumps(fingerprint({}).full()).replace('"', " ").replace(",", " ").split()
    for private in (os.uname().nodename, getpass.getuser(), str(Path.home()), str(Path.cwd())):
        assert private not in words


def test_long_lists_are_counted_in_a_difference() -> None:
    here = fingerprint({}).model_copy(update={"cpu_features": ()})
    other = here.model_copy(update={"cpu_features": tuple(f"f{number}" for number in range(9))})
    assert differences(here, other) == ("cpu_features: none here, f0 f1 f2 f3 f4 f5 and 3 more there",)


def test_a_cache_that_differs_is_told_in_words() -> None:
    cache = Cache(level=2, kind="unified", size=1 << 20, shared_by=2)
    here = fingerprint({}).model_copy(update={"caches": ()})
    assert differences(here, here.model_copy(update={"caches": (cache,)})) == (
        "caches: none here, L2 unified 1048576 bytes shared by 2 there",
    )


def test_an_unknown_version_is_a_difference_too() -> None:
    here = fingerprint({}).model_copy(update={"numba": None})
    assert differences(here, here.model_copy(update={"numba": "1.0"})) == ("numba: unknown here, 1.0 there",)


def test_x86_tells_its_model_and_the_features_that_compilers_use(tmp_path: Path) -> None:
    text = (
        "processor\t: 0\nmodel name\t: A Processor 9\ncpu MHz\t: 2596.0\n"
        "flags\t: fpu sse sse4_1 avx512f vmx avx2 hypervisor fma\n\nprocessor\t: 1\nmodel name\t: Another\n"
    )
    found = fingerprint({}, cpuinfo=cpuinfo(tmp_path, text))
    assert found.cpu_model == "A Processor 9"
    assert found.cpu_features == ("avx2", "avx512f", "fma", "sse", "sse4_1")


def test_the_present_frequency_does_not_count(tmp_path: Path) -> None:
    text = "model name\t: A\ncpu MHz\t: {}\nbogomips\t: {}\nflags\t: avx\n"
    slow = fingerprint({}, cpuinfo=cpuinfo(tmp_path, text.format(1200, 1)))
    assert fingerprint({}, cpuinfo=cpuinfo(tmp_path, text.format(3600, 2))) == slow


def test_arm_tells_numbers_in_place_of_a_model(tmp_path: Path) -> None:
    text = "processor: 0\nFeatures: fp asimd sve\nCPU implementer : 0x41\nCPU variant : 0x1\nCPU part : 0xd40\n"
    found = fingerprint({}, cpuinfo=cpuinfo(tmp_path, text))
    assert found.cpu_model == "implementer 0x41 variant 0x1 part 0xd40"
    assert found.cpu_features == ("asimd", "fp", "sve")


def test_what_the_system_does_not_tell_is_said_to_be_unknown(tmp_path: Path) -> None:
    found = fingerprint({}, cpuinfo=tmp_path / "absent", processors=tmp_path / "absent")
    assert found.cpu_model
    assert (found.cpu_features, found.caches, found.governor) == ((), (), None)


def test_caches_and_governor_are_those_of_a_processor_that_may_be_used(tmp_path: Path) -> None:
    usable = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    processor = tmp_path / f"cpu{usable}"
    told = {
        "cache/index0": ("1", "Data", "48K", "0"),
        "cache/index1": ("1", "Instruction", "32K", ""),
        "cache/index2": ("3", "Unified", "32M", "0-3,8"),
        "cache/index3": ("2", "Unified", "much", "0"),
    }
    for name, values in told.items():
        (processor / name).mkdir(parents=True)
        for file, value in zip(("level", "type", "size", "shared_cpu_list"), values, strict=True):
            (processor / name / file).write_text(f"{value}\n")
    (processor / "cpufreq").mkdir()
    (processor / "cpufreq" / "scaling_governor").write_text("performance\n")
    found = fingerprint({}, processors=tmp_path)
    assert found.governor == "performance"
    assert found.caches == (
        Cache(level=1, kind="data", size=48 << 10, shared_by=1),
        Cache(level=1, kind="instruction", size=32 << 10, shared_by=1),
        Cache(level=3, kind="unified", size=32 << 20, shared_by=5),
    )


@pytest.mark.parametrize(
    ("size", "installed"),
    [(0, 0), (GIB // 3, 1), (3.8 * GIB, 4), (15.6 * GIB, 16), (24684092 * 1024, 24), (62.8 * GIB, 64)],
)
def test_memory_is_rounded_up_to_what_is_installed(size: float, installed: int) -> None:
    assert rounded_gib(int(size)) == installed


def test_a_kernel_that_keeps_a_little_more_does_not_change_the_memory() -> None:
    for installed in (4, 8, 16, 32, 64, 128, 256, 512, 1024):
        assert {rounded_gib(int(installed * GIB * share)) for share in (0.97, 0.98, 0.99, 1.0)} == {installed}
