"""A campaign of faults against seals: thousands of kinds of damage, each with what must come of it.

Every fault follows from its number, so that a failure can be had again: `python tests/fault/campaign.py --only NUMBER`.
What must come of it is derived here, by comparing the damaged bytes with the original ones, symbol by symbol and slot by
slot; nothing of parity's own scrub is asked. What the campaign does not try: disks that refuse to read, kills, full disks.

    python tests/fault/campaign.py --faults 200000 --jobs 2
"""

import argparse
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from parity.sidecar import codec
from parity.sidecar.geometry import Geometry
from parity.sidecar.repair import repair
from parity.sidecar.scrub import scrub
from parity.sidecar.slots import HEADER, INDEX, REPAIR, Place

if TYPE_CHECKING:
    from tests.fault.seal_damage import Object, State, damaged, objects
else:  # a script has its own folder in the path, and no package
    from seal_damage import Object, State, damaged, objects

Expected = Literal["ok", "repairable", "lost"]
PAYLOAD = slice(HEADER.size, -16)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a scrub must say, by the original bytes alone."""

    expected: Expected
    damaged: int = 0
    repairs: int = 0
    margin: int = 0


def truth(item: Object, state: State) -> Truth:
    """Compare with the original: source symbols by their bytes, slots by whether they are there, wherever they lie."""
    slots = {place for place, slot in item.slots.items() if _has(state.sidecar, item, place, slot)}
    if not _index_is_readable(item, slots):
        return Truth("lost")
    geometry, lost = item.geometry, _lost_symbols(item, state)
    repairs: Counter[int] = Counter(place.block for place in slots if place.kind == REPAIR)
    by_block: dict[int, set[int]] = {}
    for number in lost:
        by_block.setdefault(geometry.block_of(number), set()).add(geometry.esi_of(number))
    margin = min((repairs[b] - len(by_block.get(b, ())) for b in range(geometry.blocks)), default=0)
    whole = all(_is_whole(item, block, esis, slots) for block, esis in by_block.items())
    same = state.sidecar == item.sidecar and all(_is_there(state, name, data) for name, data in item.content.items())
    expected: Expected = "lost" if not whole else "ok" if same else "repairable"
    return Truth(expected, len(lost), repairs.total(), margin)


def _is_there(state: State, name: str, data: bytes) -> bool:
    return name in state.files and bytes(state.files[name]) == data


def _has(sidecar: bytearray, item: Object, place: Place, slot: bytes) -> bool:
    number = item.layout.number(place)
    assert number is not None
    return sidecar.startswith(slot, number * len(slot)) or slot in sidecar


def _lost_symbols(item: Object, state: State) -> set[int]:
    """Source symbols of which a byte is missing or another one. A file that was renamed is there."""
    size, begin, lost = item.geometry.symbol_size, 0, set()
    others = [data for name, data in sorted(state.files.items()) if name not in item.content]
    for name in sorted(item.content, key=str.encode):
        meant = item.content[name]
        now: bytes | bytearray | None = state.files.get(name)
        if now is None and meant in others:
            others.remove(bytearray(meant))
            now = meant
        end = begin + len(meant)
        if now is None or now[: len(meant)] != meant:
            for number in range(begin // size, -(-end // size)):
                first, last = max(number * size, begin) - begin, min(number * size + size, end) - begin
                if first < last and (now is None or now[first:last] != meant[first:last]):
                    lost.add(number)
        begin = end
    return lost


def _index_is_readable(item: Object, slots: set[Place]) -> bool:
    geometry = item.layout.index
    esis: dict[int, dict[int, bytes]] = {block: {} for block in range(geometry.blocks)}
    for place in slots:
        if place.kind == INDEX:
            esis[place.block][place.esi] = item.slots[place][PAYLOAD]
    return all(_solvable(geometry, block, symbols) for block, symbols in esis.items())


def _is_whole(item: Object, block: int, lost: set[int], slots: set[Place]) -> bool:
    geometry = item.geometry
    count, size = geometry.source_count(block), geometry.symbol_size
    symbols = {p.esi: item.slots[p][PAYLOAD] for p in slots if p.kind == REPAIR and p.block == block}
    if len(symbols) >= len(lost) + 3:
        return True
    for esi in set(range(count)) - lost:
        begin = geometry.symbol_of(block, esi) * size
        symbols[esi] = item.row[begin : begin + size].ljust(size, b"\0")
    return _solvable(geometry, block, symbols)


def _solvable(geometry: Geometry, block: int, symbols: dict[int, bytes]) -> bool:
    """Whether symbols that are good determine the block: beyond K + 2 they always did, at K the decoder must say."""
    count = geometry.source_count(block)
    if not count <= len(symbols) < count + 3:
        return len(symbols) >= count
    return codec.decode(count, geometry.symbol_size, symbols) is not None


# The trial of one fault.


class CampaignError(AssertionError):
    """Something came of a fault that must not."""


def attempt(item: Object, number: int) -> Expected:
    """Damage an object, scrub it, repair it, and hold all that is said and done against the truth."""
    state = damaged(item, random.Random(f"fault {number}"))
    told = f"fault {number}, {item.name}: {'; '.join(state.deeds)}"
    before = item.files_on_disk(state.files, bytes(state.sidecar))
    item.write(item.disk, before)
    item.disk = before
    due = truth(item, state)
    found = scrub(item.root)
    _demand(found.status == due.expected, told, f"scrub says {found.status}, it is {due}: {found.reason}")
    if found.object_id is not None:
        said = (found.symbols_damaged, found.repair_symbols_good, found.margin)
        _demand(said == (due.damaged, due.repairs, due.margin), told, f"scrub says {said}, it is {due}")
    _demand(item.read() == before, told, "scrub has written")
    answer = repair(item.root)
    item.disk = item.read()
    if due.expected != "repairable":
        wanted = "lost" if due.expected == "lost" else "nothing_to_do"
        _demand(answer.status == wanted, told, f"repair says {answer.status}, not {wanted}")
        _demand(item.disk == before, told, "repair has touched what it must leave alone")
    else:
        _demand(answer.status == "repaired", told, f"repair says {answer.status}: {answer.reason}")
        original = item.files_on_disk(item.content, item.sidecar)
        wrong = [name for name, data in original.items() if item.disk.get(name) != data]
        _demand(not wrong, told, f"not restored: {wrong}")
        kept = {name for name in item.disk.keys() - original.keys() if item.disk[name] != before.get(name)}
        _demand(not kept, told, f"left behind or changed: {kept}")
        _demand(scrub(item.root).status == "ok", told, "scrub is not content after the repair")
    return due.expected


def _demand(right: bool, told: str, message: str) -> None:
    if not right:
        raise CampaignError(f"{told}\n  {message}")


def run(folder: Path, numbers: Iterable[int]) -> Counter[str]:
    """Faults by their numbers; how many were harmless (`ok`), within the budget (`repairable`) and beyond it (`lost`)."""
    with_weights = list(objects(folder))
    order = [item for item, weight in with_weights for _ in range(weight)]
    random.Random(0).shuffle(order)
    outcomes: Counter[str] = Counter()
    for number in numbers:
        outcomes[attempt(order[number % len(order)], number)] += 1
    return outcomes


def room() -> Path | None:
    """Memory, where there is a file system in it: the campaign is about bytes, not about disks."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else None


