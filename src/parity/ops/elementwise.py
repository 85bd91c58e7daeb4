"""Rows of the elementwise ufuncs."""

from parity.ops.loops import COMPLEXES, FLOATS, INTEGERS, NUMBERS, SUM_RESULT, binary, mapped, unary
from parity.ops.row import UFUNC_ATTRIBUTES, Identity, Interval, Law, Operation, SpecialCase, Tolerance
from parity.ops.tolerances import depth_rows, normwise, ulp

ALL = "?" + NUMBERS
REAL = INTEGERS + FLOATS
COMPARED = (*binary(ALL[:9], "?"), "lL->?", "Ll->?", *binary(FLOATS + COMPLEXES, "?"))
NONE = Identity()
ZERO_REORDERABLE = Identity(0, reorderable=True)
REORDERABLE = Identity(None, reorderable=True)
C99 = "ISO C99 annex F.9"
IEEE = "IEEE 754-2019"


def _row(
    name: str,
    nin: int,
    loops: tuple[str, ...],
    *,
    nout: int = 1,
    identity: Identity = NONE,
    reduce_loops: tuple[str, ...] = (),
    domains: tuple[Interval, ...] = (),
    special: tuple[tuple[str, ...], ...] = (),
    source: str = IEEE,
    tolerances: dict[str, Tolerance] | None = None,
    laws: tuple[Law, ...] = (),
) -> Operation:
    """A ufunc; each special case is its arguments followed by its result."""
    methods = ("reduce", "accumulate", "outer") if reduce_loops else ("outer",) if nin == 2 and nout == 1 else ()
    return Operation(
        name,
        "ufunc",
        nin,
        nout,
        loops,
        identity=identity,
        reduce_loops=reduce_loops,
        domains=domains,
        special_cases=tuple(SpecialCase(words[:-1], words[-1], source) for words in special),
        methods=methods,
        attributes=UFUNC_ATTRIBUTES,
        tolerances=tolerances or {},
        laws=laws,
        kernel=f"parity_kernels.{name}",
        reference=f"numpy.{name}",
        truth=f"mpfr.{name}",
    )


_SAME = "0 apart in 1e6 samples with NumPy 2.4.6 (benchmarks/worst_errors.py)"
_SMITH = "Smith's algorithm: a scaled division, contracted to fused operations or not"


def _two(
    limit: float, numpy: float, kernel: float, char: str, *, nin: int = 1, exhaustive: bool = False
) -> dict[str, Tolerance]:
    """The row of a loop in which NumPy and the kernel each have a worst error against MPFR; `limit` holds both."""
    how = "over all inputs" if exhaustive else "sampled"
    worst = f"against MPFR, NumPy 2.4.6 {numpy:g} ({how}), the kernel {kernel:g} ulp (sampled)"
    return ulp(limit, "two answers that are each within their own error of the exact one", worst, char, nin=nin)


def _complex(single: float, double: float, numpy: float, both: float) -> dict[str, Tolerance]:
    """Rows of a complex elementary function: worst errors of the components against MPFR."""
    reason = "made of real functions, each within its own error; normwise the components' errors grow by up to root 2"
    far = f"{_SAME}; both {both:g} ulp from MPFR (sampled)"
    ours = f"against MPFR, NumPy {numpy:g}, the kernel 0.5 ulp in a component (sampled)"
    return {
        "F->F": Tolerance("ulp_normwise", single, reason, "measured", ours),
        "D->D": Tolerance("ulp_normwise", double, reason, "measured", far),
    }


def _same(chars: str) -> tuple[str, ...]:
    return unary(chars)


_SUMS = mapped(SUM_RESULT)
_COMPLEX_PRODUCT = normwise(
    4,
    "real and imaginary part are sums of products, fused or not as the CPU dispatch has it; each is within 2 ulp "
    "of the modulus (Brent, Percival, Zimmermann, Math. Comp. 76 (2007), 1469-1481)",
    _SAME,
    nin=2,
)
_HYPOT = Tolerance("ulp", 2, "hypot of two C libraries, each below one ulp", "measured", _SAME)

