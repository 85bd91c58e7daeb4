"""The process that a profiler samples: `python -m parity.pipeline.profiled`, with a workload as JSON in its words.

It loads a provider, builds the operands of one call, and makes it again and again. All of that is below the function
`called_again_and_again`, so that a flame graph can leave the rest out.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

FRAME = "called_again_and_again"


def words(spec: str, seed: str, call: dict[str, Any], seconds: float) -> list[str]:
    """The command line for one call of a provider. seed: of the pools."""
    document = {"spec": spec, "seed": seed, "call": call, "seconds": seconds}
    return [sys.executable, "-m", "parity.pipeline.profiled", json.dumps(document)]


def called_again_and_again(call: Callable[[], object], seconds: float) -> int:
    """Call for so many seconds; how often that was."""
    end, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        call()
        count += 1
    return count


def main(text: str) -> int:
    """Do what the JSON says: exit code 0, or 1 where the provider lacks the function."""
    import numpy as np  # noqa: PLC0415 - only the process that is sampled needs all this

    from parity.calling import CODES, Arguments, resolve  # noqa: PLC0415
    from parity.cases.pools import build_pool  # noqa: PLC0415
    from parity.documents.case import Call, array_arguments  # noqa: PLC0415
    from parity.providers.spec import load_provider  # noqa: PLC0415

    document = json.loads(text)
    call = Call.from_json(json.dumps(document["call"]), "the command line")
    names = {argument.pool for argument in array_arguments(call).values()}
    pools = {name: np.frombuffer(build_pool(document["seed"], name), CODES[name[0]]) for name in names}
    function = resolve(load_provider(document["spec"]).namespace, call.op)
    if function is None:
        return 1
    built = Arguments(call.plain(), pools)
    function(*built.args, **built.kwargs)  # compiles it
    called_again_and_again(lambda: function(*built.args, **built.kwargs), document["seconds"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
