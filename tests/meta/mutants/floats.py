"""Zeros, NaN, infinities, subnormal numbers, and the last bit of floats."""

from typing import Any

import numpy as np

from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Operation

from .breaking import Broken, Kernel, Mutant, after, filled, given, instead, moved, moved_normwise, of, plain


def _negative_zeros(result: np.ndarray, *_inputs: Any) -> Any:
    return (result == 0) & np.signbit(result) if result.dtype.kind == "f" else np.False_


def _positive_zeros(result: np.ndarray, *_inputs: Any) -> Any:
    return (result == 0) & ~np.signbit(result) if result.dtype.kind == "f" else np.False_


def _of_negative_zeros(result: np.ndarray, _x: Any, y: Any) -> None:
    np.copyto(result, np.abs(result), where=np.equal(y, 0))


def _subnormal(result: np.ndarray, *_inputs: Any) -> Any:
    return np.abs(result) < np.finfo(result.dtype).tiny if result.dtype.kind == "f" else np.False_


def _any_nan(_result: np.ndarray, *inputs: Any) -> Any:
    return np.logical_or(*(np.isnan(x) for x in inputs))


def _subnormal_inputs_flushed(*inputs: Any) -> list[Any]:
    return [
        np.where(np.abs(x) < np.finfo(x.dtype).tiny, x.dtype.type(0), x)[()]
        if isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f"
        else x
        for x in inputs
    ]


def _twice_rounded(kernel: Kernel, *inputs: Any) -> Any:
    """To 13 bits, then to the 11 of float16: a tie of the second rounding that is none hides in the first."""
    exact = np.array(kernel(*(np.asarray(x, np.float64) for x in inputs)))
    mantissa, exponent = np.frexp(exact)
    return np.ldexp(np.rint(mantissa * 2.0**13) / 2.0**13, exponent).astype(np.float16)[()]


def _through_double(kernel: Kernel, *inputs: Any) -> Any:
    return np.asarray(kernel(*(np.asarray(x, np.float64) for x in inputs))).astype(np.float64)[()]


def _truncated_through_int64(_kernel: Kernel, x: Any) -> Any:
    return np.floor(x).astype(np.int64).astype(np.asarray(x).dtype)[()]


def _half_up(_kernel: Kernel, x: Any) -> Any:
    return np.floor(np.asarray(x) + np.asarray(x).dtype.type(0.5))[()]


def _half_away(_kernel: Kernel, x: Any) -> Any:
    return np.copysign(np.floor(np.abs(x) + np.asarray(x).dtype.type(0.5)), x)


def _reduced_by_rounded_pi(kernel: Kernel, x: Any) -> Any:
    return kernel(np.fmod(x, np.asarray(2 * np.pi, np.asarray(x).dtype)))


def _root_for_half(kernel: Kernel, x: Any, y: Any) -> Any:
    return np.where(np.equal(y, 0.5), np.sqrt(x), kernel(x, y))[()]


def _by_logarithms(_kernel: Kernel, x: Any, y: Any) -> Any:
    return np.exp(np.multiply(y, np.log(x)))


def _floor_of_quotient(_kernel: Kernel, x: Any, y: Any) -> Any:
    return np.floor(np.divide(x, y))


def _quotient_removed(_kernel: Kernel, x: Any, y: Any) -> Any:
    return np.subtract(x, np.multiply(np.trunc(np.divide(x, y)), y))


def _overflows_early(result: np.ndarray, x: Any) -> Any:
    return np.asarray(x) > 0.998 * np.log(np.finfo(result.dtype).max) if result.dtype.kind == "f" else np.False_


def _largest(result: np.ndarray, *_inputs: Any) -> None:
    if result.dtype.kind == "f":
        np.clip(result, -np.finfo(result.dtype).max, np.finfo(result.dtype).max, out=result)


def _beyond_the_limit(row: Operation) -> list[Mutant]:
    """One representation further off than the catalogue allows, in each loop with a limit."""
    mutants = []
    for loop, tolerance in row.tolerances.items():
        if isinstance(tolerance.limit, str):
            continue
        ulps = int(tolerance.limit) + 1
        normwise = tolerance.rule == "ulp_normwise" and loop[-1] in "FD"
        call: Broken = moved_normwise(ulps) if normwise else moved(ulps)
        mutants.append(Mutant(row.name, f"is {ulps} ulp off in {loop}", "value", of(loop[0], call)))
    return mutants


