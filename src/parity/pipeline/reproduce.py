"""Show one divergence of a bundle again: find the case, its inputs and the oracle's answer, write the script."""

import shlex
from pathlib import Path

from parity.bundle.layout import Bundle
from parity.errors import InconclusiveError, UsageError
from parity.report.reproduce import Circumstances, script


def reproduce(path: Path, case_id: str) -> str:
    """The script for one case of a bundle. Raises UsageError for a case that is not there or did not go wrong."""
    bundle = Bundle(path)
    verdicts = {verdict.case_id: verdict for verdict in bundle.verdicts()}
    if case_id not in verdicts:
        raise UsageError(
            f"there is no case {case_id}", where=str(path), expected="a case_id of verdicts.ndjson, or of the report"
        )
    run = bundle.run()
    if run.manifest.outputs.redact:
        raise InconclusiveError(
            "the run was redacted: its bundle holds no input values",
            where=str(path),
            hint="run it again without redaction to see the values",
        )
    verdict = verdicts[case_id].verdict
    if run.manifest.run.workloads is not None:
        raise UsageError(
            f"case {case_id} is {verdict}, and a run that times workloads keeps no operands to reproduce it",
            where=str(path),
            expected="a bundle of `parity run`, which compares cases",
            hint=f"`parity run --ops {verdicts[case_id].op} --provider {shlex.quote(run.provider.spec)}`",
        )
    kept = bundle.failures()
    if case_id not in kept:
        others = f"for example {next(iter(kept))}" if kept else "but none went wrong in this run"
        raise UsageError(
            f"case {case_id} is {verdict}, and nothing is kept of it to reproduce",
            where=str(path),
            expected=f"a case that went wrong, {others}",
        )
    case, expected = kept[case_id]
    oracle = f"NumPy {run.oracle.numpy}" if run.oracle.numpy else "exact arithmetic in pure Python"
    return script(case, bundle.pools(), expected, run.provider, Circumstances(verdicts[case_id], oracle))
