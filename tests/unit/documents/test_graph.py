"""The graph: keys, ids and hashes are right, it is closed, and nothing comes from itself."""

import hashlib
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from parity.documents.graph import SOURCE, Edge, Graph, Node, Output, node_def_hash, node_id

CODE = "parity.cases.planning:plan@0.1.0"


def node(key: str, *inputs: str, **changes: Any) -> Node:
    definition: dict[str, Any] = {"op_kind": "stage", "inputs": inputs, "params": {}, "code": CODE}
    definition |= {name: value for name, value in changes.items() if name in definition}
    fields = definition | {
        "node_key": key,
        "node_id": node_id(key),
        "outputs": (Output(name="out", fingerprint="a" * 64, bytes=1, rows=None),),
        "node_def_hash": node_def_hash(**definition),
    }
    return Node(**fields | changes)


def graph(*nodes: Node, edges: tuple[tuple[str, str], ...] | None = None) -> Graph:
    meant = [(key, taker.node_key) for taker in nodes for key in taker.inputs]
    pairs = meant if edges is None else edges
    return Graph(nodes=nodes, edges=tuple(Edge(source=source, target=target) for source, target in pairs))


def test_a_graph_reads_back_as_itself() -> None:
    made = graph(node("capture", op_kind=SOURCE, code=None), node("plan"), node("judge", "plan", "capture"))
    assert Graph.from_json(orjson.dumps(made.full()), "here") == made


def test_node_id_is_the_first_16_bytes_of_the_sha256_of_the_key() -> None:
    assert node_id("plan") == hashlib.sha256(b"plan").hexdigest()[:32]


def test_the_definition_is_hashed_over_the_canonical_json_of_rfc_8785() -> None:
    params = {"suite": "core", "jobs": 2, "redact": False, "seed": None, "name": "ä\u2028"}
    definition = {"op_kind": "plan", "inputs": ["a", "b"], "params": params, "code": CODE}
    assert node_def_hash("plan", ("a", "b"), params, CODE) == hashlib.sha256(rfc8785.dumps(definition)).hexdigest()


@pytest.mark.parametrize(
    "change",
    [{"op_kind": "other"}, {"inputs": ("b", "a")}, {"params": {"n": 1}}, {"code": "parity.x:y@0.1.0"}],
    ids=repr,
)
def test_every_field_of_a_definition_changes_its_hash(change: dict[str, Any]) -> None:
    definition: dict[str, Any] = {"op_kind": "stage", "inputs": ("a", "b"), "params": {}, "code": CODE}
    assert node_def_hash(**definition | change) != node_def_hash(**definition)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"node_id": "0" * 32}, "node_id"),
        ({"node_def_hash": "0" * 64}, "node_def_hash"),
        ({"node_key": "Plan"}, "node_key"),
        ({"op_kind": SOURCE}, "source has no code"),
        ({"code": None}, "source has no code"),
        ({"code": "/home/me/x.py:f@1"}, "code"),
        ({"code": "parity.x:f"}, "code"),
        ({"params": {"share": 0.5}}, "params"),
        ({"params": {"list": [1]}}, "params"),
        ({"params": {"path": "/home/me"}}, "absolute"),
        ({"params": {"path": "C:\\me"}}, "absolute"),
        ({"params": {"path": "~/me"}}, "absolute"),
        ({"params": {"big": 2**53}}, "2\\^53"),
        ({"outputs": ({"name": "o", "fingerprint": "A" * 64, "bytes": 1, "rows": None},)}, "fingerprint"),
        ({"outputs": (Output(name="o", fingerprint="a" * 64, bytes=1, rows=None),) * 2}, "twice"),
        ({"host": "me"}, "host"),
    ],
    ids=repr,
)
def test_a_node_that_is_not_true_to_itself_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        node("plan", **changes)


def test_a_source_takes_nothing_and_an_input_is_taken_once() -> None:
    with pytest.raises(ValidationError, match="no inputs"):
        node("capture", "plan", op_kind=SOURCE, code=None)
    with pytest.raises(ValidationError, match="twice"):
        node("judge", "plan", "plan")


def test_what_is_not_unique_or_not_closed_is_refused() -> None:
    plan, judge = node("plan"), node("judge", "plan")
    for nodes, edges, said in (
        ((plan, plan), (), "a node key"),
        ((plan, judge), (("plan", "judge"),) * 2, "an edge stands there twice"),
        ((judge,), (("plan", "judge"),), "no node"),
        ((judge,), (), "alone"),
        ((plan, judge), (), "alone"),
        ((plan, judge), (("plan", "judge"), ("judge", "plan")), "alone"),
        ((plan,), (("plan", "nowhere"),), "no node"),
    ):
        with pytest.raises(ValidationError, match=said):
            graph(*nodes, edges=edges)


def test_a_cycle_is_refused_and_named() -> None:
    with pytest.raises(ValidationError, match=r"a cycle: .*a"):
        graph(node("a", "a"))
    with pytest.raises(ValidationError, match=r"a cycle: .*(b|c)"):
        graph(node("a"), node("b", "a", "d"), node("c", "b"), node("d", "c"))


@given(st.data())
def test_whatever_takes_only_from_earlier_nodes_is_a_graph_and_one_edge_back_makes_a_cycle(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 12))
    taken = [data.draw(st.sets(st.integers(0, number - 1))) if number else set() for number in range(size)]
    nodes = [node(f"n{number}", *(f"n{one}" for one in sorted(taken[number]))) for number in range(size)]
    made = graph(*nodes)
    assert len(made.edges) == sum(map(len, taken))
    ends = [number for number in range(size) if taken[number]]
    if ends:
        last = data.draw(st.sampled_from(ends))
        first = min(taken[last])
        nodes[first] = node(f"n{first}", *nodes[first].inputs, f"n{last}")
        with pytest.raises(ValidationError, match="a cycle"):
            graph(*nodes)
