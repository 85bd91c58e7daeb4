"""Which symbols a drill withholds: planned from the geometry and the object id alone, so that all plan the same.

At an overhead of 10 % a seal promises to mend a burst of 9 % and the random loss of 5 % of all symbols. Other overheads
promise bursts in proportion; random losses less where they are less, and the same 5 % where they are more. The drills
lose just that much, then exactly as much as one block can bear, then one more.
"""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import get_args

from parity.documents.proof import Attempt, Drill, DrillKind, EsiRun, Fed
from parity.sidecar.geometry import Geometry

KINDS: tuple[DrillKind, ...] = get_args(DrillKind)
BURST_SHARE = Fraction(9, 10)
"""Of the overhead: what a contiguous loss may take."""
RANDOM_SHARE = Fraction(1, 2)
"""Of the overhead up to 10 %: what random losses may take, as they hit some blocks harder than others."""
PROMISED_OVERHEAD = Fraction(1, 10)
MAX_ATTEMPTS = 8
"""Of the limit drill: K symbols that fail have a probability of 0.54 %, eight such sets in a row of 1e-18."""


def planned(kind: DrillKind, geometry: Geometry, object_id: str) -> Iterator[Attempt]:
    """The sets of losses that a drill tries, one after the other, until one is recovered.

    Parameters
    ----------
    kind
        The drill.
    geometry
        Of the object; it has at least one symbol.
    object_id
        What the choice is seeded by, in hexadecimal.
    """
    rng = random.Random(f"{object_id} {kind}")
    if kind == "random":
        yield _random(geometry, rng)
    elif kind == "burst":
        yield _burst(geometry, rng)
    else:
        block = rng.randrange(geometry.blocks)
        for _ in range(MAX_ATTEMPTS if kind == "limit" else 1):
            yield _on_one_block(geometry, block, rng, beyond=kind == "beyond_limit")


def random_losses(geometry: Geometry) -> tuple[int, int]:
    """How many source and how many repair symbols the random drill loses: at least one of each.

    Below an overhead of 10 % over several blocks, half of it is more than a block can be trusted to bear: then the
    share is that of which a block's mean loss, six standard deviations and the reserve are within its repair symbols.
    """
    overhead = Fraction(geometry.overhead)
    share = min(overhead, PROMISED_OVERHEAD) * RANDOM_SHARE
    if geometry.blocks > 1 and overhead < PROMISED_OVERHEAD:
        last = geometry.blocks - 1
        repairs = geometry.repair_count(last)
        mean = max(0, math.isqrt(repairs + 4) - 3) ** 2  # of x + 6 sqrt(x) = R - 5
        share = min(share, Fraction(mean, geometry.source_count(last) + repairs))
    return max(1, math.ceil(geometry.symbols * share)), max(1, math.ceil(geometry.repair_symbols * share))


def burst_length(geometry: Geometry) -> int:
    """How many symbols the longest promised burst can touch, wherever in a symbol it begins."""
    promised = int(geometry.size * Fraction(geometry.overhead) * BURST_SHARE)
    return min(geometry.symbols, 1 + math.ceil(max(promised - 1, 0) / geometry.symbol_size))


def shortcomings(drill: Drill, geometry: Geometry) -> Iterator[str]:
    """Why a recorded drill is none of its kind: it loses too little, or has more to work with than it says."""
    for attempt in (*drill.failed, drill):
        if list(attempt.dropped) != sorted(set(attempt.dropped)) or attempt.dropped[-1] >= geometry.symbols:
            yield "its dropped symbols are no ascending numbers of source symbols"
        elif not _are_repairs(attempt.fed.repairs, geometry):
            yield "it fed symbols that are none of the seal's repair symbols"
        elif drill.kind == "random":
            sources, repairs = random_losses(geometry)
            if len(attempt.dropped) < sources or geometry.repair_symbols - _fed_repairs(attempt) < repairs:
                yield f"it lost fewer than {sources} source and {repairs} repair symbols"
        elif drill.kind == "burst":
            length = burst_length(geometry)
            if len(attempt.dropped) < length or attempt.dropped[-1] - attempt.dropped[0] >= len(attempt.dropped):
                yield f"it lost no {length} symbols in a row"
        else:
            yield from _not_at_the_limit(attempt, geometry, beyond=drill.kind == "beyond_limit")


