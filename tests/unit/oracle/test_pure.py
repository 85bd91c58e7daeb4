"""The pure-Python oracle against NumPy: whatever it answers is NumPy's answer."""

import ast
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import parity.oracle.pure
from parity import calling
from parity.cases.planning import plan
from parity.documents.elements import COMPONENT, ELEMENTS, FLOAT_FORMATS
from parity.ops.catalogue import CATALOGUE, row_of
from parity.ops.row import Operation
from parity.oracle.pure import pure_outcome

PURE_MODULES = ("pure", "exact", "elementwise", "reductions", "logical_arrays")
UNANSWERED = {"exp", "log", "sin", "cos", "var", "std"}


def _pool(char: str, rng: random.Random) -> bytes:
    element = ELEMENTS[char]
    if element.kind == "b":
        return bytes(rng.getrandbits(1) for _ in range(40))
    if element.kind in "iu":
        bits = 8 * element.size
        numbers = [0, 1, 2, 3, bits - 1, bits, bits + 1, 2 ** (bits - 1), 2 ** (bits - 1) - 1, 2**bits - 1]
        numbers += [rng.getrandbits(rng.randint(1, bits)) for _ in range(60)]
        return b"".join(number.to_bytes(element.size, "little") for number in numbers)
    part = COMPONENT.get(char, char)
    precision, e_min, e_max = FLOAT_FORMATS[part]
    largest = (2 - 2.0 ** (1 - precision)) * 2.0**e_max
    special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        float("inf"),
        float("-inf"),
        float("nan"),
        -float("nan"),
    ]
    special += [largest, -largest, 2.0**e_min, 2.0 ** (e_min - precision + 1)]
    special += [rng.randint(-9, 9) / 2 for _ in range(41)]
    wild = bytes(rng.getrandbits(8) for _ in range(ELEMENTS[part].size * 140))
    return struct.pack(f"<{len(special)}{part}", *special) + wild


RNG = random.Random(20261120)
POOLS = {f"{char}.mix": _pool(char, RNG) for char in ELEMENTS}
ARRAYS = {name: np.frombuffer(data, calling.CODES[name[0]]) for name, data in POOLS.items()}
SHAPES: list[list[tuple[int, ...]]] = [[(3,), (3,)], [(), ()], [(2, 1, 3), (4, 1)], [(67,), (67,)], [(0, 3), (3,)]]
AXES: list[dict[str, Any]] = [
    {}, {"axis": 0}, {"axis": -1}, {"axis": None}, {"axis": [0, 1]}, {"keepdims": True}, {"axis": 1, "keepdims": True},
]  # fmt: skip


def _call(row: Operation, rng: random.Random) -> dict[str, Any]:
    """A call on some function or method of a row, of equal types, of mixed types, or one that NumPy refuses."""
    op = rng.choice([row.name, row.name, *(f"{row.name}.{method}" for method in row.methods)])
    first = rng.choice(rng.choice(row.loops).partition("->")[0])
    chars = [first, first if rng.random() < 0.7 else rng.choice(list(ELEMENTS))]

    def array(char: str, shape: tuple[int, ...]) -> dict[str, Any]:
        at = rng.randrange(17, 60) if rng.random() < 0.5 else rng.randrange(200)
        extra = {"strides": [-2]} if shape == (67,) and rng.random() < 0.5 else {}
        return {"pool": f"{char}.mix", "at": at, "shape": list(shape), **extra}

    if row.kind == "ufunc" and not op.endswith(("reduce", "accumulate")):
        shapes = rng.choice(SHAPES)
        return {"op": op, "args": [array(char, shape) for char, shape in zip(chars, shapes, strict=True)][: row.nin]}
    shape = rng.choice([(1,), (2,), (3,), (7,), (2, 3), (3, 2, 2), (0, 2), (20,), ()])
    return {"op": op, "args": [array(first, shape)], "kwargs": rng.choice(AXES)}


def _same_values(one: calling.Value, two: calling.Value) -> bool:
    """Equal kind, type, shape and bits, NaN payload and sign aside."""
    if one[:3] != two[:3] or one.data == two.data:
        return one[:3] == two[:3]
    left, right = (calling.array_of(value).reshape(-1) for value in (one, two))
    if left.dtype.kind not in "fc":
        return False
    if left.dtype.kind == "c":
        left, right = left.view(left.real.dtype), right.view(right.real.dtype)
    real = ~np.isnan(left)
    return bool((np.isnan(right) == ~real).all()) and left[real].tobytes() == right[real].tobytes()


