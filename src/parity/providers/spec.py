"""From a provider's spec to its namespace of NumPy-named functions."""

import importlib
import importlib.util
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from parity.documents.report import ProviderIdentity
from parity.errors import ProviderError

BUILT_IN: dict[str, str] = {"numba": "parity_kernels", "numpy": "numpy"}
"""Short names and the modules behind them; `numpy` is the control."""

GROUP = "parity.providers"


class Provider(NamedTuple):
    """namespace: an object whose attributes carry NumPy's names."""

    namespace: Any
    identity: ProviderIdentity


def load_provider(spec: str) -> Provider:
    """Import what a spec names: a built-in, an entry point, a `.py` path or a dotted module.

    Raises ProviderError with the spec, what was tried and why it failed. Whatever the provider's import raises becomes
    part of the message: that is its author's error, not parity's.
    """
    if spec in BUILT_IN:
        namespace = _imported(spec, BUILT_IN[spec])
    elif registered := _entry_point(spec):
        try:
            namespace = registered.load()
        except BaseException as error:  # SystemExit is the provider's error, too
            raise _failed(spec, error) from None
    elif spec.endswith(".py") or os.sep in spec:
        namespace = _file(spec)
    else:
        namespace = _imported(spec, spec)
    name = getattr(namespace, "__name__", None) or type(namespace).__name__
    version = getattr(namespace, "__version__", None)
    identity = ProviderIdentity(
        spec=spec, name=_encodable(name).removeprefix(_FILE_PREFIX), version=_encodable(version) if version else None
    )
    return Provider(namespace, identity)


def _encodable(said: object) -> str:
    """What a provider says of itself, as far as a document can hold it."""
    return str(said).encode("utf-8", "backslashreplace").decode()


def _entry_point(spec: str) -> Any:
    found = tuple(entry_points(group=GROUP, name=spec))
    if len(found) > 1:
        raise ProviderError(
            f"provider {spec!r} is registered {len(found)} times",
            where="--provider",
            expected=f"one entry point of group {GROUP} by that name",
            hint="uninstall one of " + ", ".join(point.value for point in found),
        )
    return found[0] if found else None


def _imported(spec: str, module: str) -> ModuleType:
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` would find a module that lies in the current directory
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(error.name + ".")):
            raise ProviderError(
                f"there is no provider {spec!r}: no module {error.name!r} can be imported",
                where="--provider",
                expected=f"{', '.join(BUILT_IN)}, an entry point of {GROUP}, a dotted module, or a path to a .py file",
            ) from None
        raise _failed(spec, error) from None
    except BaseException as error:  # SystemExit is the provider's error, too
        raise _failed(spec, error) from None


_FILE_PREFIX = "parity_provider_"


def _file(spec: str) -> ModuleType:
    path = Path(spec).expanduser()
    if not path.is_file():
        raise ProviderError(
            f"there is no provider file {spec}", where="--provider", expected="a path to a .py file with NumPy's names"
        )
    module_spec = importlib.util.spec_from_file_location(_FILE_PREFIX + path.stem, path.resolve())
    if module_spec is None or module_spec.loader is None:
        raise ProviderError(f"{spec} is no Python file", where="--provider", expected="a path that ends with .py")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[module_spec.name] = module
    try:
        module_spec.loader.exec_module(module)
    except BaseException as error:  # SystemExit is the provider's error, too
        raise _failed(spec, error) from None
    return module


def _failed(spec: str, error: BaseException) -> ProviderError:
    return ProviderError(
        f"provider {spec!r} cannot be imported: {type(error).__name__}: {_encodable(error)}",
        where="--provider",
        expected="a module that imports without error",
        hint=f"try it alone: python -c 'import {BUILT_IN.get(spec, spec)}'" if not spec.endswith(".py") else None,
    )
