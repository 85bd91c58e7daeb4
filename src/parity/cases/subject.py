"""What a template of cases is applied to: one loop of one row, with the elements that suit it."""

from typing import NamedTuple

from parity.cases.pools import within
from parity.documents.case import Argument, ArrayArgument, Attribute, PythonScalar
from parity.documents.elements import ELEMENTS
from parity.ops.row import Operation

FEW_LOOPS = 5
"""Up to so many loops a row has most templates on each of them, so that it has every template more than once."""


class Draft(NamedTuple):
    """A case before it has a name."""

    layout: str
    op: str
    loop: str
    args: tuple[Argument, ...]
    kwargs: dict[str, Attribute]


class Subject(NamedTuple):
    """One loop of one row.

    number: of the loop among all loops of all rows. position: of the loop in its row. wheel: counts the loops of the
    row that have the template at hand, from another start for each row and template, and decides whose turn it is among
    variants. everything: whether each template gives all its variants (suite `full`), or those whose turn it is.
    """

    row: Operation
    loop: str
    number: int
    position: int
    wheel: int = 0
    everything: bool = False

    @property
    def inputs(self) -> str:
        """Element types of the operands."""
        return self.loop.partition("->")[0]

    @property
    def outputs(self) -> str:
        """Element types of the results."""
        return self.loop.partition("->")[2]

    @property
    def kind(self) -> str:
        """Kind of the first operand."""
        return ELEMENTS[self.inputs[0]].kind

    def draft(self, layout: str, args: tuple[Argument, ...], loop: str | None = None, /, **kwargs: Attribute) -> Draft:
        """A call of the row's function."""
        return Draft(layout, self.row.name, loop or self.loop, args, kwargs)

    def method(self, layout: str, method: str, args: tuple[Argument, ...], loop: str, /, **kwargs: Attribute) -> Draft:
        """A call of one of its methods."""
        return Draft(layout, f"{self.row.name}.{method}", loop, args, kwargs)

    def turn(self, variants: int) -> tuple[int, ...]:
        """Which of several variants to plan here: all, or the one whose turn it is."""
        return tuple(range(variants)) if self.everything else (self.wheel % variants,)


_SHIFTS = ("left_shift", "right_shift")
_COMPLEX_PRODUCTS = ("multiply", "divide", "reciprocal", "square", "sign")


TRUTH_VALUED = (
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
    "logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isinf", "isfinite",
)  # fmt: skip
"""Rows whose result would be the same for nearly all elements of `general`, so that no wrong lane would show."""


def mixture(row: Operation, char: str, position: int) -> str:
    """The pool of the widest mixture of values that the operation defines for an operand."""
    kind = ELEMENTS[char].kind
    if kind in "iu":
        if position == 1 and row.name in _SHIFTS:
            return f"{char}.counts"
        if position == 1 and row.name == "power":
            return f"{char}.exponents"
        if row.name == "reciprocal":
            return f"{char}.nonzero"
    # The second operand has a pool of its own: x / x would be 1 whatever the order of elements.
    second = "second_" if position else ""
    if kind == "c" and row.name == "power":
        return f"{char}.{second}gentle"
    if kind == "c" and row.name in _COMPLEX_PRODUCTS:
        return f"{char}.{second}moderate"
    if row.name in TRUTH_VALUED:
        return f"{char}.{second}classes"
    if position and row.name in ("fmax", "fmin"):
        return f"{char}.second_nonzero"
    return f"{char}.second" if position else f"{char}.general"


def usual(row: Operation, char: str, position: int) -> str:
    """The pool for a layout: the operation's own interval where it has one, the mixture otherwise."""
    if row.domains and ELEMENTS[char].kind == "f":
        domain = row.domains[position]
        return f"{char}.{within(domain.low, domain.high)}"
    if row.domains and ELEMENTS[char].kind == "c" and row.name != "power":
        domain = row.domains[position]
        return f"{char}.{within(domain.low, domain.high)}"
    if row.name == "sign" and ELEMENTS[char].kind in "iuf":
        return f"{char}.classes"
    if row.name == "reciprocal" and ELEMENTS[char].kind in "iu":
        return f"{char}.units"
    return mixture(row, char, position)


def array(pool: str, *shape: int, at: int = 0) -> ArrayArgument:
    """A C-contiguous array."""
    return ArrayArgument(pool=pool, at=at, shape=shape)


def python_int(value: int) -> PythonScalar:
    """A Python int."""
    return PythonScalar(python="int", value=str(value))


def python_float(value: float) -> PythonScalar:
    """A Python float."""
    return PythonScalar(python="float", value=value.hex())


def python_complex(real: float, imaginary: float) -> PythonScalar:
    """A Python complex."""
    return PythonScalar(python="complex", value=f"{real.hex()},{imaginary.hex()}")


def python_bool(value: bool) -> PythonScalar:  # noqa: FBT001 - the value itself
    """A Python bool."""
    return PythonScalar(python="bool", value=str(value))
