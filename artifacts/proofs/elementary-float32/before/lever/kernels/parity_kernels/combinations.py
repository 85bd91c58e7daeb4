"""Scalars of the folds: how an element is loaded, and how an accumulator and an element are combined."""

from collections.abc import Callable
from typing import Any

from parity_kernels.compiling import jitable
from parity_kernels.memory import COMPUTED, ITEMSIZE, load

Scalar = Callable[..., Any]


@jitable
def plus(left: Any, right: Any) -> Any:
    """The sum."""
    return left + right


@jitable
def times(left: Any, right: Any) -> Any:
    """The product."""
    return left * right


@jitable
def both(left: Any, right: Any) -> Any:
    """Bits that both have."""
    return left & right


@jitable
def either(left: Any, right: Any) -> Any:
    """Bits that either has."""
    return left | right


@jitable
def differ(left: Any, right: Any) -> Any:
    """Bits that only one has."""
    return left ^ right


@jitable
def greater(left: Any, right: Any) -> Any:
    """The larger; of equals, or beside a NaN, the second."""
    return left if left > right else right  # noqa: FURB136 - max() of Numba is no select


@jitable
def less(left: Any, right: Any) -> Any:
    """The smaller; of equals, or beside a NaN, the second."""
    return left if left < right else right  # noqa: FURB136


@jitable
def greater_real(left: Any, right: Any) -> Any:
    """The larger; a NaN stays, and of equals the second is taken, as in NumPy's vectors (zeros of both signs)."""
    return left if left > right or left != left else right  # noqa: PLR0124 - the test for NaN


@jitable
def less_real(left: Any, right: Any) -> Any:
    """The smaller, as `greater_real`."""
    return left if left < right or left != left else right  # noqa: PLR0124 - the test for NaN


@jitable
def greater_complex(left: Any, right: Any) -> Any:
    """NumPy's order: lexicographic, the first NaN in either part wins."""
    if left.real != left.real or left.imag != left.imag:
        return left
    ahead = left.real > right.real and right.imag == right.imag
    return left if ahead or (left.real == right.real and left.imag >= right.imag) else right


@jitable
def less_complex(left: Any, right: Any) -> Any:
    """NumPy's order: lexicographic, the first NaN in either part wins."""
    if left.real != left.real or left.imag != left.imag:
        return left
    ahead = left.real < right.real and right.imag == right.imag
    return left if ahead or (left.real == right.real and left.imag <= right.imag) else right


@jitable
def itself(value: Any) -> Any:
    """The value."""
    return value


@jitable
def nonzero_integer(value: Any) -> Any:
    """Whether a number is not zero."""
    return value != 0


def nonzero_bits_of(char: str) -> Scalar:
    """Whether a float, seen as the unsigned integer ``char``, is neither zero: all bits but the sign."""
    magnitude = COMPUTED[char]((1 << (8 * ITEMSIZE[char] - 1)) - 1)

    @jitable
    def nonzero_bits(value: Any) -> Any:
        return value & magnitude != 0

    return nonzero_bits


def element_loader(char: str, acc: str, prepare: Scalar) -> Scalar:
    """Load element ``index`` at an address and widen it to the accumulator's type."""
    convert = COMPUTED[acc]

    @jitable
    def element(address: int, index: int) -> Any:
        return convert(prepare(load(address, index, char)))

    return element


def narrowed(combine: Scalar, acc: str) -> Scalar:
    """Numba computes small integers in 64 bits; back in their own width the vectors hold more of them."""
    convert = COMPUTED[acc]

    @jitable
    def narrowed(left: Any, right: Any) -> Any:
        return convert(combine(left, right))

    return narrowed
