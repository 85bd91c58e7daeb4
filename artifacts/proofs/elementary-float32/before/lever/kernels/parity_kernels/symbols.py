"""Symbols of compiled functions that no two processes share.

Numba names a function's machine code after its qualified name and a number counted from 1 in each process. Two kernels
that two processes compile from the same factory can so get one name, and a third process that loads both from the
cache calls one where it means the other: prod of int32 answered 0 after prod of complex128 had been loaded. So the
count starts at a random place in every process, after a fork too.
"""

import itertools
import os

from numba.core.bytecode import FunctionIdentity


def number_apart() -> None:
    """Let the numbers of this process start where those of no other one are."""
    FunctionIdentity._unique_ids = itertools.count(int.from_bytes(os.urandom(7), "little") << 20)  # noqa: SLF001


number_apart()
os.register_at_fork(after_in_child=number_apart)
