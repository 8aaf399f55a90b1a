"""Three append-only books: of bytes, of tiles and of joules.

The book of bytes is written by whatever decides, the book of tiles by whatever holds the data: two independent
accounts, so that the audit compares what was claimed with what was there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import partial
from itertools import chain
from pathlib import Path

from payload.ledger.pages import Pages


class Fate(StrEnum):
    """What became of bytes.

    The raw bytes of a tile are PRUNED, or divided between SAVED and one of the four ends. Those of uncoded pixels in a
    kept tile are PRUNED too.
    """

    DELIVERED = "delivered"
    SAVED = "saved"
    PRUNED = "pruned"
    OVERFLOWED = "overflowed"
    LOST = "lost"
    ON_BOARD = "on_board"

    __hash__ = str.__hash__  # Enum's own runs Python code at each dictionary look-up


DELIVERED, SAVED, PRUNED, OVERFLOWED, LOST, ON_BOARD = Fate
"""For code that uses them once per tile: an attribute look-up in the class takes as long as three calls."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A number of bytes of a tile met a fate."""

    time_s: float
    tile_id: str
    fate: Fate
    bytes: int


@dataclass(frozen=True, slots=True)
class Acquired:
    """A tile was acquired, with its number of raw bytes."""

    time_s: float
    tile_id: str
    raw_bytes: int


@dataclass(frozen=True, slots=True)
class TileEntry:
    """How a tile ended, and how many bytes of it memory, radio or ground actually held then.

    Attributes:
        left_out_bytes: [byte] For a kept tile, raw bytes of its pixels that were not coded.
    """

    tile_id: str
    end: Fate
    held_bytes: int
    left_out_bytes: int = 0


@dataclass(frozen=True, slots=True)
class JouleEntry:
    """Energy taken by one consumer for one piece of work."""

    time_s: float
    consumer: str
    subject: str
    joules: float


@dataclass(frozen=True, slots=True)
class PowerBalance:
    """Where a satellite's joules came from and went, as its battery counted them.

    Attributes:
        harvested_j: [J] Supplied by the solar array.
        drawn_j: [J] Demanded by each consumer: watts integrated over time.
        used_j: [J] Supplied to all consumers.
        unserved_j: [J] Demanded but not supplied, because the battery was empty.
        lost_j: [J] Lost in charging and discharging.
        spilled_j: [J] Supplied by the array while the battery was full and there was no demand for it.
        start_j: [J] Charge at the epoch.
        end_j: [J] Charge at the end.
        lowest_j: [J] Smallest charge.
        capacity_j: [J] Of the battery.
        refused: How often each activity was refused.
        waited_s: [s] How long each activity waited.
        hottest_c: [deg C] Highest temperature; None if heat is not modelled.
        throttled_s: [s] How long the processor worked at less than full speed.
        levels: Times [s] with the charge [J] then, some hundreds over the flight.
    """

    satellite: str
    harvested_j: float
    drawn_j: dict[str, float]
    used_j: float
    unserved_j: float
    lost_j: float
    spilled_j: float
    start_j: float
    end_j: float
    lowest_j: float
    capacity_j: float
    refused: dict[str, int]
    waited_s: dict[str, float]
    hottest_c: float | None
    throttled_s: float
    levels: tuple[tuple[float, float], ...] = ()


class Late(StrEnum):
    """What became of a tile that missed its deadline."""

    SENT_UNMASKED = "sent_unmasked"
    DROPPED = "dropped"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class LateEntry:
    """A tile missed its deadline."""

    time_s: float
    tile_id: str
    late: Late
    raw_bytes: int


@dataclass(frozen=True, slots=True)
class ThumbnailMade:
    """A thumbnail of a pruned tile was made, with its number of bytes."""

    time_s: float
    tile_id: str
    bytes: int


