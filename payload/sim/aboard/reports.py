"""Reports to the ground on their way down, sent before anything not yet begun and booked in an account of their own.

They wait in the telemetry buffer and take no room in the mass memory. Assumption.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import simpy

from payload.ledger import Fate, Ledger
from payload.sim.aboard.thumbnails import FIRST
from payload.sim.aboard.transmitter import Transmitter
from payload.sim.loops.loop import Report

HEADER_BYTES = 32
"""[byte] Per report: packet headers, time, satellite. Assumption: two CCSDS space packet headers and a time code."""
FACT_BYTES = 12
"""[byte] Per image in it: a number, a time, a cover. Assumption."""
ITEM_BYTES = 8
"""[byte] Per image that is going to be taken. Assumption."""


@dataclass
class Reports:
    """The reports of one satellite."""

    env: simpy.Environment
    ledger: Ledger
    transmitter: Transmitter
    received: Callable[[Report], None]
    lost: Callable[[Report], None]
    waiting: dict[str, Report] = field(default_factory=dict[str, Report])

    def send(self, report: Report) -> None:
        """Queue a report that is ready."""
        self.ledger.make_report(report.id, length_bytes(report), self.env.now)
        self.waiting[report.id] = report
        self.transmitter.enqueue(report.id, length_bytes(report), FIRST)

    def end(self, report_id: str, end: Fate) -> None:
        """Close the account of a report, which has arrived or never will."""
        report = self.waiting.pop(report_id)
        self.ledger.end_report(report_id, end, length_bytes(report), self.env.now)
        if end is Fate.DELIVERED:
            self.received(report)
        elif end is Fate.LOST:
            self.lost(report)

    def come_to_rest(self) -> None:
        """At the end of the span, book what is still waiting as on board."""
        for report_id in list(self.waiting):
            self.end(report_id, Fate.ON_BOARD)


def length_bytes(report: Report) -> int:
    """[byte] Length of a report."""
    return HEADER_BYTES + FACT_BYTES * len(report.facts) + ITEM_BYTES * len(report.plan)
