"""Single machine instructions and C99 library functions that Numba does not offer, as intrinsics.

The complex functions are those of the C library, which are the ones that NumPy calls too. A complex128 travels as two
doubles in registers on every 64-bit ABI but Windows, a complex64 as two floats, which x86-64 packs into one register.
"""

import platform
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from parity_kernels.compiling import emitted

DOUBLE = ir.DoubleType()
COMPLEX = ir.LiteralStructType([DOUBLE, DOUBLE])


def _declared(builder: ir.IRBuilder, name: str, args: Any) -> ir.Function:
    """An LLVM intrinsic whose operands and result are of one type."""
    of = args[0].type
    return builder.module.declare_intrinsic(name, [of], ir.FunctionType(of, [of] * len(args)))


def _same_type(name: str, nin: int) -> Callable[..., Any]:
    """An LLVM intrinsic from ``nin`` floats of one type to that type; it vectorizes."""

    def typed(_context: Any, x: Any) -> Any:
        def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
            return builder.call(_declared(builder, name, args), args)

        return x(x), generate

    def typed_pair(_context: Any, x: Any, y: Any) -> Any:
        def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
            return builder.call(_declared(builder, name, args), args)

        return (x(x, y), generate) if x == y else None

    return emitted(typed if nin == 1 else typed_pair)


floor = _same_type("llvm.floor", 1)
ceil = _same_type("llvm.ceil", 1)
trunc = _same_type("llvm.trunc", 1)
rint = _same_type("llvm.rint", 1)
sqrt = _same_type("llvm.sqrt", 1)
fabs = _same_type("llvm.fabs", 1)
copysign = _same_type("llvm.copysign", 2)


@emitted
def fma(_context: Any, x: Any, y: Any, z: Any) -> Any:
    """x·y + z, rounded once."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.call(_declared(builder, "llvm.fma", args), args)

    return (x(x, y, z), generate) if x == y == z else None


@emitted
def fmod(_context: Any, x: Any, y: Any) -> Any:
    """What is left of x after taking away y as often as it goes: exact, with the sign of x."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.frem(*args)

    return (x(x, y), generate) if x == y else None


@emitted
def one(_context: Any, x: Any) -> Any:
    """1 in the type of ``x``: a literal would be a float64, and widen what it meets."""

    def generate(_target: Any, _builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return args[0].type(1)

    return x(x), generate


@emitted
def bits(_context: Any, x: Any) -> Any:
    """The bits of a float32 or float64 as a signed integer of the same width."""
    integer = {types.float32: types.int32, types.float64: types.int64}[x]

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.bitcast(args[0], ir.IntType(integer.bitwidth))

    return integer(x), generate


@emitted
def float_of_bits(_context: Any, x: Any) -> Any:
    """The float32 or float64 that has the bits of an integer of the same width."""
    real, stored = {types.int32: (types.float32, ir.FloatType()), types.int64: (types.float64, DOUBLE)}[x]

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.bitcast(args[0], stored)

    return real(x), generate


def _integer(signed: str, unsigned: str) -> Callable[..., Any]:
    """An integer instruction on two operands of one type, without Numba's widening to 64 bits."""

    def typed(_context: Any, x: Any, y: Any) -> Any:
        def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
            return getattr(builder, signed if x.signed else unsigned)(*args)

        return (x(x, y), generate) if x == y else None

    return emitted(typed)


quotient = _integer("sdiv", "udiv")
"""Integer division towards zero. The divisor must not be 0, nor -1 with the smallest integer: the processor traps."""
rest = _integer("srem", "urem")
"""What `quotient` leaves, with the sign of the dividend, under the same condition."""
shifted_left = _integer("shl", "shl")
shifted_right = _integer("ashr", "lshr")


@emitted
def sign_fill(_context: Any, x: Any) -> Any:
    """What is left of an integer when all its bits are shifted out to the right: 0, or -1 if it is negative."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.ashr(args[0], args[0].type(x.bitwidth - 1)) if x.signed else args[0].type(0)

    return x(x), generate


@emitted
def width(_context: Any, x: Any) -> Any:
    """Number of bits of an integer, as an int64."""

    def generate(_target: Any, _builder: ir.IRBuilder, _signature: Any, _args: Any) -> ir.Value:
        return ir.Constant(ir.IntType(64), x.bitwidth)

    return types.int64(x), generate


def _c99(name: str, nin: int) -> Callable[..., Any]:
    """The C library's function of one or two double complex numbers."""

    def call(target: Any, builder: ir.IRBuilder, args: Any) -> ir.Value:
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(COMPLEX, [DOUBLE] * (2 * nin)), name)
        parts = [builder.extract_value(argument, part) for argument in args for part in (0, 1)]
        result = builder.call(function, parts)
        return _assembled(target, builder, types.complex128, [builder.extract_value(result, part) for part in (0, 1)])

    return _of_complex(call, types.complex128, nin)


