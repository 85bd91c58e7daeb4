import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity import calling
from parity.calling import CODES, Crashed, Outcome, Returned
from parity.documents.case import Argument, ArrayArgument, Attribute, Call, Case, PythonScalar
from parity.documents.elements import ELEMENTS
from parity.documents.report import ProviderIdentity
from parity.documents.verdict import Verdict
from parity.report.allowance import Interval
from parity.report.reproduce import Circumstances, script

NUMPY = ProviderIdentity(spec="numpy", name="numpy", version=np.__version__)
POOLS = {
    f"{char}.general": (np.arange(1, 41) * 3 % 37).astype(CODES[char]).tobytes() for char in ELEMENTS
}  # fmt: skip
POOLS["d.special"] = np.array([np.nan, -0.0, 0.0, np.inf, -np.inf, 5e-324, 1.5, -2.0]).tobytes()

BROKEN = """
import numpy as np

def __getattr__(name):
    original = getattr(np, name)
    if not isinstance(original, np.ufunc) and name not in ("sum", "mean", "var"):
        return original

    class Broken:
        def __call__(self, *args, **kwargs):
            result = original(*args, **kwargs)
            first = np.asarray(result[0] if isinstance(result, tuple) else result)
            data = first.reshape(-1).view(np.uint8) if first.flags.c_contiguous else None
            if data is None or not first.flags.writeable:
                first = first.copy(order="C")
                first.reshape(-1).view(np.uint8)[-2 if first.dtype.itemsize > 1 else -1] ^= 64
                return first if isinstance(result, np.ndarray) else first[()]
            data[-2 if first.dtype.itemsize > 1 else -1] ^= 64
            return result if isinstance(result, (np.ndarray, tuple)) else first[()]

        def __getattr__(self, method):
            found = getattr(original, method)
            return (lambda *args, **kwargs: -found(*args, **kwargs)) if method == "reduce" else found

    return Broken()
"""


def case(op: str, loop: str, *args: Argument, **kwargs: Attribute) -> Case:
    call = Call.model_validate({"op": op, "args": args, "kwargs": kwargs})
    return Case(case_id=f"{op}-case", loop=loop, layout="contiguous", call=call)


def array(pool: str, *shape: int, **more: Any) -> ArrayArgument:
    return ArrayArgument(pool=pool, shape=shape, **more)


def elementwise(char: str, **more: Any) -> Case:
    op = "logical_and" if char == "?" else "add"
    loop = f"{char}{char}->{char}"
    return case(op, loop, array(f"{char}.general", 3, 4, **more), array(f"{char}.general", 3, 4, at=7))


