"""The file of samples: every bit comes back, equal timings give equal bytes, and nothing of a file is trusted."""

import contextlib
import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bench import samples as module
from parity.bench.samples import Samples, check_room, decode, encode
from parity.bench.timings import Timing
from parity.errors import DamagedError, UsageError

from .measured_baseline import drawn, timing

NAME = "timings/add-dd-d-contiguous-1e6/provider_ns.npy"
Entries = dict[str, bytes]


def same(one: Timing, other: Timing) -> bool:
    """Equal in type, shape and every value."""

    def told(item: Any) -> object:
        return (item.dtype, item.shape, item.tobytes()) if isinstance(item, np.ndarray) else (type(item), item)

    return [told(item) for item in one] == [told(item) for item in other]


def all_same(samples: Samples, timings: Any, controls: Any) -> bool:
    return all(
        found.keys() == wanted.keys()
        and all(len(found[name]) == len(wanted[name]) for name in wanted)
        and all(same(one, other) for name in wanted for one, other in zip(found[name], wanted[name], strict=True))
        for found, wanted in ((samples.timings, timings), (samples.controls, controls))
    )


def entries(data: bytes) -> Entries:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(content: Entries, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return stream.getvalue()


def npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


@st.composite
def processes(draw: st.DrawFn) -> list[Timing]:
    """Timings of one workload by a few processes, with durations of any size."""
    calls, older = draw(st.integers(1, 4)), draw(st.booleans())
    most = draw(st.sampled_from([0xFF, 0xFFFF, 0xFFFFFFFF, (1 << 64) - 1]))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        quadruples = draw(st.integers(0, 3))
        provider, numpy = (
            random.integers(0, most, (quadruples, 2, calls), dtype=np.uint64, endpoint=True) for _ in range(2)
        )
        first, flags = random.random(quadruples) < 0.5, random.integers(0, 4, (quadruples, 4), dtype=np.uint8)
        waits = None if older else random.integers(0, most, (quadruples, 4), dtype=np.uint64, endpoint=True)
        times = draw(st.none() | st.floats(0, 1e9)), draw(st.floats(0, 1e9)), draw(st.integers(0, 2**32 - 1))
        found.append(Timing(provider, numpy, first, flags, waits, *times))
    return found


names = st.from_regex(r"[a-z0-9/._-]{0,10}[a-z0-9]", fullmatch=True)


@given(st.dictionaries(names, processes(), max_size=3), st.dictionaries(names, processes(), max_size=2))
def test_every_bit_comes_back(timings: dict[str, list[Timing]], controls: dict[str, list[Timing]]) -> None:
    data = encode(timings, controls)
    assert all_same(decode(data, "file"), timings, controls)
    backwards = dict(reversed(timings.items()))
    assert encode(backwards, controls) == data


def test_numpy_opens_the_file_without_pickle() -> None:
    timings, controls = drawn()
    with np.load(io.BytesIO(encode(timings, controls)), allow_pickle=False) as file:
        assert len(file.files) == 6 * 3
        durations = file[NAME.removesuffix(".npy")]
        assert (durations.dtype, durations.shape) == (np.uint8, SHAPE)
        assert file["timings/add-dd-d-contiguous-1e6/processes"]["quadruples"].tolist() == [20] * 9
    whole = durations[0] + (durations[1].astype(np.uint64) << np.uint64(8))
    assert np.array_equal(whole, np.concatenate([one.provider_ns for one in timings["add-dd-d-contiguous-1e6"]]))


def test_entries_carry_no_time_and_no_system() -> None:
    with zipfile.ZipFile(io.BytesIO(encode(*drawn()))) as archive:
        for entry in archive.infolist():
            assert (entry.date_time, entry.create_system) == ((1980, 1, 1, 0, 0, 0), 3)
        assert archive.namelist() == sorted(archive.namelist())


def test_a_workload_without_timings_is_left_out() -> None:
    random = np.random.default_rng(0)
    assert decode(encode({"none": [], "one": [timing(random)]}, {}), "file").timings.keys() == {"one"}


def test_timings_at_different_paces_are_refused() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="w was not timed alike"):
        encode({"w": [timing(random, calls=2), timing(random, calls=3)]}, {})


def test_more_durations_than_a_file_may_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    timings, controls = drawn()
    data = encode(timings, controls)
    monkeypatch.setattr(module, "MAX_DURATIONS", 100)
    with pytest.raises(UsageError, match="more than a file of samples holds"):
        encode(timings, controls)
    with pytest.raises(DamagedError, match="more than 100 durations"):
        decode(data, "file")


