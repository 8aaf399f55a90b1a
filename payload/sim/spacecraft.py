"""A satellite: it observes, processes and downlinks, each a story of its own that runs beside the others."""

from dataclasses import dataclass, field

import simpy

from payload.ledger import Fate, Image, Ledger
from payload.pruning import image_cover
from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.battery import make_power
from payload.sim.camera import Camera
from payload.sim.ground import Ground, Story
from payload.sim.log import Log
from payload.sim.memo import Memo
from payload.sim.memory import MassMemory
from payload.sim.power import COMPUTER
from payload.sim.processor import Processor
from payload.sim.transmitter import Transmitter
from payload.sim.workbench import Workbench, orbit_period_s
from payload.types import Acquisition, Opportunity, TileOutcome


@dataclass
class Spacecraft:
    """Camera, computer, mass memory and radio of one satellite."""

    env: simpy.Environment
    name: str
    assembly: Assembly
    arm: Arm
    memo: Memo
    ground: Ground
    ledger: Ledger
    log: Log
    outcomes: dict[str, TileOutcome] = field(default_factory=dict[str, TileOutcome])
    taken: list[tuple[Acquisition, bool]] = field(default_factory=list[tuple[Acquisition, bool]])

    def __post_init__(self) -> None:
        scenario = self.assembly.scenario
        self.camera = Camera(self.assembly)
        self.memory = MassMemory(scenario.memory.capacity_bytes)
        self.inbox = simpy.Store(self.env)
        self.computer = simpy.Resource(self.env, capacity=1)
        self.computed_s = 0.0
        self.processor = Processor(
            self.memo, self.arm, self.assembly.profile, scenario.computer.compression_mpx_per_s
        )
        self.power = make_power(self.assembly, self.name, self.env, self.ledger, self.log)
        self.bench = Workbench(
            self.env,
            self.name,
            scenario.computer,
            self.assembly.profile,
            self.arm,
            self.processor,
            self.power,
            self.assembly.contacts[self.name],
            orbit_period_s(self.assembly.ephemerides[self.name]),
            self.ledger,
            self.log,
        )
        self.transmitter = Transmitter(
            self.env,
            self.assembly.link,
            self.assembly.ephemerides[self.name],
            scenario.seed,
            arrived=self.arrived,
            given_up=self.given_up,
        )
        self._acquisition_of: dict[str, Acquisition] = {}

    def observe(self) -> Story:
        """Take what the plan says, when it says so; a new plan may change what is next."""
        while True:
            opportunity = self.ground.next_for(self.name)
            if opportunity is None:
                yield self.ground.changed
                continue
            shutter = self.env.timeout(opportunity.end_s - self.env.now)
            yield shutter | self.ground.changed
            if not shutter.processed:
                continue
            if self.power.allows("imaging", opportunity.id):
                self.power.use_camera(opportunity.id)
                self.take(opportunity)
            else:
                self.ground.note_refused(opportunity)

    def take(self, opportunity: Opportunity) -> None:
        """Close the shutter: the image's tiles lie in memory, or find no room there."""
        acquisition = self.camera.expose(opportunity)
        self.taken.append((acquisition, self.ground.note_taken(opportunity)))
        self.log.note(self.name, "acquired", acquisition.id, acquisition.raw_bytes)
        stored: list[str] = []
        for tile_id, raw_bytes in zip(
            acquisition.tile_ids, acquisition.tile_raw_bytes, strict=True
        ):
            self._acquisition_of[tile_id] = acquisition
            self.ledger.acquire(tile_id, raw_bytes, self.env.now)
            if self.memory.admit(tile_id, raw_bytes):
                stored.append(tile_id)
            else:
                self.settle(tile_id, Fate.OVERFLOWED, raw_bytes)
                self.ledger.finish(tile_id, Fate.OVERFLOWED, raw_bytes)
        if len(stored) < len(acquisition.tile_ids):
            missing = len(acquisition.tile_ids) - len(stored)
            self.log.note(self.name, "overflowed", acquisition.id, detail=f"{missing} tiles")
        self.inbox.put((acquisition, stored))

    def process(self) -> Story:
        """Turn raw images into kept and pruned tiles, one image after another."""
        while True:
            acquisition, stored = yield self.inbox.get()
            outcomes: list[TileOutcome] = []
            for planned in self.processor.judge(acquisition, stored):
                with self.computer.request() as turn:
                    yield turn
                    outcome = yield from self.bench.work(acquisition, planned)
                self.put_away(outcome)
                outcomes.append(outcome)
            if not self.inbox.items:
                self.bench.rest()
            if self.arm.sees_cloud and outcomes:
                self.report_cover(acquisition, outcomes)

    def put_away(self, outcome: TileOutcome) -> None:
        """The raw copy goes; what is kept of it goes on a shelf and into the queue for the radio."""
        self.outcomes[outcome.tile_id] = outcome
        self.computed_s += outcome.busy_s
        self.ledger.spend(COMPUTER, outcome.tile_id, outcome.energy_j, self.env.now)
        raw_bytes = self.memory.release(outcome.tile_id)
        self.settle(outcome.tile_id, Fate.PRUNED, outcome.pruned_bytes)
        self.settle(outcome.tile_id, Fate.SAVED, outcome.saved_bytes)
        if outcome.is_kept:
            self.memory.admit(outcome.tile_id, outcome.encoded_bytes)
            self.transmitter.enqueue(outcome.tile_id, outcome.encoded_bytes)
        else:
            self.ledger.finish(outcome.tile_id, Fate.PRUNED, raw_bytes - outcome.pruned_bytes)

    def report_cover(self, acquisition: Acquisition, outcomes: list[TileOutcome]) -> None:
        """Tell how cloudy the image is, once its last tile is masked."""
        cover = image_cover([outcome.cover for outcome in outcomes if outcome.cover is not None])
        kept = sum(outcome.is_kept for outcome in outcomes)
        said = "no data" if cover is None else f"cover {cover:.3f}"
        self.log.note(
            self.name,
            "judged",
            acquisition.id,
            detail=f"{said}, {kept} of {len(outcomes)} tiles kept",
        )
        self.ground.learn(acquisition, cover)

    def downlink(self) -> Story:
        """Use one contact after another, with an antenna that is free; overlapping ones follow each other."""
        for window in self.assembly.contacts[self.name]:
            yield self.env.timeout(max(0.0, window.aos_s - self.env.now))
            yield from self.power.hold_back("transmitting", window.station, window.los_s)
            with self.ground.antennas[window.station].request() as antenna:
                yield antenna | self.env.timeout(max(0.0, window.los_s - self.env.now))
                if antenna.triggered and self.env.now < window.los_s:
                    self.log.note(self.name, "contact", window.station, detail="opened")
                    with self.power.transmit(window.station):
                        yield from self.transmitter.serve(window)
                    self.log.note(self.name, "contact", window.station, detail="closed")
                else:
                    self.transmitter.miss(window)

    def arrived(self, tile_id: str) -> None:
        """The ground has all of a record."""
        held_bytes = self.memory.release(tile_id)
        self.settle(tile_id, Fate.DELIVERED, self.outcomes[tile_id].encoded_bytes)
        is_masked = self.outcomes[tile_id].cover is not None or not self.arm.sees_cloud
        self.ground.receive(self._acquisition_of[tile_id], tile_id, held_bytes, is_masked=is_masked)

    def given_up(self, tile_id: str) -> None:
        """The ground will never have all of a record."""
        held_bytes = self.memory.release(tile_id)
        self.settle(tile_id, Fate.LOST, self.outcomes[tile_id].encoded_bytes)
        self.ledger.finish(tile_id, Fate.LOST, held_bytes)
        self.log.note(self.name, "lost", tile_id, held_bytes)

    def come_to_rest(self) -> None:
        """The span is over: count the shelves, read the meter."""
        for tile_id, held_bytes in self.memory.shelves.items():
            outcome = self.outcomes.get(tile_id)
            acquisition = self._acquisition_of[tile_id]
            raw_bytes = acquisition.tile_raw_bytes[acquisition.tile_ids.index(tile_id)]
            self.settle(tile_id, Fate.ON_BOARD, outcome.encoded_bytes if outcome else raw_bytes)
            self.ledger.finish(tile_id, Fate.ON_BOARD, held_bytes)
        self.bench.come_to_rest()
        self.power.come_to_rest()
        spent_j = self.assembly.profile.energy_j(self.computed_s) + self.bench.extra_j
        self.ledger.meter(COMPUTER, self.ledger.metered_j.get(COMPUTER, 0.0) + spent_j)

    def settle(self, tile_id: str, fate: Fate, count_bytes: int) -> None:
        """Write into the book of bytes."""
        self.ledger.settle(tile_id, fate, count_bytes, self.env.now)

    def images(self) -> list[Image]:
        """What was taken, with the outcomes of what was judged."""
        return [
            Image(
                acquisition,
                tuple(
                    self.outcomes[item] for item in acquisition.tile_ids if item in self.outcomes
                ),
                is_retake,
            )
            for acquisition, is_retake in self.taken
        ]
