"""Compiling ahead: names of all kernels, and one compiled at a time, so that several processes can share the work."""

from parity_kernels import broadcasting, direct, reductions, table

_ENTRY = "entry:"
_REDUCTION = "reduction:"


def kernel_names() -> list[str]:
    """Everything that can be compiled: drivers, elementwise loops, reductions; in an order to be split by stride."""
    entries = [_ENTRY + name for name in broadcasting.ENTRY_NAMES + direct.ENTRY_NAMES]
    return entries + list(table.kernels()) + [_REDUCTION + name for name in reductions.kernel_names()]


def compile_kernel(name: str) -> None:
    """Compile a kernel into the cache on disk, or find it there. Raises KeyError for a name that is not listed."""
    if name.startswith(_ENTRY):
        entry = name.removeprefix(_ENTRY)
        (direct if entry in direct.ENTRY_NAMES else broadcasting).entry(entry)
    elif name.startswith(_REDUCTION):
        reductions.compile_kernel(name.removeprefix(_REDUCTION))
    else:
        _ = table.kernels()[name].address