ARITHMETIC = (
    _row(
        "add", 2, binary(ALL), identity=ZERO_REORDERABLE, reduce_loops=_SUMS, laws=("commutative",),
        special=(("-0.0", "-0.0", "-0.0"), ("-0.0", "0.0", "0.0"), ("inf", "-inf", "nan"), ("1.0", "nan", "nan")),
        tolerances=depth_rows("sum", "pairwise", _SUMS),
    ),
    _row(
        "subtract", 2, binary(NUMBERS), reduce_loops=_same(NUMBERS),
        special=(("0.0", "0.0", "0.0"), ("-0.0", "0.0", "-0.0"), ("inf", "inf", "nan")),
    ),
    _row(
        "multiply", 2, binary(ALL), identity=Identity(1, reorderable=True), reduce_loops=_SUMS, laws=("commutative",),
        special=(("0.0", "-1.0", "-0.0"), ("0.0", "inf", "nan"), ("-inf", "-2.0", "inf")),
        tolerances={**_COMPLEX_PRODUCT, **depth_rows("prod", "sequential", _SUMS)},
    ),
    _row(
        "divide", 2, binary(FLOATS + COMPLEXES), reduce_loops=_same(FLOATS + COMPLEXES),
        special=(("1.0", "0.0", "inf"), ("1.0", "-0.0", "-inf"), ("0.0", "0.0", "nan"), ("inf", "inf", "nan")),
        tolerances=normwise(4, _SMITH, _SAME, nin=2),
    ),
    _row(
        "floor_divide", 2, binary(REAL), reduce_loops=_same(REAL), source="NumPy's npy_divmod",
        special=(("1.0", "0.0", "inf"), ("0.0", "0.0", "nan"), ("inf", "0.5", "nan"), ("-1.0", "inf", "-1.0")),
    ),
    _row(
        "remainder", 2, binary(REAL), reduce_loops=_same(REAL), source="NumPy's npy_divmod",
        special=(("1.0", "0.0", "nan"), ("-1.0", "inf", "inf"), ("-0.0", "1.0", "0.0"), ("1.0", "-inf", "-inf")),
    ),
    _row(
        "fmod", 2, binary(REAL), reduce_loops=_same(REAL), source=C99,
        special=(("-0.0", "1.0", "-0.0"), ("1.0", "inf", "1.0"), ("inf", "1.0", "nan"), ("1.0", "0.0", "nan")),
    ),
    _row("divmod", 2, tuple(f"{char}{char}->{char}{char}" for char in REAL), nout=2),
    _row(
        "power", 2, binary(NUMBERS), reduce_loops=_same(NUMBERS), source=C99,
        domains=(Interval(0.0, 64.0), Interval(-8.0, 8.0)),
        special=(
            ("0.0", "0.0", "1.0"), ("nan", "0.0", "1.0"), ("1.0", "nan", "1.0"), ("-1.0", "inf", "1.0"),
            ("-0.0", "-1.0", "-inf"), ("-0.0", "-2.0", "inf"), ("-8.0", "0.5", "nan"), ("0.5", "-inf", "inf"),
        ),
        tolerances={
            **_two(1, 0.500, 0.500, "e", nin=2),
            **_two(2, 0.965, 0.500, "f", nin=2),
            **_two(2, 0.632, 0.504, "d", nin=2),
            **normwise(8, "cpow of two C libraries: exp(y log x) with a rounded logarithm", _SAME, nin=2),
        },
    ),
    _row("negative", 1, unary(NUMBERS), laws=("odd", "involution"), special=(("0.0", "-0.0"), ("inf", "-inf"))),
    _row("positive", 1, unary(NUMBERS), laws=("odd", "idempotent", "monotone"), special=(("-0.0", "-0.0"),)),
    _row(
        "absolute", 1, (*unary("?" + REAL), "F->f", "D->d"), laws=("even",),
        special=(("-0.0", "0.0"), ("-inf", "inf")), tolerances=dict.fromkeys(("F->f", "D->d"), _HYPOT),
    ),
    _row("fabs", 1, unary(FLOATS), laws=("even", "idempotent"), special=(("-0.0", "0.0"), ("-inf", "inf"))),
    _row(
        "sign", 1, unary(NUMBERS), laws=("idempotent", "monotone"), special=(("nan", "nan"), ("-inf", "-1.0")),
        source="NumPy",
        tolerances=normwise(2, "z / |z| with the modulus rounded first", _SAME),
    ),
    _row(
        "reciprocal", 1, unary(NUMBERS), laws=("odd",), special=(("0.0", "inf"), ("-0.0", "-inf"), ("-inf", "-0.0")),
        tolerances=normwise(4, _SMITH, _SAME),
    ),
    _row(
        "square", 1, unary(NUMBERS), laws=("even",), special=(("-0.0", "0.0"), ("-inf", "inf")),
        tolerances=normwise(4, "as multiply", _SAME),
    ),
)  # fmt: skip

