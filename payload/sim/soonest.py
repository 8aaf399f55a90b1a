"""Wait for the first of several events.

Does what `simpy.AnyOf` does, with the same order of events, but does not collect values, which are never read: every
image and every contact waits in this way.
"""

import simpy


class Soonest(simpy.Event):
    """Happens as soon as one of several events has; these may themselves be `Soonest`.

    >>> env = simpy.Environment()
    >>> first = Soonest(env, env.timeout(2.0), env.timeout(1.0), env.event())
    >>> env.run(first); env.now
    1.0
    """

    def __init__(self, env: simpy.Environment, *events: simpy.Event) -> None:
        """Wait for events of this environment, whether they have happened or not."""
        super().__init__(env)
        self._events = events
        self.callbacks.append(self._forget)
        for event in events:
            if event.processed:
                self._tell(event)
            elif not self.triggered:
                event.callbacks.append(self._tell)

    def _tell(self, _event: simpy.Event) -> None:
        """Note that one has happened."""
        if not self.triggered:
            self.succeed()

    def _forget(self, _event: simpy.Event) -> None:
        """Detach from the other events, and those from theirs, since nothing waits for them any more."""
        for event in self._events:
            if not event.processed and self._tell in event.callbacks:
                event.callbacks.remove(self._tell)
            if isinstance(event, Soonest):
                event._forget(event)
                if not event.triggered:  # nor will it be: without a cycle it is freed at once
                    event.callbacks.remove(event._forget)
