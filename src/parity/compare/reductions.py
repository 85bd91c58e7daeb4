"""One result of a summation, or of what is built on it, against the exact result: design section 5.4."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.calling import Value
from parity.compare import distance
from parity.compare.bounds import (
    Bound,
    Claim,
    ComplexBound,
    complex_prod_bound,
    mean_bound,
    prod_bound,
    std_bound,
    sum_bound,
    var_bound,
)
from parity.compare.classes import Differences, class_fault, coarser, element_of, float_differences, form_of
from parity.compare.finding import LARGEST, Finding, Floats, finite
from parity.compare.gather import Reduction, gather
from parity.compare.prefixes import products, sums
from parity.documents.case import Case
from parity.documents.elements import FLOAT_FORMATS, Element
from parity.ops.row import Operation, Tolerance

Answer = Bound | ComplexBound | None
"""What is due for one component of one element; None where the inputs are not finite, or nothing is known."""


def reduction_tolerance(row: Operation, loop: str, method: str, char: str) -> Tolerance | None:
    """The row of a depth rule that holds for a result of this float or complex type; None for bits or ulp.

    A sum of integers into a float `out`, or under a float `dtype`, is a sum of floats although its loop is not.
    """
    if method not in ("", "reduce", "accumulate") or (not method and row.kind == "ufunc"):
        return None
    depths = {name: other for name, other in row.tolerances.items() if isinstance(other.limit, str)}
    return depths.get(loop) or next((other for name, other in depths.items() if name.endswith(f">{char}")), None)


def compare_reduction(
    case: Case, expected: Value, actual: Value, tolerance: Tolerance, pools: Mapping[str, NDArray[Any]]
) -> Finding:
    """Compare two results whose bytes differ: elements with equal bits pass, the others are held against the exact one.

    An infinity on one side only is a class failure, unless some order of the operations overflows: then the oracle's
    infinity may be answered by a finite result within the bound, and the provider's may stand if its sign is right.
    """
    element = element_of(expected)
    assert element is not None
    differences = float_differences(expected, actual, element, nan_sign=False)
    if not len(differences.places):
        return Finding()
    fault = class_fault(differences, exact=False)
    if fault and fault.failed == "nan":
        return Finding("nan", fault.place, ulp=None, differing=differences.elements())
    reduction = gather(case, pools, expected.shape)
    if reduction is None:
        failed, place = fault or ("value", int(differences.places[0]) // differences.parts)
        return Finding(failed, place, ulp=None, differing=differences.elements())
    answers = _answers(case, tolerance, element, reduction, differences)
    return _found(actual, element, differences, answers, _errors(differences, element, reduction))


def _found(actual: Value, element: Element, differences: Differences, answers: list[Answer], errors: Floats) -> Finding:
    everything = np.frombuffer(actual.data, f"<f{element.size // differences.parts}")
    shares = np.zeros(len(answers))
    wrong_infinity = np.zeros(len(answers), bool)
    for number, answer in enumerate(answers):
        place = int(differences.places[number])
        expected, value = float(differences.expected[number]), float(differences.actual[number])
        if np.isinf(value):
            wrong_infinity[number] = not _may_overflow(answer, value)
        elif np.isinf(expected):
            wrong_infinity[number] = not _may_overflow(answer, expected) or _share(answer, value, place, everything) > 1
        else:
            shares[number] = _share(answer, value, place, everything)
    worst = int(np.argmax(shares))
    due = answers[worst]
    measured = Finding(
        None,
        None,
        finite(errors.max(initial=0.0)),
        distance=int(distance.representations(differences.expected_bits, differences.actual_bits).max()),
        bound=finite(shares[worst]),
        condition=due.condition if due else None,
        differing=differences.elements(),
    )
    zeros = (differences.expected == 0) & (differences.actual == 0)
    for failed, mask in (("infinity", wrong_infinity), ("zero", zeros), ("value", shares > 1)):
        if mask.any():
            place = int(differences.places[np.argmax(mask)]) // differences.parts
            if failed == "value":
                return measured._replace(failed="value", place=place)
            return Finding(failed, place, ulp=None, differing=measured.differing)  # type: ignore[arg-type]
    return measured


def _may_overflow(answer: Answer, infinity: float) -> bool:
    return isinstance(answer, Bound) and (1 if infinity > 0 else -1) in answer.overflow


def _share(answer: Answer, value: float, place: int, everything: Floats) -> float:
    if isinstance(answer, ComplexBound):
        real, imaginary = (float(part) for part in everything[place // 2 * 2 : place // 2 * 2 + 2])
        return answer.share(real, imaginary) if np.isfinite(real) and np.isfinite(imaginary) else LARGEST
    return LARGEST if answer is None else answer.share(value)


def _errors(differences: Differences, element: Element, reduction: Reduction) -> Floats:
    """E in ulp of the oracle's result, where both sides are finite."""
    form, computed = form_of(element.char), form_of(reduction.accumulator)
    assert form is not None
    both = differences.only(np.isfinite(differences.expected) & np.isfinite(differences.actual))
    with np.errstate(all="ignore"):
        return distance.in_ulp(both.expected, both.actual, coarser(form, computed) if computed else form)


