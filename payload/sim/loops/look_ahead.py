"""The loop with a look-ahead camera: minutes before an image it shows how cloudy the place is, and cloudy images are skipped.

A target that other satellites care for is a satellite's reserve: it takes it if its own camera shows it to be clear and it
is probable enough that no other has taken it (`reserves.py`). It is not told when another satellite has skipped a target.
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
"""P(clear) of a place of which nothing is known: less than that of one seen to be clear. Assumption."""
RESERVE_BYTES = 8
"""[byte] Per reserve in an uplinked plan: the number of the place, and from when on it is wanted. Assumption."""
HEARD_BYTES = 8
"""[byte] Per satellite in it: its number, and until when it had been heard from. Assumption."""


@dataclass
class AheadOfTime(OnBoard):
    """Like `OnBoard`, but each satellite also trusts its look-ahead camera, for the one opportunity it looked at."""

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
        """Processes of the loop, including the look-ahead camera of each satellite."""
        return [*super().stories(), *(self.look(name) for name in self.assembly.satellites)]

    def look(self, satellite: str) -> Story:
        """Look at each wanted place some time before it can be imaged."""
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
        """React to a cover seen by the camera: a cloudy image is not taken, a clear one may be preferred."""
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
        """None: what the camera sees makes opportunities of a target differ."""
        return {}

    def load(self, satellite: str, draft: Draft) -> None:
        """Load a plan, which also brings reserves: targets that other satellites care for."""
        self.draft_on_board[satellite] = draft
        self._reserve[satellite] = self.reserves.names(draft)
        super().load(satellite, draft)

    def plan_bytes(self, images: int) -> int:
        """[byte] Size of an uplinked plan, with the reserves and until when each satellite had been heard from."""
        plain = super().plan_bytes(images)
        if self.reserves.least is None:
            return plain
        return plain + RESERVE_BYTES * len(self.targets) + HEARD_BYTES * len(self.on_board)

    def minds(self, satellite: str) -> frozenset[str]:
        """The targets that a satellite cares for, and its reserves."""
        return self.cares_for[satellite] | self._reserve[satellite]

    def wanted_from_s(self, satellite: str, target: str, standing: Mapping[str, Standing]) -> float:
        """[s] From when on a target is wanted; for a reserve, not before the time known from what the ground had heard."""
        found = super().wanted_from_s(satellite, target, standing)
        if target in self.cares_for[satellite]:
            return found
        return max(found, self.draft_on_board[satellite].open_from_s[target])

    def may_take(self, satellite: str) -> Iterable[Opportunity]:
        """The opportunities of a satellite except those seen to be cloudy; of reserves, only those seen to be clear."""
        return (
            item
            for item in super().may_take(satellite)
            if (item.id in self.told or item.target in self.cares_for[satellite])
            and not self._is_told_cloudy(item)
            and self._odds(satellite, item) > 0.0
        )

    def single_out(self, satellite: str, kept: KeptPlan, busy: Container[str]) -> None:
        """Rank places seen to be clear higher, drop those seen to be cloudy, and consider reserves seen to be clear."""
        now_s, scheduler = self.env.now, self.assembly.scheduler
        assert isinstance(scheduler, Urgent)  # otherwise no plan is kept
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
        """P(clear) from the last uplinked plan, else even odds; raised by the camera's skill for places looked at.

        For a reserve it is the probability that the image is clear and the first.
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
        """Probability that no other satellite has taken a target, as far as this one can tell; 1 for its own targets."""
        target = item.target
        if target in self.cares_for[satellite] or target not in self._reserve[satellite]:
            return 1.0
        return self.reserves.odds(item, self.draft_on_board[satellite])

    def _is_told_cloudy(self, item: Opportunity) -> bool:
        return self.rules.is_cloudy(self.targets[item.target], self.told.get(item.id))

    def _wants(self, satellite: str, item: Opportunity) -> bool:
        """Whether a satellite wants an opportunity, its own or a reserve's, as far as it knows."""
        places = self.cares_for[satellite], self._reserve[satellite]
        if not any(item.target in each for each in places) or self._odds(satellite, item) <= 0.0:
            return False
        target = self.targets[item.target]
        known = {target.name: self.on_board[satellite].standing(target, self.rules)}
        return self.wanted_from_s(satellite, item.target, known) <= item.start_s
