"""Verdicts and heads for the tests of reports."""

from typing import Any

from hypothesis import strategies as st

from parity.documents.capture import OracleIdentity
from parity.documents.report import ProviderIdentity
from parity.documents.verdict import VERDICTS, Verdict
from parity.ops.catalogue import CATALOGUE
from parity.report.fold import ReportHead

NASTY = "\x00\x1b[31m\ud800 ]]> <&\"'` | \n\r\t \x85\u2028\ufffe\uffff \U0001f600 \\ {x}"


def head(**changes: Any) -> ReportHead:
    pure = changes.pop("pure", False)
    oracle = OracleIdentity(
        source="pure_python" if pure else "system",
        numpy=None if pure else "2.4.6",
        dispatch=() if pure else ("X86_V3", "X86_V4"),
        platform="Linux-x86_64",
        libm="glibc 2.36",
        python="3.11.7",
    )
    fields: dict[str, Any] = {
        "run_id": "0" * 12 + "70008000000000000001",
        "suite": "smoke",
        "provider": ProviderIdentity(spec="numba", name="parity_kernels", version="0.1.0"),
        "oracle": oracle,
        "plan_digest": "a" * 64,
        "capture_digest": "b" * 64,
        "catalogue_digest": "c" * 64,
        "bundle": "artifacts/runs/" + "0" * 32,
    }
    return ReportHead(**(fields | changes))


def verdict(op: str = "add", loop: str = "dd->d", name: str = "exact", **fields: Any) -> Verdict:
    number = fields.pop("number", 0)
    defaults: dict[str, Any] = {"layout": "contiguous", "ulp": 0.0 if name == "exact" else None}
    if name == "diverged":
        defaults |= {"failed_class": "value", "index": (0, 3), "ulp": 5.0, "differing": 1}
        defaults |= {"expected_bits": "3ff0000000000000", "actual_bits": "3ff0000000000005"}
    case_id = f"{op}-{loop.replace('->', '-').replace('?', 'T')}-{number:012x}"
    return Verdict.model_validate({"case_id": case_id, "op": op, "loop": loop, "verdict": name} | defaults | fields)


ROWS = [(row.name, loop) for row in CATALOGUE.values() for loop in row.loops[:3]] + [("add.reduce", "d->d")]


def verdicts() -> st.SearchStrategy[list[Verdict]]:
    """Any verdicts on any rows, with any message."""
    one = st.builds(
        lambda row, name, number, message, ulp: verdict(row[0], row[1], name, number=number, message=message, ulp=ulp),
        st.sampled_from(ROWS),
        st.sampled_from(VERDICTS),
        st.integers(0, 2**48 - 1),
        st.none() | st.text(st.characters(exclude_categories=())) | st.just(NASTY),
        st.none() | st.floats(0, 1e6),
    )
    return st.lists(one, max_size=40)
