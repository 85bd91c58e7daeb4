"""The registry of what a run read, and what came from what."""

import hashlib
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal, get_args

from parity.documents.capture import FileDigest
from parity.documents.datasets import (
    Asset,
    End,
    Fingerprint,
    License,
    Lineage,
    LineageEdge,
    Registry,
    asset_id,
)
from parity.documents.model import file_sha256

REGISTRY, LINEAGE = "datasets/registry.json", "datasets/lineage.json"
MATERIALIZATIONS = "datasets/materializations.ndjson"

Relation = Literal["was_derived_from", "was_generated_by", "used"]
OWN = License(spdx="MIT", redistributable=True)
"""Of what parity makes itself: captures and case sets hold generated numbers."""

UNKNOWN = License(spdx=None, redistributable=False)
"""Of what the user brings: nothing is assumed."""


def make_asset(
    kind: Literal["capture", "case_set", "baseline", "provider"],
    name: str,
    *,
    pointer: str,
    content: str,
    source: str,
    schema: str,
    license_: License = UNKNOWN,
) -> Asset:
    """An asset under the id that its fingerprint gives. pointer: made portable. content: SHA-256 in hexadecimal."""
    fingerprint = Fingerprint(content=content, source=source, schema=schema)
    return Asset(
        asset_id=asset_id(fingerprint),
        kind=kind,
        name=name,
        pointer=portable(pointer),
        fingerprint=fingerprint,
        license=license_,
        contains_user_data=False,
    )


def pointer_to(path: Path, packaged: Path | None = None) -> str:
    """Where a file or directory lies, without saying on which machine.

    packaged: the directory `fixtures` that ships with parity; what lies in it is `package:parity/fixtures/...`. What
    lies below the current directory is a relative path, all else `elsewhere:` and its name.
    """
    place = path.resolve()
    if packaged is not None and place.is_relative_to(packaged.resolve()):
        return portable(f"package:parity/fixtures/{place.relative_to(packaged.resolve()).as_posix()}")
    if place.is_relative_to(Path.cwd()):
        return portable(place.relative_to(Path.cwd()).as_posix())
    return portable(f"elsewhere:{place.name or 'root'}")


def portable(pointer: str) -> str:
    """A pointer as the model allows it, made of any text: the name of a provider may be all sorts of things.

    A scheme of its own, separators of Windows and steps upwards lose their meaning; one that is absolute or too
    long keeps its end.
    """
    scheme, colon, rest = pointer.partition(":")
    known = bool(colon) and scheme in {"package", "elsewhere"}
    place = (rest if known else pointer).encode(errors="backslashreplace").decode()
    place = re.sub(r"[\\:~]", "_", place)
    place = "/".join("_" if part == ".." else part for part in place.split("/")).lstrip("/") or "_"
    if len(place) > 400 or pointer.startswith("/"):
        known, scheme, place = True, "elsewhere", place.rpartition("/")[2][-255:] or "_"
    if known and scheme == "elsewhere":
        place = place.replace("/", "_")
    return f"{scheme}:{place}" if known else place


def combined(files: Iterable[FileDigest]) -> str:
    """One SHA-256 for several files: over their lines as `sha256sum` prints them, in the order of their names."""
    lines = (f"{file.sha256}  {file.name}\n" for file in sorted(files, key=lambda file: file.name))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def combined_sources(files: Iterable[tuple[str, Path]]) -> str | None:
    """The same for files as they lie, each with its name; None where there is none."""
    found = [FileDigest(name=name, sha256=file_sha256(path), size=path.stat().st_size) for name, path in files]
    return combined(found) if found else None


class Datasets:
    """What is known about the data of a run so far."""

    def __init__(self) -> None:
        self._assets: dict[str, Asset] = {}
        self._edges: set[tuple[str, Relation, str]] = set()

    def add(self, asset: Asset) -> None:
        """Register an asset. Raises ValueError if its name is taken."""
        if asset.name in self._assets:
            raise ValueError(f"two assets with the name {asset.name!r}")
        self._assets[asset.name] = asset

    def relate(self, source: str, target: str, relation: Relation) -> None:
        """Say what came from what; both ends are names of assets, keys of stages or paths of files of the bundle."""
        if relation not in get_args(Relation):
            raise ValueError(f"{relation!r} is no relation, expected some of {', '.join(get_args(Relation))}")
        self._edges.add((source, relation, target))

    def registry(self) -> Registry:
        """registry.json."""
        return Registry(assets=tuple(self._assets[name] for name in sorted(self._assets)))

    def lineage(self, stages: Collection[str], files: Collection[str]) -> Lineage:
        """lineage.json. stages: keys of the graph. files: paths of the bundle. Raises ValueError for an unknown end."""

        def end(name: str) -> End:
            if name in self._assets:
                return End(kind="asset", name=name)
            if name in stages:
                return End(kind="node", name=name)
            if name in files:
                return End(kind="file", name=name)
            raise ValueError(f"lineage names {name!r}, which is no asset, stage or file of the bundle")

        edges = (
            LineageEdge(source=end(source), relation=relation, target=end(target))
            for source, relation, target in self._edges
        )
        return Lineage(edges=tuple(sorted(edges, key=lambda edge: edge.order)))
