"""Cases and outcomes made by hand."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.calling import Returned, Value, outcome, value_of
from parity.compare.judge import judge
from parity.documents.case import Attribute, Call, Case
from parity.documents.verdict import Verdict


def make_case(op: str, loop: str, *args: Any, **kwargs: Attribute) -> Case:
    return Case(case_id="a-case", loop=loop, layout="contiguous", call=Call(op=op, args=args, kwargs=kwargs))


def value(elements: Any, dtype: str) -> Value:
    return value_of(np.asarray(elements, dtype))


def returned(*values: Value, **fields: Any) -> Returned:
    return Returned(values, (), (), (), (), ())._replace(**fields)


def judged_arrays(op: str, loop: str, expected: Any, actual: Any) -> Verdict:
    """The verdict on two arrays, the dtype being that of the loop's result."""
    dtype = loop.partition("->")[2].replace("l", "i8").replace("L", "u8")
    return judge(make_case(op, loop), returned(value(expected, dtype)), returned(value(actual, dtype)), {})


def judged_call(case: Case, pools: Mapping[str, np.ndarray], **replaced: Callable[..., Any]) -> Verdict:
    """The verdict on a namespace whose functions are these, against NumPy."""
    plain = case.call.plain()
    return judge(case, outcome(np, plain, pools), outcome(SimpleNamespace(**replaced), plain, pools), pools)


@pytest.fixture(scope="session")
def hand() -> SimpleNamespace:
    """What makes cases, values and verdicts."""
    return SimpleNamespace(
        case=make_case, value=value, returned=returned, judged_arrays=judged_arrays, judged_call=judged_call
    )
