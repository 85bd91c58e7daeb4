"""The source files behind a provider's spec, found without importing it: a run's record says what they were."""

import sys
from importlib.machinery import PathFinder
from importlib.metadata import entry_points
from pathlib import Path

from parity.providers.spec import BUILT_IN, GROUP

MOST_FILES = 500
"""A library of more modules than this is identified by its version alone: reading torch would outlast a run."""


def source_files(spec: str) -> tuple[tuple[str, Path], ...]:
    """Name and path of each Python file of a provider, sorted; empty for NumPy, for builtins and for large libraries.

    The name begins with that of the package or file, so that it is the same wherever the package lies.
    """
    if spec == "numpy":
        return ()
    if spec.endswith(".py"):
        path = Path(spec).expanduser()
        return ((path.name, path),) if path.is_file() else ()
    points = [point.module for point in entry_points(group=GROUP, name=spec)]
    top = BUILT_IN.get(spec, points[0] if points else spec).partition(".")[0]
    found = PathFinder.find_spec(top, ["", *sys.path])
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        return ()
    origin = Path(found.origin)
    if found.submodule_search_locations is None:
        return ((origin.name, origin),)
    files = sorted(origin.parent.rglob("*.py"))
    if len(files) > MOST_FILES:
        return ()
    return tuple((f"{top}/{file.relative_to(origin.parent).as_posix()}", file) for file in files)
