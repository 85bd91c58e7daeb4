"""A run as a Process Run Crate (version 0.5 of the Workflow Run RO-Crate profiles, on RO-Crate 1.1).

What is made here is ro-crate-metadata.json: beside a copy of the bundle's files it makes them a crate. Checksums have
the term `sha256` of the profiles' own vocabulary.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from parity.bundle.exports import urn
from parity.documents.datasets import Asset, Registry
from parity.documents.report import Report
from parity.documents.run import BundleFile, BundleManifest, RunDocument
from parity.documents.telemetry import Span

CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = (f"{CRATE}/context", "https://w3id.org/ro/terms/workflow-run/context")
METADATA = "ro-crate-metadata.json"

_PARITY, _PYTHON, _LICENSE = "#parity", "https://www.python.org/", "#license"
_NO_LICENSE = (
    "Whoever owns the run decides how it may be used; the license of what it read is stated there, if it is known."
)
_FORMATS = {
    "bin": "application/octet-stream",
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "toml": "application/toml",
    "xml": "application/xml",
    "yaml": "application/yaml",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REQUEST = "artifacts/manifest.yaml"


def metadata(
    run: RunDocument, report: Report, manifest: BundleManifest, registry: Registry, root: Span | None
) -> dict[str, Any]:
    """The JSON-LD. root: the span of the whole run; without one the times are those of the run's id alone."""
    started = _EPOCH + timedelta(milliseconds=run.run_id.unix_millis) if root is None else _time(root.start_unix_nanos)
    ended = started if root is None else _time(root.end_unix_nanos)
    read = [_asset(asset, run) for asset in registry.assets]
    files = [_file(file) for file in manifest.files]
    owners = _owners(run)
    action: dict[str, Any] = {
        "@id": urn(run.run_id),
        "@type": "CreateAction",
        "name": f"parity run, suite {run.manifest.run.planned}, provider {run.provider.name}",
        "description": _described(run, report),
        "startTime": _iso(started),
        "endTime": _iso(ended),
        "instrument": {"@id": _PARITY},
        "object": _references([*read, *(file for file in files if file["name"] == _REQUEST)]),
        "result": _references(file for file in files if file["name"] != _REQUEST),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    dataset: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": PROFILE},
        "name": f"Run {run.run_id} of parity",
        "description": run.manifest.metadata.description or _described(run, report),
        "datePublished": _iso(ended),
        "license": {"@id": _LICENSE},
        "identifier": urn(run.run_id),
        "hasPart": _references(files),
        "mentions": _references([action, *read]),
    }
    for owner in owners:
        action["agent"] = dataset["author"] = dataset["publisher"] = {"@id": owner["@id"]}
    graph = [_descriptor(), dataset, _profile(), _license(), action, *_software(run), *owners, *read, *files]
    return {"@context": list(CONTEXT), "@graph": graph}


def _descriptor() -> dict[str, Any]:
    return {"@id": METADATA, "@type": "CreativeWork", "conformsTo": {"@id": CRATE}, "about": {"@id": "./"}}


def _profile() -> dict[str, Any]:
    return {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}


def _license() -> dict[str, Any]:
    return {"@id": _LICENSE, "@type": "CreativeWork", "name": "No license is stated", "description": _NO_LICENSE}


def _software(run: RunDocument) -> list[dict[str, Any]]:
    numpy = f"https://pypi.org/project/numpy/{quote(run.program.numpy)}/"
    return [
        {
            "@id": _PARITY,
            "@type": "SoftwareApplication",
            "name": "parity",
            "softwareVersion": run.program.parity,
            "operatingSystem": run.program.platform,
            "softwareRequirements": [{"@id": _PYTHON}, {"@id": numpy}],
        },
        {
            "@id": _PYTHON,
            "@type": "SoftwareApplication",
            "name": "Python",
            "softwareVersion": run.program.python,
            "url": _PYTHON,
        },
        {
            "@id": numpy,
            "@type": "SoftwareApplication",
            "name": "NumPy",
            "softwareVersion": run.program.numpy,
            "url": "https://numpy.org/",
        },
    ]


def _owners(run: RunDocument) -> list[dict[str, Any]]:
    """Who asked for the run, if the manifest says so."""
    name = run.manifest.metadata.owner
    return [{"@id": "#owner", "@type": "Organization", "name": name}] if name else []


def _asset(asset: Asset, run: RunDocument) -> dict[str, Any]:
    """Something that the run read and that is not part of the crate."""
    entity: dict[str, Any] = {
        "@id": f"#asset-{asset.name}",
        "@type": "CreativeWork",
        "name": f"{asset.name}: {asset.fingerprint.source}",
        "additionalType": asset.kind,
        "alternateName": asset.pointer,
        "identifier": asset.asset_id,
        "sha256": asset.fingerprint.content,
        "schemaVersion": asset.fingerprint.schema_,
    }
    if asset.license.spdx is not None:
        entity["license"] = asset.license.spdx
    if asset.kind == "provider":
        entity["name"] = run.provider.name
        if run.provider.version is not None:
            entity["version"] = run.provider.version
    return entity


def _file(file: BundleFile) -> dict[str, Any]:
    entity = {
        "@id": quote(file.name),
        "@type": "File",
        "name": file.name,
        "contentSize": str(file.size),
        "encodingFormat": _FORMATS.get(file.name.rpartition(".")[2], "application/octet-stream"),
        "sha256": file.sha256,
    }
    return entity if file.schema_ is None else entity | {"schemaVersion": file.schema_}


def _described(run: RunDocument, report: Report) -> str:
    """What was compared with what, and what came out, in a sentence."""
    oracle = f"NumPy {run.oracle.numpy}" if run.oracle.numpy else "pure Python"
    counts = {name: count for name, count in report.totals.full().items() if count and name != "cases"}
    found = ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "nothing was compared"
    return f"{run.provider.name} against {oracle} ({run.oracle.source}): {report.totals.cases:,} cases, {found}."


def _references(entities: Any) -> list[dict[str, str]]:
    return [{"@id": entity["@id"]} for entity in entities]


def _time(nanos: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(nanos) // 1000)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
