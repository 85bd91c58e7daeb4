"""`parity schema`: the JSON Schema of a document."""

import difflib
from importlib import import_module

import click

from parity.cli.output import STDOUT, json_option, write_json, write_text
from parity.errors import UsageError

DOCUMENTS: dict[str, tuple[str, str]] = {
    "manifest": ("parity.documents.manifest", "Manifest"),
    "plan": ("parity.documents.case", "Plan"),
    "case": ("parity.documents.case", "Case"),
    "capture": ("parity.documents.capture", "CaptureHead"),
    "verdict": ("parity.documents.verdict", "Verdict"),
    "report": ("parity.documents.report", "Report"),
    "error": ("parity.documents.error", "ErrorDocument"),
    "ops": ("parity.documents.operations", "Operations"),
    "run": ("parity.documents.run", "RunDocument"),
    "bundle": ("parity.documents.run", "BundleManifest"),
    "run_manifest": ("parity.documents.run_toml", "RunToml"),
    "graph": ("parity.documents.graph", "Graph"),
    "span": ("parity.documents.telemetry", "Span"),
    "event": ("parity.documents.telemetry", "Event"),
    "metric": ("parity.documents.telemetry", "Metric"),
    "registry": ("parity.documents.datasets", "Registry"),
    "lineage": ("parity.documents.datasets", "Lineage"),
    "materialization": ("parity.documents.datasets", "Materialization"),
    "verify": ("parity.documents.verify", "Verification"),
    "run_record": ("parity.documents.ledger", "RunRecord"),
    "runs": ("parity.documents.ledger", "RunsDocument"),
    "stale": ("parity.documents.ledger", "StaleDocument"),
    "ledger_check": ("parity.documents.ledger", "LedgerCheck"),
    "seal": ("parity.documents.seal", "SealHead"),
    "sealed": ("parity.documents.seal", "SealResult"),
    "scrub": ("parity.documents.seal", "ScrubResult"),
    "scrub_state": ("parity.documents.seal", "ScrubState"),
    "repair": ("parity.documents.seal", "RepairResult"),
    "decode_proof": ("parity.documents.proof", "DecodeProof"),
    "workloads": ("parity.documents.workload", "WorkloadSet"),
    "baseline": ("parity.documents.baseline", "Baseline"),
    "gate": ("parity.documents.gate", "Gate"),
    "comparison": ("parity.documents.gate", "Comparison"),
    "round": ("parity.documents.optimization", "Round"),
    "golden": ("parity.documents.optimization", "GoldenHead"),
    "golden_line": ("parity.documents.optimization", "GoldenLine"),
    "sources": ("parity.documents.optimization", "Sources"),
    "optimization": ("parity.documents.optimization", "Optimization"),
    "baseline_check": ("parity.documents.baseline_check", "BaselineCheck"),
}
"""Document → where its model is; imported only for the one that is asked for."""


@click.command()
@click.argument("name", required=False)
@json_option
def schema(*, name: str | None, json_target: str | None) -> int:
    """Print the JSON Schema of the document NAME; without NAME, what documents there are."""
    if name is None:
        write_json({"schema": "parity.schemas/1", "names": list(DOCUMENTS)}, json_target)
        if json_target != STDOUT:
            write_text("\n".join(DOCUMENTS) + "\n")
        return 0
    if name not in DOCUMENTS:
        close = difflib.get_close_matches(name, DOCUMENTS)
        raise UsageError(
            f"there is no document {name!r}",
            where="argument NAME",
            expected="one of " + ", ".join(DOCUMENTS),
            hint=f"did you mean {' or '.join(close)}?" if close else None,
        )
    module, model = DOCUMENTS[name]
    document = getattr(import_module(module), model).model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    write_json(document, json_target or STDOUT)
    if json_target not in (None, STDOUT):
        write_json(document, STDOUT)
    return 0
