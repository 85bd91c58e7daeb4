"""Groups of loops, as NumPy has them; and which loop a pair of element types ends in."""

from parity.documents.elements import ELEMENTS

INTEGERS = "bBhHiIlL"
FLOATS = "efd"
COMPLEXES = "FD"
NUMBERS = INTEGERS + FLOATS + COMPLEXES


def unary(chars: str, out: str | None = None) -> tuple[str, ...]:
    """`x->x` for each character, or `x->out`."""
    return tuple(f"{char}->{out or char}" for char in chars)


def binary(chars: str, out: str | None = None) -> tuple[str, ...]:
    """`xx->x` for each character, or `xx->out`."""
    return tuple(f"{char}{char}->{out or char}" for char in chars)


def mapped(pairs: dict[str, str]) -> tuple[str, ...]:
    """`x->y` for each item."""
    return tuple(f"{source}->{target}" for source, target in pairs.items())


SUM_RESULT: dict[str, str] = {
    char: "l" if ELEMENTS[char].kind in "bi" else "L" if ELEMENTS[char].kind == "u" else char for char in ELEMENTS
}
"""Result of sum, prod, cumsum and cumprod: integers widen to 64 bits."""

MEAN_RESULT: dict[str, str] = {char: "d" if ELEMENTS[char].kind in "biu" else char for char in ELEMENTS}

VAR_RESULT: dict[str, str] = {**MEAN_RESULT, "F": "f", "D": "d"}


def promoted(first: str, second: str) -> str:
    """The element type that two combine to (NEP 50's table for strong types).

    Signed with unsigned of the same or a greater width go to the next wider signed type, int64 with uint64 to float64;
    a float holds integers of half its width.
    """
    if first == second:
        return first
    one, two = sorted((ELEMENTS[first], ELEMENTS[second]), key=lambda element: "biufc".index(element.kind))
    if one.kind == "b":
        return two.char
    if one.kind == two.kind:
        return max((one, two), key=lambda element: element.size).char
    if two.kind == "u":
        if one.size > two.size:
            return one.char
        return {1: "h", 2: "i", 4: "l", 8: "d"}[two.size]
    if one.kind in "iu":
        wanted = {1: 2, 2: 4, 4: 8, 8: 8}[one.size]
        if two.kind == "f":
            return {2: "e", 4: "f", 8: "d"}[max(wanted, two.size)]
        return {8: "F", 16: "D"}[max(2 * wanted, two.size, 8)]
    return {8: "F", 16: "D"}[max(2 * one.size, two.size, 8)]
