"""What `parity bench show --verify` says of a baseline: whether its figures are those that its samples give."""

from typing import Literal, Self

from pydantic import Field, model_validator

from parity.documents.case import Count
from parity.documents.model import Document


class BaselineProblem(Document):
    """A figure that is not what the samples give. workload: its name, null for the baseline as a whole."""

    workload: str | None
    field: str
    detail: str


class BaselineCheck(Document):
    """parity.baseline_check/1. path: of the baseline. workloads: that were computed again from their samples.

    notes: what was not checked, and why.
    """

    schema_: Literal["parity.baseline_check/1"] = Field(default="parity.baseline_check/1", alias="schema")
    status: Literal["ok", "failed"]
    path: str
    workloads: Count
    problems: tuple[BaselineProblem, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if (self.status == "ok") != (not self.problems):
            raise ValueError("the status is ok where there is no problem, and only there")
        return self
