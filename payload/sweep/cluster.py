"""The dask.distributed executor, for a cluster at an address or a local one; dask is imported only when used."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

from payload.errors import PluginError, SweepError, is_full_disk
from payload.sweep.flying import Job, Landed, condemned, fly_job

LOCAL = "local"
DEATHS = 2
"""Times that a run, alone on the cluster, must kill its worker to be condemned."""
PATIENCE_S = 30.0
"""How long a scheduler may have no workers, which may be starting or restarting."""
_LOOKS = 6  # polls in that time
_FAILURES = {"distributed.scheduler.allowed-failures": 0}


@dataclass
class Cluster:
    """Workers of dask.distributed, which must see the scenario's files under the same paths (a shared file system).

    Attributes:
        address: Address of the scheduler, such as tcp://host:8786; `local` starts one with its workers on this machine.
        local_workers: Number of workers of a local cluster; None for one per core.
    """

    address: str = LOCAL
    local_workers: int | None = None
    _client: Any = field(default=None, init=False, repr=False)
    _stack: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    @property
    def workers(self) -> int:
        """Current number of threads of all workers."""
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            PluginError: The extra `cluster` is missing.
            SweepError: Nothing answers at the address, or the scheduler has no workers.
        """
        guest = _guest()
        import dask  # noqa: PLC0415

        # A worker's death fails its runs at once; `fly` then finds the culprit by flying each alone.
        self._stack.enter_context(dask.config.set(_FAILURES))
        self._stack.callback(_hush(logging.getLogger(guest.__name__)))
        try:
            if self.address == LOCAL:
                local = guest.LocalCluster(
                    n_workers=self.local_workers,
                    threads_per_worker=1,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
                self._client = guest.Client(self._stack.enter_context(local))
            else:
                self._client = guest.Client(self.address)
            self._stack.enter_context(self._client)
        except (OSError, ValueError) as error:
            self._stack.close()
            raise SweepError(f"--cluster {self.address}: no scheduler answers: {error}") from error
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            self._stack.close()
            raise self._nobody_works() from error
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect; a local cluster is shut down."""
        self._stack.close()

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs and yield each as it finishes.

        Raises:
            SweepError: The cluster is gone, or its workers are; rows already written remain.
        """
        suspects: list[Job] = []
        yield from self._fly(iter(jobs), suspects)
        for suspect in suspects:
            for _ in range(DEATHS):
                died: list[Job] = []
                yield from self._fly(iter([suspect]), died)
                if not died:
                    break
            else:
                yield condemned(suspect)

    def _fly(self, jobs: Iterator[Job], suspects: list[Job]) -> Iterator[Landed]:
        """Fly jobs, no more at once than there are threads, so that those a dying worker takes down were running on it."""
        guest = _guest()
        under_way: dict[Any, Job] = {}
        try:
            while True:
                for job in islice(jobs, max(0, self.workers - len(under_way))):
                    under_way[self._send(job)] = job
                if not under_way:
                    return
                for future in self._over(under_way):
                    job = under_way.pop(future)
                    try:
                        landed = future.result()
                    except guest.KilledWorker:
                        suspects.append(job)
                    else:
                        yield landed
        except (OSError, guest.CancelledError) as error:
            if is_full_disk(error):
                raise  # a worker's disk is full; the cluster itself is fine
            raise SweepError(
                "lost the connection to the cluster; finished rows are kept, so start the sweep again to continue"
            ) from error

    def _over(self, under_way: Mapping[Any, Job]) -> list[Any]:
        """Wait until at least one future is done, and return those that are.

        Raises:
            SweepError: All workers have been gone for `PATIENCE_S`.
        """
        guest, away_s = _guest(), 0.0
        while away_s < PATIENCE_S:
            try:
                found = guest.wait(
                    list(under_way), timeout=PATIENCE_S / _LOOKS, return_when="FIRST_COMPLETED"
                )
            except TimeoutError:
                away_s = 0.0 if self._client.nthreads() else away_s + PATIENCE_S / _LOOKS
            else:
                return list(found.done)
        raise self._nobody_works()

    def _nobody_works(self) -> SweepError:
        return SweepError(
            f"--cluster {self.address}: the scheduler has had no worker for {PATIENCE_S:g} s; start some "
            f"where payload-sim is installed (dask worker {self.address}); finished rows are kept"
        )

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


def _hush(logger: logging.Logger) -> Callable[[], None]:
    """Silence dask's logger, since failures are reported once, by us; return a function that undoes this."""
    handlers = {handler: handler.level for handler in logger.handlers}
    for handler in handlers:
        handler.setLevel(logging.CRITICAL)

    def undo() -> None:
        for handler, level in handlers.items():
            handler.setLevel(level)

    return undo
