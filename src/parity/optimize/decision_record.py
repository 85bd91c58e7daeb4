"""The decision record of a round, as Markdown: what was tried, what it gained, what the proof says."""

import re
import shlex
from collections.abc import Iterator

from parity.documents.baseline import Fingerprint, Interval
from parity.documents.optimization import Change, Figure, Isomorphism, Movement, Optimization, Profile, WorkloadChange

MOST_MOVED = 50
MOST_DIFF_LINES = 60
_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_PROOFS = {
    "isomorphic": "no bit of a golden output moved",
    "within_tolerance": "golden outputs moved, and the catalogue's tolerances allow for every one",
    "broken": "golden outputs moved beyond what the catalogue allows",
}


def decision_record(round_: Optimization, machine: Fingerprint, diff: str) -> str:
    """The page. Every figure in it is in proof.json; diff: of the lever, as text."""
    return "\n".join(
        (
            f"# Optimization round {_cell(round_.name)}: {round_.decision.verdict}",
            "",
            *_summary(round_),
            "",
            "## What changed",
            "",
            *_changes(round_, diff),
            "",
            "## Timings",
            "",
            *_timings(round_),
            "",
            "## Proof of isomorphism",
            "",
            *_proof(round_.proof),
            "",
            "## Profile",
            "",
            *(f"- {side}: {_profile(profile, side)}" for side, profile in _profiles(round_)),
            "",
            "## Environment",
            "",
            *_environment(round_, machine),
            "",
            "## Commands",
            "",
            *_commands(round_),
            "",
        )
    )


def _summary(round_: Optimization) -> Iterator[str]:
    decision = round_.decision
    yield f"- Why: {_cell(round_.why)}"
    yield f"- Lever: `{_code(round_.lever)}`" + (", and more, which was allowed" if round_.allowed_more else "")
    yield f"- Proof: **{round_.proof.verdict}**: {_PROOFS[round_.proof.verdict]}"
    yield f"- Decision: **{decision.verdict}** by the {decision.by}: {_cell(decision.reason)}"
    if decision.by == "person":
        yield f"- The rule says: {decision.rule}"


def _changes(round_: Optimization, diff: str) -> Iterator[str]:
    before, after = round_.before, round_.after
    if before.provider.spec != after.provider.spec:
        yield f"- provider `{_code(before.provider.spec)}` → `{_code(after.provider.spec)}`"
    for change in round_.changes:
        lines = f", {change.added} lines added, {change.removed} removed" if change.added is not None else ""
        yield f"- {change.kind} `{_code(change.name)}`{lines}" + ("" if change.within_lever else " (beyond the lever)")
    listed = diff.splitlines()
    if 0 < len(listed) <= MOST_DIFF_LINES and "```" not in diff:
        yield from ("", "```diff", *listed, "```")
    elif listed:
        yield from ("", "The whole is in [change.diff](change.diff).")


def _timings(round_: Optimization) -> Iterator[str]:
    yield "Change: of a figure, as a share of what it was, with an interval of at least 95 %. Ratio: time after over"
    yield "time before, each in units of NumPy's time in the same process, by the rank test over processes."
    yield ""
    yield "| workload | figure | before | after | change | ratio | verdict |"
    yield "|---|---|---|---|---|---|---|"
    for row in round_.timings:
        yield from _rows(row)


def _rows(row: WorkloadChange) -> Iterator[str]:
    figures = [("p50", row.p50_ns), ("p95", row.p95_ns), ("p99", row.p99_ns), ("batch, median", row.batch_ns)]
    known = [(name, figure) for name, figure in figures if figure.before or figure.after] or [("none", Figure())]
    for place, (name, figure) in enumerate(known):
        ratio = _ratio(row.ratio) if place == 0 else ""
        verdict = (row.verdict + (f": {_cell(row.reason)}" if row.reason else "")) if place == 0 else ""
        label = f"`{_code(row.name)}`" if place == 0 else ""
        cells = (label, name, _time(figure.before), _time(figure.after), _change(figure.change), ratio, verdict)
        yield f"| {' | '.join(cells)} |"


