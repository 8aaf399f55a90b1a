"""The planning loop, which determines who plans, when, and with what knowledge: the part that all policies share.

`at_once.py` flies `none` and `next_opportunity`: one plan, known everywhere as soon as it is made. `ground_loop.py`,
`on_board.py` and `look_ahead.py` build on one another; each models in more detail who knows what.
"""

import math
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import simpy

from payload.ledger import Fact, LoopLog, NotTaken
from payload.planning.asking import Asking
from payload.planning.knowledge import Rules, Standing
from payload.planning.outlook import make_forecasts
from payload.planning.plan_log import PlanLog
from payload.plans import Plan, PlanContext, still_felt
from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.log import Log
from payload.sim.loops.means import CameIn, Means
from payload.types import Acquisition, ContactWindow, Opportunity

Story = Generator[simpy.Event, Any, None]
Itinerary = dict[str, list[Opportunity]]
GROUND = "ground"


@dataclass(frozen=True, slots=True)
class Report:
    """What a satellite sends first in a contact: images and their covers, and what it is going to take."""

    id: str
    satellite: str
    made_s: float
    facts: tuple[Fact, ...]
    plan: tuple[Opportunity, ...]


@dataclass(frozen=True, slots=True)
class Booked:
    """What satellites have done and will do regardless of the plan, as far as a planner knows.

    Attributes:
        busy_until_s: [s] By satellite: when its last image ended.
        committed: Images that no plan may disturb, taken or still to be taken, each listed once.
        came_in: Which images went into each memory.
    """

    busy_until_s: Mapping[str, float]
    committed: Sequence[Opportunity]
    came_in: CameIn


Send = Callable[[Report], None]
"""Queues a report for the radio."""


