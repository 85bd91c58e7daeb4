"""The compiled kernels of the provider `numba`, as far as a person may want to compile them ahead."""


def kernel_names() -> list[str]:
    """Names of all kernels, in the order in which it is best to compile them."""
    from parity_kernels import warming  # noqa: PLC0415 - Numba takes a second to import

    return list(warming.kernel_names())


def compile_kernel(name: str) -> None:
    """Compile one kernel into the cache on disk, or find it there."""
    from parity_kernels import warming  # noqa: PLC0415

    warming.compile_kernel(name)
