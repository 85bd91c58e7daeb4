"""The file of samples beside a baseline: every duration that was measured, from which all its figures follow.

It is an .npz that `numpy.load` opens without pickle. For each workload under `timings/<workload>/`, and for each
control under `controls/<workload>/`:

    provider_ns, numpy_ns    durations of all processes one after the other, as bytes: shape (bytes of a duration,
                             quadruples, 2, calls), the least significant byte first
    provider_first           bool, shape (quadruples,)
    flags                    uint8, shape (quadruples, 4)
    waits                    nanoseconds as bytes, shape (bytes of a wait, quadruples, 4); files that were written
                             before waits were counted have none for any workload
    processes                one record for each process: its quadruples, compile_s (NaN: nobody can tell),
                             first_call_s, compiled_late

Like bytes lie together, which makes a file smaller by a tenth (101 kB, not 114, for 52,000 durations).

Equal timings give equal bytes on one machine: entries are sorted and carry no time. Nothing of a file that is read is
trusted: sizes are bounded before memory is taken, and whatever `encode` would not have written is refused. Entries are
deflated because of that: zipfile bounds what inflating takes, but not what LZMA takes.
"""

import math
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from parity.bench.protocol import MOST_SAMPLES
from parity.bench.timings import STOLEN, SWITCHED, Durations, Timing
from parity.documents.baseline import MAX_FILE
from parity.errors import DamagedError, UsageError

MAX_DURATIONS = 1 << 27
"""In one file; 120 workloads with 4,096 calls of two arms in each of 99 processes have less."""

MAX_ENTRIES = 100_000
MAX_BYTES = 4 * MAX_DURATIONS
"""What all arrays of a file take: a duration of less than 16 ms takes three bytes."""

