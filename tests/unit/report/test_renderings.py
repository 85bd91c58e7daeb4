import io
import math
import struct
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from parity.documents.elements import ELEMENTS
from parity.documents.report import Report
from parity.documents.verdict import BAD, Verdict
from parity.ops.catalogue import CATALOGUE
from parity.report import junit, markdown, terminal
from parity.report.bit_pattern import number, ulps
from parity.report.fold import fold
from parity.report.headline import headline
from parity.report.matrix import COLUMNS, FAMILIES, MARKS, by_family, most_telling

from .report_evidence import NASTY, head, verdict, verdicts

BAD_CASES = [
    verdict("maximum", "dd->d", "diverged", failed_class="nan", ulp=None, number=1),
    verdict("maximum", "dd->d", "diverged", number=2),
    verdict("maximum", "ff->f", "crashed", failed_class="outcome", message=NASTY, number=3),
    verdict("power", "ll->l", "raised_differently", failed_class="outcome", expected_bits="ValueError", number=4),
    verdict("sqrt", "D->D", "timed_out", failed_class="outcome", number=5),
    verdict("sqrt", "d->d", "unsupported", number=6),
    verdict("add", number=7),
]


def _shown(report: Report, width: int = 80, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    terminal.show(report, Console(file=file, width=width, force_terminal=False))
    file.flush()
    return raw.getvalue().decode(encoding)


class TestJUnit:
    @given(verdicts())
    @example([verdict(name="diverged", message=NASTY)])
    @settings(max_examples=60)
    def test_counts_are_elements_whatever_messages_hold(self, cases: list[Verdict]) -> None:
        root = ET.fromstring(junit.render(fold(cases, head()), cases))
        self._truthful(root)
        assert len(list(root.iter("testcase"))) == len(cases)
        failed = len(list(root.iter("failure"))) + len(list(root.iter("error")))
        assert failed == sum(case.verdict in BAD for case in cases)
        assert len(list(root.iter("skipped"))) == sum(case.verdict == "unsupported" for case in cases)

    @staticmethod
    def _truthful(root: ET.Element) -> None:
        for node in (root, *root.iter("testsuite")):
            for attribute, tag in (
                ("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"),
            ):  # fmt: skip
                assert int(node.attrib[attribute]) == len(list(node.iter(tag))), f"{node.get('name')}: {attribute}"

    def test_a_failed_gate_is_a_failure(self) -> None:
        cases = [verdict("exp", "d->d", "within_tolerance", ulp=3.0)]
        root = ET.fromstring(junit.render(fold(cases, head(max_ulp={"exp": 2, "log": 1})), cases))
        self._truthful(root)
        assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("3", "1", "1")

    def test_crashed_is_an_error_and_diverged_a_failure_with_both_bit_patterns(self) -> None:
        root = ET.fromstring(junit.render(fold(BAD_CASES, head()), BAD_CASES))
        (suite,) = (suite for suite in root.iter("testsuite") if suite.get("name") == "parity.maximum")
        assert (suite.get("failures"), suite.get("errors")) == ("2", "1")
        text = "".join(node.text or "" for node in suite.iter("failure"))
        assert "expected: 3ff0000000000000" in text
        assert "actual: 3ff0000000000005" in text

    def test_no_case_at_all_is_a_valid_document(self) -> None:
        assert ET.fromstring(junit.render(fold([], head()), [])).get("tests") == "0"


class TestMarkdown:
    def test_the_first_line_says_that_the_oracle_is_pure_python(self) -> None:
        first = markdown.render(fold([verdict()], head(pure=True))).splitlines()[0]
        assert "pure Python" in first
        assert "no evidence about NumPy" in first

    def test_divergences_have_both_bit_patterns_their_values_and_the_command(self) -> None:
        text = markdown.render(fold(BAD_CASES, head()))
        assert "`3ff0000000000000 = 1.0` | `3ff0000000000005 = 1.000000000000001` | 5 |" in text
        assert f"parity reproduce artifacts/runs/{'0' * 32} {BAD_CASES[0].case_id}" in text
        assert "| maximum |" in text

    def test_rows_that_are_all_exact_are_folded_away(self) -> None:
        text = markdown.render(fold(BAD_CASES, head()))
        assert text.index("| maximum | `dd->d`") < text.index("<details>") < text.index("| add | `dd->d`")

    @given(verdicts())
    @settings(max_examples=40)
    def test_no_message_breaks_a_line_of_a_table(self, cases: list[Verdict]) -> None:
        text = markdown.render(fold(cases, head()))
        rows = [line for line in text.split("\n") if line.startswith("|")]
        assert all(line.endswith("|") for line in rows)

    def test_at_most_twenty_divergences_are_shown(self) -> None:
        cases = [verdict(name="diverged", number=number) for number in range(50)]
        text = markdown.render(fold(cases, head()))
        assert text.count("diverged: value") == 20
        assert "20 of 50" in text


class TestTerminal:
    def test_all_well_is_a_small_picture_without_divergences(self) -> None:
        cases = [verdict(row.name, loop) for row in CATALOGUE.values() for loop in row.loops]
        text = _shown(fold(cases, head()))
        assert len(text.splitlines()) <= 50
        assert max(map(len, text.splitlines())) <= 80
        assert "✔ all" in text
        assert "reproduce" not in text
        assert all(row.name in text for row in CATALOGUE.values())

    @pytest.mark.parametrize("width", [40, 80, 120, 200])
    def test_the_picture_fits(self, width: int) -> None:
        cases = [verdict(row.name, loop) for row in CATALOGUE.values() for loop in row.loops]
        picture = _shown(fold([*cases, *BAD_CASES], head()), width).split("maximum dd->d")[0]
        assert max(map(len, picture.splitlines()[2:])) <= width

    def test_divergences_name_op_loop_layout_index_bits_ulp_and_the_command(self) -> None:
        text = _shown(fold([verdict("exp", "d->d", "diverged", ulp=8.0, layout="negative")], head()))
        assert "exp d->d  negative  [0, 3]  diverged (value)  8 ULP" in text
        assert "3ff0000000000000 = 1.0" in text
        assert "3ff0000000000005 = 1.000000000000001" in text
        assert f"parity reproduce artifacts/runs/{'0' * 32} exp-d-d-{0:012x}" in text

    def test_the_command_stays_on_one_line_in_a_narrow_terminal_and_quotes_a_path(self) -> None:
        text = _shown(fold([verdict(name="diverged")], head(bundle="my runs/" + "0" * 32)), width=40)
        assert f"parity reproduce 'my runs/{'0' * 32}' add-dd-d-{0:012x}\n" in text

    def test_every_verdict_has_its_own_glyph_and_ascii_is_enough(self) -> None:
        assert len({mark.glyph for mark in MARKS}) == len({mark.ascii for mark in MARKS}) == len(MARKS)
        text = _shown(fold(BAD_CASES, head()), encoding="ascii")
        assert "X" in text

    def test_markup_in_a_message_is_shown_and_not_obeyed(self) -> None:
        text = _shown(fold([verdict(name="diverged", message="[red]not markup[/red]")], head()))
        assert "[red]not markup[/red]" in text

    @given(verdicts(), st.sampled_from(["utf-8", "ascii", "latin-1"]))
    @settings(max_examples=20, deadline=None)
    def test_no_message_reaches_the_terminal_as_a_control_code(self, cases: list[Verdict], encoding: str) -> None:
        text = _shown(fold(cases, head()), encoding=encoding)
        assert all(char.isprintable() or char == "\n" for char in text)

    def test_a_redacted_run_offers_no_script(self) -> None:
        assert "parity reproduce" not in _shown(fold([verdict(name="diverged")], head(redacted=True)))


@pytest.mark.parametrize(
    ("cases", "changes", "said"),
    [
        pytest.param([verdict()] * 3, {}, "all 3 cases agree", id="all agree"),
        pytest.param([verdict()], {}, "1 case agrees", id="one agrees"),
        pytest.param([verdict(), verdict(name="diverged")], {}, "1 of 2 cases is bad in 1 operation", id="one is bad"),
        pytest.param([verdict(name="unsupported")], {}, "nothing was compared", id="nothing was compared"),
        pytest.param([verdict()], {"not_captured": 1}, "1 case agrees, but this is inconclusive", id="some not captured"),
        pytest.param([verdict(), verdict(name="unsupported")], {}, "1 case agrees, 1 unsupported", id="some unsupported"),
        pytest.param(
            [verdict("exp", "d->d", "within_tolerance", ulp=3.0)], {"max_ulp": {"exp": 2}},
            "1 case agrees, but gate max_ulp.exp failed", id="a gate failed",
        ),
    ],
)  # fmt: skip
def test_the_headline_says(cases: list[Verdict], changes: dict[str, object], said: str) -> None:
    assert headline(fold(cases, head(**changes))).endswith(f": {said}")


def test_every_row_of_the_catalogue_is_in_one_family() -> None:
    names = [row.name for _, rows in FAMILIES for row in rows]
    assert sorted(names) == sorted(CATALOGUE)
    report = fold([verdict("add"), verdict("add.reduce", "d->d", "diverged")], head())
    ((family, (line,)),) = by_family(report, methods=False)
    assert (family, line.op, line.bad) == ("arithmetic", "add", 1)
    assert line.cells()[COLUMNS.index("d")].verdict == "diverged"


def test_one_broken_operation_does_not_hide_another() -> None:
    cases = [verdict("maximum", loop, "diverged", number=n) for loop in ("dd->d", "ff->f") for n in range(9)]
    cases.append(verdict("exp", "d->d", "diverged"))
    chosen = most_telling(cases, 2)
    assert [(case.op, case.loop) for case in chosen] == [("maximum", "dd->d"), ("exp", "d->d")]
    assert len(most_telling(cases, 5)) == 5


class TestBitPattern:
    @given(st.sampled_from("efd"), st.data())
    def test_the_number_of_a_float_reads_back_as_the_same_bits(self, char: str, data: st.DataObject) -> None:
        size = ELEMENTS[char].size
        raw = data.draw(st.binary(min_size=size, max_size=size))
        text = number(raw.hex(), char)
        assert text is not None
        value = struct.unpack(f">{char}", raw)[0]
        if math.isnan(value):
            assert text in ("nan", "-nan")
        else:
            assert struct.pack(f">{char}", float(text)) == raw

    @pytest.mark.parametrize(
        ("bits", "char", "text"),
        [
            ("ff", "b", "-1"),
            ("ff", "B", "255"),
            ("01", "?", "True"),
            ("8000000000000000", "d", "-0.0"),
            ("3f800000,bf800000", "F", "1.0-1.0j"),
            ("7fc00000,ff800000", "F", "nan-infj"),
            ("7bff", "e", "6.55e+04"),
            ("3ff0", "d", None),
            ("ValueError", "d", None),
            ("3f800000", "F", None),
        ],
    )
    def test_bits_as_a_number(self, bits: str, char: str, text: str | None) -> None:
        assert number(bits, char) == text

    def test_ulps_have_three_digits(self) -> None:
        assert [ulps(value) for value in (None, 0.0, 2.5408, 123456.0, 1e100)] == ["-", "0", "2.54", "1.23e5", "1e100"]
