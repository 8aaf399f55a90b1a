"""The loop with a camera ahead: minutes before an image it tells how cloudy the place is, and the image is skipped.

A place that others care for is a satellite's reserve: it takes it if its own camera tells that it is clear and the odds
are good enough that nobody has taken it (`reserves.py`). Nobody tells it that another one has skipped.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from payload.geometry.track import Track
from payload.planning.chances import Chances
from payload.planning.draft import Draft
from payload.planning.kept_plan import KeptPlan
from payload.planning.knowledge import Standing
from payload.planning.reserves import Reserves
from payload.ports import Urgent
from payload.sim.loops.loop import Story
from payload.sim.loops.on_board import OnBoard
from payload.types import Opportunity

EVEN_ODDS = 0.5
"""P(clear) of a place of which nobody tells anything: less than that of one which was seen to be clear. Assumption."""
RESERVE_BYTES = 8
"""[byte] Of a reserve in a plan that goes up: a number of the place, from when on it is wanted. Assumption."""
HEARD_BYTES = 8
"""[byte] Of a satellite in it: its number, until when it had been heard of. Assumption."""


@dataclass
class AheadOfTime(OnBoard):
    """As `OnBoard`, and each satellite besides believes its camera ahead, for that one opportunity."""

    p_clear_untold: ClassVar[float] = EVEN_ODDS

    def __post_init__(self) -> None:
        super().__post_init__()
        rules = self.assembly.scenario.rescheduling.look_ahead
        self.camera = self.assembly.camera_ahead
        self.told: dict[str, float] = {}
        self._told_ahead: dict[str, list[Opportunity]] = {
            name: [] for name in self.assembly.satellites
        }
        self.reserves = Reserves(self.calendar, rules.cloud_memory_s, rules.reserve_odds)
        self.draft_on_board: dict[str, Draft] = {}
        self._reserve: dict[str, frozenset[str]] = dict.fromkeys(
            self.assembly.satellites, frozenset[str]()
        )

    def stories(self) -> list[Story]:
        """Each satellite has its camera ahead."""
        return [*super().stories(), *(self.look(name) for name in self.assembly.satellites)]

    def look(self, satellite: str) -> Story:
        """Look at each place that is wanted, some time before it can be imaged."""
        track = Track(self.assembly.ephemerides[satellite])
        for item in self.calendar.each_of(satellite):
            look_s = item.start_s - self.camera.lead_s
            if look_s < 0.0:
                continue
            if look_s > self.env.now:
                yield self.env.timeout(look_s - self.env.now)
            target = self.targets[item.target]
            if self._wants(satellite, item) and self.camera.sees(target, track, self.env.now):
                self.heed(item, self.camera.tell(item, target, self.env.now))

    def heed(self, item: Opportunity, cover: float) -> None:
        """The camera has told a cover: a cloudy image is not taken, a clear one may be preferred."""
        self.told[item.id] = cover
        self._told_ahead[item.satellite].append(item)
        satellite, planned = item.satellite, item in self.itinerary[item.satellite]
        is_cloudy = self.rules.is_cloudy(self.targets[item.target], cover)
        self.reserves.look(satellite, is_clear=not is_cloudy)
        if planned and is_cloudy:
            self.not_take(item, "cloudy ahead")
        if planned == is_cloudy:
            self.replan(satellite, "look ahead")

    def chances_of_each(self) -> dict[str, Chances]:
        """None: what the camera tells makes chances differ."""
        return {}

    def load(self, satellite: str, draft: Draft) -> None:
        """With targets to care for come those that are others'."""
        self.draft_on_board[satellite] = draft
        self._reserve[satellite] = self.reserves.names(draft)
        super().load(satellite, draft)

    def plan_bytes(self, images: int) -> int:
        """[byte] Of a plan that goes up, with the places in reserve and until when each satellite was heard of."""
        plain = super().plan_bytes(images)
        if self.reserves.least is None:
            return plain
        return plain + RESERVE_BYTES * len(self.targets) + HEARD_BYTES * len(self.on_board)

    def minds(self, satellite: str) -> frozenset[str]:
        """The targets that a satellite cares for, and its reserves."""
        return self.cares_for[satellite] | self._reserve[satellite]

    def wanted_from_s(self, satellite: str, target: str, standing: Mapping[str, Standing]) -> float:
        """[s] As for targets of its own; of a reserve as the ground had heard."""
        found = super().wanted_from_s(satellite, target, standing)
        if target in self.cares_for[satellite]:
            return found
        return max(found, self.draft_on_board[satellite].open_from_s[target])

    def may_take(self, satellite: str) -> Iterable[Opportunity]:
        """The opportunities of a satellite, without those told to be cloudy; of reserves those told to be clear."""
        return (
            item
            for item in super().may_take(satellite)
            if (item.id in self.told or item.target in self.cares_for[satellite])
            and not self._is_told_cloudy(item)
            and self._odds(satellite, item) > 0.0
        )

    def single_out(self, satellite: str, kept: KeptPlan, busy: Container[str]) -> None:
        """Places told to be clear are worth more, those told to be cloudy nothing; reserves are taken as they are told."""
        now_s, scheduler = self.env.now, self.assembly.scheduler
        assert isinstance(scheduler, Urgent)  # or no plan was kept
        ahead = [item for item in self._told_ahead[satellite] if item.start_s >= now_s]
        self._told_ahead[satellite] = ahead
        p_clear = self.foresee(satellite, ahead)
        kept.single_out(
            {
                item: scheduler.urgency(
                    self.priorities.get(item.target, 1.0) * p_clear[item.id],
                    self.targets[item.target].due_s,
                )
                if item.target not in busy
                and not self._is_told_cloudy(item)
                and self._wants(satellite, item)
                else None
                for item in ahead
            }
        )

    def foresee(self, satellite: str, offered: Iterable[Opportunity]) -> dict[str, float]:
        """What came up with the last plan, else even odds; of a place looked at what the camera's skill makes of it.

        Of a reserve it is the probability that the image is clear and the first.
        """
        chances = list(offered)
        known = {item.id: EVEN_ODDS for item in chances} | super().foresee(satellite, chances)
        skill = self.camera.skill
        for item in chances:
            if item.id in self.told:
                known[item.id] = skill + (1.0 - skill) * known[item.id]
            known[item.id] *= self._odds(satellite, item)
        return known

    def _odds(self, satellite: str, item: Opportunity) -> float:
        """That nobody else has taken a target, as the satellite can reckon; its own are left to it."""
        target = item.target
        if target in self.cares_for[satellite] or target not in self._reserve[satellite]:
            return 1.0
        return self.reserves.odds(item, self.draft_on_board[satellite])

    def _is_told_cloudy(self, item: Opportunity) -> bool:
        return self.rules.is_cloudy(self.targets[item.target], self.told.get(item.id))

    def _wants(self, satellite: str, item: Opportunity) -> bool:
        """Whether a satellite cares for what could be imaged or has it in reserve, as far as it knows."""
        places = self.cares_for[satellite], self._reserve[satellite]
        if not any(item.target in each for each in places) or self._odds(satellite, item) <= 0.0:
            return False
        target = self.targets[item.target]
        known = {target.name: self.on_board[satellite].standing(target, self.rules)}
        return self.wanted_from_s(satellite, item.target, known) <= item.start_s
