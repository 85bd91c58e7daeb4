"""Templates of cases for the elementwise ufuncs: values, lengths, broadcasts, layouts, types and Python numbers.

What writes to given memory (`out=`, `where=`, overlap) is in `outputs`, calls that must raise in `bad_calls`.
"""

from collections.abc import Iterator

from parity.cases.arrangements import special_pairs, specials_of
from parity.cases.layouts import COUNT, alike, laid_out
from parity.cases.promotion import WIDER, mixed_operands, resolved, with_python
from parity.cases.subject import (
    FEW_LOOPS,
    TRUTH_VALUED,
    Draft,
    Subject,
    array,
    mixture,
    python_bool,
    python_complex,
    python_float,
    python_int,
    usual,
)
from parity.documents.case import Argument, ArrayArgument, PythonScalar
from parity.documents.elements import ELEMENTS

CORE_LENGTHS = (1, 67, 130, 1000)
ALL_LENGTHS = (*range(1, 131), 1000)
SMOKE_LENGTHS = (1, 67, 130)


def operands(subject: Subject, *shape: int, at: int = 0) -> tuple[ArrayArgument, ...]:
    """Contiguous operands of one shape, of the elements usual for the row."""
    return tuple(array(usual(subject.row, char, n), *shape, at=at) for n, char in enumerate(subject.inputs))


def mixture_of(subject: Subject, *shape: int) -> tuple[ArrayArgument, ...]:
    """Contiguous operands of one shape, of the widest mixture."""
    return tuple(array(mixture(subject.row, char, n), *shape) for n, char in enumerate(subject.inputs))


def lengths(subject: Subject) -> Iterator[Draft]:
    """1-D, past every vector width and its remainder: over all loops, core has each length from 1 to 130."""
    # 37 and 130 have no common divisor: the lengths of neighbouring loops, which are of one row, lie far apart.
    turning = tuple(1 + 37 * (2 * subject.number + n) % 130 for n in range(2))
    for length in ALL_LENGTHS if subject.everything else dict.fromkeys((*CORE_LENGTHS, *turning)):
        yield subject.draft("contiguous", mixture_of(subject, length))


def few_lengths(subject: Subject) -> Iterator[Draft]:
    """A vector's remainder and two vectors of bytes with theirs."""
    for length in SMOKE_LENGTHS:
        yield subject.draft("contiguous", mixture_of(subject, length))


def domain(subject: Subject) -> Iterator[Draft]:
    """Dense samples of the interval where the function is finite and not constant."""
    if subject.row.domains and subject.kind in "fc":
        yield subject.draft("domain", operands(subject, 200))


def whole_mixture(subject: Subject) -> Iterator[Draft]:
    """All kinds of values, for the rows whose layouts have a few chosen ones."""
    if subject.row.name in TRUTH_VALUED:
        pools = [f"{char}.{'second' if n else 'general'}" for n, char in enumerate(subject.inputs)]
        yield subject.draft("mixture", tuple(array(pool, 331) for pool in pools))


def special_values(subject: Subject) -> Iterator[Draft]:
    """Every special value, or every pair of them."""
    first = subject.inputs[0]
    count = special_pairs(first)
    if len(subject.inputs) == 1:
        root = int(count**0.5)
        # `right` runs through all special values before it begins again.
        if subject.row.name == "reciprocal" and subject.kind in "iu":
            return  # the first special value is 0, whose integer reciprocal C leaves undefined
        yield subject.draft("special-values", (array(f"{first}.right", root),))
        return
    row, second = subject.row.name, subject.inputs[1]
    side = {"left_shift": "right_counts", "right_shift": "right_counts", "power": "right_exponents"}.get(row, "right")
    pools = (f"{first}.left", f"{second}.{side if ELEMENTS[second].kind in 'iu' else 'right'}")
    if first != second:
        count = len(specials_of(first)) * len(specials_of(second))
        pools = (f"{first}.left_of_other_sign", f"{second}.right_of_other_sign")
    if row in ("fmax", "fmin") and subject.kind == "f":
        pools = (f"{first}.left_one_zero", f"{second}.right_one_zero")
    yield subject.draft("special-pairs", (array(pools[0], count), array(pools[1], count)))


def zero_dimensional(subject: Subject) -> Iterator[Draft]:
    """0-d arrays; the result is a scalar."""
    yield subject.draft("0-d", mixed_at(subject, 7 * subject.number))


def numpy_scalars(subject: Subject) -> Iterator[Draft]:
    """NumPy scalars."""
    arguments = mixed_at(subject, 11 * subject.number + 3)
    yield subject.draft("scalar", tuple(item.model_copy(update={"scalar": True}) for item in arguments))


