"""Workloads: what is timed. A set is written by people, in TOML, as families; a workload is one call of a family."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from parity.documents.case import Case, Count
from parity.documents.manifest import DEFAULT_SEED
from parity.documents.model import Document, Id16

MOST_SHARE = 10.0
Share = Annotated[float, Field(gt=0, lt=MOST_SHARE, allow_inf_nan=False)]

Layout = Literal["contiguous", "row", "column", "scalar", "strided", "transposed", "where"]
"""How the operands of a call lie in memory, or what is special about one of them; `Family` says what each means."""

Length = Annotated[int, Field(gt=0, le=100_000_000)]
AxisNumber = Annotated[int, Field(ge=0, lt=32)]
Axis = Literal["none"] | AxisNumber | Annotated[tuple[AxisNumber, ...], Field(min_length=1, max_length=32)]
"""`none` is NumPy's None. Counted from the front, several in ascending order, so that one call has one name."""


class Budget(Document):
    """How much slower a workload may become, as a share of its time, and why just so much.

    p50: of the typical call, by the ratio to NumPy. p99: of the slow calls; null where it is not judged.
    """

    p50: Share
    p99: Share | None = None
    reason: Annotated[str, Field(min_length=1)]


class NamedBudget(Budget):
    """The budget of workloads by their names, or by patterns with `*`, `?` and `[]`; the last that fits holds."""

    names: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class Family(Document):
    """Workloads of a kind: each of `ops` with each of `loops`, `layouts`, `axes`, and `sizes` or `shapes`.

    ops: names of the catalogue, or the method `reduce` or `accumulate` of one (`add.reduce`).
    layouts: `contiguous`; `row`, `column`, `scalar`: the second operand is one row, one column, a NumPy scalar;
    `strided`: every second element of each operand; `transposed`: the first operand in Fortran order, the second in C
    order; `where`: contiguous under a mask that holds for half of the elements, an elementwise result going to `out=`.
    sizes: numbers of elements, of one axis, or of the two axes nearest a square where the layout needs two. shapes: in
    place of sizes. axes: of a reduction; empty for a call without `axis`.
    providers: specs of providers that it is meant for, empty for all. budget: in place of the set's.
    reason: why it is in the set.
    """

    ops: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(min_length=1)]
    loops: Annotated[tuple[str, ...], Field(min_length=1)]
    layouts: Annotated[tuple[Layout, ...], Field(min_length=1)] = ("contiguous",)
    sizes: tuple[Length, ...] = ()
    shapes: tuple[Annotated[tuple[Length, ...], Field(min_length=1, max_length=32)], ...] = ()
    axes: tuple[Axis, ...] = ()
    providers: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    budget: Budget | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _has_sizes_or_shapes(self) -> Self:
        if bool(self.sizes) == bool(self.shapes):
            raise ValueError("a family has either sizes or shapes")
        return self


class WorkloadSet(Document):
    """parity.workloads/1: a set of workloads as it is written.

    seed: of the operands' elements, decimal digits. budget: of every family that has none of its own. budgets: of
    single workloads, in place of their families'.
    """

    schema_: Literal["parity.workloads/1"] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    description: str = ""
    seed: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] = DEFAULT_SEED
    budget: Budget
    budgets: tuple[NamedBudget, ...] = ()
    family: Annotated[tuple[Family, ...], Field(min_length=1)]


class Workload(Document):
    """One call to be timed.

    shapes: of the operands. digest: of the call and its input bits. bytes: that it has to read and write, each element
    of memory once. providers: specs that it is meant for, empty for all.
    """

    name: str
    op: str
    loop: str
    layout: str
    shapes: tuple[tuple[Count, ...], ...]
    digest: Id16
    bytes: Count
    budget: Budget
    providers: tuple[str, ...] = ()
    case: Case
