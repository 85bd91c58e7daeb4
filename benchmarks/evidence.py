"""What sealing and recording add to a run: seconds in `protect` and in the ledger, as a share of the rest of the run.

    python benchmarks/evidence.py [--suite core] [--provider numba] [--repeat 3]

Both are timed inside the run itself, so that the figure is a ratio of one run on one machine.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from parity.documents.manifest import Manifest
from parity.pipeline.progress import Progress
from parity.pipeline.protection import protect
from parity.pipeline.recording import Recording
from parity.pipeline.run import RunRequest, run


def timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def measured(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent.append(time.perf_counter() - started)

    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="core")
    parser.add_argument("--provider", default="numba")
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    manifest = Manifest.model_validate(
        {
            "version": "v1",
            "metadata": {"name": "benchmark"},
            "run": {"suite": chosen.suite, "provider": {"spec": chosen.provider}},
        }
    )
    shares = []
    for _ in range(chosen.repeat):
        sealing: list[float] = []
        recording: list[float] = []
        with (
            tempfile.TemporaryDirectory() as place,
            patch("parity.pipeline.run.protect", timed(protect, sealing)),
            patch.object(Recording, "of_result", timed(Recording.of_result, recording)),
        ):
            started = time.perf_counter()
            run(RunRequest(manifest=manifest, out=Path(place) / "runs"), Progress())
            whole = time.perf_counter() - started
        added = sum(sealing) + sum(recording)
        shares.append(added / (whole - added))
        print(
            f"run {whole:6.2f} s, of which sealing {sum(sealing):.3f} s, recording {sum(recording):.3f} s:"
            f" {100 * shares[-1]:.1f} % on top of the rest"
        )
    print(f"median {100 * statistics.median(shares):.1f} % (goal: at most 5 %)")


if __name__ == "__main__":
    main()
