"""A campaign of faults against seals: thousands of kinds of damage, each with what must come of it.

Every fault follows from its number, so that a failure can be had again: `python tests/fault/campaign.py --only NUMBER`.
What must come of it is derived here, by comparing the damaged bytes with the original ones, symbol by symbol and slot by
slot; nothing of parity's own scrub is asked. What the campaign does not try: disks that refuse to read, kills, full disks.

    python tests/fault/campaign.py --faults 200000 --jobs 2
"""

import argparse
import itertools
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from parity.sidecar import codec
from parity.sidecar.geometry import Geometry
from parity.sidecar.objects import open_sealed
from parity.sidecar.repair import repair
from parity.sidecar.scrub import scrub
from parity.sidecar.seal import seal
from parity.sidecar.slots import INDEX, REPAIR, Family, Layout, Place, pack

SECTOR = 4096
Expected = Literal["ok", "repairable", "lost"]
Bytes = bytearray


def _random(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def _periodic(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


FILLS: dict[str, Callable[[int], bytes]] = {"random": _random, "zeros": bytes, "periodic": _periodic}
SMALL = (0, 1, 63, 64, 65, 640, 3_999, 4_000, 4_001, 4_097, 30_000, 63_999, 64_001)
MIDDLE = (65_535, 200_000, 300_000)
LARGE = (1_048_575, 1_048_576, 1_048_577, 3_000_000, 4_194_304, 4_194_305, 9_000_000)
"""Where the symbol size changes, and where a block more is needed: 1024 symbols of 1 KiB and of 4 KiB."""
TREES = {
    "flat": [0, 1, 64, 100, 0, 2_000, 700, 4_096],
    "many": [(number * 379) % 3_000 for number in range(60)],
    "uneven": [30_000, 3, 0, 150_000, 64, 9],
}


@dataclass(slots=True)
class State:
    """What lies on the disk: the listed and other files by their relative names, and the sidecar."""

    files: dict[str, Bytes]
    sidecar: Bytes
    deeds: list[str] = field(default_factory=list)


class Object:
    """A sealed object, as it was at first.

    Parameters
    ----------
    folder
        Where it is made.
    content
        Its files by relative names; a single one named "" for a sealed file.
    """

    def __init__(self, folder: Path, name: str, content: dict[str, bytes]) -> None:
        self.name, self.content, self.is_file = name, content, "" in content
        self.root = folder / "object"
        self.sidecar_name = "object.rq" if self.is_file else "object/seal.rq"
        self.folder = folder
        folder.mkdir(parents=True)
        self.write({}, self.files_on_disk(content, None))
        seal(self.root)
        self.sidecar = (folder / self.sidecar_name).read_bytes()
        with open_sealed(self.root) as sealed:
            self.geometry, self.layout = sealed.geometry, sealed.layout
        self.slots = self._slots(self.layout)
        self.disk = self.files_on_disk(content, self.sidecar)
        self.row = b"".join(content[name] for name in sorted(content))

    def _slots(self, layout: Layout) -> dict[Place, bytes]:
        size = layout.slot_size
        return {place: self.sidecar[at * size : (at + 1) * size] for at, place in enumerate(layout.places())}

    def files_on_disk(self, files: dict[str, bytes] | dict[str, Bytes], sidecar: bytes | None) -> dict[str, bytes]:
        """The files below the folder by their relative paths."""
        disk = {
            "object" if self.is_file and not name else f"object/{name}": bytes(data) for name, data in files.items()
        }
        return disk if sidecar is None else disk | {self.sidecar_name: bytes(sidecar)}

    def write(self, there: dict[str, bytes], wanted: dict[str, bytes]) -> None:
        """Make the folder hold just `wanted`, knowing that it holds `there`."""
        for name in there.keys() - wanted.keys():
            (self.folder / name).unlink()
        if not self.is_file:
            self.root.mkdir(exist_ok=True)
        for name, data in wanted.items():
            if there.get(name) != data:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)

    def read(self) -> dict[str, bytes]:
        """What the folder holds."""
        found = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = Path(folder, name)
                found[path.relative_to(self.folder).as_posix()] = path.read_bytes()
        return found


def _tree(sizes: list[int], rng: random.Random) -> dict[str, bytes]:
    return {f"{'sub/' if number % 3 == 0 else ''}file{number:03}": rng.randbytes(n) for number, n in enumerate(sizes)}


def objects(folder: Path, large: int = 2) -> Iterator[tuple[Object, int]]:
    """The objects, and how many faults in a round each gets: small ones most, for they cost least."""
    number = itertools.count()
    for sizes, weight in ((SMALL, 12), (MIDDLE, 8), (LARGE, large)):
        for size in sizes:
            for fill, make in FILLS.items():
                if size in LARGE and fill != "random" and size != LARGE[0]:
                    continue
                yield Object(folder / str(next(number)), f"{fill} file of {size}", {"": make(size)}), weight
    for name, sizes in TREES.items():
        yield Object(folder / str(next(number)), f"{name} directory", _tree(list(sizes), random.Random(name))), 20


# What can happen to a row of bytes; each keeps or changes its length, and says what it did.


def _place(data: Bytes, rng: random.Random, length: int) -> int:
    return rng.randint(0, max(0, len(data) - length))


def flip(data: Bytes, rng: random.Random) -> str:
    count = rng.choice([1, 1, 2, 5, 20, 100])
    for _ in range(count if data else 0):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return f"{count} bits flipped"


def lose_sectors(data: Bytes, rng: random.Random) -> str:
    count = rng.choice([1, 1, 2, max(1, len(data) // SECTOR // 20)])
    for _ in range(count):
        at = _place(data, rng, 1) // SECTOR * SECTOR
        length = len(data[at : at + SECTOR])
        data[at : at + SECTOR] = rng.choice([bytes, rng.randbytes])(length)
    return f"{count} sectors lost"


def burst(data: Bytes, rng: random.Random) -> str:
    share = rng.choice([0.01, 0.05, 0.08, 0.09, 0.095, 0.1, 0.105, 0.11, 0.12, 0.2, 0.5, 1.0])
    length = int(len(data) * share)
    at = _place(data, rng, length)
    data[at : at + length] = rng.choice([bytes, rng.randbytes])(length)
    return f"a burst of {share:.1%} at {at}"


def scatter(data: Bytes, rng: random.Random) -> str:
    """One byte in each of many symbols: 5 % is promised, a little more may or may not be too much."""
    share = rng.choice([0.02, 0.05, 0.05, 0.07, 0.09, 0.1, 0.11])
    size = rng.choice([64, 256, 1024, 4096])
    symbols = range(0, len(data), size)
    for at in rng.sample(symbols, int(len(symbols) * share)):
        data[min(at + rng.randrange(size), len(data) - 1)] ^= 0xFF
    return f"{share:.0%} of pieces of {size} hit"


def truncate(data: Bytes, rng: random.Random) -> str:
    length = int(len(data) * rng.choice([0.01, 0.05, 0.09, 0.1, 0.3, 1.0])) or 1
    del data[max(0, len(data) - length) :]
    return f"{length} bytes cut off"


def swap(data: Bytes, rng: random.Random) -> str:
    size = rng.choice([64, SECTOR])
    left, right = _place(data, rng, size) // size * size, _place(data, rng, size) // size * size
    if abs(left - right) >= size and max(left, right) + size <= len(data):
        data[left : left + size], data[right : right + size] = data[right : right + size], data[left : left + size]
    return f"pieces of {size} at {left} and {right} swapped"


def remove(data: Bytes, rng: random.Random) -> str:
    at, length = _place(data, rng, 1), rng.choice([1, 7, 64, SECTOR])
    del data[at : at + length]
    return f"{length} bytes taken out at {at}"


def insert(data: Bytes, rng: random.Random) -> str:
    at = rng.choice([0, len(data), rng.randint(0, len(data))])
    data[at:at] = rng.randbytes(rng.choice([1, 7, 64, SECTOR]))
    return f"bytes put in at {at}"


def duplicate(data: Bytes, rng: random.Random) -> str:
    size = rng.choice([64, SECTOR])
    source, target = _place(data, rng, size) // size * size, _place(data, rng, size) // size * size
    data[target : target + size] = data[source : source + len(data[target : target + size])]
    return f"the piece of {size} at {source} copied over that at {target}"


IN_PLACE = (flip, lose_sectors, burst, scatter, swap)
SHIFTING = (truncate, remove, insert, duplicate)


def _hurt_content(item: Object, state: State, rng: random.Random) -> str:
    """Damage of one file, or of a range that goes over several."""
    names = sorted(name for name in state.files if name in item.content)
    if not item.is_file and rng.random() < 0.3:
        return _hurt_tree(item, state, rng)
    if len(names) > 1 and rng.random() < 0.5:
        row = Bytes().join(state.files[name] for name in names)
        deed = rng.choice(IN_PLACE)(row, rng)
        at = 0
        for name in names:
            length = len(state.files[name])
            state.files[name] = row[at : at + length]
            at += length
        return f"content: {deed}"
    if not names:
        return "nothing is left to hurt"
    name = rng.choice(names)
    return f"file {name!r}: {rng.choice(IN_PLACE + SHIFTING)(state.files[name], rng)}"


def _hurt_tree(item: Object, state: State, rng: random.Random) -> str:
    """Files deleted, renamed or added."""
    names = sorted(name for name in state.files if name in item.content)
    deed = rng.choice(["delete", "rename", "add"])
    if deed == "add" or not names:
        state.files["added"] = Bytes(rng.randbytes(rng.choice([0, 100])))
        return "a file added"
    name = rng.choice(names)
    data = state.files.pop(name)
    if deed == "rename":
        state.files[f"renamed{len(state.deeds)}"] = data
    return f"{deed} {name}"


def _hurt_sidecar(item: Object, state: State, rng: random.Random) -> str:
    if rng.random() < 0.2:
        return f"sidecar: {rng.choice([_shuffle, _graft])(item, state, rng)}"
    return f"sidecar: {rng.choice(IN_PLACE + SHIFTING)(state.sidecar, rng)}"


def _shuffle(item: Object, state: State, rng: random.Random) -> str:
    """All slots in another order: each says what it is."""
    size = item.layout.slot_size
    slots = [bytes(state.sidecar[at : at + size]) for at in range(0, len(state.sidecar), size)]
    rng.shuffle(slots)
    state.sidecar = Bytes().join(slots)
    return "all slots in another order"


def _graft(item: Object, state: State, rng: random.Random) -> str:
    """Whole slots of another object in the places of a few; never so many that they would be believed."""
    size = item.layout.slot_size
    family = Family(rng.randbytes(16), item.layout.index.size, item.geometry.symbol_size)
    places = rng.sample(sorted(item.slots), 3)
    for place in places:
        at = (item.layout.number(place) or 0) * size
        state.sidecar[at : at + size] = pack(family, place, rng.randbytes(item.geometry.symbol_size))
    return "3 slots of another object"


def damaged(item: Object, rng: random.Random) -> State:
    """The object after one to three faults; on the content, on the sidecar, or on both."""
    state = State({name: Bytes(data) for name, data in item.content.items()}, Bytes(item.sidecar))
    where = rng.choice(["content", "content", "sidecar", "both"])
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if where != "sidecar":
            state.deeds.append(_hurt_content(item, state, rng))
        if where != "content":
            state.deeds.append(_hurt_sidecar(item, state, rng))
    return state


# What must come of it.


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
    same = state.sidecar == item.sidecar and all(state.files.get(name) == data for name, data in item.content.items())
    expected: Expected = "lost" if not whole else "ok" if same else "repairable"
    return Truth(expected, len(lost), repairs.total(), margin)


def _has(sidecar: Bytes, item: Object, place: Place, slot: bytes) -> bool:
    number = item.layout.number(place)
    assert number is not None
    return sidecar.startswith(slot, number * len(slot)) or slot in sidecar


def _lost_symbols(item: Object, state: State) -> set[int]:
    """Source symbols of which a byte is missing or another one. A file that was renamed is there."""
    size, begin, lost = item.geometry.symbol_size, 0, set()
    others = [data for name, data in sorted(state.files.items()) if name not in item.content]
    for name in sorted(item.content, key=str.encode):
        meant = item.content[name]
        now: bytes | Bytes | None = state.files.get(name)
        if now is None and meant in others:
            others.remove(Bytes(meant))
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
            esis[place.block][place.esi] = item.slots[place][36:-16]
    return all(_solvable(geometry, block, symbols) for block, symbols in esis.items())


def _is_whole(item: Object, block: int, lost: set[int], slots: set[Place]) -> bool:
    geometry = item.geometry
    count, size = geometry.source_count(block), geometry.symbol_size
    symbols = {p.esi: item.slots[p][36:-16] for p in slots if p.kind == REPAIR and p.block == block}
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
        print(dict(shard(options.only, 1, 1)))
        return 0
    began, size, outcomes = time.monotonic(), 500, Counter[str]()
    pieces = [(first, min(size, options.faults - first)) for first in range(0, options.faults, size)]
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        tasks = [pool.apply_async(shard, (options.first + first, count, 1)) for first, count in pieces]
        for task in tasks:
            outcomes += task.get()
            rate = outcomes.total() / (time.monotonic() - began)
            print(f"{outcomes.total():,} of {options.faults:,}, {rate:.0f}/s", file=sys.stderr, flush=True)
    print(f"{outcomes.total():,} faults: {dict(outcomes)}, in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
