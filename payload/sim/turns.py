"""Turns at a resource that serves one process, or a given number, at a time: first come, first served.

Does what `simpy.Resource` does, with the same order of events, but without the events that nothing waits for: a computer
is requested once for every tile, a station once for every pass.
"""

from collections import deque
from dataclasses import dataclass, field

import simpy


@dataclass
class Turns:
    """Turns taken and requests waiting.

    Attributes:
        places: How many can have their turn at a time.

    >>> env = simpy.Environment()
    >>> turns = Turns(env)
    >>> mine, yours = turns.ask(), turns.ask()
    >>> mine.triggered, yours.triggered
    (True, False)
    >>> turns.end(); env.run()
    >>> yours.triggered
    True
    """

    env: simpy.Environment
    places: int = 1
    _taken: int = 0
    _waiting: deque[simpy.Event] = field(default_factory=deque[simpy.Event])

    @property
    def any(self) -> bool:
        """Whether any turn is taken or any request is waiting."""
        return self._taken > 0 or bool(self._waiting)

    def take(self) -> bool:
        """Take a turn at once if a place is free and nothing else happens now, when `ask` would grant it next anyway."""
        if self._taken >= self.places or self._waiting or self.env.peek() <= self.env.now:
            return False
        self._taken += 1
        return True

    def ask(self) -> simpy.Event:
        """Request a turn: the event happens when it comes, and the turn has to be ended by `end`."""
        turn = self.env.event()
        self._waiting.append(turn)
        self._next()
        return turn

    def end(self) -> None:
        """End a turn; the next one waiting gets it after everything else that happens now."""
        self._taken -= 1
        if (
            self._waiting or self.places > 1
        ):  # a request made before the rest of this instant is over may have to wait for another place
            self._pass_on()

    def give_up(self, turn: simpy.Event) -> None:
        """Give up a requested turn, whether it has come or not."""
        if turn.triggered:
            self.end()
        else:
            self._waiting.remove(turn)
            self._pass_on()  # as `simpy.Resource` also looks for the next one here

    def _pass_on(self) -> None:
        over = self.env.event()
        over.callbacks.append(lambda _: self._next())
        over.succeed()

    def _next(self) -> None:
        if self._waiting and self._taken < self.places:
            self._taken += 1
            self._waiting.popleft().succeed()
