"""What timing workloads leaves in its bundle: that of any run, and the baseline with its samples and pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from parity.bundle.datasets import OWN, make_asset, pointer_to
from parity.bundle.formats import BASELINE, GATE
from parity.bundle.writer import BundleWriter, Stage
from parity.documents.baseline import Baseline, Fingerprint
from parity.documents.capture import OracleIdentity
from parity.documents.gate import Gate
from parity.documents.manifest import DEFAULT_SEED, Manifest
from parity.documents.model import canonical, file_sha256, pretty, sha256
from parity.documents.verdict import BAD, Verdict
from parity.documents.workload import WorkloadSet
from parity.oracle.recorder import machine
from parity.pipeline.evidence import PROVIDER

WORKLOADS = "workloads"
"""Name of the asset: the file of the set."""


def manifest_of(
    set_name: str, provider: str, ops: Sequence[str], seed: str = DEFAULT_SEED, p99: float | None = None
) -> Manifest:
    """The manifest of a run that times workloads. p99: a limit that the gate of the run holds; the rest is flags."""
    run = {"workloads": set_name, "provider": {"spec": provider}, "ops": tuple(ops), "oracle": "live", "seed": seed}
    head = {"version": "v1", "metadata": {"name": f"bench {set_name}"}}
    return Manifest.model_validate(head | {"run": run, "gates": {"p99_regression": p99}})


def live_oracle(fingerprint: Fingerprint) -> OracleIdentity:
    """NumPy in the processes that judge and time."""
    told = machine()
    return OracleIdentity(
        source="system",
        numpy=fingerprint.numpy,
        dispatch=fingerprint.dispatch,
        platform=told["platform"],
        libm=told["libm"],
        python=told["python"],
    )


def answers_digest(answers: Mapping[str, str | None]) -> str:
    """SHA-256 over NumPy's answers, as lines of the case's name and the digest of its answer."""
    return sha256("".join(f"{name} {digest or '-'}\n" for name, digest in answers.items()).encode())


def declare_workloads(bundle: BundleWriter, path: Path, document: WorkloadSet) -> None:
    """The set of workloads, by its file."""
    asset = make_asset(
        "case_set",
        WORKLOADS,
        pointer=pointer_to(path),
        content=file_sha256(path),
        source=f"the set {document.name}, seed {document.seed}",
        schema=document.schema_,
        license_=OWN,
    )
    bundle.asset(asset)


def keep_verdicts(bundle: BundleWriter, stage: Stage, verdicts: Sequence[Verdict]) -> None:
    """verdicts.ndjson: what became of each answer before it was timed."""
    lines = bundle.lines("verdicts.ndjson", "parity.verdict/1")
    for verdict in verdicts:
        lines.append(canonical(verdict.plain()) + b"\n")
        if verdict.verdict in BAD:
            bundle.event("case.bad", case_id=verdict.case_id, verdict=verdict.verdict)
    lines.flush()
    stage.output("verdicts.ndjson", fingerprint=lines.file.sha256, bytes=lines.file.size, rows=len(verdicts))
    bundle.lineage("verdicts.ndjson", "judge", "was_generated_by")
    for asset in (WORKLOADS, PROVIDER):
        bundle.lineage("judge", asset, "used")
    bundle.metric("cases.judged", len(verdicts), "{case}")


def keep_baseline(
    bundle: BundleWriter, stage: Stage, baseline: Baseline, samples: bytes, pictures: Mapping[str, bytes]
) -> None:
    """The baseline, its samples, and its pictures."""
    assert baseline.samples_file is not None
    files = {BASELINE: pretty(baseline.full()), f"artifacts/{baseline.samples_file.name}": samples}
    files |= {f"artifacts/{name}": content for name, content in pictures.items()}
    for name, content in files.items():
        file = bundle.write(name, content, baseline.schema_ if name == BASELINE else None)
        # The name of the samples holds that of the provider, which no output may have.
        said = "samples.npz" if content is samples else name.rpartition("/")[2]
        stage.output(said, fingerprint=file.sha256, bytes=file.size)
        bundle.lineage(name, "time", "was_generated_by")
    bundle.metric("cases.timed", sum(w.numpy_ratio is not None for w in baseline.workloads), "{case}")


def keep_gate(bundle: BundleWriter, stage: Stage, gate: Gate) -> None:
    """The verdict of a gate for which the workloads were timed."""
    file = bundle.write(GATE, pretty(gate.full()), gate.schema_)
    stage.output("gate.json", fingerprint=file.sha256, bytes=file.size)
    bundle.lineage(GATE, BASELINE, "was_derived_from")
