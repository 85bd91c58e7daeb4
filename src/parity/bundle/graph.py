"""The graph of a run, node by node as the stages end."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from parity.documents.datasets import Asset
from parity.documents.graph import (
    SOURCE,
    Edge,
    Graph,
    Node,
    Output,
    is_absolute,
    node_def_hash,
    node_id,
)
from parity.documents.model import sha256
from parity.documents.telemetry import MAX_TEXT_BYTES

GRAPH = "graph.json"


class GraphBuilder:
    """Nodes in the order in which they were added. A node takes from those before it alone, so there is no cycle."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def check(self, key: str, inputs: Iterable[str]) -> None:
        """Raise ValueError for a key that is there already, or an input that is not."""
        if key in self._nodes:
            raise ValueError(f"two nodes with the key {key!r}")
        for name in inputs:
            if name not in self._nodes:
                raise ValueError(f"{key!r} takes from {name!r}, which is neither a stage that has ended nor an asset")

    def source(self, asset: Asset) -> None:
        """A node for an asset, with itself as the output."""
        output = Output(name=asset.kind, fingerprint=asset.fingerprint.content, bytes=None, rows=None)
        self.add(asset.name, SOURCE, (), {"asset_id": asset.asset_id}, None, (output,))

    def add(
        self,
        key: str,
        op_kind: str,
        inputs: Sequence[str],
        params: Mapping[str, Any],
        code: str | None,
        outputs: Iterable[Output],
    ) -> Node:
        """Add a node. Raises ValueError (pydantic's is one) for what the model does not allow."""
        self.check(key, inputs)
        portable = {name: portable_parameter(value) for name, value in params.items()}
        node = Node(
            node_key=key,
            node_id=node_id(key),
            op_kind=op_kind,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            params=portable,
            code=code,
            node_def_hash=node_def_hash(op_kind, inputs, portable, code),
        )
        self._nodes[key] = node
        return node

    def document(self) -> Graph:
        """The graph so far."""
        nodes = tuple(self._nodes.values())
        edges = tuple(Edge(source=key, target=node.node_key) for node in nodes for key in node.inputs)
        return Graph(nodes=nodes, edges=edges)


def portable_parameter(value: Any) -> Any:
    """A parameter without its place: an absolute path is its last part; a long text is known by its SHA-256."""
    if not isinstance(value, str):
        return value
    text = value
    if is_absolute(text):
        text = text.replace("\\", "/").rstrip("/").rpartition("/")[2].lstrip("~").replace(":", "_") or "."
    data = text.encode(errors="backslashreplace")
    return f"sha256:{sha256(data)}" if len(data) > MAX_TEXT_BYTES else data.decode()
