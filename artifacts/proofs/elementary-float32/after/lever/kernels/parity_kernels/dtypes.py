"""Element types: NumPy's characters, and the dtypes that they stand for.

``l`` and ``L`` mean 64 bits. NumPy has two C types of that width, ``l`` and ``q``, with equal dtypes; here they are
one.
"""

from typing import Any

import numpy as np

DType = np.dtype[Any]

NAMES = {
    "?": "b1", "b": "i1", "B": "u1", "h": "i2", "H": "u2", "i": "i4", "I": "u4", "l": "i8", "L": "u8",
    "e": "f2", "f": "f4", "d": "f8", "F": "c8", "D": "c16",
}  # fmt: skip
"""Element character → its name in the array interface: kind and bytes."""

SIGNED, UNSIGNED = "bhil", "BHIL"
INTEGERS = "bBhHiIlL"
FLOATS = "efd"
COMPLEXES = "FD"
REALS = INTEGERS + FLOATS
NUMBERS = REALS + COMPLEXES
ELEMENTS = "?" + NUMBERS

DTYPES: dict[str, DType] = {char: np.dtype(name) for char, name in NAMES.items()}
"""Element character → native dtype."""

_CHARACTERS = {name: char for char, name in NAMES.items()}


def character(dtype: DType) -> str | None:
    """The element character of a dtype in any byte order, or None if no kernel can hold it."""
    return _CHARACTERS.get(f"{dtype.kind}{dtype.itemsize}")


def signed_twin(char: str) -> str:
    """The signed integer of the same width; other characters stand for themselves."""
    return SIGNED[UNSIGNED.index(char)] if char in UNSIGNED else char
