"""Inner loops: a scalar function, put into loops over memory that LLVM vectorizes.

An inner loop runs over two dimensions, ``loop(args, counts, steps)``, all three addresses of int64: ``args`` holds the
addresses of the nin + nout operands and then one status word, which a loop sets to 1 where NumPy would raise;
``counts`` holds (columns, rows); ``steps`` holds the operands' strides in bytes between columns, then those between
rows. The second dimension is there because an indirect call for each short row costs more than the row: with it
(1000000, 3) + (3,) is one call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from parity_kernels.compiling import compiled_loop, jitable
from parity_kernels.dtypes import NAMES
from parity_kernels.memory import ITEMSIZE, load, load_every_other, opaque, set_word, store, word

PAIRED = "iIlLfd"
"""Types whose loops have a branch for every other element; for the others its compilation costs more than it gives."""

BLOCK = 256
"""Elements that a guarded loop looks at before it computes them: they stay in the first cache."""

FEW = 8
"""Elements that it does not look at: a call for one would take 7 % longer."""

Scalar = Callable[..., Any]
Loop = Callable[[int, int, int], None]


def unary_loop(scalar: Scalar, first: str, out: str) -> Loop:
    """Contiguous, every other element and strided into contiguous memory, and any strides."""
    size_1, size_o = ITEMSIZE[first], ITEMSIZE[out]
    paired = first in PAIRED

    def loop(args: int, counts: int, steps: int) -> None:
        columns = word(counts, 0)
        step_x, step_o = word(steps, 0), word(steps, 1)
        for row in range(word(counts, 1)):
            x, o = word(args, 0) + row * word(steps, 2), word(args, 1) + row * word(steps, 3)
            if step_o == size_o and step_x == size_1:
                for i in range(columns):
                    store(o, i, out, scalar(load(x, i, first)))
            elif paired and step_o == size_o and step_x == 2 * size_1:
                for i in range(columns):
                    store(o, i, out, scalar(load_every_other(x, i, first)))
            elif paired and step_o == size_o:
                step_2, step_3, step_4 = opaque(2 * step_x), opaque(3 * step_x), opaque(4 * step_x)
                for _ in range(columns // 4):
                    value_0, value_1 = scalar(load(x, 0, first)), scalar(load(x + step_x, 0, first))
                    value_2, value_3 = scalar(load(x + step_2, 0, first)), scalar(load(x + step_3, 0, first))
                    store(o, 0, out, value_0)
                    store(o, 1, out, value_1)
                    store(o, 2, out, value_2)
                    store(o, 3, out, value_3)
                    x += step_4
                    o += 4 * size_o
                for _ in range(columns & 3):
                    store(o, 0, out, scalar(load(x, 0, first)))
                    x += step_x
                    o += size_o
            else:
                for _ in range(columns):
                    store(o, 0, out, scalar(load(opaque(x), 0, first)))
                    x += step_x
                    o += step_o

    return loop


def binary_loop(scalar: Scalar, first: str, second: str, out: str) -> Loop:
    """Two vectors, a vector and a scalar, and every other element into contiguous memory, and any strides."""
    size_1, size_2, size_o = ITEMSIZE[first], ITEMSIZE[second], ITEMSIZE[out]
    paired = first in PAIRED and second in PAIRED

    def loop(args: int, counts: int, steps: int) -> None:
        columns = word(counts, 0)
        step_x, step_y, step_o = word(steps, 0), word(steps, 1), word(steps, 2)
        for row in range(word(counts, 1)):
            x, y = word(args, 0) + row * word(steps, 3), word(args, 1) + row * word(steps, 4)
            o = word(args, 2) + row * word(steps, 5)
            if step_o == size_o and step_x == size_1 and step_y == size_2:
                for i in range(columns):
                    store(o, i, out, scalar(load(x, i, first), load(y, i, second)))
            elif step_o == size_o and step_x == size_1 and step_y == 0:
                right = load(y, 0, second)
                for i in range(columns):
                    store(o, i, out, scalar(load(x, i, first), right))
            elif step_o == size_o and step_x == 0 and step_y == size_2:
                left = load(x, 0, first)
                for i in range(columns):
                    store(o, i, out, scalar(left, load(y, i, second)))
            elif paired and step_o == size_o and step_x == 2 * size_1 and step_y == 2 * size_2:
                for i in range(columns):
                    store(o, i, out, scalar(load_every_other(x, i, first), load_every_other(y, i, second)))
            elif step_o == size_o:
                for _ in range(columns // 4):
                    # Results beside each other make one vector and one store of it.
                    store(o, 0, out, scalar(load(x, 0, first), load(y, 0, second)))
                    store(o, 1, out, scalar(load(x + step_x, 0, first), load(y + step_y, 0, second)))
                    store(o, 2, out, scalar(load(x + 2 * step_x, 0, first), load(y + 2 * step_y, 0, second)))
                    store(o, 3, out, scalar(load(x + 3 * step_x, 0, first), load(y + 3 * step_y, 0, second)))
                    x += 4 * step_x
                    y += 4 * step_y
                    o += 4 * size_o
                for _ in range(columns & 3):
                    store(o, 0, out, scalar(load(x, 0, first), load(y, 0, second)))
                    x += step_x
                    y += step_y
                    o += size_o
            else:
                for _ in range(columns // 4):
                    # Written out four times: LLVM would gather and scatter vectors, at half the speed.
                    value_0 = scalar(load(x, 0, first), load(y, 0, second))
                    value_1 = scalar(load(x + step_x, 0, first), load(y + step_y, 0, second))
                    value_2 = scalar(load(x + 2 * step_x, 0, first), load(y + 2 * step_y, 0, second))
                    value_3 = scalar(load(x + 3 * step_x, 0, first), load(y + 3 * step_y, 0, second))
                    store(o, 0, out, value_0)
                    store(o + step_o, 0, out, value_1)
                    store(o + 2 * step_o, 0, out, value_2)
                    store(o + 3 * step_o, 0, out, value_3)
                    x += 4 * step_x
                    y += 4 * step_y
                    o += 4 * step_o
                for _ in range(columns & 3):
                    store(o, 0, out, scalar(load(x, 0, first), load(y, 0, second)))
                    x += step_x
                    y += step_y
                    o += step_o

    return loop


def plain_unary_loop(scalar: Scalar, first: str, out: str) -> Loop:
    """One branch only, for functions that do not vectorize."""

    def loop(args: int, counts: int, steps: int) -> None:
        for row in range(word(counts, 1)):
            x, o = word(args, 0) + row * word(steps, 2), word(args, 1) + row * word(steps, 3)
            for _ in range(word(counts, 0)):
                store(o, 0, out, scalar(load(x, 0, first)))
                x += word(steps, 0)
                o += word(steps, 1)

    return loop


def plain_binary_loop(scalar: Scalar, first: str, second: str, out: str) -> Loop:
    """One branch only, for functions that do not vectorize."""

    def loop(args: int, counts: int, steps: int) -> None:
        for row in range(word(counts, 1)):
            x, y = word(args, 0) + row * word(steps, 3), word(args, 1) + row * word(steps, 4)
            o = word(args, 2) + row * word(steps, 5)
            for _ in range(word(counts, 0)):
                store(o, 0, out, scalar(load(x, 0, first), load(y, 0, second)))
                x += word(steps, 0)
                y += word(steps, 1)
                o += word(steps, 2)

    return loop


def guarded_unary_loop(scalar: Scalar, quick: Scalar, usual: Scalar, first: str, out: str) -> Loop:
    """Blocks in which every element is ``usual`` by ``quick``, which vectorizes; all others by ``scalar``."""
    size_1, size_o = ITEMSIZE[first], ITEMSIZE[out]
    one_by_one = jitable(plain_unary_loop(scalar, first, out))

    def loop(args: int, counts: int, steps: int) -> None:
        columns = word(counts, 0)
        if columns < FEW:
            one_by_one(args, counts, steps)
            return
        step_x, step_o = word(steps, 0), word(steps, 1)
        beside = step_x == size_1 and step_o == size_o
        for row in range(word(counts, 1)):
            x, o = word(args, 0) + row * word(steps, 2), word(args, 1) + row * word(steps, 3)
            for begin in range(0, columns, BLOCK):
                length = min(BLOCK, columns - begin)
                a, b = x + begin * step_x, o + begin * step_o
                unusual = 0
                if beside:
                    for i in range(length):
                        unusual |= not usual(load(a, i, first))
                    if not unusual:
                        for i in range(length):
                            store(b, i, out, quick(load(a, i, first)))
                else:
                    for i in range(length):
                        unusual |= not usual(load(a + i * step_x, 0, first))
                    if not unusual:
                        for i in range(length):
                            store(b + i * step_o, 0, out, quick(load(a + i * step_x, 0, first)))
                if unusual:
                    for i in range(length):
                        store(b + i * step_o, 0, out, scalar(load(a + i * step_x, 0, first)))

    return loop


def directed_unary_loop(forward: Scalar, backward: Scalar, first: str, out: str) -> Loop:
    """One scalar function for forward strides of the input, another for backward ones, where NumPy does that too."""
    size_1, size_o = ITEMSIZE[first], ITEMSIZE[out]

    def loop(args: int, counts: int, steps: int) -> None:
        columns = word(counts, 0)
        step_x, step_o = word(steps, 0), word(steps, 1)
        for row in range(word(counts, 1)):
            x, o = word(args, 0) + row * word(steps, 2), word(args, 1) + row * word(steps, 3)
            if step_x == size_1 and step_o == size_o:
                for i in range(columns):
                    store(o, i, out, forward(load(x, i, first)))
            elif step_x >= 0:
                for i in range(columns):
                    store(o + i * step_o, 0, out, forward(load(x + i * step_x, 0, first)))
            else:
                for i in range(columns):
                    store(o + i * step_o, 0, out, backward(load(x + i * step_x, 0, first)))

    return loop


def directed_binary_loop(forward: Scalar, backward: Scalar, first: str, second: str, out: str) -> Loop:
    """As `directed_unary_loop`, backward if one of the inputs is."""
    size_1, size_2, size_o = ITEMSIZE[first], ITEMSIZE[second], ITEMSIZE[out]

    def loop(args: int, counts: int, steps: int) -> None:
        columns = word(counts, 0)
        step_x, step_y, step_o = word(steps, 0), word(steps, 1), word(steps, 2)
        for row in range(word(counts, 1)):
            x, y = word(args, 0) + row * word(steps, 3), word(args, 1) + row * word(steps, 4)
            o = word(args, 2) + row * word(steps, 5)
            if step_x == size_1 and step_y == size_2 and step_o == size_o:
                for i in range(columns):
                    store(o, i, out, forward(load(x, i, first), load(y, i, second)))
            elif step_x >= 0 and step_y >= 0:
                for i in range(columns):
                    left, right = load(x + i * step_x, 0, first), load(y + i * step_y, 0, second)
                    store(o + i * step_o, 0, out, forward(left, right))
            else:
                for i in range(columns):
                    left, right = load(x + i * step_x, 0, first), load(y + i * step_y, 0, second)
                    store(o + i * step_o, 0, out, backward(left, right))

    return loop


def natural_power_loop(scalar: Scalar, first: str, second: str, out: str) -> Loop:
    """Stops with status 1 at the first negative exponent, as NumPy's integer power does."""

    def loop(args: int, counts: int, steps: int) -> None:
        for row in range(word(counts, 1)):
            x, y = word(args, 0) + row * word(steps, 3), word(args, 1) + row * word(steps, 4)
            o = word(args, 2) + row * word(steps, 5)
            for _ in range(word(counts, 0)):
                exponent = load(y, 0, second)
                if exponent < 0:
                    set_word(args, 3, 1)
                    return
                store(o, 0, out, scalar(load(x, 0, first), exponent))
                x += word(steps, 0)
                y += word(steps, 1)
                o += word(steps, 2)

    return loop


