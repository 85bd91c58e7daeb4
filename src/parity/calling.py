"""Makes one call and says what came out: the one reader of calls, for the oracle and for every provider.

This module imports only NumPy and the standard library and runs on Python 3.8 and NumPy 1.20 and later, because the
oracle's script carries it into interpreters that have nothing else (`parity.oracle.recorder`). Calls come as the plain
JSON of `parity.documents.case.Call`, pools as arrays by name. Nothing here judges.
"""

from __future__ import annotations

import re
import warnings
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

try:
    import numpy as np
except ImportError:  # the pure-Python oracle describes outcomes where there is no NumPy, and makes no calls
    np = None  # type: ignore[assignment]

CODES: Dict[str, str] = {
    "?": "|b1", "b": "|i1", "B": "|u1", "h": "<i2", "H": "<u2", "i": "<i4", "I": "<u4", "l": "<i8", "L": "<u8",
    "e": "<f2", "f": "<f4", "d": "<f8", "F": "<c8", "D": "<c16",
}  # fmt: skip
"""Element character → type string of the array interface; `l` and `L` are 64 bits wide everywhere."""

FLAGS = ("divide", "over", "under", "invalid")
_FLAG_OF_MESSAGE = {"divide by zero": "divide", "overflow": "over", "underflow": "under", "invalid value": "invalid"}


class Value(NamedTuple):
    """One result.

    kind: `array`, `scalar` (a NumPy scalar), or `python:<type>` for anything else.
    dtype: type string such as `<f8`, `>f8`; the name of the type where it is no array's.
    data: elements in C order, little endian; the text of repr for what has no bits.
    """

    kind: str
    dtype: str
    shape: Tuple[int, ...]
    data: bytes


class Returned(NamedTuple):
    """The call returned.

    values: the results. written: for each `out`, its whole memory block afterwards, gaps included.
    is_out: for each result, whether it is the very object given as `out`. changed: names of the arguments that are no
    `out` and whose memory changed. flags: floating-point flags raised. warnings: class names of warnings.
    """

    values: Tuple[Value, ...]
    written: Tuple[bytes, ...]
    is_out: Tuple[bool, ...]
    changed: Tuple[str, ...]
    flags: Tuple[str, ...]
    warnings: Tuple[str, ...]


class Raised(NamedTuple):
    """The call raised. type: class name. bases: public class names along its MRO, its own included. message: text."""

    type: str
    bases: Tuple[str, ...]
    message: str


class Crashed(NamedTuple):
    """The process died; signal: its number, 0 if it exited by itself."""

    signal: int


class TimedOut(NamedTuple):
    """No answer within the limit, in seconds."""

    limit: float


class Missing(NamedTuple):
    """The provider has no function of that name."""

    name: str


Allocate = Callable[[int], "np.ndarray"]
Outcome = Union[Returned, Raised, Crashed, TimedOut, Missing]


LARGEST = 1 << 26
"""Bytes above which of a result only the shape is kept, unless more is asked for: the default of `value_of`."""


def outcome(
    namespace: Any, call: Mapping[str, Any], pools: Mapping[str, np.ndarray], largest: int = LARGEST
) -> Outcome:
    """Make a call on a namespace of NumPy-named functions. Whatever the function raises is an outcome.

    largest: bytes up to which a result is recorded with its elements, as `value_of` says.
    """
    try:
        function = resolve(namespace, call["op"])
    except Exception as error:  # a module's own __getattr__, which may import
        return raised(error)
    return Missing(call["op"]) if function is None else perform(function, call, pools, largest)


def resolve(namespace: Any, op: str) -> Optional[Callable[..., Any]]:
    """The function `add` or the method `add.reduce` of a namespace; None if it has none."""
    found = namespace
    for name in op.split("."):
        found = getattr(found, name, None)
        if found is None:
            return None
    return found  # type: ignore[no-any-return]


def perform(
    function: Callable[..., Any], call: Mapping[str, Any], pools: Mapping[str, np.ndarray], largest: int = LARGEST
) -> Outcome:
    """Build the arguments of a call, make it, and record what it did; largest: as in `outcome`."""
    return called(function, Arguments(call, pools, watch=True), largest)