TRANSCENDENTAL = (
    _row(
        "sqrt", 1, unary(FLOATS + COMPLEXES), domains=(Interval(0.0, 1e6),), laws=("monotone",),
        special=(("-0.0", "-0.0"), ("-1.0", "nan"), ("inf", "inf")),
        tolerances=normwise(4, "csqrt of two C libraries", "1.414 apart in 1e6 samples; 2.05 and 2.05 from MPFR"),
    ),
    _row(
        "exp", 1, unary(FLOATS + COMPLEXES), domains=(Interval(-104.0, 89.0),), laws=("monotone",), source=C99,
        special=(("0.0", "1.0"), ("-0.0", "1.0"), ("-inf", "0.0"), ("inf", "inf"), ("nan", "nan")),
        tolerances={
            **_two(1, 0.500, 0.500, "e"), **_two(4, 2.5408, 0.500, "f", exhaustive=True), **_two(2, 0.664, 0.502, "d"),
            **_complex(5, 4, 1.87, 1.86),
        },
    ),
    _row(
        "log", 1, unary(FLOATS + COMPLEXES), domains=(Interval(0.0, 1e6),), laws=("monotone",), source=C99,
        special=(("0.0", "-inf"), ("-0.0", "-inf"), ("1.0", "0.0"), ("-1.0", "nan"), ("inf", "inf")),
        tolerances={
            **_two(1, 0.500, 0.500, "e"), **_two(5, 3.8318, 0.500, "f", exhaustive=True), **_two(2, 0.595, 0.506, "d"),
            **_complex(5, 4, 2.31, 2.05),
        },
    ),
    _row(
        "sin", 1, unary(FLOATS + COMPLEXES), domains=(Interval(-16.0, 16.0),), laws=("odd",), source=C99,
        special=(("0.0", "0.0"), ("-0.0", "-0.0"), ("inf", "nan"), ("nan", "nan")),
        tolerances={
            **_two(1, 0.500, 0.500, "e"), **_two(2, 1.29, 0.500, "f"), **_two(2, 0.506, 0.506, "d"),
            **_complex(5, 4, 2.46, 2.37),
        },
    ),
    _row(
        "cos", 1, unary(FLOATS + COMPLEXES), domains=(Interval(-16.0, 16.0),), laws=("even",), source=C99,
        special=(("0.0", "1.0"), ("-0.0", "1.0"), ("inf", "nan"), ("nan", "nan")),
        tolerances={
            **_two(1, 0.500, 0.500, "e"), **_two(2, 1.06, 0.500, "f"), **_two(2, 0.514, 0.514, "d"),
            **_complex(5, 4, 2.37, 2.43),
        },
    ),
)  # fmt: skip

_ROUNDED: tuple[Law, ...] = ("idempotent", "monotone")
ROUNDING = (
    _row("floor", 1, unary("?" + REAL), laws=_ROUNDED, special=(("-0.0", "-0.0"), ("-0.5", "-1.0"), ("0.5", "0.0"))),
    _row("ceil", 1, unary("?" + REAL), laws=_ROUNDED, special=(("-0.5", "-0.0"), ("0.5", "1.0"), ("-inf", "-inf"))),
    _row("trunc", 1, unary("?" + REAL), laws=("odd", *_ROUNDED), special=(("-0.5", "-0.0"), ("-1.5", "-1.0"))),
    _row(
        "rint", 1, unary(FLOATS + COMPLEXES), laws=("odd", *_ROUNDED),
        special=(("0.5", "0.0"), ("1.5", "2.0"), ("2.5", "2.0"), ("-0.5", "-0.0")),
    ),
)  # fmt: skip

