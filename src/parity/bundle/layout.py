"""Names of the files in a bundle, and how they are written and read."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import uuid_utils

from parity.bundle import failures
from parity.calling import Outcome
from parity.documents.capture import FileDigest
from parity.documents.case import Case, Plan, Pool
from parity.documents.durable import replacing_directory
from parity.documents.elements import ELEMENTS
from parity.documents.model import canonical, pretty
from parity.documents.report import Report
from parity.documents.run import BundleManifest, RunDocument
from parity.documents.verdict import Verdict
from parity.errors import DamagedError, UsageError

MANIFEST, RUN, PLAN, VERDICTS, REPORT = "manifest.json", "run.json", "plan.json", "verdicts.ndjson", "report.json"
FAILURES, POOLS = "artifacts/failures.ndjson", "artifacts/pools.bin"
REQUEST = "artifacts/manifest.yaml"


def new_run_id() -> str:
    """A UUIDv7 (RFC 9562) as 32 lowercase hexadecimal digits: ordered by time, unique without a server."""
    return uuid_utils.uuid7().hex


class Evidence(NamedTuple):
    """What a run leaves.

    failed: cases with a bad verdict and what the oracle answered; empty when redacted. pools: input elements by name,
    empty when redacted. renderings: further files by name (report.json, report.md, report.xml). request: the user's own
    manifest, if there was one.
    """

    run: RunDocument
    plan: Plan
    verdicts: tuple[Verdict, ...]
    renderings: Mapping[str, bytes]
    failed: tuple[tuple[Case, Outcome], ...]
    pools: Mapping[str, bytes]
    request: bytes | None


def write_bundle(runs: Path, evidence: Evidence) -> Path:
    """Write `runs/<run_id>/` whole or not at all; its path."""
    folder = runs / evidence.run.run_id
    files = {
        RUN: pretty(evidence.run.full()),
        PLAN: canonical(evidence.plan.full() | {"cases": [case.plain() for case in evidence.plan.cases]}) + b"\n",
        VERDICTS: b"".join(canonical(verdict.plain()) + b"\n" for verdict in evidence.verdicts),
        **evidence.renderings,
        FAILURES: failures.encode(evidence.failed),
        POOLS: b"".join(evidence.pools[pool.name] for pool in evidence.plan.pools if evidence.pools),
    }
    if evidence.request is not None:
        files[REQUEST] = evidence.request
    listed = tuple(
        FileDigest(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        for name, data in sorted(files.items())
    )
    files[MANIFEST] = pretty(BundleManifest(run_id=evidence.run.run_id, files=listed).full())

    with replacing_directory(folder) as place:
        (place / "artifacts").mkdir()
        for name, data in files.items():
            (place / name).write_bytes(data)
    return folder


class Bundle:
    """A bundle that is read: each file is checked against manifest.json before it is believed."""

    def __init__(self, path: Path) -> None:
        if not (path / MANIFEST).is_file():
            raise UsageError(
                f"{path} is no run bundle",
                where=str(path),
                expected=f"a directory with {MANIFEST}, as `parity run` leaves it",
            )
        self.path = path
        data = self._bytes(MANIFEST)
        listed = BundleManifest.from_json(data, str(path / MANIFEST))
        if pretty(listed.full()) != data:
            raise DamagedError(f"{MANIFEST} is not the file that the run left", where=str(path / MANIFEST))
        self._run_id, self._listed = listed.run_id, {file.name: file for file in listed.files}

    def _bytes(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise DamagedError(f"cannot be read: {error.strerror}", where=str(self.path / name)) from None

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises DamagedError if it is missing or is not what the manifest says."""
        data = self._bytes(name)
        expected = self._listed.get(name)
        if expected is None or (len(data), hashlib.sha256(data).hexdigest()) != (expected.size, expected.sha256):
            raise DamagedError(
                f"{name} is not the file that the run left",
                where=str(self.path / name),
                expected=f"sha256 {expected.sha256}" if expected else f"a line of {MANIFEST}",
            )
        return data

    def run(self) -> RunDocument:
        """run.json."""
        document = RunDocument.from_json(self.read(RUN), str(self.path / RUN))
        if document.run_id != self._run_id:
            raise DamagedError(
                f"{MANIFEST} names another run than {RUN}", where=str(self.path / MANIFEST), expected=document.run_id
            )
        return document

    def report(self) -> Report:
        """report.json."""
        return Report.from_json(self.read(REPORT), str(self.path / REPORT))

    def verdicts(self) -> tuple[Verdict, ...]:
        """verdicts.ndjson, in the order of the plan."""
        lines = self.read(VERDICTS).splitlines()
        return tuple(
            Verdict.from_json(line, f"{self.path / VERDICTS}, line {number}") for number, line in enumerate(lines, 1)
        )

    def plan(self) -> Plan:
        """plan.json."""
        return Plan.from_json(self.read(PLAN), str(self.path / PLAN))

    def failures(self) -> dict[str, tuple[Case, Outcome]]:
        """Kept failures by the name of their case."""
        return failures.decode(self.read(FAILURES))

    def pools(self) -> dict[str, bytes]:
        """Input elements by pool, little endian. Empty in a redacted bundle."""
        data, found, start = self.read(POOLS), {}, 0
        pools: tuple[Pool, ...] = self.plan().pools if data else ()
        for pool in pools:
            length = pool.count * ELEMENTS[pool.name.partition(".")[0]].size
            found[pool.name] = data[start : start + length]
            start += length
        return found
