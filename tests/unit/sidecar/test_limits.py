"""What a seal of 10 % promises: any burst of 9 % of the bytes, and the random loss of 5 % of all symbols.

By counting first. Of a burst, counting proves it: each block keeps at least K + 2 symbols, with which decoding failed in
none of 96,000 trials. Of random losses it proves the same up to 1024 source symbols (4 MB, one block), whatever is lost.
Of several blocks one may be hit harder than the others; then the promise is a probability, computed here: a failure is
rarer than 4e-9 up to 20 MB, 3e-8 at 100 MB, 4e-7 at 1 GB, 5e-6 at 10 GB. Real decoding at the edge comes last.
"""

import math
import random
from fractions import Fraction
from pathlib import Path

import pytest

from parity.sidecar import codec
from parity.sidecar.drills import burst_length, random_losses
from parity.sidecar.geometry import Geometry, symbol_size
from parity.sidecar.repair import repair
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal

PROMISED_BURST, PROMISED_RANDOM = Fraction(9, 100), Fraction(5, 100)
SPARE = 2
"""Symbols beyond K that a block must keep for the decoder to be trusted without trying."""
SIZES = (64, 256, 1024, 4096)


def touched(geometry: Geometry) -> int:
    """Most symbols that a burst of exactly 9 % of the bytes can touch, by trying where in a symbol it begins."""
    length = int(geometry.size * PROMISED_BURST)
    return min(geometry.symbols, max(1, math.ceil((max(length, 1) - 1) / geometry.symbol_size) + 1))


