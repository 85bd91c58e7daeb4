"""The workloads of an optimization round, timed by the protocol of `parity bench run`, of which nothing is written."""

from parity.documents.baseline import Baseline
from parity.documents.optimization import Round
from parity.pipeline import places
from parity.pipeline.bench_session import BenchRequest, Session, with_samples
from parity.pipeline.progress import Progress


class RoundBench:
    """Workloads of a round for one provider: see `parity.pipeline.optimize.Bench`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.workloads, self.pools, self.seed = session.workloads, session.pools, session.set.seed

    def measure(self) -> tuple[Baseline, bytes]:
        """Judge the answers, time them in fresh processes; the baseline and its file of samples."""
        self._session.judge()
        self._session.time_round()
        return with_samples(self._session)


def bench_of(round_: Round, spec: str, progress: Progress) -> RoundBench:
    """The workloads that a round chose. Raises what reading and selecting workloads raises."""
    request = BenchRequest(
        set=str(places.workload_set(round_.set, "--workloads")),
        provider=spec,
        ops=round_.ops,
        only=round_.only,
        processes=round_.processes,
        seconds=round_.seconds,
    )
    return RoundBench(Session(request, progress))
