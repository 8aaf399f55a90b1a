"""The process pool of one machine: rebuilt when a worker dies, the culprit found by halving, all others flown."""

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
"""Alone in its pool a run may die so often before it is the culprit: a worker may be killed by chance."""


@dataclass
class Pool:
    """Worker processes, freshly started (spawn); as many runs are under way as there are workers.

    Attributes:
        workers: How many.
        work: What a worker does with a job.
    """

    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    work: Callable[[Job], Landed] = fly_job

    def __post_init__(self) -> None:
        self._processes = Workers(self.workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The workers end at once, whatever they are at."""
        self._processes.dismiss()

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs and tell of each when it is over."""
        waiting = iter(jobs)
        while suspects := (yield from self._until_a_death(waiting)):
            yield from self._isolate(suspects)

    def _until_a_death(self, waiting: Iterator[Job]) -> Generator[Landed, None, list[Job]]:
        """Fly until all is flown or a worker dies; in that case the jobs that were under way."""
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
                send(len(landed))  # before the news is told: workers do not wait for it
            yield from landed
        if suspects:
            self._processes.dismiss()
        return suspects

    def _isolate(self, suspects: list[Job]) -> Iterator[Landed]:
        """Halve until a culprit is alone, and condemn it when it has died alone often enough."""
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
