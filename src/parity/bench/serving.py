"""What runs in a process that judges or times: the provider is imported here, and both arms are called here.

A process answers one request after the other. What a provider raises becomes part of the answer; if it ends or stops
its process, the parent sees that (`parity.bench.processes`).
"""

import contextlib
import gc
import warnings
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from random import Random
from typing import Any, NamedTuple

import numpy as np

from parity.bench import protocol
from parity.bench.bandwidth import copy_bandwidth
from parity.bench.compilations import Compilations
from parity.bench.conditions import Conditions, pin_threads
from parity.bench.operands import (
    Arms,
    Call,
    Moving,
    Pools,
    answer_digest,
    answers_of,
    arms_of,
    expected_of,
    numpy_as_it_was,
)
from parity.bench.timings import Pace, Timing
from parity.calling import CODES, Outcome, Returned, raised
from parity.documents.case import Case
from parity.documents.report import ProviderIdentity
from parity.documents.verdict import GOOD, Verdict
from parity.errors import ParityError
from parity.isolation import silence

Judge = Callable[[Case, Outcome, Outcome, Pools], Verdict]
"""Case, NumPy's outcome, the provider's, pools: as `parity.compare.judge.judge`."""


class Task(NamedTuple):
    """What a process is for.

    load: imports the provider and gives an object with ``namespace`` and ``identity``. pools: little-endian bytes by
    name. threads: that libraries may use.
    """

    load: Callable[[], Any]
    judge: Judge
    pools: Mapping[str, bytes]
    threads: int


class Identify(NamedTuple):
    """Import the provider, and say who it is."""


class Copy(NamedTuple):
    """Measure what a copy of memory reaches."""


class Harness(NamedTuple):
    """Measure what timing an empty call costs."""


class Examine(NamedTuple):
    """Judge a case and, if its answer is good, time it roughly."""

    case: Case


class Measure(NamedTuple):
    """Time a case. answer: digest of the bits that were judged. seed: of the orders.

    control: time the provider against itself.
    """

    case: Case
    pace: Pace
    answer: str
    seconds: float
    seed: str
    control: bool = False


Request = Identify | Copy | Harness | Examine | Measure


class Identified(NamedTuple):
    """threads: what the thread pools of the process are pinned to, by library."""

    identity: ProviderIdentity
    threads: dict[str, int]


class Examined(NamedTuple):
    """A verdict. answer: digest of the answer's bits; provider_ns, numpy_ns: of a warm call, about; None if withheld.

    expected: digest of NumPy's answer, None where it has none. compile_s: seconds of compilation until the call was
    warm, None if nobody can tell. withheld: why this is not to be timed.
    """

    verdict: Verdict
    expected: str | None = None
    answer: str | None = None
    compile_s: float | None = None
    provider_ns: float | None = None
    numpy_ns: float | None = None
    withheld: str | None = None


class Withheld(NamedTuple):
    """No times, and why. verdict: of the answer, where it is no longer good."""

    reason: str
    verdict: Verdict | None = None


def serve(connection: Connection) -> None:
    """Take a task from a connection, then answer requests in their order until it closes.

    An exception that is sent back is raised in the parent: the provider cannot be imported, or parity is wrong.
    """
    silence()
    warnings.simplefilter("ignore")  # a warning that is shown would be timed
    with contextlib.suppress(EOFError):
        server = _Server(connection.recv())
        while True:
            request = connection.recv()
            try:
                answer = server.answer(request)
            except ParityError as error:
                answer = error
            except Exception as error:
                answer = RuntimeError(f"{type(error).__name__}: {error} in {request}")
            connection.send(answer)


