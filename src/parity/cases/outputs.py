"""Templates of cases that write to given memory: `out=`, `where=`, and `out` that overlaps an operand.

`where=` never comes without `out=`: the elements that it leaves out would be whatever the memory held before.
"""

from collections.abc import Iterator
from typing import Any

from parity.cases.elementwise import operands
from parity.cases.layouts import COUNT, laid_out
from parity.cases.promotion import NARROWER, WIDER
from parity.cases.subject import Draft, Subject, array, usual
from parity.documents.case import ArrayArgument, Attribute
from parity.documents.elements import ELEMENTS


def given(subject: Subject, *shape: int, **how: Any) -> Attribute:
    """`out=` of the loop's own types; a list where there are several results."""
    outs = [ArrayArgument(pool=f"{char}.tame", at=5, shape=shape, **how) for char in subject.outputs]
    return outs if len(outs) > 1 else outs[0]


def of_types(chars: str, *shape: int) -> Attribute:
    """`out=` of other types."""
    outs = [array(f"{char}.tame", *shape, at=5) for char in chars]
    return outs if len(outs) > 1 else outs[0]


def out_plain(subject: Subject) -> Iterator[Draft]:
    """Contiguous `out=` of the result's own type."""
    yield subject.draft("out", operands(subject, COUNT), out=given(subject, COUNT))


_LEFT_UNWRITTEN = ("isnan", "isinf", "isfinite", "signbit")
"""NumPy 2.4.6 with AVX-512 leaves most of a strided `out` of these unwritten in float32 and float64, from 16
elements on (docs/adr/0006): no answer to hold anybody to."""


def _written_by_numpy(subject: Subject, strides: tuple[int, ...] | None) -> bool:
    """Whether NumPy writes every element of an `out` with these strides."""
    broken = subject.row.name in _LEFT_UNWRITTEN and subject.inputs[0] in "fd"
    return not broken or strides is None or 1 in strides


def out_laid_out(subject: Subject) -> Iterator[Draft]:
    """`out=` with gaps, backwards, in F order, byte-swapped, unaligned: what lies between its elements stays."""
    choices: tuple[tuple[str, tuple[int, ...], dict[str, Any]], ...] = (
        ("out-strided", (COUNT,), {"strides": (2,), "length": 2 * COUNT + 3, "offset": 1}),
        ("out-negative", (COUNT,), {"strides": (-1,)}),
        ("out-fortran", (6, 11), {"strides": (1, 6)}),
        ("out-padded-rows", (2, 33), {"strides": (40, 1), "length": 80}),
        ("out-swapped", (COUNT,), {"swapped": True}),
        ("out-unaligned", (COUNT,), {"unaligned": True}),
        ("out-negative-strided", (COUNT,), {"strides": (-3,)}),
    )
    for number in subject.turn(len(choices)):
        layout, shape, how = choices[number]
        if _written_by_numpy(subject, how.get("strides")):
            yield subject.draft(layout, operands(subject, *shape), out=given(subject, *shape, **how))


def out_strided(subject: Subject) -> Iterator[Draft]:
    """Every second element of `out=`."""
    strided: dict[str, Any] = {"strides": (2,), "length": 2 * COUNT + 3, "offset": 1}
    if _written_by_numpy(subject, strided["strides"]):
        yield subject.draft("out-strided", operands(subject, COUNT), out=given(subject, COUNT, **strided))


def out_empty_and_0d(subject: Subject) -> Iterator[Draft]:
    """`out=` without elements, and 0-d: an array comes back, no scalar."""
    shape = ((), (0, 3))[subject.wheel % 2]
    yield subject.draft(
        "out-0-d" if not shape else "out-empty", operands(subject, *shape, at=3), out=given(subject, *shape)
    )


def out_wider(subject: Subject) -> Iterator[Draft]:
    """`out=` of a wider type: the loop stays, its result is cast."""
    if all(char in WIDER for char in subject.outputs):
        chars = "".join(WIDER[char] for char in subject.outputs)
        yield subject.draft("out-wider", operands(subject, COUNT), out=of_types(chars, COUNT))


def out_narrower(subject: Subject) -> Iterator[Draft]:
    """`out=` of a narrower type of the same kind: integers wrap around, floats round and overflow."""
    if all(char in NARROWER for char in subject.outputs):
        chars = "".join(NARROWER[char] for char in subject.outputs)
        yield subject.draft("out-narrower", operands(subject, COUNT), out=of_types(chars, COUNT))


def out_larger(subject: Subject) -> Iterator[Draft]:
    """`out=` has more axes and longer ones than the operands: they are broadcast to it."""
    rows = [
        array(usual(subject.row, char, n), *((33,) if n == 0 else (1, 33))) for n, char in enumerate(subject.inputs)
    ]
    yield subject.draft("out-larger", tuple(rows), out=given(subject, 2, 33))


