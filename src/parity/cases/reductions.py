"""Templates of cases for the axis reductions and the cumulative operations."""

from collections.abc import Iterator
from typing import Any

from parity.cases.arrangements import NEEDLE
from parity.cases.subject import Draft, Subject, array, python_int
from parity.documents.case import ArrayArgument, Attribute
from parity.documents.elements import ELEMENTS

ALWAYS_LENGTHS = (1, 9, 67, 129, 1000)
OTHER_LENGTHS = (2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 130, 136, 200, 256, 257, 263, 513)
LONG = 20_000
"""Past two chunks of 8,192, through which NumPy sends what it casts."""

_POOL_OF = {"any": "sparse", "all": "dense", "prod": "factors", "cumprod": "factors"}

Call = tuple[str, ArrayArgument, dict[str, Attribute]]


def has(subject: Subject, *names: str) -> bool:
    """Whether the operation takes all these keywords."""
    return set(names) <= set(subject.row.attributes)


def pool_of(subject: Subject) -> str:
    """Elements that the operation tells apart."""
    char = subject.inputs
    if char == "?" and subject.row.name in ("max", "argmax"):
        return "?.sparse"
    if char == "?" and subject.row.name in ("min", "argmin"):
        return "?.dense"
    return f"{char}.{_POOL_OF.get(subject.row.name, 'tame')}"


def is_cumulative(subject: Subject) -> bool:
    """One result for each element."""
    return subject.row.kind == "cumulative"


def each(subject: Subject, calls: list[Call], at_once: int = 1) -> Iterator[Draft]:
    """Those of the calls whose turn it is."""
    chosen = (
        range(len(calls))
        if subject.everything
        else {(subject.wheel * at_once + n) % len(calls) for n in range(at_once)}
    )
    for number in sorted(chosen):
        layout, argument, kwargs = calls[number]
        yield subject.draft(layout, (argument,), **kwargs)


def reduced_lengths(subject: Subject) -> Iterator[Draft]:
    """1-D, past the block of 128, past its eight lanes, and of all remainders; two rarer lengths by turns."""
    pool, others = pool_of(subject), OTHER_LENGTHS
    if subject.everything:
        lengths: tuple[int, ...] = (*range(1, 131), *others, 1000)
    else:
        turning = (others[subject.wheel % len(others)], others[(subject.wheel + 11) % len(others)])
        lengths = (*ALWAYS_LENGTHS, *turning)
    for length in dict.fromkeys(lengths):
        if length == 1000 and is_cumulative(subject) and not subject.everything and subject.position % 3:
            continue  # a thousand results weigh in the capture
        yield subject.draft("contiguous", (array(pool, length, at=length % 7),))


def few_reduced_lengths(subject: Subject) -> Iterator[Draft]:
    """A vector's remainder, and past a block of 128."""
    for length in (67, 257):
        yield subject.draft("contiguous", (array(pool_of(subject), length, at=1),))


def long_sum(subject: Subject) -> Iterator[Draft]:
    """Many elements: only a sum in pairs or lanes keeps its error bound, which equal elements show best."""
    if subject.row.name in ("sum", "mean", "var") and subject.inputs in "efdF":
        yield subject.draft("long", (array(pool_of(subject), LONG),))
        if subject.row.name != "var":
            yield subject.draft("long-equal", (array(f"{subject.inputs}.tenths", LONG),))


def axes(subject: Subject) -> Iterator[Draft]:
    """Every axis of 2-D and 3-D arrays of odd shapes, counted from either end."""
    pool = pool_of(subject)
    calls: list[Call] = [
        ("axis-0", array(pool, 5, 67), {"axis": 0}),
        ("axis-last", array(pool, 5, 67), {"axis": -1}),
        ("axis-0-tall", array(pool, 67, 5, at=3), {"axis": 0}),
        ("axis-1-tall", array(pool, 67, 5, at=3), {"axis": 1}),
        ("axis-first-of-3", array(pool, 5, 23, 3), {"axis": -3}),
        ("axis-middle-of-3", array(pool, 3, 41, 7), {"axis": 1}),
        ("axis-last-of-3", array(pool, 7, 3, 41), {"axis": 2}),
        ("axis-none", array(pool, 5, 67), {}),
    ]
    if is_cumulative(subject):
        calls = [
            ("axis-0", array(pool, 5, 13), {"axis": 0}),
            ("axis-last", array(pool, 3, 67), {"axis": -1}),
            ("axis-none", array(pool, 5, 13), {}),
            ("axis-middle-of-3", array(pool, 3, 11, 2), {"axis": 1}),
            ("axis-0-tall", array(pool, 67, 3), {"axis": 0}),
            ("axis-first-of-3", array(pool, 3, 11, 2), {"axis": -3}),
        ]
        yield from each(subject, calls, at_once=5)
        return
    yield from each(subject, calls, at_once=5)


