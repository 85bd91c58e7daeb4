"""Templates of cases for the methods of binary ufuncs: `reduce`, `accumulate`, `outer`."""

from collections.abc import Iterator

from parity.cases.arrangements import NEEDLE
from parity.cases.subject import Draft, Subject, array, python_int, usual
from parity.documents.case import ArrayArgument, Attribute
from parity.documents.elements import ELEMENTS
from parity.ops.row import Operation

POOL_OF: dict[str, str] = {
    "add": "tame",
    "subtract": "tame",
    "multiply": "factors",
    "divide": "dyadic",
    "power": "powers",
    "left_shift": "small",
    "right_shift": "small",
    "logical_and": "dense",
    "logical_or": "sparse",
    "maximum": "tame",
    "minimum": "tame",
    "fmax": "nan",
    "fmin": "nan",
}
"""Elements on which a long chain of the operation stays defined and does not soon come to rest."""


def pool_of(row: Operation, char: str) -> str:
    """The pool for a reduction of a row."""
    return f"{char}.{POOL_OF.get(row.name, 'general')}"


def reduce_subjects(subject: Subject) -> list[tuple[str, str]]:
    """Loops of `reduce` that this loop of the row stands for, and their input: the one of the same first type."""
    return (
        [(loop, loop[0]) for loop in subject.row.reduce_loops if loop[0] == subject.inputs[0]]
        if _is_own(subject)
        else []
    )


def _is_own(subject: Subject) -> bool:
    return len(set(subject.inputs)) == 1


def _is_complex_power(subject: Subject) -> bool:
    """Only short chains of complex powers are exact: integer exponents are multiplied out, until they overflow."""
    return subject.row.name == "power" and subject.kind == "c"


def _is_wrong_in_numpy(subject: Subject) -> bool:
    """NumPy's `power.reduce` of float32 and float64 along a contiguous axis is the first to the power of the last."""
    return subject.row.name == "power" and subject.inputs[0] in "fd"


def reduces(subject: Subject) -> Iterator[Draft]:
    """`reduce` along the first, the last and all axes, of lengths past a block of 128."""
    for loop, char in reduce_subjects(subject) if not _is_wrong_in_numpy(subject) else ():
        pool = pool_of(subject.row, char)
        reorderable = subject.row.identity.reorderable
        calls: list[tuple[str, ArrayArgument, dict[str, Attribute]]] = [
            ("reduce", array(pool, 130), {}),
            ("reduce-axis-0", array(pool, 3, 67), {}),
            ("reduce-axis-1", array(pool, 3, 67), {"axis": 1}),
            ("reduce-middle", array(pool, 2, 3, 67), {"axis": -2, "keepdims": True}),
            ("reduce-all", array(pool, 4, 5, 3), {"axis": None if reorderable else 2}),
            ("reduce-tuple", array(pool, 4, 5, 3), {"axis": [0, 2] if reorderable else [1]}),
            ("reduce-negative", ArrayArgument(pool=pool, shape=(67,), strides=(-1,)), {}),
            ("reduce-fortran", ArrayArgument(pool=pool, shape=(3, 67), strides=(1, 3)), {"axis": 1}),
            ("reduce-one", array(pool, 1, at=NEEDLE), {}),
            ("reduce-0-axes", array(pool, 3, 5), {"axis": []}),
            ("reduce-swapped", ArrayArgument(pool=pool, shape=(67,), swapped=ELEMENTS[char].size > 1), {}),
        ]
        if _is_complex_power(subject):
            calls = [calls[1], calls[4]]
        calls = (
            calls
            if subject.everything or len(calls) == 2
            else [*calls[:2], calls[2 + subject.wheel % (len(calls) - 2)]]
        )
        if subject.row.name in ("maximum", "minimum") and subject.kind in "fc":
            calls.append(("reduce-nan", array(f"{char}.nan", 130), {}))
        for layout, argument, kwargs in calls:
            yield subject.method(layout, "reduce", (argument,), loop, **kwargs)


_OPPOSITE = {"maximum": "minimum", "minimum": "maximum", "fmax": "fmin", "fmin": "fmax"}


