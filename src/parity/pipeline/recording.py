"""What a run tells the ledger: inputs as they are read, outputs as they are made, and how it ended."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from parity.bundle.amendment import amend
from parity.documents.capture import CaptureHead
from parity.documents.ids import RunId
from parity.documents.ledger import OutputFile, RunStatus, SubjectStatus
from parity.documents.manifest import Manifest
from parity.documents.model import pretty, sha256
from parity.documents.report import Report
from parity.documents.run import BundleManifest
from parity.errors import ExitCode, ManifestError, ParityError, UsageError
from parity.ledger.appending import RecordDraft, append
from parity.ledger.inputs import git_state, input_file, input_value
from parity.ops import catalogue
from parity.pipeline.progress import Progress
from parity.pipeline.protection import protect

STATUS_AFTER: dict[ExitCode, SubjectStatus] = {ExitCode.GOOD: "conforming", ExitCode.BAD_VERDICT: "diverging"}
"""What a run says of its provider and suite; all other exit codes leave it inconclusive."""


class Recording:
    """One run, from its begin to its line in the ledger.

    That a run cannot be recorded never makes it fail: it is said, and put into the events of its bundle.
    """

    def __init__(self, manifest: Manifest, manifest_path: Path | None, ledger: Path, progress: Progress) -> None:
        self.run_id = RunId.new()
        self._manifest, self._progress = manifest, progress
        self._ledger = ledger
        self._started, self._clock = datetime.now(UTC), time.monotonic()
        self._attempted = False
        self._outputs: tuple[OutputFile, ...] = ()
        self._inputs = [
            input_value("manifest", sha256(pretty(manifest.full()))),
            input_value("catalogue", catalogue.digest()),
        ]
        if manifest_path is not None:
            self._inputs.append(input_file("manifest.yaml", manifest_path, self._ledger.parent))

    def reads(self, capture: Path, head: CaptureHead, sources: Sequence[tuple[str, Path]]) -> None:
        """The capture and the provider's source files go into the run."""
        names = ("capture.json", *(file.name for file in head.files))
        self.reads_files({f"capture/{name}": capture / name for name in names}, sources)

    def reads_files(self, files: Mapping[str, Path], sources: Sequence[tuple[str, Path]]) -> None:
        """Files, by their names in the record, and the provider's source files go into the run."""
        named = {**files, **{f"provider/{name}": path for name, path in sources}}
        self._inputs += [input_file(name, path, self._ledger.parent) for name, path in named.items()]

    def begins(self) -> None:
        """All preconditions hold: what goes wrong from here on is a failure, not a run that was skipped."""
        self._attempted = True

    def produces(self, manifest: BundleManifest) -> None:
        """The files of the bundle, its list of them included."""
        own = pretty(manifest.full())
        files = [OutputFile(name=file.name, sha256=file.sha256, size=file.size) for file in manifest.files]
        self._outputs = (*files, OutputFile(name="manifest.json", sha256=sha256(own), size=len(own)))

    @contextlib.contextmanager
    def of_failure(self) -> Iterator[None]:
        """Record a run that ends by an exception, which goes on its way; a wrong call leaves no record."""
        try:
            yield
        except (UsageError, ManifestError):
            raise
        except BaseException as error:
            summary = error.message if isinstance(error, ParityError) else type(error).__name__
            self._outputs = ()  # the bundle is gone with the run
            with contextlib.suppress(ParityError):
                if self._attempted:
                    self._append("FAILED", "inconclusive", summary, None)
                else:
                    self._append("SKIPPED", None, summary, None)
            raise

    def of_result(self, report: Report, bundle: Path) -> None:
        """Record a run whose bundle is in its place."""
        totals = report.totals
        compared = totals.cases - totals.unsupported
        complete = compared and not totals.unsupported and not report.not_captured
        status: RunStatus = "SUCCESS" if complete else "PARTIAL" if compared else "FAILED"
        summary = f"{totals.bad} of {totals.cases} cases are bad" if totals.bad else None
        after = STATUS_AFTER.get(report.exit_code(), "inconclusive")
        try:
            self._append(status, after, summary, bundle)
        except ParityError as error:
            self._progress.note(f"the run is not in the ledger: {error.message} ({error.where})")
            overhead = self._manifest.outputs.seal_overhead
            with contextlib.suppress(ParityError):  # the warning was said; the bundle is whole as it is
                amend(bundle, "ledger.failed", {"code": error.code}, lambda place: protect(place, overhead))

    def _append(self, status: RunStatus, after: SubjectStatus | None, summary: str | None, bundle: Path | None) -> None:
        head, dirty = git_state(Path.cwd())
        draft = RecordDraft(
            run_id=self.run_id,
            suite=self._manifest.run.planned,
            provider=self._manifest.run.provider.spec,
            started=self._started,
            duration_ms=round(1000 * (time.monotonic() - self._clock)),
            status=status,
            status_after=after,
            inputs=tuple(self._inputs),
            outputs=self._outputs,
            git_head=head,
            git_dirty=dirty,
            bundle=bundle,
            error_summary=summary,
        )
        append(self._ledger, draft, note=self._progress.note)
