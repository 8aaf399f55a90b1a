"""The ground segment: antennas, archive, and requests for pruned tiles; `loop` does the planning."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import simpy

from payload.compression import without_cover
from payload.darkroom.memo import Memo
from payload.ledger import Ledger
from payload.ledger.book import DELIVERED
from payload.pruning import image_cover
from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.log import Log
from payload.sim.loops.loop import Story
from payload.sim.loops.policies import make_loop
from payload.sim.requests import choose
from payload.sim.turns import Turns
from payload.types import Acquisition, TileOutcome

__all__ = ["Deliver", "Ground", "Story"]

Deliver = Callable[[Acquisition, bytes], None]
"""Takes an acquisition and a complete tile record that has come down."""


@dataclass
class Ground:
    """One ground segment for the whole fleet.

    Attributes:
        loop: Decides who plans what, based on the knowledge available there.
    """

    env: simpy.Environment
    assembly: Assembly
    arm: Arm
    memo: Memo
    ledger: Ledger
    log: Log
    deliver: Deliver | None
    delivered_s: dict[str, float] = field(default_factory=dict[str, float])

    def __post_init__(self) -> None:
        self.antennas = {
            station.name: Turns(self.env, station.antennas) for station in self.assembly.stations
        }
        self.loop = make_loop(self.env, self.assembly, self.arm, self.log)
        self._asked: set[str] = set()
        self._seen: set[str] = set()

    def ask(self, covers: Mapping[str, float], *, most: int) -> list[str]:
        """Choose which of the pruned tiles still on board the ground asks for; each is asked for only once.

        If thumbnails are made, the ground knows nothing of a tile until its thumbnail has arrived.
        """
        scenario = self.assembly.scenario
        known = covers.keys() if scenario.thumbnail_factor is None else covers.keys() & self._seen
        new = {tile_id: covers[tile_id] for tile_id in known - self._asked}
        wanted = choose(
            scenario.requests.policy, new, limit=self.arm.policy.max_cloud_cover, most=most
        )
        self._asked.update(wanted)
        return wanted

    def suffer(self) -> Story:
        """Log station outages as the timetable gives them; their contacts have already been cut."""
        stations = {station.name for station in self.assembly.stations}
        for fault in self.assembly.faults.all:
            if fault.kind == "station_out" and fault.who in stations:
                yield self.env.timeout(max(0.0, fault.start_s - self.env.now))
                self.log.note(
                    "", "fault", fault.kind, detail=f"{fault.who} until {fault.end_s:.0f} s"
                )

    def receive(self, acquisition: Acquisition, outcome: TileOutcome, held_bytes: int) -> None:
        """Receive a tile: the last frame of its record has arrived."""
        tile_id = outcome.tile_id
        if self.deliver is not None and self.arm.is_scenarios_own:
            record = self.memo.record(acquisition, tile_id)
            if outcome.cover is None and self.arm.sees_cloud:  # it was not masked
                record = without_cover(record)
            self.deliver(acquisition, record)
            held_bytes += len(record) - self.memo.record_bytes(acquisition, tile_id)
        self.ledger.finish(tile_id, DELIVERED, held_bytes, outcome.pruned_bytes)
        self.delivered_s[tile_id] = self.env.now

    def complete(self, acquisition: Acquisition) -> None:
        """Handle an image of which nothing is left on board: if no masker flies, the ground's own estimates its cover."""
        down = [item for item in acquisition.tile_ids if item in self.delivered_s]
        if down and not self.arm.sees_cloud:
            said = [self.memo.estimates[item] for item in down]
            self.loop.delivered(acquisition, image_cover(said))

    def see(self, acquisition: Acquisition, tile_id: str, held_bytes: int) -> None:
        """Receive a thumbnail, whose last frame has arrived: the ground now knows of the tile."""
        if self.arm.is_scenarios_own and self.deliver is not None:
            record = self.memo.thumbnail(acquisition, tile_id)
            thumbnail = self.memo.facts(acquisition, tile_id).thumbnail
            if record is not None and thumbnail is not None:
                held_bytes += len(record) - thumbnail.record_bytes
        self.ledger.end_thumbnail(tile_id, DELIVERED, held_bytes, self.env.now)
        self._seen.add(tile_id)