def called(function: Callable[..., Any], arguments: Arguments, largest: int = LARGEST) -> Outcome:
    """Make a call with arguments that are there, and record what it did; largest: as in `outcome`."""
    flags: List[str] = []

    def note(message: str, _status: int) -> None:
        flags.append(_FLAG_OF_MESSAGE.get(message, message))

    try:
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="call", call=note):
            warnings.simplefilter("always")
            result = function(*arguments.args, **arguments.kwargs)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # extension modules raise beyond Exception (pyo3's PanicException)
        return raised(error)
    results = result if isinstance(result, tuple) else (result,)
    try:
        values = tuple(value_of(item, largest) for item in results)
    except Exception as error:  # what cannot be read is no result
        return raised(error)
    return Returned(
        values,
        arguments.written(),
        tuple(any(item is out for out in arguments.outs) for item in results) if arguments.outs else (),
        arguments.changed(),
        tuple(flag for flag in FLAGS if flag in flags),
        tuple(sorted({entry.category.__name__ for entry in caught})),
    )


def raised(error: BaseException) -> Raised:
    """What was raised, as an outcome."""
    bases = tuple(base.__name__ for base in type(error).__mro__ if base.__name__[0] != "_" and base is not object)
    return Raised(type(error).__name__, bases, _text(str, error))


def _text(shown: Callable[[Any], str], item: Any) -> str:
    """What an object says of itself, as it may be recorded: bounded, encodable, without addresses, which differ by run.

    A provider's own `__str__` may fail, too.
    """
    try:
        text = re.sub(r"\b0x[0-9a-fA-F]{6,}\b", "0x...", shown(item))[:500]
    except Exception as error:
        return "({} raised {})".format(shown.__name__, type(error).__name__)
    return text.encode("utf-8", "backslashreplace").decode()


def value_of(item: Any, largest: int = 1 << 26) -> Value:
    """A result as bits. Python numbers keep their type in `kind`, so that the judge can refuse them.

    Of a result with more bytes than `largest`, only dtype and shape are kept: no plan asks for as many, so its shape is
    wrong, and a provider must not fill the memory of the process that collects results. A default and no constant,
    because scripts carry this function alone (`parity.report.carrying`).
    """
    if not isinstance(item, (np.ndarray, np.generic)):
        kind = "python:" + type(item).__name__
        if not isinstance(item, (bool, int, float, complex)):
            return Value(kind, type(item).__name__, (), _text(repr, item).encode())
        item = np.asarray(item)
    else:
        kind = "array" if isinstance(item, np.ndarray) else "scalar"
    array = np.asarray(item)
    if array.dtype.hasobject:
        return Value(kind, array.dtype.str, array.shape, _text(repr, array.tolist()).encode())
    if array.nbytes > largest:
        return Value(kind, array.dtype.str, array.shape, b"")
    # ascontiguousarray would make 0-d arrays 1-d; tobytes is in C order whatever the strides are.
    little = array if array.dtype.byteorder != ">" else array.astype(array.dtype.newbyteorder("<"))
    return Value(kind, array.dtype.str, array.shape, little.tobytes())


def array_of(value: Value) -> np.ndarray:
    """The elements of a result as an array in little-endian order (read-only)."""
    return np.frombuffer(value.data, np.dtype(value.dtype).newbyteorder("<")).reshape(value.shape)


