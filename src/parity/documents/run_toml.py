"""manifest.toml: what one run did and whether it held, for people and for tools that read TOML.

TOML has no null: what is unknown is left out. Seeds are text, because 64 bits do not fit every reader's integers.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from parity.documents.case import Count
from parity.documents.elements import ELEMENTS
from parity.documents.ids import RunId
from parity.documents.model import Document
from parity.documents.telemetry import SAFE_INTEGER, Number, Value

RUN_TOML_SCHEMA = "parity.run_manifest/1"

Text = Annotated[str, Field(min_length=1, max_length=1024)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Held = Literal["pass", "failed", "not_evaluated"]
_SHORTS = tuple(element.short for element in ELEMENTS.values())


class GateHeld(Document):
    """A gate: its limit, what was measured (absent if nothing was), and whether it held."""

    limit: Annotated[Finite, Field(ge=0)]
    measured: Finite | None = None
    status: Held

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if self.status == "pass" and (self.measured is None or self.measured > self.limit):
            raise ValueError("a gate passes by a measurement within its limit")
        return self


class GatesHeld(Document):
    """max_ulp: by operation. p99_regression: as a share."""

    max_ulp: dict[Text, GateHeld] = {}
    p99_regression: GateHeld | None = None


class BudgetHeld(Document):
    """A bound that was enforced: its limit, what was used (absent where only the bound is known), whether it held."""

    limit: Annotated[int, Field(gt=0, lt=SAFE_INTEGER)]
    used: Annotated[Number, Field(ge=0)] | None = None
    held: bool


class BudgetsHeld(Document):
    """seconds: of the execution. memory_mib: of each worker. cases: planned."""

    seconds: BudgetHeld | None = None
    memory_mib: BudgetHeld | None = None
    cases: BudgetHeld | None = None


class Residual(Document):
    """The worst distance from the oracle: by which norm, in which unit; worst is absent if no case was measured."""

    norm_type: Text
    units: Text
    worst: Annotated[Finite, Field(ge=0)] | None = None


class RunToml(Document):
    """manifest.toml.

    flow_name: what ran (`run`, `bench`). dtypes: element types that were compared, by their short names. invariants:
    names of the properties that were checked and hold. redact_artifacts: no values are in any file of the bundle.
    versions: of programs and packages by name. shapes: of the arrays. frame_type, lens_name, unit_normalization_table,
    extra: for those who compare measured quantities; parity itself does not read them.
    """

    schema_version: Literal["parity.run_manifest/1"] = "parity.run_manifest/1"
    flow_name: Annotated[str, Field(min_length=1, max_length=200)]
    run_id: RunId
    dtypes: tuple[Text, ...]
    invariants_present: bool
    redact_artifacts: bool
    invariants: tuple[Text, ...] = ()
    shapes: tuple[tuple[Count, ...], ...] = ()
    frame_type: Text | None = None
    lens_name: Text | None = None
    versions: dict[Text, Text] = {}
    gates: GatesHeld = GatesHeld()
    budgets: BudgetsHeld = BudgetsHeld()
    seeds: dict[Text, Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]] = {}
    residual: Residual | None = None
    unit_normalization_table: dict[Text, Text] = {}
    extra: dict[Text, Value] = {}

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.invariants_present != bool(self.invariants):
            raise ValueError("invariants_present says other than the list of invariants")
        for name in self.dtypes:
            if name not in _SHORTS:
                raise ValueError(f"unknown dtype {name!r}, expected some of {', '.join(_SHORTS)}")
        return self