CASES = {
    **{f"add of {element.name}": elementwise(char) for char, element in ELEMENTS.items()},
    "negative strides": elementwise("d", strides=(-8, 2)),
    "transposed": elementwise("f", strides=(1, 3)),
    "byte-swapped": elementwise("h", swapped=True),
    "unaligned": elementwise("D", unaligned=True),
    "read-only": elementwise("i", readonly=True),
    "broadcast with stride 0": elementwise("d", strides=(0, 1)),
    "overlapping views": case(
        "add", "dd->d", array("d.general", 8), ArrayArgument(pool="d.general", shape=(8,), of="0", strides=(-1,))
    ),
    "special values": case("maximum", "dd->d", array("d.special", 8), array("d.special", 8, at=3)),
    "zero-size": case("add", "dd->d", array("d.general", 0, 3), array("d.general", 3)),
    "0-d and a NumPy scalar": case("add", "dd->d", array("d.general"), array("d.general", scalar=True)),
    "a Python int": case("add", "bb->b", array("b.general", 5), PythonScalar(python="int", value="-7")),
    "a Python float": case("add", "ff->f", PythonScalar(python="float", value=(0.1).hex()), array("f.general", 5)),
    "a Python complex": case("add", "FF->F", array("F.general", 2), PythonScalar(python="complex", value="0x1p+0,inf")),
    "a Python bool": case("logical_and", "??->?", array("?.general", 5), PythonScalar(python="bool", value="True")),
    "out= with gaps": case(
        "multiply", "dd->d", array("d.general", 2, 3), array("d.general", 3), out=array("d.general", 2, 3, strides=(-9, 2))
    ),
    "out= as a tuple of two": case(
        "divmod", "ll->ll", array("l.general", 6), array("l.general", 6, at=1),
        out=[array("l.general", 6), array("l.general", 6, swapped=True)],
    ),
    "out= that is an input": case(
        "subtract", "dd->d", array("d.general", 6), array("d.general", 6), out=ArrayArgument(pool="d.general", shape=(6,), of="0")
    ),
    "where= and out=": case(
        "add", "dd->d", array("d.general", 4), array("d.general", 4, at=2),
        where=array("?.general", 4, at=35), out=array("d.general", 4, at=9),
    ),
    "dtype= and casting=": case(
        "add", "ff->f", array("d.general", 4), array("d.general", 4), dtype="f", casting="same_kind"
    ),
    "two results": case("divmod", "dd->dd", array("d.special", 8), array("d.special", 8, at=5)),
    "axis tuple and keepdims": case("sum", "d->d", array("d.general", 2, 3, 4), axis=[0, -1], keepdims=True),
    "axis None with where= and initial=": case(
        "sum", "d->d", array("d.general", 3, 4), axis=None, where=array("?.general", 4, at=35),
        initial=PythonScalar(python="float", value="0x1p+3"),
    ),
    "mean of float16": case("mean", "e->e", array("e.general", 4, 5), axis=0),
    "sum of integers as float32": case("sum", "i->l", array("i.general", 4, 5), axis=1, dtype="f"),
    "var of complex64": case("var", "F->f", array("F.general", 12)),
    "a reduction of a ufunc": case("add.reduce", "d->d", array("d.general", 6, 4), axis=1),
    "an accumulation": case("multiply.accumulate", "d->d", array("d.general", 6)),
    "an outer product": case("add.outer", "dd->d", array("d.general", 3), array("d.general", 2)),
    "a function within its tolerance": case("exp", "d->d", array("d.special", 8)),
    "a complex function": case("exp", "D->D", array("D.general", 8)),
    "shapes that do not broadcast": case("add", "dd->d", array("d.general", 3), array("d.general", 4)),
    "an axis out of range": case("sum", "d->d", array("d.general", 3), axis=1),
    "a wrong dtype": case("bitwise_and", "??->?", array("d.general", 3), array("d.general", 3)),
}  # fmt: skip
UNBROKEN = {
    "shapes that do not broadcast", "an axis out of range", "a wrong dtype", "zero-size",
    "an accumulation", "an outer product",  # the broken provider leaves these methods alone
    "a complex function",  # the bit that it flips is in an imaginary part of 0, which the modulus forgives
}  # fmt: skip


def expected(of: Case) -> Outcome:
    pools = {name: np.frombuffer(data, CODES[name[0]]) for name, data in POOLS.items()}
    return calling.outcome(np, of.call.plain(), pools)


def numpys(of: Case) -> np.ndarray:
    """The result that is expected."""
    answer = expected(of)
    assert isinstance(answer, Returned)
    return calling.array_of(answer.values[0])


def written(
    of: Case, provider: ProviderIdentity, circumstances: Circumstances | None = None, outcome: Outcome | None = None
) -> str:
    return script(of, POOLS, outcome or expected(of), provider, circumstances or Circumstances())


def provider_file(folder: Path, text: str) -> ProviderIdentity:
    path = folder / "mine.py"
    path.write_text(text)
    return ProviderIdentity(spec=str(path), name="mine", version=None)


