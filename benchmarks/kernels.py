"""Our kernels against NumPy, one thread, in one interleaved run.

    python benchmarks/kernels.py [--only TEXT] [--sizes 10000,1000000] [--rounds N] [--json PATH]

Each workload is timed in ABBA order: ours, NumPy, NumPy, ours; the figure is the median of the ratios of such
quadruples, so that drift of the clock frequency and of the neighbours cancels out. Above 1 ours is faster. It fails
if a result differs from NumPy's, or if the goal is missed: geometric mean >= 1.3, none below 0.8.
"""

import argparse
import gc
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import parity_kernels

GOAL_MEAN, GOAL_WORST = 1.3, 0.8
DTYPES = ("f4", "f8", "i4", "i8")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
BINARY = ("add", "multiply", "equal", "less", "greater_equal", "maximum")
UNARY = ("absolute",)
REDUCTIONS = ("sum", "max", "min")
EPOCH_NS = 1_000_000  # one timing is at least this long: the clock's resolution and a call's overhead vanish in it

Call = Callable[[], np.ndarray]
Pair = tuple[Call, Call]
"""Our call and NumPy's."""


@dataclass(frozen=True)
class Workload:
    name: str
    op: str
    dtype: str
    shape: tuple[int, ...]
    layout: str
    make: Callable[[], Pair]
    """Builds the operands, and gives back our call and NumPy's."""


def _values(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    values = np.random.default_rng(20261121).standard_normal(shape) * 1000
    return values.astype(dtype)


def _operands(layout: str, size: int, dtype: str, nin: int) -> list[np.ndarray]:
    side = math.isqrt(size)
    if layout == "contiguous":
        arrays = [_values((size,), dtype) for _ in range(nin)]
    elif layout == "strided":
        arrays = [_values((2 * size,), dtype)[::2] for _ in range(nin)]
    elif layout == "strided-3":
        arrays = [_values((side, 3 * side), dtype)[:, ::3] for _ in range(nin)]
    elif layout == "transposed":
        arrays = [_values((side, side), dtype).T for _ in range(nin)]
    elif layout == "row":
        arrays = [_values((side, side), dtype), _values((side,), dtype)]
    elif layout == "column":
        arrays = [_values((side, side), dtype), _values((side, 1), dtype)]
    else:  # short rows: three channels, say
        arrays = [_values((size // 3, 3), dtype), _values((3,), dtype)]
    if nin == 2:  # some of them equal, so that comparisons have both answers
        arrays[1] = (
            np.where(np.arange(arrays[1].size).reshape(arrays[1].shape) % 2, arrays[1], arrays[1] + 1).astype(dtype)
            if layout in ("row", "column", "short-rows")
            else arrays[1]
        )
    return arrays


def _elementwise_pair(op: str, layout: str, size: int, dtype: str) -> Pair:
    ours, numpys = getattr(parity_kernels, op), getattr(np, op)
    arrays = _operands(layout, size, dtype, numpys.nin)
    return (lambda: ours(*arrays)), (lambda: numpys(*arrays))


def elementwise(sizes: tuple[int, ...]) -> Iterator[Workload]:
    layouts = {
        **dict.fromkeys(BINARY, ("contiguous", "row", "column", "short-rows", "strided", "strided-3", "transposed")),
        **dict.fromkeys(UNARY, ("contiguous", "strided", "strided-3", "transposed")),
    }
    for op, of in layouts.items():
        for layout in of:
            for dtype in DTYPES:
                for size in sizes:

                    def make(op: str = op, layout: str = layout, size: int = size, dtype: str = dtype) -> Pair:
                        return _elementwise_pair(op, layout, size, dtype)

                    yield Workload(f"{op} {layout} {dtype} {size:.0e}", op, dtype, (size,), layout, make)


def reductions(sizes: tuple[int, ...]) -> Iterator[Workload]:
    """Every axis of 2-D and 3-D arrays: square, and with a last axis of eight."""
    for op in REDUCTIONS:
        for dtype in DTYPES:
            for size in sizes:
                side, edge = math.isqrt(size), round(size ** (1 / 3))
                for layout, shape in {
                    "square": (side, side),
                    "narrow": (size // 8, 8),
                    "cube": (edge, edge, edge),
                }.items():
                    for axis in range(len(shape)):

                        def make(
                            op: str = op, shape: tuple[int, ...] = shape, dtype: str = dtype, axis: int = axis
                        ) -> Pair:
                            ours, numpys, x = getattr(parity_kernels, op), getattr(np, op), _values(shape, dtype)
                            return (lambda: ours(x, axis)), (lambda: numpys(x, axis))

                        name = f"{op} {layout} axis {axis} {dtype} {size:.0e}"
                        yield Workload(name, op, dtype, shape, f"{layout} axis {axis}", make)


def workloads(sizes: tuple[int, ...]) -> list[Workload]:
    return [*elementwise(sizes), *reductions(sizes)]


def _agree(op: str, ours: np.ndarray, numpys: np.ndarray) -> bool:
    """Equal; for sums of floats, whose order of additions differs, nearly (parity itself has the exact bound)."""
    if op == "sum" and numpys.dtype.kind == "f":
        return np.allclose(ours, numpys, rtol=1e-3, atol=float(np.finfo(numpys.dtype).eps) * 1e10)
    return np.array_equal(ours, numpys, equal_nan=True)


def ratio(workload: Workload, rounds: int) -> tuple[float, float]:
    """(NumPy's time over ours, our time per call in seconds)."""
    ours, numpys = workload.make()
    if not _agree(workload.op, ours(), numpys()):
        message = f"{workload.name}: not NumPy's result"
        raise SystemExit(message)
    started = time.perf_counter_ns()
    numpys()
    ours()
    loops = max(1, 2 * EPOCH_NS // (time.perf_counter_ns() - started))

    def timed(call: Call) -> int:
        begin = time.thread_time_ns()  # of this thread: neighbours that take the processor away do not count
        for _ in range(loops):
            call()
        return time.thread_time_ns() - begin

    logs, times = [], []
    for _ in range(rounds):
        a, b, c, d = timed(ours), timed(numpys), timed(numpys), timed(ours)
        logs.append(math.log((b + c) / (a + d)))
        times.append((a + d) / (2 * loops))
    return math.exp(statistics.median(logs)), statistics.median(times) / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only workloads whose name contains this")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of elements")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chosen = [w for w in workloads(tuple(map(int, options.sizes.split(",")))) if options.only in w.name]
    if not chosen:
        parser.error(f"no workload has {options.only!r} in its name")
    rows: list[dict[str, Any]] = []
    gc.disable()
    for workload in chosen:
        value, seconds = ratio(workload, options.rounds)
        rows.append({"name": workload.name, "op": workload.op, "dtype": workload.dtype, "layout": workload.layout,
                     "shape": list(workload.shape), "ratio": value, "seconds": seconds})  # fmt: skip
        print(f"{workload.name:42} {seconds * 1e6:12.2f} us {value:6.2f}x{'   <' if value < GOAL_WORST else ''}")
        gc.collect()
    mean = math.exp(statistics.fmean(math.log(row["ratio"]) for row in rows))
    worst = min(rows, key=lambda row: row["ratio"])
    print(f"\n{len(rows)} workloads: geometric mean {mean:.2f}x, worst {worst['ratio']:.2f}x ({worst['name']})")
    if options.json:
        options.json.write_text(json.dumps({"geometric_mean": mean, "worst": worst, "workloads": rows}, indent=1))
    return 0 if mean >= GOAL_MEAN and worst["ratio"] >= GOAL_WORST else 1


if __name__ == "__main__":
    sys.exit(main())
