"""How often the gate is wrong: on identical code, and on slow-downs that were planted. It takes hours, and goes on.

    python benchmarks/gate_error_rates.py identical --folder DIR [--gates 60] [--set sentinel] [--provider numba]
    python benchmarks/gate_error_rates.py planted --folder DIR [--gates 40] [--share 0.05]
    python benchmarks/gate_error_rates.py show --folder DIR

`identical` runs `parity bench gate` again and again on code that does not change, against a baseline that is measured
anew, with twice the processes, for every tenth gate: one unlucky baseline must not decide all. `planted` measures NumPy
under a wrapper as the baseline, and gates it with the wrapper waiting for a share of each call's time. Every gate is a
line in DIR, so a run that was stopped goes on where it was.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from parity.documents.gate import Gate
from parity.pipeline.bench import bench
from parity.pipeline.bench_session import BenchRequest
from parity.pipeline.gate import GateRequest, gate
from parity.pipeline.progress import Progress

GATES_PER_BASELINE = 10
BASELINE_PROCESSES = 18

WRAPPER = '''"""NumPy, whose sin takes longer by a share of its own time: {share}."""

import time

import numpy
from numpy import *


def sin(*args, **kwargs):
    started = time.perf_counter_ns()
    result = numpy.sin(*args, **kwargs)
    end = time.perf_counter_ns() + (time.perf_counter_ns() - started) * {share}
    while time.perf_counter_ns() < end:
        pass
    return result
'''


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def baseline(folder: Path, name: str, request: BenchRequest) -> Path:
    """A baseline by this name, measured if it is not there."""
    path = folder / f"{name}.json"
    if not path.exists():
        result = bench(request, Progress())
        temporary = path.with_suffix(".part")
        temporary.write_text(json.dumps(result.baseline.full()))
        temporary.replace(path)
    return path


def told(found: Gate, seconds: float, **more: Any) -> dict[str, Any]:
    """One gate as a line: the verdict, and every workload that did not pass."""
    rows = {
        row.name: [row.verdict, row.confirmed, row.ratio.full() if row.ratio is not None else None, row.reason]
        for row in found.workloads
        if row.verdict != "pass"
    }
    verdicts = Counter(row.verdict for row in found.workloads)
    return more | {
        "verdict": found.verdict,
        "rounds": found.rounds,
        "seconds": round(seconds, 1),
        "counts": verdicts,
        "controls": [found.before.control, found.after.control],
        "rows": rows,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def measured(kept: Path, request: GateRequest, **more: Any) -> dict[str, Any]:
    started = time.monotonic()
    found = told(gate(request, Progress()), time.monotonic() - started, **more)
    with kept.open("a") as file:
        file.write(json.dumps(found) + "\n")
    return found


def identical(folder: Path, gates: int, set_name: str, provider: str) -> None:
    kept = folder / f"identical-{Path(set_name).stem}.ndjson"
    for number in range(len(lines(kept)), gates):
        name = f"baseline-{Path(set_name).stem}-{number // GATES_PER_BASELINE}"
        asked = BenchRequest(
            set=set_name, provider=provider, processes=BASELINE_PROCESSES, out=folder / "runs", keep="never"
        )
        before = baseline(folder, name, asked)
        found = measured(kept, GateRequest(before, set=set_name, out=folder / "runs"), baseline=name)
        print(f"{number + 1} of {gates}: {found['verdict']}, {found['counts']}, {found['seconds']:.0f} s", flush=True)


def planted(folder: Path, gates: int, share: float, set_name: str) -> None:
    kept = folder / f"planted-{share:g}.ndjson"
    provider = folder / "provider.py"
    for number in range(len(lines(kept)), gates):
        provider.write_text(WRAPPER.format(share=0.0))
        name = f"baseline-planted-{number // GATES_PER_BASELINE}"
        asked = BenchRequest(
            set=set_name, provider=str(provider), processes=BASELINE_PROCESSES, out=folder / "runs", keep="never"
        )
        before = baseline(folder, name, asked)
        provider.write_text(WRAPPER.format(share=share))
        found = measured(kept, GateRequest(before, set=set_name, out=folder / "runs"), baseline=name, share=share)
        print(f"{number + 1} of {gates}: {found['verdict']}, {found['rows']}, {found['seconds']:.0f} s", flush=True)


def show(folder: Path) -> None:
    for kept in sorted([*folder.glob("identical-*.ndjson"), *folder.glob("planted-*.ndjson")]):
        found = lines(kept)
        verdicts = Counter(each["verdict"] for each in found)
        print(f"{kept.stem}: {len(found)} gates: " + ", ".join(f"{n} {name}" for name, n in verdicts.most_common()))
        blamed = Counter((name, row[0]) for each in found for name, row in each["rows"].items())
        for (name, verdict), count in blamed.most_common(15):
            print(f"    {count:4} {verdict:14} {name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("identical", "planted", "show"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--gates", type=int)
    parser.add_argument("--set", dest="set_name")
    parser.add_argument("--provider", default="numba")
    parser.add_argument("--share", type=float, default=0.05)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    if chosen.what == "identical":
        identical(chosen.folder, chosen.gates or 60, chosen.set_name or "sentinel", chosen.provider)
    elif chosen.what == "planted":
        planted(chosen.folder, chosen.gates or 40, chosen.share, chosen.set_name or "planted")
    show(chosen.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
