"""Nodes are added as stages end; what is wrong is refused at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.bundle.graph import GraphBuilder, portable_parameter
from parity.documents.graph import SOURCE, Graph, Output
from parity.documents.model import sha256

CODE = "parity.cases.planning:plan@0.1.0"
OUT = (Output(name="out", fingerprint="a" * 64, bytes=1, rows=None),)


def test_edges_follow_from_inputs() -> None:
    built = GraphBuilder()
    built.add("plan", "plan", (), {"suite": "core"}, CODE, OUT)
    built.add("execute", "execute", ("plan",), {}, CODE, OUT)
    built.add("judge", "judge", ("plan", "execute"), {}, CODE, OUT)
    graph = built.document()
    assert [(edge.source, edge.target) for edge in graph.edges] == [
        ("plan", "execute"), ("plan", "judge"), ("execute", "judge"),
    ]  # fmt: skip
    assert "plan" in built
    assert "report" not in built


def test_an_empty_graph_is_one() -> None:
    assert GraphBuilder().document() == Graph(nodes=(), edges=())


def test_a_key_twice_and_an_input_that_has_not_ended_are_refused() -> None:
    built = GraphBuilder()
    built.add("plan", "plan", (), {}, CODE, OUT)
    with pytest.raises(ValueError, match="two nodes"):
        built.add("plan", "plan", (), {}, CODE, OUT)
    with pytest.raises(ValueError, match="neither a stage that has ended nor an asset"):
        built.add("judge", "judge", ("execute",), {}, CODE, OUT)
    with pytest.raises(ValueError, match="neither a stage that has ended nor an asset"):
        built.add("self", "self", ("self",), {}, CODE, OUT)
    with pytest.raises(ValueError, match="source has no code"):
        built.add("x", SOURCE, (), {}, CODE, OUT)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("core", "core"),
        ("/home/me/mylib.py", "mylib.py"),
        ("/home/me/", "me"),
        ("/", "."),
        ("~/mylib.py", "mylib.py"),
        ("~me", "me"),
        ("C:\\Users\\me\\mylib.py", "mylib.py"),
        ("\\\\host\\share\\x", "x"),
        ("file:///home/me/x", "x"),
        ("/home/file:x", "file_x"),
        ("/home/me/\udcff.py", "\\udcff.py"),
        ("mylib.numpy_api", "mylib.numpy_api"),
        (3, 3),
        (True, True),
        (None, None),
    ],
)
def test_a_parameter_says_nothing_of_the_machine(value: object, kept: object) -> None:
    assert portable_parameter(value) == kept
    GraphBuilder().add("plan", "plan", (), {"value": value}, CODE, OUT)


@given(st.text(st.sampled_from("/\\~:.aCfile\0ä\ud800"), max_size=30) | st.text(max_size=2000))
def test_every_text_is_made_a_parameter(text: str) -> None:
    GraphBuilder().add("plan", "plan", (), {"value": portable_parameter(text)}, CODE, OUT)


def test_a_long_text_is_known_by_its_hash() -> None:
    text = ",".join(f"op{number}" for number in range(500))
    assert portable_parameter(text) == f"sha256:{sha256(text.encode())}"


def test_two_graphs_of_the_same_stages_are_equal_wherever_the_files_lay() -> None:
    graphs = []
    for place in ("/home/me", "/tmp/other"):
        built = GraphBuilder()
        built.add("plan", "plan", (), {"provider": f"{place}/mylib.py"}, CODE, OUT)
        graphs.append(built.document())
    assert graphs[0] == graphs[1]
