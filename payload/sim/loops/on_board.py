"""The loop on board: targets to care for are uplinked, and each satellite plans them itself from what it knows.

A satellite knows its own images, and their cover once the last tile is masked; it knows nothing of other satellites. It
keeps a target that it found cloudy until a plan is uplinked that was made with knowledge of that.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from payload.ledger import Fact
from payload.planning.calendar import Calendar
from payload.planning.chances import Chances
from payload.planning.draft import Draft
from payload.planning.kept_plan import KeptPlan
from payload.planning.knowledge import Standing
from payload.plans import Plan, still_felt
from payload.sim.loops.first_plan import few_do, kept_plan
from payload.sim.loops.ground_loop import GroundLoop
from payload.sim.loops.loop import Booked
from payload.types import Opportunity


@dataclass
class OnBoard(GroundLoop):
    """Like `GroundLoop`, but each satellite also plans its own targets.

    Attributes:
        p_clear_untold: P(clear) of a place without a forecast.
    """

    p_clear_untold: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        satellites = self.assembly.satellites
        self.cares_for: dict[str, frozenset[str]] = dict.fromkeys(satellites, frozenset[str]())
        self.not_before_s: dict[str, dict[str, float]] = {name: {} for name in satellites}
        self._recent: dict[str, list[Opportunity]] = {name: [] for name in satellites}
        self._unsettled: dict[str, list[Fact]] = {name: [] for name in satellites}
        self._kept_of = self._kept_plans()
        self._touched = {name: set[str]() for name in satellites}  # standing may have changed
        self._own_chances = (
            self.chances_of_each() if few_do(self.assembly) and not self._kept_of else {}
        )
        self._seen = dict.fromkeys(satellites, 0)  # number of facts already examined
        self.foreseen: dict[str, dict[str, float]] = {name: {} for name in satellites}

    def _kept_plans(self) -> dict[str, KeptPlan]:
        """Kept plan of each satellite that need not plan from scratch."""
        parts, p_clear = self.assembly, self.p_clear_untold
        return {
            name: plan
            for name, items in parts.plannable.items()
            if (plan := kept_plan(parts, Calendar({name: items}), p_clear=p_clear)) is not None
        }

    def chances_of_each(self) -> dict[str, Chances]:
        """Opportunities of each satellite, for planning from a few of them."""
        return {
            name: Chances(Calendar({name: items}))
            for name, items in self.assembly.plannable.items()
        }

    def load(self, satellite: str, draft: Draft) -> None:
        """Load targets and a forecast: the satellite plans them with what it knows itself."""
        unheard = self._unheard(satellite, draft)
        cares_for = draft.trusted[satellite] | unheard
        not_before_s = {
            name: draft.wanted_from_s[name] for name in draft.trusted[satellite] - unheard
        }
        other = not_before_s.items() ^ self.not_before_s[satellite].items()
        self._touched[satellite] |= cares_for ^ self.cares_for[satellite]
        self._touched[satellite] |= {name for name, _ in other}
        self.cares_for[satellite], self.not_before_s[satellite] = cares_for, not_before_s
        self.foreseen[satellite] = draft.p_clear
        self.flown[satellite], self.loaded_s[satellite] = draft.number, self.env.now
        self.replan(satellite, "uplink")
        past = [item for item in self.expected[satellite] if item.start_s < self.env.now]
        ahead = [item for item in draft.items[satellite] if item.start_s >= self.env.now]
        self.expected[satellite] = past + ahead
        if satellite in self.talking:
            self.report(satellite)  # tells what it is going to take

    def _unheard(self, satellite: str, draft: Draft) -> set[str]:
        """Targets of which the satellite has judged an image unknown to the ground when it made the draft."""
        facts, judged = self.on_board[satellite].facts, self.ground.judged
        self._unsettled[satellite] = [
            fact
            for fact in (*self._unsettled[satellite], *facts[self._seen[satellite] :])
            if fact.cover is not None and judged.get(fact.image, math.inf) >= draft.judged
        ]
        self._seen[satellite] = len(facts)
        return {fact.target for fact in self._unsettled[satellite]}

    def worth_foreseeing(
        self,
        known: Container[str],
        offered: Sequence[Opportunity],  # noqa: ARG002 - all are forecast
    ) -> Sequence[Opportunity]:
        """Everything still to come: a satellite may have to plan what the ground assumed done."""
        if self.forecasts is None:
            return ()
        return [item for item in self.to_come(self.env.now) if item.target in known]

    def note_taken(self, opportunity: Opportunity) -> bool:
        """Note an image that was taken, as it can affect the satellite's next plans."""
        satellite = opportunity.satellite
        self._touched[satellite].add(opportunity.target)
        if satellite in self._kept_of:
            self._kept_of[satellite].commit(opportunity)
        else:
            self._recent[satellite].append(opportunity)
        return super().note_taken(opportunity)

    def think(self, satellite: str, target: str, cover: float | None) -> None:
        """Replan if an image is cloudy or its target will be wanted again."""
        self._touched[satellite].add(target)
        wanted = self.targets[target]
        if self.rules.is_cloudy(wanted, cover):
            self.log.note(satellite, "put_back", target, detail=f"cover {cover:.3f}")
            self.replan(satellite, "cloud")
        elif wanted.repeat_s < math.inf:
            self.replan(satellite, "repeat")

    def note_refused(self, opportunity: Opportunity, why: str) -> None:
        """Keep the target of an image that could not be taken, and replan."""
        super().note_refused(opportunity, why)
        satellite = opportunity.satellite
        self._touched[satellite].add(opportunity.target)
        if satellite in self._kept_of:
            self._kept_of[satellite].release(opportunity)
        self.replan(satellite, "refused")

    def replan(self, satellite: str, why: str) -> None:
        """Let a satellite plan its own targets from what it knows."""
        begun = self.exposing(satellite)
        if satellite in self._kept_of:
            chosen = self._choose_kept(satellite, self._kept_of[satellite], begun)
            p_clear = self.foresee(satellite, chosen)
        else:
            chosen, p_clear = self._choose_anew(satellite, begun)
        self.itinerary[satellite] = begun + chosen
        self.write_version(satellite, why, chosen, p_clear)
        self.tell_changed()

    def _choose_kept(
        self, satellite: str, kept: KeptPlan, begun: Sequence[Opportunity]
    ) -> list[Opportunity]:
        """Update the kept plan where changes affect it."""
        now_s, known = self.env.now, self.on_board[satellite]
        busy = {item.target for item in (*self.taken[satellite][-1:], *begun) if item.end_s > now_s}
        busy.update(item.target for item in begun)
        for item in begun:
            kept.commit(item)
        for name in self._touched[satellite] | busy:
            from_s, missed = math.inf, 0
            if name in self.cares_for[satellite] and name not in busy:
                standing = {name: known.standing(self.targets[name], self.rules)}
                from_s = self.wanted_from_s(satellite, name, standing)
                missed = standing[name].missed
            kept.want(name, from_s, missed)
        self._touched[satellite] = busy  # to be examined again until they are not
        self.single_out(satellite, kept, busy)
        change = kept.settle(now_s)
        self.planned |= {item.id: item for item in change.added}
        return kept.of(satellite)

    def single_out(self, satellite: str, kept: KeptPlan, busy: Container[str]) -> None:
        """Tell a kept plan of opportunities about which more is known: none here."""

    def _choose_anew(
        self, satellite: str, begun: Sequence[Opportunity]
    ) -> tuple[list[Opportunity], dict[str, float]]:
        """Ask the planner for a plan of everything that remains."""
        now_s, known = self.env.now, self.on_board[satellite]
        mine = [self.targets[name] for name in sorted(self.minds(satellite))]
        standing = {target.name: known.standing(target, self.rules) for target in mine}
        self._recent[satellite] = still_felt(self._recent[satellite], now_s, self._heard.limits)
        for item in begun:
            standing.pop(item.target, None)
        from_s = {
            name: max(now_s, self.wanted_from_s(satellite, name, standing)) for name in standing
        }
        booked = Booked(
            {},
            [*self._recent[satellite], *begun],
            lambda name: chain(reversed(begun), reversed(self.taken[name])),
        )
        p_clear: dict[str, float] = {}

        def ask(offered: Sequence[Opportunity]) -> Plan:
            return self.ask_planner(satellite, offered, standing, booked, p_clear=p_clear)

        if satellite in self._own_chances:
            plan = self._own_chances[satellite].plan(ask, from_s)
        else:
            offered = [
                item
                for item in self.may_take(satellite)
                if item.start_s >= from_s.get(item.target, math.inf)
            ]
            p_clear = self.foresee(satellite, offered)
            plan = ask(offered)
        return [self.planned[item] for item in plan.opportunity_ids], p_clear

    def wanted_from_s(self, satellite: str, target: str, standing: Mapping[str, Standing]) -> float:
        """[s] From when on a target is wanted: the later of the satellite's own knowledge and the last uplinked plan."""
        came_up_s = self.not_before_s[satellite].get(target, 0.0)
        return max(standing[target].wanted_from_s, came_up_s)

    def minds(self, satellite: str) -> frozenset[str]:
        """The targets that a satellite may plan."""
        return self.cares_for[satellite]

    def may_take(self, satellite: str) -> Iterable[Opportunity]:
        """The opportunities of a satellite, from now to the horizon."""
        return self.calendar.of(satellite, self.env.now, self.looks_until_s)

    def foresee(self, satellite: str, offered: Iterable[Opportunity]) -> dict[str, float]:
        """P(clear) as the satellite knows it: from the last uplinked plan."""
        told = self.foreseen[satellite]
        return {item.id: told[item.id] for item in offered if item.id in told}
