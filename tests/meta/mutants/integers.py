"""Integers: wraparound, the least integer, division, shifts; and booleans."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .breaking import Broken, Kernel, Mutant, after, filled, instead, of, plain

SIGNED, UNSIGNED = "bhil", "BHIL"
INTEGERS = SIGNED + UNSIGNED


def _saturated(exact: Callable[..., int]) -> Broken:
    """Python's integers do not wrap around; what does not fit becomes the nearest limit."""

    def call(kernel: Kernel, *inputs: Any) -> Any:
        result = kernel(*inputs)
        limits = np.iinfo(result.dtype)
        wide = np.asarray(np.frompyfunc(exact, len(inputs), 1)(*(np.asarray(x).astype(object) for x in inputs)))
        return np.clip(wide, limits.min, limits.max).astype(result.dtype)[()]

    return plain(call)


def _least(result: np.ndarray, x: Any) -> Any:
    return np.equal(x, np.iinfo(result.dtype).min)


def _least_by_minus_one(result: np.ndarray, x: Any, y: Any) -> Any:
    return np.equal(x, np.iinfo(result.dtype).min) & np.equal(y, -1)


def _most(broken_at: Callable[..., Any]) -> Broken:
    """The largest integer instead of the least."""

    def change(result: np.ndarray, *inputs: Any) -> None:
        result[np.broadcast_to(broken_at(result, *inputs), result.shape)] = np.iinfo(result.dtype).max

    return after(change)


def _truncating(_kernel: Kernel, x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.where(np.equal(y, 0), 0, np.floor_divide(np.subtract(x, np.fmod(x, y)), y))[()].astype(
            np.asarray(x).dtype
        )


def _by_zero(_result: np.ndarray, _x: Any, y: Any) -> Any:
    return np.equal(y, 0)


def _dividend_by_zero(result: np.ndarray, x: Any, y: Any) -> None:
    np.copyto(result, x, where=np.equal(y, 0), casting="unsafe")


def _masked_count(kernel: Kernel, x: Any, count: Any) -> Any:
    return kernel(x, np.bitwise_and(count, np.asarray(count).dtype.type(8 * np.asarray(x).itemsize - 1)))


def _by_width_unshifted(result: np.ndarray, x: Any, count: Any) -> None:
    np.copyto(result, x, where=np.equal(count, 8 * result.itemsize), casting="unsafe")


def _through_float64(function: Callable[..., Any]) -> Broken:
    def call(_kernel: Kernel, x: Any, y: Any) -> Any:
        return function(np.asarray(x, np.float64), np.asarray(y, np.float64))

    return plain(call)


def _power_through_float64(_kernel: Kernel, x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.power(np.asarray(x, np.float64), np.asarray(y, np.float64)).astype(np.asarray(x).dtype)[()]


def _swapped_results(kernel: Kernel, *inputs: Any) -> Any:
    return kernel(*inputs)[::-1]


def _remainder_of_dividend(kernel: Kernel, x: Any, y: Any) -> Any:
    return kernel(x, y)[0], np.fmod(x, y)


MUTANTS = (
    Mutant("add", "saturates in int16", "value", of("h", _saturated(lambda x, y: x + y))),
    Mutant("add", "saturates in uint64", "value", of("L", _saturated(lambda x, y: x + y))),
    Mutant("subtract", "saturates in uint8", "value", of("B", _saturated(lambda x, y: x - y))),
    Mutant("subtract", "saturates in int32", "value", of("i", _saturated(lambda x, y: x - y))),
    Mutant("multiply", "saturates in int64", "value", of("l", _saturated(lambda x, y: x * y))),
    Mutant("multiply", "saturates in uint32", "value", of("I", _saturated(lambda x, y: x * y))),
    Mutant("square", "saturates in uint16", "value", of("H", _saturated(lambda x: x * x))),
    Mutant("negative", "of the least int64 is the largest", "value", of("l", _most(_least))),
    Mutant("negative", "of unsigned numbers is zero", "value", of(UNSIGNED, filled(0, lambda _result, x: np.greater(x, 0)))),
    Mutant("absolute", "of the least int8 is the largest", "value", of("b", _most(_least))),
    Mutant("sign", "of unsigned numbers compares them as signed", "value", of("L", filled(
        -1 % 2**64, lambda _result, x: np.greater(x, 2**63 - 1)
    ))),
    Mutant("floor_divide", "of the least integer by -1 is the largest", "value", of(SIGNED, _most(_least_by_minus_one))),
    Mutant("floor_divide", "truncates integers towards zero", "value", of(SIGNED, plain(_truncating))),
    Mutant("floor_divide", "by the integer zero is not zero", "value", of(INTEGERS, filled(1, _by_zero))),
    Mutant("remainder", "by the integer zero is the dividend", "value", of(INTEGERS, after(_dividend_by_zero))),
    Mutant("remainder", "of integers has the sign of the dividend", "value", of(SIGNED, instead(np.fmod))),
    Mutant("fmod", "of integers has the sign of the divisor", "value", of(SIGNED, instead(np.remainder))),
    Mutant("divmod", "swaps quotient and remainder", "value", plain(_swapped_results)),
    Mutant("divmod", "has a remainder with the sign of the dividend", "value", of(SIGNED, plain(_remainder_of_dividend))),
    Mutant("power", "of uint64 goes through float64", "value", of("L", plain(_power_through_float64))),
    Mutant("reciprocal", "of integers rounds one half up", "value", of(INTEGERS, filled(
        1, lambda _result, x: np.equal(x, 2)
    ))),
    Mutant("left_shift", "takes its count modulo the width", "value", of(INTEGERS, plain(_masked_count))),
    Mutant("left_shift", "by the width itself leaves the number", "value", of(INTEGERS, after(_by_width_unshifted))),
    Mutant("right_shift", "takes its count modulo the width", "value", of(INTEGERS, plain(_masked_count))),
    Mutant("right_shift", "of a negative number by the width gives zero", "value", of(SIGNED, filled(
        0, lambda result, _x, count: np.equal(count, 8 * result.itemsize)
    ))),
    Mutant("less", "compares int64 through float64", "value", of("l", _through_float64(np.less))),
    Mutant("greater", "compares uint64 through float64", "value", of("L", _through_float64(np.greater))),
    Mutant("equal", "compares int64 with uint64 through float64", "value", of("lL", _through_float64(np.equal))),
    Mutant("maximum", "of uint64 compares as int64", "value", of("L", plain(
        lambda _kernel, x, y: np.maximum(x.view(np.int64), y.view(np.int64)).view(np.uint64)
    ))),
    Mutant("logical_xor", "is logical_or", "value", instead(np.logical_or)),
    Mutant("logical_not", "looks at the lowest byte alone", "value", of("hil", plain(
        lambda kernel, x: kernel(np.bitwise_and(x, 255))
    ))),
    Mutant("bitwise_xor", "of booleans is their disjunction", "value", of("?", instead(np.logical_or))),
    Mutant("bitwise_and", "of booleans is their equality", "value", of("?", instead(np.equal))),
    Mutant("invert", "of booleans is true, as that of any byte but 255", "value", of("?", filled(
        True, lambda _result, _x: True
    ))),
    Mutant("isnan", "is true for the least int32", "value", of("i", filled(
        True, lambda _result, x: np.equal(x, np.iinfo(np.int32).min)
    ))),
)  # fmt: skip
