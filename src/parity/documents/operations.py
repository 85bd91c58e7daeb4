"""The catalogue as `parity ops --json` prints it."""

from typing import Literal

from pydantic import Field

from parity.documents.case import Count
from parity.documents.model import Document


class ToleranceRow(Document):
    """How far a loop's result may be off, and why. limit: a number in the rule's unit, or the name of a depth."""

    rule: str
    limit: float | str
    reason: str
    provenance: Literal["proved", "exhaustive", "measured"]
    worst: str


class SpecialCaseRow(Document):
    """These arguments give this result, as Python literals; source: who says so."""

    args: tuple[str, ...]
    result: str
    source: str


class OperationRow(Document):
    """One operation.

    identity: the value, `reorderable` for none but any order, null for none. loops, reduce_loops: in
    NumPy's notation. domains: for each argument the ends of an interval, as hexadecimal floats. tolerance: by loop;
    a loop that is not there is exact bits.
    """

    name: str
    kind: Literal["ufunc", "gufunc", "reduction", "cumulative"]
    nin: Count
    nout: Count
    identity: bool | int | str | None
    loops: tuple[str, ...]
    reduce_loops: tuple[str, ...]
    methods: tuple[str, ...]
    attributes: tuple[str, ...]
    domains: tuple[tuple[str, str], ...]
    special_cases: tuple[SpecialCaseRow, ...]
    tolerance: dict[str, ToleranceRow]
    laws: tuple[str, ...]
    kernel: str
    reference: str
    truth: str


class Operations(Document):
    """parity.ops/1. digest: of the whole catalogue, whatever is listed here."""

    schema_: Literal["parity.ops/1"] = Field(default="parity.ops/1", alias="schema")
    digest: str
    ops: tuple[OperationRow, ...]
