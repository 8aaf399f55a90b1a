"""The dask.distributed executor: a cluster by its address, or a local one. The guest is imported when it is used."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

from payload.errors import PluginError, SweepError
from payload.sweep.flying import Job, Landed, condemned, fly_job

LOCAL = "local"
DEATHS = 2
"""Alone on the cluster a run may take its worker with it so often before it is the culprit."""
_FAILURES = {"distributed.scheduler.allowed-failures": 0}


@dataclass
class Cluster:
    """Workers of dask.distributed; they see the scenario's files under the same paths, by a shared file system.

    Attributes:
        address: Of the scheduler, as tcp://host:8786; `local` starts one with its workers here.
        local_workers: How many a local cluster has; None for one a core.
    """

    address: str = LOCAL
    local_workers: int | None = None
    _client: Any = field(default=None, init=False, repr=False)
    _stack: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    @property
    def workers(self) -> int:
        """Threads of all workers, as they are now."""
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            PluginError: The extra `cluster` is missing.
            SweepError: Nobody answers at the address.
        """
        guest = _guest()
        import dask  # noqa: PLC0415

        # A worker that dies is the run's fault at once: whose, is found out here, with each alone.
        self._stack.enter_context(dask.config.set(_FAILURES))
        try:
            if self.address == LOCAL:
                local = guest.LocalCluster(
                    n_workers=self.local_workers, threads_per_worker=1, dashboard_address=None
                )
                self._client = guest.Client(self._stack.enter_context(local))
            else:
                self._client = guest.Client(self.address)
            self._stack.enter_context(self._client)
        except (OSError, ValueError) as error:
            self._stack.close()
            raise SweepError(f"--cluster {self.address}: nobody answers there: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect; a local cluster ends."""
        self._stack.close()

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs and tell of each when it is over.

        Raises:
            SweepError: The cluster is gone; the rows that stand stay.
        """
        suspects: list[Job] = []
        yield from self._fly(iter(jobs), suspects, self.workers)
        for suspect in suspects:
            for _ in range(DEATHS):
                died: list[Job] = []
                yield from self._fly(iter([suspect]), died, 1)
                if not died:
                    break
            else:
                yield condemned(suspect)

    def _fly(self, jobs: Iterator[Job], suspects: list[Job], at_once: int) -> Iterator[Landed]:
        """Fly jobs, never more than there are threads: what dies with a worker was under way on it."""
        guest = _guest()
        under_way = {self._send(job): job for job in islice(jobs, at_once)}
        results = guest.as_completed(list(under_way))
        for future in results:
            job = under_way.pop(future)
            try:
                landed: Landed | None = future.result()
            except guest.KilledWorker:
                suspects.append(job)
                landed = None
            except (OSError, guest.CancelledError) as error:
                raise SweepError(
                    "the cluster is gone; rows that stand stay, start again to go on"
                ) from error
            for following in islice(jobs, 1):
                sent = self._send(following)
                under_way[sent] = following
                results.add(sent)
            if landed is not None:
                yield landed

    def _send(self, job: Job) -> Any:  # noqa: ANN401 - a guest's future
        return self._client.submit(fly_job, job, pure=False)


def _guest() -> Any:  # noqa: ANN401 - half of it has no types
    try:
        import distributed  # noqa: PLC0415
    except ImportError as error:
        raise PluginError(
            "a cluster needs dask.distributed: pip install 'payload-sim[cluster]'"
        ) from error
    return distributed
