"""Flags that several commands take: what they refuse, before anything is done."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from parity.cli.flags import PROVIDER
from parity.documents.manifest import ProviderChoice

GOLDEN = Path(__file__).parents[3] / "fixtures" / "golden" / "baseline-1" / "baseline.json"
COMMANDS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("run",): ("--provider", "--out"),
    ("bench", "run"): ("--provider", "--set", "--out"),
    ("bench", "gate", str(GOLDEN)): ("--provider", "--set", "--out"),
    ("bench", "import", str(GOLDEN)): ("--out",),
    ("optimize", "start", "x", "--lever", "x.py"): ("--provider", "--workloads", "--out"),
    ("optimize", "finish", "x"): ("--provider", "--out"),
    ("capture",): ("--out",),
}
"""Commands with the flags that name something."""
NO_NAMES = [(command, flag) for command, flags in COMMANDS.items() for flag in flags]


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


@pytest.mark.parametrize(("command", "flag"), NO_NAMES)
def test_empty_text_names_nothing(parity: Any, command: tuple[str, ...], flag: str) -> None:
    answer = parity(*command, flag, "", "--json", "-")
    assert answer.code == 2
    assert f"'{flag}'" in answer.document()["message"]
    assert answer.document()["where"].endswith(f", {flag}")
    assert "empty" in answer.document()["message"]
    assert not list(Path().iterdir())


@pytest.mark.parametrize("value", ["x" * 201, "\udcff"])
@pytest.mark.parametrize("command", [command for command, flags in COMMANDS.items() if "--provider" in flags])
def test_a_provider_that_no_manifest_can_hold_is_refused(parity: Any, command: tuple[str, ...], value: str) -> None:
    answer = parity(*command, "--provider", value, "--json", "-")
    assert answer.code == 2
    assert answer.document()["where"].endswith(", --provider")


def test_a_provider_is_as_long_as_a_manifest_can_hold() -> None:
    assert PROVIDER.longest is not None
    ProviderChoice(spec="x" * PROVIDER.longest)
    with pytest.raises(ValidationError):
        ProviderChoice(spec="x" * (PROVIDER.longest + 1))
