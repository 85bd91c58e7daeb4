"""The two baselines that are held against each other: what each is of, and what a reader must know about the pair."""

from parity.bench.fingerprint import differences
from parity.documents.baseline import Baseline, Fingerprint
from parity.documents.gate import Machine, Side


def machine(fingerprint: Fingerprint) -> Machine:
    """The fingerprint in short."""
    return Machine.model_validate({name: getattr(fingerprint, name) for name in Machine.model_fields})


def side(baseline: Baseline) -> Side:
    """What a baseline is of."""
    timed = [len(workload.processes.log_ratio) for workload in baseline.workloads if workload.processes.log_ratio]
    same = ("set", "origin", "provider", "sources_sha256", "parity", "git_head", "git_dirty", "started")
    return Side(
        **{name: getattr(baseline, name) for name in same},
        control=baseline.control.verdict if baseline.control else None,
        processes=min(timed, default=0),
    )


def differing(before: Baseline, after: Baseline) -> tuple[str, ...]:
    """The fields in which the fingerprints differ, in words; empty if the two are comparable."""
    return differences(before.fingerprint, after.fingerprint, names=("in the baseline", "now"))


def notes_on(before: Baseline, after: Baseline) -> tuple[str, ...]:
    """What is not the same on both sides, fingerprints apart: it may be just what is compared, but one must know."""
    notes = []
    if before.provider != after.provider:
        notes.append(f"the provider was {_provider(before)} and is {_provider(after)}")
    elif before.sources_sha256 and before.sources_sha256 == after.sources_sha256:
        notes.append("the provider's sources are the same on both sides")
    if before.parity != after.parity:
        notes.append(f"parity was {before.parity} and is {after.parity}")
    if before.set != after.set:
        notes.append(f"the set of workloads was {before.set} and is {after.set}")
    if before.git_dirty or after.git_dirty:
        which = [name for name, of in (("baseline", before), ("current", after)) if of.git_dirty]
        notes.append(f"measured with uncommitted changes: {' and '.join(which)}")
    if before.protocol and after.protocol and before.protocol.ratio_of != after.protocol.ratio_of:
        words = {"both_epochs": "both epochs of an arm", "shorter_epoch": "the shorter epoch of an arm, without waits"}
        said = [words[protocol.ratio_of] for protocol in (before.protocol, after.protocol)]
        notes.append(f"ratios were of {said[0]}, and are of {said[1]}")
    notes += [
        f"the {name} is imported, not measured by parity"
        for name, of in (("baseline", before), ("current run", after))
        if of.origin == "imported"
    ]
    return tuple(notes)


def _provider(baseline: Baseline) -> str:
    provider = baseline.provider
    return f"{provider.name} {provider.version or ''}".rstrip() + f" ({provider.spec})"
