"""The judgement on one case: a line of verdicts.ndjson."""

from typing import Literal, get_args

from parity.documents.model import Document

VerdictName = Literal[
    "exact",
    "within_tolerance",
    "known",
    "diverged",
    "raised_differently",
    "crashed",
    "timed_out",
    "unsupported",
    "unexpected_pass",
]
VERDICTS: tuple[VerdictName, ...] = get_args(VerdictName)
GOOD: tuple[VerdictName, ...] = ("exact", "within_tolerance", "known")
BAD: tuple[VerdictName, ...] = ("diverged", "raised_differently", "crashed", "timed_out", "unexpected_pass")

FailedClass = Literal[
    "outcome",  # one side returned, the other raised, crashed or hung
    "exception",  # both raised, of different types
    "count",  # another number of results
    "dtype",
    "shape",
    "kind",  # scalar, array, or no NumPy type at all
    "nan",  # places of NaN
    "infinity",  # places and signs of infinities
    "zero",  # places and signs of zeros, where the distance alone would not tell
    "value",  # distance beyond the tolerance, or exact bits that differ
    "out",  # `out` not returned, or its memory not as the oracle left it
    "input",  # an argument was changed that is no `out`
]

Arbitration = Literal["provider_wrong", "oracle_wrong", "both_wrong", "both_acceptable", "not_arbitrated"]


class Verdict(Document):
    """One case, judged.

    result: which of several results. index: of the first element at fault in it. expected_bits, actual_bits: that
    element in hexadecimal, most significant digit first (real and imaginary part with a comma between), or the
    exception. ulp: the worst E of design section 5.3 over all elements, null where a class failed, 0 where bits agree.
    distance: the worst distance between representations, in decimal. bound: the worst error as a share of the bound of
    section 5.4. condition: sum|x| / |sum x| beside it. flags: `expected/actual` where floating-point flags or warnings
    differ. differing: number of elements whose bits differ. message: the provider's own words.
    """

    case_id: str
    op: str
    loop: str
    layout: str
    verdict: VerdictName
    failed_class: FailedClass | None = None
    arbitration: Arbitration | None = None
    result: int = 0
    index: tuple[int, ...] | None = None
    expected_bits: str | None = None
    actual_bits: str | None = None
    ulp: float | None = None
    ulp_normwise: float | None = None
    distance: str | None = None
    bound: float | None = None
    condition: float | None = None
    differing: int = 0
    flags: str | None = None
    message: str | None = None
