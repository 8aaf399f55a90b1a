"""A satellite: it observes, processes and downlinks, each a story of its own that runs beside the others."""

from dataclasses import dataclass, field

import simpy

from payload.ledger import Image, Ledger
from payload.pruning import image_cover
from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.camera import Camera
from payload.sim.ground import Ground, Story
from payload.sim.log import Log
from payload.sim.memo import Memo
from payload.sim.processor import Processor
from payload.sim.recorder import Recorder
from payload.sim.transmitter import Opening
from payload.types import Acquisition, ContactWindow, Opportunity, TileOutcome

COMPUTER = "computer"
MOST_NEAR = 100
"""Images that one contact can meet: more are not taken in half an hour."""


@dataclass
class Spacecraft:
    """Camera, computer, recorder and radio of one satellite."""

    env: simpy.Environment
    name: str
    assembly: Assembly
    arm: Arm
    memo: Memo
    ground: Ground
    ledger: Ledger
    log: Log
    taken: list[tuple[Acquisition, bool]] = field(default_factory=list[tuple[Acquisition, bool]])

    def __post_init__(self) -> None:
        scenario = self.assembly.scenario
        self.camera = Camera(self.assembly)
        self.inbox = simpy.Store(self.env)
        self.computer = simpy.Resource(self.env, capacity=1)
        self.computed_s = 0.0
        self.processor = Processor(
            self.memo, self.arm, self.assembly.profile, scenario.computer.compression_mpx_per_s
        )
        self.recorder = Recorder(
            self.env, self.name, self.assembly, self.ground, self.ledger, self.log
        )
        self.memory = self.recorder.memory
        self.transmitter = self.recorder.transmitter
        self.pointing = self.assembly.pointing(self.name)

    def observe(self) -> Story:
        """Take what the plan says, when it says so; a new plan may change what is next."""
        while True:
            opportunity = self.ground.next_for(self.name)
            if opportunity is None:
                yield self.ground.changed
                continue
            shutter = self.env.timeout(opportunity.end_s - self.env.now)
            yield shutter | self.ground.changed
            if shutter.processed:
                self.take(opportunity)

    def take(self, opportunity: Opportunity) -> None:
        """Close the shutter: the image's tiles lie in memory, or find no room there."""
        if self._looked_away(opportunity):
            self.log.note(self.name, "not_taken", opportunity.id, detail="the antenna was in use")
            self.ground.note_missed(opportunity)
            return
        acquisition = self.camera.expose(opportunity)
        self.taken.append((acquisition, self.ground.note_taken(opportunity)))
        self.log.note(self.name, "acquired", acquisition.id, acquisition.raw_bytes)
        self.inbox.put((acquisition, self.recorder.store(acquisition)))

    def process(self) -> Story:
        """Turn raw images into kept and pruned tiles, one image after another."""
        while True:
            acquisition, stored = yield self.inbox.get()
            outcomes = self.processor.judge(acquisition, stored)
            judged: list[TileOutcome] = []
            for outcome in outcomes:
                if self.recorder.holds(outcome.tile_id):  # it may have been dropped meanwhile
                    yield from self.work(outcome)
                    judged.append(outcome)
            if self.arm.sees_cloud and judged:
                self.report_cover(acquisition, judged)

    def work(self, outcome: TileOutcome) -> Story:
        """Compute on a tile; a reset loses what was computed so far, and the tile is begun anew."""
        faults = self.assembly.faults
        with self.computer.request() as turn:
            yield turn
            if not self.recorder.holds(outcome.tile_id):
                return
            self.recorder.pin(outcome.tile_id)
            while True:
                ready_s = faults.ready_s(self.name, self.env.now)
                if ready_s > self.env.now:
                    yield self.env.timeout(ready_s - self.env.now)
                    continue
                done_s = faults.next_reset_s(self.name, self.env.now) - self.env.now
                if done_s >= outcome.busy_s:
                    break
                yield self.env.timeout(done_s)
                self.spend(outcome.tile_id, done_s)
            yield self.env.timeout(outcome.busy_s)
        self.spend(outcome.tile_id, outcome.busy_s)
        if self.recorder.holds(outcome.tile_id):  # its memory bank may be gone
            self.recorder.put_away(outcome)

    def spend(self, tile_id: str, busy_s: float) -> None:
        """Energy for so many seconds of computing on a tile."""
        self.computed_s += busy_s
        energy_j = self.assembly.profile.energy_j(busy_s)
        self.ledger.spend(COMPUTER, tile_id, energy_j, self.env.now)

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
            if self.assembly.faults.is_out(window):
                self.transmitter.miss(window)
                continue
            with self.ground.antennas[window.station].request() as antenna:
                yield antenna | self.env.timeout(max(0.0, window.los_s - self.env.now))
                if antenna.triggered and self.env.now < window.los_s:
                    self.log.note(self.name, "contact", window.station, detail="opened")
                    self.listen(window)
                    yield from self.transmitter.serve(window, self.opening(window))
                    self.log.note(self.name, "contact", window.station, detail="closed")
                else:
                    self.transmitter.miss(window)

    def opening(self, window: ContactWindow) -> Opening | None:
        """When the antenna looks at the station of a contact; None where it always does."""
        if not self.pointing.is_shared:
            return None
        return lambda now_s: self.pointing.opening(window.station, self._images(window), now_s)

    def _images(self, window: ContactWindow) -> list[Opportunity]:
        """What the camera took near a contact, and what it takes next unless that is too late to turn."""
        taken = [
            acquisition.opportunity
            for acquisition, _ in self.taken[-MOST_NEAR:]
            if acquisition.opportunity.end_s > window.aos_s - self.pointing.longest_turn_s
        ]
        coming = self.ground.next_for(self.name)
        return taken if coming is None or self._looked_away(coming) else [*taken, coming]

    def _looked_away(self, opportunity: Opportunity) -> bool:
        """Whether the antenna was needed for a station when the camera should have turned to a target."""
        station, until_s = self.transmitter.sending
        return (
            self.pointing.is_shared
            and bool(station)
            and until_s > self.pointing.block(opportunity, station)[0]
        )

    def listen(self, window: ContactWindow) -> None:
        """In a contact the ground hears what was pruned, and may ask for some of it."""
        covers = self.recorder.spare_covers() if self.assembly.scenario.memory.keep_pruned_h else {}
        if covers:
            self.env.process(self.fetch(window, self.ground.ask(covers)))

    def fetch(self, window: ContactWindow, wanted: list[str]) -> Story:
        """What the ground asks for is compressed and sent, if the request comes within the contact."""
        heard_s = self.env.now + self.assembly.scenario.requests.round_trip_s
        if not wanted or heard_s > window.los_s:
            return
        yield self.env.timeout(heard_s - self.env.now)
        found = self.recorder.fetch(wanted)
        self.log.note(self.name, "fetch", window.station, detail=f"{len(found)} tiles")
        for tile_id in found:
            if self.recorder.holds(tile_id):
                acquisition = self.recorder.acquisition_of[tile_id]
                outcome = self.recorder.outcomes[tile_id]
                yield from self.work(self.processor.reprieve(acquisition, outcome))

    def suffer(self) -> Story:
        """Faults come as they come; what they do beside telling is done by whoever meets them."""
        for fault in self.assembly.faults.of(self.name):
            yield self.env.timeout(max(0.0, fault.start_s - self.env.now))
            detail = f"until {fault.end_s:.0f} s"
            if fault.kind == "memory_bank":
                detail = f"{self.recorder.lose_bank(fault.banks)} tiles"
            self.log.note(self.name, "fault", fault.kind, detail=detail)

    def come_to_rest(self) -> None:
        """The span is over: count the shelves, read the meter."""
        self.recorder.come_to_rest()
        spent_j = self.assembly.profile.energy_j(self.computed_s)
        self.ledger.meter(COMPUTER, self.ledger.metered_j.get(COMPUTER, 0.0) + spent_j)

    def images(self) -> list[Image]:
        """What was taken, with the outcomes of what was judged."""
        outcomes = self.recorder.outcomes
        return [
            Image(
                acquisition,
                tuple(outcomes[item] for item in acquisition.tile_ids if item in outcomes),
                is_retake,
            )
            for acquisition, is_retake in self.taken
        ]