def _proof(proof: Isomorphism) -> Iterator[str]:
    yield f"{proof.identical} of {proof.cases} golden outputs have the same bits; {proof.answered} are answers (the"
    yield "rest are functions that the provider lacks, crashes and time-outs, alike on both sides unless listed)."
    yield f"Checksums of all golden outputs: before `{proof.before}`, after `{proof.after}`."
    if not proof.moved:
        return
    yield ""
    yield "| case | layout | verdict | elements | ULP | distance | against the capture | what allows it |"
    yield "|---|---|---|---|---|---|---|---|"
    for moved in proof.moved[:MOST_MOVED]:
        yield f"| {' | '.join(_moved(moved))} |"
    if len(proof.moved) > MOST_MOVED:
        yield ""
        yield f"{len(proof.moved) - MOST_MOVED} more are in proof.json."


def _moved(moved: Movement) -> tuple[str, ...]:
    row = moved.tolerance
    allowed = f"{row.rule} {row.limit}: {_cell(row.reason)}" if row else "exact bits are due"
    if moved.verdict == "told_differently":
        allowed = f"bits are the same; {_cell(moved.message or 'words of an exception')}"
    elif moved.verdict == "broken" and moved.message:
        allowed = _cell(moved.message)
    return (
        f"`{_code(moved.case_id)}`",
        _cell(moved.layout),
        moved.verdict + (" (against NumPy)" if moved.against == "numpy" else ""),
        str(moved.differing),
        "none" if moved.ulp is None else f"{moved.ulp:.4g}",
        moved.distance or "none",
        moved.oracle or ("not asked" if moved.verdict == "told_differently" else "not in it"),
        allowed,
    )


def _profiles(round_: Optimization) -> tuple[tuple[str, Profile], ...]:
    return ("before", round_.before.profile), ("after", round_.after.profile)


def _profile(profile: Profile, side: str) -> str:
    if profile.status == "recorded":
        return (
            f"[{side}/{profile.file}]({side}/{profile.file}), {profile.samples} samples of "
            f"`{_code(profile.workload or '')}` by {_cell(profile.tool or '')}"
        )
    return "not asked for" if profile.status == "not_asked" else f"not possible here: {_cell(profile.reason or '')}"


def _environment(round_: Optimization, machine: Fingerprint) -> Iterator[str]:
    yield f"- Fingerprint {machine.id}: {_cell(machine.cpu_model)}, {machine.cores} cores, {_cell(machine.os)}"
    yield f"- Python {machine.python}, NumPy {machine.numpy}, Numba {machine.numba or 'absent'}"
    for name, side in (("before", round_.before), ("after", round_.after)):
        head = (side.git_head or "no commit") + (" with changes" if side.git_dirty else "")
        provider = _cell(" ".join(filter(None, (side.provider.name, side.provider.version))))
        yield f"- {name}: {provider}, {head}, {side.started}, A/A control: {side.control}"
    yield f"- Finished {round_.finished}"


def _commands(round_: Optimization) -> Iterator[str]:
    """In a fence that is longer than any run of backticks in a command (CommonMark 4.5)."""
    commands = [shlex.join(command) for command in round_.commands]
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", "\n".join(commands)))])
    yield f"{fence}sh"
    yield from commands
    yield "(cd before && sha256sum -c SHA256SUMS)        # the record of the start is as it was"
    yield "(cd after && sha256sum -c ../before/golden.sha256)  # golden outputs, byte for byte"
    yield fence


def _time(figure: Interval | None) -> str:
    if figure is None:
        return "n/a"
    scale, unit = next((pair for pair in _UNITS if figure.value >= pair[0]), _UNITS[-1])
    return f"{figure.value / scale:.4g} {unit} [{figure.low / scale:.4g}, {figure.high / scale:.4g}]"


def _change(change: Change | None) -> str:
    if change is None:
        return "n/a"
    shown = f"{change.value:+.1%}"
    return shown if change.low is None or change.high is None else f"{shown} [{change.low:+.1%}, {change.high:+.1%}]"


def _ratio(ratio: Interval | None) -> str:
    return "n/a" if ratio is None else f"{ratio.value:.4g} [{ratio.low:.4g}, {ratio.high:.4g}]"


def _cell(text: str) -> str:
    """Text in a paragraph or a cell: what Markdown or HTML would read as its own is escaped."""
    plain = " ".join(text.split())
    for mark in ("\\", "|", "<", "`", "*", "_", "["):
        plain = plain.replace(mark, f"\\{mark}" if mark != "<" else "&lt;")
    return plain


def _code(text: str) -> str:
    """Text between backticks: neither they nor bars nor line ends may be in it."""
    return " ".join(text.replace("`", "'").replace("|", "¦").split())
