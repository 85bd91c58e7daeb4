"""`parity runs export`: a run for other tools."""

from pathlib import Path

import click

from parity.cli.output import STDOUT, json_option, write_bytes
from parity.cli.runs import ledger_option
from parity.errors import ExitCode, UsageError

FORMATS = ("otlp", "in-toto", "ro-crate")
SIGNALS = ("traces", "metrics")


@click.command()
@click.argument("name", metavar="ID|BUNDLE")
@click.option("--format", "format_", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("--signal", type=click.Choice(SIGNALS), help="Which half of the telemetry, for otlp; traces by default.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="A file; else stdout.")
@ledger_option
@json_option
def export(
    *, name: str, format_: str, signal: str | None, out: Path | None, ledger: Path | None, json_target: str | None
) -> int:
    """Write a run for other tools.

    otlp: spans with their events, or metrics, for OpenTelemetry (a line of OTLP/JSON). in-toto: a statement with a
    test-result, to be signed. ro-crate: ro-crate-metadata.json of a Process Run Crate.

    ID is a run id, the first digits of it, or a label of the ledger; BUNDLE is a directory. All three are JSON, so that
    --json PATH is --out PATH.
    """
    if signal is not None and format_ != "otlp":
        raise UsageError(f"{format_} has no signals", where="--signal", expected="--format otlp besides")
    from parity.cli.progress import shown_progress
    from parity.pipeline.export import export as export_pipeline

    if out is not None and out.is_dir():
        raise UsageError(f"{out} is a directory", where=f"--out {out}", expected="a file")
    with shown_progress() as progress:
        data = export_pipeline(name, format_, signal or SIGNALS[0], ledger, progress)  # type: ignore[arg-type]  # click has checked it
    targets = dict.fromkeys(str(target) for target in (out, json_target) if target is not None) or {STDOUT: None}
    for target in targets:
        write_bytes(data, target)
    return ExitCode.GOOD
