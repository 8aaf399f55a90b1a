"""The exception hierarchy. A message says what is wrong, where, what was found, what was expected and what to do.

    PayloadError            1   base; 0 is success, 130 an interruption
    ├── ScenarioError       2   the scenario, or an option on the command line
    ├── PluginError         3   unknown kind or option, missing extra
    ├── OrbitError          4   elements, propagation, contacts
    ├── ImageryError        5   rasters, masks, scenes
    ├── MaskerError         6   models and their cards
    ├── CodecError          7   also a damaged tile record
    ├── SweepError          8   some runs failed; their rows say why
    └── LawError           70   the books do not balance: a bug, please report

The number is the exit code of the command line; if a full disk caused the error it is 1, whatever was being
written.
"""

import errno
import os
from pathlib import Path

NOWHERE = "the current directory was deleted; change to one that exists"
_FULL = {errno.ENOSPC, errno.EDQUOT}


class PayloadError(Exception):
    """Anything that payload-sim refuses or fails to do, with a helpful message."""

    exit_code = 1


class ScenarioError(PayloadError):
    """What was asked for cannot be flown as written."""

    exit_code = 2


class PluginError(PayloadError):
    """A plug-in is unknown, wrongly configured, or its extra is not installed."""

    exit_code = 3


class OrbitError(PayloadError):
    """Orbital elements cannot be read or propagated."""

    exit_code = 4


class ImageryError(PayloadError):
    """A raster cannot be read, or does not hold what a scene needs."""

    exit_code = 5


class MaskerError(PayloadError):
    """A masking model or its card is not what it claims to be."""

    exit_code = 6


class CodecError(PayloadError):
    """A tile cannot be coded, or a record is damaged."""

    exit_code = 7


class SweepError(PayloadError):
    """Some runs of a sweep failed; their rows say why."""

    exit_code = 8


class LawError(PayloadError):
    """The books do not balance. This is a bug of payload-sim; please report it."""

    exit_code = 70


def is_full_disk(error: BaseException) -> bool:
    """Whether an error was caused by a full disk or an exhausted quota.

    DuckDB, GDAL and other processes pass on the system's error only as text.
    """
    here: BaseException | None = error
    while here is not None:
        if isinstance(here, OSError) and here.errno in _FULL:
            return True
        if any(os.strerror(number) in str(here) for number in _FULL):
            return True
        here = here.__cause__ or here.__context__
    return False


def is_nowhere() -> bool:
    """Whether the current directory was deleted, so that no relative path leads anywhere."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def exit_code_of(error: PayloadError | OSError) -> int:
    """Exit code of the command line for an error."""
    if is_full_disk(error) or not isinstance(error, PayloadError):
        return PayloadError.exit_code
    return error.exit_code
