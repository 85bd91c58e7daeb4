"""What runs inside a worker process: the provider is imported here and nowhere else."""

import contextlib
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from parity import calling
from parity.errors import ParityError
from parity.isolation import silence

IDENTIFY = "identify"

_setup: "tuple[Callable[[], Any], dict[str, np.ndarray]] | None" = None
_loaded: Any = None
_largest = calling.LARGEST


def serve(
    connection: Connection,
    load: Callable[[], Any],
    pools: Mapping[str, bytes],
    memory_mib: int | None,
    largest: int,
) -> None:
    """Answer requests in their order until the connection closes: a call by its outcome, IDENTIFY by the identity."""
    _prepare(load, pools, memory_mib, largest)
    with contextlib.suppress(EOFError):
        while True:
            request = connection.recv()
            connection.send(_answer(request))


def _answer(request: Any) -> Any:
    """An exception that is sent back is raised in the parent: the provider cannot be imported, or parity is wrong."""
    try:
        return identify() if request == IDENTIFY else make(request)
    except ParityError as error:
        return error
    except Exception as error:
        return RuntimeError(f"{type(error).__name__}: {error} in the call {request}")


def _prepare(load: Callable[[], Any], pools: Mapping[str, bytes], memory_mib: int | None, largest: int) -> None:
    """Keep what the cases need."""
    global _setup, _largest  # noqa: PLW0603 - one per process, set once at its start
    silence()
    if memory_mib is not None:
        import resource  # noqa: PLC0415 - not on Windows, where no such budget can be kept

        limit = memory_mib << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    _largest = largest
    _setup = (
        load,
        {name: np.frombuffer(data, calling.CODES[name.split(".", maxsplit=1)[0]]) for name, data in pools.items()},
    )


def provider() -> Any:
    """The provider, imported at its first use in this process."""
    global _loaded  # noqa: PLW0603
    if _loaded is None:
        assert _setup is not None
        _loaded = _setup[0]()
    return _loaded


def identify() -> Any:
    """Who the provider says it is. Its ProviderError travels to the parent."""
    return provider().identity


def make(call: dict[str, Any]) -> calling.Outcome:
    """Make one call on the provider."""
    assert _setup is not None
    try:
        return calling.outcome(provider().namespace, call, _setup[1], _largest)
    except KeyboardInterrupt:  # the user's own never comes here: workers ignore the signal
        return calling.Raised("KeyboardInterrupt", ("KeyboardInterrupt", "BaseException"), "")
