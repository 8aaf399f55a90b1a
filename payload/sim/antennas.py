"""Which station listens to a satellite: the first in view that has a free antenna."""

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from payload.sim.soonest import Soonest
from payload.sim.turns import Turns
from payload.types import ContactWindow

First = Generator[simpy.Event, Any, ContactWindow | None]
"""A SimPy process that returns a pass, or None if none is left."""
Served = Generator[simpy.Event, Any, tuple[ContactWindow, Turns] | None]
"""A process that returns a pass and the antennas one of which serves it, or None if all passes in view ended first."""


@dataclass
class PassesInView:
    """The passes of one satellite, both in view and to come, in order of AOS.

    Attributes:
        antennas: Turns at the antennas of each station.
        windows: All passes, in order of AOS.
        missed: Called with each pass that ends before it is used.
    """

    env: simpy.Environment
    antennas: Mapping[str, Turns]
    windows: Sequence[ContactWindow]
    missed: Callable[[ContactWindow], None]

    def __post_init__(self) -> None:
        self._ahead = deque(self.windows)
        self._open: list[ContactWindow] = []

    def first(self) -> First:
        """Wait until a station is in view; return the pass that began first of those in view, or None if none is left."""
        while True:
            self._look()
            if self._open:
                if self.env.peek() <= self.env.now:  # let everything else due now happen first
                    yield self.env.timeout(0.0)
                return self._open[0]
            if not self._ahead:
                return None
            yield self.env.timeout(self._ahead[0].aos_s - self.env.now)
            self._admit()  # it has begun, even if rounding puts it slightly later

    def antenna(self) -> Served:
        """Request an antenna at every station in view, and at each that comes into view; take the first that is free.

        If several are free, the pass that began first is served. The other requests are withdrawn. The caller has to end
        its turn at the antenna.
        """
        asked: dict[ContactWindow, simpy.Event] = {}
        while True:
            self._look()
            for window in [item for item in asked if item not in self._open]:
                self.antennas[window.station].give_up(asked.pop(window))
            if not self._open:
                return None
            if not asked and self.antennas[self._open[0].station].take():
                return self._served(self._open[0])
            self._ask(asked)
            yield Soonest(self.env, *asked.values(), self._change())
            for window in self._open:
                turn = asked.get(window)
                if turn is not None and turn.triggered and self.env.now < window.los_s:
                    del asked[window]
                    for other, its_turn in asked.items():
                        self.antennas[other.station].give_up(its_turn)
                    return self._served(window)

    def _served(self, window: ContactWindow) -> tuple[ContactWindow, Turns]:
        self._open.remove(window)
        return window, self.antennas[window.station]

    def _ask(self, asked: dict[ContactWindow, simpy.Event]) -> None:
        """Request antennas where none is requested yet, up to the first that is free at once."""
        for window in self._open:
            turn = asked.get(window)
            if turn is None:
                turn = asked[window] = self.antennas[window.station].ask()
            if turn.triggered:
                return

    def _change(self) -> simpy.Event:
        """An event that happens when a pass in view ends or the next one begins."""
        next_s = min(window.los_s for window in self._open)
        if self._ahead:
            next_s = min(next_s, self._ahead[0].aos_s)
        return self.env.timeout(next_s - self.env.now)

    def _look(self) -> None:
        """Bring passes that have begun into view; report those that ended unused as missed."""
        now_s = self.env.now
        while self._ahead and self._ahead[0].aos_s <= now_s:
            self._admit()
        over = [window for window in self._open if window.los_s <= now_s]
        for window in over:
            self._open.remove(window)
            self.missed(window)

    def _admit(self) -> None:
        self._open.append(self._ahead.popleft())
