"""The way up: how many passes a plan, a request or a new model takes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from payload.errors import ScenarioError
from payload.types import ContactWindow
from payload.units import BITS_PER_BYTE


@dataclass(frozen=True, slots=True)
class Upload:
    """How an upload goes.

    Attributes:
        size_bytes: [byte] What was to go up.
        passes: In which something went up, in order of time.
        sent_bytes: [byte] What went up in them; less than the size if they were not enough.
        complete_s: [s] When the last byte was up; None if it never was.
    """

    size_bytes: int
    passes: tuple[ContactWindow, ...]
    sent_bytes: int
    complete_s: float | None


def uplink_passes(
    size_bytes: int,
    windows: Iterable[ContactWindow],
    rate_bps: float,
    *,
    ready_s: float = -math.inf,
    acquisition_s: float = 10.0,
) -> Upload:
    """Send bytes up in one contact after another, at one rate from lock to loss of signal.

    Args:
        size_bytes: [byte] With all that wraps it, 0 or more.
        windows: Contacts of one satellite, in any order; where they overlap, the earlier is used to its end.
        rate_bps: [bit/s] Of those bytes, above 0.
        ready_s: [s] When it is there to be sent.
        acquisition_s: [s] From the rise above the mask, or from taking up a contact, to lock.

    Raises:
        ScenarioError: A size below zero, or a rate that is not above zero.
    """
    if size_bytes < 0:
        raise ScenarioError(f"an upload of {size_bytes} bytes: 0 or more are wanted")
    if not 0.0 < rate_bps < math.inf:
        raise ScenarioError(f"an uplink of {rate_bps:g} bit/s: above 0 is wanted")
    if size_bytes == 0:
        return Upload(0, (), 0, ready_s)
    used: list[ContactWindow] = []
    sent_bytes, free_s = 0, ready_s
    for window in sorted(windows, key=lambda item: (item.aos_s, item.station)):
        lock_s = max(window.aos_s, free_s) + acquisition_s
        room_bytes = math.floor(max(0.0, window.los_s - lock_s) * rate_bps / BITS_PER_BYTE)
        if not room_bytes:
            continue
        used.append(window)
        free_s = window.los_s
        wanted_bytes = size_bytes - sent_bytes
        if wanted_bytes <= room_bytes:
            complete_s = lock_s + wanted_bytes * BITS_PER_BYTE / rate_bps
            return Upload(size_bytes, tuple(used), size_bytes, min(complete_s, window.los_s))
        sent_bytes += room_bytes
    return Upload(size_bytes, tuple(used), sent_bytes, None)
