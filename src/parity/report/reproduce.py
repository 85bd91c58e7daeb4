"""A script that shows one divergence again with NumPy and the provider alone.

It holds the input memory and the expected bits in hexadecimal, lays the arrays out as the case did, makes the call and
compares. The comparing is the text of functions of `agreement` and of `parity.calling`, so the script is tested code.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from parity import calling
from parity.calling import CODES, Outcome, Raised, Returned
from parity.documents.case import ArrayArgument, Case, PythonScalar, array_arguments
from parity.documents.report import ProviderIdentity
from parity.documents.verdict import Verdict
from parity.ops.catalogue import row_of
from parity.ops.row import Tolerance
from parity.report.allowance import Interval, around_oracle, short_of
from parity.report.bit_pattern import place, shown
from parity.report.carrying import carried_code, imports
from parity.report.headline import printable

_MODULES: dict[str, str] = {"numba": "parity_kernels"}
"""Modules behind the short specs of providers."""

_SIGN_OF_NAN = ("negative", "positive", "absolute", "fabs", "copysign")
"""Operations on the sign bit, which NaN has too."""

_LINE = 100
_SHORT = 64


class Circumstances(NamedTuple):
    """What a script may say and use beyond the case itself.

    verdict: what was seen. oracle: whose answer is expected. accepted: for a result by its number, the judge's own
    intervals where a depth rule applies; without them the bound is taken around the oracle's result. limit: seconds
    until a call that timed out is given up again.
    """

    verdict: Verdict | None = None
    oracle: str = "NumPy"
    accepted: Mapping[int, Interval] = {}
    limit: float = 30.0


def script(
    case: Case,
    pools: Mapping[str, bytes],
    expected: Outcome,
    provider: ProviderIdentity,
    circumstances: Circumstances = Circumstances(),  # noqa: B008 - immutable
) -> str:
    """Write the script.

    pools: input elements by pool, at least those that the case reads. expected: what the oracle answered. A provider
    given by a relative path is looked up from the current directory now, and found by its absolute path later.

    The script ends with 1 and the word `diverges` while the provider is wrong, with 0 and `agrees` when it is not, with
    2 when the provider cannot be asked; on a case that crashes it dies as the worker did. It runs under `python -I`.
    """
    if not isinstance(expected, (Returned, Raised)):
        raise TypeError(f"an oracle returns or raises, this is {type(expected).__name__}")
    elements = {name: np.frombuffer(data, CODES[name.partition(".")[0]]) for name, data in pools.items()}
    rules = _rules(case, elements, expected, circumstances)
    hangs = circumstances.verdict is not None and circumstances.verdict.verdict == "timed_out"
    modules, functions = carried_code(rules)
    parts = [
        _head(case, provider, circumstances),
        imports(modules, hangs=hangs),
        "\n\n".join(functions),
        _constants(case, provider, circumstances.oracle),
        *_arguments(case, elements),
        *_expectation(case, elements, expected, rules),
        _main(circumstances.limit if hangs else None),
    ]
    return "\n".join(parts)


def _head(case: Case, provider: ProviderIdentity, circumstances: Circumstances) -> str:
    name = f"{provider.name} {provider.version or ''}".strip()
    lines = [
        f"{case.call.op} {case.loop}, layout {case.layout}: {name} against {circumstances.oracle}",
        "",
        f"case  {case.case_id}",
        *(f"seen  {line}" for line in _seen(circumstances.verdict)),
        "run   python -I FILE   ends with 1 while it diverges, 0 when it agrees, 2 when the provider cannot be asked",
        "",
        "Needs NumPy and the provider, nothing else. Floating-point flags and warnings are not compared.",
    ]
    text = "\n".join(lines).replace("\\", "/").replace('"""', "'''")
    return f'"""{text}\n"""\n'


def _seen(verdict: Verdict | None) -> Iterator[str]:
    if verdict is None:
        return
    said = verdict.verdict.replace("_", " ")
    what = {
        "crashed": ": the process died, and so will this script",
        "timed_out": ": no answer came; this script gives up as well",
        "unexpected_pass": ": a divergence that is declared as known is gone, so this script agrees",
    }.get(verdict.verdict, f", class {verdict.failed_class} {place(verdict)}".rstrip() if verdict.failed_class else "")
    yield said + what
    if verdict.expected_bits or verdict.actual_bits:
        yield f"expected {shown(verdict, verdict.expected_bits)}, actual {shown(verdict, verdict.actual_bits)}"
    if verdict.message:
        yield printable(verdict.message)


def _constants(case: Case, provider: ProviderIdentity, oracle: str) -> str:
    spec = _MODULES.get(provider.spec, provider.spec)
    if spec.endswith(".py"):
        spec = str(Path(spec).expanduser().resolve())
    return f"\nPROVIDER = {spec!r}\nORACLE = {oracle!r}\nCALL = {case.call.op!r}\n"


