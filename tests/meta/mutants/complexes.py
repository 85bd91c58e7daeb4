"""Complex numbers: a part that is lost, conjugation, order, branch cuts."""

from typing import Any

import numpy as np

from .breaking import Kernel, Mutant, after, instead, of, plain

COMPLEX = "FD"


def _real_alone(result: np.ndarray, *_inputs: Any) -> None:
    if result.dtype.kind == "c":
        result.imag = 0


def _conjugated(result: np.ndarray, *_inputs: Any) -> None:
    if result.dtype.kind == "c":
        np.conjugate(result, out=result)


def _larger_modulus(_kernel: Kernel, x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.where(np.isnan(x) | (np.abs(x) >= np.abs(y)), x, y)[()]


def _smaller_modulus(_kernel: Kernel, x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.less(np.abs(x), np.abs(y))


def _parts_without_cross_terms(_kernel: Kernel, x: Any, y: Any) -> Any:
    result = np.array(np.add(x, y))
    result.real, result.imag = np.real(x) * np.real(y), np.imag(x) * np.imag(y)
    return result[()]


def _naive_quotient(_kernel: Kernel, x: Any, y: Any) -> Any:
    """By the squared modulus, which overflows and underflows long before the quotient does."""
    modulus = np.real(y) ** 2 + np.imag(y) ** 2
    return np.multiply(x, np.conjugate(y)) / modulus


def _other_branch(result: np.ndarray, x: Any) -> None:
    """On the cut, the sign of a zero imaginary part is ignored."""
    below = (np.imag(x) == 0) & np.signbit(np.imag(x)) & (np.real(x) < 0)
    np.copyto(result, np.conjugate(result), where=below)


def _sign_of_real_part(_kernel: Kernel, x: Any) -> Any:
    return np.sign(np.real(x)).astype(np.asarray(x).dtype)


def _argmax_by_modulus(_kernel: Kernel, a: Any, **keywords: Any) -> Any:
    return np.argmax(np.abs(a), **keywords)


def _of_real_parts(kernel: Kernel, *inputs: Any, **keywords: Any) -> Any:
    return kernel(*(np.real(x) for x in inputs), **keywords)


MUTANTS = (
    Mutant("multiply", "of complex numbers has no cross terms", "value", of(COMPLEX, plain(_parts_without_cross_terms))),
    Mutant("subtract", "loses the imaginary part", "zero", after(_real_alone)),
    Mutant("square", "is conjugated", "value", after(_conjugated)),
    Mutant("exp", "is conjugated", "value", after(_conjugated)),
    Mutant("divide", "of complex numbers goes through the squared modulus", "nan", of(COMPLEX, plain(_naive_quotient))),
    Mutant("absolute", "of complex numbers is that of the real part", "value", of(COMPLEX, plain(
        lambda _kernel, x: np.abs(np.real(x))
    ))),
    Mutant("sign", "of complex numbers is that of the real part", "value", of(COMPLEX, plain(_sign_of_real_part))),
    Mutant("sqrt", "takes the other branch below the cut", "value", of(COMPLEX, after(_other_branch))),
    Mutant("log", "takes the other branch below the cut", "value", of(COMPLEX, after(_other_branch))),
    Mutant("maximum", "of complex numbers goes by modulus", "value", of(COMPLEX, plain(_larger_modulus))),
    Mutant("less", "of complex numbers goes by modulus", "value", of(COMPLEX, plain(_smaller_modulus))),
    Mutant("equal", "of complex numbers looks at the real parts alone", "value", of(COMPLEX, _of_real_parts)),
    Mutant("isnan", "of complex numbers looks at the real part alone", "value", of(COMPLEX, _of_real_parts)),
    Mutant("logical_not", "of complex numbers looks at the real part alone", "value", of(COMPLEX, _of_real_parts)),
    Mutant("rint", "of complex numbers leaves the imaginary part", "value", of(COMPLEX, after(
        lambda result, x: setattr(result, "imag", np.imag(x)) if result.dtype.kind == "c" else None
    ))),
    Mutant("argmax", "of complex numbers goes by modulus", "value", of(COMPLEX, _argmax_by_modulus)),
    Mutant("sum", "is conjugated", "value", after(_conjugated, masked=False)),
    Mutant("mean", "loses the imaginary part", "value", after(_real_alone, masked=False)),
    Mutant("any", "of complex numbers looks at the real parts alone", "value", of(COMPLEX, _of_real_parts)),
    Mutant("var", "of complex numbers looks at the real parts alone", "value", of(COMPLEX, _of_real_parts)),
    Mutant("min", "of complex numbers goes by their negatives", "value", of(COMPLEX, instead(np.max))),
)  # fmt: skip
