"""Element by element, classes before distances: places of NaN, infinities and their sign, zeros and their sign."""

from typing import NamedTuple

import numpy as np

from parity.calling import Value
from parity.compare.finding import Floats, Unsigned
from parity.documents.elements import BY_CODE, COMPONENT, FLOAT_FORMATS, Element, FloatFormat
from parity.documents.verdict import FailedClass


class Differences(NamedTuple):
    """The components (real and imaginary parts count singly) of two float or complex results whose bits differ.

    places: flat indices of the components, ascending; a NaN against a NaN is not among them unless NaNs count by sign.
    parts: components in an element, 1 or 2. The others are of the components at `places`; the numbers as float64.
    """

    parts: int
    places: Unsigned
    expected: Floats
    actual: Floats
    expected_bits: Unsigned
    actual_bits: Unsigned

    def elements(self) -> int:
        """How many elements differ."""
        return len(self.places) if self.parts == 1 else len(np.unique(self.places // 2))

    def only(self, chosen: Unsigned) -> "Differences":
        """Those at which a boolean array of the same length is true."""
        return Differences(self.parts, *(field[chosen] for field in self[1:]))


class Fault(NamedTuple):
    """A class that failed, and the flat index of the first element that did."""

    failed: FailedClass
    place: int


def element_of(value: Value) -> Element | None:
    """The element type of a result in the machine's order; None for what the catalogue does not have."""
    return BY_CODE.get(value.dtype.replace(">", "<"))


def form_of(char: str) -> FloatFormat | None:
    """The format of a float character, or of a complex one's components; None for the others."""
    return FLOAT_FORMATS.get(COMPONENT.get(char, char))


def coarser(one: FloatFormat, other: FloatFormat) -> FloatFormat:
    """The format with the lower precision: what a value that passed through both can hold."""
    return min(one, other)


def float_differences(expected: Value, actual: Value, element: Element, *, nan_sign: bool) -> Differences:
    """Where two results of one float or complex type differ. nan_sign: the sign of a NaN counts, its payload never."""
    parts = 2 if element.kind == "c" else 1
    size = element.size // parts
    first, second = (np.frombuffer(value.data, f"<u{size}") for value in (expected, actual))
    places = np.flatnonzero(first != second)
    expected_bits, actual_bits = first[places], second[places]
    one, two = (bits.view(f"<f{size}") for bits in (expected_bits, actual_bits))
    both_nan = np.isnan(one) & np.isnan(two)
    if nan_sign:
        both_nan &= np.signbit(one) == np.signbit(two)
    kept = ~both_nan
    with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one, which is of no account here
        wide = one[kept].astype(np.float64), two[kept].astype(np.float64)
    return Differences(parts, places[kept], *wide, expected_bits[kept], actual_bits[kept])


def class_fault(differences: Differences, *, exact: bool) -> Fault | None:
    """The first class that fails among components whose bits differ.

    `infinity` takes in one side infinite and the other finite: an infinity counts no distance. `zero`: both are zeros
    of different sign, or, where bits must be exact, one of them is zero and the other is not. Where a tolerance holds,
    a tiny number against zero is a matter of distance.
    """
    expected, actual = differences.expected, differences.actual
    nan = np.isnan(expected) | np.isnan(actual)
    infinity = np.isinf(expected) | np.isinf(actual)
    zero = (expected == 0) | (actual == 0) if exact else (expected == 0) & (actual == 0)
    for failed, mask in (("nan", nan), ("infinity", infinity & ~nan), ("zero", zero & ~infinity & ~nan)):
        if mask.any():
            return Fault(failed, int(differences.places[np.argmax(mask)]) // differences.parts)  # type: ignore[arg-type]
    return None
