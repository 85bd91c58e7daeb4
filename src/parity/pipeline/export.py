"""Export a run in the formats of others."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from parity.bundle.exports import in_toto, otlp, ro_crate
from parity.bundle.layout import Bundle
from parity.documents.model import canonical, pretty
from parity.pipeline.progress import Progress
from parity.pipeline.runs import bundle_of

Format = Literal["otlp", "in-toto", "ro-crate"]
Signal = Literal["traces", "metrics"]


def export(name: str, form: Format, signal: Signal, ledger: Path | None, progress: Progress) -> bytes:
    """A run as JSON in one of the FORMS. The same bundle gives the same bytes.

    name: of a run in the ledger (its id, the beginning of it, or its label), or the path of a bundle. signal: which
    half of a run's telemetry, for OTLP. Raises UsageError if there is no such run; DamagedError if a file that the
    export speaks of is not as the run left it.
    """
    return FORMS[form](Bundle(_place(name, ledger, progress)), signal)


def _place(name: str, ledger: Path | None, progress: Progress) -> Path:
    """The directory of a bundle: a path, where the name is one, goes before the ledger."""
    path = Path(name)
    separators = {os.sep, os.altsep or os.sep}
    return path if path.is_dir() or separators & set(name) else bundle_of(name, ledger, progress)


def _otlp(bundle: Bundle, signal: Signal) -> bytes:
    """One line, for it is a file of JSON lines."""
    if signal == "metrics":
        return canonical(otlp.metrics(bundle.run(), bundle.metrics())) + b"\n"
    return canonical(otlp.traces(bundle.run(), bundle.spans(), bundle.events())) + b"\n"


def _in_toto(bundle: Bundle, _: Signal) -> bytes:
    _check(bundle)
    return pretty(in_toto.statement(bundle.run(), bundle.report(), bundle.manifest, bundle.registry()))


def _ro_crate(bundle: Bundle, _: Signal) -> bytes:
    _check(bundle)
    root = next((span for span in bundle.spans() if span.parent_span_id is None), None)
    return pretty(ro_crate.metadata(bundle.run(), bundle.report(), bundle.manifest, bundle.registry(), root))


def _check(bundle: Bundle) -> None:
    """Nothing is attested that is not so: each file has the digest that stands in manifest.json."""
    for file in bundle.files:
        bundle.read(file.name)


FORMS: Mapping[Format, Callable[[Bundle, Signal], bytes]] = {
    "otlp": _otlp,
    "in-toto": _in_toto,
    "ro-crate": _ro_crate,
}
