"""`parity run`: the main job."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parity.cli.errors import lines
from parity.cli.flags import (
    FOLDER,
    PROVIDER,
    allow_pure_option,
    dtypes_option,
    jobs_option,
    named_dtypes,
    named_ops,
    ops_option,
    seed_option,
    suite_option,
)
from parity.cli.output import json_option, write_json, write_text
from parity.errors import ExitCode, ParityError

if TYPE_CHECKING:
    from rich.console import Console

    from parity.documents.manifest import Manifest
    from parity.pipeline.run_bench import Timed, TimingPlan


@click.command()
@click.argument("manifest", required=False, type=click.Path(path_type=Path))
@click.option(
    "--provider",
    type=PROVIDER,
    metavar="SPEC",
    help="Who is under test: numba (default), numpy, a module or ./file.py.",
)
@suite_option
@ops_option
@dtypes_option
@click.option("--oracle", metavar="CAPTURE", help="The capture to compare with; else the one of the newest NumPy.")
@click.option("--out", type=FOLDER, metavar="DIR", help="The folder of run bundles.")
@json_option
@jobs_option
@click.option("--engine", type=click.Choice(["local"]), default="local", help="Where the cases run.")
@seed_option
@click.option("--bench", is_flag=True, help="Time the sentinel set afterwards, in a run of its own.")
@click.option("--redact", is_flag=True, help="Keep no input or output values in the bundle.")
@allow_pure_option
@click.option("--compact", is_flag=True, help="Keep long files of lines as Parquet; needs parity[query].")
def run(
    *,
    manifest: Path | None,
    provider: str | None,
    suite: str | None,
    ops: str | None,
    dtypes: str | None,
    oracle: str | None,
    out: Path | None,
    json_target: str | None,
    jobs: int | None,
    engine: str,
    seed: str | None,
    bench: bool,
    redact: bool,
    allow_pure: bool,
    compact: bool,
) -> int:
    """Compare a provider with what NumPy answered.

    With no arguments: the Numba kernels against the committed capture, suite core. MANIFEST is a YAML file; a flag
    overrides the field of its name. The summary goes to stderr, and the path of the bundle to stdout; with --bench
    that of the baseline follows.
    """
    del engine  # there is one, and it is named so that a command line can say so
    flags: dict[str, object] = {"suite": suite, "ops": named_ops(ops) or None}
    flags["dtypes"] = _short(named_dtypes(dtypes)) or None
    flags |= {"provider": provider, "oracle": oracle, "seed": seed, "redact": redact or None, "bench": bench or None}
    chosen, raw = _read(manifest)
    effective = overridden(chosen, flags)

    from parity.cli.progress import shown_progress, stderr_console
    from parity.pipeline.run import RunRequest
    from parity.pipeline.run import run as run_pipeline

    timing = _timing(effective, out)
    request = RunRequest(
        manifest=effective,
        out=out,
        jobs=jobs,
        allow_pure=allow_pure,
        manifest_path=manifest,
        raw_manifest=raw,
        compact=compact,
    )
    with shown_progress() as progress:
        result = run_pipeline(request, progress)

    from parity.report.terminal import show

    report, code, console = result.report, result.report.exit_code(), stderr_console()
    show(report, console)
    if timing is not None:
        try:
            timed = _timed(timing, console)
            report, code = timed.told(report), timed.exit_code(report)
        except ParityError as error:  # what was compared is said all the same
            click.echo("\n".join(lines(error)), err=True)
            report = report.model_copy(update={"notes": (*report.notes, f"The times are missing: {error.message}")})
            code = code if code is ExitCode.BAD_VERDICT else error.exit_code
    write_json(report.full(), json_target)
    if json_target != "-":
        write_text(f"{report.bundle}\n" + (f"{report.bench.baseline}\n" if report.bench else ""))
    return int(code)


def _timing(manifest: "Manifest", out: Path | None) -> "TimingPlan | None":
    """What is to be timed, found out before anything runs; it takes packages that a comparison does not need."""
    if not manifest.run.bench:
        return None
    from parity.pipeline.run_bench import timing_plan

    return timing_plan(manifest, out)


def _timed(plan: "TimingPlan", console: "Console") -> "Timed":
    """Time, and show what came out."""
    from parity.cli.progress import shown_progress
    from parity.pipeline.run_bench import time_after
    from parity.report import baseline_table, gate_table

    with shown_progress() as progress:
        timed = time_after(plan, progress)
    if timed.gate is None:
        baseline_table.show(timed.result.baseline, console)
    else:
        gate_table.show_gate(timed.gate, console)
    if timed.p99 is not None:
        gate_table.show_limit(timed.p99, console, judged=timed.gate is not None, kept=timed.kept)
    return timed


def _read(path: Path | None) -> "tuple[Manifest, bytes | None]":
    """The manifest that the user wrote and its bytes, or the default one."""
    from parity.documents.manifest import Manifest

    if path is None:
        return Manifest.model_validate({"version": "v1", "metadata": {"name": "default"}, "run": {}}), None
    from parity.documents.manifest_yaml import read_manifest
    from parity.ops.catalogue import CATALOGUE

    return read_manifest(path, CATALOGUE)


def _short(chars: tuple[str, ...]) -> tuple[str, ...]:
    """A manifest names dtypes as users write them: `f4`, not `f`."""
    from parity.documents.elements import ELEMENTS

    return tuple(ELEMENTS[char].short for char in chars)


def overridden(manifest: "Manifest", flags: dict[str, object]) -> "Manifest":
    """The manifest with the fields that flags name: what will run, and what is recorded. None leaves a field alone.

    Raises DocumentError if a flag's value is none that a manifest may have.
    """
    from pydantic import ValidationError

    from parity.documents.manifest import Manifest
    from parity.documents.model import document_error

    given = {name: value for name, value in flags.items() if value is not None}
    if not given:
        return manifest
    content = manifest.model_dump()
    if "redact" in given:
        content["outputs"]["redact"] = given.pop("redact")
    if "provider" in given:
        content["run"]["provider"]["spec"] = given.pop("provider")
    content["run"] |= given
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise document_error(error, "the flags of this command") from None