def few_axes(subject: Subject) -> Iterator[Draft]:
    """The first and the last axis of a matrix, and a tuple of axes."""
    pool = pool_of(subject)
    yield subject.draft("axis-0", (array(pool, 5, 67),), axis=0)
    yield subject.draft("axis-last", (array(pool, 5, 67),), axis=-1)
    if takes_tuples(subject):
        yield subject.draft("axis-tuple", (array(pool, 3, 41, 7),), axis=[0, 2])


def takes_tuples(subject: Subject) -> bool:
    """Whether the operation reduces several axes at once."""
    return subject.row.kind == "reduction" and subject.row.name not in ("argmin", "argmax")


def axis_tuples(subject: Subject) -> Iterator[Draft]:
    """Tuples of axes, of all axes and of none."""
    if not takes_tuples(subject):
        return
    pool = pool_of(subject)
    cube = array(pool, 3, 41, 7)
    yield from each(
        subject,
        [
            ("axis-tuple", cube, {"axis": [0, 2]}),
            ("axis-tuple-inner", cube, {"axis": [1, 2]}),
            ("axis-tuple-outer", cube, {"axis": [0, 1]}),
            ("axis-tuple-negative", cube, {"axis": [-1, 0]}),
            ("axis-tuple-all", cube, {"axis": [0, 1, 2]}),
            ("axis-tuple-none", array(pool, 3, 5), {"axis": []}),
            ("axis-tuple-keepdims", cube, {"axis": [2, 0], "keepdims": True}),
        ],
        at_once=3,
    )


def keepdims(subject: Subject) -> Iterator[Draft]:
    """Reduced axes stay with length one."""
    if has(subject, "keepdims"):
        pool = pool_of(subject)
        calls: list[Call] = [
            ("keepdims", array(pool, 5, 67), {"axis": 1, "keepdims": True}),
            ("keepdims-none", array(pool, 5, 13), {"keepdims": True}),
            ("keepdims-first", array(pool, 5, 23, 3), {"axis": 0, "keepdims": True}),
        ]
        yield from each(subject, calls, at_once=1)


def few_keepdims(subject: Subject) -> Iterator[Draft]:
    """One of them."""
    if has(subject, "keepdims"):
        yield subject.draft("keepdims", (array(pool_of(subject), 5, 67),), axis=1, keepdims=True)


def reduced_layouts(subject: Subject) -> Iterator[Draft]:
    """F order, transposed, strided, negative strides, repeated elements, alignment, byte order, read-only."""
    pool = pool_of(subject)
    multibyte = ELEMENTS[subject.inputs].size > 1

    def laid(shape: tuple[int, ...], **how: Any) -> ArrayArgument:
        return ArrayArgument(pool=pool, shape=shape, **how)

    wide = (3, 67) if is_cumulative(subject) else (5, 67)
    tall = (wide[1], wide[0])
    cube = (2, 11, 3) if is_cumulative(subject) else (3, 41, 7)
    outer, _, inner = cube
    calls: list[Call] = [
        ("fortran", laid(wide, strides=(1, wide[0])), {"axis": 1}),
        ("fortran-axis-0", laid(tall, strides=(1, tall[0])), {"axis": 0}),
        ("transposed", laid(cube, strides=(1, outer * inner, outer)), {"axis": 1}),
        ("transposed-last", laid(cube, strides=(inner, inner * outer, 1)), {"axis": -1}),
        ("strided-2", laid((130,), strides=(2,)), {}),
        ("strided-3", laid((67,), strides=(3,)), {"axis": 0}),
        ("negative", laid((130,), strides=(-1,)), {}),
        ("negative-rows", laid(wide, strides=(-wide[1], 1)), {"axis": 0}),
        ("negative-columns", laid(wide, strides=(wide[1], -1)), {"axis": 1}),
        ("negative-strided", laid(wide, strides=(-2 * wide[1], 2)), {"axis": 1}),
        ("padded-rows", laid(wide, strides=(wide[1] + 5, 1)), {}),
        ("zero-stride", laid(wide, strides=(0, 1), linear=True), {"axis": 0}),
        ("zero-stride-inner", laid(wide, strides=(1, 0), linear=True), {"axis": 1}),
        ("overlapping-windows", laid((3, 67), strides=(1, 1), linear=True), {"axis": 1}),
        ("unaligned", laid((130,), unaligned=multibyte), {}),
        ("unaligned-axis-0", laid(wide, unaligned=multibyte), {"axis": 0}),
        ("swapped", laid((130,), swapped=multibyte), {}),
        ("swapped-axis-0", laid(wide, swapped=multibyte), {"axis": 0}),
        ("read-only", laid((67,), readonly=True), {}),
    ]
    yield from each(subject, calls, at_once=5)


def few_layouts(subject: Subject) -> Iterator[Draft]:
    """Negative strides."""
    argument = ArrayArgument(pool=pool_of(subject), shape=(5, 67), strides=(67, -1))
    yield subject.draft("negative-columns", (argument,), axis=1)