EXTREMA = tuple(
    _row(name, 2, binary(ALL), identity=REORDERABLE, reduce_loops=_same(ALL), source="NumPy", special=special)
    for name, special in (
        ("maximum", (("nan", "1.0", "nan"), ("1.0", "nan", "nan"), ("-inf", "inf", "inf"))),
        ("minimum", (("nan", "1.0", "nan"), ("1.0", "nan", "nan"), ("-inf", "inf", "-inf"))),
        ("fmax", (("nan", "1.0", "1.0"), ("1.0", "nan", "1.0"), ("nan", "nan", "nan"))),
        ("fmin", (("nan", "1.0", "1.0"), ("1.0", "nan", "1.0"), ("nan", "nan", "nan"))),
    )
)

COMPARISONS = tuple(
    _row(
        name,
        2,
        COMPARED,
        reduce_loops=("?->?",),
        special=special,
        laws=("commutative",) if name in ("equal", "not_equal") else (),
    )
    for name, special in (
        ("equal", (("0.0", "-0.0", "True"), ("nan", "nan", "False"))),
        ("not_equal", (("0.0", "-0.0", "False"), ("nan", "nan", "True"))),
        ("less", (("-0.0", "0.0", "False"), ("nan", "1.0", "False"))),
        ("less_equal", (("-0.0", "0.0", "True"), ("nan", "1.0", "False"))),
        ("greater", (("0.0", "-0.0", "False"), ("nan", "1.0", "False"))),
        ("greater_equal", (("0.0", "-0.0", "True"), ("1.0", "nan", "False"))),
    )
)

LOGICAL = (
    *(
        _row(
            name, 2, binary(ALL, "?"), identity=identity, reduce_loops=unary(ALL, "?"), laws=("commutative",),
            special=special, source="NumPy",
        )
        for name, identity, special in (
            ("logical_and", Identity(True, reorderable=True), (("nan", "1.0", "True"), ("-0.0", "1.0", "False"))),
            ("logical_or", Identity(False, reorderable=True), (("nan", "0.0", "True"), ("-0.0", "0.0", "False"))),
            ("logical_xor", Identity(False, reorderable=True), (("nan", "0.0", "True"), ("nan", "1.0", "False"))),
        )
    ),
    _row("logical_not", 1, unary(ALL, "?"), special=(("nan", "False"), ("-0.0", "True")), source="NumPy"),
)  # fmt: skip

BITS = (
    *(
        _row(
            name,
            2,
            binary("?" + INTEGERS),
            identity=identity,
            reduce_loops=_same("?" + INTEGERS),
            laws=("commutative",),
        )
        for name, identity in (
            ("bitwise_and", Identity(-1, reorderable=True)),
            ("bitwise_or", ZERO_REORDERABLE),
            ("bitwise_xor", ZERO_REORDERABLE),
        )
    ),
    _row("invert", 1, unary("?" + INTEGERS), laws=("involution",)),
    _row("left_shift", 2, binary(INTEGERS), reduce_loops=_same(INTEGERS)),
    _row("right_shift", 2, binary(INTEGERS), reduce_loops=_same(INTEGERS)),
)

CLASSES = (
    _row("isnan", 1, unary(ALL, "?"), special=(("nan", "True"), ("inf", "False"))),
    _row("isinf", 1, unary(ALL, "?"), special=(("-inf", "True"), ("nan", "False"))),
    _row("isfinite", 1, unary(ALL, "?"), special=(("inf", "False"), ("nan", "False"), ("-0.0", "True"))),
    _row("signbit", 1, unary(FLOATS, "?"), special=(("-0.0", "True"), ("0.0", "False"), ("-inf", "True"))),
    _row(
        "copysign",
        2,
        binary(FLOATS),
        reduce_loops=_same(FLOATS),
        special=(("1.0", "-0.0", "-1.0"), ("-0.0", "1.0", "0.0")),
    ),
)

ROWS: tuple[Operation, ...] = (
    *ARITHMETIC, *TRANSCENDENTAL, *ROUNDING, *EXTREMA, *COMPARISONS, *LOGICAL, *BITS, *CLASSES,
)  # fmt: skip
