"""Comparisons and logic on booleans, integers and floats. NaN compares unequal to all, and is true."""

from typing import Any

from parity_kernels.compiling import jitable


@jitable
def equal(x: Any, y: Any) -> Any:
    """X == y; the zeros are equal, and NaN is not equal to itself."""
    return x == y


@jitable
def not_equal(x: Any, y: Any) -> Any:
    """X != y; true for NaN."""
    return x != y


@jitable
def less(x: Any, y: Any) -> Any:
    """X < y; false for NaN."""
    return x < y


@jitable
def less_equal(x: Any, y: Any) -> Any:
    """X <= y; false for NaN."""
    return x <= y


@jitable
def greater(x: Any, y: Any) -> Any:
    """X > y; false for NaN."""
    return x > y


@jitable
def greater_equal(x: Any, y: Any) -> Any:
    """X >= y; false for NaN."""
    return x >= y


@jitable
def logical_and(x: Any, y: Any) -> Any:
    """Both are not zero."""
    return (x != 0) & (y != 0)


@jitable
def logical_or(x: Any, y: Any) -> Any:
    """One of them is not zero."""
    return (x != 0) | (y != 0)


@jitable
def logical_xor(x: Any, y: Any) -> Any:
    """Exactly one of them is not zero."""
    return (x != 0) ^ (y != 0)


@jitable
def logical_not(x: Any) -> Any:
    """It is zero, of either sign."""
    return x == 0