def _not_at_the_limit(attempt: Attempt, geometry: Geometry, *, beyond: bool) -> Iterator[str]:
    blocks = {geometry.block_of(number) for number in attempt.dropped}
    if len(blocks) > 1 or {run[0] for run in attempt.fed.repairs} - blocks:
        yield "it is not about one block"
        return
    wanted = len(attempt.dropped) - beyond
    if _fed_repairs(attempt) != wanted:
        yield f"it fed {_fed_repairs(attempt)} repair symbols for {len(attempt.dropped)} lost ones, not {wanted}"


def _random(geometry: Geometry, rng: random.Random) -> Attempt:
    sources, repairs = random_losses(geometry)
    dropped = sorted(rng.sample(range(geometry.symbols), sources))
    lost = set(rng.sample(range(geometry.repair_symbols), repairs))
    kept = [repair for number, repair in enumerate(_every_repair(geometry)) if number not in lost]
    return _attempt(geometry, dropped, kept)


def _burst(geometry: Geometry, rng: random.Random) -> Attempt:
    """Of a few places the one that leaves a block the least: each end, and some between."""
    length = burst_length(geometry)
    last = geometry.symbols - length
    places = [0, last, min(geometry.blocks - 1, last), *(rng.randint(0, last) for _ in range(5))]
    start = min(places, key=lambda place: (_margin(geometry, place, length), place))
    return _attempt(geometry, range(start, start + length), list(_every_repair(geometry)))


def _margin(geometry: Geometry, start: int, length: int) -> int:
    everywhere, rest = divmod(length, geometry.blocks)
    harder = {(start + offset) % geometry.blocks for offset in range(rest)}
    return min(geometry.repair_count(block) - everywhere - (block in harder) for block in range(geometry.blocks))


def _on_one_block(geometry: Geometry, block: int, rng: random.Random, *, beyond: bool) -> Attempt:
    """As many losses as the block has repair symbols, which are all fed; or one more.

    A block with fewer source than repair symbols loses all of them, and is fed as many repair symbols, or one fewer.
    """
    sources, repairs = geometry.source_count(block), geometry.repair_count(block)
    lost = min(repairs + beyond, sources)
    dropped = sorted(geometry.symbol_of(block, esi) for esi in rng.sample(range(sources), lost))
    fed = sorted(rng.sample(range(sources, sources + repairs), lost - beyond))
    return _attempt(geometry, dropped, [(block, esi) for esi in fed])


def _attempt(geometry: Geometry, dropped: Sequence[int], repairs: Iterable[tuple[int, int]]) -> Attempt:
    """Only repair symbols of blocks that lost something count as fed; the decoder is not asked about the others."""
    blocks = {geometry.block_of(number) for number in dropped}
    sources = sum(geometry.source_count(block) for block in blocks) - len(dropped)
    fed = Fed(sources=sources, repairs=tuple(_runs(repair for repair in repairs if repair[0] in blocks)))
    return Attempt(dropped=tuple(dropped), fed=fed)


def _runs(repairs: Iterable[tuple[int, int]]) -> Iterator[EsiRun]:
    """Ascending (block, ESI) pairs as runs."""
    for (block, _), run in groupby(enumerate(repairs), lambda item: (item[1][0], item[1][1] - item[0])):
        esis = [esi for _, (_, esi) in run]
        yield block, esis[0], esis[-1]


def _are_repairs(runs: Sequence[EsiRun], geometry: Geometry) -> bool:
    """Whether runs are ascending, apart from each other, and within what the seal has."""
    before = (-1, -1)
    for block, first, last in runs:
        if not (before < (block, first) and first <= last and block < geometry.blocks):
            return False
        count = geometry.source_count(block)
        if not count <= first <= last < count + geometry.repair_count(block):
            return False
        before = (block, last)
    return True


def _fed_repairs(attempt: Attempt) -> int:
    return sum(last - first + 1 for _, first, last in attempt.fed.repairs)


def _every_repair(geometry: Geometry) -> Iterator[tuple[int, int]]:
    for block in range(geometry.blocks):
        count = geometry.source_count(block)
        for esi in range(count, count + geometry.repair_count(block)):
            yield block, esi
