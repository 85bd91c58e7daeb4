"""The callables: NumPy's ufuncs by name, signature and semantics, around compiled loops.

A call takes one of two ways. Plain arrays of native dtypes that need no cast go straight to a compiled entry of
`parity_kernels.direct`, which answers None if it cannot. Everything else, and every error, is worked out in
`Ufunc.general`.
"""

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import empty, ndarray

from parity_kernels import broadcasting, casting, direct
from parity_kernels.broadcasting import DONE, RAISED, broadcast_shape, memory_order
from parity_kernels.dtypes import DTYPES, DType
from parity_kernels.loops import Kernel, natural_power_loop
from parity_kernels.options import Options, parsed
from parity_kernels.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray[Any, Any]
_NO_VALUE: Any = np._NoValue  # noqa: SLF001 - what NumPy's own methods have as default
_COMPARISONS = {  # name → what it says when the Python integer on its right is (below, above) the range of the left
    "equal": (False, False),
    "not_equal": (True, True),
    "less": (False, True),
    "less_equal": (False, True),
    "greater": (True, False),
    "greater_equal": (True, False),
}
_OPERATORS = dict(zip(_COMPARISONS, ("eq", "ne", "lt", "le", "gt", "ge"), strict=True))
_NATURAL_ONLY = "Integers to negative integer powers are not allowed."