class _Placed(NamedTuple):
    """An array argument in its memory. variable, memory: names in the script. place: dtype, shape, strides, offset."""

    variable: str
    memory: str
    place: tuple[str, tuple[int, ...], tuple[int, ...], int]


def _placed(case: Case, elements: Mapping[str, np.ndarray]) -> dict[str, tuple[_Placed, np.ndarray | None]]:
    """Each array argument by name, and its memory where it owns it."""
    arguments = array_arguments(case.call)
    owned: dict[str, np.ndarray] = {}
    found: dict[str, tuple[_Placed, np.ndarray | None]] = {}
    for name, argument in sorted(arguments.items(), key=lambda item: item[1].of is not None):
        owner = arguments[argument.of] if argument.of else argument
        item = argument.plain() | {"pool": owner.pool, "unaligned": owner.unaligned, "scalar": False}
        if not argument.of:
            owned[name] = calling.memory_block(item, elements)
        memory = owned[argument.of or name]
        view = calling.view_of(item, memory)
        offset = 0 if 0 in view.shape else view.__array_interface__["data"][0] - memory.ctypes.data
        placed = _Placed(
            _variable(name),
            f"memory_{_variable(argument.of or name)}",
            (view.dtype.str, view.shape, view.strides, offset),
        )
        found[name] = placed, None if argument.of else memory
    return found


def _variable(name: str) -> str:
    return f"x{name}" if name.isdigit() else name.replace(".", "_")