MUTANTS = (
    Mutant("add", "of two negative zeros is a positive zero", "zero", filled(0.0, _negative_zeros)),
    Mutant("subtract", "of equal numbers is a negative zero", "zero", filled(-0.0, _positive_zeros)),
    Mutant("divide", "loses the sign of a zero", "zero", filled(0.0, _negative_zeros)),
    Mutant("floor", "of negative zero is a positive zero", "zero", filled(0.0, _negative_zeros)),
    Mutant("rint", "of -0.5 is a positive zero", "zero", filled(0.0, _negative_zeros)),
    Mutant("sqrt", "of negative zero is a positive zero", "zero", filled(0.0, _negative_zeros)),
    Mutant("sin", "of negative zero is a positive zero", "zero", filled(0.0, _negative_zeros)),
    Mutant("fmod", "gives a zero the sign of the divisor", "zero", after(
        lambda result, _x, y: np.copyto(result, np.copysign(result, np.real(y)), where=result == 0, casting="unsafe")
        if result.dtype.kind == "f" else None
    )),
    Mutant("remainder", "gives a zero no sign", "zero", filled(0.0, _negative_zeros)),
    Mutant("copysign", "takes negative zero for positive", "value", of("efd", after(_of_negative_zeros))),
    Mutant("minimum", "drops a NaN on one side", "nan", instead(np.fmin)),
    Mutant("fmax", "propagates a NaN on one side", "nan", instead(np.maximum)),
    Mutant("fmin", "propagates a NaN on one side", "nan", of("efd", filled(np.nan, _any_nan))),
    Mutant("maximum.reduce", "drops NaN", "nan", instead(np.fmax.reduce)),
    Mutant("equal", "finds NaN equal to NaN", "value", of("efd", filled(
        True, lambda _result, x, y: np.logical_and(np.isnan(x), np.isnan(y))
    ))),
    Mutant("less_equal", "is the negation of greater", "value", of("efd", plain(
        lambda _kernel, x, y: np.logical_not(np.greater(x, y))
    ))),
    Mutant("not_equal", "is false where one side is NaN", "value", of("efd", filled(False, _any_nan))),
    Mutant("logical_and", "finds NaN false", "value", of("efd", filled(False, _any_nan))),
    Mutant("logical_or", "finds what truncates to zero false", "value", of("efd", plain(
        lambda kernel, x, y: kernel(np.trunc(x), np.trunc(y))
    ))),
    Mutant("sign", "of NaN is zero", "nan", filled(
        0, lambda result, *_inputs: np.isnan(result) if result.dtype.kind == "f" else np.False_
    )),
    Mutant("signbit", "compares with zero", "value", instead(lambda x, **keywords: np.less(x, 0, **keywords))),
    Mutant("isfinite", "is true for infinities of float16", "value", of("e", filled(
        True, lambda _result, x: np.isinf(x)
    ))),
    Mutant("isinf", "is false for negative infinity", "value", filled(False, lambda _result, x: np.equal(x, -np.inf))),
    Mutant("add", "is one ulp off in float64", "value", of("d", moved(1))),
    Mutant("sqrt", "is one ulp off in float32", "value", of("f", moved(-1))),
    Mutant("divide", "is one ulp off in float64", "value", of("d", moved(-1))),
    Mutant("multiply", "is one ulp off in float32", "value", of("f", moved(1))),
    Mutant("subtract", "is one ulp off in float16", "value", of("e", moved(1))),
    Mutant("square", "is one ulp off in float32", "value", of("f", moved(-1))),
    Mutant("reciprocal", "is one ulp off in float64", "value", of("d", moved(1))),
    Mutant("add", "is rounded twice in float16", "value", of("e", plain(_twice_rounded))),
    Mutant("divide", "flushes subnormal results", "zero", filled(0, _subnormal)),
    Mutant("multiply", "flushes subnormal operands", "zero", given(_subnormal_inputs_flushed)),
    Mutant("positive", "flushes subnormal numbers", "zero", filled(0, _subnormal)),
    Mutant("log", "flushes subnormal operands", "nan", given(_subnormal_inputs_flushed)),
    Mutant("multiply", "stops at the largest finite number", "infinity", after(_largest)),
    Mutant("exp", "overflows too early", "infinity", filled(np.inf, _overflows_early)),
    Mutant("sin", "reduces by a rounded pi", "value", of("d", plain(_reduced_by_rounded_pi))),
    Mutant("cos", "reduces by a rounded pi", "value", of("f", plain(_reduced_by_rounded_pi))),
    Mutant("power", "takes the root for an exponent of one half", "nan", of("d", plain(_root_for_half))),
    Mutant("power", "is exp of y log x", "nan", of("d", plain(_by_logarithms))),
    Mutant("floor_divide", "is floor of the quotient", "value", of("efd", plain(_floor_of_quotient))),
    Mutant("fmod", "subtracts the rounded quotient", "nan", of("efd", plain(_quotient_removed))),
    Mutant("rint", "rounds halves up", "zero", of("efd", plain(_half_up))),
    Mutant("rint", "rounds halves away from zero", "value", of("efd", plain(_half_away))),
    Mutant("floor", "goes through int64", "value", of("efd", plain(_truncated_through_int64))),
    Mutant("ceil", "goes through int32", "value", of("d", plain(
        lambda _kernel, x: np.ceil(np.clip(x, -(2.0**31), 2.0**31 - 1))
    ))),
    Mutant("trunc", "is floor", "zero", instead(np.floor)),
    *(mutant for row in CATALOGUE.values() if row.kind == "ufunc" for mutant in _beyond_the_limit(row)),
)  # fmt: skip
