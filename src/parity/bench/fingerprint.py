"""What a baseline is bound to: the machine and the software that decide how fast a call is, and nothing that names it.

Linux tells most of it in /proc and /sys; where a system does not tell, the field says so (`unknown`, null or empty)
rather than guess. Asked twice, in whatever process, the answer is the same: what changes by itself (free memory, the
current frequency) is left out. NumPy's dispatch is that of the process which asks, because NumPy reads
NPY_DISABLE_CPU_FEATURES when it is imported.
"""

import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from parity.calling import dispatch
from parity.documents.baseline import Cache, Fingerprint
from parity.documents.model import canonical, sha256

CPUINFO = Path("/proc/cpuinfo")
PROCESSORS = Path("/sys/devices/system/cpu")
UNKNOWN = "unknown"

_UNIDENTIFIED = "0" * 32
_SHOWN = 6
"""Names of a list of features that a difference spells out; more are counted."""

_X86_FEATURE = re.compile(
    r"(mmx|pni|s?sse|avx|amx|fma|f16c|bmi|adx|abm|popcnt|movbe|gfni|vaes|vpclmul|pclmul|sha|aes|erms|fsrm|misalign)"
)
"""Flags of /proc/cpuinfo that a compiler or a C library takes for code that computes or copies; `pni` is SSE3."""

_ARM_PART = ("CPU implementer", "CPU variant", "CPU part")
_SUFFIXES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def fingerprint(threads: Mapping[str, int], *, cpuinfo: Path = CPUINFO, processors: Path = PROCESSORS) -> Fingerprint:
    """The fingerprint of this machine, with the thread settings of a run: threads allowed, by library.

    cpuinfo, processors: where Linux tells about them. `cores` counts the processors that this process may use, so it
    is asked before the process is pinned to one.
    """
    usable = _usable_processors()
    processor = processors / f"cpu{usable[0]}"
    told = _cpuinfo(cpuinfo)
    return identified(
        Fingerprint(
            id=_UNIDENTIFIED,
            cpu_model=_cpu_model(told),
            cpu_features=_cpu_features(told),
            cores=len(usable),
            caches=_caches(processor / "cache"),
            governor=_text(processor / "cpufreq" / "scaling_governor"),
            memory_gib=_memory_gib(),
            os=_operating_system(),
            libc=" ".join(platform.libc_ver()).strip() or UNKNOWN,
            python=f"{platform.python_implementation()} {platform.python_version()}",
            numpy=np.__version__,
            dispatch=tuple(dispatch(np)),
            numba=_installed("numba"),
            llvmlite=_installed("llvmlite"),
            threads=dict(sorted(threads.items())),
        )
    )


def identified(unidentified: Fingerprint) -> Fingerprint:
    """The same with the id that its other fields give: the first 16 bytes of SHA-256 of their canonical JSON."""
    content = unidentified.full()
    del content["id"]
    return unidentified.model_copy(update={"id": sha256(canonical(content))[:32]})


def differences(one: Fingerprint, other: Fingerprint, *, names: tuple[str, str] = ("here", "there")) -> tuple[str, ...]:
    """The fields that differ, in words, in the order of the document; empty if the two are comparable.

    names: how the first and the second are called in these words.
    """
    fields = [name for name in Fingerprint.model_fields if name != "id"]
    left, right = one.full(), other.full()
    return tuple(
        f"{name}: {_difference(_values(left[name]), _values(right[name]), names)}"
        for name in fields
        if left[name] != right[name]
    )


