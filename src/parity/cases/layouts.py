"""Ways to lay the same elements out in memory."""

from typing import Any

from parity.documents.case import ArrayArgument

COUNT = 66
"""Elements of an array whose layout is the point: two past the widest vector of bytes, and 6 x 11 = 2 x 3 x 11."""

LAYOUTS: dict[str, dict[str, Any]] = {
    "fortran": {"shape": (6, 11), "strides": (1, 6)},
    "transposed": {"shape": (2, 3, 11), "strides": (1, 22, 2)},
    "strided-2": {"shape": (COUNT,), "strides": (2,)},
    "strided-3": {"shape": (COUNT,), "strides": (3,)},
    "padded-rows": {"shape": (2, 33), "strides": (37, 1)},
    "negative": {"shape": (COUNT,), "strides": (-1,)},
    "negative-strided": {"shape": (COUNT,), "strides": (-2,)},
    "negative-rows": {"shape": (6, 11), "strides": (-11, 1)},
    "negative-columns": {"shape": (6, 11), "strides": (11, -1)},
    "negative-both": {"shape": (2, 3, 11), "strides": (-33, -11, -1)},
    "unaligned": {"shape": (COUNT,), "unaligned": True},
    "unaligned-strided": {"shape": (COUNT,), "strides": (2,), "unaligned": True},
    "swapped": {"shape": (COUNT,), "swapped": True},
    "swapped-negative": {"shape": (6, 11), "strides": (11, -1), "swapped": True},
    "read-only": {"shape": (COUNT,), "readonly": True},
}
"""Layouts that leave the elements in C order as they are: all of them have one and the same result.

Strides are in elements.
"""

REPEATING: dict[str, dict[str, Any]] = {
    "zero-stride": {"shape": (COUNT,), "strides": (0,), "linear": True},
    "zero-stride-rows": {"shape": (3, 22), "strides": (0, 1), "linear": True},
    "zero-stride-columns": {"shape": (6, 11), "strides": (1, 0), "linear": True},
    "overlapping-windows": {"shape": (6, 11), "strides": (1, 1), "linear": True},
    "overlapping-backwards": {"shape": (6, 11), "strides": (3, -1), "linear": True},
}
"""Layouts that visit an element more than once."""


def laid_out(pool: str, layout: str, at: int = 0) -> ArrayArgument:
    """An array of COUNT elements in one of the layouts."""
    return ArrayArgument(pool=pool, at=at, **(LAYOUTS.get(layout) or REPEATING[layout]))


def alike(pool: str, layout: str, at: int = 0) -> ArrayArgument:
    """A C-contiguous array of the same shape."""
    return ArrayArgument(pool=pool, at=at, shape=(LAYOUTS.get(layout) or REPEATING[layout])["shape"])
