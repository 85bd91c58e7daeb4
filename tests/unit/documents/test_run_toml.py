"""What manifest.toml may say, and which contradictions are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from parity.documents.ids import RunId
from parity.documents.run_toml import BudgetHeld, GateHeld, Residual, RunToml

RUN = RunId.new()


def head(**changes: Any) -> RunToml:
    fields: dict[str, Any] = {
        "flow_name": "run",
        "run_id": RUN,
        "dtypes": ("f4", "c16"),
        "invariants_present": False,
        "redact_artifacts": True,
    }
    return RunToml(**fields | changes)


def test_the_required_fields_are_enough() -> None:
    assert head().schema_version == "parity.run_manifest/1"
    required = {name for name, field in RunToml.model_fields.items() if field.is_required()}
    assert required == {"flow_name", "run_id", "dtypes", "invariants_present", "redact_artifacts"}


@pytest.mark.parametrize(
    "changes",
    [
        {"dtypes": ("float64",)},
        {"dtypes": ("f2", "x")},
        {"invariants_present": True},
        {"invariants": ("monotone",)},
        {"seeds": {"plan": 7}},
        {"seeds": {"plan": "-7"}},
        {"shapes": ((-1,),)},
        {"extra": {"x": float("nan")}},
        {"extra": {"x": 2**53}},
        {"extra": {"x": [1]}},
        {"extra": {"": 1}},
        {"flow_name": ""},
        {"run_id": "0" * 32},
        {"schema_version": "parity.run_manifest/2"},
        {"host": "me"},
    ],
    ids=repr,
)
def test_what_contradicts_the_schema_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        head(**changes)


def test_invariants_are_present_when_some_are_named() -> None:
    assert head(invariants_present=True, invariants=("monotone",)).invariants == ("monotone",)


def test_a_gate_passes_by_a_measurement_within_its_limit_alone() -> None:
    assert GateHeld(limit=2.0, measured=2.0, status="pass")
    assert GateHeld(limit=2.0, status="not_evaluated")
    assert GateHeld(limit=2.0, measured=1.0, status="failed")  # a class failed, which no distance tells
    for measured in (None, 2.5):
        with pytest.raises(ValidationError, match="passes"):
            GateHeld(limit=2.0, measured=measured, status="pass")


def test_numbers_are_finite_and_not_negative() -> None:
    for make in (
        lambda: BudgetHeld(limit=0, held=True),
        lambda: BudgetHeld(limit=1, used=-1.0, held=True),
        lambda: BudgetHeld(limit=1, used=float("inf"), held=True),
        lambda: Residual(norm_type="max", units="ulp", worst=float("inf")),
        lambda: GateHeld(limit=float("nan"), status="failed"),
    ):
        with pytest.raises(ValidationError):
            make()
