"""Two baselines against each other: read, or measure the second → judge → measure again what is undecided → verdict."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from parity.bench.comparison import compare
from parity.bench.fingerprint import fingerprint, same_machine
from parity.bench.gate import again, judge_gate, later_processes
from parity.cases.workloads import expand
from parity.documents.baseline import Baseline, Fingerprint
from parity.documents.gate import Comparison, Gate
from parity.documents.workload_toml import read_workloads
from parity.errors import ProviderError, UsageError
from parity.pipeline import places
from parity.pipeline.baselines import newest_baseline, read_baseline
from parity.pipeline.bench import benching
from parity.pipeline.bench_session import BenchRequest
from parity.pipeline.progress import Progress

Measure = Callable[[tuple[str, ...] | None], Baseline]
"""One round more of measuring, of all workloads or of those named; the baseline of all rounds up to now."""


@dataclass(frozen=True)
class GateRequest:
    """What `parity bench gate` was asked. current: None to measure it, up to `rounds` times.

    provider, set: None for those of the baseline. processes: fresh ones in a round. out: the folder of run bundles.
    """

    baseline: Path
    current: Path | None = None
    provider: str | None = None
    set: str | None = None
    processes: int = 9
    rounds: int = 3
    out: Path | None = None


def gate(request: GateRequest, progress: Progress) -> Gate:
    """The verdict. What is measured for it leaves a bundle of evidence, and no baseline.

    Nothing is measured on another machine than the baseline's. Raises what reading a baseline and measuring raise.
    """
    before = read_baseline(request.baseline)
    if request.current is not None:
        return judge_gate(before, read_baseline(request.current))
    here = fingerprint(before.fingerprint.threads)
    if before.origin == "imported" or not same_machine(before.fingerprint, here):
        return judge_gate(before, _unmeasured(before, here))
    asked = bench_request(request, before)
    blamed = _blamed(request.baseline, "provider.spec", ProviderError, request.provider, "--provider SPEC")
    with blamed, benching(asked, progress) as live:
        live.gate = judged(before, live.measure, request.rounds, progress)
    if live.result is not None:
        progress.note(f"evidence: {live.result.bundle}")
    return live.gate


def judged(before: Baseline, measure: Measure, rounds: int, progress: Progress) -> Gate:
    """Measure, judge, and measure again what further processes could decide, `rounds` times at most in all."""
    first = measure(None)
    found = judge_gate(before, first)
    for number in range(2, rounds + 1):
        names = again(found)
        if not names:
            break
        progress.note(f"round {number}: {_counted(len(names))} of {len(found.workloads):,} must be measured again")
        merged = measure(names)
        found = judge_gate(before, merged, later_processes(first, merged), rounds=number)
    return found


def compared(baseline: Path, current: Path | None, *, across: bool) -> Comparison:
    """What changed from one baseline to the other; without `current`, to the newest one of this machine.

    Raises what reading a baseline raises, NotComparableError for different fingerprints without `across`, UsageError if
    the newest baseline is the one to compare with.
    """
    before = read_baseline(baseline)
    if current is None:
        current = newest_baseline()
        if current.resolve() == baseline.resolve():
            raise UsageError(
                "the newest baseline of this machine is the one to compare with",
                where=str(current),
                expected="a second baseline",
                hint="name one, or make one with `parity bench run`",
            )
    return compare(before, read_baseline(current), across=across)


def bench_request(request: GateRequest, before: Baseline) -> BenchRequest:
    """Measure as the baseline was measured: all that its set has now, or of a part of the set what is still there.

    Raises UsageError if there is no such set, or nothing of the part is there any more.
    """
    chosen = before.set if request.set is None else request.set
    with _blamed(request.baseline, "set", UsageError, request.set, "--set PATH"):
        path = places.workload_set(chosen)
    only: tuple[str, ...] = ()
    if not before.complete:
        there = {workload.name for workload in expand(read_workloads(path), str(path))}
        only = tuple(workload.name for workload in before.workloads if workload.name in there)
        if not only:
            raise UsageError(
                f"the set {chosen!r} has none of the baseline's workloads",
                where=f"{request.baseline}, field workloads",
                expected="a part of the set",
                hint="--set PATH names another one; or make a baseline anew with `parity bench run`",
            )
    return BenchRequest(
        set=chosen,
        provider=before.provider.spec if request.provider is None else request.provider,
        only=only,
        processes=request.processes,
        seconds=before.protocol.seconds if before.protocol is not None else BenchRequest.seconds,
        out=request.out,
        keep="never",
    )


def _unmeasured(before: Baseline, here: Fingerprint) -> Baseline:
    """A run on this machine that has not taken place: it would take minutes to measure what nobody may compare."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    known = {"origin": "measured", "fingerprint": here, "started": now, "workloads": ()}
    nothing = dict.fromkeys(("control", "sources_sha256", "git_head", "git_dirty", "samples_file", "protocol"))
    return before.model_copy(update=known | nothing)


@contextmanager
def _blamed(
    baseline: Path, field: str, kind: type[ProviderError | UsageError], given: str | None, flag: str
) -> Iterator[None]:
    """Where no flag named what is not there, the baseline did, in `field`."""
    try:
        yield
    except kind as error:
        if given is not None:
            raise
        raise kind(
            error.message,
            where=f"{baseline}, field {field}",
            expected=error.expected,
            hint=f"{flag} takes the place of the baseline's",
        ) from None


def _counted(number: int) -> str:
    return "1 workload" if number == 1 else f"{number:,} workloads"
