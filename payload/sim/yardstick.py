"""Yardsticks for the event loop: this machine's time for a SimPy event that does nothing, and for a tile without books."""

import time
from collections.abc import Generator

import simpy

_EVENTS = 40_000
_TILES = 4_000
_ROUNDS = 3

_Story = Generator[simpy.Event, float, None]


def bare_event_s() -> float:
    """[s] CPU time for one timeout of one process, in an environment where nothing else happens: the least of three rounds."""
    return min(_bare_s() for _ in range(_ROUNDS)) / _EVENTS


def _bare_s() -> float:
    """[s] CPU time for one round of bare timeouts."""
    env = simpy.Environment()

    def wait() -> Generator[simpy.Event, None, None]:
        for _ in range(_EVENTS):
            yield env.timeout(1.0)

    env.process(wait())
    start = time.process_time()
    env.run()
    return time.process_time() - start


def plain_tile_s() -> float:
    """[s] CPU time for a tile from shutter to ground, simulated with SimPy's own classes: the least of three rounds.

    The memory is a container, the queues are stores, the antenna is a resource. There is one satellite and one endless
    contact; nothing is planned, judged, drawn or booked.
    """
    return min(_plain_s() for _ in range(_ROUNDS)) / _TILES


def _plain_s() -> float:
    """[s] CPU time for one round of tiles."""
    env = simpy.Environment()
    memory, antenna = simpy.Container(env), simpy.Resource(env)
    inbox, outbox = simpy.Store(env), simpy.Store(env)

    def observe() -> _Story:
        for _ in range(_TILES):
            yield env.timeout(1.0)
            yield memory.put(2.0)
            yield inbox.put(2.0)

    def process() -> _Story:
        while True:
            raw = yield inbox.get()
            yield env.timeout(0.5)
            yield memory.get(raw / 2.0)
            yield outbox.put(raw / 2.0)

    def downlink() -> _Story:
        while True:
            kept = yield outbox.get()
            with antenna.request() as turn:
                yield turn
                yield env.timeout(0.5)
            yield memory.get(kept)

    for story in (observe(), process(), downlink()):
        env.process(story)
    start = time.process_time()
    env.run()
    return time.process_time() - start


class CountingEnvironment(simpy.Environment):
    """An environment that counts the events it dispatches.

    Attributes:
        dispatched: Number of events, except those that ended the run.
    """

    dispatched = 0

    def step(self) -> None:
        """Dispatch the next event."""
        super().step()
        self.dispatched += 1
