"""The proof: what moved, what allows for it, and when it is broken."""

import pytest

from parity.calling import Crashed, Missing, Outcome, Raised, Returned, Value
from parity.documents.case import Call, Case
from parity.documents.operations import ToleranceRow
from parity.documents.optimization import GoldenHead, GoldenLine, Isomorphism, Movement
from parity.documents.verdict import FailedClass, Verdict, VerdictName
from parity.errors import InconclusiveError
from parity.optimize.golden import Golden, case_digest, decode, encode
from parity.optimize.proof import Judged, Pair, check_same_cases, differing, movement, prove

ROW = ToleranceRow(rule="ulp", limit=2.0, reason="why", provenance="measured", worst="1")
SUMS = ("0" * 64, "1" * 64)


def value(data: bytes, *flags: str) -> Returned:
    return Returned((Value("array", "|u1", (len(data),), data),), (), (), (), flags, ())


def golden(*outcomes: Outcome, seed: str = "1") -> Golden:
    cases = [
        Case(case_id=f"c{n}", loop="d->d", layout="plain", call=Call(op="sum", args=())) for n in range(len(outcomes))
    ]
    head = GoldenHead(
        suite="smoke", seed=seed, ops=("sum",), catalogue_digest="0" * 64, cases=len(cases), workloads=0,
        digest=case_digest(cases),
    )  # fmt: skip
    return decode(encode(head, list(zip(cases, outcomes, strict=True))), "golden")


def verdict(name: VerdictName, failed: FailedClass | None = None, **fields: object) -> Verdict:
    return Verdict(
        case_id="c0", op="sum", loop="d->d", layout="plain", verdict=name, failed_class=failed, **fields  # type: ignore[arg-type]
    )  # fmt: skip


def proved(side: Golden, moved: list[Movement]) -> Isomorphism:
    return prove(side, side, moved, SUMS)


def pair(*, same: bool = False) -> Pair:
    line: GoldenLine = golden(value(b"a")).lines["c0"]
    return Pair(line, line, same=same)


def test_what_did_not_move_is_not_listed() -> None:
    assert list(differing(golden(value(b"a")), golden(value(b"a")))) == []


def test_flags_that_differ_are_listed_as_told_differently() -> None:
    [found] = differing(golden(value(b"a"), value(b"b")), golden(value(b"a"), value(b"b", "over")))
    assert (found.after.case_id, found.same) == ("c1", True)
    row = movement(found, Judged(verdict("exact", flags="/over"), None, None))
    assert (row.verdict, row.message) == ("told_differently", "/over")
    assert proved(golden(value(b"a"), value(b"b")), [row]).verdict == "isomorphic"


def test_a_movement_within_the_tolerance_names_its_row() -> None:
    judged = Judged(verdict("within_tolerance", ulp=1.0, distance="1", differing=3), verdict("exact"), ROW)
    row = movement(pair(), judged)
    assert (row.verdict, row.ulp, row.distance, row.differing, row.tolerance) == ("within_tolerance", 1.0, "1", 3, ROW)
    proof = proved(golden(value(b"a"), value(b"b")), [row])
    assert (proof.verdict, proof.cases, proof.identical) == ("within_tolerance", 2, 1)


@pytest.mark.parametrize(
    "judged",
    [
        Judged(verdict("diverged", "value"), None, ROW),
        Judged(verdict("raised_differently", "outcome"), None, None),
        Judged(verdict("crashed", "outcome"), None, None),
        Judged(verdict("unsupported"), None, None),
        Judged(verdict("within_tolerance"), verdict("diverged", "value"), ROW),
    ],
)
def test_either_judgement_breaks_the_proof(judged: Judged) -> None:
    row = movement(pair(), judged)
    assert row.verdict == "broken"
    assert proved(golden(value(b"a")), [row]).verdict == "broken"


def test_a_failed_class_is_said() -> None:
    assert movement(pair(), Judged(verdict("diverged", "dtype"), None, None)).message == "class dtype failed"


def test_cases_that_are_not_those_of_the_start_prove_nothing() -> None:
    with pytest.raises(InconclusiveError, match="no longer those of the start"):
        check_same_cases(golden(value(b"a")), golden(value(b"a"), seed="2"))


def test_a_provider_that_answers_nothing_proves_nothing() -> None:
    with pytest.raises(InconclusiveError, match="none of the golden cases"):
        proved(golden(Missing("sum")), [])
    assert proved(golden(Missing("sum"), Raised("E", ("E",), "")), []).answered == 1


def test_what_was_answered_before_and_is_no_longer_breaks_the_proof() -> None:
    before, after = golden(value(b"a")), golden(Crashed(11))
    rows = [movement(each, Judged(verdict("crashed", "outcome"), None, None)) for each in differing(before, after)]
    proof = prove(before, after, rows, SUMS)
    assert (proof.verdict, proof.answered, proof.identical) == ("broken", 0, 0)


def test_an_answer_where_there_was_none_is_told_of_the_provider_before_and_of_no_oracle() -> None:
    [found] = differing(golden(Missing("sum")), golden(value(b"a")))
    row = movement(found, Judged(verdict("unsupported", message="the oracle has no answer: no sum"), None, None))
    assert (row.verdict, row.message) == ("broken", "the provider did not answer before the change: missing")
