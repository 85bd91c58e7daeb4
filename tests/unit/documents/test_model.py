"""The bytes of documents: `canonical` is RFC 8785 on what parity hashes, and a document is closed and strict."""

from typing import Literal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from parity.documents.model import Document, canonical, pretty, sha256
from parity.errors import DocumentError

ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SAFE_INTEGERS = st.integers(min_value=-(2**53 - 1), max_value=2**53 - 1)
FLOAT_FREE = st.recursive(
    st.none() | st.booleans() | SAFE_INTEGERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ASCII, inner, max_size=4),
    max_leaves=20,
)


@given(FLOAT_FREE)
def test_canonical_is_rfc_8785_on_float_free_data_with_ascii_keys(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_canonical_escapes_as_rfc_8785_does() -> None:
    text = "".join(map(chr, range(0x20))) + '"\\/\x7f\u2028é\U0001f600'
    assert canonical({"text": text}) == rfc8785.dumps({"text": text})


def test_canonical_sorts_keys_and_pretty_adds_only_space() -> None:
    value = {"b": [1, {"z": None, "a": True}], "a": "x"}
    assert canonical(value) == b'{"a":"x","b":[1,{"a":true,"z":null}]}'
    assert pretty(value).endswith(b"\n")
    assert b"".join(pretty(value).split()) == canonical(value)


def test_sha256_is_the_published_one() -> None:
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


class Sample(Document):
    schema_: Literal["sample/1"] = Field(default="sample/1", alias="schema")
    number: int
    words: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"number": true}', "number"),
        ('{"number": 1.0}', "number"),
        ('{"number": "1"}', "number"),
        ('{"number": 1, "more": 1}', "more"),
        ('{"number": 1, "words": "one"}', "words"),
        ('{"number": 1, "words": ["one", 2]}', "words.1"),
        ('{"number": 1, "schema": "sample/2"}', "schema"),
        ("{}", "number"),
        ('{"number": 1', "(the whole)"),
        ("[]", "(the whole)"),
    ],
)
def test_a_document_refuses_what_it_does_not_know_and_names_the_field(text: str, field: str) -> None:
    with pytest.raises(DocumentError) as caught:
        Sample.from_json(text, "sample.json")
    assert caught.value.where == f"sample.json, field {field}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", "a field of this name"),
        ('{"number": 1, "more": 1}', "no field of this name"),
        ('{"number": 1', "JSON"),
        ('{"number": "1"}', "a valid integer"),
        ('{"number": 1, "words": "one"}', "a valid array"),
        ('{"number": 1, "schema": "sample/2"}', "'sample/1'"),
        ("[]", "an object"),
    ],
)
def test_what_a_document_expected_is_said_in_words(text: str, expected: str) -> None:
    with pytest.raises(DocumentError) as caught:
        Sample.from_json(text, "sample.json")
    assert caught.value.expected == expected


def test_a_document_is_immutable_and_says_itself_in_full_or_without_defaults() -> None:
    sample = Sample.from_json('{"number": 1}', "sample.json")
    with pytest.raises(ValidationError):
        sample.number = 2  # type: ignore[misc]
    assert sample.full() == {"schema": "sample/1", "number": 1, "words": []}
    assert sample.plain() == {"number": 1}
    assert Sample.from_json(canonical(sample.full()), "sample.json") == sample