def odd_values(subject: Subject) -> Iterator[Draft]:
    """A NaN or an infinity as first, middle and last element; equal extremes; cancellation; overflow."""
    char, name = subject.inputs, subject.row.name
    length = 67
    places = {"first": NEEDLE, "middle": NEEDLE - 33, "last": NEEDLE - length + 1}
    calls: list[Call] = []
    if subject.kind in "fc" and name not in ("any", "all"):
        calls += [(f"nan-{place}", array(f"{char}.nan", length, at=at), {}) for place, at in places.items()]
        calls += [
            ("nan-rows", array(f"{char}.nan", 5, 41, at=7), {"axis": 1}),
            ("nan-axis-0", array(f"{char}.nan", 5, 41, at=7), {"axis": 0}),
        ]
        if subject.kind == "f" or name in ("sum", "max", "min", "argmax", "argmin", "cumsum"):
            calls += [
                (f"infinity-{place}", array(f"{char}.infinity", length, at=at), {}) for place, at in places.items()
            ]
    if calls:
        yield from each(subject, calls, at_once=6)
    if name in ("any", "all"):
        found: list[Call] = [
            (f"needle-{place}", array(f"{char}.{_POOL_OF[name]}", length, at=at), {}) for place, at in places.items()
        ]
        found.append(("none", array(f"{char}.{_POOL_OF[name]}", length, at=2), {}))
        yield from each(subject, found, at_once=4)
        if subject.kind in "fc":
            yield subject.draft("special-values", (array(f"{char}.right", 1, at=0),))
            yield subject.draft("nan", (array(f"{char}.general", 5, 67),), axis=0)
    if name in ("max", "min", "argmax", "argmin"):
        ties: list[Call] = [
            ("ties", array(f"{char}.ties", 67), {}),
            ("ties-axis-0", array(f"{char}.ties", 67, 5), {"axis": 0}),
            ("ties-axis-1", array(f"{char}.ties", 5, 67), {"axis": 1}),
            ("limits", array(f"{char}.{'general' if subject.kind in 'iub' else 'tame'}", 200, at=17), {}),
        ]
        yield from each(subject, ties, at_once=3)
    if name in ("sum", "prod", "cumsum", "cumprod", "mean", "var", "std") and subject.kind in "iu":
        yield subject.draft("mixture", (array(f"{char}.general", 33 if is_cumulative(subject) else 130),))
    if name in ("sum", "mean", "cumsum") and subject.kind == "f":
        yield subject.draft("cancellation", (array(f"{char}.wide", 200),))
    if name in ("sum", "prod") and subject.kind == "f":
        yield subject.draft("overflow", (array(f"{char}.huge", 67),))
        yield subject.draft("underflow", (array(f"{char}.minute", 67),))
    if (
        name in ("mean", "var", "std") and subject.kind == "f"
    ):  # a mean of float16 must not sum in float16: it overflows
        yield subject.draft("large-mean", (array(f"{char}.offset", 1000 if name == "mean" else 130),))


def empty_reduction(subject: Subject) -> Iterator[Draft]:
    """Of nothing: the identity, NaN for a mean, or an exception; along an axis beside an empty one."""
    pool = pool_of(subject)
    calls: list[Call] = [
        ("empty", array(pool, 0), {}),
        ("empty-axis-0", array(pool, 0, 3), {"axis": 0}),
        ("empty-beside", array(pool, 0, 3), {"axis": 1}),
        ("empty-middle", array(pool, 3, 0, 2), {"axis": 1}),
        ("empty-several", array(pool, 0, 4, 0), {"axis": 1}),
        ("empty-none", array(pool, 2, 0), {}),
    ]
    yield from each(subject, calls, at_once=2)


def few_empty(subject: Subject) -> Iterator[Draft]:
    """One of them."""
    yield subject.draft("empty", (array(pool_of(subject), 0),))


def zero_dimensional(subject: Subject) -> Iterator[Draft]:
    """0-d arrays, NumPy scalars and axes of length one."""
    pool = pool_of(subject)
    at = 17 + subject.number % 50
    calls: list[Call] = [
        ("0-d", array(pool, at=at), {}),
        ("scalar", ArrayArgument(pool=pool, at=at, scalar=True), {}),
        ("axis-of-one", array(pool, 67, 1), {"axis": 1}),
        ("axes-of-one", array(pool, 1, 5, 1), {"axis": 0}),
    ]
    if is_cumulative(subject):
        calls[2] = ("axis-of-one", array(pool, 7, 1), {"axis": 1})
    yield from each(subject, calls, at_once=1)


def positional(subject: Subject) -> Iterator[Draft]:
    """The axis as second positional argument."""
    shape = (5, 13) if is_cumulative(subject) else (5, 41)
    yield subject.draft("axis-positional", (array(pool_of(subject), *shape, at=2), python_int(subject.wheel % 4 - 2)))