def mixed_at(subject: Subject, at: int) -> tuple[ArrayArgument, ...]:
    """0-d operands from different places of their pools."""
    return tuple(array(mixture(subject.row, char, n), at=(at + 13 * n) % 240) for n, char in enumerate(subject.inputs))


def empty(subject: Subject) -> Iterator[Draft]:
    """One and several axes of length zero, also broadcast against others."""
    shapes = [
        ((0,), (0,)),
        ((3, 0), (1, 0)),
        ((0, 4), (1,)),
        ((2, 0, 3), (2, 1, 1)),
        ((0, 5, 0), (0, 1, 0)),
        ((0,), ()),
    ]
    for number in subject.turn(len(shapes)):
        yield subject.draft("empty", _of_shapes(subject, *shapes[number]))


def _of_shapes(subject: Subject, *shapes: tuple[int, ...]) -> tuple[ArrayArgument, ...]:
    return tuple(
        array(usual(subject.row, char, n), *shape)
        for n, (char, shape) in enumerate(zip(subject.inputs, shapes, strict=False))
    )


BROADCASTS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "broadcast-scalar-right": ((COUNT,), ()),
    "broadcast-scalar-left": ((), (COUNT,)),
    "broadcast-row": ((3, 67), (67,)),
    "broadcast-column": ((3, 67), (3, 1)),
    "broadcast-both": ((7, 1), (1, 19)),
    "broadcast-5-d": ((2, 1, 3, 1, 4), (1, 2, 1, 3, 4)),
    "broadcast-one": ((1,), (67,)),
    "broadcast-row-left": ((67,), (2, 67)),
    "broadcast-column-left": ((2, 1), (2, 67)),
    "broadcast-middle": ((2, 5, 7), (2, 1, 7)),
    "broadcast-outer-axes": ((1, 5, 1), (4, 1, 9)),
    "broadcast-row-tall": ((67, 3), (3,)),
    "broadcast-square": ((13, 13), (13,)),
}
MAIN_BROADCASTS = 6


def broadcasts(subject: Subject) -> Iterator[Draft]:
    """Binary: a scalar, a row, a column, both sides, five axes, and in turn the rarer ones."""
    if len(subject.inputs) == 1:
        yield subject.draft("5-d", operands(subject, 2, 3, 1, 1, 11))
        return
    names = list(BROADCASTS)
    for name in (
        *names[:MAIN_BROADCASTS],
        *(names[MAIN_BROADCASTS + n] for n in subject.turn(len(names) - MAIN_BROADCASTS)),
    ):
        yield subject.draft(name, _of_shapes(subject, *BROADCASTS[name]))


def few_broadcasts(subject: Subject) -> Iterator[Draft]:
    """A column and both sides."""
    for name in ("broadcast-column", "broadcast-both") if len(subject.inputs) == 2 else ():
        yield subject.draft(name, _of_shapes(subject, *BROADCASTS[name]))


def layouts(*names: str) -> "Layouts":
    """A template of some layouts."""
    return Layouts(names)


