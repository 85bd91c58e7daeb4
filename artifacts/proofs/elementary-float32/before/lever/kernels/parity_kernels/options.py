"""The arguments and keywords of one call, checked as NumPy checks them."""

from typing import Any

import numpy as np
from numpy import ndarray

from parity_kernels import casting
from parity_kernels.dtypes import DType

Array = np.ndarray[Any, Any]


class Options:
    """The keywords of one call, checked."""

    __slots__ = ("casting", "fixed", "order", "out", "where")

    def __init__(self, out: list[Array | None], where: Array | None, rule: str, order: str, fixed: list[Any]) -> None:
        self.out, self.where, self.casting, self.order, self.fixed = out, where, rule, order, fixed


_KEYWORDS = frozenset({"out", "where", "casting", "order", "dtype", "subok", "signature", "sig"})


def parsed(ufunc: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[list[Any], Options]:
    """Inputs and options of a call. Raises TypeError or ValueError as NumPy does."""
    name, nin, nout = ufunc.__name__, ufunc.nin, ufunc.nout
    if not nin <= len(args) <= nin + nout:
        message = f"{name}() takes from {nin} to {nin + nout} positional arguments but {len(args)} were given"
        raise TypeError(message)
    for keyword in keywords:
        if keyword not in _KEYWORDS:
            message = f"{name}() got an unexpected keyword argument '{keyword}'"
            raise TypeError(message)
    if len(args) > nin and keywords.get("out") is not None:
        message = "cannot specify 'out' as both a positional and keyword argument"
        raise TypeError(message)
    out = args[nin:] if len(args) > nin else keywords.get("out")
    rule = keywords.get("casting", "same_kind")
    if not isinstance(rule, str):
        message = f"casting must be str, not {type(rule).__name__}"
        raise TypeError(message)
    if rule not in casting.CASTINGS:
        message = f"casting must be one of 'no', 'equiv', 'safe', 'same_kind', or 'unsafe' (got '{rule}')"
        raise ValueError(message)
    order = keywords.get("order", "K")
    if order is not None and not isinstance(order, str):
        message = f"order must be str, not {type(order).__name__}"
        raise TypeError(message)
    order = "K" if order is None else order.upper()
    if order not in ("C", "F", "A", "K"):
        message = f"order must be one of 'C', 'F', 'A', or 'K' (got '{keywords['order']}')"
        raise ValueError(message)
    if not isinstance(keywords.get("subok", True), bool):
        message = f"'subok' must be a boolean, not {type(keywords['subok']).__name__}"
        raise TypeError(message)
    outputs = _outputs(ufunc, out)
    where = _mask(keywords.get("where", True))
    return list(args[:nin]), Options(outputs, where, rule, order, _fixed(ufunc, keywords))


def _outputs(ufunc: Any, out: Any) -> list[Array | None]:
    """One array or None for each output."""
    if out is None:
        return [None] * ufunc.nout
    if not isinstance(out, tuple):
        if ufunc.nout > 1:
            message = "'out' must be a tuple of arrays"
            raise TypeError(message)
        out = (out,)
    elif len(out) > ufunc.nout or (len(out) < ufunc.nout):
        message = "The 'out' tuple must have exactly one entry per ufunc output"
        raise ValueError(message)
    for array in out:
        if array is not None and not isinstance(array, ndarray):
            message = "return arrays must be of ArrayType"
            raise TypeError(message)
        if array is not None and not array.flags.writeable:
            message = "output array is read-only"
            raise ValueError(message)
    return list(out)


def _mask(where: Any) -> Array | None:
    """``where`` as an array of native bool, or None if it is True."""
    if where is True:
        return None
    mask = where if isinstance(where, (ndarray, np.generic)) else np.asarray(where, dtype=bool)
    if not np.can_cast(mask.dtype, np.bool_, "safe"):
        message = f"Cannot cast array data from {mask.dtype!r} to dtype('bool') according to the rule 'safe'"
        raise TypeError(message)
    return np.asarray(mask)


def _fixed(ufunc: Any, keywords: dict[str, Any]) -> list[DType | None]:
    """What ``signature=`` or ``dtype=`` fixes, operand by operand."""
    signature = keywords.get("signature", keywords.get("sig"))
    dtype = keywords.get("dtype")
    if signature is None:
        fixed: DType | None = None if dtype is None else np.dtype(dtype)
        return [None] * ufunc.nin + [fixed] * ufunc.nout
    if dtype is not None:
        message = "cannot specify both 'signature' and 'dtype'"
        raise TypeError(message)
    if isinstance(signature, (str, bytes)):
        text = signature.decode() if isinstance(signature, bytes) else signature
        listed: tuple[Any, ...] = tuple(text.replace("->", "")) if "->" in text else (text,)
        inputs = len(text.split("->")[0])
        if "->" in text and (inputs != ufunc.nin or len(listed) != ufunc.nargs):
            message = (
                f"a type-string for {ufunc.__name__}, {ufunc.nin} typecode(s) before and {ufunc.nout} after the -> sign"
            )
            raise ValueError(message)
    elif isinstance(signature, tuple):
        listed = signature
    else:
        message = "the signature object to ufunc must be a string or a tuple."
        raise TypeError(message)
    if isinstance(signature, (str, bytes)) and any(char not in np.typecodes["All"] for char in listed):
        message = "Invalid data-type for array"
        raise ValueError(message)
    if len(listed) == 1:
        return [None] * ufunc.nin + [np.dtype(listed[0])] * ufunc.nout
    if len(listed) != ufunc.nargs:
        message = f"a type-tuple must be specified of length {ufunc.nargs} for ufunc '{ufunc.__name__}'"
        raise ValueError(message)
    return [None if part is None else np.dtype(part) for part in listed]
