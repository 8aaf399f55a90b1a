"""One of several events: what a story waits for that may be woken by whichever comes first.

What `simpy.AnyOf` does, in the same order of events, without the collection of values, which nobody reads: every image
and every contact waits so.
"""

import simpy


class Soonest(simpy.Event):
    """Happens as soon as one of several events has, which may be the soonest of others.

    >>> env = simpy.Environment()
    >>> first = Soonest(env, env.timeout(2.0), env.timeout(1.0), env.event())
    >>> env.run(first); env.now
    1.0
    """

    def __init__(self, env: simpy.Environment, *events: simpy.Event) -> None:
        """Of events of this environment, happened or not."""
        super().__init__(env)
        self._events = events
        self.callbacks.append(self._forget)
        for event in events:
            if event.processed:
                self._tell(event)
            elif not self.triggered:
                event.callbacks.append(self._tell)

    def _tell(self, _event: simpy.Event) -> None:
        """One has happened."""
        if not self.triggered:
            self.succeed()

    def _forget(self, _event: simpy.Event) -> None:
        """Nobody waits any more: the others need not tell, nor what they wait for."""
        for event in self._events:
            if not event.processed and self._tell in event.callbacks:
                event.callbacks.remove(self._tell)
            if isinstance(event, Soonest):
                event._forget(event)
                if not event.triggered:  # nor will it be: without itself in it, it is gone at once
                    event.callbacks.remove(event._forget)