class Layouts:
    """The operands in a layout: both, the first or the second, by turns."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.__doc__ = f"Layouts {', '.join(names)}."

    def __call__(self, subject: Subject) -> Iterator[Draft]:
        """Drafts of the layouts whose turn it is; of all of them in rows of few loops."""
        few = len(subject.row.loops) <= FEW_LOOPS
        for turn in range(len(self.names)) if few else subject.turn(len(self.names)):
            layout = self.names[turn]
            if ELEMENTS[subject.inputs[0]].size == 1 and layout.startswith(("swapped", "unaligned")):
                continue  # bytes have neither order nor alignment
            pools = [usual(subject.row, char, n) for n, char in enumerate(subject.inputs)]
            for which in _sides(subject, layout, subject.wheel + turn if few else subject.wheel // len(self.names)):
                arguments = tuple((laid_out if n in which else alike)(pool, layout) for n, pool in enumerate(pools))
                yield subject.draft(layout, arguments)


def _sides(subject: Subject, layout: str, turn: int) -> list[tuple[int, ...]]:
    """Which operands are in the layout."""
    if len(subject.inputs) == 1:
        return [(0,)]
    sides: list[tuple[int, ...]] = [(0, 1), (0,), (1,)]
    if subject.everything:
        return sides
    # Byte order and alignment are each operand's own matter: both at once show a fault in either.
    return [sides[0 if layout.startswith(("swapped", "unaligned")) else turn % 3]]


def same_array(subject: Subject) -> Iterator[Draft]:
    """One array as both operands, and two views of one block that overlap by all but one element."""
    first = subject.inputs[0]
    if subject.inputs != first * 2 or subject.row.name in ("power", "left_shift", "right_shift"):
        return
    pool = usual(subject.row, first, 0)
    owner = ArrayArgument(pool=pool, shape=(COUNT,), offset=0, length=COUNT + 1)
    for number in subject.turn(3):
        other = (
            ArrayArgument(pool=pool, shape=(COUNT,), of="0", offset=0),
            ArrayArgument(pool=pool, shape=(COUNT,), of="0", offset=1),
            ArrayArgument(pool=pool, shape=(COUNT,), of="0", offset=COUNT - 1, strides=(-1,)),
        )[number]
        yield subject.draft("shared-operands", (owner, other))


# -- types -----------------------------------------------------------------------------------------


def mixed_types(subject: Subject) -> Iterator[Draft]:
    """Operands of other types, whose promotion ends in this loop."""
    found = mixed_operands(subject.row.name, subject.row.loops)[subject.loop]
    if not found:
        return
    step = max(1, len(found) // 2)
    chosen = (
        found if subject.everything else {found[subject.wheel % len(found)], found[(subject.wheel + step) % len(found)]}
    )
    for chars in sorted(chosen):
        pools = [mixture(subject.row, char, n) for n, char in enumerate(chars)]
        if subject.row.name == "power" and ELEMENTS[subject.inputs[0]].kind == "c":
            pools = [f"{char}.{'second_' * n}gentle" for n, char in enumerate(chars)]
        if subject.row.name == "reciprocal" and chars == ("?",):
            continue  # of False: the integer reciprocal of zero
        arguments = [array(pool, 67) for pool in pools]
        yield subject.draft("mixed-types", tuple(arguments))
        if len(pools) == 2 and subject.everything:
            yield subject.draft("mixed-scalar", (arguments[0], _scalar(pools[1])))
            yield subject.draft("mixed-scalar", (_scalar(pools[0]), arguments[1]))


def mixed_scalar(subject: Subject) -> Iterator[Draft]:
    """A NumPy scalar or a 0-d array beside an array of another type counts as an array of its type."""
    found = mixed_operands(subject.row.name, subject.row.loops)[subject.loop]
    if len(subject.inputs) == 2 and found and not (subject.row.name == "power" and subject.kind == "c"):
        chars = found[(subject.wheel * 5 + 3) % len(found)]
        pools = [mixture(subject.row, char, n) for n, char in enumerate(chars)]
        if subject.wheel % 2:
            yield subject.draft("mixed-scalar", (array(pools[0], 67), _scalar(pools[1])))
        else:
            yield subject.draft("mixed-scalar", (array(pools[0], at=5), array(pools[1], 67)))


def every_pair_of_types(subject: Subject) -> Iterator[Draft]:
    """The whole table of promotion, on the row where it is looked for first."""
    if subject.row.name in ("add", "subtract", "divide"):
        yield from mixed_types(subject._replace(everything=True)) if subject.everything else _pairs_of_types(subject)


def _pairs_of_types(subject: Subject) -> Iterator[Draft]:
    for chars in mixed_operands(subject.row.name, subject.row.loops)[subject.loop]:
        yield subject.draft("mixed-types", tuple(array(f"{char}.tame", 3, at=7 * n) for n, char in enumerate(chars)))


def _scalar(pool: str) -> ArrayArgument:
    return ArrayArgument(pool=pool, at=5, scalar=True)


def _is_same_type(subject: Subject) -> bool:
    return set(subject.inputs) == set(subject.outputs)


def dtype_from_narrower(subject: Subject) -> Iterator[Draft]:
    """`dtype=` asks for the loop; the operands are narrower."""
    source = {wide: narrow for narrow, wide in WIDER.items() if narrow != "?"}.get(subject.inputs[0])
    if source and _is_same_type(subject) and subject.inputs[0] == subject.inputs[-1]:
        pools = [usual(subject.row, source, n) for n, _ in enumerate(subject.inputs)]
        yield subject.draft("dtype", tuple(array(pool, 67) for pool in pools), dtype=subject.inputs[0])
    elif subject.outputs == "?":
        yield subject.draft("dtype", operands(subject, 67), dtype="?")


def dtype_from_wider(subject: Subject) -> Iterator[Draft]:
    """`dtype=` asks for the loop; the operands are wider and are cast within their kind."""
    char = subject.inputs[0]
    if char in WIDER and char != "?" and _is_same_type(subject):
        pools = [_narrowable(subject, WIDER[char], n) for n, _ in enumerate(subject.inputs)]
        yield subject.draft("dtype-narrower", tuple(array(pool, 67) for pool in pools), dtype=char, casting="same_kind")


def _narrowable(subject: Subject, char: str, position: int) -> str:
    """A pool whose elements mean the same to the row after they lost their upper bits."""
    name = subject.row.name
    if ELEMENTS[char].kind in "iu" and (name == "reciprocal" or (name == "power" and position == 1)):
        return f"{char}.factors" if name == "reciprocal" else f"{char}.small"
    return usual(subject.row, char, position)


def casting(subject: Subject) -> Iterator[Draft]:
    """`casting=` where it allows the call: no, equiv, safe, same_kind, unsafe."""
    words = ("no", "equiv", "safe", "same_kind", "unsafe")
    for number in subject.turn(len(words)):
        yield subject.draft("casting", operands(subject, COUNT), casting=words[number])


def casting_unsafe(subject: Subject) -> Iterator[Draft]:
    """`casting='unsafe'` with `dtype=`: floats are cut to integers, complex numbers to their real parts."""
    char = subject.inputs[0]
    source = {"b": "h", "h": "e", "i": "f", "l": "d", "f": "F", "d": "D", "B": "h", "H": "i", "I": "l", "L": "l"}.get(
        char
    )
    if source is None or not _is_same_type(subject):
        return
    pools = [f"{source}.small" if n or subject.kind in "iu" else f"{source}.tame" for n in range(len(subject.inputs))]
    if subject.row.name == "reciprocal":
        pools = [f"{source}.offset" if ELEMENTS[source].kind == "f" else f"{source}.factors"]
    if resolved(subject.row, tuple(subject.inputs)) is None:
        return
    arguments = tuple(array(pool, 67, at=13 * n) for n, pool in enumerate(pools))
    yield subject.draft("casting-unsafe", arguments, dtype=char, casting="unsafe")


# -- Python numbers --------------------------------------------------------------------------------


def python_number(subject: Subject) -> Iterator[Draft]:
    """A Python number on either side: it follows the type of the array."""
    if len(subject.inputs) == 1:
        yield from _python_unary(subject)
        return
    for number in subject.turn(6):
        value, side = ((python_int(3), 1), (python_int(2), 0), (python_float(1.5), 1), (python_float(-0.0), 0),
                       (python_complex(0.5, -2.0), 1), (python_bool(True), 1))[number]  # fmt: skip
        yield from _with_python(subject, value, side)


def python_int_right(subject: Subject) -> Iterator[Draft]:
    """An array and a Python int, the commonest of all mixed calls."""
    if len(subject.inputs) == 2:
        yield from _with_python(subject, python_int(2 + subject.wheel % 3), 1)


def python_float_beside_floats(subject: Subject) -> Iterator[Draft]:
    """A Python float does not widen float16 and float32, nor complex64."""
    if len(subject.inputs) == 2 and subject.kind in "fc":
        yield from _with_python(subject, python_float(1.25), 1 - subject.wheel % 2)


def python_float_beside_integers(subject: Subject) -> Iterator[Draft]:
    """A Python float beside integers makes float64."""
    if len(subject.inputs) == 2 and subject.kind in "biu":
        yield from _with_python(subject, python_float(0.75), subject.wheel % 2)


def python_misfit(subject: Subject) -> Iterator[Draft]:
    """A Python number that the array's type does not hold: integers raise (but compare), floats become infinite."""
    if len(subject.inputs) == 1 or subject.row.name in ("power", "left_shift", "right_shift"):
        return
    kind = subject.kind
    if kind in "iu":
        for number in subject.turn(4):
            value = (
                1 << 70,
                -(1 << 70),
                1 << (8 * ELEMENTS[subject.inputs[0]].size),
                -1 if kind == "u" else -(1 << 63) - 1,
            )[number]
            yield from _with_python(subject, python_int(value), 1, "python-misfit")
    elif kind == "f" and subject.inputs[0] != "d":
        yield from _with_python(subject, python_float(1e300), 1, "python-misfit")


