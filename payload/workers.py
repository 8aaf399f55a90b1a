"""Processes beside the one that flies: freshly started (spawn), they end with it, even if that is killed."""

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Generic, ParamSpec, Self, TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")
P = ParamSpec("P")

_ENDS = {each for each in signal.Signals if each.name in {"SIGINT", "SIGTERM", "SIGHUP"}}
_AT_ONCE = 2  # jobs for each helper: one under work, one that it finds when that is done

_log = logging.getLogger(__name__)


class Share(Generic[Job, Done]):
    """Jobs of which helpers take one after another from the front.

    No future is ever cancelled: a pool of Python 3.11 that finds a cancelled one when a worker has died leaves the
    others waiting for ever.
    """

    def __init__(
        self, submit: Callable[[Job], Future[Done]], jobs: Sequence[Job], at_once: int
    ) -> None:
        """Begin with so many of the jobs at once, and with another whenever one is done."""
        self._submit, self._jobs = submit, jobs
        self._left = deque(range(len(jobs)))
        self._taken: dict[int, Future[Done]] = {}
        self._lock = threading.Lock()
        for _ in range(min(at_once, len(jobs))):
            self._begin_next()

    def finish(self, here: Callable[[Job], Done]) -> list[Done]:
        """Do from the end what no helper has taken, wait for the others; in the order of the jobs.

        What a helper that was killed leaves undone is done here too.
        """
        mine: dict[int, Done] = {}
        while (number := self._take_last()) is not None:
            mine[number] = here(self._jobs[number])
        return [
            mine[number] if number in mine else self._wait(number, here)
            for number in range(len(self._jobs))
        ]

    def _begin_next(self) -> None:
        with self._lock:
            if not self._left:
                return
            number = self._left.popleft()
            try:
                future = self._submit(self._jobs[number])
            except RuntimeError:  # the helpers were killed or dismissed
                self._left.appendleft(number)
                return
            self._taken[number] = future
        future.add_done_callback(self._go_on)

    def _go_on(self, done: Future[Done]) -> None:
        if not done.cancelled() and not isinstance(done.exception(), BrokenProcessPool):
            self._begin_next()

    def _take_last(self) -> int | None:
        with self._lock:
            return self._left.pop() if self._left else None

    def _wait(self, number: int, here: Callable[[Job], Done]) -> Done:
        try:
            return self._taken[number].result()
        except BrokenProcessPool:
            _log.warning("a helper was killed, perhaps for want of memory: its work is done here")
            return here(self._jobs[number])


@dataclass
class Workers:
    """So many processes; none is started before there is something to do."""

    count: int
    _pool: ProcessPoolExecutor | None = field(default=None, init=False, repr=False)
    _leash: Connection | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """They end at once, whatever they are at."""
        self.dismiss()

    @property
    def pool(self) -> ProcessPoolExecutor:
        """Takes their jobs; they are started if they are not there."""
        if self._pool is None:
            self._pool, self._leash = start_workers(self.count)
        return self._pool

    def dismiss(self) -> None:
        """They end at once, and what they hold in memory is free; new ones come with the next jobs."""
        pool, leash = self._pool, self._leash
        self._pool = self._leash = None
        if leash:
            leash.close()
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)


class Helpers(Workers):
    """Workers that share jobs with the process that started them."""

    def share(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Share[Job, Done]:
        """Have helpers begin with jobs.

        Args:
            work: What anybody does with a job; it and what it finds can be pickled, and should be small: a helper that is
                killed while it hands over more than a pipe holds (64 KB) is waited for.
            jobs: In the order in which they are begun.
        """
        pool = self.pool
        return Share(lambda job: pool.submit(work, job), jobs, _AT_ONCE * self.count)


def start_workers(count: int) -> tuple[ProcessPoolExecutor, Connection]:
    """A pool of fresh processes, and the leash that holds them: they end when it is closed."""
    context = multiprocessing.get_context("spawn")
    held, leash = context.Pipe(duplex=False)
    pool = _DeafPool(count, mp_context=context, initializer=_begin, initargs=(held,))
    return pool, leash


class _DeafPool(ProcessPoolExecutor):
    """Whom it starts does not hear Ctrl-C while it still imports what it needs, as a terminal tells it to all at once.

    Nor does who starts it hear of an end before the other knows what it is for: it would complain.
    """

    def submit(self, fn: Callable[P, Done], /, *args: P.args, **options: P.kwargs) -> Future[Done]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # a child inherits it
        try:
            return super().submit(fn, *args, **options)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(leash: Connection) -> None:
    """A worker's start: it ends when its leash does, even if that is cut, and leaves Ctrl-C to who holds it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS - {signal.SIGINT})
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    try:
        leash.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
