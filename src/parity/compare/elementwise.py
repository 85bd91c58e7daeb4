"""One result of an elementwise loop, or of anything whose bits are exact, against the oracle's."""

import numpy as np

from parity.calling import Value
from parity.compare import distance
from parity.compare.classes import Differences, class_fault, coarser, element_of, float_differences, form_of
from parity.compare.finding import Finding, finite
from parity.documents.elements import Element, FloatFormat
from parity.ops.row import Tolerance

NAN_SIGN_COUNTS = frozenset({"negative", "positive", "absolute", "fabs", "copysign"})
"""Operations that IEEE 754-2019 section 5.5.1 defines on the sign bit, NaN's too.

NumPy 2.4 gives the same sign for each layout and length (checked: 1 to 130 elements; contiguous, strided, reversed,
unaligned, byte-swapped, in place).
"""


def compare_elements(
    op: str, expected: Value, actual: Value, loop_char: str | None, tolerance: Tolerance | None
) -> Finding:
    """Compare two results of equal dtype and shape whose bytes differ.

    loop_char: element type that the loop computed in; the result may be wider (`out=`), and then an ulp is one of the
    loop's, because the digits beyond are no result of it.
    """
    element = element_of(expected)
    if element is None or element.kind not in "fc":
        return _exact_integers(expected, actual, element)
    nan_sign = element.kind == "f" and op.partition(".")[0] in NAN_SIGN_COUNTS
    differences = float_differences(expected, actual, element, nan_sign=nan_sign)
    if not len(differences.places):
        return Finding()
    fault = class_fault(differences, exact=tolerance is None)
    if fault:
        return Finding(fault.failed, fault.place, ulp=None, differing=differences.elements())
    return _distances(expected, element, loop_char, differences, tolerance)


def _exact_integers(expected: Value, actual: Value, element: Element | None) -> Finding:
    """Integers and booleans; and types that the catalogue does not have, of which only the bytes are compared."""
    if element is None:
        return Finding("value", None, ulp=None, differing=1)
    first, second = (np.frombuffer(value.data, f"<{element.kind}{element.size}") for value in (expected, actual))
    if element.kind == "b":  # a byte other than 0 and 1 is a wrong boolean, although NumPy takes it for true
        first, second = first.view(np.uint8), second.view(np.uint8)
    places = np.flatnonzero(first != second)
    steps = distance.integers(first[places], second[places])
    return Finding("value", int(places[0]), None, None, int(steps.max()), differing=len(places))


def _distances(
    expected: Value, element: Element, loop_char: str | None, differences: Differences, tolerance: Tolerance | None
) -> Finding:
    form = _form(element, loop_char)
    with np.errstate(all="ignore"):
        errors = distance.in_ulp(differences.expected, differences.actual, form)
    steps = distance.representations(differences.expected_bits, differences.actual_bits)
    normwise = None
    if tolerance is None:
        beyond = np.ones(len(errors), bool)
    elif tolerance.rule == "ulp_normwise" and differences.parts == 2:
        by_component = _normwise(expected, element, differences, form)
        normwise, beyond = finite(by_component.max()), by_component > float(tolerance.limit)
    else:
        beyond = errors > float(tolerance.limit)
    place = int(differences.places[np.argmax(beyond)]) // differences.parts if beyond.any() else None
    return Finding(
        None if place is None else "value",
        place,
        finite(errors.max()),
        normwise,
        int(steps.max()),
        differing=differences.elements(),
    )


def _form(element: Element, loop_char: str | None) -> FloatFormat:
    form = form_of(element.char)
    assert form is not None
    computed = form_of(loop_char) if loop_char else None
    return coarser(form, computed) if computed else form


def _normwise(expected: Value, element: Element, differences: Differences, form: FloatFormat) -> np.ndarray:
    """Normwise error of the element to which each differing component belongs; the other component may be equal.

    Where the other component is infinite or NaN (on both sides, or a class had failed) it counts as zero, and the error
    is that of the finite component alone.
    """
    everywhere = np.frombuffer(expected.data, f"<f{element.size // 2}")
    owners, which = np.unique(differences.places // 2, return_inverse=True)
    with np.errstate(all="ignore"):
        right = everywhere.reshape(-1, 2)[owners].astype(np.float64)
        right[~np.isfinite(right)] = 0
        wrong = right.copy()
        wrong[which, differences.places % 2] = differences.actual
        return distance.in_ulp_normwise(right, wrong, form)[which]
