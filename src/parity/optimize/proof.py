"""The proof of isomorphism: which golden outputs moved, by how much, and what allows for it."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from parity.documents.operations import ToleranceRow
from parity.documents.optimization import GoldenLine, Isomorphism, Movement, MovementVerdict, is_good
from parity.documents.verdict import Verdict
from parity.errors import InconclusiveError
from parity.optimize.golden import INDEX, Golden, is_answer


class Judged(NamedTuple):
    """What the judge says of an output that moved.

    movement: the answer after against the one before (or NumPy's, see `against`). oracle: the answer after against the
    committed capture, None for a case that it lacks or of which it was not asked. row: the tolerance that was applied,
    None for exact bits.
    """

    movement: Verdict
    oracle: Verdict | None
    row: ToleranceRow | None
    against: Literal["before", "numpy"] = "before"


class Pair(NamedTuple):
    """A case on both sides. same: no bit moved; what is told beside the bits (flags, warnings, words) may differ."""

    before: GoldenLine
    after: GoldenLine
    same: bool


def check_same_cases(before: Golden, after: Golden) -> None:
    """Raise InconclusiveError unless both sides answered the very same calls on the same input bits."""
    if before.head.model_dump() != after.head.model_dump():
        raise InconclusiveError(
            "the golden cases are no longer those of the start: the catalogue, the suite or the workloads have changed",
            where=f"before/golden/{INDEX}",
            expected=f"cases with digest {before.head.digest}",
            hint="start the round again",
        )


def differing(before: Golden, after: Golden) -> Iterator[Pair]:
    """The cases whose lines are not alike in all that was told of them, in their order."""
    for name, one in before.lines.items():
        two = after.lines[name]
        if one.bits != two.bits or one.outcome != two.outcome:
            yield Pair(one, two, same=one.bits == two.bits)


def movement(pair: Pair, judged: Judged) -> Movement:
    """One output that moved, with the verdict on it. Both judgements must let it stand."""
    verdict: MovementVerdict = "within_tolerance"
    if pair.same:
        verdict = "told_differently"
    elif not is_good(judged.movement.verdict) or (judged.oracle is not None and not is_good(judged.oracle.verdict)):
        verdict = "broken"
    return Movement(
        case_id=pair.after.case_id,
        op=pair.after.op,
        loop=pair.after.loop,
        layout=pair.after.layout,
        verdict=verdict,
        judged=judged.movement.verdict,
        against=judged.against,
        oracle=judged.oracle.verdict if judged.oracle is not None else None,
        ulp=judged.movement.ulp,
        distance=judged.movement.distance,
        differing=judged.movement.differing,
        tolerance=judged.row,
        message=_message(pair, judged.movement),
    )


def _message(pair: Pair, verdict: Verdict) -> str | None:
    if not _is_answered(pair.before):
        return f"the provider did not answer before the change: {_name(pair.before)}"
    failed = f"class {verdict.failed_class} failed" if verdict.failed_class else None
    return verdict.message or verdict.flags or failed


def _name(line: GoldenLine) -> str:
    return next(iter(line.outcome))


def _is_answered(line: GoldenLine) -> bool:
    return is_answer(_name(line))


def prove(before: Golden, after: Golden, moved: Sequence[Movement], digests: tuple[str, str]) -> Isomorphism:
    """The proof. digests: sha256 of the checksums of the golden outputs before and after.

    It says nothing of inputs that no golden case has. Raises InconclusiveError if neither side answered any case.
    """
    answered = sum(_is_answered(line) for line in after.lines.values())
    if not answered and not any(_is_answered(line) for line in before.lines.values()):
        raise InconclusiveError(
            "the provider answered none of the golden cases", where="golden outputs", expected="operations that it has"
        )
    bits = [each for each in moved if each.verdict != "told_differently"]
    broken = any(each.verdict == "broken" for each in bits)
    return Isomorphism(
        verdict="broken" if broken else "within_tolerance" if bits else "isomorphic",
        cases=len(after.lines),
        answered=answered,
        identical=len(after.lines) - len(bits),
        moved=tuple(moved),
        before=digests[0],
        after=digests[1],
    )