def run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "reproducer.py"
    path.write_text(text)
    environment = {"PATH": os.environ["PATH"]}
    answer = subprocess.run(
        [sys.executable, "-I", path],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "traceback" not in (answer.stdout + answer.stderr).lower()
    return answer


MANY = """
import contextlib, io, json, sys
codes = {}
for path in sys.argv[1:]:
    said = io.TextIOWrapper(io.BytesIO(), write_through=True)
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(open(path).read(), path, "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        codes[path] = end.code, said.buffer.getvalue().decode()
print(json.dumps(codes))
"""


Answers = dict[tuple[str, str], tuple[int, str]]
"""Exit code and words, by case and kind of provider."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Exit code and words of each case's script with NumPy and with a broken provider, run in one isolated process."""
    folder = tmp_path_factory.mktemp("scripts")
    broken = provider_file(folder, BROKEN)
    paths: dict[str, tuple[str, str]] = {}
    for name, of in CASES.items():
        for kind, provider in (("numpy", NUMPY), ("broken", broken)):
            path = folder / f"{len(paths)}.py"
            path.write_text(written(of, provider))
            paths[str(path)] = name, kind
    driver = [sys.executable, "-I", "-W", "error", "-c", MANY, *paths]
    answer = subprocess.run(driver, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
    return {paths[path]: said for path, said in json.loads(answer.stdout).items()}


@pytest.mark.parametrize("name", CASES)
def test_numpy_itself_agrees_in(name: str, answers: Answers) -> None:
    code, said = answers[name, "numpy"]
    assert code == 0, said
    assert "agrees" in said


@pytest.mark.parametrize("name", [name for name in CASES if name not in UNBROKEN])
def test_a_broken_provider_diverges_in(name: str, answers: Answers) -> None:
    code, said = answers[name, "broken"]
    assert code == 1, said
    assert "diverges" in said


def test_a_script_runs_alone_and_shows_both_bit_patterns(tmp_path: Path) -> None:
    of = CASES["special values"]
    provider = provider_file(tmp_path, "import numpy as np\ndef maximum(a, b):\n    return np.fmax(a, b)\n")
    text = written(of, provider, Circumstances(oracle="NumPy 2.4.6"))
    ill = run(text, tmp_path)
    assert ill.returncode == 1
    assert "diverges from NumPy 2.4.6" in ill.stdout
    assert re.search(r"\[0\] expected 7ff8000000000000 = nan\s+actual   7ff0000000000000 = inf", ill.stdout), ill.stdout
    assert not re.search(r"^\s*(import|from)\s+parity\b", text, re.MULTILINE)
    provider_file(tmp_path, "from numpy import maximum\n")
    cured = run(text, tmp_path)
    assert (cured.returncode, "agrees" in cured.stdout, "diverges" in cured.stdout) == (0, True, False)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("an axis out of range", "def sum(*a, **k): raise ValueError('x')", "expected AxisError, actual ValueError: x"),
        ("add of float64", "def add(a, b): raise ValueError(chr(0xD800) + chr(27))", "actual ValueError: "),
        ("an axis out of range", "def sum(*a, **k): return 1", "expected AxisError, but it returned"),
        ("add of float64", "def add(a, b): raise RuntimeError('x')", "expected a result, actual RuntimeError: x"),
        ("add of float64", "def add(a, b): return 1.5", "kind: expected array, actual python:float"),
        ("add of float64", "def add(a, b): return ['x']", "kind: expected array, actual python:list"),
        ("add of float64", "def add(a, b): return np.array([None])", "dtype: expected <f8, actual |O"),
        ("add of float64", "def add(a, b): return np.add(a, b).astype('f')", "dtype: expected <f8, actual <f4"),
        ("add of float64", "def add(a, b): return np.add(a, b)[0]", "shape: expected (3, 4), actual (4,)"),
        ("two results", "def divmod(a, b): return np.fmod(a, b)", "expected 2 results, actual 1"),
        ("out= with gaps", "def multiply(a, b, out): return a * b", "not the array that was given as out"),
        (
            "out= with gaps",
            "def multiply(a, b, out):\n    out.base[-1] ^= 1\n    return np.multiply(a, b, out=out)",
            "out: bytes between its elements were overwritten",
        ),
        ("add of float64", "def add(a, b):\n    a += b\n    return a.copy()", "x0: its memory was changed"),
        ("where= and out=", "def add(a, b, where, out): return np.add(a, b, out=out)", "out: "),
    ],
)
def test_what_differs_is_named(name: str, body: str, said: str, tmp_path: Path) -> None:
    provider = provider_file(tmp_path, f"import numpy as np\n{body}\n")
    of = CASES[name]
    if name == "out= with gaps":  # the last element of the memory is no element of the array
        out = ArrayArgument(pool="d.general", shape=(2, 3), strides=(-9, 2), length=16)
        of = case("multiply", "dd->d", *of.call.args, out=out)
    answer = run(written(of, provider), tmp_path)
    assert (answer.returncode, said in answer.stdout) == (1, True), answer.stdout


@pytest.mark.parametrize(("by", "code"), [(2, 0), (3, 1)])
def test_exp_may_be_two_ulp_off_and_not_three(by: int, code: int, tmp_path: Path) -> None:
    of = case("exp", "d->d", array("d.general", 4))
    body = f"import numpy as np\ndef exp(x):\n    y = np.exp(x)\n    return y + {by} * np.spacing(y)\n"
    assert run(written(of, provider_file(tmp_path, body)), tmp_path).returncode == code


def test_the_judges_own_intervals_are_taken_where_there_are_some(tmp_path: Path) -> None:
    of = CASES["a reduction of a ufunc"]
    exact = numpys(of)
    wrong = Interval(tuple((exact + 1).tolist()), tuple((exact + 2).tolist()))
    off = provider_file(
        tmp_path,
        "import numpy as np\nclass add:\n    @staticmethod\n    def reduce(x, axis): return np.add.reduce(x, axis) + 1.5\n",
    )
    assert run(written(of, off, Circumstances(accepted={0: wrong})), tmp_path).returncode == 0
    assert run(written(of, off), tmp_path).returncode == 1


