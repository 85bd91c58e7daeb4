"""NumPy's ufuncs and reductions as Numba kernels: same names, same signatures, same semantics, computed here.

Loops are compiled on first use and kept on disk; `parity_kernels.warming` compiles ahead. ``sum``, ``max`` and the
other reductions load with the first use of one of them.
"""

from typing import Any

from parity_kernels.table import ALIASES, rows
from parity_kernels.ufunc import Ufunc, made

__version__ = "0.1.0"

REDUCTIONS = (
    "sum", "prod", "min", "max", "amin", "amax", "any", "all", "mean", "var", "std", "argmin", "argmax", "cumsum",
    "cumprod",
)  # fmt: skip

UFUNCS: dict[str, Ufunc] = {name: made(row) for name, row in rows().items()}
UFUNCS |= {alias: UFUNCS[name] for alias, name in ALIASES.items()}
globals().update(UFUNCS)  # as plain attributes: a look-up through __getattr__ costs 0.3 us at every call

__all__ = (*UFUNCS, *REDUCTIONS)  # noqa: PLE0604 - the table says what there is


def __getattr__(name: str) -> Any:
    """Reductions, which are imported when first asked for."""
    if name in REDUCTIONS:
        from parity_kernels import reductions  # noqa: PLC0415 - they need the ufuncs of this module

        return getattr(reductions, name)
    message = f"module 'parity_kernels' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
