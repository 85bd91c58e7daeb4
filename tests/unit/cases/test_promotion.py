"""Which loop a call ends in, held against what NumPy resolves for every row and every combination of types."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from parity.calling import CODES
from parity.cases.promotion import REFUSED, mixed_operands, resolved, with_python
from parity.documents.elements import BY_CODE, ELEMENTS
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Operation

UFUNCS = [row for row in CATALOGUE.values() if row.kind == "ufunc"]
PYTHON = {"int": int, "float": float, "complex": complex}


def numpy_loop(name: str, types: Sequence[np.dtype | type]) -> str | None:
    ufunc = getattr(np, name)
    try:
        found = ufunc.resolve_dtypes((*types, *[None] * ufunc.nout))
    except TypeError:
        return None
    chars = [BY_CODE[dtype.newbyteorder("<").str if dtype.itemsize > 1 else dtype.str].char for dtype in found]
    return "".join(chars[: ufunc.nin]) + "->" + "".join(chars[ufunc.nin :])


@pytest.mark.parametrize("row", UFUNCS, ids=lambda row: row.name)
def test_every_combination_of_types_ends_in_numpys_loop(row: Operation) -> None:
    for chars in itertools.product(ELEMENTS, repeat=row.nin):
        assert resolved(row, chars) == numpy_loop(row.name, [np.dtype(CODES[char]) for char in chars]), chars


@pytest.mark.parametrize("row", [row for row in UFUNCS if row.nin == 2], ids=lambda row: row.name)
def test_a_python_number_ends_in_numpys_loop(row: Operation) -> None:
    for char, (word, kind) in itertools.product(ELEMENTS, PYTHON.items()):
        dtype = np.dtype(CODES[char])
        assert with_python(row, (char, None), word) == numpy_loop(row.name, [dtype, kind]), (char, word)
        assert with_python(row, (None, char), word) == numpy_loop(row.name, [kind, dtype]), (word, char)


def test_mixed_operands_are_never_the_loops_own() -> None:
    for row in UFUNCS:
        for loop, combinations in mixed_operands(row.name, row.loops).items():
            assert all("".join(chars) != loop.partition("->")[0] for chars in combinations)


def test_what_is_called_refused_is_refused() -> None:
    for source, target in REFUSED.items():
        assert not np.can_cast(np.dtype(CODES[source]), np.dtype(CODES[target]), "same_kind"), (source, target)
