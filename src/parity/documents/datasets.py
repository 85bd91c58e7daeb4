"""The documents below datasets/: what a run read, what came from what, and what each stage gave.

Assets are pointers and hashes: where the thing lies and how to know it again, never what is in it.
"""

import graphlib
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from parity.documents.case import Count
from parity.documents.graph import is_absolute, node_id
from parity.documents.ids import SpanId
from parity.documents.model import Document, Id16, Sha256, canonical, sha256
from parity.documents.telemetry import Name, Nanos, TelemetryLine

REGISTRY_SCHEMA, LINEAGE_SCHEMA = "parity.registry/1", "parity.lineage/1"
MATERIALIZATION_SCHEMA = "parity.materialization/1"

Text = Annotated[str, Field(min_length=1, max_length=512)]


def _pointer(text: str) -> str:
    scheme, colon, rest = text.partition(":")
    place = rest if colon else text
    if colon and scheme not in {"package", "elsewhere"}:
        raise ValueError("a pointer is a relative path, package:NAME/PATH or elsewhere:NAME")
    if not place or "\\" in place or is_absolute(place) or ".." in PurePosixPath(place).parts:
        raise ValueError("a pointer is neither absolute nor does it lead upwards")
    if scheme == "elsewhere" and "/" in place:
        raise ValueError("what lies elsewhere has a name alone")
    return text


Pointer = Annotated[Text, AfterValidator(_pointer)]
"""Where an asset was: a path relative to the directory of the run; `package:parity/fixtures/...` for what ships with
parity; `elsewhere:NAME` for what lay outside, which is known again by its fingerprint alone."""


class Fingerprint(Document):
    """How to know an asset again.

    content: SHA-256 over its bytes, or over the digests of its files. source: who made it (`numpy 2.4.6 (legacy)`).
    schema: name and version of its format.
    """

    content: Sha256
    source: Text
    schema_: Annotated[str, Field(min_length=1, max_length=128)] = Field(alias="schema")


class License(Document):
    """spdx: identifier or expression, null if unknown. redistributable: whether it may be passed on with a bundle."""

    spdx: Text | None
    redistributable: bool

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.redistributable and self.spdx is None:
            raise ValueError("what has no known license is not redistributable")
        return self


def asset_id(fingerprint: Fingerprint) -> str:
    """The first 16 bytes of SHA-256 over the canonical JSON of a fingerprint, in hexadecimal."""
    return sha256(canonical(fingerprint.full()))[:32]


class Asset(Document):
    """Something that a run read. contains_user_data: never; the registry has no place for such data."""

    asset_id: Id16
    kind: Literal["capture", "case_set", "baseline", "provider"]
    name: Name
    pointer: Pointer
    fingerprint: Fingerprint
    license: License
    contains_user_data: Literal[False]

    @model_validator(mode="after")
    def _true_to_itself(self) -> Self:
        if self.asset_id != asset_id(self.fingerprint):
            raise ValueError(f"asset_id of {self.name} is not that of its fingerprint")
        return self


class Registry(Document):
    """parity.registry/1: assets in the order of their names, which are unique."""

    schema_: Literal["parity.registry/1"] = Field(default="parity.registry/1", alias="schema")
    assets: Annotated[tuple[Asset, ...], Field(max_length=10_000)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        names = [asset.name for asset in self.assets]
        if names != sorted(set(names)):
            raise ValueError("assets are not in the order of their names, each once")
        return self


class End(Document):
    """An end of a lineage edge: an asset by its name, a node of the graph by its key, a file by its path."""

    kind: Literal["asset", "node", "file"]
    name: Annotated[str, Field(min_length=1, max_length=255)]


class LineageEdge(Document):
    """Source, relation, target: a sentence of W3C PROV's words (`report.json was_derived_from verdicts.ndjson`)."""

    source: End
    relation: Literal["was_derived_from", "was_generated_by", "used"]
    target: End

    @property
    def order(self) -> tuple[str, ...]:
        """What edges are sorted by."""
        return self.source.kind, self.source.name, self.relation, self.target.kind, self.target.name


class Lineage(Document):
    """parity.lineage/1: edges in sorted order, each once; nothing comes from itself, however indirectly."""

    schema_: Literal["parity.lineage/1"] = Field(default="parity.lineage/1", alias="schema")
    edges: Annotated[tuple[LineageEdge, ...], Field(max_length=100_000)]

    @model_validator(mode="after")
    def _sorted_and_acyclic(self) -> Self:
        orders = [edge.order for edge in self.edges]
        if orders != sorted(set(orders)):
            raise ValueError("edges are not in sorted order, each once")
        sorter: graphlib.TopologicalSorter[tuple[str, str]] = graphlib.TopologicalSorter()
        for edge in self.edges:
            sorter.add((edge.source.kind, edge.source.name), (edge.target.kind, edge.target.name))
        try:
            sorter.prepare()
        except graphlib.CycleError as error:
            raise ValueError(f"a cycle: {' <- '.join(name for _, name in error.args[1])}") from None
        return self


class Materialization(TelemetryLine):
    """parity.materialization/1: one output of one stage.

    span_id: of the stage's span, null if that was left out. cache: `hit` if the output was there before, `miss` if it
    had to be computed.
    duration_nanos: of the whole stage, in decimal.
    """

    node_key: Name
    node_id: Id16
    span_id: SpanId | None
    output: Name
    fingerprint: Sha256
    cache: Literal["hit", "miss"]
    bytes: Count
    rows: Count | None
    duration_nanos: Nanos
    status: Literal["ok", "error"]

    @model_validator(mode="after")
    def _true_to_itself(self) -> Self:
        if self.node_id != node_id(self.node_key):
            raise ValueError(f"node_id of {self.node_key} is not that of its key")
        return self