class _Server:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._pools = {
            name: np.frombuffer(data, CODES[name.split(".", maxsplit=1)[0]]) for name, data in task.pools.items()
        }
        self._compilations = Compilations().start()
        self._provider: Any = None

    def answer(self, request: Request) -> Any:
        if isinstance(request, Examine):
            return self._examined(request.case)
        if isinstance(request, Measure):
            return self._measured(request)
        if isinstance(request, Copy):
            return copy_bandwidth()
        if isinstance(request, Harness):
            return protocol.harness_ns()
        return self._identified()

    def _identified(self) -> Identified:
        self._provider = self._task.load()
        return Identified(self._provider.identity, pin_threads(self._task.threads))

    def _verdict(self, case: Case, expected: Outcome, actual: Outcome) -> Verdict:
        with numpy_as_it_was():
            return self._task.judge(case, expected, actual, self._pools)

    def _examined(self, case: Case) -> Examined:
        begun = self._compilations.seconds or 0.0
        expected, actual = answers_of(self._provider.namespace, case, self._pools)
        verdict = self._verdict(case, expected, actual)
        due = answer_digest(expected) if isinstance(expected, Returned) else None
        if verdict.verdict not in GOOD:
            return Examined(verdict, due, withheld=told(verdict))
        if not isinstance(actual, Returned) or not isinstance(expected, Returned):
            return Examined(verdict, due, withheld="the call raises an exception")
        if actual.changed:
            return Examined(verdict, due, withheld="the call changes its operands")
        answer = answer_digest(actual)
        del expected, actual  # up to 160 MB, which the calls below would find in their caches' way
        arms = arms_of(self._provider.namespace, case, self._pools)
        assert arms is not None
        try:
            protocol.warm(arms.provider, self._compilations)
            # Twice and in turn: one spell of disturbance must not make a call look too slow for single timings.
            rough = [(protocol.rough_ns(arms.provider), protocol.rough_ns(arms.numpy)) for _ in range(2)]
            spent = self._compilations.seconds
            compile_s = None if spent is None else spent - begun
            return Examined(verdict, due, answer, compile_s, *(min(times) for times in zip(*rough, strict=True)))
        except BaseException as error:  # a provider raises beyond Exception, or not before its second call
            return Examined(self._later(case, raised(error)), due, withheld=_raising(error))

    def _measured(self, request: Measure) -> Timing | Withheld:
        gc.freeze()  # or the collection before the timing takes 0.05 to 0.1 s for what Numba's import made
        arms = arms_of(self._provider.namespace, request.case, self._pools)
        if arms is None:
            return Withheld("the provider no longer has the function")
        try:
            return self._timed(request, arms)
        except BaseException as error:
            return Withheld(_raising(error), self._later(request.case, raised(error)))

    def _timed(self, request: Measure, arms: Arms) -> Timing | Withheld:
        """Warm, look at the answer, time, and look again: later answers may be other ones than the first."""
        second = arms.provider if request.control else arms.numpy
        warmth = protocol.warm(arms.provider, self._compilations)
        changed = self._checked(request, arms)
        if changed is not None:
            return changed
        protocol.warm(second, self._compilations)
        before, random = self._compilations.count, Random(request.seed)
        moving = Moving(self._provider.namespace, request.case, self._pools, random)

        def moved() -> tuple[Call, Call]:
            nonlocal arms
            arms = moving.arms()
            return arms.provider, arms.provider if request.control else arms.numpy

        with Conditions() as conditions:
            epochs = protocol.time_workload(*moved(), request.pace, request.seconds, random, conditions, moved=moved)
        late = self._compilations.count - before
        gc.disable()  # as while the clock ran
        try:
            changed = self._checked(request, arms)
        finally:
            gc.enable()
        if changed is not None:
            return changed
        return Timing(*epochs, warmth.compile_s, warmth.first_call_s, late)

    def _checked(self, request: Measure, arms: Arms) -> Withheld | None:
        """None if the answer has the bits that were judged, or others that are good, too."""
        actual = arms.answer()
        if isinstance(actual, Returned) and answer_digest(actual) == request.answer:
            return None
        verdict = self._later(request.case, actual)
        return None if verdict.verdict in GOOD else Withheld(f"later, {told(verdict)}", verdict)

    def _later(self, case: Case, actual: Outcome) -> Verdict:
        """The verdict on an outcome of a call that was judged before."""
        return self._verdict(case, expected_of(case, self._pools), actual)


def told(verdict: Verdict) -> str:
    """Why an answer with this verdict is not timed, in words."""
    failed = f" ({verdict.failed_class})" if verdict.failed_class else ""
    return f"the answer is {verdict.verdict.replace('_', ' ')}{failed}" + (
        f": {verdict.message}" if verdict.message else ""
    )


def _raising(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = "(no text)"
    return f"the provider raised {type(error).__name__}: {text[:200]}".encode("utf-8", "backslashreplace").decode()
