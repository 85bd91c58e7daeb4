"""How a kernel is broken: one function, or one method of it, is replaced; the rest of the namespace is the kernels' own.

A broken function takes what the kernel takes, with the kernel itself as first argument. It gives the kernel's own answer
wherever its sentence does not say otherwise, so that a test which catches it has caught just that.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from parity.documents.verdict import FailedClass
from parity.ops.catalogue import CATALOGUE

Kernel = Callable[..., Any]
Broken = Callable[..., Any]
Change = Callable[..., None]


class Mutant(NamedTuple):
    """One break.

    target: the function or method, such as `add` or `add.reduce`. says: the rest of a sentence that begins with it.
    shows: the class of the comparison in which it must be caught. call: the broken function.
    """

    target: str
    says: str
    shows: FailedClass
    call: Broken

    @property
    def op(self) -> str:
        """The row of the catalogue."""
        return self.target.partition(".")[0]

    @property
    def sentence(self) -> str:
        """The test's name."""
        return f"{self.target} {self.says}"


class Namespace:
    """The kernels with one mutant in them."""

    def __init__(self, kernels: Any, mutant: Mutant) -> None:
        self._kernels, self._mutant = kernels, mutant

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._kernels, name)
        return BrokenFunction(found, self._mutant) if name == self._mutant.op else found


class BrokenFunction:
    """A function of which the call, or one method, is broken."""

    def __init__(self, original: Any, mutant: Mutant) -> None:
        self._original, self._mutant = original, mutant

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        # Calls with too few or too many arguments are refused by the kernel; no mutant is about them.
        if self._mutant.target == self._mutant.op and len(args) == CATALOGUE[self._mutant.op].nin:
            return self._mutant.call(self._original, *args, **keywords)
        return self._original(*args, **keywords)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._original, name)
        if self._mutant.target != f"{self._mutant.op}.{name}":
            return method
        return lambda *args, **keywords: self._mutant.call(method, *args, **keywords)


def after(change: Change, *, masked: bool = True) -> Broken:
    """The result is changed in place: `change(result, *inputs)`, where masked elements of an `out` stay as they are.

    masked: false for a reduction, whose mask belongs to its input.
    """

    def call(kernel: Kernel, *args: Any, **keywords: Any) -> Any:
        result = kernel(*args, **keywords)
        if not isinstance(result, np.ndarray | np.generic):
            return result
        fresh = np.array(result)
        change(fresh, *args)
        if isinstance(result, np.generic):
            return fresh[()]
        np.copyto(result, fresh, where=keywords.get("where", True) if masked else True)
        return result

    return call


def where(condition: Callable[..., bool], broken: Broken) -> Broken:
    """Broken only for inputs that satisfy `condition(*inputs)`."""

    def call(kernel: Kernel, *args: Any, **keywords: Any) -> Any:
        return broken(kernel, *args, **keywords) if condition(*args) else kernel(*args, **keywords)

    return call


def of(chars: str, broken: Broken) -> Broken:
    """Broken only where all inputs are arrays or NumPy scalars of one of these element types."""

    def fits(*inputs: Any) -> bool:
        return all(isinstance(x, np.ndarray | np.generic) and x.dtype.char in chars for x in inputs)

    return where(fits, broken)


def plain(broken: Broken) -> Broken:
    """Broken only in calls without keywords."""

    def call(kernel: Kernel, *args: Any, **keywords: Any) -> Any:
        return kernel(*args, **keywords) if keywords else broken(kernel, *args)

    return call


def instead(function: Kernel) -> Broken:
    """Another function altogether."""
    return lambda _kernel, *args, **keywords: function(*args, **keywords)


def given(change: Callable[..., Any]) -> Broken:
    """The arguments are changed: `change(*inputs)` gives new ones."""
    return lambda kernel, *args, **keywords: kernel(*change(*args), **keywords)


def without(*names: str) -> Broken:
    """Keywords are ignored."""

    def call(kernel: Kernel, *args: Any, **keywords: Any) -> Any:
        return kernel(*args, **{name: value for name, value in keywords.items() if name not in names})

    return call


def keyword(name: str, change: Callable[[Any], Any]) -> Broken:
    """A keyword that is given is changed."""

    def call(kernel: Kernel, *args: Any, **keywords: Any) -> Any:
        return kernel(*args, **keywords | ({name: change(keywords[name])} if name in keywords else {}))

    return call


def on_error(error: type[Exception], answer: Callable[..., Any]) -> Broken:
    """Where the kernel raises this error: `answer(*inputs, **keywords)`, which may raise another."""

    def call(kernel: Kernel, *args: Any, **keywords: Any) -> Any:
        try:
            return kernel(*args, **keywords)
        except error:
            return answer(*args, **keywords)

    return call


def raising(error: type[Exception]) -> Callable[..., Any]:
    """An answer that is an error."""

    def answer(*_args: Any, **_keywords: Any) -> Any:
        raise error("another error")

    return answer


def lane(index: int, lengths: Callable[[int], bool] = lambda _length: True) -> Broken:
    """One element is wrong by its lowest bit, for lengths that have it and satisfy a condition."""

    def change(result: np.ndarray, *_inputs: Any) -> None:
        if (result.size > index if index >= 0 else result.size) and lengths(result.size):
            result.flat[index] = neighbour(result.flat[index])

    return after(change)


def neighbour(value: np.generic) -> np.generic:
    """The value with its lowest bit flipped."""
    raw = bytearray(value.tobytes())
    raw[0] ^= 1
    flipped: np.generic = np.frombuffer(bytes(raw), value.dtype)[0]
    return flipped


def filled(value: Any, places: Callable[..., Any]) -> Broken:
    """A value in some places: `places(result, *inputs)` gives the mask."""

    def change(result: np.ndarray, *inputs: Any) -> None:
        with np.errstate(all="ignore"):
            result[np.broadcast_to(places(result, *inputs), result.shape)] = value

    return after(change)


def moved(ulps: int) -> Broken:
    """Normal numbers moved away from zero by so many representations."""

    def change(result: np.ndarray, *_inputs: Any) -> None:
        if result.dtype.kind == "f":
            normal = np.isfinite(result) & (np.abs(result) > np.finfo(result.dtype).tiny)
            result.view(f"i{result.dtype.itemsize}")[normal] += ulps

    return after(change)


def moved_normwise(ulps: int) -> Broken:
    """Complex numbers whose larger component is moved by so many of its own units in the last place, away from zero."""

    def change(result: np.ndarray, *_inputs: Any) -> None:
        if result.dtype.kind != "c":
            return
        real, imaginary = result.real, result.imag
        larger = np.abs(real) >= np.abs(imaginary)
        for part, chosen in ((real, larger), (imaginary, ~larger)):
            normal = np.isfinite(real) & np.isfinite(imaginary) & (np.abs(part) > np.finfo(part.dtype).tiny)
            part.view(f"i{part.dtype.itemsize}")[normal & chosen] += ulps

    return after(change)
