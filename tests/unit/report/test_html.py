import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings

from parity.cli.report import FORMATS
from parity.documents.capture import PassedOver
from parity.documents.report import Report
from parity.documents.verdict import Verdict
from parity.ops import catalogue
from parity.ops.catalogue import CATALOGUE
from parity.pipeline.report import FORMS, renderings
from parity.report import html
from parity.report.error_shares import tolerances, worst_shares
from parity.report.fold import ReportHead, fold
from parity.report.headline import WORDS
from parity.report.matrix import MARKS, by_family

from .report_evidence import NASTY, ROWS, head, verdict, verdicts

VOID = {"meta", "br", "line"}
"""Elements that this page never closes; `line` of SVG closes itself."""


class Page(HTMLParser):
    """The tags, attributes and text of a page. Raises on a tag that is not closed where it should be."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.style = ""
        self._open: list[str] = []
        self.feed(data.decode("utf-8"))
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def ids(self) -> Counter[str]:
        return Counter(attributes["id"] for _, attributes in self.tags if "id" in attributes)


def _head(**changes: Any) -> ReportHead:
    """As of a run that this program made: its catalogue is the one at hand."""
    return head(**({"catalogue_digest": catalogue.digest(), "bundle": None} | changes))


def _bytes(cases: list[Verdict], **changes: Any) -> bytes:
    return html.render(fold(cases, _head(**changes)), cases)


def _page(cases: list[Verdict], **changes: Any) -> Page:
    return Page(_bytes(cases, **changes))


ALL_ROWS = [verdict(row.name, loop) for row in CATALOGUE.values() for loop in row.loops]


class TestPage:
    @given(verdicts())
    @example([verdict(name="diverged", message=NASTY)])
    @example([])
    @settings(max_examples=60, deadline=None)
    def test_it_is_well_formed_and_reaches_for_nothing_outside(self, cases: list[Verdict]) -> None:
        page = _page(cases)
        assert not {tag for tag, _ in page.tags} & {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
        }
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on") or name in ("src", "style", "srcdoc")], tag
            assert attributes.get("href", "#").startswith("#")
        assert "url(" not in page.style
        assert "@import" not in page.style
        assert all(char.isprintable() or char == "\n" for char in page.text)

    @given(verdicts())
    @settings(max_examples=40, deadline=None)
    def test_each_id_is_there_once_and_each_link_has_its_target(self, cases: list[Verdict]) -> None:
        page = _page(list({case.case_id: case for case in cases}.values()))
        ids = page.ids()
        assert set(ids.values()) <= {1}
        assert {attributes["href"][1:] for attributes in page.all("a")} <= set(ids)
        named = {word for _, attributes in page.tags for word in attributes.get("aria-labelledby", "").split()}
        assert named <= set(ids)

    def test_the_same_verdicts_give_the_same_bytes_wherever_the_bundle_lies(self) -> None:
        cases = [verdict(name="within_tolerance", op="exp", loop="d->d", ulp=1.5), verdict("add", name="diverged")]
        assert _bytes(cases) == _bytes(cases, bundle="/home/someone/runs/1")

    def test_the_words_of_a_provider_are_text_and_nothing_else(self) -> None:
        evil = '<script>alert(1)</script><img src=x onerror="a()">&amp;\x1b[2J\u202e'
        provider = _head().provider.model_copy(update={"name": evil, "spec": evil, "version": evil})
        cases = [verdict(name="diverged", message=evil, layout=evil, expected_bits=evil, failed_class="outcome")]
        data = _bytes(cases, provider=provider, extra_notes=(evil,), suite=evil)
        assert b"<script" not in data
        assert b"<img" not in data
        page = Page(data)
        assert page.text.count("<script>alert(1)</script>") >= 7
        assert "\\x1b[2J\\u202e" in page.text

    def test_it_forbids_itself_scripts_and_addresses(self) -> None:
        policies = [meta["content"] for meta in _page([]).all("meta") if "http-equiv" in meta]
        assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]

    def test_a_run_in_which_everything_is_bad_stays_below_a_megabyte(self) -> None:
        rows = [(op, loop) for row in CATALOGUE.values() for op, loop in ((row.name, loop) for loop in row.loops)]
        message = "<&'\"" * 100
        cases = [
            verdict(*rows[number % len(rows)], "diverged", number=number, message=message, ulp=1e9)
            for number in range(25_922)
        ]
        data = _bytes(cases)
        assert len(data) < 1_000_000
        page = Page(data)
        assert len(page.all("article")) == html.SHOWN_DIVERGENCES
        assert "100 of 25,922" in page.text
        assert "The other 25,822 are in report.json and verdicts.ndjson" in page.text

    def test_tables_have_captions_and_heads_and_the_picture_a_name(self) -> None:
        page = _page([*ALL_ROWS, verdict("exp", "d->d", "within_tolerance", ulp=1.0, number=1)])
        tables = len(page.all("table"))
        assert tables == len(page.all("caption")) == len(page.all("thead"))
        assert all("scope" in cell for cell in page.all("th"))
        (picture,) = page.all("svg")
        assert picture["role"] == "img"
        assert [tag for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)][:2] == ["h1", "h2"]
        assert page.all("html") == [{"lang": "en"}]


class TestHead:
    @pytest.mark.parametrize(
        ("cases", "changes", "said"),
        [
            pytest.param([verdict()], {}, ("✔ 1 case agrees", "Exit code 0"), id="good"),
            pytest.param([verdict(name="diverged")], {}, ("✗ 1 of 1 case is bad", "Exit code 1"), id="bad"),
            pytest.param([verdict(name="unsupported")], {}, ("○ nothing was compared", "Exit code 3"), id="inconclusive"),
        ],
    )  # fmt: skip
    def test_it_says_how_the_run_ended_and_what_its_exit_code_means(
        self, cases: list[Verdict], changes: dict[str, Any], said: tuple[str, str]
    ) -> None:
        text = _page(cases, **changes).text
        for words in (*said, "parity_kernels 0.1.0 against NumPy 2.4.6"):
            assert words in text

    def test_what_a_reader_must_know_comes_before_the_outcome(self) -> None:
        text = _page([verdict()], pure=True, not_captured=3, redacted=True).text
        notes = [
            "this is no evidence about NumPy",
            "3 cases of the plan are not in the capture",
            "Values are redacted",
        ]
        outcome = text.index("1 case agrees", text.index("</title>") if "</title>" in text else 200)
        assert all(text.index(note) < outcome for note in notes)

    def test_gates_say_what_was_measured(self) -> None:
        cases = [verdict("exp", "d->d", "within_tolerance", ulp=3.0), verdict("log", "d->d", "crashed")]
        text = _page(cases, max_ulp={"exp": 2, "log": 1, "sin": 1}).text
        assert re.search(r"max_ulp\.exp\s*2\s*3\s*✗ failed", text)
        assert re.search(r"max_ulp\.log\s*1\s*a class failed\s*✗ failed", text)
        assert re.search(r"max_ulp\.sin\s*1\s*nothing\s*○ not evaluated", text)


class TestMatrix:
    @given(verdicts())
    @settings(max_examples=30, deadline=None)
    def test_its_cells_are_those_of_the_terminal(self, cases: list[Verdict]) -> None:
        report = fold(cases, _head())
        page = Page(html.render(report, cases))
        expected = [
            mark.glyph
            for _, lines in by_family(report, methods=False)
            for line in lines
            for mark in line.cells()
            if mark.verdict
        ]
        cells = [link for link in page.all("a") if "aria-label" in link]
        assert len(cells) == len(expected)
        assert Counter(expected) <= Counter(page.text)

    def test_a_cell_leads_to_its_rows_and_says_how_many_cases_it_has(self) -> None:
        cases = [verdict("add"), verdict("add", number=1), verdict("add.reduce", "d->d", "diverged")]
        page = _page(cases)
        (cell,) = [link for link in page.all("a") if link["href"] == "#add-f8"]
        assert cell["aria-label"] == "add f8: 2 exact, 1 diverged"
        assert page.ids()["add-f8"] == 1

    def test_every_verdict_is_told_by_its_own_sign_and_word(self) -> None:
        for mark in MARKS:
            page = _page([verdict(name=mark.verdict)])
            assert f"{mark.glyph} {WORDS[mark.verdict]}" in page.text

    def test_nothing_compared_is_no_error_of_zero(self) -> None:
        text = _page([verdict("sqrt", "d->d", "unsupported")]).text
        assert re.search(r"sqrt[·○]*\n", text)


class TestRows:
    def test_a_row_has_its_tolerance_with_reason_and_what_was_used_of_it(self) -> None:
        limit = CATALOGUE["exp"].tolerances["f->f"]
        data = _bytes([verdict("exp", "f->f", "within_tolerance", ulp=1.5)])
        text = Page(data).text
        assert f"1.5 of {limit.limit:g} ULP≤ {limit.limit:g} ULP" in text
        assert limit.reason in text
        assert limit.worst in text
        assert limit.provenance in text

    def test_a_row_without_a_tolerance_demands_exact_bits(self) -> None:
        assert "exact bits" in _page([verdict("floor", "d->d")]).text

    def test_a_reduction_tells_its_share_of_the_bound(self) -> None:
        text = _page([verdict("sum", "d->d", "within_tolerance", ulp=3.0, bound=0.25)]).text
        assert "0.25 of its bound" in text
        assert "bound of sum, pairwise" in text

    def test_limits_of_another_catalogue_are_not_shown(self) -> None:
        text = _page([verdict("exp", "f->f", "within_tolerance", ulp=1.5)], catalogue_digest="c" * 64).text
        assert "judged by another catalogue" in text
        assert "≤" not in text.split("Every operation and loop")[-1]


class TestDivergences:
    def test_one_has_its_place_both_bit_patterns_their_values_and_the_command(self) -> None:
        case = verdict("exp", "d->d", "diverged", ulp=8.0, layout="negative", message="so it said", differing=2)
        text = _page([case]).text
        for words in (
            "exp d->d, negative, at [0, 3]: diverged (value)",
            "3ff0000000000000 = 1.0",
            "3ff0000000000005 = 1.000000000000001",
            "8 ULP",
            "2 elements",
            "so it said",
            f"parity reproduce BUNDLE {case.case_id}",
        ):
            assert words in text

    def test_a_redacted_page_has_no_value_and_no_command_even_if_it_was_given_values(self) -> None:
        cases = [verdict("exp", "d->d", "diverged", ulp=8.0, message="the secret 1.2345", condition=7.5, distance="99")]
        redacted = fold(cases, _head(redacted=True))
        careless = Report.model_validate({**dict(redacted), "divergences": tuple(cases)}, by_name=True)
        for report in (redacted, careless):
            data = html.render(report, cases)
            for value in (b"secret", b"1.2345", b"3ff0000000000005", b"1.000000000000001", b"parity reproduce"):
                assert value not in data
            assert cases[0].case_id.encode() in data


class TestErrors:
    def test_shares_are_of_limits_in_ulp_of_normwise_ulp_and_of_bounds(self) -> None:
        cases = [
            verdict("exp", "f->f", "within_tolerance", ulp=1.0),
            verdict("exp", "f->f", "within_tolerance", ulp=2.0, number=1),
            verdict("multiply", "DD->D", "within_tolerance", ulp=90.0, ulp_normwise=2.0),
            verdict("sum", "d->d", "within_tolerance", ulp=500.0, bound=0.5),
            verdict("log", "d->d"),
            verdict("add", "dd->d", "diverged", ulp=5.0),
            verdict("sin", "d->d", "diverged", failed_class="nan", ulp=None),
            verdict("cos", "d->d", "unsupported"),
        ]
        allowed = tolerances(fold(cases, _head()))
        limits = {
            name: float(CATALOGUE[name].tolerances[loop].limit)
            for name, loop in (("exp", "f->f"), ("multiply", "DD->D"))
        }
        assert worst_shares(cases, allowed) == {
            ("exp", "f->f"): 2.0 / limits["exp"],
            ("multiply", "DD->D"): 2.0 / limits["multiply"],
            ("sum", "d->d"): 0.5,
            ("log", "d->d"): 0.0,
            ("add", "dd->d"): float("inf"),
        }

    def test_the_picture_has_a_cross_beyond_the_limit_and_a_circle_within(self) -> None:
        limit = float(CATALOGUE["exp"].tolerances["d->d"].limit)
        page = _page(
            [verdict("exp", "d->d", "diverged", ulp=limit * 10), verdict("log", "d->d", "within_tolerance", ulp=1.0)]
        )
        (beyond,) = [path for path in page.all("path") if path["class"] == "bad"]
        (within,) = page.all("circle")
        assert float(within["cx"]) < float(page.all("line")[3]["x1"]) < float(re.findall(r"[\d.]+", beyond["d"])[0])
        assert f"d->d: {limit * 10:g} of {limit:g} ULP" in page.text

    def test_there_is_no_picture_where_everything_is_exact_by_nature(self) -> None:
        assert not _page([verdict("floor", "d->d")]).all("svg")


def test_who_answered_and_what_was_passed_over_is_on_the_page() -> None:
    oracle = _head().oracle.model_copy(update={"passed_over": (PassedOver(source="legacy", reason="no such folder"),)})
    text = _page([verdict()], oracle=oracle).text
    for words in ("NumPy 2.4.6", "X86_V3, X86_V4", "glibc 2.36", "Python 3.11.7", "no such folder", "a" * 64, "b" * 64):
        assert words in text


def test_the_files_of_a_report_are_the_forms_that_the_command_renders() -> None:
    assert set(FORMATS) == set(FORMS)
    cases = [verdict(*row) for row in ROWS]
    files = renderings(fold(cases, head()), cases)
    assert set(files) == {"report.json", "report.md", "report.html", "report.xml"}
    assert files["report.html"].startswith(b"<!DOCTYPE html>")
