"""The pure-Python oracle: what NumPy's answer must be, by exact arithmetic, where that is certain.

It answers calls on arrays of bool, integers, floats and, in part, complex numbers, and leaves out what depends on
NumPy's own order of operations, on the C library or on rules that it does not know: None instead of a guess. Its
answers are no evidence about NumPy; a capture of them says so. It imports no NumPy.
"""

from collections.abc import Mapping
from typing import Any

from parity.calling import Outcome, Returned
from parity.documents.elements import COMPONENT, ELEMENTS
from parity.ops.loops import promoted
from parity.ops.row import Operation
from parity.oracle import exact, reductions
from parity.oracle.elementwise import function_of
from parity.oracle.exact import UnanswerableError
from parity.oracle.logical_arrays import LogicalArray, arguments, broadcast


def pure_outcome(call: Mapping[str, Any], pools: Mapping[str, bytes], row: Operation) -> Outcome | None:
    """The outcome of a call, given as JSON, or None where it is not certain.

    pools: little-endian bytes by name. row: the catalogue's row of the operation. Floating-point flags and warnings
    are not worked out: they are empty.
    """
    try:
        results = _results(call, pools, row)
    except UnanswerableError:
        return None
    return Returned(tuple(result.value() for result in results), (), (), (), (), ())


def _results(call: Mapping[str, Any], pools: Mapping[str, bytes], row: Operation) -> list[LogicalArray]:
    op, method, kwargs = call["op"], call["op"].partition(".")[2], call.get("kwargs", {})
    name = reductions.METHODS.get(op, op)
    folds = name in reductions.ANSWERED
    if method not in ("", "outer") and not folds:
        raise UnanswerableError
    if len(call["args"]) != (1 if folds else row.nin) or (kwargs and not folds):
        raise UnanswerableError
    arrays = arguments(call, pools)
    if folds:
        loops = row.reduce_loops if method else row.loops
        # A method's axis is 0 where nothing is said; a reduction's is None.
        attributes = {"axis": 0, **kwargs} if method else kwargs
        if method == "accumulate" and not isinstance(attributes["axis"], int):
            raise UnanswerableError
        return [reductions.reduced(name, arrays[0], _loop(arrays[0].char, loops), attributes)]
    return _elementwise(row, arrays, outer=method == "outer")


def _loop(inputs: str, loops: tuple[str, ...]) -> str:
    for loop in loops:
        if loop.partition("->")[0] == inputs:
            return loop
    raise UnanswerableError


def _elementwise(row: Operation, arrays: list[LogicalArray], *, outer: bool) -> list[LogicalArray]:
    chars = "".join(array.char for array in arrays)
    try:
        loop = _loop(chars, row.loops)
    except UnanswerableError:
        loop = _loop(2 * promoted(*chars), row.loops) if len(chars) == 2 else _loop(chars, ())
    inputs, _, results = loop.partition("->")
    function = function_of(row.name, inputs[0])
    if function is None:
        raise UnanswerableError
    if outer:
        first, second = arrays
        arrays = [LogicalArray(first.char, first.shape + (1,) * len(second.shape), first.values), second]
    shape = broadcast([array.shape for array in arrays])
    operands = [
        [_cast(value, array.char, char) for value in array.to(shape)] if array.char != char else array.to(shape)
        for array, char in zip(arrays, inputs, strict=True)
    ]
    values = [function(*elements, inputs[0]) for elements in zip(*operands, strict=True)]
    if len(results) == 1:
        return [LogicalArray(results, shape, values)]
    return [LogicalArray(char, shape, [value[number] for value in values]) for number, char in enumerate(results)]


def _cast(value: Any, source: str, target: str) -> Any:
    """An element in a type that holds it, or, for 64-bit integers in a float, the nearest value to it."""
    if ELEMENTS[target].kind == "f" and ELEMENTS[source].kind in "biu":
        return exact.from_integer(int(value), target)
    if target in COMPONENT and source not in COMPONENT:
        return complex(_cast(value, source, COMPONENT[target]), 0.0)
    return value