@dataclass(frozen=True, slots=True)
class ThumbnailEntry:
    """How a thumbnail ended, and how many bytes of it memory, radio or ground held then.

    It is DELIVERED, LOST on the way or with its memory bank, OVERFLOWED if the room was needed for others, PRUNED with
    the tile it showed, or ON_BOARD at the end.
    """

    time_s: float
    tile_id: str
    end: Fate
    held_bytes: int


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A report, of covers and plans or of one image's covers, when made or at its end.

    It ends DELIVERED, LOST on the way, or ON_BOARD when the span is over; it is part of no tile's account.
    """

    time_s: float
    report_id: str
    bytes: int
    end: Fate | None = None


@dataclass(slots=True)
class Ledger:
    """The books of one flight. Entries are appended, never changed."""

    metered_j: dict[str, float] = field(default_factory=dict[str, float])
    balances: list[PowerBalance] = field(default_factory=list[PowerBalance])
    acquired: Pages[Acquired] = field(default_factory=partial(Pages, Acquired))
    entries: Pages[Entry] = field(default_factory=partial(Pages, Entry))
    tiles: Pages[TileEntry] = field(default_factory=partial(Pages, TileEntry))
    joules: Pages[JouleEntry] = field(default_factory=partial(Pages, JouleEntry))
    late: Pages[LateEntry] = field(default_factory=partial(Pages, LateEntry))
    thumbnails_made: Pages[ThumbnailMade] = field(default_factory=partial(Pages, ThumbnailMade))
    thumbnails: Pages[ThumbnailEntry] = field(default_factory=partial(Pages, ThumbnailEntry))
    reports_made: Pages[ReportEntry] = field(default_factory=partial(Pages, ReportEntry))
    reports: Pages[ReportEntry] = field(default_factory=partial(Pages, ReportEntry))
    cover_reports_made: Pages[ReportEntry] = field(default_factory=partial(Pages, ReportEntry))
    cover_reports: Pages[ReportEntry] = field(default_factory=partial(Pages, ReportEntry))

    @classmethod
    def on_disk(cls, folder: Path) -> "Ledger":
        """Empty books whose full pages go into a folder."""
        books = cls()
        for name in (item.name for item in fields(cls)):
            book = getattr(books, name)
            if isinstance(book, Pages):
                book.file = folder / f"{name}.pages"
        return books

    def acquire(self, tile_ids: Iterable[str], raw_bytes: Iterable[int], time_s: float) -> None:
        """Book the tiles of an image that was taken, each with its raw bytes."""
        tiles = zip(tile_ids, raw_bytes, strict=True)
        self.acquired.write_all([(time_s, tile_id, count_bytes) for tile_id, count_bytes in tiles])

    def settle(self, tile_id: str, fate: Fate, count_bytes: int, time_s: float) -> None:
        """Book the fate of a number of bytes of a tile; zero bytes are not written."""
        if count_bytes:
            self.entries.write((time_s, tile_id, fate, count_bytes))

    def finish(self, tile_id: str, end: Fate, held_bytes: int, left_out_bytes: int = 0) -> None:
        """Book a tile's end, as told by its holder, with the bytes held and those of pixels not coded."""
        self.tiles.write((tile_id, end, held_bytes, left_out_bytes))

    def spend(self, consumer: str, subject: str, joules: float, time_s: float) -> None:
        """Book the energy that a consumer took for a piece of work."""
        self.joules.write((time_s, consumer, subject, joules))

    def meter(self, consumer: str, joules: float) -> None:
        """Record what a consumer's own meter shows at the end of the flight."""
        self.metered_j[consumer] = joules

    def balance(self, balance: PowerBalance) -> None:
        """Record the balance of a satellite's battery at the end of the flight."""
        self.balances.append(balance)

    def miss(self, tile_id: str, late: Late, raw_bytes: int, time_s: float) -> None:
        """Book that a tile missed its deadline."""
        self.late.write((time_s, tile_id, late, raw_bytes))

    def make_thumbnail(self, tile_id: str, count_bytes: int, time_s: float) -> None:
        """Book a thumbnail that was made; its bytes do not count as bytes of the tile."""
        self.thumbnails_made.write((time_s, tile_id, count_bytes))

    def end_thumbnail(self, tile_id: str, end: Fate, held_bytes: int, time_s: float) -> None:
        """Book a thumbnail's end, as told by its holder, with the bytes held."""
        self.thumbnails.write((time_s, tile_id, end, held_bytes))

    def make_report(self, report_id: str, count_bytes: int, time_s: float) -> None:
        """Book a report of covers and plans that was made."""
        self.reports_made.write((time_s, report_id, count_bytes, None))

    def end_report(self, report_id: str, end: Fate, count_bytes: int, time_s: float) -> None:
        """Book the end of a report of covers and plans."""
        self.reports.write((time_s, report_id, count_bytes, end))

    def make_cover_report(self, report_id: str, count_bytes: int, time_s: float) -> None:
        """Book an image's cover report that was made."""
        self.cover_reports_made.write((time_s, report_id, count_bytes, None))

    def end_cover_report(self, report_id: str, end: Fate, count_bytes: int, time_s: float) -> None:
        """Book the end of an image's cover report."""
        self.cover_reports.write((time_s, report_id, count_bytes, end))

    def report_bytes(self, end: Fate) -> int:
        """[byte] Total of all reports, of both kinds, with a given end."""
        both = chain(self.reports.rows(), self.cover_reports.rows())
        return sum(count_bytes for _, _, count_bytes, its_end in both if its_end is end)

    def spent_j(self, consumer: str | None = None) -> float:
        """[J] Energy spent by a consumer, or by all."""
        rows = self.joules.rows()
        spent: list[float] = [joules for _, who, _, joules in rows if consumer in {None, who}]
        return sum(spent)

    def total_bytes(self, fate: Fate) -> int:
        """[byte] Total that met a given fate."""
        return self.bytes_by_fate()[fate]

    def bytes_by_fate(self) -> Counter[Fate]:
        """[byte] Total that met each fate."""
        found = dict.fromkeys(Fate, 0)  # faster than a Counter, which would be asked for each entry
        for _, _, fate, count_bytes in self.entries.rows():
            found[fate] += count_bytes
        return Counter({fate: count_bytes for fate, count_bytes in found.items() if count_bytes})

    def acquired_bytes(self) -> int:
        """[byte] Total acquired."""
        return sum([raw_bytes for _, _, raw_bytes in self.acquired.rows()])

    def tiles_with(self, end: Fate) -> Iterator[str]:
        """Ids of the tiles with a given end."""
        return (tile_id for tile_id, its_end, _, _ in self.tiles.rows() if its_end is end)
