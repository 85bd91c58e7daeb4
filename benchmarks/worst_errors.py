"""The worst distance between NumPy and the kernels in every toleranced elementwise loop, by sampling.

    python benchmarks/worst_errors.py [--samples N] [--json PATH]

Half of the samples are uniform in bit patterns (finite ones), half uniform in the domain of the catalogue's row. The
unit is the ulp of NumPy's result (of its larger component, for complex results). Sampling misses maxima: what is
printed here is a lower bound of the true worst distance, and the limit in the catalogue is to be above it.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import parity_kernels
from parity.documents.elements import COMPONENT, ELEMENTS, FLOAT_FORMATS
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Operation


def samples(row: Operation, argument: int, char: str, count: int, rng: np.random.Generator) -> np.ndarray:
    part = COMPONENT.get(char, char)
    size = ELEMENTS[part].size
    parts = 2 if char in COMPONENT else 1
    bits = rng.integers(0, 1 << 8 * size, (count // 2) * parts, np.dtype(f"u{size}"), endpoint=False)
    anywhere = bits.view(ELEMENTS[part].code)
    anywhere = np.where(np.isfinite(anywhere), anywhere, np.ones((), anywhere.dtype))
    low, high = (row.domains[argument].low, row.domains[argument].high) if row.domains else (-1e3, 1e3)
    inside = rng.uniform(low, min(high, 6e4), (count // 2) * parts).astype(anywhere.dtype)
    both = np.concatenate([anywhere, inside])
    return both.view(ELEMENTS[char].code) if parts == 2 else both


def distances(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Distances in ulp where both are finite; a class that differs is infinitely far."""
    wide = np.clongdouble if theirs.dtype.kind == "c" else np.longdouble
    part = theirs.real.dtype
    form = FLOAT_FORMATS[part.char]
    largest = np.maximum(np.abs(theirs.real), np.abs(theirs.imag)).astype(np.longdouble)
    with np.errstate(all="ignore"):
        exponent = np.maximum(np.frexp(np.where(largest > 0, largest, 1))[1] - 1, form.e_min)
        exponent = np.where(largest > 0, exponent, form.e_min)
        found = np.abs(ours.astype(wide) - theirs.astype(wide)) / np.ldexp(
            np.longdouble(1), exponent - form.precision + 1
        )
        finite = np.isfinite(theirs) & np.isfinite(ours)
        same = (np.isnan(ours) == np.isnan(theirs)) & (np.isinf(ours) == np.isinf(theirs))
    return np.where(finite, found, np.where(same, 0, np.inf)).astype(np.float64)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=2_000_000)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rng = np.random.default_rng(20261120)
    found: list[dict[str, Any]] = []
    for row in CATALOGUE.values():
        for loop, tolerance in row.tolerances.items():
            if row.kind != "ufunc" or tolerance.rule not in ("ulp", "ulp_normwise") or loop not in row.loops:
                continue
            arguments = [samples(row, number, char, chosen.samples, rng) for number, char in enumerate(loop[: row.nin])]
            with np.errstate(all="ignore"):
                theirs = getattr(np, row.name)(*arguments)
            ours = getattr(parity_kernels, row.name)(*arguments)
            far = distances(ours, theirs)
            measured = far[np.isfinite(far)].max()
            other, at = int(np.isinf(far).sum()), int(np.argmax(far))
            found.append(
                {"op": row.name, "loop": loop, "worst": float(measured), "limit": tolerance.limit, "other_class": other}
            )
            where = ", ".join(repr(argument[at]) for argument in arguments)
            print(
                f"{row.name:<12} {loop:<8} worst {measured:<10.4g} limit {tolerance.limit:<5} "
                f"other class {other:<7} at {where}"
            )
            sys.stdout.flush()
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n")
    return int(any(entry["worst"] > entry["limit"] for entry in found))


if __name__ == "__main__":
    sys.exit(main())
