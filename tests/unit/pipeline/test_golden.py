"""What a provider is asked for golden outputs, and what of it is kept."""

from pathlib import Path

import pytest

from parity.calling import LARGEST
from parity.cases.workloads import expand, pools_of
from parity.optimize.golden import decode
from parity.pipeline.golden import asked_of, record
from parity.pipeline.progress import Progress

from ..optimize.drawn_round import workload_set  # noqa: TID252 - tests are no package with a name

LARGE = """
import numpy as np

def sum(a, *args, **kwargs):
    if a.shape != (20, 30):
        return np.sum(a, *args, **kwargs)
    return np.full({bytes}, {last}, np.uint8)
"""


def bits_of_workloads(folder: Path, last: int) -> list[str]:
    """The digests of what a provider answers to workloads with results of more than is kept of a case of a suite."""
    (folder / "mine.py").write_text(LARGE.format(bytes=LARGEST + 1, last=last))
    chosen = workload_set(folder)
    workloads = expand(chosen)
    asked = asked_of("smoke", "20261120", workloads, pools_of(workloads, chosen.seed))
    golden = decode(record(asked, "mine.py", Progress()), "golden")
    return [golden.lines[workload.case.case_id].bits for workload in workloads]


def test_the_result_of_a_workload_is_recorded_with_all_its_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = bits_of_workloads(tmp_path, 1), bits_of_workloads(tmp_path, 2)
    assert len(one) == 2
    assert not set(one) & set(other)