def same_machine(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two fingerprints differ in nothing but the threads that libraries were allowed."""
    return all(text.startswith("threads:") for text in differences(one, other))


def _difference(left: list[str], right: list[str], names: tuple[str, str]) -> str:
    """What each side alone has; `none` for a side that has nothing but what both have."""
    return ", ".join(
        f"{_listed([item for item in mine if item not in theirs])} {name}"
        for mine, theirs, name in ((left, right, names[0]), (right, left, names[1]))
    )


def _listed(items: list[str]) -> str:
    if not items:
        return "none"
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return " ".join(items[:_SHOWN]) + more


def _values(field: object) -> list[str]:
    """A field as a list of words, so that lists are compared by what they hold."""
    if isinstance(field, dict):
        return [f"{name}={value}" for name, value in field.items()]
    if isinstance(field, list):
        return [_cache_in_words(item) if isinstance(item, dict) else str(item) for item in field]
    return ["unknown" if field is None else str(field)]


def _cache_in_words(cache: Mapping[str, object]) -> str:
    return f"L{cache['level']} {cache['kind']} {cache['size']} bytes shared by {cache['shared_by']}"


# -- what the system tells -------------------------------------------------------------------------


def _usable_processors() -> list[int]:
    """Numbers of the logical processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return sorted(affinity(0)) if affinity is not None else list(range(os.cpu_count() or 1))


def _cpuinfo(path: Path) -> dict[str, str]:
    """The fields of the first processor in /proc/cpuinfo; empty where there is no such file."""
    text = _text(path) or ""
    pairs = (line.partition(":") for line in text.split("\n\n", 1)[0].splitlines())
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _cpu_model(told: Mapping[str, str]) -> str:
    if "model name" in told:
        return told["model name"]
    if "CPU part" in told:  # ARM gives numbers in place of a name
        return " ".join(f"{name.removeprefix('CPU ')} {told[name]}" for name in _ARM_PART if name in told)
    return platform.processor() or platform.machine() or UNKNOWN


def _cpu_features(told: Mapping[str, str]) -> tuple[str, ...]:
    if "Features" in told:
        return tuple(sorted(set(told["Features"].split())))
    return tuple(sorted({flag for flag in told.get("flags", "").split() if _X86_FEATURE.match(flag)}))


def _caches(folder: Path) -> tuple[Cache, ...]:
    """The caches that one processor sees, by level and kind; empty where the system does not list them."""
    found = []
    for index in folder.glob("index*"):
        level, kind, size = (_text(index / name) for name in ("level", "type", "size"))
        if not (level and kind and size) or (number := _bytes(size)) is None or not level.isdecimal():
            continue
        shared_by = _count_of(_text(index / "shared_cpu_list") or "")
        found.append(Cache(level=int(level), kind=kind.lower(), size=number, shared_by=shared_by))
    return tuple(sorted(found, key=lambda cache: (cache.level, cache.kind)))


def _bytes(size: str) -> int | None:
    """Bytes in the kernel's notation, such as 1024K."""
    match = re.fullmatch(r"(\d+)([KMG]?)", size)
    return None if match is None else int(match[1]) * _SUFFIXES.get(match[2], 1)


def _count_of(processors: str) -> int:
    """How many processors a list such as 0-3,8 names; 1 for an empty one, the processor itself."""
    spans = re.findall(r"(\d+)(?:-(\d+))?", processors)
    return sum(int(last or first) - int(first) + 1 for first, last in spans) or 1


def _memory_gib() -> int:
    """Installed memory in GiB; 0 where the system does not tell."""
    try:
        return rounded_gib(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return 0


def rounded_gib(size: int) -> int:
    """Bytes in GiB, rounded up to a sixteenth of the power of two below: to 1 GiB up to 32, to 8 from 128 to 256.

    A kernel keeps 1 to 3 % of the memory for itself, and the share moves with its version; rounding up gives what is
    installed.
    """
    whole = -(-size // (1 << 30))
    step = max(1, (1 << whole.bit_length() - 1) // 16) if whole > 0 else 1
    return -(-whole // step) * step


def _operating_system() -> str:
    """Name, release (major.minor: patches do not change speeds that could be told apart) and machine."""
    release = re.match(r"\d+(\.\d+)?", platform.release())
    return " ".join((platform.system(), release[0] if release else platform.release(), platform.machine()))


def _installed(distribution: str) -> str | None:
    """The version of a distribution, without importing it; None if it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _text(path: Path) -> str | None:
    """A small file of the system; None where it is not, or may not be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None
