"""Tolerance rows. What is not here is exact bits.

Elementwise limits are distances from the oracle's result: the oracle's own worst error plus the kernel's, because both
answers are within their error of the exact one. The worst errors of NumPy in float32 are exhaustive (all 2^32 inputs
against MPFR-checked results); the others are measured on the samples named in the row.
"""

from parity.ops.row import Depth, Rule, Tolerance

_SUM_REASON = (
    "NumPy's order of summation depends on layout, axis and CPU; a sum whose additions have depth h is within "
    "gamma_h * sum|x| of the exact one (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 4.2)"
)


def ulp(limit: float, reason: str, worst: str, *chars: str, nin: int = 1) -> dict[str, Tolerance]:
    """Rows `x..->x` of rule ulp, by distance from the oracle's bits."""
    row = Tolerance("ulp", limit, reason, "measured", worst)
    return {f"{char * nin}->{char}": row for char in chars}


def normwise(limit: float, reason: str, worst: str, *, nin: int = 1) -> dict[str, Tolerance]:
    """Rows of the complex loops of an operation."""
    row = Tolerance("ulp_normwise", limit, reason, "measured", worst)
    return {f"{char * nin}->{char}": row for char in "FD"}


def depth_rows(rule: Rule, depth: Depth, loops: tuple[str, ...]) -> dict[str, Tolerance]:
    """Rows of a reduction for those of its loops whose result is a float or complex."""
    reasons: dict[str, str] = {
        "sum": _SUM_REASON,
        "mean": _SUM_REASON + "; the division adds one rounding",
        "prod": "a product of n factors in any order has relative error at most gamma_(n-1) (Higham, section 3.1)",
        "var": "two passes of depth h: relative gamma_(h+4) and the square of the mean's error (Chan, Golub, LeVeque, "
        "The American Statistician 37 (1983), 242-247)",
        "std": "the root of var within its bound, and one rounding",
    }
    row = Tolerance(rule, depth, reasons[rule], "proved", "a bound, not a measurement; the report has each row's worst")
    return {loop: row for loop in loops if loop.partition("->")[2] in "efdFD"}
