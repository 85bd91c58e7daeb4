"""The operands of a workload, the two arms that are timed on them, and what they answer."""

import contextlib
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from parity import calling
from parity.calling import Outcome, Returned
from parity.documents.case import Case, array_arguments

Pools = Mapping[str, NDArray[Any]]
Call = Callable[[], object]

NUMPY = SimpleNamespace(**vars(np))
"""NumPy's names as before any provider was imported: one that binds them anew is not judged against itself."""

PAGE = 4096
ROOM, MOST_ROOM = 16, 64 << 20
"""Operands lie in a block so many times as large as they are, up to so many bytes."""
MOST_KEPT = 32 << 20
"""Bytes of blocks that are kept for results to lie elsewhere; larger results are beyond every cache anyway."""


class Arms(NamedTuple):
    """Two calls on the same operands, built once. answer: what the provider says there now, with all bits.

    For an answer each ``out`` holds again what it held at first: what earlier calls left there may be right.
    """

    provider: Call
    numpy: Call
    answer: Callable[[], Outcome]


class Answers(NamedTuple):
    """What came out where each side had operands of its own."""

    expected: Outcome
    actual: Outcome


def arms_of(namespace: Any, case: Case, pools: Pools, allocate: calling.Allocate = calling.zeros) -> Arms | None:
    """Build the operands of a case, for NumPy and for a provider; None if the provider has no such function.

    namespace: the provider's. allocate: memory for an operand. Where a call writes to an ``out``, both arms write to
    the same.
    """
    call = case.call.plain()
    function, reference = calling.resolve(namespace, call["op"]), calling.resolve(NUMPY, call["op"])
    if function is None or reference is None:
        return None
    arguments = calling.Arguments(call, pools, allocate=allocate)
    return Arms(
        partial(function, *arguments.args, **arguments.kwargs),
        partial(reference, *arguments.args, **arguments.kwargs),
        partial(_answer, function, arguments, case, pools),
    )


def _answer(function: Callable[..., Any], arguments: calling.Arguments, case: Case, pools: Pools) -> Outcome:
    if arguments.outs:
        initial = calling.Arguments(case.call.plain(), pools).outs
        for out, content in zip(arguments.outs, initial, strict=True):
            out[...] = content
    return calling.called(function, arguments, _largest(case))


class Moving:
    """The arms of a case on operands, and with results, that lie elsewhere in memory each time.

    Where they lie decides up to 25 % of a short call: vectors across the borders of cache lines, loads that wait for
    stores at the same offset in a page, and pages that compete for the same lines of a cache. Left alone it would be
    drawn once for a process, and processes would differ by that, not by what is measured. Operands are built at random
    multiples of 16 bytes (what allocators promise) on random pages of a block that is several times as large. The arms
    allocate their results themselves; a block of the size of a result that is kept from then on takes the place of the
    last one, so the next one has to lie elsewhere.
    """

    def __init__(self, namespace: Any, case: Case, pools: Pools, random: Random) -> None:
        self._namespace, self._case, self._pools, self._random = namespace, case, pools, random
        sizes: list[int] = []

        def measured(size: int) -> NDArray[np.uint8]:
            sizes.append(size)
            return calling.zeros(size)

        arms = arms_of(namespace, case, pools, measured)
        assert arms is not None, "the function was there when the case was judged"
        result = arms.numpy()
        self._result = sum(np.asarray(part).nbytes for part in (result if isinstance(result, tuple) else (result,)))
        needed = sum(-(-size // PAGE) + 2 for size in sizes) * PAGE
        self._memory = np.zeros(max(needed, min(ROOM * needed, MOST_ROOM)), np.uint8)
        self._needed = needed
        self._kept: list[NDArray[np.uint8]] = []
        self._next = 0

    def arms(self) -> Arms:
        """The arms on operands that are built anew."""
        spare = (len(self._memory) - self._needed) // PAGE
        self._next = -self._memory.ctypes.data % PAGE + PAGE * self._random.randrange(max(spare, 1))
        if self._kept and (len(self._kept) + 1) * self._result > MOST_KEPT:
            self._kept.pop(self._random.randrange(len(self._kept)))
        if self._result <= MOST_KEPT:
            self._kept.append(np.empty(self._result, np.uint8))
        arms = arms_of(self._namespace, self._case, self._pools, self._place)
        assert arms is not None
        return arms

    def _place(self, size: int) -> NDArray[np.uint8]:
        begin = self._next + 16 * self._random.randrange(PAGE // 16)
        self._next += (-(-size // PAGE) + 1) * PAGE
        return self._memory[begin : begin + size]


def answers_of(namespace: Any, case: Case, pools: Pools) -> Answers:
    """Let NumPy and a provider answer, each on operands of its own, so that neither finds what the other one wrote."""
    actual = calling.outcome(namespace, case.call.plain(), pools, _largest(case))
    return Answers(expected_of(case, pools), actual)


def expected_of(case: Case, pools: Pools) -> Outcome:
    """Let NumPy answer, on operands of its own."""
    with numpy_as_it_was():
        return calling.outcome(NUMPY, case.call.plain(), pools, _largest(case))


@contextlib.contextmanager
def numpy_as_it_was() -> Iterator[None]:
    """Bind NumPy's names as before any provider was imported; afterwards they are again as the provider wants them.

    NumPy looks some of them up itself (``np.sum`` calls ``np.add.reduce``), and so does who judges. This does not hold
    for the arm that is timed, beside which the provider must find what it bound.
    """
    names = vars(np)
    bound = dict(names)
    names.update(vars(NUMPY))
    try:
        yield
    finally:
        names.update(bound)


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
