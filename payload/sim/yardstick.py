"""The yardstick of an event loop: how long this machine takes over an event of SimPy that does nothing."""

import time
from collections.abc import Generator

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


class CountingEnvironment(simpy.Environment):
    """An environment that counts the events which it dispatches.

    Attributes:
        dispatched: So many, those alone that did not end the run.
    """

    dispatched = 0

    def step(self) -> None:
        """Dispatch the next event."""
        super().step()
        self.dispatched += 1
