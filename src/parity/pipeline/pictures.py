"""Which pictures belong to a baseline and to a gate, as the bytes of files by name."""

from collections.abc import Mapping, Sequence

import numpy as np

from parity.bench.timings import Timing
from parity.documents.baseline import Baseline
from parity.documents.gate import Gate
from parity.report.pictures.latency import latency_ecdf
from parity.report.pictures.ratios import ratios_to_baseline, ratios_to_numpy
from parity.report.pictures.size_scaling import size_scaling

SCALING, RATIOS, LATENCY, GATE = "scaling.svg", "ratios.svg", "latency.svg", "gate.svg"


def pictures(
    baseline: Baseline, timings: Mapping[str, Sequence[Timing]] | None = None, gate: Gate | None = None
) -> dict[str, bytes]:
    """SVG files by name; a picture that would show nothing is left out.

    timings: of the processes, by workload, as the file of samples has them; None draws no latencies. gate: None draws
    no changes.
    """
    drawn = {}
    if any(workload.gb_per_s is not None for workload in baseline.workloads):
        drawn[SCALING] = size_scaling(baseline)
    if any(workload.numpy_ratio is not None for workload in baseline.workloads):
        drawn[RATIOS] = ratios_to_numpy(baseline)
    single = {workload.name for workload in baseline.workloads if workload.mode == "per_call" and workload.samples}
    calls = {
        name: (
            np.concatenate([timing.provider_ns.ravel() for timing in processes]),
            np.concatenate([timing.numpy_ns.ravel() for timing in processes]),
        )
        for name, processes in (timings or {}).items()
        if name in single and processes
    }
    if calls:
        drawn[LATENCY] = latency_ecdf(baseline, calls)
    if gate is not None and (gate.workloads or gate.missing):
        drawn[GATE] = ratios_to_baseline(gate)
    return {name: picture.encode() for name, picture in drawn.items()}
