"""How often Numba compiled in this process, and how long: a timing during which it did is worth nothing.

Numba says so itself, by events. A compiler pass runs only where something is compiled, whether by a dispatcher, for a
C callback or for a ufunc; what is loaded from a cache on disk runs none. Seconds are those of the compiler lock's
outermost hold, if passes ran in it: type inference, code generation, and writing to the cache.
"""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Self

EVENTS = "numba.core.event"
PASS, LOCK = "numba:run_pass", "numba:compiler_lock"


class Compilations:
    """Counts from `start` (or the begin of a ``with``) to `stop`, also if Numba is imported only in between.

    A provider may import Numba as late as in its first call. Nothing of Numba is imported here.

    Parameters
    ----------
    clock : callable
        Seconds since any moment.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._events: Any = None
        self._listener: Any = None
        self._finder: _Finder | None = None
        self._guard = threading.Lock()
        self._count, self._seconds = 0, 0.0
        self._depth, self._begun, self._compiling = 0, 0.0, False

    @property
    def count(self) -> int:
        """Compilations up to now; what one compiles on its way counts with it. It rises when one begins."""
        return self._count

    @property
    def seconds(self) -> float | None:
        """Seconds of those that are done. None while Numba is not imported: of other compilers nobody can tell."""
        return None if self._events is None else self._seconds

    def start(self) -> Self:
        """Listen from now on.

        Returns
        -------
        Compilations
            Itself.
        """
        events = sys.modules.get(EVENTS)
        if events is not None:
            self._attach(events)
        else:
            self._finder = _Finder(self._attach)
            sys.meta_path.insert(0, self._finder)
        return self

    def stop(self) -> None:
        """Listen no more; what was counted stays."""
        if self._finder is not None and self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        if self._listener is not None:
            self._events.unregister(PASS, self._listener)
            self._events.unregister(LOCK, self._listener)
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _attach(self, events: Any) -> None:
        """Listen to Numba's module of events; a listener has to be of its class, which nobody had before."""
        methods = {
            "on_start": lambda _, event: self._begins(event.kind),
            "on_end": lambda _, event: self._ends(event.kind),
        }
        self._events, self._listener = events, type("Listener", (events.Listener,), methods)()
        events.register(PASS, self._listener)
        events.register(LOCK, self._listener)

    def _begins(self, kind: str) -> None:
        with self._guard:
            if kind == LOCK:
                self._depth += 1
                if self._depth == 1:
                    self._begun, self._compiling = self._clock(), False
            elif not self._compiling:
                self._count += 1
                self._compiling = self._depth > 0

    def _ends(self, kind: str) -> None:
        with self._guard:
            if kind != LOCK or not self._depth:  # locked before `start`
                return
            self._depth -= 1
            if not self._depth and self._compiling:
                self._seconds += self._clock() - self._begun
                self._compiling = False


class _Finder(MetaPathFinder):
    """Waits for the import of Numba's module of events, and for nothing else."""

    def __init__(self, imported: Callable[[ModuleType], None]) -> None:
        self._imported = imported

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module as the file system has it, with a loader that tells us when it is there."""
        if fullname != EVENTS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            sys.meta_path.remove(self)
            spec.loader = _Loader(spec.loader, self._imported)
        return spec


class _Loader(Loader):
    """Another loader, and a word when it has loaded; the module keeps nothing of this one."""

    def __init__(self, loader: Loader, imported: Callable[[ModuleType], None]) -> None:
        self._loader, self._imported = loader, imported

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the other loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the other loader does; then Numba can be listened to."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._imported(module)
