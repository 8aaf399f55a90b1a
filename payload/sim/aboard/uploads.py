"""What goes up to a satellite in the contacts that it really has, beside what comes down.

Assumption: full duplex, and the receiver of commands sees the Earth whatever the camera or the antenna of the
downlink looks at; frames lost and power short on the way down do not touch the way up.
"""

from dataclasses import dataclass

import simpy

from payload.downlink.uplink import UplinkQueue, Waiting
from payload.ledger import UploadLog
from payload.scenario.models import Scenario
from payload.sim.ground import Story
from payload.sim.log import Log
from payload.types import ContactWindow
from payload.units import BPS_PER_KBPS, S_PER_H


@dataclass
class Uploads:
    """All that is to go up to one satellite, and how far it is."""

    env: simpy.Environment
    satellite: str
    scenario: Scenario
    log: Log

    def __post_init__(self) -> None:
        rules = self.scenario.uplink
        self._all = [
            Waiting(item.name, item.size_bytes, item.at_h * S_PER_H)
            for item in rules.uploads
            if item.satellite in {None, self.satellite}
        ]
        self._queue = UplinkQueue(
            rules.rate_kbps * BPS_PER_KBPS, rules.acquisition_s, list(self._all)
        )

    def use(self, window: ContactWindow) -> None:
        """A contact begins, with an antenna that stays until its end: what will be up in it is known."""
        if not self._queue.waiting:
            return
        for item in self._queue.use(window, self.env.now, window.los_s):
            self.env.process(self._tell(item))

    def _tell(self, item: Waiting) -> Story:
        assert item.complete_s is not None  # it is one of those that are
        yield self.env.timeout(max(0.0, item.complete_s - self.env.now))
        self.log.note(
            self.satellite, "uploaded", item.name, item.size_bytes, f"{len(item.passes)} passes"
        )

    @property
    def logs(self) -> list[UploadLog]:
        """How each went, in order of the scenario."""
        return [
            UploadLog(
                item.name,
                self.satellite,
                item.size_bytes,
                item.sent_bytes,
                item.ready_s,
                item.complete_s,
                len(item.passes),
            )
            for item in self._all
        ]
