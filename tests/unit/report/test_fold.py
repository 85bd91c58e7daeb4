import json

import pytest
from hypothesis import given

from parity.documents.verdict import BAD, VERDICTS, Verdict
from parity.errors import ExitCode
from parity.report import interchange
from parity.report.fold import PURE_NOTE, fold, redact

from .report_evidence import head, verdict, verdicts


@given(verdicts())
def test_every_case_has_one_verdict_and_the_matrix_is_the_totals_split_by_row(cases: list[Verdict]) -> None:
    report = fold(cases, head())
    for counts in (report.totals, *report.matrix):
        assert sum(getattr(counts, name) for name in VERDICTS) == counts.cases
    for name in ("cases", *VERDICTS):
        assert sum(getattr(row, name) for row in report.matrix) == getattr(report.totals, name)
    assert report.totals.cases == len(cases)
    assert [divergence.case_id for divergence in report.divergences] == [v.case_id for v in cases if v.verdict in BAD]


def test_the_same_verdicts_give_the_same_bytes_and_the_json_reads_back() -> None:
    cases = [verdict(number=number) for number in range(3)] + [verdict("exp", "d->d", "within_tolerance", ulp=1.5)]
    report = fold(cases, head())
    data = interchange.to_json(report)
    assert data == interchange.to_json(fold(iter(cases), head()))
    assert interchange.from_json(data) == report
    assert json.loads(data)["schema"] == "parity.report/1"


def test_the_matrix_is_in_the_order_of_the_catalogue() -> None:
    cases = [verdict("sum", "d->d"), verdict("exp", "f->f"), verdict("add.reduce", "d->d"), verdict("add", "ff->f")]
    rows = [(row.op, row.loop) for row in fold([*cases, verdict()], head()).matrix]
    assert rows == [("add", "ff->f"), ("add", "dd->d"), ("add.reduce", "d->d"), ("exp", "f->f"), ("sum", "d->d")]


@pytest.mark.parametrize(
    ("cases", "worst"),
    [
        pytest.param([verdict()], 0.0, id="all exact is 0"),
        pytest.param([verdict(), verdict(name="within_tolerance", ulp=1.5)], 1.5, id="the worst E"),
        pytest.param([verdict(name="diverged", ulp=9.0)], 9.0, id="a distance that is too great is measured too"),
        pytest.param([verdict(), verdict(name="diverged", failed_class="nan", ulp=None)], None, id="a failed class"),
        pytest.param([verdict(), verdict(name="crashed", failed_class="outcome")], None, id="a crash"),
        pytest.param([verdict(name="unsupported")], None, id="nothing compared"),
        pytest.param([verdict(), verdict(name="unsupported")], 0.0, id="what is unsupported does not count"),
        pytest.param([verdict(name="exact", ulp=None)], 0.0, id="the same exception is exact"),
    ],
)
def test_max_ulp_is(cases: list[Verdict], worst: float | None) -> None:
    (row,) = fold(cases, head()).matrix
    assert row.max_ulp == worst


@pytest.mark.parametrize(
    ("cases", "status", "measured"),
    [
        pytest.param([verdict("exp", "d->d", "within_tolerance", ulp=2.0)], "pass", 2.0, id="holds at its limit"),
        pytest.param([verdict("exp", "d->d", "within_tolerance", ulp=2.1)], "failed", 2.1, id="fails beyond it"),
        pytest.param([verdict("add")], "not_evaluated", None, id="is not evaluated without cases"),
        pytest.param([verdict("exp", "d->d", "unsupported")], "not_evaluated", None, id="nor with unsupported ones"),
        pytest.param([verdict("exp", "d->d", "crashed")], "failed", None, id="fails where there is no distance"),
    ],
)
def test_a_gate(cases: list[Verdict], status: str, measured: float | None) -> None:
    report = fold(cases, head(max_ulp={"exp": 2.0}))
    (gate,) = report.gates
    assert (gate.name, gate.limit, gate.status, gate.measured) == ("max_ulp.exp", 2.0, status, measured)
    assert (report.exit_code() == ExitCode.BAD_VERDICT) == (status == "failed")


def test_notes_say_first_that_the_oracle_is_pure_python() -> None:
    report = fold([verdict(name="unsupported")], head(pure=True, not_captured=2, extra_notes=("Something else.",)))
    assert report.notes[0] == PURE_NOTE
    assert "Nothing was compared" in report.notes[1]
    assert report.notes[2].startswith("2 cases of the plan are not in the capture")
    assert report.notes[-1] == "Something else."


def test_a_redacted_report_holds_no_value() -> None:
    case = verdict(name="diverged", message="got 1.0000000000000011", distance="5", condition=2.0, flags="invalid/")
    kept = redact(case)
    for name in ("index", "expected_bits", "actual_bits", "message", "distance", "condition"):
        assert getattr(kept, name) is None
    assert (kept.case_id, kept.verdict, kept.failed_class, kept.ulp) == (case.case_id, "diverged", "value", 5.0)
    data = interchange.to_json(fold([case], head(redacted=True)))
    assert b"3ff0" not in data
    assert b"1.00000" not in data
    assert redact(kept) == kept


def test_flags_that_differ_are_counted_apart_and_do_not_fail_the_run() -> None:
    report = fold([verdict(flags="invalid/"), verdict()], head())
    assert report.flags_differ == 1
    assert report.exit_code() == ExitCode.GOOD
