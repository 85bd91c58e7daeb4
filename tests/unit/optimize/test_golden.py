"""Golden outputs: what was recorded comes back bit by bit, and equal behaviour gives equal files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.calling import Crashed, Missing, Outcome, Raised, Returned, TimedOut, Value
from parity.documents.case import Call, Case
from parity.documents.optimization import GoldenHead
from parity.errors import DocumentError, ProviderError
from parity.optimize.golden import INDEX, LARGEST_KEPT, bits_of, case_digest, decode, encode

Answers = list[tuple[Case, Outcome]]


def returned(data: bytes = b"\x01" * 8, **changes: object) -> Returned:
    fields = Returned((Value("array", "<f8", (len(data) // 8,), data),), (b"\x02" * 3,), (True,), (), ("over",), ())
    return fields._replace(**changes)  # type: ignore[arg-type]


OUTCOMES: list[Outcome] = [
    returned(),
    returned(b""),
    Raised("ValueError", ("ValueError", "Exception"), "no"),
    Crashed(11),
    TimedOut(20.0),
    Missing("sum"),
]


def case(number: int, op: str = "sum") -> Case:
    return Case(case_id=f"{op}-{number}", loop="d->d", layout="contiguous", call=Call(op=op, args=()))


def answers(outcomes: list[Outcome]) -> Answers:
    return [(case(number, "sum" if number % 2 else "add.reduce"), outcome) for number, outcome in enumerate(outcomes)]


def files_of(given_answers: Answers) -> dict[str, bytes]:
    head = GoldenHead(
        suite="smoke",
        seed="1",
        ops=("sum",),
        catalogue_digest="0" * 64,
        cases=len(given_answers),
        workloads=0,
        digest=case_digest(case for case, _ in given_answers),
    )
    return encode(head, given_answers)


def test_every_kind_of_outcome_comes_back() -> None:
    found = decode(files_of(answers(OUTCOMES)), "golden")
    assert list(found.outcomes.values()) == OUTCOMES
    assert list(found.lines) == [case.case_id for case, _ in answers(OUTCOMES)]


bits = st.binary(max_size=64).map(lambda data: data[: len(data) // 8 * 8])


@given(st.lists(bits, min_size=1, max_size=5), st.integers(0, 4))
def test_files_differ_if_and_only_if_a_bit_does(datas: list[bytes], place: int) -> None:
    given_answers = answers([returned(data) for data in datas])
    files = files_of(given_answers)
    assert files == files_of(given_answers)
    changed = [*datas]
    changed[place % len(datas)] += b"\x80" * 8
    assert files_of(answers([returned(data) for data in changed])) != files


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (returned(), returned(flags=("invalid",), warnings=("RuntimeWarning",)), True),
        (Raised("E", ("E",), "this"), Raised("E", ("E",), "that"), True),
        (TimedOut(20.0), TimedOut(1.0), True),
        (returned(), returned(b"\x01" * 7 + b"\x00"), False),
        (returned(), returned(written=(b"\x02" * 2, b"\x02")), False),
        (returned(), returned(is_out=(False,)), False),
        (returned(), returned(changed=("0",)), False),
        (Raised("E", ("E",), ""), Raised("F", ("F",), ""), False),
        (Crashed(11), Crashed(6), False),
        (Missing("sum"), Crashed(6), False),
    ],
)
def test_flags_and_words_are_no_bits(one: Outcome, other: Outcome, same: bool) -> None:
    assert (bits_of(one) == bits_of(other)) is same


def test_of_a_large_result_only_the_digest_is_kept() -> None:
    large = returned(b"\x01" * (LARGEST_KEPT + 8), written=())
    files = files_of(answers([large, returned()]))
    found = decode(files, "golden")
    assert found.outcomes["add.reduce-0"] is None
    assert found.lines["add.reduce-0"].bits == bits_of(large)
    assert sum(map(len, files.values())) < 10_000


def test_a_result_that_came_without_its_bytes_is_refused() -> None:
    with pytest.raises(ProviderError, match="so large") as caught:
        files_of(answers([returned(), returned()._replace(values=(Value("array", "<f8", (9,), b""),))]))
    assert "sum-1" in str(caught.value.where)


@pytest.mark.parametrize("name", ["sum.bin", "add.reduce.bin"])
def test_a_bit_that_flipped_is_found_with_its_line(name: str) -> None:
    files = files_of(answers([returned(), returned()]))
    files[name] = b"\x00" + files[name][1:]
    with pytest.raises(DocumentError) as caught:
        decode(files, "before/golden")
    assert f"before/golden/{INDEX}, line" in str(caught.value.where)


def test_a_case_that_is_gone_is_found() -> None:
    files = files_of(answers(OUTCOMES))
    files[INDEX] = b"\n".join(files[INDEX].splitlines()[:-1]) + b"\n"
    with pytest.raises(DocumentError, match="others than the head says"):
        decode(files, "golden")