_LONGEST_HEADER = 256
_MOST_AXES = 4
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip archive can hold."""

TIMINGS, CONTROLS = "timings", "controls"
_PROCESS = np.dtype([("quadruples", "<u4"), ("compile_s", "<f8"), ("first_call_s", "<f8"), ("compiled_late", "<u4")])
_BYTES = np.dtype("|u1")
_TYPES = {
    "provider_ns": _BYTES,
    "numpy_ns": _BYTES,
    "provider_first": np.dtype("|b1"),
    "flags": _BYTES,
    "waits": _BYTES,
    "processes": _PROCESS,
}
_LATER = frozenset({"waits"})
"""What older files do not have."""

_ENTRY = re.compile(rf"(?P<kind>{TIMINGS}|{CONTROLS})/(?P<workload>.+)/(?P<array>{'|'.join(_TYPES)})\.npy")
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': (?P<descr>[^{}\n]{1,200}), 'fortran_order': False, "
    rb"'shape': \((?P<shape>(\d{1,10}, ?){1,8}\d{0,10})\), \} *\n",
    re.DOTALL,
)
"""Version 1.0 of the .npy format (NEP 1), as NumPy writes it for C order."""

_Group = dict[str, NDArray[Any]]


class Samples(NamedTuple):
    """What the processes said, in their order, by workload. controls: the provider against itself."""

    timings: dict[str, tuple[Timing, ...]]
    controls: dict[str, tuple[Timing, ...]]


def check_room(workloads: int, processes: int) -> None:
    """Raise UsageError if what is to be measured may not fit into a file."""
    durations = workloads * processes * 2 * MOST_SAMPLES
    if durations > MAX_DURATIONS:
        raise _too_much(f"up to {durations:,} durations", f"{MAX_DURATIONS:,}")


def encode(timings: Mapping[str, Sequence[Timing]], controls: Mapping[str, Sequence[Timing]]) -> bytes:
    """The file. A workload without any timing is left out.

    Raises UsageError for more than a file may hold, ValueError for timings of one workload that do not have
    the same number of calls.
    """
    entries = {
        f"{kind}/{workload}/{name}.npy": array
        for kind, given in ((TIMINGS, timings), (CONTROLS, controls))
        for workload, processes in given.items()
        if processes
        for name, array in _joined(workload, processes).items()
    }
    lanes = [array for name, array in entries.items() if name.endswith("_ns.npy")]
    durations = sum(array.size // len(array) for array in lanes)
    if durations > MAX_DURATIONS:
        raise _too_much(f"{durations:,} durations", f"{MAX_DURATIONS:,}")
    if len(entries) > MAX_ENTRIES:
        raise _too_much(f"{len(entries):,} arrays", f"{MAX_ENTRIES:,}")
    size = sum(array.nbytes + _LONGEST_HEADER for array in entries.values())
    if size > MAX_BYTES:
        raise _too_much(f"{size:,} bytes", f"{MAX_BYTES:,}")
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in sorted(entries.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, _npy(array))
    data = stream.getvalue()
    if len(data) > MAX_FILE:
        raise _too_much(f"{len(data):,} deflated bytes", f"{MAX_FILE:,}")
    return data


def decode(data: bytes, where: str) -> Samples:
    """The timings in a file, in the order of the workloads' names. Raises DamagedError that names `where`."""
    try:
        groups = _groups(_entries(data))
        return Samples(
            *(
                {workload: _split(arrays) for (kind, workload), arrays in groups.items() if kind == wanted}
                for wanted in (TIMINGS, CONTROLS)
            )
        )
    except (_NotOursError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise DamagedError(
            f"no file of samples: {error or type(error).__name__}",
            where=where,
            expected="a file as `parity bench run` writes it",
            hint="restore the file, or measure again",
        ) from None


def _too_much(found: str, most: str) -> UsageError:
    return UsageError(
        f"{found} are more than a file of samples holds",
        where="the set, and --processes",
        expected=f"at most {most}",
        hint="measure fewer workloads, in fewer processes, or for fewer --seconds",
    )


class _NotOursError(Exception):
    """What `encode` would not have written, in words."""


# -- one workload ----------------------------------------------------------------------------------


def _joined(workload: str, processes: Sequence[Timing]) -> _Group:
    calls = {timing.provider_ns.shape[1:] for timing in processes} | {timing.numpy_ns.shape[1:] for timing in processes}
    if len(calls) > 1:
        raise ValueError(f"{workload} was not timed alike by all processes: {sorted(calls)}")
    told = [
        (
            len(timing.provider_first),
            np.nan if timing.compile_s is None else timing.compile_s,
            timing.first_call_s,
            timing.compiled_late,
        )
        for timing in processes
    ]
    return {
        "provider_ns": _bytes_of(np.concatenate([timing.provider_ns for timing in processes])),
        "numpy_ns": _bytes_of(np.concatenate([timing.numpy_ns for timing in processes])),
        "provider_first": np.concatenate([timing.provider_first for timing in processes]).astype(np.bool_),
        "flags": np.concatenate([timing.flags for timing in processes]).astype(np.uint8),
        "processes": np.array(told, _PROCESS),
    } | _waits(processes)


def _waits(processes: Sequence[Timing]) -> _Group:
    """Those of all processes, nothing if none has any. Raises ValueError if some have and some do not."""
    found = [timing.waits for timing in processes if timing.waits is not None]
    if found and len(found) < len(processes):
        raise ValueError("some processes say how long they waited, and some do not")
    return {"waits": _bytes_of(np.concatenate(found))} if found else {}


def _bytes_of(durations: Durations) -> NDArray[np.uint8]:
    """The bytes of whole numbers, those of one significance together, as many as the largest number has."""
    width = max(1, -(-int(durations.max(initial=0)).bit_length() // 8))
    lanes = np.ascontiguousarray(durations, "<u8")[..., np.newaxis].view(np.uint8)
    return np.ascontiguousarray(np.moveaxis(lanes[..., :width], -1, 0))


def _durations(lanes: NDArray[np.uint8]) -> Durations:
    """The whole numbers that `_bytes_of` took apart."""
    whole = np.zeros((*lanes.shape[1:], 8), np.uint8)
    whole[..., : len(lanes)] = np.moveaxis(lanes, 0, -1)
    return whole.view("<u8")[..., 0].astype(np.uint64)


def _split(arrays: _Group) -> tuple[Timing, ...]:
    """The timings of the processes, after a check that the arrays fit each other."""
    processes = arrays["processes"]
    counts = [int(count) for count in processes["quadruples"].ravel()]
    whole = sum(counts)
    shape = arrays["provider_ns"].shape
    fits = (
        len(shape) == _MOST_AXES
        and processes.ndim == 1
        and shape[1:3] == (whole, 2)
        and arrays["numpy_ns"].shape[1:] == shape[1:]
        and {len(arrays["provider_ns"]), len(arrays["numpy_ns"])} <= set(range(1, 9))
        and arrays["provider_first"].shape == (whole,)
        and arrays["flags"].shape == (whole, 4)
        and ("waits" not in arrays or (arrays["waits"].shape[1:] == (whole, 4) and 1 <= len(arrays["waits"]) <= 8))
        and counts
    )
    if not fits:
        raise _NotOursError("the arrays of a workload have shapes that do not fit each other")
    seconds = processes["first_call_s"]
    compiling = processes["compile_s"]
    if not np.all(np.isfinite(seconds) & (seconds >= 0) & (np.isnan(compiling) | (compiling >= 0))):
        raise _NotOursError("a time of compilation or of a first call is no time")
    if np.any(np.isinf(compiling)) or np.any(arrays["flags"] > SWITCHED | STOLEN):
        raise _NotOursError("a value is out of its range")
    provider, numpy = (_durations(arrays[name]) for name in ("provider_ns", "numpy_ns"))
    first, flags = arrays["provider_first"], arrays["flags"]
    waits = _durations(arrays["waits"]) if "waits" in arrays else None
    ends = np.concatenate([[0], np.cumsum(counts)]).tolist()
    return tuple(
        Timing(
            provider[start:end],
            numpy[start:end],
            first[start:end],
            flags[start:end],
            None if waits is None else waits[start:end],
            None if np.isnan(told["compile_s"]) else float(told["compile_s"]),
            float(told["first_call_s"]),
            int(told["compiled_late"]),
        )
        for (start, end), told in zip(pairwise(ends), processes, strict=True)
    )


# -- the archive -----------------------------------------------------------------------------------


def _npy(array: NDArray[Any]) -> bytes:
    stream = BytesIO()
    npy.write_array(stream, array, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _entries(data: bytes) -> dict[str, bytes]:
    """The content of every entry by its name, after a look at how much that will be."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        listed = archive.infolist()
        if len(listed) > MAX_ENTRIES or sum(entry.file_size for entry in listed) > MAX_BYTES:
            raise _NotOursError(f"its {len(listed):,} entries would take more memory than any file of samples does")
        if len({entry.filename for entry in listed}) != len(listed):
            raise _NotOursError("two entries have one name")
        if any(entry.compress_type != zipfile.ZIP_DEFLATED or entry.flag_bits & 1 for entry in listed):
            raise _NotOursError("an entry is encrypted, or not deflated")
        # With a size, inflating stops there, whatever the compressed bytes hold.
        return {entry.filename: archive.open(entry).read(entry.file_size) for entry in listed}


def _groups(entries: Mapping[str, bytes]) -> dict[tuple[str, str], _Group]:
    """The arrays by kind and workload, all of each, and no others."""
    groups: dict[tuple[str, str], _Group] = {}
    for name, content in sorted(entries.items()):
        match = _ENTRY.fullmatch(name)
        if match is None:
            raise _NotOursError(f"there is an entry {name[:80]!r}")
        groups.setdefault((match["kind"], match["workload"]), {})[match["array"]] = _array(content, match["array"])
    for (kind, workload), arrays in groups.items():
        if missing := [name for name in _TYPES if name not in arrays and name not in _LATER]:
            raise _NotOursError(f"{kind}/{workload} has no {missing[0]}")
    lanes = [arrays[name] for arrays in groups.values() for name in ("provider_ns", "numpy_ns")]
    if sum(lane.size // max(1, len(lane)) for lane in lanes) > MAX_DURATIONS:
        raise _NotOursError(f"there are more than {MAX_DURATIONS:,} durations")
    return groups


def _array(content: bytes, name: str) -> NDArray[Any]:
    """An array whose header is one that `encode` writes: none is evaluated. It lies in the memory of `content`."""
    match = _HEADER.match(content)
    if match is None:
        raise _NotOursError(f"{name} is no array in C order")
    dtype = _TYPES[name]
    if repr(npy.dtype_to_descr(dtype)).encode() != match["descr"]:
        raise _NotOursError(f"{name} has another type than it should")
    shape = [int(length) for length in match["shape"].split(b",") if length.strip()]
    body = memoryview(content)[match.end() :]
    if len(shape) > _MOST_AXES or math.prod(shape) * dtype.itemsize != len(body):
        raise _NotOursError(f"{name} has the shape {shape} and {len(body)} bytes")
    if dtype == np.bool_ and bytes(body).translate(None, b"\0\1"):
        raise _NotOursError(f"{name} holds what is neither true nor false")
    return np.frombuffer(body, dtype).reshape(shape)
