"""Flags that several commands take: what they refuse, before anything is done."""

from typing import Any

import pytest


@pytest.mark.parametrize("value", ["nan", "-nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize(
    ("command", "flag"),
    [
        (("bench", "run"), "--seconds"),
        (("optimize", "start", "x", "--lever", "x.py"), "--seconds"),
        (("scrub", "."), "--budget"),
    ],
)
def test_what_is_no_finite_number_is_refused(parity: Any, command: tuple[str, ...], flag: str, value: str) -> None:
    answer = parity(*command, f"{flag}={value}", "--json", "-")
    assert answer.code == 2
    assert flag in answer.document()["where"]


@pytest.mark.parametrize("value", ["", ",", " , ,"])
def test_a_list_of_no_workloads_does_not_mean_all(parity: Any, value: str) -> None:
    answer = parity("bench", "run", "--only", value, "--json", "-")
    assert answer.code == 2
    assert answer.document()["where"] == "--only"
