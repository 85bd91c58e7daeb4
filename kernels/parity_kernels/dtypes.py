"""Element types: NumPy's characters, and the dtypes that they stand for.

``l`` and ``L`` mean 64 bits. NumPy has two C types of that width, ``l`` and ``q``, with equal dtypes; here they are one.
"""

from typing import Any

import numpy as np

DType = np.dtype[Any]

NAMES = dict(zip("?bBhHiIlLefdFD", "b1 i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 c8 c16".split(), strict=True))
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
