"""A file of checksums in the form that `sha256sum -c` accepts (GNU coreutils, section "sha2 utilities")."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from parity.documents.model import sha256
from parity.errors import DamagedError, DocumentError

_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<name>[^\\\n]+)")


def checksums(files: Mapping[str, bytes]) -> bytes:
    """A line for each file, in the order of their names: digest, two spaces, path relative to where one stands."""
    for name in files:
        assert _plain(name), f"{name!r} is no name for a file of checksums"
    return "".join(f"{sha256(data)}  {name}\n" for name, data in sorted(files.items())).encode()


def parse_checksums(data: bytes, where: str) -> dict[str, str]:
    """Digests by path. Raises DocumentError for a line that is none, or a path that leads elsewhere."""
    found: dict[str, str] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None or not _plain(match["name"]) or match["name"] in found:
            raise DocumentError(
                "this is no line of checksums",
                where=f"{where}, line {number}",
                expected="64 hexadecimal digits, two spaces and a path below this folder, each path once",
            )
        found[match["name"]] = match["sha256"]
    return found


def check(expected: Mapping[str, str], files: Mapping[str, bytes], where: str) -> None:
    """Raise DamagedError, which names the file, unless these are the files and each has its digest.

    expected: digests by path. files: what is there, by path. where: the folder.
    """
    for name in sorted({*expected, *files}):
        if name not in files:
            what = "is missing"
        elif name not in expected:
            what = "was not there when the checksums were made"
        elif sha256(files[name]) != expected[name]:
            what = "is not what was recorded"
        else:
            continue
        raise DamagedError(
            f"{name} {what}",
            where=f"{where}/{name}",
            expected="the files of SHA256SUMS, each with its digest",
            hint="restore it, or start the round again from the code as it was",
        )


def _plain(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        name == path.as_posix() and not path.is_absolute() and ".." not in path.parts
        and not set("\\\n\r") & set(name) and name.isprintable()
    )  # fmt: skip


def can_be_listed(name: str) -> bool:
    """Whether a path can stand in a file of checksums as it is, without the escapes that tools differ in."""
    return _plain(name)
