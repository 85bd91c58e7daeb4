"""What a row of the catalogue says, and the checks that it passes when it is built."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from parity.documents.elements import ELEMENTS
from parity.errors import CatalogueError

Kind = Literal["ufunc", "gufunc", "reduction", "cumulative"]
Law = Literal["commutative", "associative", "odd", "even", "involution", "idempotent", "monotone"]
Rule = Literal["ulp", "ulp_normwise", "sum", "mean", "prod", "var", "std"]
Provenance = Literal["proved", "exhaustive", "measured"]
Depth = Literal["pairwise", "sequential"]

METHODS = ("reduce", "accumulate", "reduceat", "outer", "at")
UFUNC_ATTRIBUTES = ("out", "where", "casting", "dtype")


@dataclass(frozen=True)
class Identity:
    """What the reduction of nothing gives: a value, or none; and whether operands may be taken in any order.

    `Identity(0)` of add; `Identity(None, reorderable=True)` of maximum; `Identity(None)` of subtract.
    """

    value: int | bool | None = None
    reorderable: bool = False

    def plain(self) -> int | bool | str | None:
        """The value, or `reorderable`, or null for none."""
        return "reorderable" if self.value is None and self.reorderable else self.value


@dataclass(frozen=True)
class Interval:
    """Where an argument is worth sampling densely: the function is finite and not constant there."""

    low: float
    high: float


@dataclass(frozen=True)
class SpecialCase:
    """One sentence of a specification: these arguments give this result, as Python literals (`-0.0`, `inf`, `nan`)."""

    args: tuple[str, ...]
    result: str
    source: str


@dataclass(frozen=True)
class Tolerance:
    """How far a result may be from the oracle's bits, or from the exact result, and why.

    rule `ulp`: `limit` units in the last place of the oracle's result; `ulp_normwise`: the same of a complex result,
    with the modulus of the difference over the ulp of the larger component.
    rules `sum`, `mean`, `prod`, `var`, `std`: the bound of design section 5.4 against the exact result; `limit` names
    the depth that is claimed: `pairwise` (24 + ceil(log2(n / 128))) or `sequential` (n - 1).
    worst: the largest value measured, in the unit of the rule, and on what.
    """

    rule: Rule
    limit: float | Depth
    reason: str
    provenance: Provenance
    worst: str


@dataclass(frozen=True)
class Operation:
    """One operation.

    loops: dtype signatures in NumPy's notation. reduce_loops: those of the method `reduce` (and `accumulate`), input
    and result. domains: one interval an argument, or none. kernel, reference, truth: dotted names of the implementation
    under test, of the one that is recorded, and of the referee.
    """

    name: str
    kind: Kind
    nin: int
    nout: int
    loops: tuple[str, ...]
    identity: Identity = Identity()
    reduce_loops: tuple[str, ...] = ()
    domains: tuple[Interval, ...] = ()
    special_cases: tuple[SpecialCase, ...] = ()
    methods: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    tolerances: dict[str, Tolerance] = field(default_factory=dict)
    laws: tuple[Law, ...] = ()
    kernel: str = ""
    reference: str = ""
    truth: str = ""

    def __post_init__(self) -> None:
        problem = next(self._contradictions(), None)
        if problem:
            raise CatalogueError(f"{self.name}: {problem}", where=f"catalogue row {self.name}")

    def _contradictions(self) -> Any:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            yield "the name is no identifier"
        if not self.loops:
            yield "there is no loop"
        if len(set(self.loops)) != len(self.loops):
            yield "a loop comes twice"
        for loop in self.loops:
            inputs, arrow, outputs = loop.partition("->")
            if not arrow or len(inputs) != self.nin or len(outputs) != self.nout:
                yield f"loop {loop} has not {self.nin} inputs and {self.nout} outputs"
            if unknown := set(inputs + outputs) - set(ELEMENTS):
                yield f"loop {loop} has unknown characters {sorted(unknown)}"
        binary = self.kind == "ufunc" and self.nin == 2 and self.nout == 1
        if self.methods and not binary:
            yield "methods belong to binary ufuncs with one result"
        if set(self.methods) - set(METHODS):
            yield f"unknown methods {sorted(set(self.methods) - set(METHODS))}"
        if bool(self.reduce_loops) != ("reduce" in self.methods):
            yield "reduce and reduce_loops go together"
        if self.kind in ("reduction", "cumulative") and "axis" not in self.attributes:
            yield "a reduction has an axis"
        if self.domains and len(self.domains) != self.nin:
            yield f"{len(self.domains)} domains for {self.nin} arguments"
        for loop, tolerance in self.tolerances.items():
            if loop not in self.loops + self.reduce_loops:
                yield f"a tolerance for {loop}, which is no loop"
            if not tolerance.reason.strip() or not tolerance.worst.strip():
                yield f"the tolerance of {loop} lacks its reason or what was measured"
            depth_rule = tolerance.rule in ("sum", "mean", "prod", "var", "std")
            if depth_rule != isinstance(tolerance.limit, str):
                yield f"the limit of {loop} does not fit the rule {tolerance.rule}"
            if not depth_rule and not 0 < float(tolerance.limit) < 1000:
                yield f"the limit of {loop} allows for everything or for nothing"
        if "commutative" in self.laws and self.nin != 2:
            yield "only a binary operation commutes"
        for case in self.special_cases:
            if len(case.args) != self.nin:
                yield f"a special case with {len(case.args)} arguments"
        if not (self.kernel and self.reference and self.truth):
            yield "kernel, reference and truth must be named"

    def tolerance(self, loop: str, method: str | None = None) -> Tolerance | None:
        """The tolerance of a loop (of a method); None: exact bits."""
        if method in ("reduce", "accumulate"):
            return self.tolerances.get(loop) if loop in self.reduce_loops else None
        return self.tolerances.get(loop) if loop in self.loops else None

    def plain(self) -> dict[str, Any]:
        """The row as JSON (`parity ops`, and what the digest covers)."""
        return {
            "name": self.name,
            "kind": self.kind,
            "nin": self.nin,
            "nout": self.nout,
            "identity": self.identity.plain(),
            "loops": list(self.loops),
            "reduce_loops": list(self.reduce_loops),
            "methods": list(self.methods),
            "attributes": list(self.attributes),
            "domains": [[domain.low.hex(), domain.high.hex()] for domain in self.domains],
            "special_cases": [
                {"args": list(case.args), "result": case.result, "source": case.source} for case in self.special_cases
            ],
            "tolerance": {
                loop: {
                    "rule": row.rule,
                    "limit": int(row.limit)
                    if isinstance(row.limit, float | int) and row.limit == int(row.limit)
                    else row.limit,
                    "reason": row.reason,
                    "provenance": row.provenance,
                    "worst": row.worst,
                }
                for loop, row in self.tolerances.items()
            },
            "laws": list(self.laws),
            "kernel": self.kernel,
            "reference": self.reference,
            "truth": self.truth,
        }
