"""Temporary folders in TMPDIR, and the locks that tell later runs whether they are still in use.

A writer holds a lock beside what it writes. The system releases it when the process ends, however it ends: so the next
run recognises what was left behind, and takes nothing from a process that is still at work.
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
    """A private folder in TMPDIR, removed at the end; each call also removes what killed runs left behind."""
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
    """Whether a file is this user's own and not a link: anybody may write into TMPDIR."""
    owner: Callable[[], int] | None = getattr(os, "geteuid", None)  # not on every system
    try:
        found = lock.lstat()
    except OSError:
        return False
    return owner is not None and stat.S_ISREG(found.st_mode) and found.st_uid == owner()


def held_at(path: Path) -> IO[bytes]:
    """A file of a unique name, locked until closed; tried again if another run removes it, as left behind, before it is locked."""
    while True:
        file = path.open("ab")
        hold(file)
        if path.exists():
            return file
        file.close()


def hold(file: IO[bytes]) -> None:
    """Lock a file until it is closed, waiting for others that are just checking whether it is left behind."""
    with suppress(ImportError, OSError):  # not on every system, nor on every disk
        import fcntl  # noqa: PLC0415

        fcntl.flock(file, fcntl.LOCK_EX)


class Lock(Enum):
    """Who holds the lock of a file."""

    OURS, ANOTHERS, NOBODYS = range(3)


def hold_soon(file: IO[bytes], patience_s: float) -> Lock:
    """Lock a file until it is closed, if its holder releases it soon; `NOBODYS` if locks are not supported.

    The holder may be suspended, or waiting for a disk that does not answer.
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
        except OSError:  # not on every disk
            return Lock.NOBODYS
        else:
            return Lock.OURS


@contextmanager
def left_behind(lock: Path) -> Iterator[bool]:
    """Whether a lock has no holder any more; if so, it is held within the context. False if that cannot be determined."""
    try:
        file = lock.open("r+b")
    except OSError:  # gone, or another user's
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
