"""Templates of calls whose exception is the expected outcome.

A case belongs to the loop that the call comes nearest to. What the exception says is not compared; its type is.
"""

from collections.abc import Iterator

from parity.cases.elementwise import operands
from parity.cases.outputs import given, of_types
from parity.cases.promotion import REFUSED, resolved
from parity.cases.reductions import has, is_cumulative, pool_of
from parity.cases.subject import Draft, Subject, array, python_float, python_int, usual
from parity.documents.case import ArrayArgument, Attribute
from parity.documents.elements import ELEMENTS


def shapes_that_do_not_broadcast(subject: Subject) -> Iterator[Draft]:
    """Two operands, or operand and `out`, whose shapes contradict each other."""
    pools = [usual(subject.row, char, n) for n, char in enumerate(subject.inputs)]
    if len(pools) == 2:
        pairs = (((67,), (66,)), ((3, 4), (3,)), ((2, 3, 4), (2, 1, 3)), ((0,), (2,)))
        for number in subject.turn(len(pairs)):
            yield subject.draft(
                "bad-shapes", tuple(array(pool, *shape) for pool, shape in zip(pools, pairs[number], strict=True))
            )
    outs = ((65,), (), (66, 65), (66, 1))
    for number in subject.turn(len(outs)):
        yield subject.draft("bad-out-shape", operands(subject, 66), out=given(subject, *outs[number]))


def casting_refused(subject: Subject) -> Iterator[Draft]:
    """`out` of a lower kind; `casting='no'` where something has to be cast."""
    if all(char in REFUSED for char in subject.outputs):
        out = of_types("".join(REFUSED[char] for char in subject.outputs), 7)
        yield subject.draft("bad-casting-out", operands(subject, 7), out=out)
    if ELEMENTS[subject.inputs[0]].size > 1:
        swapped = tuple(item.model_copy(update={"swapped": True}) for item in operands(subject, 7))
        yield subject.draft("bad-casting-no", swapped, casting="no")
    if subject.inputs[0] in REFUSED and set(subject.inputs) == set(subject.outputs):
        yield subject.draft("bad-dtype", operands(subject, 7), dtype=REFUSED[subject.inputs[0]])


def read_only_out(subject: Subject) -> Iterator[Draft]:
    """`out` that cannot be written."""
    yield subject.draft("bad-out-read-only", operands(subject, 7), out=given(subject, 7, readonly=True))


def wrong_arguments(subject: Subject) -> Iterator[Draft]:
    """Too many, too few, unknown keywords, an `out` that is no array, a mask of no bool, casting of no such name."""
    arguments = operands(subject, 5)
    outs: tuple[ArrayArgument, ...] = tuple(array(f"{char}.tame", 5) for char in subject.outputs)
    mask: Attribute = array("d.tame", 5)
    calls: tuple[tuple[str, tuple[ArrayArgument, ...], dict[str, Attribute]], ...] = (
        ("bad-too-many", (*arguments, *outs, arguments[0]), {}),
        ("bad-too-few", arguments[1:], {}),
        ("bad-keyword", arguments, {"axes": 0}),
        ("bad-out-type", arguments, {"out": python_int(0)}),
        ("bad-out-twice", (*arguments, outs[0]), {"out": given(subject, 5)}),
        ("bad-where-type", arguments, {"where": mask, "out": given(subject, 5)}),
        ("bad-where-shape", arguments, {"where": array("?.general", 4), "out": given(subject, 5)}),
        ("bad-casting-word", arguments, {"casting": "perhaps"}),
    )
    for number in subject.turn(len(calls)):
        layout, args, kwargs = calls[number]
        yield subject.draft(layout, args, **kwargs)


def no_loop(subject: Subject) -> Iterator[Draft]:
    """Element types for which the operation has no loop: planned once a row, at its last loop."""
    if subject.position != len(subject.row.loops) - 1:
        return
    count = len(subject.inputs)
    for char in ELEMENTS:
        if resolved(subject.row, (char,) * count) is None:
            yield subject.draft("bad-type", tuple(array(f"{char}.small", 5, at=n) for n in range(count)))
    if count == 2:
        for chars in (("l", "L"), ("L", "l"), ("d", "?"), ("F", "d")):
            if resolved(subject.row, chars) is None:
                yield subject.draft("bad-types", tuple(array(f"{char}.small", 5) for char in chars))


def negative_exponents(subject: Subject) -> Iterator[Draft]:
    """Integers to negative integer powers."""
    if subject.row.name == "power" and subject.kind == "i":
        char = subject.inputs[0]
        yield subject.draft("bad-negative-power", (array(f"{char}.small", 67), array(f"{char}.tame", 67)))
        yield subject.draft("bad-negative-power", (array(f"{char}.small", 67), python_int(-1)))


