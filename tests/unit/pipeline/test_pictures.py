"""Which pictures a baseline gets."""

from xml.etree import ElementTree as ET

import numpy as np

from parity.bench.timings import Timing
from parity.pipeline.pictures import GATE, LATENCY, RATIOS, SCALING, pictures

from ..report.pictures.plausible import baseline, calls, gate, withheld, workload  # noqa: TID252 - tests have no name


def timing(provider: "np.typing.NDArray[np.uint64]", numpy: "np.typing.NDArray[np.uint64]") -> Timing:
    quadruples = len(provider) // 2
    return Timing(
        provider_ns=provider[: 2 * quadruples].reshape(quadruples, 2, 1),
        numpy_ns=numpy[: 2 * quadruples].reshape(quadruples, 2, 1),
        provider_first=np.zeros(quadruples, dtype=np.bool_),
        flags=np.zeros((quadruples, 4), dtype=np.uint8),
        waits=np.zeros((quadruples, 4), dtype=np.uint64),
        compile_s=None,
        first_call_s=0.1,
        compiled_late=0,
    )


def test_a_baseline_with_samples_and_a_gate_has_all_four_pictures_as_bytes_of_svg() -> None:
    measured = baseline()
    timings = {name: [timing(*arms), timing(*arms)] for name, arms in calls(measured.workloads).items()}
    drawn = pictures(measured, timings, gate(measured.workloads))
    assert list(drawn) == [SCALING, RATIOS, LATENCY, GATE]
    assert all(ET.fromstring(picture).tag.endswith("svg") for picture in drawn.values())


def test_the_calls_of_all_processes_are_in_the_picture() -> None:
    measured = baseline([workload("add", 1_000_000)])
    ((name, arms),) = calls(measured.workloads).items()
    drawn = pictures(measured, {name: [timing(*arms)] * 3})
    assert f"{3 * (len(arms[0]) // 2 * 2)} calls" in drawn[LATENCY].decode()


def test_batches_are_no_calls() -> None:
    measured = baseline([workload("add", 1)])
    batches = np.full(40, 1_000_000, dtype=np.uint64)
    assert LATENCY not in pictures(measured, {measured.workloads[0].name: [timing(batches, batches)]})


def test_a_picture_that_would_show_nothing_is_left_out() -> None:
    assert pictures(baseline([])) == {}
    assert pictures(baseline([withheld(workload("add", 1))]), {}, gate([], missing=())) == {}
