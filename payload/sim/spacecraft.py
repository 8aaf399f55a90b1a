"""A satellite: it observes, processes and downlinks, as processes that run concurrently."""

from collections import deque
from dataclasses import dataclass, field
from functools import partial

import simpy

from payload.darkroom.memo import Memo
from payload.ledger import Album, Ledger
from payload.pruning import image_cover
from payload.sim.aboard.battery import make_power
from payload.sim.aboard.processor import Processor
from payload.sim.aboard.recorder import Recorder
from payload.sim.aboard.transmitter import Opening
from payload.sim.aboard.uploads import Uploads
from payload.sim.aboard.workbench import Workbench, Works
from payload.sim.antennas import PassesInView
from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.ground import Ground, Story
from payload.sim.log import Log
from payload.sim.soonest import Soonest
from payload.types import Acquisition, ContactWindow, Opportunity, TileOutcome

MOST_NEAR = 100
"""Most images that can conflict with one contact: no more than this are taken in half an hour."""


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
    album: Album = field(default_factory=Album)
    taken: deque[Acquisition] = field(default_factory=partial(deque[Acquisition], maxlen=MOST_NEAR))

    def __post_init__(self) -> None:
        scenario = self.assembly.scenario
        self.loop = self.ground.loop
        self.camera = self.assembly.camera
        self.inbox = simpy.Store(self.env)
        self.processor = Processor(
            self.memo, self.arm, self.assembly.profile, scenario.computer.compression_mpx_per_s
        )
        self.power = make_power(self.assembly, self.name, self.env, self.ledger, self.log)
        self.recorder = Recorder(
            self.env,
            self.name,
            self.assembly,
            self.ground,
            self.ledger,
            self.log,
            self.processor.thumbnail_bytes,
            self.power,
            self.album,
        )
        self.bench = Workbench(
            self.env,
            self.name,
            self.assembly,
            self.arm,
            self.processor,
            self.power,
            self.ledger,
            self.log,
            self.recorder.pin,
        )
        self.memory = self.recorder.memory
        self.transmitter = self.recorder.transmitter
        self.uploads = Uploads(self.env, self.name, scenario, self.log)
        self.pointing = self.assembly.pointing(self.name)

    def observe(self) -> Story:
        """Take images as and when the plan says; a new plan may change which is next."""
        while True:
            opportunity = self.loop.next_for(self.name)
            if opportunity is None:
                yield self.loop.changed
                continue
            shutter = self.env.timeout(opportunity.end_s - self.env.now)
            yield Soonest(self.env, shutter, self.loop.changed)
            if shutter.processed:
                why_not = self.why_not(opportunity)
                if why_not:
                    self.loop.note_refused(opportunity, why_not)
                else:
                    self.take(opportunity)

    def why_not(self, opportunity: Opportunity) -> str:
        """Why an image cannot be taken, the antenna being in use or power short; empty if it can. A refusal is logged."""
        if self._looked_away(opportunity):
            self.log.note(self.name, "not_taken", opportunity.id, detail="the antenna was in use")
            return "antenna in use"
        return "" if self.power.allows("imaging", opportunity.id) else "power or heat"

    def take(self, opportunity: Opportunity) -> None:
        """Take an image: its tiles are stored in memory, or overflow if there is no room."""
        self.power.use_camera(opportunity.id)
        acquisition = self.camera.expose(opportunity)
        self.taken.append(acquisition)
        is_retake = self.loop.note_taken(opportunity)
        self.log.note(self.name, "acquired", acquisition.id, acquisition.raw_bytes)
        self.inbox.put((acquisition, self.recorder.store(acquisition, is_retake=is_retake)))

    def process(self) -> Story:
        """Turn raw images into kept and pruned tiles, one image after another.

        If the policy judges whole images, nothing is compressed or put away before the last tile is masked.
        """
        waits = self.arm.policy.unit == "image"
        while True:
            acquisition, stored = yield self.inbox.get()
            planned, put_away = self.processor.judge(acquisition, stored), self.recorder.put_away
            if waits:
                masked = yield from self.bench.work(acquisition, planned)
                outcomes = yield from self.finish_whole(acquisition, masked)
                for outcome in outcomes:
                    put_away(outcome)
            else:
                outcomes = yield from self.bench.work(acquisition, planned, done=put_away)
            self.rest()
            if self.arm.sees_cloud:
                self.report_cover(acquisition, outcomes)
            if self.arm.sees_cloud and self.assembly.scenario.radio.cover_reports:
                self.recorder.cover_reports.send(acquisition, outcomes)

    def rest(self) -> None:
        """Let the processor turn off between images, if no image is waiting."""
        if not self.inbox.items:
            self.bench.rest()

    def finish_whole(self, acquisition: Acquisition, outcomes: list[TileOutcome]) -> Works:
        """Judge an image by the masks available and compress what is kept of it; deadlines apply to masking only."""
        finished = [outcome for outcome in outcomes if outcome.cover is None]  # too late to mask
        for masked, planned in self.processor.judge_whole(acquisition, outcomes):
            found = [planned]
            if planned.busy_s:
                found = yield from self.bench.work(acquisition, found, has_deadline=False)
            for done in found:
                busy_s, energy_j = masked.busy_s + done.busy_s, masked.energy_j + done.energy_j
                finished.append(done._replace(busy_s=busy_s, energy_j=energy_j))
        order = {tile_id: number for number, tile_id in enumerate(acquisition.tile_ids)}
        return sorted(finished, key=lambda outcome: order[outcome.tile_id])

    def report_cover(self, acquisition: Acquisition, outcomes: list[TileOutcome]) -> None:
        """Report the image's cloud cover once its last tile is masked; unknown if none of its tiles was processed."""
        if not outcomes:
            self.loop.learn(acquisition, None)
            return
        cover = image_cover([outcome.cover for outcome in outcomes if outcome.cover is not None])
        kept = sum([outcome.decision.keep for outcome in outcomes])
        said = "no data" if cover is None else f"cover {cover:.3f}"
        self.log.note(
            self.name,
            "judged",
            acquisition.id,
            detail=f"{said}, {kept} of {len(outcomes)} tiles kept",
        )
        self.loop.learn(acquisition, cover)

    def downlink(self) -> Story:
        """Use one contact after another, each through the first free antenna in view."""
        passes = PassesInView(
            self.env,
            self.ground.antennas,
            self.assembly.contacts[self.name],
            self.transmitter.miss,
        )
        while (first := (yield from passes.first())) is not None:
            yield from self.power.hold_back("transmitting", first.station, first.los_s)
            served = yield from passes.antenna()
            if served is not None:
                window, antenna = served
                yield from self._use(window)
                antenna.end()

    def _use(self, window: ContactWindow) -> Story:
        """Use a contact: an antenna listens from now until loss of signal."""
        self.log.note(self.name, "contact", window.station, detail="opened")
        self.listen(window)
        self.uploads.use(window)
        self.loop.contact(self.name, window, self.recorder.reports.send)
        yield from self.transmitter.serve(window, self.opening(window))
        self.loop.end_contact(self.name)
        self.log.note(self.name, "contact", window.station, detail="closed")

    def opening(self, window: ContactWindow) -> Opening | None:
        """A function that tells when the antenna points at the station of a contact; None if it always does."""
        if not self.pointing.is_shared:
            return None
        return lambda now_s: self.pointing.opening(window.station, self._images(window), now_s)

    def _images(self, window: ContactWindow) -> list[Opportunity]:
        """Images taken near a contact, and the next one unless the satellite can no longer turn to it in time."""
        taken = [
            acquisition.opportunity
            for acquisition in self.taken
            if acquisition.opportunity.end_s > window.aos_s - self.pointing.longest_turn_s
        ]
        coming = self.loop.next_for(self.name)
        return taken if coming is None or self._looked_away(coming) else [*taken, coming]

    def _looked_away(self, opportunity: Opportunity) -> bool:
        """Whether the antenna was sending to a station when the satellite should have turned to a target."""
        station, until_s = self.transmitter.sending
        return (
            self.pointing.is_shared
            and bool(station)
            and until_s > self.pointing.block(opportunity, station)[0]
        )

    def listen(self, window: ContactWindow) -> None:
        """Let the ground learn in a contact what was pruned, as covers or thumbnails, and ask for some of it."""
        scenario = self.assembly.scenario
        if scenario.thumbnail_factor is not None:
            self.env.process(self.confer(window))
            return
        covers = self.recorder.spare_covers() if scenario.memory.keep_pruned_h else {}
        in_time = self.env.now + scenario.requests.round_trip_s <= window.los_s
        if covers and in_time:
            wanted = self.ground.ask(covers, most=scenario.requests.max_per_contact)
            self.env.process(self.fetch(window, wanted))

    def confer(self, window: ContactWindow) -> Story:
        """Let the ground ask when the contact begins, and again whenever all waiting thumbnails have come down."""
        rules = self.assembly.scenario.requests
        left = rules.max_per_contact
        while left and self.env.now + rules.round_trip_s <= window.los_s:
            wanted = self.ground.ask(self.recorder.spare_covers(), most=left)
            left -= len(wanted)
            self.env.process(self.fetch(window, wanted))
            los = self.env.timeout(window.los_s - self.env.now)
            yield Soonest(self.env, self.recorder.thumbnails.settled, los)

    def fetch(self, window: ContactWindow, wanted: list[str]) -> Story:
        """Compress and queue the tiles that the ground asks for, if the request arrives within the contact."""
        heard_s = self.env.now + self.assembly.scenario.requests.round_trip_s
        if not wanted or heard_s > window.los_s:
            return
        yield self.env.timeout(heard_s - self.env.now)
        found = self.recorder.fetch(wanted)
        self.log.note(self.name, "fetch", window.station, detail=f"{len(found)} tiles")
        for tile_id in found:
            if self.recorder.holds(tile_id):
                acquisition, outcome = self.recorder.judged(tile_id)
                wanted_after_all = self.processor.reprieve(acquisition, outcome)
                yield from self.bench.work(
                    acquisition,
                    [wanted_after_all],
                    done=self.recorder.put_away,
                    has_deadline=False,
                )
        self.rest()

    def suffer(self) -> Story:
        """Log each fault as it occurs and lose failed memory banks; other effects are applied by the parts affected."""
        for fault in self.assembly.faults.aboard(self.name):
            yield self.env.timeout(max(0.0, fault.start_s - self.env.now))
            detail = f"until {fault.end_s:.0f} s"
            if fault.kind == "memory_bank":
                detail = f"{self.recorder.lose_bank(fault.banks)} tiles"
            self.log.note(self.name, "fault", fault.kind, detail=detail)

    def come_to_rest(self) -> None:
        """At the end of the span, book what is left in memory and read the energy meters."""
        self.recorder.come_to_rest()
        self.bench.come_to_rest()
        self.power.come_to_rest()
