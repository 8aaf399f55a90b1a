"""Helpers in processes of their own, beside the process that flies: they work on the same spool.

Each is freshly started (spawn) and ends with the process that started it, even if that is killed.
"""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from payload.scenario.models import Scenario
from payload.sim.assemble import Assembly
from payload.sim.memo import Memo

Job = TypeVar("Job")
Done = TypeVar("Done")
Work = Callable[[Assembly, Memo, Job], Done]
"""What anybody does with a job who has the scenario assembled and a memo; a function of a module."""


@dataclass
class Share(Generic[Job, Done]):
    """Jobs of which helpers take one after another from the front."""

    jobs: Sequence[Job]
    futures: Sequence[Future[Done]]

    def finish(self, here: Callable[[Job], Done]) -> list[Done]:
        """Do from the end what no helper has taken, wait for the others; in the order of the jobs."""
        mine = {
            number: here(self.jobs[number])
            for number in reversed(range(len(self.jobs)))
            if self.futures[number].cancel()
        }
        return [
            mine[number] if number in mine else future.result()
            for number, future in enumerate(self.futures)
        ]


@dataclass
class Crew:
    """So many helpers; none is started before there is something to do.

    Attributes:
        memo: Whose spool they share.
    """

    helpers: int
    assembly: Assembly
    memo: Memo
    _pool: ProcessPoolExecutor | None = field(default=None, init=False, repr=False)
    _leash: Connection | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The helpers end at once, whatever they are at."""
        self.dismiss()

    def dismiss(self) -> None:
        """The helpers end at once, and what they hold in memory is free; new ones come with the next jobs."""
        pool, leash = self._pool, self._leash
        self._pool = self._leash = None
        if leash:
            leash.close()
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)

    def share(self, work: Work[Job, Done], jobs: Sequence[Job]) -> Share[Job, Done]:
        """Have helpers begin with jobs."""
        pool = self._pool or self._start()
        return Share(jobs, [pool.submit(_do, str(self._desk), work, job) for job in jobs])

    @property
    def _desk(self) -> Path:
        return self.memo.spool / "assembly"

    def _start(self) -> ProcessPoolExecutor:
        with self._desk.open("wb") as file:
            _Pickler(file, pickle.HIGHEST_PROTOCOL).dump((self.assembly, self.memo.keeps_records))
        self._pool, self._leash = start_workers(self.helpers)
        return self._pool


def _do(desk: str, work: Work[Job, Done], job: Job) -> Done:
    """A helper does a job."""
    return work(*_at_desk(desk), job)


@cache
def _at_desk(desk: str) -> tuple[Assembly, Memo]:
    with Path(desk).open("rb") as file:
        assembly, keeps_records = pickle.load(file)
    memo = Memo(assembly.darkroom, Path(desk).parent, keeps_records=keeps_records)
    return assembly, memo


class _Pickler(pickle.Pickler):
    """Knows how a scenario travels: as plain data, for its plug-ins' classes are made when it is read."""

    def reducer_override(self, value: object) -> Any:  # noqa: ANN401 - as pickle wants it
        if isinstance(value, Scenario):
            return _scenario, (value.model_dump(mode="json"), str(Path.cwd()))
        return NotImplemented


def _scenario(data: dict[str, object], folder: str) -> Scenario:
    return Scenario.model_validate(data, context={"folder": Path(folder)})


def start_workers(count: int) -> tuple[ProcessPoolExecutor, Connection]:
    """A pool of fresh processes, and the leash that holds them: they end when it is closed."""
    context = multiprocessing.get_context("spawn")
    held, leash = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(held,))
    return pool, leash


def _begin(leash: Connection) -> None:
    """A worker's start: it ends when its leash does, even if that is cut, and leaves Ctrl-C to who holds it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    try:
        leash.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
