"""A run as an in-toto statement (Statement v1) with the predicate test-result v0.1.

The statement is not signed: put it into an envelope (DSSE) with the tool that has your key.
"""

from typing import Any, Literal

from parity.bundle.exports import urn
from parity.documents.datasets import Registry
from parity.documents.report import MatrixRow, Report
from parity.documents.run import BundleManifest, RunDocument
from parity.errors import ExitCode

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"

Result = Literal["PASSED", "WARNED", "FAILED"]


def statement(run: RunDocument, report: Report, manifest: BundleManifest, registry: Registry) -> dict[str, Any]:
    """The statement. Subject: each file of the bundle. Tests: the operations by loop (`add dd->d`), and the gates.

    A test has passed when each of its cases agrees; it is warned of when cases are known to diverge or the provider
    lacks some; one in which nothing was compared is in no list.
    """
    tests: dict[Result, list[str]] = {"PASSED": [], "WARNED": [], "FAILED": []}
    for row in report.matrix:
        outcome = _outcome(row)
        if outcome is not None:
            tests[outcome].append(f"{row.op} {row.loop}")
    gates: dict[str, Result] = {"pass": "PASSED", "failed": "FAILED", "not_evaluated": "WARNED"}
    for gate in report.gates:
        tests[gates[gate.status]].append(f"gate {gate.name}")
    return {
        "_type": STATEMENT,
        "subject": [{"name": file.name, "digest": {"sha256": file.sha256}} for file in manifest.files],
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": _result(report, clean=not tests["WARNED"]),
            "configuration": _configuration(run, manifest, registry),
            "url": urn(run.run_id),
            "passedTests": tests["PASSED"],
            "warnedTests": tests["WARNED"],
            "failedTests": tests["FAILED"],
        },
    }


def _outcome(row: MatrixRow) -> Result | None:
    if row.bad:
        return "FAILED"
    if not row.good:
        return None
    return "WARNED" if row.known or row.unsupported else "PASSED"


def _result(report: Report, *, clean: bool) -> Result:
    """FAILED also where the evidence does not reach: whoever demands tests that passed must not be shown a pass."""
    if report.exit_code() != ExitCode.GOOD:
        return "FAILED"
    pure = report.oracle.source == "pure_python"
    return "PASSED" if clean and not report.totals.unsupported and not pure else "WARNED"


def _configuration(run: RunDocument, manifest: BundleManifest, registry: Registry) -> list[dict[str, Any]]:
    """What decided the result, by digests: what was asked for, the plan, and all that the run read."""
    files = {file.name: file for file in manifest.files}
    asked = [
        {"name": name, "digest": {"sha256": files[name].sha256}, "mediaType": kind}
        for name, kind in (("run.json", "application/json"), ("artifacts/manifest.yaml", "application/yaml"))
        if name in files
    ]
    followed = [
        {"name": "plan", "digest": {"sha256": run.plan_digest}},
        {"name": "catalogue", "digest": {"sha256": run.catalogue_digest}},
    ]
    read = [
        {
            "name": asset.name,
            "digest": {"sha256": asset.fingerprint.content},
            "annotations": {"kind": asset.kind, "source": asset.fingerprint.source, "pointer": asset.pointer},
        }
        for asset in registry.assets
    ]
    return [*asked, *followed, *read]