def _with_python(subject: Subject, value: PythonScalar, side: int, layout: str | None = None) -> Iterator[Draft]:
    char = subject.inputs[1 - side]
    loop = with_python(subject.row, (char, None) if side else (None, char), value.python)
    if loop is None or len(set(subject.inputs)) > 1:
        return  # no loop: a case of `bad_calls`; two types: the loop of one of them has the case
    pool = usual(subject.row, char, 1 - side)
    if subject.row.name == "power" and value.python == "complex" and ELEMENTS[char].kind in "iu":
        pool = f"{char}.small"  # a large |y log x| would cost all digits
    other = array(pool, COUNT)
    args: tuple[Argument, ...] = (other, value) if side else (value, other)
    yield subject.draft(layout or f"python-{value.python}", args, loop)


def _python_unary(subject: Subject) -> Iterator[Draft]:
    values: dict[str, list[PythonScalar]] = {
        "?": [python_bool(True), python_bool(False)],
        "l": [python_int(-7), python_int(1), python_int((1 << 63) - 1)],
        "d": [python_float(-0.0), python_float(2.5), python_float(-1e300)],
        "D": [python_complex(1.5, -2.0), python_complex(-0.0, 0.5)],
    }
    for value in values.get(subject.inputs[0], []):
        yield subject.draft(f"python-{value.python}", (value,))
