"""Error bounds of reductions about the exact result; docs/tolerance.md has the derivations.

u = 2^-p is the unit roundoff of the format that the algorithm accumulates in, h the depth of additions that it claims.
A bound is what accumulation may cost, and half an ulp of the result's format for the last rounding.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import expm1
from typing import NamedTuple

from parity.compare.classes import coarser
from parity.compare.exact import as_float, overflow_threshold, root, shifted, smallest, ulp
from parity.compare.finding import LARGEST
from parity.documents.elements import FloatFormat
from parity.ops.row import Depth

ROOT_OF_5 = Fraction(2236068, 10**6)
"""From above."""


class Claim(NamedTuple):
    """What an algorithm claims: the format that it accumulates in, the result's, the depth of its additions.

    reach: the format in which partial results may overflow; NumPy's may be narrower than what is claimed.
    recast: the cast to the accumulator's type rounded some input; who adds the inputs as they are is right too.
    """

    form: FloatFormat
    result: FloatFormat
    depth: Depth
    reach: FloatFormat
    recast: bool = False

    @property
    def last(self) -> FloatFormat:
        """The format of the last rounding."""
        return coarser(self.form, self.result)


class Bound(NamedTuple):
    """The exact result, how far below and above it a computed one may be, and the condition number.

    overflow: signs of the infinities that some order of the operations may run into.
    """

    exact: Fraction
    below: Fraction
    above: Fraction
    condition: float | None
    overflow: frozenset[int]

    def share(self, value: float) -> float:
        """The error of a finite value as a share of the bound; at most 1 is within."""
        error = Fraction(value) - self.exact
        return _share(abs(error), self.above if error > 0 else self.below)


class ComplexBound(NamedTuple):
    """The same for a complex product: a disc. A product has no condition number worth telling."""

    exact: tuple[Fraction, Fraction]
    radius: Fraction
    condition: float | None = None

    def share(self, real: float, imaginary: float) -> float:
        """The modulus of the error of a finite value as a share of the bound."""
        squares = (Fraction(real) - self.exact[0]) ** 2 + (Fraction(imaginary) - self.exact[1]) ** 2
        return _share(root(squares), self.radius)


class Moments(NamedTuple):
    """Exact sums over n real terms: of the terms, of their magnitudes, of their squares."""

    n: int
    total: Fraction
    magnitude: Fraction
    squares: Fraction = Fraction(0)


class Product(NamedTuple):
    """The exact product of n terms: one part, or real and imaginary part.

    growth: log2 of the product of all magnitudes above 1, the most that a real partial product can reach.
    """

    n: int
    parts: tuple[Fraction, ...]
    growth: float


def depth_of(n: int, claimed: Depth) -> int:
    """How many additions a term goes through at most, of n >= 2 terms.

    Sequential: n - 1. Pairwise with blocks of 128 in 8 lanes: at most 16 + 3 additions in a block, and one for each
    doubling beyond; 24 leaves room for the tail of a block and for `initial`.
    """
    if claimed == "sequential":
        return max(1, n - 1)
    if n <= 128:
        return max(1, min(n - 1, 24))
    return 24 + ((n - 1) >> 7).bit_length()


def gamma(k: int, form: FloatFormat) -> Fraction:
    """gamma_k = ku / (1 - ku) of Higham's Lemma 3.1, as long as ku <= 1/2.

    Beyond (float16 and more than 1,024 steps) it blows up at ku = 1 and is negative after; there (1 + u)^k - 1 <=
    exp(ku) - 1 holds, because none of these algorithms divides by a rounding.
    """
    units = 1 << form.precision
    if 2 * k <= units:
        return Fraction(k, units - k)
    return Fraction(expm1(min(k / units, 700.0))) * (1 + shifted(1, -40))


def sum_bound(terms: Moments, claim: Claim) -> Bound:
    """|computed - s| <= gamma_h sum|x| + ulp(s)/2 (Higham, Accuracy and Stability, 2nd ed., section 4.2).

    One term has to come out as it is, two have to be added correctly rounded.
    """
    n, total, magnitude = terms[:3]
    steps = depth_of(n, claim.depth) + claim.recast
    spread = gamma(steps, claim.form) * magnitude
    bare = n <= 2 and claim.last == claim.form and not claim.recast
    width = _correctly_rounded(n, total, claim) if bare else spread + _half_ulp(abs(total) + spread, claim)
    reached = _overflow_of_sum(terms, steps, claim) | _overflow_of_result(total, width, claim)
    return Bound(total, width, width, _condition(magnitude, abs(total)), reached)


def mean_bound(terms: Moments, claim: Claim) -> Bound:
    """|computed - m| <= gamma_(h+1) sum|x| / n + ulp(m)/2: the division is one more rounding."""
    n, total, magnitude = terms[:3]
    exact = total / n
    steps = depth_of(n, claim.depth) + claim.recast
    spread = Fraction(0) if n == 1 else gamma(steps + 1, claim.form) * magnitude / n
    bare = n == 1 and claim.last == claim.form
    width = Fraction(0) if bare else spread + _half_ulp(abs(exact) + spread, claim)
    reached = _overflow_of_sum(terms, steps, claim) | _overflow_of_result(exact, width, claim)
    return Bound(exact, width, width, _condition(magnitude, abs(total)), reached)


def prod_bound(terms: Product, claim: Claim) -> Bound:
    """|computed - p| <= gamma_(n-1) |p| + (n - 1) eta/2, eta the smallest subnormal number (Higham, section 3.1).

    eta/2 is what one multiplication loses to underflow; that later factors may enlarge it is not allowed for.
    """
    n, product = terms.n, terms.parts[0]
    steps = n - 1 + (n if claim.recast else 0)
    spread = gamma(steps, claim.form) * abs(product) + (n - 1) * smallest(claim.form) / 2
    if claim.last != claim.form:
        width = spread + _half_ulp(abs(product) + spread, claim)
    else:
        width = _correctly_rounded(n, product, claim) if n <= 2 and not claim.recast else spread
    sign = _sign(product)
    # A hundredth of a binade of slack, for the roundings of the partial products and of the logarithms.
    reached = frozenset({sign} if sign and terms.growth >= claim.reach.e_max + 1 - 0.01 else ())
    return Bound(product, width, width, None, reached | _overflow_of_result(product, width, claim))


def complex_prod_bound(terms: Product, claim: Claim) -> ComplexBound:
    """Normwise, because each complex multiplication has a relative error below sqrt(5) u in the modulus.

    Brent, Percival, Zimmermann, Math. Comp. 76 (2007), 1469-1481. To underflow it loses at most 2 eta.
    """
    n, product = terms.n, (terms.parts[0], terms.parts[1])
    modulus = root(product[0] ** 2 + product[1] ** 2) * (1 + shifted(1, -100))
    steps = n - 1 + (n if claim.recast else 0)
    # gamma of ceil(sqrt(5) k) steps is an upper bound of the same with sqrt(5) u for u.
    spread = gamma(-int(-ROOT_OF_5 * steps // 1), claim.form) * modulus + 2 * (n - 1) * smallest(claim.form)
    rounding = 2 * _half_ulp(modulus + spread, claim) if claim.last != claim.form else Fraction(0)
    return ComplexBound(product, spread + rounding)


def var_bound(columns: Sequence[Moments], ddof: Fraction, claim: Claim) -> Bound | None:
    """|computed - v| <= gamma_(h+4) v + (1 + gamma_(h+4)) n/(n - ddof) e^2 + ulp(v)/2, e = gamma_(h+1) mean|x|.

    Two passes: e bounds the error of the mean, and the mean's error enters squared (Chan, Golub, LeVeque, The American
    Statistician 37 (1983), 242-247). columns: one for real terms, two for the parts of complex ones, which are added:
    one more rounding. None where n - ddof is not positive.
    """
    variance = _variance(columns, ddof, claim)
    if variance is None:
        return None
    exact, spread, condition, reached = variance
    width = spread + _half_ulp(exact + spread, claim)
    return Bound(exact, width, width, condition, reached | _overflow_of_result(exact, width, claim))


def std_bound(columns: Sequence[Moments], ddof: Fraction, claim: Claim) -> Bound | None:
    """The roots of the ends of var's bound, and the rounding of the root."""
    variance = _variance(columns, ddof, claim)
    if variance is None:
        return None
    square, spread, condition, reached = variance
    exact, high, low = root(square), root(square + spread), root(max(Fraction(0), square - spread))
    rounding = _half_ulp(high, claim) + (gamma(1, claim.form) * high if claim.last != claim.form else 0)
    # root() cuts at 200 bits, which the last rounding dwarfs.
    reached |= _overflow_of_result(exact, high - exact + rounding, claim)
    return Bound(exact, exact - low + rounding, high - exact + rounding, condition, reached)


