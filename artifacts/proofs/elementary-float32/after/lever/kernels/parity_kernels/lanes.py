"""Accumulators that folds keep in memory and in vector registers.

LLVM may not reorder a sum of floats, so a loop over one accumulator is as slow as one addition after another. Here the
order is written down: `octet_sum` keeps eight partial sums in one vector register, `vector_extreme` eight vectors of
maxima, and rows of accumulators in memory (`peek`) are updated element by element, which the loop vectorizer turns
into vectors without any licence.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from parity_kernels.compiling import emitted
from parity_kernels.memory import COMPUTED, INT64, ITEMSIZE

REALS: dict[str, ir.Type] = {"f": ir.FloatType(), "d": ir.DoubleType()}
PART: dict[str, str] = {"f": "f", "d": "d", "F": "f", "D": "d"}
INT32 = ir.IntType(32)
AHEAD = 32  # lines ahead that are asked for: maxima of 1e7 floats went from 0.76 to 1.1 times NumPy's speed with it


def _scopes(module: ir.Module) -> tuple[ir.MDValue, ir.MDValue]:
    """The alias scopes of `memory`: inputs and outputs. A row of accumulators is an output."""
    domain = module.add_metadata(["parity_kernels"])
    inputs = module.add_metadata(["parity_kernels inputs", domain])
    outputs = module.add_metadata(["parity_kernels outputs", domain])
    return module.add_metadata([inputs]), module.add_metadata([outputs])


def _stored(code: str) -> ir.Type:
    if code in "FD":
        part = REALS[PART[code]]
        return ir.LiteralStructType([part, part])
    return REALS[code] if code in REALS else ir.IntType(8 * ITEMSIZE[code])


@emitted
def peek(_context: Any, _address: Any, _index: Any, char: Any) -> Any:
    """Accumulator ``index`` of the row at ``address``: unlike `memory.load` it may read what was stored before."""
    if not isinstance(char, types.StringLiteral):
        return None
    code = char.literal_value

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        pointer = builder.gep(builder.inttoptr(args[0], _stored(code).as_pointer()), [args[1]])
        value = builder.load(pointer, align=ITEMSIZE[PART.get(code, code)])
        inputs, outputs = _scopes(builder.module)
        value.set_metadata("alias.scope", outputs)
        value.set_metadata("noalias", inputs)
        return value

    return COMPUTED[code](types.int64, types.int64, char), generate


@emitted
def scratch(_context: Any, count: Any) -> Any:
    """Address of ``count`` (a literal) int64 on the stack of the caller, uninitialized, aligned to 64 bytes."""
    if not isinstance(count, types.IntegerLiteral):
        return None
    size = count.literal_value

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, _args: Any) -> ir.Value:
        # Not by cgutils.alloca_once: that fills with zeros at every call, 64 KiB of them in a sum over rows.
        with builder.goto_entry_block():
            buffer = builder.alloca(ir.ArrayType(INT64, size))
        buffer.align = 64
        return builder.ptrtoint(buffer, INT64)

    return types.int64(count), generate


@emitted
def octet_sum(_context: Any, _address: Any, _octets: Any, char: Any) -> Any:
    """Sum of ``octets`` >= 1 times eight contiguous reals at ``address``, in the order of NumPy's pairwise leaf.

    Lane k takes the elements k, k + 8, k + 16, ... in turn; then ((r0+r1) + (r2+r3)) + ((r4+r5) + (r6+r7)).
    For a complex ``char`` the eight lanes are four complex numbers and the result is complex.
    """
    if not isinstance(char, types.StringLiteral):
        return None
    code = char.literal_value

    def generate(target: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
        part = PART[code]
        vector = ir.VectorType(REALS[part], 8)
        base = builder.inttoptr(args[0], vector.as_pointer())
        total = cgutils.alloca_once_value(builder, builder.load(base, align=ITEMSIZE[part]))
        with cgutils.for_range(builder, args[1], start=INT64(1)) as loop:
            chunk = builder.load(builder.gep(base, [loop.index]), align=ITEMSIZE[part])
            builder.store(builder.fadd(builder.load(total), chunk), total)
        lanes = builder.load(total)
        if code in "FD":
            lanes = builder.fadd(_chosen(builder, lanes, (0, 1, 4, 5)), _chosen(builder, lanes, (2, 3, 6, 7)))
            lanes = builder.fadd(_chosen(builder, lanes, (0, 1)), _chosen(builder, lanes, (2, 3)))
            result = cgutils.create_struct_proxy(signature.return_type)(target, builder)
            result.real = builder.extract_element(lanes, INT32(0))
            result.imag = builder.extract_element(lanes, INT32(1))
            return result._getvalue()  # noqa: SLF001 - Numba's name for the value of a struct proxy
        for width in (4, 2, 1):
            even, odd = tuple(range(0, 2 * width, 2)), tuple(range(1, 2 * width, 2))
            lanes = builder.fadd(_chosen(builder, lanes, even), _chosen(builder, lanes, odd))
        return builder.extract_element(lanes, INT32(0))

    return COMPUTED[code](types.int64, types.int64, char), generate


@emitted
def vector_extreme(_context: Any, _address: Any, _vectors: Any, _first: Any, char: Any, order: Any) -> Any:
    """Maximum (``order`` '>') or minimum ('<') of ``first`` and ``vectors`` times 64 bytes of reals.

    NaN if there is one among the vectors.

    A chain of selections drops NaN, so that a flag beside it remembers them: one unordered comparison looks at two
    vectors at once. Of zeros of both signs the result is the one that NumPy's AVX-512 loop takes: the second of two
    in ((v0 v1)(v2 v3))((v4 v5)(v6 v7)), and in the end the lower half, the upper quarter, the upper lane.
    """
    if not isinstance(char, types.StringLiteral) or not isinstance(order, types.StringLiteral):
        return None
    code, comparison = char.literal_value, order.literal_value
    count = 64 // ITEMSIZE[code]

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        vector, flags = ir.VectorType(REALS[code], count), ir.VectorType(ir.IntType(1), count)
        base = builder.inttoptr(args[0], vector.as_pointer())

        def fetched(index: ir.Value) -> ir.Value:
            return builder.load(builder.gep(base, [index]), align=ITEMSIZE[code])

        def better(left: ir.Value, right: ir.Value) -> ir.Value:
            return builder.select(builder.fcmp_ordered(comparison, left, right), left, right)

        start = builder.insert_element(ir.Constant(vector, ir.Undefined), args[2], INT32(0))
        best = cgutils.alloca_once_value(builder, _chosen(builder, start, (0,) * count))
        nan = cgutils.alloca_once_value(builder, ir.Constant(flags, None))
        groups = builder.udiv(args[1], INT64(8))
        with cgutils.for_range(builder, groups) as loop:
            group = builder.mul(loop.index, INT64(8))
            for k in range(8):
                _prefetch(builder, builder.gep(base, [builder.add(group, INT64(k + AHEAD))]))
            layer = [fetched(builder.add(group, INT64(k))) for k in range(8)]
            unordered = [builder.fcmp_unordered("uno", layer[k], layer[k + 1]) for k in range(0, 8, 2)]
            seen = builder.or_(builder.or_(unordered[0], unordered[1]), builder.or_(unordered[2], unordered[3]))
            builder.store(builder.or_(builder.load(nan), seen), nan)
            while len(layer) > 1:
                layer = [better(layer[k], layer[k + 1]) for k in range(0, len(layer), 2)]
            builder.store(better(builder.load(best), layer[0]), best)
        with cgutils.for_range(builder, args[1], start=builder.mul(groups, INT64(8))) as loop:
            chunk = fetched(loop.index)
            builder.store(builder.or_(builder.load(nan), builder.fcmp_unordered("uno", chunk, chunk)), nan)
            builder.store(better(builder.load(best), chunk), best)
        lanes, width = builder.load(best), count
        while width > 4 * 4 // ITEMSIZE[code]:
            width //= 2
            upper, lower = tuple(range(width, 2 * width)), tuple(range(width))
            lanes = better(_chosen(builder, lanes, upper), _chosen(builder, lanes, lower))
        while width > 1:
            width //= 2
            upper, lower = tuple(range(width, 2 * width)), tuple(range(width))
            lanes = better(_chosen(builder, lanes, lower), _chosen(builder, lanes, upper))
        mask = builder.bitcast(builder.load(nan), ir.IntType(count))
        value = builder.extract_element(lanes, INT32(0))
        return builder.select(builder.icmp_unsigned("!=", mask, mask.type(0)), REALS[code](float("nan")), value)

    return COMPUTED[code](types.int64, types.int64, COMPUTED[code], char, order), generate


def _prefetch(builder: ir.IRBuilder, place: ir.Value) -> None:
    """Ask for the line at an address, which need not be mapped, to be read once."""
    pointer = builder.bitcast(place, ir.IntType(8).as_pointer())
    signature = ir.FunctionType(ir.VoidType(), [pointer.type, INT32, INT32, INT32])
    function = cgutils.get_or_insert_function(builder.module, signature, "llvm.prefetch.p0")
    builder.call(function, [pointer, INT32(0), INT32(3), INT32(1)])


def _chosen(builder: ir.IRBuilder, lanes: ir.Value, which: tuple[int, ...]) -> ir.Value:
    """The lanes ``which``, in that order."""
    index = ir.Constant(ir.VectorType(INT32, len(which)), [INT32(k) for k in which])
    return builder.shuffle_vector(lanes, ir.Constant(lanes.type, ir.Undefined), index)
