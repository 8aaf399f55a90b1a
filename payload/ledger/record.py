"""What a flight leaves: its books, its images, its contacts and its events."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from payload.ledger.album import Image
from payload.ledger.book import Ledger
from payload.ledger.planned import LoopLog
from payload.types import ContactWindow


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: when, to whom, what, and how many bytes were at stake."""

    time_s: float
    satellite: str
    kind: str
    subject: str
    bytes: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ContactLog:
    """A contact as flown.

    Attributes:
        window: The pass.
        start_s: [s] From when the radio was free for it; lock is found after that.
        capacity_bytes: What the channel could have carried from then on, frames included, under the radio's limit of
            transmission: what was sent, and what could have been sent in the pauses beside it.
        used_bytes: What went over the channel, frames and resends included.
        left_waiting: Whether data still waited when it ended.
    """

    window: ContactWindow
    start_s: float
    capacity_bytes: int
    used_bytes: int
    left_waiting: bool

    @property
    def is_missed(self) -> bool:
        """Whether nobody listened: all antennas or the radio were busy to its end."""
        return self.start_s >= self.window.los_s


@dataclass(frozen=True, slots=True)
class UploadLog:
    """How something went up.

    Attributes:
        size_bytes: [byte] What was to go up.
        sent_bytes: [byte] What went up until the end of the flight.
        ready_s: [s] When it was there to be sent.
        complete_s: [s] When its last byte was up; None if it never was.
        passes: How many contacts carried some of it.
    """

    name: str
    satellite: str
    size_bytes: int
    sent_bytes: int
    ready_s: float
    complete_s: float | None
    passes: int


@dataclass(frozen=True, slots=True)
class FlightRecord:
    """One arm as flown; the audit has passed.

    Attributes:
        fetched: Pruned tiles that the ground asked for and that were still on board.
        cover_reports: Cover reports that came down, by acquisition.
    """

    arm: str
    span_s: float
    ledger: Ledger
    images: Sequence[Image]
    contacts: tuple[ContactLog, ...]
    events: Sequence[Event]
    delivered_s: dict[str, float]
    peak_memory_bytes: int
    fetched: tuple[str, ...] = ()
    uploads: tuple[UploadLog, ...] = ()
    loop: LoopLog = field(default_factory=LoopLog)
    cover_reports: dict[str, bytes] = field(default_factory=dict[str, bytes])
