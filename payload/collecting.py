"""How often Python's garbage collector looks for cycles. A flight makes millions of long-lived records and few cycles."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_AFTER = 250_000
"""Net allocations before Python looks for cycles: at its default of 700, a third of a flight's time went into scanning the same
long-lived records again and again. Starting up makes 110,000 objects, hardly one of them in a dead cycle."""


def collect_less() -> None:
    """Collect less often from now on in this process."""
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def leave_at_once() -> None:
    """Skip the search for cycles at exit: it took a seventh of a day's flight, and the memory goes with the process anyway."""
    atexit.register(gc.freeze)


@contextmanager
def collecting_less() -> Iterator[None]:
    """Collect less often for a while, in a process that is not ours, such as a cluster's worker."""
    before = gc.get_threshold()
    collect_less()
    try:
        yield
    finally:
        gc.set_threshold(*before)
