"""What the catalogue says of each operation, held against the NumPy that is installed."""

import inspect
from contextlib import nullcontext
from itertools import product

import numpy as np
import pytest

from parity.calling import CODES
from parity.documents.elements import ELEMENTS
from parity.ops.catalogue import CATALOGUE
from parity.ops.loops import MEAN_RESULT, SUM_RESULT, VAR_RESULT, promoted
from parity.ops.row import Operation

pytestmark = pytest.mark.skipif(
    not (2, 4) <= tuple(int(part) for part in np.__version__.split(".")[:2]) < (2, 5),
    reason="the catalogue describes NumPy 2.4",
)

UFUNCS = [row for row in CATALOGUE.values() if row.kind == "ufunc"]
FOLDED = [row for row in UFUNCS if "reduce" in row.methods]
REDUCTIONS = [row for row in CATALOGUE.values() if row.kind in ("reduction", "cumulative")]
SAME = {"q": "l", "Q": "L", "p": "l", "P": "L"}  # other characters of the 64-bit integers


def by_name(row: Operation) -> str:
    return row.name


def in_our_characters(loop: str) -> str | None:
    """A loop of NumPy in the catalogue's characters; None if it has a type that the catalogue does not know."""
    shown = "".join(SAME.get(char, char) for char in loop)
    return shown if set(shown) <= {*ELEMENTS, "-", ">"} else None


def test_the_catalogue_is_not_empty() -> None:
    assert len(UFUNCS) == 50
    assert len(REDUCTIONS) == 13
    assert len(FOLDED) >= 25


@pytest.mark.parametrize("row", UFUNCS, ids=by_name)
def test_arity_is_that_of(row: Operation) -> None:
    ufunc = getattr(np, row.name)
    assert (row.nin, row.nout) == (ufunc.nin, ufunc.nout)
    assert row.reference == f"numpy.{row.name}"


@pytest.mark.parametrize("row", UFUNCS, ids=by_name)
def test_loops_are_all_those_of(row: Operation) -> None:
    known = [in_our_characters(loop) for loop in getattr(np, row.name).types]
    assert set(row.loops) == {loop for loop in known if loop is not None}


@pytest.mark.parametrize("row", UFUNCS, ids=by_name)
def test_every_loop_gives_the_dtypes_that_it_says_in(row: Operation) -> None:
    for loop in row.loops:
        inputs, _, outputs = loop.partition("->")
        results = getattr(np, row.name)(*(np.ones(2, CODES[char]) for char in inputs))
        got = results if isinstance(results, tuple) else (results,)
        assert [result.dtype for result in got] == [np.dtype(CODES[char]) for char in outputs], loop


@pytest.mark.parametrize("row", FOLDED, ids=by_name)
def test_identity_is_that_of(row: Operation) -> None:
    ufunc = getattr(np, row.name)
    assert row.identity.value == ufunc.identity
    if row.name.startswith("bitwise") or row.name.startswith("logical") or row.identity.value is None:
        assert type(row.identity.value) in (type(ufunc.identity), bool)


@pytest.mark.parametrize("row", FOLDED, ids=by_name)
def test_operands_may_be_reordered_as_in(row: Operation) -> None:
    square = np.ones((2, 2), CODES[row.reduce_loops[0][0]])
    refused = nullcontext() if row.identity.reorderable else pytest.raises(ValueError, match="not reorderable")
    with refused:
        getattr(np, row.name).reduce(square, axis=(0, 1))


@pytest.mark.parametrize("row", FOLDED, ids=by_name)
def test_reduce_loops_are_what_reduce_returns_in(row: Operation) -> None:
    ufunc = getattr(np, row.name)
    found = []
    for char in ELEMENTS:
        try:
            result = ufunc.reduce(np.ones(3, CODES[char]))
        except TypeError:
            continue
        found.append((char, SAME.get(result.dtype.char, result.dtype.char)))
    declared = {loop[0]: loop[-1] for loop in row.reduce_loops}
    assert set(declared.items()) <= set(found)
    own = {loop[0] for loop in row.loops if "->" + loop[0] in loop}  # others are cast to one of these first
    missing = {pair for pair in found if pair[0] in own and pair[0] not in declared}
    assert not missing, f"{row.name}.reduce also takes {missing}"


@pytest.mark.parametrize("row", [row for row in UFUNCS if row not in FOLDED], ids=by_name)
def test_rows_without_reduce_have_none_in(row: Operation) -> None:
    assert row.nin == 1 or row.nout > 1 or "outer" in row.methods


@pytest.mark.parametrize("row", REDUCTIONS, ids=by_name)
def test_loops_are_what_the_function_returns_for(row: Operation) -> None:
    function = getattr(np, row.name)
    for loop in row.loops:
        result = function(np.ones(3, CODES[loop[0]]))
        assert SAME.get(result.dtype.char, result.dtype.char) == loop[-1], loop
    assert [loop[0] for loop in row.loops] == list(ELEMENTS)


@pytest.mark.parametrize("row", REDUCTIONS, ids=by_name)
def test_attributes_are_in_the_signature_of(row: Operation) -> None:
    parameters = [name for name in inspect.signature(getattr(np, row.name)).parameters if name != "a"]
    assert set(row.attributes) <= set(parameters)
    unlisted = set(parameters) - set(row.attributes)
    assert unlisted <= {"correction", "mean"}, "NumPy 2's other names of what ddof and var's own mean are"


@pytest.mark.parametrize("row", REDUCTIONS, ids=by_name)
def test_identity_is_the_result_over_nothing_in(row: Operation) -> None:
    function = getattr(np, row.name)
    empty = np.empty((0, 3))
    if row.kind == "cumulative":
        assert function(empty, axis=0).shape == (0, 3)
    elif row.identity.value is not None:
        assert function(empty) == row.identity.value
    elif row.name in ("mean", "var", "std"):
        with pytest.warns(RuntimeWarning):
            assert np.isnan(function(empty))
    else:
        with pytest.raises(ValueError, match=r"zero-size array|empty sequence"):
            function(empty)


@pytest.mark.parametrize(("first", "second"), list(product(ELEMENTS, ELEMENTS)))
def test_promotion_is_numpys(first: str, second: str) -> None:
    expected = np.result_type(CODES[first], CODES[second])
    assert np.dtype(CODES[promoted(first, second)]) == expected


@pytest.mark.parametrize("char", ELEMENTS)
def test_reductions_widen_as_numpy_does(char: str) -> None:
    ones = np.ones(2, CODES[char])
    assert np.sum(ones).dtype == np.dtype(CODES[SUM_RESULT[char]])
    assert np.prod(ones).dtype == np.dtype(CODES[SUM_RESULT[char]])
    assert np.mean(ones).dtype == np.dtype(CODES[MEAN_RESULT[char]])
    assert np.var(ones).dtype == np.dtype(CODES[VAR_RESULT[char]])
