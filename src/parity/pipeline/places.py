"""Where things are: the root of what runs leave, and the captures and sets of workloads that come with parity."""

import difflib
import os
import re
from pathlib import Path

import parity
from parity.errors import OracleError, UsageError

LEDGER = "ledger.ndjson"


def is_checkout(path: Path) -> bool:
    """Whether a directory is a checkout of parity (a copy without its git directory counts)."""
    return (path / "src" / "parity" / "ops").is_dir() and (path / "pyproject.toml").is_file()


def artifacts_root() -> Path:
    """PARITY_ARTIFACTS, else `artifacts/` in a checkout, else `.parity/` in the current directory."""
    named = os.environ.get("PARITY_ARTIFACTS")
    if named:
        return Path(named)
    return Path("artifacts" if is_checkout(Path.cwd()) else ".parity")


def runs_folder(out: Path | None) -> Path:
    """The folder of run bundles."""
    return out if out is not None else artifacts_root() / "runs"


def root_of(out: Path | None) -> Path:
    """What holds the ledger, baselines and proofs of runs whose bundles go to `out`: what lies beside that folder."""
    return ledger_path(out).parent


def ledger_path(out: Path | None = None) -> Path:
    """The ledger of runs whose bundles go to `out`: beside that folder, or in the root of what runs leave."""
    return artifacts_root() / LEDGER if out is None else Path(os.path.abspath(out)).parent / LEDGER  # noqa: PTH100 - resolves `..`


def relative(path: Path) -> str:
    """A path from the current directory, which may lead out of it; absolute only across drives of Windows."""
    return Path(os.path.relpath(path)).as_posix()


def fixtures() -> Path:
    """The fixtures of the checkout in which one stands, else those of the installed parity."""
    package = Path(parity.__file__).parent
    candidates = [Path("fixtures"), package / "fixtures", package.parents[1] / "fixtures"]
    if not is_checkout(Path.cwd()):
        del candidates[0]
    for candidate in candidates:
        if (candidate / "oracle").is_dir():
            return candidate
    raise OracleError(
        "this installation of parity carries no captures",
        where="fixtures/oracle",
        hint="reinstall, or name one by --oracle",
    )


def default_capture() -> Path:
    """The committed capture that `oracle: auto` means: of the newest NumPy."""
    found = sorted((path.parent for path in (fixtures() / "oracle").glob("*/capture.json")), key=_version)
    if not found:
        raise OracleError(
            "there is no committed capture",
            where=str(fixtures() / "oracle"),
            hint="make one with `parity capture --out DIR`",
        )
    return found[-1]


def workload_set(name_or_path: str, option: str = "--set") -> Path:
    """The file of a set of workloads: of a name, that of the checkout in which one stands, else of parity itself.

    What ends with `.toml` or has a slash is a path and comes back as it is, whether or not there is such a file.
    Raises UsageError, with the names that there are, for any other; option: by which it was named.
    """
    if name_or_path.endswith(".toml") or "/" in name_or_path or os.sep in name_or_path:
        return Path(name_or_path)
    package = Path(parity.__file__).parent
    folders = [package / "workloads", package.parents[1] / "benchmarks"]
    if is_checkout(Path.cwd()):
        folders.insert(0, Path("benchmarks"))
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            found.setdefault(path.stem, path)
    if name_or_path in found:
        return found[name_or_path]
    close = difflib.get_close_matches(name_or_path, found)
    raise UsageError(
        f"there is no set of workloads {name_or_path!r}",
        where=option,
        expected=", ".join([*sorted(found), "or the path of a TOML file"]),
        hint=f"did you mean {' or '.join(close)}?" if close else None,
    )


def _version(path: Path) -> list[int]:
    """The numbers in a name, so that 2.10 comes after 2.9."""
    return [int(number) for number in re.findall(r"\d+", path.name)]