@pytest.mark.parametrize("limit", ["MAX_BYTES", "MAX_ENTRIES", "MAX_FILE"])
def test_what_could_not_be_read_again_is_not_written(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    timings, controls = drawn()
    for most in range(10, 10_000, 50):
        with monkeypatch.context() as context:
            context.setattr(module, limit, most)
            with contextlib.suppress(UsageError):
                assert decode(encode(timings, controls), "file")
    monkeypatch.setattr(module, limit, 10)
    with pytest.raises(UsageError, match="more than a file of samples holds"):
        encode(timings, controls)


def test_there_is_room_for_the_sentinel_set_in_as_many_processes_as_may_be_asked_for() -> None:
    check_room(132, 99)
    with pytest.raises(UsageError, match="up to 1,"):
        check_room(1320, 99)


def refused(data: bytes) -> DamagedError:
    with pytest.raises(DamagedError) as caught:
        decode(data, "baselines/x.samples.npz")
    assert caught.value.where == "baselines/x.samples.npz"
    assert caught.value.expected
    return caught.value


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_damaged(share: float) -> None:
    data = encode(*drawn())
    refused(data[: int(share * len(data))])


def test_no_flipped_bit_gives_other_durations() -> None:
    timings, controls = drawn()
    data = encode(timings, controls)
    random = np.random.default_rng(3)
    found = 0
    for position in random.integers(0, len(data), 300):
        flipped = bytearray(data)
        flipped[position] ^= 1 << random.integers(0, 8)
        try:
            samples = decode(bytes(flipped), "file")
        except DamagedError:
            found += 1
            continue
        # What is left is in fields of the archive that nobody reads, such as the times of entries.
        assert all_same(samples, timings, controls) or position in _names(data)
    assert found > 200


def _names(data: bytes) -> set[int]:
    """Positions of the names of entries: the digest in the baseline covers them, their own checksums do not."""
    return {
        at
        for name in entries(data)
        for start in (data.find(name.encode()), data.rfind(name.encode()))
        for at in range(start, start + len(name))
    }


def without(content: Entries) -> Entries:
    return {name: data for name, data in content.items() if name != NAME}


def replaced(data: bytes) -> Callable[[Entries], Entries]:
    return lambda content: content | {NAME: data}


def added(name: str, data: bytes) -> Callable[[Entries], Entries]:
    return lambda content: content | {name: data}


SHAPE = (2, 180, 2, 5)
PROCESSES = "timings/add-dd-d-contiguous-1e6/processes.npy"
FIRST = "timings/add-dd-d-contiguous-1e6/provider_first.npy"
FLAGS = "timings/add-dd-d-contiguous-1e6/flags.npy"
WAITS = "timings/add-dd-d-contiguous-1e6/waits.npy"


def told(**values: float) -> bytes:
    """The records of nine processes, with other values in the last."""
    records = np.zeros(9, module._PROCESS)
    records["quadruples"], records["first_call_s"] = 20, 0.1
    for name, value in values.items():
        records[name][-1] = value
    return npy(records)


BROKEN: dict[str, tuple[Callable[[Entries], Entries], str]] = {
    "an array is missing": (without, "has no provider_ns"),
    "an unknown array": (added("timings/w/extra.npy", npy(np.zeros(1))), "there is an entry"),
    "an unknown file": (added("readme.txt", b"hello"), "there is an entry"),
    "a path that leaves": (added("../timings/w/flags.npy", npy(np.zeros(1))), "there is an entry"),
    "pickled objects": (replaced(npy(np.array([{}], object), allow_pickle=True)), "another type"),
    "floats": (replaced(npy(np.zeros(SHAPE))), "another type"),
    "signed integers": (replaced(npy(np.zeros(SHAPE, np.int32))), "another type"),
    "big endian": (replaced(npy(np.zeros(SHAPE, ">u4"))), "another type"),
    "whole numbers": (replaced(npy(np.zeros((180, 2, 5), np.uint32))), "another type"),
    "Fortran order": (replaced(npy(np.asfortranarray(np.zeros(SHAPE, np.uint8)))), "no array in C order"),
    "a later version of the format": (replaced(npy(np.zeros(SHAPE, np.uint8), version=(2, 0))), "no array in C order"),
    "another shape": (replaced(npy(np.zeros((2, 180, 2, 4), np.uint8))), "do not fit each other"),
    "too few quadruples": (replaced(npy(np.zeros((2, 179, 2, 5), np.uint8))), "do not fit each other"),
    "numbers without bytes": (replaced(npy(np.zeros((0, 180, 2, 5), np.uint8))), "do not fit each other"),
    "numbers of nine bytes": (replaced(npy(np.zeros((9, 180, 2, 5), np.uint8))), "do not fit each other"),
    "a shape that says more": (
        replaced(npy(np.zeros(SHAPE, np.uint8)).replace(b"(2, 180, 2, 5)", b"(2, 999, 2, 5)")),
        "has the shape",
    ),
    "a shape beyond all memory": (
        replaced(npy(np.zeros(SHAPE, np.uint8)).replace(b"(2, 180, 2, 5)", b"(9999999999, 9999999999, 2, 5)")),
        "has the shape",
    ),
    "too many axes": (replaced(npy(np.zeros((*SHAPE, 1), np.uint8))), "has the shape"),
    "code in a header": (
        replaced(npy(np.zeros(SHAPE, np.uint8)).replace(b"(2, 180, 2, 5)", b"exit(  ) or ()")),
        "no array in C order",
    ),
    "nothing": (replaced(b""), "no array in C order"),
    "bools that are neither": (
        added(FIRST, npy(np.full(180, 2, np.uint8)).replace(b"'|u1'", b"'|b1'")),
        "neither true nor false",
    ),
    "waits of fewer epochs": (added(WAITS, npy(np.zeros((1, 180, 3), np.uint8))), "do not fit each other"),
    "waits of nine bytes": (added(WAITS, npy(np.zeros((9, 180, 4), np.uint8))), "do not fit each other"),
    "unknown flags": (added(FLAGS, npy(np.full((180, 4), 4, np.uint8))), "out of its range"),
    "a first call before it began": (added(PROCESSES, told(first_call_s=-1)), "is no time"),
    "a first call without end": (added(PROCESSES, told(first_call_s=np.inf)), "is no time"),
    "no time of a first call": (added(PROCESSES, told(first_call_s=np.nan)), "is no time"),
    "an endless compilation": (added(PROCESSES, told(compile_s=np.inf)), "out of its range"),
    "quadruples that do not add up": (added(PROCESSES, told(quadruples=21)), "do not fit each other"),
    "processes in a table": (
        added(PROCESSES, npy(np.zeros((9, 1), module._PROCESS))),
        "do not fit each other",
    ),
    "no processes": (added(PROCESSES, npy(np.zeros(0, module._PROCESS))), "do not fit each other"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_encode_would_not_have_written_is_refused(name: str) -> None:
    change, said = BROKEN[name]
    assert said in refused(zipped(change(entries(encode(*drawn()))))).message


def test_nothing_at_all_is_refused() -> None:
    refused(b"")
    refused(b"PK")
    refused(b"{}" * 100)


def test_two_entries_of_one_name_are_refused() -> None:
    names = "timings/v/flags.npy", "timings/w/flags.npy"
    data = zipped(dict.fromkeys(names, npy(np.zeros(1, np.uint8))))
    assert "one name" in refused(data.replace(names[0].encode(), names[1].encode())).message


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_deflated_entries_are_read(compression: int) -> None:
    assert "not deflated" in refused(zipped(entries(encode(*drawn())), compression)).message


def test_a_bomb_is_refused_before_it_is_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    content = entries(encode(*drawn()))
    bomb = zipped(content | {NAME: npy(np.zeros((4, 1_000_000, 2, 1), np.uint8))})
    assert len(bomb) < 100_000
    monkeypatch.setattr(module, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was opened"))
    assert "more memory than any file" in refused(bomb).message


def test_an_entry_that_is_larger_than_it_says_is_inflated_no_further() -> None:
    content = entries(encode(*drawn()))
    size = 50_000_000
    bomb = bytearray(zipped(content | {NAME: bytes(size)}))
    for at in (bomb.find(struct.pack("<I", size)), bomb.rfind(struct.pack("<I", size))):
        assert at > 0
        bomb[at : at + 4] = struct.pack("<I", 1000)
    import tracemalloc

    tracemalloc.start()
    refused(bytes(bomb))
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(*drawn())
    monkeypatch.setattr(module, "MAX_ENTRIES", 10)
    assert "its 18 entries" in refused(data).message
