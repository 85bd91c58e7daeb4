"""One measurement of a set of workloads: judged once, timed as often as one likes. Nothing here is written."""

import itertools
import statistics
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import parity
from parity.bench import processes, samples, summary
from parity.bench.fingerprint import fingerprint
from parity.bench.processes import Judgement, ProcessTimings, Settings, choose_controls
from parity.bench.protocol import EPOCH_NS
from parity.bench.timings import Timing
from parity.bundle.datasets import combined_sources
from parity.cases.workloads import expand, pools_of, select
from parity.compare.judge import judge
from parity.documents.baseline import Baseline, CopyBandwidth, Fingerprint, Protocol, SamplesFile, Scaling
from parity.documents.model import file_sha256, sha256
from parity.documents.verdict import Verdict
from parity.documents.workload import Workload, WorkloadSet
from parity.documents.workload_toml import read_workloads
from parity.errors import InconclusiveError, UsageError, listed
from parity.ledger.inputs import git_state
from parity.pipeline import places
from parity.pipeline.baseline_store import file_stem
from parity.pipeline.evidence import as_called
from parity.pipeline.progress import Progress
from parity.providers.sources import source_files
from parity.providers.spec import load_provider

THREADS = 1
"""Each library may use one, so that a time is that of a kernel and not of a scheduler."""

MOST_CONTROLS = 3

THREADS_OF = ("blas", "numba", "openmp")
"""What the fingerprint says of it, whatever libraries a provider loads."""


@dataclass(frozen=True)
class BenchRequest:
    """set: a set's name, or the path of its TOML file. ops, only: select workloads; empty for all.

    processes: fresh ones in a round. seconds: for each workload in each, both arms together. scaling: time with all
    cores, too. out: the folder of run bundles, None for the default. keep: put the baseline in its place, always, if
    others can be held against it, or never; it is in the bundle anyway. p99: the limit of a manifest, for the record.
    """

    set: str = "sentinel"
    provider: str = "numba"
    ops: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    processes: int = 9
    seconds: float = 0.1
    scaling: bool = False
    out: Path | None = None
    keep: Literal["always", "good", "never"] = "always"
    p99: float | None = None


