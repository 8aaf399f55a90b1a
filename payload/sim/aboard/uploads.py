"""Uploads to a satellite in the contacts it actually has, in parallel with the downlink.

Assumption: full duplex, and the command receiver sees the Earth whatever the camera or the downlink antenna points at;
frame losses and power shortages affect the downlink only.
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
    """Everything to be uploaded to one satellite, and its progress."""

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
        """Use a contact as it begins; its antenna stays until the end, so what completes in it is known at once."""
        if not self._queue.waiting:
            return
        for item in self._queue.use(window, self.env.now, window.los_s):
            self.env.process(self._tell(item))

    def _tell(self, item: Waiting) -> Story:
        assert item.complete_s is not None  # only completed ones get here
        yield self.env.timeout(max(0.0, item.complete_s - self.env.now))
        self.log.note(
            self.satellite, "uploaded", item.name, item.size_bytes, f"{len(item.passes)} passes"
        )

    @property
    def logs(self) -> list[UploadLog]:
        """How each upload went, in the order of the scenario."""
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