def _answers(
    case: Case, tolerance: Tolerance, element: Element, reduction: Reduction, differences: Differences
) -> list[Answer]:
    """For each differing component what is due, line by line, so that a line is read once."""
    owners = differences.places // differences.parts
    wanted: dict[int, dict[int, None]] = {}
    for owner in owners:
        line, length = reduction.positions[owner]
        wanted.setdefault(int(line), {})[int(length)] = None
    sequential = case.call.op.endswith(".accumulate")
    known: dict[tuple[int, int], tuple[Answer, ...]] = {}
    for line, lengths in wanted.items():
        claim = _claim(tolerance, element, reduction, line, sequential=sequential)
        found = _due(tolerance.rule, reduction, line, list(lengths), claim) if claim else {}
        known |= {(line, length): answer for length, answer in found.items()}
    answers: list[Answer] = []
    for owner, place in zip(owners, differences.places, strict=True):
        line, length = reduction.positions[owner]
        answer = known.get((int(line), int(length)), (None,))
        answers.append(answer[int(place) % differences.parts % len(answer)])
    return answers


def _claim(
    tolerance: Tolerance, element: Element, reduction: Reduction, line: int, *, sequential: bool
) -> Claim | None:
    form, result = form_of(reduction.accumulator), form_of(element.char)
    if form is None or result is None:
        return None
    if reduction.given_out and tolerance.rule in ("mean", "var", "std"):
        form = coarser(form, result)  # NumPy keeps the intermediate sums in `out`
    # NumPy sums a float16 variance in float16 and overflows; float32 is claimed all the same, as for the mean, because
    # a bound with float16's roundoff would let a wrong variance pass wherever the mean is large.
    halved = tolerance.rule in ("var", "std") and reduction.lines.dtype.char == "e"
    reach = coarser(form, FLOAT_FORMATS["e"]) if halved else form
    assert isinstance(tolerance.limit, str)
    return Claim(form, result, "sequential" if sequential else tolerance.limit, reach, reduction.recast(line))


def _due(rule: str, reduction: Reduction, line: int, lengths: list[int], claim: Claim) -> dict[int, tuple[Answer, ...]]:
    """What is due, by component, for the first terms of a line, by their number; 0 for all of them."""
    terms = reduction.terms(line)
    counts = {length: length or len(terms) for length in lengths}
    parts = [terms.real, terms.imag] if terms.dtype.kind == "c" else [terms]
    columns = [part.astype(np.float64) for part in parts]
    wanted = list(counts.values())
    found: dict[int, tuple[Answer, ...]]
    if rule == "prod":
        bound = complex_prod_bound if len(columns) == 2 else prod_bound
        found = {count: (bound(product, claim),) for count, product in products(columns, wanted).items()}
    elif rule in ("var", "std"):
        moments = [sums(column, wanted, squares=True) for column in columns]
        spread = var_bound if rule == "var" else std_bound
        ddof = Fraction(reduction.ddof)
        both = set(moments[0]).intersection(*moments)
        found = {count: (spread([part[count] for part in moments], ddof, claim),) for count in both}
    else:
        average = mean_bound if rule == "mean" else sum_bound
        parts_of = [sums(column, wanted, squares=False) for column in columns]
        found = {
            count: tuple(average(part[count], claim) if count in part else None for part in parts_of)
            for count in wanted
        }
    return {length: found[count] for length, count in counts.items() if count in found}