def shard(first: int, count: int, step: int) -> Counter[str]:
    """Every `step`-th fault, `count` in all, in a folder that vanishes."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-", dir=room()))
    try:
        return run(folder, range(first, first + count * step, step))
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """The long campaign, with progress on stderr and a summary on stdout."""
    parser = argparse.ArgumentParser(description="Faults against seals.")
    parser.add_argument("--faults", type=int, default=5_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="number of the first fault")
    parser.add_argument("--only", type=int, help="one fault alone, by its number")
    options = parser.parse_args()
    if options.only is not None:
        print(dict(shard(options.only, 1, 1)))  # noqa: T201
        return 0
    began, size, outcomes = time.monotonic(), 500, Counter[str]()
    pieces = [(first, min(size, options.faults - first)) for first in range(0, options.faults, size)]
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        tasks = [pool.apply_async(shard, (options.first + first, count, 1)) for first, count in pieces]
        for task in tasks:
            outcomes += task.get()
            rate = outcomes.total() / (time.monotonic() - began)
            print(f"{outcomes.total():,} of {options.faults:,}, {rate:.0f}/s", file=sys.stderr, flush=True)  # noqa: T201
    took = time.monotonic() - began
    print(f"{outcomes.total():,} faults: {dict(outcomes)}, in {took:.0f} s")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
