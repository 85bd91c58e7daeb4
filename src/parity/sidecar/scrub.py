"""Looking for damage: reads everything, writes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from parity.documents.seal import ScrubObject
from parity.sidecar.content import nothing, shown
from parity.sidecar.finding import Finding, examine
from parity.sidecar.objects import Sealed, SealLostError, Target, locate


def scrub(path: Path, progress: Callable[[int], None] = nothing) -> ScrubObject:
    """Read a sealed object and its sidecar, and say what is damaged and whether it can be mended.

    Raises
    ------
    UsageError
        If it was never sealed.
    StorageError
        If it may not be read.
    """
    return scrub_target(locate(path), progress)


def scrub_target(target: Target, progress: Callable[[int], None] = nothing) -> ScrubObject:
    """The same for an object that is located already."""
    try:
        with Sealed(target, progress) as sealed:
            finding = examine(sealed, progress)
            return ScrubObject(status=finding.status, **state(finding))
    except SealLostError as error:
        return ScrubObject(status="lost", **lost_state(target, error))


def state(finding: Finding) -> dict[str, Any]:
    """The fields that scrub and repair have in common."""
    sealed = finding.sealed
    return {
        "path": shown(sealed.target.path),
        "bytes": sealed.head.size,
        "symbols_total": sealed.geometry.symbols,
        "symbols_damaged": len(finding.damaged),
        "repair_symbols_good": finding.repair_symbols_good,
        "margin": finding.margin,
        "kind": sealed.head.kind,
        "sha256": sealed.head.sha256,
        "object_id": sealed.object_id,
        "symbol_size": sealed.head.symbol_size,
        "overhead": sealed.head.overhead,
        "damaged_files": finding.files,
        "unlisted": tuple(map(shown, sealed.unlisted)),
        "seal_intact": sealed.intact,
        "seal_slots_damaged": sealed.misplaced,
        "reason": finding.reason,
    }


def lost_state(target: Target, error: SealLostError) -> dict[str, Any]:
    """The same where the sidecar gives nothing."""
    return {
        "path": shown(target.path),
        "bytes": 0,
        "symbols_total": 0,
        "symbols_damaged": 0,
        "repair_symbols_good": 0,
        "margin": 0,
        "seal_intact": False,
        "seal_slots_damaged": 0,
        "reason": error.message,
    }
