"""Which loop of a ufunc a call ends in, from the catalogue's loops alone."""

from functools import cache

from parity.documents.elements import ELEMENTS
from parity.ops.loops import promoted
from parity.ops.row import Operation

WEAK = {"bool": "?", "int": "l", "float": "d", "complex": "D"}
"""What a Python number becomes where no array says otherwise (NEP 50)."""


def resolved(row: Operation, chars: tuple[str, ...]) -> str | None:
    """The loop in which NumPy ends for operands of these element types; None where it finds none.

    The first loop in the catalogue's order to which every operand casts safely. NumPy deviates twice: integers are
    divided in float64, and logical operations on different types go through bool. `subtract` and `negative` of bool
    have no loop although int8 would hold it: NumPy refuses them by name.
    """
    return _resolved(row.name, row.loops, chars)


@cache
def _resolved(name: str, loops: tuple[str, ...], chars: tuple[str, ...]) -> str | None:
    kinds = {ELEMENTS[char].kind for char in chars}
    if name == "divide" and kinds <= set("biu"):
        return "dd->d"
    if name in _LOGICAL and len(set(chars)) > 1:
        return "??->?"
    if name in _REFUSE_BOOL and kinds == {"b"}:
        return None
    for loop in loops:
        inputs = loop.partition("->")[0]
        if all(promoted(char, target) == target for char, target in zip(chars, inputs, strict=True)):
            return loop
    return None


_LOGICAL = ("logical_and", "logical_or", "logical_xor")
_REFUSE_BOOL = ("subtract", "negative", "positive", "sign")


@cache
def mixed_operands(name: str, loops: tuple[str, ...]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """For each loop the operands of other types that end in it."""
    count = len(loops[0].partition("->")[0])
    combinations = (
        [(char,) for char in ELEMENTS] if count == 1 else [(first, second) for first in ELEMENTS for second in ELEMENTS]
    )
    found: dict[str, list[tuple[str, ...]]] = {loop: [] for loop in loops}
    for chars in combinations:
        loop = _resolved(name, loops, chars)
        if loop is not None and "".join(chars) != loop.partition("->")[0]:
            found[loop].append(chars)
    return {loop: tuple(operands) for loop, operands in found.items()}


def with_python(row: Operation, chars: tuple[str | None, ...], python: str) -> str | None:
    """The loop for operands of which one is a Python number (None in `chars`).

    It takes the type of the other if that is of its kind or above, and the default type of its kind otherwise.
    """
    array = next(char for char in chars if char is not None)
    if row.name in _LOGICAL:
        return "??->?"
    order = "biufc"
    weak = WEAK[python]
    if python == "bool":
        strong = weak
    elif ELEMENTS[weak].kind == "i":
        strong = array if array != "?" else weak
    elif order.index(ELEMENTS[array].kind) >= order.index(ELEMENTS[weak].kind):
        strong = array
    elif ELEMENTS[array].kind == "f":
        strong = {"e": "F", "f": "F", "d": "D"}[array]
    else:
        strong = weak
    return resolved(row, tuple(strong if char is None else char for char in chars))


NARROWER = {"h": "b", "i": "h", "l": "i", "H": "B", "I": "H", "L": "I", "f": "e", "d": "f", "D": "F"}
WIDER = {"b": "h", "h": "i", "i": "l", "B": "H", "H": "I", "I": "L", "e": "f", "f": "d", "F": "D", "?": "b"}
REFUSED = {"b": "B", "h": "?", "i": "I", "l": "L", "B": "?", "H": "?", "I": "?", "L": "?", "e": "l", "f": "i", "d": "l",
           "F": "f", "D": "d"}  # fmt: skip
"""For each type one to which NumPy does not cast under `same_kind`."""
