"""One plan for the fleet; plans and the findings of satellites are known everywhere at once."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from payload.planning.chances import Chances
from payload.planning.kept_plan import KeptPlan
from payload.planning.knowledge import Standing
from payload.plans import Plan, still_felt
from payload.sim.loops.first_plan import few_do, kept_plan
from payload.sim.loops.loop import GROUND, Booked, Itinerary, Loop, Story
from payload.types import Acquisition, Opportunity


@dataclass
class AtOnce(Loop):
    """Policies `none` and `next_opportunity`: what one satellite finds is known to all at once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        parts, rules = self.assembly, self.assembly.scenario.rescheduling
        self._retakes = rules.policy == "next_opportunity"
        self._pending = set[str]()
        self._round: Counter[str] = Counter()
        self._busy_until_s: dict[str, float] = {}
        self._felt: Itinerary = {name: [] for name in parts.satellites}
        self.itinerary = {name: [] for name in parts.satellites}
        self._kept = kept_plan(parts, self.calendar)
        self._chances = Chances(self.calendar) if few_do(parts) and self._kept is None else None
        self._want(*(target.name for target in parts.targets if target.arrives_s <= 0.0))

    def plan_ahead(self) -> Story:
        """Plan at the start, and again whenever there is news."""
        while True:
            if self._kept is None:
                self._plan()
            else:
                self._follow(self._kept)
            self.tell_changed()
            yield self.news

    def hear(self) -> Story:
        """Make requests pending as they arrive."""
        later = sorted({target.arrives_s for target in self.assembly.targets} - {0.0})
        for arrives_s in later:
            yield self.env.timeout(arrives_s - self.env.now)
            self._want(
                *(each.name for each in self.assembly.targets if each.arrives_s == arrives_s)
            )
            self.tell_news("request")

    def note_taken(self, opportunity: Opportunity) -> bool:
        """Note that a satellite has taken an image; return whether it is a retake."""
        self._pending.discard(opportunity.target)
        self._round[opportunity.target] += 1
        if self._kept is not None:
            self._commit(self._kept, opportunity)
        else:
            self._busy_until_s[opportunity.satellite] = opportunity.end_s
            self._felt[opportunity.satellite].append(opportunity)
        if not (self._retakes and self.arm.sees_cloud):
            self._succeed(opportunity)
        return super().note_taken(opportunity)

    def note_refused(self, opportunity: Opportunity, why: str) -> None:
        """Keep the target of an image that could not be taken wanted, and replan."""
        super().note_refused(opportunity, why)
        if self._kept is not None:
            self._kept.release(opportunity)
            self._kept.want(opportunity.target, self.env.now, self._round[opportunity.target])
        self.tell_news("refused")

    def learn(self, acquisition: Acquisition, cover: float | None) -> None:
        """Put a cloudy target back if the policy retakes images."""
        if not self._retakes:
            return
        opportunity = acquisition.opportunity
        target = opportunity.target
        cloudy = self.rules.is_cloudy(self.targets[target], cover)
        if not cloudy or self._round[target] > self.rules.max_retakes:
            self._succeed(opportunity)
            return
        self._want(target)
        self.log.note(acquisition.satellite, "put_back", target, detail=f"cover {cover:.3f}")
        self.tell_news("cloud")

    def _succeed(self, opportunity: Opportunity) -> None:
        """Want a repeated target again after its interval."""
        repeat_s = self.targets[opportunity.target].repeat_s
        if repeat_s < math.inf:
            middle_s = opportunity.start_s + opportunity.duration_s / 2
            self.env.process(self._want_again(opportunity.target, middle_s + repeat_s))

    def _want_again(self, target: str, from_s: float) -> Story:
        yield self.env.timeout(max(0.0, from_s - self.env.now))
        self._round[target] = 0
        self._want(target)
        self.tell_news("repeat")

    def _want(self, *targets: str) -> None:
        """Make targets pending."""
        self._pending.update(targets)
        if self._kept is not None:
            for target in targets:
                self._kept.want(target, self.env.now, self._round[target])

    def _follow(self, kept: KeptPlan) -> None:
        """Update the kept plan where changes affect it."""
        exposing = {name: self.exposing(name) for name in self.itinerary}
        for item in chain.from_iterable(exposing.values()):
            self._commit(kept, item)
        change = kept.settle(self.env.now)
        for name in {item.satellite for item in (*change.added, *change.dropped)}:
            self.itinerary[name] = exposing[name] + kept.of(name)
        self.plans.write_change(self.env.now, GROUND, self._why, change)
        begun = sum(map(len, exposing.values()))
        self._note_planned(sum(map(len, self.itinerary.values())) - begun)

    def _commit(self, kept: KeptPlan, item: Opportunity) -> None:
        """Commit an image that has begun or been taken, and stop wanting its target."""
        kept.commit(item)
        kept.want(item.target, math.inf)

    def _plan(self) -> None:
        """Ask the planner for a plan of everything that remains."""
        now_s = self.env.now
        exposing = {name: self.exposing(name) for name in self.itinerary}
        taken_now = {item.target for items in exposing.values() for item in items}
        pending = self._pending - taken_now
        rounds = {name: self._round[name] for name in pending}
        shared = {missed: Standing(0.0, missed) for missed in set(rounds.values())}
        standing = {name: shared[missed] for name, missed in rounds.items()}
        booked = self._booked(exposing)
        p_clear: dict[str, float] = {}

        def ask(offered: Sequence[Opportunity]) -> Plan:
            return self.ask_planner(GROUND, offered, standing, booked, p_clear=p_clear)

        if self._chances is None:
            offered = [item for item in self.to_come(now_s) if item.target in pending]
            p_clear = self.p_clear(offered)
            plan = ask(offered)
        else:
            plan = self._chances.plan(ask, dict.fromkeys(pending, now_s))
        chosen = [self.planned[each] for each in plan.opportunity_ids]
        self.itinerary = exposing
        for opportunity in chosen:
            self.itinerary[opportunity.satellite].append(opportunity)
        self.write_version(GROUND, self._why, chosen, p_clear)
        self._note_planned(len(chosen))

    def _note_planned(self, images: int) -> None:
        self.log.note("", "planned", f"{images} images")

    def _booked(self, exposing: Itinerary) -> Booked:
        """Images taken, as far as they can affect a plan made now or later, and images begun."""
        self._felt = {
            name: still_felt(items, self.env.now, self.assembly.limits)
            for name, items in self._felt.items()
        }
        begun = {name: list(items) for name, items in exposing.items()}
        busy = {name: items[-1].end_s for name, items in begun.items() if items}
        return Booked(
            self._busy_until_s | busy,
            [item for each in (self._felt, begun) for items in each.values() for item in items],
            lambda name: chain(reversed(begun.get(name, ())), reversed(self.taken[name])),
        )
