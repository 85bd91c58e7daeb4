"""How much of what is allowed was used up: for each row of the matrix the tolerance, and the worst error as its share.

A share is what operations with limits in ulp and reductions with a bound of their own have in common: at most 1 is
within, whatever the unit.
"""

import math
from collections.abc import Iterable, Mapping

from parity.documents.report import Report
from parity.documents.verdict import Verdict
from parity.ops import catalogue
from parity.ops.row import Tolerance

Row = tuple[str, str]
"""Op and loop, as a row of the matrix has them."""


def tolerances(report: Report) -> dict[Row, Tolerance]:
    """The tolerance of each row of the matrix that has one; the others are judged by exact bits.

    Nothing where the run was judged by another catalogue than the one at hand: its limits may have been others.
    """
    return {} if foreign_catalogue(report) else dict(_found(report))


def foreign_catalogue(report: Report) -> bool:
    """Whether the run was judged by another catalogue than the one at hand."""
    return report.catalogue_digest != catalogue.digest()


def _found(report: Report) -> Iterable[tuple[Row, Tolerance]]:
    for row in report.matrix:
        name, _, method = row.op.partition(".")
        operation = catalogue.CATALOGUE.get(name)
        tolerance = operation.tolerance(row.loop, method or None) if operation else None
        if tolerance is not None:
            yield (row.op, row.loop), tolerance


def worst_shares(verdicts: Iterable[Verdict], allowed: Mapping[Row, Tolerance]) -> dict[Row, float]:
    """For each row the worst error as a share of what is allowed; only rows where a distance was measured.

    0 where bits agree in every case of a row that has a tolerance; infinite where no distance at all is allowed.
    """
    worst: dict[Row, float] = {}
    for verdict in verdicts:
        row = verdict.op, verdict.loop
        share = _share(verdict, allowed.get(row))
        if share is not None:
            worst[row] = max(worst.get(row, 0.0), share)
    return worst


def _share(verdict: Verdict, tolerance: Tolerance | None) -> float | None:
    if verdict.verdict == "unsupported" or verdict.failed_class not in (None, "value"):
        return None
    if verdict.bound is not None:
        return _or_infinite(verdict.bound)
    if verdict.verdict == "exact":
        return None if tolerance is None else 0.0
    if verdict.ulp is None:
        return None
    if tolerance is None or isinstance(tolerance.limit, str):
        return math.inf if verdict.failed_class else None
    normwise = tolerance.rule == "ulp_normwise" and verdict.ulp_normwise is not None
    error = verdict.ulp_normwise if normwise else verdict.ulp
    return _or_infinite((error or 0.0) / tolerance.limit)


def _or_infinite(share: float) -> float:
    """NaN, which JSON of others may hold, is beyond every limit too."""
    return math.inf if math.isnan(share) else share
