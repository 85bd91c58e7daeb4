"""Every workload of a set by pytest-benchmark: judged, warm, in rounds of one call or of a batch, as parity's own."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from parity import calling
from parity.bench.compilations import Compilations
from parity.bench.operands import NUMPY
from parity.bench.protocol import MOST_SAMPLES, pace_for, rough_ns, warm
from parity.compare.judge import judge
from parity.documents.verdict import GOOD
from parity.documents.workload import Workload
from parity.providers.spec import Provider

SECONDS = 0.5
WHOLE = 1 << 40  # no result is too large to be judged


def test_workload(benchmark: Any, workload: Workload, provider: Provider, pools: dict[str, bytes]) -> None:
    call = workload.case.call.plain()
    values = {name: np.frombuffer(data, calling.CODES[name.partition(".")[0]]) for name, data in pools.items()}
    function = calling.resolve(provider.namespace, workload.op)
    if function is None:
        pytest.skip(f"{provider.identity.name} has no {workload.op}")
    numpys = calling.resolve(NUMPY, workload.op)
    assert numpys is not None
    expected, actual = (calling.perform(one, call, values, largest=WHOLE) for one in (numpys, function))
    verdict = judge(workload.case, expected, actual, values)
    if verdict.verdict not in GOOD:
        pytest.fail(f"{workload.name} is wrong ({verdict.verdict}), so it is not timed", pytrace=False)

    arguments = calling.Arguments(call, values, watch=False)
    timed = partial(function, *arguments.args, **arguments.kwargs)
    with np.errstate(all="ignore"), Compilations() as compilations:
        warm(timed, compilations)
        before = compilations.count
        nanoseconds = rough_ns(timed)
        pace = pace_for(nanoseconds, nanoseconds, SECONDS)
        batched = pace.mode == "batched"
        own = {name: getattr(workload, name) for name in ("name", "op", "loop", "layout", "digest", "bytes")}
        own |= {"shape": workload.shapes, "budget": workload.budget.full(), "verdict": verdict.verdict}
        benchmark.extra_info["parity"] = own
        iterations = pace.calls if batched else 1
        rounds = max(6, round(SECONDS * 1e9 / (nanoseconds * iterations)))
        benchmark.pedantic(timed, rounds=min(rounds, MOST_SAMPLES), iterations=iterations, warmup_rounds=3)
        assert compilations.count == before, f"{workload.name} compiled something while the clock ran"