def _initial(name: str, char: str) -> Attribute:
    """A start that shows in the result: beyond all elements of the pool for a maximum or minimum."""
    kind = ELEMENTS[char].kind
    if name in ("maximum", "fmax"):
        return True if kind == "b" else python_int(200 if kind == "u" else 120)
    if name in ("minimum", "fmin"):
        return False if kind == "b" else python_int(0 if kind == "u" else -120)
    return True if kind == "b" else python_int(1 if name in ("logical_and", "logical_or", "power") else 3)


def reduces_with_attributes(subject: Subject) -> Iterator[Draft]:
    """`reduce` with initial, where, out, dtype, and of nothing."""
    left_out = _is_complex_power(subject) or _is_wrong_in_numpy(subject)
    for loop, char in reduce_subjects(subject) if not left_out else ():
        pool, result, identity = pool_of(subject.row, char), loop[-1], subject.row.identity
        wide = array(pool, 5, 11)
        name = subject.row.name
        initial = _initial(name, result)
        mask = array("?.general", 5, 11)
        calls: list[tuple[str, ArrayArgument, dict[str, Attribute]]] = [
            ("reduce-initial", array(pool, 67), {"initial": initial}),
            ("reduce-out", wide, {"axis": 1, "out": array(f"{result}.tame", 5, at=9)}),
            ("reduce-empty", array(pool, 0), {}),
            ("reduce-empty-axis", array(pool, 3, 0, 2), {"axis": 1}),
            ("reduce-none-left", array(pool, 0, 3), {"axis": 1}),
            ("reduce-keepdims", wide, {"axis": 0, "keepdims": True}),
            ("reduce-where", wide, {"axis": 0, "where": mask, "initial": _initial(_OPPOSITE.get(name, name), result)}),
        ]
        if identity.value is not None:
            calls.append(("reduce-where", wide, {"axis": 1, "where": mask}))
        for number in subject.turn(len(calls)):
            layout, argument, kwargs = calls[number]
            yield subject.method(layout, "reduce", (argument,), loop, **kwargs)


def accumulates(subject: Subject) -> Iterator[Draft]:
    """`accumulate` in one dimension, and along the axes of two and three."""
    for loop, char in reduce_subjects(subject):
        pool = pool_of(subject.row, char)
        calls: list[tuple[str, ArrayArgument, dict[str, Attribute]]] = [
            ("accumulate-axis-0", array(pool, 5, 13), {}),
            ("accumulate-axis-1", array(pool, 3, 22), {"axis": 1}),
            ("accumulate-last", array(pool, 2, 3, 11), {"axis": -1}),
            ("accumulate-middle", array(pool, 2, 11, 3), {"axis": 1}),
            ("accumulate-negative", ArrayArgument(pool=pool, shape=(67,), strides=(-1,)), {}),
            ("accumulate-out", array(pool, 67), {"out": array(f"{loop[-1]}.tame", 67, at=9)}),
            ("accumulate-empty", array(pool, 0), {}),
        ]
        if _is_complex_power(subject):
            yield subject.method("accumulate", "accumulate", (array(pool, 3, 22),), loop)
            continue
        yield subject.method("accumulate", "accumulate", (array(pool, 67),), loop)
        for number in subject.turn(len(calls)):
            layout, argument, kwargs = calls[number]
            yield subject.method(layout, "accumulate", (argument,), loop, **kwargs)


def outers(subject: Subject) -> Iterator[Draft]:
    """`outer` of two shapes: every element of the first with every one of the second."""
    if "outer" not in subject.row.methods:
        return
    first, second = (usual(subject.row, char, n) for n, char in enumerate(subject.inputs))
    shapes = (((3,), (23,)), ((2, 3), (11,)), ((5,), (1, 13)), ((), (67,)), ((3, 1), ()), ((0,), (3,)))
    for number in subject.turn(len(shapes)):
        left, right = shapes[number]
        yield subject.method("outer", "outer", (array(first, *left), array(second, *right)), subject.loop)
