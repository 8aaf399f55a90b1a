"""The log of a flight: events in the order in which they happened."""

import logging
from dataclasses import dataclass, field

import simpy

from payload.ledger import Event

logger = logging.getLogger(__name__)


@dataclass
class Log:
    """Facts for programs; `logging` gets the same, for people."""

    env: simpy.Environment
    events: list[Event] = field(default_factory=list[Event])

    def note(
        self, satellite: str, kind: str, subject: str, count_bytes: int = 0, detail: str = ""
    ) -> None:
        """Something happened now."""
        self.events.append(Event(self.env.now, satellite, kind, subject, count_bytes, detail))
        logger.debug("%.1f s %s %s %s %s", self.env.now, satellite, kind, subject, detail)
