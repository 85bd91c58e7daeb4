"""Whether the float32 kernels of exp, log, sin and cos give, for every operand, the rounded float64 of the C library.

    python benchmarks/singles.py [exp log sin cos]

All 2^32 bit patterns of each, in about a minute an operation; NaN counts as equal to NaN. Exit code 1 if one differs.
"""

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

import parity_kernels

OPS = ("exp", "log", "sin", "cos")
PIECE = 1 << 22


def reference(function: Callable[[float], float]) -> Callable[[Any, Any], None]:
    """Fills an array with what the C library answers to another, rounded once."""

    def rounded(operands: Any, results: Any) -> None:
        for i in range(operands.size):
            results[i] = function(np.float64(operands[i]))

    return njit(rounded, error_model="numpy")  # type: ignore[no-any-return]


def differences(op: str) -> list[np.float32]:
    """The operands whose results have other bits."""
    kernel, expected = getattr(parity_kernels, op), reference(getattr(math, op))
    found: list[np.float32] = []
    wanted = np.empty(PIECE, np.float32)
    with np.errstate(all="ignore"):
        for start in range(0, 1 << 32, PIECE):
            operands = np.arange(start, start + PIECE, dtype=np.uint32).view(np.float32)
            results = kernel(operands)
            expected(operands, wanted)
            other = results.view(np.uint32) != wanted.view(np.uint32)
            found += list(operands[other & ~(np.isnan(results) & np.isnan(wanted))])
    return found


def main() -> int:
    """A line for each operation."""
    wrong = 0
    for op in sys.argv[1:] or OPS:
        started = time.monotonic()
        found = differences(op)
        wrong += len(found)
        examples = ", ".join(float(x).hex() for x in found[:5])
        seconds = time.monotonic() - started
        print(f"{op}: {1 << 32:,} operands, {len(found):,} with other bits {examples} [{seconds:.0f} s]", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