def python_number_without_loop(subject: Subject) -> Iterator[Draft]:
    """A Python float where the operation has integers alone."""
    if len(subject.inputs) == 2 and resolved(subject.row, ("d", "d")) is None and subject.kind != "b":
        yield subject.draft("bad-type", (operands(subject, 5)[0], python_float(1.5)))


def methods_misused(subject: Subject) -> Iterator[Draft]:
    """`reduce` of several axes where order matters, of nothing without an identity, along axes that are not there."""
    if subject.inputs[0] not in {loop[0] for loop in subject.row.reduce_loops} or len(set(subject.inputs)) > 1:
        return
    pool = f"{subject.inputs[0]}.small"
    loop = next(loop for loop in subject.row.reduce_loops if loop[0] == subject.inputs[0])
    calls: list[tuple[str, str, ArrayArgument, dict[str, Attribute]]] = [
        ("bad-axis", "reduce", array(pool, 3, 4), {"axis": 2}),
        ("bad-axis-negative", "accumulate", array(pool, 3, 4), {"axis": -3}),
        ("bad-0-d", "accumulate", array(pool), {}),
        ("bad-out-shape", "reduce", array(pool, 3, 4), {"axis": 0, "out": array(f"{loop[-1]}.tame", 3)}),
        ("bad-axis-repeated", "reduce", array(pool, 3, 4), {"axis": [1, 1]}),
    ]
    if not subject.row.identity.reorderable:
        calls.append(("bad-axis-tuple", "reduce", array(pool, 3, 4), {"axis": [0, 1]}))
    if subject.row.identity.value is None:
        calls.append(("bad-empty", "reduce", array(pool, 0), {}))
    for number in subject.turn(len(calls)):
        layout, method, argument, kwargs = calls[number]
        yield subject.method(layout, method, (argument,), loop, **kwargs)


# -- reductions ------------------------------------------------------------------------------------


def bad_axes(subject: Subject) -> Iterator[Draft]:
    """Axes out of range at both ends, repeated under either name, of the wrong type, of a 0-d array."""
    pool = pool_of(subject)
    matrix = array(pool, 3, 4)
    calls: list[tuple[str, ArrayArgument, Attribute]] = [
        ("bad-axis", matrix, 2),
        ("bad-axis-negative", matrix, -3),
        ("bad-axis-0-d", array(pool), 1),
        ("bad-axis-repeated", matrix, [0, 0]),
        ("bad-axis-repeated-negative", matrix, [1, -1]),
        ("bad-axis-in-tuple", matrix, [0, 2]),
        ("bad-axis-type", matrix, "0"),
    ]
    chosen = range(len(calls)) if subject.everything else {0, 1, 2 + subject.wheel % 5}
    for number in sorted(chosen):
        layout, argument, axis = calls[number]
        yield subject.draft(layout, (argument,), axis=axis)


def bad_reductions(subject: Subject) -> Iterator[Draft]:
    """`out` of a wrong shape or type, a mask that does not broadcast, a missing identity, wrong arguments."""
    pool, name, result = pool_of(subject), subject.row.name, subject.outputs
    matrix = array(pool, 3, 4)
    shape = (3, 4) if is_cumulative(subject) else (4,)
    calls: list[tuple[str, tuple[ArrayArgument, ...], dict[str, Attribute]]] = [
        ("bad-out-shape", (matrix,), {"axis": 0, "out": array(f"{result}.tame", 3)}),
        ("bad-keyword", (matrix,), {"axes": 0}),
        ("bad-too-few", (), {}),
        (
            "bad-out-read-only",
            (matrix,),
            {"axis": 0, "out": ArrayArgument(pool=f"{result}.tame", shape=shape, readonly=True)},
        ),
    ]
    if name in ("argmin", "argmax"):  # others compute in the type of `out`
        calls.append(("bad-casting-out", (matrix,), {"axis": 0, "out": array("f.tame", *shape)}))
    if has(subject, "where"):
        calls.append(("bad-where-shape", (matrix,), {"where": array("?.general", 3)}))
    if name in ("max", "min"):
        calls.append(("bad-where-without-initial", (matrix,), {"where": array("?.general", 3, 4)}))
        calls.append(("bad-empty", (array(pool, 0, 3),), {"axis": 0}))
    if name in ("argmax", "argmin"):
        calls.append(("bad-empty", (array(pool, 0, 3),), {"axis": 0}))
        calls.append(("bad-axis-tuple", (matrix,), {"axis": [0, 1]}))
    if not has(subject, "keepdims"):
        calls.append(("bad-keyword", (matrix,), {"keepdims": True}))
    chosen = range(len(calls)) if subject.everything else {subject.wheel % len(calls), (subject.wheel + 2) % len(calls)}
    for number in sorted(chosen):
        layout, args, kwargs = calls[number]
        yield subject.draft(layout, args, **kwargs)
