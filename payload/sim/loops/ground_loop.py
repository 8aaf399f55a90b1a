"""The loop through the ground: it knows what has come down, and its plans take effect from the next uplink on.

What the ground expects of a satellite is the plan that it has sent up, or that the satellite has reported since.
An image that should have been taken by now, or will be before a new plan can be up, counts as taken and not judged.
The first plan is on board when the flight begins. Assumption: it was uplinked before. Assumption: the ground counts on an
antenna in every geometric contact; if the antenna is taken, the plan goes up in the next contact that is used, and what was
planned in between is lost to both plans.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from payload.ledger import Fact, LoopLog
from payload.planning.chances import Chances
from payload.planning.draft import COMMAND_BYTES, PLAN_BYTES, Draft
from payload.planning.heard import Heard
from payload.planning.knowledge import Knowledge, Standing, standing
from payload.plans import Plan
from payload.sim.loops.first_plan import few_do, kept_plan
from payload.sim.loops.ground_plan import GroundPlan
from payload.sim.loops.loop import GROUND, Booked, Loop, Report, Send, Story
from payload.sim.soonest import Soonest
from payload.types import Acquisition, ContactWindow, Opportunity, Target
from payload.units import BITS_PER_BYTE, BPS_PER_KBPS


@dataclass
class GroundLoop(Loop):
    """Only the ground plans; satellites fly the plans sent to them."""

    ground: Knowledge = field(init=False)
    on_board: dict[str, Knowledge] = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        satellites = self.assembly.satellites
        uplink, rules = self.assembly.scenario.uplink, self.assembly.scenario.rescheduling
        self.ground = Knowledge(GROUND)
        self.on_board = {name: Knowledge(name) for name in satellites}
        self.itinerary = {name: [] for name in satellites}
        self.expected: dict[str, list[Opportunity]] = {name: [] for name in satellites}
        self.draft: Draft | None = None
        self.drafted = self.env.event()  # the ground has a new plan
        self.flown = dict.fromkeys(satellites, 0)  # number of the plan on board
        self.loaded_s = dict.fromkeys(satellites, 0.0)
        self.heard_end_s: dict[str, float] = {}  # end of the last image heard of
        self._heard = Heard(self.assembly.limits)
        self.told_until_s = dict.fromkeys(satellites, 0.0)
        self.talking: dict[str, tuple[ContactWindow, Send]] = {}
        self.unsaid: dict[str, dict[str, Fact]] = {name: {} for name in satellites}
        self._lock_s = uplink.acquisition_s
        self._uplink_bps = uplink.rate_kbps * BPS_PER_KBPS
        self._delay_s = rules.ground_delay_s
        kept = kept_plan(self.assembly, self.calendar, lines=2)  # heard of, and expected
        self._kept = (
            None if kept is None else GroundPlan(kept, self.assembly, self.rules, self.ground)
        )
        self._chances = Chances(self.calendar) if few_do(self.assembly) and kept is None else None
        self._reports = 0
        self._drafts = 0

    # --- on board ------------------------------------------------------------------------------------

    def note_taken(self, opportunity: Opportunity) -> bool:
        """Note on board that the satellite has taken an image; return whether it is a retake."""
        is_retake = super().note_taken(opportunity)
        self._find(opportunity, None)
        return is_retake

    def learn(self, acquisition: Acquisition, cover: float | None) -> None:
        """Note an image's cover on board once its last tile is masked; during a contact, report it."""
        satellite = acquisition.satellite
        self._find(acquisition.opportunity, cover)
        self.think(satellite, acquisition.opportunity.target, cover)
        if satellite in self.talking:
            self.report(satellite)

    def think(self, satellite: str, target: str, cover: float | None) -> None:
        """React on board to a newly known cover: no reaction here."""

    def _find(self, opportunity: Opportunity, cover: float | None) -> None:
        satellite = opportunity.satellite
        fact = Fact(
            satellite,
            opportunity.id,
            opportunity.target,
            satellite,
            opportunity.start_s + opportunity.duration_s / 2,
            self.env.now,
            cover,
        )
        self.on_board[satellite].learn(fact, self.env.now)
        self.unsaid[satellite][opportunity.id] = fact

    def report(self, satellite: str) -> None:
        """Report what has not been reported yet, and what is going to be taken."""
        _, send = self.talking[satellite]
        self._reports += 1
        facts, self.unsaid[satellite] = self.unsaid[satellite], {}
        send(
            Report(
                f"{satellite}/report/{self._reports}",
                satellite,
                self.env.now,
                tuple(facts.values()),
                tuple(self.itinerary[satellite]),
            )
        )

    def lost(self, report: Report) -> None:
        """Have the contents of a lost report sent again."""
        unsaid = self.unsaid[report.satellite]
        for fact in report.facts:
            unsaid.setdefault(fact.image, fact)

    # --- contacts ------------------------------------------------------------------------------------

    def contact(self, satellite: str, window: ContactWindow, send: Send) -> None:
        """Begin a contact: the satellite reports, the ground plans, the newest plan goes up."""
        self.talking[satellite] = (window, send)
        self.report(satellite)
        self.tell_news("contact")
        self.env.process(self.send_up(satellite, window))

    def end_contact(self, satellite: str) -> None:
        """End a contact."""
        self.talking.pop(satellite, None)

    def send_up(self, satellite: str, window: ContactWindow) -> Story:
        """From lock to loss of signal, send up a plan whenever the ground has one newer than that on board."""
        yield self.env.timeout(self._lock_s)
        while self.env.now < window.los_s:
            draft = self.draft
            if draft is None or draft.number <= self.flown[satellite]:
                los = self.env.timeout(window.los_s - self.env.now)
                yield Soonest(self.env, self.drafted, los)
                continue
            up_s = self.env.now + self._transfer_s(len(draft.items[satellite]))
            if up_s > window.los_s:
                return
            yield self.env.timeout(up_s - self.env.now)
            self.load(satellite, draft)

    def plan_bytes(self, images: int) -> int:
        """[byte] Size of a plan to be uplinked."""
        return PLAN_BYTES + images * COMMAND_BYTES

    def _transfer_s(self, images: int) -> float:
        """[s] How long uplinking a plan takes."""
        return self.plan_bytes(images) * BITS_PER_BYTE / self._uplink_bps

    def load(self, satellite: str, draft: Draft) -> None:
        """Load a plan on board; images already begun are finished."""
        begun, now_s = self.exposing(satellite), self.env.now
        last = [*self.taken[satellite], *begun][-1:]
        new = [
            item
            for item in draft.items[satellite]
            if item.start_s >= now_s
            and all(self.assembly.limits.allow(before, item) for before in last)
        ]
        self.flown[satellite], self.loaded_s[satellite] = draft.number, now_s
        self.expected[satellite] = [
            item for item in self.expected[satellite] if item.start_s < now_s
        ] + new
        self.itinerary[satellite] = begun + new
        self.write_version(satellite, "uplink", new, draft.p_clear)
        self.tell_changed()

    # --- on the ground -------------------------------------------------------------------------------

    def received(self, report: Report) -> None:
        """Receive a report; the planner has it after the delay on the ground."""
        self.env.process(self._hear_report(report))

    def delivered(self, acquisition: Acquisition, cover: float | None) -> None:
        """Receive an image that was not judged on board, with its cover by the ground's masker."""
        self.env.process(self._hear_image(acquisition.opportunity, cover))

    def _hear_report(self, report: Report) -> Story:
        yield self.env.timeout(self._delay_s)
        heard_s = self.heard_end_s.get(report.satellite, -math.inf)
        for fact in report.facts:
            self._hear(fact)
            heard_s = max(heard_s, self.planned[fact.image].end_s)
        self.heard_end_s[report.satellite] = heard_s
        until_s = self.told_until_s[report.satellite]
        self.told_until_s[report.satellite] = max(until_s, report.made_s)
        self._expect(report)
        if report.facts:
            self.tell_news("report")

    def _hear_image(self, opportunity: Opportunity, cover: float | None) -> Story:
        yield self.env.timeout(self._delay_s)
        middle_s = opportunity.start_s + opportunity.duration_s / 2
        fact = Fact(
            GROUND,
            opportunity.id,
            opportunity.target,
            opportunity.satellite,
            middle_s,
            self.env.now,
            cover,
        )
        self._hear(fact)
        if self.rules.is_cloudy(self.targets[opportunity.target], cover):
            self.tell_news("image")

    def _hear(self, fact: Fact) -> None:
        """Note a fact that the ground has learnt about an image."""
        if not self.ground.knows(fact.target, fact.image):
            self._heard.add(self.planned[fact.image])
        self.ground.learn(fact, self.env.now)
        if self._kept is not None:
            self._kept.hear(self.planned[fact.image])

    def _expect(self, report: Report) -> None:
        """Expect what a satellite reports it will take, except where a newer plan has gone up in the meantime."""
        loaded_s, before = self.loaded_s[report.satellite], self.expected[report.satellite]
        if report.made_s >= loaded_s:
            self.expected[report.satellite] = list(report.plan)
        else:
            self.expected[report.satellite] = [
                item for item in report.plan if item.start_s < loaded_s
            ] + [item for item in before if item.start_s >= loaded_s]

    def plan_ahead(self) -> Story:
        """Plan at the start, when the plan is on board at once, and then whenever there is news."""
        self.plan()
        assert self.draft is not None
        for satellite in self.assembly.satellites:
            self.load(satellite, self.draft)
        while True:
            yield self.news
            self.plan()

    def plan(self) -> None:
        """Plan for the whole fleet from what the ground knows now."""
        from_s = {name: self._may_fly_s(name) for name in self.assembly.satellites}
        fixed = {
            name: [item for item in self.expected[name] if item.start_s < each_s]
            for name, each_s in from_s.items()
        }
        ends_s = self.heard_end_s | {
            name: items[-1].end_s for name, items in fixed.items() if items
        }
        self._drafts += 1
        if self._kept is None:
            self.draft = self._draft_anew(from_s, fixed, ends_s)
        else:
            for name, each_s in from_s.items():
                self._kept.expect(name, fixed[name], each_s, ends_s.get(name, -math.inf))
            self.draft = self._draft_kept(self._kept)
        self.log.note("", "planned", f"{sum(map(len, self.draft.items.values()))} images")
        previous, self.drafted = self.drafted, self.env.event()
        previous.succeed()

    def _draft_kept(self, kept: GroundPlan) -> Draft:
        """Update the kept plan where changes affect it."""
        change = kept.settle(self.env.now)
        self.planned |= {item.id: item for item in change.added}
        self.plans.write_change(self.env.now, GROUND, self._why, change)
        return kept.draft(self._drafts, dict(self.told_until_s))

    def _draft_anew(
        self,
        from_s: Mapping[str, float],
        fixed: dict[str, list[Opportunity]],
        ends_s: Mapping[str, float],
    ) -> Draft:
        """Ask the planner for a plan of everything that remains."""
        now_s = self.env.now
        known = [target for target in self.assembly.targets if target.arrives_s <= now_s]
        standings = self._standings(known, fixed)
        wanted_from_s = {name: each.wanted_from_s for name, each in standings.items()}
        told = (item for items in fixed.values() for item in items)
        booked = {item.id: item for item in (*self._heard.felt(now_s), *told)}
        committed = sorted(booked.values(), key=attrgetter("start_s", "id"))

        def came_in(satellite: str) -> Iterable[Opportunity]:
            knows = self.ground.knows
            unheard = [item for item in fixed[satellite] if not knows(item.target, item.id)]
            return self._heard.came_in(satellite, unheard)

        offered: list[Opportunity] = []
        p_clear: dict[str, float] = {}

        def ask(chances: Iterable[Opportunity]) -> Plan:
            nonlocal offered, p_clear
            offered = [
                item
                for item in chances
                if item.start_s >= from_s[item.satellite]
                and item.start_s >= wanted_from_s.get(item.target, math.inf)
            ]
            p_clear = self.p_clear(self.worth_foreseeing(standings, offered))
            booked = Booked(ends_s, committed, came_in)
            return self.ask_planner(GROUND, offered, standings, booked, p_clear=p_clear)

        if self._chances is None:
            plan = ask(self.to_come(now_s))
        else:
            wanted = {name: each_s for name, each_s in wanted_from_s.items() if each_s < math.inf}
            plan = self._chances.plan(
                ask, {name: max(now_s, each_s) for name, each_s in wanted.items()}
            )
        chosen = [self.planned[item] for item in plan.opportunity_ids]
        self.write_version(GROUND, self._why, chosen, p_clear)
        satellites = self.assembly.satellites
        return Draft(
            self._drafts,
            now_s,
            len(self.ground.judged),
            {name: [item for item in chosen if item.satellite == name] for name in satellites},
            self._trust(chosen, offered),
            wanted_from_s,
            p_clear,
            self.still_open(known),
            dict(self.told_until_s),
        )

    def worth_foreseeing(
        self,
        known: Container[str],  # noqa: ARG002 - for those whose satellites plan themselves
        offered: Sequence[Opportunity],
    ) -> Sequence[Opportunity]:
        """Opportunities of known targets that need a forecast: those that the plan may use."""
        return offered

    def still_open(self, known: Sequence[Target]) -> dict[str, float]:
        """[s] From when on known targets are wanted, judged only by what has been heard."""
        return {
            target.name: self.ground.standing(target, self.rules).wanted_from_s for target in known
        }

    def _standings(
        self, known: Sequence[Target], fixed: dict[str, list[Opportunity]]
    ) -> dict[str, Standing]:
        """Standings of known targets, by what the ground knows and what it has to assume taken."""
        taken: defaultdict[str, list[Fact]] = defaultdict(list)
        for item in (item for items in fixed.values() for item in items):
            if not self.ground.knows(item.target, item.id):
                middle_s = item.start_s + item.duration_s / 2
                taken[item.target].append(
                    Fact(GROUND, item.id, item.target, item.satellite, middle_s, self.env.now, None)
                )
        return {
            target.name: standing(
                target, (*self.ground.of(target.name), *taken[target.name]), self.rules
            )
            if target.name in taken
            else self.ground.standing(target, self.rules)
            for target in known
        }

    def _trust(
        self, chosen: Sequence[Opportunity], offered: Sequence[Opportunity]
    ) -> dict[str, frozenset[str]]:
        """Targets each satellite cares for: those it is to take, and those none is to take that it could take first."""
        keeper: dict[str, str] = {}
        for item in sorted(offered, key=attrgetter("start_s", "id")):
            keeper.setdefault(item.target, item.satellite)
        keeper |= {item.target: item.satellite for item in chosen}
        return {
            name: frozenset(target for target, who in keeper.items() if who == name)
            for name in self.assembly.satellites
        }

    def _may_fly_s(self, satellite: str) -> float:
        """[s] When a plan made now can be on board at the earliest, by the ground's estimate."""
        if not self.draft:
            return 0.0
        need_s = self._transfer_s(len(self.itinerary_expected(satellite)))
        if satellite in self.talking:
            window, _ = self.talking[satellite]
            up_s = max(self.env.now, window.aos_s + self._lock_s) + need_s
            if up_s <= window.los_s:
                return up_s
        windows = self.assembly.contacts[satellite]
        for window in windows[bisect_left(windows, self.env.now, key=attrgetter("aos_s")) :]:
            up_s = window.aos_s + self._lock_s + need_s
            if up_s <= window.los_s:
                return up_s
        return self.assembly.span_s

    def itinerary_expected(self, satellite: str) -> list[Opportunity]:
        """Images that the ground expects a satellite still to take."""
        return [item for item in self.expected[satellite] if item.start_s >= self.env.now]

    def record(self) -> LoopLog:
        """The log of what was planned, not taken and known at each place."""
        facts = [fact for place in (self.ground, *self.on_board.values()) for fact in place.facts]
        facts.sort(key=lambda fact: (fact.known_s, fact.place, fact.image))
        return LoopLog(tuple(self.plans.versions), tuple(self.not_taken), tuple(facts))
