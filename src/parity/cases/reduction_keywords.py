"""Templates of cases for what reductions take by keyword: initial, where, dtype, out, ddof."""

from collections.abc import Iterator

from parity.cases.promotion import NARROWER, WIDER
from parity.cases.reductions import Call, each, has, is_cumulative, pool_of
from parity.cases.subject import Draft, Subject, array, python_float, python_int
from parity.documents.case import ArrayArgument, Attribute
from parity.documents.elements import ELEMENTS


def _beyond(subject: Subject) -> Attribute:
    if subject.kind == "b":
        return subject.row.name == "max"
    if subject.row.name == "max":
        return python_int(200 if subject.kind == "u" else 120)
    return python_int(0 if subject.kind == "u" else -120)


def initial(subject: Subject) -> Iterator[Draft]:
    """`initial=`: one element more; it bounds a maximum, and makes one of nothing possible."""
    if not has(subject, "initial"):
        return
    pool, kind = pool_of(subject), subject.kind
    small: Attribute = True if kind == "b" else python_float(2.5) if kind in "fc" else python_int(3)
    large: Attribute = python_int(1) if kind == "b" else python_int(100)
    if subject.row.name in ("max", "min"):  # beyond all elements, so that it shows
        small = large = _beyond(subject)
    calls: list[Call] = [
        ("initial", array(pool, 67), {"initial": small}),
        ("initial-axis", array(pool, 5, 41), {"axis": 0, "initial": large}),
        ("initial-empty", array(pool, 0), {"initial": small}),
        ("initial-keepdims", array(pool, 5, 41), {"axis": -1, "initial": small, "keepdims": True}),
    ]
    yield from each(subject, calls, at_once=2)


def where(subject: Subject) -> Iterator[Draft]:
    """`where=` of the array's shape, of a row, of a column; with initial where there is no identity."""
    if not has(subject, "where"):
        return
    pool, name = pool_of(subject), subject.row.name
    extra: dict[str, Attribute] = {}
    if name in ("max", "min"):
        extra = {"initial": name == "max" if subject.kind == "b" else python_int(5)}
    calls: list[Call] = [
        ("where", array(pool, 130), {"where": array("?.general", 130)}),
        ("where-axis-0", array(pool, 5, 67), {"axis": 0, "where": array("?.general", 5, 67, at=3)}),
        ("where-row", array(pool, 5, 67), {"axis": 1, "where": array("?.general", 67, at=5)}),
        ("where-column", array(pool, 5, 67), {"axis": 0, "where": array("?.general", 5, 1, at=5)}),
        ("where-keepdims", array(pool, 5, 67), {"axis": 1, "where": array("?.general", 5, 67), "keepdims": True}),
        ("where-false", array(pool, 67), {"where": array("?.sparse", 67)}),
    ]
    for draft in each(subject, calls, at_once=2):
        yield draft._replace(kwargs={**draft.kwargs, **extra})


def few_where(subject: Subject) -> Iterator[Draft]:
    """One of them, and `initial=`."""
    if has(subject, "where") and subject.row.name not in ("max", "min"):
        yield subject.draft("where", (array(pool_of(subject), 130),), where=array("?.general", 130))
    if has(subject, "initial") and subject.kind != "b":
        yield subject.draft("initial", (array(pool_of(subject), 67),), initial=python_int(3))


def dtype(subject: Subject) -> Iterator[Draft]:
    """`dtype=`: the type in which it is computed; integers then wrap around, floats are widened or rounded first."""
    if not has(subject, "dtype"):
        return
    char, name = subject.inputs, subject.row.name
    averages = name in ("mean", "var", "std")
    targets = [WIDER.get(char), NARROWER.get(char), None if averages else char, "d" if subject.kind != "c" else "D"]
    if averages:
        targets = [target for target in targets if target and ELEMENTS[target].kind in "fc"]
    chosen = [target for target in dict.fromkeys(targets) if target]
    shape = (3, 22) if is_cumulative(subject) else (5, 41)
    calls: list[Call] = [
        (f"dtype-{target}", array(pool_of(subject), *shape), {"axis": 1, "dtype": target}) for target in chosen
    ]
    if calls:
        yield from each(subject, calls, at_once=min(2, len(calls)))


def out(subject: Subject) -> Iterator[Draft]:
    """`out=` of the result's type: contiguous, with gaps, 0-d, wider; the axis by position."""
    result = subject.outputs
    pool = pool_of(subject)
    if is_cumulative(subject):
        calls: list[Call] = [
            ("out", array(pool, 67), {"out": array(f"{result}.tame", 67, at=9)}),
            ("out-axis", array(pool, 5, 13), {"axis": 0, "out": array(f"{result}.tame", 5, 13, at=9)}),
            (
                "out-strided",
                array(pool, 67),
                {"out": ArrayArgument(pool=f"{result}.tame", shape=(67,), strides=(2,), length=135)},
            ),
            (
                "out-negative",
                array(pool, 67),
                {"out": ArrayArgument(pool=f"{result}.tame", shape=(67,), strides=(-1,))},
            ),
        ]
    else:
        calls = [
            ("out", array(pool, 5, 67), {"axis": 1, "out": array(f"{result}.tame", 5, at=9)}),
            (
                "out-strided",
                array(pool, 7, 41),
                {"axis": 0, "out": ArrayArgument(pool=f"{result}.tame", shape=(41,), strides=(2,), length=83)},
            ),
            ("out-0-d", array(pool, 67), {"out": array(f"{result}.tame", at=9)}),
            (
                "out-keepdims",
                array(pool, 5, 67),
                {"axis": 1, "keepdims": True, "out": array(f"{result}.tame", 5, 1, at=9)},
            ),
            (
                "out-swapped",
                array(pool, 5, 67),
                {
                    "axis": -1,
                    "out": ArrayArgument(pool=f"{result}.tame", shape=(5,), swapped=ELEMENTS[result].size > 1),
                },
            ),
        ]
        if not has(subject, "keepdims"):
            del calls[3]
        if subject.row.name in ("argmin", "argmax"):
            calls = [call for call in calls if call[0] != "out-swapped"]
    yield from each(subject, calls, at_once=2)


def ddof(subject: Subject) -> Iterator[Draft]:
    """`ddof=` 1, all but one, and as many as there are elements: a division by zero."""
    if not has(subject, "ddof"):
        return
    pool = pool_of(subject)
    calls: list[Call] = [
        ("ddof-1", array(pool, 67), {"ddof": 1}),
        ("ddof-axis", array(pool, 5, 41), {"axis": 0, "ddof": 1}),
        ("ddof-n", array(pool, 9), {"ddof": 9}),
        ("ddof-beyond", array(pool, 5), {"ddof": 7}),
        ("ddof-2", array(pool, 41, 5), {"axis": 0, "ddof": 2, "keepdims": True}),
    ]
    yield from each(subject, calls, at_once=3)
