"""The dask.distributed executor: a cluster by its address, or a local one. The guest is imported when it is used."""

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
"""Alone on the cluster a run may take its worker with it so often before it is the culprit."""
PATIENCE_S = 30.0
"""A scheduler may be without workers so long: they are being started, or started again."""
_LOOKS = 6  # in that time
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
            SweepError: Nobody answers at the address, or nobody works there.
        """
        guest = _guest()
        import dask  # noqa: PLC0415

        # A worker that dies is the run's fault at once: whose, is found out here, with each alone.
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
            raise SweepError(f"--cluster {self.address}: nobody answers there: {error}") from error
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            self._stack.close()
            raise self._nobody_works() from error
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect; a local cluster ends."""
        self._stack.close()

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs and tell of each when it is over.

        Raises:
            SweepError: The cluster is gone, or its workers are; the rows that stand stay.
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
        """Fly jobs, never more than there are threads: what dies with a worker was under way on it."""
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
                raise  # where a worker writes: the cluster is well
            raise SweepError(
                "the cluster is gone; rows that stand stay, start again to go on"
            ) from error

    def _over(self, under_way: Mapping[Any, Job]) -> list[Any]:
        """Futures that are over, as soon as there is one.

        Raises:
            SweepError: All workers have been gone for so long that none will come back.
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
            f"where payload-sim is installed (dask worker {self.address}); rows that stand stay"
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
    """Have the guest say nothing: what fails is told once, in our words. What undoes that."""
    handlers = {handler: handler.level for handler in logger.handlers}
    for handler in handlers:
        handler.setLevel(logging.CRITICAL)

    def undo() -> None:
        for handler, level in handlers.items():
            handler.setLevel(level)

    return undo
