"""Turns at something that serves one at a time, or so many: who asks first has it first.

What `simpy.Resource` does, in the same order of events, without the events that nobody waits for: a computer is asked once
for every tile, a station once for every pass.
"""

from collections import deque
from dataclasses import dataclass, field

import simpy


@dataclass
class Turns:
    """Whose turn it is, and who waits.

    Attributes:
        places: How many have their turn at a time.

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
        """Whether it is anybody's turn, or anybody waits."""
        return self._taken > 0 or bool(self._waiting)

    def take(self) -> bool:
        """Have one's turn at once, if one is free and nothing else happens now: to `ask` would bring it next anyway."""
        if self._taken >= self.places or self._waiting or self.env.peek() <= self.env.now:
            return False
        self._taken += 1
        return True

    def ask(self) -> simpy.Event:
        """Happens when it is one's turn, which has to be ended by `end`."""
        turn = self.env.event()
        self._waiting.append(turn)
        self._next()
        return turn

    def end(self) -> None:
        """A turn is over; whoever waits has the next one after all that happens now."""
        self._taken -= 1
        if (
            self._waiting or self.places > 1
        ):  # who asks before all that happens now is over, may wait for another place
            self._pass_on()

    def give_up(self, turn: simpy.Event) -> None:
        """One's turn, which was asked for, is wanted no more, whether it has come or not."""
        if turn.triggered:
            self.end()
        else:
            self._waiting.remove(turn)
            self._pass_on()  # as a resource looks who is next then, too

    def _pass_on(self) -> None:
        over = self.env.event()
        over.callbacks.append(lambda _: self._next())
        over.succeed()

    def _next(self) -> None:
        if self._waiting and self._taken < self.places:
            self._taken += 1
            self._waiting.popleft().succeed()
