"""graph.json: what was computed from what. Nothing in it depends on when or where it ran."""

import graphlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from parity.documents.case import Count
from parity.documents.model import Document, Id16, Sha256, canonical, sha256
from parity.documents.telemetry import MAX_ATTRIBUTES, MAX_TEXT_BYTES, SAFE_INTEGER, Key, Name

GRAPH_SCHEMA = "parity.graph/1"
SOURCE = "source"
"""The op_kind of a node that stands for an asset: it has one output, no inputs and no code."""

MAX_NODES = 10_000

CodeReference = Annotated[
    str, Field(pattern=r"^[a-z_][a-z0-9_.]{0,127}:[A-Za-z_][A-Za-z0-9_.]{0,127}@[0-9][0-9A-Za-z.+-]{0,63}$")
]
"""`module:function@version`."""


def is_absolute(text: str) -> bool:
    """Whether a text is a place on one machine: an absolute path of POSIX or Windows, a home, or a file URL."""
    drive = len(text) > 2 and text[0].isalpha() and text[1] == ":" and text[2] in "/\\"
    return drive or text.startswith(("/", "\\\\", "~", "file:"))


def _parameter(value: Any) -> Any:
    if isinstance(value, str):
        if len(value.encode()) > MAX_TEXT_BYTES:
            raise ValueError(f"longer than {MAX_TEXT_BYTES} bytes")
        if is_absolute(value):
            raise ValueError("an absolute path")
    if isinstance(value, int) and abs(value) >= SAFE_INTEGER:
        raise ValueError("an integer of 2^53 or more")
    return value


Parameter = Annotated[str | bool | int | None, AfterValidator(_parameter)]
"""No floats: a definition is hashed, and canonical JSON writes them in a way of its own."""


def node_id(node_key: str) -> str:
    """The first 16 bytes of SHA-256 over the key, in hexadecimal."""
    return sha256(node_key.encode())[:32]


def node_def_hash(op_kind: str, inputs: Sequence[str], params: Mapping[str, Any], code: str | None) -> str:
    """What a node would do, whatever it is given: SHA-256 over canonical JSON of these four fields."""
    return sha256(canonical({"op_kind": op_kind, "inputs": list(inputs), "params": dict(params), "code": code}))


class Output(Document):
    """What a node gave. fingerprint: SHA-256 of its content. bytes: null for a source. rows: null for what has none."""

    name: Name
    fingerprint: Sha256
    bytes: Count | None
    rows: Count | None


class Node(Document):
    """A stage of the run, or an asset that it read.

    inputs: keys of other nodes. params: what else decides the output; scalars that are no data of a user. code: what
    computed it, null for a source.
    """

    node_key: Name
    node_id: Id16
    op_kind: Name
    inputs: tuple[Name, ...]
    outputs: tuple[Output, ...]
    params: Annotated[dict[Key, Parameter], Field(max_length=MAX_ATTRIBUTES)]
    code: CodeReference | None
    node_def_hash: Sha256

    @model_validator(mode="after")
    def _true_to_itself(self) -> Self:
        if self.node_id != node_id(self.node_key):
            raise ValueError(f"node_id of {self.node_key} is not that of its key")
        if self.node_def_hash != node_def_hash(self.op_kind, self.inputs, self.params, self.code):
            raise ValueError(f"node_def_hash of {self.node_key} is not that of its definition")
        if (self.op_kind == SOURCE) != (self.code is None):
            raise ValueError(f"{self.node_key}: a source has no code, and all else has")
        if self.op_kind == SOURCE and self.inputs:
            raise ValueError(f"{self.node_key}: a source has no inputs")
        _unique(self.inputs, f"an input of {self.node_key}")
        _unique([output.name for output in self.outputs], f"an output of {self.node_key}")
        return self


class Edge(Document):
    """From the node that gives to the node that takes, by their keys."""

    source: Name
    target: Name


class Graph(Document):
    """parity.graph/1: nodes in an order in which they could run, and one edge for each input of each."""

    schema_: Literal["parity.graph/1"] = Field(default="parity.graph/1", alias="schema")
    nodes: Annotated[tuple[Node, ...], Field(max_length=MAX_NODES)]
    edges: tuple[Edge, ...]

    @model_validator(mode="after")
    def _closed_and_acyclic(self) -> Self:
        keys = [node.node_key for node in self.nodes]
        _unique(keys, "a node key")
        pairs = [(edge.source, edge.target) for edge in self.edges]
        _unique(pairs, "an edge")
        known = set(keys)
        for pair in pairs:
            for key in pair:
                if key not in known:
                    raise ValueError(f"an edge names {key!r}, which is no node")
        meant = {(key, node.node_key) for node in self.nodes for key in node.inputs}
        for source, target in meant ^ set(pairs):
            raise ValueError(f"{source} is an input of {target} in the nodes or in the edges alone")
        try:
            graphlib.TopologicalSorter({node.node_key: node.inputs for node in self.nodes}).prepare()
        except graphlib.CycleError as error:
            raise ValueError(f"a cycle: {' <- '.join(error.args[1])}") from None
        return self


def _unique(items: Sequence[Any], what: str) -> None:
    seen = set()
    for item in items:
        if item in seen:
            raise ValueError(f"{what} stands there twice: {item!r}")
        seen.add(item)
