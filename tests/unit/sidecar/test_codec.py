"""The adapter of the raptorq binding: what it restores, what it refuses, and what the binding itself must keep doing."""

import random
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import raptorq  # type: ignore[import-untyped, unused-ignore]
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import ExitCode
from parity.sidecar import codec
from parity.sidecar.codec import MAX_SOURCE_SYMBOLS, CodecError, decode, encode

SIZES = (8, 64, 256, 1024, 4096)
COUNTS = (1, 2, 3, 10, 11, 255, 512, 1000, 1023, 1024)


def sources(data: bytes, size: int) -> dict[int, bytes]:
    return {esi: data[esi * size : (esi + 1) * size] for esi in range(len(data) // size)}


def coded(data: bytes, size: int, repair: int) -> tuple[dict[int, bytes], dict[int, bytes]]:
    source = sources(data, size)
    return source, dict(enumerate(encode(data, size, repair), len(source)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", COUNTS)
def test_the_binding_keeps_source_symbols_as_slices_of_the_data(size: int, count: int) -> None:
    data = random.Random(count).randbytes(count * size)
    packets = raptorq.Encoder.with_defaults(data, size).get_encoded_packets(1)
    assert len(packets) == count + 1
    for esi, packet in enumerate(packets[:count]):
        assert packet == b"\0" + esi.to_bytes(3, "big") + data[esi * size : (esi + 1) * size]
    assert packets[count][:4] == b"\0" + count.to_bytes(3, "big")


@pytest.mark.parametrize("size", [64, 256, 1024, 4096])
def test_the_binding_keeps_source_symbols_as_slices_for_every_count(size: int) -> None:
    content = random.Random(size).randbytes(MAX_SOURCE_SYMBOLS * size)
    for count in range(1, MAX_SOURCE_SYMBOLS + 1):
        packets = raptorq.Encoder.with_defaults(content[: count * size], size).get_encoded_packets(1)
        assert b"".join(packet[4:] for packet in packets[:count]) == content[: count * size]
        assert [packet[:4] for packet in packets] == [b"\0" + esi.to_bytes(3, "big") for esi in range(count + 1)]


@pytest.mark.parametrize("size", [8, 64, 4096])
@pytest.mark.parametrize("count", [1, 2, 7, 100, 1024])
def test_every_source_symbol_may_be_lost_if_repair_symbols_take_their_places(size: int, count: int) -> None:
    data = random.Random(count).randbytes(count * size)
    _, repair = coded(data, size, count + 2)
    assert decode(count, size, repair) == data


@given(
    count=st.integers(1, 60),
    spare=st.integers(2, 6),
    lost=st.integers(0, 60),
    seed=st.integers(0, 2**32),
    kind=st.data(),
)
def test_whatever_is_lost_within_the_reserve_comes_back(
    count: int, spare: int, lost: int, seed: int, kind: st.DataObject
) -> None:
    rng, lost = random.Random(seed), min(lost, count)
    data = kind.draw(st.sampled_from([rng.randbytes(count * 64), bytes(count * 64), rng.randbytes(64) * count]))
    source, repair = coded(data, 64, lost + spare)
    everything = source | repair
    for esi in rng.sample(sorted(everything), lost):
        del everything[esi]
    assert decode(count, 64, everything) == data


def test_a_block_of_equal_symbols_and_a_block_of_zeros_come_back() -> None:
    for data in (bytes(1024 * 64), b"parity--" * (1024 * 8)):
        source, repair = coded(data, 64, 106)
        kept = {esi: symbol for esi, symbol in source.items() if not 300 <= esi < 400}
        assert decode(1024, 64, kept | repair) == data


def test_one_byte_in_one_symbol_comes_back_from_repair_symbols_alone() -> None:
    data = b"7" + bytes(63)
    _, repair = coded(data, 64, 4)
    assert decode(1, 64, {esi: repair[esi] for esi in (3, 4)}) == data


def test_the_order_in_which_symbols_come_does_not_matter() -> None:
    data = random.Random(1).randbytes(50 * 64)
    source, repair = coded(data, 64, 8)
    kept = list((source | repair).items())[5:]
    random.Random(2).shuffle(kept)
    assert decode(50, 64, dict(kept)) == data


def test_no_loss_needs_no_repair_symbol() -> None:
    data = random.Random(1).randbytes(50 * 64)
    assert decode(50, 64, sources(data, 64)) == data


def test_fewer_symbols_than_sources_never_suffice() -> None:
    data = random.Random(1).randbytes(100 * 64)
    source, repair = coded(data, 64, 10)
    kept = {esi: symbol for esi, symbol in source.items() if esi >= 11}
    assert decode(100, 64, kept | repair) is None
    assert decode(100, 64, {}) is None


def test_exactly_as_many_symbols_as_sources_fail_as_seldom_as_the_standard_says() -> None:
    # RFC 6330's code is designed for 1 failure in 100 at K, 1 in 10^4 at K + 1; 0.54 % were measured at K.
    data = random.Random(5).randbytes(20 * 8)
    source, repair = coded(data, 8, 24)
    everything, rng, failed = sorted((source | repair).items()), random.Random(6), 0
    for _ in range(2000):
        answer = decode(20, 8, dict(rng.sample(everything, 20)))
        assert answer in {None, data}
        failed += answer is None
    assert failed <= 40


def test_encoding_twice_gives_the_same_symbols() -> None:
    data = random.Random(3).randbytes(600 * 256)
    assert encode(data, 256, 63) == encode(data, 256, 63)


def test_more_repair_symbols_begin_with_the_same_ones() -> None:
    data = random.Random(3).randbytes(30 * 64)
    assert encode(data, 64, 40)[:5] == encode(data, 64, 5)


@pytest.mark.parametrize(
    ("data", "size", "repair"),
    [
        (b"", 64, 1),
        (bytes(63), 64, 1),
        (bytes(65), 64, 1),
        (bytes(64), 0, 1),
        (bytes(64), -8, 1),
        (bytes(72), 9, 1),
        (bytes(8192), 8192, 1),
        (bytes(1025 * 8), 8, 1),
        (bytes(64), 64, -1),
        (bytes(64), 64, 1 << 24),
    ],
)
def test_what_is_no_block_is_refused_before_the_binding_sees_it(data: bytes, size: int, repair: int) -> None:
    with pytest.raises(CodecError) as caught:
        encode(data, size, repair)
    assert caught.value.code == "codec"
    assert caught.value.exit_code is ExitCode.DEFECT


@pytest.mark.parametrize(
    ("count", "size", "symbols"),
    [
        (0, 64, {}),
        (1025, 64, {}),
        (1, 60, {0: bytes(60)}),
        (2, 64, {0: bytes(64), 1: bytes(63)}),
        (2, 64, {0: bytes(64), 1: b""}),
        (2, 64, {0: bytes(64), 2: bytes(68)}),
        (2, 64, {0: bytes(64), -1: bytes(64)}),
        (2, 64, {0: bytes(64), 1 << 24: bytes(64)}),
    ],
)
def test_symbols_that_are_none_are_refused(count: int, size: int, symbols: dict[int, bytes]) -> None:
    with pytest.raises(CodecError):
        decode(count, size, symbols)


def test_no_repair_symbols_are_an_empty_list() -> None:
    assert encode(bytes(64), 64, 0) == []


class PanicException(BaseException):  # the name that pyo3 gives it
    """As the binding raises it: no Exception."""


class Answering:
    """A decoder that is fed anything and says what it is told to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def decode(self, packet: bytes) -> Any:
        del packet
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def get_encoded_packets(self, repair: int) -> Any:
        del repair
        return self.decode(b"")


def replaced(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    stand_in = SimpleNamespace(with_defaults=lambda *_: Answering(answer))
    monkeypatch.setattr(codec, "raptorq", SimpleNamespace(Decoder=stand_in, Encoder=stand_in))


def test_a_panic_of_the_binding_is_an_error_of_the_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, PanicException("assertion failed"))
    with pytest.raises(CodecError, match="panicked: assertion failed"):
        encode(bytes(64), 64, 1)
    with pytest.raises(CodecError, match="panicked: assertion failed"):
        decode(2, 64, {0: bytes(64), 2: bytes(64)})


def test_a_real_panic_has_the_name_that_the_codec_looks_for() -> None:
    with pytest.raises(BaseException, match="divisor of zero") as caught:
        raptorq.Encoder.with_defaults(b"", 64)
    assert not isinstance(caught.value, Exception)
    assert type(caught.value).__name__ == "PanicException"


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), SystemExit(3), MemoryError()])
def test_what_is_no_panic_passes_through(monkeypatch: pytest.MonkeyPatch, raised: BaseException) -> None:
    replaced(monkeypatch, raised)
    with pytest.raises(type(raised)):
        encode(bytes(64), 64, 1)
    with pytest.raises(type(raised)):
        decode(2, 64, {0: bytes(64), 2: bytes(64)})


@pytest.mark.parametrize("answer", [bytes(128), b"", bytes(127), bytes(192)])
def test_an_answer_that_contradicts_a_symbol_that_was_fed_is_refused(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    replaced(monkeypatch, answer)
    with pytest.raises(CodecError, match="the decoder"):
        decode(2, 64, {0: b"x" * 64, 2: bytes(64)})


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [b"\0\0\0\0" + bytes(64)],
        [b"\0\0\0\0" + bytes(64), b"\0\0\0\2" + bytes(64)],
        [b"\0\0\0\0" + bytes(64), b"\1\0\0\1" + bytes(64)],
        [b"\0\0\0\0" + bytes(64), b"\0\0\0\1" + bytes(56)],
    ],
)
def test_packets_that_are_not_the_repair_symbols_asked_for_are_refused(
    monkeypatch: pytest.MonkeyPatch, answer: list[bytes]
) -> None:
    replaced(monkeypatch, answer)
    with pytest.raises(CodecError, match="the encoder"):
        encode(bytes(64), 64, 1)


def test_a_wrong_source_symbol_gives_wrong_bytes_silently_and_so_is_the_callers_to_keep_out() -> None:
    # What the module's text says that it cannot prove: the answer agrees with what was fed, and is not the data.
    data = random.Random(9).randbytes(20 * 64)
    source, repair = coded(data, 64, 5)
    kept = {esi: symbol for esi, symbol in source.items() if esi != 3} | {7: bytes(64)}
    answer = decode(20, 64, kept | repair)
    assert answer != data
    assert answer is None or answer[7 * 64 : 8 * 64] == bytes(64)


def test_repair_symbols_differ_from_each_other() -> None:
    assert all(left != right for left, right in pairwise(encode(random.Random(1).randbytes(640), 64, 50)))
