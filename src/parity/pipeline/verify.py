"""Verify a bundle: files and records → the report again from the verdicts → the seal → what was written after it."""

import os
import shlex
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import get_args

from parity.bench.baselines import rederived
from parity.bench.samples import decode
from parity.bundle.formats import BASELINE, RUN, document
from parity.bundle.inventory import MANIFEST, MAX_BYTES, PROOF, SCRUB, SEAL, Enclosure, RefusedError
from parity.bundle.problems import Problems
from parity.bundle.verify import Believed
from parity.bundle.verify import verify as verify_records
from parity.documents.baseline import Baseline
from parity.documents.proof import DecodeProof, DrillKind
from parity.documents.report import Report
from parity.documents.seal import ScrubObject, ScrubResult
from parity.documents.verify import Verification
from parity.errors import InconclusiveError, ParityError, UsageError
from parity.ops import catalogue
from parity.pipeline.progress import Progress
from parity.pipeline.report import RENDERING, renderings
from parity.report.fold import fold, head_of
from parity.sidecar.scrub import scrub

MAX_RECORD = 32 << 20
"""Bytes of scrub.json and of decode_proof.json, whose lists of dropped symbols grow with the bundle."""


def verify(path: Path, progress: Progress) -> Verification:
    """Check all that can be checked of a bundle. Reads only, and nothing outside of it.

    Raises UsageError for what is no bundle at all, InconclusiveError where a compacted file cannot be read here.
    """
    names = MANIFEST, RUN, SEAL
    if not path.is_dir() or not any(os.path.lexists(path / name) for name in names):
        expected = f"a directory with {MANIFEST}, as `parity run` leaves it"
        raise UsageError(f"{path} is no run bundle", where=str(path), expected=expected)
    problems = Problems()
    with Enclosure(path) as enclosure:
        progress.stage("files and records")
        believed = verify_records(enclosure, problems)
        progress.stage("report")
        _check_report(enclosure, believed, problems)
        _check_baseline(enclosure, believed, problems)
        progress.stage("seal")
        sealed = _check_seal(enclosure, problems)
        _check_scrub(enclosure, sealed, problems)
        _check_proof(enclosure, sealed, problems)
    found = problems.result()
    return Verification(
        status="failed" if found else "ok",
        run_id=believed.run_id,
        files=len(believed.files),
        problems=found,
        notes=tuple(problems.notes),
    )


# -- the report ------------------------------------------------------------------------------------


def _check_report(enclosure: Enclosure, believed: Believed, problems: Problems) -> None:
    """Fold the verdicts again and render what comes out; every file of the report must be just that."""
    run, verdicts = believed.run, believed.verdicts
    if run is None or verdicts is None:
        return
    report = fold(verdicts, head_of(run))
    if believed.report is not None:
        for said in _differences(believed.report, report):
            problems.add("report.json", "report", said)
    if believed.toml is not None:
        gates = {f"max_ulp.{op}": gate for op, gate in believed.toml.gates.max_ulp.items()}
        if {name: (gate.limit, gate.measured, gate.status) for name, gate in gates.items()} != {
            gate.name: (gate.limit, gate.measured, gate.status) for gate in report.gates
        }:
            problems.add("manifest.toml", "report", "its gates are not those that the verdicts give")
        worst = max((row.max_ulp for row in report.matrix if row.max_ulp is not None), default=None)
        if believed.toml.residual is not None and believed.toml.residual.worst != worst:
            problems.add("manifest.toml", "report", f"residual.worst is not {worst}, which the verdicts give")
    if (run.program.rendering, run.catalogue_digest) != (RENDERING, catalogue.digest()):
        problems.notes.append(
            f"the report was rendered by parity {run.program.parity}, with another catalogue or in another way; "
            "its numbers are compared, its renderings are not"
        )
        return
    for name, rendered in renderings(report, verdicts).items():
        if name in believed.files:
            _check_rendering(enclosure, name, rendered, problems)


def _check_rendering(enclosure: Enclosure, name: str, rendered: bytes, problems: Problems) -> None:
    try:
        kept = enclosure.read(name, len(rendered) + (1 << 20))
    except RefusedError as refused:
        problems.add(name, refused.code, refused.detail)
        return
    if kept != rendered:
        pairs = zip_longest(kept.splitlines(), rendered.splitlines())
        number = next((number for number, (one, other) in enumerate(pairs, 1) if one != other), 0)
        problems.add(name, "report", f"line {number} is not what the verdicts give")


_OF_EVERY_AGE = tuple(name for name in Report.model_fields if name not in {"schema_", "notes", "matrix"})
"""Fields of a report that depend neither on the way of rendering nor on the order of the catalogue."""


def _differences(kept: Report, derived: Report) -> Iterator[str]:
    """Where a report says other than the verdicts, in words."""
    for name in _OF_EVERY_AGE:
        one, other = getattr(kept, name), getattr(derived, name)
        if one == other:
            continue
        if name == "totals":
            for verdict, count in one.full().items():
                if count != getattr(other, verdict):
                    yield f"totals.{verdict} is {count}, and the verdicts give {getattr(other, verdict)}"
        else:
            yield f"{name} is not what run.json and the verdicts give"
    rows = {(row.op, row.loop): row for row in kept.matrix}, {(row.op, row.loop): row for row in derived.matrix}
    for op, loop in sorted(rows[0].keys() | rows[1].keys()):
        if rows[0].get((op, loop)) != rows[1].get((op, loop)):
            yield f"the row of {op} {loop} is not what the verdicts give"


