"""Machine access for kernels: typed loads and stores, arrays as C structs, calls through an address.

Kernels see memory as NumPy's inner loops do: an address (int64), a count and a stride in bytes. An element type is
named by NumPy's character: ``?bBhHiIlLefdFD``, where ``l`` and ``L`` are 64 bits wide on every platform.
float16 (``e``) is stored as a half and computed as float32; bool is stored as a byte and computed as a boolean.

Loads and stores carry alias scopes: what a loop stores is never what it has still to load. Callers guarantee it: an
output is disjoint from an input, or is exactly that input (same address and strides). They assume no alignment: on the
processors that matter an unaligned vector access costs the same where the address happens to be aligned, and so
unaligned arrays need no copy.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.extending import NativeValue, models, register_model, unbox

from parity_kernels.compiling import emitted

INT64 = ir.IntType(64)
POINTER = ir.PointerType(ir.IntType(8))

COMPUTED: dict[str, Any] = {
    "?": types.boolean,
    "b": types.int8,
    "B": types.uint8,
    "h": types.int16,
    "H": types.uint16,
    "i": types.int32,
    "I": types.uint32,
    "l": types.int64,
    "L": types.uint64,
    "e": types.float32,
    "f": types.float32,
    "d": types.float64,
    "F": types.complex64,
    "D": types.complex128,
}
"""Element character → the Numba type in which a kernel computes."""

ITEMSIZE: dict[str, int] = {
    "?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "e": 2, "f": 4, "d": 8, "F": 8, "D": 16,
}  # fmt: skip
"""Element character → bytes in memory."""


def _stored(char: str) -> ir.Type:
    """The LLVM type of an element as it lies in memory."""
    float32, float64 = ir.FloatType(), ir.DoubleType()
    by_char: dict[str, ir.Type] = {"e": ir.HalfType(), "f": float32, "d": float64}
    if char in by_char:
        return by_char[char]
    if char in "FD":
        part = float32 if char == "F" else float64
        return ir.LiteralStructType([part, part])
    return ir.IntType(8 * ITEMSIZE[char])


def _scopes(module: ir.Module) -> tuple[ir.MDValue, ir.MDValue]:
    domain = module.add_metadata(["parity_kernels"])
    inputs = module.add_metadata(["parity_kernels inputs", domain])
    outputs = module.add_metadata(["parity_kernels outputs", domain])
    return module.add_metadata([inputs]), module.add_metadata([outputs])


def _element_pointer(builder: ir.IRBuilder, address: ir.Value, index: ir.Value, char: str) -> ir.Value:
    base = builder.inttoptr(address, _stored(char).as_pointer())
    return builder.gep(base, [index])


def _loaded(builder: ir.IRBuilder, pointer: ir.Value, code: str) -> ir.Value:
    """An element in the type that is computed with."""
    value = builder.load(pointer, align=1)
    inputs, outputs = _scopes(builder.module)
    value.set_metadata("alias.scope", inputs)
    value.set_metadata("noalias", outputs)
    if code == "e":
        return builder.fpext(value, ir.FloatType())
    if code == "?":
        return builder.icmp_unsigned("!=", value, value.type(0))
    return value


@emitted
def load(_context: Any, _address: Any, _index: Any, char: Any) -> Any:
    """Element ``index`` of the contiguous elements of type ``char`` at ``address``."""
    if not isinstance(char, types.StringLiteral):
        return None
    code = char.literal_value

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return _loaded(builder, _element_pointer(builder, args[0], args[1], code), code)

    return COMPUTED[code](types.int64, types.int64, char), generate


@emitted
def load_every_other(_context: Any, _address: Any, _index: Any, char: Any) -> Any:
    """Element 2·``index`` of contiguous elements: the first of pair ``index``.

    As a walk over pairs LLVM loads whole vectors and shuffles; as an arbitrary stride, even of 2, it gathers, which
    took 4 times as long.
    """
    if not isinstance(char, types.StringLiteral):
        return None
    code = char.literal_value

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        pair = ir.LiteralStructType([_stored(code)] * 2)
        base = builder.inttoptr(args[0], pair.as_pointer())
        return _loaded(builder, builder.gep(base, [args[1], ir.IntType(32)(0)], inbounds=True), code)

    return COMPUTED[code](types.int64, types.int64, char), generate


@emitted
def store(_context: Any, _address: Any, _index: Any, char: Any, _value: Any) -> Any:
    """Write ``value`` as element ``index`` of the contiguous elements of type ``char`` at ``address``."""
    if not isinstance(char, types.StringLiteral):
        return None
    code = char.literal_value

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        pointer, stored = _element_pointer(builder, args[0], args[1], code), args[3]
        if code == "e":
            stored = builder.fptrunc(stored, ir.HalfType())
        elif code == "?":
            stored = builder.zext(stored, ir.IntType(8))
        written = builder.store(stored, pointer, align=1)
        inputs, outputs = _scopes(builder.module)
        written.set_metadata("alias.scope", outputs)
        written.set_metadata("noalias", inputs)
        return _target.get_dummy_value()

    return types.void(types.int64, types.int64, char, COMPUTED[code]), generate


@emitted
def word(_context: Any, _address: Any, _index: Any) -> Any:
    """The int64 number ``index`` of those at ``address``: an entry of a list of addresses, counts or strides."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.load(builder.gep(builder.inttoptr(args[0], INT64.as_pointer()), [args[1]]))

    return types.int64(types.int64, types.int64), generate


