"""Which loop a call runs, and whether its operands may be cast to it: NEP 50, and NumPy's order of loops.

A Python int, float or complex is weak: it takes the type of the array beside it. NumPy scalars and 0-d arrays are not.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity_kernels.dtypes import DTYPES, DType, character
from parity_kernels.table import Row

try:
    from numpy._core._exceptions import (  # type: ignore[import-not-found, unused-ignore]
        _UFuncInputCastingError,
        _UFuncNoLoopError,
        _UFuncOutputCastingError,
    )
except ImportError:  # NumPy 1.x keeps the same classes here
    from numpy.core._exceptions import (  # type: ignore[import-not-found, no-redef, unused-ignore]
        _UFuncInputCastingError,
        _UFuncNoLoopError,
        _UFuncOutputCastingError,
    )

CASTINGS = ("no", "equiv", "safe", "same_kind", "unsafe")
WEAK_TYPES = (int, float, complex)
DEFAULTS: dict[Any, DType] = {int: DTYPES["l"], float: DTYPES["d"], complex: DTYPES["D"]}
"""What Python numbers are to each other."""
_STAND_INS: dict[Any, Any] = {int: 0, float: 0.0, complex: 0j}
_REFUSED_BY_RESOLVER = ("positive", "sign")  # for booleans these raise NumPy's own class, the others a TypeError
_BOOLEAN_MESSAGES = {
    "subtract": (
        "numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, "
        "or the logical_xor function instead."
    ),
    "negative": (
        "The numpy boolean negative, the `-` operator, is not supported, use the `~` operator "
        "or the logical_not function instead."
    ),
}

Operand = DType | type
"""What resolution sees of an input: its dtype, or the type of a weak Python number."""


def weak_type(value: object) -> type | None:
    """int, float or complex if the value is such a Python number; None if its type counts (bool and np.float64 do)."""
    if isinstance(value, (bool, np.generic)):
        return None
    return next((kind for kind in WEAK_TYPES if isinstance(value, kind)), None)


def resolve(ufunc: Any, row: Row, inputs: Sequence[Operand], fixed: Sequence[DType | None]) -> str:
    """The loop, in NumPy's notation, for inputs and for the dtypes that ``signature=`` or ``dtype=`` fixed.

    Raises TypeError, or NumPy's subclass of it, if there is none.
    """
    if any(dtype is not None for dtype in fixed):
        return _resolve_fixed(ufunc, row, strengthened(inputs), fixed)
    strong = strengthened(inputs)
    if any(dtype.kind not in "?biufc" or character(dtype) is None for dtype in strong):
        raise _no_loop(ufunc, strong, [None] * row.nout)
    if row.name == "divide" and all(dtype.kind in "biu" for dtype in strong):
        return "dd->d"  # NumPy divides no integer in float16 or float32
    if row.name in _BOOLEAN_MESSAGES and all(dtype.kind == "b" for dtype in strong):
        raise TypeError(_BOOLEAN_MESSAGES[row.name])
    if row.name in _REFUSED_BY_RESOLVER and strong[0].kind == "b":
        raise _no_loop(ufunc, strong, [None] * row.nout)
    found = _first_safe(row.kernels, strong)
    if found is None:
        message = (
            f"ufunc '{row.name}' not supported for the input types, and the inputs could not be safely coerced "
            f"to any supported types according to the casting rule ''safe''"
        )
        raise TypeError(message)
    return found


def _no_loop(ufunc: Any, inputs: Sequence[DType], outputs: Sequence[DType | None]) -> TypeError:
    dtypes: Any = (*inputs, *outputs)
    return _UFuncNoLoopError(ufunc, dtypes)  # type: ignore[no-any-return, unused-ignore]


def strengthened(inputs: Sequence[Operand]) -> list[DType]:
    """Dtypes, in which a weak number has the common type of all operands."""
    if not any(isinstance(operand, type) for operand in inputs):
        return list(inputs)  # type: ignore[arg-type]
    common = np.result_type(*(_STAND_INS.get(operand, operand) for operand in inputs))
    return [common if isinstance(operand, type) else operand for operand in inputs]


def _first_safe(signatures: Any, inputs: Sequence[DType | None]) -> str | None:
    """The first loop to whose inputs the given ones cast safely; None stands for one that casts to anything."""
    for signature in signatures:
        pairs = zip(inputs, signature, strict=False)
        if all(dtype is None or np.can_cast(dtype, DTYPES[char], "safe") for dtype, char in pairs):
            return str(signature)
    return None


def _resolve_fixed(ufunc: Any, row: Row, inputs: Sequence[DType], fixed: Sequence[DType | None]) -> str:
    """A loop that has what is fixed. If only one has, its inputs need not be safe: the cast is checked later."""
    wanted = [None if dtype is None else character(dtype) or "none" for dtype in fixed]
    candidates = [
        signature
        for signature in row.kernels
        if all(want in (None, char) for want, char in zip(wanted, signature.replace("->", ""), strict=True))
    ]
    if len(candidates) == 1:
        return candidates[0]
    free = [None if want is not None else dtype for want, dtype in zip(wanted, inputs, strict=False)]
    uniform = [signature for signature in candidates if len(set(signature.replace("->", ""))) == 1]
    found = _first_safe(candidates, free) or next(iter(uniform), None)
    if found is not None:
        return found
    if row.name in _REFUSED_BY_RESOLVER or (row.name == "absolute" and inputs[0].kind != "c"):
        raise _no_loop(ufunc, inputs, fixed[row.nin :])
    message = f"No loop matching the specified signature and casting was found for ufunc {row.name}"
    raise TypeError(message)


def check_input(ufunc: Any, dtype: DType, target: DType, casting: Any, index: int) -> None:
    """Raise NumPy's error if input ``index`` may not be cast."""
    if not np.can_cast(dtype, target, casting):
        raise _UFuncInputCastingError(ufunc, casting, dtype, target, index)


def check_output(ufunc: Any, dtype: DType, target: DType, casting: Any, index: int) -> None:
    """Raise NumPy's error if what the loop gives may not be cast to output ``index``."""
    if not np.can_cast(dtype, target, casting):
        raise _UFuncOutputCastingError(ufunc, casting, dtype, target, index)
