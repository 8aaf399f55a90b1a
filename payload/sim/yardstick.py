"""The yardstick of an event loop: how long this machine takes over an event of SimPy that does nothing."""

import time
from collections.abc import Callable, Generator
from unittest.mock import patch

import simpy

_EVENTS = 40_000
_ROUNDS = 3


def bare_event_s() -> float:
    """[s] Of CPU for one timeout of one process, in an environment where nothing else happens: the least of three rounds."""
    return min(_bare_s() for _ in range(_ROUNDS)) / _EVENTS


def _bare_s() -> float:
    """[s] Of CPU for one round of bare timeouts."""
    env = simpy.Environment()

    def wait() -> Generator[simpy.Event, None, None]:
        for _ in range(_EVENTS):
            yield env.timeout(1.0)

    env.process(wait())
    start = time.process_time()
    env.run()
    return time.process_time() - start


def count_events(work: Callable[[], object]) -> int:
    """How many events SimPy dispatches in a piece of work."""
    count, step = 0, simpy.Environment.step

    def counting(self: simpy.Environment) -> None:
        nonlocal count
        step(self)
        count += 1

    with patch.object(simpy.Environment, "step", counting):
        work()
    return count
