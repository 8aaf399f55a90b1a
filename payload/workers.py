"""Worker processes beside the main one: freshly started (spawn), they end with it, even if it is killed."""

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
_AT_ONCE = 2  # jobs submitted per helper: one in progress, one ready when that is done

_log = logging.getLogger(__name__)


class Share(Generic[Job, Done]):
    """A list of jobs from which helpers take one after another from the front.

    No future is ever cancelled: in Python 3.11, a pool that finds a cancelled future after a worker has died leaves
    the others waiting forever.
    """

    def __init__(
        self, submit: Callable[[Job], Future[Done]], jobs: Sequence[Job], at_once: int
    ) -> None:
        """Start `at_once` of the jobs, and another whenever one is done."""
        self._submit, self._jobs = submit, jobs
        self._left = deque(range(len(jobs)))
        self._taken: dict[int, Future[Done]] = {}
        self._lock = threading.Lock()
        for _ in range(min(at_once, len(jobs))):
            self._begin_next()

    def finish(self, here: Callable[[Job], Done]) -> list[Done]:
        """Do, from the end, the jobs that no helper has taken, and wait for the others; results are in job order.

        Jobs left undone by a killed helper are also done here.
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
            except RuntimeError:  # the helpers have been killed or dismissed
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
            _log.warning(
                "a helper process was killed, perhaps for lack of memory: its work is done here"
                " instead"
            )
            return here(self._jobs[number])


@dataclass
class Workers:
    """A pool of `count` processes; none is started before there is something to do."""

    count: int
    _pool: ProcessPoolExecutor | None = field(default=None, init=False, repr=False)
    _leash: Connection | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes at once, whatever they are doing."""
        self.dismiss()

    @property
    def pool(self) -> ProcessPoolExecutor:
        """The pool that takes jobs; its processes are started if there are none."""
        if self._pool is None:
            self._pool, self._leash = start_workers(self.count)
        return self._pool

    def dismiss(self) -> None:
        """End the processes at once and free their memory; new ones start with the next jobs."""
        pool, leash = self._pool, self._leash
        self._pool = self._leash = None
        if leash:
            leash.close()
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)


class Helpers(Workers):
    """Workers that share jobs with the process that started them."""

    def share(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Share[Job, Done]:
        """Have helpers start on jobs.

        Args:
            work: What to do with a job, here or in a helper. It and its results must be picklable and should be small:
                a helper killed while handing over more than a pipe holds (64 KB) is waited for.
            jobs: In the order in which they are started.
        """
        pool = self.pool
        return Share(lambda job: pool.submit(work, job), jobs, _AT_ONCE * self.count)


def start_workers(count: int) -> tuple[ProcessPoolExecutor, Connection]:
    """A pool of fresh processes, and the leash (a pipe) that holds them: they end when it is closed."""
    context = multiprocessing.get_context("spawn")
    held, leash = context.Pipe(duplex=False)
    pool = _DeafPool(count, mp_context=context, initializer=_begin, initargs=(held,))
    return pool, leash


class _DeafPool(ProcessPoolExecutor):
    """A pool whose workers ignore Ctrl-C, which a terminal sends to all processes at once, even while still importing.

    The parent, too, defers signals until a worker has been started completely: otherwise the worker would complain.
    """

    def submit(self, fn: Callable[P, Done], /, *args: P.args, **options: P.kwargs) -> Future[Done]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # inherited by a child
        try:
            return super().submit(fn, *args, **options)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(leash: Connection) -> None:
    """Initialise a worker: it ends when its leash is closed or cut, and leaves Ctrl-C to the holder of the leash."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS - {signal.SIGINT})
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    try:
        leash.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
