"""What a flight leaves behind: its books, images, contacts and events."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from payload.ledger.album import Image
from payload.ledger.book import Ledger
from payload.ledger.planned import LoopLog
from payload.types import ContactWindow


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: when, to which satellite, what, and how many bytes were involved."""

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
        start_s: [s] From when the radio was free for it; lock is acquired after that.
        capacity_bytes: What the channel could have carried from then on, frames included, within the radio's
            transmission limit: what was sent, plus what could have been sent in the pauses.
        used_bytes: What went over the channel, frames and resends included.
        left_waiting: Whether data was still waiting when it ended.
    """

    window: ContactWindow
    start_s: float
    capacity_bytes: int
    used_bytes: int
    left_waiting: bool

    @property
    def is_missed(self) -> bool:
        """Whether it could not be used, as all antennas or the radio were busy until its end."""
        return self.start_s >= self.window.los_s


@dataclass(frozen=True, slots=True)
class UploadLog:
    """The progress of an upload.

    Attributes:
        size_bytes: [byte] What was to be sent.
        sent_bytes: [byte] What was sent by the end of the flight.
        ready_s: [s] When it was ready to be sent.
        complete_s: [s] When its last byte was up; None if it never was.
        passes: Number of contacts that carried some of it.
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
    """One arm as flown, with audited books.

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
