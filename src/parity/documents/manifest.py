"""The manifest of a run: what a user writes in YAML, and what ran."""

from typing import Annotated, Literal

from pydantic import Field

from parity.documents.model import Document

SuiteName = Literal["smoke", "core", "full"]
DEFAULT_SEED = "20261120"
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Metadata(Document):
    """Who asks, and for what."""

    name: Name
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()


class ProviderChoice(Document):
    """spec: as `--provider` takes it."""

    spec: Name = "numba"


class RunSpec(Document):
    """What to run. ops, dtypes: empty for all. oracle: `auto` or a capture's path.

    bench: time the sentinel set afterwards, as far as it is of these ops and dtypes. workloads: the name of a set that
    is timed instead of the suite; `parity bench run` says so, a user's manifest may not.
    """

    suite: SuiteName = "core"
    ops: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    provider: ProviderChoice = ProviderChoice()
    oracle: str = "auto"
    bench: bool = False
    workloads: Name | None = None
    seed: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] = DEFAULT_SEED

    @property
    def planned(self) -> str:
        """What the plan, the report and the ledger call the cases: the suite, or `bench-` and the set of workloads."""
        return self.suite if self.workloads is None else f"bench-{self.workloads}"


class Gates(Document):
    """Limits beyond the catalogue's: max_ulp by operation; p99_regression as a share, where `run.bench` is true."""

    max_ulp: dict[str, Annotated[float, Field(ge=0)]] = {}
    p99_regression: Annotated[float, Field(gt=0)] | None = None


class Budgets(Document):
    """Bounds that are enforced: seconds for the whole execution, MiB of address space of each worker, planned cases."""

    seconds: Annotated[int, Field(gt=0)] | None = None
    memory_mib: Annotated[int, Field(gt=0)] | None = None
    cases: Annotated[int, Field(gt=0)] | None = None


class Outputs(Document):
    """redact: no input or output values in the bundle. seal_overhead: share of repair symbols in its seal."""

    redact: bool = False
    seal_overhead: Annotated[float, Field(gt=0, le=1)] = 0.10


class Manifest(Document):
    """version, metadata.name and run are required."""

    version: Literal["v1"]
    metadata: Metadata
    run: RunSpec
    gates: Gates = Gates()
    budgets: Budgets = Budgets()
    outputs: Outputs = Outputs()
