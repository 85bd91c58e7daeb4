"""Cases, outcomes and verdicts made by hand."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from parity.calling import Returned, Value, outcome, value_of
from parity.compare.judge import judge
from parity.documents.case import Argument, Attribute, Call, Case
from parity.documents.verdict import Verdict


class Hand:
    """What makes them."""

    @staticmethod
    def case(op: str, loop: str, *args: Argument, **kwargs: Attribute) -> Case:
        return Case(case_id="a-case", loop=loop, layout="contiguous", call=Call(op=op, args=args, kwargs=kwargs))

    @staticmethod
    def value(elements: ArrayLike, dtype: str) -> Value:
        return value_of(np.asarray(elements, dtype))

    @staticmethod
    def returned(
        *values: Value, changed: tuple[str, ...] = (), flags: tuple[str, ...] = (), warnings: tuple[str, ...] = ()
    ) -> Returned:
        return Returned(values, (), (), changed, flags, warnings)

    def judged_arrays(self, op: str, loop: str, expected: ArrayLike, actual: ArrayLike) -> Verdict:
        """The verdict on two arrays, the dtype being that of the loop's result."""
        dtype = loop.partition("->")[2].replace("l", "i8").replace("L", "u8")
        one, two = self.value(expected, dtype), self.value(actual, dtype)
        return judge(self.case(op, loop), self.returned(one), self.returned(two), {})

    @staticmethod
    def judged_call(case: Case, pools: Mapping[str, np.ndarray], **replaced: Callable[..., Any]) -> Verdict:
        """The verdict on a namespace whose functions are these, against NumPy."""
        plain = case.call.plain()
        return judge(case, outcome(np, plain, pools), outcome(SimpleNamespace(**replaced), plain, pools), pools)