class Session:
    """Workloads of a request, judged once and timed as often as one likes. It writes nothing."""

    def __init__(self, request: BenchRequest, progress: Progress) -> None:
        self.request, self._progress = request, progress
        self.set_path = places.workload_set(request.set)
        self.set: WorkloadSet = read_workloads(self.set_path)
        everything = expand(self.set, str(self.set_path))
        self.workloads: tuple[Workload, ...] = select(everything, request.ops, request.only, request.provider)
        self.complete = len(self.workloads) == len(select(everything, provider_spec=request.provider))
        if request.keep != "never":
            samples.check_room(len(self.workloads) + MOST_CONTROLS, request.processes)
        self.pools = pools_of(self.workloads, self.set.seed)
        self.sources = source_files(request.provider)
        self._digests = _digests(self.sources)
        self.started = datetime.now(UTC)
        self.settings = Settings(
            processes=request.processes, seconds=request.seconds, threads=THREADS, seed=self.set.seed
        )
        self.clock = time.monotonic()
        self._load = partial(load_provider, request.provider)
        self._judgement: Judgement | None = None
        self._chosen_controls: tuple[str, ...] = ()
        self._processes: list[ProcessTimings] = []
        self._withheld: dict[str, str] = {}
        self._later: dict[str, Verdict] = {}
        self._scaling: tuple[Scaling, ...] = ()

    @property
    def judgement(self) -> Judgement:
        """Which answers may be timed."""
        assert self._judgement is not None, "nothing is timed that was not judged"
        return self._judgement

    def judge(self) -> None:
        """Call every workload once, in one process, and judge the answers."""
        self._progress.stage("judge the answers", len(self.workloads))
        self._judgement = processes.judge_all(
            self.workloads, self._load, judge, self.pools, self.settings, self._progress.advance
        )
        self._chosen_controls = choose_controls(self._judgement)

    def time(self, number: int, names: Collection[str] | None = None) -> None:
        """Time workloads (all that may be, or those of these names) in one more fresh process.

        What an earlier process withheld is not tried again: a call that hangs would hang each of them.
        """
        chosen = [workload for workload in self.workloads if self._is_timed(workload, names)]
        self._chosen_controls = tuple(name for name in self._chosen_controls if name not in self._withheld)
        found = processes.time_process(
            number,
            chosen,
            self.judgement,
            self._chosen_controls,
            self._load,
            judge,
            self.pools,
            self.settings,
            self._progress.advance,
        )
        if not self._processes:
            found = found._replace(
                timings={name: self._compiled(name, timing) for name, timing in found.timings.items()}
            )
        self._withheld = found.withheld | self._withheld
        self._later |= found.verdicts
        self._processes.append(found)

    def _compiled(self, name: str, timing: Timing) -> Timing:
        """The timing with what the process spent on compiling that judged, if that was more: it was there first."""
        spent = self.judgement.judged[name].compile_s
        return timing if spent is None else timing._replace(compile_s=max(spent, timing.compile_s or 0.0))

    def time_round(self, names: Collection[str] | None = None) -> None:
        """Time workloads in as many fresh processes as a round has."""
        count = sum(self._is_timed(workload, names) for workload in self.workloads)
        self._progress.stage("time", count * self.settings.processes)
        for _ in range(self.settings.processes):
            self.time(len(self._processes), names)
        if not self.controls():
            self._control_by_numpy()

    def _control_by_numpy(self) -> None:
        """Where the provider cannot be timed against itself, NumPy is: a control of the machine and the protocol."""
        asked = partial(load_provider, "numpy"), judge, self.pools, self.settings
        judged = processes.judge_all(self.workloads[:MOST_CONTROLS], *asked, lambda: None)
        chosen = self._chosen_controls = choose_controls(judged)
        for number, process in enumerate(self._processes):
            found = processes.time_process(number, (), judged, chosen, *asked, lambda: None)
            self._processes[number] = process._replace(controls=found.controls)

    def _is_timed(self, workload: Workload, names: Collection[str] | None) -> bool:
        return self._reason(workload.name) is None and (names is None or workload.name in names)

    def scale(self) -> None:
        """Time the provider with all cores, too, where it has more than one.

        A workload whose answer is no longer good there is withheld, with all its times.
        """
        chosen = [workload for workload in self.workloads if self._is_timed(workload, None)]
        threads = processes.all_cores()
        if not chosen:
            self._progress.note("every workload is withheld: nothing is timed with all cores")
            return
        if threads == 1:
            self._progress.note("one core: there is nothing to scale to")
            return
        self._progress.stage("time with all cores", 2 * len(chosen) * self.settings.processes)
        found = processes.time_scaling(
            chosen, self.judgement, self._load, judge, self.pools, self.settings, self._progress.advance
        )
        self._withheld |= found.withheld
        self._later |= found.verdicts
        whole = {name: ratios for name, ratios in found.log_ratios.items() if len(ratios) == self.settings.processes}
        self._scaling = tuple(summary.scaling(name, threads, ratios) for name, ratios in whole.items())
        self._chosen_controls = tuple(name for name in self._chosen_controls if name not in found.withheld)
        if not self.controls():
            self._control_by_numpy()

    # -- what came out ---------------------------------------------------------------------------------

    @property
    def verdicts(self) -> list[Verdict]:
        """One for each workload, in their order; the later one, where an answer was another one when it was timed."""
        judged = self.judgement.judged
        return [self._later.get(workload.name, judged[workload.name].verdict) for workload in self.workloads]

    def timings(self) -> dict[str, list[Timing]]:
        """Of the workloads whose times are not withheld: what each process says, in the order of the processes."""
        names = [w.name for w in self.workloads if self._reason(w.name) is None]
        return {name: [p.timings[name] for p in self._processes if name in p.timings] for name in names}

    def controls(self) -> dict[str, list[Timing]]:
        """The same of the provider against itself, where every process could time it."""
        names = self._chosen_controls
        found = {name: [p.controls[name] for p in self._processes if name in p.controls] for name in names}
        return {name: timings for name, timings in found.items() if len(timings) == len(self._processes)}

    def _reason(self, name: str) -> str | None:
        return self.judgement.judged[name].withheld or self._withheld.get(name)

    def _check_unchanged(self) -> None:
        now = _digests(source_files(self.request.provider))
        changed = sorted({name for name, _ in self._digests.items() ^ now.items()})
        if changed:
            raise UsageError(
                f"the provider changed while it was measured: {listed(changed)}",
                where=self.request.provider,
                expected="the same source files from the first answer to the last timing",
                hint="measure again, and leave the files alone until it is done",
            )

    def samples(self) -> bytes:
        """Every duration, as the file beside a baseline."""
        return samples.encode(self.timings(), self.controls())

    def baseline(self) -> Baseline:
        """What was measured, up to now.

        Raises InconclusiveError if not even NumPy could be timed, UsageError if the provider's files changed meanwhile.
        """
        self._check_unchanged()
        timings, controls = self.timings(), self.controls()
        if not controls:
            raise InconclusiveError(
                "nothing could be timed, not even NumPy against itself",
                where=f"--set {self.request.set}",
                expected="calls that return",
            )
        copy = _median_ladder([process.copy_bandwidth for process in self._processes])
        head, dirty = git_state(Path.cwd())
        return Baseline(
            set=self.set.name,
            complete=self.complete,
            fingerprint=session_fingerprint(),
            provider=self.judgement.identity,
            sources_sha256=combined_sources(self.sources),
            parity=parity.__version__,
            git_head=head,
            git_dirty=dirty,
            command=as_called(),
            started=self.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            protocol=Protocol(
                processes=len(self._processes),
                seconds=self.settings.seconds,
                epoch_ns=EPOCH_NS,
                seed=self.settings.seed,
                harness_ns=summary.rounded(statistics.median(p.harness_ns for p in self._processes)),
                threads=THREADS,
                ratio_of="shorter_epoch",
            ),
            control=summary.control(controls),
            copy_bandwidth=copy,
            workloads=tuple(
                summary.result(
                    workload,
                    verdict.verdict,
                    self.judgement.judged[workload.name].pace,
                    timings.get(workload.name, ()),
                    copy,
                    self._reason(workload.name),
                )
                for workload, verdict in zip(self.workloads, self.verdicts, strict=True)
            ),
            scaling=self._scaling,
            samples_file=None,
        )


def session_fingerprint() -> Fingerprint:
    """The machine, as a baseline says on which it was measured."""
    return fingerprint(dict.fromkeys(THREADS_OF, THREADS))


def _digests(sources: Sequence[tuple[str, Path]]) -> dict[str, str]:
    return {name: file_sha256(path) for name, path in sources}


def _median_ladder(ladders: Sequence[Sequence[CopyBandwidth]]) -> tuple[CopyBandwidth, ...]:
    """What a copy reaches: of each size the median over the processes."""
    reached: dict[int, list[float]] = {}
    for step in itertools.chain.from_iterable(ladders):
        reached.setdefault(step.bytes, []).append(step.gb_per_s)
    return tuple(
        CopyBandwidth(bytes=size, gb_per_s=summary.rounded(statistics.median(found)))
        for size, found in sorted(reached.items())
    )


def with_samples(session: Session) -> tuple[Baseline, bytes]:
    """The baseline of a session, and its file of samples under a name that says what is in it."""
    data, baseline = session.samples(), session.baseline()
    digest = sha256(data)
    name = f"{file_stem(baseline)}.{digest[:8]}.samples.npz"
    return baseline.model_copy(update={"samples_file": SamplesFile(name=name, sha256=digest, size=len(data))}), data