@dataclass
class Loop:
    """What the loops share: targets, opportunities, arriving requests and the log of plans.

    Attributes:
        changed: Happens whenever a satellite's next image may have changed.
        news: Happens whenever the ground should plan.
    """

    env: simpy.Environment
    assembly: Assembly
    arm: Arm
    log: Log
    plans: PlanLog = field(default_factory=PlanLog)
    not_taken: list[NotTaken] = field(default_factory=list[NotTaken])

    def __post_init__(self) -> None:
        parts, rules = self.assembly, self.assembly.scenario.rescheduling
        self.news, self.changed = self.env.event(), self.env.event()
        self.rules = Rules(rules.max_cloud_cover, rules.max_retakes)
        self.targets = parts.target_named
        self.limits = {target.name: self.rules.limit(target) for target in parts.targets}
        self.deadlines_s = {
            target.name: target.due_s for target in parts.targets if target.due_s < math.inf
        }
        self.priorities = parts.worths
        self.calendar = parts.calendar
        self.planned: dict[str, Opportunity] = {}  # by id, all that any plan has included
        self.itinerary: Itinerary = {}
        self.taken: Itinerary = {name: [] for name in parts.satellites}
        self._shots: Counter[str] = Counter()
        self._why = "start"
        self._asking = Asking(parts.scheduler)
        self.forecasts = make_forecasts(parts.scenario, parts.source, parts.sensor, self.targets)
        self._means = Means(parts)

    # --- called by spacecraft -------------------------------------------------------------------------

    def stories(self) -> list[Story]:
        """Processes that run alongside the satellites."""
        found = [self.plan_ahead()]
        if any(target.arrives_s > 0.0 for target in self.assembly.targets):
            found.append(self.hear())
        if self.assembly.scenario.rescheduling.every_s is not None:
            found.append(self.tick(self.assembly.scenario.rescheduling.every_s))
        return found

    def next_for(self, satellite: str) -> Opportunity | None:
        """The image a satellite is to take next, or None while nothing is planned for it."""
        itinerary = self.itinerary.get(satellite, [])
        return itinerary[0] if itinerary else None

    def note_taken(self, opportunity: Opportunity) -> bool:
        """Note that a satellite has taken an image; return whether it is a retake."""
        self.itinerary[opportunity.satellite].remove(opportunity)
        self.taken[opportunity.satellite].append(opportunity)
        self._shots[opportunity.target] += 1
        return self._shots[opportunity.target] > 1

    def note_refused(self, opportunity: Opportunity, why: str) -> None:
        """Note that a satellite could not take an image."""
        self.itinerary[opportunity.satellite].remove(opportunity)
        self.not_take(opportunity, why)

    def learn(self, acquisition: Acquisition, cover: float | None) -> None:
        """Take note of an image's cover, now known to the satellite's computer."""
        raise NotImplementedError

    def delivered(self, acquisition: Acquisition, cover: float | None) -> None:
        """Take note of an image's cover by the ground's own masker, now that all of it that will come has arrived."""

    def contact(self, satellite: str, window: ContactWindow, send: Send) -> None:
        """React to the beginning of a contact."""

    def end_contact(self, satellite: str) -> None:
        """React to the end of a contact."""

    def received(self, report: Report) -> None:
        """React to a report that has arrived on the ground."""

    def lost(self, report: Report) -> None:
        """React to a report that will never arrive."""

    def record(self) -> LoopLog:
        """The log of what was planned, not taken and known."""
        return LoopLog(tuple(self.plans.versions), tuple(self.not_taken))

    # --- processes -----------------------------------------------------------------------------------

    def plan_ahead(self) -> Story:
        """Plan at the start, and again whenever there is news."""
        raise NotImplementedError

    def hear(self) -> Story:
        """Announce requests as they arrive during the flight."""
        later = sorted({target.arrives_s for target in self.assembly.targets} - {0.0})
        for arrives_s in later:
            yield self.env.timeout(arrives_s - self.env.now)
            self.tell_news("request")

    def tick(self, every_s: float) -> Story:
        """Make the ground plan at fixed intervals."""
        while True:
            yield self.env.timeout(every_s)
            self.tell_news("period")

    # --- tools ---------------------------------------------------------------------------------------

    def tell_news(self, why: str) -> None:
        """Announce that the ground should plan."""
        self._why = why
        previous, self.news = self.news, self.env.event()
        previous.succeed()

    def tell_changed(self) -> None:
        """Announce that a satellite's next image may have changed."""
        previous, self.changed = self.changed, self.env.event()
        previous.succeed()

    def not_take(self, opportunity: Opportunity, why: str) -> None:
        """Log why a planned image is not taken."""
        self.not_taken.append(
            NotTaken(self.env.now, opportunity.satellite, opportunity.target, opportunity.id, why)
        )

    def exposing(self, satellite: str) -> list[Opportunity]:
        """Images that a satellite has begun and not finished: the first of its itinerary, in order of time."""
        now_s = self.env.now
        return list(
            takewhile(lambda item: item.start_s <= now_s, self.itinerary.get(satellite, []))
        )

    def ask_planner(
        self,
        place: str,
        offered: Sequence[Opportunity],
        standings: Mapping[str, Standing],
        booked: Booked,
        *,
        p_clear: Mapping[str, float],
    ) -> Plan:
        """Plan from what is offered, using only what is passed in.

        Args:
            place: Where the plan is made.
            offered: Opportunities that could be used.
            standings: Standing of each target.
            booked: What satellites have done and will do regardless of the plan.
            p_clear: Forecast probability of each opportunity being clear.
        """
        wanted = frozenset(
            name for name, each in standings.items() if each.wanted_from_s < math.inf
        )
        now_s = self.env.now
        chances = [item for item in offered if item.target in wanted]
        limits = self._means.limits(now_s, booked.came_in)
        plan = self._asking.plan(
            place,
            PlanContext(
                now_s=now_s,
                opportunities=chances,
                pending=wanted,
                priorities=self.priorities,
                busy_until_s=booked.busy_until_s,
                limits=limits,
                p_clear=p_clear,
                climate_clear=self.climate(chances),
                deadlines_s=self.deadlines_s,
                not_before_s={
                    name: standings[name].wanted_from_s
                    for name in wanted
                    if standings[name].wanted_from_s > now_s
                },
                missed={name: each.missed for name, each in standings.items() if each.missed},
                committed=still_felt(booked.committed, now_s, limits),
            ),
        )
        named = set(plan.opportunity_ids).difference(self.planned)
        self.planned |= {item.id: item for item in chances if item.id in named}
        return plan

    def write_version(
        self, place: str, why: str, items: Iterable[Opportunity], p_clear: Mapping[str, float]
    ) -> None:
        """Log a plan, unless it equals the previous one at that place."""
        self.plans.write(self.env.now, place, why, items, p_clear)

    def to_come(self, from_s: float) -> Sequence[Opportunity]:
        """The opportunities that start at or after a time and within the horizon, in order of start, then id."""
        return self.calendar.between(from_s, self.looks_until_s)

    @property
    def looks_until_s(self) -> float:
        """[s] End of the planning horizon: nothing that starts later is planned now."""
        return self.env.now + self.assembly.scenario.rescheduling.horizon_s

    def p_clear(self, opportunities: Iterable[Opportunity]) -> dict[str, float]:
        """Probability of being clear by the forecast available now; empty without forecasts."""
        return {} if self.forecasts is None else self.forecasts.p_clear(opportunities, self.env.now)

    def climate(self, opportunities: Sequence[Opportunity]) -> dict[str, float]:
        """Probability of being clear by the climate alone; empty without forecasts."""
        return {} if self.forecasts is None else self.forecasts.climate(opportunities)