class Arguments:
    """The arguments of one call, built from pools, and what became of their memory.

    watch: whether `changed` will be asked, which takes a copy of all memory that is no `out`. allocate: gives so many
    bytes, as an array of uint8 at a multiple of 16, in which an operand may lie.
    """

    def __init__(
        self,
        call: Mapping[str, Any],
        pools: Mapping[str, np.ndarray],
        watch: bool = False,  # noqa: FBT001, FBT002
        allocate: Optional[Allocate] = None,
    ) -> None:
        self._allocate = allocate or zeros
        named: Dict[str, Any] = {str(position): item for position, item in enumerate(call["args"])}
        keywords = call.get("kwargs", {})
        for name, item in keywords.items():
            if isinstance(item, list) and item and isinstance(item[0], dict):
                named.update({f"{name}.{number}": part for number, part in enumerate(item)})
            else:
                named[name] = item
        self._blocks: Dict[str, np.ndarray] = {}
        self._owner = {name: item.get("of", name) for name, item in named.items() if _is_array(item)}
        built: Dict[str, Any] = {}
        for name, item in sorted(named.items(), key=lambda pair: _is_array(pair[1]) and "of" in pair[1]):
            built[name] = self._build(name, item, named, pools)
        self.args = [built[str(position)] for position in range(len(call["args"]))]
        self.kwargs = {name: self._keyword(name, item, built) for name, item in keywords.items()}
        self.outs = [built[name] for name in built if name.split(".")[0] == "out" and _is_array(named[name])]
        self._out_blocks = [self._owner[name] for name in built if name.split(".")[0] == "out" and name in self._owner]
        watched = [name for name in self._blocks if name not in self._out_blocks] if watch else []
        self._before = {name: self._blocks[name].tobytes() for name in watched}

    def _build(self, name: str, item: Any, named: Mapping[str, Any], pools: Mapping[str, np.ndarray]) -> Any:
        if _is_array(item):
            if "of" not in item:
                self._blocks[name] = memory_block(item, pools, self._allocate)
                return view_of(item, self._blocks[name])
            owner = named[item["of"]]
            shared = {**item, "pool": owner["pool"], "unaligned": owner.get("unaligned", False)}
            return view_of(shared, self._blocks[item["of"]])
        if isinstance(item, dict):
            return python_scalar(item)
        return item

    @staticmethod
    def _keyword(name: str, item: Any, built: Mapping[str, Any]) -> Any:
        if isinstance(item, list):
            return tuple(
                built[f"{name}.{number}"] if isinstance(part, dict) else part for number, part in enumerate(item)
            )
        if name == "dtype" and item is not None:
            return np.dtype(CODES.get(item, item))
        return built[name]

    def written(self) -> Tuple[bytes, ...]:
        """The memory blocks of the `out` arguments, as they are now."""
        return tuple(self._blocks[name].tobytes() for name in self._out_blocks)

    def changed(self) -> Tuple[str, ...]:
        """Names of the other arguments whose memory is not what it was; none if they were not watched."""
        return tuple(name for name, before in self._before.items() if self._blocks[name].tobytes() != before)


def _is_array(item: Any) -> bool:
    return isinstance(item, dict) and "pool" in item


def python_scalar(item: Mapping[str, str]) -> Any:
    """A Python number from its exact text."""
    kind, text = item["python"], item["value"]
    if kind == "bool":
        return text == "True"
    if kind == "int":
        return int(text)
    if kind == "float":
        return float.fromhex(text)
    real, imaginary = text.split(",")
    return complex(float.fromhex(real), float.fromhex(imaginary))


def geometry(item: Mapping[str, Any]) -> Tuple[Tuple[int, ...], List[int], int, int]:
    """Shape, strides in elements, offset of the first element, length of the block."""
    shape = tuple(item.get("shape", ()))
    strides = item.get("strides")
    if strides is None:
        strides, step = [0] * len(shape), 1
        for axis in range(len(shape) - 1, -1, -1):
            strides[axis] = step
            step *= max(shape[axis], 1)
    empty = 0 in shape
    reach = [] if empty else [(length - 1) * stride for length, stride in zip(shape, strides)]  # noqa: B905 - Python 3.8
    offset, length = item.get("offset"), item.get("length")
    if offset is None:
        offset = -sum(part for part in reach if part < 0)
    if length is None:
        length = 0 if empty else offset + sum(part for part in reach if part > 0) + 1
    return shape, list(strides), offset, length


def _dtype(item: Mapping[str, Any]) -> np.dtype:
    dtype = np.dtype(CODES[item["pool"].split(".")[0]])
    return dtype.newbyteorder(">") if item.get("swapped") else dtype


def zeros(size: int) -> np.ndarray:
    """Memory wherever NumPy puts it."""
    return np.zeros(size, np.uint8)


