"""Where a baseline lies, and whether its figures are those that its samples give."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from parity.bench.fingerprint import identified
from parity.bench.samples import Samples
from parity.bench.summary import control, result
from parity.bench.timings import Pace, Timing
from parity.documents.baseline import Baseline, Fingerprint, WorkloadResult
from parity.documents.baseline_check import BaselineProblem
from parity.documents.case import Call, Case
from parity.documents.model import canonical
from parity.documents.verdict import VerdictName
from parity.documents.workload import Workload

FOLDER = "baselines"
DEFAULT_PROVIDER = "numba"
_LONGEST = 60


def baseline_path(
    root: Path,
    fingerprint: Fingerprint,
    set_name: str,
    provider: str = DEFAULT_PROVIDER,
    selection: Collection[str] | None = None,
) -> Path:
    """Where a baseline lies below `root`: `baselines/<fingerprint>/<set>.json`.

    provider: its spec; one that is not the default follows the set after an `@`. selection: names of the workloads
    where they are not all of the set; a digest of them follows after a `+`, so that a part never replaces the whole.
    """
    name = _slug(set_name)
    if provider != DEFAULT_PROVIDER:
        name += f"@{_slug(provider)}"
    if selection is not None:
        name += f"+{_digest(chr(0).join(sorted(selection)), 8)}"
    return root / FOLDER / fingerprint.id / f"{name}.json"


def _slug(text: str) -> str:
    """A file name that reads like the text; a digest follows where characters had to go."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:_LONGEST]
    return plain if plain and plain == text else f"{plain}-{_digest(text, 6)}".lstrip("-")


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:digits]


# -- the figures again -----------------------------------------------------------------------------


def rederived(baseline: Baseline, samples: Samples) -> list[BaselineProblem]:
    """What a baseline says other than its samples; empty where every figure is computed again to the same digits.

    The fingerprint's id is computed again, too. Not proved: the durations themselves, the verdicts of the answers, the
    bandwidth of copies, the scaling and what an empty call costs, which no sample shows.
    """
    problems = [*_workloads(baseline, samples), *_control(baseline, samples), *_protocol(baseline, samples)]
    given = identified(baseline.fingerprint).id
    if given != baseline.fingerprint.id:
        detail = f"it is {baseline.fingerprint.id}, and the other fields give {given}"
        problems.append(BaselineProblem(workload=None, field="fingerprint.id", detail=detail))
    return problems


def _workloads(baseline: Baseline, samples: Samples) -> Iterator[BaselineProblem]:
    for said in baseline.workloads:
        timings = samples.timings.get(said.name, ())
        try:
            again = result(*_described(said), _pace(said, timings), timings, baseline.copy_bandwidth, said.withheld)
        except ValueError as error:
            yield BaselineProblem(workload=said.name, field="samples", detail=str(error))
            continue
        yield from _differing(said.name, said.full(), again.full())
    listed = {said.name for said in baseline.workloads}
    for name in samples.timings:
        if name not in listed:
            yield BaselineProblem(workload=name, field="samples", detail="the baseline does not list this workload")


def _control(baseline: Baseline, samples: Samples) -> Iterator[BaselineProblem]:
    if baseline.control is None:
        return
    try:
        again = control(samples.controls)
    except ValueError as error:
        yield BaselineProblem(workload=None, field="control", detail=str(error))
        return
    yield from _differing(None, baseline.control.full(), again.full(), "control.")


def _protocol(baseline: Baseline, samples: Samples) -> Iterator[BaselineProblem]:
    """What samples show of how they were taken: how many processes there were, and whether waits were recorded."""
    timings = [*samples.timings.values(), *samples.controls.values()]
    if baseline.protocol is None or not timings:
        return
    recorded = any(timing.waits is not None for processes in timings for timing in processes)
    again = baseline.protocol.model_copy(
        update={
            "processes": max(len(processes) for processes in timings),
            "ratio_of": "shorter_epoch" if recorded else "both_epochs",
        }
    )
    yield from _differing(None, baseline.protocol.full(), again.full(), "protocol.")


def _described(said: WorkloadResult) -> tuple[Workload, VerdictName]:
    """What was known of a workload before it was timed; of its call the operation alone, for a baseline has no more.

    Raises ValueError for one that does not say what is known of all that parity times.
    """
    if said.bytes is None or said.budget is None or said.verdict is None:
        raise ValueError("who has samples has bytes, a budget and a verdict of the answer, too")
    workload = Workload(
        name=said.name,
        op=said.op,
        loop=said.loop,
        layout=said.layout,
        shapes=said.shape,
        digest=said.digest,
        bytes=said.bytes,
        budget=said.budget,
        case=Case(case_id=said.name, loop=said.loop, layout=said.layout, call=Call(op=said.op, args=())),
    )
    return workload, said.verdict


def _pace(said: WorkloadResult, timings: Sequence[Timing]) -> Pace:
    """At which a workload was timed: where an epoch has several durations, they are of single calls."""
    singles = timings[0].provider_ns.shape[2] if timings else 1
    return Pace("per_call", singles, 0) if singles > 1 else Pace(said.mode, said.calls, 0)


def _differing(
    workload: str | None, said: Mapping[str, Any], again: Mapping[str, Any], prefix: str = ""
) -> Iterator[BaselineProblem]:
    for field, value in said.items():
        if again[field] != value:
            detail = f"the baseline says {_short(value)}, the samples give {_short(again[field])}"
            yield BaselineProblem(workload=workload, field=prefix + field, detail=detail)


def _short(value: Any) -> str:
    text = canonical(value).decode()
    return text if len(text) <= 100 else f"{text[:97]}..."
