"""Which functions of `agreement` a script carries: those that it uses, and what their code names, by their own text."""

import inspect
import re
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from parity.report import agreement


def imports(modules: list[str], *, hangs: bool) -> str:
    """Return the import statements of a script; hangs: with those that end a call which does not."""
    plain = sorted({*modules, *(("faulthandler", "os", "threading") if hangs else ())})
    lines = [f"import {name}" for name in plain]
    froms = ["from fractions import Fraction", "from functools import partial", "from typing import Any, NamedTuple"]
    return "\n".join(["from __future__ import annotations", "", *lines, *froms, "", "import numpy as np", "", ""])


_ROOTS: tuple[Callable[..., Any], ...] = (
    agreement.load,
    agreement.block,
    agreement.array,
    agreement.answer,
    agreement.exception_differs,
    agreement.results_differ,
    agreement.memory_differs,
)
_RULES: tuple[Callable[..., Any], ...] = (
    agreement.exactly,
    agreement.exactly_with_nan_sign,
    agreement.within_ulp,
    agreement.within_ulp_normwise,
    agreement.between,
)


def carried_code(rules: list[str]) -> tuple[list[str], list[str]]:
    """Return the modules that the script needs, and the text of its functions, each after what it uses."""
    used = [rule for rule in _RULES if any(re.search(rf"\b{rule.__name__}\b", text) for text in rules)]
    carried: dict[str, Any] = {}
    modules = {"importlib.metadata", "importlib.util", "sys"}
    for root in (*_ROOTS, *used):
        _carry(root, carried, modules)
    return sorted(modules - {"numpy"}), [inspect.getsource(function) for function in carried.values()]


def _carry(function: Any, carried: dict[str, Any], modules: set[str]) -> None:
    """Add a function or class of parity, after those that its code names, and the modules that it names."""
    if function.__name__ in carried:
        return
    scope = getattr(function, "__globals__", {})
    for name in sorted(_names(getattr(function, "__code__", None))):
        found = scope.get(name)
        if isinstance(found, ModuleType):
            modules.add(found.__name__)
        elif str(getattr(found, "__module__", "")).startswith("parity.") and found is not function:
            _carry(found, carried, modules)
    carried[function.__name__] = function


def _names(code: CodeType | None) -> set[str]:
    if code is None:
        return set()
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_names, inner))
