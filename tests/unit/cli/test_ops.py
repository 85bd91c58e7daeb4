"""`parity ops` and `parity schema`: the catalogue and the documents, said in full."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from parity.cli.schema import DOCUMENTS
from parity.documents.operations import Operations
from parity.ops.catalogue import CATALOGUE

Parity = Callable[..., Any]


def test_the_document_has_every_row_and_follows_its_schema(parity: Parity) -> None:
    document = Operations.from_json(parity("ops", "--json", "-").out, "stdout")
    assert [row.name for row in document.ops] == list(CATALOGUE)
    for row in document.ops:
        assert row.loops == CATALOGUE[row.name].loops
        assert set(row.tolerance) <= set(row.loops) | set(row.reduce_loops)


def test_the_table_has_a_line_for_every_row(parity: Parity) -> None:
    head, *lines, last = parity("ops").out.splitlines()
    assert head.split() == ["name", "kind", "in", "out", "identity", "loops", "methods", "tolerance"]
    assert [line.split()[0] for line in lines] == list(CATALOGUE)
    assert last.startswith(f"{len(CATALOGUE)} operations, ")


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_card_says_all_of_a_row(parity: Parity, name: str) -> None:
    row, card = CATALOGUE[name], parity("ops", name).out
    words = card.split()
    assert words[0] == f"{name}:"
    assert set(row.loops) <= set(words) or not row.tolerances
    assert {*row.methods, *row.attributes, row.kernel, row.reference, row.truth} <= set(words)
    for tolerance in row.tolerances.values():
        assert " ".join(tolerance.reason.split()) in " ".join(words)
    assert max(map(len, card.splitlines())) <= 100


def test_a_method_shows_the_row_of_its_ufunc(parity: Parity) -> None:
    assert parity("ops", "add.reduce").out == parity("ops", "add").out
    assert [row["name"] for row in parity("ops", "add", "--json", "-").document()["ops"]] == ["add"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_has_a_closed_schema(parity: Parity, name: str) -> None:
    document = parity("schema", name).document()
    assert document["$schema"].endswith("2020-12/schema")
    assert document["additionalProperties"] is False
    assert document["properties"]
    if "schema" in document["properties"]:
        assert document["properties"]["schema"]["const"].startswith("parity.")


def test_without_a_name_the_documents_are_listed(parity: Parity) -> None:
    assert parity("schema").out.split() == list(DOCUMENTS)
    assert parity("schema", "--json", "-").document()["names"] == list(DOCUMENTS)
    assert {"manifest", "plan", "case", "capture", "verdict", "report", "error", "ops"} <= set(DOCUMENTS)


def test_documents_are_json_for_every_reader(parity: Parity) -> None:
    for words in (("ops", "--json", "-"), ("schema", "report")):
        text = parity(*words).out
        assert orjson.loads(text)
        assert text.endswith("}\n")
