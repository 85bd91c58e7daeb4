"""Row folds: the elements of one result follow one another in memory, contiguous or at one stride.

A row function is ``row(address, n, step, place, going)`` and returns the result; with ``going`` it goes on from the
value at ``place``. `parity_kernels.folds` states the depth of the sums.
"""

from typing import Any

from parity_kernels.combinations import Scalar
from parity_kernels.compiling import jitable
from parity_kernels.lanes import octet_sum, peek, scratch, vector_extreme
from parity_kernels.memory import COMPUTED, ITEMSIZE, load, set_word, store, word, words


def running_row(char: str, acc: str, element: Scalar, combine: Scalar) -> Scalar:
    """From left to right, unless LLVM knows the operation to be associative."""
    size = ITEMSIZE[char]

    @jitable
    def row(x: int, n: int, step: int, place: int, going: int) -> Any:
        value = peek(place, 0, acc) if going else element(x, 0)
        first = 0 if going else 1
        if step == size:
            for i in range(first, n):
                value = combine(value, element(x, i))
        else:
            for i in range(first, n):
                value = combine(value, element(x + i * step, 0))
        return value

    return row


def deciding_row(char: str, acc: str, element: Scalar, combine: Scalar, decided: int) -> Scalar:
    """For any and all: stops at the end of the block of elements in which one decides."""
    size = ITEMSIZE[char]

    @jitable
    def row(x: int, n: int, step: int, place: int, going: int) -> Any:
        value = peek(place, 0, acc) if going else element(x, 0)
        first = 0 if going else 1
        while first < n and value != decided:
            last = min(n, first + 1024)
            if step == size:
                for i in range(first, last):
                    value = combine(value, element(x, i))
            else:
                for i in range(first, last):
                    value = combine(value, element(x + i * step, 0))
            first = last
        return value

    return row


def extreme_row(char: str, element: Scalar, combine: Scalar, order: str) -> Scalar:
    """Maximum or minimum of floats: whole vectors, then what is left over."""
    size = ITEMSIZE[char]
    lanes = 64 // size

    @jitable
    def row(x: int, n: int, step: int, place: int, going: int) -> Any:
        value = peek(place, 0, char) if going else element(x, 0)
        first = 0 if going else 1
        if step == size:
            vectors = (n - first) // lanes
            if vectors > 0:
                value = combine(value, vector_extreme(x + first * size, vectors, value, char, order))
                first += vectors * lanes
            for i in range(first, n):
                value = combine(value, element(x, i))
        else:
            for i in range(first, n):
                value = combine(value, element(x + i * step, 0))
        return value

    return row


def pairwise_sum(char: str) -> Scalar:
    """Sum of n elements in the order of NumPy's ``pairwise_sum`` (loops_utils.h.src), without recursion.

    A leaf has at most 128 reals; above, the first part takes half of the elements, rounded down to whole octets.
    """
    size = ITEMSIZE[char]
    parts = 2 if char in "FD" else 1
    octet, leaf = 8 // parts, 128 // parts

    @jitable
    def octets_apart(x: int, n: int, step: int) -> Any:
        a, b = load(x, 0, char), load(x + step, 0, char)
        c, d = load(x + 2 * step, 0, char), load(x + 3 * step, 0, char)
        if parts == 2:
            for i in range(4, n & -4, 4):
                at = x + i * step
                a, b = a + load(at, 0, char), b + load(at + step, 0, char)
                c, d = c + load(at + 2 * step, 0, char), d + load(at + 3 * step, 0, char)
            return (a + b) + (c + d)
        at = x + 4 * step
        e, f, g, h = (
            load(at, 0, char),
            load(at + step, 0, char),
            load(at + 2 * step, 0, char),
            load(at + 3 * step, 0, char),
        )
        for i in range(8, n & -8, 8):
            at = x + i * step
            a, b = a + load(at, 0, char), b + load(at + step, 0, char)
            c, d = c + load(at + 2 * step, 0, char), d + load(at + 3 * step, 0, char)
            at += 4 * step
            e, f = e + load(at, 0, char), f + load(at + step, 0, char)
            g, h = g + load(at + 2 * step, 0, char), h + load(at + 3 * step, 0, char)
        return ((a + b) + (c + d)) + ((e + f) + (g + h))

    @jitable
    def leaf_sum(x: int, n: int, step: int) -> Any:
        if n < octet:
            value = load(x, 0, char)
            for i in range(1, n):
                value = value + load(x + i * step, 0, char)
            return value
        whole = n & -octet
        value = octet_sum(x, whole // octet, char) if step == size else octets_apart(x, n, step)
        for i in range(whole, n):
            value = value + load(x + i * step, 0, char)
        return value

    @jitable
    def pairwise(x: int, n: int, step: int) -> Any:
        # One entry for each halving that is under way: the length of its second part; the sum of its first part
        # and a bit in `second` once that is known.
        lengths, firsts = words(64), scratch(128)
        depth, second = 0, 0
        while True:
            while n > leaf:
                half = (n // 2) & -octet
                set_word(lengths, depth, n - half)
                depth += 1
                n = half
            value = leaf_sum(x, n, step)
            x += n * step
            while depth > 0 and (second >> (depth - 1)) & 1:
                depth -= 1
                second &= ~(1 << depth)
                value = peek(firsts, depth, char) + value
            if depth == 0:
                return value
            store(firsts, depth - 1, char, value)
            second |= 1 << (depth - 1)
            n = word(lengths, depth - 1)

    return pairwise


def sum_row(char: str, pairwise: Scalar) -> Scalar:
    """The pairwise sum, added to the identity or to the value so far."""
    zero = COMPUTED[char](0)

    @jitable
    def row(x: int, n: int, step: int, place: int, going: int) -> Any:
        # The identity 0.0 comes first, as in NumPy: the sum of negative zeros is positive.
        return (peek(place, 0, char) if going else zero) + pairwise(x, n, step)

    return row
