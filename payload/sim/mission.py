"""One flight from start to finish. The modules beside it hold the actors; the packages below do the mathematics."""

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import simpy

from payload.collecting import COLLECT_AFTER
from payload.darkroom.memo import Memo
from payload.ledger import Album, FlightRecord, Ledger, audit
from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.ground import Deliver, Ground
from payload.sim.log import Log
from payload.sim.spacecraft import Spacecraft
from payload.types import Opportunity, View

_AHEAD = 256
"""Number of upcoming images, over all satellites, that are glanced at together."""

Foresee = Callable[[list[Opportunity]], None]


@dataclass
class Mission:
    """One arm of a scenario: a ground segment, a fleet, and the books they write.

    Attributes:
        assembly: The scenario with its geometry computed and its plug-ins built.
        arm: Which part of the scenario is exchanged.
        memo: The facts of all tiles, shared by all arms.
        deliver: Called with each record that comes down; None if records are not wanted.
        folder: Where ledger, events and images that do not fit in memory are kept for as long as the flight or its
            record is in use; None to keep everything in memory.
        foresee: Called with the images of the first plan before anything is taken.
        env: The SimPy environment that runs the flight.
    """

    assembly: Assembly
    arm: Arm
    memo: Memo
    deliver: Deliver | None = None
    folder: Path | None = None
    foresee: Foresee | None = None
    env: simpy.Environment = field(default_factory=simpy.Environment)

    def __post_init__(self) -> None:
        self.ledger = Ledger() if self.folder is None else Ledger.on_disk(self.folder)
        self.log = Log(self.env)
        self.album = Album()
        if self.folder is not None:
            self.log.events.file = self.folder / "events.pages"
            self.album.file = self.folder / "images"
        self.ground = Ground(
            self.env, self.assembly, self.arm, self.memo, self.ledger, self.log, self.deliver
        )
        self.fleet = [
            Spacecraft(
                self.env,
                name,
                self.assembly,
                self.arm,
                self.memo,
                self.ground,
                self.ledger,
                self.log,
                self.album,
            )
            for name in self.assembly.satellites
        ]

    def fly(self) -> FlightRecord:
        """Fly the whole span, close the ledger and audit it."""
        for story in (*self.ground.loop.stories(), self.ground.suffer()):
            self.env.process(story)
        for craft in self.fleet:
            for story in (craft.observe(), craft.process(), craft.downlink(), craft.suffer()):
                self.env.process(story)
        with young_waste_only(), self.memo.looking_ahead(self._coming):
            if self.foresee is not None:
                self.env.run(until=math.nextafter(0.0, math.inf))  # makes the first plan
                planned = self.ground.loop.itinerary.values()
                self.foresee([item for items in planned for item in items])
            # including the last instant of the span
            self.env.run(until=math.nextafter(self.assembly.span_s, math.inf))
            for craft in self.fleet:
                craft.come_to_rest()  # whatever is still in memory is ON_BOARD
            audit(self.ledger)
            return self.record()

    def _coming(self) -> Iterator[View]:
        """The images that the satellites take next, according to the current plan."""
        camera, each = self.assembly.camera, 1 + _AHEAD // len(self.fleet)
        for planned in self.ground.loop.itinerary.values():
            yield from map(camera.view, islice(planned, each))

    def record(self) -> FlightRecord:
        """The record of the flight, in order of time."""
        self.album.arrange()
        contacts = [contact for craft in self.fleet for contact in craft.transmitter.contacts]
        return FlightRecord(
            arm=self.arm.name,
            span_s=self.assembly.span_s,
            ledger=self.ledger,
            images=self.album,
            contacts=tuple(
                sorted(contacts, key=lambda log: (log.window.aos_s, log.window.station))
            ),
            events=self.log.events,
            delivered_s=self.ground.delivered_s,
            peak_memory_bytes=max(craft.memory.peak_bytes for craft in self.fleet),
            fetched=tuple(tile for craft in self.fleet for tile in craft.recorder.fetched),
            uploads=tuple(log for craft in self.fleet for log in craft.uploads.logs),
            loop=self.ground.loop.record(),
            cover_reports={
                image: report
                for craft in self.fleet
                for image, report in craft.recorder.cover_reports.down.items()
            },
        )


@contextmanager
def young_waste_only() -> Iterator[None]:
    """Let the garbage collector look for unreachable cycles seldom, and among new objects only.

    A flight creates many objects that live until its end; scanning all of them again and again took a third of its time.
    Among the new objects of a flight no cycles were found either.
    """
    before = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, 10, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)
