"""The process pool of one machine: rebuilt when a worker dies; bisection finds the culprit, all other runs are flown."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from typing import Self

from payload.sweep.flying import Job, Landed, condemned, fly_job
from payload.workers import Workers

DEATHS = 2
"""Times that a run, alone in the pool, must die to be condemned: a worker may be killed by chance."""


@dataclass
class Pool:
    """Worker processes, freshly started (spawn), each flying one run at a time.

    Attributes:
        workers: Number of workers.
        work: Function that a worker applies to a job.
    """

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    work: Callable[[Job], Landed] = fly_job

    def __post_init__(self) -> None:
        self._processes = Workers(self.workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the workers at once, whatever they are doing."""
        self._processes.dismiss()

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs and yield each as it finishes."""
        waiting = iter(jobs)
        while suspects := (yield from self._until_a_death(waiting)):
            yield from self._isolate(suspects)

    def _until_a_death(self, waiting: Iterator[Job]) -> Generator[Landed, None, list[Job]]:
        """Fly until all jobs are done or a worker dies; return the jobs that were running when it died."""
        pool = self._processes.pool
        under_way: dict[Future[Landed], Job] = {}
        suspects: list[Job] = []

        def send(count: int) -> None:
            for job in islice(waiting, count):
                try:
                    under_way[pool.submit(self.work, job)] = job
                except BrokenProcessPool:
                    suspects.append(job)
                    return

        send(self.workers)
        while under_way:
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            landed: list[Landed] = []
            for future in done:
                job = under_way.pop(future)
                try:
                    landed.append(future.result())
                except BrokenProcessPool:
                    suspects.append(job)
            if not suspects:
                send(len(landed))  # before yielding, so that workers need not wait for the consumer
            yield from landed
        if suspects:
            self._processes.dismiss()
        return suspects

    def _isolate(self, suspects: list[Job]) -> Iterator[Landed]:
        """Bisect until a culprit is alone, and condemn it once it has died alone often enough."""
        if len(suspects) > 1:
            middle = len(suspects) // 2
            for half in (suspects[:middle], suspects[middle:]):
                if left := (yield from self._until_a_death(iter(half))):
                    yield from self._isolate(left)
            return
        for _ in range(DEATHS):
            if not (yield from self._until_a_death(iter(suspects))):
                return
        yield condemned(suspects[0])