@emitted
def set_word(_context: Any, _address: Any, _index: Any, _value: Any) -> Any:
    """Write the int64 number ``index`` of those at ``address``."""

    def generate(target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        builder.store(args[2], builder.gep(builder.inttoptr(args[0], INT64.as_pointer()), [args[1]]))
        return target.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@emitted
def int32_at(_context: Any, _address: Any) -> Any:
    """The int32 at an address, as int64."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.sext(builder.load(builder.inttoptr(args[0], ir.IntType(32).as_pointer())), INT64)

    return types.int64(types.int64), generate


@emitted
def byte_at(_context: Any, _address: Any) -> Any:
    """The byte at an address, as uint8."""

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.load(builder.inttoptr(args[0], POINTER))

    return types.uint8(types.int64), generate


@emitted
def opaque(_context: Any, _value: Any) -> Any:
    """The same int64, of which the optimizer knows nothing.

    Without it LLVM turns addresses x + 2·step and x + 3·step into a chain of additions, one per element, and the chain
    is what a strided loop then waits for.
    """

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return builder.asm(ir.FunctionType(INT64, [INT64]), "", "=r,0", args, side_effect=False)

    return types.int64(types.int64), generate


@emitted
def words(_context: Any, count: Any) -> Any:
    """Address of ``count`` (a literal) int64 on the stack of the caller, uninitialized."""
    if not isinstance(count, types.IntegerLiteral):
        return None
    size = count.literal_value

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, _args: Any) -> ir.Value:
        return builder.ptrtoint(cgutils.alloca_once(builder, INT64, size=size), INT64)

    return types.int64(count), generate


@emitted
def call_loop(_context: Any, _loop: Any, _args: Any, _count: Any, _steps: Any) -> Any:
    """Call the inner loop at address ``loop`` with (addresses of operands, number of elements, strides in bytes)."""

    def generate(target: Any, builder: ir.IRBuilder, _signature: Any, values: Any) -> ir.Value:
        function = ir.FunctionType(ir.VoidType(), [INT64, INT64, INT64])
        builder.call(builder.inttoptr(values[0], function.as_pointer()), values[1:])
        return target.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate


class ArrayObject(types.Opaque):  # type: ignore[misc]
    """A ``numpy.ndarray`` as its address: entry points read its fields themselves, without Numba's unboxing."""

    def __init__(self) -> None:
        super().__init__(name="ArrayObject")


array_object = ArrayObject()


@register_model(ArrayObject)
class _ArrayObjectModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, front_end_type: Any) -> None:
        super().__init__(manager, front_end_type, INT64)


@unbox(ArrayObject)  # type: ignore[untyped-decorator, unused-ignore]
def _unbox_array_object(_type: Any, value: ir.Value, context: Any) -> NativeValue:
    return NativeValue(context.builder.ptrtoint(value, INT64))


@emitted
def address_of(_context: Any, _array: Any) -> Any:
    """Address of the C struct of an ``ArrayObject``."""

    def generate(_target: Any, _builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        return args[0]

    return types.int64(array_object), generate


# PyArrayObject_fields of numpy/ndarraytypes.h, on 64-bit platforms: ob_refcnt, ob_type (16 bytes), then data, nd,
# dimensions, strides, base, descr, flags. The layout is part of NumPy's stable C ABI, the same in 1.x and 2.x.
DATA, NDIM, DIMENSIONS, STRIDES, DESCR, FLAGS = 16, 24, 32, 40, 56, 64
OBJECT_TYPE = 1  # ob_type is the second word of every object
