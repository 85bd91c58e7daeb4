"""From a set of workloads to its calls: what the catalogue allows, by names that stay, on tame elements."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import product
from math import prod
from typing import NamedTuple

from parity.cases.planning import named, pool_digest
from parity.cases.pools import build_pools
from parity.cases.workload_calls import TWO_AXES, call_of, result_shape
from parity.documents.case import ArrayArgument, Call, array_arguments
from parity.documents.elements import ELEMENTS
from parity.documents.model import canonical, sha256
from parity.documents.workload import Axis, Budget, Family, Layout, Workload, WorkloadSet
from parity.documents.workload_toml import field_error, nearest
from parity.errors import DocumentError, InconclusiveError, UsageError
from parity.ops.catalogue import CATALOGUE, row_of
from parity.ops.row import Operation

MAX_BYTES = 100_000_000
"""The most memory of one operand or result, gaps included."""

METHODS = ("reduce", "accumulate")
"""Methods of ufuncs that a family may time, of operations whose operands may be taken in any order."""

Shape = tuple[int, ...]
Place = tuple[str, int]
"""A field of a family, and the number of the item in it."""


class _Member(NamedTuple):
    """One call of a family, and where the parts that may not fit each other stand in the file."""

    op: str
    loop: str
    layout: Layout
    shape: Shape
    size: str
    axis: Axis | None
    size_field: Place
    axis_field: Place


def expand(document: WorkloadSet, file: str = "the set of workloads") -> tuple[Workload, ...]:
    """The workloads of a set, in the order of its families.

    A name is made of the operation, the loop, the layout, the axis and the size, and depends on nothing else. Raises
    DocumentError, `file`, family and field in `where`, for what the catalogue does not have or NumPy does not do, for
    operands above MAX_BYTES, and if two workloads are one and the same.
    """
    found: dict[str, Workload] = {}
    families: dict[str, int] = {}
    for number, family in enumerate(document.family):
        for member in _members(family, number, file):
            workload = _workload(document, family, member)
            if workload.digest in families:
                raise field_error(
                    f"{workload.name} is the same call as {found[workload.digest].name}",
                    file,
                    ("family", number),
                    expected="each call once",
                    hint=f"the other one is of family {families[workload.digest] + 1}",
                )
            found[workload.digest], families[workload.digest] = workload, number
    return _budgeted(tuple(found.values()), document, file)


def _budgeted(workloads: tuple[Workload, ...], document: WorkloadSet, file: str) -> tuple[Workload, ...]:
    """The workloads with the budgets that the set gives to single ones; one that is given to nobody is refused."""
    given: dict[str, Budget] = {}
    for number, row in enumerate(document.budgets):
        budget = Budget(p50=row.p50, p99=row.p99, reason=row.reason)
        for place, pattern in enumerate(row.names):
            names = [workload.name for workload in workloads if fnmatchcase(workload.name, pattern)]
            if not names:
                raise field_error(
                    f"no workload has the name {pattern!r}",
                    file,
                    ("budgets", number, "names", place),
                    expected="names of this set, or patterns of them",
                    hint=nearest(pattern, [workload.name for workload in workloads]),
                )
            given |= dict.fromkeys(names, budget)
    return tuple(w.model_copy(update={"budget": given.get(w.name, w.budget)}) for w in workloads)


def _workload(document: WorkloadSet, family: Family, member: _Member) -> Workload:
    draft = call_of(member.op, member.loop, member.layout, member.shape, member.axis, document.seed)
    case = named(draft, document.seed)
    loop = member.loop.replace("->", "-").replace("?", "T")
    arrays = [argument for argument in case.call.args if isinstance(argument, ArrayArgument)]
    return Workload(
        name=f"{member.op}-{loop}-{case.layout}-{member.size}",
        op=member.op,
        loop=member.loop,
        layout=case.layout,
        shapes=tuple(argument.shape for argument in arrays),
        digest=_digest(case.call, document.seed),
        bytes=_bytes(case.call, member.loop, result_shape(member.op, member.shape, member.axis)),
        budget=family.budget or document.budget,
        providers=family.providers,
        case=case,
    )


def _digest(call: Call, seed: str) -> str:
    """16 bytes of SHA-256 over the call and the digests of the pools that it reads."""
    names = sorted({argument.pool for argument in array_arguments(call).values()})
    return sha256(canonical({"call": call.plain(), "pools": {name: pool_digest(seed, name) for name in names}}))[:32]


def _bytes(call: Call, loop: str, result: Shape) -> int:
    """Bytes that a call has to read and write, each element of memory once: operands, mask and results.

    Under a mask every element counts, because memory moves in lines, and half of a line costs as much as all of it.
    `out=` is the result's memory and counts once.
    """
    read = sum(
        prod(argument.shape) * ELEMENTS[argument.pool[0]].size
        for name, argument in array_arguments(call).items()
        if name.partition(".")[0] != "out"
    )
    return read + prod(result) * sum(ELEMENTS[char].size for char in loop.partition("->")[2])


# -- what a family may say ------------------------------------------------------------------------


def _members(family: Family, number: int, file: str) -> Iterator[_Member]:
    for place, op in enumerate(family.ops):
        yield from _Members(family, op, place, number, file)


class _Members:
    """The members of a family that are of one operation, each checked against the catalogue before it is given."""

    def __init__(self, family: Family, op: str, place: int, number: int, file: str) -> None:
        self.family, self.op, self.place, self.number, self.file = family, op, place, number, file
        self.row = self._row()
        self.method = op.partition(".")[2]
        self.reduces = self.row.kind != "ufunc" or bool(self.method)

    def __iter__(self) -> Iterator[_Member]:
        self._check_loops()
        self._check_layouts()
        if self.family.axes and not self.reduces:
            raise self._error(f"{self.op} takes no axis", ("axes",), "no axes for an elementwise operation")
        axes: list[tuple[int, Axis | None]] = [*enumerate(self.family.axes)] or [(0, None)]
        for loop, layout, (size_field, size), (place, axis) in product(
            self.family.loops, self.family.layouts, list(self._extents()), axes
        ):
            shape, text = self._shape(layout, size, size_field)
            member = _Member(self.op, loop, layout, shape, text, axis, size_field, ("axes", place))
            self._check_axis(member)
            self._check_memory(member)
            yield member

    def _error(
        self, message: str, field: Sequence[str | int], expected: str | None = None, hint: str | None = None
    ) -> DocumentError:
        return field_error(message, self.file, ("family", self.number, *field), expected=expected, hint=hint)

    def _row(self) -> Operation:
        name, _, method = self.op.partition(".")
        if name not in CATALOGUE:
            raise self._error(
                f"unknown operation {self.op!r}",
                ("ops", self.place),
                "a name that `parity ops` lists, or add.reduce, ...",
                nearest(name, CATALOGUE),
            )
        row = row_of(name)
        reorderable = row.identity.reorderable and row.reduce_loops
        if "." in self.op and not (reorderable and method in METHODS):
            raise self._error(
                f"{self.op} cannot be timed" if method in METHODS else f"unknown method {self.op!r}",
                ("ops", self.place),
                "reduce or accumulate of an operation whose operands may be taken in any order",
            )
        return row

    def _check_loops(self) -> None:
        known = self.row.reduce_loops if self.method else self.row.loops
        for place, loop in enumerate(self.family.loops):
            if loop not in known:
                raise self._error(
                    f"{self.op} has no loop {loop!r}",
                    ("loops", place),
                    "one of " + ", ".join(known),
                    nearest(loop, known),
                )

    def _check_layouts(self) -> None:
        allowed: tuple[Layout, ...] = ("contiguous", "strided", "transposed", "where")
        if not self.reduces and self.row.nin == 2:
            allowed = ("contiguous", "row", "column", "scalar", "strided", "transposed", "where")
        elif self.reduces and not self._takes_mask():
            allowed = ("contiguous", "strided", "transposed")
        for place, layout in enumerate(self.family.layouts):
            if layout not in allowed:
                raise self._error(
                    f"{self.op} has no layout {layout!r}", ("layouts", place), "one of " + ", ".join(allowed)
                )

    def _takes_mask(self) -> bool:
        """Whether a reduction takes `where=` without an `initial=`, which stands for the identity that some lack."""
        if self.method:
            return self.method == "reduce" and self.row.identity.value is not None
        needs_initial = self.row.identity.reorderable and self.row.identity.value is None
        return "where" in self.row.attributes and not needs_initial

    def _extents(self) -> Iterator[tuple[Place, int | Shape]]:
        """Sizes or shapes, with their fields."""
        for place, size in enumerate(self.family.sizes):
            yield ("sizes", place), size
        for place, shape in enumerate(self.family.shapes):
            yield ("shapes", place), shape

    def _shape(self, layout: Layout, extent: int | Shape, field: Place) -> tuple[Shape, str]:
        """The shape of the result before reduction, and its text in a name."""
        wants_two = layout in TWO_AXES
        shape = extent if isinstance(extent, tuple) else nearly_square(extent) if wants_two else (extent,)
        if wants_two and (len(shape) < 2 or 1 in shape[-2:]):
            given = "x".join(map(str, extent)) if isinstance(extent, tuple) else str(extent)
            raise self._error(
                f"{given} elements have no layout {layout!r}", field, "two axes of 2 elements or more", None
            )
        return shape, size_text(extent if isinstance(extent, int) else shape[0] if len(shape) == 1 else shape)

    def _check_axis(self, member: _Member) -> None:
        axis, count = member.axis, len(member.shape)
        if axis is None:
            return
        numbers = () if axis == "none" else axis if isinstance(axis, tuple) else (axis,)
        if any(number >= count for number in numbers):
            raise self._error(
                f"axis {max(numbers)} of an array of {count} axes", member.axis_field, f"0 to {count - 1}"
            )
        if len(set(numbers)) != len(numbers):
            raise self._error("an axis comes twice", member.axis_field, "each axis once")
        if isinstance(axis, tuple) and (len(axis) == 1 or list(axis) != sorted(axis)):
            said = f"the axes {list(axis)} are written {sorted(axis)}"
            if len(axis) == 1:
                said = f"the axis {list(axis)} is written {axis[0]}"
            raise self._error(said, member.axis_field, "one spelling, so that one call has one name")
        one_only = self.row.kind == "cumulative" or self.row.name in ("argmin", "argmax") or self.method == "accumulate"
        if isinstance(axis, tuple) and one_only:
            raise self._error(f"{self.op} takes one axis", member.axis_field, "a number")
        if axis == "none" and self.method == "accumulate":
            raise self._error(f"{self.op} needs an axis", member.axis_field, "a number")

    def _check_memory(self, member: _Member) -> None:
        elements = prod(member.shape)
        inputs, _, outputs = member.loop.partition("->")
        gaps = 2 if member.layout == "strided" else 1
        result = prod(result_shape(self.op, member.shape, member.axis))
        largest = max(
            max(ELEMENTS[char].size for char in inputs) * elements * gaps,
            max(ELEMENTS[char].size for char in outputs) * result,
        )
        if largest > MAX_BYTES:
            raise self._error(
                f"an operand of {largest} bytes", member.size_field, f"at most {MAX_BYTES} bytes, gaps included"
            )


def nearly_square(size: int) -> Shape:
    """The two factors of a number that are nearest to each other, the smaller one first."""
    side = next(side for side in range(int(size**0.5 + 0.5), 0, -1) if size % side == 0)
    return min(side, size // side), max(side, size // side)


def size_text(extent: int | Shape) -> str:
    """A size in a name: `1e6`, `3e4`, `1031`, `1000x1000`."""
    if isinstance(extent, tuple):
        return "x".join(map(str, extent))
    digits = str(extent).rstrip("0")
    zeros = len(str(extent)) - len(digits)
    return f"{digits}e{zeros}" if len(digits) == 1 and zeros >= 3 else str(extent)


# -- the choice among them ------------------------------------------------------------------------


def select(
    workloads: tuple[Workload, ...],
    ops: Iterable[str] = (),
    only: Iterable[str] = (),
    provider_spec: str | None = None,
    dtypes: Iterable[str] = (),
) -> tuple[Workload, ...]:
    """Those of the workloads that are asked for, in their order.

    ops: names of the catalogue, empty for all; `add` chooses `add.reduce`, too. only: names, or patterns with `*`, `?`
    and `[]`, empty for all. provider_spec: leaves out what is meant for other providers; None leaves out nothing.
    dtypes: element characters of which a loop takes one, empty for all. Raises UsageError for a name or pattern that
    chooses none of the set, InconclusiveError if nothing is left.
    """
    chosen, taken, names = set(ops), set(dtypes), [workload.name for workload in workloads]
    kept: set[str] = set() if (patterns := tuple(only)) else set(names)
    for pattern in patterns:
        matching = {name for name in names if name == pattern or fnmatchcase(name, pattern)}
        if not matching:
            raise UsageError(
                f"no workload is called {pattern!r}",
                where="--only",
                expected="names of the set, or patterns such as 'add-*'",
                hint=nearest(pattern, names),
            )
        kept |= matching
    left = tuple(
        workload
        for workload in workloads
        if workload.name in kept
        and (not chosen or workload.op.partition(".")[0] in chosen)
        and (not taken or set(workload.loop.partition("->")[0]) & taken)
        and (provider_spec is None or not workload.providers or provider_spec in workload.providers)
    )
    if not left:
        raise InconclusiveError(
            "no workload is left, so nothing would be timed",
            where="the selection of workloads: operations, dtypes, names and provider",
            expected=f"some of {', '.join(sorted({workload.op for workload in workloads}))}",
        )
    return left


def pools_of(workloads: Iterable[Workload], seed: str) -> dict[str, bytes]:
    """The elements that the workloads read, little endian, by the name of the pool; seed: that of their set."""
    names = {argument.pool for workload in workloads for argument in array_arguments(workload.case.call).values()}
    return build_pools(seed, sorted(names))