# -- the baseline of a run that timed --------------------------------------------------------------


def _check_baseline(enclosure: Enclosure, believed: Believed, problems: Problems) -> None:
    """Compute every figure again from the samples; and the answers' verdicts are those of the run."""
    if BASELINE not in believed.files:
        return
    baseline = document(enclosure, BASELINE, Baseline, problems)
    if baseline is None:
        return
    verdicts = [verdict.verdict for verdict in believed.verdicts or ()]
    if believed.verdicts is not None and [workload.verdict for workload in baseline.workloads] != verdicts:
        problems.add(BASELINE, "report", "its verdicts on the answers are not those of the run")
    listed = baseline.samples_file
    name = f"artifacts/{listed.name}" if listed is not None else ""
    if listed is None or name not in believed.files:
        problems.add(BASELINE, "missing", "its samples are not in the bundle")
        return
    try:
        found = rederived(baseline, decode(enclosure.read(name, listed.size), name))
    except RefusedError as refused:
        problems.add(name, refused.code, refused.detail)
    except ParityError as error:
        problems.add(name, "schema", error.message)
    else:
        for problem in found:
            problems.add(BASELINE, "report", f"{problem.workload or 'the whole'}, {problem.field}: {problem.detail}")


# -- the seal and what is written after it ---------------------------------------------------------


def _check_seal(enclosure: Enclosure, problems: Problems) -> ScrubObject | None:
    """Scrub the bundle by its seal; what was found, None if there is no seal that says anything.

    The directory holds just what manifest.json lists, or that is a problem already; so the table of the seal is right
    when the seal finds neither a file too few nor one too many.
    """
    try:
        _demand_plausible_seal(enclosure)
        state = scrub(enclosure.root)
    except RefusedError as refused:
        problems.add(SEAL, refused.code, refused.detail)
        return None
    except InconclusiveError:
        raise
    except ParityError as error:
        problems.add(SEAL, "seal", error.message)
        return None
    if state.object_id is None:
        problems.add(SEAL, "seal", state.reason or "it cannot be read")
        return None
    if state.status == "repairable":
        problems.notes.append(f"the seal can mend what it covers: parity repair {shlex.quote(str(enclosure.root))}")
    if MANIFEST in state.unlisted:
        problems.add(SEAL, "seal", f"it is the seal of something else: it does not cover {MANIFEST}")
        return state
    for file in state.damaged_files:
        if not problems.names(file.name):
            problems.add(file.name, "seal", f"it is not what was sealed: {file.damage}")
    for name in state.unlisted:
        if not problems.names(name):
            problems.add(name, "seal", "the seal does not cover it")
    if not state.seal_intact:
        problems.add(SEAL, "seal", f"the seal is damaged in {state.seal_slots_damaged:,} slots")
    elif state.status != "ok" and not state.damaged_files:
        problems.add(SEAL, "seal", state.reason or "it is not the seal of what lies there")
    return state


def _demand_plausible_seal(enclosure: Enclosure) -> None:
    """Refuse to scan a seal that is far larger than a seal of such a bundle can be. Raises RefusedError."""
    room = 32 * sum(entry.size for entry in enclosure.entries() if entry.path != SEAL)
    size = enclosure.size(SEAL)
    if size > min(room, MAX_BYTES) + MAX_RECORD:
        raise RefusedError("too_large", f"{size:,} bytes are too many for the seal of this bundle")


def _check_scrub(enclosure: Enclosure, sealed: ScrubObject | None, problems: Problems) -> None:
    """scrub.json is about this object, and it was whole."""
    kept = document(enclosure, SCRUB, ScrubResult, problems, MAX_RECORD)
    if kept is None:
        return
    if kept.status != "ok" or not kept.objects or any(found.status != "ok" for found in kept.objects):
        problems.add(SCRUB, "proof", f"the status that it records is {kept.status}, of {len(kept.objects)} objects")
    for found in kept.objects:
        if sealed is not None and found.sha256 != sealed.sha256:
            problems.add(SCRUB, "proof", f"it is about the object {found.object_id}, the seal is of {sealed.object_id}")


def _check_proof(enclosure: Enclosure, sealed: ScrubObject | None, problems: Problems) -> None:
    """decode_proof.json is about this object, and each drill ended as it must; `parity prove --verify` repeats them."""
    proof = document(enclosure, PROOF, DecodeProof, problems, MAX_RECORD)
    if proof is None:
        return
    if sealed is not None and proof.object_sha256 != sealed.sha256:
        problems.add(PROOF, "proof", f"it is about the object {proof.object_id}, the seal is of {sealed.object_id}")
    elif sealed is not None and proof.object_id != sealed.object_id:
        problems.notes.append("the drills are of an earlier seal of the same content; `parity prove` drills this one")
    elif sealed is not None and (proof.size, proof.symbol_size, proof.overhead) != (
        sealed.bytes,
        sealed.symbol_size,
        sealed.overhead,
    ):
        problems.add(PROOF, "proof", "its size, symbol size or overhead is not that of the seal")
    if proof.verdict != "proved":
        problems.add(PROOF, "proof", "it records a drill that failed")
    kinds = [drill.kind for drill in proof.drills]
    for kind in get_args(DrillKind):
        if kind not in kinds:
            problems.add(PROOF, "proof", f"there is no drill of the kind {kind}")
    for drill in proof.drills:
        due = None if drill.kind == "beyond_limit" else proof.object_sha256
        if drill.sha256 != due or drill.recovered != (due is not None):
            problems.add(PROOF, "proof", f"the drill {drill.kind} did not end as it must")
