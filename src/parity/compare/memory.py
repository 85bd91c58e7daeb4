"""Whether a call wrote where it must not: gaps between the elements of `out`, and elements that `where` leaves out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.calling import Arguments
from parity.documents.case import Case
from parity.ops.catalogue import row_of


def stray_write(
    case: Case, expected: tuple[bytes, ...], actual: tuple[bytes, ...], pools: Mapping[str, NDArray[Any]]
) -> str | None:
    """A sentence about the first byte of an `out` block that no element owns and that differs; None if there is none.

    The elements themselves are compared as the result that they are. A byte is some element's if inverting the elements
    of `out` (where `where` lets it be written) changes it: so the question is put to the arrays, not answered by a
    second computation of strides.
    """
    arguments = Arguments(case.call.plain(), pools)
    before = arguments.written()
    mask = arguments.kwargs.get("where", True) if _where_masks_out(case) else True
    for out in arguments.outs:
        _invert(out, mask)
    for number, (old, new, one, two) in enumerate(zip(before, arguments.written(), expected, actual, strict=False)):
        first, second, stale, fresh = (np.frombuffer(block, np.uint8) for block in (one, two, old, new))
        if len(first) != len(second):
            return f"the memory of out {number} has {len(second)} bytes instead of {len(first)}"
        stray = np.flatnonzero((first != second) & (stale == fresh))
        if len(stray):
            return f"byte {int(stray[0])} in the memory of out {number} is no element to be written, and differs"
    return None


def _where_masks_out(case: Case) -> bool:
    """In a reduction `where` chooses among the inputs; in an elementwise call among the elements of `out`."""
    op, _, method = case.call.op.partition(".")
    return row_of(op).kind == "ufunc" and method not in ("reduce", "accumulate", "reduceat")


def _invert(out: NDArray[Any], mask: Any) -> None:
    inverted = np.frombuffer(bytes(255 - byte for byte in out.tobytes()), out.dtype).reshape(out.shape)
    np.copyto(out, inverted, where=mask)