def out_positional(subject: Subject) -> Iterator[Draft]:
    """`out` as the last positional argument."""
    if len(subject.outputs) == 1:
        out = ArrayArgument(pool=f"{subject.outputs}.tame", at=5, shape=(COUNT,))
        yield subject.draft("out-tuple", operands(subject, COUNT), out=[out])


def out_overlapping(subject: Subject) -> Iterator[Draft]:
    """`out` in the memory of an operand: the same elements, one on, one back, backwards, two rows for one."""
    for number in subject.turn(len(_OVERLAPS)):
        yield from _overlap(subject, number)


def out_in_place(subject: Subject) -> Iterator[Draft]:
    """`out` is the first operand, or the second."""
    yield from _overlap(subject, 0)


def out_shifted(subject: Subject) -> Iterator[Draft]:
    """`out` lies one element further on: written in order of memory it would be read again."""
    yield from _overlap(subject, 1)


def out_overlapping_bools(subject: Subject) -> Iterator[Draft]:
    """The same for bool, the one type in which comparisons can overlap their operands."""
    if subject.inputs[0] == "?":
        yield from _overlap(subject, 1)
        yield from _overlap(subject, 3)


_OVERLAPS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("out-in-place", 0, {"offset": 0}),
    ("out-overlaps-ahead", 0, {"offset": 1}),
    ("out-overlaps-behind", 1, {"offset": 0}),
    ("out-overlaps-backwards", 0, {"offset": COUNT - 1, "strides": (-1,)}),
    ("out-overlaps-strided", 0, {"offset": 0, "strides": (2,)}),
    ("out-overlaps-far", 0, {"offset": 7}),
)


def _overlap(subject: Subject, number: int) -> Iterator[Draft]:
    layout, start, how = _OVERLAPS[number]
    arguments = list(operands(subject, COUNT))
    which = subject.position % len(arguments)
    if subject.inputs[which] != subject.outputs[0]:
        return
    owner = arguments[which].model_copy(update={"offset": start, "length": 2 * COUNT + 1})
    arguments[which] = owner
    outs = [
        ArrayArgument(pool=owner.pool, shape=(COUNT,), of=str(which), **how),
        *(array(f"{char}.tame", COUNT) for char in subject.outputs[1:]),
    ]
    yield subject.draft(layout, tuple(arguments), out=outs if len(outs) > 1 else outs[0])


def _mask(*shape: int, at: int = 0) -> ArrayArgument:
    return array("?.general", *shape, at=at)


def where_plain(subject: Subject) -> Iterator[Draft]:
    """A mask of the operands' shape."""
    yield subject.draft(
        "where", operands(subject, COUNT), out=given(subject, COUNT), where=_mask(COUNT, at=subject.position)
    )


def where_varied(subject: Subject) -> Iterator[Draft]:
    """Masks that broadcast, are strided, are a single value; operands and `out` that are strided, too."""
    plain, strided = operands(subject, COUNT), {"strides": (2,)}
    calls: tuple[tuple[str, tuple[ArrayArgument, ...], dict[str, Attribute]], ...] = (
        ("where-row", operands(subject, 6, 11), {"out": given(subject, 6, 11), "where": _mask(11)}),
        ("where-column", operands(subject, 6, 11), {"out": given(subject, 6, 11), "where": _mask(6, 1)}),
        ("where-false", plain, {"out": given(subject, COUNT), "where": False}),
        ("where-true", plain, {"out": given(subject, COUNT), "where": True}),
        (
            "where-strided",
            tuple(laid_out(usual(subject.row, char, n), "strided-2") for n, char in enumerate(subject.inputs)),
            {"out": given(subject, COUNT, **strided), "where": laid_out("?.general", "negative-strided")},
        ),
        ("where-larger", operands(subject, 33), {"out": given(subject, 2, 33), "where": _mask(2, 1, at=1)}),
        ("where-0-d", plain, {"out": given(subject, COUNT), "where": _mask(at=2)}),
    )
    for number in subject.turn(len(calls)):
        layout, args, kwargs = calls[number]
        yield subject.draft(layout, args, **kwargs)


def where_in_place(subject: Subject) -> Iterator[Draft]:
    """A mask, and `out` is the first operand: what is left out keeps the operand's value."""
    if len(subject.outputs) > 1 or subject.inputs[0] != subject.outputs:
        return
    arguments = operands(subject, COUNT)
    out = ArrayArgument(pool=arguments[0].pool, shape=(COUNT,), of="0")
    yield subject.draft("where-in-place", arguments, out=out, where=_mask(COUNT))


def out_unsafe(subject: Subject) -> Iterator[Draft]:
    """`casting='unsafe'` into a lower kind where C defines the conversion: integers of another sign, real parts."""
    target = {"b": "B", "h": "H", "i": "I", "l": "L", "F": "f", "D": "d", "B": "?", "H": "?", "I": "?", "L": "?"}
    if len(subject.outputs) == 1 and subject.outputs in target and ELEMENTS[subject.outputs].kind != "f":
        out = of_types(target[subject.outputs], COUNT)
        yield subject.draft("out-unsafe", operands(subject, COUNT), out=out, casting="unsafe")
