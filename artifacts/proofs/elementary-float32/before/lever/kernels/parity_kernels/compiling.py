"""Compilation on first use, and a cache on disk that every change of any kernel source invalidates.

Numba's own cache watches one file's modification time; a kernel here is put together from several modules, and a stale
one would prove the wrong code. So entries lie in a folder named by the digest of all sources that are compiled, one
file pair per kernel (no index is shared, so that processes compiling side by side lose nothing).
"""

import contextlib
import hashlib
import os
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from numba import njit, types
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.ccallback import CFunc
from numba.core.extending import intrinsic, register_jitable

from parity_kernels import symbols  # noqa: F401 - before anything is compiled

Function = TypeVar("Function", bound=Callable[..., Any])

KEPT_FOLDERS = 4  # caches of other versions of the sources, which may belong to another checkout
UNUSED_SECONDS = 86_400.0  # and any that a process has opened within a day

NOTHING_COMPILED = frozenset({"__init__.py", "casting.py", "options.py", "ufunc.py", "warming.py"})
"""Modules of this folder whose text no compiled code depends on."""


@cache
def source_digest() -> str:
    """sha256 over the sources that kernels are made of, in sorted order, in hexadecimal."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        if path.parent == folder and path.name in NOTHING_COMPILED:
            continue
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def cache_folder() -> Path:
    """Where compiled kernels lie: in NUMBA_CACHE_DIR, else XDG_CACHE_HOME, else ~/.cache, else a temporary folder."""
    named = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    root = Path(named) if named else Path("~/.cache").expanduser()
    folder = root / "parity_kernels" / source_digest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return Path(tempfile.mkdtemp(prefix="parity_kernels-"))
    _forget_old_folders(folder.parent)
    return folder


def _forget_old_folders(root: Path) -> None:
    """Remove what other versions of the sources left, but for the latest ones and any that may be in use."""
    with contextlib.suppress(OSError):
        used = sorted((path.stat().st_mtime, path) for path in root.iterdir() if path.is_dir())
        for moment, path in used[:-KEPT_FOLDERS]:
            if time.time() - moment > UNUSED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of compile results, with file names and staleness of our own."""

    def __init__(self, py_func: Callable[..., Any], name: str) -> None:
        super().__init__(py_func)
        self._cache_path = str(cache_folder())
        self._cache_file = IndexDataCacheFile(self._cache_path, name, source_digest())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel if it is there whole; else it is compiled again."""
        try:
            return super().load_overload(sig, target_context)
        except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, pickle.UnpicklingError):
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the kernel for later, where the disk lets us; it works without."""
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        # The name and the digest identify the kernel; what remains is the signature and the processor.
        return sig, codegen.magic_tuple()


def jitable(function: Function) -> Function:
    """A function that compiled code may call; it stays the Python function that it is, and its type is kept."""
    return register_jitable(function)  # type: ignore[no-any-return, unused-ignore]


def emitted(typing: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's ``intrinsic``, typed as compiled code sees it: called without the typing context, for any numbers."""
    return intrinsic(typing)  # type: ignore[no-any-return, unused-ignore]


def compiled_loop(py_func: Callable[..., Any], name: str) -> int:
    """Address of an inner loop ``py_func(args, count, steps)``, compiled or taken from the cache under ``name``."""
    loop: Any = CFunc(py_func, ((types.int64, types.int64, types.int64), types.void), {}, _options())
    loop._cache = _KernelCache(py_func, name)  # noqa: SLF001 - Numba offers no other way to name a cache
    loop.compile()
    return int(loop.address)


def compiled_entry(py_func: Callable[..., Any], signature: Any, name: str, *, nogil: bool = True) -> Callable[..., Any]:
    """``py_func`` compiled for one signature, as a built-in function that unboxes its arguments without dispatch."""
    dispatcher = njit(**{**_options(), "nogil": nogil})(py_func)
    dispatcher._cache = _KernelCache(py_func, name)  # noqa: SLF001
    dispatcher.compile(signature)
    (result,) = dispatcher.overloads.values()
    return result.entry_point  # type: ignore[no-any-return]


def _options() -> dict[str, Any]:
    return {"error_model": "numpy", "nogil": True, "_nrt": False}
