"""How often Python looks for cycles of dead objects. A flight makes millions of lasting records and few cycles."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_AFTER = 250_000
"""Objects made beyond those let go, until Python looks for cycles: at its own 700 a third of a flight's time went into looking
through the same lasting records again and again. A start makes 110,000, hardly one of them in a dead cycle."""


def collect_less() -> None:
    """From now on in this process."""
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def leave_at_once() -> None:
    """At its end this process looks for no more cycles: a seventh of a day's flight went into that, and all goes with the process."""
    atexit.register(gc.freeze)


@contextmanager
def collecting_less() -> Iterator[None]:
    """For a while, in a process that is somebody else's, as a worker of a cluster."""
    before = gc.get_threshold()
    collect_less()
    try:
        yield
    finally:
        gc.set_threshold(*before)