def margin_after_burst(geometry: Geometry) -> int:
    """Of the worst place, by the rule that consecutive symbols go round the blocks: none loses more than its share."""
    worst = -(-touched(geometry) // geometry.blocks)
    return min(geometry.repair_count(block) for block in range(geometry.blocks)) - worst


def test_a_burst_of_nine_percent_leaves_every_block_two_symbols_to_spare() -> None:
    for symbols in range(1, 5_001):
        for size in (symbols * 64, symbols * 64 - 63):
            assert margin_after_burst(Geometry(size, 64, "0.1")) >= SPARE, symbols


@pytest.mark.parametrize("size", [10**5, 10**6, 10**7, 10**8, 10**9, 10**11])
def test_a_burst_of_nine_percent_leaves_large_objects_symbols_to_spare(size: int) -> None:
    assert margin_after_burst(Geometry(size, symbol_size(size), "0.1")) >= SPARE


@pytest.mark.parametrize("symbols", [1, 2, 3, 10, 11, 12, 57, 333, 1_023, 1_024, 1_025, 2_049, 3_500])
def test_the_rule_for_bursts_is_what_counting_at_every_offset_gives(symbols: int) -> None:
    geometry = Geometry(symbols * 8, 8, "0.1")
    length = max(1, int(geometry.size * PROMISED_BURST))
    most = 0
    for begin in range(geometry.size - length + 1):
        first, last = begin // 8, (begin + length - 1) // 8
        here = [0] * geometry.blocks
        for number in range(first, min(last + 1, first + geometry.blocks)):
            here[geometry.block_of(number)] = -(-(last + 1 - number) // geometry.blocks)
        most = max(most, *here)
    assert most <= -(-touched(geometry) // geometry.blocks)
    assert burst_length(geometry) == touched(geometry)


def test_any_five_percent_of_one_block_can_be_lost_whatever_they_are() -> None:
    for symbols in range(1, 1_025):
        geometry = Geometry(symbols * 64, 64, "0.1")
        assert geometry.blocks == 1
        lost = math.floor((symbols + geometry.repair_symbols) * PROMISED_RANDOM)
        assert geometry.repair_symbols - lost >= SPARE, symbols


def failure_bound(geometry: Geometry, share: Fraction = PROMISED_RANDOM) -> float:
    """At most the probability that a random loss of a share of all symbols leaves some block fewer than K + 2.

    The losses in a block are hypergeometric; the blocks' probabilities are added up (Boole).
    """
    everything = geometry.symbols + geometry.repair_symbols
    lost = math.ceil(everything * share)
    total = 0.0
    first, last = 0, geometry.blocks - 1
    fewer = sum(geometry.source_count(block) != geometry.source_count(last) for block in range(geometry.blocks))
    for block, count in ((first, fewer), (last, geometry.blocks - fewer)):
        if count:
            inside = geometry.source_count(block) + geometry.repair_count(block)
            total += count * _more_than(geometry.repair_count(block) - SPARE, everything, inside, lost)
    return total


def _more_than(limit: int, everything: int, inside: int, lost: int) -> float:
    """P(X > limit), X hypergeometric."""
    whole = _log_choose(everything, lost)
    return math.fsum(
        math.exp(_log_choose(inside, hit) + _log_choose(everything - inside, lost - hit) - whole)
        for hit in range(limit + 1, min(inside, lost) + 1)
        if lost - hit <= everything - inside
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def test_the_probability_is_that_of_small_cases_counted_out() -> None:
    # 10 symbols, 4 of them in the block, 5 lost: more than 2 in the block in 66 of 252 cases.
    assert _more_than(2, 10, 4, 5) == pytest.approx(66 / 252)
    assert _more_than(4, 10, 4, 5) == 0


def test_five_percent_lost_at_random_from_several_blocks_fail_once_in_a_million_at_most() -> None:
    for symbols in [*range(1_025, 5_001), 24_415, 244_141]:
        assert failure_bound(Geometry(symbols * 4096, 4096, "0.1")) <= 1e-6, symbols


@pytest.mark.parametrize(("size", "bound"), [(10**8, 3e-8), (3 * 10**9, 1.2e-6), (10**10, 5e-6), (10**11, 5e-5)])
def test_five_percent_fail_more_often_the_more_blocks_there_are(size: int, bound: float) -> None:
    assert bound / 10 < failure_bound(Geometry(size, 4096, "0.1")) <= bound


def test_six_and_a_half_percent_would_be_promised_too_much() -> None:
    assert failure_bound(Geometry(10**9, 4096, "0.1"), Fraction(65, 1000)) > 1e-6


@pytest.mark.parametrize("overhead", ["0.01", "0.02", "0.05", "0.1", "0.3", "1", "4"])
@pytest.mark.parametrize("symbols", [1, 2, 20, 1_000, 1_025, 2_100, 10_000, 244_141])
def test_what_the_random_drill_loses_is_within_what_blocks_bear(symbols: int, overhead: str) -> None:
    geometry = Geometry(symbols * 4096, 4096, overhead)
    sources, repairs = random_losses(geometry)
    if geometry.blocks == 1:
        assert geometry.repair_symbols - repairs - sources >= 0
    else:
        share = Fraction(sources + repairs - 2, geometry.symbols + geometry.repair_symbols)
        assert failure_bound(geometry, share) < 1e-4


def blocks_after(geometry: Geometry, data: bytes, lost: set[int], lost_repairs: int, rng: random.Random) -> bytes:
    """Decode all blocks without the lost source symbols, and without some of the repair symbols."""
    size, row = geometry.symbol_size, bytearray(len(data))
    for block in range(geometry.blocks):
        count = geometry.source_count(block)
        numbers = [geometry.symbol_of(block, esi) for esi in range(count)]
        symbols = [data[number * size : (number + 1) * size] for number in numbers]
        repairs = dict(enumerate(codec.encode(b"".join(symbols), size, geometry.repair_count(block)), count))
        for esi in rng.sample(sorted(repairs), lost_repairs):
            del repairs[esi]
        kept = {esi: symbols[esi] for esi, number in enumerate(numbers) if number not in lost}
        decoded = codec.decode(count, size, kept | repairs)
        assert decoded is not None
        for esi, number in enumerate(numbers):
            row[number * size : (number + 1) * size] = decoded[esi * size : (esi + 1) * size]
    return bytes(row)


@pytest.mark.parametrize("symbols", [1, 2, 11, 100, 1_000, 1_024, 1_025, 2_500, 5_000])
def test_decoding_survives_the_longest_burst_at_its_worst_places(symbols: int) -> None:
    geometry, rng = Geometry(symbols * 64, 64, "0.1"), random.Random(symbols)
    data, length = rng.randbytes(geometry.size), touched(geometry)
    for begin in {0, symbols - length, rng.randint(0, symbols - length), min(geometry.blocks - 1, symbols - length)}:
        assert blocks_after(geometry, data, set(range(begin, begin + length)), 0, rng) == data


@pytest.mark.parametrize("symbols", [1, 2, 11, 100, 1_000, 1_025, 5_000])
def test_decoding_survives_five_percent_lost_at_random(symbols: int) -> None:
    geometry = Geometry(symbols * 64, 64, "0.1")
    for seed in range(10):
        rng = random.Random(seed)
        data = rng.randbytes(geometry.size)
        lost = set(rng.sample(range(symbols), math.ceil(symbols * PROMISED_RANDOM)))
        assert blocks_after(geometry, data, lost, geometry.repair_count(0) // 20, rng) == data


@pytest.mark.parametrize("size", [1, 64, 700, 5_000, 70_000, 1_100_000])
@pytest.mark.parametrize("where", ["begin", "middle", "end"])
def test_a_sealed_file_survives_a_burst_of_exactly_nine_percent(tmp_path: Path, size: int, where: str) -> None:
    path, data = tmp_path / "data", random.Random(size).randbytes(size)
    path.write_bytes(data)
    seal(path)
    length = int(size * PROMISED_BURST) or 1
    begin = {"begin": 0, "middle": (size - length) // 2 + 1, "end": size - length}[where]
    begin = min(begin, size - length)
    path.write_bytes(data[:begin] + bytes(255 - byte for byte in data[begin : begin + length]) + data[begin + length :])
    found = scrub(path)
    assert (found.status, found.margin >= SPARE) == ("repairable", True)
    assert repair(path).status == "repaired"
    assert path.read_bytes() == data
