"""Arrays by their logical values, without NumPy: what an argument of a call holds, and how shapes combine."""

import math
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from parity.calling import Value, geometry
from parity.documents.elements import COMPONENT, ELEMENTS
from parity.oracle.exact import UnanswerableError

Number = int | float | complex


class LogicalArray(NamedTuple):
    """Elements in C order: ints for bool and integers, floats, complexes."""

    char: str
    shape: tuple[int, ...]
    values: Sequence[Any]

    def to(self, shape: tuple[int, ...]) -> Sequence[Any]:
        """The elements in C order after broadcasting to a shape."""
        if shape == self.shape:
            return self.values
        lead = len(shape) - len(self.shape)
        strides = [0] * lead + [
            stride if length > 1 else 0 for length, stride in zip(self.shape, c_strides(self.shape), strict=True)
        ]
        return [self.values[at] for at in positions(shape, strides, 0)]

    def value(self) -> Value:
        """As the result of a call: a NumPy scalar where it has no axes."""
        return Value("array" if self.shape else "scalar", ELEMENTS[self.char].code, self.shape, encoded(self))


def c_strides(shape: Sequence[int]) -> list[int]:
    """Strides of C order, in elements."""
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def positions(shape: Sequence[int], strides: Sequence[int], offset: int) -> list[int]:
    """Where the elements of a strided array lie, in C order."""
    found = [offset]
    for length, stride in zip(shape, strides, strict=True):
        found = [at + index * stride for at in found for index in range(length)]
    return found


def broadcast(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The common shape. Raises UnanswerableError if there is none."""
    result = []
    for axis in range(-max(map(len, shapes)), 0):
        lengths = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(lengths) > 1:
            raise UnanswerableError
        result.append(lengths.pop() if lengths else 1)
    return tuple(result)


@lru_cache(maxsize=512)
def decoded(char: str, data: bytes) -> tuple[Number, ...]:
    """The elements of a pool."""
    part = COMPONENT.get(char, char)
    numbers = struct.unpack(f"<{len(data) // struct.calcsize('<' + _format(part))}{_format(part)}", data)
    return tuple(map(complex, numbers[::2], numbers[1::2])) if char in COMPONENT else numbers


def encoded(array: LogicalArray) -> bytes:
    """The elements as little-endian bytes."""
    part = COMPONENT.get(array.char, array.char)
    numbers = array.values
    if array.char in COMPONENT:
        numbers = [component for value in numbers for component in (value.real, value.imag)]
    return struct.pack(f"<{len(numbers)}{_format(part)}", *numbers)


def _format(char: str) -> str:
    """The struct module's character: there, `l` has 32 bits."""
    return {"l": "q", "L": "Q"}.get(char, char)


def arguments(call: Mapping[str, Any], pools: Mapping[str, bytes]) -> list[LogicalArray]:
    """The positional arguments of a call. Raises UnanswerableError where one is no array."""
    items = call["args"]
    if not all(isinstance(item, dict) and "pool" in item for item in items):
        raise UnanswerableError
    return [_argument(item, items, pools) for item in items]


def _argument(item: Mapping[str, Any], items: Sequence[Mapping[str, Any]], pools: Mapping[str, bytes]) -> LogicalArray:
    shape, strides, offset, _ = geometry(item)
    owner = item
    if "of" in item:
        if not item["of"].isdecimal():
            raise UnanswerableError
        owner = items[int(item["of"])]
        if bool(owner.get("swapped")) != bool(item.get("swapped")):
            raise UnanswerableError
    char = owner["pool"].split(".")[0]
    if 0 in shape:
        return LogicalArray(char, shape, ())
    block = _block(owner, decoded(char, pools[owner["pool"]]))
    return LogicalArray(char, shape, [block[at] for at in positions(shape, strides, offset)])


def _block(item: Mapping[str, Any], pool: Sequence[Any]) -> list[Any]:
    """The elements of a memory block, as `parity.calling.memory_block` fills it."""
    shape, strides, offset, length = geometry(item)
    size = 0 if item.get("linear") else math.prod(shape)
    start = item.get("at", 0)
    block = [pool[(start + size + index) % len(pool)] for index in range(length)]
    if size:
        places = positions(shape, strides, offset)
        if len(set(places)) < len(places):
            raise UnanswerableError  # which of several elements in one place is written last is NumPy's affair
        for index, at in enumerate(places):
            block[at] = pool[(start + index) % len(pool)]
    return block
