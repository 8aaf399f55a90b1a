"""The log of a flight: events in the order in which they happened."""

import logging
from dataclasses import dataclass, field
from functools import partial

import simpy

from payload.ledger import Event, Pages

logger = logging.getLogger(__name__)


@dataclass
class Log:
    """Events for programs to read; the same go to `logging` for people."""

    env: simpy.Environment
    events: Pages[Event] = field(default_factory=partial(Pages, Event))

    def __post_init__(self) -> None:
        self._is_told = logger.isEnabledFor(logging.DEBUG)

    def note(
        self, satellite: str, kind: str, subject: str, count_bytes: int = 0, detail: str = ""
    ) -> None:
        """Record that something happened now."""
        now_s = self.env.now
        self.events.write((now_s, satellite, kind, subject, count_bytes, detail))
        if self._is_told:
            logger.debug("%.1f s %s %s %s %s", now_s, satellite, kind, subject, detail)
