"""`parity optimize`: one change to the kernels, with the proof that behaviour is unchanged, and what it gained."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.flags import FOLDER, PROVIDER, SECONDS, SET, SUITES, named_ops, named_workloads, ops_option
from parity.cli.output import json_option, write_json, write_text
from parity.errors import UsageError

if TYPE_CHECKING:
    from parity.documents.manifest import SuiteName
    from parity.documents.optimization import Optimization

FEWEST_PROCESSES = 6
"""With fewer, no interval of 95 % over processes is finite."""


def _encodable(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """What is no UTF-8 reaches Python as lone surrogates, which no document can hold."""
    del context
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise UsageError(f"{value!r} is no UTF-8", where=parameter.opts[0], expected="text in UTF-8") from None
    return value


out_option = click.option("--out", type=FOLDER, metavar="DIR", help="The folder of rounds; else artifacts/proofs.")
profile_option = click.option("--profile", is_flag=True, help="Add a flame graph of the slowest workload.")
_MOST_SHOWN = 20


@click.group()
def optimize() -> None:
    """One change to the kernels: golden outputs and timings before and after, proof and decision."""


@optimize.command()
@click.argument("name")
@click.option(
    "--lever",
    required=True,
    callback=_encodable,
    metavar="PATH",
    help="What the change may touch: a file, a glob, or `provider`.",
)
@click.option(
    "--provider",
    type=PROVIDER,
    default="numba",
    metavar="SPEC",
    help="Who is changed: numba (default), a module, a file.",
)
@click.option(
    "--workloads",
    "set_name",
    type=SET,
    default="sentinel",
    metavar="SET",
    help="A set's name, or a TOML file.",
)
@click.option(
    "--only",
    callback=_encodable,
    metavar="A,B",
    help="Only workloads with these names; `*` stands for any text.",
)
@ops_option
@click.option("--suite", type=click.Choice(SUITES), default="core", help="How many golden cases; core by default.")
@click.option(
    "--why",
    default="",
    callback=_encodable,
    metavar="TEXT",
    help="What the change is to gain, for the decision record.",
)
@click.option("--processes", type=click.IntRange(FEWEST_PROCESSES, 99), default=9, help="Fresh timing processes; 9.")
@click.option("--seconds", type=SECONDS, default=0.1, help="For each workload in each process; 0.1.")
@profile_option
@click.option("--again", is_flag=True, help="Replace a round of this name.")
@out_option
@json_option
def start(
    *,
    name: str,
    lever: str,
    provider: str,
    set_name: str,
    only: str | None,
    ops: str | None,
    suite: "SuiteName",
    why: str,
    processes: int,
    seconds: float,
    profile: bool,
    again: bool,
    out: Path | None,
    json_target: str | None,
) -> int:
    """Record golden outputs and timings before one change.

    The path of the round goes to stdout. Make the change, and nothing else, then `parity optimize finish NAME`.
    """
    from datetime import UTC, datetime

    from parity.cli.progress import shown_progress, stderr_console
    from parity.documents.manifest import DEFAULT_SEED
    from parity.documents.optimization import Round
    from parity.pipeline.evidence import as_called
    from parity.pipeline.optimize import StartRequest
    from parity.pipeline.optimize import start as start_round
    from parity.pipeline.round_bench import bench_of

    round_ = Round(
        name=name,
        lever=lever,
        why=why,
        provider=provider,
        set=set_name,
        only=named_workloads(only),
        ops=named_ops(ops),
        suite=suite,
        seed=DEFAULT_SEED,
        processes=processes,
        seconds=seconds,
        profile=profile,
        started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=as_called(),
    )
    with shown_progress() as progress:
        started = start_round(StartRequest(round_, out, again), progress, bench_of)
    stderr_console().print(
        f"{name}: {started.cases:,} golden outputs and {_workloads(started.workloads)} of {provider} are recorded. "
        f"After the change: parity optimize finish {name}",
        markup=False,
        soft_wrap=True,
    )
    write_json(round_.full(), json_target)
    if json_target != "-":
        write_text(f"{started.path}\n")
    return 0


@optimize.command()
@click.argument("name")
@click.option(
    "--provider",
    type=PROVIDER,
    metavar="SPEC",
    help="Who is asked after the change, where the lever is `provider`.",
)
@click.option("--allow-more", is_flag=True, help="The change may touch more than the lever; the proof says so.")
@click.option("--decide", type=click.Choice(["keep", "drop"]), help="Your own decision, with the reason in --why.")
@click.option("--why", default="", callback=_encodable, metavar="TEXT", help="The reason of --decide.")
@profile_option
@click.option("--again", is_flag=True, help="Replace the second half of a finished round.")
@out_option
@json_option
def finish(
    *,
    name: str,
    provider: str | None,
    allow_more: bool,
    decide: str | None,
    why: str,
    profile: bool,
    again: bool,
    out: Path | None,
    json_target: str | None,
) -> int:
    """Record the same after the change, compare, and decide.

    Exit codes: 0 the proof holds, and the change stays or a person decided · 1 outputs broke, whoever decides, or the
    change gained nothing · 2 the change touches more than its lever · 3 another machine, or the timings cannot tell.
    """
    from parity.cli.progress import shown_progress, stderr_console
    from parity.optimize.decision import exit_code
    from parity.pipeline.evidence import as_called
    from parity.pipeline.optimize import FinishRequest
    from parity.pipeline.optimize import finish as finish_round
    from parity.pipeline.round_bench import bench_of

    if decide is not None and not why.strip():
        raise UsageError("a person's decision needs a reason", where="--why", expected="a sentence beside --decide")
    request = FinishRequest(
        name=name,
        command=as_called(),
        provider=provider,
        out=out,
        allow_more=allow_more,
        profile=profile,
        wish=decide,  # type: ignore[arg-type]
        why=why,
        again=again,
    )
    with shown_progress() as progress:
        document, path = finish_round(request, progress, bench_of)
    stderr_console().print("\n".join(_summary(document)), markup=False, soft_wrap=True)
    write_json(document.full(), json_target)
    if json_target != "-":
        write_text(f"{path}\n")
    return int(exit_code(document))


def _workloads(count: int) -> str:
    return f"{count:,} {'workload' if count == 1 else 'workloads'}"


def _summary(document: "Optimization") -> list[str]:
    proof, decision = document.proof, document.decision
    lines = [f"proof: {proof.verdict}, {proof.identical:,} of {proof.cases:,} golden outputs are the same bits"]
    for row in document.timings[:_MOST_SHOWN]:
        ratio = (
            ""
            if row.ratio is None
            else f", {row.ratio.value:.3g} [{row.ratio.low:.3g}, {row.ratio.high:.3g}] of the time"
        )
        lines.append(f"  {row.name}: {row.verdict}{ratio}" + (f" ({row.reason})" if row.reason else ""))
    if len(document.timings) > _MOST_SHOWN:
        lines.append(f"  and {len(document.timings) - _MOST_SHOWN} more in proof.json")
    return [*lines, f"{decision.verdict} by the {decision.by}: {decision.reason}"]
