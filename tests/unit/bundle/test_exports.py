"""A run in the formats of others: what their specifications demand, and no value of an array."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from parity.bundle.exports import in_toto, otlp, ro_crate, urn
from parity.bundle.layout import Bundle
from parity.documents.ids import RunId, SpanId
from parity.documents.report import GateResult, Report
from parity.documents.run import RunDocument
from parity.documents.telemetry import Event, Metric, Span
from parity.errors import DamagedError
from parity.pipeline.export import FORMS, export
from parity.pipeline.progress import Progress

ROOT, INNER = SpanId.parse("00000000000000aa"), SpanId.parse("00000000000000bb")
START = 1_795_237_549_551_510_263
ID = RunId.parse("01a1fc7f15ee724282d110a62c4af830")


@pytest.fixture(scope="module")
def small(untouched: Path) -> Bundle:
    return Bundle(untouched)


@pytest.fixture(scope="module")
def run(small: Bundle) -> RunDocument:
    return small.run()


@pytest.fixture(scope="module")
def report(small: Bundle) -> Report:
    return small.report()


def span(span_id: SpanId, parent: SpanId | None, start: int, length: int = 1000, **changes: Any) -> Span:
    fields: dict[str, Any] = {
        "trace_id": ID.trace_id,
        "span_id": span_id,
        "parent_span_id": parent,
        "name": "plan",
        "start_unix_nanos": str(START + start),
        "end_unix_nanos": str(START + start + length),
        "status": "ok",
        "attrs": {},
    }
    return Span(**fields | changes)


def event(span_id: SpanId | None, **attrs: Any) -> Event:
    return Event(trace_id=ID.trace_id, span_id=span_id, name="note", time_unix_nanos=str(START), attrs=attrs)


def spans_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    [resource] = document["resourceSpans"]
    [scope] = resource["scopeSpans"]
    spans: list[dict[str, Any]] = scope["spans"]
    return spans


# -- OTLP ---------------------------------------------------------------------------------------------------------


def test_spans_come_by_their_start_with_hexadecimal_ids_and_decimal_nanoseconds(run: RunDocument) -> None:
    inner = span(INNER, ROOT, 5, status="error", attrs={"error.type": "ValueError"})
    first, second = spans_of(otlp.traces(run, [inner, span(ROOT, None, 0)], []))
    assert first == {
        "traceId": ID.text,
        "spanId": "00000000000000aa",
        "name": "plan",
        "kind": 1,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 1000),
        "attributes": [],
        "events": [],
        "status": {"code": 1},
    }
    assert second["parentSpanId"] == "00000000000000aa"
    assert second["status"] == {"code": 2}
    assert second["attributes"] == [{"key": "error.type", "value": {"stringValue": "ValueError"}}]


def test_a_root_comes_before_a_child_that_starts_with_it(run: RunDocument) -> None:
    child = SpanId.parse("0000000000000001")
    document = otlp.traces(run, [span(child, ROOT, 0), span(ROOT, None, 0)], [])
    assert [found["spanId"] for found in spans_of(document)] == [ROOT.text, child.text]


def test_attributes_keep_their_types(run: RunDocument) -> None:
    attrs = {"b": True, "i": -(2**53) + 1, "f": 2.0, "s": "1", "z": False}
    [found] = spans_of(otlp.traces(run, [span(ROOT, None, 0, attrs=attrs)], []))
    assert {pair["key"]: pair["value"] for pair in found["attributes"]} == {
        "b": {"boolValue": True},
        "f": {"doubleValue": 2.0},
        "i": {"intValue": "-9007199254740991"},
        "s": {"stringValue": "1"},
        "z": {"boolValue": False},
    }
    assert "droppedAttributesCount" not in found


def test_attributes_that_a_writer_dropped_are_counted_where_otlp_counts_them(run: RunDocument) -> None:
    [found] = spans_of(otlp.traces(run, [span(ROOT, None, 0, attrs={"a": 1, "dropped": 3})], []))
    assert found["droppedAttributesCount"] == 3
    assert [pair["key"] for pair in found["attributes"]] == ["a"]
    for other in (True, "3", -1, 0, 1.5):
        [found] = spans_of(otlp.traces(run, [span(ROOT, None, 0, attrs={"dropped": other})], []))
        assert "droppedAttributesCount" not in found
        assert len(found["attributes"]) == 1


def test_an_event_stands_in_its_span_and_one_after_the_run_in_the_root(run: RunDocument) -> None:
    spans = [span(INNER, ROOT, 5), span(ROOT, None, 0)]
    events = [event(INNER, n=1), event(None, n=2), event(ROOT, n=3)]
    root, inner = spans_of(otlp.traces(run, spans, events))
    assert [found["attributes"][0]["value"]["intValue"] for found in root["events"]] == ["2", "3"]
    assert inner["events"] == [
        {"timeUnixNano": str(START), "name": "note", "attributes": [{"key": "n", "value": {"intValue": "1"}}]}
    ]


def test_metrics_are_gauges_with_a_point_for_each_line(run: RunDocument) -> None:
    lines = [
        Metric(name="rate", value=1.5, unit="{case}/s", time_unix_nanos="7"),
        Metric(name="cases", value=3, unit="{case}", time_unix_nanos="8"),
        Metric(name="rate", value=2.0, unit="{case}/s", time_unix_nanos="9"),
    ]
    document = otlp.metrics(run, lines)
    assert document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"] == [
        {"name": "cases", "unit": "{case}", "gauge": {"dataPoints": [{"timeUnixNano": "8", "asInt": "3"}]}},
        {
            "name": "rate",
            "unit": "{case}/s",
            "gauge": {"dataPoints": [{"timeUnixNano": "7", "asDouble": 1.5}, {"timeUnixNano": "9", "asDouble": 2.0}]},
        },
    ]


def test_the_resource_says_which_program_and_run_it_was(run: RunDocument) -> None:
    for document, key in ((otlp.traces(run, [], []), "resourceSpans"), (otlp.metrics(run, []), "resourceMetrics")):
        attributes = {pair["key"]: pair["value"] for pair in document[key][0]["resource"]["attributes"]}
        assert attributes["service.name"] == {"stringValue": "parity"}
        assert attributes["service.version"] == {"stringValue": run.program.parity}
        assert attributes["parity.run_id"] == {"stringValue": run.run_id.text}


# -- in-toto ------------------------------------------------------------------------------------------------------


def statement(small: Bundle, report: Report) -> dict[str, Any]:
    return in_toto.statement(small.run(), report, small.manifest, small.registry())


def test_a_statement_has_every_file_of_the_bundle_as_its_subject(small: Bundle, report: Report) -> None:
    found = statement(small, report)
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert {one["name"]: one["digest"]["sha256"] for one in found["subject"]} == {
        file.name: file.sha256 for file in small.files
    }


def test_rows_of_the_matrix_are_the_tests_and_a_divergence_fails_its_row(small: Bundle, report: Report) -> None:
    predicate = statement(small, report)["predicate"]
    assert predicate["result"] == "FAILED"
    bad = {f"{row.op} {row.loop}" for row in report.matrix if row.bad}
    assert bad
    assert bad <= set(predicate["failedTests"])
    listed = predicate["passedTests"] + predicate["warnedTests"] + predicate["failedTests"]
    assert len(set(listed)) == len(listed)
    assert {name for name in listed if not name.startswith("gate ")} <= {
        f"{row.op} {row.loop}" for row in report.matrix
    }


def judged(report: Report, rows: list[dict[str, int]], **changes: Any) -> Report:
    """The report with other rows and totals."""
    names = {name for row in rows for name in row}
    matrix = [
        report.matrix[0].model_copy(
            update=dict.fromkeys(report.totals.full(), 0)
            | {"op": f"op{number}", "loop": "d->d", "cases": sum(row.values()), **row}
        )
        for number, row in enumerate(rows)
    ]
    totals = {name: sum(row.get(name, 0) for row in rows) for name in names}
    cleared = report.totals.model_copy(update=dict.fromkeys(report.totals.full(), 0))
    update = {
        "matrix": tuple(matrix),
        "totals": cleared.model_copy(update=totals | {"cases": sum(totals.values())}),
        "gates": (),
        "not_captured": 0,
        "divergences": (),
    }
    return report.model_copy(update=update | changes)


def test_a_result_is_passed_only_when_all_agree_and_the_evidence_reaches(small: Bundle, report: Report) -> None:
    def outcome(rows: list[dict[str, int]], **changes: Any) -> tuple[str, list[str], list[str], list[str]]:
        predicate = statement(small, judged(report, rows, **changes))["predicate"]
        tests = [predicate[name] for name in ("passedTests", "warnedTests", "failedTests")]
        return predicate["result"], *tests

    good, known, lacking = {"exact": 2, "within_tolerance": 1}, {"exact": 1, "known": 1}, {"unsupported": 3}
    one, two = "op0 d->d", "op1 d->d"
    assert outcome([good]) == ("PASSED", [one], [], [])
    assert outcome([good, known]) == ("WARNED", [one], [two], [])
    assert outcome([good, {"exact": 1, "unsupported": 1}]) == ("WARNED", [one], [two], [])
    assert outcome([good, lacking]) == ("WARNED", [one], [], []), "what was not compared is in no list"
    assert outcome([lacking]) == ("FAILED", [], [], []), "nothing was compared: that is no pass"
    assert outcome([]) == ("FAILED", [], [], [])
    assert outcome([good], not_captured=1) == ("FAILED", [one], [], []), "the evidence does not reach"
    for name in ("diverged", "raised_differently", "crashed", "timed_out", "unexpected_pass"):
        assert outcome([good, {"exact": 9, name: 1}]) == ("FAILED", [one], [], [two])
    gates = {
        status: (GateResult(name="max_ulp.exp", limit=1.0, measured=None, status=status),)
        for status in ("pass", "failed", "not_evaluated")
    }
    assert outcome([good], gates=gates["pass"]) == ("PASSED", [one, "gate max_ulp.exp"], [], [])
    assert outcome([good], gates=gates["failed"]) == ("FAILED", [one], [], ["gate max_ulp.exp"])
    assert outcome([good], gates=gates["not_evaluated"]) == ("WARNED", [one], ["gate max_ulp.exp"], [])
    pure = report.oracle.model_copy(update={"source": "pure_python"})
    assert outcome([good], oracle=pure)[0] == "FAILED"
    assert outcome([good], oracle=pure, allow_pure=True)[0] == "WARNED", "pure Python is no evidence about NumPy"


def test_the_configuration_is_what_decided_the_result_each_with_a_digest(small: Bundle, report: Report) -> None:
    found = {one["name"]: one["digest"]["sha256"] for one in statement(small, report)["predicate"]["configuration"]}
    run = small.run()
    assert found["plan"] == run.plan_digest
    assert found["catalogue"] == run.catalogue_digest
    assert found["oracle"] == run.capture_digest
    assert {"run.json", "artifacts/manifest.yaml", "provider", "suite"} <= found.keys()
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in found.values())


# -- RO-Crate -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crate(untouched: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(export(str(untouched), "ro-crate", "traces", None, Progress()))
    return found


def entities(crate: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in crate["@graph"]}


def references(value: Any) -> list[str]:
    """Every `@id` that stands as a value in an entity."""
    if isinstance(value, list):
        return [name for item in value for name in references(item)]
    if isinstance(value, dict):
        return [value["@id"]]
    return []


def test_a_crate_is_flat_and_each_reference_has_its_entity(crate: dict[str, Any]) -> None:
    assert crate["@context"] == [
        "https://w3id.org/ro/crate/1.1/context",
        "https://w3id.org/ro/terms/workflow-run/context",
    ]
    known = entities(crate)
    assert len(known) == len(crate["@graph"]), "an @id stands there twice"
    for entity in crate["@graph"]:
        assert entity["@type"]
        missing = [name for field in entity.values() for name in references(field) if name not in known]
        assert missing in ([], ["https://w3id.org/ro/crate/1.1"])


def test_the_root_conforms_to_the_profile_and_has_every_file(crate: dict[str, Any], small: Bundle) -> None:
    known = entities(crate)
    assert known["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert known["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = known["./"]
    assert root["conformsTo"] == {"@id": "https://w3id.org/ro/wfrun/process/0.5"}
    assert {"name", "description", "datePublished", "license"} <= root.keys()
    files = {name: known[name] for name in references(root["hasPart"])}
    assert {name: (file["sha256"], file["contentSize"]) for name, file in files.items()} == {
        file.name: (file.sha256, str(file.size)) for file in small.files
    }
    assert {file["@type"] for file in files.values()} == {"File"}


def test_the_action_says_what_ran_on_what_and_when(crate: dict[str, Any], small: Bundle) -> None:
    known, run = entities(crate), small.run()
    action = known[urn(run.run_id)]
    assert action["@type"] == "CreateAction"
    assert known[action["instrument"]["@id"]]["softwareVersion"] == run.program.parity
    assert set(references(action["object"])) == {
        "#asset-oracle", "#asset-provider", "#asset-suite", "artifacts/manifest.yaml"
    }  # fmt: skip
    assert "verdicts.ndjson" in references(action["result"])
    assert not set(references(action["object"])) & set(references(action["result"]))
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"
    assert re.fullmatch(pattern, action["startTime"])
    assert re.fullmatch(pattern, action["endTime"])
    assert action["startTime"] < action["endTime"]
    assert action["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert action["@id"] in references(known["./"]["mentions"])
    assert "agent" not in action, "nobody is said to own this run"


def test_an_owner_is_the_agent(small: Bundle, report: Report) -> None:
    run = small.run()
    metadata = run.manifest.metadata.model_copy(update={"owner": "numerics"})
    run = run.model_copy(update={"manifest": run.manifest.model_copy(update={"metadata": metadata})})
    known = entities(ro_crate.metadata(run, report, small.manifest, small.registry(), None))
    assert known[urn(run.run_id)]["agent"] == {"@id": "#owner"}
    assert known["#owner"]["name"] == "numerics"


def test_a_run_id_as_a_urn_is_a_uuid_in_five_groups() -> None:
    assert urn(ID) == "urn:uuid:01a1fc7f-15ee-7242-82d1-10a62c4af830"


# -- all ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_an_export_is_json_and_always_the_same(form: Any, untouched: Path) -> None:
    data = export(str(untouched), form, "traces", None, Progress())
    assert orjson.loads(data)
    assert data == export(str(untouched), form, "traces", None, Progress())


def test_a_file_of_otlp_is_one_line_with_one_kind_of_data(untouched: Path) -> None:
    for signal, key in (("traces", "resourceSpans"), ("metrics", "resourceMetrics")):
        data = export(str(untouched), "otlp", signal, None, Progress())  # type: ignore[arg-type]
        assert data.count(b"\n") == 1
        assert data.endswith(b"\n")
        assert list(orjson.loads(data)) == [key]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", ["untouched", "redacted"])
def test_no_value_is_in_an_export(form: Any, which: str, untouched: Path, request: pytest.FixtureRequest) -> None:
    values = {
        bits
        for verdict in Bundle(untouched).verdicts()
        for bits in (verdict.expected_bits, verdict.actual_bits)
        if bits is not None
    }
    assert values
    for signal in ("traces", "metrics"):
        data = export(str(request.getfixturevalue(which)), form, signal, None, Progress()).decode()
        assert not [bits for bits in values if bits in data]


@pytest.mark.parametrize("form", ["in-toto", "ro-crate"])
def test_nothing_is_attested_of_a_file_that_was_changed(form: Any, bundle: Path) -> None:
    (bundle / "report.md").write_bytes(b"all is well\n")
    with pytest.raises(DamagedError, match=r"report\.md"):
        export(str(bundle), form, "traces", None, Progress())