def _arguments(case: Case, elements: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Lines that build the memory, the arrays, and the arguments of the call."""
    arguments = array_arguments(case.call)
    for name, (placed, memory) in _placed(case, elements).items():
        if memory is not None:
            yield f"{placed.memory} = {_block(memory.tobytes())}"
        yield f"{placed.variable} = array({placed.memory}, {', '.join(map(repr, placed.place))})"
        if arguments[name].readonly:
            yield f"{placed.variable}.flags.writeable = False"
        if arguments[name].scalar:
            yield f"{placed.variable} = {placed.variable}[()]"
    yield f"ARGUMENTS = {_tuple(_expression(str(number), item) for number, item in enumerate(case.call.args))}"
    keywords = ", ".join(f'"{name}": {_expression(name, item)}' for name, item in case.call.kwargs.items())
    yield f"KEYWORDS: dict[str, Any] = {{{keywords}}}"


def _expression(name: str, item: Any) -> str:
    """An argument as the script writes it."""
    if isinstance(item, ArrayArgument):
        return _variable(name)
    if isinstance(item, PythonScalar):
        return _number(item)
    if isinstance(item, list):
        return _tuple(_expression(f"{name}.{number}", part) for number, part in enumerate(item))
    if name == "dtype" and item is not None:
        return f"np.dtype({CODES.get(item, item)!r})"
    return repr(item)


def _tuple(expressions: Iterable[str]) -> str:
    inner = list(expressions)
    return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"


def _number(item: PythonScalar) -> str:
    if item.python in ("bool", "int"):
        return item.value
    parts = [f'float.fromhex("{part}")' for part in item.value.split(",")]
    return parts[0] if item.python == "float" else f"complex({', '.join(parts)})"


def _expectation(
    case: Case, elements: Mapping[str, np.ndarray], expected: Returned | Raised, rules: list[str]
) -> Iterator[str]:
    """Lines that say what the oracle answered and how to compare with it."""
    placed = _placed(case, elements)
    outs = [name for name in array_arguments(case.call) if name.partition(".")[0] == "out"]
    written = {placed[name][0].memory for name in outs}
    changed = () if isinstance(expected, Raised) else expected.changed
    inputs = {
        name: item.memory
        for name, (item, memory) in placed.items()
        if memory is not None and item.memory not in written and name not in changed
    }
    yield f"INPUTS = {{{', '.join(f'{_variable(name)!r}: {memory}' for name, memory in inputs.items())}}}"
    yield f"OUTS = {_tuple(map(_variable, outs))}"
    if isinstance(expected, Raised):
        yield f"RAISED = {(expected.type, _closest_public(expected))!r}"
        yield "EXPECTED: list[Value] = []\nIS_OUT: tuple[bool, ...] = ()"
        yield "RULES: list[Any] = []\nAFTERWARDS: list[Any] = []"
        return
    yield "RAISED: tuple[str, ...] = ()"
    yield "EXPECTED = ["
    for value in expected.values:
        data = _hexadecimal(value.data, "bytes.fromhex")
        yield f"    Value({value.kind!r}, {value.dtype!r}, {value.shape!r}, {data}),"
    yield f"]\nIS_OUT: tuple[bool, ...] = {expected.is_out!r}"
    yield f"RULES: list[Any] = [{', '.join(rules)}]"
    yield "AFTERWARDS = ["
    for number, (name, memory) in enumerate(zip(outs, expected.written, strict=True)):
        item = placed[name][0]
        rule = f"RULES[{min(number, len(rules) - 1)}]"
        yield f"    ({item.variable!r}, {_block(memory)}, {item.memory}, {item.place!r}, {rule}),"
    yield "]"


def _closest_public(expected: Raised) -> str:
    """The first class that a caller would catch: what NumPy names for itself alone (UFuncTypeError) is passed over."""
    public = (base for base in expected.bases if not base.startswith(("_", "UFunc")))
    return next(public, expected.type)


def _rules(
    case: Case, elements: Mapping[str, np.ndarray], expected: Returned | Raised, circumstances: Circumstances
) -> list[str]:
    """For each result, the expression of the rule by which it is compared."""
    if isinstance(expected, Raised):
        return []
    name = case.call.op.partition(".")[0]
    row = _tolerance(case, expected)
    if row is None:
        return ["exactly_with_nan_sign" if name in _SIGN_OF_NAN else "exactly"] * len(expected.values)
    if not isinstance(row.limit, str):
        rule = "within_ulp" if row.rule == "ulp" else "within_ulp_normwise"
        return [f"partial({rule}, limit={float(row.limit)!r})"] * len(expected.values)
    intervals = circumstances.accepted or {0: _around(case, elements, expected, row, circumstances.verdict)}
    return [
        f"partial(between, low={_floats(interval.low)}, high={_floats(interval.high)})"
        for _, interval in sorted(intervals.items())
    ]


def _around(
    case: Case, elements: Mapping[str, np.ndarray], expected: Returned, row: Tolerance, seen: Verdict | None
) -> Interval:
    interval = around_oracle(case, elements, expected, row)
    if seen is None or seen.failed_class != "value" or seen.index is None or not seen.actual_bits:
        return interval
    return short_of(interval, expected.values[0], seen.index, seen.actual_bits)


def _tolerance(case: Case, expected: Returned) -> Tolerance | None:
    """The row's tolerance; with `dtype=` a reduction of integers is one of floats, to which the row's depth applies."""
    name, _, method = case.call.op.partition(".")
    row = row_of(name)
    found = row.tolerance(case.loop, method or None)
    reduces = row.kind in ("reduction", "cumulative") or method in ("reduce", "accumulate")
    if found is None and reduces and np.dtype(expected.values[0].dtype).kind in "fc":
        return next((row for row in row.tolerances.values() if isinstance(row.limit, str)), None)
    return found


def _floats(values: tuple[float, ...]) -> str:
    text = " ".join(value.hex() for value in values)
    return f'[float.fromhex(word) for word in "{text}".split()]'


def _block(data: bytes) -> str:
    return _hexadecimal(data, "block")


def _hexadecimal(data: bytes, function: str) -> str:
    text = data.hex()
    if len(text) <= _SHORT:
        return f'{function}("{text}")'
    lines = (f'    "{text[start : start + _LINE]}"' for start in range(0, len(text), _LINE))
    return f"{function}(\n{chr(10).join(lines)}\n)"


def _main(limit: float | None) -> str:
    watch = "" if limit is None else _WATCH.format(limit=limit)
    return _MAIN.replace("    # watch\n", watch)


_WATCH = """
    def give_up() -> None:
        print("diverges: no answer within {limit:g} s", flush=True)
        os._exit(1)

    print("it is given up after {limit:g} s", flush=True)
    watch = threading.Timer({limit:g}, give_up)
    watch.daemon = True
    watch.start()
    # Where the provider holds the interpreter's lock, only this ends it.
    faulthandler.dump_traceback_later({limit:g} + 5, exit=True, file=open(os.devnull, "w"))
"""

_MAIN = '''

def differences() -> list[str]:
    """Make the call and say how its outcome is not the expected one."""
    before = {name: memory.tobytes() for name, memory in INPUTS.items()}
    result, error = answer(FUNCTION, ARGUMENTS, KEYWORDS)
    if RAISED:
        return exception_differs(error, RAISED)
    if error is not None:
        return [f"expected a result, actual {type(error).__name__}: {str(error)[:300]}"]
    lines = results_differ(EXPECTED, result, RULES)
    results = result if isinstance(result, tuple) else (result,)
    for number, (due, item) in enumerate(zip(IS_OUT, results)):
        if due and not any(item is out for out in OUTS):
            lines.append(f"result {number} is not the array that was given as out")
    for name, want, memory, place, rule in AFTERWARDS:
        lines += memory_differs(name, want, memory, place, rule)
    lines += [f"{name}: its memory was changed" for name, memory in INPUTS.items() if memory.tobytes() != before[name]]
    return lines

if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        FUNCTION = load(PROVIDER)
        for word in CALL.split("."):
            FUNCTION = getattr(FUNCTION, word)
    except Exception as failure:
        print(f"the provider {PROVIDER} cannot be asked for {CALL}: {type(failure).__name__}: {failure}")
        sys.exit(2)
    print(f"calling {CALL} of {PROVIDER}", flush=True)
    # watch
    found = differences()
    print(f"diverges from {ORACLE}:" if found else f"agrees with {ORACLE}", *found, sep="\\n", flush=True)
    sys.exit(1 if found else 0)
'''