def _assembled(target: Any, builder: ir.IRBuilder, of: Any, parts: list[ir.Value]) -> ir.Value:
    """A complex number from its parts."""
    made = cgutils.create_struct_proxy(of)(target, builder)
    made.real, made.imag = parts
    return made._getvalue()  # noqa: SLF001 - the way that Numba's own extensions spell it


def _packs_complex64() -> bool:
    """Whether the ABI passes a float complex as two floats in one vector register (System V x86-64, 3.2.3)."""
    return platform.machine().lower() in ("x86_64", "amd64")


def _c99_single(name: str, nin: int) -> Callable[..., Any]:
    """The C library's function of one or two complex64 numbers."""

    def call(target: Any, builder: ir.IRBuilder, args: Any) -> ir.Value:
        real = ir.FloatType()
        split = [[builder.extract_value(argument, part) for part in (0, 1)] for argument in args]
        if _packs_complex64():
            pair = ir.VectorType(real, 2)
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(pair, [pair] * nin), name)
            index = [ir.Constant(ir.IntType(32), part) for part in (0, 1)]
            packed = []
            for parts in split:
                vector = ir.Constant(pair, ir.Undefined)
                for part in (0, 1):
                    vector = builder.insert_element(vector, parts[part], index[part])
                packed.append(vector)
            result = builder.call(function, packed)
            return _assembled(target, builder, types.complex64, [builder.extract_element(result, i) for i in index])
        pair = ir.LiteralStructType([real, real])
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(pair, [real] * (2 * nin)), name)
        result = builder.call(function, [part for parts in split for part in parts])
        return _assembled(target, builder, types.complex64, [builder.extract_value(result, part) for part in (0, 1)])

    return _of_complex(call, types.complex64, nin)


def _of_complex(call: Callable[..., ir.Value], of: Any, nin: int) -> Callable[..., Any]:
    """An intrinsic of one or two complex numbers of one type."""

    def typed(_context: Any, z: Any) -> Any:
        def generate(target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
            return call(target, builder, args)

        return (z(z), generate) if z == of else None

    def typed_pair(_context: Any, z: Any, w: Any) -> Any:
        def generate(target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
            return call(target, builder, args)

        return (z(z, w), generate) if z == w == of else None

    return emitted(typed if nin == 1 else typed_pair)


@emitted
def hypot(_context: Any, x: Any, y: Any) -> Any:
    """The C library's hypot of two float64 numbers."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(DOUBLE, [DOUBLE] * 2), "hypot")
        return builder.call(function, args)

    return (x(x, y), generate) if x == y == types.float64 else None


@emitted
def narrowed(_context: Any, x: Any, like: Any) -> Any:
    """A float64 rounded to the float type of ``like``."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return args[0] if like == types.float64 else builder.fptrunc(args[0], ir.FloatType())

    return like(x, like), generate


csqrt = _c99("csqrt", 1)
cexp = _c99("cexp", 1)
clog = _c99("clog", 1)
csin = _c99("csin", 1)
ccos = _c99("ccos", 1)
cpow = _c99("cpow", 2)
csqrtf = _c99_single("csqrtf", 1)
cpowf = _c99_single("cpowf", 2)
