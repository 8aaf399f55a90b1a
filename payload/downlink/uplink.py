"""The uplink: how many passes it takes to upload a plan, a request or a new model."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from payload.errors import ScenarioError
from payload.types import ContactWindow
from payload.units import BITS_PER_BYTE


@dataclass(frozen=True, slots=True)
class Upload:
    """The outcome of an upload.

    Attributes:
        size_bytes: [byte] Size of the upload.
        passes: Passes in which part of it was sent, in order of time.
        sent_bytes: [byte] Bytes sent in them; less than the size if they were not enough.
        complete_s: [s] When the last byte had been sent; None if it never was.
    """

    size_bytes: int
    passes: tuple[ContactWindow, ...]
    sent_bytes: int
    complete_s: float | None


@dataclass(slots=True)
class Waiting:
    """An upload in progress.

    Attributes:
        size_bytes: [byte] Size of the upload, 1 or more.
        ready_s: [s] When it is ready to be sent.
        passes: Passes in which part of it was sent so far.
        sent_bytes: [byte] Bytes sent so far.
        complete_s: [s] When the last byte has been sent; None if not known yet.
    """

    name: str
    size_bytes: int
    ready_s: float
    passes: list[ContactWindow] = field(default_factory=list[ContactWindow])
    sent_bytes: int = 0
    complete_s: float | None = None


@dataclass
class UplinkQueue:
    """Uploads to one satellite, sent one after another in order of readiness; an interrupted one is resumed.

    The carrier stays up while something waits, so that lock is acquired once for all uploads that follow each other
    without a pause. Assumption: nothing else is sent, and nothing is lost or sent again.

    Attributes:
        rate_bps: [bit/s] Rate at which the uploads' bytes are sent, above 0.
        acquisition_s: [s] Time to acquire lock.
        waiting: Incomplete uploads, in order of readiness.
    """

    rate_bps: float
    acquisition_s: float
    waiting: list[Waiting]

    def __post_init__(self) -> None:
        self.waiting = sorted(self.waiting, key=lambda item: item.ready_s)

    def use(self, window: ContactWindow, start_s: float, end_s: float) -> list[Waiting]:
        """Send all that fits into part of a contact; return the uploads completed in it, in order of time."""
        done: list[Waiting] = []
        now_s, is_locked = start_s, False
        for item in self.waiting:
            from_s = max(now_s, item.ready_s)
            if not is_locked or item.ready_s > now_s:
                from_s += self.acquisition_s
            room_bytes = math.floor(max(0.0, end_s - from_s) * self.rate_bps / BITS_PER_BYTE)
            if not room_bytes:
                break
            if window not in item.passes[-1:]:
                item.passes.append(window)
            wanted_bytes = item.size_bytes - item.sent_bytes
            item.sent_bytes += min(wanted_bytes, room_bytes)
            if wanted_bytes > room_bytes:
                break
            up_s = from_s + wanted_bytes * BITS_PER_BYTE / self.rate_bps
            now_s, is_locked = min(up_s, end_s), True
            item.complete_s = now_s
            done.append(item)
        del self.waiting[: len(done)]
        return done


def uplink_passes(
    size_bytes: int,
    windows: Iterable[ContactWindow],
    rate_bps: float,
    *,
    ready_s: float = -math.inf,
    acquisition_s: float = 10.0,
) -> Upload:
    """Upload bytes in one contact after another, at one rate from lock to loss of signal.

    Args:
        size_bytes: [byte] Size including all framing, 0 or more.
        windows: Contacts of one satellite, in any order; where they overlap, the earlier is used to its end.
        rate_bps: [bit/s] Rate of those bytes, above 0.
        ready_s: [s] When the upload is ready to be sent.
        acquisition_s: [s] From the rise above the mask, or from the start of using a contact, to lock.

    Raises:
        ScenarioError: The size is below zero, or the rate is not finite and above zero.
    """
    if size_bytes < 0:
        raise ScenarioError(f"the upload has {size_bytes} bytes; expected 0 or more")
    if not 0.0 < rate_bps < math.inf:
        raise ScenarioError(
            f"the uplink rate is {rate_bps:g} bit/s; expected a finite rate above 0"
        )
    if size_bytes == 0:
        return Upload(0, (), 0, ready_s)
    item = Waiting("", size_bytes, ready_s)
    queue, free_s = UplinkQueue(rate_bps, acquisition_s, [item]), ready_s
    for window in sorted(windows, key=lambda item: (item.aos_s, item.station)):
        queue.use(window, max(window.aos_s, free_s), window.los_s)
        if item.complete_s is not None:
            break
        if window in item.passes:
            free_s = window.los_s
    return Upload(size_bytes, tuple(item.passes), item.sent_bytes, item.complete_s)
