"""Sealed objects of many kinds, and what can happen to their bytes. Used by the campaign of faults."""

import itertools
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from parity.sidecar.objects import open_sealed
from parity.sidecar.seal import seal
from parity.sidecar.slots import Family, Layout, Place, pack

SECTOR = 4096
Bytes = bytearray
Fault = Callable[[bytearray, random.Random], str]


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
    weighted = [(size, 12) for size in SMALL] + [(size, 8) for size in MIDDLE] + [(size, large) for size in LARGE]
    for size, weight in weighted:
        for fill, make in FILLS.items():
            if size in LARGE and fill != "random" and size != LARGE[0]:
                continue
            yield Object(folder / str(next(number)), f"{fill} file of {size}", {"": make(size)}), weight
    for name, sizes in TREES.items():
        yield Object(folder / str(next(number)), f"{name} directory", _tree(list(sizes), random.Random(name))), 20


# What can happen to a row of bytes; each keeps or changes its length, and says what it did.


def _place(data: Bytes, rng: random.Random, length: int) -> int:
    return rng.randint(0, max(0, len(data) - length))


def _filler(rng: random.Random, length: int) -> bytes:
    return bytes(length) if rng.random() < 0.5 else rng.randbytes(length)


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
        data[at : at + SECTOR] = _filler(rng, length)
    return f"{count} sectors lost"


def burst(data: Bytes, rng: random.Random) -> str:
    share = rng.choice([0.01, 0.05, 0.08, 0.09, 0.095, 0.1, 0.105, 0.11, 0.12, 0.2, 0.5, 1.0])
    length = int(len(data) * share)
    at = _place(data, rng, length)
    data[at : at + length] = _filler(rng, length)
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


IN_PLACE: tuple[Fault, ...] = (flip, lose_sectors, burst, scatter, swap)
SHIFTING: tuple[Fault, ...] = (truncate, remove, insert, duplicate)


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
