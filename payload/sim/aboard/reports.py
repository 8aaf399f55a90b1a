"""Cover reports on their way down, before all else that is not begun, in an account of their own.

They wait in the buffer of telemetry and take no room in the mass memory. Assumption.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import simpy

from payload.ledger import Fate, Ledger
from payload.sim.aboard.thumbnails import FIRST
from payload.sim.aboard.transmitter import Transmitter
from payload.sim.loops.loop import Report

HEADER_BYTES = 32
"""[byte] Of a report: packet headers, time, satellite. Assumption: two CCSDS space packet headers and a time code."""
FACT_BYTES = 12
"""[byte] Of an image in it: a number, a time, a cover. Assumption."""
ITEM_BYTES = 8
"""[byte] Of an image that is going to be taken. Assumption."""


@dataclass
class Reports:
    """Those of one satellite."""

    env: simpy.Environment
    ledger: Ledger
    transmitter: Transmitter
    received: Callable[[Report], None]
    lost: Callable[[Report], None]
    waiting: dict[str, Report] = field(default_factory=dict[str, Report])

    def send(self, report: Report) -> None:
        """A report is ready."""
        self.ledger.make_report(report.id, length_bytes(report), self.env.now)
        self.waiting[report.id] = report
        self.transmitter.enqueue(report.id, length_bytes(report), FIRST)

    def end(self, report_id: str, end: Fate) -> None:
        """The ground has it, or never will."""
        report = self.waiting.pop(report_id)
        self.ledger.end_report(report_id, end, length_bytes(report), self.env.now)
        if end is Fate.DELIVERED:
            self.received(report)
        elif end is Fate.LOST:
            self.lost(report)

    def come_to_rest(self) -> None:
        """The span is over: what waits stays on board."""
        for report_id in list(self.waiting):
            self.end(report_id, Fate.ON_BOARD)


def length_bytes(report: Report) -> int:
    """[byte] Of a report."""
    return HEADER_BYTES + FACT_BYTES * len(report.facts) + ITEM_BYTES * len(report.plan)
