"""A case: one call to make, with its input bits, described so that any interpreter can make it.

Input bits come from pools: named runs of elements of one type (`d.general`). An array argument takes the elements
`at`, `at + 1`, ... of its pool (around its end) in C order of its shape, and lays them out by its strides.
`parity.calling` is the one reader of calls; this module says what a call may be.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from parity.documents.model import Document, canonical, sha256

Count = Annotated[int, Field(ge=0, lt=2**53)]
"""Every reader of JSON can hold it."""


class ArrayArgument(Document):
    """An array.

    pool: `<char>.<name>`; the element type is the pool's. at: index in the pool of the first element.
    shape: lengths of the axes. strides: in elements, None for C order; may be negative, zero or overlapping.
    linear: the memory block is filled in order of memory instead of the elements in C order of the shape; for strides
    that visit an element twice.
    of: the name of another argument (`0`, `1`, `out`, `where`, `out.1`) in whose memory block this one lies; then
    `pool` and `at` are those of the other one and do not count. offset: in elements, of the first element from the
    start of the block; None for the least that keeps every element inside. length: elements in the block; None for
    the least that holds the array.
    swapped: byte order is not the machine's (big endian). unaligned: the block starts one byte past alignment.
    readonly: not writeable. scalar: a NumPy scalar instead of a 0-d array.
    """

    pool: str
    at: Count = 0
    shape: tuple[Count, ...] = ()
    strides: tuple[int, ...] | None = None
    linear: bool = False
    of: str | None = None
    offset: Count | None = None
    length: Count | None = None
    swapped: bool = False
    unaligned: bool = False
    readonly: bool = False
    scalar: bool = False


NumberClass = Literal["boolean", "nan", "infinity", "zero", "finite"]
"""What a redacted bundle tells of a Python number; of a complex one the first class that one of its parts has."""


class PythonScalar(Document):
    """A Python number.

    value: an int in decimal, a float by float.hex, a complex as two of them and a comma between.
    redacted: in a redacted bundle, in place of the value (`parity.bundle.redaction`).
    """

    python: Literal["bool", "int", "float", "complex"]
    value: str = ""
    redacted: NumberClass | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.value) == (self.redacted is not None):
            raise ValueError("a Python number has either a value or, redacted, a class")
        return self


Argument = ArrayArgument | PythonScalar
Attribute = ArrayArgument | PythonScalar | list[ArrayArgument] | bool | int | str | None | list[int]
"""A keyword argument. A list of integers is passed as a tuple (`axis`), one of arrays too (`out`); `dtype` is named
by its character."""


class Call(Document):
    """op: NumPy's name, a ufunc's method after a dot (`add.reduce`). args: positional. kwargs: by keyword."""

    op: str
    args: tuple[Argument, ...]
    kwargs: dict[str, Attribute] = {}


class Case(Document):
    """A call and where it belongs.

    loop: the loop of the catalogue that it exercises. layout: what is special about it, in words of the report
    (`contiguous`, `negative`, `broadcast-row`, `out`, `bad-axis`, ...).
    """

    case_id: str
    loop: str
    layout: str
    call: Call


def case_id(call: Call, loop: str, pool_digests: dict[str, str]) -> str:
    """The name of a case: op, loop and 48 bits of SHA-256 over the call and the pools that it reads.

    Equal names mean equal calls on equal bits, so a case is found in a capture by its name alone.
    """
    plain = call.plain()
    pools = sorted({argument.pool for argument in array_arguments(call).values()})
    content = {"call": plain, "loop": loop, "pools": {name: pool_digests[name] for name in pools}}
    shown = loop.replace("->", "-").replace("?", "T")
    return f"{call.op}-{shown}-{sha256(canonical(content))[:12]}"


def array_arguments(call: Call) -> dict[str, ArrayArgument]:
    """All array arguments by name: `0`, `1`, then keywords (`where`, `out`, or `out.0`, `out.1` for several)."""
    found: dict[str, Any] = {str(position): argument for position, argument in enumerate(call.args)}
    for name, value in call.kwargs.items():
        if isinstance(value, list):
            found |= {f"{name}.{number}": item for number, item in enumerate(value)}
        else:
            found[name] = value
    return {name: value for name, value in found.items() if isinstance(value, ArrayArgument)}


class Pool(Document):
    """A named run of elements. name: `<char>.<name>`. count: elements. sha256: of the little-endian bytes."""

    name: str
    count: Count
    sha256: str


class Plan(Document):
    """An ordered list of cases. digest: sha256 over the names of the cases, one a line, which cover calls and pools."""

    schema_: Literal["parity.plan/1"] = Field(default="parity.plan/1", alias="schema")
    suite: str
    seed: str
    catalogue_digest: str
    digest: str
    pools: tuple[Pool, ...]
    cases: tuple[Case, ...]


def plan_digest(cases: tuple[Case, ...]) -> str:
    """The digest of a plan."""
    return sha256("".join(f"{case.case_id}\n" for case in cases).encode())
