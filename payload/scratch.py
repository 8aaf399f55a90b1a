"""What is only needed for a while, and who still needs it: folders in TMPDIR, and the locks by which the next run knows.

Who writes holds a lock beside what is written, which the system lets go of when the process ends, however it ends: so the
next one knows what was left behind, and takes nothing from one that is still at work.
"""

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from secrets import token_hex
from typing import IO

_PREFIX = "payload-sim-"
_LOCK = ".lock"
_LOOK_AGAIN_S = 0.002


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder in TMPDIR for this user alone, gone in the end; of those of killed runs the next call takes what is left."""
    parent = Path(tempfile.gettempdir())
    _take_away_left(parent)
    folder = parent / f"{_PREFIX}{token_hex(8)}"
    lock = folder.with_name(folder.name + _LOCK)
    with held_at(lock):
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _take_away_left(parent: Path) -> None:
    """Remove what killed processes of this user left."""
    for lock in parent.glob(f"{_PREFIX}*{_LOCK}"):
        if not _is_ours(lock):
            continue
        with left_behind(lock) as is_left:
            if is_left:
                shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
                lock.unlink(missing_ok=True)


def _is_ours(lock: Path) -> bool:
    """Whether a file is this user's own, and no link: anybody may write into TMPDIR."""
    owner: Callable[[], int] | None = getattr(os, "geteuid", None)  # not on every system
    try:
        found = lock.lstat()
    except OSError:
        return False
    return owner is not None and stat.S_ISREG(found.st_mode) and found.st_uid == owner()


def held_at(path: Path) -> IO[bytes]:
    """A file of a name that nobody else gives, locked until it is closed. Who takes it for left behind before it is locked takes it away."""
    while True:
        file = path.open("ab")
        hold(file)
        if path.exists():
            return file
        file.close()


def hold(file: IO[bytes]) -> None:
    """Lock a file until it is closed; who is just looking whether it is left behind is waited for."""
    with suppress(ImportError, OSError):  # not on every system, nor on every disk
        import fcntl  # noqa: PLC0415

        fcntl.flock(file, fcntl.LOCK_EX)


class Lock(Enum):
    """Whose the lock of a file is."""

    OURS, ANOTHERS, NOBODYS = range(3)


def hold_soon(file: IO[bytes], patience_s: float) -> Lock:
    """Lock a file until it is closed, if whoever holds it lets go of it soon; nobody's where locks are unknown.

    Who holds it may be stopped, or at a disk that does not answer.
    """
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        return Lock.NOBODYS
    until_s = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until_s:
                return Lock.ANOTHERS
            time.sleep(_LOOK_AGAIN_S)
        except OSError:  # nor on every disk
            return Lock.NOBODYS
        else:
            return Lock.OURS


@contextmanager
def left_behind(lock: Path) -> Iterator[bool]:
    """Whether nobody holds a lock any more; who is told so holds it meanwhile. Where that cannot be known, nobody is told so."""
    try:
        file = lock.open("r+b")
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
