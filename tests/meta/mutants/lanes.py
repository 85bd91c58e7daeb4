"""Wrong in some lane, for some lengths, or in some layout of the operands."""

from typing import Any

import numpy as np

from .breaking import Kernel, Mutant, after, given, lane, neighbour, plain, where


def _swap_neighbours(result: np.ndarray, *_inputs: Any) -> None:
    if result.ndim == 1 and result.size > 101:
        result[[100, 101]] = result[[101, 100]]


def _repeat_lane(result: np.ndarray, *_inputs: Any) -> None:
    if result.ndim == 1 and result.size > 65:
        result[65] = result[64]


def _stop_at_64(result: np.ndarray, *_inputs: Any) -> None:
    if result.ndim == 1:
        result[64:] = 0


def _second_row(result: np.ndarray, *_inputs: Any) -> None:
    if result.ndim == 2 and len(result) > 1 and result.shape[1]:
        result[1, -1] = neighbour(result[1, -1])


def _beyond_four_axes(result: np.ndarray, *_inputs: Any) -> None:
    if result.ndim > 4 and result.size:
        result.flat[-1] = neighbour(result.flat[-1])


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def _forwards(*inputs: Any) -> list[Any]:
    return [
        x[tuple(slice(None, None, -1 if stride < 0 else 1) for stride in x.strides)] if _is_array(x) else x
        for x in inputs
    ]


def _by_rows(*inputs: Any) -> list[Any]:
    """What is in Fortran order is read as if it were in C order."""
    return [x.ravel("K").reshape(x.shape) if _is_array(x) and x.ndim > 1 and x.flags.fnc else x for x in inputs]


def _unit_stride(*inputs: Any) -> list[Any]:
    """What follows the one element in memory is unknown here: its own value plus its position takes the place."""
    return [
        x + np.arange(x.size).astype(x.dtype)
        if _is_array(x) and x.ndim == 1 and x.size > 1 and x.strides == (0,)
        else x
        for x in inputs
    ]


def _every_element(*inputs: Any) -> list[Any]:
    """A step of two is read as a step of one, from the same start."""
    return [
        np.lib.stride_tricks.as_strided(x, strides=(x.itemsize,))
        if _is_array(x) and x.ndim == 1 and x.size > 1 and x.strides[0] == 2 * x.itemsize
        else x
        for x in inputs
    ]


def _native(*inputs: Any) -> list[Any]:
    return [x.view(x.dtype.newbyteorder("=")) if _is_array(x) and not x.dtype.isnative else x for x in inputs]


class _At:
    """An array's memory, from another address on."""

    def __init__(self, x: np.ndarray, address: int) -> None:
        self.__array_interface__ = dict(x.__array_interface__, data=(address, True))
        self.keeps_alive = x


def _aligned_address(*inputs: Any) -> list[Any]:
    """The lowest bit of an address is cut off, as an aligned load might do."""
    return [
        np.asarray(_At(x, x.__array_interface__["data"][0] & ~1)) if _is_array(x) and not x.flags.aligned else x
        for x in inputs
    ]


def _row_as_column(*inputs: Any) -> list[Any]:
    shape = np.broadcast_shapes(*(np.shape(x) for x in inputs))
    if len(shape) == 2 and shape[0] == shape[1]:
        return [x[:, None] if _is_array(x) and x.shape == shape[:1] else x for x in inputs]
    return list(inputs)


def _column_backwards(*inputs: Any) -> list[Any]:
    return [x[::-1] if _is_array(x) and x.ndim == 2 and x.shape[1] == 1 and len(x) > 1 else x for x in inputs]


def _axes_reversed(*inputs: Any) -> list[Any]:
    """Strides are taken in the opposite order, where the lengths allow for it."""
    return [
        x.transpose(2, 1, 0).copy().reshape(x.shape) if _is_array(x) and x.ndim == 3 and not x.flags.c_contiguous else x
        for x in inputs
    ]


def _scalar_first(kernel: Kernel, *inputs: Any) -> Any:
    result = kernel(*inputs)
    return np.array(kernel(*inputs[::-1])) if _is_array(result) else result


def _one_element_first(*inputs: Any) -> bool:
    return len(inputs) == 2 and np.ndim(inputs[1]) > np.ndim(inputs[0]) == 0


MUTANTS = (
    Mutant("add", "is wrong in one lane past 64", "value", lane(67)),
    Mutant("multiply", "is wrong only in lane 128", "value", lane(128)),
    Mutant(
        "subtract", "is wrong only in the last lane of a remainder", "value", lane(-1, lambda n: n > 16 and n % 16 > 0)
    ),
    Mutant("maximum", "is wrong in its first lane for more than 128 elements", "value", lane(0, lambda n: n > 128)),
    Mutant("equal", "is wrong only for 1000 elements", "value", lane(517, lambda n: n == 1000)),
    Mutant("negative", "is wrong only for 33 to 63 elements", "value", lane(32, lambda n: 32 < n < 64)),
    Mutant("right_shift", "is wrong for one element alone", "value", lane(0, lambda n: n == 1)),
    Mutant("bitwise_xor", "leaves zeros past lane 64", "value", after(_stop_at_64)),
    Mutant("fmin", "takes lane 65 from lane 64", "value", after(_repeat_lane)),
    Mutant("less", "swaps lanes 100 and 101", "value", after(_swap_neighbours)),
    Mutant("greater_equal", "is wrong at the end of the second row", "value", after(_second_row)),
    Mutant("multiply", "is wrong beyond four dimensions", "value", after(_beyond_four_axes)),
    Mutant("subtract", "reads negative strides forwards", "value", given(_forwards)),
    Mutant("fabs", "reads negative strides forwards", "value", given(_forwards)),
    Mutant("add", "reads Fortran order as C order", "value", given(_by_rows)),
    Mutant("minimum", "reads a zero stride as a stride of one element", "value", given(_unit_stride)),
    Mutant("floor", "reads a stride of two elements as one", "value", given(_every_element)),
    Mutant("add", "ignores the byte order", "value", given(_native)),
    Mutant("isnan", "ignores the byte order", "value", given(_native)),
    Mutant("copysign", "reads unaligned operands from one byte before", "value", given(_aligned_address)),
    Mutant("add", "reads a row as a column where the result is square", "value", given(_row_as_column)),
    Mutant("bitwise_or", "reads a column from its last row up", "value", given(_column_backwards)),
    Mutant("trunc", "takes the strides of three axes in reverse", "value", given(_axes_reversed)),
    Mutant("subtract", "swaps its operands where the first is a scalar", "value", where(_one_element_first, plain(_scalar_first))),
)  # fmt: skip
