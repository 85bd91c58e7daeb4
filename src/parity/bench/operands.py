"""The operands of a workload, the two arms that are timed on them, and what they answer."""

import hashlib
import math
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from parity import calling
from parity.calling import Outcome, Returned
from parity.documents.case import Case, array_arguments

Pools = Mapping[str, NDArray[Any]]
Call = Callable[[], object]


PADS = 3
"""Blocks before the operands; a single one may fit into a gap and shift nothing."""


class Arms(NamedTuple):
    """Two calls on the same operands, built once. answer: what the provider says there now, with all bits."""

    provider: Call
    numpy: Call
    answer: Callable[[], Outcome]


class Answers(NamedTuple):
    """What came out where each side had operands of its own."""

    expected: Outcome
    actual: Outcome


def arms_of(namespace: Any, case: Case, pools: Pools) -> Arms | None:
    """Build the operands of a case, for NumPy and for a provider; None if the provider has no such function.

    namespace: the provider's. Where a call writes to an ``out``, both arms write to the same.
    """
    call = case.call.plain()
    function, reference = calling.resolve(namespace, call["op"]), calling.resolve(np, call["op"])
    if function is None or reference is None:
        return None
    arguments = calling.Arguments(call, pools)
    return Arms(
        partial(function, *arguments.args, **arguments.kwargs),
        partial(reference, *arguments.args, **arguments.kwargs),
        partial(calling.called, function, arguments, _largest(case)),
    )


def elsewhere(namespace: Any, case: Case, pools: Pools, random: Random) -> tuple[Arms, object]:
    """The same arms on operands that lie elsewhere in memory, and what has to be kept as long as they are timed.

    Where operands and results lie decides a few per cent of a short call, up to 25 % in places (vectors across the
    borders of cache lines, loads that wait for stores of the same offset in a page), and would be drawn once for a
    process. Blocks of random sizes shift what is allocated after them: the operands, and what a call returns.
    """
    before, after = (
        [np.empty(random.randrange(16, 1 << random.randrange(8, 18)), np.uint8) for _ in range(count)]
        for count in (PADS, 1)
    )
    arms = arms_of(namespace, case, pools)
    assert arms is not None, "the function was there when the case was judged"
    return arms, (before, after)


def answers_of(namespace: Any, case: Case, pools: Pools) -> Answers:
    """Let NumPy and a provider answer, each on operands of its own, so that neither finds what the other one wrote."""
    call, largest = case.call.plain(), _largest(case)
    return Answers(calling.outcome(np, call, pools, largest), calling.outcome(namespace, call, pools, largest))


def answer_digest(answer: Returned) -> str:
    """SHA-256 in hexadecimal over kind, dtype, shape and bits of each result, and the memory of each ``out``."""
    digest = hashlib.sha256()
    for value in answer.values:
        digest.update(f"{value.kind} {value.dtype} {value.shape} {len(value.data)}\n".encode())
        digest.update(value.data)
    for block in answer.written:
        digest.update(f"out {len(block)}\n".encode())
        digest.update(block)
    return digest.hexdigest()


def _largest(case: Case) -> int:
    """Bytes that a result is recorded with: 16, as complex128 has, for each element to which the operands broadcast.

    `parity.calling` keeps no elements of a result above 64 MiB, and two wrong ones would then be equal.
    """
    shapes = [argument.shape for argument in array_arguments(case.call).values()]
    try:
        elements = math.prod(np.broadcast_shapes(*shapes))
    except ValueError:  # shapes that do not go together: NumPy will say so
        return calling.LARGEST
    return max(calling.LARGEST, 16 * elements)