def _variance(
    columns: Sequence[Moments], ddof: Fraction, claim: Claim
) -> tuple[Fraction, Fraction, float | None, frozenset[int]] | None:
    n = columns[0].n
    if n - ddof <= 0:
        return None
    deviations = sum((column.squares - column.total**2 / n for column in columns), Fraction(0))
    exact = deviations / (n - ddof)
    if n == 1:
        return exact, Fraction(0), None, frozenset()
    steps = depth_of(n, claim.depth) + claim.recast
    eta = smallest(claim.form)
    relative = gamma(steps + 3 + len(columns), claim.form)
    means = [gamma(steps + 1, claim.form) * column.magnitude / n + eta / 2 for column in columns]
    lost = sum((mean**2 for mean in means), Fraction(0)) + len(columns) * eta / 2
    spread = relative * exact + (1 + relative) * lost * n / (n - ddof) + eta / 2
    threshold = overflow_threshold(claim.reach)
    overflowing = deviations * (1 + relative) >= threshold or any(
        _overflow_of_sum(column, steps, claim) for column in columns
    )
    squares = sum((column.squares for column in columns), Fraction(0))
    condition = as_float(root(squares / deviations)) if deviations else None
    return exact, spread, condition, frozenset({1} if overflowing else ())


def _correctly_rounded(n: int, exact: Fraction, claim: Claim) -> Fraction:
    return ulp(exact, claim.last) / 2 if n == 2 else Fraction(0)


def _half_ulp(magnitude: Fraction, claim: Claim) -> Fraction:
    return ulp(magnitude, claim.last) / 2


def _overflow_of_sum(terms: Moments, steps: int, claim: Claim) -> frozenset[int]:
    """Signs of the infinities that partial sums can reach: all terms of one sign added first is the worst order."""
    threshold = overflow_threshold(claim.reach) / (1 + gamma(steps, claim.form))
    positive, negative = (terms.magnitude + terms.total) / 2, (terms.magnitude - terms.total) / 2
    return frozenset(sign for sign, part in ((1, positive), (-1, negative)) if part >= threshold)


def _overflow_of_result(exact: Fraction, width: Fraction, claim: Claim) -> frozenset[int]:
    return frozenset({_sign(exact)} if exact and abs(exact) + width >= overflow_threshold(claim.last) else ())


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def _condition(magnitude: Fraction, total: Fraction) -> float | None:
    return as_float(magnitude / total) if total else None


def _share(error: Fraction, width: Fraction) -> float:
    if not error:
        return 0.0
    return as_float(error / width) if width else LARGEST