def memory_block(item: Mapping[str, Any], pools: Mapping[str, np.ndarray], allocate: Allocate = zeros) -> np.ndarray:
    """The bytes in which an array lies, filled from its pool; the gaps between its elements hold other values."""
    shape, strides, offset, length = geometry(item)
    dtype, pool, start = _dtype(item), pools[item["pool"]], item.get("at", 0)
    lead = 1 if item.get("unaligned") else 0
    block = allocate(lead + length * dtype.itemsize)
    size = 0 if item.get("linear") else int(np.prod(shape, dtype=np.int64))
    elements = np.ndarray((length,), dtype, block.data, lead)
    axes = list(zip(strides, shape))  # noqa: B905 - Python 3.8
    if size == length and _are_dense(axes[::-1]):
        _fill(elements, pool, start)
        return block
    if size != length or not _are_dense(sorted((abs(stride), count) for stride, count in axes if count != 1)):
        _fill(elements, pool, start + size)
    if size:
        start_byte, steps = lead + offset * dtype.itemsize, [stride * dtype.itemsize for stride in strides]
        view = np.ndarray(shape, dtype, block.data, start_byte, steps)
        values = np.empty(size, dtype)
        _fill(values, pool, start)
        view[...] = values.reshape(shape)
    return block


def _are_dense(axes: Sequence[Tuple[int, int]]) -> bool:
    """Whether elements lie without gap or overlap, by stride and length of each axis, the fastest axis first."""
    step = 1
    for stride, count in axes:
        if count != 1 and stride != step:
            return False
        step *= count
    return True


def _fill(elements: np.ndarray, pool: np.ndarray, start: int) -> None:
    """Fill a run of elements from its pool, from `start` on, around its end as often as it takes.

    Blocks of some 32 KiB are written again and again: 10^7 float64 take 6 ms, by an index for each element 90 ms.
    """
    if not len(elements):
        return
    start %= len(pool)
    block = np.concatenate((pool[start:], pool[:start])).astype(elements.dtype, copy=False)
    if len(elements) > len(block):
        block = np.tile(block, max(1, min(len(elements), 4096) // len(block)))
    whole = len(elements) // len(block) * len(block)
    elements[:whole].reshape(-1, len(block))[...] = block
    elements[whole:] = block[: len(elements) - whole]


def view_of(item: Mapping[str, Any], block: np.ndarray) -> Any:
    """The array, or the NumPy scalar, that an argument describes in its memory block."""
    shape, strides, offset, _ = geometry(item)
    dtype, lead = _dtype(item), 1 if item.get("unaligned") else 0
    if 0 in shape:
        array = np.empty(shape, dtype)
    else:
        start = lead + offset * dtype.itemsize
        array = np.ndarray(shape, dtype, block.data, start, [stride * dtype.itemsize for stride in strides])
    if item.get("readonly"):
        array.flags.writeable = False
    return array[()] if item.get("scalar") else array


def dispatch(numpy: Any) -> List[str]:
    """CPU features for which a NumPy has and uses code beyond its baseline, in its own order."""
    core = getattr(numpy, "_core", None) or numpy.core
    compiled = core._multiarray_umath  # noqa: SLF001 - NumPy says which code it uses nowhere else in a form to be read
    enabled = getattr(compiled, "__cpu_features__", {})
    return [name for name in getattr(compiled, "__cpu_dispatch__", []) if enabled.get(name)]


def described(result: Outcome) -> Tuple[Dict[str, Any], List[bytes]]:
    """An outcome as JSON, and its bytes: those of the values, then those of the written blocks.

    What is empty is left out. A value is `[kind, dtype, shape]`. `restored` is the inverse.
    """
    name = type(result).__name__.lower()
    fields = dict(result._asdict())
    runs: List[bytes] = []
    if isinstance(result, Returned):
        runs = [value.data for value in result.values] + list(result.written)
        fields["values"] = [[value.kind, value.dtype, list(value.shape)] for value in result.values]
        fields = {key: item for key, item in fields.items() if key != "written" and item}
    return {name: fields}, runs


def restored(description: Mapping[str, Any], runs: Sequence[bytes]) -> Outcome:
    """The outcome that `described` described, of those that an oracle can have."""
    if "returned" in description:
        fields = description["returned"]
        shapes = fields.get("values", ())
        values = tuple(
            Value(kind, dtype, tuple(shape), run)
            for (kind, dtype, shape), run in zip(shapes, runs)  # noqa: B905 - Python 3.8
        )
        is_out, changed, flags, caught = (
            tuple(fields.get(name, ())) for name in ("is_out", "changed", "flags", "warnings")
        )
        return Returned(values, tuple(runs[len(values) :]), is_out, changed, flags, caught)
    if "raised" in description:
        fields = description["raised"]
        return Raised(fields["type"], tuple(fields["bases"]), fields["message"])
    return Missing(description["missing"]["name"])