class Ufunc:
    """One universal function. Attributes and methods are those of ``numpy.ufunc``."""

    __slots__ = ("__name__", "_address", "_direct", "_table", "identity", "nin", "nout", "row", "types")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.__name__, self.nin, self.nout, self.identity = row.name, row.nin, row.nout, row.identity
        self.types = list(row.kernels)
        self._table = direct.Table()
        self._address = self._table.address
        self._direct: Callable[..., Any] = self._first_call

    @property
    def nargs(self) -> int:
        """Number of operands, outputs included."""
        return self.nin + self.nout

    @property
    def ntypes(self) -> int:
        """Number of loops."""
        return len(self.types)

    @property
    def signature(self) -> None:
        """None, as for every ufunc that works element by element."""

    def __repr__(self) -> str:
        return f"<ufunc '{self.__name__}'>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _by_name, (self.__name__,)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Call with NumPy's arguments."""
        return self.general(args, keywords)

    def outer(self, first: Any, second: Any, /, **keywords: Any) -> Any:
        """The function of all pairs of an element of ``first`` and one of ``second``."""
        if self.nin != 2:
            message = "outer product only supported for binary functions"
            raise ValueError(message)
        if casting.weak_type(first) is None:
            first = np.asarray(first)
            first = first.reshape(first.shape + (1,) * np.ndim(second))
        return self(first, second, **keywords)

    def reduce(
        self,
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = _NO_VALUE,
        where: Any = True,
    ) -> Any:
        """Fold one or several axes."""
        from parity_kernels import reductions  # noqa: PLC0415 - they import this module

        return reductions.reduce(self, array, axis, dtype, out, keepdims, initial, where)

    def accumulate(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
        """Fold along one axis, and keep all that comes between."""
        from parity_kernels import reductions  # noqa: PLC0415

        return reductions.accumulate(self, array, axis, dtype, out)

    def loop(self, signature: str) -> Kernel:
        """The kernel of a loop in NumPy's notation, with ``l`` and ``L`` for 64 bits."""
        return self.row.kernels[signature]

    def _first_call(self, *operands: Any) -> Any:
        self._direct = direct.entry(f"call-{self.nin}")
        return self._direct(*operands)

    def general(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Any call: parse, resolve, broadcast, cast, run, and give back what NumPy would."""
        inputs, options = parsed(self, args, keywords)
        weak = [casting.weak_type(value) for value in inputs]
        arrays = [np.asarray(value) for value in inputs]
        if self.nin == 1:
            weak = [None]
        if self.__name__.startswith("logical"):  # where any Python number that C holds is as good as a bool
            for kind, value in zip(weak, inputs, strict=True):
                if kind is int and not _C_LONG.min <= value <= _C_LONG.max:
                    message = "Python int too large to convert to C long"
                    raise OverflowError(message)
            arrays = [np.array(bool(value)) if kind else value for kind, value in zip(weak, arrays, strict=True)]
            weak = [None] * self.nin
        operands: list[Any] = [kind or array.dtype for kind, array in zip(weak, arrays, strict=True)]
        if all(weak):
            operands = [casting.DEFAULTS[kind] for kind in operands]
        found = casting.resolve(self, self.row, operands, options.fixed)
        inputs_of, outputs_of = (([DTYPES[char] for char in part]) for part in found.split("->"))
        answer = self._beyond_range(inputs, weak, arrays, inputs_of)
        if answer is None:
            arrays = self._converted(inputs, arrays, weak, operands, inputs_of, options)
        for k, out in enumerate(options.out):
            if out is not None:
                casting.check_output(self, outputs_of[k], out.dtype, options.casting, self.nin + k)
        shape = self._shape(arrays, options)
        kernel = self.row.kernels[found]
        if answer is not None:
            return _constant(answer, arrays, shape, options)
        self._remember(operands, inputs_of, outputs_of, kernel)
        return self._run(kernel, arrays, inputs_of, outputs_of, shape, options)

    def _remember(self, operands: list[Any], inputs_of: list[DType], outputs_of: list[DType], kernel: Kernel) -> None:
        """Let plain calls with these dtypes take the short way from now on, if they need no cast."""
        exact = all(
            isinstance(dtype, np.dtype) and dtype == target and dtype.isnative
            for dtype, target in zip(operands, inputs_of, strict=True)
        )
        if exact and self.nout == 1 and kernel.around is not natural_power_loop:
            self._table.add(tuple(operands), outputs_of[0], kernel.address)

    def _converted(
        self,
        inputs: list[Any],
        arrays: list[Array],
        weak: list[type | None],
        operands: list[Any],
        inputs_of: list[DType],
        options: Options,
    ) -> list[Array]:
        """Python numbers in the types of the loop, and the checks that the others may be cast."""
        arrays = list(arrays)
        for k, kind in enumerate(weak):
            if kind is None:
                continue
            if kind is not int and options.fixed[k] is None and any(options.fixed):
                casting.check_input(self, casting.strengthened(operands)[k], inputs_of[k], options.casting, k)
            arrays[k] = _weak_array(inputs[k], arrays[k], inputs_of[k], options.casting)
        for k, kind in enumerate(weak):
            if kind is None:
                own = arrays[k].dtype.newbyteorder("=")  # logical operations take any number for its truth
                target = own if self.__name__.startswith("logical") else inputs_of[k]
                casting.check_input(self, arrays[k].dtype, target, options.casting, k)
        return arrays

    def _beyond_range(
        self, inputs: list[Any], weak: list[type | None], arrays: list[Array], inputs_of: list[DType]
    ) -> bool | None:
        """What a comparison with a Python integer says that the other operand's type cannot hold; else None."""
        if self.__name__ not in _COMPARISONS or int not in weak:
            return None
        if weak == [int, int]:
            return bool(getattr(operator, _OPERATORS[self.__name__])(*inputs))
        k = weak.index(int)
        if inputs_of[k].kind not in "iu" or arrays[1 - k].dtype.kind == "b":
            return None
        limits = np.iinfo(inputs_of[k])
        if limits.min <= inputs[k] <= limits.max:
            return None
        below, above = _COMPARISONS[self.__name__]
        if self.__name__ in ("equal", "not_equal"):
            return above
        return (above if inputs[k] > limits.max else below) == (k == 1)

    def _shape(self, arrays: list[Array], options: Options) -> tuple[int, ...]:
        """The shape of the outputs, or NumPy's ValueError."""
        shapes = [array.shape for array in arrays]
        if options.where is not None:
            shapes.append(options.where.shape)
        outs = [out for out in options.out if out is not None]
        shape = broadcast_shape(*shapes, *[out.shape for out in outs])
        for out in outs:
            if out.shape != shape:
                message = (
                    f"non-broadcastable output operand with shape {out.shape} doesn't match the broadcast "
                    f"shape {shape}".replace(" (", "\0(")
                    .replace(", ", ",")
                    .replace("\0", " ")
                )
                raise ValueError(message)
        return shape

    def _run(
        self,
        kernel: Kernel,
        inputs: list[Array],
        inputs_of: list[DType],
        outputs_of: list[DType],
        shape: tuple[int, ...],
        options: Options,
    ) -> Any:
        """Run the loop into new outputs, into the given ones, or into new ones that are copied to the given ones."""
        arrays = [_native(array, target) for array, target in zip(inputs, inputs_of, strict=True)]
        targets: list[Array] = []
        for given, dtype in zip(options.out, outputs_of, strict=True):
            if given is not None and _writable_in_place(given, dtype, arrays, options, targets):
                targets.append(given)
            else:
                targets.append(_allocated(shape, dtype, _output_order(shape, inputs, options.order)))
        if options.where is None:
            entry = broadcasting.entry(broadcasting.drive_name(self.nin, self.nout))
            code = entry(kernel.address, *arrays, *targets)
        else:
            entry = broadcasting.entry(broadcasting.drive_name(self.nin, self.nout, masked=True))
            code = entry(kernel.address, *arrays, *targets, options.where)
        if code == RAISED:
            raise ValueError(_NATURAL_ONLY)
        if code != DONE:
            message = f"{self.__name__}: operands {[array.shape for array in arrays]} do not fit {shape}"
            raise AssertionError(message)
        results = [_delivered(target, given, options) for target, given in zip(targets, options.out, strict=True)]
        return results[0] if self.nout == 1 else tuple(results)


class UnaryUfunc(Ufunc):
    """One input, one output."""

    __slots__ = ()

    def __call__(self, x: Any = _NO_VALUE, /, out: Any = None, **keywords: Any) -> Any:
        """Call with NumPy's arguments."""
        if out is None and not keywords:
            result = self._direct(self._address, x)
            if result is not None:
                return result
        args = () if x is _NO_VALUE else (x,)
        return self.general(args, {"out": out, **keywords})


class BinaryUfunc(Ufunc):
    """Two inputs, one output."""

    __slots__ = ()

    def __call__(self, x: Any = _NO_VALUE, y: Any = _NO_VALUE, /, out: Any = None, **keywords: Any) -> Any:
        """Call with NumPy's arguments."""
        if out is None and not keywords:
            result = self._direct(self._address, x, y)
            if result is None:
                result = self._with_number(x, y)
            if result is not None:
                return result
        args = tuple(value for value in (x, y) if value is not _NO_VALUE)
        return self.general(args, {"out": out, **keywords})

    def _with_number(self, x: Any, y: Any) -> Any:
        """The short way for an array and a number, where the number takes the array's type without ado; else None."""
        if type(x) is ndarray:
            other = _number_like(x.dtype, y)
            return None if other is None else self._direct(self._address, x, other)
        if type(y) is ndarray:
            other = _number_like(y.dtype, x)
            return None if other is None else self._direct(self._address, other, y)
        return None


_C_LONG = np.iinfo(np.int64)
_KINDS_HOLDING = {int: "iufc", float: "fc", complex: "c"}
_LEAST_LARGEST = 65_504  # what float16 holds, and all wider types: beyond it, let the general way decide
_LEAST_RANGE = range(128)  # what every integer type holds


def _number_like(dtype: DType, value: Any) -> Array | None:
    """A number as an array without dimensions: of ``dtype`` if it is a Python number that surely fits; else None."""
    kind = type(value)
    if kind in _KINDS_HOLDING:
        if dtype.kind not in _KINDS_HOLDING[kind]:
            return None
        fits = value in _LEAST_RANGE if dtype.kind in "iu" else abs(value) < _LEAST_LARGEST
        return np.array(value, dtype) if fits else None
    return np.asarray(value) if isinstance(value, np.generic) else None


def _weak_array(value: Any, array: Array, target: DType, rule: str) -> Array:
    """A Python number in the type of the loop. Raises OverflowError for an integer that does not fit."""
    if rule == "equiv" and array.dtype != target:
        kind = next(kind for kind in casting.WEAK_TYPES if isinstance(value, kind)).__name__
        message = f"cannot cast Python {kind} to {target} under the casting rule 'equiv'"
        raise TypeError(message)
    with np.errstate(all="ignore"):
        return np.array(value, dtype=target)


def _native(array: Array, target: DType) -> Array:
    """The array in a native dtype that the loop reads: itself, or a cast copy."""
    if array.dtype == target and array.dtype.isnative:
        return array
    if array.dtype.kind == "c" and target.kind not in "cb":
        array = array.real  # astype would warn
    with np.errstate(all="ignore"):
        return array.astype(target, casting="unsafe")


def _output_order(shape: tuple[int, ...], arrays: list[Array], order: str) -> tuple[int, ...] | None:
    """Axes from outermost to innermost for a new output; None means C order."""
    ndim = len(shape)
    if ndim < 2 or order == "C":
        return None
    if order == "F" or (order == "A" and all(array.flags.f_contiguous for array in arrays)):
        return tuple(reversed(range(ndim)))
    if order == "A":
        return None
    axes = memory_order(ndim, *[(array.shape, array.strides) for array in arrays])
    return None if axes == tuple(range(ndim)) else axes


def _allocated(shape: tuple[int, ...], dtype: DType, order: tuple[int, ...] | None) -> Array:
    """A new array whose axes lie in memory in the given order."""
    if order is None:
        return empty(shape, dtype)
    inverse = sorted(range(len(order)), key=order.__getitem__)
    return empty(tuple(shape[axis] for axis in order), dtype).transpose(inverse)


def _writable_in_place(given: Array, dtype: DType, arrays: list[Array], options: Options, before: list[Array]) -> bool:
    """Whether the loop may write to an output directly: same native dtype, and no other operand in the way.

    An input at exactly the same place is not in the way, since a loop reads an element before it writes it.
    """
    if given.dtype != dtype or not given.dtype.isnative:
        return False
    if any(np.may_share_memory(given, earlier) for earlier in before):
        return False
    if options.where is not None and np.may_share_memory(given, options.where):
        return False
    place = given.__array_interface__["data"][0], given.shape, given.strides, given.itemsize
    for array in arrays:
        same = (array.__array_interface__["data"][0], array.shape, array.strides, array.itemsize) == place
        if not same and np.may_share_memory(given, array):
            return False
    return True


def _delivered(target: Array, given: Array | None, options: Options) -> Any:
    """What the caller gets: the output that was passed, a new array, or a scalar if there are no dimensions."""
    if given is None:
        return target if target.ndim else target[()]
    if given is not target:
        if target.dtype.kind == "c" and given.dtype.kind not in "cb":
            target = target.real  # copyto would warn
        with np.errstate(all="ignore"):
            np.copyto(given, target, casting="unsafe", where=True if options.where is None else options.where)
    return given


def _constant(answer: bool, arrays: list[Array], shape: tuple[int, ...], options: Options) -> Any:
    """A comparison whose outcome needs no look at the elements."""
    (given,) = options.out
    result = given
    if result is None:
        result = _allocated(shape, DTYPES["?"], _output_order(shape, arrays, options.order))
    np.copyto(result, answer, where=True if options.where is None else options.where, casting="unsafe")
    return result if given is not None or result.ndim else result[()]


def made(row: Row) -> Ufunc:
    """The callable of a row."""
    if row.nout == 1:
        return UnaryUfunc(row) if row.nin == 1 else BinaryUfunc(row)
    return Ufunc(row)


def _by_name(name: str) -> Ufunc:
    """Unpickle: a ufunc is itself, not a copy."""
    import parity_kernels  # noqa: PLC0415 - the package imports this module

    found: Ufunc = getattr(parity_kernels, name)
    return found