def test_a_sum_that_the_judge_refused_is_refused_by_the_script_however_near_it_is(tmp_path: Path) -> None:
    of = case("sum", "F->F", array("F.general", 2, 3), axis=0)
    answer = numpys(of).copy()
    answer[1] += np.spacing(answer[1].real)
    bits = ",".join(part.tobytes()[::-1].hex() for part in (answer[1].real, answer[1].imag))
    verdict = Verdict(
        case_id="c",
        op="sum",
        loop="F->F",
        layout="l",
        verdict="diverged",
        failed_class="value",
        index=(1,),
        actual_bits=bits,
    )
    body = "import numpy as np\ndef sum(x, axis):\n    y = np.sum(x, axis)\n    y[1] += np.spacing(y[1].real)\n    return y\n"
    provider = provider_file(tmp_path, body)
    assert run(written(of, provider), tmp_path).returncode == 0
    assert run(written(of, provider, Circumstances(verdict=verdict)), tmp_path).returncode == 1
    assert run(written(of, NUMPY, Circumstances(verdict=verdict)), tmp_path).returncode == 0


def test_a_crash_reproduces_by_crashing_after_a_line_that_names_the_call(tmp_path: Path) -> None:
    provider = provider_file(tmp_path, "import os, signal\ndef add(a, b): os.kill(os.getpid(), signal.SIGSEGV)\n")
    verdict = Verdict(
        case_id="add-case", op="add", loop="dd->d", layout="contiguous", verdict="crashed", failed_class="outcome"
    )
    text = written(CASES["add of float64"], provider, Circumstances(verdict=verdict))
    answer = run(text, tmp_path)
    assert answer.returncode == -11
    assert "calling add" in answer.stdout
    assert "the process died, and so will this script" in text


@pytest.mark.parametrize(
    "body",
    ["import time; time.sleep(60)", "import re; re.match('(a*)*b', 'a' * 60)"],
    ids=["waiting", "holding the interpreter's lock"],
)
def test_a_hang_is_given_up(body: str, tmp_path: Path) -> None:
    provider = provider_file(tmp_path, f"def add(a, b):\n    {body}\n")
    verdict = Verdict(
        case_id="add-case", op="add", loop="dd->d", layout="contiguous", verdict="timed_out", failed_class="outcome"
    )
    text = written(CASES["add of float64"], provider, Circumstances(verdict=verdict, limit=0.2))
    answer = run(text.replace("0.2 + 5", "0.2 + 1"), tmp_path)
    assert answer.returncode == 1
    assert "given up after 0.2 s" in answer.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [("import nowhere_at_all", "No module named"), ("x = 1", "has no attribute 'add'"), (None, "No such file")],
)
def test_a_provider_that_cannot_be_asked_ends_with_2(text: str | None, said: str, tmp_path: Path) -> None:
    provider = provider_file(tmp_path, text or "")
    if text is None:
        Path(provider.spec).unlink()
    answer = run(written(CASES["add of float64"], provider), tmp_path)
    assert answer.returncode == 2
    assert said in answer.stdout


def test_a_module_in_the_current_directory_is_found_under_isolation(tmp_path: Path) -> None:
    (tmp_path / "mylib.py").write_text("from numpy import add\n")
    provider = ProviderIdentity(spec="mylib", name="mylib", version=None)
    assert run(written(CASES["add of float64"], provider), tmp_path).returncode == 0


def test_the_short_spec_numba_is_the_package_of_the_kernels() -> None:
    provider = ProviderIdentity(spec="numba", name="parity_kernels", version=None)
    assert "PROVIDER = 'parity_kernels'" in written(CASES["add of float64"], provider)


def test_a_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = written(CASES["add of float64"], ProviderIdentity(spec="./mine.py", name="mine", version=None))
    assert f"PROVIDER = {str(tmp_path / 'mine.py')!r}" in text


def test_words_of_others_cannot_end_the_docstring(tmp_path: Path) -> None:
    verdict = Verdict(
        case_id="c", op="add", loop="dd->d", layout="l", verdict="diverged", message='"""\nimport os\n\\x00 \x00 \\'
    )
    of = CASES["add of float64"]
    assert run(written(of, NUMPY, Circumstances(verdict=verdict, oracle='a "b"')), tmp_path).returncode == 0


def test_an_outcome_that_no_oracle_has_is_refused() -> None:
    with pytest.raises(TypeError, match="Crashed"):
        written(CASES["add of float64"], NUMPY, outcome=Crashed(11))
