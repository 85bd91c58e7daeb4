"""Compile the kernels ahead, in as many processes as there are cores."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from parity.execute.pool import default_jobs
from parity.pipeline.progress import Progress
from parity.providers import kernels


def warm(jobs: int | None, progress: Progress) -> dict[str, Any]:
    """Compile, or find compiled, every kernel; how many, and in how many seconds."""
    progress.stage("find kernels")
    started = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs or default_jobs(), mp_context=context) as pool:
        names = pool.submit(kernels.kernel_names).result()
        progress.stage("compile kernels", len(names))
        for future in as_completed([pool.submit(kernels.compile_kernel, name) for name in names]):
            future.result()
            progress.advance()
    return {"schema": "parity.warm/1", "kernels": len(names), "seconds": round(time.monotonic() - started, 3)}
