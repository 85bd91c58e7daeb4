"""Which inputs enter an element of a reduction: the call, read again."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from parity.calling import Arguments
from parity.documents.case import Case
from parity.documents.elements import BY_CODE, ELEMENTS
from parity.ops.loops import SUM_RESULT, promoted

Array = NDArray[Any]

_FOLD = ("array", "axis", "dtype", "out", "keepdims", "initial", "where")
_POSITIONAL: dict[str, tuple[str, ...]] = {
    "sum": _FOLD,
    "prod": _FOLD,
    "reduce": _FOLD,
    "accumulate": _FOLD[:4],
    "cumsum": _FOLD[:4],
    "cumprod": _FOLD[:4],
    "mean": _FOLD[:5],
    "var": ("array", "axis", "dtype", "out", "ddof", "keepdims"),
    "std": ("array", "axis", "dtype", "out", "ddof", "keepdims"),
}
_UNREAD = ("mean", "correction")
"""Keywords of var and std that no row of the catalogue has; a call with one is judged by its bits."""


class Reduction(NamedTuple):
    """The inputs of a reduction, one line for each run of elements that are taken together.

    lines: shape (number of lines, length). chosen: of the same shape, what `where` lets in; None for all.
    initial: one more term, or None. accumulator: the element type in which NumPy accumulates.
    positions: for each element of the result, in C order, its line and how many terms of that enter it, 0 for all.
    given_out: there is an `out`.
    """

    lines: Array
    chosen: Array | None
    initial: Any
    ddof: Any
    accumulator: str
    positions: Array
    given_out: bool

    def terms(self, line: int) -> Array:
        """All terms of a line in order, `initial` first, in the accumulator's element type."""
        found: Array = self.lines[line] if self.chosen is None else self.lines[line][self.chosen[line]]
        with np.errstate(all="ignore"):
            cast: Array = found.astype(ELEMENTS[self.accumulator].code)
            if self.initial is None:
                return cast
            return np.concatenate([np.asarray(self.initial).astype(cast.dtype).reshape(1), cast])

    def recast(self, line: int) -> bool:
        """Whether the cast to the accumulator's type changed a value of a line."""
        found = self.lines[line]
        if np.can_cast(found.dtype, ELEMENTS[self.accumulator].code, "safe") and found.dtype.kind not in "iu":
            return False
        with np.errstate(all="ignore"):
            return bool(np.any(found.astype(ELEMENTS[self.accumulator].code).astype(found.dtype) != found))


def gather(case: Case, pools: Mapping[str, Array], shape: tuple[int, ...]) -> Reduction | None:
    """The inputs of the elements of a result of this shape; None if the call has something that is not read here."""
    op, _, method = case.call.op.partition(".")
    arguments = Arguments(case.call.plain(), pools)
    named = dict(zip(_POSITIONAL[method or op], arguments.args, strict=False)) | arguments.kwargs
    if any(named.get(keyword) is not None for keyword in _UNREAD):
        return None
    array = np.asarray(named.get("array", named.get("a")))
    array = array.astype(array.dtype.newbyteorder("<"))
    out = named.get("out")
    out = out[0] if isinstance(out, tuple) else out
    accumulator = _accumulator(op, array, named.get("dtype"), out)
    axis = named.get("axis", 0 if method else None)
    if method == "accumulate" or op in ("cumsum", "cumprod"):
        lines, positions = _running(array, axis, shape)
        return Reduction(lines, None, None, 0, accumulator, positions, out is not None)
    where = named.get("where", True)
    chosen = None if where is True else _folded(np.broadcast_to(where, array.shape), axis)
    lines = _folded(array, axis)
    positions = np.stack([np.arange(len(lines)), np.zeros(len(lines), np.int64)], axis=1)
    return Reduction(lines, chosen, named.get("initial"), named.get("ddof", 0), accumulator, positions, out is not None)


def _folded(array: Array, axis: Any) -> Array:
    """The axes that are kept, flattened, by those that are reduced, flattened."""
    if array.ndim == 0:
        return array.reshape(1, 1)
    axes = tuple(range(array.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    axes = tuple(number % array.ndim for number in axes)
    kept = tuple(number for number in range(array.ndim) if number not in axes)
    moved = array.transpose(kept + axes)
    rows = int(np.prod([array.shape[number] for number in kept], dtype=np.int64))
    length = int(np.prod([array.shape[number] for number in axes], dtype=np.int64))
    return moved.reshape(rows, length)


def _running(array: Array, axis: Any, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """The lines along an axis, and for each element of the result its line and the length of its prefix."""
    if axis is None or array.ndim == 0:
        lines = array.reshape(1, -1)
        return lines, np.stack([np.zeros(array.size, np.int64), np.arange(1, array.size + 1)], axis=1)
    axis %= array.ndim
    lines = _folded(array, axis)
    places = np.indices(shape)
    others = [number for number in range(array.ndim) if number != axis]
    line = np.zeros(shape, np.int64)
    for number in others:
        line = line * shape[number] + places[number]
    return lines, np.stack([line.ravel(), places[axis].ravel() + 1], axis=1)


def _accumulator(op: str, array: Array, dtype: Any, out: Array | None) -> str:
    """The element type in which NumPy accumulates: `dtype`; else what input and `out` promote to; else the row's own.

    mean, var and std take integers to float64 and float16 to float32 on their own.
    """
    if dtype is not None:
        return _char(np.dtype(dtype))
    char = _char(array.dtype)
    if op in ("mean", "var", "std"):
        if ELEMENTS[char].kind in "biu":
            return "d"
        return "f" if char == "e" else char
    return SUM_RESULT[char] if out is None else promoted(char, _char(out.dtype))


def _char(dtype: np.dtype[Any]) -> str:
    return BY_CODE[dtype.newbyteorder("<").str].char
