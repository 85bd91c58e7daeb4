"""RFC 6330 for one source block: the only module that knows the `raptorq` binding, and what guards it.

The binding takes any packet on trust. A wrong payload, a packet of another object or a wrong length give silently wrong
bytes; a short packet, a foreign block number or empty data raise a panic, after which the decoder is poisoned. So every
argument is checked here before it crosses, a decoder serves one call only, and what comes back is compared with the
source symbols that went in. What this cannot prove is that the symbols are the right ones: callers feed only symbols
whose hashes agree, and hash the whole object afterwards.
"""

from collections.abc import Iterator, Mapping
from typing import NoReturn, Protocol, cast

import raptorq  # type: ignore[import-untyped, unused-ignore]  # the binding has no annotations

from parity.errors import ParityError

MAX_SOURCE_SYMBOLS = 1024
MAX_SYMBOL_SIZE = 4096
"""RFC 6330 4.3 with the binding's WS of 10 MiB: up to K' * T of 1032 * 4096 < WS there is one source block of one
sub-block, so that source symbols are slices of the data. A test holds the binding to it for every K and T in use."""
ALIGNMENT = 8
"""Al, of which T is a multiple."""
MAX_SYMBOLS = 1 << 24
"""An encoding symbol id has 24 bits (RFC 6330 3.2)."""
_SOURCE_BLOCK = b"\0"


class CodecError(ParityError):
    """A call that the codec cannot take, or an answer of the binding that cannot be right: a defect in parity."""

    code = "codec"


class _Encoder(Protocol):
    def get_encoded_packets(self, repair: int) -> list[bytes]: ...


class _Decoder(Protocol):
    def decode(self, packet: bytes) -> bytes | None: ...


def encode(data: bytes, symbol_size: int, repair: int) -> list[bytes]:
    """The first repair symbols of a block, with the ESIs K, K + 1, ...

    Parameters
    ----------
    data
        The K source symbols one after the other; the last one filled up with zeros.
    symbol_size
        T in bytes, a multiple of 8.
    repair
        How many repair symbols.

    Raises
    ------
    CodecError
        If the data are no whole symbols, or too many; or if the binding fails.
    """
    count, rest = divmod(len(data), _checked_size(symbol_size))
    _require(rest == 0, f"{len(data)} bytes are no whole number of symbols of {symbol_size} bytes")
    _check_counts(count, repair)
    if repair == 0:
        return []
    try:
        encoder = cast("_Encoder", raptorq.Encoder.with_defaults(data, symbol_size))
        packets = encoder.get_encoded_packets(repair)
    except BaseException as raised:
        _refuse(raised)
    _require(len(packets) == count + repair, f"the encoder made {len(packets)} packets, not {count + repair}")
    return [_payload(packets[esi], esi, symbol_size) for esi in range(count, count + repair)]


def decode(source_count: int, symbol_size: int, symbols: Mapping[int, bytes]) -> bytes | None:
    """All source symbols of a block, from any that suffice; None if they do not.

    K symbols of which one is a repair symbol suffice but for 0.54 % of all choices, K + 1 but for 3.5e-5, and K + 2
    failed in none of 96,000. Fewer than K never do.

    Parameters
    ----------
    source_count
        K, the number of source symbols in the block.
    symbol_size
        T in bytes.
    symbols
        Symbols by their ESI: below K source symbols, from K on repair symbols. Their bytes are taken on trust.

    Returns
    -------
    bytes or None
        K * T bytes.

    Raises
    ------
    CodecError
        If a symbol is no whole one or has no valid ESI; or if the answer contradicts the source symbols that were fed.
    """
    _checked_size(symbol_size)
    _check_counts(source_count, 0)
    for esi, symbol in symbols.items():
        _require(0 <= esi < MAX_SYMBOLS, f"{esi} is no ESI")
        _require(len(symbol) == symbol_size, f"the symbol with ESI {esi} has {len(symbol)} bytes, not {symbol_size}")
    if len(symbols) < source_count:
        return None
    order = sorted(
        symbols
    )  # source symbols first: the solver has less to do, and is not asked at all if none is missing
    if order[source_count - 1] == source_count - 1:
        return b"".join(symbols[esi] for esi in range(source_count))
    decoded = _decoded(source_count * symbol_size, symbol_size, (_packet(esi, symbols[esi]) for esi in order))
    if decoded is not None:
        _check_answer(decoded, source_count, symbol_size, symbols)
    return decoded


def _decoded(size: int, symbol_size: int, packets: Iterator[bytes]) -> bytes | None:
    try:
        decoder = cast("_Decoder", raptorq.Decoder.with_defaults(size, symbol_size))
        return next((answer for answer in map(decoder.decode, packets) if answer is not None), None)
    except BaseException as raised:
        _refuse(raised)


def _check_answer(decoded: bytes, count: int, symbol_size: int, symbols: Mapping[int, bytes]) -> None:
    _require(len(decoded) == count * symbol_size, f"the decoder made {len(decoded)} bytes, not {count * symbol_size}")
    for esi, symbol in symbols.items():
        if esi < count and not decoded.startswith(symbol, esi * symbol_size):
            raise CodecError(f"the decoder answers another source symbol {esi} than it was fed")


def _packet(esi: int, symbol: bytes) -> bytes:
    """The payload id of RFC 6330 4.4.2, SBN and ESI, and the symbol."""
    return _SOURCE_BLOCK + esi.to_bytes(3, "big") + symbol


def _payload(packet: bytes, esi: int, symbol_size: int) -> bytes:
    right = len(packet) == 4 + symbol_size and packet.startswith(_SOURCE_BLOCK + esi.to_bytes(3, "big"))
    _require(right, f"the encoder made a packet of {len(packet)} bytes that is not symbol {esi} of block 0")
    return packet[4:]


def _checked_size(symbol_size: int) -> int:
    right = 0 < symbol_size <= MAX_SYMBOL_SIZE and symbol_size % ALIGNMENT == 0
    _require(right, f"{symbol_size} is no symbol size: a multiple of {ALIGNMENT} up to {MAX_SYMBOL_SIZE}")
    return symbol_size


def _check_counts(source: int, repair: int) -> None:
    _require(0 < source <= MAX_SOURCE_SYMBOLS, f"{source} source symbols: a block has 1 to {MAX_SOURCE_SYMBOLS}")
    _require(0 <= repair <= MAX_SYMBOLS - source, f"{repair} repair symbols: an ESI has 24 bits")


def _require(right: bool, message: str) -> None:  # noqa: FBT001  # the condition is the point
    if not right:
        raise CodecError(message)


def _refuse(raised: BaseException) -> NoReturn:
    """A panic of the binding, which is a BaseException, as an error of parity; everything else as it is."""
    if type(raised).__name__ == "PanicException":
        raise CodecError(f"the raptorq binding panicked: {raised}") from None
    raise raised
