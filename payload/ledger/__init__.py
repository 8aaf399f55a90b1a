"""Where everything went: three append-only books, the audit of their conservation laws, and the record of a flight.

>>> from payload.ledger import Fate, Ledger, audit
>>> books = Ledger()
>>> books.acquire(["a#0,0"], raw_bytes=[100], time_s=0.0)
>>> books.settle("a#0,0", Fate.SAVED, 60, time_s=1.0)
>>> books.settle("a#0,0", Fate.DELIVERED, 40, time_s=9.0)
>>> books.finish("a#0,0", Fate.DELIVERED, held_bytes=40)
>>> audit(books)
"""

from payload.ledger.album import Album, Image
from payload.ledger.audit import audit
from payload.ledger.book import (
    Entry,
    Fate,
    JouleEntry,
    Late,
    LateEntry,
    Ledger,
    PowerBalance,
    ReportEntry,
    ThumbnailEntry,
    TileEntry,
)
from payload.ledger.pages import Pages
from payload.ledger.planned import Fact, LoopLog, NotTaken, PlanItem, PlanVersion
from payload.ledger.record import ContactLog, Event, FlightRecord, UploadLog

__all__ = [
    "Album",
    "ContactLog",
    "Entry",
    "Event",
    "Fact",
    "Fate",
    "FlightRecord",
    "Image",
    "JouleEntry",
    "Late",
    "LateEntry",
    "Ledger",
    "LoopLog",
    "NotTaken",
    "Pages",
    "PlanItem",
    "PlanVersion",
    "PowerBalance",
    "ReportEntry",
    "ThumbnailEntry",
    "TileEntry",
    "UploadLog",
    "audit",
]