def paired_loop(scalar: Scalar, first: str, second: str, out: str, second_out: str) -> Loop:
    """Two operands, and two results: ``scalar`` returns a pair."""

    def loop(args: int, counts: int, steps: int) -> None:
        for row in range(word(counts, 1)):
            x, y = word(args, 0) + row * word(steps, 4), word(args, 1) + row * word(steps, 5)
            o, p = word(args, 2) + row * word(steps, 6), word(args, 3) + row * word(steps, 7)
            for _ in range(word(counts, 0)):
                one, other = scalar(load(x, 0, first), load(y, 0, second))
                store(o, 0, out, one)
                store(p, 0, second_out, other)
                x += word(steps, 0)
                y += word(steps, 1)
                o += word(steps, 2)
                p += word(steps, 3)

    return loop


@dataclass(frozen=True)
class Kernel:
    """One inner loop: the scalar function, the element characters it reads and writes, and the loop around it.

    ``signature`` says what is computed, not what NumPy calls the loop: uint8 and int8 addition are one kernel,
    ``bb->b``, because their bits agree.
    """

    scalar: Scalar
    signature: str
    around: Callable[..., Loop]
    others: tuple[Scalar, ...] = ()
    """What a directed loop computes where an input runs backwards; what a guarded one computes quickly, and when."""

    @property
    def name(self) -> str:
        """Unique among the kernels; names the entry in the cache."""
        scalars = [scalar.__name__ for scalar in (self.scalar, *self.others)]
        parts = [*scalars, self.around.__name__.removesuffix("_loop")]
        return "-".join(parts + [NAMES[char] for char in self.signature.replace("->", "")])

    @cached_property
    def address(self) -> int:
        """Address of the compiled loop; the first call compiles it, or loads it from the cache."""
        return compiled_loop(self.around(self.scalar, *self.others, *self.signature.replace("->", "")), self.name)
