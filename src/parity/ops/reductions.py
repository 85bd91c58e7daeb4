"""Rows of the axis reductions and of the cumulative operations."""

from parity.documents.elements import ELEMENTS
from parity.ops.loops import MEAN_RESULT, SUM_RESULT, VAR_RESULT, mapped, unary
from parity.ops.row import Depth, Identity, Kind, Operation, Rule
from parity.ops.tolerances import depth_rows

ALL = "".join(ELEMENTS)
REORDERABLE = Identity(None, reorderable=True)
NONE = Identity()


def _row(
    name: str,
    loops: tuple[str, ...],
    identity: Identity,
    attributes: str,
    bound: tuple[Rule, Depth] | None = None,
    kind: Kind = "reduction",
) -> Operation:
    return Operation(
        name,
        kind,
        1,
        1,
        loops,
        identity=identity,
        attributes=tuple(attributes.split()),
        tolerances=depth_rows(*bound, loops) if bound else {},
        kernel=f"parity_kernels.{name}",
        reference=f"numpy.{name}",
        truth=f"exact.{name}",
    )


ROWS: tuple[Operation, ...] = (
    _row("sum", mapped(SUM_RESULT), Identity(0, True), "axis dtype out keepdims initial where", ("sum", "pairwise")),
    _row(
        "prod", mapped(SUM_RESULT), Identity(1, True), "axis dtype out keepdims initial where", ("prod", "sequential")
    ),
    _row("min", unary(ALL), REORDERABLE, "axis out keepdims initial where"),
    _row("max", unary(ALL), REORDERABLE, "axis out keepdims initial where"),
    _row("any", unary(ALL, "?"), Identity(False, True), "axis out keepdims where"),
    _row("all", unary(ALL, "?"), Identity(True, True), "axis out keepdims where"),
    _row("mean", mapped(MEAN_RESULT), NONE, "axis dtype out keepdims where", ("mean", "pairwise")),
    _row("var", mapped(VAR_RESULT), NONE, "axis dtype out ddof keepdims where", ("var", "pairwise")),
    _row("std", mapped(VAR_RESULT), NONE, "axis dtype out ddof keepdims where", ("std", "pairwise")),
    _row("argmin", unary(ALL, "l"), NONE, "axis out keepdims"),
    _row("argmax", unary(ALL, "l"), NONE, "axis out keepdims"),
    _row("cumsum", mapped(SUM_RESULT), Identity(0), "axis dtype out", ("sum", "sequential"), "cumulative"),
    _row("cumprod", mapped(SUM_RESULT), Identity(1), "axis dtype out", ("prod", "sequential"), "cumulative"),
)
