"""What a comparison of one result finds; the fields are those of a verdict."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from parity.documents.verdict import FailedClass

Floats = NDArray[np.float64]
Unsigned = NDArray[Any]

LARGEST = float(np.finfo(np.float64).max)
"""Stands for every error too large for a float64, because JSON has no infinity."""


class Finding(NamedTuple):
    """One result, compared. failed: the first class that failed, None if all is well.

    place: flat index (C order) of the first element at fault. The rest as in `parity.documents.verdict.Verdict`.
    """

    failed: FailedClass | None = None
    place: int | None = None
    ulp: float | None = 0.0
    ulp_normwise: float | None = None
    distance: int | None = None
    bound: float | None = None
    condition: float | None = None
    differing: int = 0


def finite(value: float) -> float:
    """A number that JSON can hold."""
    return min(float(value), LARGEST)
