"""What one process says about one workload: every duration that it took, and the order in which it took them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parity.documents.baseline import Mode

Durations = NDArray[np.uint64]

SWITCHED, STOLEN = 1, 2
"""Flags of an epoch: an involuntary context switch of the timing thread; time that the host took from this machine."""


class Pace(NamedTuple):
    """How a workload is timed, the same in all processes of a run.

    calls: in an epoch, which lasts about 0.25 ms, or one call. quadruples: how many of them at least, so that slow
    calls are timed at all.
    """

    mode: Mode
    calls: int
    quadruples: int


class Timing(NamedTuple):
    """One workload in one process. The unit of order is a quadruple of epochs: ABBA or BAAB, drawn at random.

    provider_ns, numpy_ns: nanoseconds, shape (quadruples, 2, calls) where single calls are timed, (quadruples, 2, 1)
    for batches, which are whole epochs. provider_first: shape (quadruples,), whether A is the provider. flags: shape
    (quadruples, 4), uint8, SWITCHED and STOLEN of each epoch in the order of time. waits: nanoseconds, of the same
    shape and order, for which the thread could have run in that epoch and had no processor; None in files of
    samples that were written before they were counted.
    compile_s: seconds of compilation before the first timing, None if nobody can tell. first_call_s: the provider's
    first call. compiled_late: compilations while the clock ran, which must be 0.
    """

    provider_ns: Durations
    numpy_ns: Durations
    provider_first: NDArray[np.bool_]
    flags: NDArray[np.uint8]
    waits: Durations | None
    compile_s: float | None
    first_call_s: float
    compiled_late: int
