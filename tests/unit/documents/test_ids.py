"""Ids are right or refused: no text or bytes of another length, case or version becomes one, in Python or in JSON."""

import pickle
import time
from copy import deepcopy
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.documents.ids import RunId, SpanId, TraceId
from parity.documents.model import Document
from parity.errors import DocumentError, ExitCode

RUN_TEXT = "01a1fc9658a9721097905324ef82c32f"
Ids = type[TraceId] | type[SpanId] | type[RunId]
KINDS: tuple[Ids, ...] = (TraceId, SpanId, RunId)

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


class Holder(Document):
    """A document with an id of each kind."""

    trace: TraceId
    span: SpanId
    run: RunId
    parent: SpanId | None = None


def values(kind: Ids) -> st.SearchStrategy[bytes]:
    """Valid bytes of a kind."""
    some = st.binary(min_size=kind.size, max_size=kind.size)
    if kind is RunId:
        return some.map(lambda data: data[:6] + bytes([0x70 | data[6] & 15, data[7], 0x80 | data[8] & 63]) + data[9:])
    return some.filter(any)


@every_kind
@given(data=st.data())
def test_text_and_bytes_come_back_as_they_were(kind: Ids, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    made = kind(value)
    assert bytes(made) == value
    assert made.text == str(made) == value.hex()
    assert kind.parse(made.text) == made
    assert hash(kind.parse(made.text)) == hash(made)
    assert repr(made) == f"{kind.__name__}.parse('{value.hex()}')"


@every_kind
@given(data=st.data())
def test_ids_order_as_their_bytes_do(kind: Any, data: st.DataObject) -> None:
    one, two = data.draw(values(kind)), data.draw(values(kind))
    assert (kind(one) < kind(two), kind(one) <= kind(two), kind(one) == kind(two)) == (
        one < two,
        one <= two,
        one == two,
    )


@every_kind
@given(data=st.data())
def test_text_that_is_not_the_one_way_to_write_it_is_refused(kind: Ids, data: st.DataObject) -> None:
    text = data.draw(values(kind)).hex()
    at = data.draw(st.integers(0, len(text) - 1))
    wrong = [text[:-1], text + "0", text + "\n", f" {text}", f"0x{text}", text[:at] + "g" + text[at + 1 :], ""]
    wrong += [text.upper()] * (text != text.upper())
    wrong.append(text[:at] + "٣" + text[at + 1 :])  # a digit, but not of hexadecimal text
    for refused in wrong:
        with pytest.raises(DocumentError, match="is no") as error:
            kind.parse(refused)
        assert error.value.exit_code == ExitCode.BAD_INPUT
        assert error.value.expected == f"{2 * kind.size} lowercase hexadecimal digits"


@every_kind
@given(value=st.binary(max_size=40))
def test_bytes_of_another_length_are_refused(kind: Ids, value: bytes) -> None:
    if len(value) != kind.size:
        with pytest.raises(DocumentError, match="bytes are no"):
            kind(value)


@every_kind
def test_zeros_alone_are_refused(kind: Ids) -> None:
    with pytest.raises(DocumentError, match="zeros"):
        kind(bytes(kind.size))
    with pytest.raises(DocumentError, match="zeros"):
        kind.parse("00" * kind.size)


@pytest.mark.parametrize("at", [12, 16], ids=["version", "variant"])
def test_a_run_id_is_a_uuid_of_version_7(at: int) -> None:
    right = {"version": "7", "variant": "89ab"}["version" if at == 12 else "variant"]
    for digit in "0123456789abcdef":
        text = RUN_TEXT[:at] + digit + RUN_TEXT[at + 1 :]
        if digit in right:
            assert RunId.parse(text).text == text
        else:
            with pytest.raises(DocumentError, match="is no RunId"):
                RunId.parse(text)


def test_new_run_ids_order_by_time() -> None:
    before = time.time_ns() // 1_000_000
    made = [RunId.new() for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert all(one < two for one, two in pairwise(made))
    assert before <= made[0].unix_millis <= made[-1].unix_millis <= after


def test_the_trace_of_a_run_has_its_bytes_and_is_no_run() -> None:
    run = RunId.parse(RUN_TEXT)
    assert run.trace_id == TraceId.parse(RUN_TEXT)
    assert run != run.trace_id
    assert len({run, run.trace_id}) == 2
    with pytest.raises(TypeError):
        assert run < run.trace_id  # type: ignore[operator]


@every_kind
def test_new_ids_are_distinct(kind: Ids) -> None:
    assert len({kind.new() for _ in range(1000)}) == 1000


@every_kind
def test_ids_can_be_copied_and_sent_to_other_processes(kind: Ids) -> None:
    made = kind.new()
    assert deepcopy(made) == pickle.loads(pickle.dumps(made)) == made


def test_ids_in_documents_are_text_in_json_and_nothing_else() -> None:
    holder = Holder(trace=TraceId.new(), span=SpanId.new(), run=RunId.new())
    plain = holder.full()
    assert plain == {"trace": str(holder.trace), "span": str(holder.span), "run": str(holder.run), "parent": None}
    assert Holder.from_json(orjson.dumps(plain), "here") == holder
    zeros, short = "0" * 16, plain["span"][1:]
    for wrong in (zeros, short, plain["span"] + "0", "A" * 16, 7, None, ["a"], plain["trace"]):
        with pytest.raises(DocumentError) as error:
            Holder.from_json(orjson.dumps(plain | {"span": wrong}), "here")
        assert error.value.where == "here, field span"


def test_the_schema_of_an_id_says_how_it_is_written() -> None:
    assert Holder.model_json_schema()["properties"]["span"]["pattern"] == "^[0-9a-f]{16}$"
