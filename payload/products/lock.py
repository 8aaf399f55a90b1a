"""Locks by which the next process knows what a killed one has left behind: the system lets go of them however one ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


def hold(file: IO[bytes]) -> None:
    """Lock a file until it is closed; who is just looking whether it is left behind is waited for."""
    with suppress(ImportError, OSError):  # not on every system, nor on every disk
        import fcntl  # noqa: PLC0415

        fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def left_behind(lock: Path) -> Iterator[bool]:
    """Whether nobody holds a lock any more; who is told so holds it meanwhile. Where that cannot be known, nobody is told so."""
    try:
        file = lock.open("ab")
    except OSError:  # gone, or somebody else's
        yield False
        return
    with file:
        yield _take(file)


def _take(file: IO[bytes]) -> bool:
    with suppress(ImportError, OSError):
        import fcntl  # noqa: PLC0415

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
