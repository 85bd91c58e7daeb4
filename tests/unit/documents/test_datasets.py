"""Assets are pointers and hashes; lineage has no cycle; a materialization knows its node."""

import hashlib
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from parity.documents.datasets import (
    Asset,
    End,
    Fingerprint,
    License,
    Lineage,
    LineageEdge,
    Materialization,
    Registry,
    asset_id,
)
from parity.documents.graph import node_id
from parity.documents.ids import SpanId

FINGERPRINT = Fingerprint(content="a" * 64, source="numpy 2.4.6", schema="parity.capture/1")


def asset(name: str = "capture", **changes: Any) -> Asset:
    fields: dict[str, Any] = {
        "asset_id": asset_id(FINGERPRINT),
        "kind": "capture",
        "name": name,
        "pointer": "package:parity/fixtures/oracle/numpy-2.4.6",
        "fingerprint": FINGERPRINT,
        "license": License(spdx="MIT", redistributable=True),
        "contains_user_data": False,
    }
    return Asset(**fields | changes)


def edge(source: str, target: str) -> LineageEdge:
    return LineageEdge(
        source=End(kind="file", name=source), relation="was_derived_from", target=End(kind="file", name=target)
    )


def test_the_id_of_an_asset_is_the_hash_of_what_identifies_it() -> None:
    text = b'{"content":"%s","schema":"parity.capture/1","source":"numpy 2.4.6"}' % (b"a" * 64)
    assert asset_id(FINGERPRINT) == hashlib.sha256(text).hexdigest()[:32]
    for changed in ({"content": "b" * 64}, {"source": "numpy 2.4.5"}, {"schema_": "parity.capture/2"}):
        assert asset_id(FINGERPRINT.model_copy(update=changed)) != asset_id(FINGERPRINT)


def test_the_documents_read_back_as_themselves() -> None:
    registry = Registry(assets=(asset("a"), asset("b")))
    assert Registry.from_json(orjson.dumps(registry.full()), "here") == registry
    lineage = Lineage(edges=(edge("a", "b"), edge("b", "c")))
    assert Lineage.from_json(orjson.dumps(lineage.full()), "here") == lineage


@pytest.mark.parametrize("pointer", ["mylib.py", "a/b", "package:parity/fixtures/oracle/x", "elsewhere:mylib.py"])
def test_a_pointer_says_where_without_saying_on_which_machine(pointer: str) -> None:
    assert asset(pointer=pointer).pointer == pointer


@pytest.mark.parametrize(
    "pointer",
    ["", "/etc/passwd", "../x", "a/../../x", "C:\\x", "a\\b", "~/x", "file:///x", "https://x/y", "package:", "package:/x",
     "elsewhere:a/b", "package:../x", "x" * 513],
)  # fmt: skip
def test_a_pointer_that_leads_elsewhere_is_refused(pointer: str) -> None:
    with pytest.raises(ValidationError):
        asset(pointer=pointer)


@pytest.mark.parametrize(
    "changes",
    [
        {"asset_id": "0" * 32},
        {"contains_user_data": True},
        {"kind": "table"},
        {"values": [1.5]},
        {"license": {"spdx": None, "redistributable": True}},
        {"fingerprint": FINGERPRINT.model_copy(update={"content": "b" * 64})},
    ],
    ids=repr,
)
def test_an_asset_that_is_not_true_to_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        asset(**changes)


def test_assets_are_unique_and_in_order() -> None:
    for names in (("b", "a"), ("a", "a")):
        with pytest.raises(ValidationError, match="order"):
            Registry(assets=tuple(asset(name) for name in names))


def test_lineage_is_sorted_unique_and_acyclic() -> None:
    for edges, said in (
        ((edge("b", "c"), edge("a", "b")), "order"),
        ((edge("a", "b"), edge("a", "b")), "order"),
        ((edge("a", "a"),), "a cycle"),
        ((edge("a", "b"), edge("b", "c"), edge("c", "a")), "a cycle"),
    ):
        with pytest.raises(ValidationError, match=said):
            Lineage(edges=edges)


def test_an_asset_and_a_file_of_one_name_are_two_things() -> None:
    one = LineageEdge(
        source=End(kind="asset", name="a"), relation="was_derived_from", target=End(kind="file", name="a")
    )
    assert Lineage(edges=(one,)).edges == (one,)


def test_a_materialization_knows_its_node() -> None:
    fields: dict[str, Any] = {
        "node_key": "plan",
        "node_id": node_id("plan"),
        "span_id": SpanId(b"s" * 8),
        "output": "plan",
        "fingerprint": "a" * 64,
        "cache": "hit",
        "bytes": 3,
        "rows": None,
        "duration_nanos": "20",
        "status": "ok",
    }
    line = Materialization(**fields)
    assert Materialization.from_json(line.line(), "here") == line
    changes: list[dict[str, Any]] = [{"node_id": node_id("judge")}, {"cache": "maybe"}, {"bytes": -1}, {"bytes": 1.0}]
    for change in changes:
        with pytest.raises(ValidationError):
            Materialization(**fields | change)
