"""The decision record: nothing that a person or a provider writes breaks its tables."""

import re
from pathlib import Path

import pytest

from parity.documents.optimization import Change, Figure, Movement, Profile
from parity.optimize.decision_record import decision_record
from parity.pipeline.optimize import FinishRequest, StartRequest, finish, start
from parity.pipeline.progress import Progress

from ..bench.measured_baseline import MACHINE  # noqa: TID252 - tests are no package with a name
from .drawn_round import DrawnBench, a_round, always, workload_set

HOSTILE = "a | b\n<script>`x`</script> *c* \\|"

FENCE = "a\n```\nb"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("round")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("mine.py").write_text("from numpy import sum\n")
        bench = DrawnBench(workload_set(folder))
        round_ = a_round(why=HOSTILE, command=("parity", "--why", FENCE))
        start(StartRequest(round_, folder / "proofs"), Progress(), always(bench))
        Path("mine.py").write_text("from numpy import sum\n# ```\n")
        request = FinishRequest("r", ("parity", "optimize", "finish", "r"), out=folder / "proofs")
        document, _ = finish(request, Progress(), always(bench))
    moved = Movement(
        case_id="c`|1", op="sum", loop="d->d", layout=HOSTILE, verdict="broken", judged="diverged", message=HOSTILE
    )
    told = moved.model_copy(update={"verdict": "told_differently"})
    row = document.timings[0].model_copy(
        update={"p99_ns": Figure(change=Change(value=0.5, low=None, high=None)), "reason": HOSTILE}
    )
    document = document.model_copy(
        update={
            "proof": document.proof.model_copy(update={"moved": (told, *(moved,) * 59)}),
            "timings": (row, *document.timings[1:]),
            "after": document.after.model_copy(
                update={"profile": Profile(status="not_possible", reason="perf: no permission")}
            ),
        }
    )
    return decision_record(document, MACHINE, "+# ```\n")


def test_every_table_has_rows_of_one_width(page: str) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    assert len(tables) == 2
    for table in tables:
        bars = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(bars) == 1


def test_markup_is_shown_and_not_obeyed(page: str) -> None:
    assert "<script>" not in page
    assert "&lt;script>" in page


def test_what_is_too_long_is_counted_and_found_elsewhere(page: str) -> None:
    assert "10 more are in proof.json" in page
    assert "[change.diff](change.diff)" in page


def test_why_there_is_no_profile_stands_there(page: str) -> None:
    assert "- before: not asked for" in page
    assert "- after: not possible here: perf: no permission" in page


def test_a_code_block_ends_where_it_should_whatever_a_command_says(page: str) -> None:
    assert f"````sh\nparity --why '{FENCE}'\n" in page
    assert page.endswith("byte for byte\n````\n")


def test_the_capture_is_said_not_to_have_a_case_only_where_it_was_asked(page: str) -> None:
    rows = [line for line in page.splitlines() if line.startswith("| `c'")]
    asked = ["not asked" in row for row in rows]
    assert asked == [True] + 49 * [False]
    assert ["not in it" in row for row in rows] == [not each for each in asked]


def test_a_provider_without_a_version_leaves_no_gap(page: str) -> None:
    assert "- before: mine, no commit, " in page
