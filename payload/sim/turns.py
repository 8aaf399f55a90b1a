"""Turns at something that serves one at a time: who asks first has it first.

What `simpy.Resource` of one place does, in the same order of events, without the events that nobody waits for: a
computer is asked once for every tile.
"""

from collections import deque
from dataclasses import dataclass, field

import simpy


@dataclass
class Turns:
    """Whose turn it is, and who waits.

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
    _is_taken: bool = False
    _waiting: deque[simpy.Event] = field(default_factory=deque[simpy.Event])

    def take(self) -> bool:
        """Have one's turn at once, if nobody has it and nothing else happens now: to `ask` would bring it next anyway."""
        if self._is_taken or self._waiting or self.env.peek() <= self.env.now:
            return False
        self._is_taken = True
        return True

    def ask(self) -> simpy.Event:
        """Happens when it is one's turn, which has to be ended by `end`."""
        turn = self.env.event()
        self._waiting.append(turn)
        self._next()
        return turn

    def end(self) -> None:
        """A turn is over; whoever waits has the next one after all that happens now."""
        self._is_taken = False
        if self._waiting:
            over = self.env.event()
            over.callbacks.append(lambda _: self._next())
            over.succeed()

    def _next(self) -> None:
        if self._waiting and not self._is_taken:
            self._is_taken = True
            self._waiting.popleft().succeed()
