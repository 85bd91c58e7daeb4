"""Whether two exceptions are the same to a caller who catches them."""

import builtins
from typing import Any

from parity.calling import Raised

NUMPY_EXCEPTIONS = frozenset(
    {
        "AxisError",
        "ComplexWarning",
        "DTypePromotionError",
        "LinAlgError",
        "ModuleDeprecationWarning",
        "RankWarning",
        "TooHardError",
        "VisibleDeprecationWarning",
    }
)
"""Public names of numpy.exceptions and numpy.linalg: those that NumPy documents for catching."""


def closest_public(raised: Raised) -> str:
    """The first class along the MRO that a caller can name: a built-in exception, or one of NumPy's public ones.

    NumPy raises private subclasses (`_UFuncNoLoopError`, then `UFuncTypeError`), which nobody else can raise; what
    counts is the TypeError that they are.
    """
    return next((name for name in raised.bases if name in NUMPY_EXCEPTIONS or _is_builtin(name)), raised.type)


def same_exception(expected: Raised, actual: Raised) -> bool:
    """The same class by name, or a subclass of the closest public class of what is expected.

    So whoever catches what NumPy documents catches what the provider raises: an AxisError is due where AxisError is
    expected (a bare ValueError does not do), and an AxisError does where a ValueError is expected. Messages do not
    count.
    """
    return actual.type == expected.type or closest_public(expected) in actual.bases


def _is_builtin(name: str) -> bool:
    found: Any = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)
