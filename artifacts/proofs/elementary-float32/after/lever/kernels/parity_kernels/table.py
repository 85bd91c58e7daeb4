"""The table of ufuncs: one row each, with NumPy's loops in NumPy's order, and the kernel that computes each loop.

Loops whose bits agree share a kernel: addition of int8 and uint8, say, or floor of an integer and positive.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from parity_kernels import loops
from parity_kernels.dtypes import COMPLEXES, FLOATS, INTEGERS, SIGNED, UNSIGNED, signed_twin
from parity_kernels.loops import Kernel, Scalar
from parity_kernels.scalars import comparisons, complexes, elementary, floats, integers, singles

Loops = dict[str, Kernel]


@dataclass(frozen=True)
class Row:
    """A ufunc: how many operands, what it reduces to without elements, and its loops (``dd->d`` → kernel)."""

    name: str
    nin: int
    nout: int
    kernels: Mapping[str, Kernel]
    identity: Any = None

    def __post_init__(self) -> None:
        for signature in self.kernels:
            inputs, outputs = signature.split("->")
            if len(inputs) != self.nin or len(outputs) != self.nout:
                message = f"{self.name}: loop {signature} does not take {self.nin} and give {self.nout}"
                raise ValueError(message)


def _unary(chars: str, scalar: Scalar, out: str = "", *, plain: bool = False, shared: bool = False) -> Loops:
    """Loops ``x->x``, or ``x->out``; ``shared``: unsigned integers use the kernel of the signed ones."""
    around: Callable[..., loops.Loop] = loops.plain_unary_loop if plain else loops.unary_loop
    made = {}
    for char in chars:
        kind = signed_twin(char) if shared else char
        made[f"{char}->{out or char}"] = Kernel(scalar, f"{kind}->{out or kind}", around)
    return made


def _binary(
    chars: str,
    scalar: Scalar,
    out: str = "",
    *,
    around: Callable[..., loops.Loop] = loops.binary_loop,
    shared: bool = False,
) -> Loops:
    """Loops ``xx->x``, or ``xx->out``; ``shared`` as in `_unary`."""
    made = {}
    for char in chars:
        kind = signed_twin(char) if shared else char
        made[f"{char * 2}->{out or char}"] = Kernel(scalar, f"{kind * 2}->{out or kind}", around)
    return made


def _plain(chars: str, scalar: Scalar, out: str = "") -> Loops:
    return _binary(chars, scalar, out, around=loops.plain_binary_loop)


def _paired(chars: str, scalar: Scalar) -> Loops:
    return {f"{c * 2}->{c * 2}": Kernel(scalar, f"{c * 2}->{c * 2}", loops.paired_loop) for c in chars}


def _directed(signatures: str, forward: Scalar, backward: Scalar) -> Loops:
    """Complex loops that NumPy computes with fused products, but without them where an input runs backwards."""
    made = {}
    for signature in signatures.split():
        around = loops.directed_unary_loop if signature.index("-") == 1 else loops.directed_binary_loop
        made[signature] = Kernel(forward, signature, around, (backward,))
    return made


def _ordered(*parts: Loops) -> Loops:
    """Joined, in the order in which NumPy lists loops: by the characters of the first operand."""
    joined = {signature: kernel for part in parts for signature, kernel in part.items()}
    mixed: Loops = {signature: joined.pop(signature) for signature in ("lL->?", "Ll->?") if signature in joined}
    before = {s: k for c in "?" + INTEGERS for s, k in joined.items() if s[0] == c}
    after = {s: k for c in FLOATS + COMPLEXES for s, k in joined.items() if s[0] == c}
    return {**before, **mixed, **after}


def _comparison(real: Scalar, of_complex: Scalar, mixed: Scalar, mirrored: Scalar, *, shared: bool) -> Loops:
    """``mixed`` compares int64 with uint64, ``mirrored`` is its counterpart for swapped operands."""
    return _ordered(
        _binary("?" + INTEGERS, real, "?", shared=shared),
        {"lL->?": Kernel(mixed, "lL->?", loops.binary_loop)},
        {"Ll->?": Kernel(integers.mirrored(mirrored), "Ll->?", loops.binary_loop)},
        _binary(FLOATS, real, "?"),
        _plain(COMPLEXES, of_complex, "?"),
    )


def _logical(real: Scalar, of_complex: Scalar) -> Loops:
    return _ordered(
        _binary("?" + INTEGERS + FLOATS, real, "?", shared=True),
        _plain(COMPLEXES, of_complex, "?"),
    )


def _extremum(boolean: Scalar, whole: Scalar, half: Scalar, real: Scalar, of_complex: Scalar) -> Loops:
    return _ordered(
        _binary("?", boolean),
        _binary(INTEGERS, whole),
        _binary("e", half),
        _binary("fd", real),
        _plain(COMPLEXES, of_complex),
    )


def _division(signed: Scalar, unsigned: Scalar, real: Scalar) -> Loops:
    return _ordered(_plain(SIGNED, signed), _plain(UNSIGNED, unsigned), _plain(FLOATS, real))


def _elementary(half: Scalar, single: tuple[Scalar, Scalar], real: Scalar, of_complex: Scalar) -> Loops:
    """``single``: what gives the bits of ``real`` in float32 quickly, and for which operands."""
    return {
        **_unary("e", half, plain=True),
        "f->f": Kernel(real, "f->f", loops.guarded_unary_loop, single),
        **_unary("d", real, plain=True),
        **_unary(COMPLEXES, of_complex, plain=True),
    }


def _rounding(real: Scalar) -> Loops:
    return {**_unary("?" + INTEGERS, integers.identity, shared=True), **_unary(FLOATS, real)}


def _classification(whole: Scalar, real: Scalar, of_complex: Scalar) -> Loops:
    return {
        **_unary("?" + INTEGERS, whole, "?", shared=True),
        **_unary(FLOATS, real, "?"),
        **_unary(COMPLEXES, of_complex, "?"),
    }


def _arithmetic() -> list[Row]:
    power = {
        **_ordered(
            _binary(SIGNED, integers.power, around=loops.natural_power_loop),
            _plain(UNSIGNED, integers.power),
        ),
        **_plain("e", elementary.power_half),
        **_plain("fd", elementary.power),
        **_plain("F", complexes.single_power),
        **_plain("D", complexes.power),
    }
    added = {
        **_binary("?", integers.bitwise_or),
        **_binary(INTEGERS, integers.add, shared=True),
        **_binary(FLOATS, integers.add),
        **_binary(COMPLEXES, complexes.add),
    }
    subtracted = {
        **_binary(INTEGERS, integers.subtract, shared=True),
        **_binary(FLOATS, integers.subtract),
        **_binary(COMPLEXES, complexes.subtract),
    }
    multiplied = {
        **_binary("?", integers.bitwise_and),
        **_binary(INTEGERS, integers.multiply, shared=True),
        **_binary(FLOATS, integers.multiply),
        **_directed("FF->F", complexes.multiply, complexes.product),
        **_binary("D", complexes.multiply),
    }
    divided = {**_binary(FLOATS, floats.divide), **_plain(COMPLEXES, complexes.divide)}
    return [
        Row("add", 2, 1, added, 0),
        Row("subtract", 2, 1, subtracted),
        Row("multiply", 2, 1, multiplied, 1),
        Row("divide", 2, 1, divided),
        Row(
            "floor_divide", 2, 1, _division(integers.floor_divide, integers.unsigned_floor_divide, floats.floor_divide)
        ),
        Row("remainder", 2, 1, _division(integers.remainder, integers.unsigned_remainder, floats.remainder)),
        Row("fmod", 2, 1, _division(integers.fmod, integers.unsigned_remainder, floats.fmod)),
        Row(
            "divmod",
            2,
            2,
            _ordered(
                _paired(SIGNED, integers.divmod_),
                _paired(UNSIGNED, integers.unsigned_divmod),
                _paired(FLOATS, floats.divmod_),
            ),
        ),
        Row("power", 2, 1, power),
    ]


def _signs_and_roots() -> list[Row]:
    e = elementary
    positive = {**_unary(INTEGERS, integers.identity, shared=True), **_unary(FLOATS + COMPLEXES, integers.identity)}
    absolute = _ordered(
        _unary("?" + UNSIGNED, integers.identity, shared=True),
        _unary(SIGNED, integers.absolute),
        _unary(FLOATS, floats.absolute),
        _directed("F->f D->d", complexes.absolute, complexes.hypotenuse),
    )
    negative = {
        **_unary(INTEGERS, integers.negative, shared=True),
        **_unary(FLOATS, floats.negative),
        **_unary(COMPLEXES, complexes.negative),
    }
    sign = {
        **_unary(INTEGERS, integers.sign),
        **_unary(FLOATS, floats.sign),
        **_unary(COMPLEXES, complexes.sign, plain=True),
    }
    reciprocal = _ordered(
        _unary("bBhHIL", integers.reciprocal),
        _unary("i", integers.reciprocal_int32),
        _unary("l", integers.reciprocal_int64),
        _unary(FLOATS, floats.reciprocal),
        _unary(COMPLEXES, complexes.reciprocal, plain=True),
    )
    square = {
        **_unary(INTEGERS, integers.square, shared=True),
        **_unary(FLOATS, floats.square),
        **_directed("F->F", complexes.square, complexes.plain_square),
        **_unary("D", complexes.square),
    }
    return [
        Row("negative", 1, 1, negative),
        Row("positive", 1, 1, positive),
        Row("absolute", 1, 1, absolute),
        Row("fabs", 1, 1, _unary(FLOATS, floats.absolute)),
        Row("sign", 1, 1, sign),
        Row("reciprocal", 1, 1, reciprocal),
        Row("square", 1, 1, square),
        Row(
            "sqrt",
            1,
            1,
            {
                **_unary(FLOATS, floats.sqrt),
                **_unary("F", complexes.single_sqrt, plain=True),
                **_unary("D", complexes.sqrt, plain=True),
            },
        ),
        Row("exp", 1, 1, _elementary(e.exp_half, (singles.exp, singles.exp_usual), e.exp, complexes.exp)),
        Row("log", 1, 1, _elementary(e.log_half, (singles.log, singles.log_usual), e.log, complexes.log)),
        Row("sin", 1, 1, _elementary(e.sin_half, (singles.sin, singles.angle_usual), e.sin, complexes.sin)),
        Row("cos", 1, 1, _elementary(e.cos_half, (singles.cos, singles.angle_usual), e.cos, complexes.cos)),
        Row("floor", 1, 1, _rounding(floats.floor)),
        Row("ceil", 1, 1, _rounding(floats.ceil)),
        Row("trunc", 1, 1, _rounding(floats.trunc)),
        Row("rint", 1, 1, {**_unary(FLOATS, floats.rint), **_unary(COMPLEXES, complexes.rint)}),
    ]


def _order_and_logic() -> list[Row]:
    i, f, z, c = integers, floats, complexes, comparisons
    either, both = i.bitwise_or, i.bitwise_and
    return [
        Row("maximum", 2, 1, _extremum(either, i.maximum, f.maximum_half, f.maximum, z.maximum)),
        Row("minimum", 2, 1, _extremum(both, i.minimum, f.minimum_half, f.minimum, z.minimum)),
        Row("fmax", 2, 1, _extremum(either, i.maximum, f.fmax_half, f.fmax, z.fmax)),
        Row("fmin", 2, 1, _extremum(both, i.minimum, f.fmin_half, f.fmin, z.fmin)),
        Row("equal", 2, 1, _comparison(c.equal, z.equal, i.signed_equal, i.signed_equal, shared=True)),
        Row(
            "not_equal",
            2,
            1,
            _comparison(c.not_equal, z.not_equal, i.signed_not_equal, i.signed_not_equal, shared=True),
        ),
        Row("less", 2, 1, _comparison(c.less, z.less, i.signed_less, i.signed_greater, shared=False)),
        Row(
            "less_equal",
            2,
            1,
            _comparison(c.less_equal, z.less_equal, i.signed_less_equal, i.signed_greater_equal, shared=False),
        ),
        Row("greater", 2, 1, _comparison(c.greater, z.greater, i.signed_greater, i.signed_less, shared=False)),
        Row(
            "greater_equal",
            2,
            1,
            _comparison(c.greater_equal, z.greater_equal, i.signed_greater_equal, i.signed_less_equal, shared=False),
        ),
        Row("logical_and", 2, 1, _logical(c.logical_and, z.logical_and), identity=True),
        Row("logical_or", 2, 1, _logical(c.logical_or, z.logical_or), identity=False),
        Row("logical_xor", 2, 1, _logical(c.logical_xor, z.logical_xor), identity=False),
        Row(
            "logical_not",
            1,
            1,
            {
                **_unary("?" + INTEGERS + FLOATS, c.logical_not, "?", shared=True),
                **_unary(COMPLEXES, z.logical_not, "?"),
            },
        ),
        Row("bitwise_and", 2, 1, _binary("?" + INTEGERS, i.bitwise_and, shared=True), -1),
        Row("bitwise_or", 2, 1, _binary("?" + INTEGERS, i.bitwise_or, shared=True), 0),
        Row("bitwise_xor", 2, 1, _binary("?" + INTEGERS, i.bitwise_xor, shared=True), 0),
        Row("invert", 1, 1, {**_unary("?", c.logical_not), **_unary(INTEGERS, i.invert, shared=True)}),
        Row("left_shift", 2, 1, _binary(INTEGERS, i.left_shift, shared=True)),
        Row("right_shift", 2, 1, _binary(INTEGERS, i.right_shift)),
        Row("isnan", 1, 1, _classification(i.no, f.isnan, z.isnan)),
        Row("isinf", 1, 1, _classification(i.no, f.isinf, z.isinf)),
        Row("isfinite", 1, 1, _classification(i.yes, f.isfinite, z.isfinite)),
        Row("signbit", 1, 1, _unary(FLOATS, f.signbit, "?")),
        Row("copysign", 2, 1, _binary(FLOATS, f.copysign)),
    ]


@cache
def rows() -> dict[str, Row]:
    """Every ufunc by name."""
    return {row.name: row for row in _arithmetic() + _signs_and_roots() + _order_and_logic()}


@cache
def kernels() -> dict[str, Kernel]:
    """Every kernel by name. Raises ValueError if two different ones claim a name."""
    found: dict[str, Kernel] = {}
    for row in rows().values():
        for kernel in row.kernels.values():
            if found.setdefault(kernel.name, kernel) != kernel:
                message = f"{row.name}: kernel {kernel.name} is claimed twice"
                raise ValueError(message)
    return found


ALIASES = {
    "abs": "absolute",
    "mod": "remainder",
    "true_divide": "divide",
    "bitwise_not": "invert",
    "bitwise_invert": "invert",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
}
"""NumPy's other names for some of them."""
