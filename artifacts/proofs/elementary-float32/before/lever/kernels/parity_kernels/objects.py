"""Python objects in compiled code: references, the GIL, and new arrays through NumPy's C API.

A call of `numpy.empty` from Python costs 110 ns, a front written in Python 350 ns more, and a whole `numpy.add` of
10,000 float32 takes 900 ns. So the short way of a call is compiled too; these are the few C functions it needs.
"""

import ctypes
from importlib import import_module
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.extending import box, models, register_model

from parity_kernels.compiling import emitted
from parity_kernels.memory import INT64, POINTER, ArrayObject

NEW_FROM_DESCR, RETURN = 94, 76
"""Places of PyArray_NewFromDescr and PyArray_Return in NumPy's C API (__multiarray_api.h), the same in 1.x and 2.x."""


def c_api(place: int) -> int:
    """Address of a function of NumPy's C API."""
    try:
        core = import_module("numpy._core._multiarray_umath")
    except ImportError:  # NumPy 1.x
        core = import_module("numpy.core._multiarray_umath")
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = pointer(core._ARRAY_API, None)  # noqa: SLF001
    return int(ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))[place] or 0)


class Reference(ArrayObject):
    """What an entry returns: the address of an object, of which it gives a reference away; 0 with an exception set."""

    def __init__(self) -> None:
        types.Opaque.__init__(self, name="Reference")


reference = Reference()


@register_model(Reference)
class _ReferenceModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, front_end_type: Any) -> None:
        super().__init__(manager, front_end_type, INT64)


@box(Reference)  # type: ignore[untyped-decorator, unused-ignore]
def _box_reference(_type: Any, value: ir.Value, context: Any) -> ir.Value:
    return context.builder.inttoptr(value, POINTER)


@emitted
def given_away(_context: Any, address: Any) -> Any:
    """An address as the `Reference` to return."""

    def generate(_target: Any, _builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return args[0]

    return reference(address), generate


def _python(name: str) -> Any:
    """A function of Python's C API that takes an object and returns nothing."""

    def typed(_context: Any, address: Any) -> Any:
        def generate(target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
            function = ir.FunctionType(ir.VoidType(), [POINTER])
            declared = cgutils.get_or_insert_function(builder.module, function, name)
            builder.call(declared, [builder.inttoptr(args[0], POINTER)])
            return target.get_dummy_value()

        return types.void(address), generate

    return emitted(typed)


incref = _python("Py_IncRef")
take_gil = _python("PyEval_RestoreThread")


@emitted
def release_gil(_context: Any) -> Any:
    """Let other threads run Python; returns what `take_gil` needs."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, _args: Any) -> ir.Value:
        declared = cgutils.get_or_insert_function(builder.module, ir.FunctionType(POINTER, []), "PyEval_SaveThread")
        return builder.ptrtoint(builder.call(declared, []), INT64)

    return types.int64(), generate


@emitted
def new_array(
    _context: Any, _function: Any, _subtype: Any, _descr: Any, _ndim: Any, _shape: Any, _strides: Any, _flags: Any
) -> Any:
    """PyArray_NewFromDescr without data: a new array of a dtype, of which it takes a reference.

    With strides 0, flags 0 means C order, and anything else Fortran order.
    """

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        int32 = ir.IntType(32)
        c_function = ir.FunctionType(POINTER, [INT64, INT64, int32, INT64, INT64, INT64, int32, INT64])
        pointer = builder.inttoptr(args[0], c_function.as_pointer())
        number = builder.trunc(args[3], int32)
        none = INT64(0)
        flags = builder.trunc(args[6], int32)
        made = builder.call(pointer, [args[1], args[2], number, args[4], args[5], none, flags, none])
        return builder.ptrtoint(made, INT64)

    return types.int64(*[types.int64] * 7), generate


@emitted
def unwrapped(_context: Any, _function: Any, _array: Any) -> Any:
    """PyArray_Return: a scalar in place of an array without dimensions."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        c_function = ir.FunctionType(INT64, [INT64])
        return builder.call(builder.inttoptr(args[0], c_function.as_pointer()), [args[1]])

    return types.int64(types.int64, types.int64), generate


ARRAY_TYPE = id(np.ndarray)
"""Address of PyArray_Type."""