def _agrees(pure: calling.Outcome, numpy: calling.Outcome) -> bool:
    assert isinstance(pure, calling.Returned)
    return (
        isinstance(numpy, calling.Returned)
        and len(pure.values) == len(numpy.values)
        and all(map(_same_values, pure.values, numpy.values))
        and (pure.written, pure.is_out, pure.changed) == (numpy.written, numpy.is_out, numpy.changed)
    )


@pytest.mark.parametrize("row", CATALOGUE.values(), ids=lambda row: row.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_answer_is_numpys(row: Operation) -> None:
    rng = random.Random(row.name)
    answers = 0
    for _ in range(80):
        call = _call(row, rng)
        pure = pure_outcome(call, POOLS, row)
        if pure is not None:
            answers += 1
            assert _agrees(pure, calling.outcome(np, call, ARRAYS)), call
    assert (answers > 0) == (row.name not in UNANSWERED)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_smoke_is_answered_in_hundreds_of_cases_and_always_as_numpy_does() -> None:
    planned = plan("smoke")
    arrays = {name: np.frombuffer(data, calling.CODES[name[0]]) for name, data in planned.pools.items()}
    answered, unlike = 0, []
    for case in planned.plan.cases:
        call = case.call.plain()
        pure = pure_outcome(call, planned.pools, row_of(case.call.op))
        if pure is not None:
            answered += 1
            if not _agrees(pure, calling.outcome(np, call, arrays)):
                unlike.append(case.case_id)
    assert not unlike
    assert answered > 500


def _d(*shape: int, **more: Any) -> dict[str, Any]:
    return {"pool": "d.mix", "shape": list(shape), **more}


@pytest.mark.parametrize(
    "call",
    [
        {"op": "add", "args": [_d(3), {"python": "int", "value": "1"}]},
        {"op": "add", "args": [_d(3), _d(3)], "kwargs": {"out": _d(3)}},
        {"op": "add", "args": [_d(3), _d(3)], "kwargs": {"dtype": "f"}},
        {"op": "add", "args": [_d(3), _d(4)]},
        {"op": "add", "args": [_d(3)]},
        {"op": "sum", "args": [_d(3)], "kwargs": {"axis": 1}},
        {"op": "sum", "args": [_d(3, 3)], "kwargs": {"axis": [0, 0]}},
        {"op": "max", "args": [_d(0)]},
        {"op": "square", "args": [_d(3, strides=[0])]},
        {"op": "maximum", "args": [_d(1, at=0), _d(1, at=1)]},
        {"op": "sqrt", "args": [{"pool": "i.mix", "shape": [2]}]},
    ],
    ids=[
        "a Python scalar", "out", "dtype", "shapes that do not broadcast", "too few arguments", "an axis out of range",
        "a repeated axis", "a maximum of nothing", "elements written to one place", "a maximum of +0 and -0",
        "a loop that the catalogue lacks",
    ],
)  # fmt: skip
def test_no_answer_is_given_for(call: dict[str, Any]) -> None:
    assert pure_outcome(call, POOLS, row_of(call["op"])) is None


def test_layouts_are_read_as_numpy_reads_them() -> None:
    row = CATALOGUE["positive"]
    for argument in (
        _d(3, 4, strides=[1, 3]),
        _d(3, 4, strides=[-8, 2]),
        _d(5, strides=[0], linear=True, at=3),
        _d(4, 3, strides=[1, 1], linear=True),
        _d(3, swapped=True, unaligned=True, readonly=True, at=195),
        _d(scalar=True, at=7),
        _d(2, 0, 3),
    ):
        call = {"op": "positive", "args": [argument]}
        pure = pure_outcome(call, POOLS, row)
        assert pure is not None
        assert _agrees(pure, calling.outcome(np, call, ARRAYS)), argument
    call = {"op": "subtract", "args": [_d(6, length=8), _d(6, of="0", offset=2)]}
    pure = pure_outcome(call, POOLS, CATALOGUE["subtract"])
    assert pure is not None
    assert _agrees(pure, calling.outcome(np, call, ARRAYS))


@pytest.mark.parametrize("name", PURE_MODULES)
def test_the_pure_oracle_imports_no_numpy(name: str) -> None:
    source = Path(parity.oracle.pure.__file__).with_name(f"{name}.py").read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            assert all("numpy" not in alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert "numpy" not in (node.module or "")
