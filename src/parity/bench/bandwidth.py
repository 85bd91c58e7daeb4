"""How fast memory is copied here: what a kernel that does next to nothing with its operands could reach at most."""

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from parity.documents.baseline import CopyBandwidth

SMALLEST, LARGEST, STEP = 4 << 10, 160 << 20, 4
"""Bytes that a copy moves, from half of a first-level cache to more than last-level caches hold, times four each."""

REPEATS, SLOW_REPEATS = 5, 3
BATCH_NS, MOST_COPIES = 1_000_000, 10_000
SLOW_NS = 20_000_000  # a batch that takes longer is made three times only

Block = NDArray[np.float64]


def copy_bandwidth(
    clock: Callable[[], int] = time.perf_counter_ns, largest: int = LARGEST
) -> tuple[CopyBandwidth, ...]:
    """GB (10^9 bytes) a second of ``numpy.copyto`` between contiguous blocks of float64, by the bytes moved.

    Bytes are those read and those written, each once. That a processor may first fetch the line that it is going to
    overwrite (write-allocate) is not counted: a kernel that writes its result pays for it in the same way. The rate is
    that of the median of several batches, of about 1 ms each.

    Parameters
    ----------
    clock : callable
        Nanoseconds.
    largest : int
        Bytes that the largest copy moves, twice its block; at least 4,096.

    Returns
    -------
    tuple of CopyBandwidth
        With bytes rising by 4 from 4 KiB; the last one moves ``largest``.
    """
    source, target = np.zeros(largest // 16), np.empty(largest // 16)
    source[:] = 1.0  # pages of zeros may all be one page
    target[:] = 0.0
    return tuple(_measured(source[: size // 16], target[: size // 16], clock) for size in _ladder(largest))


def _ladder(largest: int) -> Iterator[int]:
    size = SMALLEST
    while size * 2 <= largest:
        yield size
        size *= STEP
    yield largest - largest % 16


def _measured(source: Block, target: Block, clock: Callable[[], int]) -> CopyBandwidth:
    copyto = np.copyto

    def copies(count: int) -> int:
        begin = clock()
        for _ in repeat(None, count):
            copyto(target, source)
        return max(clock() - begin, 1)

    copies(1)  # brings into the caches what fits there
    count = min(max(1, round(BATCH_NS / copies(1))), MOST_COPIES)
    first = copies(count)
    durations = [first, *(copies(count) for _ in range((REPEATS if first < SLOW_NS else SLOW_REPEATS) - 1))]
    moved = source.nbytes + target.nbytes
    return CopyBandwidth(bytes=moved, gb_per_s=moved * count / statistics.median(durations))
