"""Reductions: which inputs enter an element, and what is accepted of it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.calling import Returned, outcome
from parity.compare.gather import gather
from parity.compare.judge import judge
from parity.documents.case import ArrayArgument, Attribute, Case, PythonScalar

from .by_hand import Hand

GENERATOR = np.random.default_rng(7)
POOLS = {
    "d.tame": GENERATOR.normal(size=499),
    "f.tame": GENERATOR.normal(size=499).astype("f"),
    "D.tame": GENERATOR.normal(size=499) + 1j * GENERATOR.normal(size=499),
    "e.tame": GENERATOR.normal(size=499).astype("e"),
    "l.large": GENERATOR.integers(-(2**62), 2**62, 499),
    "?.mask": GENERATOR.integers(0, 2, 101).astype(bool),
    "f.tenth": np.full(10_000, 0.1, "f"),
    "f.huge": np.array([3e38, 3e38, -3e38, 1.0], "f"),
    "d.step": np.array([1e300, 1e-300, 1e300, 1e-300, 3.0]),
}
POOLS |= {f"{char}.near": 1 + POOLS[f"{char}.tame"] / 8 for char in "efdD"}
CUMULATIVE = {"cumsum": np.cumsum, "add.accumulate": np.add.accumulate}


def argument(pool: str = "d.tame", shape: tuple[int, ...] = (1000,), **fields: Any) -> ArrayArgument:
    return ArrayArgument(pool=pool, shape=shape, **fields)


def numpys(case: Case) -> Returned:
    """What NumPy returns."""
    found = outcome(np, case.call.plain(), POOLS)
    assert isinstance(found, Returned)
    return found


calls = st.tuples(
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.data(),
)


@given(calls)
def test_the_terms_of_each_element_add_up_to_it(
    hand: Hand, drawn: tuple[list[int], bool, bool, bool, st.DataObject]
) -> None:
    shape, keepdims, masked, initial, data = drawn
    ndim = len(shape)
    axes = (
        st.none()
        | st.integers(-ndim, ndim - 1)
        | st.permutations(range(ndim)).flatmap(
            lambda order: st.integers(0, ndim).map(lambda count: list(order[:count]))
        )
    )
    axis = data.draw(axes)
    kwargs: dict[str, Attribute] = {"axis": axis}
    if keepdims:
        kwargs["keepdims"] = True
    if masked:
        kwargs["where"] = argument("?.mask", tuple(shape[-data.draw(st.integers(1, ndim)) :]))
    if initial:
        kwargs["initial"] = PythonScalar(python="float", value=(0.5).hex())
    op = data.draw(st.sampled_from(["sum", "add.reduce"]))
    case = hand.case(op, "d->d", argument(shape=tuple(shape), swapped=True), **kwargs)
    result = numpys(case).values[0]
    reduction = gather(case, POOLS, result.shape)
    assert reduction is not None
    sums = [reduction.terms(line).sum() for line, _ in reduction.positions]
    np.testing.assert_allclose(np.frombuffer(result.data), sums, rtol=1e-12)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.sampled_from(sorted(CUMULATIVE)), st.data())
def test_the_prefix_of_each_element_of_a_running_sum_adds_up_to_it(
    hand: Hand, shape: list[int], op: str, data: st.DataObject
) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1) | (st.none() if op == "cumsum" else st.nothing()))
    case = hand.case(op, "d->d", argument(shape=tuple(shape)), axis=axis)
    result = numpys(case).values[0]
    reduction = gather(case, POOLS, result.shape)
    assert reduction is not None
    sums = [reduction.terms(line)[:count].sum() for line, count in reduction.positions]
    np.testing.assert_allclose(np.frombuffer(result.data), sums, rtol=1e-12)


def test_an_axis_that_is_given_by_position_is_read(hand: Hand) -> None:
    case = hand.case("sum", "d->d", argument(shape=(3, 4)), PythonScalar(python="int", value="1"))
    reduction = gather(case, POOLS, (3,))
    assert reduction is not None
    assert reduction.lines.shape == (3, 4)


@pytest.mark.parametrize(
    ("op", "pool", "kwargs", "accumulator"),
    [
        ("sum", "e.tame", {}, "e"),
        ("sum", "f.tame", {"dtype": "d"}, "d"),
        ("sum", "f.tame", {"out": argument("d.tame", ())}, "d"),
        ("mean", "e.tame", {}, "f"),
        ("mean", "l.large", {}, "d"),
        ("var", "e.tame", {}, "f"),
        ("cumsum", "l.large", {}, "l"),
    ],
)
def test_the_accumulator_is_numpys(
    hand: Hand, op: str, pool: str, kwargs: dict[str, Attribute], accumulator: str
) -> None:
    reduction = gather(hand.case(op, "d->d", argument(pool, (5,)), **kwargs), POOLS, ())
    assert reduction is not None
    assert reduction.accumulator == accumulator


# -- what is accepted ------------------------------------------------------------------------------


def naive(a: np.ndarray) -> np.float32:
    total: np.float32 = np.add.accumulate(a)[-1]
    return total


def test_a_naive_float32_sum_of_a_million_tenths_is_refused_and_a_pairwise_one_accepted(hand: Hand) -> None:
    case = hand.case("sum", "f->f", argument("f.tenth", (1_000_000,)))
    refused = hand.judged_call(case, POOLS, sum=naive)
    assert (refused.verdict, refused.failed_class) == ("diverged", "value")
    assert refused.bound is not None
    assert refused.bound > 100
    assert refused.ulp is not None
    assert refused.ulp > 10_000

    def pairwise(a: np.ndarray) -> np.float32:
        return np.float32(a.reshape(1000, 1000).sum(axis=1, dtype="f").sum(dtype="f") * np.float32(1 - 2.0**-23))

    accepted = hand.judged_call(case, POOLS, sum=pairwise)
    assert accepted.verdict == "within_tolerance"
    assert accepted.bound is not None
    assert 0 < accepted.bound <= 1
    assert accepted.condition == 1.0


@pytest.mark.parametrize(
    "op",
    [
        "sum",
        "mean",
        "prod",
        "var",
        "std",
        "cumsum",
        "cumprod",
        "add.reduce",
        "add.accumulate",
        "multiply.reduce",
        "multiply.accumulate",
    ],
)
@pytest.mark.parametrize("char", "efdD")
def test_what_wide_arithmetic_gives_is_accepted_and_a_little_off_is_refused(hand: Hand, op: str, char: str) -> None:
    pool = f"{char}.near" if "prod" in op or "multiply" in op else f"{char}.tame"
    result = {"D": "d"}.get(char, char) if op in ("var", "std") else char
    case = hand.case(op, f"{char}->{result}", argument(pool, (3, 61)), axis=1)
    expected = numpys(case)
    dtype = expected.values[0].dtype
    wide = np.longdouble if char != "D" else np.clongdouble
    name, _, method = op.partition(".")
    function = getattr(getattr(np, name), method) if method else getattr(np, name)

    def answer(share: float) -> Returned:
        data = POOLS[pool][:183].reshape(3, 61).astype(wide)
        elements = (function(data, axis=1) * share).astype(dtype)
        return expected._replace(values=(expected.values[0]._replace(data=elements.tobytes()),))

    near = judge(case, expected, answer(1), POOLS)
    assert near.verdict in ("exact", "within_tolerance")
    assert near.bound is None or near.bound <= 1
    assert near.arbitration is None
    far = judge(case, expected, answer({"e": 1.5, "f": 1.0001}.get(char, 1 + 1e-12)), POOLS)
    assert (far.verdict, far.failed_class, far.arbitration) == ("diverged", "value", "not_arbitrated")
    assert far.bound is not None
    assert far.bound > 1
    assert far.index is not None


def test_a_difference_in_one_element_of_a_running_sum_is_found_there(hand: Hand) -> None:
    case = hand.case("cumsum", "d->d", argument(shape=(4, 60)), axis=0)

    def cumsum(a: np.ndarray, axis: int) -> np.ndarray:
        found = np.cumsum(a, axis=axis)
        found[3, 17] *= 1 + 1e-9
        return found

    found = hand.judged_call(case, POOLS, cumsum=cumsum)
    assert (found.failed_class, found.index, found.differing) == ("value", (3, 17), 1)


@pytest.mark.parametrize(
    ("expected", "actual", "failed"),
    [
        pytest.param(np.inf, 3e38, None, id="numpy overflowed on the way and the provider did not"),
        pytest.param(3e38, np.inf, None, id="the provider overflowed on the way and numpy did not"),
        pytest.param(3e38, -np.inf, "infinity", id="but not to an infinity that no order gives"),
        pytest.param(np.inf, 1.0, "infinity", id="nor may the finite answer be wrong"),
        pytest.param(3e38, np.nan, "nan", id="nor is NaN excused"),
        pytest.param(np.nan, np.inf, "nan", id="nor an infinity for NaN"),
    ],
)
def test_overflow_on_the_way_to_a_finite_sum(hand: Hand, expected: float, actual: float, failed: str | None) -> None:
    """3e38 + 3e38 - 3e38 in float32: the exact sum is finite, a partial sum is not."""
    case = hand.case("sum", "f->f", argument("f.huge", (3,)))
    oracles, providers = (hand.returned(hand.value(number, "f4")) for number in (expected, actual))
    found = judge(case, oracles, providers, POOLS)
    assert (found.verdict, found.failed_class) == ("diverged" if failed else "within_tolerance", failed)


def test_an_infinity_is_no_sum_of_small_numbers(hand: Hand) -> None:
    case = hand.case("sum", "f->f", argument("f.tame", (30,)))
    found = hand.judged_call(case, POOLS, sum=lambda a: np.float32(np.inf) * np.sign(a.sum()))
    assert (found.verdict, found.failed_class) == ("diverged", "infinity")


def test_a_product_whose_partial_products_overflow_may_be_finite_or_infinite(hand: Hand) -> None:
    case = hand.case("prod", "d->d", argument("d.step", (5,)))
    assert hand.judged_call(case, POOLS, prod=lambda a: np.prod(np.sort(a)[::-1])).verdict == "within_tolerance"
    assert hand.judged_call(case, POOLS, prod=lambda a: -np.float64(np.inf)).failed_class == "infinity"


def test_an_underflow_that_later_factors_enlarge_is_not_allowed_for(hand: Hand) -> None:
    """docs/tolerance.md: the allowance is half a subnormal a step, because a larger one would let anything pass."""
    case = hand.case("prod", "d->d", argument("d.step", (5,)))
    found = hand.judged_call(case, POOLS, prod=lambda a: np.prod(np.sort(a)))
    assert (found.verdict, found.failed_class) == ("diverged", "value")


def test_a_float16_variance_is_claimed_in_float32_although_numpy_overflows(hand: Hand) -> None:
    pools = {"e.wide": (100 * GENERATOR.normal(size=300)).astype("e")}
    case = hand.case("var", "e->e", argument("e.wide", (300,)))

    def var(a: np.ndarray) -> np.float16:
        rounded: np.float16 = np.var(a.astype("f")).astype("e")
        return rounded

    found = hand.judged_call(case, pools, var=var)
    assert found.verdict == "within_tolerance"
    assert hand.judged_call(case, pools, var=lambda a: var(a) + np.float16(16)).verdict == "diverged"


def test_a_signed_zero_and_the_sum_of_nothing_are_not_matters_of_bounds(hand: Hand) -> None:
    case = hand.case("sum", "d->d", argument(shape=(0,)))
    assert hand.judged_call(case, POOLS, sum=lambda a: np.float64(-0.0)).failed_class == "zero"
    assert hand.judged_call(case, POOLS, sum=lambda a: np.float64(1e-300)).failed_class == "value"


def test_integers_multiplied_in_floats_are_judged_as_floats(hand: Hand) -> None:
    case = hand.case("multiply.reduce", "l->l", argument("l.large", (9,)), dtype="d")
    ways = (lambda a: np.multiply.reduce(a[::-1], dtype="d"), lambda a: np.multiply.reduce(a, dtype="d") * (1 + 1e-12))
    for way, verdicts in zip(ways, (("exact", "within_tolerance"), ("diverged",)), strict=True):
        multiply = type("multiply", (), {"reduce": staticmethod(lambda a, dtype, way=way: way(a))})
        assert hand.judged_call(case, POOLS, multiply=multiply).verdict in verdicts


def test_integer_sums_are_exact(hand: Hand) -> None:
    case = hand.case("sum", "l->l", argument("l.large", (100,)))
    found = hand.judged_call(case, POOLS, sum=lambda a: np.sum(a) + 1)
    assert (found.verdict, found.failed_class, found.distance, found.bound) == ("diverged", "value", "1", None)


def test_a_mean_of_integers_too_large_for_float64_may_add_them_exactly(hand: Hand) -> None:
    case = hand.case("mean", "l->d", argument("l.large", (61,)))
    found = hand.judged_call(case, POOLS, mean=lambda a: np.float64(sum(int(i) for i in a) / 61))
    assert found.verdict in ("exact", "within_tolerance")


def test_maximum_is_exact(hand: Hand) -> None:
    case = hand.case("maximum.reduce", "d->d", argument(shape=(30,)))
    assert hand.judged_call(case, POOLS, maximum=np.maximum).verdict == "exact"
    near = hand.judged_call(
        case, POOLS, maximum=type("maximum", (), {"reduce": staticmethod(lambda a: np.nextafter(np.max(a), 9))})
    )
    assert (near.verdict, near.ulp) == ("diverged", 1.0)
