"""Cases that cannot be shown again: the message says why, and what to do instead."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from parity.documents.report import ProviderIdentity
from parity.documents.verdict import Verdict
from parity.errors import UsageError
from parity.pipeline import reproduce
from parity.pipeline.bench_evidence import manifest_of

CASE = "add-dd-d-0123456789ab"


def test_a_run_that_timed_workloads_keeps_no_operands_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = Verdict(case_id=CASE, op="add", loop="dd->d", layout="contiguous", verdict="diverged")
    identity = ProviderIdentity(spec="./my own.py", name="mine", version=None)
    run = SimpleNamespace(manifest=manifest_of("tiny", identity.spec, ()), provider=identity)
    bundle = SimpleNamespace(verdicts=lambda: [verdict], run=lambda: run, failures=dict)
    monkeypatch.setattr(reproduce, "Bundle", lambda path: bundle)
    with pytest.raises(UsageError) as caught:
        reproduce.reproduce(Path("a-bundle"), CASE)
    error = caught.value
    assert error.message.startswith(f"case {CASE} is diverged, and a run that times workloads keeps no operands")
    assert error.where == "a-bundle"
    assert "none went wrong" not in str(error.expected)
    assert error.hint == "`parity run --ops add --provider './my own.py'`"
