"""Whether a change stays: by the rule, or by a person who says why."""

from collections.abc import Sequence
from typing import Literal

from parity.documents.optimization import Decision, Isomorphism, Optimization, WorkloadChange
from parity.errors import ExitCode, UsageError

Wish = Literal["keep", "drop"]


def decide(proof: Isomorphism, timings: Sequence[WorkloadChange], wish: Wish | None = None, why: str = "") -> Decision:
    """The decision on a round.

    The rule: a change stays if the proof holds, no chosen workload became slower, none lost its speed to a wrong
    answer, and at least one became faster. Where the timings cannot tell, neither can the rule. A person may decide
    otherwise, with a reason. Raises UsageError for a wish without one.
    """
    rule, reason = _ruled(proof, timings)
    if wish is None:
        return Decision(verdict=rule, by="rule", rule=rule, reason=reason)
    if not why.strip():
        raise UsageError("a decision against or without the rule needs a reason", where="--why", expected="a sentence")
    return Decision(verdict="kept" if wish == "keep" else "dropped", by="person", rule=rule, reason=why.strip())


def _ruled(
    proof: Isomorphism, timings: Sequence[WorkloadChange]
) -> tuple[Literal["kept", "dropped", "undecided"], str]:
    if proof.verdict == "broken":
        broken = [each.case_id for each in proof.moved if each.verdict == "broken"]
        outputs = "golden output" if len(broken) == 1 else "golden outputs"
        return "dropped", f"{len(broken)} {outputs} broke, for example {broken[0]}"
    named: dict[str, list[str]] = {}
    for row in timings:
        named.setdefault(row.verdict, []).append(row.name)
    for verdict, what in (("slower", "became slower"), ("withheld", "could not be timed")):
        if verdict in named:
            return "dropped", f"{_some(named[verdict])} {what}"
    if "faster" in named:
        return "kept", f"{_some(named['faster'])} became faster, and none slower"
    if "inconclusive" in named or not timings:
        return "undecided", f"the timings cannot tell: {_some(named.get('inconclusive', ['no workload']))}"
    return "dropped", "no workload became faster"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def exit_code(round_: Optimization) -> ExitCode:
    """0 for a proof that holds with a decision, 1 for a broken proof or a change that the rule drops, 3 for neither."""
    if round_.proof.verdict == "broken":
        return ExitCode.BAD_VERDICT
    if round_.decision.by == "person" or round_.decision.verdict == "kept":
        return ExitCode.GOOD
    return ExitCode.BAD_VERDICT if round_.decision.verdict == "dropped" else ExitCode.INCONCLUSIVE
