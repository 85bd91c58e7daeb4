"""Record an oracle: plan → ask NumPy in a process of its own → store → seal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.cases.planning import plan
from parity.oracle.record import OracleChoice, record
from parity.pipeline.progress import Progress
from parity.pipeline.protection import protect


@dataclass(frozen=True)
class CaptureRequest:
    """out: the directory to write. ops, dtypes: empty for all. python, legacy, pure: which NumPy, see OracleChoice."""

    out: Path
    suite: str
    ops: tuple[str, ...]
    dtypes: tuple[str, ...]
    seed: str
    python: Path | None = None
    legacy: Path | None = None
    pure: bool = False
    allow_pure: bool = False


def capture(request: CaptureRequest, progress: Progress) -> dict[str, Any]:
    """Record, and describe what was recorded (the contract's capture document)."""
    progress.stage("plan")
    planned = plan(request.suite, request.ops, request.dtypes, request.seed)
    progress.stage("record", len(planned.plan.cases))
    choice = OracleChoice(
        python=request.python, legacy=request.legacy, pure=request.pure, allow_pure=request.allow_pure
    )
    head = record(planned.plan, planned.pools, choice, request.out, progress.advance, protect)
    return {
        "schema": "parity.capture/1",
        "path": request.out.as_posix(),
        "cases": head.cases,
        "digest": head.digest,
        "oracle": head.oracle.full(),
        "suite": head.suite,
        "passed_over": [entry.full() for entry in head.oracle.passed_over],
    }
