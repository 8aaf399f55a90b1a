"""Cover reports of images on their way down, sent before any tile not yet begun and booked in an account of their own.

One is queued as soon as the last tile of an image is judged, in every arm with a mask. They wait in the telemetry
buffer and take no room in the mass memory. Assumption.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import simpy

from payload.compression.cover_report import KEPT, Told, pack_cover_report
from payload.geometry.grid import tile_place
from payload.ledger import Fate, Ledger
from payload.sim.aboard.thumbnails import FIRST
from payload.sim.aboard.transmitter import Transmitter
from payload.types import Acquisition, TileOutcome


@dataclass
class CoverReports:
    """The cover reports of one satellite.

    Attributes:
        waiting: Image and report by the id of the report.
        down: Reports that have arrived on the ground, by image.
    """

    env: simpy.Environment
    ledger: Ledger
    transmitter: Transmitter
    waiting: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    down: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def send(self, acquisition: Acquisition, outcomes: Sequence[TileOutcome]) -> None:
        """Queue the report of an image, now that all its tiles that found room and stayed on board are judged."""
        report = make_cover_report(acquisition, outcomes)
        report_id = f"{acquisition.id}/cover"
        self.ledger.make_cover_report(report_id, len(report), self.env.now)
        self.waiting[report_id] = acquisition.id, report
        self.transmitter.enqueue(report_id, len(report), FIRST)

    def end(self, report_id: str, end: Fate) -> None:
        """Close the account of a report, which has arrived or never will."""
        image, report = self.waiting.pop(report_id)
        self.ledger.end_cover_report(report_id, end, len(report), self.env.now)
        if end is Fate.DELIVERED:
            self.down[image] = report

    def come_to_rest(self) -> None:
        """At the end of the span, book what is still waiting as on board."""
        for report_id in list(self.waiting):
            self.end(report_id, Fate.ON_BOARD)


def make_cover_report(acquisition: Acquisition, outcomes: Sequence[TileOutcome]) -> bytes:
    """The report of an image, covering all cells of its grid."""
    told = [_told(outcome) for outcome in outcomes]
    if len(told) < len(acquisition.tile_ids):
        cells: dict[str, Told | float] = dict.fromkeys(acquisition.tile_ids, Told.NO_ROOM)
        cells |= {outcome.tile_id: said for outcome, said in zip(outcomes, told, strict=True)}
        told = list(cells.values())
    _, last_row, last_col = tile_place(acquisition.tile_ids[-1])
    return pack_cover_report(acquisition.id, last_row + 1, last_col + 1, told)


def _told(outcome: TileOutcome) -> Told | float:
    if outcome.decision.keep:
        return KEPT
    if outcome.cover is None:
        return Told.UNSEEN
    cover = outcome.cover.cover
    return Told.NO_DATA if cover is None else cover
