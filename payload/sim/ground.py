"""The ground: plans, hears what was cloudy, plans anew; its antennas listen, its archive receives."""

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import simpy

from payload.compression import without_cover
from payload.ledger import Fate, Ledger
from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.log import Log
from payload.sim.memo import Memo
from payload.sim.requests import choose
from payload.types import Acquisition, Opportunity, PlanContext, TileOutcome

Story = Generator[simpy.Event, Any, None]
Deliver = Callable[[Acquisition, bytes], None]
"""Takes an acquisition and a whole tile record that has come down."""


@dataclass
class Ground:
    """One ground segment for the whole fleet.

    Planning is by `next_opportunity`: a satellite that finds its own image cloudy puts the target back
    at once. What the ground itself could learn from delivered images is not used.
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
            station.name: simpy.Resource(self.env, capacity=station.antennas)
            for station in self.assembly.stations
        }
        self.news = self.env.event()  # something was learnt that may change the plan
        self.changed = self.env.event()  # there is a new plan
        self._pending = {target.name for target in self.assembly.targets}
        self._taken: Counter[str] = Counter()
        self._itinerary: dict[str, list[Opportunity]] = {}
        self._busy_until_s: dict[str, float] = {}
        self._asked: set[str] = set()
        self._seen: set[str] = set()
        parts = self.assembly
        self._flat = {
            item.id: item
            for name, items in parts.opportunities.items()
            for item in parts.pointing(name).shared(items, parts.contacts[name])
        }

    def plan_ahead(self) -> Story:
        """Plan at the start, and again whenever something was learnt."""
        while True:
            self._plan()
            previous, self.changed = self.changed, self.env.event()
            previous.succeed()
            yield self.news

    def next_for(self, satellite: str) -> Opportunity | None:
        """What a satellite is to take next, or None while nothing is planned for it."""
        itinerary = self._itinerary.get(satellite, [])
        return itinerary[0] if itinerary else None

    def note_taken(self, opportunity: Opportunity) -> bool:
        """A satellite has taken an image; whether it is a retake."""
        self._itinerary[opportunity.satellite].remove(opportunity)
        self._busy_until_s[opportunity.satellite] = opportunity.end_s
        self._pending.discard(opportunity.target)
        self._taken[opportunity.target] += 1
        return self._taken[opportunity.target] > 1

    def ask(self, covers: Mapping[str, float], *, most: int) -> list[str]:
        """Which of the pruned tiles that a satellite still has the ground asks for, each once.

        Of a tile whose thumbnail has not arrived it knows nothing, where there are thumbnails.
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
        """Stations break as the timetable says; the contacts know."""
        stations = {station.name for station in self.assembly.stations}
        for fault in self.assembly.faults.all:
            if fault.kind == "station_out" and fault.who in stations:
                yield self.env.timeout(max(0.0, fault.start_s - self.env.now))
                self.log.note(
                    "", "fault", fault.kind, detail=f"{fault.who} until {fault.end_s:.0f} s"
                )

    def note_refused(self, opportunity: Opportunity) -> None:
        """A satellite could not take an image: its target stays wanted, and is planned anew."""
        self._itinerary[opportunity.satellite].remove(opportunity)
        self._tell_news()

    def learn(self, acquisition: Acquisition, cover: float | None) -> None:
        """A satellite knows how cloudy its image is; a cloudy target is put back, if the policy says so."""
        rules = self.assembly.scenario.rescheduling
        target = acquisition.opportunity.target
        if rules.policy == "none" or cover is None or cover <= rules.max_cloud_cover:
            return
        if self._taken[target] > rules.max_retakes:
            return
        self._pending.add(target)
        self.log.note(acquisition.satellite, "put_back", target, detail=f"cover {cover:.3f}")
        self._tell_news()

    def receive(self, acquisition: Acquisition, outcome: TileOutcome, held_bytes: int) -> None:
        """The last frame of a record has arrived."""
        tile_id = outcome.tile_id
        is_masked = outcome.cover is not None or not self.arm.sees_cloud
        if self.arm.is_scenarios_own and self.deliver is not None:
            record = self.memo.record(acquisition, tile_id)
            if not is_masked:
                record = without_cover(record)
            self.deliver(acquisition, record)
            held_bytes += len(record) - self.memo.record_bytes(acquisition, tile_id)
        self.ledger.finish(tile_id, Fate.DELIVERED, held_bytes, outcome.pruned_bytes)
        self.delivered_s[tile_id] = self.env.now

    def see(self, acquisition: Acquisition, tile_id: str, held_bytes: int) -> None:
        """The last frame of a thumbnail has arrived: now the ground knows of the tile."""
        if self.arm.is_scenarios_own and self.deliver is not None:
            record = self.memo.thumbnail(acquisition, tile_id)
            thumbnail = self.memo.facts(acquisition, tile_id).thumbnail
            if record is not None and thumbnail is not None:
                held_bytes += len(record) - thumbnail.record_bytes
        self.ledger.end_thumbnail(tile_id, Fate.DELIVERED, held_bytes, self.env.now)
        self._seen.add(tile_id)

    def _tell_news(self) -> None:
        previous, self.news = self.news, self.env.event()
        previous.succeed()

    def _plan(self) -> None:
        now_s = self.env.now
        exposing = {
            name: [item for item in items if item.start_s <= now_s]
            for name, items in self._itinerary.items()
        }
        taken_now = {item.target for items in exposing.values() for item in items}
        context = PlanContext(
            now_s=now_s,
            opportunities=list(self._flat.values()),
            pending=frozenset(self._pending - taken_now),
            priorities={target.name: target.priority for target in self.assembly.targets},
            busy_until_s=self._busy_until_s
            | {name: items[-1].end_s for name, items in exposing.items() if items},
            settle_s=self.assembly.sensor.settle_s,
        )
        plan = self.assembly.scheduler.plan(context)
        self._itinerary = {name: list(exposing.get(name, [])) for name in self.assembly.satellites}
        for opportunity_id in plan.opportunity_ids:
            opportunity = self._flat[opportunity_id]
            self._itinerary[opportunity.satellite].append(opportunity)
        self.log.note("", "planned", f"{len(plan.opportunity_ids)} images")
